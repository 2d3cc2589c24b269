//! Strings of JSON as HCL writes them: within `${…}` quotation marks are not escaped there, and in JSON they are.

/// The text with what stands in interpolations as HCL has it, in as many bytes; `None` where there is nothing to rewrite.
pub(super) fn unescaped(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut frames: Vec<Frame> = Vec::new();
    // Bytes that a text in an interpolation takes less, which stand behind it as spaces.
    let mut spare = 0;
    let mut is_rewritten = false;
    let mut rest = bytes;
    while let Some(byte) = rest.first().copied() {
        let mut length = 1;
        let mut written: Option<&[u8]> = None;
        match (frames.last_mut(), rest) {
            (None, [b'"', ..]) => frames.push(Frame::Text),
            (None, _) => {}
            (Some(Frame::Text), [b'"', ..]) => frames.clear(),
            (Some(Frame::Text | Frame::Quoted), [b'$' | b'%', b'{', ..]) => {
                frames.push(Frame::Code(0));
                length = 2;
            }
            // `$${` is text.
            (Some(Frame::Text | Frame::Quoted), [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..]) => {
                length = 3
            }
            (Some(Frame::Code(_)), [b'\\', b'"', ..]) => {
                frames.push(Frame::Quoted);
                written = Some(b" \"");
                is_rewritten = true;
                length = 2;
            }
            (Some(Frame::Code(_)), [b'\\', b'n' | b't' | b'r', ..]) => {
                written = Some(b"  ");
                is_rewritten = true;
                length = 2;
            }
            (Some(Frame::Quoted), [b'\\', b'"', ..]) => {
                frames.pop();
                written = Some(b"\"");
                spare += 1;
                length = 2;
            }
            (Some(Frame::Quoted), [b'\\', b'\\', b'\\', b'"', ..]) => {
                written = Some(b"\\\"");
                spare += 2;
                length = 4;
            }
            (Some(Frame::Quoted), [b'\\', b'\\', b'\\', b'\\', ..]) => {
                written = Some(b"\\\\");
                spare += 2;
                length = 4;
            }
            (Some(Frame::Quoted), [b'\\', b'\\', ..]) => {
                written = Some(b"\\");
                spare += 1;
                length = 2;
            }
            (Some(_), [b'\\', ..]) => length = 2,
            (Some(Frame::Code(depth)), [b'{', ..]) => *depth += 1,
            (Some(Frame::Code(0)), [b'}', ..]) => {
                frames.pop();
            }
            (Some(Frame::Code(depth)), [b'}', ..]) => *depth -= 1,
            (Some(Frame::Text | Frame::Quoted | Frame::Code(_)), _) => {}
        }
        let (done, after) = rest.split_at_checked(length)?;
        out.extend_from_slice(written.unwrap_or(done));
        if spare > 0 && byte == b'\\' && !frames.iter().any(|frame| matches!(frame, Frame::Quoted)) {
            out.resize(out.len() + spare, b' ');
            spare = 0;
        }
        rest = after;
    }
    is_rewritten.then(|| String::from_utf8(out).ok()).flatten()
}

/// What surrounds the byte at hand.
enum Frame {
    /// A string of JSON.
    Text,
    /// An interpolation, with so many braces open in it.
    Code(usize),
    /// A text in an interpolation.
    Quoted,
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn quotation_marks_within_interpolations_are_those_of_hcl() {
        for (json, expected) in [
            (r#"{"a":"${upper(\"b\")}"}"#, Some(r#"{"a":"${upper( "b" )}"}"#)),
            (r#"{"a":"${x[\"k\"]}-${y}"}"#, Some(r#"{"a":"${x[ "k" ]}-${y}"}"#)),
            (
                r#"{"a":"${join(\",\", [\"${f(\"c\")}d\"])}"}"#,
                Some(r#"{"a":"${join( "," , [ "${f( "c")}d"  ])}"}"#),
            ),
            (
                r#"{"a":"${ {\"k\" = 1}[\"k\"] }\n"}"#,
                Some(r#"{"a":"${ { "k"  = 1}[ "k" ] }\n"}"#),
            ),
            (r#"{"a":"say \"${b}\"","c":"$${\"d\"}"}"#, None),
            (
                r#"{"a":"${replace(b, \"\\n\", \"q\\\"\")}"}"#,
                Some(r#"{"a":"${replace(b,  "\n"  ,  "q\""   )}"}"#),
            ),
            (r#"{"a":"b"}"#, None),
        ] {
            assert_eq!(unescaped(json).as_deref(), expected, "{json}");
            assert!(
                expected.is_none_or(|expected| expected.len() == json.len()),
                "{json}"
            );
        }
    }

    #[test]
    fn what_ends_early_is_left_alone() {
        for json in ["\"${\\\"", "\"${", "\"\\", "{\"a\": \"${\\", ""] {
            let rewritten = unescaped(json);
            assert!(rewritten.is_none_or(|text| text.len() == json.len()), "{json}");
        }
    }
}
