//! Writing documents: maps and lists as literals.

/// A map value with constant keys: `map! { "encrypted": true, "size": 8 }`.
macro_rules! map {
    ($($key:literal : $value:expr),* $(,)?) => {
        plumb_model::value::Value::Map(plumb_model::value::Map::from_iter([
            $((plumb_model::value::Text::new_static($key), plumb_model::value::Value::from($value))),*
        ]))
    };
}

/// A list value: `list!["a", "b"]`.
macro_rules! list {
    ($($value:expr),* $(,)?) => {
        plumb_model::value::Value::List(vec![$(plumb_model::value::Value::from($value)),*])
    };
}

pub(crate) use {list, map};
