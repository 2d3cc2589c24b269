//! What code runs as: the identities whose permissions it has.

use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::value::Text;

use crate::assemble::{Assembly, Outcome};
use crate::fragment::{FragmentNode, ReferenceTo};
use crate::graph::NodeId;

impl Assembly<'_> {
    /// Code has the permissions of the role that it runs as, directly or by way of an instance profile.
    pub(super) fn runs_as(&mut self) {
        for (_, node, resource) in self.resources() {
            for relation in resource
                .relations
                .iter()
                .filter(|relation| relation.label == "offered_by")
            {
                if let ReferenceTo::Elsewhere(text) = &relation.to {
                    self.offered_by.entry(text.clone()).or_default().push(node);
                }
            }
        }
        let found: Vec<_> = self
            .resources()
            .filter(|(_, node, _)| {
                self.info(*node)
                    .is_some_and(|info| info.kind == NodeKind::Workload)
            })
            .collect();
        for (fragment, node, resource) in found {
            let identities = self.identities(fragment, resource);
            if identities.is_empty() {
                for relation in resource
                    .relations
                    .iter()
                    .filter(|relation| relation.label == EdgeKind::RunsAs.name())
                {
                    match &relation.to {
                        ReferenceTo::Elsewhere(text) => self.problem(format!(
                            "{}: `{text}`, which it runs as, was not read",
                            resource.uid
                        )),
                        ReferenceTo::Unread(why) => {
                            self.problem(format!("{}: what it runs as was not read: {why}", resource.uid))
                        }
                        ReferenceTo::Node(_) => {}
                    }
                }
            }
            let withheld = withheld(resource);
            for (identity, through) in identities {
                let mut proofs = vec![Proof {
                    resource: resource.uid.clone(),
                    attribute: Text::new_static("runs_as"),
                    detail: Text::from(format!("runs as {}", self.name_of(through.unwrap_or(identity)))),
                }];
                if let Some(profile) = through {
                    proofs.push(Proof {
                        resource: self
                            .info(profile)
                            .map(|info| info.uid.clone())
                            .unwrap_or_default(),
                        attribute: Text::new_static("roles"),
                        detail: Text::from(format!("offers the role {}", self.name_of(identity))),
                    });
                }
                let outcome = Outcome::certain(proofs).and(withheld.clone());
                self.edge(node, identity, EdgeKind::RunsAs, None, &outcome, 0);
                if outcome.certainty == Certainty::Certain {
                    self.run_as.entry(identity).or_default().push((node, outcome));
                }
            }
        }
    }

    pub(super) fn name_of(&self, node: NodeId) -> Text {
        self.info(node).map(|info| info.name.clone()).unwrap_or_default()
    }

    /// The identities a resource runs as, each with the profile between, if there is one.
    fn identities(&self, fragment: usize, resource: &FragmentNode) -> Vec<(NodeId, Option<NodeId>)> {
        let mut found = Vec::new();
        for node in self.named_identities(fragment, resource) {
            let is_identity = self
                .info(node)
                .is_some_and(|info| info.kind == NodeKind::Identity);
            if is_identity {
                found.push((node, None));
            } else if let Some((fragment, profile)) = self.resource(node) {
                let behind = self.named_identities(fragment, profile);
                found.extend(behind.into_iter().map(|identity| (identity, Some(node))));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn named_identities(&self, fragment: usize, resource: &FragmentNode) -> Vec<NodeId> {
        let by_relation = resource
            .relations
            .iter()
            .filter(|relation| relation.label == EdgeKind::RunsAs.name())
            .flat_map(|relation| match self.reference(fragment, &relation.to) {
                Some(node) => vec![node],
                None => self.offered(&relation.to),
            });
        let by_attribute = resource.detail.iter().flat_map(|detail| &detail.runs_as);
        by_relation
            .chain(by_attribute.filter_map(|text| self.node_of(text)))
            .collect()
    }

    /// The identities that something which was not read offers, as they say themselves.
    fn offered(&self, to: &ReferenceTo) -> Vec<NodeId> {
        match to {
            ReferenceTo::Elsewhere(text) => self.offered_by.get(text).cloned().unwrap_or_default(),
            ReferenceTo::Node(_) | ReferenceTo::Unread(_) => Vec::new(),
        }
    }
}

/// What must change before the code of a resource has what it runs as.
fn withheld(resource: &FragmentNode) -> Outcome {
    let circumstances = resource.detail.iter().flat_map(|detail| &detail.withheld);
    circumstances.fold(Outcome::default(), |all, one| all.and(Outcome::hanging_on(one)))
}
