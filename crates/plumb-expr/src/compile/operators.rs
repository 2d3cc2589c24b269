//! Operators between values.

use super::{Compiler, Lowered, shortened};
use crate::node::{Arithmetic, Comparison, NodeKind};
use crate::problem::Problem;
use crate::syntax::{Expr, Operator, Span};
use crate::types::Type;
use crate::uses::Extent;

impl Compiler<'_> {
    pub(super) fn equality(&mut self, operator: Operator, left: &Expr, right: &Expr, span: Span) -> Lowered {
        let (left_expr, right_expr) = (left, right);
        let (left, right) = (self.lower(left), self.lower(right));
        let is_null =
            |side: &Lowered| matches!(side.node.kind, NodeKind::Literal(plumb_model::value::Value::Null));
        let extent = if is_null(&left) || is_null(&right) {
            Extent::Presence
        } else {
            Extent::Whole
        };
        self.uses.note(&left.places, extent);
        self.uses.note(&right.places, extent);
        if !left.type_.is_comparable(&right.type_) {
            let problem = Problem::new(
                format!("{} and {} are never equal", left.type_, right.type_),
                span,
                format!("compares {} with {}", left.type_, right.type_),
            )
            .maybe_help(conversion_help(
                (&left.type_, self.text(left_expr.span)),
                (&right.type_, self.text(right_expr.span)),
            ));
            return self.failed(problem, span);
        }
        let comparison = if operator == Operator::Equal {
            Comparison::Equal
        } else {
            Comparison::NotEqual
        };
        compare(comparison, left, right, span)
    }

    pub(super) fn order(&mut self, operator: Operator, left: &Expr, right: &Expr, span: Span) -> Lowered {
        let (left_expr, right_expr) = (left, right);
        let (left, right) = (self.read(left), self.read(right));
        if !left.type_.is_ordered_with(&right.type_) {
            let mut problem = Problem::new(
                format!(
                    "`{}` cannot compare {} with {}",
                    operator.symbol(),
                    left.type_,
                    right.type_
                ),
                span,
                format!("{} and {}", left.type_, right.type_),
            )
            .maybe_help(conversion_help(
                (&left.type_, self.text(left_expr.span)),
                (&right.type_, self.text(right_expr.span)),
            ));
            for (type_, expr) in [(&left.type_, left_expr), (&right.type_, right_expr)] {
                if matches!(type_, Type::List(_) | Type::Map(_)) {
                    problem = problem.help(format!(
                        "compare its size: `size({})`",
                        shortened(self.text(expr.span))
                    ));
                }
                if matches!(type_, Type::Null) {
                    problem = problem.help("compared with null it is always false; ask `!= null` instead");
                }
            }
            return self.failed(problem, span);
        }
        let comparison = match operator {
            Operator::Less => Comparison::Less,
            Operator::LessOrEqual => Comparison::LessOrEqual,
            Operator::Greater => Comparison::Greater,
            _ => Comparison::GreaterOrEqual,
        };
        compare(comparison, left, right, span)
    }

    pub(super) fn contained(&mut self, item: &Expr, collection: &Expr, span: Span) -> Lowered {
        let collection_span = collection.span;
        let (item, collection) = (self.read(item), self.read(collection));
        let problem = match &collection.type_ {
            Type::Any | Type::Json | Type::Null => None,
            Type::List(element) if item.type_.is_comparable(element) => None,
            Type::List(element) => Some(Problem::new(
                format!("{} is never in a list of {element}", item.type_),
                span,
                format!("looks for {} in {}", item.type_, collection.type_),
            )),
            Type::Map(_) | Type::Object(_) if item.type_.is_comparable(&Type::String) => None,
            Type::Map(_) | Type::Object(_) => Some(Problem::new(
                "the keys of a map are text",
                span,
                format!("looks for {}", item.type_),
            )),
            Type::String => Some(
                Problem::new(
                    "`in` looks into a list or a map",
                    collection_span,
                    "this is string",
                )
                .help("to look into text write `text.contains(part)`"),
            ),
            other @ (Type::Bool | Type::Int | Type::Double | Type::Timestamp | Type::Duration) => {
                Some(Problem::new(
                    "`in` looks into a list or a map",
                    collection_span,
                    format!("this is {other}"),
                ))
            }
        };
        if let Some(problem) = problem {
            return self.failed(problem, span);
        }
        let kind = NodeKind::In {
            item: Box::new(item.node),
            collection: Box::new(collection.node),
        };
        Lowered::computed(kind, span, Type::Bool)
    }

    pub(super) fn arithmetic(
        &mut self,
        operator: Operator,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Lowered {
        let (left, right) = (self.lower(left), self.lower(right));
        let arithmetic = match operator {
            Operator::Add => Arithmetic::Add,
            Operator::Subtract => Arithmetic::Subtract,
            Operator::Multiply => Arithmetic::Multiply,
            Operator::Divide => Arithmetic::Divide,
            _ => Arithmetic::Remainder,
        };
        let Some(type_) = arithmetic_type(arithmetic, &left.type_, &right.type_) else {
            let message = format!(
                "`{}` does not take {} and {}",
                operator.symbol(),
                left.type_,
                right.type_
            );
            let mut problem = Problem::new(message, span, format!("{} and {}", left.type_, right.type_));
            if matches!(left.type_, Type::String) || matches!(right.type_, Type::String) {
                problem = problem.help("turn the other side into text with `string(…)`");
            }
            return self.failed(problem, span);
        };
        let mut places = Vec::new();
        if matches!(type_, Type::List(_) | Type::Any) {
            places.extend(left.places);
            places.extend(right.places);
        } else {
            self.uses.note(&left.places, Extent::Whole);
            self.uses.note(&right.places, Extent::Whole);
        }
        let kind = NodeKind::Arithmetic {
            arithmetic,
            left: Box::new(left.node),
            right: Box::new(right.node),
        };
        Lowered {
            places,
            ..Lowered::computed(kind, span, type_)
        }
    }

    pub(super) fn negate(&mut self, operand: &Expr, span: Span) -> Lowered {
        let operand = self.read(operand);
        let type_ = match &operand.type_ {
            Type::Int => Type::Int,
            Type::Double => Type::Double,
            Type::Any | Type::Json | Type::Null => Type::Any,
            other => {
                let problem = Problem::new(
                    format!("`-` does not take {other}"),
                    span,
                    format!("this is {other}"),
                );
                return self.failed(problem, span);
            }
        };
        Lowered::computed(NodeKind::Negate(Box::new(operand.node)), span, type_)
    }
}

fn compare(comparison: Comparison, left: Lowered, right: Lowered, span: Span) -> Lowered {
    let (left, right) = (Box::new(left.node), Box::new(right.node));
    Lowered::computed(
        NodeKind::Compare {
            comparison,
            left,
            right,
        },
        span,
        Type::Bool,
    )
}

fn arithmetic_type(arithmetic: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
    let numbers = match (left, right) {
        (Type::Int, Type::Int) => Some(Type::Int),
        (Type::Int | Type::Double, Type::Int | Type::Double) => Some(Type::Double),
        (Type::Any | Type::Json | Type::Null, _) | (_, Type::Any | Type::Json | Type::Null) => {
            return Some(Type::Any);
        }
        _ => None,
    };
    match arithmetic {
        Arithmetic::Add => numbers.or_else(|| match (left, right) {
            (Type::String, Type::String) => Some(Type::String),
            (Type::List(a), Type::List(b)) => Some(Type::clone(a).joined(b).list()),
            (Type::Timestamp, Type::Duration) | (Type::Duration, Type::Timestamp) => Some(Type::Timestamp),
            (Type::Duration, Type::Duration) => Some(Type::Duration),
            _ => None,
        }),
        Arithmetic::Subtract => numbers.or(match (left, right) {
            (Type::Timestamp, Type::Timestamp) | (Type::Duration, Type::Duration) => Some(Type::Duration),
            (Type::Timestamp, Type::Duration) => Some(Type::Timestamp),
            _ => None,
        }),
        Arithmetic::Multiply | Arithmetic::Divide => numbers,
        Arithmetic::Remainder => numbers.filter(|type_| matches!(type_, Type::Int)),
    }
}

/// How one side can be turned into the type of the other.
fn conversion_help(left: (&Type, &str), right: (&Type, &str)) -> Option<String> {
    let ((left_type, left_text), (right_type, right_text)) = (left, right);
    let advise = |function: &str, written: &str| Some(format!("write `{function}({})`", shortened(written)));
    match (left_type, right_type) {
        (Type::Timestamp, Type::String) => advise("timestamp", right_text),
        (Type::String, Type::Timestamp) => advise("timestamp", left_text),
        (Type::Duration, Type::String) => advise("duration", right_text),
        (Type::String, Type::Duration) => advise("duration", left_text),
        (Type::Duration, Type::Int) => advise("days", right_text),
        (Type::Int, Type::Duration) => advise("days", left_text),
        (Type::Int | Type::Double, Type::String) => advise("int", right_text),
        (Type::String, Type::Int | Type::Double) => advise("int", left_text),
        (Type::Bool, Type::String) if matches!(right_text.trim_matches(['"', '\'']), "true" | "false") => {
            Some("write `true` and `false` without quotes".to_owned())
        }
        (Type::List(_), _) => Some("to look for an element write `x in list`".to_owned()),
        _ => None,
    }
}
