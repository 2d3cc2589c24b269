//! Static types of the rule language, and what a rule's surroundings declare.

use std::fmt;
use std::sync::Arc;

use plumb_model::value::Text;

/// What is known of a value before a rule runs.
///
/// Every value may also be null or unknown; that is not part of the type.
#[derive(Clone, Debug)]
pub enum Type {
    /// Nothing is known; every use is accepted.
    Any,
    /// An embedded document without a schema; every use is accepted.
    Json,
    /// Only null.
    Null,
    /// A truth value.
    Bool,
    /// A whole number of 64 bits.
    Int,
    /// A floating point number.
    Double,
    /// Text, enumerations and base64 blobs.
    String,
    /// A point in time; RFC 3339 text in documents.
    Timestamp,
    /// A length of time; rules make it, documents never hold it.
    Duration,
    /// A list of values of one type.
    List(Arc<Type>),
    /// A map with text keys that are data, and values of one type.
    Map(Arc<Type>),
    /// A document whose attributes are known by name.
    Object(Arc<dyn Fields>),
}

/// The attributes of a document.
pub trait Fields: fmt::Debug + Send + Sync {
    /// What messages call the document, for example `aws_s3_bucket`.
    fn type_name(&self) -> &str;

    /// The type of the attribute `name`; `None` when there is no such attribute.
    fn field(&self, name: &str) -> Option<Type>;

    /// The names of all attributes, for suggestions and listings.
    fn names(&self) -> Vec<Text>;
}

/// What the surroundings of a rule declare.
pub trait Declarations {
    /// The type of the variable `resource`, `account`, `params` or `now`; `None` when rules here cannot see it.
    fn variable(&self, name: &str) -> Option<Type>;

    /// The type of the resources of a type, for `inventory` and `related`.
    fn resource_type(&self, name: &str) -> Option<Type>;

    /// The names of all resource types, for suggestions.
    fn resource_type_names(&self) -> Vec<Text>;

    /// Whether resources of a type live in regions, so that `inventory` can be asked for those of one; true where
    /// nobody knows.
    fn lives_in_regions(&self, _name: &str) -> bool {
        true
    }

    /// Whether rules here can ask for the exposure of the judged resource.
    fn tells_exposure(&self) -> bool {
        false
    }
}

impl Type {
    /// A list of values of this type.
    #[must_use]
    pub fn list(self) -> Type {
        Type::List(Arc::new(self))
    }

    /// A map to values of this type.
    #[must_use]
    pub fn map(self) -> Type {
        Type::Map(Arc::new(self))
    }

    /// Whether every use is accepted.
    pub(crate) fn is_dynamic(&self) -> bool {
        match self {
            Self::Any | Self::Json => true,
            Self::Null
            | Self::Bool
            | Self::Int
            | Self::Double
            | Self::String
            | Self::Timestamp
            | Self::Duration
            | Self::List(_)
            | Self::Map(_)
            | Self::Object(_) => false,
        }
    }

    /// Whether a value of one type can ever equal a value of the other.
    pub(crate) fn is_comparable(&self, other: &Type) -> bool {
        match (self, other) {
            (Self::Any | Self::Json | Self::Null, _) | (_, Self::Any | Self::Json | Self::Null) => true,
            (Self::Int | Self::Double, Self::Int | Self::Double) => true,
            (Self::List(a), Self::List(b)) | (Self::Map(a), Self::Map(b)) => a.is_comparable(b),
            (Self::Map(_) | Self::Object(_), Self::Map(_) | Self::Object(_)) => true,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Whether values of both types have an order between them.
    pub(crate) fn is_ordered_with(&self, other: &Type) -> bool {
        match (self, other) {
            (Self::Any | Self::Json, other) | (other, Self::Any | Self::Json) => {
                !matches!(other, Self::Null | Self::List(_) | Self::Map(_) | Self::Object(_))
            }
            (Self::Int | Self::Double, Self::Int | Self::Double)
            | (Self::String, Self::String)
            | (Self::Timestamp, Self::Timestamp)
            | (Self::Duration, Self::Duration)
            | (Self::Bool, Self::Bool) => true,
            _ => false,
        }
    }

    /// The type of a value that has one type or the other.
    pub(crate) fn joined(self, other: &Type) -> Type {
        match (&self, other) {
            (_, Self::Null) => self,
            (Self::Null, _) => other.clone(),
            (Self::Json, _) | (_, Self::Json) => Self::Json,
            (Self::List(a), Self::List(b)) => Type::clone(a).joined(b).list(),
            (Self::Map(a), Self::Map(b)) => Type::clone(a).joined(b).map(),
            (Self::Object(a), Self::Object(b)) if Arc::ptr_eq(a, b) => self,
            (Self::Map(_) | Self::Object(_), _) | (_, Self::Map(_) | Self::Object(_)) => Self::Any,
            _ if std::mem::discriminant(&self) == std::mem::discriminant(other) => self,
            _ => Self::Any,
        }
    }
}

/// As messages name it, for example `list of string`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Json => f.write_str("json"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(element) => write!(f, "list of {element}"),
            Self::Map(value) => write!(f, "map of {value}"),
            Self::Object(fields) => f.write_str(fields.type_name()),
        }
    }
}
