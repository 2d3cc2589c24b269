//! Making unknown what something else sets in an object.

use std::sync::Arc;

use crate::cloudformation::tree::{Content, Entry, Node};
use crate::val::Why;

/// How deep a path goes; what it leads to further down is unknown from there.
const MAX_STEPS: usize = 48;

/// Makes everything unknown that a document of the same shape sets.
pub(super) fn merged(node: &mut Node, change: &Node, why: &Why) {
    let place = node.place;
    let (Content::Map(entries), Content::Map(changes)) = (&mut node.content, &change.content) else {
        *node = Node::unknown(place, why.clone());
        return;
    };
    let entries = Arc::make_mut(entries);
    for change in changes.iter() {
        let empty = Node::map_at(place, Vec::new());
        merged(value(entries, &change.key, empty), &change.value, why);
    }
}

/// Makes what stands at a path unknown; a list is unknown as a whole.
pub(super) fn at<S: AsRef<str>>(node: &mut Node, steps: &[S], why: &Why) {
    let steps: Vec<&str> = steps.iter().take(MAX_STEPS).map(AsRef::as_ref).collect();
    below(node, &steps, why);
}

fn below(node: &mut Node, steps: &[&str], why: &Why) {
    let place = node.place;
    let (Some((first, rest)), Content::Map(entries)) = (steps.split_first(), &mut node.content) else {
        *node = Node::unknown(place, why.clone());
        return;
    };
    let empty = Node::map_at(place, Vec::new());
    below(value(Arc::make_mut(entries), first, empty), rest, why);
}

/// The value of the entry of that key, which is put in where there is none.
fn value<'e>(entries: &'e mut Vec<Entry>, key: &str, missing: Node) -> &'e mut Node {
    let at = match entries.iter().position(|entry| entry.key == key) {
        Some(at) => at,
        None => {
            entries.push(Entry::made(missing.place, key, missing));
            entries.len() - 1
        }
    };
    #[expect(
        clippy::indexing_slicing,
        reason = "the entry was found or put there just now"
    )]
    &mut entries[at].value
}
