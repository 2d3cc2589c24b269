//! Which findings the page holds in detail: the worst first, and some of every policy.

use std::cmp::Reverse;

use plumb_model::report::Report;
use plumb_model::verdict::Verdict;

use crate::by_policy::{Position, findings_by_policy};
use crate::digest::risk_score;

/// The findings of one policy that the page holds.
pub(super) struct SelectedPolicy {
    /// Position in the report's policies.
    pub(super) policy: usize,
    /// The findings in detail, failing ones first.
    pub(super) findings: Vec<Position>,
    /// All failing findings, in detail or not.
    pub(super) fail: usize,
    /// All unknown findings, in detail or not.
    pub(super) unknown: usize,
}

/// The failing and unknown findings to hold, by policy: policies by their riskiest finding, by severity, then by failing
/// resources; the findings of a policy riskiest first.
///
/// Every policy gets an equal share of `limit` first, so that one with a hundred thousand findings does not
/// push the others out; what is left over goes to the worst policies.
pub(super) fn select(report: &Report, limit: usize) -> Vec<SelectedPolicy> {
    let mut failing = findings_by_policy(report, &[Verdict::Fail]);
    let risk = |position: &Position| position.view(report).as_ref().map_or(0, risk_score);
    for positions in &mut failing {
        positions.sort_by_cached_key(|position| Reverse(risk(position)));
    }
    let unknown = findings_by_policy(report, &[Verdict::Unknown]);
    let mut selected: Vec<SelectedPolicy> = failing
        .into_iter()
        .zip(unknown)
        .enumerate()
        .filter(|(_, (fail, unknown))| !fail.is_empty() || !unknown.is_empty())
        .map(|(policy, (fail, unknown))| SelectedPolicy {
            policy,
            fail: fail.len(),
            unknown: unknown.len(),
            findings: fail.into_iter().chain(unknown).collect(),
        })
        .collect();
    selected.sort_by_key(|selected| {
        let severity = report.policies.get(selected.policy).map(|policy| policy.severity);
        (
            Reverse(selected.fail.min(1)),
            Reverse(selected.findings.first().map_or(0, risk)),
            Reverse(severity),
            Reverse(selected.fail),
            selected.policy,
        )
    });
    let wanted: Vec<usize> = selected.iter().map(|selected| selected.findings.len()).collect();
    for (selected, share) in selected.iter_mut().zip(shares(&wanted, limit)) {
        selected.findings.truncate(share);
    }
    selected
}

/// Divides `limit` over those who want: an equal share each, and the rest in order.
fn shares(wanted: &[usize], limit: usize) -> Vec<usize> {
    let equal = limit.checked_div(wanted.len()).unwrap_or(0);
    let mut shares: Vec<usize> = wanted.iter().map(|wanted| equal.min(*wanted)).collect();
    let mut left = limit.saturating_sub(shares.iter().sum());
    for (share, wanted) in shares.iter_mut().zip(wanted) {
        let more = left.min(wanted.saturating_sub(*share));
        *share += more;
        left -= more;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_gets_something_and_the_first_get_the_rest() {
        for (wanted, limit, expected) in [
            (vec![10, 10], 100, vec![10, 10]),
            (vec![100, 1, 100], 30, vec![19, 1, 10]),
            (vec![5, 5, 5], 2, vec![2, 0, 0]),
            (vec![], 10, vec![]),
            (vec![3], 0, vec![0]),
        ] {
            assert_eq!(shares(&wanted, limit), expected);
        }
    }
}
