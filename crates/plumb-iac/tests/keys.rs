//! What code finds by a name that AWS gives: keys by their aliases, those that AWS keeps for the account and others that it does not declare, and prefix lists.

#![expect(clippy::expect_used, reason = "a test that cannot go on panics")]

mod tree;

use plumb_iac::mapping::UsedPaths;
use plumb_iac::scan::{Options, scan};
use plumb_model::value::Value;
use plumb_pack::pack::Pack;
use tree::Tree;

/// What a queue names as its key, which is `argument`.
fn key(argument: &str) -> Value {
    let code = format!(
        r#"
provider "aws" {{ region = "eu-west-1" }}
variable "alias" {{}}
data "aws_kms_alias" "aws" {{ name = "alias/aws/sqs" }}
data "aws_kms_alias" "own" {{ name = "alias/orders" }}
data "aws_kms_alias" "unknown" {{ name = var.alias }}
data "aws_kms_key" "aws" {{ key_id = "alias/aws/sqs" }}
data "aws_ec2_managed_prefix_list" "aws" {{ name = "com.amazonaws.global.cloudfront.origin-facing" }}
data "aws_ec2_managed_prefix_list" "own" {{ name = "offices" }}
data "aws_kms_key" "one" {{ key_id = "3b1f6c1e-0000-4000-8000-000000000000" }}
resource "aws_sqs_queue" "q" {{ kms_master_key_id = {argument} }}
"#
    );
    let pack = Pack::builtin().expect("the built-in pack is sound");
    let tree = Tree::of(&[("main.tf", &code)]);
    let paths = ["main.tf".to_owned()];
    let scanned = scan(&pack, &tree, &paths, &UsedPaths::default(), &Options::default());
    assert_eq!(scanned.problems, []);
    let mut resources = scanned
        .stacks
        .into_iter()
        .flat_map(|stack| stack.mapped.resources);
    let (queue, _) = resources.next().expect("a queue");
    queue.get("kms_master_key_id").cloned().unwrap_or_default()
}

#[test]
fn an_alias_stands_for_its_key() {
    let aws = Some("arn:aws:kms:eu-west-1:000000000001:alias/aws/sqs");
    let own = Some("arn:aws:kms:eu-west-1:000000000001:alias/orders");
    let cases = [
        (r#""alias/aws/sqs""#, Some("alias/aws/sqs")),
        ("data.aws_kms_alias.aws.arn", aws),
        ("data.aws_kms_alias.aws.target_key_arn", aws),
        ("data.aws_kms_key.aws.arn", aws),
        ("data.aws_kms_alias.own.target_key_arn", own),
        ("data.aws_kms_alias.own.target_key_id", None),
        ("data.aws_kms_alias.unknown.target_key_arn", None),
        ("data.aws_kms_key.one.arn", None),
        // What AWS keeps is known by its name.
        (
            "data.aws_ec2_managed_prefix_list.aws.id",
            Some("com.amazonaws.global.cloudfront.origin-facing"),
        ),
        ("data.aws_ec2_managed_prefix_list.own.id", None),
    ];
    for (argument, expected) in cases {
        let found = key(argument);
        assert_eq!(found.as_str(), expected, "{argument}");
        let is_unknown = matches!(found, Value::Unreadable(_));
        assert_eq!(is_unknown, expected.is_none(), "{argument}: {found}");
    }
}
