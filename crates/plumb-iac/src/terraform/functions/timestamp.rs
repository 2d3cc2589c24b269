//! `Timestamp`: a text of RFC 3339 taken apart, and durations.

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// A local time and its distance from UTC in minutes.
#[derive(Clone, Copy)]
pub(super) struct Timestamp {
    pub(super) local: DateTime,
    pub(super) offset: i64,
}

impl Timestamp {
    /// One part of a specification: a letter and how often it stands there.
    pub(super) fn part(self, letter: char, count: usize) -> Option<String> {
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

/// A duration such as `-1.5h` or `10m30s`.
pub(super) fn parse_duration(text: &str) -> Option<SignedDuration> {
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

#[cfg(test)]
mod tests {
    use super::{parse, parse_duration};

    #[test]
    fn timestamps_are_strict() {
        let right = [
            "2018-01-02T23:12:01Z",
            "2018-01-02T23:12:01-08:30",
            "0001-01-01T00:00:00Z",
        ];
        for text in right {
            assert_eq!(parse(text).map(super::Timestamp::text).as_deref(), Some(text));
        }
        for text in [
            "",
            "2018-01-02",
            "2018-1-02T23:12:01Z",
            "2018-01-02T24:00:00Z",
            "2018-01-02t23:12:01Z",
            "2018-01-02T23:12Z",
            "2018-01-02T23:12:01.Z",
            "2018-01-02T23:12:01+8:00",
            "2018-01-02T23:12:01+24:00",
            "2018-01-02T23:12:01ä1:00",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn durations_have_units() {
        let nanoseconds = |text| parse_duration(text).map(|duration| duration.as_nanos());
        assert_eq!(nanoseconds("1h1m1.5s"), Some(3_661_500_000_000));
        assert_eq!(nanoseconds("-1.5µs"), Some(-1_500));
        assert_eq!(nanoseconds("0"), Some(0));
        for text in [
            "",
            "-",
            "1",
            "h",
            ".s",
            "1x",
            "1.2.3s",
            "99999999999999999999h",
            "1 h",
        ] {
            assert_eq!(nanoseconds(text), None, "{text}");
        }
    }
}
