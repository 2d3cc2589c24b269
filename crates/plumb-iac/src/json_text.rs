//! JSON in which names stand that only Plumb gives: addresses with keys, `module.shop["eu"].aws_sqs_queue.q`, where the cloud has plain ones.

use serde_json::{Error, Value};

/// Reads JSON; the quotation marks in the keys of addresses do not end the text that they stand in.
///
/// # Errors
/// What is wrong with the text as it is.
pub(crate) fn read(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text)
        .or_else(|error| serde_json::from_str(&with_escaped_keys(text)).map_err(|_| error))
}

/// The text with `x["k"]` as `x[\"k\"]`: in JSON a list cannot follow on a name, so the first is no JSON.
fn with_escaped_keys(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[\"") {
        escaped.push_str(before);
        let follows_name = before.ends_with(|c: char| c.is_alphanumeric() || ['_', '-'].contains(&c));
        let key = after.split_once("\"]").filter(|(key, _)| {
            follows_name && !key.contains(|c: char| c.is_control() || ['"', '\\'].contains(&c))
        });
        match key {
            Some((key, behind)) => {
                escaped.push_str("[\\\"");
                escaped.push_str(key);
                escaped.push_str("\\\"]");
                rest = behind;
            }
            None => {
                escaped.push_str("[\"");
                rest = after;
            }
        }
    }
    escaped.push_str(rest);
    escaped
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn addresses_with_keys_end_no_text() {
        for (text, expected) in [
            (
                r#"{"a":["arn:m.x["eu"].t.b["c-1"]/*","y"],"b":["z"]}"#,
                Some(r#"{"a":["arn:m.x[\"eu\"].t.b[\"c-1\"]/*","y"],"b":["z"]}"#),
            ),
            (r#"["m[\"k\"]"]"#, Some(r#"["m[\"k\"]"]"#)),
            (r#"["m["k"]"#, None),
            (r#"{"a":x["k"]}"#, None),
            (r#"["m["a"b"]"]"#, None),
            ("[", None),
        ] {
            let found = read(text).ok().map(|json| json.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
