//! Conversion between the simple types, as arguments of functions are converted.

use plumb_model::value::Text;

use super::arguments::{Stop, Take, wrong};
use super::{Context, json};
use crate::val::{Kind, Val};

/// A number, whole where it has no fraction and 64 bits hold it. Terraform's have 512 bits; beyond 64 they are rounded here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    /// The number, whole if it can be.
    pub(super) fn new(float: f64) -> Self {
        // 2^63 itself is just outside, and every float below it without a fraction is an `i64`.
        #[expect(clippy::cast_possible_truncation, reason = "guarded by range and fraction")]
        if float.fract() == 0.0
            && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float)
        {
            Self::Int(float as i64)
        } else {
            Self::Float(float)
        }
    }

    /// The number of a wider integer.
    pub(super) fn wide(int: i128) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "what does not fit 64 bits becomes the nearest float"
        )]
        i64::try_from(int).map_or(Self::Float(int as f64), Self::Int)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest float is what is asked for"
    )]
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    /// As a value; what is not a number is none.
    pub(super) fn val(self) -> Take<Val> {
        match self {
            Self::Int(int) => Ok(Val::new(Kind::Int(int))),
            Self::Float(float) if float.is_nan() => Err(wrong("the result is not a number")),
            Self::Float(float) => Ok(Val::new(Kind::Float(float))),
        }
    }

    /// In decimal notation without an exponent.
    pub(super) fn text(self) -> String {
        match self {
            Self::Int(int) => int.to_string(),
            Self::Float(float) => float.to_string(),
        }
    }
}

/// Text of a simple value; JSON that is wholly known is its text.
pub(super) fn text(val: &Val, context: &Context<'_>) -> Take<Text> {
    match &val.kind {
        Kind::String(text) => Ok(text.clone()),
        Kind::Bool(bool) => Ok(if *bool { "true".into() } else { "false".into() }),
        Kind::Int(int) => Ok(Number::Int(*int).text().into()),
        Kind::Float(float) => Ok(Number::new(*float).text().into()),
        Kind::Json(inner) => Ok(json::text(inner, context)?.into()),
        Kind::Unknown(why) => Err(Stop::Unknown(why.clone())),
        Kind::Null | Kind::List(_) | Kind::Map(_) => Err(unlike(val, "string")),
    }
}

/// The number of a simple value.
pub(super) fn number(val: &Val, context: &Context<'_>) -> Take<Number> {
    match &val.kind {
        Kind::Int(int) => Ok(Number::Int(*int)),
        Kind::Float(float) => Ok(Number::new(*float)),
        Kind::String(text) => parse(text).ok_or_else(|| unlike(val, "number")),
        Kind::Json(_) => parse(&text(val, context)?).ok_or_else(|| unlike(val, "number")),
        Kind::Unknown(why) => Err(Stop::Unknown(why.clone())),
        Kind::Null | Kind::Bool(_) | Kind::List(_) | Kind::Map(_) => Err(unlike(val, "number")),
    }
}

/// The truth of a simple value.
pub(super) fn truth(val: &Val, context: &Context<'_>) -> Take<bool> {
    match &val.kind {
        Kind::Bool(bool) => Ok(*bool),
        Kind::String(_) | Kind::Json(_) => match text(val, context)?.as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(unlike(val, "bool")),
        },
        Kind::Unknown(why) => Err(Stop::Unknown(why.clone())),
        Kind::Null | Kind::Int(_) | Kind::Float(_) | Kind::List(_) | Kind::Map(_) => Err(unlike(val, "bool")),
    }
}

/// A decimal number, also with an exponent.
pub(super) fn parse(text: &str) -> Option<Number> {
    if let Ok(int) = text.parse::<i64>() {
        return Some(Number::Int(int));
    }
    let decimal = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    decimal
        .then(|| text.parse::<f64>().ok())?
        .filter(|float| float.is_finite())
        .map(Number::new)
}

/// The type that all of the simple values convert to: text as soon as one is text. Unknown values and null take part in nothing.
pub(super) fn unify(values: &[Val], context: &Context<'_>) -> Take<Vec<Val>> {
    let count = |wanted: fn(&Kind) -> bool| values.iter().filter(|val| wanted(&val.kind)).count();
    let texts = count(|kind| matches!(kind, Kind::String(_) | Kind::Json(_)));
    let bools = count(|kind| matches!(kind, Kind::Bool(_)));
    let numbers = count(|kind| matches!(kind, Kind::Int(_) | Kind::Float(_)));
    let lists = count(|kind| matches!(kind, Kind::List(_)));
    let maps = count(|kind| matches!(kind, Kind::Map(_)));
    let kinds = [usize::from(texts + bools + numbers > 0), lists, maps];
    let mixed =
        kinds.iter().filter(|count| **count > 0).count() > 1 || (texts == 0 && bools > 0 && numbers > 0);
    if mixed {
        return Err(wrong("all items must have the same type"));
    }
    context.spend(values.len())?;
    values
        .iter()
        .map(|val| match val.kind {
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) if texts > 0 => {
                let text = text(val, context)?;
                Ok(keep(val, Kind::String(text)))
            }
            Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Null
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_)
            | Kind::Unknown(_) => Ok(val.clone()),
        })
        .collect()
}

/// Another kind in the place of a value.
pub(super) fn keep(val: &Val, kind: Kind) -> Val {
    Val {
        kind,
        set: val.set,
        at: val.at,
        partial: None,
    }
}

fn unlike(val: &Val, wanted: &str) -> Stop {
    match &val.kind {
        Kind::String(text) => {
            let shown: String = text.chars().take(60).collect();
            wrong(format!("`{shown}` is no {wanted}"))
        }
        Kind::Null => wrong(format!("null is no {wanted}")),
        Kind::Bool(_)
        | Kind::Int(_)
        | Kind::Float(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Json(_)
        | Kind::Unknown(_) => wrong(format!("a {} is no {wanted}", val.kind_name())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Number, parse};

    #[test]
    fn numbers_are_whole_where_they_can_be() {
        let cases = [
            ("5", Some(Number::Int(5))),
            ("-5.0", Some(Number::Int(-5))),
            ("1e3", Some(Number::Int(1000))),
            ("0.5", Some(Number::Float(0.5))),
            (
                "9223372036854775808",
                Some(Number::Float(9_223_372_036_854_775_808.0)),
            ),
            ("0x10", None),
            ("inf", None),
            ("1e999", None),
            ("", None),
            ("1 ", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }
}
