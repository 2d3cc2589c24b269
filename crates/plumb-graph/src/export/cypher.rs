//! Cypher statements that load the graph into Neo4j or Memgraph.
//!
//! Nodes have the label `Plumb` and their type, edges the type of the relationship. Statements are of what both databases
//! share (`UNWIND`, `MATCH`, `CREATE`) except for the index, which each writes its own way:
//! <https://neo4j.com/docs/cypher-manual/current/indexes/search-performance-indexes/managing-indexes/> and
//! <https://memgraph.com/docs/fundamentals/indexes>. The file says so in a comment instead of choosing one.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::record::{
    Cell, Column, EDGE_COLUMNS, NODE_COLUMNS, all_nodes, edge_record, full, is_deceptive, node_record,
    type_name,
};
use crate::security::SecurityGraph;

/// Rows of one statement: few enough for a transaction in little memory.
const BATCH: usize = 500;

/// Groups that are filled at the same time; a hostile graph may have any number of types.
const OPEN: usize = 64;

const HEAD: &str = "\
// Load into an empty database. Before it, create an index, without which edges are slow to load:
//   Neo4j:    CREATE INDEX plumb_id IF NOT EXISTS FOR (n:Plumb) ON (n.id);
//   Memgraph: CREATE INDEX ON :Plumb(id);
";

pub(super) fn write(graph: &SecurityGraph, out: &mut impl Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    let mut nodes = Batches::new(|label| format!(" AS row CREATE (n:Plumb:{label}) SET n = row;\n"));
    for node in all_nodes(graph) {
        let cells = node_record(graph, node);
        let label = match &cells {
            [_, _, Cell::Text(label), ..] => label.as_str(),
            _ => "other",
        };
        nodes.add(out, label, &map(&NODE_COLUMNS, &cells))?;
    }
    nodes.finish(out)?;
    let mut edges = Batches::new(|label| {
        format!(
            " AS row MATCH (a:Plumb {{id: row.from}}), (b:Plumb {{id: row.to}}) CREATE (a)-[r:{label}]->(b) SET r = row.properties;\n"
        )
    });
    for edge in graph.graph.all_edges() {
        let cells = edge_record(&edge);
        let properties = cells.get(2..).unwrap_or_default();
        let row = format!(
            "{{from: {}, to: {}, properties: {}}}",
            edge.from.0,
            edge.to.0,
            map(EDGE_COLUMNS.get(2..).unwrap_or_default(), properties)
        );
        edges.add(out, &type_name(&edge), &row)?;
    }
    edges.finish(out)
}

/// Rows that wait for their statement, by label.
struct Batches<S> {
    open: BTreeMap<String, Vec<String>>,
    statement: S,
}

impl<S: Fn(&str) -> String> Batches<S> {
    fn new(statement: S) -> Self {
        Self {
            open: BTreeMap::new(),
            statement,
        }
    }

    fn add(&mut self, out: &mut impl Write, label: &str, row: &str) -> io::Result<()> {
        if self.open.len() >= OPEN && !self.open.contains_key(label) {
            self.finish(out)?;
        }
        let rows = self.open.entry(label.to_owned()).or_default();
        rows.push(row.to_owned());
        if rows.len() < BATCH {
            return Ok(());
        }
        let rows = std::mem::take(rows);
        self.open.remove(label);
        self.flush(out, label, &rows)
    }

    /// Writes what is left, by label.
    fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        for (label, rows) in std::mem::take(&mut self.open) {
            self.flush(out, &label, &rows)?;
        }
        Ok(())
    }

    fn flush(&self, out: &mut impl Write, label: &str, rows: &[String]) -> io::Result<()> {
        let statement = (self.statement)(&quoted_name(label));
        writeln!(out, "UNWIND [\n{}\n]{}", rows.join(",\n"), statement.trim_end())
    }
}

fn map(columns: &'static [Column], cells: &[Cell]) -> String {
    let entries: Vec<String> = full(columns, cells)
        .map(|(column, cell)| {
            let value = match cell {
                Cell::Nothing => "null".to_owned(),
                Cell::Number(number) => number.to_string(),
                Cell::Text(text) => quoted(text),
            };
            format!("{}: {value}", column.name)
        })
        .collect();
    format!("{{{}}}", entries.join(", "))
}

/// A name in backticks. What could end it becomes something alike: a backtick, because not every parser reads two as one; a
/// backslash, because Neo4j reads `\u0060` as a backtick before anything else; a semicolon, because clients split files at it.
fn quoted_name(name: &str) -> String {
    let mut quoted = String::from("`");
    for character in name.chars() {
        match character {
            '`' => quoted.push('\''),
            '\\' => quoted.push('/'),
            ';' => quoted.push(','),
            other if other.is_control() || is_deceptive(other) => quoted.push(char::REPLACEMENT_CHARACTER),
            other => quoted.push(other),
        }
    }
    quoted.push('`');
    quoted
}

/// A text in quotes. Semicolons are escaped too: clients split files at them, and not every client looks for quotes. So is a
/// `u` after a backslash: Neo4j reads `\u` before it knows that it stands in a text
/// (<https://neo4j.com/docs/cypher-manual/current/syntax/parsing/>).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut before = '"';
    for character in text.chars() {
        match character {
            'u' if before == '\\' => quoted.push_str("\\u0075"),
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            ';' => quoted.push_str("\\u003B"),
            other if other.is_control() || is_deceptive(other) => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(other)))
            }
            other => quoted.push(other),
        }
        before = character;
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_within_its_quotes() {
        assert_eq!(quoted("a\"b\\c;d\n\u{1}"), r#""a\"b\\c\u003Bd\n\u0001""#);
        assert_eq!(quoted(r"\u0022"), r#""\\\u00750022""#);
        assert_eq!(quoted_name("a`b\\u0060c"), "`a'b/u0060c`");
    }
}
