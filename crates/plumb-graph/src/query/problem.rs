//! `Problem`: what is wrong with a query and where, before its source is named.

use std::ops::Range;
use std::sync::Arc;

use plumb_model::diagnostic::{Diagnostic, Source};

/// An error at a place of the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    message: String,
    span: Range<usize>,
    label: String,
    help: Option<String>,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>, span: &Range<usize>, label: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span: span.clone(),
            label: label.into(),
            help: None,
        }
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The problem as people see it.
    pub(crate) fn in_source(self, source: &Arc<Source>) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.message).at(source, self.span, self.label);
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// The first of `candidates` that is at most two changes away from `wrong`, and nearest.
pub(crate) fn nearest<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = if wrong.chars().count() < 4 { 1 } else { 2 };
    let wrong = wrong.to_lowercase();
    candidates
        .map(|candidate| (changes(&wrong, &candidate.to_lowercase()), candidate))
        .filter(|(changes, _)| *changes <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The number of insertions, removals and replacements between two texts.
fn changes(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 8 || a.len() > 128 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (position, of_a) in a.chars().enumerate() {
        let mut diagonal = position;
        let mut left = position + 1;
        for (slot, of_b) in row.iter_mut().skip(1).zip(&b) {
            let above = *slot;
            let replaced = diagonal + usize::from(of_a != *of_b);
            left = replaced.min(above + 1).min(left + 1);
            *slot = left;
            diagonal = above;
        }
        if let Some(first) = row.first_mut() {
            *first = position + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        for (a, b, expected) in [
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("name", "name", 0),
            ("nmae", "name", 2),
        ] {
            assert_eq!(changes(a, b), expected, "{a} {b}");
        }
        assert_eq!(nearest("nam", ["uid", "name"].into_iter()), Some("name"));
        assert_eq!(nearest("colour", ["uid", "name"].into_iter()), None);
    }
}
