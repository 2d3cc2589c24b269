//! Conversions between primitive values, and operators on them.

use plumb_model::value::Text;

use super::scope::{Evaluated, Failure};
use super::syntax::Operator;
use crate::place::Place;
use crate::val::{Kind, Val};

/// The most bytes of a text that an expression makes.
pub(crate) const MAX_TEXT: usize = 4 * 1024 * 1024;

/// The text of a primitive value as templates write it; `None` for others, for null and for what is unknown.
pub(crate) fn to_text(value: &Val) -> Option<Text> {
    match &value.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Int(int) => Some(Text::from(int.to_string())),
        Kind::Float(float) => Some(Text::from(number_text(*float))),
        Kind::Bool(bool) => Some(Text::from(bool.to_string())),
        Kind::Json(inner) => to_json(inner).map(|json| Text::from(json.to_string())),
        Kind::Null | Kind::List(_) | Kind::Map(_) | Kind::Unknown(_) => None,
    }
}

/// A number without needless zeros.
pub(crate) fn number_text(float: f64) -> String {
    format!("{float}")
}

/// The number of a numeric value or text.
pub(crate) fn to_number(value: &Val) -> Option<f64> {
    match &value.kind {
        #[expect(
            clippy::cast_precision_loss,
            reason = "Terraform's numbers beyond 2^53 are compared nowhere"
        )]
        Kind::Int(int) => Some(*int as f64),
        Kind::Float(float) => Some(*float),
        Kind::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Kind::Null | Kind::Bool(_) | Kind::Json(_) | Kind::List(_) | Kind::Map(_) | Kind::Unknown(_) => None,
    }
}

/// The truth value of a boolean or of the texts `true` and `false`.
pub(crate) fn to_bool(value: &Val) -> Option<bool> {
    match &value.kind {
        Kind::Bool(bool) => Some(*bool),
        Kind::String(text) if text == "true" || text == "1" => Some(true),
        Kind::String(text) if text == "false" || text == "0" => Some(false),
        Kind::Null
        | Kind::Int(_)
        | Kind::Float(_)
        | Kind::String(_)
        | Kind::Json(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Unknown(_) => None,
    }
}

/// A number as the kind that fits it.
pub(crate) fn number(value: f64) -> Kind {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and within 2^53, checked on the same line"
    )]
    if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
        Kind::Int(value as i64)
    } else {
        Kind::Float(value)
    }
}

/// The JSON of a value of which everything is known.
pub(crate) fn to_json(value: &Val) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    Some(match &value.kind {
        Kind::Null => Json::Null,
        Kind::Bool(bool) => Json::Bool(*bool),
        Kind::Int(int) => Json::from(*int),
        Kind::Float(float) => Json::from(*float),
        Kind::String(text) => Json::String(text.to_string()),
        Kind::Json(_) => Json::String(to_text(value)?.to_string()),
        Kind::List(items) => Json::Array(items.iter().map(to_json).collect::<Option<_>>()?),
        Kind::Map(fields) => {
            if fields.rest.is_some() {
                return None;
            }
            let entries = fields
                .entries
                .iter()
                .map(|(key, value)| Some((key.to_string(), to_json(value)?)));
            Json::Object(entries.collect::<Option<_>>()?)
        }
        Kind::Unknown(_) => return None,
    })
}

/// Whether two values are equal, as far as it is known.
pub(crate) fn equal(a: &Val, b: &Val) -> Result<bool, Text> {
    if let Some(why) = a.why_unknown().or(b.why_unknown()) {
        return Err(why.clone());
    }
    match (&a.kind, &b.kind) {
        (Kind::Null, Kind::Null) => Ok(true),
        (Kind::Null, _) | (_, Kind::Null) => Ok(false),
        (Kind::List(a), Kind::List(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            all_equal(a.iter().zip(b.iter()))
        }
        (Kind::Map(a), Kind::Map(b)) => {
            if let Some(why) = a.rest.as_ref().or(b.rest.as_ref()) {
                return Err(why.clone());
            }
            if a.entries.len() != b.entries.len() || !a.entries.keys().eq(b.entries.keys()) {
                return Ok(false);
            }
            all_equal(a.entries.values().zip(b.entries.values()))
        }
        (Kind::List(_) | Kind::Map(_), _) | (_, Kind::List(_) | Kind::Map(_)) => Ok(false),
        (Kind::Int(_) | Kind::Float(_), _) | (_, Kind::Int(_) | Kind::Float(_)) => {
            Ok(match (to_number(a), to_number(b)) {
                (Some(a), Some(b)) => {
                    a.total_cmp(&b).is_eq() || a.partial_cmp(&b).is_some_and(std::cmp::Ordering::is_eq)
                }
                _ => false,
            })
        }
        _ => match (to_text(a), to_text(b)) {
            (Some(a), Some(b)) => Ok(a == b),
            _ => Err(a
                .why_partly_unknown()
                .or(b.why_partly_unknown())
                .cloned()
                .unwrap_or_default()),
        },
    }
}

fn all_equal<'v>(pairs: impl Iterator<Item = (&'v Val, &'v Val)>) -> Result<bool, Text> {
    let mut unknown = None;
    for (a, b) in pairs {
        match equal(a, b) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(why) => unknown = Some(why),
        }
    }
    unknown.map_or(Ok(true), Err)
}

/// A binary operator on two values; `&&` and `||` are decided by one side where that is enough.
pub(crate) fn operate(operator: Operator, a: &Val, b: &Val, place: Option<Place>) -> Evaluated {
    let made = |kind| Ok(Val::placed(kind, place));
    match operator {
        Operator::Equal | Operator::NotEqual => {
            let wanted = operator == Operator::Equal;
            made(equal(a, b).map_or_else(Kind::Unknown, |equal| Kind::Bool(equal == wanted)))
        }
        Operator::And | Operator::Or => {
            let deciding = operator == Operator::Or;
            let side = |value: &Val| match value.why_unknown() {
                Some(why) => Ok(Err(why.clone())),
                None => to_bool(value)
                    .map(Ok)
                    .ok_or_else(|| Failure::new(format!("{} is no truth value", value.kind_name()), place)),
            };
            match (side(a)?, side(b)?) {
                (Ok(known), _) | (_, Ok(known)) if known == deciding => made(Kind::Bool(deciding)),
                (Err(why), _) | (_, Err(why)) => made(Kind::Unknown(why)),
                (Ok(_), Ok(_)) => made(Kind::Bool(!deciding)),
            }
        }
        Operator::LessOrEqual
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::Greater
        | Operator::Plus
        | Operator::Minus
        | Operator::Times
        | Operator::Divide
        | Operator::Modulo => {
            if let Some(why) = a.why_unknown().or(b.why_unknown()) {
                return made(Kind::Unknown(why.clone()));
            }
            let side = |value: &Val| {
                to_number(value)
                    .ok_or_else(|| Failure::new(format!("{} is no number", value.kind_name()), place))
            };
            let (a, b) = (side(a)?, side(b)?);
            made(match operator {
                Operator::LessOrEqual => Kind::Bool(a <= b),
                Operator::GreaterOrEqual => Kind::Bool(a >= b),
                Operator::Less => Kind::Bool(a < b),
                Operator::Greater => Kind::Bool(a > b),
                Operator::Plus => number(a + b),
                Operator::Minus => number(a - b),
                Operator::Times => number(a * b),
                Operator::Divide | Operator::Modulo if b == 0.0 => {
                    return Err(Failure::new("this divides by zero", place));
                }
                Operator::Divide => number(a / b),
                Operator::Modulo | Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => {
                    number(a % b)
                }
            })
        }
    }
}
