//! Shows a diagnostic with the place it speaks of, a caret under it, and its advice.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as SnippetLevel, Origin, Renderer, Snippet};
use plumb_model::diagnostic::{Diagnostic, Level};

use crate::options::Color;
use crate::visible::{visible, visible_lines, visible_source};

/// Lines of the source that are shown before and after the place.
const CONTEXT_LINES: usize = 1;

/// Longest piece of a source line that is shown on either side of the place, in bytes.
const CONTEXT_BYTES: usize = 400;

/// The diagnostic as several lines of text, without a line feed at the end.
pub fn render_diagnostic(diagnostic: &Diagnostic, color: Color) -> String {
    // Further lines of a message, such as the list of what was tried, stand below its first one as a note.
    let (message, details) = match diagnostic.message.split_once('\n') {
        Some((first, rest)) => (visible(first), Some(rest)),
        None => (visible(&diagnostic.message), None),
    };
    let level = match diagnostic.level {
        Level::Error => SnippetLevel::ERROR,
        Level::Warning => SnippetLevel::WARNING,
    };
    let title = level.primary_title(message);
    let mut group = match (&diagnostic.source, &diagnostic.span) {
        (Some(source), Some((span, label))) => {
            let excerpt = Excerpt::around(&source.text, span);
            let annotation = AnnotationKind::Primary
                .span(excerpt.span)
                .label(visible(label).into_owned());
            title.element(
                Snippet::source(excerpt.text)
                    .line_start(excerpt.first_line)
                    .path(visible(&source.name).into_owned())
                    .fold(false)
                    .annotation(annotation),
            )
        }
        (Some(source), None) => title.element(Origin::path(visible(&source.name).into_owned())),
        (None, _) => Group::with_title(title),
    };
    if let Some(details) = details {
        let details: Vec<&str> = details.lines().map(str::trim).collect();
        group = group.element(SnippetLevel::NOTE.message(visible_lines(&details.join("\n")).into_owned()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(SnippetLevel::HELP.message(visible_lines(help)));
    }
    let renderer = match color {
        Color::Never => Renderer::plain(),
        Color::Always => Renderer::styled(),
    };
    renderer.render(&[group])
}

/// The lines around a place, made visible, with the place in them.
struct Excerpt {
    text: String,
    span: Range<usize>,
    first_line: usize,
}

impl Excerpt {
    /// INVARIANT: `span` lies on character boundaries of `source`, as [`Diagnostic::at`] makes it.
    fn around(source: &str, span: &Range<usize>) -> Self {
        let before = source.get(..span.start).unwrap_or_default();
        let inside = source.get(span.clone()).unwrap_or_default();
        let after = source.get(span.end..).unwrap_or_default();
        let lead = last_lines(before);
        let first_line = 1 + before.matches('\n').count() - lead.matches('\n').count();
        let mut text = visible_source(lead).into_owned();
        let start = text.len();
        text.push_str(&visible_source(cut_end(inside)));
        let end = text.len();
        text.push_str(&visible_source(first_lines(after)));
        Self {
            text,
            span: start..end,
            first_line,
        }
    }
}

/// The end of `text`: the unfinished last line and up to [`CONTEXT_LINES`] whole lines before it.
fn last_lines(text: &str) -> &str {
    let start = text
        .rmatch_indices('\n')
        .nth(CONTEXT_LINES)
        .map_or(0, |(at, _)| at + 1);
    let lines = text.get(start..).unwrap_or_default();
    if lines.len() <= CONTEXT_BYTES {
        lines
    } else {
        tail(lines)
    }
}

fn tail(text: &str) -> &str {
    let mut at = text.len().saturating_sub(CONTEXT_BYTES);
    while !text.is_char_boundary(at) {
        at += 1;
    }
    text.get(at..).unwrap_or_default()
}

/// The start of `text`: the rest of its first line and up to [`CONTEXT_LINES`] whole lines after it.
fn first_lines(text: &str) -> &str {
    let end = text
        .match_indices('\n')
        .nth(CONTEXT_LINES)
        .map_or(text.len(), |(at, _)| at);
    cut_end(text.get(..end).unwrap_or_default())
}

fn cut_end(text: &str) -> &str {
    let mut at = text.len().min(CONTEXT_BYTES);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text.get(..at).unwrap_or_default()
}
