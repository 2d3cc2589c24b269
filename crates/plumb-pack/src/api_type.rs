//! Static types from the shapes of an API model.

use std::sync::Arc;

use plumb_api::shape::{Kind, ShapeRef};
use plumb_expr::{Fields, Type};
use plumb_model::value::Text;

/// The type of the values that a shape decodes into; `name` is what messages call it.
pub(crate) fn type_of(shape: &ShapeRef, name: &Text) -> Type {
    match shape.kind() {
        Kind::Structure(members) => Type::Object(Arc::new(Structure {
            name: name.clone(),
            members,
        })),
        Kind::List(element) => type_of(&element, name).list(),
        Kind::Map(value) => type_of(&value, name).map(),
        Kind::String | Kind::Blob => Type::String,
        Kind::Integer | Kind::Long => Type::Int,
        Kind::Float | Kind::Double => Type::Double,
        Kind::Boolean => Type::Bool,
        Kind::Timestamp => Type::Timestamp,
        Kind::Document => Type::Json,
    }
}

/// Whether a type is one of the shapes in which APIs give tags.
pub(crate) fn tag_shape(type_: &Type) -> bool {
    match type_ {
        Type::Map(_) | Type::Any | Type::Json => true,
        Type::List(element) => match &**element {
            Type::Object(fields) => TAG_KEYS
                .iter()
                .any(|(key, value)| fields.field(key).is_some() && fields.field(value).is_some()),
            Type::Any | Type::Json => true,
            _ => false,
        },
        _ => false,
    }
}

/// How lists of tags call key and value, in snake_case.
const TAG_KEYS: [(&str, &str); 2] = [("key", "value"), ("tag_key", "tag_value")];

/// A structure of an API model; its members' types are made when they are asked for, because shapes can be recursive.
struct Structure {
    name: Text,
    members: plumb_api::shape::Structure,
}

impl std::fmt::Debug for Structure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Structure").field(&self.name).finish()
    }
}

impl Fields for Structure {
    fn type_name(&self) -> &str {
        &self.name
    }

    fn field(&self, name: &str) -> Option<Type> {
        let member = self
            .members
            .member(name)
            .filter(|member| member.snake() == name)?;
        Some(type_of(&member.shape(), member.snake()))
    }

    fn names(&self) -> Vec<Text> {
        let mut names: Vec<Text> = self
            .members
            .members()
            .map(|member| member.snake().clone())
            .collect();
        names.sort();
        names
    }
}
