//! The evaluator beside a slow one that is written straight from the documentation's flow chart.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod support;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use plumb_iam::answer::Decision;
use plumb_iam::endpoint::Endpoint;
use plumb_iam::keys::Context;
use plumb_iam::principal::Principal;
use plumb_iam::request::{Request, Target};
use plumb_model::resource::Resource;

use support::{Case, OTHER, OWN, ROLE, ROOT, USER};

/// Actions that ask all branches: plain, of a service without resource control, key policy, trust policy.
const ACTIONS: [&str; 5] = [
    "s3:GetObject",
    "s3:PutObject",
    "ec2:RunInstances",
    "kms:Decrypt",
    "sts:AssumeRole",
];
const ACTION_PATTERNS: [&str; 6] = ["*", "s3:*", "s3:Get*", "*:*e*", "kms:Decrypt", "sts:Assume?ole"];
const RESOURCES: [&str; 3] = [
    "arn:aws:x:r:111122223333:key/a",
    "arn:aws:x:r:111122223333:key/ab",
    "arn:aws:x:r:111122223333:key/b:a",
];
const RESOURCE_PATTERNS: [&str; 5] = [
    "*",
    "arn:aws:x:*:key/a",
    "arn:aws:x:r:111122223333:key/a*",
    "arn:aws:x:r:1*3:key/?",
    "arn:aws:x:*:*:key/${k:one}",
];
/// Sets of resources to ask about; each has some of `RESOURCES`.
const SETS: [&str; 4] = [
    "*",
    "arn:aws:x:r:111122223333:key/*",
    "arn:aws:x:*:key/a?",
    "arn:aws:x:r:111122223333:key/*a",
];
const OPERATORS: [&str; 8] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIfExists",
    "StringNotEqualsIfExists",
    "StringLike",
    "Null",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringNotEquals",
];
const KEYS: [&str; 2] = ["k:one", "k:two"];

#[derive(Clone, Debug)]
struct Line {
    operator: &'static str,
    key: &'static str,
    value: &'static str,
}

#[derive(Clone, Debug)]
struct Statement {
    denies: bool,
    all_but_action: bool,
    action: &'static str,
    all_but_resource: bool,
    resource: &'static str,
    principal: String,
    lines: Vec<Line>,
}

fn statement() -> impl Strategy<Value = Statement> {
    let line =
        (select(&OPERATORS[..]), select(&KEYS[..]), any::<bool>()).prop_map(|(operator, key, first)| Line {
            operator,
            key,
            value: match (operator, first) {
                ("Null", true) => "true",
                ("Null", false) => "false",
                ("StringLike", true) => "a*",
                (_, true) => "a",
                (_, false) => "b",
            },
        });
    let session = format!("arn:aws:sts::{OWN}:assumed-role/app/ops");
    let principals: Vec<String> = ["*", USER, ROLE, ROOT, OTHER, &session]
        .map(str::to_owned)
        .to_vec();
    (
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.15),
        select(&ACTION_PATTERNS[..]),
        prop::bool::weighted(0.15),
        select(&RESOURCE_PATTERNS[..]),
        select(principals),
        vec(line, 0..3),
    )
        .prop_map(
            |(denies, all_but_action, action, all_but_resource, resource, principal, lines)| Statement {
                denies,
                all_but_action,
                action,
                all_but_resource,
                resource,
                principal,
                lines: one_per_operator(lines),
            },
        )
}

/// JSON has each operator once.
fn one_per_operator(mut lines: Vec<Line>) -> Vec<Line> {
    lines.dedup_by(|next, kept| next.operator == kept.operator);
    lines
}

/// The policies of one decision.
#[derive(Clone, Debug)]
struct World {
    identity: Vec<Statement>,
    boundary: Option<Vec<Statement>>,
    session: Option<Vec<Statement>>,
    service_control: Vec<Vec<Statement>>,
    resource_control: Vec<Vec<Statement>>,
    resource: Option<Vec<Statement>>,
    principal: &'static str,
    named_session: bool,
    action: &'static str,
    target: &'static str,
    account: &'static str,
    /// The values of `KEYS`; `None` is a request without the key.
    values: [Option<&'static str>; 2],
}

fn world() -> impl Strategy<Value = World> {
    let policy = || vec(statement(), 0..4);
    let value = || select(&[None, Some("a"), Some("b")][..]);
    (
        (
            policy(),
            option::weighted(0.3, policy()),
            option::weighted(0.3, policy()),
        ),
        (
            vec(policy(), 0..2),
            vec(policy(), 0..2),
            option::weighted(0.7, policy()),
        ),
        (
            select(&[USER, ROLE][..]),
            any::<bool>(),
            select(&ACTIONS[..]),
            select(&RESOURCES[..]),
        ),
        (select(&[OWN, OTHER][..]), value(), value()),
    )
        .prop_map(
            |((identity, boundary, session), (service_control, resource_control, resource), who, rest)| {
                World {
                    identity,
                    boundary,
                    session,
                    service_control,
                    resource_control,
                    resource,
                    principal: who.0,
                    named_session: who.1 && who.0 == ROLE,
                    action: who.2,
                    target: who.3,
                    account: rest.0,
                    values: [rest.1, rest.2],
                }
            },
        )
}

/// Wildcards by trying every split; `*` in the middle of one of the first five segments stays in it.
fn glob(pattern: &str, text: &str, colons: usize, arn: bool) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    let crosses = !arn || colons >= 5 || rest.is_empty() || rest.starts_with(':');
    match first {
        '*' => {
            glob(rest, text, colons, arn)
                || text.chars().next().is_some_and(|char| {
                    (char != ':' || crosses) && glob(pattern, &text[char.len_utf8()..], colons, arn)
                })
        }
        '?' => text.chars().next().is_some_and(|char| {
            (char != ':' || !arn || colons >= 5) && glob(rest, &text[char.len_utf8()..], colons, arn)
        }),
        char => text
            .strip_prefix(char)
            .is_some_and(|text| glob(rest, text, colons + usize::from(char == ':'), arn)),
    }
}

impl World {
    fn value(&self, key: &str) -> Option<&'static str> {
        self.values[KEYS.iter().position(|known| *known == key).unwrap()]
    }

    fn line_holds(&self, line: &Line) -> bool {
        let value = self.value(line.key);
        match line.operator {
            "StringEquals" => value == Some(line.value),
            "StringNotEquals" | "StringNotEqualsIfExists" => value != Some(line.value),
            "StringEqualsIfExists" | "ForAllValues:StringEquals" => {
                value.is_none() || value == Some(line.value)
            }
            "StringLike" => value.is_some_and(|value| glob(line.value, value, 0, false)),
            "Null" => value.is_none() == (line.value == "true"),
            "ForAnyValue:StringNotEquals" => value.is_some() && value != Some(line.value),
            other => panic!("{other}"),
        }
    }

    fn applies(&self, statement: &Statement) -> bool {
        let lower = |text: &str| text.to_ascii_lowercase();
        let action = glob(&lower(statement.action), &lower(self.action), 0, false);
        let resource = match (statement.resource.contains("${k:one}"), self.value("k:one")) {
            (true, None) => false,
            (true, Some(value)) => glob(
                &statement.resource.replace("${k:one}", value),
                self.target,
                0,
                true,
            ),
            (false, _) => glob(statement.resource, self.target, 0, true),
        };
        action != statement.all_but_action
            && resource != statement.all_but_resource
            && statement.lines.iter().all(|line| self.line_holds(line))
    }

    fn names(&self, statement: &Statement) -> Option<&'static str> {
        let id = statement.principal.as_str();
        match id {
            "*" => Some("everyone"),
            ROOT => Some("account"),
            id if id == self.principal && id == USER => Some("directly"),
            id if id == self.principal => Some("role"),
            id if id.contains("assumed-role") && self.named_session => Some("directly"),
            _ => None,
        }
    }

    fn allows(&self, policy: &[Statement]) -> bool {
        policy
            .iter()
            .any(|statement| !statement.denies && self.applies(statement))
    }

    fn denies(&self, policy: &[Statement]) -> bool {
        policy
            .iter()
            .any(|statement| statement.denies && self.applies(statement))
    }

    /// The flow chart, step by step.
    fn decide(&self) -> Decision {
        let is_bound = !self.action.starts_with("ec2:");
        let resource_control: &[Vec<Statement>] = if is_bound { &self.resource_control } else { &[] };
        let named: Vec<Statement> = self
            .resource
            .iter()
            .flatten()
            .filter(|s| self.names(s).is_some())
            .cloned()
            .collect();
        let own = [&self.identity];
        let all = own
            .into_iter()
            .chain(&self.boundary)
            .chain(&self.session)
            .chain(&self.service_control)
            .chain(resource_control)
            .chain([&named]);
        if all.into_iter().any(|policy| self.denies(policy)) {
            return Decision::DeniedExplicit;
        }
        if !resource_control
            .iter()
            .chain(&self.service_control)
            .all(|level| self.allows(level))
        {
            return Decision::DeniedImplicit;
        }
        let by = |how: &[&str]| {
            named
                .iter()
                .any(|s| !s.denies && self.applies(s) && how.contains(&self.names(s).unwrap()))
        };
        let limits = self
            .boundary
            .iter()
            .chain(&self.session)
            .all(|limit| self.allows(limit));
        let own = self.allows(&self.identity) && limits;
        let is_allowed = if self.account != OWN {
            own && by(&["everyone", "account", "directly", "role"])
        } else if self.action.starts_with("kms:") || self.action.starts_with("sts:") {
            by(&["everyone", "directly"]) || by(&["role"]) && limits || by(&["account"]) && own
        } else {
            by(&["everyone", "directly"]) || by(&["role"]) && limits || own
        };
        if is_allowed {
            Decision::Allowed
        } else {
            Decision::DeniedImplicit
        }
    }

    /// What the crate says when only the marked keys are given; a layer may be unreadable.
    fn ask(&self, given: [bool; 2], unread: Option<usize>) -> Decision {
        self.ask_about(Target::new(self.target), given, unread)
    }

    fn ask_about(&self, target: Target, given: [bool; 2], unread: Option<usize>) -> Decision {
        let write = |layer: usize, statements: &[Statement], with_principal: bool| {
            if unread == Some(layer) {
                return "!".to_owned();
            }
            let written: Vec<_> = statements
                .iter()
                .map(|statement| json(statement, with_principal))
                .collect();
            written.join(",")
        };
        let identity = write(0, &self.identity, false);
        let boundary = self.boundary.as_ref().map(|policy| write(1, policy, false));
        let session = self.session.as_ref().map(|policy| write(2, policy, false));
        let service: Vec<_> = self
            .service_control
            .iter()
            .map(|policy| write(3, policy, false))
            .collect();
        let control: Vec<_> = self
            .resource_control
            .iter()
            .map(|policy| write(4, policy, false))
            .collect();
        let resource = self.resource.as_ref().map(|policy| write(5, policy, true));
        let case = Case {
            principal: self.requester(),
            action: self.action,
            target: target.in_account(self.account),
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            service_control: &service.iter().map(String::as_str).collect::<Vec<_>>(),
            resource_control: &control.iter().map(String::as_str).collect::<Vec<_>>(),
            resource: resource.as_deref(),
            context: self.context(given),
        };
        case.answer().decision
    }

    fn requester(&self) -> Principal {
        let mut principal = Principal::of_arn(self.principal).unwrap();
        if self.principal == ROLE {
            principal.session_name = Some(if self.named_session { "ops" } else { "other" }.into());
        }
        principal
    }

    fn context(&self, given: [bool; 2]) -> Context {
        let mut context = Context::new();
        for ((key, value), given) in KEYS.iter().zip(self.values).zip(given) {
            context = match value {
                _ if !given => context,
                Some(value) => context.with(key, value),
                None => context.without(key),
            };
        }
        context
    }

    /// What an endpoint with these statements says: no deny, and an allow that names the requester. To a gateway an account is
    /// its root user, who never asks here.
    fn passes(&self, kind: &str, statements: &[Statement]) -> Decision {
        let counts = |s: &&Statement| match self.names(s) {
            Some("account") => kind == "Interface",
            Some(_) => true,
            None => false,
        };
        let counting: Vec<Statement> = statements.iter().filter(counts).cloned().collect();
        if self.denies(&counting) {
            Decision::DeniedExplicit
        } else if self.allows(&counting) {
            Decision::Allowed
        } else {
            Decision::DeniedImplicit
        }
    }

    /// What the crate says of the same.
    fn ask_endpoint(&self, kind: &str, statements: &[Statement], given: [bool; 2]) -> Decision {
        let written: Vec<_> = statements.iter().map(|statement| json(statement, true)).collect();
        let document = format!(
            r#"{{"vpc_endpoint_id":"vpce-1","vpc_endpoint_type":"{kind}","vpc_id":"vpc-1","service_name":"com.amazonaws.r.s3",
            "policy_document":{{"Version":"2012-10-17","Statement":[{}]}}}}"#,
            written.join(",")
        );
        let attributes = serde_json::from_str(&document).unwrap();
        let resource = Resource::new("vpce", "aws_vpc_endpoint", "vpce-1", OWN, "r", attributes);
        let target = Target::new(self.target).in_account(self.account);
        let request = Request {
            principal: &self.requester(),
            action: self.action,
            target: &target,
            context: &self.context(given),
        };
        Endpoint::read(&resource).unwrap().admits(&request).decision
    }

    fn completions(&self, given: [bool; 2]) -> Vec<Self> {
        let mut worlds = vec![self.clone()];
        for (at, given) in given.into_iter().enumerate() {
            if !given {
                let with = |world: &Self, value| {
                    let mut world = world.clone();
                    world.values[at] = value;
                    world
                };
                worlds = worlds
                    .iter()
                    .flat_map(|world| [None, Some("a"), Some("b"), Some("c")].map(|value| with(world, value)))
                    .collect();
            }
        }
        worlds
    }

    /// The world with other statements in the place of a layer, if it has that layer.
    fn with_layer(&self, layer: usize, statements: &[Statement]) -> Option<Self> {
        let mut world = self.clone();
        let fill = |policy: &mut Vec<Statement>| *policy = statements.to_vec();
        let was_filled = match layer {
            0 => {
                fill(&mut world.identity);
                true
            }
            1 => world.boundary.as_mut().map(fill).is_some(),
            2 => world.session.as_mut().map(fill).is_some(),
            3 => world.service_control.iter_mut().map(fill).count() > 0,
            4 => world.resource_control.iter_mut().map(fill).count() > 0,
            _ => world.resource.as_mut().map(fill).is_some(),
        };
        was_filled.then_some(world)
    }
}

fn json(statement: &Statement, with_principal: bool) -> String {
    let effect = if statement.denies { "Deny" } else { "Allow" };
    let action = if statement.all_but_action {
        "NotAction"
    } else {
        "Action"
    };
    let resource = if statement.all_but_resource {
        "NotResource"
    } else {
        "Resource"
    };
    let mut conditions: Vec<String> = Vec::new();
    for line in &statement.lines {
        conditions.push(format!(
            r#""{}":{{"{}":"{}"}}"#,
            line.operator, line.key, line.value
        ));
    }
    let principal = if with_principal {
        format!(r#","Principal":{{"AWS":"{}"}}"#, statement.principal)
    } else {
        String::new()
    };
    format!(
        r#"{{"Effect":"{effect}","{action}":"{}","{resource}":"{}","Condition":{{{}}}{principal}}}"#,
        statement.action,
        statement.resource,
        conditions.join(",")
    )
}

fn everything(denies: bool) -> Statement {
    Statement {
        denies,
        all_but_action: false,
        action: "*",
        all_but_resource: false,
        resource: "*",
        principal: "*".to_owned(),
        lines: Vec::new(),
    }
}

/// Whether a decision with open questions agrees with what each closing of them gives.
fn agrees(decision: Decision, closed: &[Decision]) -> bool {
    let allowed = |decision: &Decision| decision.is_allowed();
    match decision {
        Decision::Allowed => closed.iter().all(allowed),
        Decision::DeniedExplicit => closed
            .iter()
            .all(|decision| *decision == Decision::DeniedExplicit),
        Decision::DeniedImplicit => !closed.iter().any(allowed),
        Decision::AllowedIf | Decision::Unknown => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000,
        failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn complete_requests_are_decided_as_the_flow_chart_does(world in world()) {
        prop_assert_eq!(world.ask([true, true], None), world.decide());
    }

    #[test]
    fn open_requests_are_decided_only_when_every_closing_agrees(world in world(), given in any::<[bool; 2]>()) {
        let closed: Vec<_> = world.completions(given).iter().map(World::decide).collect();
        let decision = world.ask(given, None);
        prop_assert!(agrees(decision, &closed), "{:?} {:?}", decision, closed);
        prop_assert_ne!(decision, Decision::Unknown);
    }

    #[test]
    fn the_policy_of_an_endpoint_is_decided_by_itself(
        world in world(),
        kind in select(&["Gateway", "Interface"][..]),
        statements in vec(statement(), 0..4),
        given in any::<[bool; 2]>(),
    ) {
        prop_assert_eq!(world.ask_endpoint(kind, &statements, [true, true]), world.passes(kind, &statements));
        let closed: Vec<_> = world.completions(given).iter().map(|world| world.passes(kind, &statements)).collect();
        let decision = world.ask_endpoint(kind, &statements, given);
        prop_assert!(agrees(decision, &closed), "{:?} {:?}", decision, closed);
        prop_assert_ne!(decision, Decision::Unknown);
    }

    #[test]
    fn an_answer_about_some_resource_agrees_with_all_that_match(world in world(), pattern in select(&SETS[..])) {
        let closed: Vec<_> = RESOURCES
            .iter()
            .filter(|resource| glob(pattern, resource, 0, true))
            .map(|resource| World { target: resource, ..world.clone() }.decide())
            .collect();
        let decision = world.ask_about(Target::some_of(pattern), [true, true], None);
        prop_assert!(agrees(decision, &closed), "{:?} {:?}", decision, closed);
    }

    #[test]
    fn unread_policies_decide_nothing_that_they_could_change(world in world(), layer in 0..6_usize, given in any::<[bool; 2]>()) {
        let contents = [vec![], vec![everything(false)], vec![everything(true)], vec![everything(false), everything(true)]];
        let closed: Vec<_> = contents
            .iter()
            .filter_map(|content| world.with_layer(layer, content))
            .flat_map(|world| world.completions(given))
            .map(|world| world.decide())
            .collect();
        if !closed.is_empty() {
            let decision = world.ask(given, Some(layer));
            prop_assert!(agrees(decision, &closed), "{:?} {:?}", decision, closed);
        }
    }
}
