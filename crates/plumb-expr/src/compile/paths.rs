//! Names, attributes and elements.

use plumb_model::value::Text;

use super::{Compiler, Lowered, base_path};
use crate::function::TYPE_NAMES;
use crate::node::{Base, Coercion, Node, NodeKind, Step, StepKind};
use crate::problem::{Problem, did_you_mean};
use crate::syntax::{Expr, Name, Span};
use crate::types::{Fields, Type};
use crate::uses::{Extent, Place, Root};

/// The variables that the surroundings may declare.
const VARIABLES: [&str; 4] = ["resource", "account", "params", "now"];

impl Compiler<'_> {
    pub(super) fn name(&mut self, name: &Text, span: Span) -> Lowered {
        if let Some((slot, local)) = self
            .locals
            .iter()
            .enumerate()
            .rev()
            .find(|(_, local)| local.name == *name)
        {
            let node = Node {
                kind: base_path(Base::Local(slot), span),
                span,
            };
            return coerced(Lowered {
                node,
                type_: local.type_.clone(),
                places: local.places.clone(),
            });
        }
        let declared = self.declarations.variable(name);
        let document = |base: Base, root: Root, type_: Type| Lowered {
            node: Node {
                kind: base_path(base, span),
                span,
            },
            type_,
            places: vec![Place {
                root,
                path: Vec::new(),
            }],
        };
        match (name.as_str(), declared) {
            ("resource", Some(type_)) => document(Base::Resource, Root::Resource, type_),
            ("account", Some(type_)) => document(Base::Account, Root::Account, type_),
            ("params", Some(type_)) => document(Base::Params, Root::Params, type_),
            ("now", Some(_)) => Lowered::computed(NodeKind::Now, span, Type::Timestamp),
            (type_name, None) if TYPE_NAMES.contains(&type_name) => {
                Lowered::computed(NodeKind::Literal(type_name.into()), span, Type::String)
            }
            (_, _) => {
                let known: Vec<&str> = VARIABLES
                    .into_iter()
                    .filter(|variable| self.declarations.variable(variable).is_some())
                    .chain(self.locals.iter().map(|local| local.name.as_str()))
                    .collect();
                let help = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| {
                    let listed = known
                        .iter()
                        .map(|known| format!("`{known}`"))
                        .collect::<Vec<_>>()
                        .join(", ");
                    format!("a rule sees {listed}; text stands between quotes")
                });
                let problem =
                    Problem::new(format!("unknown variable `{name}`"), span, "not known here").help(help);
                self.failed(problem, span)
            }
        }
    }

    pub(super) fn select(&mut self, target: &Expr, name: &Name, span: Span) -> Lowered {
        let target_span = target.span;
        let target = self.lower(target);
        self.attribute(target, target_span, &name.text, name.span, span)
    }

    pub(super) fn index(&mut self, target: &Expr, index: &Expr, span: Span) -> Lowered {
        let target_span = target.span;
        let target = self.lower(target);
        let index_span = index.span;
        let index = self.read(index);
        if let Some(key) = index.constant_text() {
            let is_length = key == "length" && !matches!(target.type_, Type::Object(_));
            if is_length && (target.type_.is_dynamic() || matches!(target.type_, Type::Map(_))) {
                // In brackets it is a key, never the number of elements.
                let type_ = value_type(&target.type_);
                return extended(target, StepKind::Key(key.into()), type_, span);
            }
            if !is_length {
                let key = Text::from(key);
                return self.attribute(target, target_span, &key, index_span, span);
            }
        }
        let element = match (&target.type_, &index.type_) {
            (Type::Any | Type::Json, Type::Int | Type::String | Type::Any | Type::Json | Type::Null) => {
                Type::Any
            }
            (Type::Null, _) => Type::Null,
            (Type::List(element), Type::Int | Type::Any | Type::Json | Type::Null) => Type::clone(element),
            (Type::Map(value), Type::String | Type::Any | Type::Json | Type::Null) => Type::clone(value),
            (Type::Object(_), Type::String | Type::Any | Type::Json | Type::Null) => Type::Any,
            (Type::List(_), other) => {
                let problem = Problem::new(
                    "the index of a list is a whole number",
                    index_span,
                    format!("this is {other}"),
                )
                .help("to look at every element write `list.exists(x, …)` or `list.all(x, …)`");
                return self.failed(problem, span);
            }
            (Type::Map(_) | Type::Object(_) | Type::Any | Type::Json, other) => {
                let problem =
                    Problem::new("the key of a map is text", index_span, format!("this is {other}"));
                return self.failed(problem, span);
            }
            (other, _) => {
                let message = format!("`{other}` has no elements");
                let problem = Problem::new(message, target_span, format!("this is {other}"));
                return self.failed(problem, span);
            }
        };
        if let (Some(position), false) = (
            index.constant().and_then(plumb_model::value::Value::as_int),
            matches!(target.type_, Type::Map(_) | Type::Object(_)),
        ) {
            return extended(target, StepKind::Index(position), element, span);
        }
        // A computed key of a map may lead anywhere in it; a computed index stays in the list.
        let stays = matches!(target.type_, Type::List(_)) || matches!(index.type_, Type::Int);
        let places = if stays {
            target.places
        } else {
            self.uses.note(&target.places, Extent::Whole);
            Vec::new()
        };
        let kind = NodeKind::Index {
            target: Box::new(target.node),
            index: Box::new(index.node),
        };
        coerced(Lowered {
            node: Node { kind, span },
            type_: element,
            places,
        })
    }

    fn attribute(
        &mut self,
        target: Lowered,
        target_span: Span,
        key: &Text,
        key_span: Span,
        span: Span,
    ) -> Lowered {
        let step = || StepKind::Key(key.clone());
        match &target.type_ {
            Type::Any | Type::Json | Type::String | Type::List(_) if key == "length" => {
                self.uses.note(&target.places, Extent::Presence);
                let type_ = if target.type_.is_dynamic() {
                    Type::Any
                } else {
                    Type::Int
                };
                Lowered {
                    places: Vec::new(),
                    ..extended(target, StepKind::Length, type_, span)
                }
            }
            Type::Any | Type::Json | Type::Null | Type::Map(_) => {
                let type_ = value_type(&target.type_);
                extended(target, step(), type_, span)
            }
            Type::Object(fields) => match fields.field(key) {
                Some(type_) => extended(target, step(), type_, span),
                None => {
                    let problem = unknown_attribute(&**fields, key, key_span);
                    self.failed(problem, span)
                }
            },
            Type::List(_) => {
                let list = super::shortened(self.text(target_span));
                let problem = Problem::new(
                    format!("a list has no attribute `{key}`"),
                    key_span,
                    format!("`{list}` is {}", target.type_),
                )
                .help(format!(
                    "look at every element with `{list}.exists(x, x.{key} …)` or `{list}.all(x, x.{key} …)`"
                ));
                self.failed(problem, span)
            }
            Type::Bool | Type::Int | Type::Double | Type::String | Type::Timestamp | Type::Duration => {
                let message = format!("{} has no attribute `{key}`", target.type_);
                let label = format!(
                    "`{}` is {}",
                    super::shortened(self.text(target_span)),
                    target.type_
                );
                self.failed(Problem::new(message, key_span, label), span)
            }
        }
    }
}

/// The type of what is under a key of which nothing is declared.
fn value_type(type_: &Type) -> Type {
    match type_ {
        Type::Map(value) => Type::clone(value),
        Type::Null => Type::Null,
        Type::Json => Type::Json,
        _ => Type::Any,
    }
}

fn unknown_attribute(fields: &dyn Fields, key: &str, span: Span) -> Problem {
    let names = fields.names();
    let problem = Problem::new(
        format!("`{}` has no attribute `{key}`", fields.type_name()),
        span,
        "no such attribute",
    );
    let suggestion = did_you_mean(key, names.iter().map(Text::as_str));
    let listed = || {
        let shown = names
            .iter()
            .take(12)
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let more = if names.len() > 12 { " and more" } else { "" };
        format!("it has {shown}{more}")
    };
    problem.maybe_help(suggestion.or_else(|| (!names.is_empty()).then(listed)))
}

/// Goes one step on from `target`.
fn extended(target: Lowered, kind: StepKind, type_: Type, span: Span) -> Lowered {
    let places = match &kind {
        StepKind::Key(key) => target.places.iter().map(|place| place.under(key)).collect(),
        StepKind::Index(_) | StepKind::Length => target.places,
    };
    let step = Step { kind, span };
    let kind = match target.node.kind {
        NodeKind::Path {
            base,
            base_span,
            mut steps,
        } => {
            steps.push(step);
            NodeKind::Path {
                base,
                base_span,
                steps,
            }
        }
        other => {
            let base_span = target.node.span;
            let base = Base::Node(Box::new(Node {
                kind: other,
                span: base_span,
            }));
            NodeKind::Path {
                base,
                base_span,
                steps: vec![step],
            }
        }
    };
    coerced(Lowered {
        node: Node { kind, span },
        type_,
        places,
    })
}

/// Reads a value from a document as its declared type means it.
fn coerced(lowered: Lowered) -> Lowered {
    let coercion = match lowered.type_ {
        Type::Timestamp => Coercion::Timestamp,
        Type::Double => Coercion::Double,
        Type::Any
        | Type::Json
        | Type::Null
        | Type::Bool
        | Type::Int
        | Type::String
        | Type::Duration
        | Type::List(_)
        | Type::Map(_)
        | Type::Object(_) => return lowered,
    };
    let span = lowered.node.span;
    let kind = NodeKind::Coerce {
        coercion,
        inner: Box::new(lowered.node),
    };
    Lowered {
        node: Node { kind, span },
        ..lowered
    }
}
