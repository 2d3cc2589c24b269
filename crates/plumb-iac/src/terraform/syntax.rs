//! The syntax tree of Terraform, as small as evaluation needs it; HCL and JSON syntax become the same tree.

use plumb_model::value::Text;

use crate::place::Place;

/// An expression with its place.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) place: Option<Place>,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(Text),
    List(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    Template(Vec<Part>),
    Variable(Text),
    Conditional(Box<[Expr; 3]>),
    Call(Box<Call>),
    /// Steps from a value.
    Traversal(Box<Expr>, Vec<Step>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(Operator, Box<[Expr; 2]>),
    For(Box<For>),
}

/// A call of a function.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// With namespaces, joined by `::`.
    pub(crate) name: Text,
    pub(crate) arguments: Vec<Expr>,
    /// Whether the last argument is a list of arguments.
    pub(crate) expands: bool,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Literal(Text),
    Value(Expr),
    If {
        condition: Expr,
        yes: Vec<Part>,
        no: Vec<Part>,
    },
    For {
        key: Option<Text>,
        value: Text,
        collection: Expr,
        body: Vec<Part>,
    },
}

/// A step into a value.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Key(Text),
    Index(Expr),
    /// `.*`: only attributes follow within each element; an index ends it.
    AttributeSplat,
    /// `[*]`: everything that follows is within each element.
    FullSplat,
}

/// A `for` expression.
#[derive(Clone, Debug)]
pub(crate) struct For {
    pub(crate) key: Option<Text>,
    pub(crate) value: Text,
    pub(crate) collection: Expr,
    /// The key of each entry when it makes an object.
    pub(crate) result_key: Option<Expr>,
    pub(crate) result: Expr,
    /// Whether values of one key are gathered in a list.
    pub(crate) groups: bool,
    pub(crate) condition: Option<Expr>,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
    And,
    Or,
}

/// The content of a file or a block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) blocks: Vec<Block>,
}

impl Body {
    /// The argument of that name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The blocks of that kind.
    pub(crate) fn blocks_of<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }
}

/// `name = value`.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Text,
    pub(crate) value: Expr,
    pub(crate) place: Place,
}

/// `kind "label" { … }`.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) kind: Text,
    pub(crate) labels: Vec<Text>,
    pub(crate) body: Body,
    /// Kind and labels.
    pub(crate) head: Place,
    pub(crate) whole: Place,
}
