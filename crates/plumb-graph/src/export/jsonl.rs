//! JSON lines: first all nodes, then all edges, each one object.

use std::io::{self, Write};

use super::record::is_deceptive;
use super::record::{Cell, Column, EDGE_COLUMNS, NODE_COLUMNS, all_nodes, edge_record, full, node_record};
use crate::security::SecurityGraph;

pub(super) fn write(graph: &SecurityGraph, out: &mut impl Write) -> io::Result<()> {
    for node in all_nodes(graph) {
        object(out, "node", &NODE_COLUMNS, &node_record(graph, node))?;
    }
    for edge in graph.graph.all_edges() {
        object(out, "edge", &EDGE_COLUMNS, &edge_record(&edge))?;
    }
    Ok(())
}

fn object(out: &mut impl Write, element: &str, columns: &'static [Column], cells: &[Cell]) -> io::Result<()> {
    write!(out, "{{\"element\":\"{element}\"")?;
    for (column, cell) in full(columns, cells) {
        write!(out, ",\"{}\":", column.name)?;
        match cell {
            Cell::Nothing => out.write_all(b"null")?,
            Cell::Number(number) => write!(out, "{number}")?,
            Cell::Text(text) => out.write_all(quoted(text)?.as_bytes())?,
        }
    }
    out.write_all(b"}\n")
}

/// A text as JSON, in which what deceives a terminal is escaped.
fn quoted(text: &str) -> io::Result<String> {
    let plain = serde_json::to_string(text)?;
    if !plain.contains(is_deceptive) {
        return Ok(plain);
    }
    let mut quoted = String::with_capacity(plain.len());
    for character in plain.chars() {
        if is_deceptive(character) {
            quoted.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            quoted.push(character);
        }
    }
    Ok(quoted)
}
