//! References of objects to each other: by name (`vpcIdRef`, `vpcRef`), by labels (`vpcIdSelector`), and into secrets.
//!
//! Crossplane: <https://docs.crossplane.io/latest/managed-resources/managed-resources/#referencing-other-resources>. AWS
//! Controllers for Kubernetes: <https://aws-controllers-k8s.github.io/community/docs/user-docs/references/>.

use std::sync::Arc;

use plumb_model::value::Text;
use plumb_pack::kubernetes::ObjectReference;

use super::index::{Index, Known, Selected};
use super::values::snake;
use crate::declared::Language;
use crate::mapping::KNOWN_AFTER_APPLY;
use crate::val::{Fields, Kind, Val};

/// The arguments of an object with those that others give; `bodies` are the arguments of all, computed ones included.
pub(super) fn resolved(index: &Index<'_>, from: &Known<'_>, body: &Val, bodies: &[Val]) -> Val {
    let walk = Walk { index, from, bodies };
    walk.value(body, "")
}

/// What a field that is no argument says of one.
enum Field {
    /// Other objects, by their names.
    Names,
    /// Other objects, by their labels.
    Labels,
    /// A part of a secret.
    Secret,
}

/// One object at work.
struct Walk<'w> {
    index: &'w Index<'w>,
    from: &'w Known<'w>,
    bodies: &'w [Val],
}

impl Walk<'_> {
    fn value(&self, value: &Val, path: &str) -> Val {
        let kind = match &value.kind {
            Kind::List(items) => Kind::List(Arc::new(
                items.iter().map(|item| self.value(item, path)).collect(),
            )),
            Kind::Map(fields) => Kind::Map(Arc::new(self.fields(fields, path))),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::Json(_)
            | Kind::Unknown(_) => return value.clone(),
        };
        Val {
            kind,
            ..value.clone()
        }
    }

    fn fields(&self, fields: &Fields, path: &str) -> Fields {
        let mut made = Fields {
            entries: Default::default(),
            rest: fields.rest.clone(),
        };
        let mut given: Vec<(Text, Val)> = Vec::new();
        for (key, value) in &fields.entries {
            match self.field(key, value) {
                None => {
                    let path = match path {
                        "" => key.to_string(),
                        _ => format!("{path}.{key}"),
                    };
                    made.entries.insert(key.clone(), self.value(value, &path));
                }
                Some((stem, field)) => given.extend(self.given(stem, &field, value, path)),
            }
        }
        // Names come before labels, and what is written before both.
        for (argument, value) in given {
            made.entries.entry(argument).or_insert(value);
        }
        made
    }

    /// What a field says beside the arguments; `None` for an argument.
    fn field<'k>(&self, key: &'k str, value: &Val) -> Option<(&'k str, Field)> {
        let all = |name: &str| match &value.kind {
            Kind::Map(fields) => fields.entries.contains_key(name),
            Kind::List(items) => !items.is_empty() && items.iter().all(|item| item.get(name).is_some()),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::Json(_)
            | Kind::Unknown(_) => false,
        };
        match self.from.object.language {
            Language::Ack => {
                let stem = key.strip_suffix("Refs").or_else(|| key.strip_suffix("Ref"))?;
                all("from").then_some((stem, Field::Names))
            }
            Language::Crossplane | Language::Terraform | Language::CloudFormation | Language::Arm => {
                let suffix = |suffix: &str| key.strip_suffix(suffix);
                if let Some(stem) = suffix("_secret_ref").filter(|_| all("name")) {
                    return Some((stem, Field::Secret));
                }
                if let Some(stem) = suffix("_refs").or_else(|| suffix("_ref")).filter(|_| all("name")) {
                    return Some((stem, Field::Names));
                }
                let selects = all("match_labels") || all("match_controller_ref");
                let stem = suffix("_selector").filter(|_| selects)?;
                Some((stem, Field::Labels))
            }
        }
    }

    /// The arguments that a field gives, with their values.
    fn given(&self, stem: &str, field: &Field, value: &Val, path: &str) -> Vec<(Text, Val)> {
        let unknown = |why: String| Val {
            kind: Kind::Unknown(why.into()),
            ..value.clone()
        };
        let reference = self.reference(stem, path);
        let argument = reference.and_then(|reference| reference.argument.last()).cloned();
        match (field, reference, argument) {
            (Field::Secret, _, _) => vec![(
                Text::from(stem),
                unknown("a secret of the cluster tells it".into()),
            )],
            (Field::Names, Some(reference), Some(argument)) => {
                let given = match value.as_list() {
                    Some(items) => Val {
                        kind: Kind::List(Arc::new(
                            items.iter().map(|item| self.named(reference, item)).collect(),
                        )),
                        ..value.clone()
                    },
                    None => self.named(reference, value),
                };
                vec![(argument, given)]
            }
            (Field::Labels, Some(reference), Some(argument)) => {
                let given = self.labelled(reference, &argument, value);
                vec![(argument, given)]
            }
            (Field::Names | Field::Labels, _, _) => {
                let why = format!("nothing is known of the reference `{stem}`");
                let names = [Text::from(stem), Text::from(format!("{stem}s"))];
                names.map(|name| (name, unknown(why.clone()))).into()
            }
        }
    }

    /// What is known of the field with a reference.
    fn reference(&self, stem: &str, path: &str) -> Option<&ObjectReference> {
        let references = self.from.kind.into_iter().flat_map(|kind| &kind.references);
        let mut references = references.filter(|reference| {
            let around = reference
                .argument
                .split_last()
                .map(|(_, around)| around.join("."));
            around.as_deref() == Some(path)
        });
        references.find(|reference| match (&reference.field, reference.argument.last()) {
            (Some(field), _) => field == stem || snake(field) == stem,
            (None, Some(argument)) => argument == stem || argument.strip_suffix('s') == Some(stem),
            (None, None) => false,
        })
    }

    /// The value that a reference by name stands for.
    fn named(&self, reference: &ObjectReference, value: &Val) -> Val {
        let value = value.get("from").unwrap_or(value);
        let text = |key: &str| value.get(key).and_then(Val::as_str);
        let kind = match text("name") {
            None => Kind::Unknown("the name of the reference is not known".into()),
            Some(name) => match self
                .index
                .named(self.from.object, (&reference.kind, name), text("namespace"))
            {
                Some(at) => self.attribute(reference, at),
                None => {
                    Kind::Unknown(format!("`{} {name}` is not among the manifests", reference.kind).into())
                }
            },
        };
        Val {
            kind,
            ..value.clone()
        }
    }

    /// The value that labels stand for: of one object, or of all that have them where a list is wanted.
    fn labelled(&self, reference: &ObjectReference, argument: &Text, value: &Val) -> Val {
        let labels: Option<Vec<(&Text, &str)>> = value.get("match_labels").and_then(|labels| {
            let labels = labels.as_map()?.entries.iter();
            labels
                .map(|(name, label)| Some((name, label.as_str()?)))
                .collect()
        });
        let is_composed = self.from.object.composed.is_some();
        let is_sibling = value
            .get("match_controller_ref")
            .is_some_and(|own| own.kind == Kind::Bool(true));
        let labels = match (value.get("match_labels"), is_composed && is_sibling) {
            // Parts of a composition find each other without labels.
            (None, true) => Some(Vec::new()),
            (_, siblings) => labels.filter(|labels| siblings || !labels.is_empty()),
        };
        let kind = match labels {
            None => {
                Kind::Unknown("only the cluster tells which objects a selector without labels means".into())
            }
            Some(labels) => match self.index.labelled(self.from.object, &reference.kind, &labels) {
                Selected::TooMany => Kind::Unknown("the selector stands for too many objects".into()),
                Selected::These(found) => match found.as_slice() {
                    [] => Kind::Unknown(
                        format!("no `{}` among the manifests has the labels", reference.kind).into(),
                    ),
                    [at] => self.attribute(reference, *at),
                    several if argument.ends_with('s') => {
                        let items = several.iter().map(|at| Val {
                            kind: self.attribute(reference, *at),
                            ..value.clone()
                        });
                        Kind::List(Arc::new(items.collect()))
                    }
                    _ => Kind::Unknown(format!("several `{}` have the labels", reference.kind).into()),
                },
            },
        };
        Val {
            kind,
            ..value.clone()
        }
    }

    /// The argument of another object that a reference asks for.
    fn attribute(&self, reference: &ObjectReference, at: usize) -> Kind {
        let target = self.index.known.get(at);
        let called = target.and_then(|target| target.kind?.name.as_deref());
        let attribute = reference.attribute.as_deref().or(called).unwrap_or("id");
        let value = self.bodies.get(at).and_then(|body| body.get(attribute));
        match value.filter(|value| !value.is_null()) {
            Some(value) => value.kind.clone(),
            None => {
                let address = target.map_or("", |target| target.address.as_str());
                Kind::Unknown(format!("`{attribute}` of `{address}` is {KNOWN_AFTER_APPLY}").into())
            }
        }
    }
}
