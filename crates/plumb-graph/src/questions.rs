//! Questions about permissions: who may do what with a resource, answered from everything that was read.
//!
//! [`Questions`] finds the principal and the resource that a text means and evaluates the request. What was not read stays
//! unknown: of a resource that is not among what was read the policy is not taken for absent where such resources have one.

mod internet;
mod lists;
mod needs;
mod passages;
mod who;

use plumb_iam::access_list::AccessList;
use plumb_iam::answer::{Answer, Decision, Layer};
use plumb_iam::arn::Arn;
use plumb_iam::directory::{Asset, Directory};
use plumb_iam::evaluate::evaluate;
use plumb_iam::glob::{Glob, Style};
use plumb_iam::keys::Context;
use plumb_iam::outsiders::outsiders;
use plumb_iam::policy::{Guardrails, NamedPolicy, PrincipalPolicies};
use plumb_iam::principal::{Membership, Principal, PrincipalKind, Tags};
use plumb_iam::request::Request;
use plumb_iam::s3::policy_is_public;
use plumb_iam::truth::Truth;
use plumb_model::answer::{PermissionAnswer, PermissionDecision, WhoCan};
use plumb_model::value::Text;

use crate::assemble::Assembled;
use crate::assemble::regions::in_its_region;
use crate::fragment::{AccountFragment, FragmentNode};
use crate::knowledge::Knowledge;
use crate::near::nearest;

use needs::Needs;
use passages::Coming;
pub use who::{Who, display};

/// How many names are proposed in place of an unknown one.
const MOST_NEAR: usize = 3;

/// Everything that permissions are asked of.
pub struct Questions<'a> {
    directory: &'a Directory,
    fragments: &'a [AccountFragment],
    knowledge: &'a Knowledge,
}

/// A resource as permissions see it.
#[derive(Clone, Debug)]
pub struct What {
    asset: Asset,
    /// Why its policy lets no stranger in, or `Unknown` with what was not read.
    closed: Closed,
    caveats: Vec<Text>,
    /// What its access control list grants.
    access_list: Option<AccessList>,
    /// What the actions need beside.
    needs: Vec<Needs>,
    /// Where it is; empty where that is not known.
    region: Text,
    /// What actions work on inside of it, in place of the resource itself: the action in lower case, and a pattern of ARNs.
    inside: Vec<(String, Text)>,
}

/// Whether what the policy of a resource grants to everybody opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Closed {
    Open,
    /// It opens nothing, for this reason.
    Shut(Text),
    /// Whether it does was not read.
    NotRead(Text),
}

/// A text that names nobody or nothing that can be asked about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// The name means none or several.
    #[error("{} `{name}`", subject(.what, *.count))]
    Name {
        /// What was looked for: `principal` or `resource`.
        what: &'static str,
        /// The text.
        name: String,
        /// How many are called so.
        count: usize,
        /// Names that may be meant.
        near: Vec<String>,
    },
    /// The principals of that account were read, and it is not among them.
    #[error("`{name}` is not among the principals that were read of account `{account}`")]
    NotRead {
        /// The ARN.
        name: String,
        /// Its account.
        account: String,
        /// Names that may be meant.
        near: Vec<String>,
    },
    /// Whoever is outside of the estate has nothing to do with it there.
    #[error("on `*` {0} acts in an account of its own, which is not part of the estate; name a resource")]
    Elsewhere(Text),
    /// It is no action.
    #[error("`{0}` is no action; one looks like `service:Operation` and has no wildcard")]
    Action(String),
}

fn subject(what: &str, count: usize) -> String {
    match count {
        0 => format!("no {what} is called"),
        several => format!("{several} {what}s are called"),
    }
}

impl<'a> Questions<'a> {
    /// Questions to an assembled estate.
    pub fn new(assembled: &'a Assembled, knowledge: &'a Knowledge) -> Self {
        Self {
            directory: &assembled.directory,
            fragments: &assembled.fragments,
            knowledge,
        }
    }

    /// The resource that a text means: by uid, by an ARN that is inside of it, by name, or any ARN.
    pub fn what(&self, text: &str) -> Result<What, Unanswerable> {
        if text == "*" {
            let asset = self.directory.asset("*", "", Tags::Unspecified, None);
            return Ok(What::bare(Asset {
                target: plumb_iam::request::Target::new("*"),
                ..asset
            }));
        }
        let is_arn = Arn::read(text).is_some();
        let found = self
            .by(|node| node.uid == text)
            .or_else(|| is_arn.then(|| self.around(text)).flatten());
        if let Some((fragment, node)) = found {
            let arn = if is_arn { text } else { node.uid.as_str() };
            return Ok(self.known(fragment, node, arn));
        }
        if is_arn {
            return Ok(self.unread(text));
        }
        let named: Vec<_> = self.nodes().filter(|(_, node)| node.name == text).collect();
        match named.as_slice() {
            [(fragment, node)] => Ok(self.known(*fragment, node, &node.uid)),
            several => Err(Unanswerable::Name {
                what: "resource",
                name: text.to_owned(),
                count: several.len(),
                near: if several.is_empty() {
                    let names = self
                        .nodes()
                        .flat_map(|(_, node)| [node.name.as_str(), node.uid.as_str()]);
                    owned(nearest(text, names, MOST_NEAR))
                } else {
                    let uids = several.iter().map(|(_, node)| node.uid.to_string());
                    uids.take(MOST_NEAR).collect()
                },
            }),
        }
    }

    /// All resources; the single things that they hold are parts of them.
    fn nodes(&self) -> impl Iterator<Item = (usize, &'a FragmentNode)> + use<'a> {
        let (fragments, knowledge) = (self.fragments.iter().enumerate(), self.knowledge);
        let nodes = fragments
            .flat_map(|(position, fragment)| fragment.nodes.iter().map(move |node| (position, node)));
        nodes.filter(|(_, node)| !knowledge.is_held(node.type_id))
    }

    fn by(&self, is_meant: impl Fn(&FragmentNode) -> bool) -> Option<(usize, &'a FragmentNode)> {
        self.nodes().find(|(_, node)| is_meant(node))
    }

    /// The resource inside of which an ARN is, by the ARNs that access to it is evaluated on.
    fn around(&self, arn: &str) -> Option<(usize, &'a FragmentNode)> {
        let covers = |node: &FragmentNode, on: &str| {
            on == arn
                || on.split_once('*').is_some_and(|(prefix, _)| {
                    // A pattern that does not name the resource covers others too.
                    let names_it =
                        prefix.contains(node.name.as_str()) || prefix.starts_with(node.uid.as_str());
                    names_it && arn.starts_with(prefix) && Glob::new(on, Style::Text).matches(arn)
                })
        };
        self.by(|node| {
            let detail = node.detail.as_deref();
            detail
                .iter()
                .flat_map(|detail| &detail.access)
                .flat_map(|access| &access.on)
                .any(|on| covers(node, on))
        })
    }

    fn known(&self, fragment: usize, node: &FragmentNode, arn: &str) -> What {
        let detail = node.detail.as_deref();
        let Some(account) = self.fragments.get(fragment).map(|fragment| &fragment.account.id) else {
            return self.unread(arn);
        };
        let asset = match self.directory.principal(&node.uid) {
            Some(member) if arn == node.uid => self.directory.role_asset(member),
            Some(_) | None => {
                let tags = detail.map(|detail| detail.tags.clone()).unwrap_or_default();
                let policy = detail.and_then(|detail| detail.policy.clone());
                in_its_region(self.directory.asset(arn, account, tags, policy), node)
            }
        };
        let asset = match detail.and_then(|detail| detail.grants.as_ref()) {
            Some(grants) => asset.with_grants(grants.clone()),
            None => asset,
        };
        let closed = match detail {
            Some(detail) => match (&detail.closed, &detail.perhaps_closed) {
                (Some(closed), _) => Closed::Shut(closed.clause.clone()),
                (None, Some(clause)) => Closed::NotRead(clause.clone()),
                (None, None) => Closed::Open,
            },
            None => Closed::Open,
        };
        What {
            asset,
            closed,
            caveats: Vec::new(),
            access_list: detail.and_then(|detail| detail.access_list.clone()),
            needs: self.needs(fragment, node, arn),
            region: node.region.clone(),
            inside: if arn == node.uid {
                self.inside(node)
            } else {
                Vec::new()
            },
        }
    }

    /// The actions that work on something inside of a resource, as the knowledge says it.
    fn inside(&self, node: &FragmentNode) -> Vec<(String, Text)> {
        let role = self.knowledge.role(node.type_id);
        let (Some(role), Some(detail)) = (role, node.detail.as_deref()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for resolved in &detail.access {
            let grants = role
                .access
                .get(resolved.access)
                .map_or(&[][..], |access| &access.grants);
            for (grant, on) in grants.iter().zip(&resolved.on) {
                if on.contains('*') && *on != node.uid {
                    let actions = grant.actions.iter().map(|action| action.to_ascii_lowercase());
                    found.extend(actions.map(|action| (action, on.clone())));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// A resource that is not among what was read.
    fn unread(&self, arn: &str) -> What {
        let read = Arn::read(arn);
        let account = read.map(|read| read.account).unwrap_or_default();
        let service = read.map(|read| read.service).unwrap_or_default();
        let has_policy = self.knowledge.types().any(|known| {
            let has_policy = known
                .recipe
                .graph
                .as_ref()
                .is_some_and(|role| role.policy.is_some());
            has_policy && known.recipe.service.iam_prefix == service
        });
        let why = "the resource is not among what was read";
        let policy = has_policy.then(|| NamedPolicy::unread(arn, "policy", why));
        let tags = Tags::Unread(Text::new_static(why));
        let mut asset = self.directory.asset(arn, account, tags, policy);
        if account.is_empty() {
            // It may belong to the one who asks.
            asset.target.account = None;
        }
        let mut what = What::bare(asset);
        if !has_policy {
            what.caveats.push(Text::new_static(
                "the resource is not among what was read; it is taken to have no policy of its own",
            ));
        }
        what
    }

    /// Whether somebody may do something with a resource.
    pub fn can(
        &self,
        who: &Who<'_>,
        action: &str,
        what: &What,
        context: &Context,
    ) -> Result<PermissionAnswer, Unanswerable> {
        check_action(action)?;
        if *what.asset.target.arn == *"*" && self.is_outside(who) {
            return Err(Unanswerable::Elsewhere(who.name()));
        }
        let mut answer = self.answer(who, action, what, context);
        let (_, notes) = what.asset_for(action);
        answer.caveats.extend(notes);
        answer
            .caveats
            .extend(self.otherwise_inside(who, &answer, what, context));
        Ok(answer)
    }

    /// Everybody who may do something with a resource.
    pub fn who_can(&self, action: &str, what: &What, context: &Context) -> Result<WhoCan, Unanswerable> {
        check_action(action)?;
        let (mut asset, caveats) = what.asset_for(action);
        let listed = what.access_list.iter().flat_map(AccessList::grants);
        asset.policies.grants.extend(listed.cloned());
        let members = self
            .directory
            .who_can(action, &asset, context)
            .into_iter()
            .map(|(member, _)| Who::Member(member));
        let others = outsiders(self.directory, &asset).into_iter().map(Who::Outsider);
        let mut answers: Vec<PermissionAnswer> = members
            .chain(others)
            .map(|who| self.answer(&who, action, what, context))
            .filter(|answer| !is_denied(answer.decision))
            .collect();
        answers.sort_by(|a, b| (a.decision, &a.who).cmp(&(b.decision, &b.who)));
        answers.dedup_by(|a, b| a.who == b.who && a.decision == b.decision);
        let gaps = self.directory.gaps().iter();
        Ok(WhoCan {
            action: Text::from(action),
            resource: asset.target.arn.clone(),
            answers,
            caveats,
            gaps: gaps
                .map(|(account, gap)| Text::from(format!("{account}: {gap}")))
                .collect(),
        })
    }

    fn answer(&self, who: &Who<'_>, action: &str, what: &What, context: &Context) -> PermissionAnswer {
        if let Some(answer) = self.through_given(who, action, what, context) {
            return answer;
        }
        match who {
            Who::Internet => self.of_internet(action, what, context),
            Who::Outsider(principal) if is_everybody(principal) => {
                self.of_anybody(principal, action, what, context)
            }
            Who::Member(_) | Who::Outsider(_) | Who::Foreigner(_) => {
                self.by_any_way(who, action, what, context)
            }
        }
    }

    /// The answer to a request of which nothing else is known.
    fn answer_in(&self, who: &Who<'_>, action: &str, what: &What, coming: &Coming<'_>) -> PermissionAnswer {
        let (mut asset, _) = what.asset_for(action);
        let coming = &coming.clone().directly();
        let mut caveats = Vec::new();
        let mut not_read = Vec::new();
        match (&what.closed, who.is_anybody()) {
            (Closed::Shut(_), true) => asset.policies.shuts_out_strangers = Truth::True,
            (Closed::NotRead(clause), true) => {
                asset.policies.shuts_out_strangers = Truth::Unknown;
                not_read.push(clause.clone());
            }
            // A public policy of a bucket lets in nobody of another account there.
            (Closed::Shut(_), false) if what.access_list.is_some() && !who.is_of(&asset) => {
                let document = asset
                    .policies
                    .policy
                    .as_ref()
                    .and_then(|policy| policy.document());
                asset.policies.shuts_out_strangers = document.map_or(Truth::Unknown, policy_is_public);
            }
            (Closed::Open, _) | (Closed::Shut(_) | Closed::NotRead(_), false) => {}
        }
        let list = lists::Listed::of(what, who, action, &mut asset);
        let answer = self.evaluated(who, action, &asset, coming);
        if let Closed::Shut(clause) = &what.closed {
            if who.is_anybody() && answer.decision == Decision::DeniedImplicit {
                caveats.push(clause.clone());
            }
            if !who.is_anybody() && !who.is_of(&asset) && answer.decision.is_allowed() {
                caveats.push(Text::from(format!(
                    "{clause}: where the policy lets in more than named principals, other accounts are shut out too"
                )));
            }
        }
        if answer.decision != Decision::Unknown {
            not_read.clear();
        }
        let answer = said(who, action, &asset, &answer, (caveats, not_read));
        let answer = list.noted(answer);
        self.with_needs(who, answer, (&asset, &what.needs), coming)
    }

    /// What a denied action on a resource itself is on what is inside of it, where that is something else.
    fn otherwise_inside(
        &self,
        who: &Who<'_>,
        answer: &PermissionAnswer,
        what: &What,
        context: &Context,
    ) -> Option<Text> {
        let action = answer.action.to_ascii_lowercase();
        let of_service = |(own, _): &&(String, Text)| own.split(':').next() == action.split(':').next();
        let is_known = what.inside.iter().any(|(own, _)| *own == action);
        let (_, pattern) = what.inside.iter().find(of_service).filter(|_| !is_known)?;
        if !is_denied(answer.decision) {
            return None;
        }
        let mut within = what.clone();
        within.asset = within.asset.some_within(pattern);
        let other = self.answer(who, &answer.action, &within, context).decision;
        (other != answer.decision).then(|| {
            let other = other.title();
            Text::from(format!(
                "on `{pattern}`, where some actions work, the answer is: {other}"
            ))
        })
    }

    /// The answer of the policies alone.
    fn bare_answer(
        &self,
        who: &Who<'_>,
        action: &str,
        asset: &Asset,
        coming: &Coming<'_>,
    ) -> PermissionAnswer {
        let answer = self.evaluated(who, action, asset, coming);
        said(who, action, asset, &answer, (Vec::new(), Vec::new()))
    }

    fn evaluated(&self, who: &Who<'_>, action: &str, asset: &Asset, coming: &Coming<'_>) -> Answer {
        let (context, endpoint) = coming.towards(action);
        let answer = match who {
            Who::Member(member) => self.directory.can(member, action, asset, context),
            Who::Outsider(principal) => self.directory.can_outsider(principal, action, asset, context),
            Who::Internet => {
                let anonymous = Principal::anonymous();
                self.directory.can_outsider(&anonymous, action, asset, context)
            }
            Who::Foreigner(principal) => foreign(principal, action, asset, context),
        };
        match endpoint {
            Some(endpoint) => {
                let anonymous = Principal::anonymous();
                let sender = coming.sender.or_else(|| who.principal()).unwrap_or(&anonymous);
                answer.and(
                    self.directory
                        .lets_through(endpoint, sender, action, asset, context),
                )
            }
            None => answer,
        }
    }
}

impl What {
    fn bare(asset: Asset) -> Self {
        Self {
            asset,
            closed: Closed::Open,
            caveats: Vec::new(),
            access_list: None,
            needs: Vec::new(),
            region: Text::default(),
            inside: Vec::new(),
        }
    }

    /// What an action works on, the resource or something inside of it, and what is to be said of that.
    fn asset_for(&self, action: &str) -> (Asset, Vec<Text>) {
        let action = action.to_ascii_lowercase();
        let mut notes = self.caveats.clone();
        if let Some((_, pattern)) = self.inside.iter().find(|(own, _)| *own == action) {
            notes.push(Text::from(format!(
                "the action works on `{pattern}`: asked about any one of these"
            )));
            return (self.asset.clone().some_within(pattern), notes);
        }
        (self.asset.clone(), notes)
    }
}

/// A principal outside of the estate, whose own policies nobody read.
fn foreign(principal: &Principal, action: &str, asset: &Asset, context: &Context) -> Answer {
    let why = "its account is not part of the estate";
    let own = PrincipalPolicies {
        identity: vec![NamedPolicy::unread(
            principal.name.clone(),
            "identity policies",
            why,
        )],
        service_control: std::sync::Arc::new(Guardrails::unread(why)),
        ..PrincipalPolicies::default()
    };
    let request = Request {
        principal,
        action,
        target: &asset.target,
        context,
    };
    evaluate(&request, &own, &asset.policies)
}

fn check_action(action: &str) -> Result<(), Unanswerable> {
    let is_word = |text: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !text.is_empty() && text.len() <= 128 && text.bytes().all(is_plain)
    };
    let is_action = action
        .split_once(':')
        .is_some_and(|(service, operation)| is_word(service) && is_word(operation));
    if is_action {
        Ok(())
    } else {
        Err(Unanswerable::Action(action.to_owned()))
    }
}

fn is_denied(decision: PermissionDecision) -> bool {
    match decision {
        PermissionDecision::DeniedExplicit | PermissionDecision::DeniedImplicit => true,
        PermissionDecision::Allowed | PermissionDecision::AllowedIf | PermissionDecision::Unknown => false,
    }
}

/// An answer in the words of reports.
fn said(
    who: &Who<'_>,
    action: &str,
    asset: &Asset,
    answer: &Answer,
    (caveats, not_read): (Vec<Text>, Vec<Text>),
) -> PermissionAnswer {
    let clause = |shown: &dyn std::fmt::Display| Text::from(shown.to_string());
    PermissionAnswer {
        who: who.name(),
        action: Text::from(action),
        resource: asset.target.arn.clone(),
        decision: match answer.decision {
            Decision::Allowed => PermissionDecision::Allowed,
            Decision::AllowedIf => PermissionDecision::AllowedIf,
            Decision::Unknown => PermissionDecision::Unknown,
            Decision::DeniedExplicit => PermissionDecision::DeniedExplicit,
            Decision::DeniedImplicit => PermissionDecision::DeniedImplicit,
        },
        deciding: match answer.deciding.as_slice() {
            // No statement gives it what it has.
            [] if who.is_root_of(asset) && answer.decision.is_allowed() => {
                vec![Text::new_static(
                    "the root user has every permission of its account",
                )]
            }
            deciding => deciding.iter().map(|found| clause(found)).collect(),
        },
        conditions: answer.conditions.iter().map(|found| clause(found)).collect(),
        missing: answer
            .limits
            .iter()
            .filter(|layer| who.has_own_policies() || **layer != Layer::Identity)
            .map(|layer| Text::new_static(layer.title()))
            .collect(),
        unknown: answer.unknown.iter().cloned().chain(not_read).collect(),
        caveats: answer.caveats.iter().cloned().chain(caveats).collect(),
    }
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// Whether a principal stands for everybody.
fn is_everybody(principal: &Principal) -> bool {
    match principal.kind {
        PrincipalKind::Anonymous => true,
        PrincipalKind::AnyOfAccount => {
            principal.account.is_none() || principal.membership == Membership::Outside
        }
        PrincipalKind::Root
        | PrincipalKind::User
        | PrincipalKind::Role
        | PrincipalKind::Group
        | PrincipalKind::Service
        | PrincipalKind::Federated => false,
    }
}
