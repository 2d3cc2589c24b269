//! `Coverage`: what was read of an account, what was not, and why.

use serde::{Deserialize, Serialize};

use crate::value::{Reason, Text, Unreadable};

/// What a scan read of one account and what it could not read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The resource types that were asked for, sorted by name.
    ///
    /// INVARIANT: a type that is not listed here was never asked for, so nothing may be concluded from
    /// its absence in the snapshot; likewise an attribute that a recipe reads by a call of its own and
    /// that is not among the `facts` of its type.
    pub collected: Vec<CollectedType>,
    /// What could not be read, sorted.
    pub gaps: Vec<Gap>,
    /// How often each operation was called, sorted.
    pub calls: Vec<CallCount>,
    /// Regions that the account has enabled and that were not asked, because the user narrowed the scan; sorted.
    ///
    /// What lives there is nobody's failure, but a rule that looks for something in the whole account cannot conclude
    /// from the other regions that it does not exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Text>,
    /// Whether these are the resources that code declares: what it does not declare may exist all the same, so nothing can be
    /// concluded from its absence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub declared_only: bool,
    /// Why collection ended before its plan did; `None` when it ran to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Reason>,
}

impl Coverage {
    /// Whether everything that was asked for was read.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty() && self.interrupted.is_none()
    }

    /// The entry of a resource type, when it was asked for.
    pub fn collected_type(&self, resource_type: &str) -> Option<&CollectedType> {
        self.collected
            .iter()
            .find(|collected| collected.resource_type == resource_type)
    }

    /// The number of requests sent, retries included.
    pub fn requests(&self) -> u64 {
        self.calls
            .iter()
            .fold(0, |sum, call| sum.saturating_add(call.requests))
    }

    /// Puts all lists into their documented order.
    pub fn sort(&mut self) {
        self.collected
            .sort_by(|a, b| a.resource_type.cmp(&b.resource_type));
        for collected in &mut self.collected {
            collected.facts.sort();
            collected.facts.dedup();
            collected.regions.sort();
            collected.regions.dedup();
        }
        self.left_out.sort();
        self.gaps.sort();
        self.calls.sort();
    }
}

/// A resource type that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectedType {
    /// For example `aws_s3_bucket`.
    pub resource_type: Text,
    /// The facts (attributes with a call of their own) that were asked for, sorted. A resource that one of them was not
    /// asked of, because nothing refers to it, says so itself: there the attribute is unreadable as not collected.
    pub facts: Vec<Text>,
    /// The regions where it was asked for, sorted; `global` for types listed once per account.
    pub regions: Vec<Text>,
}

/// Something that could not be read, summed over all calls that failed for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// The resource type that suffers.
    pub resource_type: Text,
    /// The attribute that could not be read; `None` when the resources themselves could not be listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<Text>,
    /// Where.
    pub region: Text,
    /// Why, with call and missing permission.
    #[serde(flatten)]
    pub unreadable: Unreadable,
    /// How many calls failed this way.
    pub count: u64,
}

/// How often one operation was called in one region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallCount {
    /// The service's name in the API model, for example `s3`.
    pub service: Text,
    /// For example `GetBucketPolicy`.
    pub operation: Text,
    /// The region the requests went to.
    pub region: Text,
    /// Requests sent, retries included.
    pub requests: u64,
    /// Of these, how many were sent again after a failure.
    pub retries: u64,
    /// Of these, how many the cloud refused for load.
    pub throttled: u64,
}
