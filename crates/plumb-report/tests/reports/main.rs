//! Tests of whole reports: what each format says, that it is well formed, and that hostile text stays text.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

mod code;
mod diagnostics;
mod drawings;
mod hostile;
mod hostile_paths;
mod paths_text;
mod risk;
mod sample;
mod sample_paths;
mod schema;
mod schemas;
mod snapshots;
mod streaming;

use plumb_model::path::AttackPath;
use plumb_model::report::Report;
use plumb_report::format::Format;
use plumb_report::options::RenderOptions;

/// The report as text in one format.
fn rendered(report: &Report, format: Format, options: &RenderOptions) -> String {
    let mut out = Vec::new();
    plumb_report::render(report, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A path of nine steps, for texts and drawings of several rows.
fn long_path() -> AttackPath {
    let mut path = sample_paths::sample_paths().paths[1].clone();
    path.hops = path.hops.iter().cycle().take(9).cloned().collect();
    path
}
