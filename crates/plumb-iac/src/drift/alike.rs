//! Whether a document is as code says it.

use std::collections::BTreeSet;

use plumb_model::code::CodePlace;
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Text, Value};

use crate::declared::Ignored;
use crate::locate::place_of;
use crate::mapping::{Children, Origin, PlaceNode, Written};
use crate::place::{Place, Sources};

/// Compares one document with what code says of it.
pub(super) struct Comparison<'c> {
    sources: &'c Sources,
    head: Place,
    ignored: &'c BTreeSet<Ignored>,
    pub(super) differences: Vec<Difference>,
}

/// A value that is not as code says.
pub(super) struct Difference {
    pub(super) attribute: Text,
    pub(super) place: CodePlace,
    pub(super) wanted: Value,
    pub(super) found: Value,
    /// Whether the code leaves it to others.
    pub(super) is_ignored: bool,
}

impl<'c> Comparison<'c> {
    pub(super) fn new(origin: &Origin, sources: &'c Sources, ignored: &'c BTreeSet<Ignored>) -> Self {
        Self {
            sources,
            head: origin.head,
            ignored,
            differences: Vec::new(),
        }
    }

    /// Compares everything but identities.
    pub(super) fn documents(&mut self, wanted: &Value, found: &Value, places: &PlaceNode) {
        let (Value::Map(wanted), Value::Map(found)) = (wanted, found) else {
            return;
        };
        let identity = Resource::RESERVED.iter().filter(|key| **key != "tags");
        let identity: Vec<&str> = identity.copied().collect();
        self.maps("", (wanted, found), (places, None), &identity);
    }

    /// `within` is the argument or block that holds all of it.
    fn maps(
        &mut self,
        path: &str,
        (wanted, found): (&Map, &Map),
        (places, within): (&PlaceNode, Option<Place>),
        passed_over: &[&str],
    ) {
        let Children::Map(children) = &places.children else {
            return;
        };
        for (key, wanted) in wanted.iter() {
            let Some(place) = children.get(key).filter(|_| !passed_over.contains(&key.as_str())) else {
                continue;
            };
            let path = if path.is_empty() {
                key.to_string()
            } else {
                format!("{path}.{key}")
            };
            let found = found.get(key).unwrap_or(&Value::Null);
            self.values(&path, wanted, found, (place, place.at.or(within)));
        }
    }

    fn values(
        &mut self,
        path: &str,
        wanted: &Value,
        found: &Value,
        (place, within): (&PlaceNode, Option<Place>),
    ) {
        if matches!(found, Value::Unreadable(_)) || !is_said(place) {
            return;
        }
        match (wanted, found) {
            (Value::Unreadable(_), _) => {}
            (Value::Map(wanted), Value::Map(found)) if matches!(place.children, Children::Map(_)) => {
                self.maps(path, (wanted, found), (place, within), &[]);
            }
            _ if agrees(wanted, found, place) => {}
            _ => self.differences.push(Difference {
                attribute: Text::from(path),
                place: place_of(self.sources, place.at.or(place.set).unwrap_or(self.head)),
                wanted: wanted.clone(),
                found: found.clone(),
                is_ignored: self.is_ignored(place, within, path),
            }),
        }
    }

    /// Whether all places that say a value are left to others.
    fn is_ignored(&self, place: &PlaceNode, within: Option<Place>, path: &str) -> bool {
        let last = path.rsplit('.').next().unwrap_or(path);
        let is_left = |at: Place| {
            let mut ignored = self.ignored.iter();
            ignored
                .any(|ignored| ignored.place.holds(at) && ignored.key.as_ref().is_none_or(|key| key == last))
        };
        match place.at.or(within) {
            Some(at) => is_left(at),
            None => match &place.children {
                Children::Map(children) => {
                    let mut said = children.values().filter(|child| is_said(child)).peekable();
                    said.peek().is_some() && said.all(|child| self.is_ignored(child, None, path))
                }
                Children::List(items) => {
                    let mut said = items.iter().filter(|item| is_said(item)).peekable();
                    said.peek().is_some() && said.all(|item| self.is_ignored(item, None, path))
                }
                Children::None => false,
            },
        }
    }
}

/// Whether code says this, or a part of it, and not only the mapping for lack of an argument.
fn is_said(place: &PlaceNode) -> bool {
    place.written == Written::InCode && (place.at.is_some() || place.set.is_some())
        || match &place.children {
            Children::Map(children) => children.values().any(is_said),
            Children::List(items) => items.iter().any(is_said),
            Children::None => false,
        }
}

/// Whether a value is as code says, as far as code says it.
fn agrees(wanted: &Value, found: &Value, place: &PlaceNode) -> bool {
    match (wanted, found) {
        (Value::Unreadable(_), _) | (_, Value::Unreadable(_)) => true,
        (Value::Null, _) => true,
        // An identity that stands for what only the cloud knows.
        (Value::String(_), Value::String(_)) if place.set.is_none() => true,
        (Value::Map(wanted), Value::Map(_) | Value::Null) => {
            let nothing = PlaceNode::default();
            wanted.iter().all(|(key, wanted)| {
                let place = match &place.children {
                    Children::Map(children) => children.get(key).unwrap_or(&nothing),
                    Children::List(_) | Children::None => place,
                };
                agrees(wanted, found.get(key).unwrap_or(&Value::Null), place)
            }) && (!wanted.is_empty() || !found.is_null())
        }
        (Value::List(wanted), Value::List(found)) => {
            wanted.iter().any(|item| matches!(item, Value::Unreadable(_))) || same_items(wanted, found, place)
        }
        // One element and a list of it mean the same in policies.
        (Value::List(wanted), found) => matches!(wanted.as_slice(), [only] if agrees(only, found, place)),
        (wanted, Value::List(found)) => matches!(found.as_slice(), [only] if agrees(wanted, only, place)),
        (Value::Int(wanted), Value::Float(found)) | (Value::Float(found), Value::Int(wanted)) => {
            #[expect(clippy::cast_precision_loss, reason = "settings of clouds are far below 2^53")]
            let wanted = *wanted as f64;
            (wanted - found).abs() < f64::EPSILON
        }
        // Nothing and not at all are written alike by many calls.
        (Value::Bool(false), Value::Null) => true,
        (Value::String(text), Value::Null) => text.is_empty(),
        (wanted, found) => wanted == found,
    }
}

/// Whether two lists hold the same, in any order.
fn same_items(wanted: &[Value], found: &[Value], place: &PlaceNode) -> bool {
    if wanted.len() != found.len() {
        return false;
    }
    let nothing = PlaceNode::default();
    let mut left: Vec<&Value> = found.iter().collect();
    wanted.iter().enumerate().all(|(index, item)| {
        let place = match &place.children {
            Children::List(items) => items.get(index).unwrap_or(&nothing),
            Children::Map(_) | Children::None => place,
        };
        match left.iter().position(|found| agrees(item, found, place)) {
            Some(at) => {
                left.swap_remove(at);
                true
            }
            None => false,
        }
    })
}
