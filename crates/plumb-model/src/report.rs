//! `Report`: everything one analysis found, as a value.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::code::CodeResource;
use crate::coverage::Coverage;
use crate::finding::Finding;
use crate::framework::{ControlRef, FrameworkReport};
use crate::path::PathReport;
use crate::risk::{ExposureLevel, PriorityCounts};
use crate::value::{Map, Text};
use crate::verdict::{Severity, Verdict};

/// Everything one analysis found.
///
/// INVARIANT: a pure function of snapshot, packs and configuration; all lists are sorted, so equal input
/// gives equal bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The version of Plumb that made it.
    pub plumb_version: Text,
    /// When the newest account of the snapshot was read, in RFC 3339.
    pub assessed_at: Text,
    /// The name of the organization, when known.
    pub organization: Option<Text>,
    /// The policies that were applied, sorted by name.
    pub policies: Vec<PolicySummary>,
    /// The frameworks that were asked for, sorted by id.
    pub frameworks: Vec<FrameworkReport>,
    /// The accounts, sorted by provider and id.
    pub accounts: Vec<AccountReport>,
    /// Totals over all accounts.
    pub summary: Summary,
    /// Where the points of the posture score are won and lost.
    pub breakdown: Breakdown,
    /// Attack paths and choke points; `None` when the graph was not built.
    pub paths: Option<PathReport>,
    /// The risks that somebody accepted: in the order of the estate file, then of the places in code.
    pub accepted: Vec<AcceptedRisk>,
    /// What the estate file says that means nothing here, as sentences.
    pub estate_doubts: Vec<Text>,
    /// What of the findings was asked about; `None` when it was all of them.
    pub focus: Option<Focus>,
}

/// What of the findings was asked about. Totals and scores are of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Focus {
    /// How the failures compare with those of a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineCounts>,
    /// How the failures compare with a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeCounts>,
}

/// Failures and a baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineCounts {
    /// Failures that the baseline has.
    pub known: u64,
    /// Failures that it has not.
    pub new: u64,
    /// Those of the baseline that fail no more, or were not looked at.
    pub gone: u64,
}

/// Failures and a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeCounts {
    /// Since when, as the user named it; hostile text.
    pub base: Text,
    /// Files that changed.
    pub files: u64,
    /// Failures that the change touches.
    pub touched: u64,
    /// Failures that it does not touch.
    pub untouched: u64,
}

/// Where the points of the posture score are won and lost: the parts of each list sum up to the score's own sums.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Breakdown {
    /// By severity, worst first.
    pub severities: Vec<ScorePart>,
    /// By service, the one that loses most points first.
    pub services: Vec<ScorePart>,
    /// By account, the one that loses most points first.
    pub accounts: Vec<ScorePart>,
}

/// A part of the posture score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScorePart {
    /// What it is the part of: a severity, a service, an account's identifier.
    pub name: Text,
    /// Its own score and sums.
    pub score: Score,
    /// How many of the points that the whole score lacks are its own; the parts of a list add up to them.
    pub lost: u8,
}

/// A risk that somebody accepted. It stays a failure and keeps its weight in every score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedRisk {
    /// The policy's name.
    pub policy: Text,
    /// The resources, as the estate file names them; of an acceptance in code the place that says it, as `file:line`.
    pub resource: Text,
    /// Why.
    pub reason: Text,
    /// Who accepted it; empty for an acceptance in code, of which the history of the code tells.
    pub owner: Text,
    /// The first day on which it no longer holds; empty when it has no end.
    pub until: Text,
    /// Whether it still held when the newest account was read.
    pub holds: bool,
    /// Failures that it speaks of; none means that it can be removed.
    pub findings: u64,
}

impl Report {
    /// All findings with their context, in the order of accounts, policies and resources.
    pub fn findings(&self) -> impl Iterator<Item = FindingView<'_>> {
        self.accounts
            .iter()
            .flat_map(move |account| self.findings_of(account))
    }

    /// The findings of one account with their context.
    pub fn findings_of<'a>(&'a self, account: &'a AccountReport) -> impl Iterator<Item = FindingView<'a>> {
        account.findings.iter().filter_map(move |finding| {
            Some(FindingView {
                policy: self.policies.get(usize::try_from(finding.policy).ok()?)?,
                resource: account.resources.get(usize::try_from(finding.resource).ok()?)?,
                account,
                finding,
            })
        })
    }

    /// Whether everything that was asked for was read, in every account.
    pub fn is_complete(&self) -> bool {
        self.accounts.iter().all(|account| account.coverage.is_complete())
    }
}

/// One finding with everything it refers to.
#[derive(Clone, Copy, Debug)]
pub struct FindingView<'a> {
    /// The policy.
    pub policy: &'a PolicySummary,
    /// The resource.
    pub resource: &'a ResourceSummary,
    /// The account the resource lives in.
    pub account: &'a AccountReport,
    /// The verdict and its evidence.
    pub finding: &'a Finding,
}

/// What a report says about a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicySummary {
    /// The requirement, for example `s3-bucket-encryption-required`.
    pub name: Text,
    /// One line for people.
    pub title: Text,
    /// What is required and why it matters.
    pub description: Text,
    /// `aws`, `azure` or `gcp`.
    pub provider: Text,
    /// The knowledge folder it belongs to, for example `s3`; empty for a user's own.
    pub service: Text,
    /// For example `aws_s3_bucket`.
    pub resource_type: Text,
    /// How bad a failure is in itself.
    pub severity: Severity,
    /// How to mend it.
    pub remediation: Remediation,
    /// Pages of the cloud's documentation.
    pub references: Vec<Text>,
    /// Ids of the same check in other tools, for example `prowler:s3_bucket_default_encryption`.
    pub aliases: Vec<Text>,
    /// The controls that ask for it, sorted.
    pub controls: Vec<ControlRef>,
}

/// How to mend a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remediation {
    /// What to do, in one or a few sentences.
    pub summary: Text,
    /// Steps in the cloud's console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<Text>,
    /// Commands of the cloud's command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cli: Option<Text>,
    /// Terraform that has it right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terraform: Option<Text>,
}

/// One account's part of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountReport {
    /// The account.
    pub account: Account,
    /// When it was read, in RFC 3339.
    pub taken_at: Text,
    /// The regions that were asked, sorted.
    pub regions: Vec<Text>,
    /// The resources, sorted by type and uid, followed by the stand-ins for what could not be listed.
    pub resources: Vec<ResourceSummary>,
    /// The findings, sorted by policy and resource.
    pub findings: Vec<Finding>,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// Totals of this account.
    pub summary: Summary,
}

/// What a report says about a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSummary {
    /// Identity in the whole estate.
    pub uid: Text,
    /// For example `aws_s3_bucket`.
    pub resource_type: Text,
    /// The name people know it by; hostile text.
    pub name: Text,
    /// Region, or `global`.
    pub region: Text,
    /// Tags, hostile text; `None` when they were not read.
    pub tags: Option<Box<Map>>,
    /// From where it can be reached; `None` when the graph was not built.
    pub exposure: Option<ExposureLevel>,
    /// Whether this stands for all resources of the type in the region, because they could not be listed.
    pub stand_in: bool,
    /// Where it is declared, when it was read from code.
    pub code: Option<Arc<CodeResource>>,
}

/// Totals over a set of findings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Real resources, without stand-ins.
    pub resources: u64,
    /// Findings by verdict.
    pub verdicts: VerdictCounts,
    /// Failing findings by severity.
    pub failures: SeverityCounts,
    /// Failing findings by priority; all zero when the graph was not built.
    #[serde(default)]
    pub priorities: PriorityCounts,
    /// Failing findings that somebody accepted; they count above all the same.
    #[serde(default)]
    pub accepted: u64,
    /// 0 to 100; `None` when nothing was judged. See [`Score`].
    pub score: Option<Score>,
}

/// The posture score and the sums that made it.
///
/// `value = 100 × passed / (passed + failed)`, rounded down, where each verdict counts with the weight of
/// its policy's severity. Unknown verdicts count on neither side; `unknown` says how much weight they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// 0 to 100.
    pub value: u8,
    /// Weight of all passing verdicts.
    pub passed: u64,
    /// Weight of all failing verdicts.
    pub failed: u64,
    /// Weight of all unknown verdicts.
    pub unknown: u64,
}

/// Findings by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictCounts {
    /// Requirement not met.
    pub fail: u64,
    /// Not read.
    pub unknown: u64,
    /// Requirement met.
    pub pass: u64,
    /// Outside the policy's scope.
    pub not_applicable: u64,
}

impl VerdictCounts {
    /// The count of one verdict.
    pub fn get(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Fail => self.fail,
            Verdict::Unknown => self.unknown,
            Verdict::Pass => self.pass,
            Verdict::NotApplicable => self.not_applicable,
        }
    }

    /// The count of one verdict, for change.
    pub fn get_mut(&mut self, verdict: Verdict) -> &mut u64 {
        match verdict {
            Verdict::Fail => &mut self.fail,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Pass => &mut self.pass,
            Verdict::NotApplicable => &mut self.not_applicable,
        }
    }

    /// All findings.
    pub fn total(&self) -> u64 {
        self.fail + self.unknown + self.pass + self.not_applicable
    }
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityCounts {
    /// Critical ones.
    pub critical: u64,
    /// High ones.
    pub high: u64,
    /// Medium ones.
    pub medium: u64,
    /// Low ones.
    pub low: u64,
    /// Informational ones.
    pub informational: u64,
}

impl SeverityCounts {
    /// The count of one severity.
    pub fn get(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Informational => self.informational,
        }
    }

    /// The count of one severity, for change.
    pub fn get_mut(&mut self, severity: Severity) -> &mut u64 {
        match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Informational => &mut self.informational,
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.critical + self.high + self.medium + self.low + self.informational
    }
}
