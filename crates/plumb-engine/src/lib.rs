//! `analyze`: a pure function from snapshot, policies and configuration to a report.
//!
//! An [`Analyzer`] holds compiled policies and judges one account at a time, so that memory is bounded by the
//! largest account: [`Analyzer::account`] needs the account's resources, what it returns no longer does.
//! [`Analyzer::finish`] folds the accounts into a [`Report`]. [`Analyzer::analyze`] does both for a whole snapshot.
//!
//! INVARIANT: no clock, environment, network or hash order takes part, so the same snapshot gives the same bytes,
//! whatever the order of its accounts and resources.

mod accepted;
mod breakdown;
mod compliance;
mod doubts;
mod index;
mod judge;
mod path_policies;
mod reads;
mod revealed;
mod risk;
mod roots;
mod score;
mod understood;
mod worsening;

use std::collections::BTreeSet;
use std::sync::Arc;

use plumb_graph::assemble;
use plumb_graph::fragment::AccountFragment;
use plumb_graph::knowledge::Knowledge;
use plumb_graph::paths::{self, Limits};
use plumb_model::path::PathReport;
use plumb_model::report::{AccountReport, PolicySummary, Report};
use plumb_model::snapshot::{AccountSnapshot, Snapshot};
use plumb_model::time;
use plumb_model::value::{Text, Value};
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::estate::Estate;
use plumb_pack::framework::Framework;
use plumb_pack::pack::Pack;
use plumb_pack::policy::Policy;

use crate::path_policies::Waiting;
use crate::reads::Reader;

pub use score::weight;

/// What an analysis needs to know besides snapshot and policies.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The version of Plumb to name in the report.
    pub plumb_version: Text,
    /// The name of the organization; overrides the snapshot's.
    pub organization: Option<Text>,
    /// What the user says of accounts and resources.
    pub estate: Arc<Estate>,
    /// What the security graph is built by; `None` leaves it out, and with it risk and paths.
    pub graph: Option<Arc<Knowledge>>,
    /// What bounds the search for attack paths.
    pub limits: Limits,
}

/// One account, judged: its part of the report, and what the graph needs of it.
#[derive(Debug)]
pub struct Judged {
    /// Its part of the report.
    pub report: AccountReport,
    /// What the graph needs of it; `None` when the graph is left out.
    pub fragment: Option<AccountFragment>,
    /// What attack paths decide on.
    waiting: Waiting,
    /// The positions of the entries of the estate file that fit it.
    described: Vec<usize>,
}

impl Judged {
    /// Takes out what the graph needs; the rest is reported without risk and paths.
    pub fn take_fragment(&mut self) -> Option<AccountFragment> {
        self.fragment.take()
    }
}

/// A compiled policy with what the engine needs to know of its resource type.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    pub(crate) policy: CompiledPolicy,
    /// Canonical name of the type.
    pub(crate) type_name: Text,
    /// The policy's parameters as a value.
    pub(crate) params: Value,
    /// Everything the policy's programs read.
    pub(crate) reader: Reader,
}

/// Judges accounts by a set of policies.
#[derive(Debug)]
pub struct Analyzer {
    judges: Vec<Judge>,
    frameworks: Vec<Arc<Framework>>,
    /// Of all policies, those included that have nothing to judge; sorted by name.
    summaries: Vec<PolicySummary>,
    /// The position of each judge among the summaries.
    positions: Vec<u32>,
    /// What the graph reads of accounts, beside the policies.
    graph_readers: Vec<Reader>,
    /// The resource types that the pack describes.
    known_types: BTreeSet<Text>,
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
        let summaries: Vec<_> = judges
            .iter()
            .map(|judge| summarize(pack, &judge.policy.policy, &judge.type_name))
            .collect();
        let mut frameworks = frameworks;
        frameworks.sort_by(|a, b| a.id.cmp(&b.id));
        let graph_readers = match &config.graph {
            Some(knowledge) => reads::of_graph(pack, knowledge).map_err(|resource_type| UnknownType {
                policy: Text::new_static("the security graph"),
                resource_type,
            })?,
            None => Vec::new(),
        };
        Ok(Self {
            graph_readers,
            known_types: pack.resource_types().into_iter().collect(),
            positions: (0..).take(judges.len()).collect(),
            judges,
            frameworks,
            summaries,
            config,
        })
    }

    /// Reports these policies too, of which it is known that there is nothing for them to judge.
    #[must_use]
    pub fn with_idle<'p>(mut self, pack: &Pack, idle: impl IntoIterator<Item = &'p Arc<Policy>>) -> Self {
        let idle = idle.into_iter().map(|policy| {
            let type_name = pack.type_name(&policy.resource_type);
            summarize(pack, policy, type_name.unwrap_or(&policy.resource_type))
        });
        self.summaries.extend(idle);
        self.summaries.sort_by(|a, b| a.name.cmp(&b.name));
        let position = |judge: &Judge| {
            let name = &judge.policy.policy.name;
            self.summaries.partition_point(|summary| summary.name < *name)
        };
        self.positions = self
            .judges
            .iter()
            .map(|judge| u32::try_from(position(judge)).unwrap_or(u32::MAX))
            .collect();
        self
    }

    /// Looks for so many choke points.
    pub fn limit_choke_points(&mut self, most: usize) {
        self.config.limits.choke_points = most;
    }

    /// Judges one account.
    ///
    /// `taken_at` of the snapshot is the `now` of the rules; a malformed one counts as 1970, so that nothing looks
    /// older than it is.
    pub fn account(&self, snapshot: &AccountSnapshot) -> Judged {
        let now = time::parse(&snapshot.taken_at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let mut account = snapshot.account.clone();
        let described = self.config.estate.describe(&mut account);
        let readers: Vec<&Reader> = self
            .judges
            .iter()
            .map(|judge| &judge.reader)
            .chain(&self.graph_readers)
            .collect();
        let judged = judge::account(
            &self.judges,
            &readers,
            &self.known_types,
            self.config.graph.as_deref(),
            snapshot,
            account,
            now,
        );
        Judged { described, ..judged }
    }

    /// Folds judged accounts, in any order, into a report.
    pub fn finish(&self, judged: Vec<Judged>, organization: Option<Text>) -> Report {
        let mut judged = judged;
        judged.sort_by(|a, b| {
            let key = |judged: &Judged| {
                let account = &judged.report.account;
                (account.provider, account.id.clone())
            };
            key(a).cmp(&key(b))
        });
        let mut accounts = Vec::with_capacity(judged.len());
        let mut waiting = Vec::with_capacity(judged.len());
        let mut fragments = Vec::with_capacity(judged.len());
        let mut described = BTreeSet::new();
        for judged in judged {
            described.extend(judged.described);
            accounts.push(judged.report);
            waiting.push(judged.waiting);
            fragments.extend(judged.fragment);
        }
        let found = self
            .config
            .graph
            .as_deref()
            .map(|knowledge| self.paths(knowledge, fragments, &mut accounts, &waiting));
        let (paths, idle_jewels) = found.unzip();
        for finding in accounts.iter_mut().flat_map(|account| &mut account.findings) {
            let judge = usize::try_from(finding.policy).unwrap_or(usize::MAX);
            finding.policy = self.positions.get(judge).copied().unwrap_or(u32::MAX);
        }
        let accepted = accepted::mark(&self.config.estate, &self.summaries, &mut accounts);
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
            organization: self
                .config
                .organization
                .clone()
                .or_else(|| self.config.estate.organization.clone())
                .or(organization),
            policies: self.summaries.clone(),
            frameworks,
            summary: score::total(&accounts),
            breakdown: breakdown::of(&self.summaries, &accounts),
            paths,
            estate_doubts: doubts::of(
                &self.config.estate,
                &described,
                &accounts,
                &idle_jewels.unwrap_or_default(),
            ),
            accepted,
            focus: None,
            accounts,
        }
    }

    /// Builds the graph, finds the paths, judges what they decide, and gives the findings their risk; with the positions of the
    /// crown jewels that fit nothing.
    fn paths(
        &self,
        knowledge: &Knowledge,
        fragments: Vec<AccountFragment>,
        accounts: &mut [AccountReport],
        waiting: &[Waiting],
    ) -> (PathReport, Vec<usize>) {
        let security = assemble::graph(knowledge, fragments);
        let mut paths = paths::report(&security, &knowledge.weights, &self.config.limits);
        path_policies::decide(&self.judges, &security, &paths, accounts, waiting);
        risk::assess(&self.judges, knowledge, &security, accounts);
        worsening::name(&self.judges, knowledge, accounts, &mut paths);
        roots::name(accounts, &mut paths);
        (paths, doubts::idle_jewels(&self.config.estate, &security))
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

fn summarize(pack: &Pack, policy: &Policy, type_name: &Text) -> PolicySummary {
    PolicySummary {
        resource_type: type_name.clone(),
        ..policy.summary(pack.controls_of(&policy.name))
    }
}
