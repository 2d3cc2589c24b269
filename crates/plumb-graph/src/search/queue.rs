//! `Queue`: nodes by the keys of their ways, taken in the order of these.

use std::collections::BTreeMap;

use super::{Key, MOST_POINTS, PER_POINT};
use crate::graph::NodeId;

/// Keys below this are of ways that have risk left, which most have.
const NEAR: Key = MOST_POINTS as Key * PER_POINT;

/// Nodes to look at. A node that is put must not have a smaller key than the one taken last.
pub(crate) struct Queue {
    near: Vec<Vec<NodeId>>,
    far: BTreeMap<Key, Vec<NodeId>>,
    at: Key,
}

impl Queue {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        Self {
            near: vec![Vec::new(); NEAR as usize],
            far: BTreeMap::new(),
            at: 0,
        }
    }

    /// Adds a node.
    pub(crate) fn put(&mut self, key: Key, node: NodeId) {
        match self.near.get_mut(key as usize) {
            Some(bucket) => bucket.push(node),
            None => self.far.entry(key).or_default().push(node),
        }
    }

    /// Takes a node with the smallest key. When nothing is left, the queue can be used again.
    pub(crate) fn take(&mut self) -> Option<(Key, NodeId)> {
        while let Some(bucket) = self.near.get_mut(self.at as usize) {
            if let Some(node) = bucket.pop() {
                return Some((self.at, node));
            }
            self.at += 1;
        }
        while let Some(mut bucket) = self.far.first_entry() {
            let key = *bucket.key();
            if let Some(node) = bucket.get_mut().pop() {
                return Some((key, node));
            }
            bucket.remove();
        }
        self.at = 0;
        None
    }
}
