//! `ObjectKinds`: which objects of Kubernetes declare which blocks, and how they name each other; `docs/specs/mapping.md` describes the files.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_model::value::Text;

use crate::mapping::Language;

/// The kinds of all controllers.
#[derive(Clone, Debug, Default)]
pub struct ObjectKinds {
    pub(crate) kinds: BTreeMap<(Language, Text), ObjectKind>,
    /// What is wrong with the files they were read from.
    pub problems: Vec<Diagnostic>,
}

impl ObjectKinds {
    /// What is known of a kind, for example `Bucket.s3`.
    pub fn kind(&self, language: Language, name: &str) -> Option<&ObjectKind> {
        self.kinds.get(&(language, Text::from(name)))
    }

    /// All of them, sorted by controller and name.
    pub fn iter(&self) -> impl Iterator<Item = (&(Language, Text), &ObjectKind)> {
        self.kinds.iter()
    }
}

/// A kind of objects.
#[derive(Clone, Debug)]
pub struct ObjectKind {
    /// The type of the block that such an object declares, as mappings call it.
    pub block: Text,
    /// The argument that is called like the object unless its author says otherwise.
    pub name: Option<Text>,
    /// What stands before the name of the object in that argument.
    pub prefix: Text,
    /// Paths of arguments whose keys are their author's own.
    pub maps: Vec<Text>,
    /// The arguments that other objects can give.
    pub references: Vec<ObjectReference>,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
}

/// An argument that is taken from another object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectReference {
    /// The path of the argument.
    pub argument: Vec<Text>,
    /// The kind of the other object.
    pub kind: Text,
    /// The argument of the other object, computed ones included; `None` for what it is called by: its name, else its id.
    pub attribute: Option<Text>,
    /// What the field with the reference is called without `Ref`; `None` when it is called like the argument.
    pub field: Option<Text>,
}
