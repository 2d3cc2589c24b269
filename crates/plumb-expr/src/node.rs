//! The compiled form of a rule: names resolved, functions chosen, constants folded.

use jiff::{SignedDuration, Timestamp};
use plumb_model::value::{Text, Value};
use regex::Regex;

use crate::function::Function;
use crate::syntax::Span;

/// A compiled expression with its place in the source text.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) span: Span,
}

/// What a compiled expression does.
#[derive(Debug)]
pub(crate) enum NodeKind {
    Literal(Value),
    Moment(Timestamp),
    Length(SignedDuration),
    Now,
    /// Keys and constant indices from a base.
    Path {
        base: Base,
        base_span: Span,
        steps: Vec<Step>,
    },
    Index {
        target: Box<Node>,
        index: Box<Node>,
    },
    /// Reads the value as the schema means it.
    Coerce {
        coercion: Coercion,
        inner: Box<Node>,
    },
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare {
        comparison: Comparison,
        left: Box<Node>,
        right: Box<Node>,
    },
    In {
        item: Box<Node>,
        collection: Box<Node>,
    },
    Arithmetic {
        arithmetic: Arithmetic,
        left: Box<Node>,
        right: Box<Node>,
    },
    Choose {
        condition: Box<Node>,
        yes: Box<Node>,
        no: Box<Node>,
    },
    Call {
        function: Function,
        arguments: Vec<Node>,
    },
    Matches {
        text: Box<Node>,
        regex: Box<Regex>,
    },
    Inventory(Text),
    RegionalInventory {
        resource_type: Text,
        region: Box<Node>,
    },
    Related {
        resource: Box<Node>,
        resource_type: Text,
    },
    Exposure {
        resource: Box<Node>,
    },
    Fold(Box<Fold>),
}

/// Where a path begins.
#[derive(Debug)]
pub(crate) enum Base {
    Resource,
    Account,
    Params,
    /// A variable of a macro, counted from the outermost.
    Local(usize),
    Node(Box<Node>),
}

/// One step of a path.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) kind: StepKind,
    /// The source text of the path up to and including this step.
    pub(crate) span: Span,
}

/// How a step goes on.
#[derive(Debug)]
pub(crate) enum StepKind {
    Key(Text),
    Index(i64),
    /// The number of elements of a list or characters of text; the key `length` of a map.
    Length,
}

/// How text or a number from a document is read where the schema knows better.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Coercion {
    /// Text becomes a point in time; null when malformed.
    Timestamp,
    /// A whole number becomes a floating point number.
    Double,
}

/// An operator that compares two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operator that computes a value from two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A macro: an expression evaluated for each element of a collection.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) kind: FoldKind,
    pub(crate) collection: Node,
    /// The slots of its variables; the second is the key's or index's companion.
    pub(crate) variables: Variables,
    /// The condition; absent for `map` with two arguments.
    pub(crate) condition: Option<Node>,
    /// What `map` makes of each element.
    pub(crate) transform: Option<Node>,
}

/// What a macro's variables hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variables {
    /// The element of a list, or the key of a map.
    One,
    /// Index and element of a list, or key and value of a map.
    Two,
}

/// Which macro it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}
