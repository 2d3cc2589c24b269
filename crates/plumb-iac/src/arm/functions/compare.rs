//! Comparison and truth.

use std::cmp::Ordering;

use super::arguments::{only, text, truth, two};
use super::{Outcome, Stop};
use crate::val::{Kind, Val, Why};

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    Some(match name {
        "equals" => equals(arguments),
        "equalsignorecase" => equals_ignoring_case(arguments),
        "less" => ordered(arguments, |order| order == Ordering::Less),
        "lessorequals" => ordered(arguments, |order| order != Ordering::Greater),
        "greater" => ordered(arguments, |order| order == Ordering::Greater),
        "greaterorequals" => ordered(arguments, |order| order != Ordering::Less),
        "not" => not(arguments),
        "bool" => to_bool(arguments),
        "true" => Ok(truth(true)),
        "false" => Ok(truth(false)),
        "null" => Ok(Val::null()),
        _ => return None,
    })
}

/// Whether two values are equal.
///
/// # Errors
/// Why that is not known.
pub(super) fn same(a: &Val, b: &Val) -> Result<bool, Why> {
    match (&a.kind, &b.kind) {
        (Kind::Unknown(why), _) | (_, Kind::Unknown(why)) => Err(why.clone()),
        (Kind::List(left), Kind::List(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            all(left.iter().zip(right.iter()).map(|(a, b)| same(a, b)))
        }
        (Kind::Map(left), Kind::Map(right)) => {
            let open = left.rest.as_ref().or(right.rest.as_ref());
            let missing = |of: &crate::val::Fields, other: &crate::val::Fields| {
                other.rest.is_none() && of.entries.keys().any(|key| !other.entries.contains_key(key))
            };
            if missing(left, right) || missing(right, left) {
                return Ok(false);
            }
            let both = left
                .entries
                .iter()
                .filter_map(|(key, a)| Some(same(a, right.entries.get(key)?)));
            match (all(both), open) {
                (Ok(true), Some(why)) => Err(why.clone()),
                (known, _) => known,
            }
        }
        (Kind::Int(a), Kind::Float(b)) | (Kind::Float(b), Kind::Int(a)) => Ok(a.to_string() == b.to_string()),
        (a, b) => Ok(a == b),
    }
}

fn all(mut parts: impl Iterator<Item = Result<bool, Why>>) -> Result<bool, Why> {
    let mut unknown = None;
    let is_different = parts.any(|part| match part {
        Ok(same) => !same,
        Err(why) => {
            unknown.get_or_insert(why);
            false
        }
    });
    match (is_different, unknown) {
        (true, _) => Ok(false),
        (false, Some(why)) => Err(why),
        (false, None) => Ok(true),
    }
}

fn equals(arguments: &[Val]) -> Outcome {
    let (a, b) = two(arguments)?;
    same(a, b).map(truth).map_err(Stop::Unknown)
}

fn equals_ignoring_case(arguments: &[Val]) -> Outcome {
    let (a, b) = two(arguments)?;
    Ok(truth(text(a)?.to_lowercase() == text(b)?.to_lowercase()))
}

fn ordered(arguments: &[Val], holds: impl Fn(Ordering) -> bool) -> Outcome {
    let (a, b) = two(arguments)?;
    let order = match (&a.kind, &b.kind) {
        (Kind::Int(a), Kind::Int(b)) => a.cmp(b),
        (Kind::String(a), Kind::String(b)) => {
            // Lower case comes before upper case of the same letter.
            let folded = a.to_lowercase().cmp(&b.to_lowercase());
            folded.then_with(|| b.cmp(a))
        }
        (_, _) => {
            let message = format!("a {} and a {} have no order", a.kind_name(), b.kind_name());
            return Err(Stop::Wrong(message));
        }
    };
    Ok(truth(holds(order)))
}

fn not(arguments: &[Val]) -> Outcome {
    match &only(arguments)?.kind {
        Kind::Bool(given) => Ok(truth(!given)),
        _ => Err(Stop::Wrong("a bool is expected".to_owned())),
    }
}

fn to_bool(arguments: &[Val]) -> Outcome {
    let value = only(arguments)?;
    match &value.kind {
        Kind::Bool(given) => Ok(truth(*given)),
        Kind::Int(int) => Ok(truth(*int != 0)),
        _ => match text(value)?.to_lowercase().as_str() {
            "true" | "1" => Ok(truth(true)),
            "false" | "0" => Ok(truth(false)),
            other => Err(Stop::Wrong(format!("`{other}` is no bool"))),
        },
    }
}
