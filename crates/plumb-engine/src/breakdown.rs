//! The breakdown of the posture score: where its points are won and lost.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use plumb_model::report::{AccountReport, Breakdown, PolicySummary, Score, ScorePart};
use plumb_model::value::Text;
use plumb_model::verdict::{Severity, Verdict};

use crate::score::weight;

/// The breakdown of the score of `accounts`, judged by `policies`.
pub(crate) fn of(policies: &[PolicySummary], accounts: &[AccountReport]) -> Breakdown {
    let mut severities: BTreeMap<Severity, Score> = BTreeMap::new();
    let mut services: BTreeMap<&Text, Score> = BTreeMap::new();
    let mut by_account: Vec<(&Text, Score)> = Vec::new();
    for account in accounts {
        let mut whole = Score::default();
        for finding in &account.findings {
            let policy = usize::try_from(finding.policy)
                .ok()
                .and_then(|at| policies.get(at));
            let Some(policy) = policy else { continue };
            let points = weight(policy.severity);
            for score in [
                severities.entry(policy.severity).or_default(),
                services.entry(&policy.service).or_default(),
                &mut whole,
            ] {
                match finding.verdict {
                    Verdict::Pass => score.passed += points,
                    Verdict::Fail => score.failed += points,
                    Verdict::Unknown => score.unknown += points,
                    Verdict::NotApplicable => {}
                }
            }
        }
        by_account.push((&account.account.id, whole));
    }
    let passed: u64 = by_account.iter().map(|(_, score)| score.passed).sum();
    let failed: u64 = by_account.iter().map(|(_, score)| score.failed).sum();
    let value = (passed * 100).checked_div(passed + failed).unwrap_or(100);
    let part = |name: &str, score: Score| -> Option<ScorePart> {
        let value = (score.passed * 100).checked_div(score.passed + score.failed)?;
        Some(ScorePart {
            name: Text::from(name),
            score: Score {
                value: small(value),
                ..score
            },
            lost: 0,
        })
    };
    let mut severities: Vec<ScorePart> = Severity::ALL
        .into_iter()
        .filter_map(|severity| part(severity.name(), *severities.get(&severity)?))
        .collect();
    let mut services: Vec<ScorePart> = services
        .into_iter()
        .filter_map(|(service, score)| part(service, score))
        .collect();
    let mut accounts: Vec<ScorePart> = by_account
        .into_iter()
        .filter_map(|(account, score)| part(account, score))
        .collect();
    for parts in [&mut services, &mut accounts] {
        parts.sort_by(|a, b| (Reverse(a.score.failed), &a.name).cmp(&(Reverse(b.score.failed), &b.name)));
    }
    for parts in [&mut severities, &mut services, &mut accounts] {
        share(parts, 100 - value);
    }
    Breakdown {
        severities,
        services,
        accounts,
    }
}

/// Divides the points that the whole score lacks among parts by what fails in each, in whole points that add up: what is left
/// over after rounding down goes to the largest remainders.
fn share(parts: &mut [ScorePart], lost: u64) {
    let failed: u64 = parts.iter().map(|part| part.score.failed).sum();
    let mut left = lost;
    let mut remainders: Vec<(Reverse<u64>, usize)> = Vec::new();
    for (position, part) in parts.iter_mut().enumerate() {
        let product = part.score.failed * lost;
        let Some(whole) = product.checked_div(failed) else {
            return;
        };
        part.lost = small(whole);
        left -= whole;
        remainders.push((Reverse(product - whole * failed), position));
    }
    remainders.sort_unstable();
    for (_, position) in remainders {
        let Some(part) = parts.get_mut(position).filter(|_| left > 0) else {
            return;
        };
        part.lost += 1;
        left -= 1;
    }
}

fn small(percent: u64) -> u8 {
    u8::try_from(percent).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(failed: &[u64], lost: u64, expected: &[u8]) {
        let part = |failed: &u64| ScorePart {
            name: Text::default(),
            score: Score {
                failed: *failed,
                ..Score::default()
            },
            lost: 0,
        };
        let mut parts: Vec<ScorePart> = failed.iter().map(part).collect();
        share(&mut parts, lost);
        let shares: Vec<u8> = parts.iter().map(|part| part.lost).collect();
        assert_eq!(shares, expected, "{failed:?}");
    }

    #[test]
    fn lost_points_add_up() {
        check(&[850, 3_700, 4_800, 1_100], 12, &[1, 4, 6, 1]);
        check(&[1, 1, 1], 1, &[1, 0, 0]);
        check(&[0, 0], 0, &[0, 0]);
        check(&[5, 0], 100, &[100, 0]);
        check(&[], 7, &[]);
    }
}
