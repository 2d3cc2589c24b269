//! The Markdown report, for pull requests and wikis: tables of totals, failing policies with collapsed details.

pub(crate) mod escape;
mod paths;

use std::io::{self, Write};

use plumb_model::framework::FrameworkReport;
use plumb_model::report::{FindingView, Report};
use plumb_model::verdict::{Severity, Verdict};

use crate::digest::{
    Origin, PolicyTally, assessment_day, effort, failing_policies, obstacles, policy_tallies, providers,
};
use crate::identity::{address, place};
use crate::numbers::{counted, thousands};
use crate::options::RenderOptions;
use crate::words::{severity_title, verdict_title};
use escape::{cell_code, code, code_block, html, link, text};

/// How many obstacles are listed.
const LISTED_OBSTACLES: usize = 20;

/// Longest hostile text in a cell, in characters.
const CELL_LENGTH: usize = 160;

/// Writes the whole page.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let tallies = policy_tallies(report);
    let failing = failing_policies(&tallies);
    let listed = failing
        .get(..options.listed_policies.min(failing.len()))
        .unwrap_or_default();
    render_head(report, out)?;
    render_severities(report, out)?;
    paths::render_priorities(report, out)?;
    paths::render_paths(report, out)?;
    render_frameworks(report, out)?;
    render_failing(listed, failing.len(), out)?;
    paths::render_accepted(report, out)?;
    if !report.estate_doubts.is_empty() {
        writeln!(out, "## The estate file\n")?;
        for doubt in &report.estate_doubts {
            writeln!(out, "- {}", text(doubt))?;
        }
        writeln!(out)?;
    }
    render_obstacles(report, out)?;
    for tally in listed {
        render_details(tally, out)?;
    }
    Ok(())
}

fn render_head(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Cloud Security Posture Assessment Report\n")?;
    match &report.summary.score {
        Some(score) => writeln!(out, "**Overall posture score: {}/100**\n", score.value)?,
        None => writeln!(out, "**Overall posture score: nothing was judged**\n")?,
    }
    if let Some(organization) = &report.organization {
        writeln!(out, "- Organization: {}", code(organization))?;
    }
    writeln!(out, "- Cloud providers: {}", providers(report))?;
    writeln!(out, "- CSPM platform: Plumb {}", text(&report.plumb_version))?;
    writeln!(out, "- Assessment date: {}", text(&assessment_day(report)))?;
    let effort = effort(report);
    if effort.incomplete_accounts > 0 {
        let (gaps, accounts) = (
            counted(effort.gaps, "gaps"),
            counted(effort.incomplete_accounts, Origin::of(report).parts()),
        );
        let cut = match effort.interrupted_accounts {
            0 => String::new(),
            interrupted => format!("; {} not read to the end", counted(interrupted, "accounts")),
        };
        writeln!(out, "- **Coverage is incomplete:** {gaps} in {accounts}{cut}")?;
    }
    writeln!(out)
}

fn render_severities(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| Severity | Failing |\n| --- | ---: |")?;
    for severity in Severity::ALL {
        writeln!(
            out,
            "| {} | {} |",
            severity_title(severity),
            thousands(report.summary.failures.get(severity))
        )?;
    }
    let verdicts = &report.summary.verdicts;
    let counts = Verdict::ALL
        .map(|verdict| format!("{} {}", thousands(verdicts.get(verdict)), verdict_title(verdict)));
    let resources = counted(report.summary.resources, "resources");
    writeln!(
        out,
        "\n{} on {resources}: {}.\n",
        counted(verdicts.total(), "verdicts"),
        counts.join(", ")
    )
}

fn render_frameworks(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let frameworks = &report.frameworks;
    let part = match Origin::of(report) {
        Origin::Cloud => "account",
        Origin::Code => "root",
    };
    if frameworks.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Compliance\n")?;
    writeln!(
        out,
        "| Framework | Compliant | Passing | Failing | Unknown | Manual |"
    )?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: |")?;
    for framework in frameworks {
        let percent = framework
            .percent()
            .map_or_else(|| "not judged".to_owned(), |percent| format!("{percent}%"));
        let FrameworkReport {
            passing,
            failing,
            unknown,
            manual,
            ..
        } = framework;
        let title = text(&framework.title);
        writeln!(
            out,
            "| {title} | {percent} | {passing} | {failing} | {unknown} | {manual} |"
        )?;
    }
    writeln!(
        out,
        "\nA control counts once for each {part} where it was judged; manual ones need a person.\n"
    )
}

fn render_failing(listed: &[&PolicyTally<'_>], total: usize, out: &mut dyn Write) -> io::Result<()> {
    if listed.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "## Most important failing policies ({} of {total})\n",
        listed.len()
    )?;
    let (risk, line) = match listed.first().and_then(|tally| tally.risk()) {
        Some(_) => ("| Risk ", "| --- "),
        None => ("", ""),
    };
    writeln!(
        out,
        "{risk}| Severity | Policy | Failing | Accounts | Example |\n{line}| --- | --- | ---: | ---: | --- |"
    )?;
    for tally in listed {
        let severity = severity_title(tally.policy.severity);
        let (name, title) = (cell_code(&tally.policy.name), text(&tally.policy.title));
        let (failing, accounts) = (thousands(tally.verdicts.fail), thousands(tally.failing_accounts));
        let example = tally
            .examples
            .first()
            .map(|view| {
                cell_code(&cut(&match place(view) {
                    Some(place) => format!("{}:{}", place.file, place.line),
                    None => view.resource.name.to_string(),
                }))
            })
            .unwrap_or_default();
        let risk = tally
            .risk()
            .map(|risk| format!("| {} {} ", risk.score, risk.priority.title()))
            .unwrap_or_default();
        writeln!(
            out,
            "{risk}| {severity} | {name}<br>{title} | {failing} | {accounts} | {example} |"
        )?;
    }
    writeln!(out)
}

fn render_obstacles(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let obstacles = obstacles(report);
    if obstacles.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What could not be read\n")?;
    writeln!(
        out,
        "| Cause | Unknown verdicts | Failed calls | Accounts |\n| --- | ---: | ---: | ---: |"
    )?;
    for obstacle in obstacles.iter().take(LISTED_OBSTACLES) {
        let cause = cell_code(&cut(&obstacle.cause.to_string()));
        let (verdicts, calls) = (thousands(obstacle.verdicts), thousands(obstacle.calls));
        writeln!(
            out,
            "| {cause} | {verdicts} | {calls} | {} |",
            thousands(obstacle.accounts)
        )?;
    }
    if obstacles.len() > LISTED_OBSTACLES {
        writeln!(
            out,
            "\n{} more are left out here.",
            obstacles.len() - LISTED_OBSTACLES
        )?;
    }
    writeln!(out)
}

fn render_details(tally: &PolicyTally<'_>, out: &mut dyn Write) -> io::Result<()> {
    let policy = tally.policy;
    let failing = counted(tally.verdicts.fail, "resources");
    writeln!(
        out,
        "<details><summary><code>{}</code> ({failing})</summary>\n",
        html(&policy.name)
    )?;
    writeln!(out, "{}\n", text(&policy.description))?;
    writeln!(
        out,
        "| Resource | Account | Region | Evidence |\n| --- | --- | --- | --- |"
    )?;
    for view in &tally.examples {
        writeln!(out, "{}", example_row(view))?;
    }
    let left_out = tally
        .verdicts
        .fail
        .saturating_sub(u64::try_from(tally.examples.len()).unwrap_or(u64::MAX));
    if left_out > 0 {
        writeln!(
            out,
            "\nBesides, it fails on {}.",
            counted(left_out, "more resources")
        )?;
    }
    writeln!(out, "\n**Remediation:** {}\n", text(&policy.remediation.summary))?;
    for form in [&policy.remediation.cli, &policy.remediation.terraform]
        .into_iter()
        .flatten()
    {
        writeln!(out, "{}\n", code_block(form))?;
    }
    for reference in &policy.references {
        writeln!(out, "- {}", link(reference))?;
    }
    writeln!(out, "\n</details>\n")
}

fn example_row(view: &FindingView<'_>) -> String {
    let evidence = view
        .finding
        .evidence
        .as_deref()
        .map(|evidence| cell_code(&cut(&evidence.message)))
        .unwrap_or_default();
    let (resource, account) = (
        cell_code(&cut(&match place(view) {
            Some(place) => format!("{}:{} {}", place.file, place.line, address(view)),
            None => view.resource.uid.to_string(),
        })),
        cell_code(&cut(view.account.account.label())),
    );
    format!(
        "| {resource} | {account} | {} | {evidence} |",
        cell_code(&cut(&view.resource.region))
    )
}

/// The text, cut to the longest that a cell holds.
fn cut(text: &str) -> String {
    let mut characters = text.chars();
    let mut kept: String = characters.by_ref().take(CELL_LENGTH).collect();
    if characters.next().is_some() {
        kept.push('…');
    }
    kept
}
