//! Lists, and what lists have in common with texts and objects.

use plumb_model::value::Text;

use super::super::MAX_ITEMS;
use super::arguments::{count, counted, int, known, list, number, only, text, truth, two, wrong_count};
use super::compare::same;
use super::{Outcome, Stop};
use crate::val::{Kind, Val};

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    Some(match name {
        "array" => array(arguments),
        "createarray" => Ok(Val::list(arguments.to_vec())),
        "concat" => concat(arguments),
        "contains" => contains(arguments),
        "empty" => empty(arguments),
        "first" => end(arguments, |items| items.first(), |text| text.chars().next()),
        "last" => end(arguments, |items| items.last(), |text| text.chars().next_back()),
        "flatten" => flatten(arguments),
        "indexof" => index_of(
            arguments,
            |items| items.into_iter().next(),
            |text, part| text.find(part),
        ),
        "lastindexof" => index_of(
            arguments,
            |items| items.into_iter().next_back(),
            |text, part| text.rfind(part),
        ),
        "indexfromend" => from_end(arguments)
            .and_then(|item| item.ok_or_else(|| Stop::Wrong("there is no such item".to_owned()))),
        "tryindexfromend" => from_end(arguments).map(|item| item.unwrap_or_else(Val::null)),
        "length" => length(arguments),
        "range" => range(arguments),
        "skip" => cut(arguments, |length, at| at.min(length)..length),
        "take" => cut(arguments, |length, at| 0..at.min(length)),
        _ => return None,
    })
}

fn array(arguments: &[Val]) -> Outcome {
    let value = only(arguments)?;
    Ok(match (value.as_list(), value.why_unknown()) {
        (Some(_), _) | (_, Some(_)) => value.clone(),
        (None, None) => Val::list(vec![value.clone()]),
    })
}

/// Texts to one text, or lists to one list.
fn concat(arguments: &[Val]) -> Outcome {
    if let Some(why) = arguments.iter().find_map(Val::why_unknown) {
        return Err(Stop::Unknown(why.clone()));
    }
    if arguments.iter().any(|argument| argument.as_list().is_some()) {
        let lists: Result<Vec<&[Val]>, Stop> = arguments.iter().map(list).collect();
        let all = lists?.concat();
        return match all.len() > MAX_ITEMS {
            true => Err(Stop::Unknown(
                format!("the list has more than {MAX_ITEMS} items").into(),
            )),
            false => Ok(Val::list(all)),
        };
    }
    let texts: Result<Vec<Text>, Stop> = arguments.iter().map(text).collect();
    Ok(Val::string(texts?.concat()))
}

fn contains(arguments: &[Val]) -> Outcome {
    let (of, wanted) = two(arguments)?;
    match &of.kind {
        Kind::List(items) => {
            let mut unknown = None;
            for item in items.iter() {
                match same(item, wanted) {
                    Ok(true) => return Ok(truth(true)),
                    Ok(false) => {}
                    Err(why) => unknown = unknown.or(Some(why)),
                }
            }
            unknown.map_or(Ok(truth(false)), |why| Err(Stop::Unknown(why)))
        }
        Kind::Map(fields) => {
            let wanted = text(wanted)?;
            let is_there = fields.entries.keys().any(|key| key.eq_ignore_ascii_case(&wanted));
            match (&fields.rest, is_there) {
                (Some(why), false) => Err(Stop::Unknown(why.clone())),
                (_, is_there) => Ok(truth(is_there)),
            }
        }
        _ => Ok(truth(text(of)?.contains(text(wanted)?.as_str()))),
    }
}

fn empty(arguments: &[Val]) -> Outcome {
    let value = only(arguments)?;
    Ok(truth(match &value.kind {
        Kind::Null => true,
        Kind::List(items) => items.is_empty(),
        Kind::Map(fields) => match (&fields.rest, fields.entries.is_empty()) {
            (Some(why), true) => return Err(Stop::Unknown(why.clone())),
            (_, is_empty) => is_empty,
        },
        _ => text(value)?.is_empty(),
    }))
}

fn end(
    arguments: &[Val],
    of_list: impl Fn(&[Val]) -> Option<&Val>,
    of_text: impl Fn(&str) -> Option<char>,
) -> Outcome {
    let value = only(arguments)?;
    match &value.kind {
        Kind::List(items) => Ok(of_list(items).cloned().unwrap_or_else(Val::null)),
        _ => Ok(Val::string(
            of_text(&text(value)?).map_or_else(String::new, String::from),
        )),
    }
}

fn flatten(arguments: &[Val]) -> Outcome {
    let lists: Result<Vec<&[Val]>, Stop> = list(only(arguments)?)?.iter().map(list).collect();
    Ok(Val::list(lists?.concat()))
}

/// Where an item or a part of a text stands; texts are the same in any case of letters.
fn index_of(
    arguments: &[Val],
    of_items: impl Fn(Vec<usize>) -> Option<usize>,
    of_text: impl Fn(&str, &str) -> Option<usize>,
) -> Outcome {
    let (of, wanted) = two(arguments)?;
    if let Kind::List(items) = &of.kind {
        let mut found = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if same(item, wanted).map_err(Stop::Unknown)? {
                found.push(at);
            }
        }
        return Ok(of_items(found).map_or_else(|| number(-1), counted));
    }
    let (of, wanted) = (text(of)?.to_lowercase(), text(wanted)?.to_lowercase());
    let found = of_text(&of, &wanted).and_then(|at| of.get(..at));
    Ok(found.map_or_else(|| number(-1), |before| counted(before.chars().count())))
}

/// The item that is so many from the end, the last one being 1.
fn from_end(arguments: &[Val]) -> Result<Option<Val>, Stop> {
    let (of, back) = two(arguments)?;
    let (items, back) = (list(of)?, count(back)?);
    Ok(items
        .len()
        .checked_sub(back)
        .and_then(|at| items.get(at))
        .cloned())
}

fn length(arguments: &[Val]) -> Outcome {
    let value = only(arguments)?;
    Ok(counted(match &value.kind {
        Kind::List(items) => items.len(),
        Kind::Map(fields) => match &fields.rest {
            Some(why) => return Err(Stop::Unknown(why.clone())),
            None => fields.entries.len(),
        },
        _ => text(value)?.chars().count(),
    }))
}

fn range(arguments: &[Val]) -> Outcome {
    let (start, how_many) = two(arguments)?;
    let (start, how_many) = (int(start)?, count(how_many)?);
    if how_many > MAX_ITEMS {
        return Err(Stop::Wrong(format!(
            "the range has more than {MAX_ITEMS} numbers"
        )));
    }
    Ok(Val::list(
        (0..how_many)
            .map_while(|at| start.checked_add(i64::try_from(at).ok()?))
            .map(number)
            .collect(),
    ))
}

/// A part of a list or text.
fn cut(arguments: &[Val], part: impl Fn(usize, usize) -> std::ops::Range<usize>) -> Outcome {
    let [value, at] = arguments else {
        return Err(wrong_count("2", arguments));
    };
    let at = count(at)?;
    if let Kind::List(items) = &value.kind {
        return Ok(Val::list(
            items.get(part(items.len(), at)).unwrap_or_default().to_vec(),
        ));
    }
    let text = text(known(value)?)?;
    let part = part(text.chars().count(), at);
    Ok(Val::string(
        text.chars().skip(part.start).take(part.len()).collect::<String>(),
    ))
}
