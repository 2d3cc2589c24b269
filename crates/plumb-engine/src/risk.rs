//! The risk of findings: the sum of what is known of failure, resource and account.

use std::collections::HashMap;

use plumb_graph::knowledge::Knowledge;
use plumb_graph::security::SecurityGraph;
use plumb_graph::standing::{Standing, Standings};
use plumb_model::account::Account;
use plumb_model::graph::Sensitivity;
use plumb_model::report::{AccountReport, ResourceSummary};
use plumb_model::risk::Risk;
use plumb_model::verdict::{Severity, Verdict};
use plumb_pack::policy::Circumstances;
use plumb_pack::risk::RiskWeights;

use crate::Judge;

/// Gives every failure its risk, and every resource its exposure.
pub(crate) fn assess(
    judges: &[Judge],
    knowledge: &Knowledge,
    security: &SecurityGraph,
    accounts: &mut [AccountReport],
) {
    let weights = &knowledge.weights;
    let standings = Standings::new(security, weights);
    for account in accounts {
        // Failures of one resource share what is known of it; looking is only worth it where something fails.
        let mut known: HashMap<u32, Standing> = HashMap::new();
        let resources = &account.resources;
        for finding in account
            .findings
            .iter_mut()
            .filter(|finding| finding.verdict == Verdict::Fail)
        {
            let judge = usize::try_from(finding.policy).ok().and_then(|at| judges.get(at));
            let resource = usize::try_from(finding.resource)
                .ok()
                .and_then(|at| resources.get(at));
            let (Some(judge), Some(resource)) = (judge, resource) else {
                continue;
            };
            let standing = *known
                .entry(finding.resource)
                .or_insert_with(|| standings.of(&resource.uid));
            let policy = &judge.policy.policy;
            let risk = of(
                weights,
                policy.severity,
                policy.risk,
                &standing,
                resource,
                &account.account,
            );
            *account.summary.priorities.get_mut(risk.priority) += 1;
            finding.risk = Some(risk);
        }
        for resource in account.resources.iter_mut().filter(|resource| !resource.stand_in) {
            let info = security
                .by_uid(&resource.uid)
                .and_then(|node| security.node(node));
            resource.exposure = info.map(|info| info.exposure);
        }
    }
}

/// The risk of one failure.
pub(crate) fn of(
    weights: &RiskWeights,
    severity: Severity,
    circumstances: Circumstances,
    standing: &Standing,
    resource: &ResourceSummary,
    account: &Account,
) -> Risk {
    let sensitivity = standing.sensitivity.unwrap_or(Sensitivity::Internal);
    let environment = weights.environment_of(resource.tags.as_deref(), account.environment.as_deref());
    // In the order of `RiskPart::ALL`.
    let points = [
        weights.severity(severity),
        weights.exposure(standing.exposure),
        weights.path_through(standing.path),
        weights.data(sensitivity.name()),
        weights.environment(environment),
        weights.exploitability(circumstances.exploitability),
        weights.blast_radius(standing.radius),
        weights.visibility(circumstances.visibility),
    ];
    Risk::new(points, |score| weights.priority(score))
}
