//! What the tests share: policies from JSON and requests in one line.

#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod estate;

use std::sync::Arc;

use plumb_iam::answer::Answer;
use plumb_iam::evaluate::evaluate;
use plumb_iam::keys::Context;
use plumb_iam::policy::{Guardrails, NamedPolicy, PrincipalPolicies, ResourcePolicies};
use plumb_iam::principal::Principal;
use plumb_iam::request::{Request, Target};
use plumb_model::value::Value;

pub(crate) const OWN: &str = "111122223333";
pub(crate) const OTHER: &str = "444455556666";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/app";
pub(crate) const USER: &str = "arn:aws:iam::111122223333:user/ann";
pub(crate) const ROOT: &str = "arn:aws:iam::111122223333:root";

pub(crate) fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// A policy from statements in JSON; `!` alone stands for a policy that could not be read.
pub(crate) fn policy(name: &str, statements: &str) -> NamedPolicy {
    if statements == "!" {
        return NamedPolicy::unread(name, name, "access denied");
    }
    let json = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    NamedPolicy::read(name, name, &value(&json))
}

/// One decision, described by the statements of its layers; `None` is no policy of the layer.
#[derive(Clone)]
pub(crate) struct Case<'a> {
    pub(crate) principal: Principal,
    pub(crate) action: &'a str,
    pub(crate) target: Target,
    pub(crate) identity: &'a str,
    pub(crate) boundary: Option<&'a str>,
    pub(crate) session: Option<&'a str>,
    pub(crate) service_control: &'a [&'a str],
    pub(crate) resource_control: &'a [&'a str],
    pub(crate) resource: Option<&'a str>,
    pub(crate) context: Context,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            principal: Principal::of_arn(ROLE).unwrap(),
            action: "s3:GetObject",
            target: Target::new("arn:aws:s3:::b/k").in_account(OWN),
            identity: "",
            boundary: None,
            session: None,
            service_control: &[],
            resource_control: &[],
            resource: None,
            context: Context::new(),
        }
    }
}

impl Case<'_> {
    pub(crate) fn answer(&self) -> Answer {
        let levels = |levels: &[&str]| {
            Arc::new(Guardrails {
                levels: levels.iter().map(|level| vec![policy("level", level)]).collect(),
                unread: None,
            })
        };
        let own = PrincipalPolicies {
            identity: vec![policy("identity", self.identity)],
            boundary: self.boundary.map(|statements| policy("boundary", statements)),
            session: self.session.map(|statements| vec![policy("session", statements)]),
            service_control: levels(self.service_control),
        };
        let resource = ResourcePolicies {
            policy: self.resource.map(|statements| policy("resource", statements)),
            resource_control: levels(self.resource_control),
            ..ResourcePolicies::default()
        };
        let request = Request {
            principal: &self.principal,
            action: self.action,
            target: &self.target,
            context: &self.context,
        };
        evaluate(&request, &own, &resource)
    }
}
