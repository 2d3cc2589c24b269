//! Points in time and durations.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::function::CalendarField;
use crate::val::Val;

/// A point in time from a timestamp, text in RFC 3339 or seconds since 1970.
pub(crate) fn moment(val: &Val<'_>) -> Option<Timestamp> {
    match val {
        Val::Moment(moment) => Some(*moment),
        Val::Text(text) => plumb_model::time::parse(text.as_str()),
        Val::Int(seconds) => Timestamp::from_second(*seconds).ok(),
        _ => None,
    }
}

/// Reads durations from text; a whole number is seconds.
pub(crate) fn to_duration<'a>(val: &Val<'a>) -> Val<'a> {
    match val {
        Val::Length(length) => Val::Length(*length),
        Val::Text(text) => parse_duration(text.as_str()).map_or(Val::Null, Val::Length),
        Val::Int(seconds) => Val::Length(SignedDuration::from_secs(*seconds)),
        _ => Val::Null,
    }
}

/// A duration of days of 24 hours.
pub(crate) fn days(days: i64) -> Option<SignedDuration> {
    days.checked_mul(86_400).map(SignedDuration::from_secs)
}

/// A duration of seconds with a fraction.
pub(crate) fn seconds(seconds: f64) -> Option<SignedDuration> {
    SignedDuration::try_from_secs_f64(seconds).ok()
}

/// Reads numbers with units one after the other: `d`, `h`, `m`, `s`, `ms`, `us`, `ns`, as in `1h30m`.
pub(crate) fn parse_duration(text: &str) -> Option<SignedDuration> {
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanoseconds: i128 = 0;
    while !rest.is_empty() {
        let number = rest.get(
            ..rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len()),
        )?;
        rest = rest.get(number.len()..)?;
        let unit = rest.get(
            ..rest
                .find(|c: char| c.is_ascii_digit() || c == '.')
                .unwrap_or(rest.len()),
        )?;
        rest = rest.get(unit.len()..)?;
        let scale: i128 = match unit {
            "d" => 86_400_000_000_000,
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        nanoseconds = nanoseconds.checked_add(scaled(number, scale)?)?;
    }
    let signed = if is_negative { -nanoseconds } else { nanoseconds };
    let whole_seconds = i64::try_from(signed.div_euclid(1_000_000_000)).ok()?;
    let fraction = i32::try_from(signed.rem_euclid(1_000_000_000)).ok()?;
    SignedDuration::from_secs(whole_seconds).checked_add(SignedDuration::new(0, fraction))
}

/// As protobuf writes durations in JSON: seconds, with a fraction where there is one, as in `1.5s`.
pub(crate) fn format_duration(length: SignedDuration) -> String {
    let sign = if length.is_negative() { "-" } else { "" };
    let (whole, fraction) = (
        length.as_secs().unsigned_abs(),
        length.subsec_nanos().unsigned_abs(),
    );
    if fraction == 0 {
        return format!("{sign}{whole}s");
    }
    format!(
        "{sign}{whole}.{}s",
        format!("{fraction:09}").trim_end_matches('0')
    )
}

/// A part of a point in time, at an offset from UTC; or a duration in one unit.
pub(crate) fn calendar<'a>(field: CalendarField, val: &Val<'a>, zone: &Val<'a>) -> Val<'a> {
    if let Val::Length(length) = val {
        return in_unit(field, *length).map_or(Val::Null, Val::Int);
    }
    let Some(date) = moment(val).and_then(|moment| Some(offset(zone.as_text()?)?.to_datetime(moment))) else {
        return Val::Null;
    };
    Val::Int(part(field, date))
}

fn part(field: CalendarField, date: DateTime) -> i64 {
    match field {
        CalendarField::FullYear => i64::from(date.year()),
        CalendarField::Month => i64::from(date.month()) - 1,
        CalendarField::Date => i64::from(date.day()),
        CalendarField::DayOfMonth => i64::from(date.day()) - 1,
        CalendarField::DayOfWeek => i64::from(date.weekday().to_sunday_zero_offset()),
        CalendarField::DayOfYear => i64::from(date.day_of_year()) - 1,
        CalendarField::Hours => i64::from(date.hour()),
        CalendarField::Minutes => i64::from(date.minute()),
        CalendarField::Seconds => i64::from(date.second()),
        CalendarField::Milliseconds => i64::from(date.millisecond()),
    }
}

fn in_unit(field: CalendarField, length: SignedDuration) -> Option<i64> {
    match field {
        CalendarField::Hours => Some(length.as_secs() / 3600),
        CalendarField::Minutes => Some(length.as_secs() / 60),
        CalendarField::Seconds => Some(length.as_secs()),
        CalendarField::Milliseconds => Some(i64::from(length.subsec_millis())),
        CalendarField::FullYear
        | CalendarField::Month
        | CalendarField::Date
        | CalendarField::DayOfMonth
        | CalendarField::DayOfWeek
        | CalendarField::DayOfYear => None,
    }
}

/// A number with a fraction times a scale, the fraction cut.
fn scaled(number: &str, scale: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || fraction.len() > 15 {
        return None;
    }
    let digits = |text: &str| {
        if text.is_empty() {
            Some(0)
        } else {
            text.parse::<u64>().ok().map(i128::from)
        }
    };
    let parts = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    digits(whole)?
        .checked_mul(scale)?
        .checked_add(digits(fraction)?.checked_mul(scale)?.checked_div(parts)?)
}

/// Reads `UTC`, `+02:00`, `-02:30` and `02:00`.
fn offset(zone: &str) -> Option<Offset> {
    if matches!(zone, "UTC" | "Z" | "GMT" | "Etc/UTC" | "") {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str, limit: i32| {
        let all_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>()
            .ok()
            .filter(|number| all_digits && *number < limit)
    };
    Offset::from_seconds(sign * (number(hours, 24)? * 3600 + number(minutes, 60)? * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, expected) in [
            ("90d", Some("7776000s")),
            ("1h30m", Some("5400s")),
            ("1.5s", Some("1.5s")),
            ("-1.5s", Some("-1.5s")),
            ("250ms", Some("0.25s")),
            ("1ns", Some("0.000000001s")),
            ("0", Some("0s")),
            ("", None),
            ("-", None),
            ("1", None),
            ("1y", None),
            ("d", None),
            ("1..5s", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(
                parse_duration(text).map(format_duration).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn offsets_are_read() {
        assert_eq!(offset("+02:30").unwrap().seconds(), 9000);
        assert_eq!(offset("-02:30").unwrap().seconds(), -9000);
        assert_eq!(offset("UTC"), Some(Offset::UTC));
        for zone in ["Europe/Paris", "+2", "+99:00", "02:60", "+-1:00"] {
            assert_eq!(offset(zone), None, "{zone}");
        }
    }
}
