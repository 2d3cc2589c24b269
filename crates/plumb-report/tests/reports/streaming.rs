//! Reports are deterministic, and large ones are written as they are visited.

use std::io::{self, Write};

use plumb_report::format::Format;
use plumb_report::options::RenderOptions;

use crate::rendered;
use crate::sample::{hostile, large};

/// A writer that remembers the largest piece and the sum.
#[derive(Default)]
struct Meter {
    largest: usize,
    total: usize,
}

impl Write for Meter {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.largest = self.largest.max(piece.len());
        self.total += piece.len();
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_report_with_many_findings_is_written_in_small_pieces() {
    let report = large(2, 500, 3);
    for format in Format::ALL {
        let mut meter = Meter::default();
        plumb_report::render(&report, format, &RenderOptions::default(), &mut meter).unwrap();
        let bounded = match format {
            // The page's size is bounded by the number of findings it holds in detail.
            Format::Html => 4 * 1024 * 1024,
            Format::Terminal
            | Format::Json
            | Format::Jsonl
            | Format::Csv
            | Format::Ocsf
            | Format::Sarif
            | Format::Junit
            | Format::Markdown => 256 * 1024,
            Format::Github | Format::Gitlab => 128 * 1024,
        };
        assert!(
            meter.largest <= bounded,
            "{format}: a piece of {} bytes",
            meter.largest
        );
        let listing = !matches!(format, Format::Terminal | Format::Html | Format::Markdown);
        assert!(
            !listing || meter.total > bounded,
            "{format}: {} bytes prove nothing",
            meter.total
        );
    }
}

#[test]
fn the_page_does_not_grow_with_the_estate() {
    let options = RenderOptions {
        detailed_findings: 100,
        ..RenderOptions::default()
    };
    let small = rendered(&large(2, 500, 2), Format::Html, &options).len();
    let large = rendered(&large(2, 2_000, 2), Format::Html, &options).len();
    assert!(large < small + 1_000, "{small} bytes grew to {large}");
}

#[test]
fn equal_reports_give_equal_bytes() {
    for format in Format::ALL {
        let render = || rendered(&hostile(), format, &RenderOptions::default());
        assert!(render() == render(), "{format}");
    }
}

/// A writer that is full at once, like a closed pipe.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_refused_write_is_an_error_in_every_format() {
    for format in Format::ALL {
        let result = plumb_report::render(&hostile(), format, &RenderOptions::default(), &mut Closed);
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::BrokenPipe, "{format}");
    }
}
