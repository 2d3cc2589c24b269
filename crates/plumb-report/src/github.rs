//! Workflow commands of GitHub Actions: an annotation for each failure that was asked about, worst first.
//!
//! Commands and their escapes: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io::{self, Write};

use plumb_model::report::{FindingView, Report};
use plumb_model::verdict::{Severity, Verdict};

use crate::digest::risk_score;
use crate::identity::{address, place};
use crate::options::RenderOptions;
use crate::visible::visible;

/// Writes one command per finding, and a warning when something could not be read.
///
/// GitHub shows the first ten errors and the first ten warnings of a step, so the worst stand first.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let verdicts = options.listed_verdicts(&[Verdict::Fail]);
    let mut listed: Vec<FindingView<'_>> = report
        .findings()
        .filter(|view| verdicts.contains(&view.finding.verdict))
        .filter(|view| view.finding.standing.is_asked() && view.finding.accepted.is_none())
        .collect();
    listed.sort_by_key(|view| (Reverse(view.policy.severity), Reverse(risk_score(view))));
    for view in &listed {
        writeln!(out, "{}", command(options, view))?;
    }
    if !report.is_complete() {
        writeln!(
            out,
            "::warning title=Plumb::coverage is incomplete: something that was asked for could not be read"
        )?;
    }
    Ok(())
}

fn command(options: &RenderOptions, view: &FindingView<'_>) -> String {
    let level = match (view.finding.verdict, view.policy.severity) {
        (Verdict::Fail, Severity::Critical | Severity::High) => "error",
        (Verdict::Fail, Severity::Medium | Severity::Low) => "warning",
        (Verdict::Fail, Severity::Informational)
        | (Verdict::Unknown | Verdict::Pass | Verdict::NotApplicable, _) => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = place(view) {
        properties.push(format!("file={}", property(&options.path(place))));
        properties.push(format!("line={}", place.line));
        properties.push(format!("endLine={}", place.end_line));
        // Columns are understood within one line only.
        if place.line == place.end_line {
            properties.push(format!("col={}", place.column));
            properties.push(format!("endColumn={}", place.end_column));
        }
    }
    let title = format!("{} [{}]", view.policy.title, view.policy.name);
    properties.push(format!("title={}", property(&title)));
    format!("::{level} {}::{}", properties.join(","), data(&message(view)))
}

fn message(view: &FindingView<'_>) -> String {
    let mut message = address(view).to_owned();
    if view.resource.code.is_none() {
        message = format!("{} ({})", view.resource.uid, view.account.account.label());
    }
    let evidence = view.finding.evidence.as_deref();
    if let Some(evidence) = evidence.filter(|evidence| !evidence.message.is_empty()) {
        message = format!("{message}: {}", evidence.message);
    }
    if !view.policy.remediation.summary.is_empty() {
        message = format!("{message}. To mend it: {}", view.policy.remediation.summary);
    }
    message
}

/// What a command says; nothing in it ends the line.
fn data(text: &str) -> String {
    let text: Cow<'_, str> = visible(text);
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property; nothing in it ends the property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn no_text_ends_its_place_in_a_command() {
        assert_eq!(
            property("a,b::c%0A\n::error::x"),
            "a%2Cb%3A%3Ac%250A\\n%3A%3Aerror%3A%3Ax"
        );
        assert_eq!(data("100%: a, b"), "100%25: a, b");
    }
}
