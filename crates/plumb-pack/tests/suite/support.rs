//! Helpers of the integration tests.

use plumb_model::diagnostic::Diagnostic;
use plumb_pack::load::Base;
use plumb_pack::pack::{Loaded, Pack, SourceFile};

/// Loads one user file named `user.yaml` on top of the built-in pack.
pub(crate) fn load(text: &str) -> Loaded {
    load_files(&[("user.yaml", text)])
}

/// Loads user files on top of the built-in pack.
pub(crate) fn load_files(files: &[(&str, &str)]) -> Loaded {
    let files: Vec<SourceFile> = files
        .iter()
        .map(|(path, text)| SourceFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    Pack::load(Base::BuiltIn, &files)
}

/// Diagnostics as people read them: the message, the place with a caret, and the advice.
pub(crate) fn show(diagnostics: &[Diagnostic]) -> String {
    let mut shown = String::new();
    for diagnostic in diagnostics {
        shown.push_str(&format!("{diagnostic}\n"));
        let Some((source, (span, label))) = diagnostic.source.as_ref().zip(diagnostic.span.as_ref()) else {
            continue;
        };
        let before = source.text.get(..span.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = source
            .text
            .get(line_start..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        let end = span.end.min(line_start + line.len());
        let carets = "^".repeat(end.saturating_sub(span.start).max(1));
        let indent = " ".repeat(before.get(line_start..).unwrap_or_default().chars().count());
        shown.push_str(&format!("| {line}\n| {indent}{carets} {label}\n"));
    }
    shown
}
