//! Entries and targets that nothing tells apart: what is true of the ways from or to one is true of all.

use std::collections::{BTreeMap, HashMap};

use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::value::Text;

use crate::graph::{FactId, NodeId, Target};
use crate::security::SecurityGraph;

/// Entries with the same outgoing edges, but for conditions, which name the entry.
pub(super) struct EntryClass {
    /// The first of them.
    pub(super) entry: NodeId,
    /// The points that beginning there costs.
    pub(super) cost: u8,
    /// How many there are.
    pub(super) members: u64,
}

/// The entries in classes, in the order of their first members.
pub(super) fn entries(security: &SecurityGraph) -> Vec<EntryClass> {
    type After<'g> = (NodeId, EdgeKind, u8, Certainty, &'g [FactId]);
    type Likeness<'g> = (u8, &'g str, Vec<After<'g>>);
    let graph = &security.graph;
    let mut classes: Vec<EntryClass> = Vec::new();
    let mut known: HashMap<Likeness<'_>, usize> = HashMap::new();
    for (entry, cost) in graph.entries() {
        let mut after: Vec<After<'_>> = graph
            .outgoing(*entry)
            .filter(|edge| edge.step.kind.is_attack())
            .map(|edge| {
                let step = edge.step;
                (
                    edge.to,
                    step.kind,
                    step.cost,
                    step.certainty,
                    step.proofs.as_slice(),
                )
            })
            .collect();
        after.sort_unstable();
        let title = security.node(*entry).map_or("", |info| info.title.as_str());
        let position = *known.entry((*cost, title, after)).or_insert(classes.len());
        match classes.get_mut(position) {
            Some(class) => class.members += 1,
            None => classes.push(EntryClass {
                entry: *entry,
                cost: *cost,
                members: 1,
            }),
        }
    }
    classes
}

/// Targets with the same incoming edges: what is true of the ways to one is true of all.
pub(super) struct TargetClass<'g> {
    pub(super) target: &'g Target,
    pub(super) members: Vec<NodeId>,
}

/// The targets in classes, in the order of their first members.
pub(super) fn targets(security: &SecurityGraph) -> Vec<TargetClass<'_>> {
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
