//! What code refers to and AWS keeps: managed policies get documents, each where it is attached.

#![expect(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::fmt::Write as _;

use plumb_iac::drift::{Live, compare};
use plumb_iac::mapping::UsedPaths;
use plumb_iac::place::Sources;
use plumb_iac::scan::{Options, scan};
use plumb_iac::snapshot::{CodeAccount, Undeclared, accounts};
use plumb_model::value::Value;
use plumb_pack::pack::Pack;

mod tree;

use tree::Tree;

fn read(files: &[(&str, &str)]) -> (Vec<CodeAccount>, Sources) {
    let pack = Pack::builtin().expect("the built-in pack is sound");
    let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let scanned = scan(
        &pack,
        &Tree::of(files),
        &paths,
        &UsedPaths::default(),
        &Options::default(),
    );
    assert_eq!(scanned.problems, []);
    let sources = scanned.sources;
    let made = scanned.stacks.into_iter().flat_map(|stack| {
        let taken_at = "2026-11-25T00:00:00Z".into();
        accounts(&pack, stack, &sources, Undeclared::Open, &taken_at)
    });
    (made.collect(), sources)
}

/// The managed policies of the code: uid, how often it is attached and bounds at least, and the line that tells so.
fn policies(files: &[(&str, &str)]) -> String {
    let (accounts, _) = read(files);
    let mut told = String::new();
    for account in &accounts {
        for resource in &account.snapshot.resources {
            if resource.resource_type != "aws_iam_policy" {
                continue;
            }
            let count = |name: &str| match resource.get(name) {
                Some(Value::Int(count)) => count.to_string(),
                Some(Value::Unreadable(_)) => "?".to_owned(),
                other => format!("{other:?}"),
            };
            let key = (resource.resource_type.clone(), resource.uid.clone());
            let lines = account.declared.get(&key).map(|code| code.place.line);
            let document = resource
                .get("policy_version_list")
                .and_then(Value::as_list)
                .and_then(<[Value]>::first)
                .and_then(|version| version.get("document"));
            assert!(
                document.is_some_and(|document| document.get("Statement").is_some()),
                "{key:?}"
            );
            let _ = writeln!(
                told,
                "{} {} {} {}",
                resource.uid.replace("arn:aws:iam::", ""),
                count("attachment_count"),
                count("permissions_boundary_usage_count"),
                lines.unwrap_or_default()
            );
        }
    }
    told
}

#[test]
fn policies_of_aws_are_told_where_terraform_attaches_them() {
    let cases = [
        (
            "by ARN, to a role, a user and a group",
            r#"
resource "aws_iam_role_policy_attachment" "a" {
  role = aws_iam_role.r.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_role" "r" { assume_role_policy = "{}" }
resource "aws_iam_user" "u" { name = "u" }
resource "aws_iam_group" "g" { name = "g" }
resource "aws_iam_policy_attachment" "p" {
  name = "p"
  users = ["u"]
  groups = [aws_iam_group.g.name]
  policy_arn = "arn:aws:iam::aws:policy/IAMFullAccess"
}
"#,
            "aws:policy/AdministratorAccess 1 ? 2\naws:policy/IAMFullAccess 1 ? 9\n",
        ),
        (
            "each attachment by itself",
            r#"
resource "aws_iam_role" "r" { 
  assume_role_policy = "{}" 
  managed_policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess"]
}
resource "aws_iam_group" "g" { name = "g" }
resource "aws_iam_group_policy_attachment" "a" {
  group = "g"
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"#,
            "aws:policy/AdministratorAccess 1 ? 7\naws:policy/AdministratorAccess#aws_iam_role.r 1 ? 2\n",
        ),
        (
            "by a data source and a partition",
            r#"
data "aws_iam_policy" "worker" { name = "AmazonEKSWorkerNodePolicy" }
data "aws_partition" "here" {}
resource "aws_iam_role" "r" { assume_role_policy = "{}" }
resource "aws_iam_role_policy_attachment" "a" {
  for_each = toset([data.aws_iam_policy.worker.arn, "arn:${data.aws_partition.here.partition}:iam::aws:policy/AmazonEKS_CNI_Policy"])
  role = aws_iam_role.r.name
  policy_arn = each.value
}
"#,
            "aws:policy/AmazonEKSWorkerNodePolicy 1 ? 5\naws:policy/AmazonEKS_CNI_Policy 1 ? 5\n",
        ),
        (
            "as a boundary, alone and beside an attachment",
            r#"
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
  permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
}
resource "aws_iam_user" "u" {
  name = "u"
  permissions_boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_iam_user_policy_attachment" "a" {
  user = "u"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
"#,
            "aws:policy/PowerUserAccess ? 1 2\naws:policy/ReadOnlyAccess 1 1 10\n",
        ),
        (
            "none that is not known, is of another partition, or is not sure to be attached",
            r#"
variable "arn" {}
variable "there" {}
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
  managed_policy_arns = ["arn:aws:iam::aws:policy/MadeTomorrow", "arn:aws-cn:iam::aws:policy/AdministratorAccess", var.arn]
}
resource "aws_iam_role_policy_attachment" "a" {
  count = var.there ? 1 : 0
  role = aws_iam_role.r.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"#,
            "",
        ),
    ];
    for (what, code, expected) in cases {
        let mut told: Vec<_> = policies(&[("main.tf", code)])
            .lines()
            .map(str::to_owned)
            .collect();
        told.sort();
        let expected: Vec<_> = expected.lines().collect();
        assert_eq!(told, expected, "{what}");
    }
}

#[test]
fn policies_of_aws_are_told_where_templates_attach_them() {
    let template = r#"
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      ManagedPolicyArns:
      - !Sub "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"
"#;
    assert_eq!(
        policies(&[("role.yaml", template)]),
        "aws:policy/AdministratorAccess 1 ? 4\n"
    );
    // By their names, wherever they are kept.
    let serverless = r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      Runtime: python3.13
      InlineCode: pass
      Policies: [ ViewOnlyAccess, AmazonSSMManagedInstanceCore ]
"#;
    assert_eq!(
        policies(&[("function.yaml", serverless)]),
        "aws:policy/service-role/AWSLambdaBasicExecutionRole 1 ? 4\n\
         aws:policy/job-function/ViewOnlyAccess 1 ? 4\n\
         aws:policy/AmazonSSMManagedInstanceCore 1 ? 4\n"
    );
}

#[test]
fn a_large_policy_is_not_told_again_for_each_of_thousands() {
    let code = r#"
resource "aws_iam_role" "r" {
  count = 2000
  name = "r${count.index}"
  assume_role_policy = "{}"
}
resource "aws_iam_role_policy_attachment" "a" {
  count = 2000
  role = "r${count.index}"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
"#;
    let told = policies(&[("main.tf", code)]).lines().count();
    assert!((10..1_000).contains(&told), "{told}");
}

#[test]
fn what_aws_keeps_is_no_drift() {
    let code = r#"
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
  managed_policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess"]
}
resource "aws_iam_policy" "p" { 
  name = "p"
  policy = "{}" 
}
"#;
    let files = [("main.tf", code)];
    let (declared, sources) = read(&files);
    let (there, _) = read(&[("main.tf", code)]);
    let drift = compare(&declared, &sources, Live::State(&there));
    assert!(drift.is_none(), "{drift:?}");
    assert_eq!(drift.matched, 2);
    // A policy of AWS that only the other side uses is not something that code lacks.
    let (alone, sources) = read(&[("main.tf", &code.replace("AdministratorAccess", "ReadOnlyAccess"))]);
    let drift = compare(&alone, &sources, Live::State(&there));
    assert_eq!((drift.missing.len(), drift.undeclared.len()), (0, 0), "{drift:?}");
}
