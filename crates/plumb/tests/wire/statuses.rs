//! Exit statuses.

use crate::support::binary::Plumb;
use crate::support::fault::Fault;
use crate::support::folder::Folder;
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Rule};

#[test]
fn the_status_tells_findings_from_gaps_from_mistakes() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let versions = Rule::new("s3", "GET /sound?versioning", Fault::Deny);
    let proxy = Proxy::start(moto.address, vec![versions]);
    let (whole, holed) = (moto.url(), proxy.url.clone());
    // Low severity; some buckets fail.
    let low = ["--policy", "s3-bucket-versioning-enabled"];
    let cases: &[(&str, &[&str], i32)] = &[
        (&whole, &[], 0),
        (&whole, &["--fail-on", "low"], 1),
        (&whole, &["--fail-on", "informational"], 1),
        (&whole, &["--fail-on", "medium"], 0),
        (&whole, &["--fail-on", "critical"], 0),
        (&holed, &[], 4),
        (&holed, &["--allow-incomplete"], 0),
        (&holed, &["--fail-on", "low"], 1),
        (&holed, &["--fail-on", "low", "--allow-incomplete"], 1),
        (&holed, &["--fail-on", "critical"], 4),
        (&whole, &["--fail-on", "dreadful"], 2),
        (&whole, &["--format", "json", "--format", "csv"], 2),
        (&whole, &["--output", "/nonexistent/folder/report.json"], 2),
        (&whole, &["--external-id", "x"], 2),
        ("http://127.0.0.1:1", &[], 3),
    ];
    for (url, more, expected) in cases {
        let ended = Plumb::scan(url, &[low.as_slice(), more].concat()).run();
        assert_eq!(ended.status, *expected, "{more:?} at {url}: {}", ended.stderr);
    }
}

#[test]
fn a_file_whose_format_cannot_be_told_is_refused_before_anything_is_read() {
    Plumb::at("http://127.0.0.1:1", &["scan", "aws", "--output", "report.what"])
        .run()
        .refused(2, &["`report.what`", "--format"]);
}

#[test]
fn reports_go_to_files_and_stdout_at_once() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let folder = Folder::new("reports-go-to-files-and-stdout-at-once");
    let (html, csv) = (folder.file("report.html"), folder.file("report.csv"));
    let arguments = [
        "--policy",
        "s3-bucket-versioning-enabled",
        "--format",
        "html",
        "--format",
        "csv",
        "--output",
        &html,
        "--output",
        &csv,
    ];
    // The first format of `Plumb::scan` is JSON; the formats are paired with the files in order.
    let ended = Plumb::at(
        &moto.url(),
        &[
            &["scan", "aws", "--region", "us-east-1"],
            arguments.as_slice(),
            &["--format", "jsonl"],
        ]
        .concat(),
    )
    .run();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(
        std::fs::read_to_string(&html)
            .unwrap()
            .starts_with("<!DOCTYPE html>")
    );
    assert!(std::fs::read_to_string(&csv).unwrap().lines().count() > 7);
    for line in ended.stdout.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}
