//! `Cursor`: the text of a Bicep file and how far it was read.

use std::ops::Range;

use plumb_model::value::Text;

use crate::place::{FileId, Place};

/// A position in a text.
pub(super) struct Cursor<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
    /// The comments that were passed, in order.
    comments: Vec<Range<usize>>,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        Self {
            file,
            text,
            at,
            comments: Vec::new(),
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn place_from(&self, start: usize) -> Place {
        Place::new(self.file, start..self.at)
    }

    /// The number of the line in which a byte stands, from 1.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or_default().matches('\n').count() + 1
    }

    /// Goes on by some bytes.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.text.len());
    }

    /// Passes a text if it stands here.
    pub(super) fn take(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// Passes a word if it stands here as a whole.
    pub(super) fn take_word(&mut self, wanted: &str) -> bool {
        let found = self.word() == wanted;
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// The word that stands here, perhaps empty.
    pub(super) fn word(&self) -> &'t str {
        let rest = self.rest();
        let starts = rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        rest.get(..end).filter(|_| starts).unwrap_or_default()
    }

    /// Passes the word that stands here.
    pub(super) fn name(&mut self) -> Result<Text, String> {
        let word = self.word();
        if word.is_empty() {
            return Err(format!("a name is expected, not {}", self.found()));
        }
        self.at += word.len();
        Ok(word.into())
    }

    /// What stands here, for messages.
    pub(super) fn found(&self) -> String {
        match self.peek() {
            None => "the end of the file".to_owned(),
            Some('\n' | '\r') => "the end of the line".to_owned(),
            Some(_) if !self.word().is_empty() => format!("`{}`", self.word()),
            Some(c) => format!("`{c}`"),
        }
    }

    /// Passes what must stand here, after space.
    pub(super) fn expect(&mut self, wanted: &str) -> Result<(), String> {
        self.space();
        match self.take(wanted) {
            true => Ok(()),
            false => Err(format!("`{wanted}` is expected, not {}", self.found())),
        }
    }

    /// Passes space and comments within a line; a comment of several lines is space too.
    pub(super) fn space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\u{a0}']);
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.comment(trimmed.find('\n').unwrap_or(trimmed.len()));
                return;
            }
            if !trimmed.starts_with("/*") {
                return;
            }
            self.comment(trimmed.find("*/").map_or(trimmed.len(), |end| end + 2));
        }
    }

    /// Passes a comment of that many bytes; going back may lead over it again.
    fn comment(&mut self, length: usize) {
        let end = self.at + length;
        if self.comments.last().is_none_or(|last| last.start < self.at) {
            self.comments.push(self.at..end);
        }
        self.at = end;
    }

    /// The comments that were passed.
    pub(super) fn into_comments(self) -> Vec<Range<usize>> {
        self.comments
    }

    /// Passes space, comments, the ends of lines and instructions for linters.
    pub(super) fn lines(&mut self) {
        loop {
            self.space();
            if self.rest().starts_with(['\n', '\r']) {
                self.at += 1;
            } else if self.rest().starts_with('#') {
                self.next_line();
            } else {
                return;
            }
        }
    }

    /// Whether a line ends here.
    pub(super) fn is_line_end(&mut self) -> bool {
        self.space();
        matches!(self.peek(), None | Some('\n' | '\r'))
    }

    /// Passes the rest of the line with its end.
    pub(super) fn next_line(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').map_or(rest.len(), |end| end + 1);
    }

    /// Goes to the next line that begins as a statement does.
    pub(super) fn next_statement(&mut self, words: &[&str]) {
        loop {
            self.next_line();
            let starts = self.rest().starts_with('@') || words.contains(&self.word());
            if starts || self.rest().is_empty() {
                return;
            }
        }
    }
}
