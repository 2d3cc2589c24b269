//! Administrators: beyond them nothing in their account is worth a path of its own.

use std::collections::BTreeSet;

use plumb_model::path::{Certainty, EdgeKind};

use crate::assemble::ADMINISTRATOR;
use crate::graph::NodeId;
use crate::security::SecurityGraph;

/// The principals that for certain have every permission of their account or get it by one step, and the nodes that stand for that.
pub(super) fn of(security: &SecurityGraph) -> BTreeSet<NodeId> {
    let graph = &security.graph;
    let stands_for_all = (0u32..)
        .zip(&security.nodes)
        .filter(|(_, info)| info.resource_type == ADMINISTRATOR);
    let mut found = BTreeSet::new();
    for (node, _) in stands_for_all {
        found.insert(NodeId(node));
        for edge in graph.incoming(NodeId(node)).filter(|edge| {
            let gives = matches!(edge.step.kind, EdgeKind::CanAdminister | EdgeKind::CanEscalateTo);
            gives && edge.step.certainty == Certainty::Certain
        }) {
            found.insert(edge.from);
            let members = graph
                .incoming(edge.from)
                .filter(|edge| edge.step.kind == EdgeKind::In);
            found.extend(members.map(|edge| edge.from));
        }
    }
    found
}
