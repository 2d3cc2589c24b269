//! Plumb's own JSON report, version 1, as `docs/specs/report.md` defines it.

use std::io::{self, Write};

use plumb_model::account::Account;
use plumb_model::code::{CodeResource, CodeSpot};
use plumb_model::finding::{Evidence, Standing};
use plumb_model::framework::ControlRef;
use plumb_model::report::{AccountReport, FindingView, Report};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Map;
use plumb_model::verdict::{Severity, Verdict};
use serde::Serialize;

use crate::identity::fingerprint;
use crate::json_text::{write_json, write_json_lines_array};
use crate::options::RenderOptions;
use crate::path_json::PathsEntry;
use crate::risk_json::{AcceptedEntry, RiskEntry};

/// The version of the JSON and JSONL formats; a change that an old reader would misread increases it.
pub(crate) const VERSION: u32 = 1;

/// Writes the report as one document, one policy, control list or finding per line.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let verdicts = options.listed_verdicts(&Verdict::ALL);
    out.write_all(b"{\n\"plumb_report\":")?;
    write_json(&VERSION, out)?;
    let field = |name: &str, out: &mut dyn Write| write!(out, ",\n\"{name}\":");
    field("plumb_version", out)?;
    write_json(&report.plumb_version, out)?;
    field("assessed_at", out)?;
    write_json(&report.assessed_at, out)?;
    field("organization", out)?;
    write_json(&report.organization, out)?;
    field("complete", out)?;
    write_json(&report.is_complete(), out)?;
    field("listed_verdicts", out)?;
    write_json(&verdicts, out)?;
    field("summary", out)?;
    write_json(&report.summary, out)?;
    field("breakdown", out)?;
    write_json(&report.breakdown, out)?;
    if let Some(focus) = &report.focus {
        field("focus", out)?;
        write_json(focus, out)?;
    }
    if let Some(paths) = &report.paths {
        field("paths", out)?;
        write_json(&PathsEntry::new(paths), out)?;
    }
    field("accepted", out)?;
    write_json_lines_array(report.accepted.iter(), out)?;
    if !report.estate_doubts.is_empty() {
        field("estate_doubts", out)?;
        write_json(&report.estate_doubts, out)?;
    }
    field("frameworks", out)?;
    write_json_lines_array(report.frameworks.iter(), out)?;
    field("policies", out)?;
    write_json_lines_array(report.policies.iter(), out)?;
    field("accounts", out)?;
    out.write_all(b"[")?;
    for (index, account) in report.accounts.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        render_account(report, account, &verdicts, out)?;
    }
    out.write_all(b"\n]\n}\n")
}

fn render_account(
    report: &Report,
    account: &AccountReport,
    verdicts: &[Verdict],
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(b"{\"account\":")?;
    write_json(&account.account, out)?;
    out.write_all(b",\n\"taken_at\":")?;
    write_json(&account.taken_at, out)?;
    out.write_all(b",\n\"regions\":")?;
    write_json(&account.regions, out)?;
    out.write_all(b",\n\"coverage\":")?;
    write_json(&account.coverage, out)?;
    out.write_all(b",\n\"summary\":")?;
    write_json(&account.summary, out)?;
    out.write_all(b",\n\"findings\":")?;
    let listed = report
        .findings_of(account)
        .filter(|view| verdicts.contains(&view.finding.verdict));
    write_json_lines_array(listed.map(|view| FindingEntry::new(report, &view)), out)?;
    out.write_all(b"}")
}

/// A finding as the JSON report shows it; title, description, remediation and references are found under
/// the policy's name in the report's `policies`.
#[derive(Serialize)]
struct FindingEntry<'a> {
    fingerprint: String,
    policy: &'a str,
    severity: Severity,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<RiskEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<AcceptedEntry<'a>>,
    #[serde(skip_serializing_if = "Standing::is_asked")]
    standing: Standing,
    resource: ResourceEntry<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a Evidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a CodeSpot>,
    aliases: &'a [plumb_model::value::Text],
    controls: &'a [ControlRef],
}

impl<'a> FindingEntry<'a> {
    fn new(report: &'a Report, view: &FindingView<'a>) -> Self {
        Self {
            fingerprint: fingerprint(view),
            policy: &view.policy.name,
            severity: view.policy.severity,
            verdict: view.finding.verdict,
            risk: RiskEntry::of(view),
            accepted: AcceptedEntry::of(report, view),
            standing: view.finding.standing,
            resource: ResourceEntry::new(view),
            evidence: view.finding.evidence.as_deref(),
            code: view.finding.code.as_deref(),
            aliases: &view.policy.aliases,
            controls: &view.policy.controls,
        }
    }
}

/// A resource as JSON and JSONL show it.
#[derive(Serialize)]
pub(crate) struct ResourceEntry<'a> {
    uid: &'a str,
    #[serde(rename = "type")]
    resource_type: &'a str,
    name: &'a str,
    account: &'a str,
    region: &'a str,
    tags: Option<&'a Map>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<ExposureLevel>,
    #[serde(skip_serializing_if = "StandIn::is_real")]
    stand_in: StandIn,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a CodeResource>,
}

impl<'a> ResourceEntry<'a> {
    /// The resource of a finding.
    pub(crate) fn new(view: &FindingView<'a>) -> Self {
        let account: &'a Account = &view.account.account;
        Self {
            uid: &view.resource.uid,
            resource_type: &view.resource.resource_type,
            name: &view.resource.name,
            account: &account.id,
            region: &view.resource.region,
            tags: view.resource.tags.as_deref(),
            exposure: view.resource.exposure,
            stand_in: StandIn(view.resource.stand_in),
            code: view.resource.code.as_deref(),
        }
    }
}

/// `true` in JSON when the resource stands for all that could not be listed; left out otherwise.
#[derive(Serialize)]
#[serde(transparent)]
struct StandIn(bool);

impl StandIn {
    fn is_real(&self) -> bool {
        !self.0
    }
}
