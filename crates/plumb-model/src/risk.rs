//! `Risk`: how much a finding matters, and the sum that says so.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What is to be done first.
///
/// Ordered from the last to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// During regular maintenance.
    Low,
    /// Within thirty days.
    Medium,
    /// Within a week.
    High,
    /// Within two days.
    Critical,
}

impl Priority {
    /// All priorities, most urgent first, as reports show them.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The name as reports write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not a priority.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown priority `{0}`; expected critical, high, medium or low")]
pub struct UnknownPriority(String);

impl FromStr for Priority {
    type Err = UnknownPriority;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "low" => Ok(Self::Low),
            "medium" => Ok(Self::Medium),
            "high" => Ok(Self::High),
            "critical" => Ok(Self::Critical),
            _ => Err(UnknownPriority(text.to_owned())),
        }
    }
}

/// The summands of a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskPart {
    /// How bad the failure is in itself.
    Severity,
    /// From where the resource can be reached.
    Exposure,
    /// Whether an attack path runs through the resource.
    Path,
    /// How sensitive its data is.
    Data,
    /// Production or not.
    Environment,
    /// How easily the failure is used.
    Exploitability,
    /// What can be reached from the resource.
    BlastRadius,
    /// Whether the failure makes the defenders blind.
    Visibility,
}

impl RiskPart {
    /// All parts in the order in which they are summed and shown.
    pub const ALL: [Self; 8] = [
        Self::Severity,
        Self::Exposure,
        Self::Path,
        Self::Data,
        Self::Environment,
        Self::Exploitability,
        Self::BlastRadius,
        Self::Visibility,
    ];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Severity => "severity",
            Self::Exposure => "exposure",
            Self::Path => "path",
            Self::Data => "data",
            Self::Environment => "environment",
            Self::Exploitability => "exploitability",
            Self::BlastRadius => "blast_radius",
            Self::Visibility => "visibility",
        }
    }

    /// The name as reports write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Severity => "severity",
            Self::Exposure => "exposure",
            Self::Path => "attack path",
            Self::Data => "data",
            Self::Environment => "environment",
            Self::Exploitability => "exploitability",
            Self::BlastRadius => "blast radius",
            Self::Visibility => "loss of visibility",
        }
    }
}

/// How much a finding matters.
///
/// INVARIANT: `score` is the sum of all parts, held between 0 and 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Risk {
    /// 0 to 100.
    pub score: u8,
    /// From the score.
    pub priority: Priority,
    /// Points by part, in the order of [`RiskPart::ALL`].
    points: [i8; RiskPart::ALL.len()],
}

impl Risk {
    /// Sums the parts up; `priority` tells what a score means.
    pub fn new(points: [i8; RiskPart::ALL.len()], priority: impl FnOnce(u8) -> Priority) -> Self {
        let sum: i32 = points.iter().map(|points| i32::from(*points)).sum();
        let score = u8::try_from(sum.clamp(0, 100)).unwrap_or(100);
        Self {
            score,
            priority: priority(score),
            points,
        }
    }

    /// The parts with their points, those of none included.
    pub fn parts(&self) -> impl Iterator<Item = (RiskPart, i8)> + '_ {
        RiskPart::ALL.into_iter().zip(self.points)
    }
}

/// From where a resource can be reached.
///
/// Ordered from the narrowest to the widest; what was not read counts between the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExposureLevel {
    /// From nowhere outside the account.
    #[default]
    None,
    /// From its own network only.
    Internal,
    /// Not read, or not looked at.
    Unknown,
    /// From other accounts.
    Accounts,
    /// From given ranges of the internet.
    Narrow,
    /// From any address.
    Wide,
}

impl ExposureLevel {
    /// The name used in files and rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Internal => "internal",
            Self::Unknown => "unknown",
            Self::Accounts => "accounts",
            Self::Narrow => "narrow",
            Self::Wide => "wide",
        }
    }
}

/// Findings by priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityCounts {
    /// To be mended within two days.
    pub critical: u64,
    /// Within a week.
    pub high: u64,
    /// Within thirty days.
    pub medium: u64,
    /// During regular maintenance.
    pub low: u64,
}

impl PriorityCounts {
    /// The count of one priority.
    pub fn get(&self, priority: Priority) -> u64 {
        match priority {
            Priority::Critical => self.critical,
            Priority::High => self.high,
            Priority::Medium => self.medium,
            Priority::Low => self.low,
        }
    }

    /// The count of one priority, for change.
    pub fn get_mut(&mut self, priority: Priority) -> &mut u64 {
        match priority {
            Priority::Critical => &mut self.critical,
            Priority::High => &mut self.high,
            Priority::Medium => &mut self.medium,
            Priority::Low => &mut self.low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priority(score: u8) -> Priority {
        if score >= 80 {
            Priority::Critical
        } else {
            Priority::Low
        }
    }

    #[test]
    fn the_score_is_the_sum_of_the_parts_within_bounds() {
        let cases = [
            ([45, 20, 20, 0, 0, 0, 0, 0], 85, Priority::Critical),
            ([65, 25, 20, 10, 5, 5, 10, 30], 100, Priority::Critical),
            ([5, 0, 0, -5, -10, 0, 0, 0], 0, Priority::Low),
        ];
        for (points, score, expected) in cases {
            let risk = Risk::new(points, priority);
            assert_eq!((risk.score, risk.priority), (score, expected), "{points:?}");
        }
    }
}
