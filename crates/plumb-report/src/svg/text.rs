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

/// The same for a name, whose beginning and end tell it from others: cut in the middle.
pub(super) fn fitted_name(name: &str, columns: usize) -> String {
    let name = visible(name);
    if fits(&name, columns) {
        return name.into_owned();
    }
    let kept = columns.saturating_sub(1);
    let (head, rest) = split(&name, kept.div_ceil(2));
    let reversed: String = rest.chars().rev().collect();
    let (tail, _) = split(&reversed, kept / 2);
    let tail: String = tail.chars().rev().collect();
    format!("{head}…{tail}")
}

/// Text in at most `most` lines of `columns`, broken at spaces where there are some; nothing for an empty text.
pub(super) fn lines(text: &str, columns: usize, most: usize) -> Vec<String> {
    let text = visible(text);
    let mut lines = Vec::new();
    let mut rest = text.as_ref();
    while !rest.is_empty() {
        if lines.len() + 1 >= most || fits(rest, columns) {
            lines.push(fitted(rest, columns));
            break;
        }
        let (head, _) = split(rest, columns);
        let line = head.rsplit_once(' ').map_or(head, |(line, _)| line);
        // A character wider than a line would not end.
        if line.is_empty() {
            break;
        }
        lines.push(line.to_owned());
        rest = rest.get(line.len()..).unwrap_or_default().trim_start();
    }
    lines
}

/// A name in at most two lines, broken behind what parts the pieces of names; cut in the middle where that is not enough.
pub(super) fn name_lines(name: &str, columns: usize) -> Vec<String> {
    let name = visible(name);
    if fits(&name, columns) {
        return lines(&name, columns, 1);
    }
    let (head, _) = split(&name, columns);
    let seam = head.rfind(['-', '.', '_', '/', ':', ' ']);
    // A line of a few letters looks like a slip: without a good seam the two are equally long, where both fit.
    let half = name.char_indices().nth(name.chars().count().div_ceil(2));
    let even = half.map_or(head.len(), |(at, _)| at).min(head.len());
    let cut = seam.filter(|at| *at >= head.len() / 3).map_or(even, |at| at + 1);
    let (first, rest) = name.split_at_checked(cut).unwrap_or((&name, ""));
    vec![first.trim_end().to_owned(), fitted_name(rest, columns)]
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
    fn names_are_cut_in_the_middle() {
        assert_eq!(fitted_name("short", 5), "short");
        assert_eq!(fitted_name("acme-site-prod-23", 12), "acme-…od-23");
        assert_eq!(fitted_name("東京都東京", 6), "東…京");
    }

    #[test]
    fn names_break_between_their_pieces() {
        for (name, expected) in [
            ("", vec![]),
            ("short", vec!["short"]),
            ("platform-administrator", vec!["platform-", "administrator"]),
            ("weak or leaked ones", vec!["weak or", "leaked ones"]),
            ("acme/customer_pii-000018641988", vec!["acme/", "custom…641988"]),
            ("i-05709000500000001", vec!["i-05709000", "500000001"]),
            (
                "averyveryveryverylongwordthatgoeson",
                vec!["averyveryveryv", "erylong…goeson"],
            ),
        ] {
            assert_eq!(name_lines(name, 14), expected, "{name}");
        }
    }

    #[test]
    fn lines_break_at_spaces() {
        for (text, expected) in [
            ("", vec![]),
            ("one", vec!["one"]),
            ("passes a role to", vec!["passes a", "role to"]),
            ("averyveryverylongword", vec!["averyveryv", "erylongw…"]),
            ("a role to a new function", vec!["a role to", "a new fu…"]),
            ("東京都 東京都東京都", vec!["東京都", "東京都東…"]),
        ] {
            assert_eq!(lines(text, 10, 2), expected);
        }
        let three = lines("every account there is can restore it", 14, 3);
        assert_eq!(three, ["every account", "there is can", "restore it"]);
    }
}
