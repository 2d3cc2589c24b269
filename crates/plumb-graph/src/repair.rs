//! `Tree`: best ways from entries, and what becomes of them when edges are taken away, without searching the whole graph again.
//!
//! Only what hangs on a removed edge in the tree of best ways can change. That part is cut off, offered the best way in from outside of it,
//! and searched by itself.

use std::collections::HashMap;

use crate::graph::{EdgeId, Graph, NodeId};
use crate::search::{Key, PER_POINT, Queue, UNREACHED, weight};

const NONE: u32 = u32::MAX;

/// The best way to every node, as a tree.
pub struct Tree<'g> {
    graph: &'g Graph,
    entries: Vec<(NodeId, Key)>,
    /// Where each node stands in the lists below, when they hold some nodes only.
    places: Option<HashMap<NodeId, u32>>,
    keys: Vec<Key>,
    /// The edge by which the best way enters each node.
    entered_by: Vec<u32>,
    /// For each node the position of its first child, and one more.
    starts: Vec<u32>,
    children: Vec<NodeId>,
}

impl<'g> Tree<'g> {
    /// Searches from `entries`, each with the points that beginning there costs.
    pub fn new(graph: &'g Graph, entries: &[(NodeId, u8)]) -> Self {
        Self::within(graph, entries, None)
    }

    /// Searches from `entry`, and keeps what the nodes that it reaches need.
    pub fn from_entry(graph: &'g Graph, entry: NodeId, reached: &[NodeId]) -> Self {
        let is_small = reached.len() < graph.nodes() / 4;
        let places = is_small.then(|| reached.iter().copied().zip(0u32..).collect());
        Self::within(graph, &[(entry, 0)], places)
    }

    fn within(graph: &'g Graph, entries: &[(NodeId, u8)], places: Option<HashMap<NodeId, u32>>) -> Self {
        let count = places.as_ref().map_or(graph.nodes(), HashMap::len);
        let mut keys = vec![UNREACHED; count];
        let mut entered_by = vec![NONE; count];
        let mut queue = Queue::new();
        let entries: Vec<(NodeId, Key)> = entries
            .iter()
            .map(|(entry, cost)| (*entry, Key::from(*cost) * PER_POINT))
            .collect();
        let mut open: Vec<(Key, NodeId, u32)> =
            entries.iter().map(|(entry, key)| (*key, *entry, NONE)).collect();
        loop {
            for (key, node, edge) in open.drain(..) {
                let Some(place) = place(places.as_ref(), node) else {
                    continue;
                };
                if keys.get(place).is_some_and(|known| key < *known) {
                    set(&mut keys, place, key);
                    set(&mut entered_by, place, edge);
                    queue.put(key, node);
                }
            }
            let Some((at, node)) = queue.take() else {
                break;
            };
            if place(places.as_ref(), node).and_then(|place| keys.get(place).copied()) != Some(at) {
                continue;
            }
            for edge in graph.outgoing(node) {
                if let Some(weight) = weight(&edge) {
                    open.push((at.saturating_add(weight), edge.to, edge.id.0));
                }
            }
        }
        let (starts, children) = children(graph, places.as_ref(), &entered_by);
        Self {
            graph,
            entries,
            places,
            keys,
            entered_by,
            starts,
            children,
        }
    }

    /// The key of the best way to each node of the graph, when the tree holds them all.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The edge by which the best way enters a node; `None` for entries and what is not reached.
    pub fn entered_by(&self, node: NodeId) -> Option<EdgeId> {
        let edge = self.entered_by.get(place(self.places.as_ref(), node)?).copied()?;
        (edge != NONE).then_some(EdgeId(edge))
    }

    /// The nodes whose best way changes when edges are taken away, with their new keys, in no particular order.
    ///
    /// `removed` must be sorted.
    pub fn without(&self, removed: &[EdgeId]) -> Vec<(NodeId, Key)> {
        let is_removed = |edge: EdgeId| removed.binary_search(&edge).is_ok();
        // What hangs on a removed edge.
        let mut cut: HashMap<NodeId, Key> = HashMap::new();
        let mut open: Vec<NodeId> = removed
            .iter()
            .filter_map(|edge| self.graph.edge(*edge))
            .filter(|edge| self.entered_by(edge.to) == Some(edge.id))
            .map(|edge| edge.to)
            .collect();
        while let Some(node) = open.pop() {
            if cut.insert(node, UNREACHED).is_none() {
                open.extend_from_slice(self.children(node));
            }
        }
        if cut.is_empty() {
            return Vec::new();
        }
        // The best ways into it from outside, and those that begin in it.
        let mut queue = Queue::new();
        let mut found: Vec<(NodeId, Key)> = Vec::new();
        for node in cut.keys() {
            let best = self
                .graph
                .incoming(*node)
                .filter(|edge| !cut.contains_key(&edge.from) && !is_removed(edge.id))
                .filter_map(|edge| {
                    let before = self.keys.get(place(self.places.as_ref(), edge.from)?).copied()?;
                    if before == UNREACHED {
                        return None;
                    }
                    Some(before.saturating_add(weight(&edge)?))
                })
                .min();
            found.extend(best.map(|key| (*node, key)));
        }
        found.extend(self.entries.iter().copied());
        for (node, key) in found {
            lower(&mut cut, &mut queue, node, key);
        }
        while let Some((at, node)) = queue.take() {
            if cut.get(&node).copied() != Some(at) {
                continue;
            }
            for edge in self.graph.outgoing(node) {
                if let Some(weight) = weight(&edge).filter(|_| !is_removed(edge.id)) {
                    lower(&mut cut, &mut queue, edge.to, at.saturating_add(weight));
                }
            }
        }
        cut.into_iter().collect()
    }

    fn children(&self, node: NodeId) -> &[NodeId] {
        let Some(at) = place(self.places.as_ref(), node) else {
            return &[];
        };
        let start = self.starts.get(at).copied().unwrap_or_default();
        let end = self.starts.get(at + 1).copied().unwrap_or(start);
        self.children
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }
}

/// Where a node stands; `None` for one that is not held.
fn place(places: Option<&HashMap<NodeId, u32>>, node: NodeId) -> Option<usize> {
    match places {
        Some(places) => places.get(&node).map(|place| *place as usize),
        None => Some(node.0 as usize),
    }
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(place) = list.get_mut(at) {
        *place = value;
    }
}

fn lower(cut: &mut HashMap<NodeId, Key>, queue: &mut Queue, node: NodeId, key: Key) {
    if let Some(known) = cut.get_mut(&node)
        && key < *known
    {
        *known = key;
        queue.put(key, node);
    }
}

fn children(
    graph: &Graph,
    places: Option<&HashMap<NodeId, u32>>,
    entered_by: &[u32],
) -> (Vec<u32>, Vec<NodeId>) {
    let entering: Vec<Option<(usize, NodeId)>> = entered_by
        .iter()
        .map(|edge| {
            let edge = graph.edge(EdgeId(*edge)).filter(|_| *edge != NONE)?;
            Some((place(places, edge.from)?, edge.to))
        })
        .collect();
    let mut starts = vec![0u32; entering.len() + 1];
    for (parent, _) in entering.iter().flatten() {
        if let Some(count) = starts.get_mut(parent + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut children = vec![NodeId(0); sum as usize];
    for (parent, node) in entering.iter().flatten() {
        if let Some(place) = next.get_mut(*parent) {
            set(&mut children, *place as usize, *node);
            *place += 1;
        }
    }
    (starts, children)
}
