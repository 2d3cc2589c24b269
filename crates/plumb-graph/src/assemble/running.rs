//! What code runs as: the identities whose permissions it has.

use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::value::Text;

use crate::assemble::{Assembly, Outcome};
use crate::fragment::{FragmentNode, ReferenceTo};
use crate::graph::NodeId;

/// The most that is followed between what runs and its identity: a group of instances, the template, the profile.
const MOST_BETWEEN: usize = 2;

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
            let own = withheld(resource);
            for (identity, through) in identities {
                let proofs = self.handed_over(resource, identity, &through);
                let between = through.iter().filter_map(|node| self.resource(*node));
                let outcome = between.fold(Outcome::certain(proofs).and(own.clone()), |all, (_, one)| {
                    all.and(withheld(one))
                });
                self.edge(node, identity, EdgeKind::RunsAs, None, &outcome, 0);
                if outcome.certainty == Certainty::Certain {
                    self.run_as.entry(identity).or_default().push((node, outcome));
                }
            }
        }
    }

    /// By what a resource has an identity: what it names, and what each of those names in turn.
    fn handed_over(&self, resource: &FragmentNode, identity: NodeId, through: &[NodeId]) -> Vec<Proof> {
        let named = |from: Text, attribute: &'static str, detail: String| Proof {
            resource: from,
            attribute: Text::new_static(attribute),
            detail: Text::from(detail),
        };
        let runs_as = |node: NodeId| format!("runs as {}", self.name_of(node));
        let Some((last, before)) = through.split_last() else {
            return vec![named(resource.uid.clone(), "runs_as", runs_as(identity))];
        };
        let uid_of = |node: NodeId| self.info(node).map(|info| info.uid.clone()).unwrap_or_default();
        let from = std::iter::once(resource.uid.clone()).chain(before.iter().map(|node| uid_of(*node)));
        let mut proofs: Vec<Proof> = from
            .zip(through)
            .map(|(from, to)| named(from, "runs_as", runs_as(*to)))
            .collect();
        proofs.push(named(
            uid_of(*last),
            "roles",
            format!("offers the role {}", self.name_of(identity)),
        ));
        proofs
    }

    pub(super) fn name_of(&self, node: NodeId) -> Text {
        self.info(node).map(|info| info.name.clone()).unwrap_or_default()
    }

    /// The identities a resource runs as, each with what is between: the profile that offers it, a template or definition.
    fn identities(&self, fragment: usize, resource: &FragmentNode) -> Vec<(NodeId, Vec<NodeId>)> {
        let mut found = Vec::new();
        self.gather_identities((fragment, resource), &mut Vec::new(), &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn gather_identities(
        &self,
        (fragment, resource): (usize, &FragmentNode),
        through: &mut Vec<NodeId>,
        found: &mut Vec<(NodeId, Vec<NodeId>)>,
    ) {
        for node in self.named_identities(fragment, resource) {
            let is_identity = self
                .info(node)
                .is_some_and(|info| info.kind == NodeKind::Identity);
            if is_identity {
                found.push((node, through.clone()));
            } else if through.len() < MOST_BETWEEN
                && let Some(next) = self.resource(node)
            {
                through.push(node);
                self.gather_identities(next, through, found);
                through.pop();
            }
        }
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
