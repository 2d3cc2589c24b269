//! `Template` and `Expr`: what ARM's JSON and Bicep both are before anything of them is evaluated.
//!
//! Operators of Bicep are calls of the functions that its compiler makes of them, so that one evaluator serves both.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use plumb_model::value::Text;

use super::types::Type;
use crate::place::Place;
use crate::val::Why;

/// An expression with its place.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    /// Where it stands.
    pub(super) place: Place,
    /// What it is.
    pub(super) form: Form,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(super) enum Form {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Text),
    /// Texts and expressions that make one text.
    Interpolated(Vec<Expr>),
    List(Vec<Item>),
    Map(Vec<Entry>),
    /// A symbol of Bicep, whatever it stands for.
    Name(Text),
    /// A call; `of` is the namespace or resource before the name.
    Call {
        of: Option<Box<Expr>>,
        name: Text,
        arguments: Vec<Expr>,
    },
    Member {
        of: Box<Expr>,
        name: Text,
        safe: Safe,
    },
    Index {
        of: Box<Expr>,
        index: Box<Expr>,
        safe: Safe,
    },
    /// A nested resource of Bicep: `of::name`.
    Nested {
        of: Box<Expr>,
        name: Text,
    },
    Lambda {
        parameters: Vec<Text>,
        body: Box<Expr>,
    },
    For(Box<For>),
    /// Could not be read; told already.
    Broken(Why),
}

/// Whether what is not there is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Safe {
    /// It is an error.
    No,
    /// It is null.
    Yes,
}

/// An item of a list.
#[derive(Clone, Debug)]
pub(super) enum Item {
    One(Expr),
    Spread(Expr),
}

/// An entry of an object.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Field(Field),
    Spread(Expr),
}

/// A field of an object.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) key: Expr,
    pub(super) value: Expr,
}

/// A loop that makes a list, or several resources.
#[derive(Clone, Debug)]
pub(super) struct For {
    /// What `copyIndex` calls it.
    pub(super) copy: Option<Text>,
    pub(super) item: Option<Text>,
    pub(super) index: Option<Text>,
    pub(super) over: Over,
    pub(super) body: Expr,
}

/// What a loop goes through.
#[derive(Clone, Debug)]
pub(super) enum Over {
    /// So many times.
    Count(Expr),
    /// The items of a list.
    Items(Expr),
}

/// A template, or a parameter file of Bicep.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    /// The path of the file it stands in.
    pub(super) path: Text,
    pub(super) level: Level,
    pub(super) parameters: BTreeMap<Text, Parameter>,
    pub(super) variables: BTreeMap<Text, Expr>,
    /// Functions of the template; those of JSON as `namespace.name`, in lower case.
    pub(super) functions: BTreeMap<Text, Function>,
    /// Types of the template's own.
    pub(super) types: BTreeMap<Text, Type>,
    /// What comes from other files, by the names that it has here.
    pub(super) imports: BTreeMap<Text, Import>,
    /// The names that other files may import.
    pub(super) exported: BTreeSet<Text>,
    pub(super) resources: Vec<Resource>,
    /// The numbers of resources by their symbols.
    pub(super) symbols: BTreeMap<Text, usize>,
    pub(super) outputs: BTreeMap<Text, Output>,
    /// The template that a parameter file of Bicep is for.
    pub(super) using: Option<Text>,
    /// The parameter file whose values hold where this one has none.
    pub(super) extends: Option<(Text, Place)>,
    /// Symbols of which the meaning was not read, and why.
    pub(super) unread: BTreeMap<Text, Why>,
}

/// What a template is deployed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Level {
    #[default]
    ResourceGroup,
    Subscription,
    ManagementGroup,
    Tenant,
}

/// A parameter.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) place: Place,
    pub(super) type_: Type,
    /// The default; a parameter that may be null has null.
    pub(super) default: Option<Expr>,
}

/// An output.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) value: Expr,
    pub(super) type_: Type,
}

/// A name of another file.
#[derive(Clone, Debug)]
pub(super) struct Import {
    /// The path of the file, from the folder of this one.
    pub(super) file: Text,
    /// Its name there; `None` for all names of the file.
    pub(super) name: Option<Text>,
    pub(super) place: Place,
}

/// A function that the template defines.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) parameters: Vec<Text>,
    pub(super) body: Expr,
}

/// A declared resource, module or deployment.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// Its number among all of the template, nested ones included.
    pub(super) number: usize,
    /// The number of the resource that it stands in.
    pub(super) parent: Option<usize>,
    pub(super) symbol: Option<Text>,
    /// The whole type, that of the parent included.
    pub(super) kind: Text,
    pub(super) standing: Standing,
    pub(super) condition: Option<Expr>,
    /// The loop that repeats it; its body is not used.
    pub(super) repeat: Option<For>,
    /// The fields as written.
    pub(super) fields: Vec<Entry>,
    /// A template of its own, where it has one.
    pub(super) module: Option<Module>,
    pub(super) children: Vec<Resource>,
    pub(super) head: Place,
    pub(super) whole: Place,
}

/// How a resource stands in its template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The template makes it.
    Declared,
    /// It is there already.
    Existing,
}

/// A template that a resource deploys.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) source: Source,
    /// An object of values; in JSON each is an object with `value`.
    pub(super) parameters: Option<Expr>,
    pub(super) shape: Shape,
}

/// How values are handed to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As they are.
    Plain,
    /// Each in an object with `value`.
    Wrapped,
}

/// Where a module's template is.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A path from the folder of the template, or a name in a registry.
    Path(Text, Place),
    /// An address that is evaluated.
    Link(Expr),
    /// In the resource itself; its expressions mean its own parameters.
    Inner(Rc<Template>),
    /// In the resource itself; its expressions mean those of the template around it.
    Outer(Rc<Template>),
    /// In a place that is not seen.
    Elsewhere(Why, Place),
}

impl Expr {
    pub(super) fn new(place: Place, form: Form) -> Self {
        Self { place, form }
    }

    pub(super) fn text(place: Place, text: impl Into<Text>) -> Self {
        Self::new(place, Form::Text(text.into()))
    }

    pub(super) fn call(place: Place, name: &str, arguments: Vec<Expr>) -> Self {
        let form = Form::Call {
            of: None,
            name: name.into(),
            arguments,
        };
        Self::new(place, form)
    }

    /// The text where it is written as such.
    pub(super) fn as_text(&self) -> Option<&Text> {
        if let Form::Text(text) = &self.form {
            Some(text)
        } else {
            None
        }
    }
}

impl Field {
    /// From the key to the end of the value.
    pub(super) fn place(&self) -> Place {
        let (key, value) = (self.key.place, self.value.place);
        if value.file == key.file && value.start >= key.end {
            Place {
                end: value.end,
                ..key
            }
        } else {
            key
        }
    }
}

/// The value of a field that is written with this name.
pub(super) fn field<'e>(entries: &'e [Entry], name: &str) -> Option<&'e Field> {
    entries.iter().find_map(|entry| match entry {
        Entry::Field(field)
            if field
                .key
                .as_text()
                .is_some_and(|key| key.eq_ignore_ascii_case(name)) =>
        {
            Some(field)
        }
        Entry::Field(_) | Entry::Spread(_) => None,
    })
}

impl Resource {
    /// A field of it.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        field(&self.fields, name)
    }
}

impl Template {
    /// The resource with a number; numbers go down into nested resources before they go on.
    pub(super) fn resource(&self, number: usize) -> Option<&Resource> {
        let mut among = self.resources.as_slice();
        loop {
            let after = among.partition_point(|resource| resource.number <= number);
            let found = among.get(after.checked_sub(1)?)?;
            if found.number == number {
                return Some(found);
            }
            among = &found.children;
        }
    }

    /// The resource with a symbol; of several the outermost.
    pub(super) fn named(&self, symbol: &str) -> Option<&Resource> {
        self.resource(*self.symbols.get(symbol)?)
    }

    /// The same with all its symbols known.
    pub(super) fn indexed(mut self) -> Self {
        let mut level: Vec<&Resource> = self.resources.iter().collect();
        while !level.is_empty() {
            for resource in &level {
                if let Some(symbol) = &resource.symbol {
                    self.symbols.entry(symbol.clone()).or_insert(resource.number);
                }
            }
            level = level.iter().flat_map(|resource| &resource.children).collect();
        }
        self
    }
}
