//! Paths through static types: what type a path leads to, and a type with another type at a path.

use std::sync::Arc;

use plumb_api::names::snake_case;
use plumb_expr::{Fields, Type};
use plumb_model::value::Text;

use crate::recipe::{Path, Step};
use crate::suggest::did_you_mean;
use crate::transform::SCANNED_TEXT;

/// A path does not fit a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

/// How the keys of a path are spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// As in the cloud's API; keys of maps stand for themselves.
    Api,
    /// As in documents.
    Document,
}

/// The path in the document's spelling and the type it leads to.
///
/// A path with `[]` leads to a list, whatever it flattens.
pub(crate) fn resolve(root: &Type, path: &Path, spelling: Spelling) -> Result<(Path, Type), Misfit> {
    let mut place = root.clone();
    let mut steps = Vec::with_capacity(path.0.len());
    for step in &path.0 {
        let (step, next) = follow(&place, step, spelling).map_err(|problem| Misfit {
            message: format!("{} in path `{path}`", problem.message),
            help: problem.help,
        })?;
        steps.push(step);
        place = next;
    }
    let path = Path(steps);
    let place = if path.flattens() { place.list() } else { place };
    Ok((path, place))
}

/// The type with what stands at a path of it replaced.
pub(crate) fn replaced(
    root: &Type,
    steps: &[Step],
    change: &dyn Fn(&Type) -> Result<Type, Misfit>,
) -> Result<Type, Misfit> {
    let Some((step, rest)) = steps.split_first() else {
        return change(root);
    };
    let (_, next) = follow(root, step, Spelling::Document)?;
    let next = replaced(&next, rest, change)?;
    Ok(match (step, root) {
        (Step::Key(name), Type::Object(fields)) => {
            let patched = Patched {
                base: Arc::clone(fields),
                name: name.clone(),
                replacement: next,
            };
            Type::Object(Arc::new(patched))
        }
        (Step::Index(_) | Step::Flatten, Type::List(_)) => next.list(),
        // One key of a map, or a place in a document without schema: nothing is known afterwards.
        (Step::Key(_), Type::Map(_)) => Type::Any.map(),
        (Step::Key(_) | Step::Index(_) | Step::Flatten, _) => Type::Any,
    })
}

/// The type that a transformation makes of another.
pub(crate) fn transformed(type_: &Type, transform: crate::recipe::Transform) -> Result<Type, Misfit> {
    use crate::recipe::Transform;
    match (transform, type_) {
        (Transform::SecretScan, Type::String) => Ok(Type::Object(Arc::new(Scanned))),
        (Transform::SecretScan, Type::List(element)) => Ok(transformed(element, transform)?.list()),
        (Transform::SecretScan, Type::Map(value)) => Ok(transformed(value, transform)?.map()),
        (Transform::Url | Transform::Base64 | Transform::Unescape, Type::String | Type::Any) => {
            Ok(Type::String)
        }
        (Transform::Json, Type::String | Type::Any) => Ok(Type::Json),
        (Transform::Csv, Type::String | Type::Any) => Ok(Type::Any.map().list()),
        (Transform::Split, Type::String | Type::Any) => Ok(Type::String.list()),
        (_, other) => Err(Misfit {
            message: format!("`{}` needs a text, but this is {other}", transform.name()),
            help: None,
        }),
    }
}

fn follow(place: &Type, step: &Step, spelling: Spelling) -> Result<(Step, Type), Misfit> {
    match (step, place) {
        (Step::Key(name), Type::Object(fields)) => {
            let name = match spelling {
                Spelling::Api => Text::from(snake_case(name)),
                Spelling::Document => name.clone(),
            };
            match fields.field(&name) {
                Some(type_) => Ok((Step::Key(name), type_)),
                None => {
                    let names = fields.names();
                    Err(Misfit {
                        message: format!("`{}` has no attribute `{name}`", fields.type_name()),
                        help: did_you_mean(&name, names.iter().map(Text::as_str))
                            .or_else(|| attributes_help(&names)),
                    })
                }
            }
        }
        (Step::Key(_), Type::Map(value)) => Ok((step.clone(), Type::clone(value))),
        (Step::Index(_) | Step::Flatten, Type::List(element)) => Ok((step.clone(), Type::clone(element))),
        (_, Type::Any | Type::Json) => Ok((step.clone(), place.clone())),
        (Step::Key(name), other) => {
            let help = matches!(other, Type::List(_))
                .then(|| "write `[]` to go into the elements of a list".to_owned());
            Err(Misfit {
                message: format!("{other} has no attribute `{name}`"),
                help,
            })
        }
        (Step::Index(_) | Step::Flatten, other) => Err(Misfit {
            message: format!("brackets after {other}, which is not a list"),
            help: None,
        }),
    }
}

fn attributes_help(names: &[Text]) -> Option<String> {
    const SHOWN: usize = 12;
    if names.is_empty() {
        return None;
    }
    let shown = names
        .iter()
        .take(SHOWN)
        .map(Text::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    let more = if names.len() > SHOWN { ", …" } else { "" };
    Some(format!("attributes are {shown}{more}"))
}

/// A document of which one attribute has another type.
#[derive(Debug)]
struct Patched {
    base: Arc<dyn Fields>,
    name: Text,
    replacement: Type,
}

impl Fields for Patched {
    fn type_name(&self) -> &str {
        self.base.type_name()
    }

    fn field(&self, name: &str) -> Option<Type> {
        if self.name == name {
            Some(self.replacement.clone())
        } else {
            self.base.field(name)
        }
    }

    fn names(&self) -> Vec<Text> {
        self.base.names()
    }
}

/// What is left of a text in which secrets were looked for.
#[derive(Debug)]
struct Scanned;

impl Fields for Scanned {
    fn type_name(&self) -> &str {
        SCANNED_TEXT
    }

    fn field(&self, name: &str) -> Option<Type> {
        match name {
            "length" => Some(Type::Int),
            "secrets" => Some(Type::Object(Arc::new(FoundSecret)).list()),
            _ => None,
        }
    }

    fn names(&self) -> Vec<Text> {
        vec![Text::new_static("length"), Text::new_static("secrets")]
    }
}

/// One secret that was found.
#[derive(Debug)]
struct FoundSecret;

impl Fields for FoundSecret {
    fn type_name(&self) -> &str {
        "found secret"
    }

    fn field(&self, name: &str) -> Option<Type> {
        match name {
            "kind" | "fingerprint" => Some(Type::String),
            "line" => Some(Type::Int),
            _ => None,
        }
    }

    fn names(&self) -> Vec<Text> {
        vec![
            Text::new_static("fingerprint"),
            Text::new_static("kind"),
            Text::new_static("line"),
        ]
    }
}
