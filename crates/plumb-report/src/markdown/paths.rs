//! Priorities, attack paths, choke points and accepted risks of the Markdown report.

use std::io::{self, Write};

use plumb_model::path::{AttackPath, PathReport};
use plumb_model::report::{AcceptedRisk, Report};
use plumb_model::risk::Priority;

use super::cut as shortened;
use super::escape::{cell_code, text};
use crate::numbers::{counted, thousands};
use crate::path_words::{affected, certainty_gloss, change, cut, days, extent, priority_gloss};

/// How many paths, choke points and accepted risks are listed.
const LISTED: usize = 10;

/// Failing findings by priority, when there are risks.
pub(super) fn render_priorities(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let counts = &report.summary.priorities;
    if Priority::ALL
        .into_iter()
        .all(|priority| counts.get(priority) == 0)
    {
        return Ok(());
    }
    writeln!(out, "| Priority | Failing | When |\n| --- | ---: | --- |")?;
    for priority in Priority::ALL {
        let (title, gloss) = (priority.title(), priority_gloss(priority));
        writeln!(out, "| {title} | {} | {gloss} |", thousands(counts.get(priority)))?;
    }
    writeln!(out)
}

/// The riskiest paths and the best choke points.
pub(super) fn render_paths(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(paths) = &report.paths else {
        return Ok(());
    };
    writeln!(out, "## Attack paths\n")?;
    if paths.paths.is_empty() {
        writeln!(out, "None was found.\n")?;
    }
    for (index, path) in paths.paths.iter().take(LISTED).enumerate() {
        render_path(index + 1, path, out)?;
    }
    if paths.paths.len() > LISTED {
        writeln!(out, "\n{} more are left out here.", paths.paths.len() - LISTED)?;
    }
    for problem in &paths.problems {
        writeln!(out, "\nNot complete: {}", text(&shortened(problem)))?;
    }
    writeln!(out)?;
    render_choke_points(paths, out)
}

fn render_path(rank: usize, path: &AttackPath, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{rank}. **{}**", text(&shortened(&path.title)))?;
    let (affected, eta) = (affected(path), days(path.days()));
    let mut facts = format!(
        "Affected: {affected}; risk: {} ({}); ETA to remediate: {eta}",
        path.priority.title(),
        path.risk
    );
    if let Some(extent) = extent(path) {
        facts.push_str(&format!("; {extent}"));
    }
    if let Some(gloss) = certainty_gloss(path.certainty) {
        facts.push_str(&format!("; {gloss}"));
    }
    for caveat in &path.caveats {
        facts.push_str(&format!("; note: {}", text(&shortened(caveat))));
    }
    writeln!(out, "   {facts}")?;
    match path.cuts.first() {
        Some(change) => writeln!(
            out,
            "   <br>To cut it: {}",
            cell_code(&shortened(&cut(path, change)))
        ),
        None => Ok(()),
    }
}

fn render_choke_points(paths: &PathReport, out: &mut dyn Write) -> io::Result<()> {
    if paths.choke_points.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Choke points\n")?;
    writeln!(
        out,
        "| Change | Resource | Account | Targets out of reach | Risk removed | Takes |\n\
        | --- | --- | --- | ---: | ---: | --- |"
    )?;
    for point in paths.choke_points.iter().take(LISTED) {
        let fact = cell_code(&shortened(&change(&point.proof, &point.name)));
        let (title, name) = (text(&shortened(&point.title)), cell_code(&shortened(&point.name)));
        let account = cell_code(&shortened(&point.account));
        let (targets, risk) = (thousands(point.targets_saved), thousands(point.risk_removed));
        writeln!(
            out,
            "| {fact} | {title} {name} | {account} | {targets} | {risk} | {} |",
            days(point.days)
        )?;
    }
    writeln!(out)
}

/// The accepted risks, those that no longer hold or fit nothing first.
pub(super) fn render_accepted(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.accepted.is_empty() {
        return Ok(());
    }
    let findings = counted(report.summary.accepted, "failing findings");
    writeln!(
        out,
        "## Accepted risks\n\n{findings} accepted; they count as failures all the same.\n"
    )?;
    writeln!(
        out,
        "| Policy | Resources | By | Until | State | Why |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    let mut accepted: Vec<&AcceptedRisk> = report.accepted.iter().collect();
    accepted.sort_by_key(|accepted| (accepted.holds, accepted.findings > 0));
    for risk in accepted.iter().take(LISTED) {
        let cells =
            [&risk.policy, &risk.resource, &risk.owner, &risk.until].map(|c| cell_code(&shortened(c)));
        let why = text(&shortened(&risk.reason));
        writeln!(out, "| {} | {} | {why} |", cells.join(" | "), state(risk))?;
    }
    if accepted.len() > LISTED {
        writeln!(out, "\n{} more are left out here.", accepted.len() - LISTED)?;
    }
    writeln!(out)
}

fn state(accepted: &AcceptedRisk) -> String {
    match (accepted.holds, accepted.findings) {
        (false, _) => "**no longer holds**".to_owned(),
        (true, 0) => "**fits nothing**".to_owned(),
        (true, findings) => counted(findings, "findings"),
    }
}
