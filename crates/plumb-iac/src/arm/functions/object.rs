//! Objects, and what they have in common with lists.

use std::sync::Arc;

use plumb_model::value::Text;

use super::super::MAX_ITEMS;
use super::arguments::{known, list, map, only, text, wrong_count};
use super::compare::same;
use super::{Outcome, Stop};
use crate::val::{Entries, Fields, Kind, Val};

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    Some(match name {
        "createobject" => create(arguments),
        "distinct" => distinct(arguments),
        "intersection" => intersection(arguments),
        "items" => items(arguments),
        "objectkeys" => keys(arguments),
        "shallowmerge" => shallow_merge(arguments),
        "tryget" => try_get(arguments),
        "union" => union(arguments),
        _ => return None,
    })
}

fn create(arguments: &[Val]) -> Outcome {
    let pairs = arguments.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(Stop::Wrong("a key has no value".to_owned()));
    }
    let mut fields = Fields::default();
    for pair in pairs {
        if let [key, value] = pair {
            match text(key) {
                Ok(key) => drop(fields.entries.insert(key, value.clone())),
                Err(Stop::Unknown(why)) => fields.rest = Some(why),
                Err(wrong @ Stop::Wrong(_)) => return Err(wrong),
            }
        }
    }
    Ok(Val::new(Kind::Map(Arc::new(fields))))
}

/// The items of a list without those that stand before, which is what it has in common with itself.
fn distinct(arguments: &[Val]) -> Outcome {
    let items = only(arguments)?;
    list(items)?;
    intersection(&[items.clone(), items.clone()])
}

fn intersection(arguments: &[Val]) -> Outcome {
    let Some((first, others)) = arguments.split_first() else {
        return Err(wrong_count("2 or more", arguments));
    };
    if let Kind::List(items) = &first.kind {
        let mut kept = Vec::new();
        for item in items.iter() {
            let mut is_in_all = true;
            for other in others {
                is_in_all &= contains(list(other)?, item)?;
            }
            if is_in_all && !contains(&kept, item)? {
                kept.push(item.clone());
            }
        }
        return Ok(Val::list(kept));
    }
    let mut kept = map(known(first)?)?.entries.clone();
    for other in others {
        let other = map(known(other)?)?;
        kept.retain(|key, value| {
            other
                .entries
                .get(key)
                .is_some_and(|there| same(value, there) == Ok(true))
        });
    }
    Ok(Val::map(kept))
}

fn contains(items: &[Val], wanted: &Val) -> Result<bool, Stop> {
    for item in items {
        if same(item, wanted).map_err(Stop::Unknown)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn items(arguments: &[Val]) -> Outcome {
    let fields = closed(map(only(arguments)?)?)?;
    let pair = |(key, value): (&Text, &Val)| {
        let entries = [
            (Text::new_static("key"), Val::string(key.clone())),
            (Text::new_static("value"), value.clone()),
        ];
        Val::map(Entries::from_iter(entries))
    };
    Ok(Val::list(fields.entries.iter().map(pair).collect()))
}

fn keys(arguments: &[Val]) -> Outcome {
    let fields = closed(map(only(arguments)?)?)?;
    Ok(Val::list(
        fields
            .entries
            .keys()
            .map(|key| Val::string(key.clone()))
            .collect(),
    ))
}

/// An object of which every key is known.
fn closed(fields: &Fields) -> Result<&Fields, Stop> {
    match &fields.rest {
        Some(why) => Err(Stop::Unknown(why.clone())),
        None => Ok(fields),
    }
}

fn shallow_merge(arguments: &[Val]) -> Outcome {
    merged(list(only(arguments)?)?, |_, new| new.clone())
}

fn try_get(arguments: &[Val]) -> Outcome {
    let Some((first, path)) = arguments.split_first() else {
        return Err(wrong_count("2 or more", arguments));
    };
    let mut value = first.clone();
    for step in path {
        let next = match (&value.kind, &step.kind) {
            (Kind::Map(fields), _) => {
                let step = text(step)?;
                match (fields.entries.get(&step), &fields.rest) {
                    (Some(next), _) => Some(next.clone()),
                    (None, Some(why)) => return Err(Stop::Unknown(why.clone())),
                    (None, None) => None,
                }
            }
            (Kind::List(items), Kind::Int(at)) => {
                usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned()
            }
            (Kind::Unknown(why), _) => return Err(Stop::Unknown(why.clone())),
            (_, _) => None,
        };
        match next {
            Some(next) => value = next,
            None => return Ok(Val::null()),
        }
    }
    Ok(value)
}

/// Lists without repetition, or objects of which the later wins, deeply.
fn union(arguments: &[Val]) -> Outcome {
    if arguments.iter().any(|argument| argument.as_list().is_some()) {
        let mut all: Vec<Val> = Vec::new();
        for argument in arguments {
            for item in list(argument)? {
                if all.len() > MAX_ITEMS {
                    return Err(Stop::Unknown(
                        format!("the list has more than {MAX_ITEMS} items").into(),
                    ));
                }
                if item.why_partly_unknown().is_some() || !contains(&all, item).unwrap_or(false) {
                    all.push(item.clone());
                }
            }
        }
        return Ok(Val::list(all));
    }
    merged(arguments, deep)
}

/// Objects one over the other; one that is not known may say otherwise what those before it say.
fn merged(objects: &[Val], both: fn(&Val, &Val) -> Val) -> Outcome {
    let mut so_far = Fields::default();
    for object in objects {
        match &object.kind {
            Kind::Null => {}
            Kind::Unknown(why) => {
                if !so_far.entries.is_empty() {
                    return Err(Stop::Unknown(why.clone()));
                }
                so_far.rest = Some(why.clone());
            }
            _ => {
                let fields = map(object)?;
                if let Some(why) = &fields.rest {
                    for (key, value) in &mut so_far.entries {
                        if !fields.entries.contains_key(key) {
                            value.kind = Kind::Unknown(why.clone());
                        }
                    }
                    so_far.rest = Some(why.clone());
                }
                for (key, new) in &fields.entries {
                    let value = so_far
                        .entries
                        .get(key)
                        .map_or_else(|| new.clone(), |old| both(old, new));
                    so_far.entries.insert(key.clone(), value);
                }
            }
        }
    }
    Ok(Val::new(Kind::Map(Arc::new(so_far))))
}

fn deep(old: &Val, new: &Val) -> Val {
    match (&old.kind, &new.kind) {
        (Kind::Map(_), Kind::Map(_)) => {
            merged(&[old.clone(), new.clone()], deep).unwrap_or_else(|_| new.clone())
        }
        (_, _) => new.clone(),
    }
}
