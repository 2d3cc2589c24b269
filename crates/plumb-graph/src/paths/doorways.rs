//! `Doorways`: by how many first steps from outside a target is within reach, whatever paths are listed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::group::Group;
use crate::graph::NodeId;
use crate::search::weight;
use crate::security::SecurityGraph;

/// How many edges are looked at for all targets together.
const MOST_EDGES: usize = 4_000_000;

/// Counts the first steps, each target once.
pub(super) struct Doorways<'g> {
    security: &'g SecurityGraph,
    entries: HashSet<NodeId>,
    left: usize,
    known: BTreeMap<NodeId, u64>,
}

impl<'g> Doorways<'g> {
    pub(super) fn new(security: &'g SecurityGraph) -> Self {
        Self {
            security,
            entries: security.graph.entries().iter().map(|(entry, _)| *entry).collect(),
            left: MOST_EDGES,
            known: BTreeMap::new(),
        }
    }

    /// Whether some targets were not looked at to the end.
    pub(super) fn were_cut_short(&self) -> bool {
        self.left == 0
    }

    /// The first steps to the target of the best path of a group that none of its paths begins with; at least so many.
    pub(super) fn beside(&mut self, group: &Group) -> u64 {
        let Some((target, _)) = group.best.hops.last() else {
            return 0;
        };
        let first_steps: BTreeSet<(NodeId, NodeId)> = group
            .routes
            .iter()
            .filter(|(_, end, _)| end == target)
            .map(|(entry, end, between)| (*entry, between.first().copied().unwrap_or(*end)))
            .collect();
        let members = |entry: &NodeId| group.entries.get(entry).copied().unwrap_or(1);
        let own: u64 = first_steps.iter().map(|(entry, _)| members(entry)).sum();
        self.to(*target).saturating_sub(own)
    }

    /// All first steps from outside from which a target is within reach.
    fn to(&mut self, target: NodeId) -> u64 {
        if let Some(known) = self.known.get(&target) {
            return *known;
        }
        let mut first_steps: HashSet<(NodeId, NodeId)> = HashSet::new();
        let mut seen: HashSet<NodeId> = HashSet::from([target]);
        let mut open = vec![target];
        while let Some(node) = open.pop() {
            for edge in self.security.graph.incoming(node) {
                self.left = self.left.saturating_sub(1);
                if self.left == 0 {
                    open.clear();
                    break;
                }
                if weight(&edge).is_none() {
                    continue;
                }
                if self.entries.contains(&edge.from) {
                    first_steps.insert((edge.from, node));
                } else if seen.insert(edge.from) {
                    open.push(edge.from);
                }
            }
        }
        let found = first_steps.len() as u64;
        self.known.insert(target, found);
        found
    }
}
