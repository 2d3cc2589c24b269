//! What access management has once in every account: the root user, the password policy, groups and the base roles.

use plumb_model::value::Value;

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::managed::{CLOUDWATCH_AGENT, FUNCTION_LOGS, SUPPORT, SYSTEMS_MANAGER};
use crate::policies::{self, Used};
use crate::roles::{self, Profile, Role};
use crate::users;

/// Adds the root user, the password policy, the groups and the roles that every account has.
pub(crate) fn account_wide(builder: &mut AccountBuilder) {
    root_user(builder);
    password_policy(builder);
    users::groups(builder);
    base_roles(builder);
    pipeline(builder);
    if builder.right(30) {
        let role = Role {
            name: "incident-support".to_owned(),
            trust: roles::trust_service("support.amazonaws.com"),
            managed: &[SUPPORT],
            own: Vec::new(),
            inline: Vec::new(),
            boundary: None,
            profile: Profile::Without,
        };
        roles::add(builder, role);
    }
}

fn root_user(builder: &mut AccountBuilder) {
    let id = builder.id.clone();
    let keys = i64::from(!builder.right(93));
    let mfa = i64::from(builder.right(86));
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
}

fn password_policy(builder: &mut AccountBuilder) {
    let id = builder.id.clone();
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
}

/// The roles of the web and app tiers and of functions. Only the app tier reads data: the account's settings.
fn base_roles(builder: &mut AccountBuilder) {
    let (team, id) = (builder.team, builder.id.clone());
    let key = builder.key("eu-central-1");
    let settings = format!("acme-{team}-settings-{id}");
    let bounded = builder.random.percent(25);
    let boundary = bounded.then(|| {
        let most = policies::allow(
            &["s3:*", "kms:*", "logs:*", "cloudwatch:*", "ec2:Describe*"],
            &["*"],
        );
        policies::add(builder, "developer-boundary", vec![most], Used::AsBoundary)
    });
    let web = Role {
        name: format!("{team}-web"),
        trust: roles::trust_service("ec2.amazonaws.com"),
        managed: &[SYSTEMS_MANAGER, CLOUDWATCH_AGENT],
        own: Vec::new(),
        inline: Vec::new(),
        boundary: None,
        profile: Profile::With,
    };
    roles::add(builder, web);
    let app = Role {
        name: format!("{team}-app"),
        trust: roles::trust_service("ec2.amazonaws.com"),
        managed: &[CLOUDWATCH_AGENT],
        own: Vec::new(),
        inline: vec![("settings", policies::read_bucket(&settings, &key))],
        boundary,
        profile: Profile::With,
    };
    roles::add(builder, app);
    let function = Role {
        name: format!("{team}-function"),
        trust: roles::trust_service("lambda.amazonaws.com"),
        managed: &[FUNCTION_LOGS],
        own: Vec::new(),
        inline: Vec::new(),
        boundary: None,
        profile: Profile::Without,
    };
    let arn = roles::add(builder, function);
    builder.made.function_roles.push(arn);
}

/// In some accounts, GitHub's workflows deploy; a few of their roles do not say which repository.
fn pipeline(builder: &mut AccountBuilder) {
    if !builder.random.percent(20) {
        return;
    }
    let id = builder.id.clone();
    let provider = format!("arn:aws:iam::{id}:oidc-provider/token.actions.githubusercontent.com");
    builder.add(
        "aws_iam_openid_connect_provider",
        provider.clone(),
        &provider,
        "global",
        map! {
            "arn": provider.as_str(), "url": "token.actions.githubusercontent.com", "client_id_list": list!["sts.amazonaws.com"],
            "thumbprint_list": list![], "create_date": "2024-01-20T09:00:00Z", "tags": map! {},
        },
    );
    let subject = format!("repo:acme/{}:ref:refs/heads/main", builder.team);
    let subject = builder.right(85).then_some(subject.as_str());
    let trust = roles::trust_github(&id, subject);
    let logs = policies::allow(
        &["s3:PutObject"],
        &[&format!("arn:aws:s3:::{}/deployments/*", builder.log_bucket())],
    );
    let role = Role {
        name: "github-deployment".to_owned(),
        trust,
        managed: &[],
        own: Vec::new(),
        inline: vec![("artifacts", vec![logs])],
        boundary: None,
        profile: Profile::Without,
    };
    roles::add(builder, role);
}
