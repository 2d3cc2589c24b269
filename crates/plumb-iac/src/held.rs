//! Values that stand elsewhere as those of the property of the judged resource that refers to them.

use std::sync::Arc;

use crate::place::Place;
use crate::val::{Fields, Kind, Val};
use crate::work::Work;

impl<C, T> Work<'_, C, T> {
    /// The value with all its parts held by the property at a place, unless one of their own holds them.
    pub(crate) fn held(&self, value: Val, at: Place) -> Val {
        let kind = match value.kind {
            Kind::List(items) if self.spend(items.len(), at).is_ok() => {
                let items = items.iter().map(|item| self.held(item.clone(), at));
                Kind::List(Arc::new(items.collect()))
            }
            Kind::Map(fields) if self.spend(fields.entries.len(), at).is_ok() => {
                let entries = fields.entries.iter();
                let entries = entries.map(|(key, value)| (key.clone(), self.held(value.clone(), at)));
                let (entries, rest) = (entries.collect(), fields.rest.clone());
                Kind::Map(Arc::new(Fields { entries, rest }))
            }
            kind @ (Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_)
            | Kind::Unknown(_)) => kind,
        };
        Val {
            kind,
            set: value.set,
            at: value.at.or(Some(at)),
            partial: value.partial,
        }
    }
}
