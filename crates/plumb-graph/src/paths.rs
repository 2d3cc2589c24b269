//! From ways in the graph to the attack paths that people read: equal ones grouped, ranked, with what cuts them.

mod administrators;
mod choke_points;
mod cuts;
mod describe;
mod doorways;
mod equal;
mod group;
mod membership;
mod telling;
mod title;

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::account::Provider;
use plumb_model::path::{AttackPath, Certainty, EdgeKind, PathReport};
use plumb_model::value::Text;
use plumb_pack::risk::RiskWeights;

use self::describe::Beside;
use self::doorways::Doorways;
use self::equal::{EntryClass, TargetClass};
use self::group::{Concrete, Group, Signature};
use crate::assemble::ADMINISTRATOR;
use crate::choke;
use crate::graph::{EdgeId, FactId, Mask, NodeId};
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

/// How many labels of targets of equal paths are kept.
const MOST_LABELS: usize = 100;

/// Finds, groups and ranks the attack paths, and the facts that cut most of them.
pub fn report(security: &SecurityGraph, weights: &RiskWeights, limits: &Limits) -> PathReport {
    let mut finder = Finder {
        security,
        weights,
        administrators: administrators::of(security),
        groups: BTreeMap::new(),
        behind: BTreeMap::new(),
        pairs: 0,
        cut_short: 0,
    };
    let mask = Mask::default();
    let targets = equal::targets(security);
    let class_of: HashMap<NodeId, usize> = targets
        .iter()
        .zip(0..)
        .filter_map(|(class, position)| Some((*class.members.first()?, position)))
        .collect();
    let mut ways: Option<Ways<'_>> = None;
    for entries in equal::entries(security) {
        let ways = match &mut ways {
            Some(ways) => {
                ways.begin_at(entries.entry, entries.cost);
                ways
            }
            none => none.insert(Ways::new(&security.graph, &mask, entries.entry, entries.cost)),
        };
        // Entries are many and lead to little each: only what is reached is looked at.
        let reached = ways.reached().iter();
        let mut near: Vec<usize> = reached.filter_map(|node| class_of.get(node).copied()).collect();
        near.sort_unstable();
        for class in near.into_iter().filter_map(|position| targets.get(position)) {
            finder.pair(ways, &entries, class, limits);
        }
    }
    finder.finish(limits)
}

struct Finder<'g> {
    security: &'g SecurityGraph,
    weights: &'g RiskWeights,
    /// Principals that have every permission of their account.
    administrators: BTreeSet<NodeId>,
    groups: BTreeMap<Signature, Group>,
    /// Targets to which no path leads but by an administrator, by entry and account.
    behind: BTreeMap<(NodeId, u32), BTreeSet<NodeId>>,
    pairs: u64,
    cut_short: u64,
}

impl Finder<'_> {
    fn pair(&mut self, ways: &mut Ways<'_>, entries: &EntryClass, class: &TargetClass<'_>, limits: &Limits) {
        let Some(first) = class.members.first().copied() else {
            return;
        };
        let distance = ways.distance(first);
        if distance == UNREACHED {
            return;
        }
        self.pairs += entries.members * class.members.len() as u64;
        // Of ways that cost all that the target is worth, one is enough.
        let most = if search::is_spent(class.target.value, distance) {
            1
        } else {
            limits.ways
        };
        let (found, ended) = ways.best(first, most, limits.budget);
        self.cut_short += u64::from(ended == Ended::Budget);
        let worst = search::points(distance).saturating_add(limits.slack);
        // What lies open needs no detour.
        let is_open = found
            .first()
            .is_some_and(|way| visible_hops(self.security, &way.edges).len() == 1);
        let listed = if is_open {
            vec![telling::of(self.security, found)]
        } else {
            found.into_iter().map(Some).collect()
        };
        let is_near = |way: &Way| search::points(way.key) <= worst;
        let listed = self.surest(listed.into_iter().flatten().filter(is_near));
        let mut is_listed = false;
        let mut told: BTreeMap<Vec<NodeId>, Vec<NodeId>> = BTreeMap::new();
        for way in listed {
            let hops = visible_hops(self.security, &way.edges);
            let nodes: Vec<NodeId> = hops.iter().map(|(node, _)| *node).collect();
            let known = told
                .entry(self.without_detours(&nodes))
                .or_insert_with(|| nodes.clone());
            if *known == nodes && !self.is_beyond_administrator(&hops) {
                is_listed = true;
                self.add(&way, hops, entries, class);
            }
        }
        let account = self.security.node(first).and_then(|info| info.account);
        if let Some(account) = account.filter(|_| !is_listed) {
            let behind = self.behind.entry((entries.entry, account)).or_default();
            behind.extend(class.members.iter().copied());
        }
    }

    /// Of several ways through the same nodes, which differ in how a step is taken, the surest, else the cheapest.
    fn surest(&self, ways: impl Iterator<Item = Way>) -> Vec<Way> {
        let certainty = |way: &Way| {
            let edges = way
                .edges
                .iter()
                .filter_map(|edge| self.security.graph.edge(*edge));
            edges.map(|edge| edge.step.certainty).max().unwrap_or_default()
        };
        let mut kept: Vec<(Vec<NodeId>, Certainty, Way)> = Vec::new();
        for way in ways {
            let hops = visible_hops(self.security, &way.edges);
            let nodes: Vec<NodeId> = hops.into_iter().map(|(node, _)| node).collect();
            let found = certainty(&way);
            match kept.iter_mut().find(|(known, ..)| *known == nodes) {
                Some(known) if found < known.1 => *known = (nodes, found, way),
                Some(_) => {}
                None => kept.push((nodes, found, way)),
            }
        }
        kept.into_iter().map(|(.., way)| way).collect()
    }

    fn add(&mut self, way: &Way, hops: Vec<(NodeId, EdgeId)>, entries: &EntryClass, class: &TargetClass<'_>) {
        let signature = Signature::of(self.security, entries.entry, &hops);
        // Ways through the same nodes are one path: they differ in how a step is taken.
        let mut nodes: Vec<NodeId> = hops.iter().map(|(node, _)| *node).collect();
        let accounts: BTreeSet<(Provider, Text)> = nodes
            .iter()
            .chain(&class.members)
            .filter_map(|node| self.account(*node))
            .collect();
        nodes.pop();
        let first = class.members.first().copied().unwrap_or(entries.entry);
        let route = (entries.entry, first, nodes);
        let concrete = Concrete {
            key: way.key,
            value: class.target.value,
            why: class.target.why.clone(),
            entry: entries.entry,
            hops,
        };
        let group = match self.groups.entry(signature) {
            Entry::Occupied(known) => {
                let group = known.into_mut();
                // Paths by unread policies lead to what is differently precious.
                let rank = |path: &Concrete| (Reverse(search::target_risk(path.value, path.key)), path.key);
                if rank(&concrete) < rank(&group.best) {
                    group.best = concrete;
                }
                group
            }
            Entry::Vacant(place) => place.insert(Group::new(concrete)),
        };
        if group.routes.len() < MOST_ROUTES && group.routes.insert(route) {
            group.count += entries.members * class.members.len() as u64;
            for member in &class.members {
                *group.ends.entry((entries.entry, *member)).or_default() += entries.members;
            }
        }
        group.entries.insert(entries.entry, entries.members);
        group.accounts.extend(accounts);
        for info in class.members.iter().filter_map(|node| self.security.node(*node)) {
            if group.targets.len() < AttackPath::MOST_TARGETS {
                group.targets.insert(info.uid.clone());
            }
            group.titles.insert(info.title.clone());
            match &info.label {
                Some(label) if group.labels.len() < MOST_LABELS => _ = group.labels.insert(label.clone()),
                Some(_) => {}
                None => group.unlabelled += 1,
            }
        }
    }

    /// The nodes of a path without those by which an administrator takes a detour in its account: only where it leaves that counts.
    fn without_detours(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        let account = |node: &NodeId| self.security.node(*node).and_then(|info| info.account);
        let mut kept = Vec::with_capacity(nodes.len());
        let mut rest = nodes.iter();
        while let Some(node) = rest.next() {
            kept.push(*node);
            if self.administrators.contains(node) {
                let inside = rest.clone().take_while(|next| account(next) == account(node));
                if let Some(last) = inside.clone().last() {
                    kept.push(*last);
                    let passed = inside.count();
                    rest = rest.as_slice().get(passed..).unwrap_or_default().iter();
                }
            }
        }
        kept
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

    fn finish(self, limits: &Limits) -> PathReport {
        let Self {
            security,
            weights,
            groups,
            pairs,
            cut_short,
            behind,
            administrators: _,
        } = self;
        let mut problems: BTreeSet<Text> = security.problems.iter().cloned().collect();
        if cut_short > 0 {
            let pairs = match cut_short {
                1 => "1 pair".to_owned(),
                several => format!("{several} pairs"),
            };
            problems.insert(Text::from(format!(
                "for {pairs} of entry and target not every way was tried; the best ones were"
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
            problems.insert(left_out(ranked.len() - limits.paths, limits.paths));
            ranked.truncate(limits.paths);
        }
        let closing = cuts::closing(security, &ranked, limits.tries);
        let mut closed_by: HashMap<FactId, u64> = HashMap::new();
        let closed = closing.iter().flatten().filter(|(_, closes)| **closes > 0);
        for (fact, _) in closed {
            *closed_by.entry(*fact).or_default() += 1;
        }
        let mut doorways = Doorways::new(security);
        let paths: Vec<AttackPath> = ranked
            .iter()
            .zip(&closing)
            .map(|((signature, group), closing)| {
                let beside = Beside {
                    closing,
                    closed_by: &closed_by,
                    behind: behind_of(security, group, &behind),
                    other_ways: doorways.beside(group),
                };
                describe::describe(security, weights, signature, group, &beside)
            })
            .collect();
        if doorways.were_cut_short() {
            problems.insert(Text::new_static(
                "other ways to the targets of paths were not counted to the end",
            ));
        }
        let distances = search::distances(&security.graph, &Mask::default(), security.graph.entries());
        let found = choke::points(&security.graph, limits.choke_points * ALIKE, limits.tries);
        let found = cuts::without_shared(security, weights, found);
        let listed = choke_points::Listed {
            ranked: &ranked,
            paths: &paths,
        };
        let choke_points = choke_points::of(security, weights, &found, &listed, limits.choke_points);
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

/// That not all paths are listed.
fn left_out(more: usize, listed: usize) -> Text {
    let more = match more {
        1 => "1 less risky path is".to_owned(),
        several => format!("{several} less risky paths are"),
    };
    let listed = match listed {
        1 => "1 riskiest is".to_owned(),
        several => format!("{several} riskiest are"),
    };
    Text::from(format!("{more} left out: only the {listed} listed"))
}

/// What lies behind the administrators to whom a group leads.
fn behind_of(
    security: &SecurityGraph,
    group: &Group,
    behind: &BTreeMap<(NodeId, u32), BTreeSet<NodeId>>,
) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::new();
    for (entry, target) in group.ends.keys() {
        let administrator = security
            .node(*target)
            .filter(|info| info.resource_type == ADMINISTRATOR);
        if let Some(account) = administrator.and_then(|info| info.account) {
            found.extend(behind.get(&(*entry, account)).into_iter().flatten());
        }
    }
    found
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
