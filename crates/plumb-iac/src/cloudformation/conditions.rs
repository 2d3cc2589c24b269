//! Conditions by three-valued logic.

use super::evaluate::Spot;
use super::instance::Instance;
use super::scalar;
use super::tree::{Content, Node};
use crate::either::either;
use crate::place::Place;
use crate::val::{Kind, Val, Why};
use crate::work::Memo;

/// What is known of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Truth {
    True,
    False,
    Unknown(Why),
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

impl Instance<'_, '_> {
    /// What is known of the condition with a name that stands at `place`.
    pub(super) fn condition(&self, name: &str, place: Place) -> Truth {
        let unknown = |why: String, help| {
            self.work.error(place, why.clone(), help);
            Truth::Unknown(why.into())
        };
        match self.truths.borrow().get(name) {
            Some(Memo::Done(truth)) => return truth.clone(),
            Some(Memo::Running) => {
                return unknown(format!("condition `{name}` depends on itself"), "break the cycle");
            }
            None => {}
        }
        let Some(declared) = self.conditions.get(name) else {
            return unknown(
                format!("there is no condition `{name}`"),
                "it is taken as unknown",
            );
        };
        self.truths.borrow_mut().insert(name.into(), Memo::Running);
        let truth = match self.truth(&declared.value) {
            Truth::Unknown(why) => Truth::Unknown(format!("condition `{name}` is not known: {why}").into()),
            truth @ (Truth::True | Truth::False) => truth,
        };
        self.truths
            .borrow_mut()
            .insert(name.into(), Memo::Done(truth.clone()));
        truth
    }

    /// What is known of an expression of conditions.
    pub(super) fn truth(&self, node: &Node) -> Truth {
        if let Err(why) = self.work.enter(node.place) {
            return Truth::Unknown(why);
        }
        let truth = self.entered_truth(node);
        self.work.leave();
        truth
    }

    /// `Fn::If`.
    pub(super) fn choice(&self, argument: &Node, spot: Spot) -> Val {
        let Some([condition, then, otherwise]) = argument.items() else {
            return self.wrong(argument.place, "`Fn::If` takes a condition and two values");
        };
        let truth = match condition.text() {
            Some(name) => self.condition(name, condition.place),
            None => self.truth(condition),
        };
        match truth {
            Truth::True => self.evaluate(then, spot),
            Truth::False => self.evaluate(otherwise, spot),
            Truth::Unknown(why) => {
                let value = either(self.evaluate(then, spot), self.evaluate(otherwise, spot), &why);
                value.or_placed(Some(argument.place))
            }
        }
    }

    fn entered_truth(&self, node: &Node) -> Truth {
        let [entry] = node.entries().unwrap_or_default() else {
            return match &node.content {
                Content::Unreadable(why) => Truth::Unknown(why.clone()),
                Content::Plain(_) | Content::Quoted(_) | Content::List(_) | Content::Map(_) => {
                    self.truth_of(&self.evaluate(node, Spot::DECISION), node)
                }
            };
        };
        let operands = entry.value.items().unwrap_or_default();
        match entry.key.as_str() {
            "Condition" => match entry.value.text() {
                Some(name) => self.condition(name, entry.value.place),
                None => self.not_a_condition(node),
            },
            "Fn::And" | "Fn::Or" if operands.is_empty() => self.not_a_condition(node),
            "Fn::And" => self.decided(operands, &Truth::False, Truth::True),
            "Fn::Or" => self.decided(operands, &Truth::True, Truth::False),
            "Fn::Not" => match operands {
                [only] => match self.truth(only) {
                    Truth::True => Truth::False,
                    Truth::False => Truth::True,
                    unknown @ Truth::Unknown(_) => unknown,
                },
                _ => self.not_a_condition(node),
            },
            "Fn::Equals" => match operands {
                [left, right] => self.equals(left, right),
                _ => self.not_a_condition(node),
            },
            _ => self.truth_of(&self.evaluate(node, Spot::DECISION), node),
        }
    }

    /// `deciding` when any operand is it, else unknown when any is, else `otherwise`.
    fn decided(&self, operands: &[Node], deciding: &Truth, otherwise: Truth) -> Truth {
        let mut result = otherwise;
        for operand in operands {
            match self.truth(operand) {
                truth if truth == *deciding => return truth,
                unknown @ Truth::Unknown(_) => {
                    if !matches!(result, Truth::Unknown(_)) {
                        result = unknown;
                    }
                }
                Truth::True | Truth::False => {}
            }
        }
        result
    }

    fn equals(&self, left: &Node, right: &Node) -> Truth {
        // Scalars are compared as they are written: `1.0` is not `1`.
        if let (Some(left), Some(right)) = (left.text(), right.text()) {
            return (left == right).into();
        }
        let values = [left, right].map(|node| {
            (
                node.text().map(ToString::to_string),
                self.evaluate(node, Spot::DECISION),
            )
        });
        let [(left_text, left), (right_text, right)] = values;
        if let Some(why) = left.why_partly_unknown().or_else(|| right.why_partly_unknown()) {
            return Truth::Unknown(why.clone());
        }
        let text = |written: Option<String>, value: &Val| written.or_else(|| scalar::text_of(value));
        match (text(left_text, &left), text(right_text, &right)) {
            (Some(left), Some(right)) => (left == right).into(),
            (None, None) => same(&left, &right).into(),
            (Some(_), None) | (None, Some(_)) => Truth::False,
        }
    }

    fn truth_of(&self, value: &Val, node: &Node) -> Truth {
        match &value.kind {
            Kind::Bool(truth) => (*truth).into(),
            Kind::String(text) if text == "true" => Truth::True,
            Kind::String(text) if text == "false" => Truth::False,
            Kind::Unknown(why) => Truth::Unknown(why.clone()),
            Kind::Null
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_) => self.not_a_condition(node),
        }
    }

    fn not_a_condition(&self, node: &Node) -> Truth {
        let message = "this is no condition";
        let help = "use `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`; it is taken as unknown";
        self.work.error(node.place, message, help);
        Truth::Unknown(message.into())
    }
}

/// Whether two known values are the same, wherever they were written.
fn same(a: &Val, b: &Val) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::List(left), Kind::List(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(a, b)| same(a, b))
        }
        (Kind::Map(left), Kind::Map(right)) => {
            let keys = left.entries.keys().eq(right.entries.keys());
            keys && left
                .entries
                .values()
                .zip(right.entries.values())
                .all(|(a, b)| same(a, b))
        }
        (left, right) => {
            left == right || scalar::text_of(a).is_some_and(|text| Some(text) == scalar::text_of(b))
        }
    }
}
