//! By which ways a request comes where policies look at the VPC endpoint that it comes through, as the graph asks it.

use std::collections::BTreeSet;

use plumb_iam::endpoint::Endpoint;
use plumb_iam::keys::{Context, KeyValue};
use plumb_iam::passages::Places;
use plumb_iam::policy::NamedPolicy;
use plumb_iam::principal::Principal;
use plumb_iam::truth::Truth;
use plumb_iam::vantage;
use plumb_model::answer::{PermissionAnswer, PermissionDecision};
use plumb_model::value::Text;

use super::needs::unknown;
use super::{Questions, What, Who, is_denied};
use crate::assemble::assets::policies;

/// The key by which a request says through which endpoint it comes.
const ENDPOINT: &str = "aws:sourcevpce";

/// How many endpoints that are not equal are asked about one request.
const MAX_ENDPOINTS: usize = 64;

/// How a request comes.
#[derive(Clone)]
pub(super) struct Coming<'a> {
    /// What is given of it.
    context: Context,
    /// The VPC endpoint that it comes through.
    endpoint: Option<&'a Endpoint>,
    /// What is given of requests that a service sends on its behalf, and of those that do not go to the service of the endpoint.
    besides: Context,
    /// Who sends it to the endpoint, where the policies are asked for everybody in their place.
    pub(super) sender: Option<&'a Principal>,
}

impl<'a> Coming<'a> {
    /// Of which this is given, and nothing else.
    pub(super) fn of(context: &Context) -> Self {
        Self {
            context: context.clone(),
            endpoint: None,
            besides: context.clone(),
            sender: None,
        }
    }

    /// Of which this is given beside, where it comes by a certain way.
    fn by(given: &Context, way: Context) -> Self {
        Self {
            context: given.clone().or(way),
            ..Self::of(given)
        }
    }

    fn through(given: &Context, action: &str, endpoint: &'a Endpoint) -> Self {
        Self {
            endpoint: Some(endpoint),
            ..Self::by(given, endpoint.context(action))
        }
    }

    /// To the resource itself, and not through an access point.
    pub(super) fn directly(mut self) -> Self {
        self.context = self.context.or(vantage::direct());
        self.besides = self.besides.or(vantage::direct());
        self
    }

    /// With these keys beside.
    pub(super) fn with(mut self, keys: &[(Text, Text)]) -> Self {
        for (key, value) in keys {
            self.context = self.context.with(key, value.clone());
            self.besides = self.besides.with(key, value.clone());
        }
        self
    }

    /// Sent by somebody, whomever the policies are asked for.
    pub(super) fn sent_by(mut self, who: &'a Who<'_>) -> Self {
        self.sender = self.sender.or_else(|| who.principal());
        self
    }

    /// What a service sends on its behalf.
    pub(super) fn by_service(&self) -> Self {
        Self::of(&vantage::by_service(&self.besides))
    }

    /// What is given of a request for an action, and the endpoint, if the action goes through it.
    pub(super) fn towards(&self, action: &str) -> (&Context, Option<&'a Endpoint>) {
        match self.endpoint {
            Some(endpoint) if endpoint.serves(action).is_possible() => (&self.context, Some(endpoint)),
            Some(_) => (&self.besides, None),
            None => (&self.context, None),
        }
    }
}

impl Questions<'_> {
    /// The answer to a request that comes through the endpoint which is given; `None` where none is.
    pub(super) fn through_given(
        &self,
        who: &Who<'_>,
        action: &str,
        what: &What,
        context: &Context,
    ) -> Option<PermissionAnswer> {
        let id = match context.given(ENDPOINT)? {
            KeyValue::Known(values) => values.first()?.clone(),
            KeyValue::Absent | KeyValue::AbsentOr(_) | KeyValue::Unspecified | KeyValue::Unread(_) => {
                return None;
            }
        };
        let Some(endpoint) = self.directory.endpoints().get(&id) else {
            let coming = Coming::by(context, vantage::through_some_endpoint());
            let answer = self.answer_in(who, action, what, &coming);
            let why =
                format!("the VPC endpoint `{id}` is not among what was read, so its policy is not known");
            return Some(unknown(answer, Text::from(why)));
        };
        let mut answer = self.answer_through(who, action, what, (context, endpoint));
        if endpoint.serves(action) == Truth::False {
            answer.caveats.push(Text::from(format!(
                "`{id}` leads to another service, so no request for `{action}` comes through it"
            )));
        }
        Some(answer)
    }

    /// The surest answer to a request that comes by a way that is not given.
    pub(super) fn by_any_way(
        &self,
        who: &Who<'_>,
        action: &str,
        what: &What,
        context: &Context,
    ) -> PermissionAnswer {
        let over_internet = || Coming::by(context, vantage::from_internet(None));
        if vantage::has_address(context) {
            return self.answer_in(who, action, what, &over_internet());
        }
        let open = self.answer_in(who, action, what, &Coming::of(context));
        let Who::Member(member) = who else { return open };
        if open.decision == PermissionDecision::Allowed || is_denied(open.decision) {
            return open;
        }
        let mut places = Places::default();
        let behind = what.needs.iter().flat_map(|needs| needs.behind());
        let mut note = |policy: &NamedPolicy| {
            policy
                .document()
                .into_iter()
                .for_each(|document| places.note(document));
        };
        policies(&member.policies).for_each(&mut note);
        for asset in std::iter::once(&what.asset).chain(behind) {
            asset.policies.policy.iter().for_each(&mut note);
            let control = asset.policies.resource_control.levels.iter().flatten();
            control.for_each(&mut note);
        }
        if !places.are_looked_at() {
            return open;
        }
        let plain = if vantage::has_endpoint(context) {
            None
        } else {
            Some(self.answer_in(who, action, what, &over_internet()))
        };
        if let Some(plain) = &plain
            && (plain.decision == PermissionDecision::Allowed || *plain == open)
        {
            return plain.clone();
        }
        let found = self.by_endpoints(who, action, what, (context, &places), plain);
        found.unwrap_or_else(|| {
            // What is given holds of no endpoint that was read, so it is one that no policy names.
            let coming = Coming::by(context, vantage::from_own_network());
            let why = "no VPC endpoint of which this holds was read";
            unknown(self.answer_in(who, action, what, &coming), Text::new_static(why))
        })
    }

    /// The surest of the answers over the internet, through endpoints that were read, and through others; `None` where none is asked.
    fn by_endpoints(
        &self,
        who: &Who<'_>,
        action: &str,
        what: &What,
        (context, places): (&Context, &Places),
        plain: Option<PermissionAnswer>,
    ) -> Option<PermissionAnswer> {
        let agrees = |way: &Context| vantage::may_be_one_place(way, context);
        let ask = |way: Context| self.answer_in(who, action, what, &Coming::by(context, way));
        let own = Some(vantage::from_own_network()).filter(agrees).map(ask);
        let any_will_do = own.as_ref().is_some_and(|own| !is_denied(own.decision));
        let own = own.map(|own| {
            let clause =
                "if the request comes through a VPC endpoint, which everybody with an account can make";
            only_if(own, Text::new_static(clause))
        });
        let endpoints = self.directory.endpoints();
        let mut known = BTreeSet::new();
        let mut different = endpoints
            .towards(action, &what.region)
            .filter(|endpoint| any_will_do || places.tell_apart(endpoint) != Truth::False)
            .filter(|endpoint| agrees(&endpoint.context(action)))
            .filter(|endpoint| known.insert(places.likeness(endpoint, action)));
        let through: Vec<(&Endpoint, PermissionAnswer)> = different
            .by_ref()
            .take(MAX_ENDPOINTS)
            .map(|endpoint| {
                let answer = self.answer_through(who, action, what, (context, endpoint));
                (endpoint, answer)
            })
            .collect();
        let beyond = different.next().map(|_| {
            let why = format!("more than {MAX_ENDPOINTS} VPC endpoints come into question");
            unknown(ask(vantage::through_some_endpoint()), Text::from(why))
        });
        let unread = endpoints
            .unread(places)
            .into_iter()
            .filter(|(_, way)| agrees(way));
        let unread = unread
            .map(|(clause, way)| unknown(ask(way), Text::from(format!("if the request comes {clause}"))));
        let unread: Vec<PermissionAnswer> = unread.filter(|answer| !is_denied(answer.decision)).collect();
        let notes: Vec<Text> = through
            .iter()
            .filter_map(|(endpoint, answer)| why_not(endpoint, answer))
            .collect();
        let through = through.into_iter().map(|(endpoint, answer)| {
            let clause = match &endpoint.network {
                Ok(network) => format!(
                    "if the request comes through the VPC endpoint `{}` from within the network `{network}`",
                    endpoint.id
                ),
                Err(_) => format!("if the request comes through the VPC endpoint `{}`", endpoint.id),
            };
            only_if(answer, Text::from(clause))
        });
        let all = plain
            .into_iter()
            .chain(own)
            .chain(through)
            .chain(unread)
            .chain(beyond);
        // Of equal ones the first is the plainest.
        let mut best = all.min_by_key(|answer| answer.decision)?;
        if is_denied(best.decision) {
            best.caveats.extend(notes);
        }
        Some(best)
    }

    fn answer_through(
        &self,
        who: &Who<'_>,
        action: &str,
        what: &What,
        (context, endpoint): (&Context, &Endpoint),
    ) -> PermissionAnswer {
        let answer = self.answer_in(who, action, what, &Coming::through(context, action, endpoint));
        if endpoint.serves(action) != Truth::Unknown {
            return answer;
        }
        let doubt = format!(
            "whether `{}` leads to the service was not understood",
            endpoint.id
        );
        unknown(answer, Text::from(doubt))
    }
}

/// The answer where something must hold beside.
fn only_if(mut answer: PermissionAnswer, clause: Text) -> PermissionAnswer {
    if !is_denied(answer.decision) {
        answer.decision = answer.decision.max(PermissionDecision::AllowedIf);
        answer.conditions.push(clause);
    }
    answer
}

/// What denies a request through an endpoint.
fn why_not(endpoint: &Endpoint, answer: &PermissionAnswer) -> Option<Text> {
    let decision = answer.decision;
    let by: Vec<&str> = answer
        .deciding
        .iter()
        .chain(&answer.missing)
        .map(Text::as_str)
        .collect();
    let by = match (decision, by.as_slice()) {
        (_, []) => String::new(),
        (PermissionDecision::DeniedImplicit, by) => format!(", by no {}", by.join(" and no ")),
        (_, by) => format!(", {}", by.join(" and ")),
    };
    is_denied(decision).then(|| {
        Text::from(format!(
            "through `{}` it is {}{by}",
            endpoint.id,
            decision.title()
        ))
    })
}
