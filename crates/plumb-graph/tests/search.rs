//! The search against brute force on small random graphs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use plumb_graph::choke::{self, Choke};
use plumb_graph::graph::{Builder, EdgeId, FactId, Graph, Mask, NodeId, Resting, Step, Target};
use plumb_graph::repair::Tree;
use plumb_graph::search::{self, Ended, Key, Reach, UNREACHED, Ways};
use plumb_model::path::{Certainty, EdgeKind, Proof};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Case {
    nodes: u32,
    /// From, to, cost, fact.
    edges: Vec<(u32, u32, u8, u8)>,
    entries: Vec<(u32, u8)>,
    targets: Vec<(u32, u8)>,
}

fn case() -> impl Strategy<Value = Case> {
    (2u32..8).prop_flat_map(|nodes| {
        (
            prop::collection::vec((0..nodes, 0..nodes, 0u8..40, 0u8..6), 0..18),
            prop::collection::vec((0..nodes, 0u8..20), 1..3),
            prop::collection::vec((0..nodes, 1u8..=100), 1..4),
        )
            .prop_map(move |(edges, entries, targets)| Case {
                nodes,
                edges,
                entries,
                targets,
            })
    })
}

fn build(case: &Case) -> Graph {
    let mut builder = Builder::default();
    let nodes: Vec<NodeId> = (0..case.nodes).map(|_| builder.node()).collect();
    for (from, to, cost, fact) in &case.edges {
        let proof = builder.fact(&Proof {
            resource: format!("fact {fact}").into(),
            ..Proof::default()
        });
        let step = builder.step(Step {
            kind: EdgeKind::CanAssume,
            how: None,
            certainty: Certainty::Certain,
            conditions: Vec::new(),
            caveats: Vec::new(),
            proofs: vec![proof],
            cost: *cost,
        });
        builder.edge(nodes[*from as usize], nodes[*to as usize], step);
    }
    for (entry, cost) in &case.entries {
        builder.entry(nodes[*entry as usize], *cost);
    }
    for (target, value) in &case.targets {
        let why = "it matters".into();
        builder.target(nodes[*target as usize], Target { value: *value, why });
    }
    builder.build()
}

/// The keys of all ways without a repeated node.
fn every_way(graph: &Graph, mask: &Mask, entry: (NodeId, u8), target: NodeId) -> Vec<Key> {
    fn walk(
        graph: &Graph,
        mask: &Mask,
        target: NodeId,
        visited: &mut Vec<NodeId>,
        key: Key,
        found: &mut Vec<Key>,
    ) {
        let last = *visited.last().unwrap();
        if last == target {
            found.push(key);
            return;
        }
        for edge in graph.outgoing(last) {
            if mask.keeps(edge.id) && !visited.contains(&edge.to) {
                visited.push(edge.to);
                let key = key + u32::from(edge.step.cost) * search::PER_POINT + 1;
                walk(graph, mask, target, visited, key, found);
                visited.pop();
            }
        }
    }
    let mut found = Vec::new();
    let start = u32::from(entry.1) * search::PER_POINT;
    walk(graph, mask, target, &mut vec![entry.0], start, &mut found);
    found.sort_unstable();
    found
}

/// The sum over all targets of the risk of the best way, by trying all ways.
fn plain_total(graph: &Graph, mask: &Mask) -> u64 {
    graph
        .targets()
        .iter()
        .map(|(node, target)| {
            graph
                .entries()
                .iter()
                .flat_map(|entry| every_way(graph, mask, *entry, *node))
                .map(|key| u64::from(target.value.saturating_sub(search::points(key)).max(1)))
                .max()
                .unwrap_or(0)
        })
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_best_ways_are_those_of_brute_force(case in case(), most in 1usize..5) {
        let graph = build(&case);
        let mask = Mask::default();
        for entry in graph.entries() {
            let mut ways = Ways::new(&graph, &mask, entry.0, entry.1);
            for (target, _) in graph.targets().iter().filter(|(target, _)| *target != entry.0) {
                let (found, ended) = ways.best(*target, most, 100_000);
                prop_assert_eq!(ended, Ended::Complete);
                let mut expected = every_way(&graph, &mask, *entry, *target);
                expected.truncate(most);
                let keys: Vec<Key> = found.iter().map(|way| way.key).collect();
                prop_assert_eq!(&keys, &expected);
                for way in &found {
                    let mut at = entry.0;
                    for id in &way.edges {
                        let edge = graph.edge(*id).unwrap();
                        prop_assert_eq!(edge.from, at);
                        at = edge.to;
                    }
                    prop_assert_eq!(at, *target);
                }
            }
        }
    }

    #[test]
    fn searches_one_after_the_other_know_nothing_of_each_other(case in case()) {
        let graph = build(&case);
        let mask = Mask::default();
        let nodes = || (0..case.nodes).map(NodeId);
        let mut ways = Ways::new(&graph, &mask, NodeId(0), 0);
        for (entry, cost) in graph.entries() {
            ways.begin_at(*entry, *cost);
            let expected = search::distances(&graph, &mask, &[(*entry, *cost)]);
            let found: Vec<Key> = nodes().map(|node| ways.distance(node)).collect();
            prop_assert_eq!(&found, &expected);
            let mut reached = ways.reached().to_vec();
            reached.sort_unstable();
            let expected: Vec<NodeId> = nodes().filter(|node| expected[node.0 as usize] != UNREACHED).collect();
            prop_assert_eq!(reached, expected);
        }
    }

    #[test]
    fn a_tree_of_what_is_reached_changes_as_one_of_all_nodes(case in case()) {
        // So many idle nodes that what is reached is little.
        let graph = build(&Case { nodes: case.nodes + 40, ..case });
        let resting = Resting::new(&graph);
        let mut reach = Reach::new(graph.nodes());
        for (entry, _) in graph.entries() {
            reach.search(&graph, &Mask::default(), &[(*entry, 0)]);
            let small = Tree::from_entry(&graph, *entry, reach.reached());
            let whole = Tree::new(&graph, &[(*entry, 0)]);
            for fact in 0..graph.facts().len() {
                let removed = resting.edges(FactId(u32::try_from(fact).unwrap()));
                let changed = |tree: &Tree<'_>| {
                    let mut changed = tree.without(&removed);
                    changed.sort_unstable();
                    changed
                };
                prop_assert_eq!(changed(&small), changed(&whole));
            }
        }
    }

    #[test]
    fn total_risk_is_that_of_brute_force_whatever_is_removed(case in case(), removed in prop::collection::vec(0u32..18, 0..4)) {
        let graph = build(&case);
        let mut mask = Mask::default();
        for edge in removed {
            mask.remove(EdgeId(edge));
        }
        let distances = search::distances(&graph, &mask, graph.entries());
        prop_assert_eq!(search::total_risk(&graph, &distances), plain_total(&graph, &mask));
    }

    #[test]
    fn what_runs_through_a_node_is_as_risky_as_the_best_way_through_it(case in case()) {
        let graph = build(&case);
        let mask = Mask::default();
        let distances = search::distances(&graph, &mask, graph.entries());
        let worth = search::worth(&graph, &mask);
        let best = (0..graph.nodes())
            .filter(|node| distances[*node] != UNREACHED && worth[*node] != UNREACHED)
            .map(|node| search::risk(distances[node].saturating_add(worth[node])))
            .max()
            .unwrap_or(0);
        let expected = graph.targets().iter()
            .map(|(node, target)| search::target_risk(target.value, distances[node.0 as usize]))
            .max()
            .unwrap_or(0);
        prop_assert_eq!(best, expected);
    }

    #[test]
    fn choke_points_are_those_of_brute_force(case in case(), most in 1usize..4) {
        let graph = build(&case);
        let before = plain_total(&graph, &Mask::default());
        let mut expected: Vec<u64> = (0..graph.facts().len())
            .map(|fact| {
                let mask = graph.resting_on(&[FactId(u32::try_from(fact).unwrap())]).remove(0);
                before - plain_total(&graph, &mask)
            })
            .filter(|removed| *removed > 0)
            .collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        expected.truncate(most);
        let found: Vec<u64> = choke::points(&graph, most, usize::MAX)
            .iter()
            .map(|Choke { risk_removed, .. }| *risk_removed)
            .collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn of_a_class_only_the_best_member_is_tried() {
    let mut builder = Builder::default();
    let [entry, first, second, class, target] = [(); 5].map(|()| builder.node());
    let step = |builder: &mut Builder, kind, cost| {
        builder.step(Step {
            kind,
            how: None,
            certainty: Certainty::Certain,
            conditions: Vec::new(),
            caveats: Vec::new(),
            proofs: Vec::new(),
            cost,
        })
    };
    let (near, far) = (
        step(&mut builder, EdgeKind::CanAssume, 1),
        step(&mut builder, EdgeKind::CanAssume, 5),
    );
    let member = step(&mut builder, EdgeKind::In, 0);
    builder.edge(entry, first, far);
    builder.edge(entry, second, near);
    builder.edge(first, class, member);
    builder.edge(second, class, member);
    builder.edge(class, target, near);
    let graph = builder.build();
    let mask = Mask::default();
    let (ways, ended) = Ways::new(&graph, &mask, entry, 0).best(target, 9, 1_000);
    assert_eq!(ended, Ended::Complete);
    assert_eq!(ways.len(), 1);
    assert_eq!(search::points(ways[0].key), 2);
}

#[test]
fn circles_end() {
    let mut builder = Builder::default();
    let nodes: Vec<NodeId> = (0..50).map(|_| builder.node()).collect();
    let step = builder.step(Step {
        kind: EdgeKind::CanAssume,
        how: None,
        certainty: Certainty::Certain,
        conditions: Vec::new(),
        caveats: Vec::new(),
        proofs: Vec::new(),
        cost: 0,
    });
    for from in &nodes {
        for to in &nodes {
            builder.edge(*from, *to, step);
        }
    }
    let graph = builder.build();
    let mask = Mask::default();
    let (ways, ended) = Ways::new(&graph, &mask, nodes[0], 0).best(nodes[49], 5, 10_000);
    assert_eq!((ways.len(), ended), (5, Ended::Complete));
    let (_, ended) = Ways::new(&graph, &mask, nodes[0], 0).best(nodes[49], 1_000_000, 500);
    assert_eq!(ended, Ended::Budget);
}
