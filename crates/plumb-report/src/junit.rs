//! The JUnit XML report: a test suite per policy, a test case per resource.
//!
//! A failing resource is a `failure`. A resource that could not be judged is `skipped` with its reason, because
//! consumers treat an `error` as a broken build; what was not read stands in the suite `coverage` as well. So is, in
//! code, what does not make `--fail-on` fail.

use std::fmt;
use std::io::{self, Write};

use plumb_model::finding::Standing;
use plumb_model::report::{FindingView, PolicySummary, Report};
use plumb_model::verdict::Verdict;

use crate::by_policy::{Position, findings_by_policy};
use crate::digest::{Obstacle, obstacles};
use crate::identity::place;
use crate::numbers::counted;
use crate::options::RenderOptions;
use crate::path_words::risk_parts;
use crate::risk_json::accepted;
use crate::xml::Xml;

/// Writes all suites; policies without a listed finding have none.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let verdicts = options.listed_verdicts(&[Verdict::Fail, Verdict::Unknown, Verdict::Pass]);
    let obstacles = obstacles(report);
    let by_policy = findings_by_policy(report, &verdicts);
    let counts: Vec<Counts> = by_policy
        .iter()
        .map(|findings| Counts::of(report, findings))
        .collect();
    let mut total = Counts::default();
    for counts in &counts {
        total.add(*counts);
    }
    let gaps = u64::try_from(obstacles.len()).unwrap_or(u64::MAX);
    total.add(Counts {
        tests: gaps,
        failures: 0,
        skipped: gaps,
    });

    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="plumb" {total} errors="0">"#)?;
    for ((policy, findings), counts) in report.policies.iter().zip(&by_policy).zip(&counts) {
        if !findings.is_empty() {
            render_suite(report, options, (policy, findings), counts, out)?;
        }
    }
    if !obstacles.is_empty() {
        render_coverage(report, &obstacles, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn render_suite(
    report: &Report,
    options: &RenderOptions,
    (policy, findings): (&PolicySummary, &[Position]),
    counts: &Counts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let timestamp = timestamp(report);
    writeln!(
        out,
        r#"  <testsuite name="{}" {counts} errors="0" timestamp="{timestamp}">"#,
        Xml(&policy.name)
    )?;
    writeln!(out, "    <properties>")?;
    writeln!(
        out,
        r#"      <property name="title" value="{}"/>"#,
        Xml(&policy.title)
    )?;
    writeln!(
        out,
        r#"      <property name="severity" value="{}"/>"#,
        policy.severity
    )?;
    for control in &policy.controls {
        let (framework, control) = (Xml(&control.framework), Xml(&control.control));
        writeln!(
            out,
            r#"      <property name="control" value="{framework} {control}"/>"#
        )?;
    }
    writeln!(out, "    </properties>")?;
    for view in findings.iter().filter_map(|position| position.view(report)) {
        render_case(report, options, &view, out)?;
    }
    writeln!(out, "  </testsuite>")
}

/// What becomes of a finding.
enum Outcome<'a> {
    Passes,
    Fails,
    /// Neither; with the words before what stands in the way, and that.
    Skipped(&'static str, &'a str),
}

/// In code, what somebody accepted, what the baseline has and what the change does not touch breaks no build.
fn outcome<'a>(report: &'a Report, view: &FindingView<'a>) -> Outcome<'a> {
    let message = view
        .finding
        .evidence
        .as_deref()
        .map_or("", |evidence| evidence.message.as_str());
    match view.finding.verdict {
        Verdict::Pass => Outcome::Passes,
        Verdict::Unknown => Outcome::Skipped("not judged: ", message),
        Verdict::NotApplicable => Outcome::Skipped("not applicable", ""),
        Verdict::Fail => match (accepted(report, view), view.finding.standing) {
            (Some(accepted), _) if view.resource.code.is_some() => {
                Outcome::Skipped("accepted: ", &accepted.reason)
            }
            (_, Standing::Known) => Outcome::Skipped("known in the baseline: ", message),
            (_, Standing::Untouched) => Outcome::Skipped("not touched by the change: ", message),
            (_, Standing::Asked) => Outcome::Fails,
        },
    }
}

fn render_case(
    report: &Report,
    options: &RenderOptions,
    view: &FindingView<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let policy = view.policy;
    let (provider, account) = (view.account.account.provider, Xml(&view.account.account.id));
    let (region, resource_type) = (Xml(&view.resource.region), Xml(&view.resource.resource_type));
    let class = if view.account.account.is_stand_in() {
        // Code goes by its root; it has neither an account nor, often, a region.
        format!("{provider}.{}.{resource_type}", Xml(view.account.account.label()))
    } else {
        format!("{provider}.{account}.{region}.{resource_type}")
    };
    write!(
        out,
        r#"    <testcase name="{}" classname="{class}""#,
        Xml(view
            .resource
            .code
            .as_ref()
            .map_or(&view.resource.uid, |code| &code.address))
    )?;
    if let Some(place) = place(view) {
        write!(
            out,
            r#" file="{}" line="{}""#,
            Xml(&options.path(place)),
            place.line
        )?;
    }
    let message = view
        .finding
        .evidence
        .as_deref()
        .map_or("", |evidence| evidence.message.as_str());
    match outcome(report, view) {
        Outcome::Passes => writeln!(out, "/>"),
        Outcome::Fails => {
            let (message, severity) = (Xml(message), policy.severity);
            writeln!(out, r#"><failure type="{severity}" message="{message}">"#)?;
            writeln!(out, "{}", Xml(&policy.title))?;
            if let Some(risk) = &view.finding.risk {
                writeln!(
                    out,
                    "Risk: {} ({}): {}",
                    risk.score,
                    risk.priority,
                    risk_parts(risk)
                )?;
            }
            for observed in view
                .finding
                .evidence
                .iter()
                .flat_map(|evidence| &evidence.observed)
            {
                writeln!(
                    out,
                    "{} = {}",
                    Xml(&observed.expression),
                    Xml(&observed.value.to_string())
                )?;
            }
            writeln!(
                out,
                "Remediation: {}</failure></testcase>",
                Xml(&policy.remediation.summary)
            )
        }
        Outcome::Skipped(words, message) => {
            writeln!(out, r#"><skipped message="{words}{}"/></testcase>"#, Xml(message))
        }
    }
}

fn render_coverage(report: &Report, obstacles: &[Obstacle<'_>], out: &mut dyn Write) -> io::Result<()> {
    let count = u64::try_from(obstacles.len()).unwrap_or(u64::MAX);
    let counts = Counts {
        tests: count,
        failures: 0,
        skipped: count,
    };
    let timestamp = timestamp(report);
    writeln!(
        out,
        r#"  <testsuite name="coverage" {counts} errors="0" timestamp="{timestamp}">"#
    )?;
    for obstacle in obstacles {
        let cause = obstacle.cause.to_string();
        write!(
            out,
            r#"    <testcase name="{}" classname="coverage">"#,
            Xml(&cause)
        )?;
        let (verdicts, accounts) = (
            counted(obstacle.verdicts, "verdicts"),
            counted(obstacle.accounts, "accounts"),
        );
        writeln!(
            out,
            r#"<skipped message="{verdicts} unknown in {accounts}"/></testcase>"#
        )?;
    }
    writeln!(out, "  </testsuite>")
}

/// The time of the assessment as JUnit's schema has it: ISO 8601 without a zone.
fn timestamp(report: &Report) -> String {
    let text = report
        .assessed_at
        .split(['.', 'Z', '+'])
        .next()
        .unwrap_or_default();
    Xml(text).to_string()
}

/// The counts of a suite as attributes.
#[derive(Clone, Copy, Default)]
struct Counts {
    tests: u64,
    failures: u64,
    skipped: u64,
}

impl Counts {
    fn of(report: &Report, findings: &[Position]) -> Self {
        let mut counts = Self::default();
        for view in findings.iter().filter_map(|position| position.view(report)) {
            counts.tests += 1;
            match outcome(report, &view) {
                Outcome::Fails => counts.failures += 1,
                Outcome::Skipped(..) => counts.skipped += 1,
                Outcome::Passes => {}
            }
        }
        counts
    }

    fn add(&mut self, other: Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            r#"tests="{}" failures="{}" skipped="{}""#,
            self.tests, self.failures, self.skipped
        )
    }
}
