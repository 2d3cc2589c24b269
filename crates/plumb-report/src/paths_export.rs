//! Attack paths by themselves: as JSON, as a page, and as graphs for Graphviz and for graph tools.

mod dot;
mod graph;
mod graphml;
mod page;

use std::io;

use plumb_model::path::PathReport;
use serde::Serialize;

use crate::json_text::write_json;
use crate::path_json::PathsEntry;

pub use dot::dot;
pub use graphml::graphml;
pub use page::{Head, html};

/// The version of the JSON document; a change that an old reader would misread increases it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    plumb_paths: u32,
    #[serde(flatten)]
    paths: PathsEntry<'a>,
}

/// One JSON document: `paths` of the JSON report with a version, as `docs/specs/report.md` specifies it.
///
/// # Errors
/// When `out` refuses a write; what was written until then stays.
pub fn json(report: &PathReport, out: &mut dyn io::Write) -> io::Result<()> {
    let document = Document {
        plumb_paths: VERSION,
        paths: PathsEntry::new(report),
    };
    write_json(&document, out)?;
    out.write_all(b"\n")
}
