//! Arguments as functions take them.

use plumb_model::value::Text;

use super::{Stop, text_of};
use crate::val::{Fields, Kind, Val};

/// An argument that is a text; numbers and truth values are written as one.
pub(super) fn text(value: &Val) -> Result<Text, Stop> {
    text_of(value).map_err(Stop::Unknown)
}

/// An argument that is a whole number, or the text of one.
pub(super) fn int(value: &Val) -> Result<i64, Stop> {
    match &value.kind {
        Kind::Int(int) => Ok(*int),
        Kind::String(text) => text
            .trim()
            .parse()
            .map_err(|_| Stop::Wrong(format!("`{text}` is no int"))),
        Kind::Unknown(why) => Err(Stop::Unknown(why.clone())),
        Kind::Null | Kind::Bool(_) | Kind::Float(_) | Kind::List(_) | Kind::Map(_) | Kind::Json(_) => Err(
            Stop::Wrong(format!("an int is expected, not a {}", value.kind_name())),
        ),
    }
}

/// An argument that counts something.
pub(super) fn count(value: &Val) -> Result<usize, Stop> {
    Ok(usize::try_from(int(value)?).unwrap_or(0))
}

/// An argument that is a list.
pub(super) fn list(value: &Val) -> Result<&[Val], Stop> {
    match (value.as_list(), value.why_unknown()) {
        (Some(items), _) => Ok(items),
        (None, Some(why)) => Err(Stop::Unknown(why.clone())),
        (None, None) => Err(Stop::Wrong(format!(
            "a list is expected, not a {}",
            value.kind_name()
        ))),
    }
}

/// An argument that is an object.
pub(super) fn map(value: &Val) -> Result<&Fields, Stop> {
    match (value.as_map(), value.why_unknown()) {
        (Some(fields), _) => Ok(fields),
        (None, Some(why)) => Err(Stop::Unknown(why.clone())),
        (None, None) => Err(Stop::Wrong(format!(
            "an object is expected, not a {}",
            value.kind_name()
        ))),
    }
}

/// An argument of which every part must be known.
pub(super) fn known(value: &Val) -> Result<&Val, Stop> {
    match value.why_partly_unknown() {
        Some(why) => Err(Stop::Unknown(why.clone())),
        None => Ok(value),
    }
}

/// The only argument.
pub(super) fn only(arguments: &[Val]) -> Result<&Val, Stop> {
    match arguments {
        [only] => Ok(only),
        _ => Err(wrong_count("1", arguments)),
    }
}

/// The two arguments.
pub(super) fn two(arguments: &[Val]) -> Result<(&Val, &Val), Stop> {
    match arguments {
        [a, b] => Ok((a, b)),
        _ => Err(wrong_count("2", arguments)),
    }
}

/// Another number of arguments is expected.
pub(super) fn wrong_count(expected: &str, arguments: &[Val]) -> Stop {
    Stop::Wrong(format!(
        "{expected} arguments are expected, not {}",
        arguments.len()
    ))
}

/// A truth value.
pub(super) fn truth(truth: bool) -> Val {
    Val::new(Kind::Bool(truth))
}

/// A whole number.
pub(super) fn number(int: i64) -> Val {
    Val::new(Kind::Int(int))
}

/// A count.
pub(super) fn counted(count: usize) -> Val {
    number(i64::try_from(count).unwrap_or(i64::MAX))
}
