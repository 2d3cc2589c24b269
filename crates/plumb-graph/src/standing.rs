//! `Standing`: what the graph says of one resource, for the risk of its findings.

use std::cell::RefCell;
use std::collections::HashMap;

use plumb_model::graph::Sensitivity;
use plumb_model::risk::{ExposureLevel, Priority};
use plumb_pack::risk::{BlastRadius, RiskWeights};

use crate::assemble::ADMINISTRATOR;
use crate::graph::{Mask, NodeId};
use crate::search::{self, Key, UNREACHED, weight};
use crate::security::SecurityGraph;

/// How many nodes are looked at to learn what is within reach of one.
const MAX_REACH: usize = 2_000;

/// What the graph says of one resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// From where it can be reached.
    pub exposure: ExposureLevel,
    /// The priority of the riskiest path through it, or through what its configuration makes possible.
    pub path: Option<Priority>,
    /// What is within reach of who holds it.
    pub radius: BlastRadius,
    /// How sensitive what it holds is.
    pub sensitivity: Option<Sensitivity>,
}

/// What the graph says of all resources.
pub struct Standings<'g> {
    security: &'g SecurityGraph,
    weights: &'g RiskWeights,
    distances: Vec<Key>,
    worth: Vec<Key>,
    /// The risk of the riskiest path that rests on the configuration of a resource.
    resting: HashMap<&'g str, u8>,
    /// What each node adds to what is within reach.
    marks: Vec<Mark>,
    search: RefCell<Search>,
}

/// What a node adds to what is within reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    None,
    Target,
    Administrator,
}

/// Kept between searches, so that one costs what it looks at and not what the graph holds.
#[derive(Default)]
struct Search {
    /// The search in which each node was last seen.
    seen_in: Vec<u32>,
    now: u32,
    /// The nodes of the current search in the order in which they were seen.
    order: Vec<NodeId>,
}

impl Search {
    fn begin(&mut self, start: NodeId) {
        self.now = self.now.wrapping_add(1);
        if self.now == 0 {
            self.seen_in.fill(0);
            self.now = 1;
        }
        self.order.clear();
        self.see(start);
    }

    /// Whether the node was not seen yet in this search.
    fn see(&mut self, node: NodeId) -> bool {
        let is_new = match self.seen_in.get_mut(node.0 as usize) {
            Some(seen) => std::mem::replace(seen, self.now) != self.now,
            None => false,
        };
        if is_new {
            self.order.push(node);
        }
        is_new
    }
}

impl<'g> Standings<'g> {
    /// Looks through the whole graph once.
    pub fn new(security: &'g SecurityGraph, weights: &'g RiskWeights) -> Self {
        let graph = &security.graph;
        let mask = Mask::default();
        let distances = search::distances(graph, &mask, graph.entries());
        let worth = search::worth(graph, &mask);
        let mut of_step = vec![0u8; graph.steps().len()];
        for edge in graph.all_edges() {
            let (Some(weight), before, behind) =
                (weight(&edge), at(&distances, edge.from), at(&worth, edge.to))
            else {
                continue;
            };
            if before == UNREACHED || behind == UNREACHED {
                continue;
            }
            let risk = search::risk(before.saturating_add(weight).saturating_add(behind));
            if let Some(known) = of_step.get_mut(graph.step_id(edge.id).0 as usize) {
                *known = risk.max(*known);
            }
        }
        let mut resting: HashMap<&str, u8> = HashMap::new();
        let at_risk = graph.steps().iter().zip(of_step).filter(|(_, risk)| *risk > 0);
        for (step, risk) in at_risk {
            for fact in &step.proofs {
                if let Some(proof) = graph.facts().get(fact.0 as usize) {
                    let known = resting.entry(proof.resource.as_str()).or_default();
                    *known = risk.max(*known);
                }
            }
        }
        let mut marks = vec![Mark::None; graph.nodes()];
        for (node, _) in graph.targets() {
            let is_administrator = security
                .node(*node)
                .is_some_and(|info| info.resource_type == ADMINISTRATOR);
            if let Some(mark) = marks.get_mut(node.0 as usize) {
                *mark = if is_administrator {
                    Mark::Administrator
                } else {
                    Mark::Target
                };
            }
        }
        let search = Search {
            seen_in: vec![0; graph.nodes()],
            ..Search::default()
        };
        Self {
            security,
            weights,
            distances,
            worth,
            resting,
            marks,
            search: RefCell::new(search),
        }
    }

    /// What the graph says of a resource; of one that it does not hold, nothing.
    pub fn of(&self, uid: &str) -> Standing {
        let resting = self.resting.get(uid).copied().unwrap_or_default();
        let node = self.security.by_uid(uid);
        let through = node.map_or(0, |node| self.through(node));
        let risk = resting.max(through);
        let info = node.and_then(|node| self.security.node(node));
        Standing {
            exposure: info.map(|info| info.exposure).unwrap_or_default(),
            path: (risk > 0).then(|| self.weights.priority(risk)),
            radius: node.map(|node| self.radius(node)).unwrap_or_default(),
            sensitivity: info.and_then(|info| info.sensitivity),
        }
    }

    /// The risk of the riskiest path through a node.
    pub fn through(&self, node: NodeId) -> u8 {
        let (before, behind) = (at(&self.distances, node), at(&self.worth, node));
        if before == UNREACHED || behind == UNREACHED {
            0
        } else {
            search::risk(before.saturating_add(behind))
        }
    }

    /// What is within reach of a node, as far as it is looked at.
    fn radius(&self, start: NodeId) -> BlastRadius {
        if at(&self.worth, start) == UNREACHED {
            return BlastRadius::None;
        }
        let graph = &self.security.graph;
        let mut search = self.search.borrow_mut();
        search.begin(start);
        let mut found = 0;
        let mut next = 0;
        while let Some(node) = search.order.get(next).copied() {
            next += 1;
            for edge in graph.outgoing(node) {
                if weight(&edge).is_none() || at(&self.worth, edge.to) == UNREACHED || !search.see(edge.to) {
                    continue;
                }
                match self.marks.get(edge.to.0 as usize) {
                    Some(Mark::Administrator) => return BlastRadius::Administrator,
                    Some(Mark::Target) => found += 1,
                    Some(Mark::None) | None => {}
                }
                if search.order.len() >= MAX_REACH {
                    return BlastRadius::of(found);
                }
            }
        }
        BlastRadius::of(found)
    }
}

fn at(keys: &[Key], node: NodeId) -> Key {
    keys.get(node.0 as usize).copied().unwrap_or(UNREACHED)
}
