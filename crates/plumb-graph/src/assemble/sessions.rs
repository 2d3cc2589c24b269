//! Sessions: what runs in the network of a VPC endpoint holds its identity there, and needs no further way in.

use plumb_iam::principal::Principal;
use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;

use crate::assemble::assets::{Part, principal_node};
use crate::assemble::permission::Permissions;
use crate::assemble::question::{Asking, DIRECT, Question};
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
            title: Text::from(format!("{} within a network", identity.title)),
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

    /// Asks what everybody who is in the network of an endpoint may do without credentials, where the policy of a resource lets
    /// in whatever comes through it.
    pub(super) fn ask_within_networks(
        &mut self,
        assembly: &mut Assembly<'_>,
        whole: &Part,
        question: Question<'_>,
    ) {
        let Some(group) = self.groups.groups.get(whole.first) else {
            return;
        };
        let anybody = Principal::anonymous();
        let places = self.places(assembly, None, group);
        if !self.entries.matter || !places.are_looked_at() {
            return;
        }
        let asking = Asking::outsider(&anybody, &DIRECT);
        let through = self.through_endpoints(assembly, asking, None, (group, question), &places, None);
        for (endpoint, outcome) in through {
            let all = self.directory.endpoints().all();
            let node = all
                .get(endpoint)
                .and_then(|endpoint| assembly.node_of(&endpoint.uid));
            let users = self
                .entries
                .users
                .get(&endpoint)
                .filter(|users| !users.is_empty());
            let (Some(node), Some(users), Certainty::Certain) = (node, users, outcome.certainty) else {
                continue;
            };
            if self.entered.insert(endpoint) {
                for (workload, proofs) in users {
                    let how = Some(Text::new_static("tcp 443 open"));
                    let outcome = Outcome::certain(proofs.clone());
                    assembly.edge(*workload, node, EdgeKind::Reaches, how, &outcome, 0);
                }
            }
            if let Some(found) = self.groups.wide.get(whole.wide) {
                self.expose(assembly, &found.members, ExposureLevel::Internal);
            }
            let outcome = Outcome {
                from: Some(Text::new_static("without credentials")),
                ..outcome
            };
            self.connect_parts(
                assembly,
                node,
                vec![(whole.clone(), Some(outcome))],
                question,
                None,
            );
        }
    }

    /// The principals that a node stands for.
    pub(super) fn principals(&self, assembly: &Assembly<'_>, node: NodeId) -> Vec<NodeId> {
        if assembly.resource(node).is_some() {
            return vec![node];
        }
        let classes = self.classes.all.iter().filter(|class| class.node == Some(node));
        classes
            .flat_map(|class| class.members.iter())
            .filter_map(|member| principal_node(assembly, member))
            .collect()
    }
}
