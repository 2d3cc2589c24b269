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
    folder.file("list.json", "[]");
    folder.file("number.json", "{\"fingerprint\":5}");
    for (name, words) in [
        (
            "list.json",
            "`list.json` is no baseline: it is neither a baseline nor a report",
        ),
        ("number.json", "`number.json` is no baseline: it is neither"),
        ("missing.json", "cannot read `missing.json`"),
        ("other.json", "`other.json` is no baseline: it is neither"),
        ("later.json", "version 99"),
        ("main.tf", "no JSON"),
    ] {
        folder.scan(&["--baseline", name]).ends(2, &[words, "help: "]);
    }
}

#[test]
fn moved_blocks_keep_what_is_known_of_them() {
    let folder = Folder::new("moved");
    let module = "module \"m\" {\n  source = \"./m\"\n}\n";
    folder.file("m/main.tf", &bucket("x", "", ""));
    folder.file("main.tf", &format!("{}{module}", bucket("a", "", "")));
    folder.scan(&["--write-baseline", "b.json"]).ends(1, &[]);
    let moved = "moved {\n  from = aws_s3_bucket.a\n  to   = aws_s3_bucket.aa\n}\nmoved {\n  from = module.m\n  to   = module.n\n}\n";
    let code = format!("{}{}", bucket("aa", "", ""), module.replace("\"m\"", "\"n\""));
    folder.file("main.tf", &code);
    let all_new = folder.scan(&["--baseline", "b.json"]);
    all_new.ends(
        1,
        &["no failure of the baseline is among those of this scan", "help: "],
    );
    folder.file("main.tf", &format!("{moved}{code}"));
    let (scan, report) = folder.report(&["--baseline", "b.json"]);
    scan.ends(0, &[]);
    let counts = &report["focus"]["baseline"];
    assert_eq!((&counts["known"], &counts["gone"]), (&2.into(), &0.into()));
    // A new block that says it was one which is still there is new.
    folder.file("main.tf", &format!("{moved}{code}{}", bucket("a", "", "")));
    let (scan, report) = folder.report(&["--baseline", "b.json"]);
    scan.ends(1, &[]);
    assert_eq!(&report["focus"]["baseline"]["new"], &1, "{report:#}");
}

#[test]
fn a_file_of_a_module_is_judged_with_the_module_and_told_alone() {
    let folder = Folder::new("one-file");
    folder.file("a.tf", &bucket("a", "", ""));
    folder.file("b.tf", &bucket("b", "", ""));
    folder.file(
        "parts.tf",
        "resource \"aws_s3_bucket_versioning\" \"b\" {\n  bucket = aws_s3_bucket.b.id\n  versioning_configuration {\n    status = \"Suspended\"\n  }\n}\n",
    );
    for (file, expected) in [
        ("a.tf", &["a asked"][..]),
        ("b.tf", &[]),
        ("parts.tf", &["b asked"]),
    ] {
        let (scan, report) = folder.report(&[file]);
        let status = i32::from(!expected.is_empty());
        scan.ends(status, &[&format!("what has a place in `{file}` is told")]);
        assert_eq!(failures(&report), expected, "{file}");
        assert_eq!(report["summary"]["resources"], expected.len(), "{file}");
    }
}
