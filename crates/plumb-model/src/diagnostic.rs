//! Diagnostics: what is wrong with an input, where, why it matters and what to do.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The input cannot be used.
    Error,
    /// The input is used, but probably not as its author thinks.
    Warning,
}

/// A named text that diagnostics point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path or a name in angle brackets, for example `<argument>`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// One message about one place of an input.
///
/// `message` is lower case without a full stop and has user text in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// The text it points into, when there is one.
    pub source: Option<Arc<Source>>,
    /// Byte range in the source, and a short label to stand under it.
    pub span: Option<(Range<usize>, String)>,
    /// Why it matters, and what to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            message: message.into(),
            source: None,
            span: None,
            help: None,
        }
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            ..Self::error(message)
        }
    }

    /// Adds the place; the range is cut to the source and to character boundaries.
    #[must_use]
    pub fn at(mut self, source: &Arc<Source>, span: Range<usize>, label: impl Into<String>) -> Self {
        let text = &source.text;
        let floor = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(span.start);
        self.span = Some((start..floor(span.end).max(start), label.into()));
        self.source = Some(Arc::clone(source));
        self
    }

    /// Adds the source without a place in it.
    #[must_use]
    pub fn in_source(mut self, source: &Arc<Source>) -> Self {
        self.source = Some(Arc::clone(source));
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line and column of the start of the place, both counted from 1 (columns in characters).
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        let before = self.source.as_ref()?.text.get(..self.span.as_ref()?.0.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Some((line, column))
    }
}

/// One line: `name:line:column: error: message`, and the advice on a second.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(source) = &self.source {
            write!(f, "{}:", source.name)?;
            if let Some((line, column)) = self.line_and_column() {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        write!(f, "{level}: {}", self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}
