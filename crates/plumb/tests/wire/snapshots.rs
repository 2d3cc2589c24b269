//! A snapshot judges like the account it was taken of.

use std::os::unix::fs::PermissionsExt;

use crate::support::binary::Plumb;
use crate::support::folder::Folder;
use crate::support::moto::Moto;

/// Scans with a snapshot and judges it again.
fn check(test: &str, name: &str) {
    let Some(moto) = Moto::with(&["s3", "network"]) else {
        return;
    };
    let folder = Folder::new(test);
    let path = folder.file(name);
    let live = Plumb::scan(
        &moto.url(),
        &["--service", "s3", "--service", "ec2", "--snapshot", &path],
    )
    .run();
    let selectors = ["--service", "s3", "--service", "ec2", "--format", "json"];
    let again = Plumb::bare(&[&["scan", "snapshot", &path], selectors.as_slice()].concat()).run();
    assert_eq!(live.status, again.status, "{}", again.stderr);
    assert!(live.report().findings().count() > 50);
    assert_eq!(live.stdout, again.stdout);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read the snapshot");
}

#[test]
fn a_snapshot_gives_the_same_report() {
    check("a-snapshot-gives-the-same-report", "estate.jsonl");
}

#[test]
fn a_compressed_snapshot_gives_the_same_report() {
    check("a-compressed-snapshot-gives-the-same-report", "estate.jsonl.zst");
}

#[test]
fn what_a_snapshot_was_not_taken_for_is_unknown() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let folder = Folder::new("what-a-snapshot-was-not-taken-for-is-unknown");
    let path = folder.file("versioning.jsonl");
    Plumb::scan(
        &moto.url(),
        &["--policy", "s3-bucket-versioning-enabled", "--snapshot", &path],
    )
    .run()
    .report();
    let ended = Plumb::bare(&[
        "scan",
        "snapshot",
        &path,
        "--policy",
        "s3-bucket-*",
        "--format",
        "json",
    ])
    .run();
    let report = ended.report();
    assert_eq!(report.verdict("s3-bucket-versioning-enabled", "sound"), "pass");
    assert_eq!(report.verdict("s3-bucket-versioning-enabled", "plain"), "fail");
    for bucket in ["sound", "plain"] {
        let finding = report.finding("s3-bucket-encryption-required", bucket);
        assert_eq!(finding["verdict"], "unknown", "{finding}");
        assert_eq!(
            finding["evidence"]["unreadable"][0]["reason"], "not_collected",
            "{finding}"
        );
    }
    assert_eq!(ended.status, 4);
}

#[test]
fn a_damaged_snapshot_is_refused_whole() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let folder = Folder::new("a-damaged-snapshot-is-refused-whole");
    let path = folder.file("estate.jsonl");
    Plumb::scan(
        &moto.url(),
        &["--policy", "s3-bucket-versioning-enabled", "--snapshot", &path],
    )
    .run()
    .report();
    let text = std::fs::read_to_string(&path).unwrap();
    let half = &text[..text.len() / 2];
    let cases = [
        ("cut.jsonl", half.to_owned(), "cut.jsonl"),
        (
            "garbled.jsonl",
            text.replacen("\"resource", "\"re\0source", 1),
            "garbled.jsonl",
        ),
        ("other.jsonl", "{\"hello\":1}\n".to_owned(), "other.jsonl"),
        ("empty.jsonl", String::new(), "empty.jsonl"),
    ];
    for (name, text, word) in cases {
        let path = folder.write(name, &text);
        Plumb::bare(&["scan", "snapshot", &path])
            .run()
            .refused(2, &[word]);
    }
    Plumb::bare(&["scan", "snapshot", &folder.file("missing.jsonl")])
        .run()
        .refused(2, &["missing.jsonl"]);
}
