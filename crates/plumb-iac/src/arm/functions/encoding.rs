//! JSON, base64 and addresses.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plumb_model::value::Text;

use super::arguments::{known, only, text, two};
use super::{Outcome, Stop, text_of};
use crate::val::{Kind, Val, Why};

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    Some(match name {
        "base64" => of_text(arguments, |text| Ok(Val::string(STANDARD.encode(text)))),
        "base64tostring" => of_text(arguments, |text| decoded(text).map(Val::string)),
        "base64tojson" => of_text(arguments, |text| decoded(text).map(|text| parsed(&text))),
        "datauri" => of_text(arguments, |text| {
            Ok(Val::string(format!(
                "data:text/plain;charset=utf8;base64,{}",
                STANDARD.encode(text)
            )))
        }),
        "datauritostring" => of_text(arguments, data_uri),
        "json" => of_text(arguments, |text| match parsed(text) {
            Val {
                kind: Kind::Unknown(why),
                ..
            } => Err(Stop::Wrong(why.to_string())),
            value => Ok(value),
        }),
        "string" => string(arguments),
        "uri" => uri(arguments),
        "uricomponent" => of_text(arguments, |text| Ok(Val::string(escaped(text)))),
        "uricomponenttostring" => of_text(arguments, |text| Ok(Val::string(unescaped(text)))),
        _ => return None,
    })
}

/// The value that a JSON text is; unknown when it is none.
pub(in super::super) fn parsed(text: &str) -> Val {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) => of_json(&json),
        Err(error) => Val::unknown(format!("it is no JSON: {error}")),
    }
}

fn of_json(json: &serde_json::Value) -> Val {
    match json {
        serde_json::Value::Null => Val::null(),
        serde_json::Value::Bool(truth) => Val::new(Kind::Bool(*truth)),
        serde_json::Value::Number(number) => Val::new(match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Kind::Int(int),
            (None, float) => Kind::Float(float.unwrap_or_default()),
        }),
        serde_json::Value::String(text) => Val::string(text.as_str()),
        serde_json::Value::Array(items) => Val::list(items.iter().map(of_json).collect()),
        serde_json::Value::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (Text::from(key.as_str()), of_json(value)));
            Val::map(entries.collect())
        }
    }
}

/// The JSON text of a value.
///
/// # Errors
/// Why a part of it is not known.
pub(super) fn json_text(value: &Val) -> Result<Text, Why> {
    if let Some(why) = value.why_partly_unknown() {
        return Err(why.clone());
    }
    Ok(to_json(value).to_string().into())
}

fn to_json(value: &Val) -> serde_json::Value {
    match &value.kind {
        Kind::Null | Kind::Unknown(_) => serde_json::Value::Null,
        Kind::Bool(truth) => (*truth).into(),
        Kind::Int(int) => (*int).into(),
        Kind::Float(float) => (*float).into(),
        Kind::String(text) => text.as_str().into(),
        Kind::List(items) => items.iter().map(to_json).collect(),
        Kind::Map(fields) => {
            let entries = fields
                .entries
                .iter()
                .map(|(key, value)| (key.to_string(), to_json(value)));
            serde_json::Value::Object(entries.collect())
        }
        Kind::Json(inner) => to_json(inner),
    }
}

fn of_text(arguments: &[Val], make: impl Fn(&str) -> Outcome) -> Outcome {
    make(&text(only(arguments)?)?)
}

fn decoded(text: &str) -> Result<String, Stop> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| Stop::Wrong("it is no base64".to_owned()))?;
    String::from_utf8(bytes).map_err(|_| Stop::Wrong("it is no text in UTF-8".to_owned()))
}

fn data_uri(text: &str) -> Outcome {
    let wrong = || Stop::Wrong("it is no data address".to_owned());
    let (head, data) = text
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(','))
        .ok_or_else(wrong)?;
    match head.ends_with(";base64") {
        true => decoded(data).map(Val::string),
        false => Ok(Val::string(unescaped(data))),
    }
}

/// The text of a value; a list or an object becomes JSON, of which an unknown part leaves the rest known.
fn string(arguments: &[Val]) -> Outcome {
    let value = only(arguments)?;
    match (&value.kind, known(value)) {
        (Kind::List(_) | Kind::Map(_), Err(_)) => Ok(Val::new(Kind::Json(Arc::new(value.clone())))),
        (_, _) => text_of(value).map(Val::string).map_err(Stop::Unknown),
    }
}

/// An address relative to another one.
fn uri(arguments: &[Val]) -> Outcome {
    let (base, relative) = two(arguments)?;
    let (base, relative) = (text(base)?, text(relative)?);
    if relative.contains("://") {
        return Ok(Val::string(relative));
    }
    let path = base.split(['?', '#']).next().unwrap_or_default();
    let start = path.find("://").map_or(0, |at| at + 3);
    let folder = match path.get(start..).and_then(|rest| rest.rfind('/')) {
        Some(at) => path.get(..=start + at).unwrap_or_default().to_owned(),
        None => format!("{path}/"),
    };
    Ok(Val::string(format!(
        "{folder}{}",
        relative.trim_start_matches('/')
    )))
}

fn escaped(text: &str) -> String {
    let mut made = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            made.push(char::from(byte));
        } else {
            made.push_str(&format!("%{byte:02X}"));
        }
    }
    made
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        match after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
        {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}
