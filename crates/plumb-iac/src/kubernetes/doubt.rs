//! Making unknown what something else sets in an object.

use std::sync::Arc;

use crate::cloudformation::tree::{Content, Entry, Node};
use crate::val::Why;

/// The node with everything unknown that a document of the same shape sets.
pub(super) fn merged(node: &Node, change: &Node, why: &Why) -> Node {
    let (Content::Map(entries), Content::Map(changes)) = (&node.content, &change.content) else {
        return Node::unknown(node.place, why.clone());
    };
    let mut entries = Vec::clone(entries);
    for change in changes.iter() {
        put(node, &mut entries, &change.key, |value| {
            merged(value, &change.value, why)
        });
    }
    Node {
        place: node.place,
        content: Content::Map(Arc::new(entries)),
    }
}

/// The node with what stands at a path unknown; a list is unknown as a whole.
pub(super) fn at<S: AsRef<str>>(node: &Node, steps: &[S], why: &Why) -> Node {
    let (Some((first, rest)), Content::Map(entries)) = (steps.split_first(), &node.content) else {
        return Node::unknown(node.place, why.clone());
    };
    let mut entries = Vec::clone(entries);
    put(node, &mut entries, first.as_ref(), |value| at(value, rest, why));
    Node {
        place: node.place,
        content: Content::Map(Arc::new(entries)),
    }
}

/// Changes the entry of that key, which is an empty map where there is none.
fn put(node: &Node, entries: &mut Vec<Entry>, key: &str, change: impl Fn(&Node) -> Node) {
    match entries.iter_mut().find(|entry| entry.key == key) {
        Some(entry) => entry.value = change(&entry.value),
        None => {
            let value = change(&Node::map_at(node.place, Vec::new()));
            entries.push(Entry::made(node.place, key, value));
        }
    }
}
