//! Points in time.

use jiff::{Span, Timestamp, tz::TimeZone};

use super::arguments::{int, number, only, text};
use super::{Outcome, Stop};
use crate::val::Val;

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    Some(match name {
        "datetimeadd" => add(arguments),
        "datetimefromepoch" => from_epoch(arguments),
        "datetimetoepoch" => to_epoch(arguments),
        _ => return None,
    })
}

fn add(arguments: &[Val]) -> Outcome {
    let [base, duration] = arguments else {
        // A format of .NET's as third argument.
        return Err(Stop::Unknown("forms of dates are not followed".into()));
    };
    let base = timestamp(&text(base)?)?;
    let duration = text(duration)?;
    let span: Span = duration
        .parse()
        .map_err(|_| Stop::Wrong(format!("`{duration}` is no duration")))?;
    let sum = base.to_zoned(TimeZone::UTC).checked_add(span);
    let sum = sum.map_err(|_| Stop::Wrong("the date is out of range".to_owned()))?;
    Ok(written(sum.timestamp()))
}

fn from_epoch(arguments: &[Val]) -> Outcome {
    let seconds = int(only(arguments)?)?;
    let timestamp = Timestamp::from_second(seconds);
    timestamp
        .map(written)
        .map_err(|_| Stop::Wrong("the date is out of range".to_owned()))
}

fn to_epoch(arguments: &[Val]) -> Outcome {
    Ok(number(timestamp(&text(only(arguments)?)?)?.as_second()))
}

fn timestamp(text: &str) -> Result<Timestamp, Stop> {
    text.parse()
        .map_err(|_| Stop::Wrong(format!("`{text}` is no date")))
}

fn written(timestamp: Timestamp) -> Val {
    Val::string(timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
