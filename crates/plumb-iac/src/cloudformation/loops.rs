//! `Fn::ForEach`: fragments of a template that are repeated for each item of a collection.

use plumb_model::value::Text;

use super::evaluate::Spot;
use super::instance::Instance;
use super::scalar;
use super::tree::{Content, Entry, Node, is_loop};
use crate::place::Place;
use crate::val::Why;
use crate::work::BYTES_PER_STEP;

/// How many entries the loops of one map may give.
const MAX_ENTRIES: usize = 5_000;

/// Entries without loops.
pub(super) struct Unrolled {
    /// The entries.
    pub(super) entries: Vec<Entry>,
    /// Why there may be others: a collection that is not known.
    pub(super) rest: Option<Why>,
}

impl Instance<'_, '_> {
    /// The entries of a map with its loops unrolled; what is wrong with a loop is told.
    pub(super) fn unrolled(&self, entries: &[Entry]) -> Unrolled {
        let mut unrolled = Unrolled {
            entries: Vec::with_capacity(entries.len()),
            rest: None,
        };
        for entry in entries {
            self.unroll(entry, &mut unrolled, 0);
        }
        unrolled
    }

    fn unroll(&self, entry: &Entry, unrolled: &mut Unrolled, depth: usize) {
        if !is_loop(&entry.key) {
            unrolled.entries.push(entry.clone());
            return;
        }
        let mut not_seen = |message: String, help: &str| {
            self.work.error(entry.key_place, message.clone(), help);
            unrolled.rest = Some(message.into());
        };
        let Some([identifier, collection, fragment]) = entry.value.items() else {
            return not_seen(
                format!("`{}` takes an identifier, a collection and a map", entry.key),
                "what it repeats is not seen",
            );
        };
        let (Some(identifier), Some(fragment)) = (identifier.text(), fragment.entries()) else {
            return not_seen(
                format!("`{}` takes a text as identifier and a map to repeat", entry.key),
                "what it repeats is not seen",
            );
        };
        if depth >= super::MAX_NESTING {
            return not_seen(
                "loops nest too deeply".to_owned(),
                "what this one repeats is not seen",
            );
        }
        let items = match self.collection(collection) {
            Ok(items) => items,
            Err(why) => {
                let message = format!("the collection of `{}` is not known: {why}", entry.key);
                return not_seen(message, "give values for the parameters that it depends on");
            }
        };
        for item in items {
            for inner in fragment {
                if unrolled.entries.len() >= MAX_ENTRIES {
                    let message = format!("loops give more than {MAX_ENTRIES} entries");
                    self.work
                        .error(entry.key_place, message.clone(), "the others are not seen");
                    unrolled.rest = Some(message.into());
                    return;
                }
                match self.substituted(inner, identifier, &item) {
                    Ok(inner) => self.unroll(&inner, unrolled, depth + 1),
                    Err(why) => unrolled.rest = Some(why),
                }
            }
        }
    }

    /// The items of a collection; all of it has to be known.
    fn collection(&self, node: &Node) -> Result<Vec<String>, Why> {
        let value = self.evaluate(node, Spot::DECISION);
        if let Some(why) = value.why_partly_unknown() {
            return Err(why.clone());
        }
        let items = value.as_list().ok_or_else(|| Why::from("it is no list"))?;
        let texts = items
            .iter()
            .map(|item| scalar::text_of(item).ok_or_else(|| "an item is no text".into()));
        texts.collect()
    }

    fn substituted(&self, entry: &Entry, identifier: &str, item: &str) -> Result<Entry, Why> {
        Ok(Entry {
            key: self.replaced(&entry.key, identifier, item, entry.key_place)?,
            key_place: entry.key_place,
            value: self.substituted_node(&entry.value, identifier, item)?,
        })
    }

    fn substituted_node(&self, node: &Node, identifier: &str, item: &str) -> Result<Node, Why> {
        self.work.spend(1, node.place)?;
        let content = match &node.content {
            Content::Plain(text) => Content::Plain(self.replaced(text, identifier, item, node.place)?),
            Content::Quoted(text) => Content::Quoted(self.replaced(text, identifier, item, node.place)?),
            Content::List(items) => {
                let items: Result<Vec<Node>, Why> = items
                    .iter()
                    .map(|inner| self.substituted_node(inner, identifier, item))
                    .collect();
                Content::List(items?.into())
            }
            Content::Map(entries) => match node.call() {
                Some(("Ref", name)) if name.text().is_some_and(|name| name == identifier) => {
                    Content::Quoted(item.into())
                }
                Some(_) | None => {
                    let entries: Result<Vec<Entry>, Why> = entries
                        .iter()
                        .map(|inner| self.substituted(inner, identifier, item))
                        .collect();
                    Content::Map(entries?.into())
                }
            },
            Content::Unreadable(why) => Content::Unreadable(why.clone()),
        };
        Ok(Node {
            place: node.place,
            content,
        })
    }

    /// `${X}` is replaced by the item, `&{X}` by its letters and digits, which is all that a logical id may have.
    fn replaced(&self, text: &Text, identifier: &str, item: &str, place: Place) -> Result<Text, Why> {
        let count = text.matches(identifier).count();
        if identifier.is_empty() || count == 0 {
            return Ok(text.clone());
        }
        self.work
            .spend((text.len() + count * item.len()) / BYTES_PER_STEP, place)?;
        let plain: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
        let text = text.replace(&format!("${{{identifier}}}"), item);
        Ok(text.replace(&format!("&{{{identifier}}}"), &plain).into())
    }
}
