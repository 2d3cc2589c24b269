//! The words of the security graph: what a resource is in it, and how sensitive what it holds is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a resource is in the security graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Something that acts with permissions: a role, a user.
    Identity,
    /// Something that runs code: an instance, a function.
    Workload,
    /// Something that holds data: a bucket, a database, a snapshot.
    Data,
    /// Something that holds credentials: a secret, a parameter.
    Secret,
    /// A key that data is encrypted with.
    Key,
    /// Something that takes requests and hands them on: a load balancer, an API gateway.
    Front,
    /// A part of the network: a subnet, a group, a gateway.
    Network,
    /// Everything else.
    #[default]
    Other,
}

impl NodeKind {
    /// All kinds in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Identity,
        Self::Workload,
        Self::Data,
        Self::Secret,
        Self::Key,
        Self::Front,
        Self::Network,
        Self::Other,
    ];

    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Workload => "workload",
            Self::Data => "data",
            Self::Secret => "secret",
            Self::Key => "key",
            Self::Front => "front",
            Self::Network => "network",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not a kind of node.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown kind `{0}`; expected identity, workload, data, secret, key, front, network or other")]
pub struct UnknownNodeKind(String);

impl FromStr for NodeKind {
    type Err = UnknownNodeKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| UnknownNodeKind(text.to_owned()))
    }
}

/// How much harm it does when data reaches people that it is not meant for.
///
/// Ordered from the least to the most sensitive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Meant for everybody.
    Public,
    /// Meant for the organisation; disclosure is a nuisance.
    #[default]
    Internal,
    /// Meant for few; disclosure harms.
    Confidential,
    /// Under law or contract, or opens other things: personal, payment and health data, credentials.
    Restricted,
}

impl Sensitivity {
    /// All levels, the least sensitive first.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Restricted];

    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }
}

impl fmt::Display for Sensitivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not a level of sensitivity.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown sensitivity `{0}`; expected public, internal, confidential or restricted")]
pub struct UnknownSensitivity(String);

impl FromStr for Sensitivity {
    type Err = UnknownSensitivity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| UnknownSensitivity(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_are_those_of_serde() {
        for kind in NodeKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        for level in Sensitivity::ALL {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!(serde_json::to_string(&level).unwrap(), format!("\"{level}\""));
        }
        assert!("Data".parse::<NodeKind>().is_err());
        assert!("secret".parse::<Sensitivity>().is_err());
    }

    #[test]
    fn sensitivity_grows_from_public_to_restricted() {
        assert!(Sensitivity::ALL.is_sorted());
        assert_eq!(Sensitivity::ALL.iter().max(), Some(&Sensitivity::Restricted));
    }
}
