//! `Node`: a template as a tree of places, before anything of it is evaluated.

use std::sync::Arc;

use plumb_model::value::Text;

use crate::place::Place;
use crate::val::Why;

/// One node. Clones are cheap, so that aliases cost nothing until they are evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where it stands; a short function (`!Ref x`) begins at its tag.
    pub(crate) place: Place,
    /// What it is.
    pub(crate) content: Content,
}

/// What a node is. Short functions are maps with their long name as only key.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A scalar without quotes: its text decides its kind.
    Plain(Text),
    /// A text.
    Quoted(Text),
    /// A list.
    List(Arc<Vec<Node>>),
    /// A map; no key stands twice.
    Map(Arc<Vec<Entry>>),
    /// Something that could not be read; a diagnostic tells of it.
    Unreadable(Why),
}

/// One entry of a map.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: Text,
    /// Where the key stands.
    pub(crate) key_place: Place,
    /// The value.
    pub(crate) value: Node,
}

impl Entry {
    /// An entry that no template spells out, made because of what stands at `place`.
    pub(crate) fn made(place: Place, key: impl Into<Text>, value: Node) -> Self {
        Self {
            key: key.into(),
            key_place: place,
            value,
        }
    }

    /// From the key to the end of the value; the key alone where the value stands elsewhere.
    pub(crate) fn place(&self) -> Place {
        let (key, value) = (self.key_place, self.value.place);
        if value.file == key.file && value.start >= key.end {
            Place {
                end: value.end,
                ..key
            }
        } else {
            key
        }
    }
}

impl Node {
    /// A text.
    pub(crate) fn text_at(place: Place, text: impl Into<Text>) -> Self {
        let content = Content::Quoted(text.into());
        Self { place, content }
    }

    /// A list.
    pub(crate) fn list_at(place: Place, items: Vec<Node>) -> Self {
        let content = Content::List(Arc::new(items));
        Self { place, content }
    }

    /// A map.
    pub(crate) fn map_at(place: Place, entries: Vec<Entry>) -> Self {
        let content = Content::Map(Arc::new(entries));
        Self { place, content }
    }

    /// A map whose keys are written in code.
    pub(crate) fn object<const N: usize>(place: Place, entries: [(&str, Node); N]) -> Self {
        let entries = entries
            .into_iter()
            .map(|(key, value)| Entry::made(place, key, value));
        Self::map_at(place, entries.collect())
    }

    /// The call of a function.
    pub(crate) fn call_at(place: Place, function: &str, argument: Node) -> Self {
        Self::object(place, [(function, argument)])
    }

    /// `Ref`.
    pub(crate) fn reference(place: Place, id: &str) -> Self {
        Self::call_at(place, "Ref", Self::text_at(place, id))
    }

    /// `Fn::GetAtt`.
    pub(crate) fn attribute(place: Place, id: &str, attribute: &str) -> Self {
        let path = [id, attribute].map(|part| Self::text_at(place, part));
        Self::call_at(place, "Fn::GetAtt", Self::list_at(place, path.into()))
    }

    /// `Fn::Sub` of a text.
    pub(crate) fn template(place: Place, text: &str) -> Self {
        Self::call_at(place, "Fn::Sub", Self::text_at(place, text))
    }

    /// Something that is not known.
    pub(crate) fn unknown(place: Place, why: impl Into<Why>) -> Self {
        let content = Content::Unreadable(why.into());
        Self { place, content }
    }

    /// The text of a scalar as written, whatever kind it resolves to.
    pub(crate) fn text(&self) -> Option<&Text> {
        match &self.content {
            Content::Plain(text) | Content::Quoted(text) => Some(text),
            Content::List(_) | Content::Map(_) | Content::Unreadable(_) => None,
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Option<&[Node]> {
        match &self.content {
            Content::List(items) => Some(items),
            Content::Plain(_) | Content::Quoted(_) | Content::Map(_) | Content::Unreadable(_) => None,
        }
    }

    /// The entries of a map.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.content {
            Content::Map(entries) => Some(entries),
            Content::Plain(_) | Content::Quoted(_) | Content::List(_) | Content::Unreadable(_) => None,
        }
    }

    /// The entry of a map.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// The value of an entry of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text of an entry of a map.
    pub(crate) fn get_text(&self, key: &str) -> Option<&str> {
        self.get(key)?.text().map(Text::as_str)
    }

    /// The map with an entry more, in place of one with the same key.
    pub(super) fn with_entry(&self, entry: Entry) -> Self {
        let mut entries = self.entries().unwrap_or_default().to_vec();
        entries.retain(|earlier| earlier.key != entry.key);
        entries.push(entry);
        Self::map_at(self.place, entries)
    }

    /// The resource with a property more, unless it has that already.
    pub(super) fn with_property(&self, property: Entry) -> Self {
        let mut entries = self.entries().unwrap_or_default().to_vec();
        match entries.iter_mut().find(|entry| entry.key == "Properties") {
            Some(properties) => match properties.value.entries() {
                Some(inner) if inner.iter().all(|entry| entry.key != property.key) => {
                    let mut inner = inner.to_vec();
                    inner.push(property);
                    properties.value = Self::map_at(properties.value.place, inner);
                }
                Some(_) | None => {}
            },
            None => {
                let place = property.key_place;
                entries.push(Entry::made(
                    place,
                    "Properties",
                    Self::map_at(place, vec![property]),
                ));
            }
        }
        Self::map_at(self.place, entries)
    }

    /// The name and the argument where the node is the call of a function.
    ///
    /// `Condition` is none: outside of conditions it is a common key of policies.
    pub(crate) fn call(&self) -> Option<(&str, &Node)> {
        match self.entries()? {
            [only] if only.key == "Ref" || only.key.starts_with("Fn::") && !is_loop(&only.key) => {
                Some((&only.key, &only.value))
            }
            _ => None,
        }
    }

    /// Whether another node says the same in the same words, wherever it stands.
    pub(super) fn is_written_as(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Content::Plain(a) | Content::Quoted(a), Content::Plain(b) | Content::Quoted(b)) => a == b,
            (Content::List(a), Content::List(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.is_written_as(b))
            }
            (Content::Map(a), Content::Map(b)) => {
                let same = |(a, b): (&Entry, &Entry)| a.key == b.key && a.value.is_written_as(&b.value);
                a.len() == b.len() && a.iter().zip(b.iter()).all(same)
            }
            (
                Content::Plain(_)
                | Content::Quoted(_)
                | Content::List(_)
                | Content::Map(_)
                | Content::Unreadable(_),
                _,
            ) => false,
        }
    }

    /// Whether the node is null: written as such, or left out.
    pub(crate) fn is_null(&self) -> bool {
        match &self.content {
            Content::Plain(text) => matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"),
            Content::Quoted(_) | Content::List(_) | Content::Map(_) | Content::Unreadable(_) => false,
        }
    }

    /// What the node is, as messages call it.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.content {
            Content::Plain(_) | Content::Quoted(_) => "scalar",
            Content::List(_) => "list",
            Content::Map(_) => "map",
            Content::Unreadable(_) => "unreadable",
        }
    }
}

/// Whether the key of a map is a loop.
pub(crate) fn is_loop(key: &str) -> bool {
    key.starts_with("Fn::ForEach::")
}
