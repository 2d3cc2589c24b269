//! The attributes of a resource type as lines for people.

use std::sync::Arc;

use plumb_expr::{Fields, Type};
use plumb_model::value::Text;

use crate::schema::{AttributeSource, ResourceType};

/// One line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaLine {
    /// 0 for an attribute of the resource itself.
    pub depth: usize,
    /// The attribute's name; `[]` after it for every list it is in.
    pub name: Text,
    /// Its type, for example `list of object`.
    pub type_: String,
    /// The call it comes from; empty below depth 0.
    pub source: Text,
    /// Whether it has attributes that are not shown, because the tree would repeat itself or grow too deep.
    pub cut: bool,
}

/// How deep the tree goes.
pub const MAX_TREE_DEPTH: usize = 8;

/// All attributes of a resource type, those of nested documents after the attribute that holds them.
pub fn schema_tree(resource_type: &ResourceType) -> Vec<SchemaLine> {
    let mut lines = Vec::new();
    for attribute in resource_type.attributes() {
        let source = match &attribute.source {
            AttributeSource::Reserved => Text::new_static("every resource"),
            AttributeSource::List { operation } | AttributeSource::Fact { operation, .. } => {
                operation.clone()
            }
            AttributeSource::Declared => Text::new_static("declared"),
        };
        add(
            &attribute.name,
            &attribute.type_,
            source,
            &mut Vec::new(),
            &mut lines,
        );
    }
    lines
}

fn add(name: &str, type_: &Type, source: Text, open: &mut Vec<Vec<Text>>, lines: &mut Vec<SchemaLine>) {
    let (fields, brackets) = innermost(type_);
    let members = fields.map(|fields| fields.names());
    // Documents have no identity, so one with the same attributes as one it stands in counts as a repetition.
    let cut = members
        .as_ref()
        .is_some_and(|members| open.len() >= MAX_TREE_DEPTH || open.contains(members));
    lines.push(SchemaLine {
        depth: open.len(),
        name: Text::from(format!("{name}{}", "[]".repeat(brackets))),
        type_: describe(type_),
        source,
        cut,
    });
    let (Some(fields), Some(members), false) = (fields, members, cut) else {
        return;
    };
    open.push(members.clone());
    for member in &members {
        if let Some(type_) = fields.field(member) {
            add(member, &type_, Text::default(), open, lines);
        }
    }
    open.pop();
}

/// The document within lists and maps, and the number of lists around it.
fn innermost(type_: &Type) -> (Option<&Arc<dyn Fields>>, usize) {
    match type_ {
        Type::Object(fields) => (Some(fields), 0),
        Type::List(element) => {
            let (fields, brackets) = innermost(element);
            (fields, brackets + 1)
        }
        Type::Map(value) => innermost(value),
        Type::Any
        | Type::Json
        | Type::Null
        | Type::Bool
        | Type::Int
        | Type::Double
        | Type::String
        | Type::Timestamp
        | Type::Duration => (None, 0),
    }
}

fn describe(type_: &Type) -> String {
    match type_ {
        Type::Object(_) => "object".to_owned(),
        Type::List(element) => format!("list of {}", describe(element)),
        Type::Map(value) => format!("map of {}", describe(value)),
        Type::Any
        | Type::Json
        | Type::Null
        | Type::Bool
        | Type::Int
        | Type::Double
        | Type::String
        | Type::Timestamp
        | Type::Duration => type_.to_string(),
    }
}
