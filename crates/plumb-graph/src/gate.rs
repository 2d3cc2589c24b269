//! `admissions`: from where the resource policy lets callers in by an opening, and whom.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use plumb_iam::arn::{Arn, is_account};
use plumb_iam::document::{Effect, Listing};
use plumb_iam::evaluate::evaluate;
use plumb_iam::glob::cells::Coverage;
use plumb_iam::keys::Context;
use plumb_iam::policy::{Grant, NamedPolicy, Origin, PrincipalPolicies, ResourcePolicies};
use plumb_iam::principal::{Principal, STRANGER};
use plumb_iam::principal_pattern::PrincipalPattern;
use plumb_iam::request::{Request, Target};
use plumb_iam::vantage::{self, PlaceTests};
use plumb_iam::witness::{Naming, witnesses};
use plumb_model::path::Certainty;
use plumb_model::value::Text;
use plumb_net::address::{AddressSet, Width};
use plumb_pack::graph_role::{Callers, Demand, Gate, WithoutPolicy};
use plumb_pack::template::TemplateScope;

use crate::assemble::Outcome;
use crate::assemble::callers;
use crate::assemble::callers::is_federated_user;
use crate::assemble::strangers::parts;

/// The most accounts that are asked for by name.
const MAX_ACCOUNTS: usize = 200;

/// Somebody whom a resource policy lets in.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) who: Admitted,
    /// How surely, under which conditions, by which statements.
    pub(crate) outcome: Outcome,
}

/// Whom a resource policy lets in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// Whoever has one of these addresses.
    Addresses(AddressSet),
    /// The principals of an account.
    Account(Text),
}

impl Admitted {
    /// Whether all of some others are among them.
    pub(crate) fn covers(&self, others: &Self) -> bool {
        match (self, others) {
            (Self::Addresses(own), Self::Addresses(others)) => others.difference(own).is_empty(),
            (Self::Account(own), Self::Account(other)) => own == other,
            (Self::Addresses(own), Self::Account(_)) => own.width() == Width::Wide,
            (Self::Account(_), Self::Addresses(_)) => false,
        }
    }
}

/// Everybody from outside of the account whom the policy of a resource lets in, the surest first.
///
/// Who has no address that a condition tells apart may have any of the internet.
pub(crate) fn admissions(
    gate: &Gate,
    policy: Option<&NamedPolicy>,
    scope: &TemplateScope<'_>,
    moment: Timestamp,
) -> Vec<Admission> {
    let Some(policy) = policy else {
        return match gate.without_policy {
            WithoutPolicy::Shut => Vec::new(),
            WithoutPolicy::Open => vec![Admission {
                who: Admitted::Addresses(AddressSet::full()),
                outcome: Outcome::default(),
            }],
        };
    };
    let rendered = gate.on.render(scope);
    let Some(on) = rendered.as_str() else {
        return Vec::new();
    };
    let asked = Asked::new(gate, policy, (scope, moment), on);
    let mut tests = PlaceTests::default();
    if let Some(document) = policy.document() {
        tests.note(document);
    }
    let parts = parts(&tests).unwrap_or_else(|| vec![AddressSet::full()]);
    let contexts: Vec<(Context, AddressSet)> = parts
        .into_iter()
        .map(|part| {
            let address = part.intersection(&AddressSet::internet()).first();
            let address = address.filter(|_| !tests.otherwise);
            (asked.context(vantage::from_internet(address)), part)
        })
        .collect();
    let mut found = match &gate.callers {
        Callers::Anybody => from_addresses(&asked, &contexts, &[Principal::anonymous()]),
        Callers::Accounts(_) => {
            let seen = callers::Callers::of(Some(policy));
            let stranger = Principal::stranger_apart(seen.arns_have_accounts);
            let itself = from_addresses(&asked, &contexts, std::slice::from_ref(&stranger));
            if itself.is_empty() {
                by_service(&asked)
            } else {
                itself
            }
        }
    };
    let is_open = found
        .first()
        .is_some_and(|admission| admission.outcome.certainty == Certainty::Certain);
    if let (Callers::Accounts(_), false) = (&gate.callers, is_open) {
        for account in named_accounts(policy, scope.account) {
            let somebody = [Principal::any_of_account(account.clone())];
            let surest = from_addresses(&asked, &contexts, &somebody).into_iter().next();
            found.extend(surest.map(|admission| Admission {
                who: Admitted::Account(account),
                outcome: admission.outcome,
            }));
        }
    }
    found
}

/// The addresses from which one of some principals gets in, apart by how surely.
fn from_addresses(
    asked: &Asked<'_>,
    contexts: &[(Context, AddressSet)],
    principals: &[Principal],
) -> Vec<Admission> {
    let mut found: Vec<Admission> = Vec::new();
    for (context, part) in contexts {
        let answers = principals.iter().map(|principal| asked.by(principal, context));
        let Some(outcome) = answers.fold(None, Outcome::or) else {
            continue;
        };
        let known = found
            .iter_mut()
            .find(|known| known.outcome.certainty == outcome.certainty);
        match known {
            Some(Admission {
                who: Admitted::Addresses(addresses),
                ..
            }) => *addresses = addresses.union(part),
            Some(_) | None => found.push(Admission {
                who: Admitted::Addresses(part.clone()),
                outcome,
            }),
        }
    }
    found.sort_by_key(|admission| admission.outcome.certainty);
    let is_wide = |admission: &Admission| match &admission.who {
        Admitted::Addresses(addresses) => addresses.width() == Width::Wide,
        Admitted::Account(_) => false,
    };
    // What is less sure than something as wide as the internet says nothing new.
    let enough = found.iter().position(is_wide);
    found.truncate(enough.map_or(found.len(), |position| position + 1));
    found
}

/// What a stranger has a service of the cloud do, which then says for what of theirs it acts; no service is meant by name.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
fn by_service(asked: &Asked<'_>) -> Vec<Admission> {
    let service = Principal::service("any.amazonaws.com");
    let context = vantage::direct()
        .with("aws:SourceAccount", STRANGER)
        .with("aws:SourceArn", format!("arn:aws:sns:us-east-1:{STRANGER}:any"));
    let context = asked.context(context);
    let outcome = asked.by(&service, &context);
    let admission = |outcome| Admission {
        who: Admitted::Addresses(AddressSet::full()),
        outcome,
    };
    outcome.map(admission).into_iter().collect()
}

/// The accounts that a policy names among those whom it allows something, other than its own.
fn named_accounts(policy: &NamedPolicy, own: &str) -> BTreeSet<Text> {
    let statements = policy
        .document()
        .map_or(&[][..], |document| document.statements());
    statements
        .iter()
        .filter(|statement| statement.effect == Effect::Allow)
        .filter_map(|statement| statement.principals.as_ref())
        .filter(|principals| principals.listing == Listing::Only)
        .flat_map(|principals| &principals.patterns)
        .filter_map(|pattern| match pattern {
            PrincipalPattern::Account(account) | PrincipalPattern::Session { account, .. } => {
                Some(account.clone())
            }
            PrincipalPattern::Entity(arn) => {
                let is_somebody = Principal::of_arn(arn).is_some() || is_federated_user(arn);
                Arn::account_of(arn).filter(|_| is_somebody).map(Text::from)
            }
            PrincipalPattern::Everyone
            | PrincipalPattern::Service(_)
            | PrincipalPattern::Federated(_)
            | PrincipalPattern::UniqueId(_)
            | PrincipalPattern::CanonicalUser(_) => None,
        })
        .chain(callers::Callers::of(Some(policy)).accounts)
        .filter(|account| is_account(account) && *account != own)
        .take(MAX_ACCOUNTS)
        .collect()
}

/// What callers ask for.
struct Asked<'a> {
    gate: &'a Gate,
    resource: ResourcePolicies,
    target: Target,
    /// The ARN that is asked about, with its wildcards.
    on: &'a str,
    /// What is the same in all requests.
    given: Vec<(Text, Text)>,
}

impl<'a> Asked<'a> {
    fn new(
        gate: &'a Gate,
        policy: &NamedPolicy,
        (scope, moment): (&TemplateScope<'_>, Timestamp),
        on: &'a str,
    ) -> Self {
        let resource = ResourcePolicies {
            policy: Some(policy.clone()),
            grants: match gate.demand {
                Demand::Allowed => Vec::new(),
                Demand::NotDenied => vec![everything_to_everybody(gate, policy)],
            },
            ..ResourcePolicies::default()
        };
        let given = gate.context.iter().filter_map(|(key, value)| {
            let value = value.render(scope);
            Some((key.clone(), Text::from(value.as_str()?)))
        });
        let mut target = Target::new(on.replace('*', "x"))
            .in_account(scope.account)
            .in_region(scope.region);
        target.moment = Some(moment);
        Self {
            gate,
            resource,
            target,
            on,
            given: given.collect(),
        }
    }

    fn context(&self, context: Context) -> Context {
        let lacks = self.gate.lacks.iter();
        let context = lacks.fold(context, |context, key| context.without(key));
        let given = self.given.iter();
        given.fold(context, |context, (key, value)| context.with(key, value.clone()))
    }

    /// Whether a principal gets in, by whatever name does.
    fn by(&self, principal: &Principal, context: &Context) -> Option<Outcome> {
        let best = self.on_one(principal, context, &self.target);
        let is_certain = |outcome: &Option<Outcome>| {
            outcome
                .as_ref()
                .is_some_and(|outcome| outcome.certainty == Certainty::Certain)
        };
        if is_certain(&best) || !self.on.contains('*') {
            return best;
        }
        let requests: Vec<Request<'_>> = self
            .gate
            .actions
            .iter()
            .map(|action| self.request(principal, action, context, &self.target))
            .collect();
        let own = PrincipalPolicies::default();
        let found = witnesses(self.on, Naming::Free, &requests, &own, &self.resource);
        let best = found.names.into_iter().fold(best, |best, name| {
            if is_certain(&best) {
                return best;
            }
            let mut target = self.target.clone();
            target.arn = name;
            Outcome::or(best, self.on_one(principal, context, &target))
        });
        match (best, found.coverage) {
            (None, Coverage::Some) => Some(Outcome::possible(Text::new_static(
                "its policy tells too many names apart to say whether there is one that it permits",
            ))),
            (best, Coverage::All | Coverage::Some) => best,
        }
    }

    fn on_one(&self, principal: &Principal, context: &Context, target: &Target) -> Option<Outcome> {
        let own = PrincipalPolicies::default();
        let mut actions = self.gate.actions.iter();
        actions.try_fold(Outcome::default(), |all, action| {
            let request = self.request(principal, action, context, target);
            let mut answer = evaluate(&request, &own, &self.resource);
            // Of a stranger there is nothing more to assume.
            answer.caveats.clear();
            Some(all.and(Outcome::of(&answer)?))
        })
    }

    fn request<'r>(
        &'r self,
        principal: &'r Principal,
        action: &'r str,
        context: &'r Context,
        target: &'r Target,
    ) -> Request<'r> {
        Request {
            principal,
            action,
            target,
            context,
        }
    }
}

/// What stands for the allowance of something else than the policy, so that what the policy denies alone decides.
fn everything_to_everybody(gate: &Gate, policy: &NamedPolicy) -> Grant {
    Grant {
        origin: Arc::new(Origin {
            holder: Text::default(),
            policy: policy.origin.policy.clone(),
            group: None,
        }),
        grantee: PrincipalPattern::Everyone,
        actions: gate
            .actions
            .iter()
            .map(|action| Text::from(action.to_ascii_lowercase()))
            .collect(),
        condition: None,
    }
}
