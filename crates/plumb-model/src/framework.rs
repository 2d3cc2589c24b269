//! Frameworks as a report shows them: controls, how each is assessed, and how the estate stands.

use serde::{Deserialize, Serialize};

use crate::value::Text;

/// How a framework's publisher means a control to be assessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assessment {
    /// By configuration alone.
    Automated,
    /// By a person, because configuration alone does not decide it.
    Manual,
}

/// How one control stands in one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlStatus {
    /// A policy of the control fails on a resource.
    Fail,
    /// None fails, but something was not read.
    Unknown,
    /// Every verdict passes, and there is at least one.
    Pass,
    /// The account has nothing that the control speaks of.
    NotApplicable,
    /// No policy judges it; a person must.
    Manual,
    /// Policies judge it, but they were not among those selected for this run.
    NotSelected,
}

/// A reference from a policy to a control.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ControlRef {
    /// The framework's id, for example `cis-aws-5.0`.
    pub framework: Text,
    /// The control's id in it, for example `2.1.1`.
    pub control: Text,
}

/// The number of accounts in each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCounts {
    /// Accounts where the control fails.
    pub fail: u32,
    /// Accounts where it is unknown.
    pub unknown: u32,
    /// Accounts where it passes.
    pub pass: u32,
    /// Accounts it does not apply to.
    pub not_applicable: u32,
}

/// How one control stands over the whole estate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlReport {
    /// For example `2.1.1`.
    pub id: Text,
    /// Our own short title.
    pub title: Text,
    /// The framework's section it belongs to, in our words.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub section: Text,
    /// For example `1`; empty where the framework has no levels.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub level: Text,
    /// How its publisher means it to be assessed.
    pub assessment: Assessment,
    /// Names of the policies that judge it, sorted.
    pub policies: Vec<Text>,
    /// The worst status over all accounts.
    pub status: ControlStatus,
    /// Accounts by status.
    pub accounts: StatusCounts,
    /// Failing resources over all accounts, each counted once.
    pub failing_resources: u64,
}

/// How one framework stands over the whole estate.
///
/// The unit is one control in one account, so an estate of 57 accounts and 40 judged controls has up to
/// 2,280. `passing + failing + unknown` is the denominator of the compliance rate: what could not be read
/// does not count as compliant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameworkReport {
    /// For example `cis-aws-5.0`.
    pub id: Text,
    /// For example `CIS AWS v5.0`.
    pub title: Text,
    /// All controls, in the framework's order.
    pub controls: Vec<ControlReport>,
    /// Control-account pairs that pass.
    pub passing: u32,
    /// Control-account pairs that fail.
    pub failing: u32,
    /// Control-account pairs that are unknown.
    pub unknown: u32,
    /// Controls that no policy judges.
    pub manual: u32,
}

impl FrameworkReport {
    /// Control-account pairs that were judged.
    pub fn judged(&self) -> u32 {
        self.passing + self.failing + self.unknown
    }

    /// Share of judged pairs that pass, in whole percent rounded down; `None` when nothing was judged.
    pub fn percent(&self) -> Option<u32> {
        (u64::from(self.passing) * 100)
            .checked_div(u64::from(self.judged()))
            .and_then(|p| u32::try_from(p).ok())
    }
}
