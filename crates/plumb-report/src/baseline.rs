//! `Baseline`: the failures of an earlier run, by their fingerprints.
//!
//! A baseline is a file of its own, or an earlier report as JSON, JSONL or SARIF.

use std::collections::BTreeSet;
use std::io::{self, Write};

use plumb_model::finding::Standing;
use plumb_model::report::{BaselineCounts, FindingView, Focus, Report};
use plumb_model::verdict::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::identity::{address, fingerprint, former};
use crate::json_text::{write_json, write_json_lines_array};

/// The version of the format.
const VERSION: u32 = 1;

/// The failures of an earlier run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeSet<String>);

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    Json(serde_json::Error),
    /// It is something else.
    #[error("it is neither a baseline nor a report of Plumb in JSON, JSONL or SARIF")]
    Other,
    /// A later version wrote it.
    #[error("it has version {0} of the format, and this Plumb reads version {VERSION}")]
    Version(u32),
    /// A failure cannot be told from others.
    #[error("it has failures without a fingerprint")]
    NoFingerprint,
}

impl From<serde_json::Error> for BaselineError {
    /// What is JSON and has another shape is something else, however that shape is called here.
    fn from(error: serde_json::Error) -> Self {
        match error.classify() {
            Category::Data => Self::Other,
            Category::Io | Category::Syntax | Category::Eof => Self::Json(error),
        }
    }
}

impl Baseline {
    /// Reads a baseline. Failures that somebody accepted are none of it: when nobody does any more, they are new.
    ///
    /// # Errors
    /// When the text is none.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let failures = if text.trim_start().starts_with("{\"kind\":") {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines
                .map(|line| serde_json::from_str::<Entry>(line).map_err(BaselineError::from))
                .collect::<Result<Vec<_>, _>>()?
        } else {
            File::failures(serde_json::from_str(text)?)?
        };
        failures
            .into_iter()
            .filter(|entry| entry.is_failure())
            .map(|entry| entry.fingerprint.ok_or(BaselineError::NoFingerprint))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether it knows failures, and none of them is among those of the report.
    pub fn is_of_other_code(&self, counts: &BaselineCounts) -> bool {
        let failures = u64::try_from(self.0.len()).unwrap_or(u64::MAX);
        failures > 0 && counts.gone == failures && counts.new > 0
    }

    /// Writes the failures of a report as a baseline, by policy and address, so that changes of it are read easily.
    ///
    /// # Errors
    /// When `out` refuses a write.
    pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let mut failures: Vec<Failure<'_>> = report
            .findings()
            .filter(counts)
            .map(|view| Failure {
                policy: &view.policy.name,
                address: address(&view),
                fingerprint: fingerprint(&view),
            })
            .collect();
        failures.sort();
        write!(out, "{{\"plumb_baseline\":{VERSION},\"plumb_version\":")?;
        write_json(&report.plumb_version, out)?;
        out.write_all(b",\"failures\":")?;
        write_json_lines_array(failures.iter(), out)?;
        out.write_all(b"}\n")
    }

    /// Marks the failures that the baseline has, and counts.
    pub fn mark(&self, report: &mut Report) {
        let mut counts = BaselineCounts::default();
        let mut met: BTreeSet<String> = BTreeSet::new();
        let known: Vec<Vec<bool>> = report
            .accounts
            .iter()
            .map(|account| {
                let findings = report.findings_of(account).map(|view| {
                    if view.finding.verdict != Verdict::Fail {
                        return false;
                    }
                    let now = std::iter::once(fingerprint(&view));
                    let same = now
                        .chain(former(&view))
                        .find(|fingerprint| self.0.contains(fingerprint));
                    let known = same.is_some();
                    if view.finding.accepted.is_none() {
                        match (known, view.finding.standing) {
                            (true, _) => counts.known += 1,
                            (false, Standing::Asked) => counts.new += 1,
                            (false, Standing::Known | Standing::Untouched) => {}
                        }
                    }
                    met.extend(same);
                    known
                });
                findings.collect()
            })
            .collect();
        counts.gone = u64::try_from(self.0.len() - met.len()).unwrap_or(u64::MAX);
        for (account, known) in report.accounts.iter_mut().zip(known) {
            for (finding, known) in account.findings.iter_mut().zip(known) {
                if known && finding.standing.is_asked() {
                    finding.standing = Standing::Known;
                }
            }
        }
        report.focus.get_or_insert_with(Focus::default).baseline = Some(counts);
    }
}

/// Whether a finding is a failure that nobody accepted.
fn counts(view: &FindingView<'_>) -> bool {
    view.finding.verdict == Verdict::Fail && view.finding.accepted.is_none()
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Failure<'a> {
    policy: &'a str,
    address: &'a str,
    fingerprint: String,
}

/// What is read of a file, whichever it is.
#[derive(Deserialize)]
struct File {
    plumb_baseline: Option<u32>,
    plumb_report: Option<u32>,
    failures: Option<Vec<Entry>>,
    accounts: Option<Vec<Account>>,
    runs: Option<Vec<Run>>,
}

impl File {
    fn failures(self) -> Result<Vec<Entry>, BaselineError> {
        match (self.plumb_baseline, self.plumb_report, self.runs) {
            (Some(VERSION), _, _) => Ok(self.failures.unwrap_or_default()),
            (None, Some(VERSION), _) => {
                let accounts = self.accounts.unwrap_or_default();
                Ok(accounts
                    .into_iter()
                    .flat_map(|account| account.findings)
                    .collect())
            }
            (Some(version), _, _) | (None, Some(version), _) => Err(BaselineError::Version(version)),
            (None, None, Some(runs)) if runs.iter().all(|run| run.tool.driver.name == "Plumb") => {
                let results = runs.into_iter().flat_map(|run| run.results);
                Ok(results.map(Entry::from).collect())
            }
            (None, None, _) => Err(BaselineError::Other),
        }
    }
}

#[derive(Deserialize)]
struct Account {
    findings: Vec<Entry>,
}

/// A failure of a baseline, or any finding of a report.
#[derive(Deserialize)]
struct Entry {
    fingerprint: Option<String>,
    /// What kind of line it is; other kinds of JSONL are no findings.
    kind: Option<String>,
    verdict: Option<Verdict>,
    accepted: Option<serde_json::Value>,
}

impl Entry {
    fn is_failure(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == "finding")
            && self.verdict.is_none_or(|verdict| verdict == Verdict::Fail)
            && self.accepted.is_none()
    }
}

#[derive(Deserialize)]
struct Run {
    tool: Tool,
    #[serde(default)]
    results: Vec<RunResult>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Driver,
}

#[derive(Deserialize)]
struct Driver {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunResult {
    kind: Option<String>,
    properties: Option<Properties>,
    partial_fingerprints: Option<Fingerprints>,
}

#[derive(Deserialize)]
struct Properties {
    accepted: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Fingerprints {
    #[serde(rename = "plumbFinding/v1")]
    plumb: Option<String>,
}

impl From<RunResult> for Entry {
    fn from(result: RunResult) -> Self {
        // Section 3.27.9: a result without a kind is a failure.
        let fails = result.kind.as_deref().is_none_or(|kind| kind == "fail");
        Self {
            fingerprint: result.partial_fingerprints.and_then(|prints| prints.plumb),
            kind: None,
            verdict: Some(if fails { Verdict::Fail } else { Verdict::Pass }),
            accepted: result.properties.and_then(|properties| properties.accepted),
        }
    }
}
