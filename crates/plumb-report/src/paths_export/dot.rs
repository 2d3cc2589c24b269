//! The union of all paths in Graphviz's language, <https://graphviz.org/doc/info/lang.html>.

use std::fmt::{self, Write as _};

use plumb_model::path::{Certainty, PathReport};

use super::graph::Graph;
use crate::path_words::step;
use crate::visible::visible;

/// One directed graph; resources that several paths share are one node.
pub fn dot(report: &PathReport) -> String {
    let graph = Graph::new(report);
    let mut out = String::from(
        "digraph attack_paths {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n  \
         edge [fontname=\"Helvetica\", fontsize=10];\n",
    );
    for (index, (node, _)) in graph.nodes.iter().enumerate() {
        let mut lines = vec![node.title.as_str(), node.name.as_str()];
        lines.dedup();
        lines.extend(node.label.as_deref());
        let (label, tip) = (Quoted(&lines), Quoted(&[node.uid.as_str()]));
        let shape = if node.resource_type == "outside" {
            ", shape=ellipse"
        } else {
            ""
        };
        push(
            &mut out,
            format_args!("  n{index} [label={label}, tooltip={tip}{shape}];\n"),
        );
    }
    for edge in &graph.steps {
        let label = step(edge.hop);
        let style = match edge.hop.certainty {
            Certainty::Certain => "solid",
            Certainty::Conditional => "dashed",
            Certainty::Possible => "dotted",
        };
        let (from, to) = (edge.from, edge.to);
        let (label, ids) = (Quoted(&[label.as_str()]), edge.paths.join(" "));
        let tip = Quoted(&[ids.as_str()]);
        push(
            &mut out,
            format_args!("  n{from} -> n{to} [label={label}, style={style}, tooltip={tip}];\n"),
        );
    }
    out.push_str("}\n");
    out
}

/// Writing into a `String` cannot fail.
fn push(out: &mut String, piece: fmt::Arguments<'_>) {
    let _ = out.write_fmt(piece);
}

/// Lines as one double-quoted string.
///
/// A quote ends the string, a backslash begins an escape such as `\N` for the node's name, and `&` begins an
/// entity; all three are written so that they stand for themselves.
struct Quoted<'a>(&'a [&'a str]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for (index, line) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\\n")?;
            }
            for character in visible(line).chars() {
                match character {
                    '"' => f.write_str("\\\"")?,
                    '\\' => f.write_str("\\\\")?,
                    '&' => f.write_str("&amp;")?,
                    _ => f.write_char(character)?,
                }
            }
        }
        f.write_char('"')
    }
}
