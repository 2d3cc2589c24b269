//! `Here`: what the paths of a mapping look at.

use std::borrow::Cow;
use std::sync::Arc;

use plumb_model::value::Text;
use plumb_pack::mapping::{ArgumentPath, Start};

use crate::mapping::KNOWN_AFTER_APPLY;
use crate::val::{Kind, Val};

/// The element at hand and the block around it.
#[derive(Clone, Copy)]
pub(crate) struct Here<'v> {
    /// The arguments of the block.
    pub(crate) block: &'v Val,
    /// The element.
    pub(crate) element: &'v Val,
}

/// A part of a list that an argument gives.
pub(crate) enum Item<'v> {
    /// One element.
    Element(Cow<'v, Val>),
    /// Nobody knows how many elements.
    Unknown(Cow<'v, Val>),
}

impl<'v> Here<'v> {
    /// A block as a whole.
    pub(crate) fn block(block: &'v Val) -> Self {
        Self {
            block,
            element: block,
        }
    }

    /// Another element of the same block.
    pub(crate) fn at<'n>(self, element: &'n Val) -> Here<'n>
    where
        'v: 'n,
    {
        Here {
            block: self.block,
            element,
        }
    }

    /// What stands at a path; `None` when nothing is written there. Unknown values are given as they are.
    pub(crate) fn get(self, path: &ArgumentPath) -> Option<Cow<'v, Val>> {
        follow(self.start(path), &path.steps)
    }

    /// The elements of the lists at a path; lists on the way are gone through.
    pub(crate) fn items(self, path: &ArgumentPath) -> Vec<Item<'v>> {
        let mut items = Vec::new();
        gather(self.start(path), &path.steps, &mut items);
        items
    }

    fn start(self, path: &ArgumentPath) -> &'v Val {
        match path.from {
            Start::Here => self.element,
            Start::Block => self.block,
        }
    }
}

fn follow<'v>(start: &'v Val, steps: &[Text]) -> Option<Cow<'v, Val>> {
    let mut place = start;
    let mut steps = steps.iter();
    let mut step = steps.next();
    loop {
        match &place.kind {
            Kind::Null => return None,
            Kind::Unknown(_) if step.is_none() => return Some(Cow::Borrowed(place)),
            // What is known of the text says nothing of what stands in it.
            Kind::Unknown(why) => return Some(Cow::Owned(unknown_at(place, why))),
            Kind::String(text) if text.is_empty() && step.is_none() => return None,
            Kind::Json(inner) if step.is_some() => place = inner,
            Kind::List(items) if step.is_some() => match items.as_slice() {
                [] => return None,
                [one] => place = one,
                _ => return Some(Cow::Owned(unknown_at(place, "there are several of it"))),
            },
            Kind::Map(fields) => {
                let Some(key) = step else {
                    return Some(Cow::Borrowed(place));
                };
                match (fields.entries.get(key), &fields.rest) {
                    (Some(next), _) => place = next,
                    (None, Some(why)) if why != KNOWN_AFTER_APPLY => {
                        return Some(Cow::Owned(unknown_at(place, why)));
                    }
                    (None, _) => return None,
                }
                step = steps.next();
            }
            Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Json(_) => return step.is_none().then_some(Cow::Borrowed(place)),
        }
    }
}

fn gather<'v>(place: &'v Val, steps: &[Text], items: &mut Vec<Item<'v>>) {
    match (&place.kind, steps.split_first()) {
        (Kind::Null, _) => {}
        (Kind::Unknown(_), _) => items.push(Item::Unknown(Cow::Borrowed(place))),
        (Kind::Json(inner), Some(_)) => gather(inner, steps, items),
        (Kind::List(list), Some(_)) => list.iter().for_each(|item| gather(item, steps, items)),
        (Kind::List(list), None) => {
            let written = list.iter().filter(|item| !item.is_null());
            items.extend(written.map(|item| Item::Element(Cow::Borrowed(item))));
        }
        (Kind::Map(fields), Some((key, rest))) if key == ArgumentPath::ENTRIES => {
            for (key, value) in &fields.entries {
                match rest {
                    [] => items.push(Item::Element(Cow::Owned(entry(key, value)))),
                    _ => gather_of(key, value, rest, items),
                }
            }
            if let Some(why) = fields.rest.as_ref().filter(|why| *why != KNOWN_AFTER_APPLY) {
                items.push(Item::Unknown(Cow::Owned(unknown_at(place, why))));
            }
        }
        (Kind::Map(fields), Some((key, rest))) => match (fields.entries.get(key), &fields.rest) {
            (Some(next), _) => gather(next, rest, items),
            (None, Some(why)) if why != KNOWN_AFTER_APPLY => {
                items.push(Item::Unknown(Cow::Owned(unknown_at(place, why))));
            }
            (None, _) => {}
        },
        (Kind::String(text), None) if text.is_empty() => {}
        (
            Kind::Map(_) | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::String(_) | Kind::Json(_),
            None,
        ) => items.push(Item::Element(Cow::Borrowed(place))),
        (Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::String(_), Some(_)) => {}
    }
}

/// The entries of an entry, with the key of that one as `of`.
fn gather_of<'v>(of: &Text, value: &'v Val, steps: &[Text], items: &mut Vec<Item<'v>>) {
    let mut inner = Vec::new();
    gather(value, steps, &mut inner);
    items.extend(inner.into_iter().map(|item| match item {
        Item::Element(element) => {
            let mut element = element.into_owned();
            if let Kind::Map(fields) = &mut element.kind {
                let entries = &mut Arc::make_mut(fields).entries;
                entries.insert(Text::new_static("of"), Val::string(of.clone()));
            }
            Item::Element(Cow::Owned(element))
        }
        unknown @ Item::Unknown(_) => unknown,
    }));
}

/// An entry of a map as an element of a list.
fn entry(key: &Text, value: &Val) -> Val {
    let fields = [("key", Val::string(key.clone())), ("value", value.clone())];
    Val {
        at: value.at,
        set: value.set,
        ..Val::map(
            fields
                .map(|(name, val)| (Text::new_static(name), val))
                .into_iter()
                .collect(),
        )
    }
}

/// Something unknown where another value stands.
fn unknown_at(place: &Val, why: &str) -> Val {
    Val {
        at: place.at,
        set: place.set,
        ..Val::unknown(why)
    }
}
