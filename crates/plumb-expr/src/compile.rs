//! The compiler: from the syntax tree to the compiled form, checking types on the way.

mod calls;
mod macros;
mod operators;
mod paths;
mod resources;

use plumb_model::value::{Map, Text, Value};

use crate::node::{Base, Node, NodeKind};
use crate::problem::Problem;
use crate::program::Expected;
use crate::syntax::{Expr, Kind, Operator, Span};
use crate::types::{Declarations, Type};
use crate::uses::{Extent, Place, Use, Uses};

/// A compiled rule with what is known of it.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) root: Node,
    pub(crate) result: Type,
    pub(crate) uses: Vec<Use>,
}

/// Checks and compiles a syntax tree; reports every error it can tell apart.
pub(crate) fn compile(
    source: &str,
    expr: &Expr,
    declarations: &dyn Declarations,
    expected: Expected,
) -> Result<Compiled, Vec<Problem>> {
    let mut compiler = Compiler {
        source,
        declarations,
        problems: Vec::new(),
        locals: Vec::new(),
        uses: Uses::default(),
    };
    let lowered = match expected {
        Expected::Truth => {
            let lowered = compiler.truth(expr);
            if matches!(lowered.type_, Type::Null) {
                compiler
                    .problems
                    .push(Problem::new("the rule is always null", expr.span, "never true"));
            }
            lowered
        }
        Expected::Value => compiler.lower(expr),
    };
    compiler.uses.note(&lowered.places, Extent::Whole);
    if compiler.problems.is_empty() {
        Ok(Compiled {
            root: lowered.node,
            result: lowered.type_,
            uses: compiler.uses.finish(),
        })
    } else {
        Err(compiler.problems)
    }
}

struct Compiler<'s> {
    source: &'s str,
    declarations: &'s dyn Declarations,
    problems: Vec<Problem>,
    locals: Vec<Local>,
    uses: Uses,
}

/// A variable of a macro.
struct Local {
    name: Text,
    type_: Type,
    places: Vec<Place>,
}

/// A compiled sub-expression.
struct Lowered {
    node: Node,
    type_: Type,
    /// Where its value may come from, for the places that later steps read.
    places: Vec<Place>,
}

impl Lowered {
    /// A value that comes from no document.
    fn computed(kind: NodeKind, span: Span, type_: Type) -> Self {
        Self {
            node: Node { kind, span },
            type_,
            places: Vec::new(),
        }
    }

    fn constant(&self) -> Option<&Value> {
        match &self.node.kind {
            NodeKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    fn constant_text(&self) -> Option<&str> {
        self.constant().and_then(Value::as_str)
    }
}

impl Compiler<'_> {
    /// Notes an error and goes on with a value that causes no further ones.
    fn failed(&mut self, problem: Problem, span: Span) -> Lowered {
        self.problems.push(problem);
        Lowered::computed(NodeKind::Literal(Value::Null), span, Type::Any)
    }

    fn text(&self, span: Span) -> &str {
        span.text(self.source)
    }

    /// Compiles a sub-expression of which the whole value is read.
    fn read(&mut self, expr: &Expr) -> Lowered {
        let lowered = self.lower(expr);
        self.uses.note(&lowered.places, Extent::Whole);
        lowered
    }

    /// Compiles a sub-expression that is used as a truth value.
    fn truth(&mut self, expr: &Expr) -> Lowered {
        let lowered = self.read(expr);
        let accepted = lowered.type_.is_dynamic() || matches!(lowered.type_, Type::Bool | Type::Null);
        if !accepted {
            let written = self.text(expr.span);
            let help = match &lowered.type_ {
                Type::List(_) | Type::Map(_) => {
                    format!("to ask whether it has elements write `size({written}) > 0`")
                }
                Type::String => format!("compare it, for example `{written} != null`"),
                _ => "compare it with something".to_owned(),
            };
            let message = format!("`{}` is not a truth value", shortened(written));
            self.problems
                .push(Problem::new(message, expr.span, format!("this is {}", lowered.type_)).help(help));
        }
        lowered
    }

    fn lower(&mut self, expr: &Expr) -> Lowered {
        let span = expr.span;
        let literal = |value: Value, type_: Type| Lowered::computed(NodeKind::Literal(value), span, type_);
        match &expr.kind {
            Kind::Null => literal(Value::Null, Type::Null),
            Kind::Bool(bool) => literal(Value::Bool(*bool), Type::Bool),
            Kind::Int(int) => literal(Value::Int(*int), Type::Int),
            Kind::Double(double) => literal(Value::Float(*double), Type::Double),
            Kind::Text(text) => literal(Value::String(text.clone()), Type::String),
            Kind::Name(name) => self.name(name, span),
            Kind::Select { target, name } => self.select(target, name, span),
            Kind::Index { target, index } => self.index(target, index, span),
            Kind::Call {
                target,
                name,
                arguments,
            } => self.call(target.as_deref(), name, arguments, span),
            Kind::List(items) => self.list(items, span),
            Kind::Map(entries) => self.map(entries, span),
            Kind::Not(operand) => {
                let operand = Box::new(self.truth(operand).node);
                Lowered::computed(NodeKind::Not(operand), span, Type::Bool)
            }
            Kind::Negate(operand) => self.negate(operand, span),
            Kind::And(operands) => {
                let operands = operands.iter().map(|operand| self.truth(operand).node).collect();
                Lowered::computed(NodeKind::And(operands), span, Type::Bool)
            }
            Kind::Or(operands) => {
                let operands = operands.iter().map(|operand| self.truth(operand).node).collect();
                Lowered::computed(NodeKind::Or(operands), span, Type::Bool)
            }
            Kind::Binary {
                operator,
                left,
                right,
            } => match operator {
                Operator::In => self.contained(left, right, span),
                Operator::Equal | Operator::NotEqual => self.equality(*operator, left, right, span),
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                    self.order(*operator, left, right, span)
                }
                Operator::Add
                | Operator::Subtract
                | Operator::Multiply
                | Operator::Divide
                | Operator::Remainder => self.arithmetic(*operator, left, right, span),
            },
            Kind::Choose { condition, yes, no } => {
                let condition = Box::new(self.truth(condition).node);
                let (yes, no) = (self.lower(yes), self.lower(no));
                let mut places = yes.places;
                places.extend(
                    no.places
                        .into_iter()
                        .filter(|place| !places.contains(place))
                        .collect::<Vec<_>>(),
                );
                let (type_, yes, no) = (yes.type_.joined(&no.type_), Box::new(yes.node), Box::new(no.node));
                Lowered {
                    node: Node {
                        kind: NodeKind::Choose { condition, yes, no },
                        span,
                    },
                    type_,
                    places,
                }
            }
        }
    }

    fn list(&mut self, items: &[Expr], span: Span) -> Lowered {
        let lowered: Vec<Lowered> = items.iter().map(|item| self.lower(item)).collect();
        let element = joined_types(lowered.iter().map(|item| &item.type_));
        if let Some(values) = lowered
            .iter()
            .map(|item| item.constant().cloned())
            .collect::<Option<Vec<_>>>()
        {
            return Lowered::computed(NodeKind::Literal(Value::List(values)), span, element.list());
        }
        let mut places: Vec<Place> = Vec::new();
        let mut nodes = Vec::with_capacity(lowered.len());
        for item in lowered {
            for place in item.places {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            nodes.push(item.node);
        }
        Lowered {
            node: Node {
                kind: NodeKind::List(nodes),
                span,
            },
            type_: element.list(),
            places,
        }
    }

    fn map(&mut self, entries: &[(Expr, Expr)], span: Span) -> Lowered {
        let mut lowered = Vec::with_capacity(entries.len());
        for (key_expr, value_expr) in entries {
            let key = self.read(key_expr);
            if !key.type_.is_dynamic() && !matches!(key.type_, Type::String) {
                let label = format!("this is {}", key.type_);
                self.problems
                    .push(Problem::new("the keys of a map are text", key_expr.span, label));
            }
            lowered.push((key, self.read(value_expr)));
        }
        let type_ = joined_types(lowered.iter().map(|(_, value)| &value.type_)).map();
        let constant = |(key, value): &(Lowered, Lowered)| {
            Some((key.constant_text()?.into(), value.constant()?.clone()))
        };
        if let Some(map) = lowered.iter().map(constant).collect::<Option<Map>>() {
            return Lowered::computed(NodeKind::Literal(Value::Map(map)), span, type_);
        }
        let nodes = lowered
            .into_iter()
            .map(|(key, value)| (key.node, value.node))
            .collect();
        Lowered::computed(NodeKind::Map(nodes), span, type_)
    }
}

/// The type of a list's elements from the types of those that are written out.
fn joined_types<'a>(mut types: impl Iterator<Item = &'a Type>) -> Type {
    let Some(first) = types.next() else {
        return Type::Any;
    };
    types.fold(first.clone(), Type::joined)
}

/// Source text cut to a length that fits a message.
fn shortened(written: &str) -> String {
    let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// A path that is only its base.
fn base_path(base: Base, span: Span) -> NodeKind {
    NodeKind::Path {
        base,
        base_span: span,
        steps: Vec::new(),
    }
}
