//! `Index`: where queries begin to look.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use plumb_model::graph::NodeKind;
use plumb_model::path::EdgeKind;
use plumb_model::value::Text;

use super::item::Item;
use super::property::NodeProperty;
use crate::graph::NodeId;
use crate::security::SecurityGraph;

/// A graph with its nodes by their properties and labels, each looked up when the first query asks for it.
#[derive(Debug)]
pub struct Index<'g> {
    graph: &'g SecurityGraph,
    /// Fingerprints of texts, sorted, in the order of [`NodeProperty::ALL`].
    texts: [OnceLock<Vec<(u64, NodeId)>>; NodeProperty::ALL.len()],
    labels: OnceLock<Labels>,
    relations: OnceLock<BTreeSet<Text>>,
}

#[derive(Debug, Default)]
struct Labels {
    types: BTreeMap<Text, Vec<NodeId>>,
    kinds: BTreeMap<NodeKind, Vec<NodeId>>,
}

/// What a label means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Label {
    Kind(NodeKind),
    Type(Text),
}

impl<'g> Index<'g> {
    /// Prepares a graph; costs nothing until it is asked.
    pub fn new(graph: &'g SecurityGraph) -> Self {
        Self {
            graph,
            texts: std::array::from_fn(|_| OnceLock::new()),
            labels: OnceLock::new(),
            relations: OnceLock::new(),
        }
    }

    pub(crate) fn graph(&self) -> &'g SecurityGraph {
        self.graph
    }

    /// The visible nodes of which a property is that text, in the order of their uids.
    pub(crate) fn with(&self, property: NodeProperty, text: &str) -> Vec<NodeId> {
        let position = NodeProperty::ALL.iter().position(|known| *known == property);
        let Some(texts) = position.and_then(|position| self.texts.get(position)) else {
            return Vec::new();
        };
        let texts = texts.get_or_init(|| {
            let mut texts: Vec<(u64, NodeId)> = Vec::with_capacity(self.graph.visible_nodes().len());
            for node in self.graph.visible_nodes() {
                if let Item::Text(text) = property.of(self.graph, *node) {
                    texts.push((fingerprint(&text), *node));
                }
            }
            texts.sort_by_key(|(fingerprint, _)| *fingerprint);
            texts
        });
        let wanted = fingerprint(text);
        let first = texts.partition_point(|(fingerprint, _)| *fingerprint < wanted);
        let is_meant =
            |node: &NodeId| matches!(property.of(self.graph, *node), Item::Text(own) if own == text);
        texts
            .iter()
            .skip(first)
            .take_while(|(fingerprint, _)| *fingerprint == wanted)
            .map(|(_, node)| *node)
            .filter(is_meant)
            .collect()
    }

    /// The visible nodes with that label, in the order of their uids.
    pub(crate) fn labelled(&self, label: &Label) -> &[NodeId] {
        let labels = self.labels();
        match label {
            Label::Kind(kind) => labels.kinds.get(kind),
            Label::Type(name) => labels.types.get(name),
        }
        .map_or(&[], Vec::as_slice)
    }

    /// The types of the graph.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Text> {
        self.labels().types.keys()
    }

    /// The names of the plain relations of the graph.
    pub(crate) fn relations(&self) -> &BTreeSet<Text> {
        self.relations.get_or_init(|| {
            self.graph
                .graph
                .steps()
                .iter()
                .filter(|step| step.kind == EdgeKind::Relation)
                .filter_map(|step| step.how.clone())
                .collect()
        })
    }

    fn labels(&self) -> &Labels {
        self.labels.get_or_init(|| {
            let mut labels = Labels::default();
            for node in self.graph.visible_nodes() {
                let Some(info) = self.graph.node(*node) else {
                    continue;
                };
                labels.kinds.entry(info.kind).or_default().push(*node);
                match labels.types.get_mut(&info.resource_type) {
                    Some(nodes) => nodes.push(*node),
                    None => {
                        labels.types.insert(info.resource_type.clone(), vec![*node]);
                    }
                }
            }
            labels
        })
    }
}

/// FNV-1a: the same on every machine. Names made to collide only cost the time to compare them.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
