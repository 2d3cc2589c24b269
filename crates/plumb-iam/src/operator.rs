//! `Operator`: the condition operators and how each compares a value of the request with the policy's.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

use std::cmp::Ordering;
use std::net::IpAddr;

use jiff::Timestamp;
use plumb_model::value::Text;

use crate::glob::Style;
use crate::keys::Keys;
use crate::pattern::{Pattern, Variables};
use crate::truth::Truth;

/// Which values of the request must satisfy the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// The key has one value.
    Single,
    /// `ForAllValues:`; holds for a request without the key.
    ForAll,
    /// `ForAnyValue:`; does not hold for a request without the key.
    ForAny,
}

/// Whether the written comparison or its opposite is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sense {
    /// Some value of the policy compares.
    Positive,
    /// No value of the policy compares; holds for a request without the key.
    Negated,
}

/// What a request without the key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Missing {
    /// The comparison fails, or holds when negated.
    Fails,
    /// `…IfExists`: the test holds.
    Holds,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Text or ARN.
    Pattern(Style),
    /// Numbers.
    Numeric(Bound),
    /// Points in time.
    Date(Bound),
    /// `true` or `false`.
    Bool,
    /// Base64 text.
    Binary,
    /// An address in a range.
    Ip,
    /// Whether the key is missing.
    Null,
}

/// Which order of the request's value to the policy's is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// The same.
    Equal,
    /// Before.
    Less,
    /// Before or the same.
    LessOrEqual,
    /// After.
    Greater,
    /// After or the same.
    GreaterOrEqual,
}

impl Bound {
    fn admits(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// A condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operator {
    /// Which values must compare.
    pub quantifier: Quantifier,
    /// Whether they must or must not.
    pub sense: Sense,
    /// What a missing key means.
    pub missing: Missing,
    /// How they compare.
    pub comparison: Comparison,
}

impl Operator {
    /// Reads an operator's name, whose case does not count; `None` for an unknown one.
    pub fn read(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (quantifier, name) = match name.split_once(':') {
            Some(("forallvalues", rest)) => (Quantifier::ForAll, rest),
            Some(("foranyvalue", rest)) => (Quantifier::ForAny, rest),
            Some(_) => return None,
            None => (Quantifier::Single, name.as_str()),
        };
        let (missing, name) = match name.strip_suffix("ifexists") {
            Some(rest) => (Missing::Holds, rest),
            None => (Missing::Fails, name),
        };
        let (sense, comparison) = comparison(name)?;
        if comparison == Comparison::Null && missing == Missing::Holds {
            return None;
        }
        Some(Self {
            quantifier,
            sense,
            missing,
            comparison,
        })
    }
}

fn comparison(name: &str) -> Option<(Sense, Comparison)> {
    use Sense::{Negated, Positive};
    let pattern = Comparison::Pattern;
    Some(match name {
        "stringequals" => (Positive, pattern(Style::Exact)),
        "stringnotequals" => (Negated, pattern(Style::Exact)),
        "stringequalsignorecase" => (Positive, pattern(Style::ExactIgnoreCase)),
        "stringnotequalsignorecase" => (Negated, pattern(Style::ExactIgnoreCase)),
        "stringlike" => (Positive, pattern(Style::Text)),
        "stringnotlike" => (Negated, pattern(Style::Text)),
        "arnequals" | "arnlike" => (Positive, pattern(Style::Arn)),
        "arnnotequals" | "arnnotlike" => (Negated, pattern(Style::Arn)),
        "numericequals" => (Positive, Comparison::Numeric(Bound::Equal)),
        "numericnotequals" => (Negated, Comparison::Numeric(Bound::Equal)),
        "numericlessthan" => (Positive, Comparison::Numeric(Bound::Less)),
        "numericlessthanequals" => (Positive, Comparison::Numeric(Bound::LessOrEqual)),
        "numericgreaterthan" => (Positive, Comparison::Numeric(Bound::Greater)),
        "numericgreaterthanequals" => (Positive, Comparison::Numeric(Bound::GreaterOrEqual)),
        "dateequals" => (Positive, Comparison::Date(Bound::Equal)),
        "datenotequals" => (Negated, Comparison::Date(Bound::Equal)),
        "datelessthan" => (Positive, Comparison::Date(Bound::Less)),
        "datelessthanequals" => (Positive, Comparison::Date(Bound::LessOrEqual)),
        "dategreaterthan" => (Positive, Comparison::Date(Bound::Greater)),
        "dategreaterthanequals" => (Positive, Comparison::Date(Bound::GreaterOrEqual)),
        "bool" => (Positive, Comparison::Bool),
        "binaryequals" => (Positive, Comparison::Binary),
        "ipaddress" => (Positive, Comparison::Ip),
        "notipaddress" => (Negated, Comparison::Ip),
        "null" => (Positive, Comparison::Null),
        _ => return None,
    })
}

/// A value of the policy, ready to be compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// Text, with wildcards and variables where the operator has them.
    Pattern(Pattern),
    /// A number.
    Number(f64),
    /// A point in time.
    Time(Timestamp),
    /// A truth value.
    Bool(bool),
    /// Base64 text.
    Binary(Text),
    /// A range of addresses: the network and the length of its prefix.
    Network(IpAddr, u8),
    /// Not of the operator's kind: compares with nothing.
    Never,
}

impl Operand {
    /// Reads a value of the policy; `None` when it is too long.
    pub fn read(comparison: Comparison, text: &str, variables: Variables) -> Option<Self> {
        let or_never = |operand: Option<Self>| operand.unwrap_or(Self::Never);
        Some(match comparison {
            Comparison::Pattern(style) => Self::Pattern(Pattern::new(text, style, variables).ok()?),
            Comparison::Numeric(_) => or_never(number(text).map(Self::Number)),
            Comparison::Date(_) => or_never(time(text).map(Self::Time)),
            Comparison::Bool | Comparison::Null => or_never(truth_value(text).map(Self::Bool)),
            Comparison::Binary => Self::Binary(text.into()),
            Comparison::Ip => or_never(network(text)),
        })
    }

    /// Whether a value of the request compares with this one.
    pub fn compares(&self, comparison: Comparison, value: &str, keys: &dyn Keys) -> Truth {
        match (self, comparison) {
            (Self::Pattern(pattern), _) => pattern.matches(value, keys),
            (Self::Number(own), Comparison::Numeric(bound)) => number(value)
                .and_then(|value| value.partial_cmp(own))
                .is_some_and(|order| bound.admits(order))
                .into(),
            (Self::Time(own), Comparison::Date(bound)) => time(value)
                .is_some_and(|value| bound.admits(value.cmp(own)))
                .into(),
            (Self::Bool(own), _) => (truth_value(value) == Some(*own)).into(),
            (Self::Binary(own), _) => (own == value).into(),
            (Self::Network(network, length), _) => value
                .parse()
                .is_ok_and(|address| contains(*network, *length, address))
                .into(),
            (Self::Number(_) | Self::Time(_) | Self::Never, _) => Truth::False,
        }
    }
}

pub(crate) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

pub(crate) fn truth_value(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A timestamp or date of ISO 8601, or seconds since 1970.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| {
            text.parse()
                .ok()
                .and_then(|seconds| Timestamp::from_second(seconds).ok())
        })
        .or_else(|| {
            let date: jiff::civil::Date = text.parse().ok()?;
            let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(midnight.timestamp())
        })
}

fn network(text: &str) -> Option<Operand> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(longest);
    (length <= longest).then_some(Operand::Network(address, length))
}

/// The bits of an address, counted from the top of 128.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn contains(network: IpAddr, length: u8, address: IpAddr) -> bool {
    let ignored = 128_u32.saturating_sub(u32::from(length));
    let head = |address| bits(address).checked_shr(ignored).unwrap_or(0);
    network.is_ipv4() == address.is_ipv4() && head(network) == head(address)
}

/// Whether a value of a policy is a range that holds a large part of all addresses.
pub(crate) fn prefix_length(text: &str) -> Option<u8> {
    match network(text)? {
        Operand::Network(_, length) => Some(length),
        Operand::Pattern(_)
        | Operand::Number(_)
        | Operand::Time(_)
        | Operand::Bool(_)
        | Operand::Binary(_)
        | Operand::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Context;

    #[test]
    fn values_compare_as_their_operator_says() {
        for (operator, own, value, expected) in [
            ("StringEquals", "a", "a", true),
            ("StringEquals", "a*", "ab", false),
            ("StringEqualsIgnoreCase", "Ab", "aB", true),
            ("StringLike", "a*c", "abc", true),
            ("ArnLike", "arn:aws:sns:*:1:t", "arn:aws:sns:eu:1:t", true),
            ("ArnEquals", "arn:aws:sns:*:1:t", "arn:aws:sns:eu:1:t", true),
            ("NumericEquals", "10", "10.0", true),
            ("NumericLessThan", "10", "9", true),
            ("NumericLessThan", "10", "10", false),
            ("NumericLessThanEquals", "10", "10", true),
            ("NumericGreaterThan", "10", "11", true),
            ("NumericGreaterThanEquals", "10", "9", false),
            ("NumericEquals", "ten", "10", false),
            (
                "DateLessThan",
                "2026-01-01T00:00:00Z",
                "2025-12-31T23:59:59Z",
                true,
            ),
            ("DateLessThan", "2026-01-01", "2025-12-31T23:59:59Z", true),
            ("DateGreaterThanEquals", "0", "1970-01-01T00:00:00Z", true),
            ("DateEquals", "1970-01-01T00:00:01Z", "1", true),
            (
                "DateGreaterThan",
                "2026-01-01T00:00:00Z",
                "2025-01-01T00:00:00Z",
                false,
            ),
            (
                "DateLessThanEquals",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:00:00Z",
                true,
            ),
            ("Bool", "TRUE", "true", true),
            ("Bool", "false", "true", false),
            ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", true),
            ("IpAddress", "203.0.113.0/24", "203.0.113.9", true),
            ("IpAddress", "203.0.113.0/24", "203.0.114.9", false),
            ("IpAddress", "0.0.0.0/0", "::1", false),
            ("IpAddress", "2001:db8::/32", "2001:db8::1", true),
            ("IpAddress", "203.0.113.7", "203.0.113.7", true),
        ] {
            let comparison = Operator::read(operator).unwrap().comparison;
            let operand = Operand::read(comparison, own, Variables::Recognised).unwrap();
            let compares = operand.compares(comparison, value, &Context::new());
            assert_eq!(compares, expected.into(), "{operator} {own} {value}");
        }
    }

    #[test]
    fn names_of_operators_are_read_whole() {
        let read = Operator::read("ForAnyValue:StringNotLikeIfExists").unwrap();
        assert_eq!(read.quantifier, Quantifier::ForAny);
        assert_eq!(read.sense, Sense::Negated);
        assert_eq!(read.missing, Missing::Holds);
        for unknown in [
            "StringLikes",
            "NullIfExists",
            "ForSome:StringLike",
            "IfExists",
            "",
        ] {
            assert_eq!(Operator::read(unknown), None, "{unknown}");
        }
    }
}
