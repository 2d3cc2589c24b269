//! `Value`: one JSON-like value of a resource document, in which a place can be *unreadable*.

mod map;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use smol_str::SmolStr;

pub use self::map::Map;

/// Text with cheap clones; up to 23 bytes are stored without an allocation.
pub type Text = SmolStr;

/// The key under which an unreadable value is written in JSON.
pub const UNREADABLE_KEY: &str = "$unreadable";

/// How deeply lists and maps may nest in a value that is read from outside.
pub const MAX_DEPTH: usize = 128;

/// One value of a resource document.
///
/// The shape is JSON's with two differences: integers and floating point numbers are distinct, and
/// [`Value::Unreadable`] marks a place whose content exists but could not be read. Timestamps are
/// strings in RFC 3339 (UTC), blobs are strings in base64; the schema of the resource type tells which.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Absent: the cloud was asked and has no value here.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite or non-finite floating point number; non-finite ones are written as strings in JSON.
    Float(f64),
    /// Text.
    String(Text),
    /// An ordered list.
    List(Vec<Value>),
    /// A map with text keys.
    Map(Map),
    /// Not read; says why and which permission is missing.
    Unreadable(Arc<Unreadable>),
}

impl Value {
    /// A string value.
    pub fn string(text: impl Into<Text>) -> Self {
        Self::String(text.into())
    }

    /// An unreadable value.
    pub fn unreadable(unreadable: Unreadable) -> Self {
        Self::Unreadable(Arc::new(unreadable))
    }

    /// Gives back the room that lists and maps in it have beyond their entries.
    pub fn shrink(&mut self) {
        match self {
            Self::List(items) => {
                items.shrink_to_fit();
                items.iter_mut().for_each(Self::shrink);
            }
            Self::Map(map) => map.shrink(),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::String(_)
            | Self::Unreadable(_) => {}
        }
    }

    /// The text of a string value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The content of an integer value.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The content of a boolean value.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The elements of a list value.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The entries of a map value.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The entry `key` of a map value; `None` for any other value and for a missing key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map().and_then(|map| map.get(key))
    }

    /// The value at a dotted path of map keys, for example `["encryption", "rules"]`.
    pub fn at<'a>(&'a self, path: impl IntoIterator<Item = &'a str>) -> Option<&'a Value> {
        path.into_iter().try_fold(self, |value, key| value.get(key))
    }

    /// The name of the value's kind, as messages use it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "double",
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// A total order over all values, used to make output independent of input order.
    pub fn total_cmp(&self, other: &Value) -> Ordering {
        fn rank(value: &Value) -> u8 {
            match value {
                Value::Null => 0,
                Value::Bool(_) => 1,
                Value::Int(_) => 2,
                Value::Float(_) => 3,
                Value::String(_) => 4,
                Value::List(_) => 5,
                Value::Map(_) => 6,
                Value::Unreadable(_) => 7,
            }
        }
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => a
                .iter()
                .zip(b)
                .map(|(a, b)| a.total_cmp(b))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len())),
            (Self::Map(a), Self::Map(b)) => a
                .iter()
                .zip(b.iter())
                .map(|((ka, va), (kb, vb))| ka.cmp(kb).then_with(|| va.total_cmp(vb)))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len())),
            (Self::Unreadable(a), Self::Unreadable(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::Float(float)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::String(text)
    }
}

impl From<Vec<Value>> for Value {
    fn from(list: Vec<Value>) -> Self {
        Self::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

/// Written as compact JSON, as in a snapshot.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&json)
    }
}

/// Why something could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The credentials lack the permission.
    Denied,
    /// The cloud kept refusing for load until the retries ran out.
    Throttled,
    /// The service or operation does not exist in that region.
    Unsupported,
    /// The call failed otherwise: network, server error, answer not understood.
    Failed,
    /// The user stopped the scan.
    Cancelled,
    /// The time allowed for the scan ran out.
    DeadlineExceeded,
    /// The scan that made the snapshot did not ask for it.
    NotCollected,
    /// It lies outside what was scanned, for example in another account.
    OutOfScope,
    /// Infrastructure code has no word for it.
    NotInCode,
    /// Terraform code leaves it to something that is known only once it is applied.
    KnownAfterApply,
    /// A template leaves it to something that is known only once it is deployed.
    KnownAfterDeployment,
    /// It was read, but contradicts itself or is of a kind that this version does not know.
    NotUnderstood,
}

impl Reason {
    /// Words that complete "could not be read: …".
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Denied => "access denied",
            Self::Throttled => "throttled until retries ran out",
            Self::Unsupported => "not supported in this region",
            Self::Failed => "the call failed",
            Self::Cancelled => "the scan was stopped",
            Self::DeadlineExceeded => "the deadline of the scan passed",
            Self::NotCollected => "not collected by the scan",
            Self::OutOfScope => "outside what was scanned",
            Self::NotInCode => "not told by code",
            Self::KnownAfterApply => "known only after apply",
            Self::KnownAfterDeployment => "known only after deployment",
            Self::NotUnderstood => "read, but not understood",
        }
    }
}

/// What is known about a value that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreadable {
    /// Why.
    pub reason: Reason,
    /// The call that would have read it, as `service:Operation`, for example `s3:GetBucketPolicy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Text>,
    /// The permission that is missing, as the cloud's access control names it, for example `s3:GetBucketPolicy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Text>,
    /// The error code and message of the cloud, cut to a readable length; hostile text.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub detail: Text,
    /// With what a text begins of which the rest is not known; of code only, and never kept.
    #[serde(skip)]
    pub begins: crate::beginning::Beginning,
}

impl Unreadable {
    /// An unreadable value with a reason and nothing else known.
    pub fn new(reason: Reason) -> Self {
        Self {
            reason,
            call: None,
            action: None,
            detail: Text::default(),
            begins: Default::default(),
        }
    }
}

/// One line for people: reason, call, missing permission, detail.
impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.phrase())?;
        if let Some(call) = &self.call {
            write!(f, " ({call})")?;
        }
        if let (Reason::Denied, Some(action)) = (self.reason, &self.action) {
            write!(f, "; grant `{action}`")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Float(float) if float.is_finite() => serializer.serialize_f64(*float),
            Self::Float(float) => serializer.collect_str(float),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(list) => {
                let mut seq = serializer.serialize_seq(Some(list.len()))?;
                for value in list {
                    seq.serialize_element(value)?;
                }
                seq.end()
            }
            Self::Map(map) => map.serialize(serializer),
            Self::Unreadable(unreadable) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(UNREADABLE_KEY, &**unreadable)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Int(int))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a number past i64 is kept as JSON readers commonly do"
    )]
    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(i64::try_from(int).map_or(Value::Float(int as f64), Value::Int))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(Text, Value)> = Vec::new();
        while let Some(key) = access.next_key::<Text>()? {
            if key == UNREADABLE_KEY {
                let unreadable = access.next_value::<Unreadable>()?;
                if access.next_key::<Text>()?.is_some() {
                    return Err(de::Error::custom("`$unreadable` stands beside other keys"));
                }
                return Ok(Value::unreadable(unreadable));
            }
            let key = match key.strip_prefix('$') {
                Some(unescaped) if unescaped.starts_with('$') => Text::from(unescaped),
                Some(_) => {
                    return Err(de::Error::custom(format_args!(
                        "unknown marker `{key}`; a key that begins with `$` is written `${key}`"
                    )));
                }
                None => key,
            };
            entries.push((key, access.next_value()?));
        }
        Ok(Value::Map(entries.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn map_is_sorted_and_the_last_duplicate_wins() {
        assert_eq!(parse(r#"{"b":1,"a":2,"b":3}"#).to_string(), r#"{"a":2,"b":3}"#);
    }

    #[test]
    fn unreadable_survives_a_round_trip() {
        let json = r#"{"policy":{"$unreadable":{"reason":"denied","call":"s3:GetBucketPolicy"}}}"#;
        let value = parse(json);
        assert!(matches!(value.get("policy"), Some(Value::Unreadable(_))));
        assert_eq!(value.to_string(), json);
    }

    #[test]
    fn a_tag_cannot_pose_as_a_marker() {
        let mut map = Map::new();
        map.insert("$unreadable", "x");
        map.insert("$$", "y");
        let value = Value::Map(map);
        let json = value.to_string();
        assert_eq!(json, r#"{"$$$":"y","$$unreadable":"x"}"#);
        assert_eq!(parse(&json), value);
    }

    #[test]
    fn unknown_markers_and_mixed_markers_are_refused() {
        assert!(serde_json::from_str::<Value>(r#"{"$ref":1}"#).is_err());
        assert!(serde_json::from_str::<Value>(r#"{"$unreadable":{"reason":"denied"},"a":1}"#).is_err());
    }

    #[test]
    fn value_stays_small() {
        assert!(size_of::<Value>() <= 32, "{}", size_of::<Value>());
    }
}
