//! The sections of the terminal report, in the order of the page.

use std::io;

use anstyle::Style;
use plumb_model::coverage::Gap;
use plumb_model::framework::FrameworkReport;
use plumb_model::report::{FindingView, Report};
use plumb_model::value::{Reason, Text};
use plumb_model::verdict::Severity;

use super::page::{Page, fitted, priority_style, severity_style};
use crate::digest::{Obstacle, Origin, PolicyTally, assessment_day, effort, providers};
use crate::numbers::{counted, thousands};
use crate::visible::visible;
use crate::words::{severity_gloss, severity_title};

const TITLE: &str = "Cloud Security Posture Assessment Report";

/// How many obstacles and interrupted accounts are listed.
const LISTED: usize = 10;

/// Who was assessed, with what and when.
pub(super) fn head(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let title = page.painted(Style::new().bold(), TITLE);
    page.line(&title)?;
    page.line(&"=".repeat(TITLE.len()))?;
    page.wrapped(
        "Organization: ",
        report.organization.as_deref().unwrap_or("not known"),
    )?;
    page.wrapped("Cloud Providers: ", &providers(report))?;
    page.wrapped("CSPM Platform: ", &format!("Plumb {}", report.plumb_version))?;
    page.wrapped("Assessment Date: ", &assessment_day(report))
}

/// The posture score and the sum behind it.
pub(super) fn score(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let Some(score) = &report.summary.score else {
        page.heading("OVERALL POSTURE SCORE: nothing was judged")?;
        return page.wrapped("  ", "no policy gave a verdict, so there is nothing to score");
    };
    page.heading(&format!("OVERALL POSTURE SCORE: {}/100", score.value))?;
    let judged = thousands(score.passed.saturating_add(score.failed));
    let mut sum = format!(
        "{} of {judged} points, each verdict weighted by severity",
        thousands(score.passed)
    );
    if score.unknown > 0 {
        sum.push_str(&format!(
            "; {} more could not be judged",
            thousands(score.unknown)
        ));
    }
    page.wrapped("  ", &sum)
}

/// Columns of the longest severity name with its colon.
const NAME_COLUMNS: usize = 14;

/// Failing verdicts by severity, and the other verdicts in one line.
pub(super) fn severities(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("FINDINGS BY SEVERITY:")?;
    let failures = &report.summary.failures;
    let shown = Severity::ALL
        .into_iter()
        .filter(|s| *s != Severity::Informational || failures.informational > 0);
    let shown: Vec<Severity> = shown.collect();
    let widest = shown
        .iter()
        .map(|severity| thousands(failures.get(*severity)).len())
        .max()
        .unwrap_or(0);
    for severity in shown {
        let name = format!("{:<NAME_COLUMNS$}", format!("{}:", severity_title(severity)));
        let name = page.painted(severity_style(severity), &name);
        let count = thousands(failures.get(severity));
        let columns = page.width().saturating_sub(NAME_COLUMNS + widest + 5);
        let gloss = page.dimmed(&fitted(&format!("({})", severity_gloss(severity)), columns));
        page.line(&format!("  {name} {count:>widest$}  {gloss}"))?;
    }
    let verdicts = &report.summary.verdicts;
    let (fail, unknown) = (thousands(verdicts.fail), thousands(verdicts.unknown));
    let (pass, not_applicable) = (thousands(verdicts.pass), thousands(verdicts.not_applicable));
    let all = counted(verdicts.total(), "verdicts");
    let resources = counted(report.summary.resources, "resources");
    let sum = format!(
        "{all} on {resources}: {fail} fail, {unknown} unknown, {pass} pass, {not_applicable} not applicable"
    );
    page.wrapped("  ", &sum)
}

/// One line per framework.
pub(super) fn compliance(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.frameworks.is_empty() {
        return Ok(());
    }
    page.heading("COMPLIANCE STATUS:")?;
    for framework in &report.frameworks {
        page.wrapped("  ", &framework_line(framework))?;
    }
    page.wrapped(
        "  ",
        "(a control counts once for each account where it was judged)",
    )
}

fn framework_line(framework: &FrameworkReport) -> String {
    let mut details = match framework.percent() {
        Some(percent) => {
            let (passing, judged) = (
                thousands(framework.passing.into()),
                thousands(framework.judged().into()),
            );
            format!("{percent}% compliant ({passing}/{judged} controls passing")
        }
        None => "nothing was judged (0/0 controls passing".to_owned(),
    };
    if framework.unknown > 0 {
        details.push_str(&format!(", {} unknown", thousands(framework.unknown.into())));
    }
    if framework.manual > 0 {
        details.push_str(&format!(", {} manual", thousands(framework.manual.into())));
    }
    format!("{}: {details})", framework.title)
}

/// The failing policies, most important first.
pub(super) fn failing(
    report: &Report,
    failing: &[&PolicyTally<'_>],
    limit: usize,
    page: &mut Page<'_>,
) -> io::Result<()> {
    if failing.is_empty() {
        page.heading("FAILING POLICIES: none")?;
        let text = if report.summary.verdicts.unknown > 0 {
            "nothing that could be judged fails; what could not be judged stands below"
        } else if report.summary.score.is_none() {
            "no policy judged anything, which says nothing of the accounts"
        } else {
            "nothing that was judged fails"
        };
        return page.wrapped("  ", text);
    }
    let listed = failing.len().min(limit);
    page.heading(&format!(
        "MOST IMPORTANT FAILING POLICIES ({listed} of {}):",
        failing.len()
    ))?;
    let risk = failing
        .first()
        .and_then(|tally| tally.risk())
        .map_or("", |_| "  Risk");
    let head = page.dimmed(&format!(
        "{risk}  {:<13} {:>9} {:>9}  {}",
        "Severity", "Resources", "Accounts", "Policy"
    ));
    page.line(&head)?;
    for tally in failing.iter().take(listed) {
        failing_policy(tally, page)?;
    }
    Ok(())
}

/// Columns before the name of a failing policy when there are no risks.
const POLICY_INDENT: usize = 37;

fn failing_policy(tally: &PolicyTally<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let policy = tally.policy;
    let risk = tally
        .risk()
        .map(|risk| page.painted(priority_style(risk.priority), &format!("{:>6}", risk.score)))
        .unwrap_or_default();
    let indent = POLICY_INDENT + tally.risk().map_or(0, |_| 6);
    let severity = page.painted(
        severity_style(policy.severity),
        &format!("{:<13}", severity_title(policy.severity)),
    );
    let (resources, accounts) = (thousands(tally.verdicts.fail), thousands(tally.failing_accounts));
    let columns = page.width().saturating_sub(indent);
    page.line(&format!(
        "{risk}  {severity} {resources:>9} {accounts:>9}  {}",
        fitted(&policy.name, columns)
    ))?;
    let indent = " ".repeat(indent);
    if !policy.title.is_empty() {
        page.line(&format!("{indent}{}", fitted(&policy.title, columns)))?;
    }
    match tally.examples.first() {
        Some(view) => {
            let example = page.dimmed(&fitted(&example(view), columns));
            page.line(&format!("{indent}{example}"))
        }
        None => Ok(()),
    }
}

fn example(view: &FindingView<'_>) -> String {
    let (name, account) = (&view.resource.name, view.account.account.label());
    format!("e.g. {name} ({account}, {})", view.resource.region)
}

/// What could not be read, by what is missing.
pub(super) fn obstacles(report: &Report, obstacles: &[Obstacle<'_>], page: &mut Page<'_>) -> io::Result<()> {
    if obstacles.is_empty() {
        return Ok(());
    }
    let unknown = counted(report.summary.verdicts.unknown, "verdicts");
    page.heading(&format!("WHAT COULD NOT BE JUDGED: {unknown}"))?;
    let parts = match Origin::of(report) {
        Origin::Cloud => "Accounts",
        Origin::Code => "Roots",
    };
    let head = format!(
        "  {:>9} {:>9} {:>9}  {}",
        "Verdicts", "Policies", parts, "Because of"
    );
    let head = page.dimmed(&head);
    page.line(&head)?;
    for obstacle in obstacles.iter().take(LISTED) {
        let (verdicts, policies) = (thousands(obstacle.verdicts), thousands(obstacle.policies));
        let accounts = thousands(obstacle.accounts);
        let columns = page.width().saturating_sub(33);
        let cause = fitted(&obstacle.cause.to_string(), columns);
        page.line(&format!("  {verdicts:>9} {policies:>9} {accounts:>9}  {cause}"))?;
    }
    if obstacles.len() > LISTED {
        page.wrapped(
            "  ",
            &format!(
                "and {}",
                counted((obstacles.len() - LISTED) as u64, "more causes")
            ),
        )?;
    }
    Ok(())
}

/// What was read, and whether that was all.
pub(super) fn coverage(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let effort = effort(report);
    let complete = if report.is_complete() {
        "complete"
    } else {
        "INCOMPLETE"
    };
    page.heading(&format!("COVERAGE: {complete}"))?;
    let accounts = counted(
        u64::try_from(report.accounts.len()).unwrap_or(u64::MAX),
        "accounts",
    );
    let (regions, resources) = (
        counted(effort.regions, "regions"),
        counted(report.summary.resources, "resources"),
    );
    let mut sum = format!("{accounts}, {regions}, {resources}");
    if effort.requests > 0 {
        let (retries, throttled) = (thousands(effort.retries), thousands(effort.throttled));
        let requests = counted(effort.requests, "requests");
        sum.push_str(&format!(
            "; {requests} ({retries} repeated, {throttled} throttled)"
        ));
    }
    page.wrapped("  ", &sum)?;
    if effort.gaps > 0 {
        let (gaps, accounts) = (
            counted(effort.gaps, "gaps"),
            counted(effort.incomplete_accounts, "accounts"),
        );
        page.wrapped(
            "  ",
            &format!("{gaps} in {accounts}: what hangs on them is unknown, not passing"),
        )?;
    }
    not_understood(report, page)?;
    let mut left_out: Vec<&str> = report
        .accounts
        .iter()
        .flat_map(|account| &account.coverage.left_out)
        .map(Text::as_str)
        .collect();
    left_out.sort_unstable();
    left_out.dedup();
    if !left_out.is_empty() {
        let regions = counted(u64::try_from(left_out.len()).unwrap_or(u64::MAX), "regions");
        let names: Vec<&str> = left_out.iter().take(LISTED).copied().collect();
        let more = if left_out.len() > LISTED { ", …" } else { "" };
        page.wrapped(
            "  ",
            &format!("{regions} left out on request: {}{more}", names.join(", ")),
        )?;
    }
    interrupted(report, page)
}

/// What was read and could not be used: nobody would find it by a permission.
fn not_understood(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let gaps: Vec<(&str, &Gap)> = report
        .accounts
        .iter()
        .flat_map(|account| {
            let gaps = account.coverage.gaps.iter();
            gaps.map(|gap| (account.account.label(), gap))
        })
        .filter(|(_, gap)| gap.unreadable.reason == Reason::NotUnderstood)
        .collect();
    for (account, gap) in gaps.iter().take(LISTED) {
        let attribute = gap.attribute.as_ref().map(|attribute| format!(" `{attribute}`"));
        let (resource_type, attribute) = (&gap.resource_type, attribute.unwrap_or_default());
        let text = format!(
            "not understood: {resource_type}{attribute} in {account}: {}",
            gap.unreadable.detail
        );
        page.wrapped("  ", &text)?;
    }
    match gaps.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => page.wrapped("  ", &format!("and {more} more not understood")),
    }
}

fn interrupted(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let mut left_out = 0;
    let accounts = report
        .accounts
        .iter()
        .filter_map(|account| Some((account, account.coverage.interrupted?)));
    for (index, (account, reason)) in accounts.enumerate() {
        if index < LISTED {
            let account = &account.account;
            let text = format!(
                "account {} was not read to its end: {}",
                account.label(),
                reason.phrase()
            );
            page.wrapped("  ", &text)?;
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        page.wrapped(
            "  ",
            &format!(
                "{} more were not read to their end",
                counted(left_out, "accounts")
            ),
        )?;
    }
    Ok(())
}

/// What the reader can do next.
pub(super) fn next(report: &Report, failing: &[&PolicyTally<'_>], page: &mut Page<'_>) -> io::Result<()> {
    page.heading("NEXT:")?;
    if let Some(tally) = failing.first() {
        let command = format!("plumb policy show {}", visible(&tally.policy.name));
        page.wrapped("  how to mend the first one:    ", &command)?;
    }
    if let Some(path) = report.paths.as_ref().and_then(|paths| paths.paths.first()) {
        let command = format!("plumb paths show {}", visible(&path.id));
        page.wrapped("  the first path, step by step: ", &command)?;
    }
    page.wrapped(
        "  every finding in a browser:   ",
        "--format html --output report.html",
    )?;
    page.wrapped(
        "  every verdict as data:        ",
        "--format json --output report.json",
    )
}
