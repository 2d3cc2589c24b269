//! What the scalars of YAML mean to Terraform.
//!
//! `yes` and `on` are truth values; dates are timestamps of RFC 3339, so that an unquoted `2012-10-17` is `2012-10-17T00:00:00Z`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use saphyr_parser::{ScalarStyle, Tag};

use super::arguments::{Take, wrong};
use super::convert::{self, Number};
use super::text::about;
use super::timestamp::{self, Timestamp};
use crate::val::{Kind, Val};

/// A scalar as its tag, its quotes or its text say.
pub(super) fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Take<Val> {
    let quoted = !matches!(style, ScalarStyle::Plain);
    let Some(tag) = tag else {
        if !quoted && matches!(text, ".nan" | ".NaN" | ".NAN") {
            return Err(about(text, "is no number that Terraform has"));
        }
        return Ok(if quoted { Val::string(text) } else { plain(text) });
    };
    let misfit = || about(text, &format!("is no {}", tag.suffix));
    if !tag.is_yaml_core_schema() && tag.handle != "!" {
        return Err(wrong(format!("the tag `{tag}` means nothing to Terraform")));
    }
    match tag.suffix.as_str() {
        "str" => Ok(Val::string(text)),
        "binary" => match STANDARD.decode(text) {
            Ok(_) => Ok(Val::string(text)),
            Err(_) => Err(misfit()),
        },
        "bool" => truth(text)
            .map(|truth| Val::new(Kind::Bool(truth)))
            .ok_or_else(misfit),
        "int" | "float" => number(&text.replace('_', "")).ok_or_else(misfit)?.val(),
        "null" => Ok(Val::null()),
        "timestamp" => timestamp(text).map(Val::string).ok_or_else(misfit),
        _ => Err(wrong(format!("the tag `{tag}` means nothing to Terraform"))),
    }
}

/// What a scalar without quotes and tag means.
fn plain(text: &str) -> Val {
    if let Some(truth) = truth(text) {
        return Val::new(Kind::Bool(truth));
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Val::null(),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Val::new(Kind::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Val::new(Kind::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    if let Some(timestamp) = timestamp(text) {
        return Val::string(timestamp);
    }
    number(text)
        .and_then(|number| number.val().ok())
        .unwrap_or_else(|| Val::string(text))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    let based = |digits: &str, radix| i64::from_str_radix(digits, radix).ok().map(Number::Int);
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    convert::parse(text)
}

/// A date, or a date and a time, of which the fields can have one digit.
fn timestamp(text: &str) -> Option<String> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut fields = date.split('-');
    let (year, month, day) = (fields.next()?, fields.next()?, fields.next()?);
    if fields.next().is_some() {
        return None;
    }
    let time = match time {
        None => "00:00:00Z".to_owned(),
        Some(time) => {
            let end = time.find(['Z', '+', '-']).unwrap_or(time.len());
            let (clock, zone) = time.split_at_checked(end)?;
            // A time after a space has no zone, one after a `T` has.
            let zone = match (text.contains(' '), zone) {
                (true, "") => "Z",
                (false, zone) if !zone.is_empty() => zone,
                _ => return None,
            };
            let padded: Vec<String> = clock.split(':').map(two_digits).collect();
            format!("{}{zone}", padded.join(":"))
        }
    };
    let text = format!("{year}-{}-{}T{time}", two_digits(month), two_digits(day));
    timestamp::parse(&text).map(Timestamp::text)
}

fn two_digits(field: &str) -> String {
    let (whole, _) = field.split_once('.').unwrap_or((field, ""));
    if whole.len() == 1 {
        format!("0{field}")
    } else {
        field.to_owned()
    }
}
