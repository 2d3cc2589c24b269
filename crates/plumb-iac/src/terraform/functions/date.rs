//! Functions of timestamps, which are texts of RFC 3339.

use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::convert::Number;
use super::text::about;
use crate::val::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("formatdate", 2, formatdate),
    Function::new("plantimestamp", 0, now),
    Function::new("timeadd", 2, timeadd),
    Function::new("timecmp", 2, timecmp),
    Function::new("timestamp", 0, now),
];

/// A local time and its distance from UTC in minutes.
#[derive(Clone, Copy)]
pub(super) struct Timestamp {
    pub(super) local: DateTime,
    pub(super) offset: i64,
}

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

impl Timestamp {
    /// One part of a specification: a letter and how often it stands there.
    fn part(self, letter: char, count: usize) -> Option<String> {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        const DAYS: [&str; 7] = [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ];
        let number = |value: i8| match count {
            1 => Some(value.to_string()),
            2 => Some(format!("{value:02}")),
            _ => None,
        };
        let name = |names: &[&str], at: i8| {
            let name = *names.get(usize::try_from(at).ok()?)?;
            match count {
                3 => name.get(..3).map(str::to_owned),
                4 => Some(name.to_owned()),
                _ => None,
            }
        };
        let local = self.local;
        match (letter, count) {
            ('Y', 2) => Some(format!("{:02}", local.year().rem_euclid(100))),
            ('Y', 4) => Some(format!("{:04}", local.year())),
            ('M', 1 | 2) => number(local.month()),
            ('M', _) => name(&MONTHS, local.month() - 1),
            ('D', _) => number(local.day()),
            ('E', _) => name(&DAYS, local.weekday().to_monday_zero_offset()),
            ('h', _) => number(local.hour()),
            ('H', _) => number((local.hour() + 11).rem_euclid(12) + 1),
            ('A', 2) => Some(if local.hour() < 12 { "AM" } else { "PM" }.to_owned()),
            ('a', 2) => Some(if local.hour() < 12 { "am" } else { "pm" }.to_owned()),
            ('m', _) => number(local.minute()),
            ('s', _) => number(local.second()),
            ('Z', 1) if self.offset == 0 => Some("Z".to_owned()),
            ('Z', 1 | 5) => Some(self.zone(":")),
            ('Z', 3) if self.offset == 0 => Some("UTC".to_owned()),
            ('Z', 3 | 4) => Some(self.zone("")),
            _ => None,
        }
    }

    /// As text of RFC 3339 without a fraction of a second.
    pub(super) fn text(self) -> String {
        let zone = if self.offset == 0 {
            "Z".to_owned()
        } else {
            self.zone(":")
        };
        let local = self.local;
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{zone}",
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute(),
            local.second()
        )
    }

    fn zone(self, between: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs();
        format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
    }
}

fn timestamp(text: &str) -> Take<Timestamp> {
    parse(text).ok_or_else(|| about(text, "is no timestamp of RFC 3339"))
}

/// A timestamp of RFC 3339.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T')?;
    let (time, offset) = match time.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => {
            let (time, zone) = time.split_at_checked(time.len().checked_sub(6)?)?;
            let sign = match zone.get(..1)? {
                "+" => 1,
                "-" => -1,
                _ => return None,
            };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
            (hours < 24 && minutes < 60).then_some(())?;
            (time, sign * (hours * 60 + minutes))
        }
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut date = date.split('-');
    let mut time = time.split(':');
    let local = DateTime::new(
        i16::try_from(digits(date.next()?, 4)?).ok()?,
        i8::try_from(digits(date.next()?, 2)?).ok()?,
        i8::try_from(digits(date.next()?, 2)?).ok()?,
        i8::try_from(digits(time.next()?, 2)?).ok()?,
        i8::try_from(digits(time.next()?, 2)?).ok()?,
        i8::try_from(digits(time.next()?, 2)?).ok()?,
        nanoseconds(fraction)?,
    )
    .ok()?;
    (date.next().is_none() && time.next().is_none()).then_some(Timestamp { local, offset })
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let only_digits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok())?
}

fn nanoseconds(fraction: &str) -> Option<i32> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    padded.parse().ok()
}

/// A duration such as `-1.5h` or `10m30s`.
fn parse_duration(text: &str) -> Option<SignedDuration> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign: i128 = if text.starts_with('-') { -1 } else { 1 };
    if unsigned == "0" {
        return Some(SignedDuration::ZERO);
    }
    let mut rest = unsigned;
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|char: char| char.is_alphabetic())?;
        let (number, after) = rest.split_at_checked(end)?;
        let end = after
            .find(|char: char| !char.is_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole = if whole.is_empty() {
            0
        } else {
            digits(whole, whole.len())?
        };
        let billionths = if fraction.is_empty() {
            0
        } else {
            nanoseconds(fraction)?
        };
        total += i128::from(whole) * unit + i128::from(billionths) * unit / 1_000_000_000;
        rest = after;
    }
    // Durations are 64 bits of nanoseconds.
    let nanoseconds = i64::try_from(sign * total).ok()?;
    (!unsigned.is_empty()).then(|| SignedDuration::from_nanos(nanoseconds))
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
