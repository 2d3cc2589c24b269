//! Values and source text cut to a length that people read.

use plumb_model::value::{Text, Value};

use crate::val::Val;

const MAX_TEXT: usize = 200;
const MAX_ELEMENTS: usize = 10;
const MAX_ENTRIES: usize = 30;
const MAX_DEPTH: usize = 4;
const MAX_SHOWN: usize = 100;

/// The value with long texts, long lists and deep places cut; an ellipsis marks each cut.
pub(super) fn cut(val: &Val<'_>) -> Value {
    cut_to(val, MAX_DEPTH)
}

/// The value as a message shows it.
pub(super) fn shown(val: &Val<'_>) -> String {
    match val {
        Val::Unknown(cause) => format!("unreadable ({})", cause.to_arc().reason.phrase()),
        Val::Null
        | Val::Bool(_)
        | Val::Int(_)
        | Val::Double(_)
        | Val::Text(_)
        | Val::List(_)
        | Val::Map(_)
        | Val::Moment(_)
        | Val::Length(_) => shortened(&cut_to(val, 2).to_string(), MAX_SHOWN),
    }
}

/// Source text on one line, cut.
pub(super) fn one_line(written: &str) -> String {
    let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
    shortened(&line, MAX_SHOWN)
}

fn cut_to(val: &Val<'_>, depth: usize) -> Value {
    match val {
        Val::Text(text) => Value::String(shortened(text.as_str(), MAX_TEXT).into()),
        Val::List(list) if list.len() > 0 && depth == 0 => Value::from("…"),
        Val::List(list) => {
            let mut elements: Vec<Value> = list
                .iter()
                .take(MAX_ELEMENTS)
                .map(|element| cut_to(&element, depth - 1))
                .collect();
            let more = list.len().saturating_sub(MAX_ELEMENTS);
            if more > 0 {
                elements.push(Value::from(format!("… {more} more")));
            }
            Value::List(elements)
        }
        Val::Map(map) if map.len() > 0 && depth == 0 => Value::from("…"),
        Val::Map(map) => {
            let more = map.len().saturating_sub(MAX_ENTRIES);
            let rest = (more > 0).then(|| (Text::new_static("…"), Value::from(format!("{more} more"))));
            let entries = map.iter().take(MAX_ENTRIES);
            let cut =
                entries.map(|(key, value)| (shortened(&key, MAX_TEXT).into(), cut_to(&value, depth - 1)));
            Value::Map(cut.chain(rest).collect())
        }
        Val::Null
        | Val::Bool(_)
        | Val::Int(_)
        | Val::Double(_)
        | Val::Moment(_)
        | Val::Length(_)
        | Val::Unknown(_) => val.to_value(&mut 1),
    }
}

fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
