//! Hostile text inside GitHub-flavoured Markdown: nothing formats, links, mentions or leaves its cell.

use crate::visible::{is_web_address, visible, visible_lines};

/// Keeps `@name` and `#1` from becoming a mention or a reference, which no escape prevents.
const WORD_JOINER: char = '\u{2060}';

/// Prose on one line, with everything that Markdown or GitHub would interpret escaped.
pub(crate) fn text(prose: &str) -> String {
    let prose = prose.lines().collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(prose.len() + prose.len() / 8);
    let mut only_digits = true;
    let prose = visible(&prose);
    let mut characters = prose.chars().peekable();
    while let Some(character) = characters.next() {
        let ends_word = characters.peek().is_none_or(|next| *next == ' ');
        let after_www = out
            .get(out.len().saturating_sub(3)..)
            .is_some_and(|end| end.eq_ignore_ascii_case("www"));
        let escaped = match character {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '#' | '@'
            | '!' | ':' | '$' => true,
            '-' | '+' | '=' => out.is_empty(),
            '.' | ')' => after_www || (only_digits && !out.is_empty() && ends_word),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(character);
        if matches!(character, '@' | '#') {
            out.push(WORD_JOINER);
        }
        only_digits &= character.is_ascii_digit();
    }
    out
}

/// A code span in the cell of a table, where a pipe would end the cell even inside of a span.
pub(crate) fn cell_code(content: &str) -> String {
    code(content).replace('|', "\\|")
}

/// A code span, in which only its own fence needs care.
pub(crate) fn code(content: &str) -> String {
    let content = visible(content);
    if content.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run_of_backticks(&content) + 1);
    let pad = if content.starts_with(['`', ' ']) || content.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{content}{pad}{fence}")
}

/// A fenced block of several lines.
pub(crate) fn code_block(content: &str) -> String {
    let content = visible_lines(content);
    let fence = "`".repeat(longest_run_of_backticks(&content).max(2) + 1);
    format!("{fence}\n{}\n{fence}", content.trim_end_matches('\n'))
}

/// A web address as a link, anything else as prose.
pub(crate) fn link(address: &str) -> String {
    if is_web_address(address) {
        format!("<{address}>")
    } else {
        text(address)
    }
}

/// Text inside an HTML element of a Markdown page.
pub(crate) fn html(content: &str) -> String {
    visible(content)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('`', "&#96;")
        .replace('*', "&#42;")
        .replace('_', "&#95;")
        .replace('[', "&#91;")
        .replace('\\', "&#92;")
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_says_nothing_to_markdown() {
        for (prose, expected) in [
            (
                "Buckets block public access, always.",
                "Buckets block public access, always.",
            ),
            ("a|b", "a\\|b"),
            ("[x](https://e.example)", "\\[x\\](https\\://e.example)"),
            ("<img src=x>", "\\<img src=x\\>"),
            ("@team #1", "\\@\u{2060}team \\#\u{2060}1"),
            ("www.e.example", "www\\.e.example"),
            ("1. one", "1\\. one"),
            ("0.1.0", "0.1.0"),
            ("- one\n- two", "\\- one - two"),
            ("$x$", "\\$x\\$"),
        ] {
            assert_eq!(text(prose), expected);
        }
    }

    #[test]
    fn a_code_span_holds_its_content() {
        for (content, expected) in [
            ("a", "`a`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("a|b", "`a|b`"),
            ("a\nb", "`a\\nb`"),
            ("", ""),
        ] {
            assert_eq!(code(content), expected);
        }
        assert_eq!(cell_code("a|b"), "`a\\|b`");
        assert_eq!(code_block("```\nx\n"), "````\n```\nx\n````");
    }
}
