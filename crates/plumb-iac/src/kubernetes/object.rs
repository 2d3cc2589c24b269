//! `Object`: one object of a manifest that declares a cloud resource.

use std::collections::BTreeMap;

use plumb_model::value::Text;

use super::composition;
use crate::cloudformation::tree::Node;
use crate::declared::Language;
use crate::place::Place;

/// An object whose controller makes a cloud resource of it.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// Whose controller it is.
    pub(super) language: Language,
    /// Whether its kind lives in namespaces.
    pub(super) scope: Scope,
    /// The API group, for example `s3.aws.upbound.io`.
    pub(super) group: Text,
    /// The kind with the first part of the group, for example `Bucket.s3`.
    pub(super) kind: Text,
    /// The namespace, when the manifest tells it and the kind lives in one.
    pub(super) namespace: Option<Text>,
    /// The name; `None` when the cluster or a template makes it.
    pub(super) name: Option<Named>,
    pub(super) labels: BTreeMap<Text, Text>,
    pub(super) annotations: BTreeMap<Text, Named>,
    /// What makes it, when it is a part of a composition.
    pub(super) composed: Option<Composed>,
    /// What is wanted.
    pub(super) spec: Option<Node>,
    /// The path of the file.
    pub(super) path: Text,
    /// The line that says the kind.
    pub(super) head: Place,
    /// The whole object.
    pub(super) whole: Place,
}

/// A part of a composition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Composed {
    /// The composition.
    pub(super) by: Text,
    /// What the composition calls the part.
    pub(super) part: Text,
}

/// Where objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scope {
    Cluster,
    Namespace,
}

/// A text with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) text: Text,
    pub(super) place: Place,
}

/// The objects of a document.
#[derive(Default)]
pub(super) struct Found {
    pub(super) declaring: Vec<Object>,
    /// How many there are beside.
    pub(super) others: u64,
}

/// How deep lists of objects may nest.
const MAX_LISTS: usize = 4;

/// The objects of a document of a file: itself, or the items of a list.
pub(super) fn objects(root: &Node, path: &str) -> Found {
    let mut found = Found::default();
    gather(root, path, 0, &mut found);
    found
}

fn gather(node: &Node, path: &str, depth: usize, found: &mut Found) {
    let (Some(version), Some(kind)) = (node.get_text("apiVersion"), node.entry("kind")) else {
        return;
    };
    let Some(kind_name) = kind.value.text() else {
        return;
    };
    if let Some(items) = node.get("items").and_then(Node::items)
        && kind_name.ends_with("List")
        && depth < MAX_LISTS
    {
        for item in items {
            gather(item, path, depth + 1, found);
        }
        return;
    }
    let (group, _) = version.split_once('/').unwrap_or(("", version));
    let Some((language, scope)) = controller_of(group) else {
        let before = found.declaring.len();
        if composition::is_one(group, kind_name) && depth < MAX_LISTS {
            for base in composition::bases(node, path) {
                let first = found.declaring.len();
                gather(&base.object, path, depth + 1, found);
                for object in found.declaring.iter_mut().skip(first) {
                    object.name = None;
                    object.composed.get_or_insert_with(|| base.composed.clone());
                }
            }
        }
        found.others += u64::from(found.declaring.len() == before);
        return;
    };
    let metadata = node.get("metadata");
    let text = |key: &str| metadata.and_then(|metadata| named(metadata.get(key)?));
    let service = group.split('.').next().unwrap_or_default();
    found.declaring.push(Object {
        language,
        scope,
        group: Text::from(group),
        kind: Text::from(format!("{kind_name}.{service}")),
        namespace: match scope {
            Scope::Cluster => None,
            Scope::Namespace => text("namespace").map(|named| named.text),
        },
        name: text("name"),
        labels: texts(metadata, "labels")
            .into_iter()
            .map(|(key, named)| (key, named.text))
            .collect(),
        annotations: texts(metadata, "annotations"),
        composed: None,
        spec: node.get("spec").cloned(),
        path: Text::from(path),
        head: kind.place(),
        whole: node.place,
    });
}

/// Whose controller serves an API group.
fn controller_of(group: &str) -> Option<(Language, Scope)> {
    if group.ends_with(".services.k8s.aws") {
        Some((Language::Ack, Scope::Namespace))
    } else if group.ends_with(".aws.upbound.io") {
        Some((Language::Crossplane, Scope::Cluster))
    } else if group.ends_with(".aws.m.upbound.io") {
        Some((Language::Crossplane, Scope::Namespace))
    } else {
        None
    }
}

/// A text that stands in a manifest as it is.
fn named(node: &Node) -> Option<Named> {
    let text = node
        .text()
        .filter(|text| !text.is_empty() && !text.contains("{{"))?;
    Some(Named {
        text: text.clone(),
        place: node.place,
    })
}

fn texts(metadata: Option<&Node>, key: &str) -> BTreeMap<Text, Named> {
    let entries = metadata.and_then(|metadata| metadata.get(key)?.entries());
    let entries = entries.into_iter().flatten();
    entries
        .filter_map(|entry| Some((entry.key.clone(), named(&entry.value)?)))
        .collect()
}

impl Object {
    /// The annotation of that name.
    pub(super) fn annotation(&self, name: &str) -> Option<&Named> {
        self.annotations.get(name)
    }

    /// The kind as Kubernetes tells it apart from others: `Bucket.s3.aws.upbound.io`.
    pub(super) fn full_kind(&self) -> Text {
        let kind = self.kind.split('.').next().unwrap_or_default();
        Text::from(format!("{kind}.{}", self.group))
    }

    /// Whether it only tells of a resource that something else makes.
    ///
    /// <https://docs.crossplane.io/latest/managed-resources/managed-resources/#managementpolicies>,
    /// <https://aws-controllers-k8s.github.io/community/docs/user-docs/read-only-resources/>
    pub(super) fn is_observed(&self) -> bool {
        match self.language {
            Language::Ack => {
                let read_only = self.annotation("services.k8s.aws/read-only");
                read_only.is_some_and(|annotation| annotation.text == "true")
            }
            Language::Crossplane | Language::Terraform | Language::CloudFormation | Language::Arm => {
                let policies = self.spec.as_ref().and_then(|spec| spec.get("managementPolicies"));
                policies.and_then(Node::items).is_some_and(|policies| {
                    let makes = ["*", "Create"];
                    let mut names = policies.iter().filter_map(Node::text);
                    !policies.is_empty() && !names.any(|name| makes.contains(&name.as_str()))
                })
            }
        }
    }
}
