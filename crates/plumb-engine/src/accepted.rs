//! Accepted risks: exceptions of the estate file, held against the findings.
//!
//! INVARIANT: nothing here changes a verdict, a count of failures or a score.

use jiff::Timestamp;
use plumb_model::report::{AcceptedRisk, AccountReport, PolicySummary};
use plumb_model::time;
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;
use plumb_pack::estate::Estate;

/// Marks the failures that somebody accepted, and tells of every exception whether it holds and what it speaks of.
pub(crate) fn mark(
    estate: &Estate,
    policies: &[PolicySummary],
    accounts: &mut [AccountReport],
) -> Vec<AcceptedRisk> {
    let now = accounts
        .iter()
        .filter_map(|account| time::parse(&account.taken_at))
        .max()
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let mut accepted: Vec<AcceptedRisk> = estate
        .exceptions
        .iter()
        .map(|exception| AcceptedRisk {
            policy: exception.policy.clone(),
            resource: exception.resource.clone(),
            reason: exception.reason.clone(),
            owner: exception.owner.clone(),
            until: Text::from(exception.until.to_string()),
            holds: exception.holds_at(now),
            findings: 0,
        })
        .collect();
    if accepted.is_empty() {
        return accepted;
    }
    for account in accounts {
        let resources = &account.resources;
        for finding in account
            .findings
            .iter_mut()
            .filter(|finding| finding.verdict == Verdict::Fail)
        {
            let policy = usize::try_from(finding.policy)
                .ok()
                .and_then(|at| policies.get(at));
            let resource = usize::try_from(finding.resource)
                .ok()
                .and_then(|at| resources.get(at));
            let (Some(policy), Some(resource)) = (policy, resource) else {
                continue;
            };
            let fits = estate.exceptions.iter().zip(0u32..).find(|(exception, _)| {
                exception.fits(&policy.name, &account.account.id, &resource.uid, &resource.name)
            });
            let Some((_, position)) = fits else { continue };
            if let Some(known) = usize::try_from(position).ok().and_then(|at| accepted.get_mut(at)) {
                known.findings += 1;
                if known.holds {
                    finding.accepted = Some(position);
                    account.summary.accepted += 1;
                }
            }
        }
    }
    accepted
}
