//! Renders sample reports in every format into a folder: `cargo run -p plumb-report --example render_samples -- DIR`.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the samples are the tests' own"
)]

#[path = "../tests/reports/hostile_paths.rs"]
mod hostile_paths;
#[path = "../tests/reports/sample.rs"]
mod sample;
#[path = "../tests/reports/sample_paths.rs"]
mod sample_paths;

use std::fs::{File, create_dir_all};
use std::io::{self, Write};
use std::path::Path;

use plumb_model::path::PathReport;
use plumb_model::report::Report;
use plumb_report::format::Format;
use plumb_report::options::RenderOptions;
use plumb_report::paths_export::{self, Head};
use plumb_report::{render, svg};

fn main() -> io::Result<()> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "target/sample-reports".to_owned());
    let folder = Path::new(&folder);
    create_dir_all(folder)?;
    let large =
        (std::env::args().nth(2).as_deref() == Some("large")).then(|| ("large", sample::large(57, 200, 4)));
    for (name, report) in [("sample", sample::sample()), ("hostile", sample::hostile())]
        .into_iter()
        .chain(large)
    {
        render_all(folder, name, &report)?;
    }
    Ok(())
}

fn render_all(folder: &Path, name: &str, report: &Report) -> io::Result<()> {
    for format in Format::ALL {
        let mut file = File::create(folder.join(format!("{name}.{}", format.extension())))?;
        render(report, format, &RenderOptions::default(), &mut file)?;
    }
    match &report.paths {
        Some(paths) => export_paths(folder, name, paths),
        None => Ok(()),
    }
}

fn export_paths(folder: &Path, name: &str, paths: &PathReport) -> io::Result<()> {
    let head = Head {
        organization: Some("Acme Corp"),
        assessed_at: "2026-02-23T09:30:00Z",
        plumb_version: "0.1.0",
    };
    let file = |end: &str| File::create(folder.join(format!("{name}-paths.{end}")));
    paths_export::html(paths, head, &mut file("html")?)?;
    paths_export::json(paths, &mut file("json")?)?;
    file("dot")?.write_all(paths_export::dot(paths).as_bytes())?;
    file("graphml")?.write_all(paths_export::graphml(paths).as_bytes())?;
    for path in &paths.paths {
        file(&format!("{}.svg", path.id))?.write_all(svg::path(path).as_bytes())?;
    }
    Ok(())
}
