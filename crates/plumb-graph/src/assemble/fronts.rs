//! Fronts: to what they hand requests on, and whether they are let in there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_iam::glob::{Glob, Style};
use plumb_iam::keys::Context;
use plumb_iam::principal::Principal;
use plumb_iam::vantage;
use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_net::address::Width;
use plumb_net::estate::Estate;
use plumb_net::report::{ResourceExposure, Source, Standing};
use plumb_pack::graph_role::{Access, AccessLevel, Strangers};
use plumb_pack::hands_on::{Asks, Caller, HandsOn};

use crate::assemble::assets::asset;
use crate::assemble::permission::Permissions;
use crate::assemble::question::{Asking, Question};
use crate::assemble::{Assembly, Outcome};
use crate::fragment::{Detail, FragmentNode, Hand};
use crate::graph::NodeId;
use crate::knowledge::{NAME, TypeId, UID};

/// The relations by which a front hands requests on where its type does not say how.
const PLAIN: [&str; 2] = ["routes_to", "invokes"];

/// How many ARNs are tried for one that stands for many.
const MOST_SOURCES: usize = 32;

/// How networks let fronts in that hand requests to fronts with addresses; `None` for those that let in nobody from outside.
pub(crate) type Doors = HashMap<NodeId, Option<Outcome>>;

/// What networks say of the fronts; those of which they say nothing are not among them.
pub(crate) fn doors(assembly: &Assembly<'_>, network: &Estate) -> Doors {
    let fronts = assembly.resources().filter(|(_, node, _)| {
        assembly
            .info(*node)
            .is_some_and(|info| info.kind == NodeKind::Front)
    });
    fronts
        .filter_map(|(_, node, resource)| Some((node, door(&network.exposure_of(&resource.uid)?))))
        .collect()
}

/// Adds an edge from every front to what it hands requests to, by itself or by its parts.
pub(crate) fn add(assembly: &mut Assembly<'_>, permissions: &mut Permissions<'_, '_>, doors: &Doors) {
    let mut handed: BTreeMap<NodeId, BTreeSet<(NodeId, Certainty)>> = BTreeMap::new();
    let mut names = Names::default();
    for (fragment, node, resource) in assembly.resources() {
        let Some(role) = assembly.knowledge.role(resource.type_id) else {
            continue;
        };
        if role.hands_on.is_empty() {
            plainly(assembly, fragment, node, resource, &mut handed);
            continue;
        }
        let hands = resource.detail.iter().flat_map(|detail| &detail.hands_on);
        for hand in hands {
            let Some(on) = role.hands_on.get(hand.entry) else {
                continue;
            };
            let fronts = match &on.part_of {
                None => vec![node],
                Some(label) => related(assembly, fragment, resource, &[label]),
            };
            let targets = names.targets(assembly, on, hand, fragment, &resource.region);
            if targets.is_empty() && hand.named.contains("${") {
                assembly.problem(format!(
                    "{}: to what it hands requests on is decided while it runs: `{}`",
                    resource.uid, hand.named
                ));
            }
            for target in targets {
                let asked = Asked {
                    fragment,
                    resource,
                    hand,
                    on,
                    target,
                };
                let Some(outcome) = asked.outcome(assembly, permissions, doors) else {
                    continue;
                };
                for front in &fronts {
                    hand_over(assembly, *front, target, on, outcome.clone(), &mut handed);
                }
            }
        }
    }
    spread(assembly, &handed);
}

/// Adds one edge.
fn hand_over(
    assembly: &mut Assembly<'_>,
    front: NodeId,
    target: NodeId,
    on: &HandsOn,
    outcome: Outcome,
    handed: &mut BTreeMap<NodeId, BTreeSet<(NodeId, Certainty)>>,
) {
    // Who reaches a workload has met what it asks already.
    let is_front = assembly
        .info(front)
        .is_some_and(|info| info.kind == NodeKind::Front);
    let found = assembly.resource(front).filter(|_| is_front);
    let guards = found.and_then(|(_, front)| front.detail.as_deref());
    let guards = guards.map_or(&[][..], |detail| detail.guarded.as_slice());
    let outcome = guards
        .iter()
        .fold(outcome, |all, guard| all.and(Outcome::hanging_on(guard)));
    let kind = match on.asks {
        Asks::Read => EdgeKind::CanRead,
        Asks::Nothing | Asks::Actions(_) => EdgeKind::Reaches,
    };
    handed
        .entry(front)
        .or_default()
        .insert((target, outcome.certainty));
    let how = on.clause.clone().unwrap_or(Text::new_static("gets its requests"));
    assembly.edge(front, target, kind, Some(how), &outcome, 0);
}

/// Hands requests on along relations of which nothing more is known.
fn plainly(
    assembly: &mut Assembly<'_>,
    fragment: usize,
    node: NodeId,
    resource: &FragmentNode,
    handed: &mut BTreeMap<NodeId, BTreeSet<(NodeId, Certainty)>>,
) {
    if assembly
        .info(node)
        .is_none_or(|info| info.kind != NodeKind::Front)
    {
        return;
    }
    for to in related(assembly, fragment, resource, &PLAIN) {
        if !takes_requests(assembly, to) {
            continue;
        }
        let outcome = Outcome {
            certainty: Certainty::Conditional,
            conditions: vec![Text::new_static("a request that the front hands on")],
            proofs: vec![Proof {
                resource: resource.uid.clone(),
                attribute: Text::default(),
                detail: Text::from(format!("hands requests to {}", assembly.name_of(to))),
            }],
            ..Outcome::default()
        };
        handed.entry(node).or_default().insert((to, outcome.certainty));
        let how = Some(Text::new_static("gets its requests"));
        assembly.edge(node, to, EdgeKind::Reaches, how, &outcome, 0);
    }
}

/// What fronts hand requests to is exposed as they are.
fn spread(assembly: &mut Assembly<'_>, handed: &BTreeMap<NodeId, BTreeSet<(NodeId, Certainty)>>) {
    let level = |assembly: &Assembly<'_>, node: NodeId| {
        assembly.info(node).map(|info| info.exposure).unwrap_or_default()
    };
    let mut open: Vec<NodeId> = handed.keys().copied().collect();
    while let Some(front) = open.pop() {
        let own = level(assembly, front);
        for (target, certainty) in handed.get(&front).into_iter().flatten() {
            let carried = match (own, certainty) {
                (ExposureLevel::None | ExposureLevel::Internal, _) => continue,
                (_, Certainty::Possible) => ExposureLevel::Unknown,
                (
                    ExposureLevel::Unknown
                    | ExposureLevel::Accounts
                    | ExposureLevel::Narrow
                    | ExposureLevel::Wide,
                    Certainty::Certain | Certainty::Conditional,
                ) => own,
            };
            // INVARIANT: levels only rise, so that this ends.
            if carried > level(assembly, *target) {
                assembly.expose(*target, carried);
                open.push(*target);
            }
        }
    }
}

/// One target of a front about which is asked.
struct Asked<'a> {
    fragment: usize,
    resource: &'a FragmentNode,
    hand: &'a Hand,
    on: &'a HandsOn,
    target: NodeId,
}

impl Asked<'_> {
    /// How surely requests arrive; `None` where the target does not let them in.
    fn outcome(
        &self,
        assembly: &Assembly<'_>,
        permissions: &mut Permissions<'_, '_>,
        doors: &Doors,
    ) -> Option<Outcome> {
        let evidence = Outcome::certain(vec![Proof {
            resource: self.resource.uid.clone(),
            attribute: self.hand.place.clone(),
            detail: match &self.on.clause {
                Some(clause) => clause.clone(),
                None => Text::from(format!("hands requests to {}", assembly.name_of(self.target))),
            },
        }]);
        let outcome = self
            .hand
            .hangs_on
            .iter()
            .fold(evidence, |all, one| all.and(Outcome::hanging_on(one)));
        let outcome = outcome.and(self.by_network(doors)?);
        Some(outcome.and(self.by_permission(assembly, permissions)?))
    }

    /// What has an address must let the front in there, unless it comes by a way of its own.
    fn by_network(&self, doors: &Doors) -> Option<Outcome> {
        match doors.get(&self.target) {
            Some(door) if self.on.provided.is_none() => door.clone(),
            Some(_) | None => Some(Outcome::default()),
        }
    }

    /// The policies of the target must let the front in.
    fn by_permission(
        &self,
        assembly: &Assembly<'_>,
        permissions: &mut Permissions<'_, '_>,
    ) -> Option<Outcome> {
        let (target_fragment, target) = assembly.resource(self.target)?;
        let detail = target.detail.as_deref();
        if let (Some(role), Asks::Read | Asks::Actions(_)) = (&self.hand.role, &self.on.asks) {
            return match permissions.directory.principal(role) {
                Some(member) => self.ask(
                    assembly,
                    permissions,
                    (target_fragment, target),
                    Asking::member(member),
                ),
                None => Some(Outcome::possible(Text::from(format!(
                    "what the role `{role}` may do, which was not read"
                )))),
            };
        }
        let outcome = match (&self.on.asks, &self.on.caller, &self.hand.caller) {
            (Asks::Nothing, _, _) => return Some(Outcome::default()),
            (_, Caller::Anybody, _) => {
                if detail.is_some_and(|detail| detail.closed.is_some()) {
                    return None;
                }
                let open = self.ask(
                    assembly,
                    permissions,
                    (target_fragment, target),
                    Asking::front(&Principal::anonymous(), &by_itself()),
                )?;
                match detail.and_then(|detail| detail.perhaps_closed.clone()) {
                    Some(clause) => open.and(Outcome::possible(clause)),
                    None => open,
                }
            }
            (_, Caller::Service { .. } | Caller::Identity(_), None) => {
                Outcome::possible(Text::new_static("as whom the front asks, which was not read"))
            }
            (_, Caller::Service { name, .. }, Some(source)) => {
                let account = assembly.fragments.get(self.fragment)?.account.id.clone();
                let principal = Principal::service(name.clone());
                let answers = sources(source, detail).into_iter().filter_map(|source| {
                    let context = by_itself()
                        .with("aws:SourceArn", source)
                        .with("aws:SourceAccount", account.clone());
                    let asking = Asking::front(&principal, &context);
                    self.ask(assembly, permissions, (target_fragment, target), asking)
                });
                answers.map(Some).fold(None, Outcome::or)?
            }
            (_, Caller::Identity(_), Some(arn)) => {
                let principal = Principal {
                    canonical: assembly.canonical_of(arn),
                    ..Principal::of_arn(arn)?
                };
                let context = by_itself();
                let asking = Asking::front(&principal, &context);
                self.ask(assembly, permissions, (target_fragment, target), asking)?
            }
        };
        Some(outcome)
    }

    fn ask(
        &self,
        assembly: &Assembly<'_>,
        permissions: &mut Permissions<'_, '_>,
        (fragment, target): (usize, &FragmentNode),
        asking: Asking<'_>,
    ) -> Option<Outcome> {
        match &self.on.asks {
            Asks::Nothing => Some(Outcome::default()),
            Asks::Actions(actions) => {
                let asset = asset(assembly, permissions.directory, fragment, target, &target.uid);
                let answers = actions
                    .iter()
                    .map(|action| permissions.answer(assembly, asking, action, &asset));
                answers.fold(None, Outcome::or)
            }
            Asks::Read => {
                let role = assembly.knowledge.role(target.type_id)?;
                let group = permissions.groups.of_node(self.target)?;
                let group = permissions.groups.groups.get(group)?;
                let first = assembly.info(*group.members.first()?)?.uid.clone();
                let mut best = None;
                let accesses = (0..).zip(&role.access);
                let is_meant = |access: &Access| {
                    access.level == AccessLevel::Read && access.strangers != Strangers::Alone
                };
                for (position, access) in accesses.filter(|(_, access)| is_meant(access)) {
                    let question = Question::Access(position, access);
                    best = Outcome::or(best, permissions.ask_by(assembly, asking, None, group, question));
                }
                let mut outcome = best?;
                for proof in outcome.proofs.iter_mut().filter(|proof| proof.resource == first) {
                    proof.resource = target.uid.clone();
                }
                Some(outcome)
            }
        }
    }
}

/// What is given of the requests of a front: they go to the target itself, by no endpoint of a network, and from an address of the
/// front's.
fn by_itself() -> Context {
    vantage::from_internet(None)
}

/// Whether the networks of something let a front in.
fn door(exposure: &ResourceExposure<'_>) -> Option<Outcome> {
    let admits_front = exposure.exposures.iter().any(|exposure| match &exposure.from {
        Source::Internet {
            width: Width::Wide, ..
        }
        | Source::Service(_) => true,
        Source::Internet { .. } | Source::Account(_) | Source::Network(_) | Source::OnPremises => false,
    });
    match &exposure.outside {
        Standing::NotExposed => None,
        Standing::NotKnown(why) => why
            .iter()
            .cloned()
            .map(Outcome::possible)
            .reduce(Outcome::and)
            .or(Some(Outcome::default())),
        Standing::Exposed | Standing::ExposedThrough(_) | Standing::ExposedIf(_) if admits_front => {
            Some(Outcome::default())
        }
        Standing::Exposed | Standing::ExposedThrough(_) | Standing::ExposedIf(_) => Some(Outcome {
            certainty: Certainty::Conditional,
            conditions: vec![Text::new_static(
                "the addresses of the front are among those let through",
            )],
            ..Outcome::default()
        }),
    }
}

/// The ARNs to ask for: the one given or, where it stands for many, those that the policy of the target names.
fn sources(source: &str, detail: Option<&Detail>) -> Vec<Text> {
    if !source.contains('*') {
        return vec![Text::from(source)];
    }
    let asked = Glob::new(&source.replace('*', "?*"), Style::Text);
    let document = detail.and_then(|detail| detail.policy.as_ref()?.document());
    let statements = document.map_or(&[][..], |document| document.statements());
    let tests = statements.iter().flat_map(|statement| &statement.tests);
    let named = tests
        .filter(|test| test.key == "aws:sourcearn")
        .flat_map(|test| &test.values)
        .filter_map(|value| Glob::new(value, Style::Text).common_text(&asked));
    let mut found: Vec<Text> = named.take(MOST_SOURCES).map(Text::from).collect();
    found.push(Text::from(source.replace('*', "x")));
    found.sort();
    found.dedup();
    found
}

/// What takes requests that relations of these names lead to.
pub(super) fn related(
    assembly: &Assembly<'_>,
    fragment: usize,
    resource: &FragmentNode,
    labels: &[&str],
) -> Vec<NodeId> {
    let relations = resource.relations.iter();
    relations
        .filter(|relation| labels.contains(&relation.label.as_str()))
        .filter_map(|relation| assembly.reference(fragment, &relation.to))
        .collect()
}

fn takes_requests(assembly: &Assembly<'_>, node: NodeId) -> bool {
    assembly.info(node).is_some_and(|info| match info.kind {
        NodeKind::Workload | NodeKind::Data | NodeKind::Front => true,
        NodeKind::Identity | NodeKind::Secret | NodeKind::Key | NodeKind::Network | NodeKind::Other => false,
    })
}

/// Resources by what fronts call them.
#[derive(Default)]
struct Names {
    by: HashMap<(TypeId, Text), HashMap<Text, Vec<NodeId>>>,
}

impl Names {
    /// What takes the requests of a hand: where several have its name, those of its own region, then of its own account.
    fn targets(
        &mut self,
        assembly: &Assembly<'_>,
        on: &HandsOn,
        hand: &Hand,
        fragment: usize,
        region: &str,
    ) -> Vec<NodeId> {
        let by = Text::from(on.by.to_string());
        let mut named: Vec<NodeId> = Vec::new();
        for type_id in on.to.iter().filter_map(|to| assembly.knowledge.type_id(to)) {
            let index = self
                .by
                .entry((type_id, by.clone()))
                .or_insert_with(|| index(assembly, type_id, &by));
            named.extend(index.get(&hand.named).into_iter().flatten());
        }
        let place = |node: &NodeId| assembly.resource(*node);
        let near = |node: &&NodeId| {
            place(node).is_some_and(|(own, resource)| own == fragment && resource.region == region)
        };
        let own = |node: &&NodeId| place(node).is_some_and(|(own, _)| own == fragment);
        let found = named
            .iter()
            .find(near)
            .or_else(|| named.iter().find(own))
            .or(named.first())
            .copied();
        let Some(found) = found else { return Vec::new() };
        let Some(label) = &on.then else {
            return vec![found]
                .into_iter()
                .filter(|node| takes_requests(assembly, *node))
                .collect();
        };
        let Some((fragment, resource)) = place(&found) else {
            return Vec::new();
        };
        let mut ends = related(assembly, fragment, resource, &[label]);
        ends.retain(|node| takes_requests(assembly, *node));
        ends
    }
}

fn index(assembly: &Assembly<'_>, type_id: TypeId, by: &str) -> HashMap<Text, Vec<NodeId>> {
    let mut found: HashMap<Text, Vec<NodeId>> = HashMap::new();
    for (_, node, resource) in assembly.resources().filter(|(_, _, one)| one.type_id == type_id) {
        let mut add = |name: &Text| found.entry(name.clone()).or_default().push(node);
        match by {
            UID => add(&resource.uid),
            NAME => add(&resource.name),
            _ => {
                let attributes = resource.detail.iter().flat_map(|detail| &detail.attributes);
                attributes
                    .filter(|(path, _)| path.to_string() == by)
                    .for_each(|(_, value)| add(value));
            }
        }
    }
    found
}
