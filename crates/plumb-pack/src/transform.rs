//! Transformations of values: percent-decoding, base64, embedded JSON, CSV, lists in texts and the scan for secrets.

use base64::Engine as _;
use plumb_model::value::{Map, Text, Value};

use crate::recipe::Transform;
use crate::secret;

/// The largest text that is transformed, in bytes.
pub const MAX_TEXT_BYTES: usize = 16 << 20;
/// How deeply an embedded JSON document may nest. It stands some levels deep in a resource, and the whole must stay below
/// the 128 levels that readers of snapshots and reports go down.
pub const MAX_JSON_DEPTH: usize = 64;
/// The largest CSV document, in rows.
pub const MAX_CSV_ROWS: usize = 100_000;

/// What the type of a text in which secrets were looked for is called.
pub const SCANNED_TEXT: &str = "scanned text";

/// Applies transformations in order. Null and unreadable values stay as they are.
///
/// # Errors
/// A sentence that says what could not be transformed; it never holds the text itself.
pub fn apply_transforms(value: Value, transforms: &[Transform]) -> Result<Value, String> {
    transforms
        .iter()
        .try_fold(value, |value, transform| apply(value, *transform))
}

/// The same for a value that has a name, which counts where secrets are looked for.
///
/// # Errors
/// As [`apply_transforms`].
pub fn apply_transforms_named(
    name: Option<&str>,
    value: Value,
    transforms: &[Transform],
) -> Result<Value, String> {
    transforms
        .iter()
        .try_fold(value, |value, transform| match transform {
            Transform::SecretScan => Ok(secret::scan(name, value)),
            Transform::Url
            | Transform::Base64
            | Transform::Unescape
            | Transform::Json
            | Transform::Csv
            | Transform::Split => apply(value, *transform),
        })
}

impl Transform {
    /// All transformations.
    pub const ALL: [Self; 7] = [
        Self::Url,
        Self::Base64,
        Self::Unescape,
        Self::Json,
        Self::Csv,
        Self::Split,
        Self::SecretScan,
    ];

    /// The name used in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Base64 => "base64",
            Self::Unescape => "unescape",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Split => "split",
            Self::SecretScan => "secret_scan",
        }
    }
}

fn apply(value: Value, transform: Transform) -> Result<Value, String> {
    let text = match (value, transform) {
        (value @ (Value::Null | Value::Unreadable(_)), _) => return Ok(value),
        (value, Transform::SecretScan) => return Ok(secret::scan(None, value)),
        (Value::String(text), _) => text,
        (other, _) => {
            return Err(format!(
                "`{}` needs a text, found {}",
                transform.name(),
                other.kind()
            ));
        }
    };
    if text.len() > MAX_TEXT_BYTES {
        return Err(format!(
            "text of {} bytes exceeds the limit of {MAX_TEXT_BYTES}",
            text.len()
        ));
    }
    match transform {
        Transform::Url => percent_decode(&text).map(Value::from),
        Transform::Base64 => base64_decode(&text).map(Value::from),
        Transform::Unescape => Ok(Value::from(unescape(text))),
        Transform::Json => json(&text),
        Transform::Csv => csv(&text),
        Transform::Split => Ok(split(&text)),
        Transform::SecretScan => Ok(secret::scan(None, Value::String(text))),
    }
}

/// RFC 3986 percent-decoding; `+` stays.
fn percent_decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return Err("a percent sign is not followed by two hexadecimal digits".to_owned());
        };
        bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    String::from_utf8(bytes).map_err(|_| "percent-decoded text is not UTF-8".to_owned())
}

/// Base64 with or without padding and line breaks. Bytes that are not UTF-8 (user data may be gzip) become U+FFFD, so
/// that the text can still be scanned.
fn base64_decode(text: &str) -> Result<String, String> {
    use base64::alphabet::STANDARD;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = LENIENT
        .decode(compact)
        .map_err(|_| "text is not base64".to_owned())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the text stands for between the quotes of a JSON literal; a text that cannot stand there is not escaped, and stays.
fn unescape(text: Text) -> Text {
    serde_json::from_str::<String>(&format!("\"{text}\"")).map_or(text, Text::from)
}

/// Parts of which nothing is left are none.
fn split(text: &str) -> Value {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Value::List(parts.map(Value::from).collect())
}

/// An empty text is no document: null.
fn json(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) if depth(&json) > MAX_JSON_DEPTH => Err(format!(
            "text is JSON that nests more than {MAX_JSON_DEPTH} levels"
        )),
        Ok(json) => Ok(from_json(json)),
        Err(problem) => Err(format!(
            "text is not JSON (line {}, column {})",
            problem.line(),
            problem.column()
        )),
    }
}

/// Levels of lists and maps; the parser bounds them.
fn depth(json: &serde_json::Value) -> usize {
    let deepest = match json {
        serde_json::Value::Array(items) => items.iter().map(depth).max(),
        serde_json::Value::Object(entries) => entries.values().map(depth).max(),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => return 0,
    };
    1 + deepest.unwrap_or(0)
}

/// Foreign JSON is data throughout: a key such as `$unreadable` has no meaning in it, so [`Value`]'s own reader, which
/// gives it one, is not used.
fn from_json(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(bool) => Value::Bool(bool),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        serde_json::Value::Object(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (Text::from(key), from_json(value)))
                .collect(),
        ),
    }
}

fn csv(text: &str) -> Result<Value, String> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let problem = |problem: &csv::Error| match problem.position() {
        Some(position) => format!("text is not CSV (line {})", position.line()),
        None => "text is not CSV".to_owned(),
    };
    let header: Vec<Text> = reader
        .headers()
        .map_err(|e| problem(&e))?
        .iter()
        .map(|name| Text::from(column_name(name)))
        .collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| problem(&e))?;
        if rows.len() >= MAX_CSV_ROWS {
            return Err(format!("CSV document exceeds {MAX_CSV_ROWS} rows"));
        }
        let cells = header.iter().cloned().zip(record.iter().map(cell));
        rows.push(Value::Map(cells.collect::<Map>()));
    }
    Ok(Value::List(rows))
}

fn column_name(name: &str) -> String {
    name.trim()
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect()
}

/// The words of IAM's credential report for "there is none" are null.
fn cell(text: &str) -> Value {
    match text.trim() {
        "" | "N/A" | "not_supported" | "no_information" => Value::Null,
        "true" | "TRUE" => Value::Bool(true),
        "false" | "FALSE" => Value::Bool(false),
        other => Value::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, transforms: &[Transform], expected: Result<&str, &str>) {
        let result = apply_transforms(Value::from(input), transforms).map(|value| value.to_string());
        assert_eq!(
            result,
            expected.map(str::to_owned).map_err(str::to_owned),
            "{input}"
        );
    }

    #[test]
    fn texts_are_decoded() {
        use Transform::{Base64, Csv, Json, Split, Unescape, Url};
        check("a, b,,c", &[Split], Ok(r#"["a","b","c"]"#));
        check(" ", &[Split], Ok("[]"));
        check("%7B%22a%22%3A1%7D", &[Url, Json], Ok(r#"{"a":1}"#));
        check("a+b%C3%BC", &[Url], Ok(r#""a+bü""#));
        check(
            "100%",
            &[Url],
            Err("a percent sign is not followed by two hexadecimal digits"),
        );
        check("%FF", &[Url], Err("percent-decoded text is not UTF-8"));
        check("aGFs\nbG8", &[Base64], Ok(r#""hallo""#));
        check("//8=", &[Base64], Ok("\"\u{fffd}\u{fffd}\""));
        check("?", &[Base64], Err("text is not base64"));
        check(r#"{\"a\":\"b\/c\"}"#, &[Unescape, Json], Ok(r#"{"a":"b/c"}"#));
        check(r#"{"a":"b/c"}"#, &[Unescape, Json], Ok(r#"{"a":"b/c"}"#));
        check("  ", &[Json], Ok("null"));
        check("{", &[Json], Err("text is not JSON (line 1, column 1)"));
        check(
            &"[".repeat(10_000),
            &[Json],
            Err("text is not JSON (line 1, column 128)"),
        );
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        check(&nested(MAX_JSON_DEPTH), &[Json], Ok(&nested(MAX_JSON_DEPTH)));
        check(
            &nested(MAX_JSON_DEPTH + 1),
            &[Json],
            Err("text is JSON that nests more than 64 levels"),
        );
        check(
            "user,arn,mfa_active,Key Date\n<root_account>,arn:aws:iam::1:root,false,N/A\na,\"x,y\",true,2024-01-01T00:00:00+00:00\n",
            &[Csv],
            Ok(concat!(
                r#"[{"arn":"arn:aws:iam::1:root","key_date":null,"mfa_active":false,"user":"<root_account>"},"#,
                r#"{"arn":"x,y","key_date":"2024-01-01T00:00:00+00:00","mfa_active":true,"user":"a"}]"#
            )),
        );
    }

    #[test]
    fn foreign_json_cannot_pose_as_unreadable() {
        let value = apply_transforms(
            Value::from(r#"{"$unreadable":{"reason":"denied"}}"#),
            &[Transform::Json],
        )
        .unwrap();
        assert!(matches!(value, Value::Map(_)));
    }

    #[test]
    fn null_and_unreadable_pass_and_other_kinds_are_refused() {
        assert_eq!(apply_transforms(Value::Null, &[Transform::Json]), Ok(Value::Null));
        assert_eq!(
            apply_transforms(Value::Int(1), &[Transform::Url]),
            Err("`url` needs a text, found int".to_owned())
        );
    }
}
