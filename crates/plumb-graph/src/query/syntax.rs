//! The syntax tree of a query, as written.

use std::ops::Range;

use plumb_model::value::Text;

/// The longest query in bytes.
pub(crate) const MAX_SOURCE: usize = 16 * 1024;
/// How deeply expressions may nest.
pub(crate) const MAX_DEPTH: usize = 64;
/// How many nodes and relationships the patterns of a query may have together.
pub(crate) const MAX_ELEMENTS: usize = 64;
/// How many hops a relationship of variable length may have.
pub(crate) const MAX_HOPS: u64 = 10;

/// A name and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name {
    pub(crate) text: Text,
    pub(crate) span: Range<usize>,
}

/// A whole query.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) matches: Vec<Match>,
    pub(crate) result: Result,
}

/// `MATCH … WHERE …`.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) condition: Option<Expr>,
}

/// `RETURN … ORDER BY … SKIP … LIMIT …`.
#[derive(Debug)]
pub(crate) struct Result {
    pub(crate) repeats: Repeats,
    pub(crate) items: Vec<Item>,
    pub(crate) order: Vec<Order>,
    pub(crate) skip: u64,
    pub(crate) limit: Option<u64>,
}

/// Whether equal rows or values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeats {
    Kept,
    /// `DISTINCT`.
    Dropped,
}

/// One column.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) expr: Expr,
    pub(crate) alias: Option<Name>,
}

/// One key of `ORDER BY`.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) expr: Expr,
    pub(crate) ranking: Ranking,
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ranking {
    Ascending,
    Descending,
}

/// Nodes with relationships between them.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// `p = …`.
    pub(crate) path: Option<Name>,
    pub(crate) first: NodePattern,
    pub(crate) rest: Vec<(HopPattern, NodePattern)>,
}

/// `(name:label {property: value})`.
#[derive(Debug)]
pub(crate) struct NodePattern {
    pub(crate) name: Option<Name>,
    /// All of these must hold; each is a list of labels of which one suffices.
    pub(crate) labels: Vec<Vec<Name>>,
    pub(crate) properties: Vec<(Name, Expr)>,
}

/// `-[name:type*1..3 {property: value}]->`.
#[derive(Debug)]
pub(crate) struct HopPattern {
    pub(crate) name: Option<Name>,
    /// One suffices; none means any.
    pub(crate) types: Vec<Name>,
    pub(crate) properties: Vec<(Name, Expr)>,
    pub(crate) direction: Direction,
    /// The fewest and the most hops where there is a `*`.
    pub(crate) length: Option<(u64, u64)>,
}

/// Where a relationship points, as written from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Right,
    Left,
    Either,
}

impl Direction {
    /// The direction seen from the other end.
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Right => Self::Left,
            Self::Left => Self::Right,
            Self::Either => Self::Either,
        }
    }
}

/// An expression and its place.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

/// What an expression is.
#[derive(Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Text(Text),
    List(Vec<Expr>),
    Name(Text),
    Property(Name, Name),
    Not(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    IsNull(Box<Expr>),
    Call(Call),
}

/// `name(arguments)`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: Name,
    pub(crate) repeats: Repeats,
    pub(crate) arguments: Arguments,
}

/// What stands between the parentheses of a call.
#[derive(Debug)]
pub(crate) enum Arguments {
    Star,
    List(Vec<Expr>),
}

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    And,
    Or,
    Xor,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    StartsWith,
    EndsWith,
    Contains,
}
