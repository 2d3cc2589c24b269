//! What `plumb can` answers and what the graph holds are the same, over the generated estate.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use clap::Parser as _;
use plumb_graph::assemble::INTERNET;
use plumb_graph::graph::NodeId;
use plumb_graph::questions::Questions;
use plumb_graph::security::SecurityGraph;
use plumb_iam::keys::Context;
use plumb_model::answer::PermissionDecision;
use plumb_model::path::{Certainty, EdgeKind};

use crate::arguments::{Arguments, Command};
use crate::console::Console;
use crate::graph_arguments::CanArguments;
use crate::source::{Judging, Source};

/// How many principals are asked about each bucket.
const PRINCIPALS: usize = 40;

fn demo() -> (Console, CanArguments) {
    let words = ["plumb", "can", "internet", "s3:GetObject", "any", "--demo"];
    let arguments = Arguments::try_parse_from(words).unwrap();
    let console = Console::new(&arguments);
    match arguments.command {
        Command::Can(can) => (console, can),
        _ => panic!("another command was parsed"),
    }
}

/// How surely the graph lets one node read another.
fn by_graph(graph: &SecurityGraph, from: NodeId, to: NodeId) -> Option<Certainty> {
    graph
        .outgoing(from)
        .iter()
        .filter(|edge| edge.to == to && edge.step.kind == EdgeKind::CanRead)
        .map(|edge| edge.step.certainty)
        .min()
}

fn expected(decision: PermissionDecision) -> Option<Certainty> {
    match decision {
        PermissionDecision::Allowed => Some(Certainty::Certain),
        PermissionDecision::AllowedIf => Some(Certainty::Conditional),
        PermissionDecision::Unknown => Some(Certainty::Possible),
        PermissionDecision::DeniedExplicit | PermissionDecision::DeniedImplicit => None,
    }
}

#[test]
fn can_and_the_graph_agree_on_who_reads_which_bucket() {
    let (console, arguments) = demo();
    let source = Source::read(console, &arguments.source, Judging::Nothing).unwrap();
    let (knowledge, assembled) = source.assembled();
    let graph = &assembled.graph;
    let questions = Questions::new(&assembled, &knowledge);
    let under = |prefix: &str, kind: &str| -> Vec<String> {
        let nodes = graph.visible_nodes().iter().filter_map(|node| graph.node(*node));
        nodes
            .filter(|info| info.uid.starts_with(prefix) && info.uid.contains(kind))
            .map(|info| info.uid.to_string())
            .collect()
    };
    let (buckets, roles, users) = (
        under("arn:aws:s3:::", ""),
        under("arn:aws:iam:", ":role/"),
        under("arn:aws:iam:", ":user/"),
    );
    let every = roles.len().div_ceil(PRINCIPALS).max(1);
    let principals: Vec<&String> = roles
        .iter()
        .step_by(every)
        .chain(users.iter().step_by(every))
        .collect();
    let mut disagreements = Vec::new();
    let (mut reads, mut asked) = (0, 0);
    for bucket in &buckets {
        let what = questions.what(&format!("{bucket}/x")).unwrap();
        let to = graph.by_uid(bucket).unwrap();
        // Where a path of the estate leads to the bucket, who takes its last step is asked too.
        let readers: Vec<String> = graph
            .incoming_along(to, |step| step.kind == EdgeKind::CanRead)
            .filter_map(|edge| graph.node(edge.from))
            .filter(|info| info.uid.contains(":role/") || info.uid.contains(":user/"))
            .map(|info| info.uid.to_string())
            .take(PRINCIPALS)
            .collect();
        let everybody = INTERNET.to_owned();
        let internet = graph.by_uid(INTERNET).unwrap();
        for name in principals.iter().copied().chain(&readers).chain([&everybody]) {
            let who = questions.who(name).unwrap();
            let answer = questions
                .can(&who, "s3:GetObject", &what, &Context::over_tls())
                .unwrap();
            let from = graph.by_uid(name).unwrap();
            let told = by_graph(graph, from, to);
            let answered = expected(answer.decision);
            // What is open to everybody is told of the internet once, for those of the estate too.
            let by_everybody = by_graph(graph, internet, to);
            let is_covered = told.is_none()
                && by_everybody.is_some_and(|everybody| answered.is_some_and(|own| everybody <= own));
            asked += 1;
            reads += usize::from(told.is_some());
            if told != answered && !is_covered {
                disagreements.push(format!("{name} {bucket}: graph {told:?}, {answer:?}"));
            }
        }
    }
    assert!(reads > 100 && asked > 10 * reads.min(100), "{reads} of {asked}");
    assert!(
        disagreements.is_empty(),
        "{} of {asked}: {:#?}",
        disagreements.len(),
        disagreements.iter().take(5).collect::<Vec<_>>()
    );
}
