//! Writes the parser events of a YAML file as bytes; used by the build script, read back by `recorded.rs`.
//!
//! Scanning YAML takes most of the time of loading the built-in knowledge, and its text is known when Plumb is built.
//!
//! Each event is a tag byte and numbers in LEB128: `0` and `1` plain and quoted scalar whose text is the file's at its
//! span; `2` and `3` the same with a text of its own; `4` list, `5` map, `6` end of either; `7` the anchor of the scalar,
//! list or map that follows; `8` an alias. Scalars have start and length of their span and, with a text of their own, its
//! length and bytes; lists, maps and ends have a position, anchors a number, aliases start, length and number.

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle};

/// The events of a file; `None` for one that is malformed or has tags or several documents, which is left
/// to the parser.
pub(crate) fn record(text: &str) -> Option<Vec<u8>> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.disallow_directives = true;
    let mut recorded = Vec::new();
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        let (start, end) = (span.start.byte_offset()?, span.end.byte_offset()?);
        match event {
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(..) => documents += 1,
            Event::Scalar(scalar, style, anchor, None) => {
                note_anchor(anchor, &mut recorded);
                let quoted = u8::from(style != ScalarStyle::Plain);
                let is_slice = text.get(start..end) == Some(scalar.as_ref());
                recorded.push(quoted + if is_slice { 0 } else { 2 });
                number(start, &mut recorded);
                number(end.checked_sub(start)?, &mut recorded);
                if !is_slice {
                    number(scalar.len(), &mut recorded);
                    recorded.extend_from_slice(scalar.as_bytes());
                }
            }
            Event::Alias(anchor) => {
                recorded.push(8);
                number(start, &mut recorded);
                number(end.checked_sub(start)?, &mut recorded);
                number(anchor, &mut recorded);
            }
            Event::SequenceStart(_, anchor, None) => {
                note_anchor(anchor, &mut recorded);
                recorded.push(4);
                number(start, &mut recorded);
            }
            Event::MappingStart(_, anchor, None) => {
                note_anchor(anchor, &mut recorded);
                recorded.push(5);
                number(start, &mut recorded);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                recorded.push(6);
                number(end, &mut recorded);
            }
            _ => return None,
        }
    }
    (documents == 1).then_some(recorded)
}

fn note_anchor(anchor: usize, recorded: &mut Vec<u8>) {
    if anchor != 0 {
        recorded.push(7);
        number(anchor, recorded);
    }
}

fn number(mut value: usize, recorded: &mut Vec<u8>) {
    while value >= 0x80 {
        recorded.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    recorded.push(u8::try_from(value).unwrap_or_default());
}
