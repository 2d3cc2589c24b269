//! Supply: who decides what lies where a workload takes its code from controls the workload.
//!
//! The single things that workloads run, an object of a bucket or an image of a registry, become nodes beside what holds them, with its
//! policy. Who may write them is then asked as of every resource.

use std::collections::{BTreeMap, HashMap};

use plumb_model::path::{EdgeKind, Proof};
use plumb_model::value::Text;
use plumb_pack::code_source::{Holds, ITEM};

use crate::assemble::{Assembly, Outcome};
use crate::fragment::{
    AccountFragment, Detail, Extent, FragmentNode, Reference, ReferenceTo, ResolvedAccess,
};
use crate::knowledge::{Knowledge, TypeId};

/// The most things that workloads run in all of an estate.
const MAX_ITEMS: usize = 50_000;

/// The position of a fragment, and that of a node in it.
type Place = (usize, usize);

/// That a workload runs a thing.
pub(crate) struct Supply {
    /// The thing.
    item: Place,
    /// The workload.
    user: Place,
    /// Position among what its document says of its code.
    run: usize,
}

/// Finds what workloads run, and makes nodes of it.
pub(crate) fn read(knowledge: &Knowledge, fragments: &mut [AccountFragment]) -> Vec<Supply> {
    let holders = holders(knowledge, fragments);
    let mut named = Vec::new();
    let mut unread = Vec::new();
    for (fragment, found) in fragments.iter().enumerate() {
        for (position, node) in found.nodes.iter().enumerate() {
            let runs = node.detail.iter().flat_map(|detail| &detail.code);
            for (run, code) in runs.enumerate() {
                let from = knowledge
                    .role(node.type_id)
                    .and_then(|role| role.code.get(code.entry));
                let Some(type_id) = from.and_then(|from| knowledge.type_id(&from.from)) else {
                    continue;
                };
                let Some(holds) = knowledge.role(type_id).and_then(|role| role.holds.as_ref()) else {
                    continue;
                };
                let found = match code.extent {
                    Extent::Whole => holds
                        .named(&code.named)
                        .map(|(holder, item)| (Text::from(holder), Text::from(item))),
                    Extent::Beginning => holds.begun(&code.named),
                };
                let Some((holder, item)) = found else {
                    if code.extent == Extent::Beginning {
                        let told = format!("{}: `{}` was not read to its end", node.uid, code.place);
                        unread.push((fragment, Text::from(told)));
                    }
                    continue;
                };
                let key = (type_id, holder.as_str());
                let candidates = holders.get(&key).map_or(&[][..], Vec::as_slice);
                let own = candidates.iter().find(|(other, _)| *other == fragment);
                if let Some(holder) = own.or(candidates.first()) {
                    named.push((*holder, item, (fragment, position), run));
                }
            }
        }
    }
    for (fragment, problem) in unread {
        if let Some(fragment) = fragments.get_mut(fragment) {
            fragment.problems.push(problem);
        }
    }
    let mut known: BTreeMap<(Place, Text), Place> = BTreeMap::new();
    let mut supplies = Vec::new();
    for (holder, item, user, run) in named {
        let place = match known.get(&(holder, item.clone())) {
            Some(place) => *place,
            None if known.len() >= MAX_ITEMS => {
                let limit =
                    format!("only the first {MAX_ITEMS} places that code is taken from were followed");
                if let Some(fragment) = fragments.first_mut() {
                    fragment.problems.push(Text::from(limit));
                }
                break;
            }
            None => {
                let Some(place) = put(knowledge, fragments, holder, &item) else {
                    continue;
                };
                known.insert((holder, item), place);
                place
            }
        };
        supplies.push(Supply {
            item: place,
            user,
            run,
        });
    }
    supplies
}

/// Leads from every thing to the workloads that run it.
pub(crate) fn add(assembly: &mut Assembly<'_>, supplies: &[Supply]) {
    for supply in supplies {
        let item = assembly.node_at(supply.item.0, supply.item.1);
        let user = assembly.node_at(supply.user.0, supply.user.1);
        let Some((_, workload)) = assembly.resource(user) else {
            continue;
        };
        let run = workload
            .detail
            .as_deref()
            .and_then(|detail| detail.code.get(supply.run));
        let role = assembly.knowledge.role(workload.type_id);
        let Some((run, code)) = run.and_then(|run| Some((run, role?.code.get(run.entry)?))) else {
            continue;
        };
        let evidence = Outcome::certain(vec![Proof {
            resource: workload.uid.clone(),
            attribute: run.place.clone(),
            detail: Text::from(format!("names {}", run.named)),
        }]);
        let hangs_on = run.hangs_on.iter().map(Outcome::hanging_on);
        let outcome = hangs_on.fold(evidence, Outcome::and);
        let how = Some(Text::from(format!("it is {}", code.clause)));
        assembly.edge(item, user, EdgeKind::CanAdminister, how, &outcome, 0);
        if supply.item.0 != supply.user.0 {
            assembly.bridge(supply.item.0, item);
        }
    }
}

/// What holds code, by type and by what texts call it.
fn holders<'f>(
    knowledge: &Knowledge,
    fragments: &'f [AccountFragment],
) -> HashMap<(TypeId, &'f str), Vec<Place>> {
    let mut found: HashMap<(TypeId, &str), Vec<Place>> = HashMap::new();
    for (fragment, account) in fragments.iter().enumerate() {
        for (position, node) in account.nodes.iter().enumerate() {
            let held = node.detail.as_deref().and_then(|detail| detail.held.as_ref());
            if let Some(held) = held.filter(|_| knowledge.role(node.type_id).is_some()) {
                let called = (node.type_id, held.called.as_str());
                found.entry(called).or_default().push((fragment, position));
            }
        }
    }
    found
}

/// Makes a node of a thing beside what holds it.
fn put(
    knowledge: &Knowledge,
    fragments: &mut [AccountFragment],
    (fragment, position): Place,
    item: &str,
) -> Option<Place> {
    let nodes = &mut fragments.get_mut(fragment)?.nodes;
    let holder = nodes.get(position)?;
    let holds = knowledge.role(holder.type_id)?.holds.as_ref()?;
    let made = thing(knowledge, holds, holder, u32::try_from(position).ok()?, item)?;
    nodes.push(made);
    Some((fragment, nodes.len().checked_sub(1)?))
}

fn thing(
    knowledge: &Knowledge,
    holds: &Holds,
    holder: &FragmentNode,
    position: u32,
    item: &str,
) -> Option<FragmentNode> {
    let of_holder = holder.detail.as_deref()?;
    let uid = holds.full_name(&holder.uid, item);
    // Of a folder any name in it will do.
    let on = if item.ends_with('/') {
        Text::from(format!("{uid}*"))
    } else {
        uid.clone()
    };
    let access = &of_holder.held.as_ref()?.access;
    let is_apart = access.iter().flat_map(|access| &access.on).any(|on| on == ITEM);
    Some(FragmentNode {
        type_id: knowledge.type_id(&holds.resource_type)?,
        name: holds.full_name(&holder.name, item),
        region: holder.region.clone(),
        sensitivity: None,
        label: None,
        relations: vec![Reference {
            label: Text::new_static("in"),
            to: ReferenceTo::Node(position),
        }],
        full_version: None,
        detail: Some(Box::new(Detail {
            tags: of_holder.tags.clone(),
            policy: of_holder.policy.clone(),
            // Things of several holders have several policies, which may speak of each of them by name.
            policy_shape: shape(if is_apart { &uid } else { &holder.uid }),
            access_list: of_holder.access_list.clone(),
            closed: of_holder.closed.clone(),
            perhaps_closed: of_holder.perhaps_closed.clone(),
            access: access.iter().map(|access| access.on_item(&on)).collect(),
            ..Detail::default()
        })),
        uid,
    })
}

fn shape(uid: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    uid.hash(&mut hasher);
    hasher.finish()
}

impl ResolvedAccess {
    /// The same on a single thing.
    fn on_item(&self, item: &Text) -> Self {
        let on = self.on.iter();
        Self {
            access: self.access,
            certainty: self.certainty,
            on: on
                .map(|on| if on == ITEM { item.clone() } else { on.clone() })
                .collect(),
            home: self.home.clone(),
            once: self.once.clone(),
        }
    }
}
