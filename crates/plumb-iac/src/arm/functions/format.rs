//! `format`: texts with places in braces, a subset of .NET's composite formatting.

use super::arguments::text;
use super::{Outcome, Stop};
use crate::val::{Kind, Val};

/// The widest that a number or place is written.
const MAX_WIDTH: usize = 100;

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    (name == "format").then(|| format(arguments))
}

fn format(arguments: &[Val]) -> Outcome {
    let Some((template, values)) = arguments.split_first() else {
        return Err(Stop::Wrong("a text is expected".to_owned()));
    };
    let template = text(template)?;
    let mut made = String::new();
    let mut rest = template.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at_checked(at).unwrap_or_default();
        made.push_str(before);
        if let Some(next) = after.strip_prefix("{{") {
            made.push('{');
            rest = next;
        } else if let Some(next) = after.strip_prefix("}}") {
            made.push('}');
            rest = next;
        } else {
            let inner = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let Some((place, next)) = inner else {
                return Err(Stop::Wrong("a brace is not closed".to_owned()));
            };
            made.push_str(&placed(place, values)?);
            rest = next;
        }
        if made.len() > super::MAX_TEXT {
            return Err(Stop::Unknown("the text becomes too long".into()));
        }
    }
    made.push_str(rest);
    Ok(Val::string(made))
}

/// `index[,width][:form]`
fn placed(place: &str, values: &[Val]) -> Result<String, Stop> {
    let (place, form) = place
        .split_once(':')
        .map_or((place, None), |(place, form)| (place, Some(form)));
    let (index, width) = place
        .split_once(',')
        .map_or((place, None), |(index, width)| (index, Some(width)));
    let value = index
        .trim()
        .parse::<usize>()
        .ok()
        .and_then(|index| values.get(index));
    let value = value.ok_or_else(|| Stop::Wrong(format!("there is no argument `{index}`")))?;
    let written = match (&value.kind, form) {
        (Kind::Int(int), Some(form)) => number(*int, form)?,
        (_, Some(form)) if !form.is_empty() => {
            return Err(Stop::Unknown(format!("the form `{form}` is not followed").into()));
        }
        (_, _) => text(value)?.to_string(),
    };
    let width = width
        .and_then(|width| width.trim().parse::<isize>().ok())
        .unwrap_or(0);
    let count = width.unsigned_abs().min(MAX_WIDTH);
    Ok(match width < 0 {
        true => format!("{written:<count$}"),
        false => format!("{written:>count$}"),
    })
}

/// A whole number as `D4`, `N0`, `X2` and the like say; a form of another kind is not followed.
fn number(int: i64, form: &str) -> Result<String, Stop> {
    let kind = form.chars().next().unwrap_or('D').to_ascii_uppercase();
    let digits = form.get(kind.len_utf8().min(form.len())..).unwrap_or_default();
    let digits = digits.parse::<usize>().ok();
    let count = digits.unwrap_or(0).min(MAX_WIDTH);
    let sign = if int < 0 { "-" } else { "" };
    let whole = int.unsigned_abs().to_string();
    match kind {
        'D' => Ok(format!("{sign}{whole:0>count$}")),
        'X' => Ok(format!("{int:0>count$X}")),
        'F' => Ok(format!("{sign}{whole}{}", fraction(digits.unwrap_or(2)))),
        'N' => Ok(format!(
            "{sign}{}{}",
            grouped(&whole),
            fraction(digits.unwrap_or(2))
        )),
        _ if form.chars().all(|c| c == '0') => {
            let count = form.len().min(MAX_WIDTH);
            Ok(format!("{sign}{whole:0>count$}"))
        }
        _ => Err(Stop::Unknown(format!("the form `{form}` is not followed").into())),
    }
}

fn fraction(digits: usize) -> String {
    match digits.min(MAX_WIDTH) {
        0 => String::new(),
        digits => format!(".{}", "0".repeat(digits)),
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut made = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            made.push(',');
        }
        made.push(digit);
    }
    made
}
