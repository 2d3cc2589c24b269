//! Fingerprints of principals: equal ones get equal answers wherever no resource policy names them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_model::value::Text;

use crate::condition::Test;
use crate::directory::Member;
use crate::document::PolicyDocument;
use crate::keys::Context;
use crate::policy::{Content, Guardrails, NamedPolicy};
use crate::principal::{PrincipalKind, SecondFactor, Stewardship};
use crate::request::{Request, Target};
use crate::truth::Truth;

/// All that decides about a principal, in a form that can be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint {
    account: Option<Text>,
    kind: PrincipalKind,
    stewardship: Stewardship,
    second_factor: SecondFactor,
    identity: BTreeSet<PolicyKey>,
    boundary: Option<PolicyKey>,
    /// The answers to the tests that the principal alone decides.
    answers: Vec<Truth>,
    /// The principal itself, when policies refer to it in other ways.
    itself: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PolicyKey {
    Read((u64, u64)),
    /// Unread policies are different unless they are the same.
    Unread(Text, Text),
}

/// What the policies of one document ask of the principal.
struct Asked {
    tests: Vec<Test>,
    names_principal: bool,
}

/// Makes fingerprints; documents are looked through once.
pub(crate) struct Fingerprints {
    asked: BTreeMap<(u64, u64), Asked>,
    resource_control: BTreeMap<(u64, u64), Arc<PolicyDocument>>,
}

impl Fingerprints {
    /// `resource_control` are the policies that bind resources anywhere in the estate: they see every principal.
    pub(crate) fn new(resource_control: &[Arc<Guardrails>]) -> Self {
        let documents = resource_control
            .iter()
            .flat_map(|guardrails| guardrails.levels.iter().flatten())
            .filter_map(document)
            .map(|document| (document.fingerprint(), Arc::clone(document)))
            .collect();
        Self {
            asked: BTreeMap::new(),
            resource_control: documents,
        }
    }

    pub(crate) fn of(&mut self, member: &Member) -> Fingerprint {
        let own = &member.policies;
        let documents: BTreeMap<_, _> = own
            .identity
            .iter()
            .chain(&own.boundary)
            .chain(own.service_control.levels.iter().flatten())
            .filter_map(document)
            .map(|document| (document.fingerprint(), Arc::clone(document)))
            .chain(self.resource_control.clone())
            .collect();
        let mut answers = Vec::new();
        let mut names_principal = false;
        let (target, context) = (Target::new("*"), Context::new());
        let request = Request {
            principal: &member.principal,
            action: "",
            target: &target,
            context: &context,
        };
        for (key, document) in documents {
            let asked = self.asked.entry(key).or_insert_with(|| Asked::of(&document));
            names_principal |= asked.names_principal;
            answers.extend(asked.tests.iter().map(|test| test.holds(&request)));
        }
        Fingerprint {
            account: member.principal.account.clone(),
            kind: member.principal.kind,
            stewardship: member.principal.stewardship,
            second_factor: member.principal.second_factor,
            identity: own.identity.iter().map(policy_key).collect(),
            boundary: own.boundary.as_ref().map(policy_key),
            answers,
            itself: names_principal.then(|| member.principal.name.clone()),
        }
    }
}

impl Asked {
    fn of(document: &PolicyDocument) -> Self {
        let mut asked = Self {
            tests: Vec::new(),
            names_principal: false,
        };
        for statement in document.statements() {
            let patterns = statement
                .resources
                .iter()
                .flat_map(|resources| &resources.patterns);
            asked.names_principal |= patterns
                .flat_map(crate::pattern::Pattern::variables)
                .any(|key| is_of_principal(key));
            for test in &statement.tests {
                let (own, others): (Vec<_>, Vec<_>) = test.keys().partition(|key| is_of_principal(key));
                match (own.is_empty(), others.is_empty()) {
                    (true, _) => {}
                    (false, true) => asked.tests.push(test.clone()),
                    (false, false) => asked.names_principal = true,
                }
            }
        }
        asked
    }
}

fn document(policy: &NamedPolicy) -> Option<&Arc<PolicyDocument>> {
    match &policy.content {
        Content::Read(document) => Some(document),
        Content::Unread(_) => None,
    }
}

fn policy_key(policy: &NamedPolicy) -> PolicyKey {
    match &policy.content {
        Content::Read(document) => PolicyKey::Read(document.fingerprint()),
        Content::Unread(_) => PolicyKey::Unread(policy.origin.holder.clone(), policy.origin.policy.clone()),
    }
}

/// Whether a key, in lower case, differs between principals of one account and kind.
fn is_of_principal(key: &str) -> bool {
    key.starts_with("aws:principaltag/") || matches!(key, "aws:principalarn" | "aws:username" | "aws:userid")
}
