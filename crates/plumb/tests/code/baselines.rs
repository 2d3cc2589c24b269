//! Baselines: known failures do not fail, new ones do.

use std::process::Command;

use serde_json::Value;

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

/// A bucket with sensitive data that a policy gives to everybody, in files of its own name.
fn open_bucket(folder: &Folder, name: &str, class: &str) {
    folder.file(
        &format!("{name}.tf"),
        &format!("resource \"aws_s3_bucket\" \"{name}\" {{\n  bucket = \"{name}\"\n  tags = {{\n    DataClassification = \"{class}\"\n  }}\n}}\n"),
    );
    folder.file(
        &format!("{name}-policy.tf"),
        &format!(
            "resource \"aws_s3_bucket_policy\" \"{name}\" {{\n  bucket = aws_s3_bucket.{name}.id\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", \
             Principal = \"*\", Action = \"s3:GetObject\", Resource = \"arn:aws:s3:::{name}/*\" }}] }})\n}}\n\
             resource \"aws_s3_bucket_public_access_block\" \"{name}\" {{\n  bucket = aws_s3_bucket.{name}.id\n}}\n"
        ),
    );
}

#[test]
fn attack_paths_of_a_named_file_are_those_through_what_it_declares() {
    let folder = Folder::new("one-file-paths");
    // Equal ways would be one path.
    open_bucket(&folder, "customers", "restricted");
    open_bucket(&folder, "invoices", "confidential");
    let report = |file: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
            .args(["scan", "code", "--paths", "always", "--format", "json", file])
            .current_dir(&folder.0)
            .env_clear()
            .output()
            .unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let of_paths = |report: &Value| {
        let paths = report["paths"]["paths"].as_array().unwrap();
        let mut targets: Vec<String> = paths
            .iter()
            .map(|path| path["targets"][0].as_str().unwrap().to_owned())
            .collect();
        targets.sort();
        targets
    };
    let by_paths = |report: &Value| {
        let findings = report["accounts"][0]["findings"].as_array().unwrap();
        let mut found: Vec<String> = findings
            .iter()
            .filter(|finding| {
                finding["policy"].as_str().unwrap().contains("attack-path")
                    || finding["evidence"]["message"].to_string().contains("attack path")
            })
            .map(|finding| {
                format!(
                    "{} {}",
                    finding["resource"]["name"].as_str().unwrap(),
                    finding["verdict"].as_str().unwrap()
                )
            })
            .collect();
        found.sort();
        found
    };
    let all = report(".");
    assert_eq!(
        of_paths(&all),
        ["arn:aws:s3:::customers", "arn:aws:s3:::invoices"]
    );
    let found = by_paths(&all);
    assert!(
        !found.is_empty() && found.iter().all(|found| found.ends_with("fail")),
        "{found:?}"
    );
    for name in ["customers", "invoices"] {
        let one = report(&format!("{name}.tf"));
        assert_eq!(of_paths(&one), [format!("arn:aws:s3:::{name}")]);
        let expected: Vec<&String> = found.iter().filter(|found| found.starts_with(name)).collect();
        assert_eq!(by_paths(&one).iter().collect::<Vec<_>>(), expected);
        assert!(
            one["paths"]["problems"]
                .to_string()
                .contains("1 attack path through nothing that"),
            "{}",
            one["paths"]["problems"]
        );
    }
}

#[test]
fn a_root_in_the_scanned_folder_goes_by_its_name_and_findings_do_not() {
    let outer = Folder::new("called");
    for name in ["one", "two"] {
        outer.file(&format!("{name}/main.tf"), &bucket("a", "", ""));
    }
    let within = |name: &str, arguments: &[&str]| {
        let folder = Folder(outer.0.join(name));
        let (scan, report) = folder.report(arguments);
        std::mem::forget(folder);
        (scan, report)
    };
    let (_, report) = within("one", &["--write-baseline", "../b.json"]);
    assert_eq!(report["accounts"][0]["account"]["name"], "one");
    // Somebody else has the code in another folder.
    let (scan, report) = within("two", &["--baseline", "../b.json"]);
    scan.ends(0, &[]);
    assert_eq!(report["accounts"][0]["account"]["name"], "two");
    assert_eq!(failures(&report), ["a known"]);
}
