//! Text that fits into a box or over an arrow, measured in columns: the width of a digit.

use unicode_width::UnicodeWidthChar;

use crate::visible::visible;

/// Text made visible and cut to `columns`, with an ellipsis where it was cut.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    let text = visible(text);
    if fits(&text, columns) {
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
    if fits(&text, columns) {
        return vec![text.into_owned()];
    }
    let (head, _) = split(&text, columns);
    let (first, rest) = match head.rsplit_once(' ') {
        Some((first, _)) => (first, text.get(first.len()..).unwrap_or_default()),
        None => (head, text.get(head.len()..).unwrap_or_default()),
    };
    vec![first.to_owned(), fitted(rest.trim_start(), columns)]
}

fn fits(text: &str, columns: usize) -> bool {
    split(text, columns).1.is_empty()
}

/// How wide a character is in a proportional font, at most, in tenths of a column.
fn tenths(character: char) -> usize {
    match character {
        'W' | 'M' | '@' | '%' => 16,
        'm' | 'w' => 14,
        'A'..='Z' => 12,
        other => other.width().unwrap_or(0) * 10,
    }
}

/// The longest beginning of at most `columns`, and the rest.
fn split(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += tenths(character);
        if used > columns * 10 {
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
        assert_eq!(fitted("WWWW", 5), "WW…");
    }

    #[test]
    fn two_lines_break_at_a_space() {
        for (text, expected) in [
            ("", vec![]),
            ("one", vec!["one"]),
            ("passes a role to", vec!["passes a", "role to"]),
            ("averyveryverylongword", vec!["averyveryv", "erylongw…"]),
            ("a role to a new function", vec!["a role to", "a new fu…"]),
        ] {
            assert_eq!(two_lines(text, 10), expected);
        }
    }
}
