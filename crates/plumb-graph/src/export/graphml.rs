//! GraphML: nodes and edges as XML.
//!
//! The format: <http://graphml.graphdrawing.org/primer/graphml-primer.html>.

use std::io::{self, Write};

use super::record::{
    Cell, Column, EDGE_COLUMNS, NODE_COLUMNS, all_nodes, edge_record, full, is_deceptive, node_record,
    write_escaped,
};
use crate::security::SecurityGraph;

const HEAD: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
);

pub(super) fn write(graph: &SecurityGraph, out: &mut impl Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    for (element, columns) in [("node", &NODE_COLUMNS[..]), ("edge", &EDGE_COLUMNS[..])] {
        for column in columns.iter().filter(|column| !is_structure(column)) {
            let (name, kind) = (column.name, if column.is_number { "int" } else { "string" });
            writeln!(
                out,
                "<key id=\"{element}_{name}\" for=\"{element}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>"
            )?;
        }
    }
    out.write_all(b"<graph edgedefault=\"directed\">\n")?;
    for node in all_nodes(graph) {
        write!(out, "<node id=\"n{}\">", node.0)?;
        data(out, "node", &NODE_COLUMNS, &node_record(graph, node))?;
        out.write_all(b"</node>\n")?;
    }
    for edge in graph.graph.all_edges() {
        let (id, from, to) = (edge.id.0, edge.from.0, edge.to.0);
        write!(out, "<edge id=\"e{id}\" source=\"n{from}\" target=\"n{to}\">")?;
        data(out, "edge", &EDGE_COLUMNS, &edge_record(&edge))?;
        out.write_all(b"</edge>\n")?;
    }
    out.write_all(b"</graph>\n</graphml>\n")
}

/// What the attributes of the elements say already.
fn is_structure(column: &Column) -> bool {
    ["id", "from", "to"].contains(&column.name)
}

fn data(out: &mut impl Write, element: &str, columns: &'static [Column], cells: &[Cell]) -> io::Result<()> {
    for (column, cell) in full(columns, cells).filter(|(column, _)| !is_structure(column)) {
        write!(out, "<data key=\"{element}_{}\">", column.name)?;
        match cell {
            Cell::Nothing => {}
            Cell::Number(number) => write!(out, "{number}")?,
            Cell::Text(text) => write_escaped(out, text, replaced)?,
        }
        out.write_all(b"</data>")?;
    }
    Ok(())
}

/// What stands for a character in XML 1.0; the ones that it cannot hold, in any notation, become U+FFFD.
fn replaced(character: char) -> Option<&'static str> {
    match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\r' => Some("&#13;"),
        '\t' | '\n' => None,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => Some("\u{fffd}"),
        other if is_deceptive(other) => Some("\u{fffd}"),
        _ => None,
    }
}
