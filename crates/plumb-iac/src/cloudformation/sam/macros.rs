//! `Macro`: one SAM resource with its defaults, and what the resources that it gives share.

use plumb_model::value::Text;

use super::merged;
use crate::cloudformation::evaluate::Spot;
use crate::cloudformation::instance::Instance;
use crate::cloudformation::substitution::Piece;
use crate::cloudformation::tree::{Content, Entry, Node};
use crate::place::Place;

/// Attributes of a resource that those which it gives take over.
const SHARED: [&str; 3] = ["Condition", "DeletionPolicy", "UpdateReplacePolicy"];

/// A SAM resource.
pub(super) struct Macro<'r, 'w, 'a> {
    pub(super) instance: &'r Instance<'w, 'a>,
    /// Its logical id.
    pub(super) id: Text,
    /// Where the logical id stands.
    pub(super) place: Place,
    /// The whole resource.
    whole: Place,
    /// Its properties with the defaults of the template.
    pub(super) properties: Node,
    shared: Vec<Entry>,
}

impl<'r, 'w, 'a> Macro<'r, 'w, 'a> {
    /// A resource of a template; `globals` are the defaults of its kind.
    pub(super) fn new(instance: &'r Instance<'w, 'a>, resource: &Entry, globals: Option<&Node>) -> Self {
        let own = resource
            .value
            .get("Properties")
            .filter(|node| !node.is_null())
            .cloned();
        let own = own.unwrap_or_else(|| Node::map_at(resource.key_place, Vec::new()));
        let shared = SHARED
            .iter()
            .filter_map(|name| resource.value.entry(name).cloned());
        Self {
            instance,
            id: resource.key.clone(),
            place: resource.key_place,
            whole: resource.value.place,
            properties: globals.map_or_else(|| own.clone(), |globals| merged(globals, &own)),
            shared: shared.collect(),
        }
    }

    /// A property.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.properties.get(name).filter(|node| !node.is_null())
    }

    /// The entries of a property that is a map.
    pub(super) fn entries(&self, name: &str) -> &[Entry] {
        self.get(name)
            .filter(|node| node.call().is_none())
            .and_then(Node::entries)
            .unwrap_or_default()
    }

    /// Properties that the transform passes on as they are.
    pub(super) fn passed(&self, names: &[&str]) -> Vec<Entry> {
        names
            .iter()
            .filter_map(|name| self.properties.entry(name).cloned())
            .collect()
    }

    /// A property under the name that it has in the resource that is given.
    pub(super) fn renamed(&self, name: &str, new: &str) -> Option<Entry> {
        let entry = self.properties.entry(name)?;
        Some(Entry {
            key: new.into(),
            ..entry.clone()
        })
    }

    /// The text of a property, where it is known; references to parameters are followed.
    pub(super) fn text(&self, node: &Node) -> Option<Text> {
        match self.instance.text(node, Spot::DECISION) {
            Piece::Text(text) => Some(text),
            Piece::Unknown(_) => None,
        }
    }

    /// The resource that takes the place of the whole SAM resource.
    pub(super) fn main(&self, kind: &str, properties: Vec<Entry>) -> Entry {
        self.resource(&self.id, kind, properties)
    }

    /// A resource that the SAM resource gives.
    pub(super) fn resource(&self, id: &str, kind: &str, properties: Vec<Entry>) -> Entry {
        let at = Entry {
            key: id.into(),
            key_place: self.place,
            value: Node::map_at(self.whole, properties),
        };
        self.resource_at(at, kind)
    }

    /// A resource that an entry within the SAM resource gives: its key is the logical id, its value the properties.
    pub(super) fn resource_at(&self, at: Entry, kind: &str) -> Entry {
        let Entry {
            key,
            key_place,
            value,
        } = at;
        let whole = value.place;
        let mut entries = vec![
            Entry::made(key_place, "Type", Node::text_at(key_place, kind)),
            Entry {
                key: "Properties".into(),
                key_place,
                value,
            },
        ];
        entries.extend(self.shared.iter().cloned());
        Entry {
            key,
            key_place,
            value: Node::map_at(whole, entries),
        }
    }

    /// A map of tags as a list, with the one that SAM adds.
    pub(super) fn tags(&self, created_by: &str) -> Entry {
        let mut tags = Vec::new();
        for tag in self.entries("Tags") {
            let key = Node::text_at(tag.key_place, tag.key.clone());
            tags.push(Node::object(
                tag.place(),
                [("Key", key), ("Value", tag.value.clone())],
            ));
        }
        let place = self.properties.entry("Tags").map_or(self.place, Entry::place);
        let made = [created_by, "SAM"].map(|text| Node::text_at(self.place, text));
        let [key, value] = made;
        tags.push(Node::object(self.place, [("Key", key), ("Value", value)]));
        let unknown = self.get("Tags").filter(|tags| tags.call().is_some());
        let value = match unknown {
            Some(tags) => Node::unknown(tags.place, "tags are made by a function"),
            None => Node::list_at(place, tags),
        };
        Entry {
            key: "Tags".into(),
            key_place: place,
            value,
        }
    }

    /// The location of code or a document: a text `s3://bucket/key`, a map, or a local path that is packaged later.
    pub(super) fn location(&self, uri: &Node, names: [&str; 3]) -> Vec<Entry> {
        let place = uri.place;
        let [bucket, key, version] = names;
        if let Content::Map(entries) = &uri.content
            && uri.call().is_none()
        {
            let renamed = [("Bucket", bucket), ("Key", key), ("Version", version)];
            let found = entries.iter().filter_map(|entry| {
                let (_, new) = renamed.iter().find(|(old, _)| entry.key == *old)?;
                Some(Entry {
                    key: (*new).into(),
                    ..entry.clone()
                })
            });
            return found.collect();
        }
        let text = self.text(uri).unwrap_or_default();
        let split = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let (bucket_value, key_value) = match split {
            Some((bucket, key)) => (Node::text_at(place, bucket), Node::text_at(place, key)),
            None => {
                let packaged = Node::unknown(place, "it is packaged before deployment");
                (packaged.clone(), packaged)
            }
        };
        vec![
            Entry::made(place, bucket, bucket_value),
            Entry::made(place, key, key_value),
        ]
    }
}
