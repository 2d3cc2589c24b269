//! Failures in infrastructure code, each with its lines and a caret under what decides.

use std::cmp::Reverse;
use std::io;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use plumb_model::code::{CodePlace, CodeSpot};
use plumb_model::report::{BaselineCounts, FindingView, Report};
use plumb_model::verdict::{Severity, Verdict};

use super::page::{Page, severity_style};
use crate::identity::address;
use crate::numbers::{counted, thousands};
use crate::options::Color;
use crate::visible::{visible, visible_source};

/// The most failures that are shown with their lines.
const LISTED: usize = 100;

/// One place that fails a policy, for one block or for several instances of it.
struct Failure<'r> {
    view: FindingView<'r>,
    spot: &'r CodeSpot,
    /// Further instances that fail alike.
    others: u64,
}

/// The failures, worst first, then by place; instances of one block that fail alike are one.
pub(super) fn failures(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let mut failing: Vec<(FindingView<'_>, &CodeSpot)> = report
        .findings()
        .filter(|view| view.finding.verdict == Verdict::Fail && view.finding.standing.is_asked())
        .filter_map(|view| Some((view, view.finding.code.as_deref()?)))
        .collect();
    failing.sort_by(|(a, spot_a), (b, spot_b)| {
        let key = |view: &FindingView<'_>| (view.finding.accepted.is_some(), Reverse(view.policy.severity));
        key(a)
            .cmp(&key(b))
            .then_with(|| spot_a.place.cmp(&spot_b.place))
            .then_with(|| a.policy.name.cmp(&b.policy.name))
            .then_with(|| address(a).cmp(address(b)))
    });
    let mut shown_failures: Vec<Failure<'_>> = Vec::new();
    for (view, spot) in failing {
        match shown_failures.last_mut() {
            Some(last) if is_alike((&last.view, last.spot), (&view, spot)) => last.others += 1,
            _ => shown_failures.push(Failure {
                view,
                spot,
                others: 0,
            }),
        }
    }
    for failure in shown_failures.iter().take(LISTED) {
        for line in shown(failure, page.color()).lines() {
            page.line(line)?;
        }
        page.blank()?;
    }
    if shown_failures.len() > LISTED {
        let more = counted(
            u64::try_from(shown_failures.len() - LISTED).unwrap_or(u64::MAX),
            "failures",
        );
        page.wrapped(
            "",
            &format!("and {more} besides; `--format json` or `sarif` has all of them"),
        )?;
    }
    Ok(())
}

fn is_alike((a, spot_a): (&FindingView<'_>, &CodeSpot), (b, spot_b): (&FindingView<'_>, &CodeSpot)) -> bool {
    let message = |view: &FindingView<'_>| {
        view.finding
            .evidence
            .as_ref()
            .map(|evidence| evidence.message.clone())
    };
    a.policy.name == b.policy.name
        && spot_a.place == spot_b.place
        && a.finding.accepted == b.finding.accepted
        && message(a) == message(b)
}

/// What was judged, in a few lines.
pub(super) fn summary(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let verdicts = &report.summary.verdicts;
    let by_severity: Vec<String> = Severity::ALL
        .iter()
        .map(|severity| (severity, report.summary.failures.get(*severity)))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| {
            page.painted(
                severity_style(*severity),
                &format!("{} {}", thousands(count), severity.name()),
            )
        })
        .collect();
    let failures = counted(verdicts.fail, "failures");
    let judged = verdicts.fail + verdicts.pass + verdicts.unknown;
    let failures = if judged == 0 {
        // Code of which no policy speaks is not clean.
        page.bold("nothing was judged")
    } else if by_severity.is_empty() {
        page.bold("no failures")
    } else {
        format!("{}: {}", page.bold(&failures), by_severity.join(", "))
    };
    let accepted = match report.summary.accepted {
        0 => String::new(),
        accepted => format!(" ({} accepted)", thousands(accepted)),
    };
    page.blank()?;
    page.line(&format!("{failures}{accepted}"))?;
    focus(report, page)?;
    let roots = counted(u64::try_from(report.accounts.len()).unwrap_or(u64::MAX), "roots");
    let resources = counted(report.summary.resources, "resources");
    page.wrapped(
        "",
        &format!(
            "{} passed, {} unknown, in {resources} of {roots}",
            thousands(verdicts.pass),
            thousands(verdicts.unknown)
        ),
    )?;
    if !report.is_complete() {
        page.wrapped(
            "",
            "COVERAGE IS INCOMPLETE: some of the code could not be read; the messages above say what",
        )?;
    }
    Ok(())
}

/// What of the failures was asked about, and how many there are besides.
fn focus(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let Some(focus) = &report.focus else {
        return Ok(());
    };
    if let Some(BaselineCounts { known, new, gone }) = focus.baseline {
        let (new, known) = (page.bold(&counted(new, "new failures")), thousands(known));
        let gone = match gone {
            0 => String::new(),
            1 => ", 1 of it fails no more".to_owned(),
            gone => format!(", {} of it fail no more", thousands(gone)),
        };
        page.line(&format!("{new}; {known} known in the baseline{gone}"))?;
    }
    if let Some(change) = &focus.change {
        let touched = page.bold(&format!(
            "{} touched by the change",
            counted(change.touched, "failures")
        ));
        let (untouched, files) = (thousands(change.untouched), counted(change.files, "files"));
        page.line(&format!(
            "{touched}; {untouched} not; {files} changed since {}",
            visible(&change.base)
        ))?;
    }
    Ok(())
}

fn shown(failure: &Failure<'_>, color: Color) -> String {
    let (view, spot) = (&failure.view, failure.spot);
    let severity = view.policy.severity;
    let level = match view.finding.accepted {
        Some(_) => Level::NOTE.with_name(Some(format!("accepted {}", severity.name()))),
        None => Level::ERROR.with_name(Some(severity.name().to_owned())),
    };
    let title = format!("{} [{}]", visible(&view.policy.title), view.policy.name);
    let message = view
        .finding
        .evidence
        .as_ref()
        .map_or(String::new(), |evidence| visible(&evidence.message).into_owned());
    let label = if spot.lacking {
        format!("{}: {message}", visible(address(view)))
    } else {
        message
    };
    let wide = |number: u32| usize::try_from(number).unwrap_or(1);
    let file = visible(&spot.place.file).into_owned();
    let group = Group::with_title(level.primary_title(title));
    // What is told in plans and states has no lines to show.
    let mut group = if spot.excerpt.is_empty() {
        let (line, column) = (wide(spot.place.line), wide(spot.place.column));
        let place = Origin::path(file).line(line).char_column(column);
        group.element(place).element(Level::NOTE.message(label))
    } else {
        let (text, span) = excerpt(spot);
        group.element(
            Snippet::source(text)
                .line_start(wide(spot.place.line))
                .path(file)
                .fold(false)
                .annotation(AnnotationKind::Primary.span(span).label(label)),
        )
    };
    for note in notes(failure) {
        group = group.element(Level::NOTE.message(note));
    }
    let renderer = match color {
        Color::Never => Renderer::plain(),
        Color::Always => Renderer::styled(),
    };
    renderer.render(&[group])
}

fn notes(failure: &Failure<'_>) -> Vec<String> {
    let (view, spot) = (&failure.view, failure.spot);
    let mut notes = Vec::new();
    match failure.others {
        0 if spot.lacking => {}
        0 => notes.push(format!("in {}", visible(address(view)))),
        others => {
            let others = counted(others, "other instances");
            notes.push(format!("in {} and {others}", visible(address(view))));
        }
    }
    notes.extend(
        spot.set_at
            .as_ref()
            .map(|set| format!("the value is set at {}", place(set))),
    );
    if let Some(code) = &view.resource.code {
        notes.extend(
            code.calls
                .iter()
                .rev()
                .map(|call| format!("the module is called at {}", place(call))),
        );
        notes.extend(
            code.perhaps
                .as_ref()
                .map(|why| format!("it is not sure that there is one: {}", visible(why))),
        );
    }
    if !view.policy.remediation.summary.is_empty() {
        notes.push(format!(
            "to mend it: {}",
            visible(&view.policy.remediation.summary)
        ));
    }
    notes
}

/// A place as `file:line:column`.
pub(super) fn place(place: &CodePlace) -> String {
    format!("{}:{}:{}", visible(&place.file), place.line, place.column)
}

/// The lines as they can be shown, and the bytes of them that are meant.
fn excerpt(spot: &CodeSpot) -> (String, std::ops::Range<usize>) {
    let mut text = String::new();
    let (mut start, mut end) = (0, 0);
    let narrow = |column: u32| usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
    let last = usize::try_from(spot.place.end_line - spot.place.line.min(spot.place.end_line)).unwrap_or(0);
    for (number, line) in spot.excerpt.iter().enumerate() {
        let at = |column: u32| -> usize {
            let before: String = line.chars().take(narrow(column)).collect();
            visible_source(&before).len()
        };
        let whole = text.len() + visible_source(line).len();
        if number == 0 {
            start = text.len() + at(spot.place.column);
            end = whole;
        }
        // Of what goes on behind the excerpt its beginning is marked.
        end = if last >= spot.excerpt.len() {
            end
        } else if number == last {
            (text.len() + at(spot.place.end_column)).min(whole)
        } else {
            whole
        };
        text.push_str(&visible_source(line));
        text.push('\n');
    }
    (text, start..end.max(start))
}
