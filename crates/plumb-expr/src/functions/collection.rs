//! Functions on lists and maps.

use crate::machine::{Machine, out_of_budget};
use crate::val::{Kleene, ListVal, Val};

/// The number of elements, entries or characters; 0 for null, null for what has no size.
pub(crate) fn size<'a>(machine: &mut Machine<'a>, val: &Val<'a>) -> Val<'a> {
    let count = match val {
        Val::Null => 0,
        Val::Unknown(_) => return val.clone(),
        Val::Text(text) => {
            let text = text.as_str();
            if !machine.charge_bytes(text.len()) {
                return Val::Unknown(out_of_budget());
            }
            text.chars().count()
        }
        Val::List(list) => {
            if !machine.charge((list.len() / 8) as u64) {
                return Val::Unknown(out_of_budget());
            }
            match list.unknown_within(list.len()) {
                Some(cause) => return Val::Unknown(cause),
                None => list.len(),
            }
        }
        Val::Map(map) => map.len(),
        Val::Bool(_) | Val::Int(_) | Val::Double(_) | Val::Moment(_) | Val::Length(_) => return Val::Null,
    };
    i64::try_from(count).map_or(Val::Null, Val::Int)
}

/// The elements without those that equal an earlier one.
///
/// Where it is unknown whether an element equals an earlier one, an unknown element takes its place.
pub(crate) fn distinct<'a>(machine: &mut Machine<'a>, list: Val<'a>) -> Val<'a> {
    let Val::List(list) = list else {
        return empty_or(list);
    };
    let mut kept: Vec<Val<'a>> = Vec::new();
    for element in list.iter() {
        let mut is_new = Kleene::True;
        if !element.is_unknown() {
            for earlier in kept.iter().filter(|earlier| !earlier.is_unknown()) {
                if !machine.charge(1) {
                    return Val::Unknown(out_of_budget());
                }
                match machine.equal(earlier, &element) {
                    Kleene::True => {
                        is_new = Kleene::False;
                        break;
                    }
                    Kleene::False => {}
                    Kleene::Unknown(cause) => is_new = Kleene::Unknown(cause),
                }
            }
        }
        match is_new {
            Kleene::True => kept.push(element),
            Kleene::False => {}
            Kleene::Unknown(cause) => kept.push(Val::Unknown(cause)),
        }
    }
    Val::list(kept)
}

/// The elements of the elements; an element that is no list stands for itself, null for nothing.
pub(crate) fn flatten<'a>(machine: &mut Machine<'a>, list: Val<'a>) -> Val<'a> {
    let Val::List(list) = list else {
        return empty_or(list);
    };
    let mut flat = Vec::new();
    for element in list.iter() {
        let count = if let Val::List(inner) = &element {
            inner.len()
        } else {
            0
        };
        if !machine.charge(1 + count as u64) {
            return Val::Unknown(out_of_budget());
        }
        match element {
            Val::List(inner) => flat.extend(inner.iter()),
            Val::Null => {}
            other => flat.push(other),
        }
    }
    Val::list(flat)
}

/// A list as it is, nothing for null, and a list of one for anything else.
pub(crate) fn as_list(val: Val<'_>) -> Val<'_> {
    match val {
        Val::List(list) => Val::List(list),
        Val::Null => Val::List(ListVal::Read(&[])),
        other => Val::list(vec![other]),
    }
}

/// The keys of a map in order.
pub(crate) fn keys<'a>(machine: &mut Machine<'a>, map: Val<'a>) -> Val<'a> {
    let Val::Map(map) = map else { return empty_or(map) };
    if !machine.charge(map.len() as u64) {
        return Val::Unknown(out_of_budget());
    }
    Val::list(map.iter().map(|(key, _)| Val::text(key)).collect())
}

/// The values of a map in the order of their keys.
pub(crate) fn values<'a>(machine: &mut Machine<'a>, map: Val<'a>) -> Val<'a> {
    let Val::Map(map) = map else { return empty_or(map) };
    if !machine.charge(map.len() as u64) {
        return Val::Unknown(out_of_budget());
    }
    Val::list(map.iter().map(|(_, value)| value).collect())
}

/// Null has no elements; what is no collection gives null.
fn empty_or(val: Val<'_>) -> Val<'_> {
    match val {
        Val::Null => Val::List(ListVal::Read(&[])),
        _ => Val::Null,
    }
}
