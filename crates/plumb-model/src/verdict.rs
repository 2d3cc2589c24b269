//! The four verdicts and the five severities.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a policy says about one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The requirement is not met.
    Fail,
    /// Something the verdict hangs on was not read.
    Unknown,
    /// The requirement is met.
    Pass,
    /// The policy's scope (`when`) leaves this resource out.
    NotApplicable,
}

impl Verdict {
    /// All verdicts in the order reports show them.
    pub const ALL: [Self; 4] = [Self::Fail, Self::Unknown, Self::Pass, Self::NotApplicable];

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Pass => "pass",
            Self::NotApplicable => "not_applicable",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How bad a failed requirement is in itself, before any context.
///
/// Ordered from the mildest to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Informational,
    /// Best practice.
    Low,
    /// Non-compliant, with low immediate risk.
    Medium,
    /// A misconfiguration that exposes or weakens.
    High,
    /// Data or control is open to be taken.
    Critical,
}

impl Severity {
    /// All severities, worst first, as reports show them.
    pub const ALL: [Self; 5] = [
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Low,
        Self::Informational,
    ];

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not a severity.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown severity `{0}`; expected critical, high, medium, low or informational")]
pub struct UnknownSeverity(String);

/// Upper and lower case are accepted, and `info` for `informational`.
impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "informational" | "info" => Ok(Self::Informational),
            "low" => Ok(Self::Low),
            "medium" => Ok(Self::Medium),
            "high" => Ok(Self::High),
            "critical" => Ok(Self::Critical),
            _ => Err(UnknownSeverity(text.to_owned())),
        }
    }
}
