//! Which failing policies on the target of an attack path make it worse.

use std::collections::{BTreeSet, HashMap};

use plumb_expr::{Program, Root};
use plumb_graph::knowledge::Knowledge;
use plumb_model::path::{AttackPath, PathReport};
use plumb_model::report::AccountReport;
use plumb_model::value::Text;
use plumb_model::verdict::{Severity, Verdict};

use crate::Judge;

/// Names the failing policies on the targets of paths.
///
/// Left out is what says only that the way is open, because the path says so itself: policies that forbid paths, that ask what
/// reaches the target, or that read what the last step rests on or what opens such a resource. So are policies of low severity.
pub(crate) fn name(
    judges: &[Judge],
    knowledge: &Knowledge,
    accounts: &[AccountReport],
    paths: &mut PathReport,
) {
    let mut wanted: HashMap<Text, Vec<usize>> = HashMap::new();
    for (position, path) in paths.paths.iter().enumerate() {
        wanted
            .entry(path.target().uid.clone())
            .or_default()
            .push(position);
    }
    for account in accounts {
        for finding in account
            .findings
            .iter()
            .filter(|finding| finding.verdict == Verdict::Fail)
        {
            let resource = usize::try_from(finding.resource)
                .ok()
                .and_then(|at| account.resources.get(at));
            let Some(positions) = resource.and_then(|resource| wanted.get(&resource.uid)) else {
                continue;
            };
            let judge = usize::try_from(finding.policy).ok().and_then(|at| judges.get(at));
            let Some(judge) = judge.filter(|judge| is_worth_naming(judge)) else {
                continue;
            };
            let read = attributes(judge);
            for position in positions {
                if let Some(path) = paths.paths.get_mut(*position)
                    && read.is_disjoint(&of_the_way(path, knowledge))
                {
                    path.worsened_by.push(judge.policy.policy.name.clone());
                }
            }
        }
    }
    for path in &mut paths.paths {
        path.worsened_by.sort();
        path.worsened_by.dedup();
    }
}

fn is_worth_naming(judge: &Judge) -> bool {
    let is_low = match judge.policy.policy.severity {
        Severity::Low | Severity::Informational => true,
        Severity::Medium | Severity::High | Severity::Critical => false,
    };
    !is_low && judge.policy.path().is_none() && !judge.policy.asks_exposure()
}

/// The attributes of the resource that a policy reads.
fn attributes(judge: &Judge) -> BTreeSet<Text> {
    judge
        .policy
        .programs()
        .flat_map(Program::uses)
        .filter(|used| used.root == Root::Resource)
        .filter_map(|used| used.path.first().cloned())
        .collect()
}

/// The attributes of the target that the last step rests on, and those that open it.
fn of_the_way(path: &AttackPath, knowledge: &Knowledge) -> BTreeSet<Text> {
    let target = path.target();
    let proofs = path.hops.last().into_iter().flat_map(|hop| &hop.proofs);
    let rested_on = proofs
        .filter(|proof| proof.resource == target.uid)
        .filter_map(|proof| proof.attribute.split([' ', '.', '[']).next())
        .map(Text::from);
    let role = knowledge
        .type_id(&target.resource_type)
        .and_then(|id| knowledge.role(id));
    rested_on
        .chain(
            role.into_iter()
                .flat_map(plumb_pack::graph_role::GraphRole::gates),
        )
        .collect()
}
