//! `Secrecy`: what becomes of values that their author marks as secret.

use std::collections::BTreeSet;

use crate::place::Place;
use crate::val::{Kind, Val};

/// What becomes of values that are marked as sensitive, ephemeral, secure, or not to be echoed.
///
/// Whatever is shown is made of code that keeps them. That it is read a second time with them revealed decides verdicts,
/// and nothing else of that reading leaves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Secrecy {
    /// They are unknown.
    #[default]
    Kept,
    /// They are what they are.
    Revealed,
}

/// Where the texts and numbers of a value are written; truth values tell too little to be hidden.
pub(crate) fn written_at(value: &Val, places: &mut BTreeSet<Place>) {
    match &value.kind {
        Kind::String(_) | Kind::Int(_) | Kind::Float(_) => places.extend(value.set),
        Kind::List(items) => items.iter().for_each(|item| written_at(item, places)),
        Kind::Map(fields) => fields
            .entries
            .values()
            .for_each(|entry| written_at(entry, places)),
        Kind::Json(inner) => written_at(inner, places),
        Kind::Null | Kind::Bool(_) | Kind::Unknown(_) => {}
    }
}

/// Whether a value tells something that its author does not want to be told; that there is none is no secret.
pub(crate) fn is_telling(value: &Val) -> bool {
    match &value.kind {
        Kind::Null | Kind::Unknown(_) => false,
        Kind::String(text) => !text.is_empty(),
        Kind::List(items) => !items.is_empty(),
        Kind::Map(fields) => !fields.entries.is_empty(),
        Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Json(_) => true,
    }
}
