//! DOT, for Graphviz.
//!
//! The language: <https://graphviz.org/doc/info/lang.html>. Labels are plain: a backslash would begin one of Graphviz's own escapes.

use std::io::{self, Write};

use super::record::{all_nodes, is_deceptive, node_record, type_name, write_escaped};
use crate::export::Cell;
use crate::security::SecurityGraph;

pub(super) fn write(graph: &SecurityGraph, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"digraph plumb {\n")?;
    for node in all_nodes(graph) {
        write!(out, "n{} [", node.0)?;
        let info = graph.node(node).filter(|info| !info.uid.is_empty());
        match info {
            Some(info) => {
                attribute(out, "label", &info.name)?;
                attribute(out, "tooltip", &info.uid)?;
                attribute(out, "class", &info.resource_type)?;
            }
            None => {
                let [_, _, kind, ..] = node_record(graph, node);
                if let Cell::Text(kind) = kind {
                    attribute(out, "label", &kind)?;
                    attribute(out, "class", &kind)?;
                }
                attribute(out, "shape", "point")?;
            }
        }
        out.write_all(b"];\n")?;
    }
    for edge in graph.graph.all_edges() {
        write!(out, "n{} -> n{} [", edge.from.0, edge.to.0)?;
        attribute(out, "label", &type_name(&edge))?;
        if let Some(how) = &edge.step.how {
            attribute(out, "tooltip", how)?;
        }
        attribute(out, "class", edge.step.certainty.name())?;
        out.write_all(b"];\n")?;
    }
    out.write_all(b"}\n")
}

fn attribute(out: &mut impl Write, name: &str, text: &str) -> io::Result<()> {
    write!(out, " {name}=\"")?;
    write_escaped(out, text, replaced)?;
    out.write_all(b"\"")
}

fn replaced(character: char) -> Option<&'static str> {
    match character {
        '"' => Some("\\\""),
        '\\' => Some("\\\\"),
        '\n' => Some("\\n"),
        // Graphviz reads entities of HTML in every text.
        '&' => Some("&amp;"),
        other if other.is_control() || is_deceptive(other) => Some("\u{fffd}"),
        _ => None,
    }
}
