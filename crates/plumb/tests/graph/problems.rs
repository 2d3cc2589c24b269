//! What an answer lacks is in every format of it, or on stderr, and in the exit status.

use serde_json::Value;

use crate::{Folder, run};

/// A tree of which one file cannot be read.
fn broken(name: &str) -> Folder {
    let tree = Folder::new(name);
    let role = r#"
resource "aws_iam_role" "r" {
  name = "r"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
resource "aws_s3_bucket" "b" { bucket = "b" }
resource "aws_s3_bucket_public_access_block" "b" { bucket = aws_s3_bucket.b.id }
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::b/*" }] })
}
"#;
    tree.file("main.tf", role);
    tree.file("other.tf", "resource {");
    tree
}

#[test]
fn every_question_to_code_in_part_says_so_in_every_format() {
    let tree = broken("problems");
    let path = tree.path("");
    let paths = run(&["paths", "--code", &path, "--format", "json"]);
    let paths: Value = serde_json::from_slice(&paths.stdout).unwrap();
    let id = paths["paths"][0]["id"].as_str().unwrap();
    let remove = "arn:aws:s3:::b";
    let query = "MATCH (n:data) RETURN n.name";
    let cases: [(&[&str], &[&str], i32); 10] = [
        (&["paths"], &["terminal", "json", "html", "dot", "graphml"], 4),
        (&["paths", "show", id], &["terminal", "json", "svg"], 4),
        (&["chokepoints"], &["terminal", "json"], 4),
        (&["exposure"], &["terminal", "json"], 4),
        (&["exposure", "aws_s3_bucket.b"], &["terminal", "json"], 4),
        (
            &["can", "r", "s3:PutObject", "arn:aws:s3:::b/x"],
            &["terminal", "json"],
            4,
        ),
        (&["who-can", "s3:GetObject", "b"], &["terminal", "json"], 4),
        (&["whatif", "--remove", remove], &["terminal", "json"], 4),
        (&["graph", "query", query], &["terminal", "json", "csv"], 4),
        (&["graph", "export"], &["graphml", "cypher", "dot", "jsonl"], 4),
    ];
    let told = "could not be read";
    for (command, formats, status) in cases {
        for format in formats {
            let arguments = [command, &["--code", &path, "--format", format]].concat();
            let output = run(&arguments);
            let (stdout, stderr) = (
                String::from_utf8(output.stdout).unwrap(),
                String::from_utf8(output.stderr).unwrap(),
            );
            assert_eq!(output.status.code(), Some(status), "{arguments:?}: {stderr}");
            let is_told = |text: &str| text.contains("some of the code of") && text.contains(told);
            assert!(
                is_told(&stdout) || is_told(&stderr),
                "{arguments:?}: {stdout} {stderr}"
            );
            if *format == "json" {
                let answer: Value = serde_json::from_str(&stdout).unwrap();
                let problems = answer["problems"].as_array().unwrap();
                assert!(
                    problems.iter().any(|problem| is_told(problem.as_str().unwrap())),
                    "{arguments:?}: {stdout}"
                );
            }
        }
    }
}

#[test]
fn answers_without_gaps_have_no_problems() {
    let tree = broken("no-problems");
    std::fs::remove_file(tree.path("other.tf")).unwrap();
    let path = tree.path("");
    for command in [
        &["exposure"][..],
        &["who-can", "s3:GetObject", "b"],
        &["graph", "query", "MATCH (n:data) RETURN n.name"],
    ] {
        let output = run(&[command, &["--code", &path, "--format", "json"]].concat());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["problems"], Value::Array(Vec::new()), "{command:?}");
        assert_eq!(output.status.code(), Some(0), "{command:?}");
    }
}

#[test]
fn drift_of_code_in_part_says_so() {
    let tree = broken("problems-drift");
    let state = tree.file(
        "s.tfstate",
        r#"{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"l","resources":[{"mode":"managed","type":"aws_s3_bucket","name":"x","instances":[{"attributes":{"bucket":"x","id":"x","arn":"arn:aws:s3:::x"}}]}]}"#,
    );
    let output = run(&[
        "drift",
        "--code",
        &tree.path(""),
        "--state",
        &state,
        "--format",
        "json",
    ]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        answer["problems"][0]
            .as_str()
            .unwrap()
            .contains("could not be read"),
        "{answer}"
    );
    let why = answer["answer"]["undeclared"][0]["why"].as_str().unwrap();
    assert_eq!(why, "some of the code could not be read, and may declare it");
}
