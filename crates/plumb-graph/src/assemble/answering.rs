//! Answers about permissions: a question about one resource, from all policies that take part.

use plumb_iam::answer::Answer;
use plumb_iam::assume::Assumption;
use plumb_iam::directory::Asset;
use plumb_iam::glob::cells::Coverage;
use plumb_iam::glob::{Glob, Style};
use plumb_iam::policy::PrincipalPolicies;
use plumb_iam::request::{Extent, Request};
use plumb_iam::witness::{Naming, Witnesses, witnesses};
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::value::Text;
use plumb_pack::graph_role::{Grant, Needs};

use crate::assemble::assets::{AssetGroup, GroupKey, asset};
use crate::assemble::permission::{MAX_QUESTIONS, Permissions, resource};
use crate::assemble::question::{Asking, Question, questions};
use crate::assemble::{Assembly, Outcome};
use crate::fragment::Detail;

/// Why an access may be one.
const TOO_MANY_NAMES: &str =
    "policies tell too many names apart to say whether there is one that they permit";

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
            Question::Access(..) => {
                let behind = self.behind(assembly, asking, (group.fragment, resource), question)?;
                let outcome = self.permitted(assembly, asking, group, question)?.and(behind);
                self.with_key(assembly, asking, class, group, (question, outcome))
            }
        }
    }

    /// What the policies say of a question about access, the key apart.
    pub(super) fn permitted(
        &self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        group: &AssetGroup,
        question: Question<'_>,
    ) -> Option<Outcome> {
        let Question::Access(position, access) = question else {
            return None;
        };
        let detail = resource(assembly, group)?.detail.as_deref();
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
        for once in &resolved.once {
            outcome = match once.certainty {
                Certainty::Certain | Certainty::Conditional => outcome.on_condition(once.clause.clone()),
                Certainty::Possible => outcome.and(Outcome::possible(once.clause.clone())),
            };
        }
        Some(outcome)
    }

    /// The same where the key of the content admits it, and the account.
    pub(super) fn with_key(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        class: Option<usize>,
        group: &AssetGroup,
        (question, mut outcome): (Question<'_>, Outcome),
    ) -> Option<Outcome> {
        let Question::Access(position, access) = question else {
            return Some(outcome);
        };
        let detail = resource(assembly, group)?.detail.as_deref();
        let resolved = detail?
            .access
            .iter()
            .find(|resolved| resolved.access == position)?;
        if !asking.is_of(assembly, group) {
            match &resolved.home {
                Some(home) if home.certainty == Certainty::Certain => return None,
                Some(home) => outcome = outcome.and(Outcome::possible(home.clause.clone())),
                None => {}
            }
        }
        match (&access.decrypt, &group.key) {
            (None, _) | (Some(_), GroupKey::None) => Some(outcome),
            (Some(_), GroupKey::Own(key)) => Some(outcome.and(self.decrypt(assembly, asking, class, *key)?)),
            (Some(_), GroupKey::Managed) => asking.is_of(assembly, group).then_some(outcome),
            (Some(_), GroupKey::Unread(why)) => Some(outcome.and(Outcome::possible(why.clone()))),
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
        let mut asset = asset(assembly, self.directory, group.fragment, detail, on);
        if !on.contains('*') {
            return self.granted(asking, grant, &asset);
        }
        // Most policies do not tell names apart, so that the first one does.
        asset.target.arn = Text::from(on.replace('*', "x"));
        let mut best = self.granted(asking, grant, &asset);
        if is_certain(best.as_ref()) {
            return best;
        }
        let found = self.names(asking, grant, on, &asset);
        for name in found.names {
            asset.target.arn = name;
            best = Outcome::or(best, self.granted(asking, grant, &asset));
            if is_certain(best.as_ref()) {
                return best;
            }
        }
        match (best, found.coverage) {
            (None, Coverage::Some) => {
                asset.target.arn = Text::from(on);
                asset.target.extent = Extent::SomeOf(Glob::new(on, Style::Resource));
                self.granted(asking, grant, &asset)
                    .map(|_| Outcome::possible(Text::new_static(TOO_MANY_NAMES)))
            }
            (best, Coverage::All | Coverage::Some) => best,
        }
    }

    /// Whether actions on one resource are permitted, all or any of them.
    fn granted(&self, asking: Asking<'_>, grant: &Grant, asset: &Asset) -> Option<Outcome> {
        let mut answers = grant
            .actions
            .iter()
            .map(|action| self.answer(asking, action, asset));
        match grant.needs {
            Needs::Any => answers.fold(None, Outcome::or),
            Needs::All => answers.try_fold(Outcome::default(), |all, one| Some(all.and(one?))),
        }
    }

    /// Names that policies may treat differently, for an ARN with a wildcard.
    fn names(&self, asking: Asking<'_>, grant: &Grant, on: &str, asset: &Asset) -> Witnesses {
        let requests: Vec<Request<'_>> = grant
            .actions
            .iter()
            .map(|action| Request {
                principal: asking.principal(),
                action,
                target: &asset.target,
                context: asking.context(),
            })
            .collect();
        let nobody = PrincipalPolicies::default();
        let own = asking.policies().unwrap_or(&nobody);
        witnesses(on, Naming::Free, &requests, own, &asset.policies)
    }

    pub(super) fn answer(&self, asking: Asking<'_>, action: &str, asset: &Asset) -> Option<Outcome> {
        Outcome::of(&match asking {
            Asking::Member(member, context) => self.directory.can(member, action, asset, context),
            Asking::Outsider(principal, context) => {
                self.directory.can_outsider(principal, action, asset, context)
            }
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
        let type_id = self.groups.wide.get(group.wide)?.type_id;
        // The first way to read by a key is decryption; the others are of use to whoever has the encrypted content already.
        let decryption = questions(assembly, type_id)
            .into_iter()
            .find(|question| question.kind() == EdgeKind::CanRead);
        let best = decryption.and_then(|question| self.ask(assembly, asking, None, group, question));
        if let Some(class) = class {
            self.decryption.insert((class, key), best.clone());
        }
        best
    }
}

fn is_certain(outcome: Option<&Outcome>) -> bool {
    outcome.is_some_and(|outcome| outcome.certainty == Certainty::Certain)
}
