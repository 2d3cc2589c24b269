//! `Resource`: one typed document, the thing policies judge.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::value::{Map, Text, Value};

/// The region of resources that belong to no region.
pub const GLOBAL_REGION: &str = "global";

/// The region of resources of which code does not tell in which one they are.
pub const UNKNOWN_REGION: &str = "unknown";

/// One resource of one type in one account.
///
/// The document holds everything a rule can see: the attributes as the cloud's API shapes them, in
/// snake_case, and the six reserved keys `uid`, `resource_type`, `name`, `account`, `region` and `tags`.
/// The first five are text and also kept as fields; `tags` is a map from text to text, null where the
/// type has none, or unreadable.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Identity in the whole estate: ARN, ARM id or full resource name.
    pub uid: Text,
    /// For example `aws_s3_bucket`.
    pub resource_type: Text,
    /// The name people know it by; equals the last part of the uid where there is no better one.
    pub name: Text,
    /// Identifier of the account it lives in.
    pub account: Text,
    /// Region, or `global`.
    pub region: Text,
    /// The whole document, always a [`Value::Map`].
    document: Value,
}

/// A document lacks a reserved key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("resource document has no text under `{0}`")]
pub struct MissingKey(&'static str);

impl Resource {
    /// The keys that have the same meaning in every document.
    pub const RESERVED: [&'static str; 6] = ["uid", "resource_type", "name", "account", "region", "tags"];

    /// Makes a resource from its identity and its attributes; the reserved keys are written into the document.
    pub fn new(
        uid: impl Into<Text>,
        resource_type: impl Into<Text>,
        name: impl Into<Text>,
        account: impl Into<Text>,
        region: impl Into<Text>,
        attributes: Map,
    ) -> Self {
        let (uid, resource_type, name) = (uid.into(), resource_type.into(), name.into());
        let (account, region) = (account.into(), region.into());
        let mut document = attributes;
        document.fit(Self::RESERVED.len());
        document.insert("uid", uid.clone());
        document.insert("resource_type", resource_type.clone());
        document.insert("name", name.clone());
        document.insert("account", account.clone());
        document.insert("region", region.clone());
        if !document.contains_key("tags") {
            document.insert("tags", Value::Null);
        }
        Self {
            uid,
            resource_type,
            name,
            account,
            region,
            document: Value::Map(document),
        }
    }

    /// Makes a resource from a whole document.
    ///
    /// # Errors
    /// When one of the five text keys is missing or not text.
    pub fn from_document(document: Map) -> Result<Self, MissingKey> {
        let text = |key: &'static str| match document.get(key) {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => Err(MissingKey(key)),
        };
        Ok(Self {
            uid: text("uid")?,
            resource_type: text("resource_type")?,
            name: text("name")?,
            account: text("account")?,
            region: text("region")?,
            document: Value::Map(document),
        })
    }

    /// The whole document as rules see it.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The attribute `name`; `None` when the document has no such key.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.document.get(name)
    }

    /// Puts an attribute into the document; the five text keys cannot be changed this way.
    pub fn set(&mut self, name: impl Into<Text>, value: impl Into<Value>) {
        let name = name.into();
        if Self::RESERVED.iter().take(5).any(|reserved| *reserved == name) {
            return;
        }
        if let Value::Map(map) = &mut self.document {
            map.insert(name, value);
        }
    }

    /// The tags, when they are known.
    pub fn tags(&self) -> Option<&Map> {
        self.get("tags").and_then(Value::as_map)
    }
}

impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Resource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_document(Map::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
