//! Numbers.

use super::arguments::{int, known, list, number, only, two};
use super::{Outcome, Stop};
use crate::val::{Kind, Val};

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    Some(match name {
        "add" => reckoned(arguments, i64::checked_add),
        "sub" => reckoned(arguments, i64::checked_sub),
        "mul" => reckoned(arguments, i64::checked_mul),
        "div" => divided(arguments, i64::checked_div),
        "mod" => divided(arguments, i64::checked_rem),
        "int" => whole(arguments),
        "float" => float(arguments),
        "max" => most(arguments, |ints| ints.into_iter().max()),
        "min" => most(arguments, |ints| ints.into_iter().min()),
        _ => return None,
    })
}

fn reckoned(arguments: &[Val], by: fn(i64, i64) -> Option<i64>) -> Outcome {
    let (a, b) = two(arguments)?;
    by(int(a)?, int(b)?)
        .map(number)
        .ok_or_else(|| Stop::Wrong("the result is too large".to_owned()))
}

fn divided(arguments: &[Val], by: fn(i64, i64) -> Option<i64>) -> Outcome {
    let (a, b) = two(arguments)?;
    by(int(a)?, int(b)?)
        .map(number)
        .ok_or_else(|| Stop::Wrong("division by zero".to_owned()))
}

fn whole(arguments: &[Val]) -> Outcome {
    let value = only(arguments)?;
    match &value.kind {
        Kind::Float(float) => {
            let truncated = format!("{:.0}", float.trunc());
            truncated
                .parse()
                .map(number)
                .map_err(|_| Stop::Wrong(format!("`{float}` is no int")))
        }
        _ => int(value).map(number),
    }
}

fn float(arguments: &[Val]) -> Outcome {
    let value = only(arguments)?;
    let parsed = match &value.kind {
        Kind::Float(float) => Ok(*float),
        _ => super::arguments::text(value)?.parse(),
    };
    let parsed = parsed.ok().filter(|float: &f64| float.is_finite());
    parsed
        .map(|float| Val::new(Kind::Float(float)))
        .ok_or_else(|| Stop::Wrong("it is no number".to_owned()))
}

/// The largest or smallest of several numbers or of a list of them.
fn most(arguments: &[Val], pick: fn(Vec<i64>) -> Option<i64>) -> Outcome {
    let ints = match arguments {
        [one] if one.as_list().is_some() => list(known(one)?)?,
        several => several,
    };
    let ints: Result<Vec<i64>, Stop> = ints.iter().map(int).collect();
    pick(ints?)
        .map(number)
        .ok_or_else(|| Stop::Wrong("the list is empty".to_owned()))
}
