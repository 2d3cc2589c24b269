//! Answers about permissions: a question about one resource, from all policies that take part.

use plumb_iam::answer::Answer;
use plumb_iam::assume::Assumption;
use plumb_iam::directory::Asset;
use plumb_iam::keys::Context;
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::value::Text;
use plumb_pack::graph_role::{Grant, Needs};

use crate::assemble::assets::{AssetGroup, asset};
use crate::assemble::permission::{MAX_QUESTIONS, Permissions, resource};
use crate::assemble::question::{Asking, Question, names, questions};
use crate::assemble::{Assembly, Outcome};
use crate::fragment::{Detail, FragmentNode, ReferenceTo};

impl Permissions<'_, '_> {
    /// The answer to a question about the first member of a group.
    pub(super) fn ask(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        class: Option<usize>,
        group: &AssetGroup,
        question: Question<'_>,
    ) -> Option<Outcome> {
        if self.asked >= MAX_QUESTIONS {
            return None;
        }
        self.asked += 1;
        let resource = resource(assembly, group)?;
        let detail = resource.detail.as_deref();
        match question {
            Question::Assume => {
                let asset = asset(assembly, self.directory, group.fragment, detail, &resource.uid);
                self.answer(asking, Assumption::Role.action(), &asset)
            }
            Question::Access(position, access) => {
                let resolved = detail?
                    .access
                    .iter()
                    .find(|resolved| resolved.access == position)?;
                let mut outcome = Outcome {
                    certainty: resolved.certainty,
                    ..Outcome::default()
                };
                for (grant, on) in access.grants.iter().zip(&resolved.on) {
                    outcome = outcome.and(self.grant(assembly, asking, group, detail, grant, on)?);
                }
                match (&access.decrypt, group.key) {
                    (Some(_), Some(key)) => Some(outcome.and(self.decrypt(assembly, asking, class, key)?)),
                    (Some(label), None) => {
                        Some(match unread_key(assembly, group.fragment, resource, label) {
                            Some(why) => outcome.and(Outcome::possible(why)),
                            None => outcome,
                        })
                    }
                    (None, _) => Some(outcome),
                }
            }
        }
    }

    fn grant(
        &self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        group: &AssetGroup,
        detail: Option<&Detail>,
        grant: &Grant,
        on: &str,
    ) -> Option<Outcome> {
        let arns = names(on, asking, grant);
        let mut best = None;
        for arn in &arns {
            let asset = asset(assembly, self.directory, group.fragment, detail, arn);
            let mut answers = grant
                .actions
                .iter()
                .map(|action| self.answer(asking, action, &asset));
            let outcome = match grant.needs {
                Needs::Any => answers.fold(None, Outcome::or),
                Needs::All => answers.try_fold(Outcome::default(), |all, one| Some(all.and(one?))),
            };
            best = Outcome::or(best, outcome);
            if best
                .as_ref()
                .is_some_and(|best| best.certainty == Certainty::Certain)
            {
                break;
            }
        }
        best
    }

    pub(super) fn answer(&self, asking: Asking<'_>, action: &str, asset: &Asset) -> Option<Outcome> {
        let context = Context::over_tls();
        Outcome::of(&match asking {
            Asking::Member(member) => self.directory.can(member, action, asset, &context),
            Asking::Outsider(principal) => self.directory.can_outsider(principal, action, asset, &context),
            // Nobody else decides what a service or an identity of the cloud's own may do.
            Asking::Front(principal, context) => Answer {
                caveats: Vec::new(),
                ..self.directory.can_outsider(principal, action, asset, context)
            },
        })
    }

    /// Whether the key of a resource admits its content being read.
    pub(super) fn decrypt(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        class: Option<usize>,
        key: usize,
    ) -> Option<Outcome> {
        if let Some(known) = class.and_then(|class| self.decryption.get(&(class, key))) {
            return known.clone();
        }
        let group = self.groups.groups.get(key)?;
        // The cloud's own keys have no policy to read; they serve whoever the service serves.
        let has_policy = resource(assembly, group)
            .and_then(|resource| resource.detail.as_deref())
            .is_some_and(|detail| detail.policy.is_some());
        if !has_policy {
            return Some(Outcome::default());
        }
        let mut best = None;
        let type_id = self.groups.wide.get(group.wide)?.type_id;
        for question in questions(assembly, type_id) {
            if question.kind() == EdgeKind::CanRead {
                best = Outcome::or(best, self.ask(assembly, asking, None, group, question));
            }
        }
        if let Some(class) = class {
            self.decryption.insert((class, key), best.clone());
        }
        best
    }
}

/// Why the key of a resource is not known, when it has one of its own.
fn unread_key(
    assembly: &Assembly<'_>,
    fragment: usize,
    resource: &FragmentNode,
    label: &str,
) -> Option<Text> {
    let relations = resource
        .relations
        .iter()
        .filter(|relation| relation.label == label);
    relations
        .filter(|relation| assembly.reference(fragment, &relation.to).is_none())
        .find_map(|relation| match &relation.to {
            ReferenceTo::Unread(why) => {
                Some(Text::from(format!("which key encrypts it was not read: {why}")))
            }
            // The cloud's own keys serve whoever the service serves.
            ReferenceTo::Elsewhere(key) if key.contains("alias/aws/") => None,
            ReferenceTo::Elsewhere(key) => Some(Text::from(format!("the key `{key}` was not read"))),
            ReferenceTo::Node(_) => None,
        })
}
