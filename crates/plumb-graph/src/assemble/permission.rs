//! Permission edges: who can read, write, administer and assume what, from the evaluated result of all policies.

use std::collections::{BTreeSet, HashMap};

use plumb_iam::assume::Assumption;
use plumb_iam::directory::{Asset, Directory, Member};
use plumb_iam::document::{Effect, Listing};
use plumb_iam::keys::Context;
use plumb_iam::principal::Principal;
use plumb_iam::principal_pattern::PrincipalPattern;
use plumb_iam::scope::Scope;
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::risk::ExposureLevel;
use plumb_pack::graph_role::{Grant, Needs};

use crate::assemble::assets::{AssetGroup, AssetGroups, asset, principal_node};
use crate::assemble::classes::Classes;
use crate::assemble::question::{Asking, Question, Telling, names, questions, scope};
use crate::assemble::{Assembly, Outcome};
use crate::fragment::{Detail, FragmentNode};
use crate::graph::NodeId;

/// The most questions about one principal class and one group of resources that are asked.
const MAX_QUESTIONS: usize = 8_000_000;

/// The most principals that are asked one by one about a resource whose policy tells them apart.
const MAX_SINGLE: usize = 2_000;

/// Adds every edge that permissions give.
pub(crate) fn add<'d>(
    assembly: &mut Assembly<'_>,
    directory: &'d Directory,
    groups: &'d AssetGroups,
    classes: &mut Classes<'d>,
) {
    let mut permissions = Permissions {
        directory,
        groups,
        classes,
        decryption: HashMap::new(),
        asked: 0,
    };
    for class in 0..permissions.classes.all.len() {
        permissions.own_account(assembly, class);
    }
    for group in 0..groups.groups.len() {
        permissions.by_resource_policy(assembly, group);
    }
    if permissions.asked >= MAX_QUESTIONS {
        assembly.problem(format!(
            "permissions were not evaluated to the end: there are more than {MAX_QUESTIONS} pairs of principals and resources to ask about"
        ));
    }
}

struct Permissions<'d, 'c> {
    directory: &'d Directory,
    groups: &'d AssetGroups,
    classes: &'c mut Classes<'d>,
    /// Whether a class can decrypt with the keys of a group.
    decryption: HashMap<(usize, usize), Option<Outcome>>,
    asked: usize,
}

impl<'d> Permissions<'d, '_> {
    /// What a class can do in its own account by its own policies.
    fn own_account(&mut self, assembly: &mut Assembly<'_>, class: usize) {
        let Some((fragment, member)) = self.representative(class) else {
            return;
        };
        let knowledge = assembly.knowledge;
        for position in 0..knowledge.types().len() {
            let Some(type_id) = knowledge.type_at(position) else {
                continue;
            };
            if self.groups.of_type(fragment, type_id).is_empty() {
                continue;
            }
            for question in questions(assembly, type_id) {
                let Some(scope) = scope(member, question) else {
                    continue;
                };
                let candidates = if scope.unread.is_empty() {
                    self.groups.concerned(fragment, type_id, &scope.patterns)
                } else {
                    self.groups.of_type(fragment, type_id).to_vec()
                };
                for group in candidates {
                    self.ask_class(assembly, class, group, question, &scope);
                }
            }
        }
    }

    fn representative(&self, class: usize) -> Option<(usize, &'d Member)> {
        let class = self.classes.all.get(class)?;
        Some((class.fragment, class.members.first().copied()?))
    }

    fn ask_class(
        &mut self,
        assembly: &mut Assembly<'_>,
        class: usize,
        group: usize,
        question: Question<'_>,
        scope: &Scope,
    ) {
        let Some(found) = self.groups.groups.get(group) else {
            return;
        };
        let Some((_, first)) = self.representative(class) else {
            return;
        };
        let Some(resource) = resource(assembly, found) else {
            return;
        };
        let telling = Telling::of(resource.detail.as_deref());
        let members = self
            .classes
            .all
            .get(class)
            .map(|class| class.members.clone())
            .unwrap_or_default();
        if telling == Telling::Nobody {
            if let Some(outcome) = self.ask(
                assembly,
                Asking::Member(first),
                Some(class),
                found,
                question,
                Some(scope),
            ) && let Some(node) = self.classes.node(assembly, class)
            {
                let outcome = outcome.resting_on_attachment(first, members.len());
                self.connect(assembly, node, group, question, &outcome);
            }
            return;
        }
        // The policy of the resource tells members apart: those it may mean are asked one by one.
        let mut others = None;
        for member in members.iter().take(MAX_SINGLE) {
            let outcome = if telling.means(member) {
                self.ask(
                    assembly,
                    Asking::Member(member),
                    Some(class),
                    found,
                    question,
                    Some(scope),
                )
            } else {
                others
                    .get_or_insert_with(|| {
                        self.ask(
                            assembly,
                            Asking::Member(member),
                            Some(class),
                            found,
                            question,
                            Some(scope),
                        )
                    })
                    .clone()
            };
            if let (Some(outcome), Some(node)) = (outcome, principal_node(assembly, member)) {
                let outcome = outcome.resting_on_attachment(member, 1);
                self.connect(assembly, node, group, question, &outcome);
            }
        }
        if members.len() > MAX_SINGLE {
            assembly.problem(format!(
                "{}: only {MAX_SINGLE} of {} equal principals were asked about it, because its policy tells principals apart",
                resource.uid,
                members.len()
            ));
        }
    }

    /// Whom the policy of a resource lets in beside the principals of its own account.
    fn by_resource_policy(&mut self, assembly: &mut Assembly<'_>, group: usize) {
        let Some(found) = self.groups.groups.get(group) else {
            return;
        };
        let Some(resource) = resource(assembly, found) else {
            return;
        };
        let Some(detail) = resource.detail.as_deref() else {
            return;
        };
        let Some(policy) = &detail.policy else { return };
        let Some(provider) = assembly
            .fragments
            .get(found.fragment)
            .map(|fragment| fragment.account.provider)
        else {
            return;
        };
        let named: BTreeSet<&PrincipalPattern> = match policy.document() {
            Some(document) => document
                .statements()
                .iter()
                .filter(|statement| statement.effect == Effect::Allow)
                .filter_map(|statement| statement.principals.as_ref())
                .flat_map(|principals| match principals.listing {
                    Listing::Only => principals.patterns.as_slice(),
                    // All but some are everybody, as far as one must look.
                    Listing::AllBut => &[PrincipalPattern::Everyone],
                })
                .collect(),
            // It may let anybody in; that the internet may reach it is told once.
            None => BTreeSet::from([&PrincipalPattern::Everyone]),
        };
        let (type_id, fragment) = (found.type_id, found.fragment);
        for question in questions(assembly, type_id) {
            for principal in &named {
                match principal {
                    PrincipalPattern::Entity(arn) => match self.directory.principal(arn) {
                        Some(member) => {
                            let outcome =
                                self.ask(assembly, Asking::Member(member), None, found, question, None);
                            if let (Some(outcome), Some(node)) = (outcome, principal_node(assembly, member)) {
                                let outcome = outcome.resting_on_attachment(member, 1);
                                self.connect(assembly, node, group, question, &outcome);
                            }
                        }
                        None => {
                            self.ask_stranger(assembly, Principal::of_arn(arn), arn, group, question, detail)
                        }
                    },
                    PrincipalPattern::Account(account) => match assembly.fragment_of(provider, account) {
                        Some(own) if own == fragment => {}
                        Some(other) => self.ask_account(assembly, other, group, question),
                        None => {
                            let anybody = Principal::any_of_account(account.clone());
                            self.ask_stranger(assembly, Some(anybody), account, group, question, detail);
                        }
                    },
                    PrincipalPattern::Everyone => self.ask_everybody(assembly, group, question, detail),
                    PrincipalPattern::Session { .. }
                    | PrincipalPattern::UniqueId(_)
                    | PrincipalPattern::Service(_)
                    | PrincipalPattern::Federated(_)
                    | PrincipalPattern::CanonicalUser(_) => {}
                }
            }
        }
    }

    fn ask_account(
        &mut self,
        assembly: &mut Assembly<'_>,
        other: usize,
        group: usize,
        question: Question<'_>,
    ) {
        for class in self.classes.by_fragment.get(&other).cloned().unwrap_or_default() {
            let Some((_, member)) = self.representative(class) else {
                continue;
            };
            let Some(scope) = scope(member, question) else {
                continue;
            };
            self.ask_class(assembly, class, group, question, &scope);
        }
    }

    fn ask_stranger(
        &mut self,
        assembly: &mut Assembly<'_>,
        principal: Option<Principal>,
        name: &str,
        group: usize,
        question: Question<'_>,
        detail: &Detail,
    ) {
        let Some(principal) = principal else { return };
        let Some(account) = principal.account.clone() else {
            return;
        };
        // A principal of the estate's own accounts that is not in it does not exist any more.
        let Some(found) = self.groups.groups.get(group) else {
            return;
        };
        let provider = assembly
            .fragments
            .get(found.fragment)
            .map(|fragment| fragment.account.provider);
        if provider.is_some_and(|provider| assembly.fragment_of(provider, &account).is_some()) {
            if name.contains(':') {
                assembly.problem(format!(
                    "`{name}` is named in a policy and was not read or does not exist"
                ));
            }
            return;
        }
        let outcome = self.ask(
            assembly,
            Asking::Outsider(&principal),
            None,
            found,
            question,
            None,
        );
        let Some(outcome) = outcome else { return };
        let entry = assembly.external(&account);
        for member in found.members.clone() {
            assembly.expose(member, ExposureLevel::Accounts);
        }
        let _ = detail;
        self.connect(assembly, entry, group, question, &outcome);
    }

    /// The policy names everybody, perhaps under conditions.
    fn ask_everybody(
        &mut self,
        assembly: &mut Assembly<'_>,
        group: usize,
        question: Question<'_>,
        detail: &Detail,
    ) {
        let Some(found) = self.groups.groups.get(group) else {
            return;
        };
        // Some actions want a signature: then it is everybody with an account of their own.
        let anybody = [Principal::anonymous(), Principal::stranger()];
        let outcome = match detail.closed {
            Some(_) => None,
            None => anybody
                .iter()
                .map(|principal| self.ask(assembly, Asking::Outsider(principal), None, found, question, None))
                .fold(None, Outcome::or),
        };
        match outcome {
            Some(outcome) => {
                let level = match outcome.certainty {
                    Certainty::Certain => ExposureLevel::Wide,
                    Certainty::Conditional => ExposureLevel::Narrow,
                    Certainty::Possible => ExposureLevel::Unknown,
                };
                for member in found.members.clone() {
                    assembly.expose(member, level);
                }
                let internet = assembly.internet();
                self.connect(assembly, internet, group, question, &outcome);
            }
            // Its conditions may admit principals of the estate, for example those of its organization.
            None => {
                for fragment in 0..assembly.fragments.len() {
                    self.ask_account(assembly, fragment, group, question);
                }
            }
        }
    }

    /// The answer to a question about the first member of a group.
    fn ask(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        class: Option<usize>,
        group: &AssetGroup,
        question: Question<'_>,
        scope: Option<&Scope>,
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
                    outcome = outcome.and(self.grant(assembly, asking, group, detail, grant, on, scope)?);
                }
                match (&access.decrypt, group.key) {
                    (Some(_), Some(key)) => Some(outcome.and(self.decrypt(assembly, asking, class, key)?)),
                    (Some(_), None) | (None, _) => Some(outcome),
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "they are the parts of one question")]
    fn grant(
        &self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        group: &AssetGroup,
        detail: Option<&Detail>,
        grant: &Grant,
        on: &str,
        scope: Option<&Scope>,
    ) -> Option<Outcome> {
        let arns = names(on, scope, asking, grant);
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

    fn answer(&self, asking: Asking<'_>, action: &str, asset: &Asset) -> Option<Outcome> {
        let context = Context::over_tls();
        Outcome::of(&match asking {
            Asking::Member(member) => self.directory.can(member, action, asset, &context),
            Asking::Outsider(principal) => self.directory.can_outsider(principal, action, asset, &context),
        })
    }

    /// Whether the key of a resource admits its content being read.
    fn decrypt(
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
        for question in questions(assembly, group.type_id) {
            if question.kind() == EdgeKind::CanRead {
                best = Outcome::or(best, self.ask(assembly, asking, None, group, question, None));
            }
        }
        if let Some(class) = class {
            self.decryption.insert((class, key), best.clone());
        }
        best
    }

    fn connect(
        &mut self,
        assembly: &mut Assembly<'_>,
        from: NodeId,
        group: usize,
        question: Question<'_>,
        outcome: &Outcome,
    ) {
        let Some(found) = self.groups.groups.get(group) else {
            return;
        };
        let Some(to) = assembly.stand_in(group, &found.members) else {
            return;
        };
        let kind = question.kind();
        if kind == EdgeKind::CanAssume {
            self.note_bridge(assembly, from, found.fragment);
        }
        assembly.edge(from, to, kind, None, outcome, 0);
    }

    /// Remembers principals that lead into another account.
    fn note_bridge(&self, assembly: &mut Assembly<'_>, from: NodeId, into: usize) {
        let own: Vec<(usize, NodeId)> = match assembly.resource(from) {
            Some((fragment, _)) => vec![(fragment, from)],
            // A hidden class: all its members.
            None => self
                .classes
                .all
                .iter()
                .filter(|class| class.node == Some(from))
                .flat_map(|class| class.members.iter().map(|member| (class.fragment, *member)))
                .filter_map(|(fragment, member)| Some((fragment, principal_node(assembly, member)?)))
                .collect(),
        };
        for (fragment, principal) in own.into_iter().filter(|(fragment, _)| *fragment != into) {
            assembly.bridge(fragment, principal);
        }
    }
}

/// The resource that stands for a group.
pub(crate) fn resource<'k>(assembly: &Assembly<'k>, group: &AssetGroup) -> Option<&'k FragmentNode> {
    let (_, resource) = assembly.resource(*group.members.first()?)?;
    Some(resource)
}
