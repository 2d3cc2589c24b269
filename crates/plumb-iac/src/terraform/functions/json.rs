//! JSON: `jsonencode` and `jsondecode`, and the text of a value.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value;

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::convert::Number;
use super::{Context, MAX_DEPTH, MAX_TEXT, Problem};
use crate::json_text;
use crate::val::{Entries, Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("jsondecode", 1, decode),
    Function::new("jsonencode", 1, encode),
];

/// The JSON of a value, in the layout of `jsonencode`: no spaces, keys sorted, `<`, `>` and `&` escaped. Unknown if a part is.
pub(super) fn text(val: &Val, context: &Context<'_>) -> Take<String> {
    let mut out = String::new();
    write(val, &mut out, 0, context)?;
    Ok(out)
}

/// A text in double quotes with JSON's escapes.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
}

/// JSON text without its unknown parts becoming unknown as a whole: see [`Kind::Json`].
fn encode(arguments: &Arguments<'_>) -> Take<Val> {
    let val = arguments.value(0)?;
    match &val.kind {
        Kind::Unknown(why) => Err(Stop::Unknown(why.clone())),
        Kind::Null
        | Kind::Bool(_)
        | Kind::Int(_)
        | Kind::Float(_)
        | Kind::String(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Json(_) => Ok(Val::new(Kind::Json(Arc::new(val.clone())))),
    }
}

fn decode(arguments: &Arguments<'_>) -> Take<Val> {
    let val = arguments.known(0)?;
    if let Kind::Json(inner) = &val.kind {
        return Ok(Val::clone(inner));
    }
    let text = arguments.text(0)?;
    let value: Value =
        json_text::read(&text).map_err(|error| wrong(format!("the text is no JSON: {error}")))?;
    let mut read = from_json(value, arguments)?;
    read.set = val.set;
    Ok(read)
}

/// The value of parsed JSON; the parser bounds its depth.
fn from_json(value: Value, arguments: &Arguments<'_>) -> Take<Val> {
    arguments.spend(1)?;
    Ok(match value {
        Value::Null => Val::null(),
        Value::Bool(bool) => Val::new(Kind::Bool(bool)),
        Value::Number(number) => match number.as_i64() {
            Some(int) => Val::new(Kind::Int(int)),
            None => Number::new(number.as_f64().unwrap_or(f64::NAN)).val()?,
        },
        Value::String(text) => Val::string(text),
        Value::Array(items) => Val::list(
            items
                .into_iter()
                .map(|item| from_json(item, arguments))
                .collect::<Take<_>>()?,
        ),
        Value::Object(entries) => Val::map(
            entries
                .into_iter()
                .map(|(key, value)| Ok((key.into(), from_json(value, arguments)?)))
                .collect::<Take<Entries>>()?,
        ),
    })
}

fn write(val: &Val, out: &mut String, depth: usize, context: &Context<'_>) -> Take<()> {
    context.spend(1)?;
    if depth > MAX_DEPTH {
        return Err(Stop::Problem(Problem::TooDeep));
    }
    match &val.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Kind::Int(int) => out.push_str(&Number::Int(*int).text()),
        Kind::Float(float) if !float.is_finite() => return Err(wrong(format!("JSON has no {float}"))),
        Kind::Float(float) => out.push_str(&Number::new(*float).text()),
        Kind::String(text) => quote(text, out),
        Kind::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out, depth + 1, context)?;
            }
            out.push(']');
        }
        Kind::Map(fields) => {
            if let Some(why) = &fields.rest {
                return Err(Stop::Unknown(why.clone()));
            }
            out.push('{');
            for (index, (key, val)) in fields.entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(key, out);
                out.push(':');
                write(val, out, depth + 1, context)?;
            }
            out.push('}');
        }
        Kind::Json(inner) => {
            let mut text = String::new();
            write(inner, &mut text, depth + 1, context)?;
            quote(&text, out);
        }
        Kind::Unknown(why) => return Err(Stop::Unknown(why.clone())),
    }
    if out.len() > MAX_TEXT {
        return Err(Stop::Problem(Problem::TooLarge {
            limit: MAX_TEXT,
            unit: "bytes",
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fails, json, map, result, shown, unknown};
    use crate::val::{Kind, Val};

    #[test]
    fn text_has_the_documented_layout() {
        let value = json(r#"{"b": [1, 2.5, true, null], "a": "<x> & \"y\"\n", "c": {}}"#);
        let encoded = result("jsonencode", vec![value]);
        assert_eq!(
            shown("format", vec![Val::string("%s"), encoded]),
            r#""{\"a\":\"\\u003cx\\u003e \\u0026 \\\"y\\\"\\n\",\"b\":[1,2.5,true,null],\"c\":{}}""#
        );
    }

    #[test]
    fn unknown_parts_stay_apart() {
        let document = map(&[("Effect", json(r#""Allow""#)), ("Resource", unknown())]);
        let encoded = result("jsonencode", vec![document.clone()]);
        assert!(matches!(encoded.kind, Kind::Json(_)));
        assert_eq!(result("jsondecode", vec![encoded.clone()]), document);
        assert_eq!(shown("upper", vec![encoded]), "?(`var.x` has no value)");
        assert_eq!(shown("jsonencode", vec![unknown()]), "?(`var.x` has no value)");
    }

    #[test]
    fn decoding_reads_any_json() {
        let cases = [
            (
                r#"{"a": [1, 1.5, "x", null, true]}"#,
                r#"{"a":[1,1.5,"x",null,true]}"#,
            ),
            ("5", "5"),
            ("123456789012345678901234567890", "123456789012345680000000000000"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown("jsondecode", vec![Val::string(text)]), expected, "{text}");
        }
        assert!(fails("jsondecode", vec![Val::string("{")]).starts_with("the text is no JSON"));
        assert!(fails("jsondecode", vec![Val::string("[".repeat(100_000))]).contains("JSON"));
    }

    #[test]
    fn a_value_that_fans_out_is_bounded() {
        let mut val = json(r#""a""#);
        for _ in 0..60 {
            val = Val::list(vec![val.clone(), val]);
        }
        let encoded = result("jsonencode", vec![val]);
        assert_eq!(
            fails("upper", vec![encoded]),
            "the result of the call has more than 16777216 bytes"
        );
    }
}
