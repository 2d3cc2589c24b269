//! The table of accounts, those with most to do first.

use std::cmp::Reverse;

use plumb_model::report::{AccountReport, Report};
use plumb_model::verdict::Severity;

use super::shown;
use crate::numbers::{counted, thousands};

/// One account.
pub(in crate::html) struct AccountRow {
    pub(in crate::html) name: String,
    pub(in crate::html) id: String,
    pub(in crate::html) provider: &'static str,
    pub(in crate::html) environment: String,
    pub(in crate::html) owner: String,
    pub(in crate::html) score: String,
    pub(in crate::html) resources: String,
    pub(in crate::html) failures: Vec<FailureCell>,
    pub(in crate::html) unknown: String,
    pub(in crate::html) coverage: String,
    pub(in crate::html) complete: bool,
}

/// The failing findings of one severity.
pub(in crate::html) struct FailureCell {
    pub(in crate::html) severity: &'static str,
    pub(in crate::html) count: String,
    pub(in crate::html) any: bool,
}

/// All accounts, by failing findings of the worst severity, then the next, then by name.
pub(super) fn account_rows(report: &Report) -> Vec<AccountRow> {
    let mut accounts: Vec<&AccountReport> = report.accounts.iter().collect();
    accounts.sort_by_key(|account| {
        let failures = Severity::ALL.map(|severity| Reverse(account.summary.failures.get(severity)));
        (
            failures,
            account.account.label(),
            account.account.provider,
            &account.account.id,
        )
    });
    accounts.into_iter().map(AccountRow::new).collect()
}

impl AccountRow {
    fn new(report: &AccountReport) -> Self {
        let account = &report.account;
        let gaps = u64::try_from(report.coverage.gaps.len()).unwrap_or(u64::MAX);
        let coverage = match (report.coverage.interrupted, gaps) {
            (Some(reason), 0) => format!("cut short: {}", reason.phrase()),
            (Some(reason), gaps) => format!("cut short: {}; {}", reason.phrase(), counted(gaps, "gaps")),
            (None, 0) => "complete".to_owned(),
            (None, gaps) => counted(gaps, "gaps"),
        };
        let cell = |severity: Severity| {
            let count = report.summary.failures.get(severity);
            FailureCell {
                severity: severity.name(),
                count: thousands(count),
                any: count > 0,
            }
        };
        Self {
            name: shown(account.label()),
            id: if account.is_stand_in() {
                String::new()
            } else {
                shown(&account.id)
            },
            provider: account.provider.title(),
            environment: account.environment.as_deref().map(shown).unwrap_or_default(),
            owner: account.owner.as_deref().map(shown).unwrap_or_default(),
            score: report
                .summary
                .score
                .map_or_else(|| "–".to_owned(), |score| score.value.to_string()),
            resources: thousands(report.summary.resources),
            failures: Severity::ALL.into_iter().map(cell).collect(),
            unknown: thousands(report.summary.verdicts.unknown),
            coverage,
            complete: report.coverage.is_complete(),
        }
    }
}
