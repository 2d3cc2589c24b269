//! Choke points: the facts whose change takes most risk out of the graph.

use std::collections::HashMap;

use crate::graph::{FactId, Graph, Mask, NodeId};
use crate::search::{self, Key, UNREACHED, distances, target_risk, total_risk, weight};

/// A fact with what its change would bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choke {
    /// The fact.
    pub fact: FactId,
    /// The risk of all targets that is gone, summed.
    pub risk_removed: u64,
    /// Targets that nothing reaches any more.
    pub targets_saved: u64,
}

/// The best `most` facts, best first; facts that take no risk away are not among them.
///
/// A fact takes risk away from a target only if every best way to it rests on that fact. So the risk of the targets whose one best way
/// uses a fact bounds what it removes, and facts are tried in the order of that bound until no other can be better, or `tries` are
/// used up, in which case the best of those that were tried are given.
pub fn points(graph: &Graph, most: usize, tries: usize) -> Vec<Choke> {
    let everything = Mask::default();
    let before = distances(graph, &everything, graph.entries());
    let total = total_risk(graph, &before);
    let mut found: Vec<Choke> = Vec::new();
    let bounds = bounds(graph, &before);
    let mut rest = bounds.as_slice();
    let mut tried = 0;
    while !rest.is_empty() && tried < tries {
        // One pass over all edges finds those that rest on a whole group of facts.
        let size = GROUP.min(rest.len()).min(tries - tried);
        let (group, behind) = rest.split_at(size);
        rest = behind;
        tried += size;
        let enough = |found: &[Choke], bound: u64| {
            most.checked_sub(1)
                .and_then(|last| found.get(last))
                .is_some_and(|worst: &Choke| worst.risk_removed >= bound)
        };
        if group.first().is_some_and(|(_, bound)| enough(&found, *bound)) {
            break;
        }
        let facts: Vec<FactId> = group.iter().map(|(fact, _)| *fact).collect();
        for ((fact, bound), mask) in group.iter().zip(graph.resting_on(&facts)) {
            if enough(&found, *bound) {
                break;
            }
            let after = distances(graph, &mask, graph.entries());
            let risk_removed = total.saturating_sub(total_risk(graph, &after));
            if risk_removed == 0 {
                continue;
            }
            let saved = graph.targets().iter().filter(|(node, target)| {
                let at = |keys: &[Key]| keys.get(node.0 as usize).copied().unwrap_or(UNREACHED);
                target_risk(target.value, at(&before)) > 0 && at(&after) == UNREACHED
            });
            found.push(Choke {
                fact: *fact,
                risk_removed,
                targets_saved: saved.count() as u64,
            });
            found.sort_by(|a, b| b.risk_removed.cmp(&a.risk_removed).then(a.fact.cmp(&b.fact)));
            found.truncate(most);
        }
    }
    found
}

/// Facts that are tried at once.
const GROUP: usize = 16;

/// The facts on one best way to each target, with the risk of those targets, largest first.
fn bounds(graph: &Graph, before: &[Key]) -> Vec<(FactId, u64)> {
    // The tree of best ways: what hangs on each node is summed from the far ends to the entries.
    let at = |node: NodeId| before.get(node.0 as usize).copied().unwrap_or(UNREACHED);
    let mut hanging = vec![0u64; graph.nodes()];
    for (node, target) in graph.targets() {
        if let Some(sum) = hanging.get_mut(node.0 as usize) {
            *sum += u64::from(target_risk(target.value, at(*node)));
        }
    }
    let parents = parents(graph, before);
    let mut order: Vec<NodeId> = parents.keys().copied().collect();
    order.sort_unstable_by_key(|node| {
        (
            std::cmp::Reverse(parents.get(node).map(|parent| parent.depth)),
            *node,
        )
    });
    let mut bounds: HashMap<FactId, u64> = HashMap::new();
    for node in order {
        let Some(parent) = parents.get(&node) else {
            continue;
        };
        let sum = hanging.get(node.0 as usize).copied().unwrap_or_default();
        if sum == 0 {
            continue;
        }
        if let Some(above) = hanging.get_mut(parent.node.0 as usize) {
            *above += sum;
        }
        for fact in &parent.facts {
            *bounds.entry(*fact).or_default() += sum;
        }
    }
    let mut bounds: Vec<(FactId, u64)> = bounds.into_iter().collect();
    bounds.sort_unstable_by_key(|(fact, bound)| (std::cmp::Reverse(*bound), *fact));
    bounds
}

/// The node before one on its best way.
struct Parent {
    node: NodeId,
    /// Steps from the entry, hidden ones included.
    depth: u32,
    /// The facts on the whole way that are not counted further up for this target are those of the last step.
    facts: Vec<FactId>,
}

/// One best way to every node that has a target behind it, as a tree.
fn parents(graph: &Graph, before: &[Key]) -> HashMap<NodeId, Parent> {
    let at = |node: NodeId| before.get(node.0 as usize).copied().unwrap_or(UNREACHED);
    let mut parents: HashMap<NodeId, Parent> = HashMap::new();
    let mut way: Vec<NodeId> = Vec::new();
    for (target, _) in graph.targets() {
        let mut node = *target;
        while at(node) != UNREACHED && !parents.contains_key(&node) && !way.contains(&node) {
            let best = graph.incoming(node).find(|edge| {
                weight(edge).is_some_and(|weight| {
                    at(edge.from) != UNREACHED
                        && at(edge.from) + weight == at(node)
                        && !way.contains(&edge.from)
                })
            });
            let is_entry = graph
                .entries()
                .iter()
                .any(|(entry, cost)| *entry == node && Key::from(*cost) * search::PER_POINT == at(node));
            let Some(edge) = best.filter(|_| !is_entry) else {
                break;
            };
            way.push(node);
            let facts = edge.step.proofs.clone();
            parents.insert(
                node,
                Parent {
                    node: edge.from,
                    depth: 0,
                    facts,
                },
            );
            node = edge.from;
        }
        // Depths of what was new, from the known end.
        let mut depth = parents.get(&node).map_or(0, |parent| parent.depth);
        for node in way.drain(..).rev() {
            depth += 1;
            if let Some(parent) = parents.get_mut(&node) {
                parent.depth = depth;
            }
        }
    }
    parents
}
