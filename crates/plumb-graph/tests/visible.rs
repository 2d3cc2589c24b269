//! Edges as people see them are the same from both sides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use plumb_graph::graph::{Builder, NodeId, Step};
use plumb_graph::security::{NodeInfo, SecurityGraph, VisibleEdge};
use plumb_model::path::{Certainty, EdgeKind};
use proptest::prelude::*;

/// A graph whose nodes are visible where `visible` says so; an edge is from, to and the position of its kind.
fn graph(visible: &[bool], edges: &[(usize, usize, usize)]) -> SecurityGraph {
    let mut builder = Builder::default();
    let nodes: Vec<NodeId> = visible.iter().map(|_| builder.node()).collect();
    for (from, to, kind) in edges {
        let step = builder.step(Step {
            kind: [
                EdgeKind::CanRead,
                EdgeKind::In,
                EdgeKind::Covers,
                EdgeKind::Relation,
            ][kind % 4],
            how: None,
            certainty: Certainty::Certain,
            conditions: Vec::new(),
            caveats: Vec::new(),
            proofs: Vec::new(),
            cost: 0,
        });
        builder.edge(nodes[from % nodes.len()], nodes[to % nodes.len()], step);
    }
    let infos = visible
        .iter()
        .enumerate()
        .map(|(position, visible)| NodeInfo {
            uid: if *visible {
                format!("n{position}").into()
            } else {
                "".into()
            },
            ..NodeInfo::default()
        })
        .collect();
    SecurityGraph::new(builder.build(), infos, Vec::new(), Vec::new())
}

fn key(edge: &VisibleEdge<'_>) -> (NodeId, NodeId, u32) {
    (edge.from, edge.to, edge.edge.0)
}

proptest! {
    #[test]
    fn both_sides_see_the_same_edges(
        visible in prop::collection::vec(any::<bool>(), 1..9),
        edges in prop::collection::vec((0usize..9, 0usize..9, 0usize..4), 0..24),
    ) {
        let graph = graph(&visible, &edges);
        let is_visible = |node: NodeId| graph.is_visible(node);
        let mut from_outside: Vec<_> = graph.visible_nodes().iter()
            .flat_map(|node| graph.outgoing(*node))
            .filter(|edge| is_visible(edge.to))
            .map(|edge| key(&edge))
            .collect();
        let mut from_inside: Vec<_> = graph.visible_nodes().iter()
            .flat_map(|node| graph.incoming(*node))
            .map(|edge| key(&edge))
            .collect();
        from_outside.sort_unstable();
        from_inside.sort_unstable();
        prop_assert_eq!(from_outside, from_inside);
    }
}

#[test]
fn a_member_of_a_class_reaches_what_a_selector_covers_from_both_sides() {
    let graph = graph(
        &[true, true, false, false, true, true],
        &[(0, 2, 1), (1, 2, 1), (2, 3, 0), (3, 4, 2), (3, 5, 2), (3, 0, 2)],
    );
    let ends: Vec<u32> = graph.outgoing(NodeId(0)).iter().map(|edge| edge.to.0).collect();
    assert_eq!(ends, [4, 5]);
    let begins: Vec<u32> = graph.incoming(NodeId(4)).iter().map(|edge| edge.from.0).collect();
    assert_eq!(begins, [0, 1]);
}
