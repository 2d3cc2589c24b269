//! Attack paths by themselves: as JSON, as a page, and as graphs for Graphviz and for graph tools.

mod dot;
mod graph;
mod graphml;
mod page;

use std::io;

use plumb_model::path::PathReport;

use crate::json_text::write_json;
use crate::path_json::PathsEntry;

pub use dot::dot;
pub use graphml::graphml;
pub use page::{Head, html};

/// One JSON document, as `paths` of the JSON report; specified in `docs/specs/report.md`.
///
/// # Errors
/// When `out` refuses a write; what was written until then stays.
pub fn json(report: &PathReport, out: &mut dyn io::Write) -> io::Result<()> {
    write_json(&PathsEntry::new(report), out)?;
    out.write_all(b"\n")
}
