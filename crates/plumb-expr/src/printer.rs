//! The printer: from the syntax tree back to source text that parses to the same tree.

use crate::syntax::{Expr, Kind};

/// The source text of an expression, with the fewest parentheses.
pub(crate) fn print(expr: &Expr) -> String {
    let mut text = String::new();
    write(&mut text, expr, Level::Choose);
    text
}

/// How tightly a place holds what stands in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Choose,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Unary,
    Member,
}

impl Level {
    fn of(expr: &Expr) -> Self {
        match &expr.kind {
            Kind::Choose { .. } => Self::Choose,
            Kind::Or(_) => Self::Or,
            Kind::And(_) => Self::And,
            Kind::Binary { operator, .. } => Self::of_binding(operator.binding()),
            Kind::Not(_) | Kind::Negate(_) => Self::Unary,
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Double(_)
            | Kind::Text(_)
            | Kind::Name(_)
            | Kind::Select { .. }
            | Kind::Index { .. }
            | Kind::Call { .. }
            | Kind::List(_)
            | Kind::Map(_) => Self::Member,
        }
    }

    fn of_binding(binding: u8) -> Self {
        match binding {
            0 | 1 => Self::Relation,
            2 => Self::Sum,
            3 => Self::Product,
            _ => Self::Unary,
        }
    }
}

/// Writes `expr` for a place that needs at least `level`, in parentheses when it binds more loosely.
fn write(text: &mut String, expr: &Expr, level: Level) {
    if Level::of(expr) < level {
        text.push('(');
        write(text, expr, Level::Choose);
        text.push(')');
        return;
    }
    match &expr.kind {
        Kind::Null => text.push_str("null"),
        Kind::Bool(bool) => text.push_str(if *bool { "true" } else { "false" }),
        Kind::Int(int) => text.push_str(&int.to_string()),
        Kind::Double(double) => text.push_str(&format!("{double:?}")),
        Kind::Text(content) => write_text(text, content),
        Kind::Name(name) => text.push_str(name),
        Kind::Select { target, name } => {
            write(text, target, Level::Member);
            text.push('.');
            text.push_str(&name.text);
        }
        Kind::Index { target, index } => {
            write(text, target, Level::Member);
            text.push('[');
            write(text, index, Level::Choose);
            text.push(']');
        }
        Kind::Call {
            target,
            name,
            arguments,
        } => {
            if let Some(target) = target {
                write(text, target, Level::Member);
                text.push('.');
            }
            text.push_str(&name.text);
            text.push('(');
            write_items(text, arguments, ", ", Level::Choose);
            text.push(')');
        }
        Kind::List(items) => {
            text.push('[');
            write_items(text, items, ", ", Level::Choose);
            text.push(']');
        }
        Kind::Map(entries) => {
            text.push('{');
            for (position, (key, value)) in entries.iter().enumerate() {
                text.push_str(if position == 0 { "" } else { ", " });
                write(text, key, Level::Choose);
                text.push_str(": ");
                write(text, value, Level::Choose);
            }
            text.push('}');
        }
        Kind::Not(operand) => {
            text.push('!');
            write(text, operand, Level::Unary);
        }
        Kind::Negate(operand) => {
            text.push('-');
            // A number right after the minus would take it as its sign.
            let begins_with_digit = print(operand).starts_with(|c: char| c.is_ascii_digit());
            if begins_with_digit {
                text.push('(');
                write(text, operand, Level::Choose);
                text.push(')');
            } else {
                write(text, operand, Level::Unary);
            }
        }
        Kind::And(operands) => write_items(text, operands, " && ", Level::Relation),
        Kind::Or(operands) => write_items(text, operands, " || ", Level::And),
        Kind::Binary {
            operator,
            left,
            right,
        } => {
            write(text, left, Level::of_binding(operator.binding()));
            text.push(' ');
            text.push_str(operator.symbol());
            text.push(' ');
            write(text, right, Level::of_binding(operator.binding() + 1));
        }
        Kind::Choose { condition, yes, no } => {
            write(text, condition, Level::Or);
            text.push_str(" ? ");
            write(text, yes, Level::Choose);
            text.push_str(" : ");
            write(text, no, Level::Choose);
        }
    }
}

fn write_items(text: &mut String, items: &[Expr], separator: &str, level: Level) {
    for (position, item) in items.iter().enumerate() {
        text.push_str(if position == 0 { "" } else { separator });
        write(text, item, level);
    }
}

fn write_text(text: &mut String, content: &str) {
    text.push('"');
    for character in content.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            control if control.is_control() => text.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use plumb_model::value::Text;
    use proptest::prelude::*;

    use super::*;
    use crate::parser::parse;
    use crate::syntax::{Name, Operator, Span};

    fn expr(kind: Kind) -> Expr {
        Expr::new(kind, Span { start: 0, end: 0 })
    }

    fn name() -> impl Strategy<Value = Name> {
        "[a-z_][a-zA-Z0-9_]{0,5}"
            .prop_filter("reserved", |word| !crate::parser::is_reserved(word))
            .prop_map(|text| Name {
                text: text.into(),
                span: Span { start: 0, end: 0 },
            })
    }

    fn operator() -> impl Strategy<Value = Operator> {
        prop::sample::select(vec![
            Operator::Equal,
            Operator::NotEqual,
            Operator::Less,
            Operator::LessOrEqual,
            Operator::Greater,
            Operator::GreaterOrEqual,
            Operator::In,
            Operator::Add,
            Operator::Subtract,
            Operator::Multiply,
            Operator::Divide,
            Operator::Remainder,
        ])
    }

    fn tree() -> impl Strategy<Value = Expr> {
        let leaf = prop_oneof![
            Just(Kind::Null),
            any::<bool>().prop_map(Kind::Bool),
            any::<i64>().prop_map(Kind::Int),
            any::<f64>()
                .prop_filter("finite", |double| double.is_finite())
                .prop_map(Kind::Double),
            any::<String>().prop_map(|text| Kind::Text(Text::from(text))),
            name().prop_map(|name| Kind::Name(name.text)),
        ]
        .prop_map(expr);
        leaf.prop_recursive(6, 60, 4, |inner| {
            let boxed = inner.clone().prop_map(Box::new);
            let chain = prop::collection::vec(inner.clone(), 2..4);
            let items = prop::collection::vec(inner.clone(), 0..4);
            let entries = prop::collection::vec((inner.clone(), inner.clone()), 0..3);
            prop_oneof![
                (boxed.clone(), name()).prop_map(|(target, name)| Kind::Select { target, name }),
                (boxed.clone(), boxed.clone()).prop_map(|(target, index)| Kind::Index { target, index }),
                (prop::option::of(boxed.clone()), name(), items.clone()).prop_map(
                    |(target, name, arguments)| Kind::Call {
                        target,
                        name,
                        arguments
                    }
                ),
                items.prop_map(Kind::List),
                entries.prop_map(Kind::Map),
                boxed.clone().prop_map(Kind::Not),
                boxed.clone().prop_map(Kind::Negate),
                chain.clone().prop_map(Kind::And),
                chain.prop_map(Kind::Or),
                (operator(), boxed.clone(), boxed.clone()).prop_map(|(operator, left, right)| Kind::Binary {
                    operator,
                    left,
                    right
                }),
                (boxed.clone(), boxed.clone(), boxed).prop_map(|(condition, yes, no)| Kind::Choose {
                    condition,
                    yes,
                    no
                }),
            ]
            .prop_map(expr)
        })
    }

    proptest! {
        #[test]
        fn printed_tree_parses_to_itself(tree in tree()) {
            let text = print(&tree);
            prop_assert_eq!(parse(&text), Ok(tree), "{}", text);
        }

        #[test]
        fn any_text_parses_or_is_refused(source in any::<String>()) {
            let _ = parse(&source);
        }

        #[test]
        fn any_mix_of_words_parses_or_is_refused(words in prop::collection::vec(prop::sample::select(vec![
            "a", ".", "(", ")", "[", "]", "{", "}", "NOT", "AND", "||", "!", "-", "1", "2.5", "'x'", "in", "==", "?",
            ":", ",", "exists", "null", "// c\n", "\"", "\\",
        ]), 0..40)) {
            let _ = parse(&words.join(" "));
        }
    }
}
