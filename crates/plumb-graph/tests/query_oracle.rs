//! Queries find exactly what trying every node for every name and every relationship for every hop finds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;

use plumb_graph::graph::{Builder, NodeId, Step};
use plumb_graph::query::{Index, Limits, Query, Vocabulary};
use plumb_graph::security::{NodeInfo, SecurityGraph};
use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind};
use proptest::prelude::*;

const KINDS: [NodeKind; 2] = [NodeKind::Data, NodeKind::Identity];
const TYPES: [(EdgeKind, Option<&str>, &str); 5] = [
    (EdgeKind::CanRead, None, "can_read"),
    (EdgeKind::Relation, Some("uses"), "uses"),
    (EdgeKind::CanRead, Some("by an odd way"), "can_read"),
    (EdgeKind::In, None, ""),
    (EdgeKind::Covers, None, ""),
];
const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
struct Hop {
    /// Position in `TYPES`.
    edge_type: Option<usize>,
    /// 0 to the right, 1 to the left, 2 either.
    direction: u8,
    length: Option<(usize, usize)>,
}

#[derive(Clone, Debug)]
struct Chain {
    /// Position in `NAMES` and a label, one more than hops.
    nodes: Vec<(usize, Option<usize>)>,
    hops: Vec<Hop>,
}

/// Each clause has chains.
type Pattern = Vec<Vec<Chain>>;

fn hop() -> impl Strategy<Value = Hop> {
    let length = prop::option::of((0usize..3, 0usize..3).prop_map(|(a, b)| (a.min(b), a.max(b))));
    (prop::option::of(0usize..2), 0u8..3, length).prop_map(|(edge_type, direction, length)| Hop {
        edge_type,
        direction,
        length,
    })
}

fn chain() -> impl Strategy<Value = Chain> {
    let node = || (0usize..3, prop::option::weighted(0.3, 0usize..2));
    (node(), prop::collection::vec((hop(), node()), 0..3)).prop_map(|(first, rest)| {
        let (hops, mut nodes): (Vec<Hop>, Vec<_>) = rest.into_iter().unzip();
        nodes.insert(0, first);
        Chain { nodes, hops }
    })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop::collection::vec(prop::collection::vec(chain(), 1..3), 1..3)
}

/// Which names the pattern has.
fn used(pattern: &Pattern) -> Vec<usize> {
    let nodes = pattern.iter().flatten().flat_map(|chain| &chain.nodes);
    let mut used: Vec<usize> = nodes.map(|(name, _)| *name).collect();
    used.sort_unstable();
    used.dedup();
    used
}

fn written(pattern: &Pattern, uid: Option<(usize, usize)>) -> String {
    let mut text = String::new();
    for clause in pattern {
        let chains: Vec<String> = clause.iter().map(chain_text).collect();
        write!(text, "MATCH {} ", chains.join(", ")).unwrap();
    }
    if let Some((name, uid)) = uid.filter(|(name, _)| used(pattern).contains(name)) {
        write!(text, "WHERE {}.uid = 'n{uid}' ", NAMES[name]).unwrap();
    }
    let columns: Vec<String> = used(pattern)
        .iter()
        .map(|name| format!("{}.uid", NAMES[*name]))
        .collect();
    text + "RETURN " + &columns.join(", ")
}

fn chain_text(chain: &Chain) -> String {
    let node = |(name, label): &(usize, Option<usize>)| match label {
        Some(label) => format!("({}:{})", NAMES[*name], KINDS[*label]),
        None => format!("({})", NAMES[*name]),
    };
    let mut text = node(&chain.nodes[0]);
    for (hop, end) in chain.hops.iter().zip(&chain.nodes[1..]) {
        let edge_type = hop
            .edge_type
            .map_or(String::new(), |edge_type| format!(":{}", TYPES[edge_type].2));
        let length = hop
            .length
            .map_or(String::new(), |(fewest, most)| format!("*{fewest}..{most}"));
        let (left, right) = [("-", "->"), ("<-", "-"), ("-", "-")][usize::from(hop.direction)];
        write!(text, "{left}[{edge_type}{length}]{right}{}", node(end)).unwrap();
    }
    text
}

fn graph(nodes: &[(usize, bool)], edges: &[(usize, usize, usize)]) -> SecurityGraph {
    let mut builder = Builder::default();
    let ids: Vec<NodeId> = nodes.iter().map(|_| builder.node()).collect();
    for (from, to, edge_type) in edges {
        let (kind, how, _) = TYPES[*edge_type];
        let step = builder.step(Step {
            kind,
            how: how.map(Into::into),
            certainty: Certainty::Certain,
            conditions: Vec::new(),
            caveats: Vec::new(),
            proofs: Vec::new(),
            cost: 0,
        });
        builder.edge(ids[from % nodes.len()], ids[to % nodes.len()], step);
    }
    let infos = nodes
        .iter()
        .enumerate()
        .map(|(position, (kind, is_hidden))| NodeInfo {
            uid: if *is_hidden {
                "".into()
            } else {
                format!("n{position}").into()
            },
            kind: KINDS[*kind],
            ..NodeInfo::default()
        });
    SecurityGraph::new(builder.build(), infos.collect(), Vec::new(), Vec::new())
}

/// From, to, edge and type of every relationship.
type Relationship = (NodeId, NodeId, u32, EdgeKind);

fn relationships(graph: &SecurityGraph) -> Vec<Relationship> {
    let mut all: Vec<Relationship> = graph
        .visible_nodes()
        .iter()
        .flat_map(|node| graph.outgoing(*node))
        .filter(|edge| graph.is_visible(edge.to))
        .map(|edge| (edge.from, edge.to, edge.edge.0, edge.step.kind))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Every sequence of relationships that the hop admits between two nodes.
fn sequences(all: &[Relationship], hop: &Hop, from: NodeId, to: NodeId) -> Vec<Vec<Relationship>> {
    let (fewest, most) = hop.length.unwrap_or((1, 1));
    let mut candidates: Vec<Vec<Relationship>> = vec![Vec::new()];
    let mut found = Vec::new();
    for length in 0..=most {
        found.extend(
            candidates
                .iter()
                .filter(|sequence| length >= fewest && leads(sequence, hop, from) == Some(to))
                .cloned(),
        );
        candidates = candidates
            .iter()
            .flat_map(|sequence| all.iter().map(move |one| [sequence.clone(), vec![*one]].concat()))
            .collect();
    }
    found
}

fn leads(sequence: &[Relationship], hop: &Hop, from: NodeId) -> Option<NodeId> {
    let mut at = from;
    for (from, to, _, kind) in sequence {
        if hop.edge_type.is_some_and(|edge_type| TYPES[edge_type].0 != *kind) {
            return None;
        }
        at = match hop.direction {
            0 if *from == at => *to,
            1 if *to == at => *from,
            2 if *from == at => *to,
            2 if *to == at => *from,
            _ => return None,
        };
    }
    Some(at)
}

/// In how many ways the chains of a clause can be laid without a relationship twice.
fn ways(hops: &[Vec<Vec<Relationship>>], taken: &mut Vec<Relationship>) -> usize {
    let Some((first, rest)) = hops.split_first() else {
        return 1;
    };
    let mut count = 0;
    for sequence in first {
        let before = taken.len();
        taken.extend(sequence);
        let mut sorted = taken.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() == taken.len() {
            count += ways(rest, taken);
        }
        taken.truncate(before);
    }
    count
}

fn by_trying(graph: &SecurityGraph, pattern: &Pattern, uid: Option<(usize, usize)>) -> Vec<Vec<String>> {
    let all = relationships(graph);
    let names = used(pattern);
    let visible = graph.visible_nodes();
    let mut rows = Vec::new();
    for assignment in 0..visible.len().pow(NAMES.len() as u32) {
        let of = |name: usize| visible[assignment / visible.len().pow(name as u32) % visible.len()];
        if (0..NAMES.len()).any(|name| !names.contains(&name) && of(name) != visible[0]) {
            continue;
        }
        let text = |name: usize| graph.node(of(name)).unwrap().uid.to_string();
        if uid.is_some_and(|(name, uid)| names.contains(&name) && text(name) != format!("n{uid}")) {
            continue;
        }
        let labels_hold = pattern
            .iter()
            .flatten()
            .flat_map(|chain| &chain.nodes)
            .all(|(name, label)| {
                label.is_none_or(|label| graph.node(of(*name)).unwrap().kind == KINDS[label])
            });
        if !labels_hold {
            continue;
        }
        let count: usize = pattern
            .iter()
            .map(|clause| {
                let hops: Vec<_> = clause
                    .iter()
                    .flat_map(|chain| {
                        let ends = chain.nodes.iter().zip(&chain.nodes[1..]);
                        chain.hops.iter().zip(ends)
                    })
                    .map(|(hop, ((from, _), (to, _)))| sequences(&all, hop, of(*from), of(*to)))
                    .collect();
                ways(&hops, &mut Vec::new())
            })
            .product();
        let row: Vec<String> = names.iter().map(|name| text(*name)).collect();
        rows.extend(std::iter::repeat_n(row, count));
    }
    rows.sort_unstable();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn every_match_is_found_and_no_other(
        nodes in prop::collection::vec((0usize..2, prop::bool::weighted(0.2)), 2..6),
        edges in prop::collection::vec((0usize..6, 0usize..6, 0usize..5), 0..8),
        pattern in pattern(),
        uid in prop::option::of((0usize..3, 0usize..5)),
    ) {
        let graph = graph(&nodes, &edges);
        prop_assume!(!graph.visible_nodes().is_empty());
        let text = written(&pattern, uid);
        let vocabulary = Vocabulary { relations: ["uses".into()].into(), ..Vocabulary::default() };
        let query = Query::parse("<test>", &text).unwrap();
        let run = || query.run(&Index::new(&graph), &vocabulary, &Limits::default()).unwrap();
        let table = run();
        let mut found: Vec<Vec<String>> = table.rows.iter()
            .map(|row| row.iter().map(|value| value.as_str().unwrap().to_owned()).collect())
            .collect();
        found.sort_unstable();
        prop_assert_eq!(found, by_trying(&graph, &pattern, uid), "{}", text);
        prop_assert_eq!(table, run());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}") {
        if let Err(problem) = Query::parse("<test>", &text) {
            prop_assert!(!problem.message.is_empty());
        }
    }

    #[test]
    fn no_sequence_of_words_makes_a_query_panic(words in prop::collection::vec(prop::sample::select(vec![
        "MATCH", "(", ")", "n", "m", "r", "-", "[", "]", ">", "<", "*", "1", "..", "3", ":", "data", "can_read", "WHERE", "RETURN",
        ".", "name", "=", "'x'", "AND", "NOT", "IN", "count", "DISTINCT", "ORDER", "BY", "LIMIT", ",", "{", "}", "IS", "NULL", "p",
    ]), 0..30)) {
        let text = format!("MATCH (n) {} RETURN n", words.join(" "));
        for text in [words.join(" "), text] {
            if let Ok(query) = Query::parse("<test>", &text) {
                let graph = graph(&[(0, false), (1, false)], &[(0, 1, 0), (1, 0, 1)]);
                let answer = query.run(&Index::new(&graph), &Vocabulary::default(), &Limits::default());
                prop_assert!(answer.is_ok() || answer.is_err_and(|problem| problem.span.is_some()));
            }
        }
    }
}
