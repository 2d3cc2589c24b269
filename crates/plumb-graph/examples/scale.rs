//! Attack paths and choke points of a generated graph: `scale NODES [EDGES_PER_NODE]`; `benches/graph.sh` runs it in several sizes.
//!
//! The graph is shaped as estates are: accounts of some thousand nodes, in which one in a hundred is reached from the internet, workloads run
//! as identities, identities reach data by classes and stand-ins, some assume each other, few administer, and one in fifty leads into another account.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program for measurements"
)]

use std::time::Instant;

use plumb_graph::graph::{Builder, NodeId, Step, StepId, Target};
use plumb_graph::paths::{self, Limits};
use plumb_graph::security::{NodeInfo, SecurityGraph};
use plumb_model::account::Provider;
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::value::Text;
use plumb_pack::pack::Pack;

const ACCOUNT: u32 = 2_000;

/// A small generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(limit.max(1))).unwrap_or(0)
    }
}

struct Generated {
    builder: Builder,
    infos: Vec<NodeInfo>,
    random: Random,
}

impl Generated {
    fn node(&mut self, account: u32, kind: NodeKind, title: &'static str) -> NodeId {
        let node = self.builder.node();
        self.infos.push(NodeInfo {
            uid: Text::from(format!("{title} {}", node.0)),
            resource_type: Text::new_static(title),
            title: Text::new_static(title),
            name: Text::from(format!("{}", node.0)),
            account: Some(account),
            kind,
            ..NodeInfo::default()
        });
        node
    }

    fn step(&mut self, kind: EdgeKind, cost: u8, by: NodeId) -> StepId {
        let proof = self.builder.fact(&Proof {
            resource: Text::from(format!("fact of {}", by.0)),
            attribute: Text::new_static("statement"),
            detail: Text::new_static("allows it"),
        });
        self.builder.step(Step {
            kind,
            how: None,
            certainty: Certainty::Certain,
            conditions: Vec::new(),
            caveats: Vec::new(),
            proofs: vec![proof],
            cost,
        })
    }
}

fn generate(nodes: u32, per_node: u32) -> SecurityGraph {
    let mut made = Generated {
        builder: Builder::default(),
        infos: Vec::new(),
        random: Random(1),
    };
    let internet = made.node(0, NodeKind::Other, "internet");
    made.builder.entry(internet, 0);
    let accounts = (nodes / ACCOUNT).max(1);
    let mut identities_of: Vec<Vec<NodeId>> = Vec::new();
    for account in 0..accounts {
        let kinds = |made: &mut Generated, count: u32, kind, title| -> Vec<NodeId> {
            (0..count).map(|_| made.node(account, kind, title)).collect()
        };
        let workloads = kinds(&mut made, ACCOUNT * 4 / 10, NodeKind::Workload, "instance");
        let identities = kinds(&mut made, ACCOUNT * 2 / 10, NodeKind::Identity, "role");
        let data = kinds(&mut made, ACCOUNT * 4 / 10, NodeKind::Data, "bucket");
        for (position, bucket) in data.iter().enumerate() {
            let value = [64, 64, 84, 96].get(position % 4).copied().unwrap_or(64);
            let why = Text::new_static("holds data");
            made.builder.target(*bucket, Target { value, why });
            if let Some(info) = made.infos.get_mut(bucket.0 as usize) {
                info.sensitivity = Some(Sensitivity::Internal);
            }
        }
        let administrator = made.node(account, NodeKind::Identity, "administrator");
        let why = Text::new_static("administers the account");
        made.builder.target(administrator, Target { value: 100, why });
        let pick = |made: &mut Generated, from: &[NodeId]| -> Option<NodeId> {
            let at = made.random.below(u32::try_from(from.len()).unwrap_or(1));
            from.get(at as usize).copied()
        };
        for (position, workload) in workloads.iter().enumerate() {
            if position % 100 == 0 {
                let step = made.step(EdgeKind::Reaches, 2, *workload);
                made.builder.edge(internet, *workload, step);
            }
            if let Some(role) = pick(&mut made, &identities) {
                let step = made.step(EdgeKind::RunsAs, 3, *workload);
                made.builder.edge(*workload, role, step);
            }
            for _ in 0..per_node {
                if let Some(neighbour) = pick(&mut made, &workloads) {
                    let step = made.step(EdgeKind::Reaches, 22, neighbour);
                    made.builder.edge(*workload, neighbour, step);
                }
            }
        }
        for (position, role) in identities.iter().enumerate() {
            for _ in 0..per_node * 2 {
                if let Some(bucket) = pick(&mut made, &data) {
                    let step = made.step(EdgeKind::CanRead, 2, *role);
                    made.builder.edge(*role, bucket, step);
                }
            }
            for _ in 0..per_node {
                if let Some(other) = pick(&mut made, &identities) {
                    let step = made.step(EdgeKind::CanAssume, 3, other);
                    made.builder.edge(*role, other, step);
                }
            }
            if position % 200 == 0 {
                let step = made.step(EdgeKind::CanAdminister, 4, *role);
                made.builder.edge(*role, administrator, step);
            }
            if position % 50 == 0
                && let Some(there) = identities_of.get(made.random.below(account) as usize).cloned()
                && let Some(other) = pick(&mut made, &there)
            {
                let step = made.step(EdgeKind::CanAssume, 3, other);
                made.builder.edge(*role, other, step);
            }
        }
        identities_of.push(identities);
    }
    let accounts = (0..accounts)
        .map(|account| (Provider::Aws, Text::from(format!("{account:012}"))))
        .collect();
    SecurityGraph::new(made.builder.build(), made.infos, accounts, Vec::new())
}

fn main() {
    let argument = |at: usize| std::env::args().nth(at).and_then(|text| text.parse().ok());
    let (nodes, per_node) = (argument(1).unwrap_or(10_000), argument(2).unwrap_or(12));
    let pack = Pack::builtin().expect("the built-in knowledge is sound");
    let weights = pack.risk().expect("the built-in knowledge has weights");
    let graph = generate(nodes, per_node);
    let begin = Instant::now();
    let report = paths::report(&graph, weights, &Limits::default());
    let spent = begin.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .map(|text| text.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024);
    println!(
        "{} nodes, {} edges: {} pairs in {} paths, {} choke points in {spent:.2} s, {} MiB",
        graph.graph.nodes(),
        graph.graph.edges(),
        report.pairs,
        report.paths.len(),
        report.choke_points.len(),
        peak.map_or_else(|| "?".to_owned(), |peak| peak.to_string()),
    );
}
