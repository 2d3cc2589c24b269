//! Nodes to values, with the places of what made them and of the properties that hold them.

use std::sync::Arc;

use super::instance::Instance;
use super::substitution::known_text;
use super::tree::{Content, Entry, Node, is_loop};
use super::{Certainty, scalar};
use crate::place::Place;
use crate::val::{Entries, Fields, Kind, Val};

/// Where and for what something is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    /// The property or item of the judged resource that holds it; `None` outside of resources.
    pub(super) at: Option<Place>,
    /// Whether stand-ins do.
    pub(super) certainty: Certainty,
}

impl Spot {
    /// For a decision.
    pub(super) const DECISION: Self = Self {
        at: None,
        certainty: Certainty::Required,
    };

    /// The same purpose in an inner property or item.
    fn within(self, place: Place) -> Self {
        Self {
            at: self.at.map(|_| place),
            ..self
        }
    }
}

impl Instance<'_, '_> {
    /// The value of a node.
    pub(super) fn evaluate(&self, node: &Node, spot: Spot) -> Val {
        let value = match self.work.enter(node.place) {
            Ok(()) => {
                let value = self.entered(node, spot);
                self.work.leave();
                value
            }
            Err(why) => Val::placed(Kind::Unknown(why), Some(node.place)),
        };
        Val {
            at: value.at.or(spot.at),
            ..value
        }
    }

    /// A map of entries: loops are unrolled, entries without a value left out.
    pub(super) fn fields(&self, entries: &[Entry], spot: Spot) -> Fields {
        if entries.iter().any(|entry| is_loop(&entry.key)) {
            let unrolled = self.unrolled(entries);
            let fields = self.plain_fields(&unrolled.entries, spot);
            return Fields {
                rest: fields.rest.or(unrolled.rest),
                ..fields
            };
        }
        self.plain_fields(entries, spot)
    }

    fn plain_fields(&self, entries: &[Entry], spot: Spot) -> Fields {
        let mut fields = Fields {
            entries: Entries::new(),
            rest: None,
        };
        for entry in entries {
            if entry.key == "Fn::Transform" {
                fields.rest = Some("a macro adds to it".into());
                continue;
            }
            let value = self.evaluate(&entry.value, spot.within(entry.place()));
            if !value.is_null() {
                fields.entries.insert(entry.key.clone(), value);
            }
        }
        fields
    }

    /// A value that stands elsewhere as the value of a property of the judged resource.
    pub(super) fn held(&self, value: Val, spot: Spot) -> Val {
        match spot.at {
            Some(at) => self.work.held(value, at),
            None => value,
        }
    }

    fn entered(&self, node: &Node, spot: Spot) -> Val {
        let kind = match &node.content {
            Content::Plain(text) => scalar::kind(text),
            Content::Quoted(text) => Kind::String(text.clone()),
            Content::Unreadable(why) => Kind::Unknown(why.clone()),
            Content::List(items) => {
                let items = items
                    .iter()
                    .map(|item| self.evaluate(item, spot.within(item.place)));
                Kind::List(Arc::new(items.filter(|item| !item.is_null()).collect()))
            }
            Content::Map(entries) => match node.call() {
                Some((function, argument)) => {
                    let value = self.call(function, argument, node.place, spot);
                    return self.held(value.or_placed(Some(node.place)), spot);
                }
                None => Kind::Map(Arc::new(self.fields(entries, spot))),
            },
        };
        known_text(kind, Some(node.place))
    }
}
