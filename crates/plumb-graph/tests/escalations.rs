//! Every escalation of the built-in pack is open to the principal that has the least it requires, and to no near-miss of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

#[path = "escalations/scene.rs"]
mod scene;
#[path = "escalations/things.rs"]
mod things;
#[path = "escalations/twist.rs"]
mod twist;
mod world;

use std::collections::BTreeSet;

use plumb_graph::security::SecurityGraph;
use plumb_model::path::Certainty;
use plumb_pack::escalation::{
    Boundary, Escalation, Need, Permission, PrincipalKind, Requirement, Target, Trust,
};

use scene::{Scene, Who};
use twist::Twist;
use world::{KNOWLEDGE, edges};

/// Failures that are known: `escalation | case | reason`, where an escalation is an id or `*`. The list only gets shorter.
const SKIPPED: &str = include_str!("escalations/skipped.txt");

/// How surely the way is open; `None` where it is closed.
type Open = Option<Certainty>;

/// What is expected of each way under each twist.
fn expectations(escalation: &Escalation, needs: &[&Need]) -> Vec<(Twist, Open)> {
    // A boundary of everything bounds nothing.
    let mut cases = vec![
        (Twist::Nothing, Some(Certainty::Certain)),
        (Twist::BoundaryOfEverything, Some(Certainty::Certain)),
        (Twist::PoliciesUnread, Some(Certainty::Possible)),
        (Twist::Bystander, None),
    ];
    for (position, need) in needs.iter().enumerate() {
        match need {
            Need::Present(_) => {
                cases.push((Twist::Absent(position), None));
                cases.push((Twist::Unlisted(position), Some(Certainty::Possible)));
            }
            Need::Action(permission) => {
                cases.extend([
                    (Twist::Missing(position), None),
                    (Twist::Denied(position), None),
                    (
                        Twist::LeftOutByBoundary(position),
                        // What comes after the boundary is gone is not bounded by it.
                        if escalation.boundary == Boundary::Lifted && position > 0 {
                            Some(Certainty::Certain)
                        } else {
                            left_without(escalation, permission)
                        },
                    ),
                    (
                        Twist::LeftOutByControlPolicy(position),
                        left_without(escalation, permission),
                    ),
                    (Twist::OnAnotherResource(position), None),
                    (Twist::InAnotherAccount(position), None),
                    (Twist::ConditionOfRequest(position), Some(Certainty::Conditional)),
                    (Twist::DeniedUnlessRequest(position), Some(Certainty::Conditional)),
                    (Twist::OnEverything(position), Some(Certainty::Certain)),
                ]);
                if !permission.context.is_empty() {
                    cases.push((Twist::PassedToAnotherService(position), None));
                }
            }
        }
    }
    // Another principal is another one.
    if matches!(escalation.target, Target::User | Target::Role) {
        cases.push((Twist::OnItself, None));
    }
    match &escalation.trusts {
        Some(Trust::Service(_) | Trust::Federated(_)) => cases.extend([
            (Twist::TrustsAnother, None),
            (Twist::TrustUnread, Some(Certainty::Possible)),
            (Twist::TrustOnCondition, Some(Certainty::Conditional)),
        ]),
        Some(Trust::Principal) => cases.extend([(Twist::TrustsAnother, None), (Twist::Lookalike, None)]),
        None => {}
    }
    cases
}

/// What comes of leaving out an action by a limit: who has every permission otherwise is an administrator as long as enough is left.
fn left_without(escalation: &Escalation, out: &Permission) -> Open {
    let is_left = |need: &Need| match need {
        Need::Action(permission) => permission.action != out.action,
        Need::Present(_) => true,
    };
    let is_met = |requirement: &Requirement| match requirement {
        Requirement::Need(need) => is_left(need),
        Requirement::Any(alternatives) => alternatives.iter().any(|needs| needs.iter().all(is_left)),
    };
    (escalation.is_plain() && escalation.must_leave.iter().all(is_met)).then_some(Certainty::Certain)
}

/// The needs of each way to meet all requirements: every alternative once.
fn ways(escalation: &Escalation) -> Vec<Vec<&Need>> {
    let widest = escalation
        .requires
        .iter()
        .map(|requirement| match requirement {
            Requirement::Need(_) => 1,
            Requirement::Any(alternatives) => alternatives.len(),
        })
        .max()
        .unwrap_or(1);
    (0..widest)
        .map(|way| {
            escalation
                .requires
                .iter()
                .flat_map(|requirement| match requirement {
                    Requirement::Need(need) => vec![need],
                    Requirement::Any(alternatives) => {
                        alternatives[way.min(alternatives.len() - 1)].iter().collect()
                    }
                })
                .collect()
        })
        .collect()
}

fn kinds(escalation: &Escalation) -> Vec<Who> {
    // A role is in no group.
    let users_only = escalation.target == Target::OwnGroup;
    match escalation.principal {
        PrincipalKind::Any if users_only => vec![Who::User],
        PrincipalKind::Any => vec![Who::User, Who::Role],
        PrincipalKind::User => vec![Who::User],
        PrincipalKind::Role => vec![Who::Role],
    }
}

/// How surely the principal of a scene can go its way.
fn open(graph: &SecurityGraph, scene: &Scene, escalation: &Escalation) -> Open {
    let certainty = edges(graph, &scene.principal, &scene.reached)
        .into_iter()
        .filter(|edge| {
            edge.step.how.as_ref() == Some(&escalation.title)
                || edge.step.how.is_none() && escalation.id == "iam-administrator-permissions"
        })
        .map(|edge| edge.step.certainty)
        .min()?;
    // What is reached must lead on to what is gained.
    let leads_on = scene.reached == scene.gained || !edges(graph, &scene.reached, &scene.gained).is_empty();
    leads_on.then_some(certainty)
}

#[test]
fn every_escalation_is_open_to_the_least_policy_and_closed_to_its_near_misses() {
    let mut failures = Vec::new();
    let mut tried = 0;
    for escalation in &KNOWLEDGE.escalations {
        for who in kinds(escalation) {
            // Where users and roles can go, what differs between them shows on one alternative.
            let repeated = who == Who::Role && escalation.principal == PrincipalKind::Any;
            let alternatives = if repeated { 1 } else { usize::MAX };
            for (way, needs) in ways(escalation).iter().enumerate().take(alternatives) {
                for (twist, expected) in expectations(escalation, needs) {
                    let scene = Scene::of(escalation, needs, who, twist);
                    let assembled = scene.world.assemble();
                    let found = open(&assembled.graph, &scene, escalation);
                    tried += 1;
                    if found != expected {
                        failures.push((
                            escalation.id.to_string(),
                            twist.name(),
                            format!(
                                "{}, as {who:?}, alternative {way}, {}: expected {expected:?}, found {found:?}",
                                escalation.id,
                                twist.told(needs)
                            ),
                        ));
                    }
                }
            }
        }
    }
    let mut used = BTreeSet::new();
    failures.retain(|(id, case, _)| match skipped(id, case) {
        Some(line) => {
            used.insert(line);
            false
        }
        None => true,
    });
    let idle: Vec<_> = skips().filter(|line| !used.contains(line)).collect();
    let told: Vec<&String> = failures.iter().map(|(_, _, told)| told).collect();
    assert!(told.is_empty(), "{} of {tried} cases fail: {told:#?}", told.len());
    assert!(idle.is_empty(), "nothing fails any more of {idle:#?}");
    assert!(tried > 3_000, "only {tried} cases were tried");
}

fn skips() -> impl Iterator<Item = &'static str> {
    SKIPPED
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
}

fn skipped(id: &str, case: &str) -> Option<&'static str> {
    skips().find(|line| {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        matches!(parts.as_slice(), [of, what, reason] if (*of == "*" || *of == id) && *what == case && !reason.is_empty())
    })
}
