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
use std::io;
use std::path::Path;

use plumb_model::report::Report;
use plumb_report::format::Format;
use plumb_report::options::RenderOptions;
use plumb_report::render;

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
    Ok(())
}
