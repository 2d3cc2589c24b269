//! Findings gathered by policy, for formats that are ordered that way.

use plumb_model::report::{FindingView, Report};
use plumb_model::verdict::Verdict;

/// Where a finding stands in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    account: u32,
    finding: u32,
}

impl Position {
    /// The finding at this position.
    pub(crate) fn view(self, report: &Report) -> Option<FindingView<'_>> {
        let account = report.accounts.get(usize::try_from(self.account).ok()?)?;
        let finding = account.findings.get(usize::try_from(self.finding).ok()?)?;
        Some(FindingView {
            policy: report.policies.get(usize::try_from(finding.policy).ok()?)?,
            resource: account.resources.get(usize::try_from(finding.resource).ok()?)?,
            account,
            finding,
        })
    }
}

/// For each policy of the report, the positions of its findings with one of `verdicts`, in the report's order.
pub(crate) fn findings_by_policy(report: &Report, verdicts: &[Verdict]) -> Vec<Vec<Position>> {
    let mut by_policy: Vec<Vec<Position>> = vec![Vec::new(); report.policies.len()];
    for (account, account_report) in (0u32..).zip(&report.accounts) {
        for (position, finding) in (0u32..).zip(&account_report.findings) {
            let policy = usize::try_from(finding.policy)
                .ok()
                .and_then(|policy| by_policy.get_mut(policy));
            if let Some(positions) = policy.filter(|_| verdicts.contains(&finding.verdict)) {
                positions.push(Position {
                    account,
                    finding: position,
                });
            }
        }
    }
    by_policy
}
