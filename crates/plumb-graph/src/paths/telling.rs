//! Which of several ways that lie open tells most.

use plumb_model::graph::NodeKind;
use plumb_model::path::EdgeKind;

use super::visible_hops;
use crate::graph::NodeId;
use crate::search::Way;
use crate::security::SecurityGraph;

/// Of several ways that lie open the cheapest; to a key, the one that gives most, if it is as sure.
pub(super) fn of(security: &SecurityGraph, found: Vec<Way>) -> Option<Way> {
    let graph = &security.graph;
    let step = |way: &Way| {
        let hops = visible_hops(security, &way.edges);
        match hops.as_slice() {
            [(node, edge)] => Some((*node, graph.edge(*edge)?.step)),
            _ => None,
        }
    };
    let first = found.first().and_then(step);
    let is_key = |node: NodeId| security.node(node).is_some_and(|info| info.kind == NodeKind::Key);
    let telling = first.filter(|(node, _)| is_key(*node)).and_then(|(_, first)| {
        found.iter().position(|way| {
            step(way).is_some_and(|(_, step)| {
                step.kind == EdgeKind::CanAdminister && step.certainty <= first.certainty
            })
        })
    });
    found.into_iter().nth(telling.unwrap_or(0))
}
