//! What the internet may do: asked from everywhere that conditions tell apart, as the graph asks it.

use std::net::IpAddr;

use plumb_iam::keys::Context;
use plumb_iam::principal::Principal;
use plumb_iam::vantage::{self, PlaceTests};
use plumb_model::answer::{PermissionAnswer, PermissionDecision};
use plumb_model::value::Text;
use plumb_net::address::{AddressSet, Width};

use super::passages::Coming;
use super::{Questions, What, Who};
use crate::assemble::callers::Callers;
use crate::assemble::organizations::{Named, OF_ANY_ORGANIZATION};
use crate::assemble::strangers::{described, parts};

impl Questions<'_> {
    /// The surer answer of those for somebody without credentials and for somebody with an account of their own.
    pub(super) fn of_internet(&self, action: &str, what: &What, context: &Context) -> PermissionAnswer {
        let callers = Callers::of(what.asset.policies.policy.as_ref());
        let anonymous = self.of_anybody(&Principal::anonymous(), action, what, context);
        let stranger = Principal::stranger_apart(callers.arns_have_accounts);
        let stranger = self.of_anybody(&stranger, action, what, context);
        // Decisions are ordered from the surest permission down.
        let is_surer = stranger.decision < anonymous.decision;
        let mut answer = if is_surer { stranger } else { anonymous };
        let any_organization = Named::all(&callers).into_iter().filter(|named| match named {
            Named::One(_) => false,
            Named::AnyLike(_) => true,
        });
        for named in any_organization {
            let mut member = self.of_anybody(&named.principal(), action, what, context);
            if member.decision == PermissionDecision::Allowed {
                member.decision = PermissionDecision::AllowedIf;
            }
            if member.decision < answer.decision {
                member
                    .conditions
                    .push(Text::from(format!("if {OF_ANY_ORGANIZATION}")));
                answer = member;
            }
        }
        answer.who = Who::Internet.name();
        answer
    }

    /// The answer for somebody of whom nothing is known, from wherever they ask.
    pub(super) fn of_anybody(
        &self,
        principal: &Principal,
        action: &str,
        what: &What,
        context: &Context,
    ) -> PermissionAnswer {
        let who = Who::Outsider(principal.clone());
        let ask = |context: &Context| self.answer_in(&who, action, what, &Coming::of(context));
        if vantage::has_address(context) {
            return ask(&context.clone().or(vantage::from_internet(None)));
        }
        if vantage::has_endpoint(context) {
            return ask(context);
        }
        let tests = place_tests(what);
        let over_internet = |address: Option<IpAddr>| context.clone().or(vantage::from_internet(address));
        let Some(parts) = parts(&tests) else {
            return ask(&over_internet(None));
        };
        let internet = AddressSet::internet();
        let answers: Vec<(AddressSet, PermissionAnswer)> = parts
            .into_iter()
            .map(|part| {
                let address = part.intersection(&internet).first();
                (part, ask(&over_internet(address)))
            })
            .collect();
        let own_network = tests
            .any
            .then(|| ask(&context.clone().or(vantage::from_own_network())));
        surest(answers, own_network).unwrap_or_else(|| ask(context))
    }
}

fn place_tests(what: &What) -> PlaceTests {
    let mut tests = PlaceTests::default();
    let keys = what.needs.iter().flat_map(|needs| needs.keys());
    for asset in std::iter::once(&what.asset).chain(keys) {
        let control = asset.policies.resource_control.levels.iter().flatten();
        let policies = asset.policies.policy.iter().chain(control);
        policies
            .filter_map(|policy| policy.document())
            .for_each(|document| tests.note(document));
    }
    tests
}

/// The surest answer that holds for as much as the internet; one for less is a condition.
fn surest(
    answers: Vec<(AddressSet, PermissionAnswer)>,
    own_network: Option<PermissionAnswer>,
) -> Option<PermissionAnswer> {
    let of = |wanted: PermissionDecision| -> Option<(AddressSet, &PermissionAnswer)> {
        let mut found: Option<(AddressSet, &PermissionAnswer)> = None;
        for (addresses, answer) in answers.iter().filter(|(_, answer)| answer.decision == wanted) {
            found = Some(match found {
                Some((known, first)) => (known.union(addresses), first),
                None => (addresses.clone(), answer),
            });
        }
        found
    };
    let only_from = |addresses: &AddressSet, answer: &PermissionAnswer| {
        let mut answer = answer.clone();
        answer.decision = PermissionDecision::AllowedIf;
        answer.conditions.push(Text::from(format!(
            "if the request comes from {}",
            described(addresses)
        )));
        answer
    };
    let (allowed, conditional) = (of(PermissionDecision::Allowed), of(PermissionDecision::AllowedIf));
    let is_wide = |found: &Option<(AddressSet, &PermissionAnswer)>| {
        found
            .as_ref()
            .is_some_and(|(addresses, _)| addresses.width() == Width::Wide)
    };
    let (allowed_is_wide, conditional_is_wide) = (is_wide(&allowed), is_wide(&conditional));
    match (allowed, conditional) {
        (Some((_, answer)), _) if allowed_is_wide => Some(answer.clone()),
        (_, Some((_, answer))) if conditional_is_wide => Some(answer.clone()),
        (Some((addresses, answer)), _) | (None, Some((addresses, answer))) => {
            Some(only_from(&addresses, answer))
        }
        (None, None) => {
            let through_own = own_network.filter(|answer| match answer.decision {
                PermissionDecision::Allowed | PermissionDecision::AllowedIf => true,
                PermissionDecision::Unknown
                | PermissionDecision::DeniedExplicit
                | PermissionDecision::DeniedImplicit => false,
            });
            if let Some(mut answer) = through_own {
                answer.decision = PermissionDecision::AllowedIf;
                answer.conditions.push(Text::new_static(
                    "if the request comes through a VPC endpoint, which everybody with an account can make",
                ));
                return Some(answer);
            }
            of(PermissionDecision::Unknown)
                .map(|(_, answer)| answer.clone())
                .or_else(|| answers.into_iter().next().map(|(_, answer)| answer))
        }
    }
}
