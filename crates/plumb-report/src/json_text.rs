//! JSON whose text is exact for programs and harmless for people and pages that show it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

use crate::visible::is_hidden;

/// Writes compact JSON in which hidden characters and `<` are escaped as `\uXXXX`.
///
/// The value read back is the same. The escapes keep terminals from being commanded when the file is
/// shown, and a `<` that never appears can neither close a `script` element nor open a comment in one.
pub(crate) fn write_json<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    value
        .serialize(&mut Serializer::with_formatter(out, HarmlessFormatter))
        .map_err(io::Error::from)
}

/// Writes compact JSON like [`write_json`] whose text, once read back, is fit to be shown to people.
///
/// Hidden characters become the visible text `\u{…}`; line feeds and tabs stay.
pub(crate) fn write_shown_json<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    value
        .serialize(&mut Serializer::with_formatter(out, ShownFormatter))
        .map_err(io::Error::from)
}

/// Writes an array with one element on each line, as the elements come.
pub(crate) fn write_json_lines_array<T: Serialize>(
    elements: impl Iterator<Item = T>,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(b"[")?;
    for (index, element) in elements.enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        write_json(&element, out)?;
    }
    out.write_all(b"\n]")
}

struct HarmlessFormatter;

impl Formatter for HarmlessFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((before, special, after)) = split_at_special(rest) {
            writer.write_all(before.as_bytes())?;
            for unit in special.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = after;
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        char_escape: CharEscape,
    ) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, char_escape)
    }
}

struct ShownFormatter;

impl Formatter for ShownFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((before, special, after)) = split_at_special(rest) {
            writer.write_all(before.as_bytes())?;
            match special {
                '<' => writer.write_all(b"\\u003c")?,
                hidden => write!(writer, "\\\\u{{{:x}}}", u32::from(hidden))?,
            }
            rest = after;
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        char_escape: CharEscape,
    ) -> io::Result<()> {
        match char_escape {
            CharEscape::AsciiControl(byte) => write!(writer, "\\\\u{{{byte:x}}}"),
            CharEscape::Backspace => writer.write_all(b"\\\\u{8}"),
            CharEscape::FormFeed => writer.write_all(b"\\\\u{c}"),
            CharEscape::CarriageReturn => writer.write_all(b"\\\\r"),
            CharEscape::Quote
            | CharEscape::ReverseSolidus
            | CharEscape::Solidus
            | CharEscape::LineFeed
            | CharEscape::Tab => CompactFormatter.write_char_escape(writer, char_escape),
        }
    }
}

fn split_at_special(text: &str) -> Option<(&str, char, &str)> {
    let (at, special) = text
        .char_indices()
        .find(|(_, character)| *character == '<' || is_hidden(*character))?;
    let (before, from) = text.split_at_checked(at)?;
    Some((before, special, from.get(special.len_utf8()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_reads_back_the_same() {
        for text in [
            "",
            "plain",
            "</script><!--",
            "\u{1b}[0m\u{9b}\u{202e}",
            "\u{e0041}\u{2028}\"\\\n",
            "東京 ❤\u{fe0f}",
        ] {
            let mut out = Vec::new();
            write_json(text, &mut out).unwrap();
            assert!(!out.contains(&b'<'));
            let written = String::from_utf8(out).unwrap();
            assert!(!written.contains(is_hidden), "{written}");
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
    #[test]
    fn shown_text_reads_back_visible() {
        let mut out = Vec::new();
        write_shown_json("a\u{1b}\u{202e}\u{8}\r\n</b>\"\\", &mut out).unwrap();
        assert!(!out.contains(&b'<'));
        let read: String = serde_json::from_slice(&out).unwrap();
        assert_eq!(read, "a\\u{1b}\\u{202e}\\u{8}\\r\n</b>\"\\");
    }
}
