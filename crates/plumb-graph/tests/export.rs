//! What other tools read back is what the graph holds, hostile names included.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use plumb_graph::export::{ExportFormat, export};
use plumb_graph::graph::{Builder, NodeId};
use plumb_graph::security::{NodeInfo, SecurityGraph};
use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind};

mod estate;

const HOSTILE: [&str; 6] = [
    "<script>&amp;\"']]>",
    "a\"}) DETACH DELETE n; //",
    "back\\slash \\u0022 \\",
    "two\nlines\r\n\ttab",
    "`; DROP `",
    "ünï 🙂 {\"a\": null}",
];

fn hostile() -> SecurityGraph {
    let mut builder = Builder::default();
    let nodes: Vec<NodeId> = HOSTILE.iter().map(|_| builder.node()).collect();
    for (from, how) in nodes.iter().zip(HOSTILE) {
        let step = builder.step(estate::step(
            EdgeKind::Relation,
            Some(how),
            Certainty::Possible,
            7,
        ));
        for to in &nodes {
            builder.edge(*from, *to, step);
        }
    }
    let infos = HOSTILE.iter().map(|name| NodeInfo {
        uid: format!("arn:{name}").into(),
        resource_type: (*name).into(),
        name: (*name).into(),
        kind: NodeKind::Data,
        ..NodeInfo::default()
    });
    SecurityGraph::new(builder.build(), infos.collect(), Vec::new(), Vec::new())
}

fn written(graph: &SecurityGraph, format: ExportFormat) -> String {
    let mut out = Vec::new();
    export(graph, format, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("UTF-8")
}

type Properties = BTreeMap<String, String>;

/// Properties of all nodes and of all edges, as read back from GraphML.
fn read_graphml(text: &str) -> (Vec<Properties>, Vec<Properties>) {
    let document = roxmltree::Document::parse(text).expect("well-formed");
    let keys: BTreeMap<&str, &str> = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://graphml.graphdrawing.org/xmlns", "key")))
        .filter_map(|key| Some((key.attribute("id")?, key.attribute("attr.name")?)))
        .collect();
    let all = |element: &str| {
        document
            .descendants()
            .filter(|node| node.tag_name().name() == element)
            .map(|node| {
                let data = node.children().filter(|child| child.tag_name().name() == "data");
                let mut properties: Properties = data
                    .filter_map(|data| {
                        let name = keys.get(data.attribute("key")?)?;
                        Some(((*name).to_owned(), data.text().unwrap_or_default().to_owned()))
                    })
                    .collect();
                let attributes = node.attributes();
                properties.extend(attributes.map(|one| (one.name().to_owned(), one.value().to_owned())));
                properties
            })
            .collect()
    };
    (all("node"), all("edge"))
}

#[test]
fn graphml_is_read_back_with_hostile_names() {
    let (nodes, edges) = read_graphml(&written(&hostile(), ExportFormat::Graphml));
    let names: Vec<&str> = nodes.iter().map(|node| node["name"].as_str()).collect();
    assert_eq!(names, HOSTILE);
    assert_eq!(edges.len(), 36);
    assert_eq!(edges[6]["how"], HOSTILE[1]);
    assert_eq!(
        (edges[6]["source"].as_str(), edges[6]["target"].as_str()),
        ("n1", "n0")
    );
    assert_eq!(
        (edges[6]["certainty"].as_str(), edges[6]["cost"].as_str()),
        ("possible", "7")
    );
}

#[test]
fn what_xml_cannot_hold_is_replaced() {
    let mut builder = Builder::default();
    builder.node();
    let info = NodeInfo {
        uid: "a\u{0}b\u{1b}c\u{fffe}".into(),
        ..NodeInfo::default()
    };
    let graph = SecurityGraph::new(builder.build(), vec![info], Vec::new(), Vec::new());
    let (nodes, _) = read_graphml(&written(&graph, ExportFormat::Graphml));
    assert_eq!(nodes[0]["uid"], "a\u{fffd}b\u{fffd}c\u{fffd}");
}

#[test]
fn no_format_writes_what_a_terminal_obeys() {
    let name = "a\u{7f}\u{9b}31m\u{202e}b\u{2066}\u{2028}c";
    let mut builder = Builder::default();
    builder.node();
    let info = NodeInfo {
        uid: name.into(),
        name: name.into(),
        resource_type: "aws_s3_bucket".into(),
        ..NodeInfo::default()
    };
    let graph = SecurityGraph::new(builder.build(), vec![info], Vec::new(), Vec::new());
    for format in ExportFormat::ALL {
        let text = written(&graph, format);
        assert!(
            !text.contains(['\u{7f}', '\u{9b}', '\u{202e}', '\u{2066}', '\u{2028}']),
            "{text:?}"
        );
    }
    let line: serde_json::Value = serde_json::from_str(&written(&graph, ExportFormat::Jsonl)).unwrap();
    assert_eq!(line["uid"], name);
}

#[test]
fn json_lines_are_read_back_with_hostile_names() {
    let text = written(&hostile(), ExportFormat::Jsonl);
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 6 + 36);
    for (line, name) in lines.iter().zip(HOSTILE) {
        assert_eq!((&line["element"], &line["name"]), (&"node".into(), &name.into()));
        assert_eq!(line["uid"], format!("arn:{name}"));
    }
    assert_eq!(lines[6]["type"], HOSTILE[0]);
    assert_eq!((&lines[41]["from"], &lines[41]["to"]), (&5.into(), &5.into()));
}

#[test]
fn classes_and_selectors_keep_the_size_linear() {
    let graph = estate::estate();
    let text = written(&graph, ExportFormat::Jsonl);
    assert_eq!(text.lines().count(), graph.graph.nodes() + graph.graph.edges());
    let hidden: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("uid") && line.contains("\"node\""))
        .collect();
    assert_eq!(
        hidden,
        [
            r#"{"element":"node","id":8,"type":"class","title":"2 equal principals"}"#,
            r#"{"element":"node","id":9,"type":"selector","title":"any of 2 resources"}"#,
        ]
    );
    assert!(text.contains(
        r#"{"element":"edge","from":9,"to":5,"type":"covers","kind":"covers","certainty":"certain","cost":0}"#
    ));
}

/// What stands outside of quotes, with `_` for each quoted text; quotes are those of Cypher.
fn without_quoted(text: &str) -> String {
    let mut rest = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '"' && character != '`' {
            rest.push(character);
            continue;
        }
        rest.push('_');
        while let Some(inner) = characters.next() {
            if inner == '\\' && character == '"' {
                characters.next();
            } else if inner == character && characters.peek() != Some(&'`') {
                break;
            } else if inner == character {
                characters.next();
            }
        }
    }
    rest
}

#[test]
fn cypher_statements_hold_hostile_names_in_quotes_only() {
    let text = written(&hostile(), ExportFormat::Cypher);
    let outside = without_quoted(&text);
    assert!(!outside.contains("DETACH") && !outside.contains("DROP") && !outside.contains("script"));
    // Six types of nodes and six of edges, each one statement.
    assert_eq!(outside.matches("UNWIND").count(), 12);
    let statements = outside
        .lines()
        .filter(|line| !line.starts_with("//"))
        .collect::<String>();
    assert_eq!(statements.matches(';').count(), 12);
    // No semicolon stands in a text either.
    let after_comment = text
        .lines()
        .filter(|line| !line.starts_with("//"))
        .collect::<String>();
    assert_eq!(after_comment.matches(';').count(), 12);
}

#[test]
fn cypher_statements_are_of_batches() {
    let mut builder = Builder::default();
    let nodes: Vec<NodeId> = (0..1201).map(|_| builder.node()).collect();
    let step = builder.step(estate::step(EdgeKind::CanRead, None, Certainty::Certain, 0));
    for pair in nodes.windows(2) {
        builder.edge(pair[0], pair[1], step);
    }
    let infos = (0..1201).map(|position| NodeInfo {
        uid: format!("n{position}").into(),
        resource_type: "aws_s3_bucket".into(),
        ..NodeInfo::default()
    });
    let graph = SecurityGraph::new(builder.build(), infos.collect(), Vec::new(), Vec::new());
    let text = written(&graph, ExportFormat::Cypher);
    assert_eq!(
        text.matches("CREATE (n:Plumb:`aws_s3_bucket`) SET n = row;")
            .count(),
        3
    );
    assert_eq!(
        text.matches("CREATE (a)-[r:`can_read`]->(b) SET r = row.properties;")
            .count(),
        3
    );
    assert_eq!(text.matches("\"uid\"").count(), 0);
    assert_eq!(text.matches("{id: ").count(), 1201 + 2 * 3);
    assert_eq!(text.matches("{from: ").count(), 1200);
}

#[test]
fn dot_keeps_hostile_names_within_quotes() {
    let text = written(&hostile(), ExportFormat::Dot);
    for line in text.lines().skip(1).filter(|line| *line != "}") {
        let mut outside = String::new();
        let mut characters = line.chars();
        let mut is_quoted = false;
        while let Some(character) = characters.next() {
            match (is_quoted, character) {
                (true, '\\') => {
                    characters.next();
                }
                (_, '"') => is_quoted = !is_quoted,
                (true, _) => {}
                (false, other) => outside.push(other),
            }
        }
        assert!(!is_quoted, "{line}");
        assert!(
            outside
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || " =[];->".contains(c)),
            "{outside}"
        );
    }
    assert_eq!(text.lines().count(), 2 + 6 + 36);
}

#[test]
fn formats_write_the_same_bytes_every_time() {
    for format in ExportFormat::ALL {
        assert_eq!(
            written(&estate::estate(), format),
            written(&estate::estate(), format)
        );
        assert!(!written(&SecurityGraph::default(), format).contains("null"));
    }
}
