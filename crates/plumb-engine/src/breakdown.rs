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
    let total = by_account
        .iter()
        .map(|(_, score)| score.passed + score.failed)
        .sum();
    let part = |name: &str, score: Score| -> Option<ScorePart> {
        let value = (score.passed * 100).checked_div(score.passed + score.failed)?;
        let lost = (score.failed * 100).checked_div(total).unwrap_or_default();
        let small = |percent: u64| u8::try_from(percent).unwrap_or(100);
        Some(ScorePart {
            name: Text::from(name),
            score: Score {
                value: small(value),
                ..score
            },
            lost: small(lost),
        })
    };
    let severities = Severity::ALL
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
    Breakdown {
        severities,
        services,
        accounts,
    }
}
