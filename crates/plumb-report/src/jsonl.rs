//! The JSON Lines report: a line for the report, one per attack path and choke point, one per account, and one per
//! finding, each complete in itself.

use std::io::{self, Write};

use plumb_model::account::Account;
use plumb_model::code::CodeSpot;
use plumb_model::coverage::Coverage;
use plumb_model::finding::{Evidence, Standing};
use plumb_model::framework::FrameworkReport;
use plumb_model::path::ChokePoint;
use plumb_model::report::{AcceptedRisk, Breakdown, FindingView, Focus, PolicySummary, Report, Summary};
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;
use serde::Serialize;

use crate::identity::fingerprint;
use crate::json::{ResourceEntry, VERSION};
use crate::json_text::write_json;
use crate::options::RenderOptions;
use crate::path_json::{GraphEntry, PathEntry};
use crate::risk_json::{AcceptedEntry, RiskEntry};

/// Writes the report line, those of paths and choke points, then for each account its line and those of its findings.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let verdicts = options.listed_verdicts(&Verdict::ALL);
    let line = Line::Report(ReportLine {
        plumb_report: VERSION,
        plumb_version: &report.plumb_version,
        assessed_at: &report.assessed_at,
        organization: report.organization.as_deref(),
        complete: report.is_complete(),
        listed_verdicts: &verdicts,
        summary: &report.summary,
        breakdown: &report.breakdown,
        focus: report.focus.as_ref(),
        paths: report.paths.as_ref().map(GraphEntry::new),
        accepted: &report.accepted,
        estate_doubts: &report.estate_doubts,
        frameworks: &report.frameworks,
    });
    write_line(&line, out)?;
    if let Some(paths) = &report.paths {
        for path in &paths.paths {
            write_line(&Line::Path(PathEntry::new(path)), out)?;
        }
        for choke_point in &paths.choke_points {
            write_line(&Line::ChokePoint(choke_point), out)?;
        }
    }
    for account in &report.accounts {
        let line = Line::Account(AccountLine {
            account: &account.account,
            taken_at: &account.taken_at,
            regions: &account.regions,
            coverage: &account.coverage,
            summary: &account.summary,
        });
        write_line(&line, out)?;
        for view in report
            .findings_of(account)
            .filter(|view| verdicts.contains(&view.finding.verdict))
        {
            write_line(&Line::Finding(FindingLine::new(report, &view)), out)?;
        }
    }
    Ok(())
}

fn write_line(line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_json(line, out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Report(ReportLine<'a>),
    Path(PathEntry<'a>),
    ChokePoint(&'a ChokePoint),
    Account(AccountLine<'a>),
    Finding(FindingLine<'a>),
}

#[derive(Serialize)]
struct ReportLine<'a> {
    plumb_report: u32,
    plumb_version: &'a str,
    assessed_at: &'a str,
    organization: Option<&'a str>,
    complete: bool,
    listed_verdicts: &'a [Verdict],
    summary: &'a Summary,
    breakdown: &'a Breakdown,
    #[serde(skip_serializing_if = "Option::is_none")]
    focus: Option<&'a Focus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<GraphEntry<'a>>,
    accepted: &'a [AcceptedRisk],
    #[serde(skip_serializing_if = "<[Text]>::is_empty")]
    estate_doubts: &'a [Text],
    frameworks: &'a [FrameworkReport],
}

#[derive(Serialize)]
struct AccountLine<'a> {
    account: &'a Account,
    taken_at: &'a str,
    regions: &'a [Text],
    coverage: &'a Coverage,
    summary: &'a Summary,
}

#[derive(Serialize)]
struct FindingLine<'a> {
    fingerprint: String,
    assessed_at: &'a str,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<RiskEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<AcceptedEntry<'a>>,
    #[serde(skip_serializing_if = "Standing::is_asked")]
    standing: Standing,
    policy: &'a PolicySummary,
    resource: ResourceEntry<'a>,
    account: &'a Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a Evidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a CodeSpot>,
}

impl<'a> FindingLine<'a> {
    fn new(report: &'a Report, view: &FindingView<'a>) -> Self {
        Self {
            fingerprint: fingerprint(view),
            assessed_at: &report.assessed_at,
            verdict: view.finding.verdict,
            risk: RiskEntry::of(view),
            accepted: AcceptedEntry::of(report, view),
            standing: view.finding.standing,
            policy: view.policy,
            resource: ResourceEntry::new(view),
            account: &view.account.account,
            evidence: view.finding.evidence.as_deref(),
            code: view.finding.code.as_deref(),
        }
    }
}
