//! The whole graph for other tools: GraphML, Cypher statements, DOT, and JSON lines.
//!
//! Everything is written as the graph holds it: classes and selectors are nodes of type `class` and `selector` with `in` and
//! `covers` edges, because leaving them out would write every member of a class times everything that the class leads to.
//! Nodes come before edges, both in the order of the graph, one at a time, so that the size of the graph does not matter.
//! All names are hostile and are escaped for each format.

mod cypher;
mod dot;
mod graphml;
mod jsonl;
mod record;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

pub use record::{Cell, Column, EDGE_COLUMNS, NODE_COLUMNS, edge_record, node_record};

use crate::security::SecurityGraph;

/// A format for other tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// XML that Gephi, yEd and NetworkX read.
    Graphml,
    /// Statements that `cypher-shell` and `mgconsole` load.
    Cypher,
    /// For Graphviz.
    Dot,
    /// One JSON object a line.
    Jsonl,
}

impl ExportFormat {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Graphml, Self::Cypher, Self::Dot, Self::Jsonl];

    /// The name used on the command line, which is also the usual ending of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Graphml => "graphml",
            Self::Cypher => "cypher",
            Self::Dot => "dot",
            Self::Jsonl => "jsonl",
        }
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not a format of graphs.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown graph format `{0}`; expected graphml, cypher, dot or jsonl")]
pub struct UnknownExportFormat(String);

impl FromStr for ExportFormat {
    type Err = UnknownExportFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| UnknownExportFormat(text.to_owned()))
    }
}

/// Writes the whole graph; `out` should be buffered.
pub fn export(graph: &SecurityGraph, format: ExportFormat, out: &mut impl Write) -> io::Result<()> {
    match format {
        ExportFormat::Graphml => graphml::write(graph, out),
        ExportFormat::Cypher => cypher::write(graph, out),
        ExportFormat::Dot => dot::write(graph, out),
        ExportFormat::Jsonl => jsonl::write(graph, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_formats_are_read_back() {
        for format in ExportFormat::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert!("GraphML".parse::<ExportFormat>().is_err());
    }
}
