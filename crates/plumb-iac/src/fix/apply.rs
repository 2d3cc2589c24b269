//! `apply`: the text after edits, with the arguments of Terraform one under another where edits touch them.

use std::borrow::Cow;
use std::ops::Range;

/// The text of a file after edits; of two that overlap the first one counts. `name` tells by its ending what the file is. Lines end as
/// those of the file do.
pub fn apply(name: &str, text: &str, mut edits: Vec<(Range<usize>, &str)>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut made = String::with_capacity(text.len() + 256);
    let mut new: Vec<Range<usize>> = Vec::new();
    let mut done = 0;
    let has_returns = text.contains("\r\n");
    for (mut range, replacement) in edits {
        let mut replacement = Cow::Borrowed(replacement);
        if has_returns {
            replacement = Cow::Owned(replacement.replace("\r\n", "\n").replace('\n', "\r\n"));
            let before = range.start.saturating_sub(1);
            // What is put in at the end of a line stands before all of what ends it.
            if range.is_empty() && text.get(before..before + 2) == Some("\r\n") {
                range = before..before;
            }
        }
        if range.start < done || range.end < range.start {
            continue;
        }
        made.push_str(text.get(done..range.start).unwrap_or_default());
        let start = made.len();
        made.push_str(&replacement);
        new.push(start..made.len());
        done = range.end;
    }
    made.push_str(text.get(done..).unwrap_or_default());
    match name.ends_with(".tf") || name.ends_with(".tofu") {
        true => aligned(&made, &new),
        false => made,
    }
}

/// An argument on a line of its own.
struct Argument<'l> {
    /// How many characters stand before the sign and its gap.
    width: usize,
    /// What stands before the gap.
    name: &'l str,
    /// The sign and what follows.
    value: &'l str,
}

/// The signs of arguments on adjoining lines one under another, as `terraform fmt` has them, in every such group of which a line is
/// new; the others stay as they are.
fn aligned(text: &str, new: &[Range<usize>]) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut is_new: Vec<bool> = Vec::new();
    let mut at = 0;
    let mut new = new.iter().peekable();
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        while new.next_if(|range| range.end <= at).is_some() {}
        is_new.push(new.peek().is_some_and(|range| range.start < end));
        lines.push(line);
        at = end;
    }
    let mut out = String::with_capacity(text.len());
    let mut lines = lines.into_iter().zip(is_new).peekable();
    while let Some((line, is_new)) = lines.next() {
        let Some(first) = argument(line) else {
            out.push_str(line);
            continue;
        };
        let mut group = vec![(line, first)];
        let mut touched = is_new;
        while let Some((next, is_new)) = lines.peek() {
            let Some(argument) = argument(next) else { break };
            touched |= is_new;
            group.push((next, argument));
            lines.next();
        }
        let width = group
            .iter()
            .map(|(_, argument)| argument.width)
            .max()
            .unwrap_or(0);
        // One alone may be aligned with what is no line of its own, such as a text over several lines.
        let is_moved = touched && group.len() > 1;
        for (line, argument) in group {
            if !is_moved {
                out.push_str(line);
                continue;
            }
            out.push_str(argument.name);
            out.push_str(&" ".repeat(width - argument.width + 1));
            out.push_str(argument.value);
        }
    }
    out
}

/// An argument whose value ends on its line.
fn argument(line: &str) -> Option<Argument<'_>> {
    let (name, value) = line.split_once('=')?;
    let trimmed = name.trim();
    let is_name = !trimmed.is_empty()
        && trimmed
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !is_name || value.starts_with('=') || value.trim_start().starts_with("<<") {
        return None;
    }
    let mut open = 0i32;
    let mut chars = value.chars();
    let mut is_text = false;
    while let Some(char) = chars.next() {
        match char {
            '\\' if is_text => _ = chars.next(),
            '"' => is_text = !is_text,
            '{' | '[' | '(' if !is_text => open += 1,
            '}' | ']' | ')' if !is_text => open -= 1,
            '#' if !is_text => break,
            _ => {}
        }
    }
    let name = name.trim_end();
    (open == 0 && !is_text).then(|| Argument {
        width: name.chars().count(),
        name,
        value: line.get(line.len() - value.len() - 1..).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::apply;

    #[test]
    fn groups_with_a_new_line_are_aligned() {
        for (text, at, new, expected) in [
            (
                "  a  = 1\n",
                8,
                "\n  long_name = 2",
                "  a         = 1\n  long_name = 2\n",
            ),
            // A group that no edit touches stays as it is, and so does one behind an empty line.
            (
                "  a    = 1\n\n  b  = 1\n",
                20,
                "\n  cc = 2",
                "  a    = 1\n\n  b  = 1\n  cc = 2\n",
            ),
            // What is on several lines is not aligned with.
            (
                "  list = [\n    1,\n  ]\n",
                22,
                "  b = 2\n",
                "  list = [\n    1,\n  ]\n  b = 2\n",
            ),
            (
                "  a = \"x=[\" # b = (\n",
                19,
                "\n  cc = 2",
                "  a  = \"x=[\" # b = (\n  cc = 2\n",
            ),
            ("  a == b\n", 8, "\n  cc = 2", "  a == b\n  cc = 2\n"),
        ] {
            assert_eq!(apply("main.tf", text, vec![(at..at, new)]), expected);
        }
        assert_eq!(
            apply("t.yaml", "a = 1", vec![(5..5, "\nbb = 2")]),
            "a = 1\nbb = 2"
        );
    }

    #[test]
    fn lines_end_as_those_of_the_file() {
        let text = "a {\r\n  b = 1\r\n}\r\n";
        for at in [12, 13] {
            let made = apply("main.tf", text, vec![(at..at, "\n  long = 2")]);
            assert_eq!(made, "a {\r\n  b    = 1\r\n  long = 2\r\n}\r\n", "{at}");
        }
        assert_eq!(
            apply("main.tf", text, vec![(14..14, "  c = 2\n")]),
            "a {\r\n  b = 1\r\n  c = 2\r\n}\r\n"
        );
    }

    #[test]
    fn of_two_edits_that_overlap_the_first_counts() {
        let edits = vec![(1..3, "x"), (2..4, "y"), (4..4, "z"), (4..4, "w")];
        assert_eq!(apply("t.yaml", "abcdef", edits), "axdzwef");
    }
}
