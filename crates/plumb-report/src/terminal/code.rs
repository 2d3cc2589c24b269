//! Failures in infrastructure code, each with its lines and a caret under what decides.

use std::io;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use plumb_model::code::{CodePlace, CodeSpot};
use plumb_model::report::{BaselineCounts, FindingView, Focus, Report};
use plumb_model::verdict::Verdict;

use super::page::Page;
use crate::identity::address;
use crate::numbers::counted;
use crate::options::Color;
use crate::visible::{visible, visible_source};

/// The most failures that are shown with their lines.
const LISTED: usize = 100;

/// Whether the report speaks of code.
pub(super) fn is_code(report: &Report) -> bool {
    report
        .accounts
        .iter()
        .any(|account| account.coverage.declared_only)
}

/// The failures, worst first, then by place.
pub(super) fn failures(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let mut failing: Vec<(FindingView<'_>, &CodeSpot)> = report
        .findings()
        .filter(|view| view.finding.verdict == Verdict::Fail && view.finding.standing.is_asked())
        .filter_map(|view| Some((view, view.finding.code.as_deref()?)))
        .collect();
    focus(report, page)?;
    if failing.is_empty() {
        return Ok(());
    }
    failing.sort_by(|(a, spot_a), (b, spot_b)| {
        let key = |view: &FindingView<'_>| {
            (
                view.finding.accepted.is_some(),
                std::cmp::Reverse(view.policy.severity),
            )
        };
        key(a)
            .cmp(&key(b))
            .then_with(|| spot_a.place.cmp(&spot_b.place))
            .then_with(|| a.policy.name.cmp(&b.policy.name))
            .then_with(|| address(a).cmp(address(b)))
    });
    let what = match &report.focus {
        Some(Focus { baseline, change }) => match (baseline, change) {
            (Some(_), Some(_)) => "NEW FAILURES THAT THE CHANGE TOUCHES",
            (Some(_), None) => "NEW FAILURES",
            (None, Some(_)) => "FAILURES THAT THE CHANGE TOUCHES",
            (None, None) => "FAILURES",
        },
        None => "FAILURES",
    };
    page.heading(&format!("{what}: {}", failing.len()))?;
    for (view, spot) in failing.iter().take(LISTED) {
        page.blank()?;
        for line in shown(view, spot, page.color()).lines() {
            page.line(line)?;
        }
    }
    if failing.len() > LISTED {
        page.blank()?;
        let more = counted(
            u64::try_from(failing.len() - LISTED).unwrap_or(u64::MAX),
            "failures",
        );
        page.wrapped(
            "  ",
            &format!("and {more} besides; `--format json` or `sarif` has all of them"),
        )?;
    }
    Ok(())
}

/// What of the failures was asked about, and how many there are besides.
fn focus(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let Some(focus) = &report.focus else {
        return Ok(());
    };
    page.heading("ASKED ABOUT:")?;
    if let Some(BaselineCounts { known, new, gone }) = &focus.baseline {
        let text = format!(
            "{} known in the baseline; {} of the baseline fail no more",
            counted(*known, "failures"),
            counted(*gone, "failures"),
        );
        page.wrapped(&format!("  new: {new}; besides, "), &text)?;
    }
    if let Some(change) = &focus.change {
        let text = format!(
            "{} since {}; {} not touched",
            counted(change.files, "changed files"),
            visible(&change.base),
            counted(change.untouched, "failures"),
        );
        page.wrapped(&format!("  touched by the change: {}; ", change.touched), &text)?;
    }
    Ok(())
}

fn shown(view: &FindingView<'_>, spot: &CodeSpot, color: Color) -> String {
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
        format!("{} lacks it: {message}", visible(address(view)))
    } else {
        message
    };
    let (text, span) = excerpt(spot);
    let mut group = Group::with_title(level.primary_title(title)).element(
        Snippet::source(text)
            .line_start(usize::try_from(spot.place.line).unwrap_or(1))
            .path(visible(&spot.place.file).into_owned())
            .fold(false)
            .annotation(AnnotationKind::Primary.span(span).label(label)),
    );
    for note in notes(view, spot) {
        group = group.element(Level::NOTE.message(note));
    }
    let renderer = match color {
        Color::Never => Renderer::plain(),
        Color::Always => Renderer::styled(),
    };
    renderer.render(&[group])
}

fn notes(view: &FindingView<'_>, spot: &CodeSpot) -> Vec<String> {
    let mut notes = vec![format!("in {}", visible(address(view)))];
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
        if number == 0 {
            start = text.len() + at(spot.place.column);
        }
        let whole = text.len() + visible_source(line).len();
        end = if number == last {
            (text.len() + at(spot.place.end_column)).min(whole)
        } else {
            whole
        };
        text.push_str(&visible_source(line));
        text.push('\n');
    }
    (text, start..end.max(start))
}
