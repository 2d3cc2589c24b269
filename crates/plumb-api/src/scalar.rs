//! Scalars as text: timestamps in all their formats, numbers, percent-encoding.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use plumb_model::time;
use plumb_model::value::{Reason, Unreadable, Value};

use crate::shape::TimestampFormat;

/// Reads a timestamp in any of the formats that clouds send, whatever the model says.
pub(crate) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(timestamp) = time::parse(text) {
        return Some(timestamp);
    }
    if let Ok(timestamp) = rfc2822::DateTimeParser::new().parse_timestamp(text) {
        return Some(timestamp);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return time::from_epoch_seconds(seconds);
    }
    let civil = text.parse::<DateTime>().ok().or_else(|| {
        Some(
            text.parse::<Date>()
                .ok()?
                .to_datetime(jiff::civil::Time::midnight()),
        )
    });
    civil?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The timestamp of a parameter: RFC 3339 text or seconds since 1970.
pub(crate) fn timestamp_of(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => parse_timestamp(text),
        Value::Int(seconds) => Timestamp::from_second(*seconds).ok(),
        Value::Float(seconds) => time::from_epoch_seconds(*seconds),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Unreadable(_) => None,
    }
}

/// Writes a timestamp as a request carries it.
pub(crate) fn write_timestamp(timestamp: Timestamp, format: TimestampFormat) -> String {
    match format {
        TimestampFormat::Iso8601 => time::format(timestamp),
        TimestampFormat::Rfc822 => rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&timestamp)
            .unwrap_or_default(),
        TimestampFormat::UnixSeconds => match timestamp.subsec_millisecond() {
            0 => timestamp.as_second().to_string(),
            _ => epoch_seconds(timestamp).to_string(),
        },
    }
}

/// Seconds since 1970 with their milliseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of the years 1 to 9999 are exact in a double"
)]
pub(crate) fn epoch_seconds(timestamp: Timestamp) -> f64 {
    timestamp.as_millisecond() as f64 / 1000.0
}

/// A number as the clouds write it, non-finite ones included.
pub(crate) fn write_float(float: f64) -> String {
    if float.is_nan() {
        "NaN".to_owned()
    } else if float.is_infinite() {
        if float > 0.0 {
            "Infinity".to_owned()
        } else {
            "-Infinity".to_owned()
        }
    } else {
        float.to_string()
    }
}

/// A number from text, non-finite ones included.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    match text.trim() {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        text => text.parse().ok().filter(|float: &f64| float.is_finite()),
    }
}

/// A whole number from a floating point one that has no fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the range is checked before"
)]
pub(crate) fn whole(float: f64) -> Option<i64> {
    (float.fract() == 0.0 && float >= i64::MIN as f64 && float < i64::MAX as f64).then_some(float as i64)
}

/// A place whose content is not of the kind that the model says.
///
/// One odd value leaves the rest of the answer readable; the value itself is not repeated, it may be anything.
pub(crate) fn mismatch(found: &str, expected: &str) -> Value {
    let detail = format!("the cloud sent {found} where the API model has {expected}").into();
    Value::unreadable(Unreadable {
        detail,
        ..Unreadable::new(Reason::Failed)
    })
}

/// Percent-encodes everything but unreserved characters, and `/` where `keep_slash` keeps it.
pub(crate) fn percent_encode(text: &str, slash: Slash, encoded: &mut String) {
    use std::fmt::Write;
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte))
            }
            b'/' if slash == Slash::Kept => encoded.push('/'),
            // Writing into a `String` cannot fail.
            _ => _ = write!(encoded, "%{byte:02X}"),
        }
    }
}

/// What percent-encoding does to `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slash {
    /// It separates segments.
    Kept,
    /// It is data.
    Encoded,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_formats_of_timestamps_are_read() {
        for (text, expected) in [
            ("2024-02-29T12:30:45Z", Some("2024-02-29T12:30:45Z")),
            ("2024-02-29T12:30:45.123456Z", Some("2024-02-29T12:30:45.123Z")),
            ("2024-02-29T12:30:45+0100", Some("2024-02-29T11:30:45Z")),
            ("2024-02-29T12:30:45+01:00", Some("2024-02-29T11:30:45Z")),
            ("2024-02-29T12:30:45", Some("2024-02-29T12:30:45Z")),
            ("2024-02-29", Some("2024-02-29T00:00:00Z")),
            ("Thu, 29 Feb 2024 12:30:45 GMT", Some("2024-02-29T12:30:45Z")),
            ("1709209845", Some("2024-02-29T12:30:45Z")),
            ("1.709209845E9", Some("2024-02-29T12:30:45Z")),
            ("yesterday", None),
            ("", None),
            ("1e300", None),
        ] {
            assert_eq!(
                parse_timestamp(text).map(time::format).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn timestamps_are_written_in_all_formats() {
        let timestamp = time::parse("2014-04-29T18:30:38Z").unwrap();
        for (format, expected) in [
            (TimestampFormat::Iso8601, "2014-04-29T18:30:38Z"),
            (TimestampFormat::Rfc822, "Tue, 29 Apr 2014 18:30:38 GMT"),
            (TimestampFormat::UnixSeconds, "1398796238"),
        ] {
            assert_eq!(write_timestamp(timestamp, format), expected);
        }
    }
}
