//! Users and their credentials.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::managed::{self, CHANGE_PASSWORD, CLOUDWATCH_AGENT};

/// A second factor of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Factor {
    Device,
    None,
}

/// A user to be made.
pub(crate) struct User<'a> {
    pub(crate) name: &'a str,
    pub(crate) groups: Value,
    /// Policies of AWS that are attached directly.
    pub(crate) managed: &'a [&'static str],
    pub(crate) console: bool,
    pub(crate) factor: Factor,
    /// When the first access key was rotated last, where there is one.
    pub(crate) key_rotated: Option<&'static str>,
    pub(crate) second_key: bool,
    pub(crate) last_used: &'static str,
}

/// Adds a user. Administrators have a second factor; those without one may look at little.
pub(crate) fn user(builder: &mut AccountBuilder) {
    let serial = builder.serial();
    let name = format!(
        "{}-{serial}",
        builder.random.pick(&[
            "anna", "ben", "chloe", "deploy", "etl", "farid", "grace", "backup"
        ])
    );
    let console = builder.random.percent(55);
    let factor = if console && builder.right(65) {
        Factor::Device
    } else {
        Factor::None
    };
    let last_used = if builder.right(75) {
        "2026-11-19T07:30:00Z"
    } else {
        "2026-05-02T11:00:00Z"
    };
    let rotated = if builder.right(45) {
        "2026-10-02T10:00:00Z"
    } else {
        "2025-01-15T10:00:00Z"
    };
    let key_rotated = builder.random.percent(60).then_some(rotated);
    let second_key = key_rotated.is_some() && !builder.right(92);
    let (direct, trusted) = (!builder.right(65), factor == Factor::Device);
    let managed: &[&'static str] = match (direct, trusted && !builder.right(86)) {
        (_, true) => &[managed::ADMINISTRATOR],
        (true, false) if trusted => &[managed::POWER_USER],
        (true, false) => &[CLOUDWATCH_AGENT],
        (false, false) => &[],
    };
    let groups = if trusted && builder.random.percent(20) {
        list!["engineers", "auditors"]
    } else {
        list!["engineers"]
    };
    add(
        builder,
        &User {
            name: &name,
            groups,
            managed,
            console,
            factor,
            key_rotated,
            second_key,
            last_used,
        },
    );
}

/// Adds a user; returns its ARN.
pub(crate) fn add(builder: &mut AccountBuilder, user: &User<'_>) -> Text {
    let (account, name) = (builder.id.clone(), user.name);
    let arn = Text::from(format!("arn:aws:iam::{account}:user/{name}"));
    let attached = managed::attach(builder, user.managed);
    let tags = builder.tags();
    let date = |active: bool, date: &'static str| if active { Value::from(date) } else { Value::Null };
    let (has_key, rotated) = (user.key_rotated.is_some(), user.key_rotated.unwrap_or_default());
    let device = user.factor == Factor::Device;
    let devices = if device {
        list![
            map! { "serial_number": format!("arn:aws:iam::{account}:mfa/{name}"), "user_name": name, "enable_date": "2024-06-02T09:00:00Z" }
        ]
    } else {
        list![]
    };
    builder.add(
        "aws_iam_user",
        arn.to_string(),
        name,
        "global",
        map! {
            "arn": arn.clone(), "user_name": name, "user_id": crate::roles::unique_id("AIDA", &account, name), "path": "/",
            "create_date": "2024-06-01T09:00:00Z", "group_list": user.groups.clone(), "attached_managed_policies": attached,
            "user_policy_list": list![], "mfa_devices": devices,
            "credential_report": map! {
                "user": name, "arn": arn.clone(), "password_enabled": user.console, "mfa_active": device,
                "user_creation_time": "2024-06-01T09:00:00Z", "password_last_used": date(user.console, user.last_used),
                "password_last_changed": date(user.console, "2026-08-01T09:00:00Z"),
                "access_key_1_active": has_key, "access_key_1_last_rotated": date(has_key, rotated),
                "access_key_1_last_used_date": date(has_key, user.last_used), "access_key_2_active": user.second_key,
                "access_key_2_last_rotated": date(user.second_key, "2024-07-01T09:00:00Z"), "access_key_2_last_used_date": Value::Null,
            },
            "tags": tags,
        },
    );
    arn
}

/// Adds a group.
pub(crate) fn group(
    builder: &mut AccountBuilder,
    name: &str,
    names: &[&'static str],
    inline: Vec<(&'static str, Vec<Value>)>,
) {
    let account = builder.id.clone();
    let arn = format!("arn:aws:iam::{account}:group/{name}");
    let attached = managed::attach(builder, names);
    let inline: Vec<Value> = inline
        .into_iter()
        .map(|(name, statements)| map! { "policy_name": name, "policy_document": crate::policies::document(statements) })
        .collect();
    builder.add(
        "aws_iam_group",
        arn.clone(),
        name,
        "global",
        map! {
            "arn": arn, "group_name": name, "group_id": crate::roles::unique_id("AGPA", &account, name), "path": "/",
            "create_date": "2024-01-10T09:00:00Z", "attached_managed_policies": attached, "group_policy_list": inline,
        },
    );
}

/// Adds the groups that every account has.
pub(crate) fn groups(builder: &mut AccountBuilder) {
    let own = crate::policies::allow(
        &["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"],
        &[
            "arn:aws:iam::*:mfa/${aws:username}",
            "arn:aws:iam::*:user/${aws:username}",
        ],
    );
    group(
        builder,
        "engineers",
        &[managed::VIEW_ONLY, CHANGE_PASSWORD],
        vec![("own-second-factor", vec![own])],
    );
    group(
        builder,
        "auditors",
        &[managed::SECURITY_AUDIT, managed::READ_ONLY],
        Vec::new(),
    );
}
