//! The syntax tree of a rule, as written, before types are known.

use std::ops::Range;

use plumb_model::value::Text;

/// How deeply a rule may nest.
pub(crate) const MAX_DEPTH: u16 = 64;

/// How long the source text of a rule may be, in bytes.
pub(crate) const MAX_SOURCE: usize = 16 * 1024;

/// A byte range of the source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// The smallest span that holds both.
    pub(crate) fn to(self, end: Span) -> Span {
        Span {
            start: self.start,
            end: end.end,
        }
    }

    /// The span for callers outside the crate.
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The text it covers; empty when it does not fit the source.
    pub(crate) fn text(self, source: &str) -> &str {
        source.get(self.range()).unwrap_or_default()
    }
}

/// An expression with its place.
///
/// Two expressions are equal when they mean the same tree, wherever they stand.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    /// From the first to the last byte, including parentheses around the first and last operand.
    pub(crate) span: Span,
    /// The height of the tree below, this node included.
    pub(crate) height: u16,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Expr {
    /// Makes an expression and measures its height.
    pub(crate) fn new(kind: Kind, span: Span) -> Self {
        let mut height = 0;
        kind.for_each_child(|child| height = height.max(child.height));
        Self {
            kind,
            span,
            height: height + 1,
        }
    }
}

/// A name with its place.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: Text,
    pub(crate) span: Span,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Text),
    Name(Text),
    Select {
        target: Box<Expr>,
        name: Name,
    },
    Index {
        target: Box<Expr>,
        index: Box<Expr>,
    },
    Call {
        target: Option<Box<Expr>>,
        name: Name,
        arguments: Vec<Expr>,
    },
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// A chain of at least two operands.
    And(Vec<Expr>),
    /// A chain of at least two operands.
    Or(Vec<Expr>),
    Binary {
        operator: Operator,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Choose {
        condition: Box<Expr>,
        yes: Box<Expr>,
        no: Box<Expr>,
    },
}

impl Kind {
    fn for_each_child(&self, mut visit: impl FnMut(&Expr)) {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Double(_) | Self::Text(_) | Self::Name(_) => {}
            Self::Select { target, .. } => visit(target),
            Self::Index { target, index } => {
                visit(target);
                visit(index);
            }
            Self::Call {
                target, arguments, ..
            } => {
                target.iter().for_each(|target| visit(target));
                arguments.iter().for_each(visit);
            }
            Self::List(items) | Self::And(items) | Self::Or(items) => items.iter().for_each(visit),
            Self::Map(entries) => entries.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            Self::Not(operand) | Self::Negate(operand) => visit(operand),
            Self::Binary { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Self::Choose { condition, yes, no } => {
                visit(condition);
                visit(yes);
                visit(no);
            }
        }
    }
}

/// An operator between two operands, other than the logical ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    /// As it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// How tightly it binds; all operators are left-associative.
    pub(crate) fn binding(self) -> u8 {
        match self {
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::In => 1,
            Self::Add | Self::Subtract => 2,
            Self::Multiply | Self::Divide | Self::Remainder => 3,
        }
    }
}
