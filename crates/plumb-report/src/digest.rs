//! What several formats tell about a whole report: tallies by policy, and what stood in the way.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use plumb_model::account::Provider;
use plumb_model::report::{FindingView, PolicySummary, Report, VerdictCounts};
use plumb_model::risk::Risk;
use plumb_model::value::{Reason, Unreadable};
use plumb_model::verdict::Verdict;

use crate::numbers::counted;
use crate::visible::visible;

/// How many failing findings a tally keeps.
pub(crate) const MAX_EXAMPLES: usize = 5;

/// How one policy stands over the whole estate.
pub(crate) struct PolicyTally<'a> {
    /// The policy.
    pub(crate) policy: &'a PolicySummary,
    /// Its findings by verdict.
    pub(crate) verdicts: VerdictCounts,
    /// Accounts with at least one failing resource.
    pub(crate) failing_accounts: u64,
    /// The riskiest failing findings, the first in the report's order among equals; at most [`MAX_EXAMPLES`].
    pub(crate) examples: Vec<FindingView<'a>>,
}

impl<'a> PolicyTally<'a> {
    /// The riskiest failing finding's risk, when there are risks.
    pub(crate) fn risk(&self) -> Option<Risk> {
        self.examples.first()?.finding.risk
    }

    fn consider(&mut self, view: FindingView<'a>) {
        let score = risk_score(&view);
        let full = self.examples.len() >= MAX_EXAMPLES;
        if full && self.examples.last().is_some_and(|last| risk_score(last) >= score) {
            return;
        }
        let place = self
            .examples
            .partition_point(|example| risk_score(example) >= score);
        self.examples.insert(place, view);
        self.examples.truncate(MAX_EXAMPLES);
    }
}

/// The score of a finding's risk; 0 without one.
pub(crate) fn risk_score(view: &FindingView<'_>) -> u8 {
    view.finding.risk.map_or(0, |risk| risk.score)
}

/// The tallies of all policies, in the report's order.
pub(crate) fn policy_tallies(report: &Report) -> Vec<PolicyTally<'_>> {
    let mut tallies: Vec<PolicyTally<'_>> = report
        .policies
        .iter()
        .map(|policy| PolicyTally {
            policy,
            verdicts: VerdictCounts::default(),
            failing_accounts: 0,
            examples: Vec::new(),
        })
        .collect();
    let mut last_failing_account: Vec<Option<usize>> = vec![None; tallies.len()];
    for (position, account) in report.accounts.iter().enumerate() {
        for view in report.findings_of(account) {
            let Ok(policy) = usize::try_from(view.finding.policy) else {
                continue;
            };
            let (Some(tally), Some(last)) = (tallies.get_mut(policy), last_failing_account.get_mut(policy))
            else {
                continue;
            };
            *tally.verdicts.get_mut(view.finding.verdict) += 1;
            if view.finding.verdict == Verdict::Fail {
                tally.consider(view);
                if last.replace(position) != Some(position) {
                    tally.failing_accounts += 1;
                }
            }
        }
    }
    tallies
}

/// The failing policies, most important first: by the riskiest finding, then by severity, failing resources and name.
pub(crate) fn failing_policies<'t, 'a>(tallies: &'t [PolicyTally<'a>]) -> Vec<&'t PolicyTally<'a>> {
    let mut failing: Vec<_> = tallies.iter().filter(|tally| tally.verdicts.fail > 0).collect();
    failing.sort_by_key(|tally| {
        (
            Reverse(tally.risk().map(|risk| risk.score)),
            Reverse(tally.policy.severity),
            Reverse(tally.verdicts.fail),
            &tally.policy.name,
        )
    });
    failing
}

/// Something that kept Plumb from reading, over the whole estate.
pub(crate) struct Obstacle<'a> {
    /// What it is.
    pub(crate) cause: Cause<'a>,
    /// Unknown verdicts that hang on it; a verdict can hang on several obstacles.
    pub(crate) verdicts: u64,
    /// Policies with such a verdict.
    pub(crate) policies: u64,
    /// Calls that failed because of it.
    pub(crate) calls: u64,
    /// Accounts where it stood in the way.
    pub(crate) accounts: u64,
}

/// Why something could not be read, as far as one remedy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause<'a> {
    /// A permission is missing.
    Permission(&'a str),
    /// Something else, with the call when it is known.
    Other(Reason, Option<&'a str>),
    /// The evidence does not say.
    Unrecorded,
}

impl<'a> Cause<'a> {
    fn of(unreadable: &'a Unreadable) -> Self {
        match (unreadable.reason, &unreadable.action) {
            (Reason::Denied, Some(action)) => Self::Permission(action),
            (reason, _) => Self::Other(reason, unreadable.call.as_deref()),
        }
    }
}

/// One line for people, made visible.
impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission(action) => write!(f, "missing permission {}", visible(action)),
            Self::Other(reason, Some(call)) => write!(f, "{}: {}", visible(call), reason.phrase()),
            Self::Other(reason, None) => f.write_str(reason.phrase()),
            Self::Unrecorded => f.write_str("reason not recorded"),
        }
    }
}

#[derive(Default)]
struct ObstacleTally {
    verdicts: u64,
    policies: BTreeSet<u32>,
    calls: u64,
    accounts: u64,
    last_account: Option<usize>,
}

impl ObstacleTally {
    fn seen_in(&mut self, account: usize) {
        if self.last_account.replace(account) != Some(account) {
            self.accounts += 1;
        }
    }
}

/// Everything that stood in the way, by unknown verdicts, then by failed calls, most first.
pub(crate) fn obstacles(report: &Report) -> Vec<Obstacle<'_>> {
    let mut tallies: BTreeMap<Cause<'_>, ObstacleTally> = BTreeMap::new();
    for (position, account) in report.accounts.iter().enumerate() {
        for finding in account
            .findings
            .iter()
            .filter(|finding| finding.verdict == Verdict::Unknown)
        {
            let unreadable = finding
                .evidence
                .as_deref()
                .map_or(&[][..], |evidence| &evidence.unreadable);
            let mut causes: BTreeSet<Cause<'_>> = unreadable.iter().map(Cause::of).collect();
            if causes.is_empty() {
                causes.insert(Cause::Unrecorded);
            }
            for cause in causes {
                let tally = tallies.entry(cause).or_default();
                tally.verdicts += 1;
                tally.policies.insert(finding.policy);
                tally.seen_in(position);
            }
        }
        for gap in &account.coverage.gaps {
            let tally = tallies.entry(Cause::of(&gap.unreadable)).or_default();
            tally.calls = tally.calls.saturating_add(gap.count);
            tally.seen_in(position);
        }
    }
    let mut obstacles: Vec<_> = tallies
        .into_iter()
        .map(|(cause, tally)| Obstacle {
            cause,
            verdicts: tally.verdicts,
            policies: u64::try_from(tally.policies.len()).unwrap_or(u64::MAX),
            calls: tally.calls,
            accounts: tally.accounts,
        })
        .collect();
    obstacles.sort_by_key(|obstacle| {
        (
            Reverse(obstacle.verdicts),
            Reverse(obstacle.calls),
            obstacle.cause,
        )
    });
    obstacles
}

/// What the scan asked for, over all accounts.
#[derive(Default)]
pub(crate) struct Effort {
    /// Distinct regions.
    pub(crate) regions: u64,
    /// Requests sent, retries included.
    pub(crate) requests: u64,
    /// Requests sent again.
    pub(crate) retries: u64,
    /// Requests refused for load.
    pub(crate) throttled: u64,
    /// Gaps in coverage.
    pub(crate) gaps: u64,
    /// Accounts with a gap.
    pub(crate) accounts_with_gaps: u64,
    /// Accounts with a gap or an early end.
    pub(crate) incomplete_accounts: u64,
    /// Accounts whose collection ended early.
    pub(crate) interrupted_accounts: u64,
}

/// Sums up coverage.
pub(crate) fn effort(report: &Report) -> Effort {
    let mut effort = Effort::default();
    let mut regions = BTreeSet::new();
    for account in &report.accounts {
        regions.extend(account.regions.iter());
        for call in &account.coverage.calls {
            effort.requests = effort.requests.saturating_add(call.requests);
            effort.retries = effort.retries.saturating_add(call.retries);
            effort.throttled = effort.throttled.saturating_add(call.throttled);
        }
        effort.gaps += u64::try_from(account.coverage.gaps.len()).unwrap_or(u64::MAX);
        effort.accounts_with_gaps += u64::from(!account.coverage.gaps.is_empty());
        effort.incomplete_accounts += u64::from(!account.coverage.is_complete());
        effort.interrupted_accounts += u64::from(account.coverage.interrupted.is_some());
    }
    effort.regions = u64::try_from(regions.len()).unwrap_or(u64::MAX);
    effort
}

/// For example `AWS (57 accounts), Azure (8 subscriptions)`.
pub(crate) fn providers(report: &Report) -> String {
    if Origin::of(report) == Origin::Code {
        let roots = counted(u64::try_from(report.accounts.len()).unwrap_or(u64::MAX), "roots");
        return format!("Infrastructure code ({roots})");
    }
    let mut counts: BTreeMap<Provider, u64> = BTreeMap::new();
    for account in &report.accounts {
        *counts.entry(account.account.provider).or_default() += 1;
    }
    if counts.is_empty() {
        return "none".to_owned();
    }
    let parts = counts.into_iter().map(|(provider, count)| {
        let title = match provider {
            Provider::Gcp => "GCP",
            Provider::Aws | Provider::Azure => provider.title(),
        };
        format!("{title} ({})", counted(count, provider.accounts_noun()))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Where a report comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Accounts of clouds.
    Cloud,
    /// Roots of code.
    Code,
}

impl Origin {
    pub(crate) fn of(report: &Report) -> Self {
        let mut accounts = report.accounts.iter();
        if accounts.any(|account| account.coverage.declared_only) {
            Self::Code
        } else {
            Self::Cloud
        }
    }

    /// What its parts are called.
    pub(crate) fn parts(self) -> &'static str {
        match self {
            Self::Cloud => "accounts",
            Self::Code => "roots",
        }
    }
}

/// The day of the assessment, from its RFC 3339 time.
pub(crate) fn assessment_day(report: &Report) -> String {
    let text = &report.assessed_at;
    visible(text.split_once('T').map_or(text.as_str(), |(day, _)| day)).into_owned()
}
