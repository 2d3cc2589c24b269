//! `Item`: a value while a query runs, in which nodes and relationships keep their identity.

use std::cmp::Ordering;
use std::rc::Rc;

use plumb_model::value::{Map, Text, Value};

use super::property::{HopProperty, NodeProperty, labels};
use crate::graph::{EdgeId, NodeId};
use crate::security::SecurityGraph;

/// A relationship: an edge as people see it.
///
/// The edge alone does not tell it, because one that begins at a class stands for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hop {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) edge: EdgeId,
}

impl Hop {
    /// The end that is not `end`.
    pub(crate) fn other_end(self, end: NodeId) -> NodeId {
        if self.from == end { self.to } else { self.from }
    }
}

/// Nodes and the relationships between them, in order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path {
    pub(crate) nodes: Vec<NodeId>,
    pub(crate) hops: Vec<Hop>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Null,
    Bool(bool),
    Int(i64),
    Text(Text),
    List(Rc<[Item]>),
    Node(NodeId),
    Hop(Hop),
    Path(Rc<Path>),
}

impl Item {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// Text, or null where it is empty: the graph has no empty names, only missing ones.
    pub(crate) fn text_or_null(text: &Text) -> Self {
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text.clone())
        }
    }

    pub(crate) fn list(items: Vec<Item>) -> Self {
        Self::List(items.into())
    }

    pub(crate) fn count(count: usize) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// How many values it is when it is written out.
    pub(crate) fn weight(&self) -> u64 {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Text(_) => 1,
            Self::List(items) => 1 + items.iter().map(Self::weight).sum::<u64>(),
            Self::Node(_) => 10,
            Self::Hop(_) => 8,
            Self::Path(path) => 2 + 10 * path.nodes.len() as u64 + 8 * path.hops.len() as u64,
        }
    }

    /// The value as the result has it: nodes, relationships and paths become maps.
    pub(crate) fn value(&self, graph: &SecurityGraph) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Int(int) => Value::Int(*int),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(items) => Value::List(items.iter().map(|item| item.value(graph)).collect()),
            Self::Node(node) => node_value(graph, *node),
            Self::Hop(hop) => hop_value(graph, *hop),
            Self::Path(path) => {
                let nodes = path.nodes.iter().map(|node| node_value(graph, *node)).collect();
                let hops = path.hops.iter().map(|hop| hop_value(graph, *hop)).collect();
                let mut map = Map::new();
                map.insert("nodes", Value::List(nodes));
                map.insert("relationships", Value::List(hops));
                Value::Map(map)
            }
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Node(_) => 0,
            Self::Hop(_) => 1,
            Self::List(_) => 2,
            Self::Path(_) => 3,
            Self::Text(_) => 4,
            Self::Bool(_) => 5,
            Self::Int(_) => 6,
            Self::Null => 7,
        }
    }
}

fn node_value(graph: &SecurityGraph, node: NodeId) -> Value {
    let property = |property: NodeProperty| (property.name().into(), property.of(graph, node).value(graph));
    Value::Map(NodeProperty::ALL.into_iter().map(property).collect())
}

fn hop_value(graph: &SecurityGraph, hop: Hop) -> Value {
    let property = |property: HopProperty| (property.name().into(), property.of(graph, hop).value(graph));
    let mut map: Map = HopProperty::ALL.into_iter().map(property).collect();
    for (key, end) in [("from", hop.from), ("to", hop.to)] {
        map.insert(key, NodeProperty::Uid.of(graph, end).value(graph));
    }
    Value::Map(map)
}

/// The labels of a node as a list.
pub(crate) fn label_list(graph: &SecurityGraph, node: NodeId) -> Item {
    Item::list(
        labels(graph, node)
            .iter()
            .map(|label| Item::text(label))
            .collect(),
    )
}

/// The order of `ORDER BY`: values of one sort together, null after all others.
impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => a.cmp(b),
            (Self::Node(a), Self::Node(b)) => a.cmp(b),
            (Self::Hop(a), Self::Hop(b)) => a.cmp(b),
            (Self::Path(a), Self::Path(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
