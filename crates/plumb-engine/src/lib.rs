//! `analyze`: a pure function from snapshot, policies and configuration to a report.
//!
//! An [`Analyzer`] holds compiled policies and judges one account at a time, so that memory is bounded by the
//! largest account: [`Analyzer::account`] needs the account's resources, what it returns no longer does.
//! [`Analyzer::finish`] folds the accounts into a [`Report`]. [`Analyzer::analyze`] does both for a whole snapshot.
//!
//! INVARIANT: no clock, environment, network or hash order takes part, so the same snapshot gives the same bytes,
//! whatever the order of its accounts and resources.

mod breakdown;
mod compliance;
mod index;
mod judge;
mod score;

use std::sync::Arc;

use plumb_model::report::{AccountReport, PolicySummary, Report};
use plumb_model::snapshot::{AccountSnapshot, Snapshot};
use plumb_model::time;
use plumb_model::value::{Text, Value};
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::framework::Framework;
use plumb_pack::pack::Pack;
use plumb_pack::schema::ResourceType;

pub use score::weight;

/// What an analysis needs to know besides snapshot and policies.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The version of Plumb to name in the report.
    pub plumb_version: Text,
    /// The name of the organization; overrides the snapshot's.
    pub organization: Option<Text>,
}

/// A compiled policy with what the engine needs to know of its resource type.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    pub(crate) policy: CompiledPolicy,
    pub(crate) resource_type: Arc<ResourceType>,
    /// Canonical name of the type.
    pub(crate) type_name: Text,
    /// The policy's parameters as a value.
    pub(crate) params: Value,
    /// Everything the policy's programs read, resolved to types and attributes.
    pub(crate) reads: Vec<Read>,
}

/// A resource type that a policy reads, with the attributes it needs of it.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) resource_type: Arc<ResourceType>,
    pub(crate) attributes: Vec<Text>,
    pub(crate) how: ReadHow,
}

/// How a policy comes by resources of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadHow {
    /// They are judged.
    Resource,
    /// By `inventory("…")`.
    Inventory,
    /// By `inventory("…", region)`.
    RegionalInventory,
    /// By `related(resource, "…")`.
    Related,
}

/// Judges accounts by a set of policies.
#[derive(Debug)]
pub struct Analyzer {
    judges: Vec<Judge>,
    frameworks: Vec<Arc<Framework>>,
    summaries: Vec<PolicySummary>,
    config: Config,
}

impl Analyzer {
    /// Prepares an analysis by `policies`, reported against `frameworks`.
    ///
    /// # Errors
    /// When a policy's resource type is not known to the pack; the name of the type is returned.
    pub fn new(
        pack: &Pack,
        policies: Vec<CompiledPolicy>,
        frameworks: Vec<Arc<Framework>>,
        config: Config,
    ) -> Result<Self, UnknownType> {
        let mut judges = policies
            .into_iter()
            .map(|policy| judge::prepare(pack, policy))
            .collect::<Result<Vec<_>, _>>()?;
        judges.sort_by(|a, b| a.policy.policy.name.cmp(&b.policy.policy.name));
        let summaries = judges.iter().map(|judge| summarize(pack, judge)).collect();
        let mut frameworks = frameworks;
        frameworks.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            judges,
            frameworks,
            summaries,
            config,
        })
    }

    /// Judges one account.
    ///
    /// `taken_at` of the snapshot is the `now` of the rules; a malformed one counts as 1970, so that nothing looks
    /// older than it is.
    pub fn account(&self, snapshot: &AccountSnapshot) -> AccountReport {
        let now = time::parse(&snapshot.taken_at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        judge::account(&self.judges, snapshot, now)
    }

    /// Folds judged accounts, in any order, into a report.
    pub fn finish(&self, mut accounts: Vec<AccountReport>, organization: Option<Text>) -> Report {
        accounts.sort_by(|a, b| {
            let key = |report: &AccountReport| (report.account.provider, report.account.id.clone());
            key(a).cmp(&key(b))
        });
        let frameworks = self
            .frameworks
            .iter()
            .map(|framework| compliance::judge(framework, &self.summaries, &accounts))
            .collect();
        Report {
            plumb_version: self.config.plumb_version.clone(),
            assessed_at: accounts
                .iter()
                .map(|account| account.taken_at.clone())
                .max()
                .unwrap_or_default(),
            organization: self.config.organization.clone().or(organization),
            policies: self.summaries.clone(),
            frameworks,
            summary: score::total(&accounts),
            breakdown: breakdown::of(&self.summaries, &accounts),
            paths: None,
            accepted: Vec::new(),
            accounts,
        }
    }

    /// Judges a whole snapshot.
    pub fn analyze(&self, snapshot: &Snapshot) -> Report {
        let accounts = snapshot
            .accounts
            .iter()
            .map(|account| self.account(account))
            .collect();
        self.finish(accounts, snapshot.header.organization.clone())
    }
}

/// A policy speaks of a resource type that no recipe describes.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownType {
    /// The policy.
    pub policy: Text,
    /// The type it names.
    pub resource_type: Text,
}

impl std::fmt::Display for UnknownType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "policy `{}` names the unknown resource type `{}`",
            self.policy, self.resource_type
        )
    }
}

impl std::error::Error for UnknownType {}

fn summarize(pack: &Pack, judge: &Judge) -> PolicySummary {
    let policy = &judge.policy.policy;
    PolicySummary {
        resource_type: judge.type_name.clone(),
        ..policy.summary(pack.controls_of(&policy.name))
    }
}
