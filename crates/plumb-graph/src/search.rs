//! Cheapest ways through the graph: distances from entries, worth towards targets, and the best paths of a pair.
//!
//! A way costs the points of its steps; of ways that cost the same the one with fewer steps is better. Both are kept in one number,
//! a [`Key`]: points times [`PER_POINT`], plus one for each step that is shown.

mod queue;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;

use plumb_model::path::EdgeKind;

use crate::graph::{Edge, EdgeId, Graph, Mask, NodeId};
pub(crate) use queue::Queue;

/// Cost and length of a way.
pub type Key = u32;

/// How many steps weigh as much as one point.
pub const PER_POINT: Key = 32;

/// The risk of a way to the most precious target that costs nothing.
pub const MOST_POINTS: u8 = 100;

/// The risk of a way that costs more than its target is worth: it is a way all the same.
pub const LEAST_RISK: u8 = 1;

/// No way.
pub const UNREACHED: Key = Key::MAX;

/// The whole points of a key.
pub fn points(key: Key) -> u8 {
    u8::try_from(key / PER_POINT).unwrap_or(u8::MAX)
}

/// What an edge adds to a way; `None` for one that an attacker cannot follow.
pub fn weight(edge: &Edge<'_>) -> Option<Key> {
    if !edge.step.kind.is_attack() {
        return None;
    }
    let length = Key::from(!edge.step.kind.is_hidden());
    Some(Key::from(edge.step.cost) * PER_POINT + length)
}

/// Searches one after the other; each costs what it reaches and not what the graph holds.
pub struct Reach {
    keys: Vec<Key>,
    touched: Vec<NodeId>,
    queue: Queue,
}

impl Reach {
    /// Prepares searches in a graph of that many nodes.
    pub fn new(nodes: usize) -> Self {
        Self {
            keys: vec![UNREACHED; nodes],
            touched: Vec::new(),
            queue: Queue::new(),
        }
    }

    /// Forgets the last search, and searches from `entries`.
    pub fn search(&mut self, graph: &Graph, mask: &Mask, entries: &[(NodeId, u8)]) {
        let Self { keys, touched, queue } = self;
        for node in touched.drain(..) {
            if let Some(key) = keys.get_mut(node.0 as usize) {
                *key = UNREACHED;
            }
        }
        let mut reach = |queue: &mut Queue, keys: &mut [Key], node: NodeId, key: Key| {
            let is_new = at(keys, node) == UNREACHED;
            if lower(keys, node, key) {
                queue.put(key, node);
                if is_new {
                    touched.push(node);
                }
            }
        };
        for (entry, cost) in entries {
            reach(queue, keys, *entry, Key::from(*cost) * PER_POINT);
        }
        while let Some((key, node)) = queue.take() {
            if at(keys, node) < key {
                continue;
            }
            for edge in graph.outgoing(node).filter(|edge| mask.keeps(edge.id)) {
                if let Some(weight) = weight(&edge) {
                    reach(queue, keys, edge.to, key.saturating_add(weight));
                }
            }
        }
    }

    /// The nodes that the last search reached, each once.
    pub fn reached(&self) -> &[NodeId] {
        &self.touched
    }

    /// The key of the best way to a node.
    pub fn key(&self, node: NodeId) -> Key {
        at(&self.keys, node)
    }
}

fn at(keys: &[Key], node: NodeId) -> Key {
    keys.get(node.0 as usize).copied().unwrap_or(UNREACHED)
}

fn lower(keys: &mut [Key], node: NodeId, key: Key) -> bool {
    match keys.get_mut(node.0 as usize) {
        Some(known) if key < *known => {
            *known = key;
            true
        }
        Some(_) | None => false,
    }
}

/// The key of the best way from any of `entries` to each node.
pub fn distances(graph: &Graph, mask: &Mask, entries: &[(NodeId, u8)]) -> Vec<Key> {
    let mut reach = Reach::new(graph.nodes());
    reach.search(graph, mask, entries);
    reach.keys
}

/// What each node is worth to an attacker: the key that is missing to a way of full risk, over all targets and ways to them.
pub fn worth(graph: &Graph, mask: &Mask) -> Vec<Key> {
    let mut keys = vec![UNREACHED; graph.nodes()];
    let mut queue = Queue::new();
    for (node, target) in graph.targets() {
        let key = Key::from(MOST_POINTS.saturating_sub(target.value)) * PER_POINT;
        if lower(&mut keys, *node, key) {
            queue.put(key, *node);
        }
    }
    while let Some((key, node)) = queue.take() {
        if at(&keys, node) < key {
            continue;
        }
        for edge in graph.incoming(node).filter(|edge| mask.keeps(edge.id)) {
            let Some(weight) = weight(&edge) else { continue };
            let key = key.saturating_add(weight);
            if lower(&mut keys, edge.from, key) {
                queue.put(key, edge.from);
            }
        }
    }
    keys
}

/// The risk of a way with that key, counted from full risk; 0 where there is none.
pub fn risk(key: Key) -> u8 {
    target_risk(MOST_POINTS, key)
}

/// The sum over all targets of the risk of the best way to each.
pub fn total_risk(graph: &Graph, distances: &[Key]) -> u64 {
    graph
        .targets()
        .iter()
        .map(|(node, target)| u64::from(target_risk(target.value, at(distances, *node))))
        .sum()
}

/// The risk of a target of that value when the best way to it has that key.
pub fn target_risk(value: u8, distance: Key) -> u8 {
    if distance == UNREACHED {
        0
    } else {
        value.saturating_sub(points(distance)).max(LEAST_RISK)
    }
}

/// Whether a way with that key costs as much as a target of that value is worth, or more.
pub fn is_spent(value: u8, key: Key) -> bool {
    points(key) >= value
}

/// One way from an entry to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Cost and length, entry included.
    pub key: Key,
    /// The edges from the entry to the target.
    pub edges: Vec<EdgeId>,
}

/// Finds the best ways from one entry.
pub struct Ways<'g> {
    graph: &'g Graph,
    mask: &'g Mask,
    entry: NodeId,
    reach: Reach,
    sorted: HashMap<NodeId, Rc<[Backward]>>,
}

/// An incoming edge with the key of the best way from the entry through it.
#[derive(Clone, Copy, Debug)]
struct Backward {
    key: Key,
    weight: Key,
    edge: EdgeId,
    from: NodeId,
}

/// A way from some node to the target, growing backwards.
struct Suffix {
    node: NodeId,
    key: Key,
    edge: Option<EdgeId>,
    next: usize,
}

impl<'g> Ways<'g> {
    /// Prepares a search from `entry`, which costs `cost` points.
    pub fn new(graph: &'g Graph, mask: &'g Mask, entry: NodeId, cost: u8) -> Self {
        let mut ways = Self {
            graph,
            mask,
            entry,
            reach: Reach::new(graph.nodes()),
            sorted: HashMap::new(),
        };
        ways.begin_at(entry, cost);
        ways
    }

    /// The same from another entry.
    pub fn begin_at(&mut self, entry: NodeId, cost: u8) {
        self.entry = entry;
        self.sorted.clear();
        self.reach.search(self.graph, self.mask, &[(entry, cost)]);
    }

    /// The nodes that are reached, each once.
    pub fn reached(&self) -> &[NodeId] {
        self.reach.reached()
    }

    /// The key of the best way to a node.
    pub fn distance(&self, node: NodeId) -> Key {
        self.reach.key(node)
    }

    /// The best `most` ways to `target`, each without a node twice, best first.
    ///
    /// Of the members of a class only the best one is tried, because the others are equal. After `budget` extensions
    /// the search ends with what it has; the second value tells.
    pub fn best(&mut self, target: NodeId, most: usize, budget: usize) -> (Vec<Way>, Ended) {
        let mut found = Vec::new();
        if self.distance(target) == UNREACHED || target == self.entry {
            return (found, Ended::Complete);
        }
        let mut suffixes = vec![Suffix {
            node: target,
            key: 0,
            edge: None,
            next: usize::MAX,
        }];
        let mut open = BinaryHeap::new();
        self.offer(&mut open, 0, 0, target, 0);
        for _ in 0..budget {
            let Some(Reverse((_, suffix, sibling))) = open.pop() else {
                return (found, Ended::Complete);
            };
            let Some(&Suffix { node, key, .. }) = suffixes.get(suffix) else {
                continue;
            };
            let Some(step) = self.backward(node).get(sibling).copied() else {
                continue;
            };
            self.offer(&mut open, key, suffix, node, sibling + 1);
            if contains(&suffixes, suffix, step.from) {
                continue;
            }
            let grown = Suffix {
                node: step.from,
                key: key + step.weight,
                edge: Some(step.edge),
                next: suffix,
            };
            let at = suffixes.len();
            let key = grown.key;
            suffixes.push(grown);
            if step.from == self.entry {
                found.push(Way {
                    key: key + self.distance(self.entry),
                    edges: edges(&suffixes, at),
                });
                if found.len() >= most {
                    return (found, Ended::Complete);
                }
            } else {
                self.offer(&mut open, key, at, step.from, 0);
            }
        }
        let ended = if open.is_empty() {
            Ended::Complete
        } else {
            Ended::Budget
        };
        (found, ended)
    }

    fn offer(
        &mut self,
        open: &mut BinaryHeap<Reverse<(Key, usize, usize)>>,
        key: Key,
        suffix: usize,
        node: NodeId,
        sibling: usize,
    ) {
        if let Some(step) = self.backward(node).get(sibling) {
            open.push(Reverse((key + step.key, suffix, sibling)));
        }
    }

    /// The incoming edges of a node that are reached, best first.
    fn backward(&mut self, node: NodeId) -> Rc<[Backward]> {
        if let Some(known) = self.sorted.get(&node) {
            return Rc::clone(known);
        }
        let mut sorted: Vec<Backward> = self
            .graph
            .incoming(node)
            .filter(|edge| self.mask.keeps(edge.id))
            .filter_map(|edge| {
                let weight = weight(&edge)?;
                let before = self.distance(edge.from);
                (before != UNREACHED).then(|| Backward {
                    key: before + weight,
                    weight,
                    edge: edge.id,
                    from: edge.from,
                })
            })
            .collect();
        sorted.sort_unstable_by_key(|step| (step.key, step.edge));
        let mut seen_member = false;
        sorted.retain(|step| {
            let member = self
                .graph
                .edge(step.edge)
                .is_some_and(|edge| edge.step.kind == EdgeKind::In);
            !(member && std::mem::replace(&mut seen_member, true))
        });
        let sorted: Rc<[Backward]> = sorted.into();
        self.sorted.insert(node, Rc::clone(&sorted));
        sorted
    }
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// There is nothing better than what was found.
    Complete,
    /// The budget ran out; more ways may exist.
    Budget,
}

fn contains(suffixes: &[Suffix], mut at: usize, node: NodeId) -> bool {
    while let Some(suffix) = suffixes.get(at) {
        if suffix.node == node {
            return true;
        }
        at = suffix.next;
    }
    false
}

fn edges(suffixes: &[Suffix], mut at: usize) -> Vec<EdgeId> {
    let mut edges = Vec::new();
    while let Some(suffix) = suffixes.get(at) {
        edges.extend(suffix.edge);
        at = suffix.next;
    }
    edges
}
