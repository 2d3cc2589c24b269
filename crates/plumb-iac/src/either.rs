//! What is known of a value that is one of two.

use std::collections::BTreeSet;
use std::sync::Arc;

use plumb_model::value::Text;

use crate::val::{Fields, Kind, Val, Why};

/// What is known of a value that is one of two; what they agree on is known.
pub(crate) fn either(a: Val, b: Val, why: &Why) -> Val {
    let unknown = |a: &Val| Val {
        kind: Kind::Unknown(why.clone()),
        set: a.set,
        at: a.at,
        partial: None,
    };
    match (&a.kind, &b.kind) {
        (Kind::Map(left), Kind::Map(right)) => {
            let keys: BTreeSet<&Text> = left.entries.keys().chain(right.entries.keys()).collect();
            let entries = keys.into_iter().map(|key| {
                let value = match (left.entries.get(key), right.entries.get(key)) {
                    (Some(a), Some(b)) => either(a.clone(), b.clone(), why),
                    (Some(only), None) | (None, Some(only)) => unknown(only),
                    (None, None) => Val::null(),
                };
                (key.clone(), value)
            });
            let entries = entries.collect();
            let rest = left.rest.clone().or_else(|| right.rest.clone());
            Val {
                kind: Kind::Map(Arc::new(Fields { entries, rest })),
                ..a
            }
        }
        (Kind::List(left), Kind::List(right)) if left.len() == right.len() => {
            let items = left.iter().zip(right.iter());
            let items = items.map(|(a, b)| either(a.clone(), b.clone(), why)).collect();
            Val {
                kind: Kind::List(Arc::new(items)),
                ..a
            }
        }
        (left, right) if left == right && a.partial == b.partial => a,
        _ => unknown(&a),
    }
}
