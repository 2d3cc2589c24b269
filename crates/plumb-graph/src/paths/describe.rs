//! A group of equal paths as people read it: its best path step by step, and what is true of all of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::path::{AttackPath, Certainty, Hop};
use plumb_model::value::Text;
use plumb_pack::risk::RiskWeights;

use super::group::{Group, Signature, administers, unread_in};
use super::membership::Membership;
use super::title::Coming;
use super::{cuts, title};
use crate::graph::{EdgeId, FactId, NodeId, Step};
use crate::search;
use crate::security::SecurityGraph;

/// What is known of the group beside itself.
pub(super) struct Beside<'a> {
    /// The facts that close its best path, with how many of its paths each closes.
    pub(super) closing: &'a BTreeMap<FactId, u64>,
    /// How many groups each fact closes.
    pub(super) closed_by: &'a HashMap<FactId, u64>,
    /// The targets behind the administrators to whom it leads.
    pub(super) behind: BTreeSet<NodeId>,
    /// How many other first steps lead to the target of its best path.
    pub(super) other_ways: u64,
}

/// A group as a path.
pub(super) fn describe(
    security: &SecurityGraph,
    weights: &RiskWeights,
    signature: &Signature,
    group: &Group,
    beside: &Beside<'_>,
) -> AttackPath {
    let best = &group.best;
    let before = std::iter::once(best.entry).chain(best.hops.iter().map(|(node, _)| *node));
    let hops: Vec<Hop> = before
        .zip(&best.hops)
        .filter_map(|(before, (node, edge))| {
            let step = security.graph.edge(*edge)?.step;
            let membership = Membership::of(security, before, *edge);
            let told = |fact: &FactId| match &membership {
                Some(own) => own.told(security, *fact),
                None => security.graph.fact(*fact),
            };
            Some(Hop {
                kind: step.kind,
                to: security.path_node(*node),
                how: step.how.clone(),
                certainty: step.certainty,
                conditions: step.conditions.clone(),
                proofs: step.proofs.iter().map(told).collect(),
            })
        })
        .collect();
    // What decides them all is what was not read: taking away one way to it is no change that closes it.
    let is_unread = unread_in(security, &best.hops).is_some();
    let entry = security.path_node(best.entry);
    let accounts: Vec<Option<u32>> = best
        .hops
        .iter()
        .filter(|(_, edge)| security.graph.edge(*edge).is_some())
        .map(|(node, _)| security.node(*node).and_then(|info| info.account))
        .collect();
    let risk = search::target_risk(best.value, best.key);
    let mut parts = vec![(best.why.clone(), i16::from(best.value))];
    let steps = best
        .hops
        .iter()
        .filter_map(|(_, edge)| security.graph.edge(*edge));
    let caveats: BTreeSet<Text> = steps
        .clone()
        .flat_map(|edge| edge.step.caveats.iter().cloned())
        .collect();
    let spent: u8 = steps.clone().map(|edge| edge.step.cost).sum();
    let of_entry = search::points(best.key).saturating_sub(spent);
    if of_entry > 0 {
        parts.push((
            Text::from(format!("begins at {}", entry.name)),
            -i16::from(of_entry),
        ));
    }
    parts.extend(steps.map(|edge| (step_words(edge.step), -i16::from(edge.step.cost))));
    AttackPath {
        id: signature.id(),
        title: title::of(&title::Told {
            entry: &entry,
            entries: group.entries.values().sum(),
            hops: &hops,
            accounts: &accounts,
            coming: if is_unread {
                Coming::IfNamed
            } else {
                coming(security, &best.hops)
            },
            titles: &group.titles,
            labels: &group.labels,
            unlabelled: group.unlabelled,
        }),
        why: best.why.clone(),
        certainty: hops.iter().map(|hop| hop.certainty).max().unwrap_or_default(),
        caveats: caveats.into_iter().collect(),
        risk,
        parts,
        priority: weights.priority(risk),
        count: group.count,
        entries: group.entries.values().sum(),
        targets: group.targets.iter().cloned().collect(),
        targets_behind: beside.behind.len() as u64,
        behind: most_precious(security, &beside.behind),
        other_ways: if is_unread { 0 } else { beside.other_ways },
        accounts: group.accounts.iter().cloned().collect(),
        worsened_by: Vec::new(),
        cuts: if is_unread {
            Vec::new()
        } else {
            cuts::of(security, weights, group, beside.closing, beside.closed_by)
        },
        entry,
        hops,
    }
}

/// The most precious of some targets by uid.
fn most_precious(security: &SecurityGraph, nodes: &BTreeSet<NodeId>) -> Vec<Text> {
    if nodes.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(Reverse<u8>, Text)> = security
        .graph
        .targets()
        .iter()
        .filter(|(node, _)| nodes.contains(node))
        .filter_map(|(node, target)| {
            let info = security.node(*node)?;
            Some((Reverse(target.value), info.uid.clone()))
        })
        .collect();
    found.sort();
    found.truncate(AttackPath::MOST_TARGETS);
    found.into_iter().map(|(_, uid)| uid).collect()
}

/// How the permissions of an administrator come, where a path ends at them.
fn coming(security: &SecurityGraph, hops: &[(NodeId, EdgeId)]) -> Coming {
    let last = hops
        .last()
        .and_then(|(node, edge)| Some((*node, security.graph.edge(*edge)?)));
    match last {
        Some((node, edge)) if administers(security, edge.from, node) => Coming::Given,
        Some(_) | None => Coming::ByAWay,
    }
}

fn step_words(step: &Step) -> Text {
    let mut words = step.kind.phrase().to_owned();
    if let Some(how) = &step.how {
        words.push_str(": ");
        words.push_str(how);
    }
    match step.certainty {
        Certainty::Certain => {}
        Certainty::Conditional | Certainty::Possible => {
            words.push_str(", ");
            words.push_str(step.certainty.name());
        }
    }
    Text::from(words)
}
