//! Answers about permissions: a question about one resource, from all policies that take part.

use plumb_iam::answer::Answer;
use plumb_iam::assume::Assumption;
use plumb_iam::directory::Asset;
use plumb_iam::glob::cells::Coverage;
use plumb_iam::glob::{Glob, Style};
use plumb_iam::request::{Extent, Request};
use plumb_iam::vantage;
use plumb_iam::witness::{Naming, Witnesses, witnesses};
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::value::Text;
use plumb_pack::graph_role::{Grant, Needs};

use crate::assemble::assets::{AssetGroup, GroupKey, asset, principal_node};
use crate::assemble::behind;
use crate::assemble::permission::{MAX_QUESTIONS, Permissions, resource};
use crate::assemble::question::{Asker, Asking, DIRECT, Question, questions};
use crate::assemble::{Assembly, Outcome};
use crate::fragment::FragmentNode;

/// Why an access may be one.
pub(super) const TOO_MANY_NAMES: &str =
    "policies tell too many names apart to say whether there is one that they permit";

impl Permissions<'_, '_> {
    /// The answer to a question about the first member of a group, for requests that come as `asking` says.
    pub(super) fn ask_by(
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
        self.asked += asking.work();
        let resource = resource(assembly, group)?;
        match question {
            Question::Assume => {
                let asset = asset(assembly, self.directory, group.fragment, resource, &resource.uid);
                self.answer(assembly, asking, Assumption::Role.action(), &asset)
            }
            Question::Access(..) => {
                let outcome = match behind::names(assembly, group.fragment, resource, question) {
                    Some(way) => self.by_one_name(assembly, asking, group, question, way)?,
                    None => {
                        let behind = self.behind(assembly, (group.fragment, resource), question)?;
                        self.permitted(assembly, asking, group, question, None)?
                            .and(behind)
                    }
                };
                self.with_key(assembly, asking, class, group, (question, outcome))
            }
        }
    }

    /// What the policies say of a question about access, the key apart; of one name where that is given.
    pub(super) fn permitted(
        &self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        group: &AssetGroup,
        question: Question<'_>,
        name: Option<&str>,
    ) -> Option<Outcome> {
        let Question::Access(position, access) = question else {
            return None;
        };
        let resource = resource(assembly, group)?;
        let resolved = resource
            .detail
            .as_deref()?
            .access
            .iter()
            .find(|resolved| resolved.access == position)?;
        let mut outcome = Outcome {
            certainty: resolved.certainty,
            ..Outcome::default()
        };
        for (grant, on) in access.grants.iter().zip(&resolved.on) {
            let named = name.and_then(|name| Some(format!("{}{name}", on.strip_suffix('*')?)));
            let on = named.as_deref().unwrap_or(on);
            outcome = outcome.and(self.grant(assembly, asking, (group, resource), grant, on)?);
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
        (group, resource): (&AssetGroup, &FragmentNode),
        grant: &Grant,
        on: &str,
    ) -> Option<Outcome> {
        let mut asset = asset(assembly, self.directory, group.fragment, resource, on);
        if !on.contains('*') {
            return self.granted(assembly, asking, grant, &asset);
        }
        // Most policies do not tell names apart, so that the first one does.
        asset.target.arn = Text::from(on.replace('*', "x"));
        let mut best = self.granted(assembly, asking, grant, &asset);
        if is_certain(best.as_ref()) {
            return best;
        }
        let found = self.names(asking, grant, on, &asset);
        for name in found.names {
            asset.target.arn = name;
            best = Outcome::or(best, self.granted(assembly, asking, grant, &asset));
            if is_certain(best.as_ref()) {
                return best;
            }
        }
        match (best, found.coverage) {
            (None, Coverage::Some) => {
                asset.target.arn = Text::from(on);
                asset.target.extent = Extent::SomeOf(Glob::new(on, Style::Resource));
                self.granted(assembly, asking, grant, &asset)
                    .map(|_| Outcome::possible(Text::new_static(TOO_MANY_NAMES)))
            }
            (best, Coverage::All | Coverage::Some) => best,
        }
    }

    /// Whether actions on one resource are permitted, all or any of them.
    fn granted(
        &self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        grant: &Grant,
        asset: &Asset,
    ) -> Option<Outcome> {
        let mut answers = grant
            .actions
            .iter()
            .map(|action| self.answer(assembly, asking, action, asset));
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
                context: asking.context,
            })
            .collect();
        let own = behind::own_policies(&asking);
        witnesses(on, Naming::Free, &requests, &own, &asset.policies)
    }

    pub(super) fn answer(
        &self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        action: &str,
        asset: &Asset,
    ) -> Option<Outcome> {
        // What does not go to the service of the endpoint does not go through it.
        let endpoint = asking
            .endpoint
            .filter(|endpoint| endpoint.serves(action).is_possible());
        let context = match endpoint {
            None if asking.endpoint.is_some() => &DIRECT,
            Some(_) | None => asking.context,
        };
        let answer = match asking.who {
            Asker::Member(member) => {
                let home = principal_node(assembly, member).and_then(|node| assembly.info(node)?.account);
                let regions = home.map_or(&[][..], |home| assembly.regions_of(home as usize));
                self.directory
                    .can_somewhere(member, action, asset, context, regions)
            }
            Asker::Outsider(principal) => self.directory.can_outsider(principal, action, asset, context),
            // Nobody else decides what a service or an identity of the cloud's own may do.
            Asker::Front(principal) => Answer {
                caveats: Vec::new(),
                ..self.directory.can_outsider(principal, action, asset, context)
            },
        };
        let outcome = Outcome::of(&answer)?;
        match endpoint {
            Some(endpoint) => {
                let principal = asking.sender.unwrap_or_else(|| asking.principal());
                let admits = self
                    .directory
                    .lets_through(endpoint, principal, action, asset, context);
                Some(outcome.and(Outcome::of(&admits)?))
            }
            None => Some(outcome),
        }
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
        let asking = asking.by_service();
        let context = vantage::by_service(asking.context);
        let asking = asking.with(&context);
        let best = decryption.and_then(|question| self.ask_by(assembly, asking, None, group, question));
        if let Some(class) = class {
            self.decryption.insert((class, key), best.clone());
        }
        best
    }
}

fn is_certain(outcome: Option<&Outcome>) -> bool {
    outcome.is_some_and(|outcome| outcome.certainty == Certainty::Certain)
}
