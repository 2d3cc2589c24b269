//! The union of all paths in GraphML, <http://graphml.graphdrawing.org/specification.html>.

use std::fmt::{self, Write as _};

use plumb_model::path::PathReport;

use super::graph::Graph;
use crate::path_words::proof;
use crate::xml::Xml;

/// The attributes of nodes and steps: element, name and type.
const KEYS: [(&str, &str, &str); 14] = [
    ("node", "uid", "string"),
    ("node", "type", "string"),
    ("node", "title", "string"),
    ("node", "name", "string"),
    ("node", "account", "string"),
    ("node", "label", "string"),
    ("node", "risk", "int"),
    ("edge", "kind", "string"),
    ("edge", "how", "string"),
    ("edge", "certainty", "string"),
    ("edge", "conditions", "string"),
    ("edge", "proofs", "string"),
    ("edge", "paths", "string"),
    ("edge", "risk", "int"),
];

/// One directed graph; resources that several paths share are one node. Lists are joined by `; `.
pub fn graphml(report: &PathReport) -> String {
    let graph = Graph::new(report);
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    );
    for (element, name, kind) in KEYS {
        push(
            &mut out,
            format_args!(
                "  <key id=\"{element}_{name}\" for=\"{element}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>\n"
            ),
        );
    }
    out.push_str("  <graph id=\"attack_paths\" edgedefault=\"directed\">\n");
    for (index, (node, risk)) in graph.nodes.iter().enumerate() {
        push(&mut out, format_args!("    <node id=\"n{index}\">\n"));
        data("node_uid", &node.uid, &mut out);
        data("node_type", &node.resource_type, &mut out);
        data("node_title", &node.title, &mut out);
        data("node_name", &node.name, &mut out);
        data("node_account", &node.account, &mut out);
        data("node_label", node.label.as_deref().unwrap_or_default(), &mut out);
        data("node_risk", &risk.to_string(), &mut out);
        out.push_str("    </node>\n");
    }
    for (index, step) in graph.steps.iter().enumerate() {
        let (from, to, hop) = (step.from, step.to, step.hop);
        push(
            &mut out,
            format_args!("    <edge id=\"e{index}\" source=\"n{from}\" target=\"n{to}\">\n"),
        );
        let proofs: Vec<String> = hop.proofs.iter().map(proof).collect();
        data("edge_kind", hop.kind.name(), &mut out);
        data("edge_how", hop.how.as_deref().unwrap_or_default(), &mut out);
        data("edge_certainty", hop.certainty.name(), &mut out);
        data("edge_conditions", &hop.conditions.join("; "), &mut out);
        data("edge_proofs", &proofs.join("; "), &mut out);
        data("edge_paths", &step.paths.join("; "), &mut out);
        data("edge_risk", &step.risk.to_string(), &mut out);
        out.push_str("    </edge>\n");
    }
    out.push_str("  </graph>\n</graphml>\n");
    out
}

fn data(key: &str, value: &str, out: &mut String) {
    if !value.is_empty() {
        push(
            out,
            format_args!("      <data key=\"{key}\">{}</data>\n", Xml(value)),
        );
    }
}

/// Writing into a `String` cannot fail.
fn push(out: &mut String, piece: fmt::Arguments<'_>) {
    let _ = out.write_fmt(piece);
}
