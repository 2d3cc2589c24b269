//! Dotted version numbers.

use std::cmp::Ordering;

use crate::machine::{Machine, out_of_budget};
use crate::val::Val;

/// Whether a version is the wanted one or a later one; false when either is no text.
pub(crate) fn at_least<'a>(machine: &mut Machine<'a>, version: &Val<'a>, wanted: &Val<'a>) -> Val<'a> {
    let (Some(version), Some(wanted)) = (version.as_text(), wanted.as_text()) else {
        return Val::Bool(false);
    };
    if !machine.charge_bytes(version.len() + wanted.len()) {
        return Val::Unknown(out_of_budget());
    }
    Val::Bool(order(version, wanted).is_ge())
}

/// Compares part by part, numbers as numbers; missing parts are 0, and `v1.2` is `1.2`.
fn order(left: &str, right: &str) -> Ordering {
    fn parts(version: &str) -> std::str::Split<'_, char> {
        let digits = version
            .strip_prefix(['v', 'V'])
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        digits.unwrap_or(version).split('.')
    }
    let (mut left, mut right) = (parts(left), parts(right));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => part_order(left.unwrap_or("0"), right.unwrap_or("0")),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers come before words; of equal numbers the one with a suffix (`1-beta`) comes first.
fn part_order(left: &str, right: &str) -> Ordering {
    fn split(part: &str) -> (&str, &str) {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part.split_at_checked(digits).unwrap_or((part, ""))
    }
    let ((left_digits, left_suffix), (right_digits, right_suffix)) = (split(left), split(right));
    let significant = |digits: &str| digits.trim_start_matches('0').len();
    left_digits
        .is_empty()
        .cmp(&right_digits.is_empty())
        .then_with(|| significant(left_digits).cmp(&significant(right_digits)))
        .then_with(|| {
            left_digits
                .trim_start_matches('0')
                .cmp(right_digits.trim_start_matches('0'))
        })
        .then_with(|| left_suffix.is_empty().cmp(&right_suffix.is_empty()))
        .then_with(|| left_suffix.cmp(right_suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_the_order_of_their_numbers() {
        for (left, right, expected) in [
            ("1.2", "1.2", Ordering::Equal),
            ("1.10", "1.9", Ordering::Greater),
            ("1.2", "1.2.0", Ordering::Equal),
            ("1.2.1", "1.2", Ordering::Greater),
            ("1", "2", Ordering::Less),
            ("v1.29", "1.3", Ordering::Greater),
            ("1.02", "1.2", Ordering::Equal),
            ("1.2-beta", "1.2", Ordering::Less),
            (
                "8.0.mysql_aurora.3.04.0",
                "8.0.mysql_aurora.3.1.0",
                Ordering::Greater,
            ),
            ("99999999999999999999999.1", "1", Ordering::Greater),
        ] {
            assert_eq!(order(left, right), expected, "{left} {right}");
            assert_eq!(order(right, left), expected.reverse(), "{right} {left}");
        }
    }
}
