//! Drift: what is declared in code against what is there.

use serde::Serialize;

use crate::code::{CodePlace, CodeResource};
use crate::value::{Text, Value};

/// What is different.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Drift {
    /// Attributes with another value than code says, by address and attribute.
    pub changed: Vec<Changed>,
    /// Declared, but not there.
    pub missing: Vec<Missing>,
    /// There, of a type that the code declares something of, but not declared.
    pub undeclared: Vec<Undeclared>,
    /// How many declared resources were found.
    pub matched: u64,
    /// Declared resources of which it cannot be told whether they are there.
    pub unsure: Vec<Unsure>,
    /// Attributes with another value than code says, which the code leaves to others (`ignore_changes`).
    pub ignored: Vec<Changed>,
    /// Declared resources that the next apply moves, takes in or replaces without any drift.
    pub pending: Vec<Pending>,
}

/// An attribute with another value than code says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// The declared resource.
    pub declared: CodeResource,
    /// Its type.
    pub resource_type: Text,
    /// The resource that is there.
    pub uid: Text,
    /// The attribute in the document, for example `versioning.status`.
    pub attribute: Text,
    /// Where code says it.
    pub place: CodePlace,
    /// What code says.
    pub wanted: Value,
    /// What is there; null where there is nothing.
    pub found: Value,
}

/// A declared resource that is not there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Missing {
    /// The declared resource.
    pub declared: CodeResource,
    /// Its type.
    pub resource_type: Text,
    /// Its name.
    pub name: Text,
}

/// A resource that no code declares.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Undeclared {
    /// Its type.
    pub resource_type: Text,
    /// Its identity.
    pub uid: Text,
    /// Its name.
    pub name: Text,
    /// What is known of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

/// A declared resource that the next apply does something with beside making it as declared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pending {
    /// The declared resource.
    pub declared: CodeResource,
    /// What.
    pub what: Text,
}

/// A declared resource of which it cannot be told whether it is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unsure {
    /// The declared resource.
    pub declared: CodeResource,
    /// Why.
    pub why: Text,
}

impl Drift {
    /// Whether everything that is declared is there as declared.
    pub fn is_none(&self) -> bool {
        self.changed.is_empty() && self.missing.is_empty()
    }
}
