//! From the documents of a stack to snapshots of accounts, which the engine judges as it judges live ones.

pub(crate) mod kept;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_model::account::{Account, Provider};
use plumb_model::code::CodeResource;
use plumb_model::coverage::{CollectedType, Coverage, Gap};
use plumb_model::graph::NodeKind;
use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::{Reason, Text, Unreadable};
use plumb_pack::mapping::Language;
use plumb_pack::pack::Pack;

use crate::declared::Lifecycle;
use crate::locate::place_of;
use crate::mapping::{Places, STAND_IN_ACCOUNT, StandsFor};
use crate::place::Sources;
use crate::scan::ScannedStack;

/// The type of the gap that code leaves of which some could not be read; its region is the path of the root. With an
/// attribute it is a type of blocks on which networks or permissions hang, of which nothing tells what they make.
pub const CODE: &str = "code";

/// One account of a stack.
#[derive(Debug)]
pub struct CodeAccount {
    /// What the engine judges.
    pub snapshot: AccountSnapshot,
    /// The language of the code.
    pub language: Language,
    /// The path of the root.
    pub root: Text,
    /// The number of the account, where code or state tells it.
    pub number: Option<Text>,
    /// What is said of the blocks of the root beside what they declare.
    pub lifecycle: Arc<Lifecycle>,
    /// By type and uid: where the document was written.
    pub places: BTreeMap<(Text, Text), Arc<Places>>,
    /// By type and uid: where the resource is declared.
    pub declared: BTreeMap<(Text, Text), Arc<CodeResource>>,
}

/// The accounts of a stack: one for each provider that it declares something of, and those that its blocks are in beside.
///
/// Two blocks with one identity are told apart by their addresses, since both would be applied.
pub fn accounts(
    pack: &Pack,
    scanned: ScannedStack,
    sources: &Sources,
    undeclared: Undeclared,
    taken_at: &Text,
) -> Vec<CodeAccount> {
    let ScannedStack {
        stack,
        mapped,
        complete,
    } = scanned;
    let lifecycle = Arc::new(stack.lifecycle);
    let mut by_account: BTreeMap<(Provider, Text), Vec<(Resource, Places)>> = BTreeMap::new();
    let id = stack.account.clone().unwrap_or_default();
    for (resource, places) in mapped.resources {
        let Ok(resource_type) = pack.resource_type(&resource.resource_type) else {
            continue;
        };
        let is_other = stack.accounts.contains_key(&resource.account);
        let account = if is_other { &resource.account } else { &id };
        by_account
            .entry((resource_type.provider, account.clone()))
            .or_default()
            .push((resource, places));
    }
    let missed = missed(pack, stack.language, &mapped.unmapped, undeclared);
    if by_account.is_empty() {
        by_account.insert((Provider::Aws, id), Vec::new());
    }
    for ((provider, id), resources) in &mut by_account {
        if *provider == Provider::Aws {
            let account = match id.is_empty() {
                true => &Text::new_static(STAND_IN_ACCOUNT),
                false => id,
            };
            let kept = kept::kept(pack, resources, account);
            resources.extend(kept);
        }
    }
    let unseen = Unseen { complete, missed };
    by_account
        .into_iter()
        .map(|((provider, id), resources)| {
            let name = match stack.accounts.get(&id) {
                None => stack.path.clone(),
                Some(number) if number.is_empty() => Text::from(format!("{} (another account)", stack.path)),
                Some(number) => Text::from(format!("{} ({number})", stack.path)),
            };
            let account = Account {
                name: Some(name.clone()),
                root: Some(name),
                partition: (provider == Provider::Aws).then_some(Text::new_static("aws")),
                ..Account::new(provider, id)
            };
            let mut regions: BTreeSet<Text> = BTreeSet::new();
            let mut seen: BTreeSet<(Text, Text)> = BTreeSet::new();
            let number = number_of(&account, stack.accounts.get(&account.id));
            let mut made = CodeAccount {
                snapshot: AccountSnapshot {
                    account,
                    taken_at: taken_at.clone(),
                    regions: Vec::new(),
                    resources: Vec::new(),
                    coverage: coverage(pack, &resources, (provider, undeclared), &unseen, &stack.path),
                },
                language: stack.language,
                root: stack.path.clone(),
                number,
                lifecycle: Arc::clone(&lifecycle),
                places: BTreeMap::new(),
                declared: BTreeMap::new(),
            };
            // What comes with a block gives way to what code declares of the same identity.
            let mut addresses: BTreeSet<Text> = BTreeSet::new();
            let (written, implied): (Vec<_>, Vec<_>) =
                resources
                    .into_iter()
                    .partition(|(_, places)| match places.stands_for {
                        StandsFor::Element | StandsFor::Reference => true,
                        StandsFor::Block => addresses.insert(places.origin.address.clone()),
                    });
            let written_count = written.len();
            for (number, (resource, places)) in written.into_iter().chain(implied).enumerate() {
                let mut resource = resource;
                let mut key = (resource.resource_type.clone(), resource.uid.clone());
                if !seen.insert(key.clone()) {
                    if number >= written_count {
                        continue;
                    }
                    let uid = Text::from(format!("{}#{}", resource.uid, places.origin.address));
                    resource = with_uid(resource, uid.clone());
                    key.1 = uid;
                    seen.insert(key.clone());
                }
                if resource.region != GLOBAL_REGION {
                    regions.insert(resource.region.clone());
                }
                let declared = CodeResource {
                    address: places.origin.address.clone(),
                    language: Text::new_static(stack.language.name()),
                    place: place_of(sources, places.origin.head),
                    calls: places
                        .origin
                        .calls
                        .iter()
                        .map(|call| place_of(sources, *call))
                        .collect(),
                    perhaps: places.perhaps.clone(),
                    former: lifecycle
                        .former
                        .get(&places.origin.address)
                        .cloned()
                        .unwrap_or_default(),
                };
                made.declared.insert(key.clone(), Arc::new(declared));
                made.places.insert(key, Arc::new(places));
                made.snapshot.resources.push(resource);
            }
            made.snapshot.regions = regions.into_iter().collect();
            made
        })
        .collect()
}

/// The number of an account: as the code tells it, or its own where nothing has to stand for it.
fn number_of(account: &Account, told: Option<&Text>) -> Option<Text> {
    match told {
        Some(number) => Some(number.clone()).filter(|number| !number.is_empty()),
        None => {
            let is_real =
                account.provider == Provider::Aws && !account.is_stand_in() && !account.id.is_empty();
            is_real.then(|| account.id.clone())
        }
    }
}

fn with_uid(resource: Resource, uid: Text) -> Resource {
    let attributes = resource.document().as_map().cloned().unwrap_or_default();
    Resource::new(
        uid,
        resource.resource_type,
        resource.name,
        resource.account,
        resource.region,
        attributes,
    )
}

/// What nothing is declared of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undeclared {
    /// It may be there all the same.
    Open,
    /// It is taken not to be there: what is asked is what applying the code makes of an empty account.
    Absent,
}

/// What is not seen of a stack.
struct Unseen {
    /// Whether all of it could be read.
    complete: bool,
    /// How many blocks there are of types on which networks or permissions hang, and of which nothing tells what they make.
    missed: BTreeMap<Text, u64>,
}

/// The blocks whose lack questions have to tell; policies have the warning that tells of all that is not mapped.
fn missed(
    pack: &Pack,
    language: Language,
    unmapped: &BTreeMap<Text, u64>,
    undeclared: Undeclared,
) -> BTreeMap<Text, u64> {
    match undeclared {
        Undeclared::Open => BTreeMap::new(),
        Undeclared::Absent => {
            let mappings = pack.mappings(language);
            // What a scan of the account would make part of the graph.
            let takes_part = |kind: &str| {
                let known = pack
                    .type_name(kind)
                    .and_then(|name| pack.resource_type(name).ok());
                known.is_some_and(|known| {
                    known
                        .recipe
                        .graph
                        .as_ref()
                        .is_some_and(|role| role.kind != NodeKind::Other)
                })
            };
            let missed = unmapped
                .iter()
                .filter(|(kind, _)| mappings.is_missed(kind) || takes_part(kind));
            missed.map(|(kind, count)| (kind.clone(), *count)).collect()
        }
    }
}

/// What was asked for; what was not seen of the code is a gap.
fn coverage(
    pack: &Pack,
    resources: &[(Resource, Places)],
    (provider, undeclared): (Provider, Undeclared),
    unseen: &Unseen,
    path: &Text,
) -> Coverage {
    let names: BTreeSet<Text> = match undeclared {
        Undeclared::Open => resources
            .iter()
            .map(|(resource, _)| resource.resource_type.clone())
            .collect(),
        Undeclared::Absent => pack.resource_types().into_iter().collect(),
    };
    let collected = names.iter().filter_map(|name| {
        let resource_type = pack.resource_type(name).ok()?;
        (resource_type.provider == provider).then(|| CollectedType {
            resource_type: resource_type.name.clone(),
            facts: resource_type
                .recipe
                .facts
                .iter()
                .map(|fact| fact.name.clone())
                .collect(),
            regions: vec![Text::new_static(GLOBAL_REGION)],
        })
    });
    let gap = |attribute: Option<Text>, count: u64, detail: &'static str| Gap {
        resource_type: Text::new_static(CODE),
        attribute,
        region: path.clone(),
        unreadable: Unreadable {
            detail: Text::new_static(detail),
            ..Unreadable::new(Reason::Failed)
        },
        count,
    };
    let unread = "some of the code could not be read; stderr tells what";
    let unmapped = "nothing tells what such blocks make";
    let gaps = (!unseen.complete)
        .then(|| gap(None, 1, unread))
        .into_iter()
        .chain(
            unseen
                .missed
                .iter()
                .map(|(kind, count)| gap(Some(kind.clone()), *count, unmapped)),
        );
    let mut coverage = Coverage {
        collected: collected.collect(),
        gaps: gaps.collect(),
        declared_only: true,
        ..Coverage::default()
    };
    coverage.sort();
    coverage
}
