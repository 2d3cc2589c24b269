//! Nodes of manifests to values of arguments, called as mappings call them.

use std::sync::Arc;

use plumb_model::value::Text;

use crate::cloudformation::scalar;
use crate::cloudformation::tree::{Content, Node};
use crate::place::Place;
use crate::val::{Entries, Fields, Kind, Val};

/// How the fields of an object are called.
#[derive(Clone, Copy)]
pub(super) enum Naming<'n> {
    /// In lower camel case for what mappings have in snake_case, but for the keys of these maps.
    Camel(&'n [Text]),
    /// As mappings have it.
    AsWritten,
    /// The keys are their author's own.
    Free,
}

/// The value of a node that the entry or item at `at` holds; `path` leads to it from the top.
pub(super) fn value(node: &Node, at: Place, naming: Naming<'_>, path: &str) -> Val {
    let kind = match &node.content {
        Content::Plain(text) | Content::Quoted(text) if text.contains("{{") => {
            Kind::Unknown("a template fills it in".into())
        }
        Content::Plain(text) => scalar::kind(text),
        Content::Quoted(text) => Kind::String(text.clone()),
        Content::Unreadable(why) => Kind::Unknown(why.clone()),
        Content::List(items) => {
            let items = items.iter().map(|item| value(item, item.place, naming, path));
            Kind::List(Arc::new(items.filter(|item| !item.is_null()).collect()))
        }
        Content::Map(entries) => {
            let mut fields = Entries::new();
            for entry in entries.iter() {
                let (key, naming) = match naming {
                    Naming::Camel(maps) => camel(&entry.key, path, maps),
                    Naming::AsWritten | Naming::Free => (entry.key.clone(), naming),
                };
                let path = match path {
                    "" => key.to_string(),
                    _ => format!("{path}.{key}"),
                };
                let value = value(&entry.value, entry.place(), naming, &path);
                if !value.is_null() {
                    fields.insert(key, value);
                }
            }
            Kind::Map(Arc::new(Fields {
                entries: fields,
                rest: None,
            }))
        }
    };
    Val {
        kind,
        set: Some(node.place),
        at: Some(at),
        partial: None,
    }
}

/// The argument that a field is, and how what is in it is called.
fn camel<'n>(key: &Text, path: &str, maps: &'n [Text]) -> (Text, Naming<'n>) {
    let name = snake(key);
    let is_map = match path {
        "" => ["tags", "tags_all"].contains(&name.as_str()) || maps.contains(&name),
        _ => {
            let path = format!("{path}.{name}");
            maps.iter().any(|map| *map == path)
        }
    };
    // The labels of a selector are those of other objects.
    let naming = match is_map || name == "match_labels" {
        true => Naming::Free,
        false => Naming::Camel(maps),
    };
    (name, naming)
}

/// `kmsKeyId` as `kms_key_id`: Crossplane's generator puts every word of an argument but the first in capitals.
pub(super) fn snake(key: &str) -> Text {
    let mut name = String::with_capacity(key.len() + 4);
    for character in key.chars() {
        if character.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
    }
    Text::from(name)
}

/// The first value with what it lacks from the second; lists are not mixed.
pub(super) fn filled_up(first: Val, second: Val) -> Val {
    match (first.kind, second.kind) {
        (Kind::Map(fields), Kind::Map(more)) => {
            let mut fields = Fields::clone(&fields);
            for (key, value) in &more.entries {
                let merged = match fields.entries.remove(key) {
                    Some(known) => filled_up(known, value.clone()),
                    None => value.clone(),
                };
                fields.entries.insert(key.clone(), merged);
            }
            fields.rest = fields.rest.or_else(|| more.rest.clone());
            Val {
                kind: Kind::Map(Arc::new(fields)),
                set: first.set,
                at: first.at,
                partial: None,
            }
        }
        (Kind::Null, kind) => Val { kind, ..second },
        (kind, _) => Val {
            kind,
            set: first.set,
            at: first.at,
            partial: first.partial,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn every_capital_begins_a_word() {
        let cases = [
            ("kmsMasterKeyId", "kms_master_key_id"),
            ("ipv6CidrBlocks", "ipv6_cidr_blocks"),
            ("s3Bucket", "s3_bucket"),
            ("region", "region"),
        ];
        for (field, argument) in cases {
            assert_eq!(snake(field), argument);
        }
    }
}
