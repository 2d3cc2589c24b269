//! Macros: expressions evaluated for each element of a collection.

use super::{Compiler, Local, Lowered};
use crate::node::{Fold, FoldKind, Node, NodeKind, Variables};
use crate::parser::is_reserved;
use crate::problem::Problem;
use crate::syntax::{Expr, Kind, Name, Span};
use crate::types::Type;
use crate::uses::{Extent, Place};

/// The macro that a method call means, by its name.
pub(super) fn fold_kind(name: &str) -> Option<FoldKind> {
    Some(match name {
        "all" => FoldKind::All,
        "exists" => FoldKind::Exists,
        "exists_one" | "existsOne" => FoldKind::ExistsOne,
        "filter" => FoldKind::Filter,
        "map" => FoldKind::Map,
        _ => return None,
    })
}

impl Compiler<'_> {
    pub(super) fn fold(
        &mut self,
        kind: FoldKind,
        target: &Expr,
        name: &Name,
        arguments: &[Expr],
        span: Span,
    ) -> Lowered {
        let is_test = matches!(kind, FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne);
        let (names, condition, transform) = match (kind, arguments) {
            (FoldKind::Map, [variable, transform]) => (vec![variable], None, Some(transform)),
            (FoldKind::Map, [variable, condition, transform]) => {
                (vec![variable], Some(condition), Some(transform))
            }
            (_, [variable, condition]) if kind != FoldKind::Map => (vec![variable], Some(condition), None),
            (_, [first, second, condition]) if is_test => (vec![first, second], Some(condition), None),
            _ => {
                let problem = Problem::new(
                    format!("`{}` does not take {} arguments", name.text, arguments.len()),
                    name.span,
                    "wrong number of arguments",
                )
                .help(format!(
                    "write `list.{}(x, …)` with an expression over `x`",
                    name.text
                ));
                return self.failed(problem, span);
            }
        };
        let collection_span = target.span;
        let collection = self.lower(target);
        self.uses.note(&collection.places, Extent::Presence);
        let variables = if names.len() == 1 {
            Variables::One
        } else {
            Variables::Two
        };
        let Some(locals) = self.variables(&collection, collection_span, &names, variables) else {
            return Lowered::computed(
                NodeKind::Literal(plumb_model::value::Value::Null),
                span,
                Type::Any,
            );
        };
        let outer = self.locals.len();
        self.locals.extend(locals);
        let condition = condition.map(|condition| self.truth(condition).node);
        let transform = transform.map(|transform| self.lower(transform));
        self.locals.truncate(outer);
        let (type_, places) = match (kind, &transform) {
            (FoldKind::Map, Some(transform)) => (transform.type_.clone().list(), transform.places.clone()),
            (FoldKind::Filter | FoldKind::Map, _) => match &collection.type_ {
                Type::Map(_) => (Type::String.list(), Vec::new()),
                Type::List(element) => (Type::List(element.clone()), collection.places.clone()),
                _ => (Type::Any.list(), collection.places.clone()),
            },
            (FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne, _) => (Type::Bool, Vec::new()),
        };
        let transform = transform.map(|transform| transform.node);
        let fold = Fold {
            kind,
            collection: collection.node,
            variables,
            condition,
            transform,
        };
        Lowered {
            node: Node {
                kind: NodeKind::Fold(Box::new(fold)),
                span,
            },
            type_,
            places,
        }
    }

    /// The macro's variables with their types; `None` after an error.
    fn variables(
        &mut self,
        collection: &Lowered,
        collection_span: Span,
        names: &[&Expr],
        variables: Variables,
    ) -> Option<Vec<Local>> {
        let (key, value) = match &collection.type_ {
            Type::List(element) => (Type::Int, Type::clone(element)),
            Type::Map(value) => (Type::String, Type::clone(value)),
            Type::Any | Type::Json | Type::Null => (Type::Any, Type::Any),
            other @ (Type::Bool
            | Type::Int
            | Type::Double
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Object(_)) => {
                let written = super::shortened(self.text(collection_span));
                let problem = Problem::new(
                    format!("`{written}` is not a list"),
                    collection_span,
                    format!("this is {other}"),
                );
                self.problems.push(problem);
                return None;
            }
        };
        let is_map = matches!(collection.type_, Type::Map(_));
        let mut named = Vec::new();
        for variable in names {
            named.push(self.variable_name(variable)?);
        }
        let elements: Vec<Place> = if is_map {
            Vec::new()
        } else {
            collection.places.clone()
        };
        if is_map && variables == Variables::Two {
            self.uses.note(&collection.places, Extent::Whole);
        }
        let mut locals = Vec::new();
        let mut named = named.into_iter();
        match variables {
            Variables::One => {
                let type_ = if is_map { key } else { value };
                locals.extend(named.next().map(|name| Local {
                    name,
                    type_,
                    places: elements,
                }));
            }
            Variables::Two => {
                locals.extend(named.next().map(|name| Local {
                    name,
                    type_: key,
                    places: Vec::new(),
                }));
                locals.extend(named.next().map(|name| Local {
                    name,
                    type_: value,
                    places: elements,
                }));
            }
        }
        Some(locals)
    }

    fn variable_name(&mut self, variable: &Expr) -> Option<plumb_model::value::Text> {
        let problem = match &variable.kind {
            Kind::Name(name) if self.declarations.variable(name).is_some() => Problem::new(
                format!("`{name}` already means something else"),
                variable.span,
                "choose another name",
            ),
            Kind::Name(name) if !is_reserved(name) => return Some(name.clone()),
            _ => Problem::new(
                "the first argument names the element",
                variable.span,
                "not a name",
            )
            .help("for example `list.exists(x, x == 1)`"),
        };
        self.problems.push(problem);
        None
    }
}
