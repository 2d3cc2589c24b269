//! Equality and order of values, whatever place they have.

use std::cmp::Ordering;

use plumb_model::value::Text;

use super::arguments::{Stop, Take};
use super::convert::Number;
use super::{Context, MAX_DEPTH, Problem, json};
use crate::val::{Kind, Val, Why};

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    Unknown(Why),
}

/// Whether two values are equal. Types must be the same: `1` and `"1"` are not.
pub(super) fn equal(left: &Val, right: &Val, context: &Context<'_>) -> Take<Truth> {
    equal_at(left, right, context, 0)
}

/// What a set is sorted by, and which of its items are the same.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Bool(bool),
    Number(Number),
    Text(Text),
    /// The JSON of anything else.
    Json(String),
}

/// The key of a value that is wholly known.
pub(super) fn key(val: &Val, context: &Context<'_>) -> Take<Key> {
    context.spend(1)?;
    match &val.kind {
        Kind::Bool(bool) => Ok(Key::Bool(*bool)),
        Kind::Int(int) => Ok(Key::Number(Number::Int(*int))),
        Kind::Float(float) => Ok(Key::Number(Number::new(*float))),
        Kind::String(text) => Ok(Key::Text(text.clone())),
        Kind::Json(inner) => Ok(Key::Text(json::text(inner, context)?.into())),
        Kind::Null | Kind::List(_) | Kind::Map(_) => Ok(Key::Json(json::text(val, context)?)),
        Kind::Unknown(why) => Err(Stop::Unknown(why.clone())),
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        fn rank(key: &Key) -> u8 {
            match key {
                Key::Bool(_) => 0,
                Key::Number(_) => 1,
                Key::Text(_) => 2,
                Key::Json(_) => 3,
            }
        }
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => match (left, right) {
                (Number::Int(left), Number::Int(right)) => left.cmp(right),
                (Number::Int(_) | Number::Float(_), Number::Int(_) | Number::Float(_)) => {
                    // Beyond 64 bits a float can equal the float next to a whole number, which stays before it.
                    let beyond = |number: &Number| matches!(number, Number::Float(_));
                    (left.float().total_cmp(&right.float())).then_with(|| beyond(left).cmp(&beyond(right)))
                }
            },
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Json(left), Self::Json(right)) => left.cmp(right),
            (
                Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Json(_),
                Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Json(_),
            ) => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

fn equal_at(left: &Val, right: &Val, context: &Context<'_>, depth: usize) -> Take<Truth> {
    context.spend(1)?;
    if depth > MAX_DEPTH {
        return Err(Stop::Problem(Problem::TooDeep));
    }
    let yes = |holds: bool| Ok(if holds { Truth::Yes } else { Truth::No });
    match (&left.kind, &right.kind) {
        (Kind::Unknown(why), _) | (_, Kind::Unknown(why)) => Ok(Truth::Unknown(why.clone())),
        (Kind::Null, Kind::Null) => yes(true),
        (Kind::Bool(left), Kind::Bool(right)) => yes(left == right),
        (Kind::Int(_) | Kind::Float(_), Kind::Int(_) | Kind::Float(_))
        | (Kind::String(_), Kind::String(_)) => yes(key(left, context)? == key(right, context)?),
        (Kind::Json(_), Kind::Json(_) | Kind::String(_)) | (Kind::String(_), Kind::Json(_)) => {
            match key(left, context).and_then(|left| Ok(left == key(right, context)?)) {
                Ok(holds) => yes(holds),
                Err(Stop::Unknown(why)) => Ok(Truth::Unknown(why)),
                Err(stop @ Stop::Problem(_)) => Err(stop),
            }
        }
        (Kind::List(left), Kind::List(right)) => {
            if left.len() != right.len() {
                return yes(false);
            }
            let mut truth = Truth::Yes;
            for (left, right) in left.iter().zip(right.iter()) {
                truth = and(truth, equal_at(left, right, context, depth + 1)?);
                if truth == Truth::No {
                    break;
                }
            }
            Ok(truth)
        }
        (Kind::Map(left), Kind::Map(right)) => {
            let mut truth = Truth::Yes;
            for why in [&left.rest, &right.rest].into_iter().flatten() {
                truth = and(truth, Truth::Unknown(why.clone()));
            }
            for (key, val) in &left.entries {
                truth = match right.entries.get(key) {
                    Some(other) => and(truth, equal_at(val, other, context, depth + 1)?),
                    None if right.rest.is_none() => Truth::No,
                    None => truth,
                };
            }
            let more = right.entries.keys().any(|key| !left.entries.contains_key(key));
            Ok(if more && left.rest.is_none() {
                Truth::No
            } else {
                truth
            })
        }
        (
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_),
            _,
        ) => yes(false),
    }
}

fn and(left: Truth, right: Truth) -> Truth {
    match (left, right) {
        (Truth::No, _) | (_, Truth::No) => Truth::No,
        (unknown @ Truth::Unknown(_), _) | (_, unknown @ Truth::Unknown(_)) => unknown,
        (Truth::Yes, Truth::Yes) => Truth::Yes,
    }
}
