//! `Arrivals`: whether attack paths lead to a resource, exactly, for policies that forbid them.
//!
//! A path leads to data, secrets and keys where it ends there, and to an identity where that is the last one before the
//! permissions of an administrator.

use std::collections::{BTreeSet, HashMap};

use plumb_model::path::{Certainty, EdgeKind, PathReport};
use plumb_model::value::Text;
use plumb_pack::requirement::PathEntry;

use crate::assemble::{ADMINISTRATOR, CREDENTIALS, INTERNET};
use crate::graph::{Edge, EdgeId, Mask, NodeId};
use crate::paths::visible_hops;
use crate::search::{self, Key, PER_POINT, UNREACHED, weight};
use crate::security::SecurityGraph;

/// How many steps of a path are told.
const MAX_HOPS: usize = 6;

/// Where an entry of the graph is, as policies name it.
pub fn entry_of(uid: &str) -> PathEntry {
    match uid {
        INTERNET => PathEntry::Internet,
        CREDENTIALS => PathEntry::Credentials,
        _ => PathEntry::External,
    }
}

/// All ways from some entries, those that are sure enough apart.
pub struct Arrivals<'g> {
    security: &'g SecurityGraph,
    certainty: Certainty,
    entries: Vec<(NodeId, u8)>,
    sure: Vec<Key>,
    any: Vec<Key>,
    values: HashMap<NodeId, u8>,
}

/// What leads to one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The risk of the riskiest path that is sure enough.
    pub sure: Option<u8>,
    /// The risk of the riskiest path of any certainty.
    pub any: Option<u8>,
}

/// A path as a policy tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// 0 to 100.
    pub risk: u8,
    /// The entry and the first steps.
    pub steps: Vec<Text>,
    /// How many steps follow.
    pub more: usize,
    /// The least sure of all its steps.
    pub certainty: Certainty,
    /// What makes its steps less sure than was asked for: conditions and what was not read.
    pub doubts: Vec<Text>,
}

/// Which ways are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surety {
    /// Those that are sure enough.
    Enough,
    /// All.
    Any,
}

impl<'g> Arrivals<'g> {
    /// Looks through the whole graph once for all ways and once for those that are sure enough.
    pub fn new(security: &'g SecurityGraph, from: PathEntry, certainty: Certainty) -> Self {
        let graph = &security.graph;
        let is_wanted = |entry: &&(NodeId, u8)| {
            security
                .node(entry.0)
                .is_some_and(|info| from.includes(entry_of(&info.uid)))
        };
        let entries: Vec<(NodeId, u8)> = graph.entries().iter().filter(is_wanted).copied().collect();
        let mut mask = Mask::default();
        for edge in graph.all_edges() {
            if edge.step.certainty > certainty {
                mask.remove(edge.id);
            }
        }
        Self {
            security,
            certainty,
            sure: search::distances(graph, &mask, &entries),
            any: search::distances(graph, &Mask::default(), &entries),
            values: graph
                .targets()
                .iter()
                .map(|(node, target)| (*node, target.value))
                .collect(),
            entries,
        }
    }

    /// What leads to a resource; `None` when it is nothing that attack paths end at.
    pub fn at(&self, node: NodeId) -> Option<Arrival> {
        let ends = self.ends(node);
        let riskiest = |surety| {
            let risk = self.riskiest(node, &ends, surety)?.1;
            (risk > 0).then_some(risk)
        };
        (!ends.is_empty()).then(|| Arrival {
            sure: riskiest(Surety::Enough),
            any: riskiest(Surety::Any),
        })
    }

    /// The best of several ends of a path to a node, with its risk.
    fn riskiest<'e>(&self, node: NodeId, ends: &'e [End], surety: Surety) -> Option<(&'e End, u8)> {
        let distance = at(self.distances(surety), node);
        let is_open = |end: &&End| distance != UNREACHED && self.is_enough(end.certainty, surety);
        let with_risk = |end: &'e End| {
            let key = distance.saturating_add(end.key);
            (end, search::target_risk(end.value, key))
        };
        ends.iter()
            .filter(is_open)
            .map(with_risk)
            .max_by_key(|(_, risk)| *risk)
    }

    fn distances(&self, surety: Surety) -> &[Key] {
        match surety {
            Surety::Enough => &self.sure,
            Surety::Any => &self.any,
        }
    }

    fn is_enough(&self, certainty: Certainty, surety: Surety) -> bool {
        match surety {
            Surety::Enough => certainty <= self.certainty,
            Surety::Any => true,
        }
    }

    /// The riskiest path to a resource.
    pub fn told(&self, node: NodeId, surety: Surety) -> Option<Told> {
        let ends = self.ends(node);
        let (end, risk) = self.riskiest(node, &ends, surety)?;
        let (entry, mut edges) = self.back(node, surety)?;
        edges.extend(&end.edges);
        let hops = visible_hops(self.security, &edges);
        let name = |node: NodeId| {
            let info = self.security.node(node);
            info.map(|info| info.name.clone()).unwrap_or_default()
        };
        let steps = std::iter::once(name(entry))
            .chain(hops.iter().map(|(node, edge)| self.words(*node, *edge)))
            .take(MAX_HOPS)
            .collect();
        let walked = edges.iter().filter_map(|edge| self.security.graph.edge(*edge));
        let mut doubts: Vec<Text> = walked
            .clone()
            .filter(|edge| edge.step.certainty > self.certainty)
            .flat_map(|edge| edge.step.conditions.iter().cloned())
            .collect();
        doubts.dedup();
        Some(Told {
            risk,
            steps,
            more: (hops.len() + 1).saturating_sub(MAX_HOPS),
            certainty: walked.map(|edge| edge.step.certainty).max().unwrap_or_default(),
            doubts,
        })
    }

    fn words(&self, node: NodeId, edge: EdgeId) -> Text {
        let Some(info) = self.security.node(node) else {
            return Text::default();
        };
        let how = self
            .security
            .graph
            .edge(edge)
            .and_then(|edge| edge.step.how.clone());
        Text::from(match how {
            Some(how) => format!("{} {} ({how})", info.title, info.name),
            None => format!("{} {}", info.title, info.name),
        })
    }

    /// How a path that has come to a node ends: there, or with the permissions of an administrator.
    fn ends(&self, node: NodeId) -> Vec<End> {
        let mut ends: Vec<End> = Vec::new();
        if let Some(value) = self.values.get(&node) {
            ends.push(End {
                value: *value,
                key: 0,
                certainty: Certainty::Certain,
                edges: Vec::new(),
            });
        }
        let graph = &self.security.graph;
        for edge in graph.outgoing(node) {
            if edge.step.kind == EdgeKind::In {
                let of_class = graph.outgoing(edge.to);
                ends.extend(of_class.filter_map(|last| self.end(vec![edge.id, last.id], &last)));
            } else {
                ends.extend(self.end(vec![edge.id], &edge));
            }
        }
        ends
    }

    fn end(&self, edges: Vec<EdgeId>, last: &Edge<'_>) -> Option<End> {
        let is_administrator = self
            .security
            .node(last.to)
            .is_some_and(|info| info.resource_type == ADMINISTRATOR);
        let value = self.values.get(&last.to).filter(|_| is_administrator)?;
        Some(End {
            value: *value,
            key: weight(last)?,
            certainty: last.step.certainty,
            edges,
        })
    }

    /// The best way to a node: its entry, and its edges in order.
    fn back(&self, node: NodeId, surety: Surety) -> Option<(NodeId, Vec<EdgeId>)> {
        let graph = &self.security.graph;
        let distances = self.distances(surety);
        let mut edges = Vec::new();
        let mut seen = BTreeSet::from([node]);
        let mut here = node;
        loop {
            let distance = at(distances, here);
            let begins = |entry: &(NodeId, u8)| entry.0 == here && Key::from(entry.1) * PER_POINT == distance;
            if self.entries.iter().any(begins) {
                edges.reverse();
                return Some((here, edges));
            }
            let before = graph
                .incoming(here)
                .filter(|edge| self.is_enough(edge.step.certainty, surety) && !seen.contains(&edge.from))
                .filter(|edge| {
                    let reached = at(distances, edge.from);
                    let after = weight(edge).and_then(|weight| reached.checked_add(weight));
                    after == Some(distance)
                })
                .min_by_key(|edge| (at(distances, edge.from), edge.id))?;
            edges.push(before.id);
            here = before.from;
            seen.insert(here);
        }
    }
}

/// The end of a path.
struct End {
    value: u8,
    key: Key,
    certainty: Certainty,
    edges: Vec<EdgeId>,
}

fn at(keys: &[Key], node: NodeId) -> Key {
    keys.get(node.0 as usize).copied().unwrap_or(UNREACHED)
}

/// The first listed path to a resource that begins at `from`, is sure enough and risky enough.
pub fn listed<'r>(
    report: &'r PathReport,
    uid: &Text,
    from: PathEntry,
    certainty: Certainty,
    min_risk: u8,
) -> Option<&'r Text> {
    let path = report.paths.iter().find(|path| {
        let leads_there = if path.target().resource_type == ADMINISTRATOR {
            let mut back = path.hops.iter().rev().skip(1);
            back.next().is_some_and(|hop| hop.to.uid == *uid)
        } else {
            path.targets.binary_search(uid).is_ok()
        };
        leads_there
            && from.includes(entry_of(&path.entry.uid))
            && path.certainty <= certainty
            && path.risk >= min_risk
    })?;
    Some(&path.id)
}
