//! Choke points as people read them: what changing a fact brings, and which paths it closes, wholly or in part.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use plumb_model::path::{AttackPath, ChokePoint, EdgeKind, PartlyClosed, Proof};
use plumb_model::value::Text;
use plumb_pack::risk::RiskWeights;

use super::cuts;
use super::group::{Group, Signature};
use crate::choke::Choke;
use crate::graph::{EdgeId, FactId, Mask, NodeId};
use crate::repair::Tree;
use crate::search::{Reach, UNREACHED};
use crate::security::SecurityGraph;

/// How many entries are searched from; paths from others count as not closed.
const MOST_ENTRIES: usize = 16;

/// The targets that are lost to each entry.
type Lost = BTreeMap<NodeId, BTreeSet<NodeId>>;

/// What paths there are to close.
pub(super) struct Listed<'a> {
    pub(super) ranked: &'a [(Signature, Group)],
    pub(super) paths: &'a [AttackPath],
}

/// The best of `found`, of those that bring the same only one.
pub(super) fn of(
    security: &SecurityGraph,
    weights: &RiskWeights,
    found: &[Choke],
    listed: &Listed<'_>,
    most: usize,
) -> Vec<ChokePoint> {
    let graph = &security.graph;
    let places = places(security);
    let facts: Vec<FactId> = found.iter().map(|choke| choke.fact).collect();
    let lost = lost(security, &entries(listed), &graph.edges_resting_on(&facts));
    let mut points: Vec<((u32, usize), u64, ChokePoint)> = Vec::new();
    for (choke, lost) in found.iter().zip(&lost) {
        let saved = saved(lost);
        let point = point(security, weights, choke, listed, lost);
        let alike = |(_, known_saved, known): &&mut (_, u64, ChokePoint)| {
            *known_saved == saved
                && known.risk_removed == point.risk_removed
                && known.targets_saved == point.targets_saved
                && known.paths == point.paths
        };
        let rank = (
            point.days,
            places.get(choke.fact.0 as usize).copied().unwrap_or(usize::MAX),
        );
        // Of changes that bring the same the cheapest is told, and of those the nearest to the target.
        match points.iter_mut().find(alike) {
            Some(known) if rank < known.0 => *known = (rank, saved, point),
            Some(_) => {}
            None => points.push((rank, saved, point)),
        }
    }
    points.truncate(most);
    points.into_iter().map(|(_, _, point)| point).collect()
}

/// The entries of paths, those of the best ones first.
fn entries(listed: &Listed<'_>) -> Vec<NodeId> {
    let best = listed.ranked.iter().map(|(_, group)| group.best.entry);
    let all = listed
        .ranked
        .iter()
        .flat_map(|(_, group)| group.entries.keys().copied());
    let mut known = BTreeSet::new();
    best.chain(all)
        .filter(|entry| known.insert(*entry))
        .take(MOST_ENTRIES)
        .collect()
}

/// For each fact the targets that entries reach no more without the edges that rest on it.
fn lost(security: &SecurityGraph, entries: &[NodeId], removed: &[Vec<EdgeId>]) -> Vec<Lost> {
    let graph = &security.graph;
    let targets: HashSet<NodeId> = graph.targets().iter().map(|(node, _)| *node).collect();
    let mut lost: Vec<Lost> = vec![Lost::new(); removed.len()];
    let mut reach = Reach::new(graph.nodes());
    for entry in entries {
        reach.search(graph, &Mask::default(), &[(*entry, 0)]);
        let tree = Tree::from_entry(graph, *entry, reach.reached());
        for (lost, removed) in lost.iter_mut().zip(removed) {
            let without = tree.without(removed).into_iter();
            let nodes = without.filter(|(_, key)| *key == UNREACHED).map(|(node, _)| node);
            lost.insert(*entry, nodes.filter(|node| targets.contains(node)).collect());
        }
    }
    lost
}

/// A number that is equal where the same targets are lost to the same entries.
fn saved(lost: &Lost) -> u64 {
    let mut hasher = DefaultHasher::new();
    lost.hash(&mut hasher);
    hasher.finish()
}

/// How far from the end of its step each fact stands, at best: what is nearest to the target is changed first.
fn places(security: &SecurityGraph) -> Vec<usize> {
    let mut places: Vec<usize> = vec![usize::MAX; security.graph.facts().len()];
    for step in security.graph.steps() {
        for (place, fact) in step.proofs.iter().rev().enumerate() {
            if let Some(known) = places.get_mut(fact.0 as usize) {
                *known = place.min(*known);
            }
        }
    }
    places
}

fn point(
    security: &SecurityGraph,
    weights: &RiskWeights,
    choke: &Choke,
    listed: &Listed<'_>,
    lost: &Lost,
) -> ChokePoint {
    let proof: Proof = security.graph.fact(choke.fact);
    let node = security
        .by_uid(&proof.resource)
        .map(|node| security.path_node(node))
        .unwrap_or_default();
    let mut kind = None;
    let mut paths: Vec<Text> = Vec::new();
    let mut partly: Vec<PartlyClosed> = Vec::new();
    for ((_, group), path) in listed.ranked.iter().zip(listed.paths) {
        let closed = group.closed(lost);
        if closed == 0 {
            continue;
        }
        if closed == group.count {
            paths.push(path.id.clone());
        } else {
            partly.push(PartlyClosed {
                path: path.id.clone(),
                closed,
                count: group.count,
            });
        }
        let steps = group
            .best
            .hops
            .iter()
            .filter_map(|(_, edge)| security.graph.edge(*edge));
        let resting = steps.filter(|edge| edge.step.proofs.contains(&choke.fact));
        kind = kind.or(resting.map(|edge| edge.step.kind).next());
    }
    paths.sort();
    partly.sort();
    ChokePoint {
        title: node.title,
        name: node.name,
        account: node.account,
        targets_saved: choke.targets_saved,
        risk_removed: choke.risk_removed,
        paths,
        partly,
        days: weights.days(cuts::effort(kind.unwrap_or(EdgeKind::CanRead)), 1),
        proof,
    }
}
