//! A Code Quality report of GitLab: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use std::io::{self, Write};

use plumb_model::finding::Standing;
use plumb_model::report::{FindingView, Report};
use plumb_model::verdict::{Severity, Verdict};
use serde::Serialize;

use crate::identity::{address, fingerprint, place};
use crate::json_text::write_json_lines_array;
use crate::options::RenderOptions;
use crate::sarif::location;
use crate::visible::visible;

/// Writes one issue per failure that nobody accepted and that the change does not pass by.
///
/// GitLab tells new from known itself, by fingerprints; so what the baseline has is written too.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let verdicts = options.listed_verdicts(&[Verdict::Fail]);
    let listed = report
        .findings()
        .filter(|view| verdicts.contains(&view.finding.verdict))
        .filter(|view| view.finding.accepted.is_none() && view.finding.standing != Standing::Untouched);
    write_json_lines_array(listed.map(|view| Issue::new(options, &view)), out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<u32>,
}

impl<'a> Issue<'a> {
    /// What is in no file gets the path that SARIF has for it: its identity.
    fn new(options: &RenderOptions, view: &FindingView<'a>) -> Self {
        let mut description = format!("{}: {}", view.policy.title, address(view));
        let evidence = view.finding.evidence.as_deref();
        if let Some(evidence) = evidence.filter(|evidence| !evidence.message.is_empty()) {
            description = format!("{description}: {}", evidence.message);
        }
        let place = place(view);
        Self {
            description: visible(&description).into_owned(),
            check_name: &view.policy.name,
            fingerprint: fingerprint(view),
            severity: match view.policy.severity {
                Severity::Critical => "blocker",
                Severity::High => "critical",
                Severity::Medium => "major",
                Severity::Low => "minor",
                Severity::Informational => "info",
            },
            location: Location {
                path: place.map_or_else(|| location::address(view), |place| options.path(place)),
                lines: Lines {
                    begin: place.map_or(1, |place| place.line),
                    end: place.map(|place| place.end_line),
                },
            },
        }
    }
}
