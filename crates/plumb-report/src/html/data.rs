//! The findings as the page's script reads them.

use std::collections::BTreeMap;

use plumb_model::account::Account;
use plumb_model::finding::Evidence;
use plumb_model::framework::ControlRef;
use plumb_model::report::{PolicySummary, Remediation, Report};
use plumb_model::risk::{Priority, Risk};
use plumb_model::value::{Map, Text};
use plumb_model::verdict::Severity;
use serde::Serialize;

use super::selection::SelectedPolicy;
use crate::identity::place;
use crate::path_index::PathIndex;
use crate::path_words::risk_parts;
use crate::risk_json::accepted;
use crate::words::{exposure_title, verdict_title};

/// Policies with their findings, and what these refer to.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    policies: Vec<PolicyData<'a>>,
    /// Whether any verdict was given that counts.
    judged: bool,
    accounts: Vec<&'a Account>,
    /// Titles of frameworks by id.
    frameworks: BTreeMap<&'a str, &'a str>,
}

impl<'a> Data<'a> {
    pub(super) fn new(report: &'a Report, selection: &[SelectedPolicy]) -> Self {
        let mut accounts = Accounts::default();
        let paths = PathIndex::new(report);
        let policies = selection
            .iter()
            .filter_map(|selected| PolicyData::new(report, selected, &mut accounts, &paths))
            .collect();
        let frameworks = report
            .frameworks
            .iter()
            .map(|framework| (framework.id.as_str(), framework.title.as_str()));
        Self {
            policies,
            judged: report.summary.score.is_some(),
            accounts: accounts.list,
            frameworks: frameworks.collect(),
        }
    }
}

/// The accounts that findings refer to, each once.
#[derive(Default)]
struct Accounts<'a> {
    list: Vec<&'a Account>,
    positions: BTreeMap<(plumb_model::account::Provider, &'a str), usize>,
}

impl<'a> Accounts<'a> {
    fn position(&mut self, account: &'a Account) -> usize {
        *self
            .positions
            .entry((account.provider, &account.id))
            .or_insert_with(|| {
                self.list.push(account);
                self.list.len() - 1
            })
    }
}

#[derive(Serialize)]
struct PolicyData<'a> {
    name: &'a str,
    title: &'a str,
    description: &'a str,
    severity: Severity,
    service: &'a str,
    resource_type: &'a str,
    remediation: &'a Remediation,
    references: &'a [Text],
    aliases: &'a [Text],
    controls: &'a [ControlRef],
    fail: usize,
    unknown: usize,
    findings: Vec<FindingData<'a>>,
}

impl<'a> PolicyData<'a> {
    fn new(
        report: &'a Report,
        selected: &SelectedPolicy,
        accounts: &mut Accounts<'a>,
        paths: &PathIndex<'a>,
    ) -> Option<Self> {
        let policy: &PolicySummary = report.policies.get(selected.policy)?;
        let views = selected
            .findings
            .iter()
            .filter_map(|position| position.view(report));
        let findings = views.map(|view| FindingData {
            verdict: verdict_title(view.finding.verdict),
            account: accounts.position(&view.account.account),
            uid: &view.resource.uid,
            name: &view.resource.name,
            region: &view.resource.region,
            code: place(&view).map(|place| format!("{}:{}", place.file, place.line)),
            tags: view.resource.tags.as_deref(),
            evidence: view.finding.evidence.as_deref(),
            risk: view.finding.risk.as_ref().map(RiskData::new),
            exposure: view.resource.exposure.map(exposure_title),
            paths: paths.of(&view).to_vec(),
            accepted: accepted(report, &view).map(|accepted| AcceptedData {
                owner: &accepted.owner,
                until: &accepted.until,
                reason: &accepted.reason,
                holds: accepted.holds,
            }),
        });
        Some(Self {
            name: &policy.name,
            title: &policy.title,
            description: &policy.description,
            severity: policy.severity,
            service: if policy.service.is_empty() {
                &policy.resource_type
            } else {
                &policy.service
            },
            resource_type: &policy.resource_type,
            remediation: &policy.remediation,
            references: &policy.references,
            aliases: &policy.aliases,
            controls: &policy.controls,
            fail: selected.fail,
            unknown: selected.unknown,
            findings: findings.collect(),
        })
    }
}

#[derive(Serialize)]
struct FindingData<'a> {
    verdict: &'static str,
    account: usize,
    uid: &'a str,
    name: &'a str,
    region: &'a str,
    /// The place in code, as `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Map>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a Evidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<RiskData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paths: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<AcceptedData<'a>>,
}

#[derive(Serialize)]
struct RiskData {
    score: u8,
    priority: Priority,
    /// The sum that made the score, in words.
    sum: String,
}

impl RiskData {
    fn new(risk: &Risk) -> Self {
        Self {
            score: risk.score,
            priority: risk.priority,
            sum: risk_parts(risk),
        }
    }
}

#[derive(Serialize)]
struct AcceptedData<'a> {
    owner: &'a str,
    until: &'a str,
    reason: &'a str,
    holds: bool,
}
