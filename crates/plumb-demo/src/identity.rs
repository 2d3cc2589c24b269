//! Users, roles, policies and the settings of access management.

use plumb_model::value::Value;

use crate::account::AccountBuilder;
use crate::document::{list, map};

/// Adds the root user, the password policy and the groups.
pub(crate) fn account_wide(builder: &mut AccountBuilder) {
    let id = builder.id.clone();
    let keys = i64::from(!builder.right(97));
    let mfa = i64::from(builder.right(90));
    let devices = if builder.right(45) {
        list![]
    } else {
        list![map! { "serial_number": format!("arn:aws:iam::{id}:mfa/root-account-mfa-device") }]
    };
    let last_used = if builder.right(80) {
        Value::from("2025-11-03T09:12:44Z")
    } else {
        Value::from("2026-11-18T16:40:02Z")
    };
    builder.add(
        "aws_iam_root_user",
        format!("arn:aws:iam::{id}:root"),
        "root",
        "global",
        map! {
            "account_summary": map! { "AccountAccessKeysPresent": keys, "AccountMFAEnabled": mfa, "AccountPasswordPresent": 1 },
            "virtual_mfa_devices": devices,
            "credential_report": map! { "user": "<root_account>", "password_enabled": Value::Null, "password_last_used": last_used },
        },
    );
    let length = if builder.right(55) { 14 } else { 8 };
    let remembered = if builder.right(50) {
        Value::Int(24)
    } else {
        Value::Null
    };
    builder.add(
        "aws_iam_account_password_policy",
        format!("arn:aws:iam::{id}:password-policy"),
        "password policy",
        "global",
        map! { "minimum_password_length": length, "password_reuse_prevention": remembered, "require_symbols": true },
    );
    builder.add(
        "aws_iam_group",
        format!("arn:aws:iam::{id}:group/engineers"),
        "engineers",
        "global",
        map! { "arn": format!("arn:aws:iam::{id}:group/engineers"), "group_name": "engineers", "path": "/",
            "attached_managed_policies": list![map! { "policy_name": "ReadOnlyAccess", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess" }],
            "group_policy_list": list![] },
    );
    if builder.right(30) {
        let trust = trust(map! { "Service": "support.amazonaws.com" });
        add_role(
            builder,
            "incident-support",
            trust,
            list![
                map! { "policy_name": "AWSSupportAccess", "policy_arn": "arn:aws:iam::aws:policy/AWSSupportAccess" }
            ],
        );
    }
}

/// Adds a user.
pub(crate) fn user(builder: &mut AccountBuilder) {
    let (id, serial) = (builder.id.clone(), builder.serial());
    let name = format!(
        "{}-{serial}",
        builder.random.pick(&[
            "anna", "ben", "chloe", "deploy", "etl", "farid", "grace", "backup"
        ])
    );
    let console = builder.random.percent(55);
    let mfa = builder.right(85);
    let recent = builder.right(75);
    let rotated = if builder.right(45) {
        "2026-10-02T10:00:00Z"
    } else {
        "2025-01-15T10:00:00Z"
    };
    let used = if recent {
        "2026-11-19T07:30:00Z"
    } else {
        "2026-05-02T11:00:00Z"
    };
    let key = builder.random.percent(60);
    let second = key && !builder.right(92);
    let direct = !builder.right(65);
    let attached = if direct {
        list![
            map! { "policy_name": "PowerUserAccess", "policy_arn": "arn:aws:iam::aws:policy/PowerUserAccess" }
        ]
    } else {
        list![]
    };
    let admin = !builder.right(93);
    let attached = if admin {
        list![
            map! { "policy_name": "AdministratorAccess", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess" }
        ]
    } else {
        attached
    };
    let tags = builder.tags();
    let key_date = |active: bool, date: &'static str| if active { Value::from(date) } else { Value::Null };
    builder.add(
        "aws_iam_user",
        format!("arn:aws:iam::{id}:user/{name}"),
        &name,
        "global",
        map! {
            "arn": format!("arn:aws:iam::{id}:user/{name}"),
            "user_name": name.as_str(),
            "path": "/",
            "create_date": "2024-06-01T09:00:00Z",
            "group_list": list!["engineers"],
            "attached_managed_policies": attached,
            "user_policy_list": list![],
            "credential_report": map! {
                "user": name.as_str(), "password_enabled": console, "mfa_active": console && mfa,
                "user_creation_time": "2024-06-01T09:00:00Z",
                "password_last_used": key_date(console, used), "password_last_changed": key_date(console, "2026-08-01T09:00:00Z"),
                "access_key_1_active": key, "access_key_1_last_rotated": key_date(key, rotated), "access_key_1_last_used_date": key_date(key, used),
                "access_key_2_active": second, "access_key_2_last_rotated": key_date(second, "2024-07-01T09:00:00Z"), "access_key_2_last_used_date": Value::Null,
            },
            "tags": tags,
        },
    );
}

/// Adds a role.
pub(crate) fn role(builder: &mut AccountBuilder) {
    let serial = builder.serial();
    let service = builder.random.pick(&[
        "ec2.amazonaws.com",
        "lambda.amazonaws.com",
        "ecs-tasks.amazonaws.com",
    ]);
    let name = format!(
        "{}-{}-{serial}",
        builder.team,
        service.split('.').next().unwrap_or("service")
    );
    let trust = if builder.random.percent(10) {
        let principal = map! { "AWS": "arn:aws:iam::000099990001:root" };
        if builder.right(60) {
            map! { "Version": "2012-10-17", "Statement": list![map! { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole",
            "Condition": map! { "StringEquals": map! { "sts:ExternalId": "7f3c" } } }] }
        } else {
            trust(principal)
        }
    } else if builder.random.basis_points(120) {
        trust(Value::from("*"))
    } else {
        trust(map! { "Service": service })
    };
    let policy = builder.random.pick(&[
        "AmazonS3ReadOnlyAccess",
        "CloudWatchAgentServerPolicy",
        "AmazonSSMManagedInstanceCore",
    ]);
    add_role(
        builder,
        &name,
        trust,
        list![map! { "policy_name": policy, "policy_arn": format!("arn:aws:iam::aws:policy/{policy}") }],
    );
}

fn trust(principal: Value) -> Value {
    map! { "Version": "2012-10-17", "Statement": list![map! { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }] }
}

fn add_role(builder: &mut AccountBuilder, name: &str, trust: Value, attached: Value) {
    let id = builder.id.clone();
    let tags = builder.tags();
    builder.add(
        "aws_iam_role",
        format!("arn:aws:iam::{id}:role/{name}"),
        name,
        "global",
        map! {
            "arn": format!("arn:aws:iam::{id}:role/{name}"), "role_name": name, "path": "/",
            "create_date": "2024-02-11T12:00:00Z", "assume_role_policy_document": trust,
            "attached_managed_policies": attached, "role_policy_list": list![], "tags": tags,
        },
    );
}

/// Adds a customer-managed policy.
pub(crate) fn policy(builder: &mut AccountBuilder) {
    let (id, serial) = (builder.id.clone(), builder.serial());
    let name = format!("{}-access-{serial}", builder.team);
    let statement = if !builder.right(92) {
        map! { "Effect": "Allow", "Action": "*", "Resource": "*" }
    } else if !builder.right(80) {
        map! { "Effect": "Allow", "Action": "s3:*", "Resource": "*" }
    } else if !builder.right(88) {
        map! { "Effect": "Allow", "Action": list!["iam:PassRole", "ec2:RunInstances"], "Resource": "*" }
    } else {
        map! { "Effect": "Allow", "Action": list!["s3:GetObject", "s3:ListBucket"], "Resource": format!("arn:aws:s3:::acme-{}-*", builder.team) }
    };
    builder.add(
        "aws_iam_policy",
        format!("arn:aws:iam::{id}:policy/{name}"),
        &name,
        "global",
        map! {
            "arn": format!("arn:aws:iam::{id}:policy/{name}"), "policy_name": name.as_str(), "path": "/", "attachment_count": 1,
            "default_version_id": "v1",
            "policy_version_list": list![map! { "version_id": "v1", "is_default_version": true,
                "document": map! { "Version": "2012-10-17", "Statement": list![statement] } }],
        },
    );
}
