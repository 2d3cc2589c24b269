//! Texts of which pieces are not known, from source to verdict: what is known of them counts.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on panics"
)]

mod tree;

use std::sync::OnceLock;

use plumb_expr::{NoInventory, Scope};
use plumb_iac::mapping::UsedPaths;
use plumb_iac::scan::{Options, scan};
use plumb_model::account::{Account, Provider};
use plumb_model::value::{Text, Value};
use plumb_pack::pack::Pack;
use tree::Tree;

fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| Pack::builtin().unwrap())
}

/// Names and verdicts of all documents that a policy is about.
#[track_caller]
fn check(policy: &str, file: &str, text: &str, expected: &[&str]) {
    let policy = pack()
        .policy(policy)
        .unwrap_or_else(|| panic!("no policy {policy}"));
    let compiled = pack().compile(policy).unwrap();
    let used = UsedPaths::of([&compiled]);
    let tree = Tree::of(&[(file, text)]);
    let options = Options {
        region: Some(Text::new_static("eu-west-1")),
        ..Options::default()
    };
    let scanned = scan(pack(), &tree, &[file.to_owned()], &used, &options);
    let account = Account::new(Provider::Aws, "000000000000").document();
    let params = Value::Map(policy.params.clone());
    let resources = scanned.stacks.iter().flat_map(|stack| &stack.mapped.resources);
    let found: Vec<String> = resources
        .filter(|(resource, _)| resource.resource_type == policy.resource_type)
        .map(|(resource, places)| {
            let scope = Scope {
                resource: resource.document(),
                account: &account,
                params: &params,
                now: "2026-01-01T00:00:00Z".parse().unwrap(),
                inventory: &NoInventory,
            };
            format!("{} {}", places.origin.address, compiled.verdict(&scope))
        })
        .collect();
    assert_eq!(found, expected, "{:#?}", scanned.problems);
}

/// A secret key as one would be written, in parts so that no scanner takes this file for a leak.
fn secret() -> String {
    ["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYq3Zv8T2LxW0n"].concat()
}

#[test]
fn secrets_are_found_beside_what_is_not_known() {
    let terraform = |user_data: &str| {
        let text = user_data.replace("SECRET", &secret());
        format!("variable \"v\" {{}}\nresource \"aws_instance\" \"i\" {{\n  user_data = {text}\n}}\n")
    };
    for (user_data, expected) in [
        ("\"export AWS_SECRET_ACCESS_KEY=SECRET ${var.v}\"", "fail"),
        ("\"export A=${var.v}\"", "unknown"),
        ("\"export AWS_SECRET_ACCESS_KEY=${var.v}\"", "unknown"),
        (
            "join(\"\\n\", [\"export AWS_SECRET_ACCESS_KEY=SECRET\", var.v])",
            "fail",
        ),
        (
            "format(\"export AWS_SECRET_ACCESS_KEY=SECRET %s\", var.v)",
            "fail",
        ),
        (
            "base64encode(\"export AWS_SECRET_ACCESS_KEY=SECRET ${var.v}\")",
            "fail",
        ),
        (
            "upper(\"export AWS_SECRET_ACCESS_KEY=SECRET ${var.v}\")",
            "unknown",
        ),
    ] {
        let expected = format!("aws_instance.i {expected}");
        let policy = "ec2-instance-user-data-no-secrets";
        check(policy, "main.tf", &terraform(user_data), &[&expected]);
    }
    let environment = "variable \"v\" {}\nresource \"aws_lambda_function\" \"l\" {\n  environment {\n    variables = { DB_PASSWORD = \"hunter2-${var.v}\", KEY = \"SECRET-${var.v}\" }\n  }\n}\n";
    let policy = "lambda-function-environment-without-secrets";
    check(policy, "main.tf", environment, &["aws_lambda_function.l unknown"]);
}

#[test]
fn names_that_the_cloud_gives_hide_no_secrets() {
    for (line, expected) in [
        ("cfn-signal ${AWS::StackId} ${D.Endpoint.Port}", "pass"),
        ("cfn-signal ${AWS::StackId} ${P}", "unknown"),
        ("export AWS_SECRET_ACCESS_KEY=SECRET ${AWS::StackId}", "fail"),
        ("{{resolve:ssm:a}} ${AWS::StackId}", "unknown"),
    ] {
        let template = format!(
            "Parameters: {{ P: {{ Type: String }} }}
Resources:
  D: {{ Type: \"AWS::RDS::DBInstance\" }}
  I:
    Type: AWS::EC2::Instance
    Properties:
      UserData:
        Fn::Base64: !Sub |
          {}
",
            line.replace("SECRET", &secret())
        );
        let expected = format!("I {expected}");
        check(
            "ec2-instance-user-data-no-secrets",
            "t.yaml",
            &template,
            &[&expected],
        );
    }
}

/// A bucket with a policy that names it by a text of the same pieces.
fn named(bucket: &str, policy_bucket: &str, resource: &str) -> String {
    format!(
        "Parameters: {{ Env: {{ Type: String }}, Other: {{ Type: String }} }}
Resources:
  B: {{ Type: \"AWS::S3::Bucket\", Properties: {{ BucketName: {bucket} }} }}
  C: {{ Type: \"AWS::S3::Bucket\" }}
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: {policy_bucket}
      PolicyDocument:
        Statement:
        - Effect: Deny
          Principal: \"*\"
          Action: \"s3:*\"
          Resource: [{resource}, !Sub \"arn:aws:s3:::${{Env}}-data\"]
          Condition: {{ Bool: {{ \"aws:SecureTransport\": \"false\" }} }}
"
    )
}

#[test]
fn texts_of_the_same_pieces_name_the_same_resource() {
    let data = "!Sub \"${Env}-data\"";
    let joined = "!Join [\"\", [!Ref Env, \"-data\"]]";
    let objects = "!Sub \"arn:${AWS::Partition}:s3:::${Env}-data/*\"";
    for (bucket, policy_bucket, resource, expected) in [
        (data, data, objects, ["B pass", "C fail"]),
        (data, joined, objects, ["B pass", "C fail"]),
        (joined, "!Ref B", objects, ["B pass", "C fail"]),
        // Another parameter may have the same value, or not.
        (
            data,
            "!Sub \"${Other}-data\"",
            objects,
            ["B unknown", "C unknown"],
        ),
        (
            data,
            data,
            "!Sub \"arn:aws:s3:::${Other}-data/*\"",
            ["B unknown", "C fail"],
        ),
        // What merely begins alike is another name.
        (
            data,
            data,
            "!Sub \"arn:aws:s3:::${Env}-data2/*\"",
            ["B unknown", "C fail"],
        ),
    ] {
        let template = named(bucket, policy_bucket, resource);
        check("s3-bucket-tls-required", "t.yaml", &template, &expected);
    }
}

#[test]
fn terraform_names_of_the_same_pieces_are_one() {
    let code = |name: &str, resource: &str| {
        format!(
            r#"variable "env" {{}}
variable "other" {{}}
locals {{ prefix = "${{var.env}}-app" }}
resource "aws_s3_bucket" "b" {{ bucket = {name} }}
resource "aws_s3_bucket" "c" {{}}
resource "aws_s3_bucket_policy" "p" {{
  bucket = {name}
  policy = <<-EOT
    {{ "Statement": [{{ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["{resource}", "{resource}/*"],
       "Condition": {{ "Bool": {{ "aws:SecureTransport": "false" }} }} }}] }}
  EOT
}}
"#
        )
    };
    for (name, resource, expected) in [
        (r#""${var.env}-data""#, "arn:aws:s3:::${var.env}-data", "pass"),
        (
            r#"format("%s-data", local.prefix)"#,
            "arn:aws:s3:::${var.env}-app-data",
            "pass",
        ),
        (
            r#"join("-", [var.env, "data"])"#,
            "arn:aws:s3:::${var.env}-data",
            "pass",
        ),
        (
            r#""${var.env}-data""#,
            "arn:aws:s3:::${var.other}-data",
            "unknown",
        ),
    ] {
        let b = format!("aws_s3_bucket.b {expected}");
        let expected = [b.as_str(), "aws_s3_bucket.c fail"];
        check(
            "s3-bucket-tls-required",
            "main.tf",
            &code(name, resource),
            &expected,
        );
    }
    // Of two with one name, neither is known to be meant.
    let two = "variable \"n\" {}\nresource \"aws_s3_bucket\" \"a\" {\n  count = 2\n  bucket = \"x-${var.n}\"\n}
resource \"aws_s3_bucket_versioning\" \"v\" {\n  bucket = \"x-${var.n}\"\n  versioning_configuration { status = \"Enabled\" }\n}\n";
    let expected = ["aws_s3_bucket.a[0] unknown", "aws_s3_bucket.a[1] unknown"];
    check("s3-bucket-versioning-enabled", "main.tf", two, &expected);
}

#[test]
fn a_bucket_that_is_looked_up_is_known_by_its_name() {
    let code = r#"variable "n" {}
resource "aws_s3_bucket" "b" { bucket = "x-${var.n}" }
data "aws_s3_bucket" "d" { bucket = "x-${var.n}" }
resource "aws_s3_bucket_versioning" "v" {
  bucket = data.aws_s3_bucket.d.id
  versioning_configuration { status = "Enabled" }
}
"#;
    let expected = ["aws_s3_bucket.b pass"];
    check("s3-bucket-versioning-enabled", "main.tf", code, &expected);
}
