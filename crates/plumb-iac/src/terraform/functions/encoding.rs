//! Encodings of text: base64 and URLs.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use plumb_model::value::Text;

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use crate::val::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64decode", 1, base64decode),
    Function::new("base64encode", 1, base64encode),
    Function::new("base64gunzip", 1, compressed),
    Function::new("base64gzip", 1, compressed),
    Function::new("textdecodebase64", 2, textdecodebase64),
    Function::new("textencodebase64", 2, textencodebase64),
    Function::new("urldecode", 1, urldecode),
    Function::new("urlencode", 1, urlencode),
];

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Bytes in base64.
pub(super) fn base64(bytes: &[u8]) -> Val {
    Val::string(BASE64.encode(bytes))
}

fn base64encode(arguments: &Arguments<'_>) -> Take<Val> {
    let val = arguments.value(0)?;
    if let Some(why) = val.why_unknown() {
        // What is known is searched for secrets, which does not need the encoding.
        return Ok(Val {
            partial: val.partial.clone(),
            ..Val::unknown(why.clone())
        });
    }
    Ok(base64(arguments.text(0)?.as_bytes()))
}

fn base64decode(arguments: &Arguments<'_>) -> Take<Val> {
    let bytes = decode(&arguments.text(0)?)?;
    String::from_utf8(bytes)
        .map(Val::string)
        .map_err(|_| wrong("the decoded bytes are no UTF-8"))
}

fn compressed(arguments: &Arguments<'_>) -> Take<Val> {
    arguments.text(0)?;
    Err(Stop::Unknown("compression is not evaluated".into()))
}

fn textencodebase64(arguments: &Arguments<'_>) -> Take<Val> {
    let text = arguments.text(0)?;
    let bytes: Option<Vec<u8>> = match Encoding::named(&arguments.text(1)?)? {
        Encoding::Utf8 => Some(text.as_bytes().to_vec()),
        Encoding::Utf16(Order::Little) => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Encoding::Utf16(Order::Big) => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        Encoding::Latin1(highest) => text
            .chars()
            .map(|char| u8::try_from(u32::from(char)).ok().filter(|byte| *byte <= highest))
            .collect(),
    };
    match bytes {
        Some(bytes) => Ok(base64(&bytes)),
        None => Err(wrong("the text has characters that the encoding lacks")),
    }
}

fn textdecodebase64(arguments: &Arguments<'_>) -> Take<Val> {
    let bytes = decode(&arguments.text(0)?)?;
    let text = match Encoding::named(&arguments.text(1)?)? {
        Encoding::Utf8 => String::from_utf8(bytes).ok(),
        Encoding::Utf16(order) => {
            let units = bytes.chunks(2).map(|pair| match (pair, order) {
                ([first, second], Order::Little) => Some(u16::from_le_bytes([*first, *second])),
                ([first, second], Order::Big) => Some(u16::from_be_bytes([*first, *second])),
                _ => None,
            });
            let units: Option<Vec<u16>> = units.collect();
            units.and_then(|units| String::from_utf16(&units).ok())
        }
        Encoding::Latin1(highest) => bytes
            .iter()
            .map(|byte| (*byte <= highest).then(|| char::from(*byte)))
            .collect(),
    };
    text.map(Val::string)
        .ok_or_else(|| wrong("the bytes mean nothing in the encoding"))
}

/// An encoding by its name in the registry of IANA.
#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16(Order),
    /// One byte for each character up to this one.
    Latin1(u8),
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Encoding {
    fn named(name: &Text) -> Take<Self> {
        match name.to_ascii_uppercase().as_str() {
            "UTF-8" | "UTF8" => Ok(Self::Utf8),
            "UTF-16LE" => Ok(Self::Utf16(Order::Little)),
            "UTF-16BE" => Ok(Self::Utf16(Order::Big)),
            "US-ASCII" | "ASCII" => Ok(Self::Latin1(0x7f)),
            "ISO-8859-1" | "LATIN1" => Ok(Self::Latin1(0xff)),
            _ => Err(Stop::Unknown(
                format!("the encoding `{name}` is not evaluated").into(),
            )),
        }
    }
}

fn urlencode(arguments: &Arguments<'_>) -> Take<Val> {
    let mut encoded = String::new();
    for byte in arguments.text(0)?.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            byte => {
                // Writing to a string cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    Ok(Val::string(encoded))
}

fn urldecode(arguments: &Arguments<'_>) -> Take<Val> {
    let text = arguments.text(0)?;
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
                let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                let value = value.and_then(|value| u8::try_from(value).ok());
                decoded.push(value.ok_or_else(|| wrong("a `%` is not followed by two hexadecimal digits"))?);
            }
            byte => decoded.push(byte),
        }
    }
    String::from_utf8(decoded)
        .map(Val::string)
        .map_err(|_| wrong("the decoded bytes are no UTF-8"))
}

/// Bytes of base64, over several lines too.
fn decode(text: &str) -> Take<Vec<u8>> {
    let text: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    BASE64
        .decode(text)
        .map_err(|error| wrong(format!("the text is no base64: {error}").to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, json, map, result, shown, unknown};

    #[test]
    fn encodings() {
        check(&[
            ("base64encode", r#"["Hello World"]"#, r#""SGVsbG8gV29ybGQ=""#),
            ("base64decode", r#"["SGVsbG8g\nV29ybGQ="]"#, r#""Hello World""#),
            ("base64decode", r#"["SGVsbG8"]"#, "!the text is no base64"),
            ("base64decode", r#"["/w=="]"#, "!no UTF-8"),
            ("textencodebase64", r#"["Hi", "UTF-16LE"]"#, r#""SABpAA==""#),
            ("textdecodebase64", r#"["SABpAA==", "utf-16le"]"#, r#""Hi""#),
            ("textdecodebase64", r#"["AEgAaQ==", "UTF-16BE"]"#, r#""Hi""#),
            (
                "textdecodebase64",
                r#"["SABp", "UTF-16LE"]"#,
                "!mean nothing in the encoding",
            ),
            ("textencodebase64", r#"["ä", "ISO-8859-1"]"#, r#""5A==""#),
            (
                "textencodebase64",
                r#"["ä", "US-ASCII"]"#,
                "!characters that the encoding lacks",
            ),
            (
                "textencodebase64",
                r#"["a", "cp437"]"#,
                "?(the encoding `cp437` is not evaluated)",
            ),
            (
                "urlencode",
                r#"["a b/ä&~"]"#,
                r#""a+b%2F%C3%A4&~""#.replace('&', "%26").as_str(),
            ),
            ("urldecode", r#"["a+b%2F%C3%A4"]"#, r#""a b/ä""#),
            ("urldecode", r#"["%2"]"#, "!two hexadecimal digits"),
            ("urldecode", r#"["%ff"]"#, "!no UTF-8"),
            ("base64gzip", r#"["a"]"#, "?(compression is not evaluated)"),
        ]);
    }

    #[test]
    fn json_is_text_when_it_is_known() {
        let known = result("jsonencode", vec![json(r#"{"a": 1}"#)]);
        assert_eq!(shown("base64encode", vec![known]), r#""eyJhIjoxfQ==""#);
        let partly = result("jsonencode", vec![map(&[("a", unknown())])]);
        assert_eq!(shown("base64encode", vec![partly]), "?(`var.x` has no value)");
    }
}
