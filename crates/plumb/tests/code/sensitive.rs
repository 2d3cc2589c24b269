//! Sensitive values decide verdicts and are shown nowhere.

use std::process::{Command, Stdio};

use crate::Folder;

/// The text that must not be shown.
pub(crate) const SECRET: &str = "Hidden0Pa55word";

fn run(folder: &Folder, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
        .args(arguments)
        .current_dir(&folder.0)
        .env_clear()
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A database, a bucket and a role that sensitive values reach, in each of the ways in which they are marked.
fn code() -> String {
    format!(
        r#"
variable "public" {{
  default   = true
  sensitive = true
}}
variable "name" {{
  default   = "{SECRET}-name"
  sensitive = true
}}
variable "given" {{
  sensitive = true
}}
locals {{
  marked = sensitive("{SECRET}-local")
}}
module "m" {{
  source = "./m"
  name   = var.name
}}
resource "aws_db_instance" "d" {{
  identifier          = var.name
  publicly_accessible = var.public
  password            = sensitive("{SECRET}-password")
  username            = upper(var.given)
  tags                = {{ owner = local.marked, plain = nonsensitive(var.public) }}
}}
resource "aws_s3_bucket" "b" {{
  bucket = "x-${{module.m.name}}" # {{}}
  tags   = {{ owner = "${{var.given}}-${{local.marked}}" }}
}}
resource "aws_s3_bucket_policy" "b" {{
  bucket = aws_s3_bucket.b.id
  policy = sensitive(jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::{SECRET}/*" }}] }}))
}}
resource "aws_iam_role" "r" {{
  name               = "{{var.given}}"
  description        = element([], 0)
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Principal = {{ AWS = "*" }}, Action = "sts:AssumeRole", Condition = {{ StringEquals = {{ "sts:ExternalId" = var.name }} }} }}] }})
}}
"#
    )
}

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.file("main.tf", &code());
    let module = "variable \"name\" {}\noutput \"name\" {\n  value     = var.name\n  sensitive = true\n}\n";
    folder.file("m/main.tf", module);
    let given = format!("given = \"{SECRET}-given\" # {{\nother = element([], 0)\n");
    folder.file("terraform.tfvars", &given);
    folder
}

/// Runs every output format, and every command that shows code, over the folder: none shows the secret.
pub(crate) fn check_shown_nowhere(folder: &Folder, scan: &[&str], bucket: &str) {
    let formats = [
        "terminal", "json", "jsonl", "html", "csv", "markdown", "sarif", "junit", "github", "gitlab", "ocsf",
    ];
    let hidden = |shown: &str| !shown.contains(SECRET) && !shown.contains(&SECRET.to_uppercase());
    for format in formats {
        let arguments = ["scan", "code", "--paths", "always", "--format", format];
        let arguments: Vec<&str> = arguments.iter().chain(scan).copied().collect();
        let shown = run(folder, &arguments);
        assert!(shown.len() > 150, "{format}: {shown}");
        assert!(hidden(&shown), "{format}: {shown}");
    }
    let commands: [&[&str]; 6] = [
        &["fix", "code", "--with-caution"],
        &["paths", "--code", "."],
        &["exposure", "--code", "."],
        &["graph", "export", "--code", ".", "--format", "graphml"],
        &["graph", "query", "MATCH (n) RETURN n.name, n.uid", "--code", "."],
        &["who-can", "s3:GetObject", bucket, "--code", "."],
    ];
    for arguments in commands {
        let shown = run(folder, arguments);
        assert!(hidden(&shown), "{arguments:?}: {shown}");
    }
}

#[test]
fn sensitive_values_are_in_no_output() {
    check_shown_nowhere(&folder("sensitive-shown"), &[], "aws_s3_bucket.b");
}

/// Policy, verdict and reason of each finding, sorted.
pub(crate) fn verdicts(folder: &Folder, policies: &[&str]) -> Vec<String> {
    let mut arguments = vec!["scan", "code", "--format", "jsonl"];
    arguments.extend(policies.iter().flat_map(|policy| ["--policy", policy]));
    if folder.0.join("policies.yaml").exists() {
        arguments.extend(["--policies", "policies.yaml"]);
    }
    let shown = run(folder, &arguments);
    let lines = shown
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let found = lines.filter(|line| line["kind"] == "finding").map(|line| {
        let why = line["evidence"]["message"].as_str().unwrap_or_default();
        format!(
            "{} {} {why}",
            line["policy"]["name"].as_str().unwrap_or_default(),
            line["verdict"].as_str().unwrap_or_default()
        )
    });
    let mut found: Vec<String> = found.map(|line| line.trim_end().to_owned()).collect();
    found.sort();
    found
}

#[test]
fn sensitive_values_decide_verdicts() {
    let folder = folder("sensitive-decides");
    let verdicts = |code: &str| {
        folder.file("main.tf", code);
        verdicts(
            &folder,
            &["rds-instance-not-publicly-accessible", "s3-bucket-not-public"],
        )
    };
    let why = "a value that is marked as sensitive decides";
    assert_eq!(
        verdicts(&code()),
        [
            format!("rds-instance-not-publicly-accessible fail {why}"),
            format!("s3-bucket-not-public fail {why}")
        ]
    );
    let private = code()
        .replace("default   = true", "default   = false")
        .replace("Principal = \"*\"", "Principal = { AWS = \"111122223333\" }");
    assert_eq!(
        verdicts(&private),
        [
            "rds-instance-not-publicly-accessible pass",
            "s3-bucket-not-public pass"
        ]
    );
}

#[test]
fn sensitive_values_of_a_plan_decide_and_are_not_shown() {
    let plan = |public: bool| {
        format!(
            r#"{{"format_version":"1.2","terraform_version":"1.9.0","variables":{{"p":{{"value":"{SECRET}"}}}},"planned_values":{{"root_module":{{"resources":[
            {{"address":"aws_db_instance.d","mode":"managed","type":"aws_db_instance","name":"d","values":{{"identifier":"{SECRET}","publicly_accessible":{public}}},
              "sensitive_values":{{"identifier":true,"publicly_accessible":true}}}}]}}}}}}"#
        )
    };
    for (public, status) in [(true, 1), (false, 0)] {
        let folder = Folder::new(&format!("sensitive-plan-{public}"));
        folder.file("plan.json", &plan(public));
        for format in ["terminal", "json", "sarif"] {
            let arguments = [
                "scan",
                "code",
                "--policy",
                "rds-instance-not-publicly-accessible",
                "--fail-on",
                "low",
                "--format",
                format,
            ];
            let shown = run(&folder, &arguments);
            assert!(!shown.contains(SECRET), "{format}: {shown}");
            let fails = shown.contains("marked as sensitive");
            assert_eq!(fails, status == 1, "{format}: {shown}");
        }
    }
}
