//! From ways in the graph to the attack paths that people read: equal ones grouped, ranked, with what cuts them.

mod administrators;
mod cuts;
mod title;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::account::Provider;
use plumb_model::path::{AttackPath, Certainty, ChokePoint, EdgeKind, Hop, PathReport, Proof};
use plumb_model::value::Text;
use plumb_pack::risk::RiskWeights;
use sha2::{Digest, Sha256};

use crate::assemble::ADMINISTRATOR;
use crate::choke;
use crate::graph::{EdgeId, FactId, Mask, NodeId, Step, Target};
use crate::search::{self, Ended, UNREACHED, Way, Ways};
use crate::security::SecurityGraph;

/// What bounds the work.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Best ways for each pair of entry and target.
    pub ways: usize,
    /// How much less risky than the best way of a pair another one may be, in points.
    pub slack: u8,
    /// Extensions of ways for each pair.
    pub budget: usize,
    /// Paths that are reported, riskiest first.
    pub paths: usize,
    /// Choke points that are reported.
    pub choke_points: usize,
    /// Facts that are tried as cuts, and as choke points.
    pub tries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ways: 3,
            slack: 10,
            budget: 2_000,
            paths: 1_000,
            choke_points: 10,
            tries: 4_000,
        }
    }
}

/// How many facts that bring the same may stand before one choke point.
const ALIKE: usize = 8;

/// How many routes of equal paths are told apart.
const MOST_ROUTES: usize = 100_000;

/// Finds, groups and ranks the attack paths, and the facts that cut most of them.
pub fn report(security: &SecurityGraph, weights: &RiskWeights, limits: &Limits) -> PathReport {
    let mut finder = Finder {
        security,
        weights,
        administrators: administrators::of(security),
        groups: BTreeMap::new(),
        pairs: 0,
        cut_short: 0,
    };
    let mask = Mask::default();
    let classes = equal_targets(security);
    let class_of: HashMap<NodeId, usize> = classes
        .iter()
        .zip(0..)
        .filter_map(|(class, position)| Some((*class.members.first()?, position)))
        .collect();
    let mut ways: Option<Ways<'_>> = None;
    for (entry, cost) in security.graph.entries() {
        let ways = match &mut ways {
            Some(ways) => {
                ways.begin_at(*entry, *cost);
                ways
            }
            none => none.insert(Ways::new(&security.graph, &mask, *entry, *cost)),
        };
        // Entries are many and lead to little each: only what is reached is looked at.
        let reached = ways.reached().iter();
        let mut near: Vec<usize> = reached.filter_map(|node| class_of.get(node).copied()).collect();
        near.sort_unstable();
        for class in near.into_iter().filter_map(|position| classes.get(position)) {
            finder.pair(ways, class, limits);
        }
    }
    finder.finish(limits)
}

/// Targets with the same incoming edges: what is true of the ways to one is true of all.
struct TargetClass<'g> {
    target: &'g Target,
    members: Vec<NodeId>,
}

fn equal_targets(security: &SecurityGraph) -> Vec<TargetClass<'_>> {
    type Likeness<'g> = (u8, &'g Text, &'g str, Vec<(NodeId, u32)>);
    let graph = &security.graph;
    let mut classes: BTreeMap<Likeness<'_>, Vec<NodeId>> = BTreeMap::new();
    let mut targets: HashMap<NodeId, &Target> = HashMap::new();
    for (node, target) in graph.targets() {
        let mut before: Vec<(NodeId, u32)> = graph
            .incoming(*node)
            .filter(|edge| edge.step.kind.is_attack())
            .map(|edge| (edge.from, graph.step_id(edge.id).0))
            .collect();
        if before.is_empty() {
            continue;
        }
        before.sort_unstable();
        let type_name = security
            .node(*node)
            .map_or("", |info| info.resource_type.as_str());
        targets.insert(*node, target);
        classes
            .entry((target.value, &target.why, type_name, before))
            .or_default()
            .push(*node);
    }
    let mut classes: Vec<TargetClass<'_>> = classes
        .into_values()
        .filter_map(|members| {
            let target = targets.get(members.first()?).copied()?;
            Some(TargetClass { target, members })
        })
        .collect();
    classes.sort_by_key(|class| class.members.first().copied());
    classes
}

/// Paths that differ only in the resources they run through.
struct Group {
    best: Concrete,
    count: u64,
    /// The nodes of those that were counted, the target left out.
    routes: BTreeSet<(NodeId, Vec<NodeId>)>,
    targets: BTreeSet<Text>,
    accounts: BTreeSet<(Provider, Text)>,
}

/// One path with its edges.
struct Concrete {
    key: search::Key,
    value: u8,
    why: Text,
    entry: NodeId,
    hops: Vec<(NodeId, EdgeId)>,
}

/// What equal paths have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Signature {
    entry: Text,
    hops: Vec<(EdgeKind, Text, Option<Text>, Certainty, bool)>,
    label: Option<Text>,
    why: Text,
}

struct Finder<'g> {
    security: &'g SecurityGraph,
    weights: &'g RiskWeights,
    /// Principals that have every permission of their account.
    administrators: BTreeSet<NodeId>,
    groups: BTreeMap<Signature, Group>,
    pairs: u64,
    cut_short: u64,
}

impl Finder<'_> {
    fn pair(&mut self, ways: &mut Ways<'_>, class: &TargetClass<'_>, limits: &Limits) {
        let Some(first) = class.members.first().copied() else {
            return;
        };
        let distance = ways.distance(first);
        if distance == UNREACHED || search::target_risk(class.target.value, distance) == 0 {
            return;
        }
        self.pairs += class.members.len() as u64;
        let (found, ended) = ways.best(first, limits.ways, limits.budget);
        self.cut_short += u64::from(ended == Ended::Budget);
        let worst = search::points(distance).saturating_add(limits.slack);
        // What lies open needs no detour.
        let is_open = found
            .first()
            .is_some_and(|way| visible_hops(self.security, &way.edges).len() == 1);
        let listed = if is_open { 1 } else { found.len() };
        for way in found.into_iter().take(listed) {
            let near = search::points(way.key) <= worst;
            if near && search::target_risk(class.target.value, way.key) > 0 {
                self.add(&way, class);
            }
        }
    }

    fn add(&mut self, way: &Way, class: &TargetClass<'_>) {
        let graph = &self.security.graph;
        let Some(entry) = way
            .edges
            .first()
            .and_then(|edge| graph.edge(*edge))
            .map(|edge| edge.from)
        else {
            return;
        };
        let hops = visible_hops(self.security, &way.edges);
        if self.is_beyond_administrator(&hops) {
            return;
        }
        let signature = self.signature(entry, &hops, class.target);
        let mut accounts: BTreeSet<(Provider, Text)> = BTreeSet::new();
        for node in hops
            .iter()
            .map(|(node, _)| *node)
            .chain(class.members.iter().copied())
        {
            accounts.extend(self.account(node));
        }
        // Ways through the same nodes are one path: they differ in how a step is taken.
        let mut nodes: Vec<NodeId> = hops.iter().map(|(node, _)| *node).collect();
        nodes.pop();
        let route = (class.members.first().copied().unwrap_or(entry), nodes);
        let concrete = Concrete {
            key: way.key,
            value: class.target.value,
            why: class.target.why.clone(),
            entry,
            hops,
        };
        let targets = class
            .members
            .iter()
            .filter_map(|node| self.security.node(*node))
            .map(|info| info.uid.clone());
        match self.groups.get_mut(&signature) {
            Some(group) => {
                if group.routes.len() < MOST_ROUTES && group.routes.insert(route) {
                    group.count += class.members.len() as u64;
                }
                for target in targets {
                    if group.targets.len() < AttackPath::MOST_TARGETS {
                        group.targets.insert(target);
                    }
                }
                group.accounts.extend(accounts);
                if concrete.key < group.best.key {
                    group.best = concrete;
                }
            }
            None => {
                let group = Group {
                    best: concrete,
                    count: class.members.len() as u64,
                    routes: BTreeSet::from([route]),
                    targets: targets.take(AttackPath::MOST_TARGETS).collect(),
                    accounts,
                };
                self.groups.insert(signature, group);
            }
        }
    }

    /// Whether a path goes on to something that who administers an account has anyway.
    fn is_beyond_administrator(&self, hops: &[(NodeId, EdgeId)]) -> bool {
        let account = |node: &NodeId| self.security.node(*node).and_then(|info| info.account);
        let Some(((last, _), before)) = hops.split_last() else {
            return false;
        };
        let is_administrator = self
            .security
            .node(*last)
            .is_some_and(|info| info.resource_type == ADMINISTRATOR);
        !is_administrator
            && before
                .iter()
                .any(|(node, _)| self.administrators.contains(node) && account(node) == account(last))
    }

    fn account(&self, node: NodeId) -> Option<(Provider, Text)> {
        let position = self.security.node(node)?.account?;
        self.security.accounts.get(position as usize).cloned()
    }

    fn signature(&self, entry: NodeId, hops: &[(NodeId, EdgeId)], target: &Target) -> Signature {
        let info = |node: NodeId| self.security.node(node);
        let mut last: Option<u32> = None;
        let mut hops_of = Vec::with_capacity(hops.len());
        for (node, edge) in hops {
            let (Some(info), Some(edge)) = (info(*node), self.security.graph.edge(*edge)) else {
                continue;
            };
            let crosses = last.is_some() && info.account.is_some() && info.account != last;
            last = info.account.or(last);
            let step = edge.step;
            let type_name = info.resource_type.clone();
            // How a principal becomes another differs by habit only; how something is reached tells paths apart.
            let how = match step.kind {
                EdgeKind::Reaches => step.how.clone(),
                EdgeKind::Holds
                | EdgeKind::RunsAs
                | EdgeKind::CanAssume
                | EdgeKind::CanEscalateTo
                | EdgeKind::CanRead
                | EdgeKind::CanWrite
                | EdgeKind::CanAdminister
                | EdgeKind::In
                | EdgeKind::Covers
                | EdgeKind::Relation => None,
            };
            hops_of.push((step.kind, type_name, how, step.certainty, crosses));
        }
        let label = hops.last().and_then(|(node, _)| info(*node)?.label.clone());
        // What an administrator has names its account; paths to several are equal all the same.
        let is_administrator = hops
            .last()
            .is_some_and(|(node, _)| info(*node).is_some_and(|info| info.resource_type == ADMINISTRATOR));
        Signature {
            entry: info(entry).map(|info| info.uid.clone()).unwrap_or_default(),
            hops: hops_of,
            label,
            why: if is_administrator {
                Text::new_static(ADMINISTRATOR)
            } else {
                target.why.clone()
            },
        }
    }

    fn finish(self, limits: &Limits) -> PathReport {
        let Self {
            security,
            weights,
            groups,
            pairs,
            cut_short,
            administrators: _,
        } = self;
        let mut problems: BTreeSet<Text> = security.problems.iter().cloned().collect();
        if cut_short > 0 {
            problems.insert(Text::from(format!(
                "for {cut_short} pairs of entry and target not every way was tried; the best ones were"
            )));
        }
        let mut ranked: Vec<(Signature, Group)> = groups.into_iter().collect();
        ranked.sort_by(|(a, x), (b, y)| {
            let risk = |group: &Group| search::target_risk(group.best.value, group.best.key);
            risk(y)
                .cmp(&risk(x))
                .then(x.best.key.cmp(&y.best.key))
                .then_with(|| a.cmp(b))
        });
        if ranked.len() > limits.paths {
            problems.insert(Text::from(format!(
                "{} less risky paths are left out",
                ranked.len() - limits.paths
            )));
            ranked.truncate(limits.paths);
        }
        let closing = cuts::closing(security, &ranked, limits.tries);
        let mut closed_by: HashMap<FactId, u64> = HashMap::new();
        for fact in closing.iter().flatten() {
            *closed_by.entry(*fact).or_default() += 1;
        }
        let paths: Vec<AttackPath> = ranked
            .iter()
            .zip(&closing)
            .map(|((signature, group), closing)| {
                describe(security, weights, signature, group, closing, &closed_by)
            })
            .collect();
        let distances = search::distances(&security.graph, &Mask::default(), security.graph.entries());
        let found = choke::points(&security.graph, limits.choke_points * ALIKE, limits.tries);
        // How far from the end of its step each fact stands, at best: what is nearest to the target is changed first.
        let mut places: Vec<usize> = vec![usize::MAX; security.graph.facts().len()];
        for step in security.graph.steps() {
            for (place, fact) in step.proofs.iter().rev().enumerate() {
                if let Some(known) = places.get_mut(fact.0 as usize) {
                    *known = place.min(*known);
                }
            }
        }
        let mut choke_points: Vec<((u32, usize), ChokePoint)> = Vec::new();
        let found = cuts::without_shared(security, weights, found);
        for choke in found {
            let point = choke_point(security, weights, &choke, &ranked, &closing, &paths);
            let alike = |known: &&ChokePoint| {
                known.risk_removed == point.risk_removed
                    && known.targets_saved == point.targets_saved
                    && known.paths == point.paths
            };
            let rank = (
                point.days,
                places.get(choke.fact.0 as usize).copied().unwrap_or(usize::MAX),
            );
            // Of changes that bring the same the cheapest is told, and of those the nearest to the target.
            match choke_points.iter_mut().find(|(_, known)| alike(&known)) {
                Some(known) if rank < known.0 => *known = (rank, point),
                Some(_) => {}
                None => choke_points.push((rank, point)),
            }
        }
        choke_points.truncate(limits.choke_points);
        let choke_points = choke_points.into_iter().map(|(_, point)| point).collect();
        PathReport {
            nodes: security.visible_nodes().len() as u64,
            edges: security.graph.attack_edges() as u64,
            paths,
            choke_points,
            pairs,
            total_risk: search::total_risk(&security.graph, &distances),
            problems: problems.into_iter().collect(),
        }
    }
}

/// The steps that people see: where each leads, and the edge that says how.
pub(crate) fn visible_hops(security: &SecurityGraph, edges: &[EdgeId]) -> Vec<(NodeId, EdgeId)> {
    let mut hops = Vec::new();
    let mut pending = None;
    for edge in edges.iter().filter_map(|edge| security.graph.edge(*edge)) {
        match edge.step.kind {
            EdgeKind::In => {}
            EdgeKind::Covers => {
                if let Some(step) = pending.take() {
                    hops.push((edge.to, step));
                }
            }
            EdgeKind::Reaches
            | EdgeKind::RunsAs
            | EdgeKind::CanAssume
            | EdgeKind::CanEscalateTo
            | EdgeKind::Holds
            | EdgeKind::CanRead
            | EdgeKind::CanWrite
            | EdgeKind::CanAdminister
            | EdgeKind::Relation => {
                if security.is_visible(edge.to) {
                    hops.push((edge.to, edge.id));
                } else {
                    pending = Some(edge.id);
                }
            }
        }
    }
    hops
}

fn describe(
    security: &SecurityGraph,
    weights: &RiskWeights,
    signature: &Signature,
    group: &Group,
    closing: &BTreeSet<FactId>,
    closed_by: &HashMap<FactId, u64>,
) -> AttackPath {
    let best = &group.best;
    let hops: Vec<Hop> = best
        .hops
        .iter()
        .filter_map(|(node, edge)| {
            let step = security.graph.edge(*edge)?.step;
            Some(Hop {
                kind: step.kind,
                to: security.path_node(*node),
                how: step.how.clone(),
                certainty: step.certainty,
                conditions: step.conditions.clone(),
                proofs: step
                    .proofs
                    .iter()
                    .map(|fact| security.graph.fact(*fact))
                    .collect(),
            })
        })
        .collect();
    let entry = security.path_node(best.entry);
    let accounts: Vec<Option<u32>> = best
        .hops
        .iter()
        .filter(|(_, edge)| security.graph.edge(*edge).is_some())
        .map(|(node, _)| security.node(*node).and_then(|info| info.account))
        .collect();
    let risk = search::target_risk(best.value, best.key);
    let mut parts = vec![(best.why.clone(), i16::from(best.value))];
    let steps = best
        .hops
        .iter()
        .filter_map(|(_, edge)| security.graph.edge(*edge));
    let spent: u8 = steps.clone().map(|edge| edge.step.cost).sum();
    let of_entry = search::points(best.key).saturating_sub(spent);
    if of_entry > 0 {
        parts.push((
            Text::from(format!("begins at {}", entry.name)),
            -i16::from(of_entry),
        ));
    }
    parts.extend(steps.map(|edge| (step_words(edge.step), -i16::from(edge.step.cost))));
    AttackPath {
        id: id_of(signature),
        title: title::of(&entry, &hops, &accounts),
        why: best.why.clone(),
        certainty: hops.iter().map(|hop| hop.certainty).max().unwrap_or_default(),
        risk,
        parts,
        priority: weights.priority(risk),
        count: group.count,
        targets: group.targets.iter().cloned().collect(),
        accounts: group.accounts.iter().cloned().collect(),
        worsened_by: Vec::new(),
        cuts: cuts::of(security, weights, group, closing, closed_by),
        entry,
        hops,
    }
}

fn step_words(step: &Step) -> Text {
    let mut words = step.kind.phrase().to_owned();
    if let Some(how) = &step.how {
        words.push_str(": ");
        words.push_str(how);
    }
    match step.certainty {
        Certainty::Certain => {}
        Certainty::Conditional | Certainty::Possible => {
            words.push_str(", ");
            words.push_str(step.certainty.name());
        }
    }
    Text::from(words)
}

/// Twelve hexadecimal digits of what equal paths have in common.
fn id_of(signature: &Signature) -> Text {
    let mut hash = Sha256::new();
    let mut put = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    put(&signature.entry);
    for (kind, type_name, how, certainty, crosses) in &signature.hops {
        put(kind.name());
        put(type_name);
        put(how.as_deref().unwrap_or_default());
        put(certainty.name());
        put(if *crosses { "crosses" } else { "stays" });
    }
    put(signature.label.as_deref().unwrap_or_default());
    put(&signature.why);
    let digest = hash.finalize();
    Text::from(
        digest
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>(),
    )
}

fn choke_point(
    security: &SecurityGraph,
    weights: &RiskWeights,
    choke: &choke::Choke,
    ranked: &[(Signature, Group)],
    closing: &cuts::Closing,
    paths: &[AttackPath],
) -> ChokePoint {
    let proof: Proof = security.graph.fact(choke.fact);
    let node = security
        .by_uid(&proof.resource)
        .map(|node| security.path_node(node))
        .unwrap_or_default();
    let closed: Vec<(&AttackPath, &Group)> = paths
        .iter()
        .zip(ranked)
        .zip(closing)
        .filter(|(_, closing)| closing.contains(&choke.fact))
        .map(|((path, (_, group)), _)| (path, group))
        .collect();
    let kind = closed
        .iter()
        .flat_map(|(_, group)| &group.best.hops)
        .filter_map(|(_, edge)| security.graph.edge(*edge))
        .find(|edge| edge.step.proofs.contains(&choke.fact))
        .map_or(EdgeKind::CanRead, |edge| edge.step.kind);
    let mut ids: Vec<Text> = closed.iter().map(|(path, _)| path.id.clone()).collect();
    ids.sort();
    ChokePoint {
        title: node.title,
        name: node.name,
        account: node.account,
        targets_saved: choke.targets_saved,
        risk_removed: choke.risk_removed,
        paths: ids,
        days: weights.days(cuts::effort(kind), 1),
        proof,
    }
}
