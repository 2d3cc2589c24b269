//! From ways in the graph to the attack paths that people read: equal ones grouped, ranked, with what cuts them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::account::Provider;
use plumb_model::path::{AttackPath, Certainty, ChokePoint, Cut, EdgeKind, Hop, PathNode, PathReport, Proof};
use plumb_model::value::Text;
use plumb_pack::risk::RiskWeights;
use sha2::{Digest, Sha256};

use crate::assemble::{ADMINISTRATOR, CREDENTIALS, INTERNET};
use crate::choke;
use crate::graph::{Edge, EdgeId, FactId, Mask, NodeId, Step, Target};
use crate::search::{self, Ended, UNREACHED, Way, Ways};
use crate::security::SecurityGraph;

/// What bounds the work.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Best ways for each pair of entry and target.
    pub ways: usize,
    /// Extensions of ways for each pair.
    pub budget: usize,
    /// Paths that are reported, riskiest first.
    pub paths: usize,
    /// Choke points that are reported.
    pub choke_points: usize,
    /// Edges that the search for choke points may look at, over all tries.
    pub choke_edges: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ways: 3,
            budget: 2_000,
            paths: 1_000,
            choke_points: 10,
            choke_edges: 400_000_000,
        }
    }
}

/// How many cuts of a path are named.
const MOST_CUTS: usize = 4;

/// Finds, groups and ranks the attack paths, and the facts that cut most of them.
pub fn report(security: &SecurityGraph, weights: &RiskWeights, limits: &Limits) -> PathReport {
    let mut finder = Finder {
        security,
        weights,
        groups: BTreeMap::new(),
        pairs: 0,
        cut_short: 0,
    };
    let mask = Mask::default();
    let classes = equal_targets(security);
    for (entry, cost) in security.graph.entries() {
        let mut ways = Ways::new(&security.graph, &mask, *entry, *cost);
        for class in &classes {
            finder.pair(&mut ways, class, limits);
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
    targets: BTreeSet<Text>,
    accounts: BTreeSet<(Provider, Text)>,
    /// Facts on which every one of them rests.
    common: BTreeSet<FactId>,
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
        for way in found {
            if search::target_risk(class.target.value, way.key) > 0 {
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
        let signature = self.signature(entry, &hops, class.target);
        let facts: BTreeSet<FactId> = hops
            .iter()
            .filter_map(|(_, edge)| graph.edge(*edge))
            .flat_map(|edge| edge.step.proofs.iter().copied())
            .collect();
        let mut accounts: BTreeSet<(Provider, Text)> = BTreeSet::new();
        for node in hops
            .iter()
            .map(|(node, _)| *node)
            .chain(class.members.iter().copied())
        {
            accounts.extend(self.account(node));
        }
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
                group.count += class.members.len() as u64;
                for target in targets {
                    if group.targets.len() < AttackPath::MOST_TARGETS {
                        group.targets.insert(target);
                    }
                }
                group.accounts.extend(accounts);
                group.common.retain(|fact| facts.contains(fact));
                if concrete.key < group.best.key {
                    group.best = concrete;
                }
            }
            None => {
                let group = Group {
                    best: concrete,
                    count: class.members.len() as u64,
                    targets: targets.take(AttackPath::MOST_TARGETS).collect(),
                    accounts,
                    common: facts,
                };
                self.groups.insert(signature, group);
            }
        }
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
            hops_of.push((step.kind, type_name, step.how.clone(), step.certainty, crosses));
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
        let rests: HashMap<FactId, u64> =
            ranked
                .iter()
                .flat_map(|(_, group)| &group.common)
                .fold(HashMap::new(), |mut counts, fact| {
                    *counts.entry(*fact).or_default() += 1;
                    counts
                });
        let paths: Vec<AttackPath> = ranked
            .iter()
            .map(|(signature, group)| describe(security, weights, signature, group, &rests))
            .collect();
        let distances = search::distances(&security.graph, &Mask::default(), security.graph.entries());
        let tries = limits.choke_edges / security.graph.edges().max(1);
        let choke_points = choke::points(&security.graph, limits.choke_points, tries.clamp(8, 512))
            .into_iter()
            .map(|choke| choke_point(security, weights, &choke, &ranked, &paths))
            .collect();
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
    rests: &HashMap<FactId, u64>,
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
        title: title(&entry, &hops, best, security),
        why: best.why.clone(),
        certainty: hops.iter().map(|hop| hop.certainty).max().unwrap_or_default(),
        risk,
        parts,
        priority: weights.priority(risk),
        count: group.count,
        targets: group.targets.iter().cloned().collect(),
        accounts: group.accounts.iter().cloned().collect(),
        worsened_by: Vec::new(),
        cuts: cuts(security, weights, group, rests),
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

/// For example `Internet -> EC2 instance (SSH open) -> IAM role -> Cross-account administrator`.
fn title(entry: &PathNode, hops: &[Hop], best: &Concrete, security: &SecurityGraph) -> Text {
    let mut title = match entry.uid.as_str() {
        INTERNET => "Internet".to_owned(),
        CREDENTIALS => "Weak credentials".to_owned(),
        _ => format!("{} {}", entry.title, entry.name),
    };
    let mut home = None;
    for (hop, (node, _)) in hops.iter().zip(&best.hops) {
        let account = security.node(*node).and_then(|info| info.account);
        home = home.or(account);
        let elsewhere = account.is_some() && account != home;
        title.push_str(" -> ");
        title.push_str(&words(hop, elsewhere));
    }
    Text::from(title)
}

fn words(hop: &Hop, elsewhere: bool) -> String {
    let mut words = if hop.to.resource_type == ADMINISTRATOR {
        if elsewhere {
            "Cross-account administrator".to_owned()
        } else {
            "Administrator".to_owned()
        }
    } else if elsewhere && hop.kind == EdgeKind::CanAssume {
        format!("Cross-account {}", hop.to.title)
    } else {
        hop.to.title.to_string()
    };
    let label = hop.to.label.as_ref().map(|label| format!("{label} data"));
    let notes: Vec<String> = match hop.kind {
        EdgeKind::Reaches | EdgeKind::CanEscalateTo | EdgeKind::Holds => {
            hop.how.iter().map(Text::to_string).chain(label).collect()
        }
        EdgeKind::RunsAs
        | EdgeKind::CanAssume
        | EdgeKind::CanRead
        | EdgeKind::CanWrite
        | EdgeKind::CanAdminister
        | EdgeKind::In
        | EdgeKind::Covers
        | EdgeKind::Relation => label.into_iter().collect(),
    };
    if !notes.is_empty() {
        words = format!("{words} ({})", notes.join(", "));
    }
    words
}

/// The changes that close a path, those that close most first, then the most specific.
fn cuts(
    security: &SecurityGraph,
    weights: &RiskWeights,
    group: &Group,
    rests: &HashMap<FactId, u64>,
) -> Vec<Cut> {
    let steps: Vec<Edge<'_>> = group
        .best
        .hops
        .iter()
        .filter_map(|(_, edge)| security.graph.edge(*edge))
        .collect();
    let mut found: Vec<(u32, u64, usize, FactId, EdgeKind)> = Vec::new();
    for step in &steps {
        for (place, fact) in step.step.proofs.iter().enumerate() {
            if found.iter().any(|(_, _, _, known, _)| known == fact) {
                continue;
            }
            let days = weights.days(effort(step.step.kind), group.accounts.len());
            let others = rests.get(fact).copied().unwrap_or_default().saturating_sub(1);
            // Of the facts of one step the last is the one nearest to the target.
            found.push((
                days,
                others,
                step.step.proofs.len() - place,
                *fact,
                step.step.kind,
            ));
        }
    }
    found.sort_by_key(|(days, others, place, fact, _)| (std::cmp::Reverse(*others), *days, *place, *fact));
    found
        .into_iter()
        .take(MOST_CUTS)
        .map(|(days, also_cuts, _, fact, _)| Cut {
            proof: security.graph.fact(fact),
            also_cuts,
            days,
        })
        .collect()
}

/// What kind of change takes a step away.
fn effort(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Reaches => "network",
        EdgeKind::CanRead | EdgeKind::CanWrite | EdgeKind::CanAdminister | EdgeKind::CanEscalateTo => {
            "permission"
        }
        EdgeKind::RunsAs | EdgeKind::CanAssume | EdgeKind::Holds => "identity",
        EdgeKind::In | EdgeKind::Covers | EdgeKind::Relation => "data",
    }
}

fn choke_point(
    security: &SecurityGraph,
    weights: &RiskWeights,
    choke: &choke::Choke,
    ranked: &[(Signature, Group)],
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
        .filter(|(_, (_, group))| group.common.contains(&choke.fact))
        .map(|(path, (_, group))| (path, group))
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
        days: weights.days(effort(kind), 1),
        proof,
    }
}
