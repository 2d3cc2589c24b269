//! Text that fits into a box or over an arrow, measured in columns as at a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::visible::visible;

/// Text made visible and cut to `columns`, with an ellipsis where it was cut.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    let text = visible(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    let (kept, _) = split(&text, columns.saturating_sub(1));
    format!("{}…", kept.trim_end())
}

/// Text in at most two lines of `columns`, broken at a space where there is one; nothing for an empty text.
pub(super) fn two_lines(text: &str, columns: usize) -> Vec<String> {
    let text = visible(text);
    if text.is_empty() {
        return Vec::new();
    }
    if text.width() <= columns {
        return vec![text.into_owned()];
    }
    let (head, _) = split(&text, columns);
    let (first, rest) = match head.rsplit_once(' ') {
        Some((first, _)) => (first, text.get(first.len()..).unwrap_or_default()),
        None => (head, text.get(head.len()..).unwrap_or_default()),
    };
    vec![first.to_owned(), fitted(rest.trim_start(), columns)]
}

/// The longest beginning of at most `columns`, and the rest.
fn split(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > columns {
            return text.split_at_checked(at).unwrap_or((text, ""));
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_where_it_no_longer_fits() {
        assert_eq!(fitted("short", 5), "short");
        assert_eq!(fitted("longer", 5), "long…");
        assert_eq!(fitted("東京都", 4), "東…");
    }

    #[test]
    fn two_lines_break_at_a_space() {
        for (text, expected) in [
            ("", vec![]),
            ("one", vec!["one"]),
            ("passes a role to", vec!["passes a", "role to"]),
            ("averyveryverylongword", vec!["averyveryv", "erylongwo…"]),
            ("a role to a new function", vec!["a role to", "a new fun…"]),
        ] {
            assert_eq!(two_lines(text, 10), expected);
        }
    }
}
