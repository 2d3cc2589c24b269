//! Sessions: what runs in the network of a VPC endpoint holds its identity there, and needs no further way in.

use plumb_model::graph::NodeKind;
use plumb_model::path::EdgeKind;
use plumb_model::value::Text;

use crate::assemble::assets::principal_node;
use crate::assemble::permission::Permissions;
use crate::assemble::{Assembly, Outcome, SESSION};
use crate::graph::NodeId;
use crate::security::NodeInfo;

impl Permissions<'_, '_> {
    /// The node from which whoever runs as a principal, or as one of a class, within the network of an endpoint goes on; `None`
    /// where nothing does.
    pub(super) fn session(
        &mut self,
        assembly: &mut Assembly<'_>,
        from: NodeId,
        endpoint: usize,
    ) -> Option<NodeId> {
        if let Some(known) = self.sessions.get(&(from, endpoint)) {
            return *known;
        }
        let own: Vec<NodeId> = self
            .principals(assembly, from)
            .into_iter()
            .filter_map(|principal| self.session_of(assembly, principal, endpoint))
            .collect();
        let session = match own.as_slice() {
            [] => None,
            [only] => Some(*only),
            several => {
                let class = assembly.hidden();
                for session in several {
                    assembly.join(*session, class);
                }
                Some(class)
            }
        };
        self.sessions.insert((from, endpoint), session);
        session
    }

    /// The session of one principal, with the steps that lead to it.
    fn session_of(
        &mut self,
        assembly: &mut Assembly<'_>,
        principal: NodeId,
        endpoint: usize,
    ) -> Option<NodeId> {
        let users = self.entries.users.get(&endpoint)?;
        let id = &self.directory.endpoints().all().get(endpoint)?.id;
        let running = assembly.run_as.get(&principal)?;
        let within: Vec<(NodeId, Outcome)> = running
            .iter()
            .filter_map(|(workload, outcome)| {
                let at = users.binary_search_by_key(workload, |(user, _)| *user).ok()?;
                let (_, proofs) = users.get(at)?;
                Some((*workload, outcome.clone().and(Outcome::certain(proofs.clone()))))
            })
            .collect();
        if within.is_empty() {
            return None;
        }
        let identity = assembly.info(principal)?.clone();
        let uid = Text::from(format!("{SESSION}:{}:{id}", identity.uid));
        if let Some(known) = assembly.node_of(&uid) {
            return Some(known);
        }
        let session = assembly.add(NodeInfo {
            uid,
            resource_type: Text::new_static(SESSION),
            title: Text::new_static("Session within a network"),
            kind: NodeKind::Identity,
            sensitivity: None,
            label: None,
            ..identity
        });
        for (workload, outcome) in within {
            let how = Text::from(format!("within reach of {id}"));
            assembly.edge(workload, session, EdgeKind::RunsAs, Some(how), &outcome, 0);
        }
        Some(session)
    }

    /// The principals that a node stands for.
    pub(super) fn principals(&self, assembly: &Assembly<'_>, node: NodeId) -> Vec<NodeId> {
        if assembly.resource(node).is_some() {
            return vec![node];
        }
        let classes = self.classes.all.iter().filter(|class| class.node == Some(node));
        classes
            .flat_map(|class| &class.members)
            .filter_map(|member| principal_node(assembly, member))
            .collect()
    }
}
