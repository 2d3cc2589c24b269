//! `Type`: what a parameter or an output takes, as far as values are checked and hidden by it.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/bicep/data-types> and
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/definitions>.

use std::sync::Arc;

use plumb_model::value::Text;

use crate::val::{Fields, Kind, Val};

/// How deeply types are followed into each other; a type may hold itself.
const MAX_DEPTH: usize = 24;

/// A type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Type {
    /// Whatever it is, nothing is known of it.
    #[default]
    Any,
    Text,
    Int,
    Bool,
    Null,
    /// A value that is written out.
    Literal(Kind),
    List(Box<Type>),
    /// A list whose items have types of their own.
    Tuple(Vec<Type>),
    Object(Members),
    /// One of the template's own, or of one that it imports.
    Named(Text),
    /// Any of several.
    Union(Vec<Type>),
    /// One whose values are shown nowhere.
    Secret(Box<Type>),
}

/// The members of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Members {
    pub(super) fields: Vec<(Text, Type)>,
    /// What others are; `None` where nothing is said of them.
    pub(super) rest: Option<Box<Type>>,
}

/// What a text of the command line is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    Text,
    Int,
    Bool,
    /// A list or an object.
    Json,
    /// A type of the template's own.
    Other,
}

/// What a value does not take of its type.
pub(super) struct Misfit {
    /// The names that lead to it, with dots.
    path: String,
    message: String,
}

/// What names of types stand for.
pub(super) trait Names {
    /// The type with a name; `None` where it is not seen.
    fn type_of(&self, name: &str) -> Option<Type>;

    /// A secret that is kept back, or not.
    fn secret(&self, value: Val) -> Val;
}

impl Type {
    /// The same, with null among its values.
    pub(super) fn or_null(self) -> Self {
        Self::Union(vec![self, Self::Null])
    }

    /// Whether null is one of its values.
    pub(super) fn takes_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Union(types) => types.iter().any(Self::takes_null),
            Self::Secret(inner) => inner.takes_null(),
            Self::Any
            | Self::Text
            | Self::Int
            | Self::Bool
            | Self::Literal(_)
            | Self::List(_)
            | Self::Tuple(_)
            | Self::Object(_)
            | Self::Named(_) => false,
        }
    }

    /// What a text of the command line is read as.
    pub(super) fn plain(&self) -> Plain {
        match self {
            Self::Text | Self::Literal(Kind::String(_)) => Plain::Text,
            Self::Int | Self::Literal(Kind::Int(_)) => Plain::Int,
            Self::Bool | Self::Literal(Kind::Bool(_)) => Plain::Bool,
            Self::List(_) | Self::Tuple(_) | Self::Object(_) => Plain::Json,
            Self::Secret(inner) => inner.plain(),
            Self::Union(types) => {
                let mut kinds = types
                    .iter()
                    .filter(|type_| **type_ != Self::Null)
                    .map(Self::plain);
                match kinds.next() {
                    Some(first) if kinds.all(|kind| kind == first) => first,
                    Some(_) | None => Plain::Other,
                }
            }
            Self::Any | Self::Null | Self::Literal(_) | Self::Named(_) => Plain::Other,
        }
    }

    /// The value with all that is secret in it kept back.
    pub(super) fn guarded(&self, value: Val, names: &dyn Names) -> Val {
        self.guarded_within(value, names, 0)
    }

    fn guarded_within(&self, value: Val, names: &dyn Names, depth: usize) -> Val {
        if depth > MAX_DEPTH {
            return value;
        }
        match self {
            Self::Secret(_) => names.secret(value),
            Self::Named(name) => match names.type_of(name) {
                Some(type_) => type_.guarded_within(value, names, depth + 1),
                None => value,
            },
            Self::Union(types) => types.iter().fold(value, |value, type_| {
                type_.guarded_within(value, names, depth + 1)
            }),
            Self::List(of) => each_item(value, |_, item| of.guarded_within(item, names, depth + 1)),
            Self::Tuple(types) => each_item(value, |at, item| match types.get(at) {
                Some(type_) => type_.guarded_within(item, names, depth + 1),
                None => item,
            }),
            Self::Object(members) => each_field(value, |name, field| match members.of(name) {
                Some(type_) => type_.guarded_within(field, names, depth + 1),
                None => field,
            }),
            Self::Any | Self::Text | Self::Int | Self::Bool | Self::Null | Self::Literal(_) => value,
        }
    }

    /// What of a value the type does not take; what is not known fits. Values themselves are not told.
    pub(super) fn misfit(&self, value: &Val, names: &dyn Names) -> Option<Misfit> {
        self.misfit_within(value, names, 0)
    }

    fn misfit_within(&self, value: &Val, names: &dyn Names, depth: usize) -> Option<Misfit> {
        if depth > MAX_DEPTH || value.why_unknown().is_some() {
            return None;
        }
        let expected = |what: &str| {
            Some(Misfit::new(format!(
                "{what} is expected, not a {}",
                value.kind_name()
            )))
        };
        match (self, &value.kind) {
            (Self::Any, _)
            | (Self::Text, Kind::String(_) | Kind::Json(_))
            | (Self::Int, Kind::Int(_))
            | (Self::Bool, Kind::Bool(_))
            | (Self::Null, Kind::Null) => None,
            (Self::Text, _) => expected("a text"),
            (Self::Int, _) => expected("an int"),
            (Self::Bool, _) => expected("a bool"),
            (Self::Null, _) => expected("null"),
            (Self::Literal(literal), kind) if literal == kind => None,
            (Self::Literal(_), _) => Some(Misfit::new(
                "it is none of the values that are allowed".to_owned(),
            )),
            (Self::List(of), Kind::List(items)) => first_misfit(items, |_| Some(of), names, depth),
            (Self::Tuple(types), Kind::List(items)) if items.len() == types.len() => {
                first_misfit(items, |at| types.get(at), names, depth)
            }
            (Self::Tuple(types), Kind::List(items)) => Some(Misfit::new(format!(
                "a list of {} items is expected, not of {}",
                types.len(),
                items.len()
            ))),
            (Self::List(_) | Self::Tuple(_), _) => expected("a list"),
            (Self::Object(members), Kind::Map(fields)) => members.misfit(fields, names, depth),
            (Self::Object(_), _) => expected("an object"),
            (Self::Named(name), _) => names.type_of(name)?.misfit_within(value, names, depth + 1),
            (Self::Secret(inner), _) => inner.misfit_within(value, names, depth + 1),
            (Self::Union(types), _) => {
                let mut first = None;
                for type_ in types {
                    let misfit = type_.misfit_within(value, names, depth + 1)?;
                    first.get_or_insert(misfit);
                }
                let is_choice = types
                    .iter()
                    .all(|type_| matches!(type_, Self::Literal(_) | Self::Null));
                match (types.as_slice(), is_choice) {
                    ([_, Self::Null], false) => first,
                    (_, true) => Some(Misfit::new(
                        "it is none of the values that are allowed".to_owned(),
                    )),
                    (_, false) => Some(Misfit::new(
                        "it is of none of the types that are allowed".to_owned(),
                    )),
                }
            }
        }
    }
}

impl Members {
    /// The type of a member.
    pub(super) fn of(&self, name: &str) -> Option<&Type> {
        let field = self
            .fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        field.map(|(_, type_)| type_).or(self.rest.as_deref())
    }

    fn misfit(&self, fields: &Fields, names: &dyn Names, depth: usize) -> Option<Misfit> {
        for (name, type_) in &self.fields {
            let found = fields
                .entries
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            let misfit = match (found, &fields.rest) {
                (Some((_, value)), _) => type_.misfit_within(value, names, depth + 1),
                (None, Some(_)) => None,
                (None, None) => {
                    is_required(type_, names, depth).then(|| Misfit::new("it is missing".to_owned()))
                }
            };
            if let Some(misfit) = misfit {
                return Some(misfit.under(name));
            }
        }
        let rest = self.rest.as_deref()?;
        let others = fields.entries.iter().filter(|(key, _)| {
            let is_known = |(known, _): &(Text, Type)| known.eq_ignore_ascii_case(key);
            !self.fields.iter().any(is_known)
        });
        others
            .filter_map(|(key, value)| Some(rest.misfit_within(value, names, depth + 1)?.under(key)))
            .next()
    }
}

impl Misfit {
    fn new(message: String) -> Self {
        Self {
            path: String::new(),
            message,
        }
    }

    fn under(self, name: &str) -> Self {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path if path.starts_with('[') => format!("{name}{path}"),
            path => format!("{name}.{path}"),
        };
        Self { path, ..self }
    }

    /// What is wrong with what `name` gets.
    pub(super) fn of(self, name: &str) -> String {
        let whole = Self { ..self }.under(name);
        format!("`{}` does not fit its type: {}", whole.path, whole.message)
    }
}

/// Whether an object must have a member of a type.
fn is_required(type_: &Type, names: &dyn Names, depth: usize) -> bool {
    match type_ {
        Type::Named(name) if depth < MAX_DEPTH => names
            .type_of(name)
            .is_some_and(|type_| is_required(&type_, names, depth + 1)),
        Type::Named(_) | Type::Any => false,
        Type::Text
        | Type::Int
        | Type::Bool
        | Type::Null
        | Type::Literal(_)
        | Type::List(_)
        | Type::Tuple(_)
        | Type::Object(_)
        | Type::Union(_)
        | Type::Secret(_) => !type_.takes_null(),
    }
}

fn first_misfit<'t>(
    items: &[Val],
    of: impl Fn(usize) -> Option<&'t Type>,
    names: &dyn Names,
    depth: usize,
) -> Option<Misfit> {
    let misfits = items.iter().enumerate().filter_map(|(at, item)| {
        let misfit = of(at)?.misfit_within(item, names, depth + 1)?;
        Some(misfit.under(&format!("[{at}]")))
    });
    misfits.take(1).next()
}

fn each_item(value: Val, mut make: impl FnMut(usize, Val) -> Val) -> Val {
    let Kind::List(items) = &value.kind else {
        return value;
    };
    let items = items.iter().enumerate().map(|(at, item)| make(at, item.clone()));
    Val {
        kind: Kind::List(Arc::new(items.collect())),
        ..value
    }
}

fn each_field(value: Val, mut make: impl FnMut(&str, Val) -> Val) -> Val {
    let Kind::Map(fields) = &value.kind else {
        return value;
    };
    let entries = fields.entries.iter();
    let entries = entries.map(|(key, field)| (key.clone(), make(key, field.clone())));
    Val {
        kind: Kind::Map(Arc::new(Fields {
            entries: entries.collect(),
            rest: fields.rest.clone(),
        })),
        ..value
    }
}
