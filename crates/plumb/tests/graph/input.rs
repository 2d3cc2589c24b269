//! Small snapshots: hostile names, what was not read, and bad input, which ends with one diagnostic.

use plumb_demo::story;
use serde_json::{Value, json};

use crate::{Folder, refused, run, text, text_with};

const HEADER: &str = "{\"plumb_snapshot\":1,\"plumb_version\":\"0\"}\n";
const ACCOUNT: &str = "{\"account\":{\"provider\":\"aws\",\"id\":\"123456789012\"},\"taken_at\":\"2026-01-01T00:00:00Z\",\"regions\":[\"eu-west-1\"]}\n";

/// A snapshot of one account with these buckets; `collected` is what its scan asked for.
fn snapshot(buckets: &[Value], collected: &[&str]) -> String {
    let mut lines = format!("{HEADER}{ACCOUNT}");
    for bucket in buckets {
        let mut resource = json!({
            "account": "123456789012", "region": "eu-west-1", "resource_type": "aws_s3_bucket", "tags": null,
            "public_access_block": null, "acl": {"grants": []}, "ownership_controls": null, "encryption": null,
        });
        for (key, value) in bucket.as_object().unwrap() {
            resource[key] = value.clone();
        }
        lines.push_str(&json!({ "resource": resource }).to_string());
        lines.push('\n');
    }
    let collected: Vec<Value> = collected
        .iter()
        .map(|name| {
            let facts = [
                "acl",
                "encryption",
                "ownership_controls",
                "policy",
                "public_access_block",
                "tags",
            ];
            json!({ "resource_type": name, "facts": facts, "regions": ["global"] })
        })
        .collect();
    let coverage = json!({ "coverage": { "collected": collected, "gaps": [], "calls": [] } });
    let end = json!({ "end": { "accounts": 1, "resources": buckets.len() } });
    lines + &format!("{coverage}\n{end}\n")
}

fn public_policy(bucket: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "All\u{1b}[31m", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": format!("arn:aws:s3:::{bucket}/*"),
        }],
    })
}

#[test]
fn hostile_names_are_shown_escaped() {
    let folder = Folder::new("hostile");
    let name = "customer-pii-\u{1b}]0;x\u{7}\u{202e}";
    let uid = format!("arn:aws:s3:::{name}");
    let bucket = json!({ "uid": uid, "name": name, "policy": public_policy(name) });
    let collected = ["aws_s3_bucket", "aws_s3_account_public_access_block"];
    let file = folder.file("s.plumb", &snapshot(&[bucket], &collected));
    let questions: [&[&str]; 7] = [
        &["paths"],
        &["chokepoints"],
        &["exposure"],
        &["exposure", &uid],
        &["whatif", "--remove", &uid],
        &["can", "internet", "s3:GetObject", &uid],
        &["graph", "query", "MATCH (n:data) RETURN n.name"],
    ];
    for question in questions {
        let shown = text(&[question, &["--snapshot", &file]].concat());
        let is_raw =
            |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
        assert!(!shown.contains(is_raw), "{question:?}: {shown:?}");
        assert!(
            shown.contains(r"\u{1b}"),
            "{question:?} does not show the name: {shown}"
        );
    }
}

#[test]
fn what_was_not_read_is_unknown() {
    let folder = Folder::new("unread");
    let unread = json!({ "$unreadable": { "reason": "denied", "call": "s3:GetBucketPolicy", "action": "s3:GetBucketPolicy" } });
    let buckets = [
        json!({ "uid": "arn:aws:s3:::a", "name": "a", "policy": unread }),
        json!({ "uid": "arn:aws:s3:::b", "name": "b", "policy": public_policy("b"), "public_access_block": unread }),
    ];
    let collected = ["aws_s3_bucket", "aws_s3_account_public_access_block"];
    let file = folder.file("s.plumb", &snapshot(&buckets, &collected));
    for bucket in ["a", "b"] {
        let answer = text_with(
            4,
            &["can", "internet", "s3:GetObject", bucket, "--snapshot", &file],
        );
        assert!(
            answer.starts_with("unknown\n") && answer.contains("not read: "),
            "{bucket}: {answer}"
        );
    }
    let shown = text(&["exposure", "a", "--snapshot", &file]);
    assert!(
        shown.contains("possible: something that decides it was not read"),
        "{shown}"
    );
}

/// What every question about the graph says of a snapshot that is not understood in part, and a scan of it.
fn says_everywhere(file: &str, words: &[&str]) {
    let questions: [&[&str]; 7] = [
        &["paths", "--snapshot", file],
        &["chokepoints", "--snapshot", file],
        &["exposure", "--snapshot", file],
        &["who-can", "s3:GetObject", "*", "--snapshot", file],
        &["graph", "query", "MATCH (n) RETURN n.uid", "--snapshot", file],
        &["graph", "export", "--format", "jsonl", "--snapshot", file],
        &["scan", "snapshot", file],
    ];
    for question in questions {
        let output = run(question);
        let said = [output.stdout, output.stderr].concat();
        let said: Vec<&str> = std::str::from_utf8(&said).unwrap().split_whitespace().collect();
        let said = said.join(" ");
        assert_eq!(output.status.code(), Some(4), "{question:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{question:?} does not say {word}: {said}");
        }
    }
}

#[test]
fn documents_with_one_uid_that_disagree_are_told_and_never_clean() {
    let folder = Folder::new("twins");
    let open = json!({ "uid": "arn:aws:s3:::a", "name": "a", "policy": public_policy("a") });
    let closed = json!({ "uid": "arn:aws:s3:::a", "name": "a", "policy": null });
    let collected = ["aws_s3_bucket", "aws_s3_account_public_access_block"];
    for (name, twins) in [("ab", [&open, &closed]), ("ba", [&closed, &open])] {
        let file = folder.file(name, &snapshot(&twins.map(Value::clone), &collected));
        says_everywhere(
            &file,
            &[
                "`policy`",
                "documents with the uid `arn:aws:s3:::a` disagree on it",
            ],
        );
        let shown = text_with(4, &["exposure", "a", "--snapshot", &file]);
        assert!(shown.contains("exposed: not known"), "{shown}");
        let answer = text_with(4, &["can", "internet", "s3:GetObject", "a", "--snapshot", &file]);
        assert!(answer.starts_with("unknown\n"), "{answer}");
    }
    // Equal ones are one.
    let file = folder.file("aa", &snapshot(&[open.clone(), open], &collected));
    assert!(!text(&["paths", "--snapshot", &file]).contains("disagree"));
}

#[test]
fn resources_of_unknown_types_are_told_and_never_clean() {
    let folder = Folder::new("unknown-type");
    let odd = json!({ "uid": "arn:aws:s3:::a", "name": "a", "resource_type": "aws_nope" });
    let file = folder.file("s.plumb", &snapshot(&[odd], &["aws_s3_bucket"]));
    says_everywhere(&file, &["aws_nope", "this version knows no"]);
}

#[test]
fn bad_input_is_refused_with_one_diagnostic() {
    let folder = Folder::new("bad");
    let narrow = folder.file("narrow.plumb", &snapshot(&[], &["aws_nothing_known"]));
    let empty = folder.file(
        "empty.plumb",
        &format!("{HEADER}{{\"end\":{{\"accounts\":0,\"resources\":0}}}}\n"),
    );
    let broken = folder.file("estate.yaml", "accounts: [\n");
    let nothing = folder.file("nothing.yaml", "");
    let evil = "no\u{1b}[31msuch";
    let finding = format!("s3-bucket-tls-require@{}", story::personal_data_bucket(7));
    let cases: &[(&[&str], &[&str])] = &[
        (&["paths"], &["--snapshot <FILE>|--demo"]),
        (&["paths", "--demo", "--snapshot", "x"], &["cannot be used with"]),
        (
            &["paths", "--snapshot", "/nonexistent"],
            &["cannot read `/nonexistent`"],
        ),
        (
            &["paths", "--snapshot", &narrow],
            &["nothing that the security graph is built from", "--paths always"],
        ),
        (&["exposure", "--snapshot", &empty], &["holds no account"]),
        (&["paths", "--demo", "--estate", &broken], &["estate.yaml"]),
        (
            &["paths", "--demo", "--estate", &nothing],
            &["file is empty", "`accounts:` in an estate file"],
        ),
        (&["paths", "--demo", "--min-risk", "101"], &["101"]),
        (
            &["paths", "show", "ffffffffffff", "--demo"],
            &["no attack path has the id `ffffffffffff`"],
        ),
        (&["paths", "show", evil, "--demo"], &[r"\u{1b}"]),
        (
            &["paths", "--demo", "-o", "/nonexistent/file"],
            &["cannot write `/nonexistent/file`"],
        ),
        (&["whatif", "--demo"], &["--remove <FACT|EDGE>|--fix <FINDING>"]),
        (
            &["whatif", "--demo", "--remove", evil],
            &["nothing in the graph rests on", r"\u{1b}"],
        ),
        (
            &["whatif", "--demo", "--remove", "internet -> nowhere"],
            &["no resource is called `nowhere`"],
        ),
        (
            &["whatif", "--demo", "--fix", "x"],
            &["`x` is no finding", "POLICY@RESOURCE"],
        ),
        (
            &["whatif", "--demo", "--fix", &finding],
            &["did you mean", "s3-bucket-tls-required"],
        ),
        (
            &["whatif", "--demo", "--fix", "0123456789abcdef0123456789abcdef"],
            &["no finding has the fingerprint"],
        ),
        (
            &["exposure", "i-0000", "--demo", "--accounts", "1"],
            &["no resource is called `i-0000`"],
        ),
        (&["exposure", evil, "--demo", "--accounts", "1"], &[r"\u{1b}"]),
        (
            &["can", "nobody-at-all", "s3:GetObject", "*", "--demo"],
            &["no principal is called `nobody-at-all`"],
        ),
        (&["can", "internet", "s3:Get*", "*", "--demo"], &["is no action"]),
        (
            &[
                "can",
                "internet",
                "s3:GetObject",
                "nothing-of-that-name",
                "--demo",
            ],
            &["no resource is called"],
        ),
        (
            &[
                "can",
                "internet",
                "s3:GetObject",
                "*",
                "--demo",
                "--context",
                "aws:SourceIp=notanip",
            ],
            &["`notanip` is no value of `aws:SourceIp`", "one IP address"],
        ),
        (
            &[
                "can",
                "internet",
                "s3:GetObject",
                "*",
                "--demo",
                "--context",
                "aws:MultiFactorAuthPresent=maybe",
            ],
            &["`maybe` is no value of", "`true` or `false`"],
        ),
        (
            &["can", "internet", "s3:GetObject", "*", "--demo", "--context", "x"],
            &["condition key"],
        ),
        (&["who-can", "GetObject", "*", "--demo"], &["is no action"]),
        (
            &["graph", "query", "MATCH (n RETURN n", "--demo"],
            &["<query>:1:", "^"],
        ),
        (
            &["graph", "query", "MATCH (n:nothing) RETURN n", "--demo"],
            &["unknown label `nothing`", "^"],
        ),
        (
            &["graph", "export", "--demo", "--format", "xml"],
            &["unknown format `xml`"],
        ),
        (
            &["graph", "export", "--demo", "--format", "parquet"],
            &["two files"],
        ),
        (
            &["graph", "export", "--demo", "--accounts", "0", "--format", "dot"],
            &["0"],
        ),
        (
            &["graph", "export", "--demo"],
            &["the graph has no format for people"],
        ),
        (
            &["paths", "--demo", "--format", "terminal", "-o", "out.json"],
            &["the ending of `out.json` tells another format"],
        ),
        (
            &["exposure", "--demo", "-o", "out.pdf"],
            &["cannot tell the format of `out.pdf`"],
        ),
    ];
    for (arguments, words) in cases {
        refused(arguments, words);
    }
    let output = [
        "graph",
        "export",
        "--format",
        "jsonl",
        "--snapshot",
        &narrow,
        "-o",
        &narrow,
    ];
    refused(&output, &["is the file that is read"]);
    // A policy that does not fail there cannot be mended.
    let passing = format!(
        "s3-bucket-not-public@{}",
        story::payments_bucket(story::BALANCED[0])
    );
    refused(
        &["whatif", "--demo", "--fix", &passing],
        &["does not fail on", "pass"],
    );
}
