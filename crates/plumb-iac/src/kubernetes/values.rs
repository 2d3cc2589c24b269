//! Nodes of manifests to values of arguments, called as mappings call them.

use std::cell::Cell;
use std::sync::Arc;

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use crate::cloudformation::scalar;
use crate::cloudformation::tree::{Content, Entry, Node};
use crate::place::Place;
use crate::val::{Fields, Kind, Val};

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

/// How many values the manifests of one tree may have, with what aliases stand for.
const MAX_VALUES: usize = 5_000_000;

/// Makes values of nodes, so many and no more.
pub(super) struct Values {
    left: Cell<usize>,
}

impl Values {
    /// Nothing is made yet.
    pub(super) fn new() -> Self {
        Self {
            left: Cell::new(MAX_VALUES),
        }
    }

    /// What is wrong when there were too many.
    pub(super) fn problem(&self) -> Option<Diagnostic> {
        let message = format!("the manifests have more than {MAX_VALUES} values");
        (self.left.get() == 0)
            .then(|| Diagnostic::error(message).help("what remains is unknown; scan a part of the tree"))
    }

    /// The value of a node that the entry or item at `at` holds; `path` leads to it from the top.
    pub(super) fn value(&self, node: &Node, at: Place, naming: Naming<'_>, path: &str) -> Val {
        self.left.set(self.left.get().saturating_sub(1));
        let kind = match &node.content {
            _ if self.left.get() == 0 => Kind::Unknown("there are too many values".into()),
            Content::Plain(text) | Content::Quoted(text) if text.contains("{{") => {
                Kind::Unknown("a template fills it in".into())
            }
            Content::Plain(text) => scalar::kind(text),
            Content::Quoted(text) => Kind::String(text.clone()),
            Content::Unreadable(why) => Kind::Unknown(why.clone()),
            Content::List(items) => {
                let items = items
                    .iter()
                    .map(|item| self.value(item, item.place, naming, path));
                Kind::List(Arc::new(items.filter(|item| !item.is_null()).collect()))
            }
            Content::Map(entries) => Kind::Map(Arc::new(self.fields(entries, naming, path))),
        };
        Val {
            kind,
            set: Some(node.place),
            at: Some(at),
            partial: None,
        }
    }

    fn fields(&self, entries: &[Entry], naming: Naming<'_>, path: &str) -> Fields {
        let mut fields = Fields::default();
        for entry in entries {
            let (key, naming) = match naming {
                Naming::Camel(maps) => camel(&entry.key, path, maps),
                Naming::AsWritten | Naming::Free => (entry.key.clone(), naming),
            };
            let path = match path {
                "" => key.to_string(),
                _ => format!("{path}.{key}"),
            };
            let value = self.value(&entry.value, entry.place(), naming, &path);
            if !value.is_null() {
                fields.entries.insert(key, value);
            }
        }
        fields
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
