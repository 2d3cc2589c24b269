//! The CSV report: one row per finding, RFC 4180, with stable columns.

use std::io::{self, Write};

use plumb_model::report::{FindingView, Report};
use plumb_model::value::{Map, Reason, Text, Value};
use plumb_model::verdict::Verdict;

use crate::identity::{fingerprint, place};
use crate::options::RenderOptions;
use crate::risk_json::accepted;
use crate::visible::visible;

/// The columns; new ones are only ever added at the end.
const COLUMNS: [&str; 28] = [
    "verdict",
    "severity",
    "policy",
    "title",
    "provider",
    "account_id",
    "account_name",
    "region",
    "service",
    "resource_type",
    "resource_uid",
    "resource_name",
    "tags",
    "evidence",
    "missing_permissions",
    "remediation",
    "controls",
    "aliases",
    "assessed_at",
    "fingerprint",
    "risk",
    "priority",
    "exposure",
    "accepted_until",
    "file",
    "line",
    "address",
    "standing",
];

/// Writes the header and one row per finding.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let verdicts = options.listed_verdicts(&Verdict::ALL);
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .from_writer(out);
    writer.write_record(COLUMNS)?;
    for view in report
        .findings()
        .filter(|view| verdicts.contains(&view.finding.verdict))
    {
        writer.write_record(row(report, &view).map(|text| cell(&text)))?;
    }
    writer.flush()
}

fn row(report: &Report, view: &FindingView<'_>) -> [String; COLUMNS.len()] {
    let FindingView {
        policy,
        resource,
        account,
        finding,
    } = view;
    let account = &account.account;
    let place = place(view);
    [
        finding.verdict.name().to_owned(),
        policy.severity.name().to_owned(),
        policy.name.to_string(),
        policy.title.to_string(),
        account.provider.name().to_owned(),
        account.id.to_string(),
        account.name.as_deref().unwrap_or_default().to_owned(),
        resource.region.to_string(),
        policy.service.to_string(),
        resource.resource_type.to_string(),
        resource.uid.to_string(),
        resource.name.to_string(),
        resource.tags.as_deref().map(tags).unwrap_or_default(),
        finding
            .evidence
            .as_deref()
            .map(|evidence| evidence.message.to_string())
            .unwrap_or_default(),
        missing_permissions(view),
        policy.remediation.summary.to_string(),
        list(
            policy
                .controls
                .iter()
                .map(|control| format!("{} {}", control.framework, control.control)),
        ),
        list(policy.aliases.iter().map(Text::to_string)),
        report.assessed_at.to_string(),
        fingerprint(view),
        finding
            .risk
            .map(|risk| risk.score.to_string())
            .unwrap_or_default(),
        finding
            .risk
            .map(|risk| risk.priority.to_string())
            .unwrap_or_default(),
        resource
            .exposure
            .map(|exposure| exposure.name().to_owned())
            .unwrap_or_default(),
        accepted(report, view)
            .map(|accepted| accepted.until.to_string())
            .unwrap_or_default(),
        place.map(|place| place.file.to_string()).unwrap_or_default(),
        place.map(|place| place.line.to_string()).unwrap_or_default(),
        resource
            .code
            .as_ref()
            .map(|code| code.address.to_string())
            .unwrap_or_default(),
        finding.standing.name().to_owned(),
    ]
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("; ")
}

fn tags(tags: &Map) -> String {
    list(tags.iter().map(|(key, value)| match value {
        Value::String(text) => format!("{key}={text}"),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Unreadable(_) => format!("{key}={value}"),
    }))
}

fn missing_permissions(view: &FindingView<'_>) -> String {
    let unreadable = view
        .finding
        .evidence
        .as_deref()
        .map_or(&[][..], |evidence| &evidence.unreadable);
    let denied = unreadable
        .iter()
        .filter(|unreadable| unreadable.reason == Reason::Denied);
    let mut actions: Vec<String> = denied
        .filter_map(|unreadable| Some(unreadable.action.as_ref()?.to_string()))
        .collect();
    actions.sort();
    actions.dedup();
    actions.join("; ")
}

/// A cell that no spreadsheet takes for a formula and no terminal for a command.
///
/// OWASP's list of formula starters is `=`, `+`, `-`, `@`, tab, carriage return and line feed, with the
/// full-width forms of the first four; the last three are made visible first and so never start a cell.
pub(crate) fn cell(text: &str) -> String {
    let text = visible(text);
    let risky = text.starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if risky {
        format!("'{text}")
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_like_a_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\\t=1"),
            ("\r=1", "\\r=1"),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
