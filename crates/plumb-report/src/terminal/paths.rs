//! Attack paths and choke points at a terminal: ranked, or one in full.

use std::io;

use plumb_model::path::{AttackPath, Certainty, ChokePoint, Hop, PathReport};
use plumb_model::risk::Priority;

use super::page::{Page, fitted, painted_text, priority_style};
use crate::numbers::{counted, thousands};
use crate::options::Color;
use crate::path_words::{
    affected, certainty_gloss, change, cut, days, extent, gain, node, proof_on, step, without_cut,
};
use crate::visible::visible;

/// How many of the paths that a choke point closes are listed.
const MOST_CLOSED: usize = 5;

/// How many of the targets behind a path are listed.
const MOST_BEHIND: usize = 20;

/// All paths, riskiest first, each with its id; `width` is held between 60 and 200 columns.
pub fn list(report: &PathReport, width: usize, color: Color) -> String {
    painted_text(width, color, |page| {
        let pairs = counted(report.pairs, "connected pairs");
        let (nodes, edges) = (counted(report.nodes, "nodes"), counted(report.edges, "edges"));
        let paths = counted(wide(report.paths.len()), "attack paths");
        page.wrapped(
            "",
            &format!("{paths}; {pairs} of entry and target in a graph of {nodes} and {edges} that an attacker can follow"),
        )?;
        for (index, path) in report.paths.iter().enumerate() {
            page.blank()?;
            ranked(index + 1, path, page)?;
            page.wrapped("     ", &format!("plumb paths show {}", path.id))?;
        }
        problems(report, page)
    })
}

/// One path in full: every step with its facts and conditions, the sum of its risk, and what closes it.
pub fn show(path: &AttackPath, width: usize, color: Color) -> String {
    painted_text(width, color, |page| {
        page.wrapped_bold(&path.title)?;
        page.wrapped("", &facts(path))?;
        if let Some(gloss) = certainty_gloss(path.certainty) {
            page.wrapped("", gloss)?;
        }
        for caveat in &path.caveats {
            page.wrapped("Note: ", caveat)?;
        }
        page.wrapped("Why it matters: ", &path.why)?;
        page.blank()?;
        let entry = page.bold(&fitted(&node(&path.entry), page.width().saturating_sub(4)));
        page.line(&format!("  {entry}"))?;
        for hop in &path.hops {
            hop_lines(path, hop, page)?;
        }
        closing(path, page)
    })
}

/// The facts whose change takes most risk away, best first.
pub fn choke_points(report: &PathReport, width: usize, color: Color) -> String {
    painted_text(width, color, |page| {
        let points = wide(report.choke_points.len());
        page.wrapped(
            "",
            &format!(
                "{}; the risk of all targets that can be reached sums up to {}",
                counted(points, "choke points"),
                thousands(report.total_risk)
            ),
        )?;
        for (index, choke_point) in report.choke_points.iter().enumerate() {
            page.blank()?;
            choke_point_lines(index + 1, choke_point, page)?;
            closed(report, choke_point, page)?;
            let name = visible(&choke_point.proof.name()).replace('\'', r"'\''");
            page.line(&format!("     plumb whatif --remove '{name}'"))?;
        }
        problems(report, page)
    })
}

/// The riskiest of the paths that a choke point closes.
fn closed(report: &PathReport, choke_point: &ChokePoint, page: &mut Page<'_>) -> io::Result<()> {
    // Paths come riskiest first.
    let is_closed = |path: &&AttackPath| choke_point.paths.binary_search(&path.id).is_ok();
    for path in report.paths.iter().filter(is_closed).take(MOST_CLOSED) {
        page.wrapped(&format!("     closes {}  ", fitted(&path.id, 12)), &path.title)?;
    }
    let more = choke_point.paths.len().saturating_sub(MOST_CLOSED);
    if more > 0 {
        page.wrapped(
            "     ",
            &format!("and {}", counted(wide(more), "less risky paths")),
        )?;
    }
    let partly = report.paths.iter().filter_map(|path| {
        let of_path = choke_point.partly.iter().find(|partly| partly.path == path.id)?;
        Some((path, of_path))
    });
    for (path, partly) in partly.take(MOST_CLOSED) {
        let (closed, count) = (thousands(partly.closed), thousands(partly.count));
        let first = format!("     closes {closed} of {count} of {}  ", fitted(&path.id, 12));
        page.wrapped(&first, &path.title)?;
    }
    match choke_point.partly.len().saturating_sub(MOST_CLOSED) {
        0 => Ok(()),
        more => page.wrapped(
            "     ",
            &format!("and some of {}", counted(wide(more), "less risky paths")),
        ),
    }
}

/// What is not known of the first step that is only possible, unless the title says it.
fn doubt(path: &AttackPath) -> Option<&str> {
    let mut doubtful = path
        .hops
        .iter()
        .filter(|hop| hop.certainty == Certainty::Possible);
    let condition = doubtful.next()?.conditions.first()?;
    (!path.title.contains(condition.as_str())).then_some(condition)
}

/// One path of a ranked list, as the posture report shows it.
pub(super) fn ranked(rank: usize, path: &AttackPath, page: &mut Page<'_>) -> io::Result<()> {
    page.wrapped(&format!("  {rank}. "), &path.title)?;
    page.wrapped("     ", &facts(path))?;
    let mut more = Vec::new();
    more.extend(extent(path));
    more.extend(certainty_gloss(path.certainty).map(str::to_owned));
    if !more.is_empty() {
        page.wrapped("     ", &more.join(" | "))?;
    }
    if let Some(doubt) = doubt(path) {
        page.wrapped("     it hangs on: ", doubt)?;
    }
    match path.cuts.first() {
        Some(cheapest) => page.wrapped("     To cut it, ", &cut(path, cheapest)),
        None => page.wrapped("     ", &without_cut(path)),
    }
}

/// One choke point of a ranked list.
pub(super) fn choke_point_lines(
    rank: usize,
    choke_point: &ChokePoint,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let ChokePoint {
        title, name, account, ..
    } = choke_point;
    page.wrapped(&format!("  {rank}. "), &format!("{title} {name} ({account})"))?;
    page.wrapped("     ", &change(&choke_point.proof, name))?;
    let risk = thousands(choke_point.risk_removed);
    page.wrapped(
        "     ",
        &format!("takes away {risk} of risk, {}", gain(choke_point)),
    )
}

/// What was left out of the search.
pub(super) fn problems(report: &PathReport, page: &mut Page<'_>) -> io::Result<()> {
    for problem in &report.problems {
        page.wrapped("  not complete: ", problem)?;
    }
    Ok(())
}

fn facts(path: &AttackPath) -> String {
    let (affected, eta) = (affected(path), days(path.days()));
    format!(
        "Affected: {affected} | Risk: {} | ETA to remediate: {eta}",
        path.priority.title()
    )
}

fn hop_lines(path: &AttackPath, hop: &Hop, page: &mut Page<'_>) -> io::Result<()> {
    page.framed("    | ", "    | ", &step(hop))?;
    for fact in &hop.proofs {
        page.framed("    |   because ", "    |           ", &proof_on(path, fact))?;
    }
    if let Some(gloss) = certainty_gloss(hop.certainty) {
        page.framed("    |   ", "    |   ", gloss)?;
    }
    for condition in &hop.conditions {
        page.framed("    |   hangs on: ", "    |             ", condition)?;
    }
    page.line("    v")?;
    let label = hop
        .to
        .label
        .as_deref()
        .map(|label| format!(", {label}"))
        .unwrap_or_default();
    let end = page.bold(&fitted(
        &format!("{}{label}", node(&hop.to)),
        page.width().saturating_sub(4),
    ));
    page.line(&format!("  {end}"))?;
    let place = page.dimmed(&fitted(&hop.to.uid, page.width().saturating_sub(4)));
    page.line(&format!("  {place}"))
}

fn closing(path: &AttackPath, page: &mut Page<'_>) -> io::Result<()> {
    page.heading(&format!("RISK {}/100:", path.risk))?;
    for (name, points) in &path.parts {
        page.wrapped(&format!("  {points:>+4}  "), name)?;
    }
    if !path.worsened_by.is_empty() {
        page.heading("MADE WORSE BY:")?;
        for policy in &path.worsened_by {
            page.wrapped("  ", policy)?;
        }
    }
    page.heading("WHAT CLOSES IT, CHEAPEST FIRST:")?;
    for (index, change) in path.cuts.iter().enumerate() {
        page.wrapped(&format!("  {}. ", index + 1), &cut(path, change))?;
    }
    if path.cuts.is_empty() {
        page.wrapped("  ", &without_cut(path))?;
    }
    if path.count > 1 {
        let what = if path.is_by_unread_policies() {
            "WAYS LIKE IT"
        } else {
            "EQUAL PATHS"
        };
        page.heading(&format!("{} {what}, LEADING TO:", thousands(path.count)))?;
        for target in &path.targets {
            page.wrapped("  ", target)?;
        }
    }
    behind(path, page)
}

/// What lies open to whoever administers the account in which the path ends.
fn behind(path: &AttackPath, page: &mut Page<'_>) -> io::Result<()> {
    if path.behind.is_empty() {
        return Ok(());
    }
    let targets = counted(path.targets_behind, "more targets").to_uppercase();
    page.heading(&format!("{targets} BEHIND IT, WITHIN REACH OF AN ADMINISTRATOR:"))?;
    for target in path.behind.iter().take(MOST_BEHIND) {
        page.wrapped("  ", target)?;
    }
    let more = path
        .targets_behind
        .saturating_sub(wide(path.behind.len().min(MOST_BEHIND)));
    if more > 0 {
        page.wrapped("  ", &format!("and {} more, with --format json", thousands(more)))?;
    }
    Ok(())
}

/// The priority's name in its colour.
pub(super) fn priority_name(priority: Priority, columns: usize, page: &Page<'_>) -> String {
    page.painted(
        priority_style(priority),
        &format!("{:<columns$}", priority.title()),
    )
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
