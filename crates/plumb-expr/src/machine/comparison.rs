//! Equality, order and membership of values.

use std::cmp::Ordering;

use plumb_model::value::Value;

use super::{Machine, out_of_budget};
use crate::node::Comparison;
use crate::val::{Cause, Kleene, ListVal, MapVal, Val};

impl<'a> Machine<'a> {
    /// Deep equality; unknown where it hangs on something unknown.
    pub(crate) fn equal(&mut self, left: &Val<'a>, right: &Val<'a>) -> Kleene<'a> {
        match (left, right) {
            (Val::Unknown(cause), _) | (_, Val::Unknown(cause)) => Kleene::Unknown(cause.clone()),
            (Val::Null, Val::Null) => Kleene::True,
            (Val::Bool(left), Val::Bool(right)) => Kleene::of(left == right),
            (Val::Text(left), Val::Text(right)) => {
                let (left, right) = (left.as_str(), right.as_str());
                if left.len() == right.len() && !self.charge_bytes(left.len()) {
                    return Kleene::Unknown(out_of_budget());
                }
                Kleene::of(left == right)
            }
            (Val::List(left), Val::List(right)) => self.equal_lists(left, right),
            (Val::Map(left), Val::Map(right)) => self.equal_maps(left, right),
            _ => Kleene::of(scalar_order(left, right) == Some(Ordering::Equal)),
        }
    }

    /// Whether two values stand in an order; false when either is null or they have no order.
    pub(super) fn ordered(&mut self, comparison: Comparison, left: &Val<'a>, right: &Val<'a>) -> Kleene<'a> {
        let order = match (left, right) {
            (Val::Unknown(cause), _) | (_, Val::Unknown(cause)) => return Kleene::Unknown(cause.clone()),
            (Val::Text(left), Val::Text(right)) => {
                let (left, right) = (left.as_str(), right.as_str());
                if !self.charge_bytes(left.len().min(right.len())) {
                    return Kleene::Unknown(out_of_budget());
                }
                Some(left.cmp(right))
            }
            _ => scalar_order(left, right),
        };
        Kleene::of(order.is_some_and(|order| match comparison {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }))
    }

    /// Whether a list has an element equal to `item`, or a map such a key; never for null.
    pub(super) fn contained(&mut self, item: &Val<'a>, collection: &Val<'a>) -> Kleene<'a> {
        match (item, collection) {
            (Val::Unknown(cause), _) | (_, Val::Unknown(cause)) => Kleene::Unknown(cause.clone()),
            (Val::Null, _) => Kleene::False,
            (Val::Text(text), Val::List(ListVal::Read(list))) => self.text_contained(text.as_str(), list),
            (_, Val::List(list)) => {
                let mut unknown = None;
                for element in list.iter() {
                    if !self.charge(1) {
                        return Kleene::Unknown(out_of_budget());
                    }
                    match self.equal(item, &element) {
                        Kleene::True => return Kleene::True,
                        Kleene::False => {}
                        Kleene::Unknown(cause) => unknown = unknown.or(Some(cause)),
                    }
                }
                unknown.map_or(Kleene::False, Kleene::Unknown)
            }
            (Val::Text(key), Val::Map(map)) => Kleene::of(map.get(key.as_str()).is_some()),
            _ => Kleene::False,
        }
    }

    /// Membership of text in a list of a document or of the rule itself, the most frequent case.
    fn text_contained(&mut self, text: &str, list: &'a [Value]) -> Kleene<'a> {
        if !self.charge(list.len() as u64) || !self.charge_bytes(text.len().saturating_mul(list.len())) {
            return Kleene::Unknown(out_of_budget());
        }
        let mut unknown = None;
        for element in list {
            match element {
                Value::String(element) if element == text => return Kleene::True,
                Value::Unreadable(unreadable) => unknown = unknown.or(Some(unreadable)),
                Value::String(_)
                | Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::List(_)
                | Value::Map(_) => {}
            }
        }
        unknown.map_or(Kleene::False, |unreadable| {
            Kleene::Unknown(Cause::Read(unreadable))
        })
    }

    fn equal_lists(&mut self, left: &ListVal<'a>, right: &ListVal<'a>) -> Kleene<'a> {
        let count = left.len().max(right.len());
        if !self.charge(count as u64) {
            return Kleene::Unknown(out_of_budget());
        }
        let partial = left.unknown_within(count).or_else(|| right.unknown_within(count));
        if partial.is_none() && left.len() != right.len() {
            return Kleene::False;
        }
        let mut unknown = None;
        for (left, right) in left.iter().zip(right.iter()) {
            if left.is_unknown() || right.is_unknown() {
                // An unknown element stands for any number of elements: nothing behind it is aligned.
                break;
            }
            match self.equal(&left, &right) {
                Kleene::True => {}
                Kleene::False => return Kleene::False,
                Kleene::Unknown(cause) => unknown = unknown.or(Some(cause)),
            }
        }
        unknown.or(partial).map_or(Kleene::True, Kleene::Unknown)
    }

    fn equal_maps(&mut self, left: &MapVal<'a>, right: &MapVal<'a>) -> Kleene<'a> {
        if left.len() != right.len() {
            return Kleene::False;
        }
        let mut unknown = None;
        let mut pairs = left.iter().zip(right.iter());
        pairs
            .find_map(|((left_key, left), (right_key, right))| {
                if !self.charge(1) {
                    return Some(Kleene::Unknown(out_of_budget()));
                }
                if left_key != right_key {
                    return Some(Kleene::False);
                }
                match self.equal(&left, &right) {
                    Kleene::True => None,
                    Kleene::False => Some(Kleene::False),
                    Kleene::Unknown(cause) => {
                        unknown = unknown.take().or(Some(cause));
                        None
                    }
                }
            })
            .unwrap_or_else(|| unknown.map_or(Kleene::True, Kleene::Unknown))
    }
}

/// The order of two single values other than text; `None` when there is none between them.
fn scalar_order(left: &Val<'_>, right: &Val<'_>) -> Option<Ordering> {
    let moment = |text: &str| plumb_model::time::parse(text);
    match (left, right) {
        (Val::Bool(left), Val::Bool(right)) => Some(left.cmp(right)),
        (Val::Int(left), Val::Int(right)) => Some(left.cmp(right)),
        (Val::Double(left), Val::Double(right)) => left.partial_cmp(right),
        (Val::Int(left), Val::Double(right)) => mixed_order(*left, *right),
        (Val::Double(left), Val::Int(right)) => mixed_order(*right, *left).map(Ordering::reverse),
        (Val::Moment(left), Val::Moment(right)) => Some(left.cmp(right)),
        // Documents without a schema hold timestamps as text.
        (Val::Moment(left), Val::Text(right)) => Some(left.cmp(&moment(right.as_str())?)),
        (Val::Text(left), Val::Moment(right)) => Some(moment(left.as_str())?.cmp(right)),
        (Val::Length(left), Val::Length(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// The exact order of a whole and a floating point number.
fn mixed_order(int: i64, double: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if double.is_nan() {
        return None;
    }
    if double >= LIMIT {
        return Some(Ordering::Less);
    }
    if double < -LIMIT {
        return Some(Ordering::Greater);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was checked, and the fraction is looked at next"
    )]
    let whole = double.trunc() as i64;
    Some(
        int.cmp(&whole)
            .then_with(|| 0.0_f64.total_cmp(&(double.fract() + 0.0))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_floating_numbers_have_an_exact_order() {
        for (int, double, expected) in [
            (1, 1.0, Ordering::Equal),
            (0, -0.0, Ordering::Equal),
            (1, 1.5, Ordering::Less),
            (-1, -1.5, Ordering::Greater),
            (i64::MAX, 9_223_372_036_854_775_808.0, Ordering::Less),
            (i64::MIN, -9_223_372_036_854_775_808.0, Ordering::Equal),
            (9_007_199_254_740_993, 9_007_199_254_740_992.0, Ordering::Greater),
            (0, f64::INFINITY, Ordering::Less),
            (0, f64::NEG_INFINITY, Ordering::Greater),
        ] {
            assert_eq!(mixed_order(int, double), Some(expected), "{int} {double}");
        }
        assert_eq!(mixed_order(0, f64::NAN), None);
    }
}
