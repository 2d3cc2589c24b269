//! Texts.

use plumb_model::value::Text;

use super::arguments::{count, list, only, text, truth, two, wrong_count};
use super::{Outcome, Stop};
use crate::val::{Kind, Val};

/// The longest text that is padded to, in characters.
const MAX_PADDED: usize = 10_000;

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    Some(match name {
        "tolower" => changed(arguments, |text| text.to_lowercase()),
        "toupper" => changed(arguments, |text| text.to_uppercase()),
        "trim" => changed(arguments, |text| text.trim().to_owned()),
        "startswith" => asked(arguments, |text, part| text.starts_with(part)),
        "endswith" => asked(arguments, |text, part| text.ends_with(part)),
        "join" => join(arguments),
        "like" => asked(arguments, is_like),
        "padleft" => pad(arguments),
        "replace" => replace(arguments),
        "split" => split(arguments),
        "substring" => substring(arguments),
        _ => return None,
    })
}

fn changed(arguments: &[Val], change: fn(&str) -> String) -> Outcome {
    Ok(Val::string(change(&text(only(arguments)?)?)))
}

/// A question about two texts, in whatever case of letters.
fn asked(arguments: &[Val], holds: fn(&str, &str) -> bool) -> Outcome {
    let (of, part) = two(arguments)?;
    Ok(truth(holds(
        &text(of)?.to_lowercase(),
        &text(part)?.to_lowercase(),
    )))
}

/// Whether a text is like a pattern, in which `*` stands for whatever text.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match text.split_once(piece) {
            Some((_, behind)) => text = behind,
            None => return false,
        }
    }
    text.ends_with(last)
}

fn join(arguments: &[Val]) -> Outcome {
    let (items, between) = two(arguments)?;
    let items: Result<Vec<Text>, Stop> = list(items)?.iter().map(text).collect();
    Ok(Val::string(items?.join(text(between)?.as_str())))
}

fn pad(arguments: &[Val]) -> Outcome {
    let (value, length, with) = match arguments {
        [value, length] => (value, length, ' '),
        [value, length, with] => (value, length, text(with)?.chars().next().unwrap_or(' ')),
        _ => return Err(wrong_count("2 or 3", arguments)),
    };
    let (value, length) = (text(value)?, count(length)?.min(MAX_PADDED));
    let missing = length.saturating_sub(value.chars().count());
    let padding: String = std::iter::repeat_n(with, missing).collect();
    Ok(Val::string(format!("{padding}{value}")))
}

fn replace(arguments: &[Val]) -> Outcome {
    let [value, old, new] = arguments else {
        return Err(wrong_count("3", arguments));
    };
    let (value, old, new) = (text(value)?, text(old)?, text(new)?);
    if old.is_empty() {
        return Err(Stop::Wrong("what is replaced is empty".to_owned()));
    }
    let times = value.matches(old.as_str()).count();
    if times.saturating_mul(new.len()) > super::MAX_TEXT {
        return Err(Stop::Unknown("the text becomes too long".into()));
    }
    Ok(Val::string(value.replace(old.as_str(), &new)))
}

fn split(arguments: &[Val]) -> Outcome {
    let (value, by) = two(arguments)?;
    let by: Result<Vec<Text>, Stop> = match &by.kind {
        Kind::List(items) => items.iter().map(text).collect(),
        _ => text(by).map(|by| vec![by]),
    };
    let by = by?;
    let value = text(value)?;
    let mut parts = Vec::new();
    let mut rest = value.as_str();
    while let Some((at, length)) = first_of(rest, &by) {
        parts.push(Val::string(rest.get(..at).unwrap_or_default()));
        rest = rest.get(at + length..).unwrap_or_default();
    }
    parts.push(Val::string(rest));
    Ok(Val::list(parts))
}

/// Where the first of several texts stands, and how long it is.
fn first_of(text: &str, of: &[Text]) -> Option<(usize, usize)> {
    let found = of.iter().filter(|by| !by.is_empty());
    found
        .filter_map(|by| Some((text.find(by.as_str())?, by.len())))
        .min()
}

fn substring(arguments: &[Val]) -> Outcome {
    let (value, start, length) = match arguments {
        [value, start] => (value, start, None),
        [value, start, length] => (value, start, Some(length)),
        _ => return Err(wrong_count("2 or 3", arguments)),
    };
    let (value, start) = (text(value)?, count(start)?);
    let all = value.chars().count();
    let length = match length {
        Some(length) => count(length)?,
        None => all.saturating_sub(start),
    };
    if start.saturating_add(length) > all {
        let message = format!("the text has {all} characters, {start} + {length} are asked for");
        return Err(Stop::Wrong(message));
    }
    Ok(Val::string(
        value.chars().skip(start).take(length).collect::<String>(),
    ))
}
