//! Suppressions: what they accept, and what is told of them.

use std::process::Command;

use crate::{Folder, bucket, failures};

const POLICY: &str = "s3-bucket-versioning-enabled";

#[test]
fn an_accepted_failure_stays_visible_keeps_its_weight_and_fails_nothing() {
    let folder = Folder::new("accepted");
    folder.file(
        "main.tf",
        &bucket(
            "a",
            &format!("# plumb:ignore {POLICY} reason=scratch space\n"),
            "",
        ),
    );
    let (scan, report) = folder.report(&[]);
    scan.ends(0, &[]);
    assert_eq!(failures(&report), ["a accepted"]);
    assert_eq!(report["summary"]["verdicts"]["fail"], 1);
    assert_eq!(report["summary"]["accepted"], 1);
    assert_eq!(report["summary"]["score"]["value"], 0);
    let accepted = &report["accepted"][0];
    assert_eq!(accepted["reason"], "scratch space");
    assert_eq!(accepted["resource"], "main.tf:1");
    assert_eq!((&accepted["owner"], &accepted["until"]), (&"".into(), &"".into()));
    let terminal = folder.scan(&[]).ends(0, &[]).stdout;
    assert!(terminal.contains("accepted low"), "{terminal}");
}

#[test]
fn every_notation_accepts_what_it_stands_at() {
    let cases = [
        (
            bucket("a", "", &format!("  # plumb:ignore {POLICY} reason=x\n\n")),
            &["a accepted"][..],
        ),
        (bucket("a", "", "  #checkov:skip=CKV_AWS_21:x\n"), &["a accepted"]),
        (
            bucket("a", "#tfsec:ignore:aws-s3-enable-versioning\n", ""),
            &["a accepted"],
        ),
        (bucket("a", "#trivy:ignore:AVD-AWS-0090\n", ""), &["a accepted"]),
        (
            bucket("a", "#trivy:ignore:avd-aws-0090 - x\n", ""),
            &["a accepted"],
        ),
        (
            bucket("a", "#trivy:ignore:AWS-0090:exp:2999-01-01\n", ""),
            &["a accepted"],
        ),
        (bucket("a", "#tfsec:ignore:*\n", ""), &["a accepted"]),
        (
            format!(
                "# plumb:ignore-file {POLICY} reason=x\n\n{}{}",
                bucket("a", "", ""),
                bucket("b", "", "")
            ),
            &["a accepted", "b accepted"],
        ),
        (
            format!(
                "{}{}",
                bucket("a", "", ""),
                bucket("b", &format!("# plumb:ignore {POLICY} reason=x\n"), "")
            ),
            &["a asked", "b accepted"],
        ),
        (
            format!(
                "{}resource \"aws_s3_bucket_versioning\" \"a\" {{\n  bucket = aws_s3_bucket.a.id\n  versioning_configuration {{\n    status = \"Suspended\" # plumb:ignore {POLICY} reason=x\n  }}\n}}\n",
                bucket("a", "", "")
            ),
            &["a accepted"],
        ),
    ];
    for (text, expected) in cases {
        let folder = Folder::new("notations");
        folder.file("main.tf", &text);
        let (scan, report) = folder.report(&[]);
        let status = i32::from(expected.iter().any(|failure| failure.ends_with("asked")));
        scan.ends(status, &[]);
        assert_eq!(failures(&report), expected, "{text}");
    }
}

#[test]
fn a_suppression_at_the_call_of_a_module_reaches_into_it() {
    let folder = Folder::new("call");
    folder.file("modules/b/main.tf", "resource \"aws_s3_bucket\" \"this\" {\n}\n");
    let call = |name: &str| format!("module \"{name}\" {{\n  source = \"./modules/b\"\n}}\n");
    folder.file(
        "main.tf",
        &format!("# plumb:ignore {POLICY} reason=x\n{}{}", call("one"), call("two")),
    );
    let (scan, report) = folder.report(&[]);
    scan.ends(1, &[]);
    assert_eq!(
        failures(&report),
        [
            "module.one.aws_s3_bucket.this accepted",
            "module.two.aws_s3_bucket.this asked"
        ]
    );
}

#[test]
fn metadata_of_a_template_accepts() {
    let folder = Folder::new("template");
    folder.file(
        "stack.yaml",
        &format!(
            "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Logs:\n    Type: AWS::S3::Bucket\n    Metadata:\n      plumb: {{ ignore: '{POLICY} reason=x' }}\n  # plumb:ignore {POLICY} reason=y\n  Data:\n    Type: AWS::S3::Bucket\n  Rest:\n    Type: AWS::S3::Bucket\n"
        ),
    );
    let (scan, report) = folder.report(&[]);
    scan.ends(1, &[]);
    assert_eq!(
        failures(&report),
        ["Data accepted", "Logs accepted", "Rest asked"]
    );
}

#[test]
fn what_does_not_hold_is_told_and_fails() {
    let cases = [
        (
            format!("# plumb:ignore {POLICY} until=2020-01-01 reason=x\n"),
            "this suppression has expired: it held until `2020-01-01`",
        ),
        (
            "#tfsec:ignore:aws-s3-enable-versioning:exp:2020-01-01\n".to_owned(),
            "has expired",
        ),
        (
            "# plumb:ignore s3-bucket-versioned reason=x\n".to_owned(),
            "no policy is called `s3-bucket-versioned`",
        ),
        ("# plumb:ignore\n".to_owned(), "this suppression names no policy"),
        (
            format!("# plumb:ignore {POLICY} reason=x\n\n"),
            "stands above nothing",
        ),
        (
            format!("# plumb:ignore {POLICY} until=tomorrow\n"),
            "`tomorrow` is no date",
        ),
        ("#trivy:ignore:AVD-AWS-0090[name=a]\n".to_owned(), "`[name=a]`"),
        (
            "#checkov:skip=CKV_AWS_99999:x\n".to_owned(),
            "checkov:CKV_AWS_99999 (1)",
        ),
    ];
    for (above, expected) in cases {
        let folder = Folder::new("idle");
        folder.file("main.tf", &bucket("a", &above, ""));
        let (scan, report) = folder.report(&[]);
        scan.ends(1, &["warning: ", expected, "help: "]);
        assert_eq!(failures(&report), ["a asked"], "{above}");
    }
}

#[test]
fn what_matches_nothing_or_gives_no_reason_is_told() {
    let folder = Folder::new("nothing");
    let versioned = |comment: &str| {
        format!(
            "{comment}resource \"aws_s3_bucket\" \"a\" {{\n  versioning {{\n    enabled = true\n  }}\n}}\n"
        )
    };
    folder.file(
        "main.tf",
        &versioned(&format!("# plumb:ignore {POLICY} reason=x\n")),
    );
    let words = format!("this suppression matches nothing: `{POLICY}` fails nowhere that it speaks of");
    folder.scan(&[]).ends(0, &[&words]);
    // A policy that did not take part says nothing.
    folder.file(
        "main.tf",
        &versioned("# plumb:ignore s3-bucket-encryption-required reason=x\n"),
    );
    folder.scan(&[]).ends(0, &[]);
    // Neither does one of a block that is not made here.
    let absent = bucket(
        "a",
        &format!("# plumb:ignore {POLICY} reason=x\n"),
        "  count  = 0\n",
    );
    folder.file(
        "main.tf",
        &format!("{absent}{}", versioned("")).replace("\"a\" {\n  v", "\"b\" {\n  v"),
    );
    folder.scan(&[]).ends(0, &[]);
    folder.file("main.tf", &versioned("#checkov:skip=CKV_AWS_21\n"));
    folder
        .scan(&[])
        .ends(0, &["a suppression of another tool matches nothing"]);
    folder.file("main.tf", &bucket("a", &format!("# plumb:ignore {POLICY}\n"), ""));
    folder
        .scan(&[])
        .ends(0, &["does not say why the failure is accepted"]);
    let within = format!("  # plumb:ignore {POLICY} reason=x\n");
    folder.file("main.tf", &bucket("a", "", &within));
    folder.scan(&[]).ends(
        1,
        &["matches nothing", "it speaks of the argument `bucket` alone"],
    );
}

#[test]
fn what_is_accepted_is_not_corrected() {
    let folder = Folder::new("fix");
    let diff = |above: &str| {
        folder.file("main.tf", &bucket("a", above, ""));
        let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
            .args(["fix", "code", "--policy", POLICY])
            .current_dir(&folder.0)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(diff("").contains("+resource \"aws_s3_bucket_versioning\""));
    assert_eq!(diff(&format!("# plumb:ignore {POLICY} reason=x\n")), "");
}

#[test]
fn what_speaks_of_one_opening_accepts_no_other() {
    let policy = "ec2-security-group-admin-ports-closed-to-ipv4";
    let ingress = |port: u16, words: &str| {
        format!(
            "  ingress {{\n    from_port = {port}\n    to_port   = {port}\n    protocol  = \"tcp\"\n{words}    cidr_blocks = [\"0.0.0.0/0\"]\n  }}\n"
        )
    };
    let ignored = format!("    # plumb:ignore {policy} reason=x\n");
    let group = |before: &str, first: &str, second: &str| {
        let (first, second) = (ingress(22, first), ingress(3389, second));
        format!("{before}resource \"aws_security_group\" \"two\" {{\n  name = \"two\"\n{first}{second}}}\n")
    };
    let all = format!("# plumb:ignore {policy} reason=x\n");
    let folder = Folder::new("one-of-two-openings");
    for (code, standing, status) in [
        (group("", "", ""), "asked", 1),
        (group("", &ignored, ""), "asked", 1),
        (group("", "", &ignored), "asked", 1),
        (group("", &ignored, &ignored), "accepted", 0),
        (group(&all, "", ""), "accepted", 0),
    ] {
        folder.file("main.tf", &code);
        let (scan, report) = folder.report(&["--policy", policy]);
        assert_eq!(
            failures(&report),
            [format!("aws_security_group.two {standing}")],
            "{code}"
        );
        // None of the suppressions is told to be idle: each speaks of something that fails.
        scan.ends(status, &[]);
    }
}
