//! `SecurityGraph`: the graph together with what its nodes are.

use plumb_model::account::Provider;
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::path::{EdgeKind, PathNode};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;

use crate::graph::{EdgeId, Graph, NodeId, Step};

/// What a node is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeInfo {
    /// Identity in the whole estate; `internet` and the like for what is outside; empty for a hidden node.
    pub uid: Text,
    /// For example `aws_s3_bucket`; `outside` for what is no resource; empty for a hidden node.
    pub resource_type: Text,
    /// What people call the type, for example `S3 bucket`.
    pub title: Text,
    /// The name people know it by; hostile text.
    pub name: Text,
    /// Position in [`SecurityGraph::accounts`]; `None` for what is outside or hidden.
    pub account: Option<u32>,
    /// Region, or `global`.
    pub region: Text,
    /// What it is in paths.
    pub kind: NodeKind,
    /// How sensitive what it holds is; only for what holds something.
    pub sensitivity: Option<Sensitivity>,
    /// What is to be said of it in a path, for example `PII`.
    pub label: Option<Text>,
    /// From where it can be reached.
    pub exposure: ExposureLevel,
}

/// The graph with what its nodes are.
#[derive(Debug, Default)]
pub struct SecurityGraph {
    /// Nodes and edges by position.
    pub graph: Graph,
    /// What each node is, by position.
    pub nodes: Vec<NodeInfo>,
    /// The accounts, sorted.
    pub accounts: Vec<(Provider, Text)>,
    /// Names of the plain relations, by the clause that a relation's step has under `how`.
    pub problems: Vec<Text>,
    by_uid: Vec<NodeId>,
}

/// An edge as people see it: classes and stand-ins between its ends are left out.
#[derive(Clone, Debug)]
pub struct VisibleEdge<'g> {
    /// Where it begins.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// What it is.
    pub step: &'g Step,
    /// The edge that carries it.
    pub edge: EdgeId,
}

impl SecurityGraph {
    /// Puts graph and nodes together; `nodes` has one entry for each node of the graph.
    pub fn new(
        graph: Graph,
        nodes: Vec<NodeInfo>,
        accounts: Vec<(Provider, Text)>,
        problems: Vec<Text>,
    ) -> Self {
        let mut by_uid: Vec<NodeId> = (0u32..)
            .zip(&nodes)
            .filter(|(_, info)| !info.uid.is_empty())
            .map(|(position, _)| NodeId(position))
            .collect();
        let uid = |node: &NodeId| nodes.get(node.0 as usize).map(|info| &info.uid);
        by_uid.sort_by(|a, b| uid(a).cmp(&uid(b)).then(a.cmp(b)));
        Self {
            graph,
            nodes,
            accounts,
            problems,
            by_uid,
        }
    }

    /// What a node is; nothing known for a foreign one.
    pub fn node(&self, node: NodeId) -> Option<&NodeInfo> {
        self.nodes.get(node.0 as usize)
    }

    /// All nodes that people see, in the order of their uids.
    pub fn visible_nodes(&self) -> &[NodeId] {
        &self.by_uid
    }

    /// The node with that uid.
    pub fn by_uid(&self, uid: &str) -> Option<NodeId> {
        let found = self
            .by_uid
            .binary_search_by(|node| self.node(*node).map_or("", |info| info.uid.as_str()).cmp(uid))
            .ok()?;
        self.by_uid.get(found).copied()
    }

    /// The nodes with that uid or, where there is none, that name.
    pub fn called(&self, text: &str) -> Vec<NodeId> {
        match self.by_uid(text) {
            Some(node) => vec![node],
            None => self
                .by_uid
                .iter()
                .copied()
                .filter(|node| self.node(*node).is_some_and(|info| info.name == text))
                .collect(),
        }
    }

    /// Whether people see the node.
    pub fn is_visible(&self, node: NodeId) -> bool {
        self.node(node).is_some_and(|info| !info.uid.is_empty())
    }

    /// The edges that begin at a visible node, as people see them, in order.
    pub fn outgoing(&self, node: NodeId) -> Vec<VisibleEdge<'_>> {
        let mut found = Vec::new();
        for edge in self.graph.outgoing(node) {
            if edge.step.kind == EdgeKind::In {
                for of_class in self.graph.outgoing(edge.to) {
                    self.ends(node, of_class.to, of_class.step, of_class.id, &mut found);
                }
            } else {
                self.ends(node, edge.to, edge.step, edge.id, &mut found);
            }
        }
        found
    }

    fn ends<'g>(
        &'g self,
        from: NodeId,
        to: NodeId,
        step: &'g Step,
        edge: EdgeId,
        found: &mut Vec<VisibleEdge<'g>>,
    ) {
        if self.is_visible(to) {
            found.push(VisibleEdge { from, to, step, edge });
            return;
        }
        for covered in self.graph.outgoing(to) {
            if covered.step.kind == EdgeKind::Covers && covered.to != from {
                found.push(VisibleEdge {
                    from,
                    to: covered.to,
                    step,
                    edge,
                });
            }
        }
    }

    /// A node as paths show it.
    pub fn path_node(&self, node: NodeId) -> PathNode {
        let Some(info) = self.node(node) else {
            return PathNode::default();
        };
        let account = info
            .account
            .and_then(|position| self.accounts.get(position as usize))
            .map(|(_, id)| id.clone())
            .unwrap_or_default();
        PathNode {
            uid: info.uid.clone(),
            resource_type: info.resource_type.clone(),
            title: info.title.clone(),
            name: info.name.clone(),
            account,
            label: info.label.clone(),
        }
    }
}
