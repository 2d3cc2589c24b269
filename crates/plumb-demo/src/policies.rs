//! Customer-managed policies, and the roles that they are attached to.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::managed::FUNCTION_LOGS;
use crate::roles::{self, Profile, Role};

/// Whether a policy is attached or bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Used {
    Attached,
    AsBoundary,
}

/// A policy document.
pub(crate) fn document(statements: Vec<Value>) -> Value {
    map! { "Version": "2012-10-17", "Statement": statements }
}

/// A statement that allows actions on resources.
pub(crate) fn allow(actions: &[&str], resources: &[&str]) -> Value {
    statement("Allow", actions, resources)
}

/// A statement that denies actions on resources.
pub(crate) fn deny(actions: &[&str], resources: &[&str]) -> Value {
    statement("Deny", actions, resources)
}

fn statement(effect: &str, actions: &[&str], resources: &[&str]) -> Value {
    let texts = |list: &[&str]| match list {
        [one] => Value::from(*one),
        more => Value::List(more.iter().map(|text| Value::from(*text)).collect()),
    };
    map! { "Effect": effect, "Action": texts(actions), "Resource": texts(resources) }
}

/// The statements that let a role read one bucket and decrypt what is in it.
pub(crate) fn read_bucket(bucket: &str, key: &str) -> Vec<Value> {
    vec![
        allow(&["s3:ListBucket"], &[&format!("arn:aws:s3:::{bucket}")]),
        allow(&["s3:GetObject"], &[&format!("arn:aws:s3:::{bucket}/*")]),
        allow(&["kms:Decrypt"], &[key]),
    ]
}

/// Adds a policy with two versions, of which the second is in force; returns its ARN.
pub(crate) fn add(builder: &mut AccountBuilder, name: &str, statements: Vec<Value>, used: Used) -> Text {
    let arn = Text::from(format!("arn:aws:iam::{}:policy/{name}", builder.id));
    let (attached, bounds) = match used {
        Used::Attached => (1, 0),
        Used::AsBoundary => (0, 1),
    };
    let first = document(vec![allow(&["logs:PutLogEvents"], &["*"])]);
    builder.add(
        "aws_iam_policy",
        arn.to_string(),
        name,
        "global",
        map! {
            "arn": arn.clone(), "policy_name": name, "policy_id": roles::unique_id("ANPA", &builder.id.clone(), name), "path": "/",
            "attachment_count": attached, "permissions_boundary_usage_count": bounds, "is_attachable": true, "default_version_id": "v2",
            "create_date": "2024-05-11T08:00:00Z", "tags": map! {},
            "policy_version_list": list![
                map! { "version_id": "v2", "is_default_version": true, "create_date": "2025-05-11T08:00:00Z", "document": document(statements) },
                map! { "version_id": "v1", "is_default_version": false, "create_date": "2024-05-11T08:00:00Z", "document": first },
            ],
        },
    );
    arn
}

/// Adds a policy and the role that has it. Most name what they are for; a few allow far more than that.
pub(crate) fn with_role(builder: &mut AccountBuilder) {
    let serial = builder.serial();
    let name = format!("{}-access-{serial}", builder.team);
    let region = builder.region();
    let statements = if !builder.right(94) {
        vec![allow(&["*"], &["*"])]
    } else if !builder.right(82) {
        vec![allow(&["s3:*"], &["*"])]
    } else if !builder.right(90) {
        match builder.random.below(4) {
            0 => vec![allow(
                &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
                &["*"],
            )],
            1 => vec![allow(&["iam:CreatePolicyVersion"], &["*"])],
            2 => vec![allow(&["iam:PutRolePolicy", "iam:GetRole"], &["*"])],
            _ => vec![allow(&["ssm:SendCommand", "ssm:GetCommandInvocation"], &["*"])],
        }
    } else {
        let key = builder.key(region);
        match builder.made.buckets.last().cloned() {
            Some(bucket) => read_bucket(&bucket, &key),
            None => vec![allow(&["kms:Decrypt", "kms:DescribeKey"], &[&key])],
        }
    };
    let arn = add(builder, &name, statements, Used::Attached);
    let role = Role {
        name: format!("{}-worker-{serial}", builder.team),
        trust: roles::trust_service("ecs-tasks.amazonaws.com"),
        managed: &[FUNCTION_LOGS],
        own: vec![arn],
        inline: Vec::new(),
        boundary: None,
        profile: Profile::Without,
    };
    roles::add(builder, role);
}
