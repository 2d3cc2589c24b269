//! Types that a file declares by hand: `string`, `[int]`, `{ name: type }`, `map(type)`.

use std::sync::Arc;

use plumb_expr::Type;
use plumb_model::value::Text;

use crate::node::{Content, Node};
use crate::reader::Problems;
use crate::schema::{AttributeSet, AttributeSource};

/// Reads the attributes under `attributes`.
pub(crate) fn read_declared(node: &Node, problems: &mut Problems) -> Vec<(Text, Type)> {
    let entries = problems.entries(node, "attributes");
    entries
        .iter()
        .filter_map(|(key, node)| Some((key.text.clone(), read_type(node, &key.text, problems)?)))
        .collect()
}

fn read_type(node: &Node, name: &Text, problems: &mut Problems) -> Option<Type> {
    match &node.content {
        Content::Plain(text) | Content::Quoted(text) => {
            let type_ = named(text);
            if type_.is_none() {
                let expected = "expected string, bool, int, double, timestamp, json, [type], map(type) or { name: type }";
                problems.error(node.span.clone(), format!("unknown type `{text}`"), expected);
            }
            type_
        }
        Content::List(items) => {
            let [element] = items.as_slice() else {
                problems.error(
                    node.head(&problems.source().text.clone()),
                    "a list type has one element type",
                    "not one",
                );
                return None;
            };
            Some(read_type(element, name, problems)?.list())
        }
        Content::Map(entries) => {
            let mut members = AttributeSet::new(name);
            for (key, node) in entries {
                let type_ = read_type(node, &key.text, problems)?;
                members.put(key.text.clone(), type_, AttributeSource::Declared);
            }
            Some(Type::Object(Arc::new(members)))
        }
    }
}

fn named(text: &str) -> Option<Type> {
    Some(match text {
        "string" => Type::String,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "double" => Type::Double,
        "timestamp" => Type::Timestamp,
        "json" => Type::Json,
        _ => return named(text.strip_prefix("map(")?.strip_suffix(')')?).map(Type::map),
    })
}
