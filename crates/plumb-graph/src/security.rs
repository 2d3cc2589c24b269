//! `SecurityGraph`: the graph together with what its nodes are.

use std::collections::HashMap;

use plumb_model::account::Provider;
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::path::{EdgeKind, PathNode};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;

use crate::graph::{Edge, EdgeId, Graph, NodeId, Step};

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
    of_uid: HashMap<Text, NodeId>,
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
        // Of two nodes with one uid the first one is meant by it.
        let mut of_uid = HashMap::with_capacity(by_uid.len());
        for node in &by_uid {
            if let Some(uid) = uid(node) {
                of_uid.entry(uid.clone()).or_insert(*node);
            }
        }
        Self {
            graph,
            nodes,
            accounts,
            problems,
            by_uid,
            of_uid,
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
        self.of_uid.get(uid).copied()
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
        self.outgoing_along(node, |_| true).collect()
    }

    /// Those edges of [`SecurityGraph::outgoing`] whose step is wanted, made as they are asked for: a class of many that leads
    /// to many has as many as the product.
    pub fn outgoing_along<'g>(
        &'g self,
        node: NodeId,
        is_wanted: impl Fn(&Step) -> bool + 'g,
    ) -> impl Iterator<Item = VisibleEdge<'g>> {
        self.graph
            .outgoing(node)
            .flat_map(move |edge| {
                let is_member = edge.step.kind == EdgeKind::In;
                let of_class = is_member.then(|| self.graph.outgoing(edge.to));
                of_class.into_iter().flatten().chain((!is_member).then_some(edge))
            })
            .filter(move |edge| is_wanted(edge.step))
            .flat_map(move |edge| self.ends(node, edge))
    }

    /// The edges that end at a visible node, as people see them: those of [`SecurityGraph::outgoing`], from the other side.
    pub fn incoming(&self, node: NodeId) -> Vec<VisibleEdge<'_>> {
        self.incoming_along(node, |_| true).collect()
    }

    /// Those edges of [`SecurityGraph::incoming`] whose step is wanted, made as they are asked for.
    pub fn incoming_along<'g>(
        &'g self,
        node: NodeId,
        is_wanted: impl Fn(&Step) -> bool + 'g,
    ) -> impl Iterator<Item = VisibleEdge<'g>> {
        let direct = self.graph.incoming(node);
        let stand_ins = self
            .graph
            .incoming(node)
            .filter(|edge| edge.step.kind == EdgeKind::Covers && !self.is_visible(edge.from))
            .flat_map(|covers| self.graph.incoming(covers.from));
        direct
            .map(|edge| (edge, None))
            .chain(stand_ins.map(move |edge| (edge, Some(node))))
            .filter(move |(edge, _)| is_wanted(edge.step))
            .flat_map(move |(edge, other_than)| {
                self.begins(edge)
                    .filter(move |from| Some(*from) != other_than)
                    .map(move |from| VisibleEdge {
                        from,
                        to: node,
                        step: edge.step,
                        edge: edge.id,
                    })
            })
    }

    /// The visible nodes from which an edge goes: its own beginning, or the members of the class that it belongs to.
    fn begins<'g>(&'g self, edge: Edge<'g>) -> impl Iterator<Item = NodeId> + 'g {
        let direct = edge.step.kind != EdgeKind::In && self.is_visible(edge.from);
        let members = self
            .graph
            .incoming(edge.from)
            .filter(|member| member.step.kind == EdgeKind::In && self.is_visible(member.from))
            .map(|member| member.from);
        direct.then_some(edge.from).into_iter().chain(members)
    }

    /// Where an edge from `from` ends: at its visible end, or at everything that its end stands for.
    fn ends<'g>(&'g self, from: NodeId, edge: Edge<'g>) -> impl Iterator<Item = VisibleEdge<'g>> {
        let is_visible = self.is_visible(edge.to);
        let covered = (!is_visible).then(|| {
            self.graph
                .outgoing(edge.to)
                .filter(move |covers| covers.step.kind == EdgeKind::Covers && covers.to != from)
                .map(|covers| covers.to)
        });
        is_visible
            .then_some(edge.to)
            .into_iter()
            .chain(covered.into_iter().flatten())
            .map(move |to| VisibleEdge {
                from,
                to,
                step: edge.step,
                edge: edge.id,
            })
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
