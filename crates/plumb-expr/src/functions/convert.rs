//! Conversions between types; null where there is no result.

use super::time;
use crate::val::Val;

/// Truncates floating point numbers, reads text, and gives seconds since 1970 for timestamps.
pub(crate) fn to_int<'a>(val: &Val<'a>) -> Val<'a> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    match val {
        Val::Int(int) => Val::Int(*int),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the range is checked, and the fraction is meant to go"
        )]
        Val::Double(double) if *double > -LIMIT && *double < LIMIT => Val::Int(*double as i64),
        Val::Text(text) => text.as_str().parse().map_or(Val::Null, Val::Int),
        Val::Moment(moment) => Val::Int(moment.as_second()),
        _ => Val::Null,
    }
}

/// Reads text and whole numbers.
pub(crate) fn to_double<'a>(val: &Val<'a>) -> Val<'a> {
    match val {
        #[expect(clippy::cast_precision_loss, reason = "that is what the conversion means")]
        Val::Int(int) => Val::Double(*int as f64),
        Val::Double(double) => Val::Double(*double),
        Val::Text(text) => text.as_str().parse().map_or(Val::Null, Val::Double),
        _ => Val::Null,
    }
}

/// Writes a single value.
pub(crate) fn to_text(val: Val<'_>) -> Val<'_> {
    match val {
        text @ Val::Text(_) => text,
        Val::Bool(bool) => Val::text(bool.to_string()),
        Val::Int(int) => Val::text(int.to_string()),
        Val::Double(double) => Val::text(double.to_string()),
        Val::Moment(moment) => Val::text(plumb_model::time::format(moment)),
        Val::Length(length) => Val::text(time::format_duration(length)),
        Val::Null | Val::List(_) | Val::Map(_) | Val::Unknown(_) => Val::Null,
    }
}

/// Reads the spellings that CEL knows.
pub(crate) fn to_bool<'a>(val: &Val<'a>) -> Val<'a> {
    match val {
        Val::Bool(bool) => Val::Bool(*bool),
        Val::Text(text) => match text.as_str() {
            "1" | "t" | "true" | "TRUE" | "True" => Val::Bool(true),
            "0" | "f" | "false" | "FALSE" | "False" => Val::Bool(false),
            _ => Val::Null,
        },
        _ => Val::Null,
    }
}
