//! Cuts: single changes that close a path, checked by searching again without them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::graph::NodeKind;
use plumb_model::path::{Cut, EdgeKind, Proof};
use plumb_model::risk::ExposureLevel;
use plumb_pack::risk::RiskWeights;

use super::group::{Group, Signature};
use super::membership::Membership;
use crate::choke::Choke;
use crate::graph::{Edge, EdgeId, FactId, Mask, NodeId, Resting};
use crate::repair::Tree;
use crate::search::{Reach, UNREACHED};
use crate::security::SecurityGraph;

/// How many cuts of a path are named.
const MOST_CUTS: usize = 4;

/// The facts on which the riskiest path of each group rests, by position, with how many paths of the group each closes: none, where
/// other ways lead to the same target.
pub(super) type Closing = Vec<BTreeMap<FactId, u64>>;

/// Tries the facts on which groups rest, those of the riskiest groups first; at most `tries`.
///
/// A fact closes a group when the target of its riskiest path is not reached any more from its entry, by whatever way. For the
/// other paths of the group the like of it does the same.
pub(super) fn closing(security: &SecurityGraph, ranked: &[(Signature, Group)], tries: usize) -> Closing {
    let graph = &security.graph;
    let mut closing: Closing = vec![BTreeMap::new(); ranked.len()];
    // What one of several members of a class has is taken from that one alone.
    let mut of_fact: HashMap<Change, Vec<usize>> = HashMap::new();
    for (position, (_, group)) in ranked.iter().enumerate() {
        let mut changes: BTreeSet<Change> = BTreeSet::new();
        for (before, edge) in steps(group) {
            let membership = Membership::of(security, before, edge);
            let step = graph.edge(edge).map(|edge| edge.step);
            changes.extend(step.iter().flat_map(|step| &step.proofs).map(|fact| {
                let own = membership
                    .as_ref()
                    .filter(|own| own.is_of_member(security, *fact));
                (*fact, own.map(|own| own.edge))
            }));
        }
        for change in changes {
            of_fact.entry(change).or_default().push(position);
        }
    }
    let mut facts: Vec<Change> = of_fact.keys().copied().collect();
    facts.sort_by_key(|fact| {
        let first = of_fact.get(fact).and_then(|groups| groups.iter().min().copied());
        (first, *fact)
    });
    facts.truncate(tries);
    let resting = Resting::new(graph);
    let mut reach = Reach::new(graph.nodes());
    let mut trees: BTreeMap<NodeId, Tree<'_>> = BTreeMap::new();
    for change in facts {
        let (fact, leaves) = change;
        let removed = match leaves {
            Some(edge) => vec![edge],
            None => resting.edges(fact),
        };
        let mut by_entry: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
        for position in of_fact.get(&change).into_iter().flatten() {
            if let Some((_, group)) = ranked.get(*position) {
                by_entry.entry(group.best.entry).or_default().push(*position);
            }
        }
        for (entry, positions) in by_entry {
            let tree = trees.entry(entry).or_insert_with(|| {
                reach.search(graph, &Mask::default(), &[(entry, 0)]);
                Tree::from_entry(graph, entry, reach.reached())
            });
            let lost: BTreeSet<NodeId> = tree
                .without(&removed)
                .into_iter()
                .filter(|(_, key)| *key == UNREACHED)
                .map(|(node, _)| node)
                .collect();
            let lost = BTreeMap::from([(entry, lost)]);
            for position in positions {
                let Some((_, group)) = ranked.get(position) else {
                    continue;
                };
                let is_lost = |node: &NodeId| lost.values().any(|lost| lost.contains(node));
                let hops = &group.best.hops;
                let closed = hops.last().is_some_and(|(target, _)| is_lost(target));
                let breaks = leaves.is_some() || hops.iter().any(|(_, edge)| removed.contains(edge));
                if let Some(closing) = closing.get_mut(position).filter(|_| closed || breaks) {
                    closing.insert(fact, if closed { group.closed(&lost) } else { 0 });
                }
            }
        }
    }
    closing
}

/// A fact to change, for a single member of a class by the edge with which it is one.
type Change = (FactId, Option<EdgeId>);

/// The steps of the best path of a group, each with the node before it.
fn steps(group: &Group) -> impl Iterator<Item = (NodeId, EdgeId)> {
    let hops = &group.best.hops;
    let before = std::iter::once(group.best.entry).chain(hops.iter().map(|(node, _)| *node));
    before.zip(hops.iter().map(|(_, edge)| *edge))
}

/// How good a cut is, whatever it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Merit {
    /// It takes back that a stranger is named.
    Opening,
    /// It takes away a permission or a way.
    Usual,
    /// It takes away much else, or what a resource is there for.
    Shared,
}

/// The cheapest cuts of a group, where strangers are named first and shared ones last; of equally cheap ones that nearest to the end of its step, then the one that closes more.
///
/// Where nothing closes it but what is shared, those come first that take the way alone.
pub(super) fn of(
    security: &SecurityGraph,
    weights: &RiskWeights,
    group: &Group,
    closing: &BTreeMap<FactId, u64>,
    closed_by: &HashMap<FactId, u64>,
) -> Vec<Cut> {
    let mut found: Vec<(Merit, u32, usize, Reverse<u64>, FactId)> = Vec::new();
    let mut of_way: Vec<(Merit, u32, usize, Reverse<u64>, FactId)> = Vec::new();
    let mut told: HashMap<FactId, Proof> = HashMap::new();
    for (before, edge) in steps(group) {
        let membership = Membership::of(security, before, edge);
        let Some(edge) = security.graph.edge(edge) else {
            continue;
        };
        for (place, fact) in edge.step.proofs.iter().enumerate() {
            let Some(closes) = closing.get(fact) else {
                continue;
            };
            if found
                .iter()
                .chain(&of_way)
                .any(|(_, _, _, _, known)| known == fact)
            {
                continue;
            }
            if let Some(own) = &membership {
                told.insert(*fact, own.told(security, *fact));
            }
            let days = weights.days(effort(edge.step.kind), group.accounts.len());
            let others = closed_by.get(fact).copied().unwrap_or_default().saturating_sub(1);
            // What is shared is the thing to change only where it lies open by itself.
            let shared = shared_resource(security, weights, *fact)
                .is_some_and(|node| node != edge.to || group.best.hops.len() > 1);
            let begins = edge.from == group.best.entry;
            let merit = if shared || begins && group.best.hops.len() > 1 && is_front(security, &edge, *fact) {
                Merit::Shared
            } else if begins && (edge.step.kind == EdgeKind::CanAssume || is_taken_by_all(security, &edge)) {
                Merit::Opening
            } else {
                Merit::Usual
            };
            let cut = (
                merit,
                days,
                edge.step.proofs.len() - place,
                Reverse(others),
                *fact,
            );
            match (closes, merit) {
                (0, Merit::Opening | Merit::Usual) => of_way.push(cut),
                (0, Merit::Shared) => {}
                (_, _) => found.push(cut),
            }
        }
    }
    found.sort();
    if found.first().is_none_or(|(merit, ..)| *merit == Merit::Shared) {
        of_way.sort();
        of_way.append(&mut found);
        found = of_way;
    }
    found
        .into_iter()
        .take(MOST_CUTS)
        .map(|(_, days, _, Reverse(also_cuts), fact)| Cut {
            proof: told.remove(&fact).unwrap_or_else(|| security.graph.fact(fact)),
            closes: closing.get(&fact).copied().unwrap_or(1),
            also_cuts,
            days,
        })
        .collect()
}

/// Whether a step is that a role's trust policy lets everybody in whom a public identity provider knows.
fn is_taken_by_all(security: &SecurityGraph, edge: &Edge<'_>) -> bool {
    edge.step.kind == EdgeKind::Holds
        && security
            .node(edge.to)
            .is_some_and(|info| info.exposure > ExposureLevel::Internal)
}

/// Whether a fact is that a front, which is there to be reached, is reached.
fn is_front(security: &SecurityGraph, edge: &Edge<'_>, fact: FactId) -> bool {
    let proof = security.graph.facts().get(fact.0 as usize);
    edge.step.kind == EdgeKind::Reaches
        && security.node(edge.to).is_some_and(|info| {
            info.kind == NodeKind::Front && proof.is_some_and(|proof| proof.resource == info.uid)
        })
}

/// Those choke points whose change takes away little else than ways of attackers; that of a shared resource must serve ways to
/// the resource itself alone.
pub(super) fn without_shared(
    security: &SecurityGraph,
    weights: &RiskWeights,
    mut found: Vec<Choke>,
) -> Vec<Choke> {
    let shared: Vec<(FactId, NodeId)> = found
        .iter()
        .filter_map(|choke| Some((choke.fact, shared_resource(security, weights, choke.fact)?)))
        .collect();
    let facts: Vec<FactId> = shared.iter().map(|(fact, _)| *fact).collect();
    let ends_elsewhere = |node: NodeId, edges: &[EdgeId]| {
        let mut ends = edges.iter().filter_map(|edge| security.graph.edge(*edge));
        ends.any(|edge| edge.to != node)
    };
    let left_out: BTreeSet<FactId> = shared
        .iter()
        .zip(security.graph.edges_resting_on(&facts))
        .filter(|((_, node), edges)| ends_elsewhere(*node, edges))
        .map(|((fact, _), _)| *fact)
        .collect();
    found.retain(|choke| !left_out.contains(&choke.fact));
    found
}

/// The resource of a fact, where changing it would take away much else.
pub(super) fn shared_resource(
    security: &SecurityGraph,
    weights: &RiskWeights,
    fact: FactId,
) -> Option<NodeId> {
    let proof = security.graph.facts().get(fact.0 as usize)?;
    let node = security.by_uid(&proof.resource)?;
    let info = security.node(node)?;
    weights.is_shared(&info.resource_type).then_some(node)
}

/// What kind of change takes a step away.
pub(super) fn effort(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Reaches => "network",
        EdgeKind::CanRead | EdgeKind::CanWrite | EdgeKind::CanAdminister | EdgeKind::CanEscalateTo => {
            "permission"
        }
        EdgeKind::RunsAs | EdgeKind::CanAssume | EdgeKind::Holds => "identity",
        EdgeKind::In | EdgeKind::Covers | EdgeKind::Relation => "data",
    }
}
