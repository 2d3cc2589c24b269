//! Totals and the posture score.

use plumb_model::report::{AccountReport, Score, Summary};
use plumb_model::risk::Priority;
use plumb_model::verdict::{Severity, Verdict};

/// How much one verdict of a policy of that severity counts in the posture score.
///
/// A critical failure weighs as much as twenty-five low ones; informational policies do not count.
pub fn weight(severity: Severity) -> u64 {
    match severity {
        Severity::Critical => 25,
        Severity::High => 10,
        Severity::Medium => 4,
        Severity::Low => 1,
        Severity::Informational => 0,
    }
}

/// Counts one verdict in.
pub(crate) fn count(summary: &mut Summary, severity: Severity, verdict: Verdict) {
    *summary.verdicts.get_mut(verdict) += 1;
    let score = summary.score.get_or_insert_default();
    match verdict {
        Verdict::Pass => score.passed += weight(severity),
        Verdict::Fail => {
            score.failed += weight(severity);
            *summary.failures.get_mut(severity) += 1;
        }
        Verdict::Unknown => score.unknown += weight(severity),
        Verdict::NotApplicable => {}
    }
}

/// Sets the value of the score from its sums; there is no score where nothing passed or failed.
pub(crate) fn close(summary: &mut Summary) {
    summary.score = summary.score.take().and_then(|score| {
        let percent = (score.passed * 100).checked_div(score.passed + score.failed)?;
        Some(Score {
            value: u8::try_from(percent).unwrap_or(100),
            ..score
        })
    });
}

/// The totals of all accounts.
pub(crate) fn total(accounts: &[AccountReport]) -> Summary {
    let mut total = Summary::default();
    for account in accounts {
        let part = &account.summary;
        total.resources += part.resources;
        for verdict in Verdict::ALL {
            *total.verdicts.get_mut(verdict) += part.verdicts.get(verdict);
        }
        for severity in Severity::ALL {
            *total.failures.get_mut(severity) += part.failures.get(severity);
        }
        for priority in Priority::ALL {
            *total.priorities.get_mut(priority) += part.priorities.get(priority);
        }
        total.accepted += part.accepted;
        if let Some(score) = part.score {
            let sum = total.score.get_or_insert_default();
            sum.passed += score.passed;
            sum.failed += score.failed;
            sum.unknown += score.unknown;
        }
    }
    close(&mut total);
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(verdicts: &[(Severity, Verdict)]) -> Option<u8> {
        let mut summary = Summary::default();
        for (severity, verdict) in verdicts {
            count(&mut summary, *severity, *verdict);
        }
        close(&mut summary);
        summary.score.map(|score| score.value)
    }

    #[test]
    fn severity_weighs_and_unknown_counts_on_neither_side() {
        type Case<'a> = (&'a [(Severity, Verdict)], Option<u8>);
        let cases: [Case<'_>; 5] = [
            (&[], None),
            (&[(Severity::High, Verdict::Unknown)], None),
            (
                &[
                    (Severity::High, Verdict::Pass),
                    (Severity::High, Verdict::Unknown),
                ],
                Some(100),
            ),
            (
                &[
                    (Severity::Critical, Verdict::Fail),
                    (Severity::Low, Verdict::Pass),
                ],
                Some(3),
            ),
            (&[(Severity::Low, Verdict::NotApplicable)], None),
        ];
        for (verdicts, expected) in cases {
            assert_eq!(scored(verdicts), expected, "{verdicts:?}");
        }
    }
}
