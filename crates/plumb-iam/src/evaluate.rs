//! `evaluate`: the decision about a request from all policies that take part.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>,
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html> and
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html>.

use plumb_model::value::Text;

use crate::answer::{Answer, Condition, Decision, Layer, StatementRef};
use crate::arn::Arn;
use crate::glob::{Glob, Style};
use crate::layer::{Audience, Hit, Verdict};
use crate::policy::{Guardrails, NamedPolicy, PrincipalPolicies, ResourcePolicies};
use crate::principal::{PrincipalKind, STRANGER, Stewardship};
use crate::principal_pattern::Named;
use crate::request::{Extent, Request, Target};
use crate::route::{EVERY_WAY, Part, Route, statements};
use crate::truth::Truth;

/// The services whose resources are bound by resource control policies, as prefixes of actions.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services>
pub const BOUND_BY_RESOURCE_CONTROL: [&str; 10] = [
    "aoss",
    "cognito-identity",
    "cognito-idp",
    "ecr",
    "kms",
    "logs",
    "s3",
    "secretsmanager",
    "sqs",
    "sts",
];

/// Decides a request.
///
/// The policies must be those of the request's principal with its account, and of its resource with its account.
/// Nothing is guessed: what depends on parts of the request that are not given is kept as a condition, what depends on
/// an unread policy is unknown.
pub fn evaluate(request: &Request<'_>, own: &PrincipalPolicies, resource: &ResourcePolicies) -> Answer {
    let action = request.action.to_ascii_lowercase();
    let layers = Layers::judge(request, own, resource, &action);
    let allow = layers.allow(request, &action);
    let deny = layers.deny();
    let decision = Decision::of(allow, deny);
    let mut answer = layers.answer(decision, request, &action);
    if decision.is_allowed() {
        answer.caveats = caveats(request, &action, own, resource);
    }
    answer
}

/// Whether nobody has the permission but those whom the resource's policy names, directly or by their account.
///
/// Role trust policies and key policies are such:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>.
fn policy_is_required(action: &str, target: &Target) -> bool {
    let is_key = || match &target.extent {
        Extent::One => Arn::read(&target.arn).is_some_and(|arn| arn.resource.starts_with("key/")),
        Extent::SomeOf(resources) => resources.overlaps(&Glob::new("*:key/*", Style::Text)),
    };
    is_assumption(action) || action.starts_with("kms:") && is_key()
}

/// Whether a service answers signed requests only, so that nobody without credentials gets through to its policies.
///
/// Requests with a token of an identity provider are not signed, but come from a federated principal.
fn refuses_anonymous(action: &str) -> bool {
    action.starts_with("sts:") || action.starts_with("kms:") || action.starts_with("iam:")
}

/// Whether an action is decided by a role's trust policy.
pub(crate) fn is_assumption(action: &str) -> bool {
    action.starts_with("sts:assumerole") || matches!(action, "sts:tagsession" | "sts:setsourceidentity")
}

struct Layers {
    identity: Verdict,
    boundary: Option<Verdict>,
    session: Option<Verdict>,
    service_control: Vec<Verdict>,
    resource_control: Vec<Verdict>,
    resource: Verdict,
}

impl Layers {
    fn judge(
        request: &Request<'_>,
        own: &PrincipalPolicies,
        resource: &ResourcePolicies,
        action: &str,
    ) -> Self {
        let implied = |layer, policies: &[NamedPolicy]| {
            Verdict::of(layer, Audience::Implied, policies, request, action)
        };
        let levels = |layer, guardrails: &Guardrails| {
            let levels = guardrails.levels.iter();
            levels.map(|level| implied(layer, level)).collect()
        };
        let mut layers = Self {
            identity: implied(Layer::Identity, &own.identity),
            boundary: own
                .boundary
                .as_ref()
                .map(|policy| implied(Layer::Boundary, std::slice::from_ref(policy))),
            session: own
                .session
                .as_ref()
                .map(|policies| implied(Layer::Session, policies)),
            service_control: Vec::new(),
            resource_control: Vec::new(),
            resource: Verdict::of(
                Layer::Resource,
                Audience::Stated,
                &resource.policy,
                request,
                action,
            ),
        };
        if is_stranger(request) {
            let why = "whether public access to the resource is restricted was not read";
            layers.resource.limit_allows(!resource.shuts_out_strangers, why);
        }
        layers.resource.add_grants(resource, request, action);
        if bound_by_service_control(request) {
            layers.service_control = levels(Layer::ServiceControl, &own.service_control);
        }
        if bound_by_resource_control(request, action) {
            layers.resource_control = levels(Layer::ResourceControl, &resource.resource_control);
        }
        layers
    }

    fn all(&self) -> impl Iterator<Item = &Verdict> {
        std::iter::once(&self.identity)
            .chain(&self.boundary)
            .chain(&self.session)
            .chain(&self.service_control)
            .chain(&self.resource_control)
            .chain(std::iter::once(&self.resource))
    }

    /// An explicit deny in any layer wins.
    fn deny(&self) -> Truth {
        self.all().map(Verdict::deny).fold(Truth::False, Truth::or)
    }

    fn allow(&self, request: &Request<'_>, action: &str) -> Truth {
        let granted = self
            .routes(request, action)
            .iter()
            .map(Route::truth)
            .fold(Truth::False, Truth::or_at_least);
        self.guardrails().and(granted)
    }

    /// Every level of the organization must allow.
    fn guardrails(&self) -> Truth {
        self.service_control
            .iter()
            .chain(&self.resource_control)
            .map(Verdict::allow_by_any)
            .fold(Truth::True, Truth::and)
    }

    /// The ways to a permission, each of which is enough; all parts of a way must permit.
    fn routes(&self, request: &Request<'_>, action: &str) -> Vec<Route<'_>> {
        use PrincipalKind::{Anonymous, AnyOfAccount, Federated, Group, Role, Root, Service, User};
        let resource = |counts: &'static [Named]| Part {
            verdict: &self.resource,
            counts: Some(counts),
        };
        let whole = |verdict| Part {
            verdict,
            counts: None,
        };
        let limits = || self.boundary.iter().chain(&self.session).map(whole);
        let own = match request.principal.kind {
            Anonymous if refuses_anonymous(action) => return Vec::new(),
            Service | Federated | Anonymous => return vec![Route(vec![resource(&EVERY_WAY)])],
            // The root user has all permissions of its account, but may not assume roles:
            // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
            Root if is_assumption(action) => return Vec::new(),
            Root | AnyOfAccount => Vec::new(),
            User | Role | Group => std::iter::once(whole(&self.identity)).chain(limits()).collect(),
        };
        let both = |counts| Route(own.iter().copied().chain([resource(counts)]).collect());
        if !request.is_within_account() {
            return vec![both(&EVERY_WAY)];
        }
        // A policy that names a user, a session or everybody grants by itself; one that names a role grants to its
        // sessions within boundary and session policy; one that names the account leaves it to the account's policies.
        let directly = Route(vec![resource(&[Named::Directly, Named::AsEveryone])]);
        let by_role = Route(
            std::iter::once(resource(&[Named::ByRole]))
                .chain(limits())
                .collect(),
        );
        let by_own_policies = if policy_is_required(action, request.target) {
            both(&[Named::ByAccount])
        } else {
            Route(own)
        };
        vec![directly, by_role, by_own_policies]
    }

    fn answer(&self, decision: Decision, request: &Request<'_>, action: &str) -> Answer {
        let mut answer = Answer {
            decision,
            conditions: Vec::new(),
            deciding: Vec::new(),
            limits: Vec::new(),
            unknown: Vec::new(),
            caveats: Vec::new(),
        };
        match decision {
            Decision::DeniedExplicit => answer.deciding = self.certain_denies(),
            Decision::DeniedImplicit => {
                answer.limits = self.missing_allows();
                if self.resource.allows.is_empty() && !request.is_within_account() {
                    answer.limits.push(Layer::Resource);
                }
            }
            Decision::Unknown => answer.unknown = self.unknown(),
            Decision::Allowed | Decision::AllowedIf => {
                let routes = self.best_routes(request, action);
                answer.deciding = statements(&routes);
                if decision == Decision::AllowedIf {
                    answer.conditions = self.conditions(&routes);
                }
                answer.unknown = self.unknown();
            }
        }
        answer.deciding.sort();
        answer.deciding.dedup();
        answer.conditions.sort();
        answer.conditions.dedup();
        answer.unknown.sort();
        answer.unknown.dedup();
        answer
    }

    fn certain_denies(&self) -> Vec<StatementRef> {
        let denies = self.all().flat_map(|verdict| &verdict.denies);
        denies
            .filter(|hit| hit.truth == Truth::True)
            .map(|hit| hit.statement.clone())
            .collect()
    }

    /// The layers that permit nothing and must.
    fn missing_allows(&self) -> Vec<Layer> {
        let nothing = |verdict: &Verdict| verdict.allow_by_any() == Truth::False;
        let mut limits = Vec::new();
        let named = [
            (Layer::Identity, nothing(&self.identity)),
            (Layer::Boundary, self.boundary.as_ref().is_some_and(nothing)),
            (Layer::Session, self.session.as_ref().is_some_and(nothing)),
            (Layer::ServiceControl, self.service_control.iter().any(nothing)),
            (Layer::ResourceControl, self.resource_control.iter().any(nothing)),
        ];
        limits.extend(
            named
                .into_iter()
                .filter(|(_, limits)| *limits)
                .map(|(layer, _)| layer),
        );
        limits
    }

    /// The certain ways where there are any, else those that depend on the request.
    fn best_routes(&self, request: &Request<'_>, action: &str) -> Vec<Route<'_>> {
        let (certain, others): (Vec<_>, Vec<_>) = self
            .routes(request, action)
            .into_iter()
            .partition(|route| route.truth() == Truth::True);
        if certain.is_empty() {
            others
                .into_iter()
                .filter(|route| route.truth() == Truth::Depends)
                .collect()
        } else {
            certain
        }
    }

    /// The statements on whose tests the decision depends: permitting ones where no other permits for certain, and
    /// all that forbid.
    fn conditions(&self, routes: &[Route<'_>]) -> Vec<Condition> {
        let guardrails = self.service_control.iter().chain(&self.resource_control);
        let guardrails = guardrails.map(|verdict| Part {
            verdict,
            counts: None,
        });
        let parts = routes
            .iter()
            .flat_map(|route| route.0.iter().copied())
            .chain(guardrails);
        let allows = parts
            .filter(|part| part.truth() == Truth::Depends)
            .flat_map(|part| part.hits().filter(|hit| hit.truth == Truth::Depends));
        let denies = self.all().flat_map(|verdict| &verdict.denies);
        let denies = denies.filter(|hit| hit.truth == Truth::Depends);
        allows.chain(denies).map(Hit::condition).collect()
    }

    fn unknown(&self) -> Vec<Text> {
        self.all()
            .flat_map(|verdict| verdict.unknown.iter().cloned())
            .collect()
    }
}

/// Whether the requester is neither of the resource's account nor a service of AWS.
fn is_stranger(request: &Request<'_>) -> bool {
    request.principal.kind != PrincipalKind::Service && !request.is_within_account()
}

/// Service control policies bind users, roles and the root user of member accounts, but no service-linked role.
fn bound_by_service_control(request: &Request<'_>) -> bool {
    use PrincipalKind::{Anonymous, AnyOfAccount, Federated, Group, Role, Root, Service, User};
    match request.principal.kind {
        Root | User | Group | AnyOfAccount => true,
        Role => request.principal.stewardship != Stewardship::ServiceLinked,
        Service | Federated | Anonymous => false,
    }
}

/// Resource control policies bind everybody on resources of some services, but no service-linked role.
fn bound_by_resource_control(request: &Request<'_>, action: &str) -> bool {
    let service = action.split_once(':').map_or(action, |(service, _)| service);
    BOUND_BY_RESOURCE_CONTROL.contains(&service)
        && request.principal.stewardship != Stewardship::ServiceLinked
}

fn caveats(
    request: &Request<'_>,
    action: &str,
    own: &PrincipalPolicies,
    resource: &ResourcePolicies,
) -> Vec<Text> {
    let mut caveats = Vec::new();
    if let Some(why) = own
        .service_control
        .unread
        .as_ref()
        .filter(|_| bound_by_service_control(request))
    {
        caveats.push(
            format!("service control policies were not read, an organization may forbid it: {why}").into(),
        );
    }
    let resource_control = resource.resource_control.unread.as_ref();
    if let Some(why) = resource_control.filter(|_| bound_by_resource_control(request, action)) {
        caveats.push(
            format!("resource control policies were not read, an organization may forbid it: {why}").into(),
        );
    }
    if let (PrincipalKind::AnyOfAccount, Some(account)) = (request.principal.kind, &request.principal.account)
    {
        caveats.push(if account == STRANGER {
            Text::new_static("assumes that a policy of the caller's own account permits the request there")
        } else {
            format!("assumes that a policy of the account `{account}` permits the request there").into()
        });
    }
    caveats
}
