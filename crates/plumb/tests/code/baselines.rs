//! Baselines: known failures do not fail, new ones do.

use crate::{Folder, bucket, failures};

#[test]
fn only_new_failures_count_wherever_they_move() {
    let folder = Folder::new("baseline");
    folder.file("main.tf", &bucket("a", "", ""));
    folder
        .scan(&["--write-baseline", "plumb-baseline.json"])
        .ends(1, &[]);
    let written = folder.text("plumb-baseline.json");
    assert!(written.starts_with("{\"plumb_baseline\":1,"), "{written}");
    assert!(written.contains("\"address\":\"aws_s3_bucket.a\""), "{written}");
    // Lines move, nothing is new.
    folder.file("main.tf", &format!("\n\n# a comment\n{}", bucket("a", "", "")));
    let terminal = folder
        .scan(&["--baseline", "plumb-baseline.json"])
        .ends(0, &[])
        .stdout;
    assert!(
        terminal.contains("0 new failures; 1 known in the baseline"),
        "{terminal}"
    );
    folder.file("more.tf", &bucket("b", "", ""));
    let (scan, report) = folder.report(&["--baseline", "plumb-baseline.json"]);
    scan.ends(1, &[]);
    assert_eq!(failures(&report), ["a known", "b asked"]);
    let counts = &report["focus"]["baseline"];
    assert_eq!(
        (&counts["known"], &counts["new"], &counts["gone"]),
        (&1.into(), &1.into(), &0.into())
    );
    // Written and read in one run: what was there is replaced by what is.
    let both = [
        "--baseline",
        "plumb-baseline.json",
        "--write-baseline",
        "plumb-baseline.json",
    ];
    folder.scan(&both).ends(1, &[]);
    folder.scan(&["--baseline", "plumb-baseline.json"]).ends(0, &[]);
}

#[test]
fn an_earlier_report_is_a_baseline() {
    let folder = Folder::new("reports");
    folder.file("main.tf", &bucket("a", "", ""));
    for name in ["old.json", "old.jsonl", "old.sarif"] {
        folder.scan(&["-o", name]).ends(1, &[]);
        folder.scan(&["--baseline", name]).ends(0, &[]);
    }
}

#[test]
fn what_is_no_baseline_is_refused() {
    let folder = Folder::new("refused");
    folder.file("main.tf", &bucket("a", "", ""));
    folder.file("other.json", "{\"a\":1}");
    folder.file("later.json", "{\"plumb_baseline\":99,\"failures\":[]}");
    for (name, words) in [
        ("missing.json", "cannot read `missing.json`"),
        ("other.json", "`other.json` is no baseline: it is neither"),
        ("later.json", "version 99"),
        ("main.tf", "no JSON"),
    ] {
        folder.scan(&["--baseline", name]).ends(2, &[words, "help: "]);
    }
}
