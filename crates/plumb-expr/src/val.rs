//! `Val`: a value while a rule runs, borrowed from documents wherever possible.

use std::rc::Rc;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use plumb_model::time;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};

/// A value while a rule runs.
#[derive(Clone, Debug)]
pub(crate) enum Val<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Str<'a>),
    List(ListVal<'a>),
    Map(MapVal<'a>),
    Moment(Timestamp),
    Length(SignedDuration),
    Unknown(Cause<'a>),
}

/// Text of a document or made by a rule.
#[derive(Clone, Debug)]
pub(crate) enum Str<'a> {
    Read(&'a str),
    Made(Text),
}

/// A list of a document, of an inventory or made by a rule.
#[derive(Clone, Debug)]
pub(crate) enum ListVal<'a> {
    Read(&'a [Value]),
    Resources(&'a [&'a Value]),
    Found(Rc<[&'a Value]>),
    Made(Rc<[Val<'a>]>),
}

/// A map of a document or made by a rule.
#[derive(Clone, Debug)]
pub(crate) enum MapVal<'a> {
    Read {
        value: &'a Value,
        map: &'a Map,
    },
    /// Sorted by key, each key once.
    Made(Rc<[(Text, Val<'a>)]>),
}

/// Why a value is unknown.
#[derive(Clone, Debug)]
pub(crate) enum Cause<'a> {
    Read(&'a Arc<Unreadable>),
    Made(Arc<Unreadable>),
}

/// A truth value of Kleene's logic.
#[derive(Clone, Debug)]
pub(crate) enum Kleene<'a> {
    True,
    False,
    Unknown(Cause<'a>),
}

impl<'a> Val<'a> {
    pub(crate) fn read(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Int(int) => Self::Int(*int),
            Value::Float(double) => Self::Double(*double),
            Value::String(text) => Self::Text(Str::Read(text)),
            Value::List(list) => Self::List(ListVal::Read(list)),
            Value::Map(map) => Self::Map(MapVal::Read { value, map }),
            Value::Unreadable(unreadable) => Self::Unknown(Cause::Read(unreadable)),
        }
    }

    pub(crate) fn text(text: impl Into<Text>) -> Self {
        Self::Text(Str::Made(text.into()))
    }

    pub(crate) fn list(items: Vec<Val<'a>>) -> Self {
        Self::List(ListVal::Made(items.into()))
    }

    /// A map from entries; the last of several with the same key wins.
    pub(crate) fn map(mut entries: Vec<(Text, Val<'a>)>) -> Self {
        entries.reverse();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.dedup_by(|later, kept| later.0 == kept.0);
        Self::Map(MapVal::Made(entries.into()))
    }

    pub(crate) fn unknown(reason: Reason, detail: impl Into<Text>) -> Self {
        Self::Unknown(Cause::made(reason, detail))
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// The truth value it stands for; whatever is neither true nor unknown is false.
    pub(crate) fn truth(self) -> Kleene<'a> {
        match self {
            Self::Bool(true) => Kleene::True,
            Self::Unknown(cause) => Kleene::Unknown(cause),
            Self::Bool(false)
            | Self::Null
            | Self::Int(_)
            | Self::Double(_)
            | Self::Text(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Moment(_)
            | Self::Length(_) => Kleene::False,
        }
    }

    /// The name of its kind, as `type(x)` gives it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Moment(_) => "timestamp",
            Self::Length(_) => "duration",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The value for callers outside the crate: timestamps and durations become text.
    ///
    /// A rule can share one list between many places, so the number of values is bounded by `left`;
    /// what goes beyond is null, and `left` is 0.
    pub(crate) fn to_value(&self, left: &mut u64) -> Value {
        if *left == 0 {
            return Value::Null;
        }
        *left -= 1;
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Int(int) => Value::Int(*int),
            Self::Double(double) => Value::Float(*double),
            Self::Text(text) => Value::String(text.to_text()),
            Self::List(list) => Value::List(
                list.iter()
                    .map_while(|item| (*left > 0).then(|| item.to_value(left)))
                    .collect(),
            ),
            Self::Map(map) => Value::Map(
                map.iter()
                    .map_while(|(key, value)| (*left > 0).then(|| (key, value.to_value(left))))
                    .collect(),
            ),
            Self::Moment(moment) => Value::from(time::format(*moment)),
            Self::Length(length) => Value::from(crate::functions::time::format_duration(*length)),
            Self::Unknown(cause) => Value::Unreadable(cause.to_arc()),
        }
    }
}

impl<'a> Str<'a> {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Read(text) => text,
            Self::Made(text) => text,
        }
    }

    pub(crate) fn to_text(&self) -> Text {
        match self {
            Self::Read(text) => Text::from(*text),
            Self::Made(text) => text.clone(),
        }
    }
}

impl<'a> ListVal<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Read(list) => list.len(),
            Self::Resources(list) => list.len(),
            Self::Found(list) => list.len(),
            Self::Made(list) => list.len(),
        }
    }

    pub(crate) fn get(&self, position: usize) -> Option<Val<'a>> {
        match self {
            Self::Read(list) => list.get(position).map(Val::read),
            Self::Resources(list) => list.get(position).map(|value| Val::read(value)),
            Self::Found(list) => list.get(position).map(|value| Val::read(value)),
            Self::Made(list) => list.get(position).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Val<'a>> + '_ {
        (0..self.len()).map_while(|position| self.get(position))
    }

    /// Why the element at a position is unknown.
    pub(crate) fn unknown_at(&self, position: usize) -> Option<Cause<'a>> {
        let unreadable = |value: &'a Value| match value {
            Value::Unreadable(unreadable) => Some(Cause::Read(unreadable)),
            _ => None,
        };
        match self {
            Self::Read(list) => list.get(position).and_then(unreadable),
            Self::Resources(list) => list.get(position).and_then(|value| unreadable(value)),
            Self::Found(list) => list.get(position).and_then(|value| unreadable(value)),
            Self::Made(list) => match list.get(position) {
                Some(Val::Unknown(cause)) => Some(cause.clone()),
                _ => None,
            },
        }
    }

    /// The first unknown element among the first `count`.
    pub(crate) fn unknown_within(&self, count: usize) -> Option<Cause<'a>> {
        (0..count.min(self.len())).find_map(|position| self.unknown_at(position))
    }

    /// The element at a position counted from 0; null beyond the end.
    ///
    /// An unknown element stands for any number of elements, so nothing behind it has a known position.
    pub(crate) fn element(&self, position: i64) -> Val<'a> {
        let Ok(position) = usize::try_from(position) else {
            return Val::Null;
        };
        match self.unknown_within(position.saturating_add(1)) {
            Some(cause) => Val::Unknown(cause),
            None => self.get(position).unwrap_or(Val::Null),
        }
    }
}

impl<'a> MapVal<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Read { map, .. } => map.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Val<'a>> {
        match self {
            Self::Read { map, .. } => map.get(key).map(Val::read),
            Self::Made(entries) => {
                let at = entries
                    .binary_search_by(|(existing, _)| existing.as_str().cmp(key))
                    .ok()?;
                entries.get(at).map(|(_, value)| value.clone())
            }
        }
    }

    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = (Text, Val<'a>)> + '_> {
        match self {
            Self::Read { map, .. } => {
                Box::new(map.iter().map(|(key, value)| (key.clone(), Val::read(value))))
            }
            Self::Made(entries) => Box::new(entries.iter().cloned()),
        }
    }
}

impl<'a> Cause<'a> {
    pub(crate) fn made(reason: Reason, detail: impl Into<Text>) -> Self {
        Self::Made(Arc::new(Unreadable {
            detail: detail.into(),
            ..Unreadable::new(reason)
        }))
    }

    pub(crate) fn to_arc(&self) -> Arc<Unreadable> {
        match self {
            Self::Read(unreadable) => Arc::clone(unreadable),
            Self::Made(unreadable) => Arc::clone(unreadable),
        }
    }
}

impl<'a> Kleene<'a> {
    pub(crate) fn of(bool: bool) -> Self {
        if bool { Self::True } else { Self::False }
    }

    pub(crate) fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown(cause) => Self::Unknown(cause),
        }
    }

    pub(crate) fn into_val(self) -> Val<'a> {
        match self {
            Self::True => Val::Bool(true),
            Self::False => Val::Bool(false),
            Self::Unknown(cause) => Val::Unknown(cause),
        }
    }
}
