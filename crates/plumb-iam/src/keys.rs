//! `Keys`: what a request says under a condition key, and `Context`, the part the caller gives.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plumb_model::value::Text;

/// What is known of one condition key in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyValue<'a> {
    /// The request has the key with these values; never empty.
    Known(Cow<'a, [Text]>),
    /// The request does not have the key.
    Absent,
    /// The request does not have the key, or has it with this value.
    AbsentOr(Text),
    /// Not given: the request may have it, with any value.
    Unspecified,
    /// A value exists and could not be read; says why.
    Unread(Text),
}

impl<'a> KeyValue<'a> {
    /// One known value.
    pub fn one(value: impl Into<Text>) -> Self {
        Self::Known(Cow::Owned(vec![value.into()]))
    }

    /// Several known values; none at all is the same as an absent key.
    pub fn many(values: &'a [Text]) -> Self {
        if values.is_empty() {
            Self::Absent
        } else {
            Self::Known(Cow::Borrowed(values))
        }
    }
}

/// Something that knows the condition keys of a request.
pub trait Keys {
    /// The values under `key`, which is in lower case: names of keys are not case-sensitive.
    fn key(&self, key: &str) -> KeyValue<'_>;
}

/// Condition keys as the caller gives them; what is not given is unspecified.
///
/// Keys that follow from the requester or the resource (`aws:PrincipalArn`, `aws:ResourceAccount`, …) need not be
/// given; given ones win.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<Text, Vec<Text>>,
}

impl Context {
    /// A context in which nothing is given.
    pub fn new() -> Self {
        Self::default()
    }

    /// What every requester can bring about: an encrypted connection.
    pub fn over_tls() -> Self {
        Self::new().with("aws:SecureTransport", "true")
    }

    /// Gives a key its only value.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<Text>) -> Self {
        self.with_values(key, [value.into()])
    }

    /// Gives a key its values.
    #[must_use]
    pub fn with_values(mut self, key: &str, values: impl IntoIterator<Item = Text>) -> Self {
        self.keys
            .insert(key.to_ascii_lowercase().into(), values.into_iter().collect());
        self
    }

    /// Says that requests do not have the key.
    #[must_use]
    pub fn without(self, key: &str) -> Self {
        self.with_values(key, [])
    }

    /// The same with what another context gives beside.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for (key, values) in other.keys {
            self.keys.entry(key).or_insert(values);
        }
        self
    }

    /// What was given for a key in lower case; `None` when nothing was.
    pub fn given(&self, key: &str) -> Option<KeyValue<'_>> {
        self.keys.get(key).map(|values| KeyValue::many(values))
    }
}

impl Keys for Context {
    fn key(&self, key: &str) -> KeyValue<'_> {
        self.given(key).unwrap_or(KeyValue::Unspecified)
    }
}
