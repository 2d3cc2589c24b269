//! The sections of the terminal report that tell of risk: priorities, paths, choke points, lost points, accepted risks.

use std::io;

use plumb_model::path::PathReport;
use plumb_model::report::{AcceptedRisk, Report, ScorePart};
use plumb_model::risk::Priority;

use super::page::{Page, fitted};
use super::paths::{choke_point_lines, priority_name, problems, ranked};
use crate::accounts::AccountNames;
use crate::numbers::{counted, thousands};
use crate::path_words::priority_gloss;

/// How many paths and accepted risks are listed.
const LISTED: usize = 5;

/// How many choke points and parts of the score are listed.
const LISTED_FEW: usize = 3;

/// Columns of the longest priority with its colon.
const NAME_COLUMNS: usize = 14;

/// Failing verdicts by priority, when there are risks.
pub(super) fn priorities(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let counts = &report.summary.priorities;
    if Priority::ALL
        .into_iter()
        .all(|priority| counts.get(priority) == 0)
    {
        return Ok(());
    }
    page.heading("FINDINGS BY PRIORITY:")?;
    let widest = Priority::ALL
        .into_iter()
        .map(|priority| thousands(counts.get(priority)).len())
        .max()
        .unwrap_or(0);
    for priority in Priority::ALL {
        let name = priority_name(priority, NAME_COLUMNS, page);
        let count = thousands(counts.get(priority));
        let columns = page.width().saturating_sub(NAME_COLUMNS + widest + 5);
        let gloss = page.dimmed(&fitted(&format!("({})", priority_gloss(priority)), columns));
        page.line(&format!("  {name} {count:>widest$}  {gloss}"))?;
    }
    Ok(())
}

/// The riskiest paths.
pub(super) fn paths(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let Some(paths) = &report.paths else {
        return Ok(());
    };
    if paths.paths.is_empty() {
        page.heading("ATTACK PATHS: none found")?;
        return problems(paths, page);
    }
    page.heading(&title("TOP ATTACK PATHS", LISTED, paths.paths.len()))?;
    for (index, path) in paths.paths.iter().take(LISTED).enumerate() {
        ranked(index + 1, path, page)?;
    }
    problems(paths, page)?;
    choke_points(paths, page)
}

fn choke_points(paths: &PathReport, page: &mut Page<'_>) -> io::Result<()> {
    if paths.choke_points.is_empty() {
        return Ok(());
    }
    page.heading(&title("CHOKE POINTS", LISTED_FEW, paths.choke_points.len()))?;
    for (index, choke_point) in paths.choke_points.iter().take(LISTED_FEW).enumerate() {
        choke_point_lines(index + 1, choke_point, page)?;
    }
    Ok(())
}

fn title(text: &str, listed: usize, all: usize) -> String {
    if all > listed {
        format!("{text} ({listed} of {all}):")
    } else {
        format!("{text}:")
    }
}

/// What loses most points of the score.
pub(super) fn breakdown(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let names = AccountNames::new(report);
    // Severities are few; of the others the worst are told.
    let lists = [
        ("  by severity:  ", &report.breakdown.severities, usize::MAX),
        ("  by service:   ", &report.breakdown.services, LISTED_FEW),
        ("  by account:   ", &report.breakdown.accounts, LISTED_FEW),
    ];
    if lists
        .iter()
        .all(|(_, parts, _)| parts.iter().all(|part| part.score.failed == 0))
    {
        return Ok(());
    }
    page.heading("POINTS OF THE SCORE THAT ARE LOST:")?;
    for (first, parts, listed) in lists {
        let losing = losing(parts);
        let mut shown: Vec<String> = losing
            .iter()
            .take(listed)
            .map(|part| format!("{} {}", names.label(&part.name), lost(part)))
            .collect();
        let elsewhere: u64 = losing.iter().skip(listed).map(|part| u64::from(part.lost)).sum();
        if elsewhere > 0 {
            shown.push(format!("elsewhere {elsewhere}"));
        }
        if !shown.is_empty() {
            page.wrapped(first, &shown.join(", "))?;
        }
    }
    Ok(())
}

/// The parts in which something fails, those that lose most first.
fn losing(parts: &[ScorePart]) -> Vec<&ScorePart> {
    let mut losing: Vec<&ScorePart> = parts.iter().filter(|part| part.score.failed > 0).collect();
    losing.sort_by_key(|part| std::cmp::Reverse(part.lost));
    losing
}

fn lost(part: &ScorePart) -> String {
    match part.lost {
        0 => "less than 1".to_owned(),
        lost => lost.to_string(),
    }
}

/// What the estate file says that means nothing here.
pub(super) fn estate_doubts(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.estate_doubts.is_empty() {
        return Ok(());
    }
    page.heading("THE ESTATE FILE:")?;
    for doubt in &report.estate_doubts {
        page.wrapped("  doubtful: ", doubt)?;
    }
    Ok(())
}

/// How much was accepted, and which acceptances need care.
pub(super) fn accepted(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.accepted.is_empty() {
        return Ok(());
    }
    let findings = counted(report.summary.accepted, "failing findings");
    page.heading(&format!("ACCEPTED RISKS: {findings}, counted as failures above"))?;
    let expired = report.accepted.iter().filter(|accepted| !accepted.holds);
    some(expired, "  no longer holds: ", page)?;
    let idle = report
        .accepted
        .iter()
        .filter(|accepted| accepted.holds && accepted.findings == 0);
    some(idle, "  fits nothing:    ", page)?;
    let in_force = report
        .accepted
        .iter()
        .filter(|accepted| accepted.holds && accepted.findings > 0);
    some(in_force, "  in force:        ", page)
}

/// Who accepted a risk and until when, as far as it is said.
fn by_and_until(owner: &str, until: &str) -> String {
    let part = |word: &str, text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!(" {word} {text}")
        }
    };
    match format!("{}{}", part("by", owner), part("until", until)) {
        said if said.is_empty() => said,
        said => format!(",{said}"),
    }
}

fn some<'a>(
    accepted: impl Iterator<Item = &'a AcceptedRisk>,
    first: &str,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let mut left_out: u64 = 0;
    for (index, accepted) in accepted.enumerate() {
        if index >= LISTED {
            left_out += 1;
            continue;
        }
        let AcceptedRisk {
            policy,
            resource,
            reason,
            owner,
            until,
            ..
        } = accepted;
        page.wrapped(
            first,
            &format!("{policy} on {resource}{}: {reason}", by_and_until(owner, until)),
        )?;
    }
    if left_out > 0 {
        page.wrapped(first, &format!("and {left_out} more"))?;
    }
    Ok(())
}
