//! Reading the attributes of resource documents without losing what is unreadable.

use plumb_model::value::{Text, Value};

/// The elements of a list attribute: null and a missing key are an empty list, anything else is an error that says why.
pub(crate) fn list(value: Option<&Value>) -> Result<&[Value], Text> {
    match value {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::List(list)) => Ok(list),
        Some(Value::Unreadable(unreadable)) => Err(unreadable.to_string().into()),
        Some(other) => Err(format!("it is {} where a list is expected", other.kind()).into()),
    }
}

/// A text attribute; an error says why there is none.
pub(crate) fn text(value: Option<&Value>) -> Result<Text, Text> {
    match value {
        Some(Value::String(text)) => Ok(text.clone()),
        None | Some(Value::Null) => Err("it is missing".into()),
        Some(Value::Unreadable(unreadable)) => Err(unreadable.to_string().into()),
        Some(other) => Err(format!("it is {} where text is expected", other.kind()).into()),
    }
}

/// A text under a key of a map value.
pub(crate) fn text_at(value: &Value, key: &str) -> Result<Text, Text> {
    match value {
        Value::Unreadable(unreadable) => Err(unreadable.to_string().into()),
        value => text(value.get(key)),
    }
}
