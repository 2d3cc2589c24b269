//! Functions of timestamps, which are texts of RFC 3339.

use jiff::SignedDuration;

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::convert::Number;
use super::text::about;
use super::timestamp::{Timestamp, parse, parse_duration};
use crate::val::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("formatdate", 2, formatdate),
    Function::new("plantimestamp", 0, now),
    Function::new("timeadd", 2, timeadd),
    Function::new("timecmp", 2, timecmp),
    Function::new("timestamp", 0, now),
];

fn now(_: &Arguments<'_>) -> Take<Val> {
    Err(Stop::Unknown("code does not tell when it is applied".into()))
}

fn timeadd(arguments: &Arguments<'_>) -> Take<Val> {
    let (text, duration) = (arguments.text(0)?, arguments.text(1)?);
    let start = timestamp(&text)?;
    let duration = parse_duration(&duration).ok_or_else(|| about(&duration, "is no duration"))?;
    let local = start
        .local
        .checked_add(duration)
        .ok()
        .filter(|local| local.year() >= 0)
        .ok_or_else(|| wrong("the sum is outside of the years 0 to 9999"))?;
    Ok(Val::string(Timestamp { local, ..start }.text()))
}

fn timecmp(arguments: &Arguments<'_>) -> Take<Val> {
    let (first, second) = (timestamp(&arguments.text(0)?)?, timestamp(&arguments.text(1)?)?);
    let offset = SignedDuration::from_mins(second.offset - first.offset);
    let apart = first.local.duration_since(second.local) + offset;
    Number::Int(i64::from(apart.signum())).val()
}

/// Writes a timestamp by a specification of letters, for example `YYYY-MM-DD'T'hh:mm:ssZ`.
fn formatdate(arguments: &Arguments<'_>) -> Take<Val> {
    let (specification, text) = (arguments.text(0)?, arguments.text(1)?);
    let timestamp = timestamp(&text)?;
    let mut out = String::new();
    let mut rest = specification.as_str();
    while let Some(char) = rest.chars().next() {
        if char == '\'' {
            rest = literal(rest, &mut out)
                .ok_or_else(|| about(&specification, "has a quote that does not end"))?;
            continue;
        }
        let end = if char.is_ascii_alphabetic() {
            rest.find(|other| other != char)
        } else {
            rest.find(|other: char| other == '\'' || other.is_ascii_alphabetic())
        };
        let (token, after) = rest
            .split_at_checked(end.unwrap_or(rest.len()))
            .unwrap_or((rest, ""));
        if char.is_ascii_alphabetic() {
            let part = timestamp
                .part(char, token.len())
                .ok_or_else(|| wrong(format!("`{token}` is no part of a date")))?;
            out.push_str(&part);
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    arguments.spend_text(out.len())?;
    Ok(Val::string(out))
}

/// Writes a text in quotes, in which two quotes mean one; gives what follows it. Two quotes alone are a quote.
fn literal<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let mut rest = text.strip_prefix('\'')?;
    if let Some(after) = rest.strip_prefix('\'') {
        out.push('\'');
        return Some(after);
    }
    loop {
        let (part, after) = rest.split_once('\'')?;
        out.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Some(after),
        }
    }
}

fn timestamp(text: &str) -> Take<Timestamp> {
    parse(text).ok_or_else(|| about(text, "is no timestamp of RFC 3339"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn dates_are_written_by_letters() {
        check(&[
            (
                "formatdate",
                r#"["DD MMM YYYY hh:mm ZZZ", "2018-01-02T23:12:01Z"]"#,
                r#""02 Jan 2018 23:12 UTC""#,
            ),
            (
                "formatdate",
                r#"["EEEE, DD-MMM-YY hh:mm:ss ZZZ", "2018-01-02T23:12:01-08:00"]"#,
                r#""Tuesday, 02-Jan-18 23:12:01 -0800""#,
            ),
            (
                "formatdate",
                r#"["MMMM D, H:mm aa Z", "2018-01-02T00:12:01+01:00"]"#,
                r#""January 2, 12:12 am +01:00""#,
            ),
            (
                "formatdate",
                r#"["h'h'm'm' ''s'' 'o''clock'", "2018-01-02T03:04:05Z"]"#,
                r#""3h4m '5' o'clock""#,
            ),
            (
                "formatdate",
                r#"["ZZZZZ ZZZZ", "2018-01-02T03:04:05Z"]"#,
                r#""+00:00 +0000""#,
            ),
            (
                "formatdate",
                r#"["YYY", "2018-01-02T03:04:05Z"]"#,
                "!`YYY` is no part of a date",
            ),
            (
                "formatdate",
                r#"["'x", "2018-01-02T03:04:05Z"]"#,
                "!has a quote that does not end",
            ),
            (
                "formatdate",
                r#"["YYYY", "2018-01-02"]"#,
                "!`2018-01-02` is no timestamp of RFC 3339",
            ),
        ]);
    }

    #[test]
    fn durations_are_added() {
        check(&[
            (
                "timeadd",
                r#"["2017-11-22T00:00:00Z", "10m"]"#,
                r#""2017-11-22T00:10:00Z""#,
            ),
            (
                "timeadd",
                r#"["2017-11-22T00:00:00+02:00", "-1h30m0.5s"]"#,
                r#""2017-11-21T22:29:59+02:00""#,
            ),
            (
                "timeadd",
                r#"["2020-02-28T23:59:59.9Z", "100ms"]"#,
                r#""2020-02-29T00:00:00Z""#,
            ),
            (
                "timeadd",
                r#"["2017-11-22T00:00:00Z", "1d"]"#,
                "!`1d` is no duration",
            ),
            (
                "timeadd",
                r#"["2017-11-22T00:00:00Z", "9999999999h"]"#,
                "!is no duration",
            ),
            (
                "timeadd",
                r#"["9999-12-31T23:59:59Z", "1s"]"#,
                "!outside of the years",
            ),
            ("timeadd", r#"["2017-02-30T00:00:00Z", "1s"]"#, "!is no timestamp"),
            ("timeadd", r#"["2017-02-03T00:00:00", "1s"]"#, "!is no timestamp"),
        ]);
    }

    #[test]
    fn times_are_compared() {
        check(&[
            (
                "timecmp",
                r#"["2017-11-22T00:00:00Z", "2017-11-22T01:00:00+01:00"]"#,
                "0",
            ),
            (
                "timecmp",
                r#"["2017-11-22T00:00:00Z", "2017-11-22T00:00:01Z"]"#,
                "-1",
            ),
            (
                "timecmp",
                r#"["2017-11-22T00:00:00-01:00", "2017-11-22T00:59:00Z"]"#,
                "1",
            ),
            (
                "timecmp",
                r#"["x", "2017-11-22T00:59:00Z"]"#,
                "!`x` is no timestamp",
            ),
            ("timestamp", "[]", "?(code does not tell when it is applied)"),
            ("plantimestamp", "[]", "?(code does not tell when it is applied)"),
        ]);
    }
}
