//! Functions on text; false or null where an argument is no text.

use regex::{Regex, RegexBuilder};

use super::glob::Glob;
use crate::machine::{Machine, out_of_budget};
use crate::val::{ListVal, Val};

/// How large a pattern that is made while a rule runs may be when compiled, in bytes.
const MAX_MADE_PATTERN_SIZE: usize = 1 << 16;

/// What it costs to compile a pattern while a rule runs, in steps.
const PATTERN_STEPS: u64 = 10_000;

/// Whether `test` holds for both texts.
pub(crate) fn tested<'a>(
    machine: &mut Machine<'a>,
    text: &Val<'a>,
    part: &Val<'a>,
    test: impl Fn(&str, &str) -> bool,
) -> Val<'a> {
    let (Some(text), Some(part)) = (text.as_text(), part.as_text()) else {
        return Val::Bool(false);
    };
    if !machine.charge_bytes(text.len() + part.len()) {
        return Val::Unknown(out_of_budget());
    }
    Val::Bool(test(text, part))
}

/// Whether the text holds a match of the pattern.
pub(crate) fn matches<'a>(machine: &mut Machine<'a>, text: &Val<'a>, regex: &Regex) -> Val<'a> {
    match text {
        Val::Unknown(_) => text.clone(),
        Val::Text(text) => {
            if !machine.charge_bytes(text.as_str().len() * 8) {
                return Val::Unknown(out_of_budget());
            }
            Val::Bool(regex.is_match(text.as_str()))
        }
        _ => Val::Bool(false),
    }
}

/// Whether the text holds a match of a pattern that is known only now; false when it is malformed.
pub(crate) fn matches_pattern<'a>(machine: &mut Machine<'a>, text: &Val<'a>, pattern: &Val<'a>) -> Val<'a> {
    let Some(pattern) = pattern.as_text() else {
        return Val::Bool(false);
    };
    if !machine.charge(PATTERN_STEPS) || !machine.charge_bytes(pattern.len() * 64) {
        return Val::Unknown(out_of_budget());
    }
    match RegexBuilder::new(pattern)
        .size_limit(MAX_MADE_PATTERN_SIZE)
        .build()
    {
        Ok(regex) => matches(machine, text, &regex),
        Err(_) => Val::Bool(false),
    }
}

/// Whether the whole text matches a pattern with `*` and `?`.
pub(crate) fn globbed<'a>(machine: &mut Machine<'a>, text: &Val<'a>, pattern: &Val<'a>) -> Val<'a> {
    let (Some(text), Some(pattern)) = (text.as_text(), pattern.as_text()) else {
        return Val::Bool(false);
    };
    let glob = Glob::new(pattern);
    if !machine.charge_bytes(glob.cost(text)) {
        return Val::Unknown(out_of_budget());
    }
    Val::Bool(glob.matches(text))
}

/// The text changed by `change`.
pub(crate) fn changed<'a>(
    machine: &mut Machine<'a>,
    text: &Val<'a>,
    change: impl Fn(&str) -> String,
) -> Val<'a> {
    let Some(text) = text.as_text() else {
        return Val::Null;
    };
    if !machine.charge_bytes(text.len() * 4) {
        return Val::Unknown(out_of_budget());
    }
    Val::text(change(text))
}

/// The parts between separators; the characters when the separator is empty.
pub(crate) fn split<'a>(machine: &mut Machine<'a>, text: &Val<'a>, separator: &Val<'a>) -> Val<'a> {
    let (Some(text), Some(separator)) = (text.as_text(), separator.as_text()) else {
        return Val::Null;
    };
    if !machine.charge_bytes(text.len()) {
        return Val::Unknown(out_of_budget());
    }
    let count = if separator.is_empty() {
        text.chars().count()
    } else {
        text.matches(separator).count() + 1
    };
    if !machine.charge(count as u64) {
        return Val::Unknown(out_of_budget());
    }
    if separator.is_empty() {
        return Val::list(
            text.chars()
                .map(|character| Val::text(character.to_string()))
                .collect(),
        );
    }
    Val::list(text.split(separator).map(Val::text).collect())
}

/// The elements one after the other; null when one is no text.
pub(crate) fn join<'a>(machine: &mut Machine<'a>, list: &Val<'a>, separator: &Val<'a>) -> Val<'a> {
    let (Val::List(list), Some(separator)) = (list, separator.as_text()) else {
        return Val::Null;
    };
    if !machine.charge(list.len() as u64) {
        return Val::Unknown(out_of_budget());
    }
    if let Some(cause) = unknown_element(list) {
        return Val::Unknown(cause);
    }
    let mut joined = String::new();
    for (position, element) in list.iter().enumerate() {
        let Some(element) = element.as_text() else {
            return Val::Null;
        };
        if !machine.charge_bytes(element.len() + separator.len() + 1) {
            return Val::Unknown(out_of_budget());
        }
        joined.push_str(if position == 0 { "" } else { separator });
        joined.push_str(element);
    }
    Val::text(joined)
}

/// The text with every occurrence of a part replaced.
pub(crate) fn replace<'a>(
    machine: &mut Machine<'a>,
    text: &Val<'a>,
    part: &Val<'a>,
    by: &Val<'a>,
) -> Val<'a> {
    let (Some(text), Some(part), Some(by)) = (text.as_text(), part.as_text(), by.as_text()) else {
        return Val::Null;
    };
    if !machine.charge_bytes(text.len()) {
        return Val::Unknown(out_of_budget());
    }
    let longest = text
        .len()
        .saturating_add(text.matches(part).count().saturating_mul(by.len()));
    if !machine.charge_bytes(longest) {
        return Val::Unknown(out_of_budget());
    }
    Val::text(text.replace(part, by))
}

fn unknown_element<'a>(list: &ListVal<'a>) -> Option<crate::val::Cause<'a>> {
    list.unknown_within(list.len())
}
