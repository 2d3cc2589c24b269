//! Reports as terminal text, HTML, JSON, CSV, SARIF, JUnit, OCSF, Markdown, and for GitHub and GitLab.
//!
//! Every format is a pure function from a [`Report`] to bytes: equal reports give equal bytes, findings are
//! written as they are visited, and everything that came from a cloud is treated as hostile text. What a
//! program reads is specified in `docs/specs/report.md`.

mod accounts;
pub mod baseline;
mod by_policy;
mod csv;
pub mod diagnostic;
mod digest;
pub mod format;
mod github;
mod gitlab;
mod html;
pub mod identity;
mod json;
mod json_text;
mod jsonl;
mod junit;
mod markdown;
pub mod numbers;
mod ocsf;
pub mod options;
mod path_index;
mod path_json;
mod path_words;
pub mod paths_export;
mod risk_json;
pub mod rows;
mod sarif;
pub mod svg;
pub mod terminal;
pub mod visible;
mod words;
mod xml;

use std::io::{self, BufWriter, Write};

use plumb_model::report::Report;

use crate::format::Format;
use crate::options::RenderOptions;

/// Writes `report` to `out` in `format`.
///
/// Findings are written as they are visited, so memory does not grow with the output. The HTML page alone is
/// built as a whole; [`RenderOptions::detailed_findings`] bounds it.
///
/// # Errors
/// When `out` refuses a write; what was written until then stays.
pub fn render(
    report: &Report,
    format: Format,
    options: &RenderOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 * 1024, out);
    match format {
        Format::Terminal => terminal::render(report, options, &mut out),
        Format::Json => json::render(report, options, &mut out),
        Format::Jsonl => jsonl::render(report, options, &mut out),
        Format::Csv => csv::render(report, options, &mut out),
        Format::Html => html::render(report, options, &mut out),
        Format::Ocsf => ocsf::render(report, options, &mut out),
        Format::Sarif => sarif::render(report, options, &mut out),
        Format::Junit => junit::render(report, options, &mut out),
        Format::Markdown => markdown::render(report, options, &mut out),
        Format::Github => github::render(report, options, &mut out),
        Format::Gitlab => gitlab::render(report, options, &mut out),
    }?;
    out.flush()
}
