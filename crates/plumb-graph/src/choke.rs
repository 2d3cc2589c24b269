//! Choke points: the facts whose change takes most risk out of the graph.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::graph::{FactId, Graph, NodeId, Resting};
use crate::repair::Tree;
use crate::search::{Key, UNREACHED, target_risk};

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
    let tree = Tree::new(graph, graph.entries());
    let values: HashMap<NodeId, u8> = graph
        .targets()
        .iter()
        .map(|(node, target)| (*node, target.value))
        .collect();
    let bounds = bounds(graph, &tree);
    let mut found: Vec<Choke> = Vec::new();
    let enough = |found: &[Choke], bound: u64| {
        most.checked_sub(1)
            .and_then(|last| found.get(last))
            .is_some_and(|worst: &Choke| worst.risk_removed >= bound)
    };
    let resting = Resting::new(graph);
    for (fact, bound) in bounds.iter().take(tries) {
        if enough(&found, *bound) {
            break;
        }
        let mut choke = Choke {
            fact: *fact,
            risk_removed: 0,
            targets_saved: 0,
        };
        for (node, after) in tree.without(&resting.edges(*fact)) {
            let Some(value) = values.get(&node) else { continue };
            let before = target_risk(*value, at(tree.keys(), node));
            choke.risk_removed += u64::from(before - target_risk(*value, after).min(before));
            choke.targets_saved += u64::from(before > 0 && after == UNREACHED);
        }
        if choke.risk_removed > 0 {
            found.push(choke);
            found.sort_by(|a, b| b.risk_removed.cmp(&a.risk_removed).then(a.fact.cmp(&b.fact)));
            found.truncate(most);
        }
    }
    found
}

fn at(keys: &[Key], node: NodeId) -> Key {
    keys.get(node.0 as usize).copied().unwrap_or(UNREACHED)
}

/// The facts on the best way to each target, with the risk of those targets, largest first.
fn bounds(graph: &Graph, tree: &Tree<'_>) -> Vec<(FactId, u64)> {
    // What hangs on each node, summed from the far ends: nodes by the length of their ways, longest first.
    let mut hanging: BTreeMap<(Reverse<u32>, NodeId), u64> = BTreeMap::new();
    let mut depths: HashMap<NodeId, u32> = HashMap::new();
    for (target, found) in graph.targets() {
        let risk = target_risk(found.value, at(tree.keys(), *target));
        if risk > 0 {
            let depth = depth(graph, tree, *target, &mut depths);
            *hanging.entry((Reverse(depth), *target)).or_default() += u64::from(risk);
        }
    }
    let mut bounds: HashMap<FactId, u64> = HashMap::new();
    while let Some(((Reverse(depth), node), sum)) = hanging.pop_first() {
        let Some(edge) = tree.entered_by(node).and_then(|edge| graph.edge(edge)) else {
            continue;
        };
        for fact in &edge.step.proofs {
            *bounds.entry(*fact).or_default() += sum;
        }
        *hanging
            .entry((Reverse(depth.saturating_sub(1)), edge.from))
            .or_default() += sum;
    }
    let mut bounds: Vec<(FactId, u64)> = bounds.into_iter().collect();
    bounds.sort_unstable_by_key(|(fact, bound)| (Reverse(*bound), *fact));
    bounds
}

/// How many edges the best way to a node has.
fn depth(graph: &Graph, tree: &Tree<'_>, node: NodeId, known: &mut HashMap<NodeId, u32>) -> u32 {
    let mut way = Vec::new();
    let mut at = node;
    let mut depth = loop {
        if let Some(depth) = known.get(&at) {
            break *depth;
        }
        match tree.entered_by(at).and_then(|edge| graph.edge(edge)) {
            Some(edge) => {
                way.push(at);
                at = edge.from;
            }
            None => {
                known.insert(at, 0);
                break 0;
            }
        }
    };
    for node in way.into_iter().rev() {
        depth += 1;
        known.insert(node, depth);
    }
    depth
}
