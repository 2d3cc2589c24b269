//! Lines of a terminal page: wrapped to its width, cut with an ellipsis, coloured or plain.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use plumb_model::risk::Priority;
use plumb_model::verdict::Severity;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::options::Color;
use crate::visible::visible;

/// A page of a fixed width on which text is written line by line.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    width: usize,
    color: Color,
}

impl<'a> Page<'a> {
    /// A page that uses 60 to 200 columns.
    pub(super) fn new(out: &'a mut dyn Write, width: usize, color: Color) -> Self {
        Self {
            out,
            width: width.clamp(60, 200),
            color,
        }
    }

    /// Whether the page has colours.
    pub(super) fn color(&self) -> Color {
        self.color
    }

    /// Columns of the page.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// A heading on a line of its own, after an empty one.
    pub(super) fn heading(&mut self, text: &str) -> io::Result<()> {
        self.blank()?;
        let heading = self.painted(Style::new().bold(), text);
        writeln!(self.out, "{heading}")
    }

    /// One line as it is; its parts are visible and fit already.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    /// Text made visible and wrapped at spaces; the first line begins with `first`, the others with as many spaces.
    pub(super) fn wrapped(&mut self, first: &str, text: &str) -> io::Result<()> {
        self.framed(first, &" ".repeat(first.width()), text)
    }

    /// Text that stands out, made visible and wrapped.
    pub(super) fn wrapped_bold(&mut self, text: &str) -> io::Result<()> {
        for line in wrap(&visible(text), self.width) {
            let line = self.bold(&line);
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Like [`Page::wrapped`], but the other lines begin with `rest`, which is as wide as `first`.
    pub(super) fn framed(&mut self, first: &str, rest: &str, text: &str) -> io::Result<()> {
        let lines = wrap(&visible(text), self.width.saturating_sub(first.width()));
        for (index, line) in lines.iter().enumerate() {
            let start = if index == 0 { first } else { rest };
            writeln!(self.out, "{}", format!("{start}{line}").trim_end())?;
        }
        Ok(())
    }

    /// Text in a style when the page has colours.
    pub(super) fn painted(&self, style: Style, text: &str) -> String {
        match self.color {
            Color::Never => text.to_owned(),
            Color::Always => format!("{style}{text}{style:#}"),
        }
    }

    /// Text that stands out.
    pub(super) fn bold(&self, text: &str) -> String {
        self.painted(Style::new().bold(), text)
    }

    /// Secondary text.
    pub(super) fn dimmed(&self, text: &str) -> String {
        self.painted(Style::new().dimmed(), text)
    }
}

/// The colour that underlines a severity's name.
pub(super) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Blue.on_default(),
        Severity::Informational => AnsiColor::Cyan.on_default(),
    }
}

/// The colour that underlines a priority's name.
pub(super) fn priority_style(priority: Priority) -> Style {
    match priority {
        Priority::Critical => severity_style(Severity::Critical),
        Priority::High => severity_style(Severity::High),
        Priority::Medium => severity_style(Severity::Medium),
        Priority::Low => severity_style(Severity::Low),
    }
}

/// What is written on a page, as text.
pub(super) fn painted_text(
    width: usize,
    color: Color,
    write: impl FnOnce(&mut Page<'_>) -> io::Result<()>,
) -> String {
    let mut out = Vec::new();
    // Writing into a vector cannot fail.
    let _ = write(&mut Page::new(&mut out, width, color));
    String::from_utf8(out).unwrap_or_default()
}

/// Text made visible and cut to `columns`, with an ellipsis where it was cut.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    let text = visible(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used >= columns {
            break;
        }
        out.push(character);
    }
    out.push('…');
    out
}

/// Breaks visible text at spaces into lines of at most `columns`; a longer word stays whole, because it is copied, not read.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(10);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_exceed_their_width_only_for_a_word() {
        for text in [
            "",
            "one",
            "a few words that wrap",
            "averyveryverylongword",
            "東京都東京都東京都東京都",
            "a  b",
        ] {
            for columns in [10, 11, 17] {
                let lines = wrap(text, columns);
                let fits = |line: &String| line.width() <= columns || !line.contains(' ');
                assert!(lines.iter().all(fits), "{lines:?}");
                assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
            }
        }
    }

    #[test]
    fn fitted_text_fits_and_says_that_it_was_cut() {
        assert_eq!(fitted("short", 5), "short");
        assert_eq!(fitted("longer", 5), "long…");
        assert_eq!(fitted("東京都", 4), "東…");
        assert_eq!(fitted("a\u{1b}[0m", 20), r"a\u{1b}[0m");
    }
}
