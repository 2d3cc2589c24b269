//! Scalars without quotes: what kind a text is in YAML 1.1, as CloudFormation reads it.

use crate::val::{Kind, Val};

/// The kind that a scalar without quotes has.
///
/// Numbers with leading zeros stay text: in templates they are account numbers and file modes, and their digits matter.
pub(crate) fn kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Kind::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Kind::Bool(false),
        _ => {}
    }
    number(text).unwrap_or_else(|| Kind::String(text.into()))
}

/// The number that a text spells in decimal notation.
pub(super) fn number(text: &str) -> Option<Kind> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.contains(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let leading_zero = digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if !is_number || leading_zero {
        return None;
    }
    match text.parse::<i64>() {
        Ok(int) => Some(Kind::Int(int)),
        Err(_) if digits.bytes().all(|byte| byte.is_ascii_digit()) => None,
        Err(_) => text
            .parse::<f64>()
            .ok()
            .filter(|float| float.is_finite())
            .map(Kind::Float),
    }
}

/// The text that a scalar value is where text is asked for.
pub(super) fn text_of(value: &Val) -> Option<String> {
    match &value.kind {
        Kind::Bool(truth) => Some(truth.to_string()),
        Kind::Int(int) => Some(int.to_string()),
        Kind::Float(float) => Some(float.to_string()),
        Kind::String(text) => Some(text.to_string()),
        Kind::Null | Kind::List(_) | Kind::Map(_) | Kind::Json(_) | Kind::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::kind;
    use crate::val::Kind;

    #[test]
    fn scalars_without_quotes_have_the_kinds_of_yaml_1_1() {
        let text = |text: &str| Kind::String(text.into());
        let cases = [
            ("yes", Kind::Bool(true)),
            ("Off", Kind::Bool(false)),
            ("~", Kind::Null),
            ("", Kind::Null),
            ("-12", Kind::Int(-12)),
            ("0", Kind::Int(0)),
            ("1.5", Kind::Float(1.5)),
            ("1e3", Kind::Float(1000.0)),
            ("012345678901", text("012345678901")),
            ("0755", text("0755")),
            ("2012-10-17", text("2012-10-17")),
            ("99999999999999999999", text("99999999999999999999")),
            ("yEs", text("yEs")),
            (".", text(".")),
            ("1.2.3", text("1.2.3")),
            ("infinity", text("infinity")),
        ];
        for (written, expected) in cases {
            assert_eq!(kind(written), expected, "{written}");
        }
    }
}
