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

/// The key by which a macro adds entries to a map.
const MACRO: &str = "Fn::Transform";

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
        let ignored = resource.value.get("IgnoreGlobals");
        let is_ignored = |name: &str| match ignored.and_then(Node::items) {
            Some(names) => names
                .iter()
                .any(|item| item.text().is_some_and(|text| text == name)),
            None => ignored.and_then(Node::text).is_some_and(|text| text == "*"),
        };
        let globals = globals.map(|globals| match (ignored, globals.entries()) {
            (Some(_), Some(entries)) => {
                let kept = entries.iter().filter(|entry| !is_ignored(&entry.key));
                Node::map_at(globals.place, kept.cloned().collect())
            }
            _ => globals.clone(),
        });
        let own = own.unwrap_or_else(|| Node::map_at(resource.key_place, Vec::new()));
        let shared = SHARED
            .iter()
            .filter_map(|name| resource.value.entry(name).cloned());
        Self {
            instance,
            id: resource.key.clone(),
            place: resource.key_place,
            whole: resource.value.place,
            properties: match globals.map(|globals| merged(instance.work, &globals, &own)) {
                Some(Ok(properties)) => properties,
                Some(Err(why)) => Node::unknown(own.place, why),
                None => own,
            },
            shared: shared.collect(),
        }
    }

    /// The condition that it depends on.
    pub(super) fn condition(&self) -> Option<&Entry> {
        self.shared.iter().find(|entry| entry.key == "Condition")
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
            Piece::Unknown(..) => None,
        }
    }

    /// The resource that takes the place of the whole SAM resource.
    pub(super) fn main(&self, kind: &str, properties: Vec<Entry>) -> Entry {
        self.resource(&self.id, kind, properties)
    }

    /// A resource that the SAM resource gives.
    pub(super) fn resource(&self, id: &str, kind: &str, mut properties: Vec<Entry>) -> Entry {
        let is_known = self.properties.entries().is_some() && self.properties.call().is_none();
        if !is_known || self.properties.get(MACRO).is_some() {
            // What is not seen of the source is not seen of what it gives either.
            properties.push(Entry::made(
                self.place,
                MACRO,
                Node::map_at(self.place, Vec::new()),
            ));
        }
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

    /// A map of tags as a list, after the tag by which SAM tells what it made: `created_by` is its key.
    pub(super) fn tags(&self, created_by: &str) -> Entry {
        let made = [created_by, "SAM"].map(|text| Node::text_at(self.place, text));
        let [key, value] = made;
        self.tags_after(vec![Node::object(self.place, [("Key", key), ("Value", value)])])
    }

    /// A map of tags as a list, where there are any.
    pub(super) fn plain_tags(&self) -> Option<Entry> {
        self.get("Tags").map(|_| self.tags_after(Vec::new()))
    }

    /// The map of tags as a map, with the tag by which SAM tells what it made.
    pub(super) fn map_of_tags(&self, created_by: &str) -> Entry {
        let mut tags = vec![Entry::made(
            self.place,
            created_by,
            Node::text_at(self.place, "SAM"),
        )];
        tags.extend(self.entries("Tags").iter().cloned());
        let place = self.properties.entry("Tags").map_or(self.place, Entry::place);
        let value = match self.get("Tags").filter(|tags| tags.call().is_some()) {
            Some(tags) => tags.clone(),
            None => Node::map_at(place, tags),
        };
        Entry {
            key: "Tags".into(),
            key_place: place,
            value,
        }
    }

    fn tags_after(&self, mut tags: Vec<Node>) -> Entry {
        for tag in self.entries("Tags") {
            let key = Node::text_at(tag.key_place, tag.key.clone());
            tags.push(Node::object(
                tag.place(),
                [("Key", key), ("Value", tag.value.clone())],
            ));
        }
        let place = self.properties.entry("Tags").map_or(self.place, Entry::place);
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
        let found = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let Some((bucket_text, rest)) = found else {
            let packaged = Node::unknown(place, "it is packaged before deployment");
            return vec![
                Entry::made(place, bucket, packaged.clone()),
                Entry::made(place, key, packaged),
            ];
        };
        let (key_text, version_text) = match rest.split_once("?versionId=") {
            Some((key, version)) => (key, Some(version)),
            None => (rest, None),
        };
        let mut location = vec![
            Entry::made(place, bucket, Node::text_at(place, bucket_text)),
            Entry::made(place, key, Node::text_at(place, key_text)),
        ];
        location.extend(version_text.map(|text| Entry::made(place, version, Node::text_at(place, text))));
        location
    }
}
