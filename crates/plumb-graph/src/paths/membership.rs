//! What a member of a class loses by itself: a fact of a class is told of one member, and holds for each by the like of it.

use plumb_model::path::{EdgeKind, Proof};
use plumb_model::value::Text;

use crate::graph::{Edge, EdgeId, FactId, NodeId};
use crate::security::SecurityGraph;

/// The step from a member to the class whose permissions a step of a path rests on.
pub(super) struct Membership {
    member: NodeId,
    class: NodeId,
    /// The edge by which it is a member.
    pub(super) edge: EdgeId,
}

impl Membership {
    /// The membership by which a path goes on from `before`; `None` where it goes on as itself, or as the only member.
    pub(super) fn of(security: &SecurityGraph, before: NodeId, edge: EdgeId) -> Option<Self> {
        let class = security.graph.edge(edge)?.from;
        if class == before || security.is_visible(class) {
            return None;
        }
        let own = edge_into(security, before, class)?;
        let mut members = security.graph.incoming(class);
        let is_member = |edge: &Edge<'_>| edge.step.kind == EdgeKind::In;
        members.by_ref().find(is_member)?;
        members.find(is_member)?;
        Some(Self {
            member: before,
            class,
            edge: own,
        })
    }

    /// Whether a fact is one of a single member.
    pub(super) fn is_of_member(&self, security: &SecurityGraph, fact: FactId) -> bool {
        self.holder(security, fact).is_some()
    }

    /// The fact as it is of the member on the path.
    pub(super) fn told(&self, security: &SecurityGraph, fact: FactId) -> Proof {
        let proof = security.graph.fact(fact);
        let info = |node: NodeId| security.node(node);
        let another = self
            .holder(security, fact)
            .filter(|holder| *holder != self.member);
        match (another.and_then(info), info(self.member)) {
            (Some(holder), Some(member)) => Proof {
                resource: member.uid.clone(),
                attribute: Text::new_static("the like"),
                detail: Text::from(format!(
                    "as {} of {} {}",
                    proof.attribute, holder.name, proof.detail
                )),
            },
            (Some(_) | None, _) => proof,
        }
    }

    /// The member of which a fact is told.
    fn holder(&self, security: &SecurityGraph, fact: FactId) -> Option<NodeId> {
        let proof = security.graph.facts().get(fact.0 as usize)?;
        let holder = security.by_uid(&proof.resource)?;
        edge_into(security, holder, self.class).map(|_| holder)
    }
}

/// The edge by which a node is a member of a class.
fn edge_into(security: &SecurityGraph, member: NodeId, class: NodeId) -> Option<EdgeId> {
    let mut edges = security.graph.outgoing(member);
    edges
        .find(|edge| edge.step.kind == EdgeKind::In && edge.to == class)
        .map(|edge| edge.id)
}
