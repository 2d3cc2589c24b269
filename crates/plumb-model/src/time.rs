//! Time as Plumb keeps it: UTC, in RFC 3339, to the millisecond at most.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// Writes a timestamp as documents hold it, for example `2026-11-22T07:00:00Z`.
pub fn format(timestamp: Timestamp) -> String {
    let precision = if timestamp.subsec_millisecond() == 0 { 0 } else { 3 };
    let mut text = String::new();
    // Writing into a `String` cannot fail.
    let _ = DateTimePrinter::new()
        .precision(Some(precision))
        .print_timestamp(&timestamp, &mut text);
    text
}

/// Reads an RFC 3339 timestamp with any offset.
pub fn parse(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// A timestamp from seconds since 1970, as most cloud APIs send it; `None` outside the years 1 to 9999.
pub fn from_epoch_seconds(seconds: f64) -> Option<Timestamp> {
    if !seconds.is_finite() {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates, and the range is checked next"
    )]
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_have_no_fraction_and_others_three_digits() {
        assert_eq!(format(from_epoch_seconds(0.0).unwrap()), "1970-01-01T00:00:00Z");
        assert_eq!(
            format(from_epoch_seconds(1.25).unwrap()),
            "1970-01-01T00:00:01.250Z"
        );
        assert_eq!(from_epoch_seconds(f64::NAN), None);
        assert_eq!(from_epoch_seconds(1e300), None);
    }
}
