//! Makes text visible: control, direction and invisible characters come out as `\u{…}`.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every character that could hide, reorder or command replaced by a visible escape.
///
/// Escaped are control characters (C0, DEL, C1), direction marks and overrides, zero-width and other
/// invisible characters, and line and paragraph separators. `\n`, `\r` and `\t` get their short forms.
/// The result is for reading: text that already spells an escape comes back as it is, so it does not
/// tell a character from its spelling. Formats for programs keep the exact text.
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, &[])
}

/// Like [`visible`], but line feeds stay; for text that may have several lines, such as remediation.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escape(text, &['\n'])
}

/// Like [`visible`], but line feeds and tabs stay; for excerpts of source files.
pub(crate) fn visible_source(text: &str) -> Cow<'_, str> {
    escape(text, &['\n', '\t'])
}

/// Whether a character is not shown as itself: it commands the terminal, reorders text or has no shape.
///
/// The set is Unicode's control characters, `Bidi_Control`, noncharacters of the first plane, and those of
/// `Default_Ignorable_Code_Point` that ordinary text does not need; the emoji presentation selector U+FE0F is left alone.
pub(crate) fn is_hidden(character: char) -> bool {
    !matches!(character, ' '..='~')
        && matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text is an `https` or `http` address that can stand in a link as it is.
pub(crate) fn is_web_address(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte);
    (text.starts_with("https://") || text.starts_with("http://")) && text.bytes().all(plain)
}

fn escape<'a>(text: &'a str, kept: &[char]) -> Cow<'a, str> {
    if !text.contains(|character| !kept.contains(&character) && is_hidden(character)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let ends_line = character == '\r' && characters.peek() == Some(&'\n') && kept.contains(&'\n');
        if kept.contains(&character) {
            out.push(character);
        } else if !ends_line {
            push_visible(&mut out, character);
        }
    }
    Cow::Owned(out)
}

fn push_visible(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if is_hidden(character) => {
            // Writing into a `String` cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        }
        _ => out.push(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_become_visible_and_others_stay() {
        for (text, expected) in [
            ("plain Grüße 東京 ❤\u{fe0f}", "plain Grüße 東京 ❤\u{fe0f}"),
            (r"C:\u{1b}", r"C:\u{1b}"),
            ("\u{1b}[31mred", r"\u{1b}[31mred"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("a\u{202e}b\u{2066}c\u{200f}", r"a\u{202e}b\u{2066}c\u{200f}"),
            ("tab\tline\r\n", r"tab\tline\r\n"),
            ("zero\u{200b}width\u{feff}", r"zero\u{200b}width\u{feff}"),
            ("tag\u{e0041}", r"tag\u{e0041}"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn several_lines_stay_several_lines() {
        assert_eq!(visible_lines("a\r\n\tb\n\u{7}\r"), "a\n\\tb\n\\u{7}\\r");
        assert_eq!(visible_lines("a\nb"), "a\nb");
        assert_eq!(visible_source("a\tb\r\n\u{9b}"), "a\tb\n\\u{9b}");
    }
}
