//! `Account`: an AWS account, an Azure subscription, a Google Cloud project.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::value::{Map, Text, Value};

/// Where an account lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
}

impl Provider {
    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
        }
    }

    /// The name people know it by.
    pub fn title(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Azure => "Azure",
            Self::Gcp => "Google Cloud",
        }
    }

    /// What the provider calls its accounts, in the plural.
    pub fn accounts_noun(self) -> &'static str {
        match self {
            Self::Aws => "accounts",
            Self::Azure => "subscriptions",
            Self::Gcp => "projects",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not a provider.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown provider `{0}`; expected aws, azure or gcp")]
pub struct UnknownProvider(String);

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "aws" => Ok(Self::Aws),
            "azure" => Ok(Self::Azure),
            "gcp" => Ok(Self::Gcp),
            _ => Err(UnknownProvider(text.to_owned())),
        }
    }
}

/// One account with what is known of it; the `account` variable of the rule language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The cloud it belongs to.
    pub provider: Provider,
    /// The provider's identifier: twelve digits for AWS.
    pub id: Text,
    /// The AWS partition (`aws`, `aws-cn`, `aws-us-gov`); `None` elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Text>,
    /// The alias or display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// For example `production` or `development`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Text>,
    /// The most sensitive class of data in it, for example `confidential`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_class: Option<Text>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Text>,
    /// Of code, the path of its root: its findings are known by it, whatever name people give it.
    #[serde(skip)]
    pub root: Option<Text>,
}

/// Whether an identifier only tells accounts apart: code that does not say where it is applied has a small number for one, with
/// another small number before it for further accounts of one root (`000100000007`).
pub fn is_stand_in(provider: Provider, id: &str) -> bool {
    provider == Provider::Aws && id.starts_with("00") && id.get(4..8) == Some("0000")
}

impl Account {
    /// An account of which only provider and identifier are known.
    pub fn new(provider: Provider, id: impl Into<Text>) -> Self {
        Self {
            provider,
            id: id.into(),
            partition: None,
            name: None,
            environment: None,
            data_class: None,
            owner: None,
            root: None,
        }
    }

    /// The document that rules see as `account`.
    pub fn document(&self) -> Value {
        let optional = |text: &Option<Text>| text.clone().map_or(Value::Null, Value::String);
        let entries = [
            ("data_class", optional(&self.data_class)),
            ("environment", optional(&self.environment)),
            ("id", Value::String(self.id.clone())),
            ("name", optional(&self.name)),
            ("owner", optional(&self.owner)),
            ("partition", optional(&self.partition)),
            ("provider", Value::from(self.provider.name())),
        ];
        Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (Text::new_static(key), value))
                .collect::<Map>(),
        )
    }

    /// Whether the identifier only tells accounts apart, see [`is_stand_in`].
    pub fn is_stand_in(&self) -> bool {
        is_stand_in(self.provider, &self.id)
    }

    /// What findings are known by over time, of code that has no account yet; empty where there is neither root nor name.
    pub fn lasting_name(&self) -> &str {
        self.root.as_ref().or(self.name.as_ref()).map_or("", Text::as_str)
    }

    /// The name if there is one, else the identifier.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}
