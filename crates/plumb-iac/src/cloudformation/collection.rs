//! `Open`: a list or a map while the parser is within it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use plumb_model::diagnostic::Level;
use plumb_model::value::Text;
use serde_saphyr::granit_parser::StructureStyle;

use super::tree::{Content, Entry, Node};
use crate::place::Place;

/// A collection that is not closed yet.
pub(super) struct Open {
    start: usize,
    style: StructureStyle,
    /// Its anchor; 0 for none.
    pub(super) anchor: usize,
    tag: Option<ShortTag>,
    items: Items,
    /// One past the last byte of the last child.
    end: usize,
    /// How many nodes it holds with itself, aliases counted in full.
    pub(super) size: usize,
    /// How deeply its children nest.
    pub(super) depth: usize,
}

/// A short function before a node.
pub(super) struct ShortTag {
    /// Where it stands.
    pub(super) range: Range<usize>,
    /// Its name without the exclamation mark.
    pub(super) name: String,
}

/// What an open collection holds so far.
pub(super) enum Items {
    /// Items of a list.
    List(Vec<Node>),
    /// Entries of a map.
    Map {
        entries: Vec<Entry>,
        /// Where the entry with a key stands in `entries`.
        seen: HashMap<Text, usize>,
        key: Option<Key>,
        /// Maps that `<<` adds.
        merged: Vec<Node>,
    },
}

/// A key that waits for its value.
pub(super) enum Key {
    /// An ordinary key.
    Plain(Text, Place),
    /// `<<`.
    Merge,
    /// No text: told already, the value is dropped.
    Unusable,
}

/// Something that is wrong with a child.
pub(super) struct Told {
    pub(super) level: Level,
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) help: &'static str,
}

impl Items {
    /// An empty map.
    pub(super) fn map() -> Self {
        Self::Map {
            entries: Vec::new(),
            seen: HashMap::new(),
            key: None,
            merged: Vec::new(),
        }
    }
}

impl Open {
    /// A collection that begins.
    pub(super) fn new(
        start: usize,
        style: StructureStyle,
        anchor: usize,
        tag: Option<ShortTag>,
        items: Items,
    ) -> Self {
        Self {
            start,
            style,
            anchor,
            tag,
            items,
            end: start,
            size: 1,
            depth: 0,
        }
    }

    /// Lets the collection reach at least to `end`.
    pub(super) fn reach(&mut self, end: usize) {
        self.end = self.end.max(end);
    }

    /// Adds a child: an item, a key or a value.
    pub(super) fn push(&mut self, node: Node, size: usize, depth: usize) -> Option<Told> {
        self.size = self.size.saturating_add(size);
        self.depth = self.depth.max(depth);
        let range = node.place.range();
        // What an alias stands for was written before the collection.
        if range.start >= self.start {
            self.reach(range.end);
        }
        let Items::Map {
            entries,
            seen,
            key,
            merged,
        } = &mut self.items
        else {
            if let Items::List(items) = &mut self.items {
                items.push(node);
            }
            return None;
        };
        let place = node.place;
        let wrong = |level, message: String, help| {
            Some(Told {
                level,
                place,
                message,
                help,
            })
        };
        match (key.take(), &node.content) {
            (None, Content::Plain(text)) if text == "<<" => *key = Some(Key::Merge),
            (None, Content::Plain(text) | Content::Quoted(text)) => {
                *key = Some(Key::Plain(text.clone(), place))
            }
            (None, Content::List(_) | Content::Map(_) | Content::Unreadable(_)) => {
                *key = Some(Key::Unusable);
                return wrong(
                    Level::Error,
                    "a key must be a text".to_owned(),
                    "its value is not read",
                );
            }
            (Some(Key::Unusable), _) => {}
            (Some(Key::Merge), Content::List(items)) => merged.extend(items.iter().cloned()),
            (Some(Key::Merge), Content::Map(_)) => merged.push(node),
            (Some(Key::Merge), Content::Plain(_) | Content::Quoted(_) | Content::Unreadable(_)) => {
                return wrong(Level::Error, "`<<` takes a map".to_owned(), "it is left out");
            }
            (Some(Key::Plain(text, key_place)), _) => {
                let mut value = node;
                if value.place.start >= value.place.end {
                    // A value that is left out stands where the next thing begins.
                    value.place = Place {
                        start: key_place.end,
                        ..key_place
                    };
                }
                let entry = Entry {
                    key: text.clone(),
                    key_place,
                    value,
                };
                if let Some(earlier) = seen.get(&text).and_then(|at| entries.get_mut(*at)) {
                    *earlier = entry;
                    return Some(Told {
                        level: Level::Warning,
                        place: key_place,
                        message: format!("key `{text}` stands twice in one map"),
                        help: "the last one counts; remove the other",
                    });
                }
                seen.insert(text, entries.len());
                entries.push(entry);
            }
        }
        None
    }

    /// Where the finished collection stands, what it is, and the short function before it; `end` is where the parser
    /// ends it.
    pub(super) fn finished(self, end: usize) -> (Range<usize>, Content, Option<ShortTag>) {
        // A block ends with its last child; the parser puts its end where the next thing begins.
        let end = match self.style {
            StructureStyle::Flow => end,
            StructureStyle::Block => self.end,
        };
        let content = match self.items {
            Items::List(items) => Content::List(Arc::new(items)),
            Items::Map {
                mut entries,
                mut seen,
                merged,
                ..
            } => {
                for entry in merged.iter().filter_map(Node::entries).flatten() {
                    seen.entry(entry.key.clone()).or_insert_with(|| {
                        entries.push(entry.clone());
                        entries.len() - 1
                    });
                }
                Content::Map(Arc::new(entries))
            }
        };
        (self.start..end.max(self.start), content, self.tag)
    }
}
