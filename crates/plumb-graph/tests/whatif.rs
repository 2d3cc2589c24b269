//! What would remain after a change, against brute force on small random graphs with classes and stand-ins.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use plumb_graph::graph::{Builder, FactId, NodeId, Step, StepId, Target};
use plumb_graph::paths::Limits;
use plumb_graph::search::{self, PER_POINT};
use plumb_graph::security::{NodeInfo, SecurityGraph};
use plumb_graph::whatif::{self, Change, NamedStep, Narrowing, UnknownChange};
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_pack::load::Base;
use plumb_pack::pack::Pack;
use plumb_pack::risk::RiskWeights;
use proptest::prelude::*;

/// Nodes that people see; after them come two classes and two stand-ins.
const VISIBLE: u32 = 6;
const CLASSES: [u32; 2] = [6, 7];
const STAND_INS: [u32; 2] = [8, 9];
const FACTS: u32 = 5;

static WEIGHTS: LazyLock<Arc<RiskWeights>> =
    LazyLock::new(|| Arc::clone(Pack::load(Base::BuiltIn, &[]).pack.risk().unwrap()));

#[derive(Clone, Debug)]
struct Case {
    /// From, to, cost, fact, whether it can assume or read.
    edges: Vec<(u32, u32, u8, u32, bool)>,
    members: Vec<(u32, usize)>,
    covered: Vec<(usize, u32)>,
    targets: Vec<(u32, u8)>,
    removed_facts: BTreeSet<u32>,
    removed_step: (usize, bool),
}

fn case() -> impl Strategy<Value = Case> {
    let from = prop_oneof![0..VISIBLE, 6u32..8];
    let to = prop_oneof![0..VISIBLE, 8u32..10];
    (
        prop::collection::vec((from, to, 0u8..30, 0..FACTS, any::<bool>()), 0..14),
        prop::collection::vec((0..VISIBLE, 0usize..2), 0..6),
        prop::collection::vec((0usize..2, 0..VISIBLE), 0..6),
        prop::collection::vec((0..VISIBLE, 1u8..=100), 1..4),
        prop::collection::btree_set(0..FACTS, 0..3),
        (0usize..32, any::<bool>()),
    )
        .prop_map(
            |(edges, members, covered, targets, removed_facts, removed_step)| Case {
                edges,
                members,
                covered,
                targets,
                removed_facts,
                removed_step,
            },
        )
}

fn step(builder: &mut Builder, kind: EdgeKind, cost: u8, fact: Option<u32>) -> StepId {
    let proofs = fact
        .map(|fact| {
            builder.fact(&Proof {
                resource: format!("r{}", fact % 3).into(),
                attribute: format!("a{fact}[0]").into(),
                ..Proof::default()
            })
        })
        .into_iter()
        .collect();
    builder.step(Step {
        kind,
        how: None,
        certainty: Certainty::Certain,
        conditions: Vec::new(),
        caveats: Vec::new(),
        proofs,
        cost,
    })
}

fn build(case: &Case) -> SecurityGraph {
    let mut builder = Builder::default();
    let nodes: Vec<NodeId> = (0..10).map(|_| builder.node()).collect();
    // Every fact exists, whether or not something rests on it.
    for fact in 0..FACTS {
        step(&mut builder, EdgeKind::Holds, 0, Some(fact));
    }
    for (from, to, cost, fact, reads) in &case.edges {
        let kind = if *reads {
            EdgeKind::CanRead
        } else {
            EdgeKind::CanAssume
        };
        let step = step(&mut builder, kind, *cost, Some(*fact));
        if from != to {
            builder.edge(nodes[*from as usize], nodes[*to as usize], step);
        }
    }
    let member = step(&mut builder, EdgeKind::In, 0, None);
    let covers = step(&mut builder, EdgeKind::Covers, 0, None);
    for (node, class) in &case.members {
        builder.edge(nodes[*node as usize], nodes[CLASSES[*class] as usize], member);
    }
    for (stand_in, node) in &case.covered {
        builder.edge(
            nodes[STAND_INS[*stand_in] as usize],
            nodes[*node as usize],
            covers,
        );
    }
    builder.entry(nodes[0], 3);
    for (node, value) in &case.targets {
        let target = Target {
            value: *value,
            why: "it matters".into(),
        };
        builder.target(nodes[*node as usize], target);
    }
    let infos = (0..10)
        .map(|position| NodeInfo {
            uid: if position < VISIBLE {
                format!("n{position}").into()
            } else {
                "".into()
            },
            name: if position < VISIBLE {
                format!("name {position}").into()
            } else {
                "".into()
            },
            ..NodeInfo::default()
        })
        .collect();
    SecurityGraph::new(builder.build(), infos, Vec::new(), Vec::new())
}

type Shown = (u32, u32, EdgeKind, u8, Vec<FactId>);

/// All steps that people see.
fn shown(graph: &SecurityGraph) -> BTreeSet<Shown> {
    (0..VISIBLE)
        .flat_map(|node| graph.outgoing(NodeId(node)))
        .filter(|edge| !edge.step.kind.is_hidden() && edge.from != edge.to)
        .map(|edge| {
            let step = edge.step;
            (edge.from.0, edge.to.0, step.kind, step.cost, step.proofs.clone())
        })
        .collect()
}

/// The sum of the risks of all targets, by trying every way.
fn total_risk(graph: &SecurityGraph, steps: &BTreeSet<Shown>) -> u64 {
    fn walk(steps: &BTreeSet<Shown>, way: &mut Vec<u32>, key: u32, best: &mut [u32]) {
        let last = *way.last().unwrap();
        best[last as usize] = best[last as usize].min(key);
        for (from, to, _, cost, _) in steps {
            if *from == last && !way.contains(to) {
                way.push(*to);
                walk(steps, way, key + u32::from(*cost) * PER_POINT + 1, best);
                way.pop();
            }
        }
    }
    let mut best = vec![search::UNREACHED; VISIBLE as usize];
    walk(steps, &mut vec![0], 3 * PER_POINT, &mut best);
    let targets = graph.graph.targets().iter();
    targets
        .map(|(node, target)| u64::from(search::target_risk(target.value, best[node.0 as usize])))
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_what_is_named_or_rests_on_a_fact_is_gone(case in case()) {
        let graph = build(&case);
        let before = shown(&graph);
        let facts = case.removed_facts.iter().map(|fact| FactId(*fact)).collect();
        let mut change = Change { facts, ..Change::default() };
        let (pick, with_step) = case.removed_step;
        let named = before.iter().nth(pick).filter(|_| with_step).map(|(from, to, kind, ..)| (*from, *to, *kind));
        if let Some((from, to, kind)) = named {
            change.steps.insert(NamedStep { from: NodeId(from), to: NodeId(to), kind });
        }
        let expected: BTreeSet<Shown> = before
            .iter()
            .filter(|(from, to, kind, _, proofs)| {
                named != Some((*from, *to, *kind)) && !proofs.iter().any(|fact| change.facts.contains(fact))
            })
            .cloned()
            .collect();
        let after = whatif::changed(&graph, &change);
        prop_assert_eq!(&shown(&after), &expected);
        let answer = whatif::ask(&graph, &WEIGHTS, &Limits::default(), &change);
        prop_assert_eq!(answer.risk_before, total_risk(&graph, &before));
        prop_assert_eq!(answer.risk_after, total_risk(&graph, &expected));
        prop_assert!(answer.risk_after <= answer.risk_before);
        if change == Change::default() {
            prop_assert!(answer.closed.is_empty() && answer.lessened.is_empty() && answer.emerging.is_empty());
        }
        prop_assert_eq!(whatif::ask(&graph, &WEIGHTS, &Limits::default(), &change), answer);
    }
}

fn sample() -> SecurityGraph {
    build(&Case {
        edges: vec![
            (0, 1, 5, 0, false),
            (0, 2, 9, 1, false),
            (1, 3, 2, 2, true),
            (2, 3, 2, 4, true),
            (6, 8, 1, 3, true),
        ],
        members: vec![(1, 0), (2, 0)],
        covered: vec![(0, 4), (0, 5)],
        targets: vec![(3, 90), (4, 50), (5, 40)],
        removed_facts: BTreeSet::new(),
        removed_step: (0, false),
    })
}

#[test]
fn facts_and_steps_go_by_name() {
    let graph = sample();
    let named = |names: &[&str]| {
        let mut change = Change::default();
        for name in names {
            change.remove(&graph, name)?;
        }
        Ok::<_, UnknownChange>(change)
    };
    assert_eq!(named(&["r0#a0[0]"]).unwrap().facts, BTreeSet::from([FactId(0)]));
    // Facts 0 and 3 are those of the resource.
    assert_eq!(
        named(&["r0"]).unwrap().facts,
        BTreeSet::from([FactId(0), FactId(3)])
    );
    let step = |from, to, kind| NamedStep {
        from: NodeId(from),
        to: NodeId(to),
        kind,
    };
    assert_eq!(
        named(&["n1 -> name 4"]).unwrap().steps,
        BTreeSet::from([step(1, 4, EdgeKind::CanRead)])
    );
    assert_eq!(
        named(&["n0 -[can_assume]-> n1"]).unwrap().steps,
        BTreeSet::from([step(0, 1, EdgeKind::CanAssume)])
    );
    for (name, message) in [
        ("n0 -[can_read]-> n1", "no such step leads from `n0` to `n1`"),
        ("n0 -[in]-> n1", "`in` is no kind of step that an attacker takes"),
        ("n0 -> n9", "no resource is called `n9`"),
        ("r0#a1[0]", "nothing in the graph rests on `r0#a1[0]`"),
        ("", "nothing in the graph rests on ``"),
        ("-> ", "no resource is called ``"),
    ] {
        assert_eq!(named(&[name]).unwrap_err().to_string(), message);
    }
    let UnknownChange::Fact { near, .. } = named(&["r0#a1[0]"]).unwrap_err() else {
        panic!("not a fact");
    };
    assert!(near.contains(&"r0#a0[0]".to_owned()), "{near:?}");
}

#[test]
fn one_member_of_a_class_loses_one_step_and_the_others_keep_theirs() {
    let graph = sample();
    let mut change = Change::default();
    change.remove(&graph, "n1 -> n4").unwrap();
    let answer = whatif::ask(&graph, &WEIGHTS, &Limits::default(), &change);
    // Node 4 is read from node 2 now, which costs 4 points more; nothing else changes.
    assert_eq!(answer.risk_before - answer.risk_after, 4);
    assert_eq!((answer.targets_saved, answer.steps.len()), (0, 1));
}

#[test]
fn a_finding_is_narrowed_to_what_its_policy_reads_where_that_is_there() {
    let graph = sample();
    let mend = |resource: &str, attribute: &str| {
        let mut change = Change::default();
        let narrowing = change.mend(&graph.graph, resource, &BTreeSet::from([attribute.into()]));
        (
            narrowing,
            change.facts.into_iter().map(|fact| fact.0).collect::<Vec<_>>(),
        )
    };
    assert_eq!(mend("r0", "a3"), (Narrowing::Attributes, vec![3]));
    assert_eq!(mend("r0", "a"), (Narrowing::Elsewhere, vec![]));
    assert_eq!(mend("r9", "a3"), (Narrowing::Nothing, vec![]));
}
