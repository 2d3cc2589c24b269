//! `Test`: one line of a `Condition` block, answered for a request.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.

use std::fmt::Write as _;

use plumb_model::value::Text;

use crate::keys::{KeyValue, Keys};
use crate::operator::{Comparison, Missing, Operand, Operator, Quantifier, Sense};
use crate::truth::Truth;

/// How many values of a test are shown to people.
const SHOWN: usize = 4;

/// One operator on one key with the policy's values.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// The operator.
    pub operator: Operator,
    /// The key, in lower case.
    pub key: Text,
    /// The policy's values.
    pub operands: Vec<Operand>,
    /// The policy's values as written.
    pub values: Vec<Text>,
    /// Operator and key as written.
    pub written: (Text, Text),
}

impl Test {
    /// The test in words for people, for example ``StringEquals `sts:ExternalId` ["x"]``.
    pub fn text(&self) -> Text {
        let (operator, key) = &self.written;
        let mut text = format!("{operator} `{key}` [");
        for (at, value) in self.values.iter().take(SHOWN).enumerate() {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "{}{value:?}", if at == 0 { "" } else { ", " });
        }
        if let Some(more) = self.values.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let _ = write!(text, ", and {more} more");
        }
        text.push(']');
        text.into()
    }

    /// Whether the test holds for a request with these keys.
    pub fn holds(&self, keys: &dyn Keys) -> Truth {
        if self.operator.comparison == Comparison::Null {
            return self.is_missing(keys);
        }
        let values = match keys.key(&self.key) {
            KeyValue::Known(values) => values,
            KeyValue::Absent => return self.without_key(),
            KeyValue::AbsentOr(value) => {
                let (with, without) = (self.value_holds(&value, keys), self.without_key());
                return if with == without { with } else { Truth::Depends };
            }
            KeyValue::Unspecified => return Truth::Depends,
            KeyValue::Unread(_) => return Truth::Unknown,
        };
        let each = values.iter().map(|value| self.value_holds(value, keys));
        match (self.operator.quantifier, self.operator.sense) {
            // A key of one value has one; should a request have more, a positive test needs one of them and a
            // negated test needs none of the policy's values among them.
            (Quantifier::ForAll, _) | (Quantifier::Single, Sense::Negated) => {
                each.fold(Truth::True, Truth::and)
            }
            (Quantifier::ForAny, _) | (Quantifier::Single, Sense::Positive) => {
                each.fold(Truth::False, Truth::or)
            }
        }
    }

    /// The keys, in lower case, on which the answer depends.
    pub fn keys(&self) -> impl Iterator<Item = &Text> {
        let variables = self.operands.iter().flat_map(|operand| match operand {
            Operand::Pattern(pattern) => Some(pattern.variables()),
            Operand::Number(_)
            | Operand::Time(_)
            | Operand::Bool(_)
            | Operand::Binary(_)
            | Operand::Network(..)
            | Operand::Never => None,
        });
        std::iter::once(&self.key).chain(variables.flatten())
    }

    fn value_holds(&self, value: &str, keys: &dyn Keys) -> Truth {
        let compares = self
            .operands
            .iter()
            .map(|operand| operand.compares(self.operator.comparison, value, keys))
            .fold(Truth::False, Truth::or);
        match self.operator.sense {
            Sense::Positive => compares,
            Sense::Negated => !compares,
        }
    }

    fn without_key(&self) -> Truth {
        match (
            self.operator.quantifier,
            self.operator.missing,
            self.operator.sense,
        ) {
            // The documentation gives `ForAnyValue` and `…IfExists` opposite answers and does not say which one wins.
            (Quantifier::ForAny, Missing::Holds, _) => Truth::Unknown,
            (Quantifier::ForAny, Missing::Fails, _) => Truth::False,
            (Quantifier::ForAll, _, _)
            | (Quantifier::Single, Missing::Holds, _)
            | (Quantifier::Single, Missing::Fails, Sense::Negated) => Truth::True,
            (Quantifier::Single, Missing::Fails, Sense::Positive) => Truth::False,
        }
    }

    fn is_missing(&self, keys: &dyn Keys) -> Truth {
        let is_missing = match keys.key(&self.key) {
            KeyValue::Known(_) | KeyValue::Unread(_) => false,
            KeyValue::Absent => true,
            KeyValue::AbsentOr(_) | KeyValue::Unspecified => return Truth::Depends,
        };
        self.operands.contains(&Operand::Bool(is_missing)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Context;
    use crate::pattern::Variables;

    fn test(operator: &str, values: &[&str]) -> Test {
        let read = Operator::read(operator).unwrap();
        Test {
            operator: read,
            key: "k".into(),
            operands: values
                .iter()
                .map(|value| Operand::read(read.comparison, value, Variables::Recognised).unwrap())
                .collect(),
            values: values.iter().map(|value| Text::from(*value)).collect(),
            written: (operator.into(), "k".into()),
        }
    }

    #[test]
    fn a_missing_key_means_what_the_operator_says() {
        let missing = Context::new().without("k");
        for (operator, expected) in [
            ("StringEquals", Truth::False),
            ("StringNotEquals", Truth::True),
            ("StringEqualsIfExists", Truth::True),
            ("StringNotEqualsIfExists", Truth::True),
            ("ForAllValues:StringEquals", Truth::True),
            ("ForAnyValue:StringEquals", Truth::False),
            ("ForAnyValue:StringNotEquals", Truth::False),
            ("ForAnyValue:StringEqualsIfExists", Truth::Unknown),
            ("NumericLessThan", Truth::False),
            ("NumericNotEquals", Truth::True),
            ("DateNotEquals", Truth::True),
            ("ArnNotLike", Truth::True),
            ("NotIpAddress", Truth::True),
            ("IpAddress", Truth::False),
            ("Bool", Truth::False),
            ("BoolIfExists", Truth::True),
        ] {
            assert_eq!(test(operator, &["1"]).holds(&missing), expected, "{operator}");
        }
    }

    #[test]
    fn a_key_that_is_missing_or_says_no_decides_where_both_agree() {
        struct Half;
        impl Keys for Half {
            fn key(&self, _: &str) -> KeyValue<'_> {
                KeyValue::AbsentOr("false".into())
            }
        }
        for (operator, value, expected) in [
            ("Bool", "true", Truth::False),
            ("Bool", "false", Truth::Depends),
            ("BoolIfExists", "true", Truth::Depends),
            ("BoolIfExists", "false", Truth::True),
            ("Null", "true", Truth::Depends),
            ("Null", "false", Truth::Depends),
        ] {
            assert_eq!(
                test(operator, &[value]).holds(&Half),
                expected,
                "{operator} {value}"
            );
        }
    }

    #[test]
    fn several_values_are_quantified() {
        let both = Context::new().with_values("k", ["a".into(), "b".into()]);
        for (operator, values, expected) in [
            ("ForAllValues:StringEquals", &["a", "b", "c"][..], true),
            ("ForAllValues:StringEquals", &["a", "c"], false),
            ("ForAnyValue:StringEquals", &["a", "c"], true),
            ("ForAnyValue:StringEquals", &["c"], false),
            ("ForAllValues:StringNotEquals", &["c"], true),
            ("ForAllValues:StringNotEquals", &["a"], false),
            ("ForAnyValue:StringNotEquals", &["a"], true),
            ("ForAnyValue:StringNotEquals", &["a", "b"], false),
        ] {
            assert_eq!(
                test(operator, values).holds(&both),
                expected.into(),
                "{operator} {values:?}"
            );
        }
    }

    #[test]
    fn negated_tests_need_no_value_of_the_policy_to_compare() {
        let one = Context::new().with("k", "a");
        assert_eq!(test("StringNotEquals", &["a", "b"]).holds(&one), Truth::False);
        assert_eq!(test("StringNotEquals", &["b", "c"]).holds(&one), Truth::True);
        assert_eq!(test("StringEquals", &["b", "a"]).holds(&one), Truth::True);
    }

    #[test]
    fn null_asks_for_presence() {
        let (present, missing) = (Context::new().with("k", "x"), Context::new().without("k"));
        assert_eq!(test("Null", &["true"]).holds(&missing), Truth::True);
        assert_eq!(test("Null", &["false"]).holds(&missing), Truth::False);
        assert_eq!(test("Null", &["true"]).holds(&present), Truth::False);
        assert_eq!(test("Null", &["false"]).holds(&present), Truth::True);
        assert_eq!(test("Null", &["false"]).holds(&Context::new()), Truth::Depends);
    }

    #[test]
    fn what_is_not_given_is_kept_as_a_condition() {
        let test = test("StringEquals", &["a", "b", "c", "d", "e"]);
        assert_eq!(test.holds(&Context::new()), Truth::Depends);
        assert_eq!(
            test.text(),
            r#"StringEquals `k` ["a", "b", "c", "d", and 1 more]"#
        );
    }
}
