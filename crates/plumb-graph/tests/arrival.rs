//! Arrivals against brute force on small random graphs, and how a path is told.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod estate;

use plumb_graph::arrival::{Arrivals, Surety, entry_of};
use plumb_graph::assemble::ADMINISTRATOR;
use plumb_graph::graph::{Builder, NodeId, Step, Target};
use plumb_graph::search;
use plumb_graph::security::{NodeInfo, SecurityGraph};
use plumb_model::path::{Certainty, EdgeKind};
use plumb_pack::requirement::PathEntry;
use proptest::prelude::*;

const CERTAINTIES: [Certainty; 3] = [Certainty::Certain, Certainty::Conditional, Certainty::Possible];
const ENTRIES: [&str; 3] = ["internet", "credentials", "account:999"];

#[derive(Clone, Debug)]
struct Case {
    nodes: u32,
    /// From, to, cost, certainty.
    edges: Vec<(u32, u32, u8, usize)>,
    /// Cost of the entry at that place, which are the first nodes.
    entries: [u8; 3],
    targets: Vec<(u32, u8)>,
    from: PathEntry,
    certainty: Certainty,
}

/// The last node stands for the permissions of an administrator.
fn case() -> impl Strategy<Value = Case> {
    (5u32..9).prop_flat_map(|nodes| {
        (
            prop::collection::vec((0..nodes, 0..nodes, 0u8..30, 0usize..3), 0..20),
            prop::array::uniform3(0u8..20),
            prop::collection::vec((3..nodes, 1u8..=100), 0..3),
            prop::sample::select(PathEntry::ALL.as_slice()),
            prop::sample::select(CERTAINTIES.as_slice()),
        )
            .prop_map(move |(edges, entries, targets, from, certainty)| Case {
                nodes,
                edges,
                entries,
                targets,
                from,
                certainty,
            })
    })
}

fn build(case: &Case) -> SecurityGraph {
    let mut builder = Builder::default();
    let nodes: Vec<NodeId> = (0..case.nodes).map(|_| builder.node()).collect();
    for (from, to, cost, certainty) in &case.edges {
        let certainty = CERTAINTIES[*certainty];
        let step = builder.step(Step {
            kind: EdgeKind::CanAssume,
            how: None,
            certainty,
            conditions: vec![certainty.name().into()],
            caveats: Vec::new(),
            proofs: Vec::new(),
            cost: *cost,
        });
        builder.edge(nodes[*from as usize], nodes[*to as usize], step);
    }
    for (node, cost) in nodes.iter().zip(case.entries) {
        builder.entry(*node, cost);
    }
    let administrator = [(case.nodes - 1, 100)];
    for (target, value) in case.targets.iter().chain(&administrator) {
        let why = "it matters".into();
        builder.target(nodes[*target as usize], Target { value: *value, why });
    }
    let info = |node: u32| NodeInfo {
        uid: match ENTRIES.get(node as usize) {
            Some(entry) => (*entry).into(),
            None => format!("node {node}").into(),
        },
        name: format!("{node}").into(),
        title: "Thing".into(),
        resource_type: if node + 1 == case.nodes {
            ADMINISTRATOR
        } else {
            "thing"
        }
        .into(),
        ..NodeInfo::default()
    };
    SecurityGraph::new(
        builder.build(),
        (0..case.nodes).map(info).collect(),
        Vec::new(),
        Vec::new(),
    )
}

/// The least key of a way without a repeated node, by trying all ways.
fn least(case: &Case, target: u32, counts: &dyn Fn(Certainty) -> bool) -> Option<u32> {
    fn walk(
        case: &Case,
        target: u32,
        counts: &dyn Fn(Certainty) -> bool,
        visited: &mut Vec<u32>,
        key: u32,
    ) -> Option<u32> {
        let last = *visited.last()?;
        if last == target {
            return Some(key);
        }
        let mut best: Option<u32> = None;
        for (from, to, cost, certainty) in &case.edges {
            if *from == last && counts(CERTAINTIES[*certainty]) && !visited.contains(to) {
                visited.push(*to);
                let found = walk(
                    case,
                    target,
                    counts,
                    visited,
                    key + u32::from(*cost) * search::PER_POINT + 1,
                );
                best = best.into_iter().chain(found).min();
                visited.pop();
            }
        }
        best
    }
    let entries = (0u32..).zip(ENTRIES).zip(case.entries);
    entries
        .filter(|((_, uid), _)| case.from.includes(entry_of(uid)))
        .filter_map(|((node, _), cost)| {
            walk(
                case,
                target,
                counts,
                &mut vec![node],
                u32::from(cost) * search::PER_POINT,
            )
        })
        .min()
}

/// The risk of the riskiest path to a node.
fn plain(case: &Case, node: u32, counts: &dyn Fn(Certainty) -> bool) -> Option<u8> {
    let key = least(case, node, counts)?;
    let administrator = case.nodes - 1;
    let risk = |value: u8, key: u32| value.saturating_sub(search::points(key)).max(1);
    let mut worths: Vec<u8> = case
        .targets
        .iter()
        .filter(|(target, _)| *target == node)
        .map(|(_, value)| risk(*value, key))
        .collect();
    if node == administrator {
        worths.push(risk(100, key));
    }
    for (from, to, cost, certainty) in &case.edges {
        if *from == node && *to == administrator && counts(CERTAINTIES[*certainty]) {
            worths.push(risk(100, key + u32::from(*cost) * search::PER_POINT + 1));
        }
    }
    worths.into_iter().max()
}

proptest! {
    #[test]
    fn arrivals_are_those_of_brute_force(case in case()) {
        let security = build(&case);
        let arrivals = Arrivals::new(&security, case.from, case.certainty);
        let enough = |certainty: Certainty| certainty <= case.certainty;
        for node in 3..case.nodes {
            let arrival = arrivals.at(NodeId(node));
            let (sure, any) = arrival.as_ref().map_or((None, None), |found| (found.sure, found.any));
            prop_assert_eq!(sure, plain(&case, node, &enough), "sure to {}", node);
            prop_assert_eq!(any, plain(&case, node, &|_| true), "any to {}", node);
            for (surety, risk) in [(Surety::Enough, sure), (Surety::Any, any)] {
                let Some(risk) = risk else { continue };
                let told = arrivals.told(NodeId(node), surety).unwrap();
                prop_assert_eq!(told.risk, risk);
                prop_assert!(surety == Surety::Any || told.certainty <= case.certainty);
                // What is doubted is what is less sure than was asked for.
                prop_assert!(told.doubts.iter().all(|doubt| doubt.as_str() > "certain"));
            }
        }
    }
}

#[test]
fn a_path_is_told_from_its_entry_through_classes_and_selectors() {
    let mut security = estate::estate();
    // The sample has neither entries nor targets; the graph is built again with them.
    let mut builder = Builder::default();
    for _ in &security.nodes {
        builder.node();
    }
    for edge in security.graph.all_edges() {
        let step = builder.step(edge.step.clone());
        builder.edge(edge.from, edge.to, step);
    }
    let cards = security.by_uid("b-cards").unwrap();
    builder.entry(security.by_uid("internet").unwrap(), 0);
    let why = "holds cards".into();
    builder.target(cards, Target { value: 90, why });
    security.graph = builder.build();
    let arrivals = Arrivals::new(&security, PathEntry::Internet, Certainty::Certain);
    let told = arrivals.told(cards, Surety::Enough).unwrap();
    assert_eq!(
        told.steps,
        [
            "internet",
            "aws_ec2_instance web (HTTPS open)",
            "aws_iam_role web-role",
            "aws_s3_bucket cards"
        ]
    );
    assert_eq!(
        (told.more, told.risk, told.certainty),
        (0, 87, Certainty::Certain)
    );
    assert_eq!(
        arrivals.at(security.by_uid("r-web").unwrap()),
        None,
        "it administers nothing"
    );
    let logs = security.by_uid("b-logs").unwrap();
    assert_eq!(arrivals.at(logs), None, "nobody is after it");
    let others = Arrivals::new(&security, PathEntry::Credentials, Certainty::Possible);
    let none = others.at(cards).unwrap();
    assert_eq!((none.sure, none.any), (None, None));
}
