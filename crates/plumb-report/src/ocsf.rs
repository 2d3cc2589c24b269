//! OCSF Compliance Findings (class 2003, version 1.5.0), as an array with one event per line.
//!
//! The attributes, ids and captions are facts of the schema at <https://schema.ocsf.io/1.5.0/classes/compliance_finding>.

mod risk;

use std::io::{self, Write};

use plumb_model::account::Provider;
use plumb_model::framework::ControlRef;
use plumb_model::report::{FindingView, Report};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::{Text, Value};
use plumb_model::verdict::{Severity, Verdict};
use serde::Serialize;

use crate::identity::fingerprint;
use crate::json_text::write_json_lines_array;
use crate::options::RenderOptions;
use crate::path_index::PathIndex;
use crate::risk_json::accepted;
use crate::visible::is_web_address;
use risk::{RiskAttributes, comment, profiles};

const SCHEMA_VERSION: &str = "1.5.0";

/// Writes one event per listed finding.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let verdicts = options.listed_verdicts(&[Verdict::Fail, Verdict::Unknown, Verdict::Pass]);
    let paths = PathIndex::new(report);
    let listed = report
        .findings()
        .filter(|view| verdicts.contains(&view.finding.verdict));
    write_json_lines_array(listed.map(|view| Event::new(report, &view, &paths)), out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Event<'a> {
    activity_id: u32,
    activity_name: &'static str,
    category_uid: u32,
    category_name: &'static str,
    class_uid: u32,
    class_name: &'static str,
    type_uid: u32,
    type_name: &'static str,
    severity_id: u32,
    severity: &'static str,
    status_id: u32,
    status: &'static str,
    time: i64,
    message: String,
    metadata: Metadata<'a>,
    cloud: Cloud<'a>,
    finding_info: FindingInfo<'a>,
    compliance: Compliance<'a>,
    resources: [Resource<'a>; 1],
    remediation: Remediation<'a>,
    #[serde(flatten)]
    risk: Option<RiskAttributes>,
    /// What a person said of the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    unmapped: Unmapped<'a>,
}

impl<'a> Event<'a> {
    fn new(report: &'a Report, view: &FindingView<'a>, paths: &PathIndex<'a>) -> Self {
        let FindingView { policy, resource, .. } = *view;
        let time = plumb_model::time::parse(&report.assessed_at).map_or(0, |time| time.as_millisecond());
        let (severity_id, severity) = event_severity(view);
        let verdict = view.finding.verdict;
        let uid = fingerprint(view);
        Self {
            activity_id: 1,
            activity_name: "Create",
            category_uid: 2,
            category_name: "Findings",
            class_uid: 2003,
            class_name: "Compliance Finding",
            type_uid: 200_301,
            type_name: "Compliance Finding: Create",
            severity_id,
            severity,
            status_id: 1,
            status: "New",
            time,
            message: format!("{}: {} {}", policy.title, resource.name, phrase(verdict)),
            metadata: Metadata {
                version: SCHEMA_VERSION,
                event_code: &policy.name,
                uid: uid.clone(),
                product: Product {
                    name: "Plumb",
                    vendor_name: "Plumb",
                    version: &report.plumb_version,
                },
                profiles: profiles(view),
            },
            cloud: Cloud::new(report, view),
            finding_info: FindingInfo {
                uid,
                title: &policy.title,
                desc: &policy.description,
                created_time: time,
                types: [&policy.name],
            },
            compliance: Compliance::new(report, view),
            resources: [Resource::new(view)],
            remediation: Remediation {
                desc: &policy.remediation.summary,
                references: policy
                    .references
                    .iter()
                    .filter(|reference| is_web_address(reference))
                    .collect(),
            },
            risk: view.finding.risk.as_ref().map(RiskAttributes::new),
            comment: accepted(report, view).map(comment),
            unmapped: Unmapped {
                verdict,
                exposure: resource.exposure,
                attack_paths: paths.of(view).to_vec(),
                policy_aliases: &policy.aliases,
                provider: &policy.provider,
            },
        }
    }
}

/// A failure has its policy's severity. How bad it is that something was not read is not known, and what
/// passes is information.
fn event_severity(view: &FindingView<'_>) -> (u32, &'static str) {
    match view.finding.verdict {
        Verdict::Fail => severity(view.policy.severity),
        Verdict::Unknown => (0, "Unknown"),
        Verdict::Pass | Verdict::NotApplicable => severity(Severity::Informational),
    }
}

fn severity(severity: Severity) -> (u32, &'static str) {
    match severity {
        Severity::Informational => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn phrase(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "fails",
        Verdict::Unknown => "could not be judged",
        Verdict::Pass => "passes",
        Verdict::NotApplicable => "is out of scope",
    }
}

#[derive(Serialize)]
struct Metadata<'a> {
    version: &'static str,
    event_code: &'a str,
    uid: String,
    product: Product<'a>,
    profiles: &'static [&'static str],
}

#[derive(Serialize)]
struct Product<'a> {
    name: &'static str,
    vendor_name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Cloud<'a> {
    provider: &'static str,
    account: CloudAccount<'a>,
    region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_partition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<Organization<'a>>,
}

impl<'a> Cloud<'a> {
    fn new(report: &'a Report, view: &FindingView<'a>) -> Self {
        let account = &view.account.account;
        let (provider, type_id, account_type) = match account.provider {
            Provider::Aws => ("AWS", 10, "AWS Account"),
            Provider::Azure => ("Azure", 13, "Azure Subscription"),
            Provider::Gcp => ("GCP", 11, "GCP Project"),
        };
        Self {
            provider,
            account: CloudAccount {
                uid: &account.id,
                name: account.name.as_deref(),
                type_id,
                account_type,
            },
            region: &view.resource.region,
            cloud_partition: account.partition.as_deref(),
            org: report.organization.as_deref().map(|name| Organization { name }),
        }
    }
}

#[derive(Serialize)]
struct CloudAccount<'a> {
    uid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    type_id: u32,
    #[serde(rename = "type")]
    account_type: &'static str,
}

#[derive(Serialize)]
struct Organization<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct FindingInfo<'a> {
    uid: String,
    title: &'a str,
    desc: &'a str,
    created_time: i64,
    types: [&'a str; 1],
}

#[derive(Serialize)]
struct Compliance<'a> {
    status_id: u32,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    status_details: Vec<String>,
    control: &'a str,
    standards: Vec<&'a str>,
    requirements: Vec<String>,
    checks: [Check<'a>; 1],
}

impl<'a> Compliance<'a> {
    fn new(report: &'a Report, view: &FindingView<'a>) -> Self {
        let policy = view.policy;
        // The schema's own words for 2: the check "did not yield a result due to missing information".
        let (status_id, status) = match view.finding.verdict {
            Verdict::Fail => (3, "Fail"),
            Verdict::Unknown => (2, "Warning"),
            Verdict::Pass => (1, "Pass"),
            Verdict::NotApplicable => (99, "Not Applicable"),
        };
        let title = |control: &'a ControlRef| {
            let framework = report
                .frameworks
                .iter()
                .find(|framework| framework.id == control.framework);
            framework.map_or(control.framework.as_str(), |framework| framework.title.as_str())
        };
        let mut standards: Vec<&str> = policy.controls.iter().map(title).collect();
        standards.dedup();
        let (severity_id, severity) = severity(policy.severity);
        Self {
            status_id,
            status,
            status_details: status_details(view),
            control: &policy.name,
            checks: [Check {
                uid: &policy.name,
                name: &policy.title,
                status_id,
                status,
                severity_id,
                severity,
                standards: standards.clone(),
            }],
            standards,
            requirements: policy
                .controls
                .iter()
                .map(|c| format!("{} {}", title(c), c.control))
                .collect(),
        }
    }
}

fn status_details(view: &FindingView<'_>) -> Vec<String> {
    let Some(evidence) = view.finding.evidence.as_deref() else {
        return Vec::new();
    };
    let observed = evidence
        .observed
        .iter()
        .map(|seen| format!("{} = {}", seen.expression, seen.value));
    let unreadable = evidence.unreadable.iter().map(ToString::to_string);
    std::iter::once(evidence.message.to_string())
        .chain(observed)
        .chain(unreadable)
        .collect()
}

#[derive(Serialize)]
struct Check<'a> {
    uid: &'a str,
    name: &'a str,
    status_id: u32,
    status: &'static str,
    severity_id: u32,
    severity: &'static str,
    standards: Vec<&'a str>,
}

#[derive(Serialize)]
struct Resource<'a> {
    uid: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    resource_type: &'a str,
    region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_partition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<Tag<'a>>>,
}

impl<'a> Resource<'a> {
    fn new(view: &FindingView<'a>) -> Self {
        let resource = view.resource;
        Self {
            uid: &resource.uid,
            name: &resource.name,
            resource_type: &resource.resource_type,
            region: &resource.region,
            cloud_partition: view.account.account.partition.as_deref(),
            tags: resource
                .tags
                .as_deref()
                .map(|tags| tags.iter().map(Tag::new).collect()),
        }
    }
}

#[derive(Serialize)]
struct Tag<'a> {
    name: &'a str,
    value: String,
}

impl<'a> Tag<'a> {
    fn new((name, value): (&'a Text, &Value)) -> Self {
        Self {
            name,
            value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        }
    }
}

#[derive(Serialize)]
struct Remediation<'a> {
    desc: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<&'a Text>,
}

#[derive(Serialize)]
struct Unmapped<'a> {
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<ExposureLevel>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attack_paths: Vec<&'a str>,
    policy_aliases: &'a [Text],
    provider: &'a str,
}
