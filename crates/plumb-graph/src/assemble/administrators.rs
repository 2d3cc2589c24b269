//! Administrators: the nodes that stand for every permission of an account, or for what limits leave of it, and whom they reach on to.

use plumb_model::graph::NodeKind;
use plumb_model::path::EdgeKind;
use plumb_model::value::Text;

use crate::assemble::{ADMINISTRATOR, Assembly, LIMITED_ADMINISTRATOR, Outcome};
use crate::graph::{NodeId, Target};
use crate::security::NodeInfo;

impl Assembly<'_> {
    /// The node that stands for every permission of an account.
    pub(crate) fn administrator(&mut self, fragment: usize) -> NodeId {
        if let Some(known) = self.administrators.get(&fragment) {
            return *known;
        }
        let (id, label) = self
            .fragments
            .get(fragment)
            .map(|found| (found.account.id.clone(), Text::from(found.account.label())))
            .unwrap_or_default();
        let node = self.add(NodeInfo {
            uid: Text::from(format!("administrator:{id}")),
            resource_type: Text::new_static(ADMINISTRATOR),
            title: Text::new_static("Administrator"),
            name: label.clone(),
            account: u32::try_from(fragment).ok(),
            kind: NodeKind::Identity,
            ..NodeInfo::default()
        });
        let value = self.knowledge.weights.target("administrator");
        let why = Text::from(format!("has every permission of account {label}"));
        self.builder.target(node, Target { value, why });
        self.administrators.insert(fragment, node);
        node
    }

    /// The node that stands for every permission that a limit leaves, under the ARN of the principal that stands for it.
    pub(crate) fn limited_administrator(
        &mut self,
        fragment: usize,
        boundary: Option<&Text>,
        arn: &Text,
    ) -> NodeId {
        let (id, label) = self
            .fragments
            .get(fragment)
            .map(|found| (found.account.id.clone(), Text::from(found.account.label())))
            .unwrap_or_default();
        let uid = match boundary {
            Some(boundary) => format!("administrator:{id}:within:{boundary}"),
            None => format!("administrator:{id}:limited"),
        };
        let node = self.add(NodeInfo {
            uid: Text::from(uid),
            resource_type: Text::new_static(LIMITED_ADMINISTRATOR),
            title: Text::new_static("Limited administrator"),
            name: label,
            account: u32::try_from(fragment).ok(),
            kind: NodeKind::Identity,
            ..NodeInfo::default()
        });
        self.by_uid.insert(arn.clone(), node);
        node
    }

    /// The node that stands for every permission of an account, where somebody leads to it.
    pub(crate) fn administrator_of(&self, fragment: usize) -> Option<NodeId> {
        self.administrators.get(&fragment).copied()
    }

    /// Principals of an account that lead elsewhere are within reach of who administers it.
    pub(super) fn administrators_reach_on(&mut self) {
        for (fragment, principals) in std::mem::take(&mut self.bridges) {
            let Some(administrator) = self.administrators.get(&fragment).copied() else {
                continue;
            };
            for principal in principals {
                let how = Some(Text::new_static("as an administrator of its account"));
                self.edge(
                    administrator,
                    principal,
                    EdgeKind::CanEscalateTo,
                    how,
                    &Outcome::default(),
                    0,
                );
            }
        }
    }

    /// Notes that a principal leads into another account.
    pub(crate) fn bridge(&mut self, fragment: usize, principal: NodeId) {
        self.bridges.entry(fragment).or_default().insert(principal);
    }
}
