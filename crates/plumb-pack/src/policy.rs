//! `Policy`: a named requirement on one resource type.

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use plumb_model::account::Provider;
use plumb_model::diagnostic::Source;
use plumb_model::framework::ControlRef;
use plumb_model::path::Certainty;
use plumb_model::report::{PolicySummary, Remediation};
use plumb_model::value::{Map, Text, Value};
use plumb_model::verdict::{Severity, Verdict};

use crate::requirement::{PathEntry, PathRequirement, Requirement};
use crate::risk::{Exploitability, Visibility};
use crate::rule_text::RuleText;

/// Who wrote a piece of knowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// It is compiled into the binary.
    BuiltIn,
    /// A user added it.
    User,
}

/// What a failure of a policy means for its risk, whatever the resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// What the failure hides from the defenders.
    pub visibility: Visibility,
    /// How easily the failure is used.
    pub exploitability: Exploitability,
}

/// A named requirement on one resource type.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The requirement, for example `s3-bucket-encryption-required`.
    pub name: Text,
    /// One line for people; the name where the file gives none.
    pub title: Text,
    /// What is required and why it matters; may be empty for a user's own.
    pub description: Text,
    /// The cloud.
    pub provider: Provider,
    /// The knowledge folder, for example `s3`; empty for a user's own.
    pub service: Text,
    /// The resource type, by its own name also where the file has an alias.
    pub resource_type: Text,
    /// How bad a failure is in itself.
    pub severity: Severity,
    /// What failing means for the risk, besides the severity.
    pub risk: Circumstances,
    /// The scope; `None` for every resource of the type.
    pub when: Option<RuleText>,
    /// The requirement.
    pub requirement: Requirement,
    /// Thresholds that a user may override.
    pub params: Map,
    /// How to mend a failure.
    pub remediation: Remediation,
    /// Pages of the cloud's documentation.
    pub references: Vec<Text>,
    /// Ids of the same check in other tools, for example `prowler:s3_bucket_default_encryption`.
    pub aliases: Vec<Text>,
    /// Framework and control pairs that the file itself names.
    pub compliance_mapping: Vec<(Text, Text)>,
    /// The id of a remediation action.
    pub fix: Option<Text>,
    /// The inline tests.
    pub tests: Vec<PolicyTest>,
    /// The file.
    pub source: Arc<Source>,
    /// Where the name stands in the file.
    pub name_span: Range<usize>,
    /// Where the resource type stands in the file.
    pub resource_type_span: Range<usize>,
    /// Who wrote it.
    pub provenance: Provenance,
}

impl Policy {
    /// What reports say about the policy.
    pub fn summary(&self, controls: Vec<ControlRef>) -> PolicySummary {
        PolicySummary {
            name: self.name.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            provider: Text::new_static(self.provider.name()),
            service: self.service.clone(),
            resource_type: self.resource_type.clone(),
            severity: self.severity,
            remediation: self.remediation.clone(),
            references: self.references.clone(),
            aliases: self.aliases.clone(),
            controls,
        }
    }

    /// The attack paths that it forbids; `None` for a policy with a rule.
    pub fn path(&self) -> Option<&PathRequirement> {
        match &self.requirement {
            Requirement::Rule(_) => None,
            Requirement::Path(path) => Some(path),
        }
    }

    /// Whether `name` is the policy's name or one of its aliases, with or without the tool before the colon; case is ignored.
    pub fn is_called(&self, name: &str) -> bool {
        let without_tool = |alias: &Text| {
            alias
                .split_once(':')
                .is_some_and(|(_, id)| id.eq_ignore_ascii_case(name))
        };
        self.name.eq_ignore_ascii_case(name)
            || self
                .aliases
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(name) || without_tool(alias))
    }
}

/// Whether a text can name a policy: kebab-case of at most 100 characters.
pub fn is_policy_name(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.len() <= 100 && text.split('-').all(word)
}

/// A case of a policy: a resource and the verdict it must get.
#[derive(Clone, Debug)]
pub struct PolicyTest {
    /// What the case is about.
    pub name: Text,
    /// The verdict that must come out.
    pub expect: Verdict,
    /// A text that must occur in the evidence's message, expression or values.
    pub evidence: Option<Text>,
    /// Attributes of the resource; those not named are null.
    pub resource: Map,
    /// Attributes that could not be read.
    pub unreadable: Vec<Text>,
    /// Fields of the `account` variable.
    pub account: Map,
    /// The time of the scan; `None` for the default.
    pub now: Option<Timestamp>,
    /// Parameters that differ from the policy's.
    pub params: Map,
    /// The other resources of the account, by type.
    pub inventory: Vec<(Text, Vec<TestResource>)>,
    /// Types that could not be listed.
    pub unreadable_types: Vec<Text>,
    /// What reaches the resource, by the members of `exposure(resource)`; null ones and those not named are unknown.
    pub exposure: Option<Map>,
    /// The attack paths that lead to the resource; `None` when the security graph was not built.
    pub paths: Option<Vec<TestPath>>,
    /// Where the case stands in the file.
    pub span: Range<usize>,
}

/// An attack path to the resource of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestPath {
    /// Where it begins; never [`PathEntry::Any`].
    pub from: PathEntry,
    /// The least sure of its steps.
    pub certainty: Certainty,
    /// 1 to 100.
    pub risk: u8,
}

/// A resource in the inventory of a test.
#[derive(Clone, Debug)]
pub struct TestResource {
    /// Its attributes.
    pub attributes: Map,
    /// Attributes that could not be read.
    pub unreadable: Vec<Text>,
}

impl PolicyTest {
    /// The parameters that the case runs with: the policy's, overridden by its own.
    pub fn params(&self, policy: &Policy) -> Value {
        Value::Map(
            policy
                .params
                .iter()
                .chain(self.params.iter())
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }
}
