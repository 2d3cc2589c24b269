//! Whether a value conforms to a static type, as the documents of inline tests must.

use plumb_expr::Type;
use plumb_model::value::{Text, Value};

use crate::suggest::did_you_mean;

/// What is wrong with a value, as words that follow the name of its place; `None` when it conforms. Null conforms to every
/// type, because everything may be absent.
pub(crate) fn misfit(value: &Value, type_: &Type) -> Option<String> {
    let wrong = || Some(format!(" must be {type_}, found {}", value.kind()));
    match (value, type_) {
        (Value::Null | Value::Unreadable(_), _) | (_, Type::Any | Type::Json) => None,
        (Value::Bool(_), Type::Bool)
        | (Value::Int(_), Type::Int | Type::Double)
        | (Value::Float(_), Type::Double)
        | (Value::String(_), Type::String) => None,
        (Value::String(text), Type::Timestamp) => plumb_model::time::parse(text)
            .is_none()
            .then(|| format!(" is not a timestamp in RFC 3339: `{text}`")),
        (Value::List(items), Type::List(element)) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| misfit(item, element).map(|problem| format!("[{at}]{problem}"))),
        (Value::Map(entries), Type::Map(element)) => entries
            .iter()
            .find_map(|(key, item)| misfit(item, element).map(|problem| format!("[{key:?}]{problem}"))),
        (Value::Map(entries), Type::Object(fields)) => {
            entries.iter().find_map(|(key, item)| match fields.field(key) {
                Some(type_) => misfit(item, &type_).map(|problem| format!(".{key}{problem}")),
                None => {
                    let names = fields.names();
                    let help = did_you_mean(key, names.iter().map(Text::as_str));
                    let help = help.map(|help| format!("; {help}")).unwrap_or_default();
                    Some(format!(" has no attribute `{key}`{help}"))
                }
            })
        }
        (
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Map(_),
            _,
        ) => wrong(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{AttributeSet, AttributeSource};

    #[test]
    fn misfits_name_their_place() {
        let mut inner = AttributeSet::new(&Text::new_static("rule"));
        inner.put("port".into(), Type::Int, AttributeSource::Declared);
        inner.put("at".into(), Type::Timestamp, AttributeSource::Declared);
        let type_ = inner.to_type().list();
        for (json, expected) in [
            (r#"[{"port":1,"at":"2026-01-01T00:00:00Z"},{"port":null}]"#, None),
            (r#"null"#, None),
            (
                r#"[{"port":1},{"prot":1}]"#,
                Some("[1] has no attribute `prot`; did you mean `port`?"),
            ),
            (r#"[{"port":"1"}]"#, Some("[0].port must be int, found string")),
            (
                r#"[{"at":"yesterday"}]"#,
                Some("[0].at is not a timestamp in RFC 3339: `yesterday`"),
            ),
            (r#"{}"#, Some(" must be list of rule, found map")),
        ] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(misfit(&value, &type_).as_deref(), expected, "{json}");
        }
    }
}
