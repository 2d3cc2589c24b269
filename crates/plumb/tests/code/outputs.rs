//! Reports: which format goes into which file, and what the estate file says in them.

use crate::{Folder, bucket};

/// What a report is, by how it begins.
fn kind(report: &str) -> &'static str {
    [
        ("{\n\"plumb_report\"", "json"),
        ("{\"kind\":\"report\"", "jsonl"),
        ("<!doctype html>", "html"),
        ("::", "github"),
        ("low: ", "terminal"),
    ]
    .iter()
    .find(|(start, _)| report.to_lowercase().starts_with(start))
    .map_or("something else", |(_, kind)| kind)
}

#[test]
fn no_file_holds_another_format_than_its_ending_tells() {
    let folder = Folder::new("outputs");
    folder.file("main.tf", &bucket("a", "", ""));
    for (arguments, files, stdout) in [
        (
            &["-o", "a.json", "--format", "terminal"][..],
            &["json"][..],
            "terminal",
        ),
        (
            &["-o", "a.json", "-o", "b.html", "--format", "terminal"],
            &["json", "html"],
            "terminal",
        ),
        (
            &[
                "-o", "a.json", "-o", "b.html", "--format", "html", "--format", "github",
            ],
            &["json", "html"],
            "github",
        ),
        (&["--format", "jsonl", "-o", "a.json"], &["json"], "jsonl"),
        (&["--format", "jsonl", "-o", "a"], &["jsonl"], "something else"),
    ] {
        let scan = folder.scan(arguments).ends(1, &[]);
        assert_eq!(kind(&scan.stdout), stdout, "{arguments:?}: {}", scan.stdout);
        let named = arguments.iter().filter(|word| word.starts_with(['a', 'b']));
        let kinds: Vec<&str> = named.map(|name| kind(&folder.text(name))).collect();
        assert_eq!(kinds, files, "{arguments:?}");
    }
    folder
        .scan(&["-o", "c.json", "--format", "terminal", "--format", "html"])
        .ends(2, &["two formats for stdout: `terminal` and `html`", "help: "]);
}

#[test]
fn the_estate_file_names_policies_by_aliases_and_types_rightly() {
    let folder = Folder::new("estate-file");
    folder.file("main.tf", &bucket("a", "", ""));
    let exception = |policy: &str| {
        format!(
            "exceptions:\n- {{ policy: {policy}, resource: a, reason: r, owner: o, until: 2999-01-01 }}\n"
        )
    };
    folder.file("estate.yaml", &exception("CKV_AWS_21"));
    folder.scan(&["--estate", "estate.yaml"]).ends(0, &[]);
    folder.file("estate.yaml", &exception("CKV_AWS_2l"));
    let told = folder.scan(&["--estate", "estate.yaml"]).ends(1, &[]).stdout;
    assert!(
        told.contains("speaks of `CKV_AWS_2l`, and no policy is called so; did you mean"),
        "{told}"
    );
    folder.file(
        "estate.yaml",
        "crown_jewels: [{ type: aws_s3_bukket, match: a }]\n",
    );
    folder.scan(&["--estate", "estate.yaml"]).ends(
        2,
        &[
            "unknown resource type `aws_s3_bukket`",
            "did you mean `aws_s3_bucket`?",
        ],
    );
}
