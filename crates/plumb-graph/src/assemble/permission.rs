//! Permission edges: who can read, write, administer and assume what, from the evaluated result of all policies.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use plumb_iam::access_list::AccessList;
use plumb_iam::arn::{Arn, is_account};
use plumb_iam::directory::{Directory, Member};
use plumb_iam::principal::Principal;
use plumb_iam::principal_pattern::PrincipalPattern;
use plumb_iam::s3::policy_is_public;
use plumb_iam::scope::Glance;
use plumb_iam::truth::Truth;
use plumb_model::path::{Certainty, Hop};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;

use crate::assemble::assets::{AssetGroup, AssetGroups, MAX_TRIED, principal_node};
use crate::assemble::callers::{Callers, admitted_accounts, is_federated_user, is_owner, let_in};
use crate::assemble::classes::Classes;
use crate::assemble::names::Names;
use crate::assemble::parts::{Part, PartExtent};
use crate::assemble::passages::Entries;
use crate::assemble::question::{
    Asked, Asking, Ground, Question, Telling, asked, questions, reach, reach_by,
};
use crate::assemble::strangers::Vantage;
use crate::assemble::{Assembly, Outcome};
use crate::fragment::{Detail, FragmentNode};
use crate::graph::NodeId;
use crate::knowledge::TypeId;

/// The most questions about one principal class and one group of resources that are asked; policies that name much count as several.
pub(crate) const MAX_QUESTIONS: usize = 8_000_000;

/// The most principals that are asked one by one about a resource whose policy tells them apart.
const MAX_SINGLE: usize = 2_000;

/// Adds every edge that permissions give.
pub(crate) fn add<'d>(
    assembly: &mut Assembly<'_>,
    directory: &'d Directory,
    groups: &'d AssetGroups,
    classes: &mut Classes<'d>,
    entries: &Entries,
) {
    let mut permissions = Permissions::new(directory, groups, classes, entries);
    let asked = asked(assembly);
    for class in 0..permissions.classes.all.len() {
        permissions.own_account(assembly, class, &asked);
    }
    for wide in 0..groups.wide.len() {
        permissions.by_resource_policy(assembly, wide);
    }
    if groups.were_too_many() {
        assembly.problem(format!(
            "more than {MAX_TRIED} pairs of resources and patterns in policies were compared: what was left is asked about one by one"
        ));
    }
    if permissions.asked >= MAX_QUESTIONS {
        assembly.problem(format!(
            "permissions were not evaluated to the end: there are more than {MAX_QUESTIONS} pairs of principals and resources to ask about"
        ));
    }
}

pub(crate) struct Permissions<'d, 'c> {
    pub(crate) directory: &'d Directory,
    pub(crate) groups: &'d AssetGroups,
    pub(super) classes: &'c mut Classes<'d>,
    /// Whether a class can decrypt with the keys of a group.
    pub(crate) decryption: HashMap<(usize, usize), Option<Outcome>>,
    pub(crate) asked: usize,
    pub(super) names: Names<'d>,
    /// Which principals the policies of each group and of its key tell apart.
    tellings: HashMap<usize, Rc<Telling>>,
    /// How requests get to VPC endpoints.
    pub(super) entries: &'c Entries,
    /// Sessions within networks, by principal or class and endpoint.
    pub(super) sessions: HashMap<(NodeId, usize), Option<NodeId>>,
    /// The endpoints that workloads were connected with.
    pub(super) entered: HashSet<usize>,
}

impl<'d, 'c> Permissions<'d, 'c> {
    pub(super) fn new(
        directory: &'d Directory,
        groups: &'d AssetGroups,
        classes: &'c mut Classes<'d>,
        entries: &'c Entries,
    ) -> Self {
        Self {
            directory,
            groups,
            classes,
            decryption: HashMap::new(),
            asked: 0,
            names: Names::default(),
            tellings: HashMap::new(),
            entries,
            sessions: HashMap::new(),
            entered: HashSet::new(),
        }
    }

    /// What a class can do in its own account by its own policies.
    fn own_account(&mut self, assembly: &mut Assembly<'_>, class: usize, asked: &[(TypeId, Vec<Asked<'_>>)]) {
        let Some((fragment, member)) = self.representative(class) else {
            return;
        };
        // What was learnt of other classes would only take memory: the product of classes and keys.
        self.decryption.clear();
        let groups = self.groups;
        let mut named = None;
        for (type_id, asked) in asked {
            let wide = groups.of_type(fragment, *type_id);
            if wide.is_empty() {
                continue;
            }
            for Asked { question, actions } in asked {
                if let Some(reach) = reach_by(member, actions) {
                    let named = named.get_or_insert_with(|| groups.named(fragment, &member.policies));
                    let parts = groups.parts(fragment, wide, &reach, named);
                    self.ask_class(assembly, class, &parts, *question, Ground::Read);
                }
            }
        }
    }

    pub(super) fn representative(&self, class: usize) -> Option<(usize, &'d Member)> {
        let class = self.classes.all.get(class)?;
        Some((class.fragment, class.members.first().copied()?))
    }

    /// Asks for a class about parts, and connects what it may reach.
    pub(super) fn ask_class(
        &mut self,
        assembly: &mut Assembly<'_>,
        class: usize,
        parts: &[Part],
        question: Question<'_>,
        ground: Ground,
    ) {
        let Some((_, first)) = self.representative(class) else {
            return;
        };
        let Some(members) = self.classes.all.get(class).map(|class| Rc::clone(&class.members)) else {
            return;
        };
        for parts in parts.chunk_by(|a, b| a.wide == b.wide) {
            let Some(group) = parts.first().map(|part| part.first) else {
                continue;
            };
            let Some(resource) = self.resource(assembly, group) else {
                continue;
            };
            let telling = self.telling(assembly, group, resource);
            if *telling == Telling::Nobody {
                let mut outcomes =
                    self.ask_parts(assembly, Asking::member(first), Some(class), parts, question);
                grounded(&mut outcomes, ground);
                let any = outcomes.iter().any(|(_, outcome)| outcome.is_some());
                if let Some(node) = any.then(|| self.classes.node(assembly, class)).flatten() {
                    self.connect_parts(assembly, node, outcomes, question, Some((first, members.len())));
                }
                continue;
            }
            // The policy of the resource tells members apart: those it may mean are asked one by one.
            let mut others = None;
            for member in members.iter().take(MAX_SINGLE) {
                let mut outcomes = if telling.means(member) {
                    self.ask_parts(assembly, Asking::member(member), None, parts, question)
                } else {
                    if others.is_none() {
                        others =
                            Some(self.ask_parts(assembly, Asking::member(member), None, parts, question));
                    }
                    others.clone().unwrap_or_default()
                };
                grounded(&mut outcomes, ground);
                if let Some(node) = principal_node(assembly, member) {
                    self.connect_parts(assembly, node, outcomes, question, Some((member, 1)));
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
    }

    /// Which principals the policies of a group's resource and of its key tell apart.
    fn telling(&mut self, assembly: &Assembly<'_>, group: usize, resource: &FragmentNode) -> Rc<Telling> {
        if let Some(known) = self.tellings.get(&group) {
            return Rc::clone(known);
        }
        let key = self.groups.groups.get(group).and_then(|group| group.key.group());
        let key = key.and_then(|key| self.resource(assembly, key));
        let of_key = Telling::of(key.and_then(|key| key.detail.as_deref()));
        let telling = Rc::new(Telling::of(resource.detail.as_deref()).or(of_key));
        self.tellings.insert(group, Rc::clone(&telling));
        telling
    }

    fn ask_parts(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        class: Option<usize>,
        parts: &[Part],
        question: Question<'_>,
    ) -> Vec<(Part, Option<Outcome>)> {
        parts
            .iter()
            .map(|part| {
                let outcome = self
                    .groups
                    .groups
                    .get(part.first)
                    .and_then(|group| self.ask(assembly, asking, class, group, question));
                (part.clone(), outcome)
            })
            .collect()
    }

    /// Whom the policy of a resource lets in beside the principals of its own account.
    fn by_resource_policy(&mut self, assembly: &mut Assembly<'_>, wide: usize) {
        let Some(found) = self.groups.wide.get(wide) else {
            return;
        };
        let Some(first) = found.groups.first().copied() else {
            return;
        };
        let Some(resource) = self.resource(assembly, first) else {
            return;
        };
        let Some(detail) = resource.detail.as_deref() else {
            return;
        };
        let listed = detail.access_list.iter().flat_map(AccessList::of_accounts);
        let mut named = detail.policy.as_ref().map(let_in).unwrap_or_default();
        let shown: BTreeSet<&PrincipalPattern> = listed.map(|(_, grant)| &grant.grantee).collect();
        named.extend(&shown);
        if named.is_empty() {
            return;
        }
        let vantages = match self.groups.groups.get(first) {
            Some(group) => self.vantages(assembly, group),
            None => return,
        };
        let Some(provider) = assembly
            .fragments
            .get(found.fragment)
            .map(|fragment| fragment.account.provider)
        else {
            return;
        };
        let document = detail.policy.as_ref().and_then(|policy| policy.document());
        let unread = document.map_or(&[][..], |document| document.unread());
        for unread in unread {
            assembly.problem(format!("{}: its policy: {}", resource.uid, unread.why));
        }
        let whole = Part {
            wide,
            first,
            extent: PartExtent::Rest,
        };
        let fragment = found.fragment;
        for question in questions(assembly, found.type_id) {
            for principal in &named {
                match principal {
                    PrincipalPattern::Entity(arn) => match self.directory.principal(arn) {
                        Some(member) => self.ask_entity(assembly, member, fragment, wide, question),
                        None => self.ask_stranger(
                            assembly,
                            named_stranger(arn),
                            arn,
                            (&whole, &vantages),
                            question,
                        ),
                    },
                    PrincipalPattern::Account(account) => match assembly.fragment_of(provider, account) {
                        Some(own) if own == fragment => {}
                        Some(other) => self.ask_account(assembly, other, wide, question, Ground::Read),
                        None => {
                            let anybody = Principal::any_of_account(account.clone());
                            self.ask_stranger(
                                assembly,
                                Some(anybody),
                                account,
                                (&whole, &vantages),
                                question,
                            );
                        }
                    },
                    PrincipalPattern::Everyone => {
                        self.ask_everybody(assembly, (&whole, &vantages), question, detail);
                    }
                    PrincipalPattern::Session { account, role, .. } => {
                        match assembly.fragment_of(provider, account) {
                            Some(_) => {
                                for member in self.named_roles(account, role) {
                                    self.ask_entity(assembly, member, fragment, wide, question);
                                }
                            }
                            None => {
                                let anybody = Principal::any_of_account(account.clone());
                                self.ask_stranger(
                                    assembly,
                                    Some(anybody),
                                    account,
                                    (&whole, &vantages),
                                    question,
                                );
                            }
                        }
                    }
                    // Where nobody has it any more, it is of a principal that was deleted.
                    PrincipalPattern::UniqueId(id) => {
                        if let Some(member) = self.by_unique_id(id) {
                            self.ask_entity(assembly, member, fragment, wide, question);
                        }
                    }
                    PrincipalPattern::CanonicalUser(id)
                        if is_owner(detail, id) || assembly.is_of_the_cloud(id) => {}
                    // That a list shows the bucket to an account is told by itself.
                    PrincipalPattern::CanonicalUser(_)
                        if question.is_of_strangers_alone() && shown.contains(principal) => {}
                    PrincipalPattern::CanonicalUser(id) => {
                        let account = self.directory.account_of_canonical(id);
                        match account.and_then(|account| assembly.fragment_of(provider, account)) {
                            Some(own) if own == fragment => {}
                            Some(other) => self.ask_account(assembly, other, wide, question, Ground::Read),
                            // Whose account it is cannot be told; it stands by its identifier.
                            None => {
                                let anybody = Principal {
                                    canonical: Some(id.clone()),
                                    ..Principal::any_of_account(id.clone())
                                };
                                self.ask_stranger(assembly, Some(anybody), id, (&whole, &vantages), question);
                            }
                        }
                    }
                    PrincipalPattern::Service(_) | PrincipalPattern::Federated(_) => {}
                }
            }
        }
    }

    /// Asks for a principal that a resource policy names.
    fn ask_entity(
        &mut self,
        assembly: &mut Assembly<'_>,
        member: &Member,
        fragment: usize,
        wide: usize,
        question: Question<'_>,
    ) {
        let node = principal_node(assembly, member).filter(|_| !question.is_of_strangers_alone());
        let Some(node) = node else { return };
        // Its own policies need not speak of the resource, but may.
        let everything = Glance {
            everything: true,
            ..Glance::default()
        };
        let named = self.groups.named(fragment, &member.policies);
        let parts = self.groups.parts(fragment, &[wide], &everything, &named);
        let outcomes = self.ask_parts(assembly, Asking::member(member), None, &parts, question);
        self.connect_parts(assembly, node, outcomes, question, Some((member, 1)));
    }

    fn ask_account(
        &mut self,
        assembly: &mut Assembly<'_>,
        other: usize,
        wide: usize,
        question: Question<'_>,
        ground: Ground,
    ) {
        let fragment = self.groups.wide.get(wide).map(|wide| wide.fragment);
        let Some(fragment) = fragment.filter(|_| !question.is_of_strangers_alone()) else {
            return;
        };
        for class in self.classes.by_fragment.get(&other).cloned().unwrap_or_default() {
            let Some((_, member)) = self.representative(class) else {
                continue;
            };
            let Some(reach) = reach(member, question) else {
                continue;
            };
            let named = self.groups.named(fragment, &member.policies);
            let parts = self.groups.parts(fragment, &[wide], &reach, &named);
            self.ask_class(assembly, class, &parts, question, ground);
        }
    }

    fn ask_stranger(
        &mut self,
        assembly: &mut Assembly<'_>,
        principal: Option<Principal>,
        name: &str,
        (whole, vantages): (&Part, &[Vantage]),
        question: Question<'_>,
    ) {
        let Some(principal) = principal.filter(|_| !question.is_told_by_openings()) else {
            return;
        };
        let Some(account) = principal.account.clone() else {
            return;
        };
        // An identity of the cloud's own, such as a front has, is nobody's account; what the front hands on is told by itself.
        if name.contains(':') && !is_account(&account) {
            return;
        }
        let Some(found) = self.groups.wide.get(whole.wide) else {
            return;
        };
        // A principal of the estate's own accounts that is not in it does not exist any more.
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
        let Some(group) = self.groups.groups.get(whole.first) else {
            return;
        };
        let principals = std::slice::from_ref(&principal);
        if self.have_more(assembly, principals, vantages, group, question) {
            return;
        }
        let from_outside = self.ask_from_outside(assembly, principals, vantages, group, question);
        let (found_from, level) = match from_outside {
            Some(found) => (found, ExposureLevel::Accounts),
            // The account may have an endpoint that the policy names.
            None => match self.through_foreign_endpoint(assembly, &principal, group, question) {
                Some(found) => (found, ExposureLevel::Unknown),
                None => return,
            },
        };
        let entry = assembly.external(&account);
        self.expose(assembly, &found.members, level);
        let outcomes = vec![(whole.clone(), Some(found_from.into_outcome()))];
        self.connect_parts(assembly, entry, outcomes, question, None);
    }

    /// The policy names everybody, perhaps under conditions.
    fn ask_everybody(
        &mut self,
        assembly: &mut Assembly<'_>,
        (whole, vantages): (&Part, &[Vantage]),
        question: Question<'_>,
        detail: &Detail,
    ) {
        let Some(found) = self.groups.wide.get(whole.wide) else {
            return;
        };
        // Some actions want a signature: then it is everybody with an account of their own.
        let callers = Callers::of(detail.policy.as_ref());
        let anybody = [
            Principal::anonymous(),
            Principal::stranger_apart(callers.arns_have_accounts),
        ];
        let Some(group) = self.groups.groups.get(whole.first) else {
            return;
        };
        // Where the policy lets no stranger in, what it grants to everybody counts at home only.
        let by_openings = question.is_told_by_openings();
        let strangers: &[Principal] = if detail.closed.is_some() || by_openings {
            &[]
        } else {
            &anybody
        };
        if self.have_more(assembly, strangers, vantages, group, question) {
            return;
        }
        let outcome = self
            .ask_from_outside(assembly, strangers, vantages, group, question)
            .map(|found| match &detail.perhaps_closed {
                Some(clause) => found.perhaps(clause.clone()),
                None => found,
            });
        // Its conditions may admit principals of the estate, for example those of its organization, and of accounts that they name.
        let is_certain = outcome
            .as_ref()
            .is_some_and(|found| found.outcome.certainty == Certainty::Certain);
        if outcome.is_none() || (callers.are_tested && !is_certain) {
            let (admitted, ground) = admitted_accounts(assembly, found.fragment, detail);
            for fragment in admitted {
                if fragment == found.fragment {
                    self.ask_own(assembly, fragment, whole.wide, question);
                } else {
                    self.ask_account(assembly, fragment, whole.wide, question, ground);
                }
            }
            // Where the policy lets no stranger in, it lets in none of other organizations either.
            if detail.closed.is_none() {
                self.ask_organizations(assembly, &callers, (whole, vantages), question);
            }
            for account in callers.accounts {
                let anybody = Principal::any_of_account(account.clone());
                self.ask_stranger(assembly, Some(anybody), &account, (whole, vantages), question);
            }
        }
        // Who makes an access point decides whom it lets in.
        for account in callers.doors {
            let door = [Vantage::through_door_of(&account)];
            let anybody = Principal::any_of_account(account.clone());
            self.ask_stranger(assembly, Some(anybody), &account, (whole, &door), question);
        }
        let is_shut = || detail.access_list.is_some() && policy_may_be_public(detail);
        let may_come_within = if by_openings {
            detail.closed.is_some()
        } else {
            detail.closed.is_none() || !is_shut()
        };
        if outcome.is_none() && may_come_within && !question.is_of_strangers_alone() {
            self.ask_within_networks(assembly, whole, question);
        }
        if let Some(from_outside) = outcome {
            let level = from_outside.level;
            self.expose(assembly, &found.members, level);
            let internet = assembly.internet();
            self.connect_parts(
                assembly,
                internet,
                vec![(whole.clone(), Some(from_outside.into_outcome()))],
                question,
                None,
            );
        }
    }

    fn resource<'k>(&self, assembly: &Assembly<'k>, group: usize) -> Option<&'k FragmentNode> {
        resource(assembly, self.groups.groups.get(group)?)
    }
}

/// Somebody of an account that was not read, whom a policy names.
fn named_stranger(arn: &str) -> Option<Principal> {
    Principal::of_arn(arn).or_else(|| {
        let account = Arn::account_of(arn).filter(|_| is_federated_user(arn))?;
        Some(Principal::any_of_account(account))
    })
}

/// Says of outcomes on what ground they are.
fn grounded(outcomes: &mut [(Part, Option<Outcome>)], ground: Ground) {
    match ground {
        Ground::Read => {}
        Ground::Unread => {
            for outcome in outcomes.iter_mut().filter_map(|(_, outcome)| outcome.as_mut()) {
                outcome.from = Some(Text::new_static(Hop::IF_NAMED));
            }
        }
    }
}

/// Whether blocking public access keeps out whom a policy lets in.
fn policy_may_be_public(detail: &Detail) -> bool {
    let document = detail.policy.as_ref().and_then(|policy| policy.document());
    document.is_none_or(|document| policy_is_public(document) != Truth::False)
}

/// The resource that stands for a group.
pub(crate) fn resource<'k>(assembly: &Assembly<'k>, group: &AssetGroup) -> Option<&'k FragmentNode> {
    let (_, resource) = assembly.resource(*group.members.first()?)?;
    Some(resource)
}
