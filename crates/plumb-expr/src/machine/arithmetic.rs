//! Arithmetic on numbers, text, lists and time; null where there is no result.

use jiff::SignedDuration;

use super::{Machine, out_of_budget};
use crate::functions::time;
use crate::node::Arithmetic;
use crate::val::Val;

impl<'a> Machine<'a> {
    pub(super) fn arithmetic(&mut self, arithmetic: Arithmetic, left: Val<'a>, right: Val<'a>) -> Val<'a> {
        match (left, right) {
            (unknown @ Val::Unknown(_), _) | (_, unknown @ Val::Unknown(_)) => unknown,
            (Val::Int(left), Val::Int(right)) => whole(arithmetic, left, right),
            (Val::Double(left), Val::Double(right)) => floating(arithmetic, left, right),
            #[expect(
                clippy::cast_precision_loss,
                reason = "mixed arithmetic is floating point arithmetic"
            )]
            (Val::Int(left), Val::Double(right)) => floating(arithmetic, left as f64, right),
            #[expect(
                clippy::cast_precision_loss,
                reason = "mixed arithmetic is floating point arithmetic"
            )]
            (Val::Double(left), Val::Int(right)) => floating(arithmetic, left, right as f64),
            (Val::Text(left), Val::Text(right)) if arithmetic == Arithmetic::Add => {
                let (left, right) = (left.as_str(), right.as_str());
                if !self.charge_bytes(left.len() + right.len()) {
                    return Val::Unknown(out_of_budget());
                }
                Val::text([left, right].concat())
            }
            (Val::List(left), Val::List(right)) if arithmetic == Arithmetic::Add => {
                if !self.charge((left.len() + right.len()) as u64) {
                    return Val::Unknown(out_of_budget());
                }
                Val::list(left.iter().chain(right.iter()).collect())
            }
            (left, right) => temporal(arithmetic, &left, &right).unwrap_or(Val::Null),
        }
    }
}

pub(super) fn negated(val: Val<'_>) -> Val<'_> {
    match val {
        Val::Int(int) => int.checked_neg().map_or(Val::Null, Val::Int),
        Val::Double(double) => Val::Double(-double),
        unknown @ Val::Unknown(_) => unknown,
        _ => Val::Null,
    }
}

fn whole<'a>(arithmetic: Arithmetic, left: i64, right: i64) -> Val<'a> {
    let result = match arithmetic {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Remainder => left.checked_rem(right),
    };
    result.map_or(Val::Null, Val::Int)
}

fn floating<'a>(arithmetic: Arithmetic, left: f64, right: f64) -> Val<'a> {
    match arithmetic {
        Arithmetic::Add => Val::Double(left + right),
        Arithmetic::Subtract => Val::Double(left - right),
        Arithmetic::Multiply => Val::Double(left * right),
        Arithmetic::Divide => Val::Double(left / right),
        Arithmetic::Remainder => Val::Null,
    }
}

fn temporal<'a>(arithmetic: Arithmetic, left: &Val<'a>, right: &Val<'a>) -> Option<Val<'a>> {
    let opposite = |length: SignedDuration| length.checked_neg();
    Some(match (arithmetic, left, right) {
        (Arithmetic::Add, Val::Moment(moment), Val::Length(length))
        | (Arithmetic::Add, Val::Length(length), Val::Moment(moment)) => {
            Val::Moment(moment.checked_add(*length).ok()?)
        }
        (Arithmetic::Subtract, Val::Moment(moment), Val::Length(length)) => {
            Val::Moment(moment.checked_add(opposite(*length)?).ok()?)
        }
        (
            Arithmetic::Subtract,
            left @ (Val::Moment(_) | Val::Text(_)),
            right @ (Val::Moment(_) | Val::Text(_)),
        ) => {
            // Two texts have no difference: nothing says that they are timestamps.
            if matches!((left, right), (Val::Text(_), Val::Text(_))) {
                return None;
            }
            Val::Length(time::moment(left)?.duration_since(time::moment(right)?))
        }
        (Arithmetic::Add, Val::Length(left), Val::Length(right)) => Val::Length(left.checked_add(*right)?),
        (Arithmetic::Subtract, Val::Length(left), Val::Length(right)) => {
            Val::Length(left.checked_sub(*right)?)
        }
        _ => return None,
    })
}
