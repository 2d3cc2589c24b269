//! Roles with their trust, their permissions and their instance profiles.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::managed::{self, CLOUDWATCH_AGENT, FUNCTION_LOGS, SYSTEMS_MANAGER, VIEW_ONLY};
use crate::policies;

/// An account that belongs to nobody in the organization.
pub(crate) const VENDOR: &str = "000099990001";

/// Whether instances can run as a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    With,
    Without,
}

/// A role to be made.
pub(crate) struct Role<'a> {
    pub(crate) name: String,
    pub(crate) trust: Value,
    /// Policies of AWS.
    pub(crate) managed: &'a [&'static str],
    /// ARNs of the account's own policies.
    pub(crate) own: Vec<Text>,
    /// Inline policies: name and statements.
    pub(crate) inline: Vec<(&'static str, Vec<Value>)>,
    pub(crate) boundary: Option<Text>,
    pub(crate) profile: Profile,
}

/// An id such as IAM gives: a prefix and sixteen capitals and digits, always the same for the same name.
pub(crate) fn unique_id(prefix: &str, account: &str, name: &str) -> String {
    let start = 0xcbf2_9ce4_8422_2325_u64;
    let hash = account
        .bytes()
        .chain([b'/'])
        .chain(prefix.bytes())
        .chain(name.bytes())
        .fold(start, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{prefix}X{hash:016X}")
}

/// The trust policy that admits one principal.
pub(crate) fn trust(principal: Value) -> Value {
    policies::document(vec![
        map! { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" },
    ])
}

/// The trust policy that admits a service.
pub(crate) fn trust_service(service: &str) -> Value {
    trust(map! { "Service": service })
}

/// The trust policy that admits a principal by ARN.
pub(crate) fn trust_arn(arn: &str) -> Value {
    trust(map! { "AWS": arn })
}

/// Adds a role and its instance profile; returns the role's ARN.
pub(crate) fn add(builder: &mut AccountBuilder, role: Role<'_>) -> Text {
    let (account, name, tags) = (builder.id.clone(), role.name.as_str(), builder.tags());
    let arn = Text::from(format!("arn:aws:iam::{account}:role/{name}"));
    let id = unique_id("AROA", &account, name);
    let mut attached = managed::attach(builder, role.managed);
    attached.extend(role.own.iter().map(
        |policy| map! { "policy_name": policy.rsplit('/').next().unwrap_or(policy), "policy_arn": policy.clone() },
    ));
    let inline: Vec<Value> = role
        .inline
        .into_iter()
        .map(|(name, statements)| map! { "policy_name": name, "policy_document": policies::document(statements) })
        .collect();
    let boundary = role
        .boundary
        .map(|policy| map! { "permissions_boundary_type": "Policy", "permissions_boundary_arn": policy })
        .unwrap_or_default();
    let profile = |roles: Value| {
        map! {
            "arn": format!("arn:aws:iam::{account}:instance-profile/{name}"), "instance_profile_name": name, "path": "/",
            "instance_profile_id": unique_id("AIPA", &account, name), "create_date": "2024-02-11T12:00:00Z", "roles": roles,
        }
    };
    let brief = map! {
        "arn": arn.clone(), "role_name": name, "role_id": id.as_str(), "path": "/", "create_date": "2024-02-11T12:00:00Z",
        "assume_role_policy_document": role.trust.clone(),
    };
    let profiles = match role.profile {
        Profile::With => list![profile(list![brief.clone()])],
        Profile::Without => list![],
    };
    if role.profile == Profile::With {
        let document = profile(list![brief]);
        builder.add(
            "aws_iam_instance_profile",
            format!("arn:aws:iam::{account}:instance-profile/{name}"),
            name,
            "global",
            document,
        );
    }
    builder.add(
        "aws_iam_role",
        arn.to_string(),
        name,
        "global",
        map! {
            "arn": arn.clone(), "role_name": name, "role_id": id, "path": "/", "create_date": "2024-02-11T12:00:00Z",
            "assume_role_policy_document": role.trust, "attached_managed_policies": attached, "role_policy_list": inline,
            "instance_profile_list": profiles, "permissions_boundary": boundary, "tags": tags,
        },
    );
    arn
}

/// The trust of a role for an account outside the organization.
pub(crate) fn trust_vendor(external_id: Option<&str>) -> Value {
    let principal = map! { "AWS": format!("arn:aws:iam::{VENDOR}:root") };
    match external_id {
        None => trust(principal),
        Some(id) => policies::document(vec![map! {
            "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole",
            "Condition": map! { "StringEquals": map! { "sts:ExternalId": id } },
        }]),
    }
}

/// The trust of a role for GitHub's workflows, of one repository or of any.
pub(crate) fn trust_github(account: &str, subject: Option<&str>) -> Value {
    let mut equals = map! { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" };
    if let (Value::Map(equals), Some(subject)) = (&mut equals, subject) {
        equals.insert("token.actions.githubusercontent.com:sub", Value::from(subject));
    }
    let provider = format!("arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com");
    policies::document(vec![map! {
        "Effect": "Allow", "Principal": map! { "Federated": provider }, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": map! { "StringEquals": equals },
    }])
}

/// Adds a role as accounts have many of. What others than the account's own services can assume shows metadata only.
pub(crate) fn any(builder: &mut AccountBuilder) {
    let (serial, team, account) = (builder.serial(), builder.team, builder.id.clone());
    let simple = |name: String, trust: Value, managed: &'static [&'static str]| Role {
        name,
        trust,
        managed,
        own: Vec::new(),
        inline: Vec::new(),
        boundary: None,
        profile: Profile::Without,
    };
    let role = match builder.random.below(1_000) {
        0..=79 => {
            let external_id = builder.right(60).then_some("7f3c-acme");
            simple(
                format!("{team}-vendor-{serial}"),
                trust_vendor(external_id),
                &[VIEW_ONLY],
            )
        }
        80..=91 => simple(
            format!("{team}-shared-{serial}"),
            trust(Value::from("*")),
            &[CLOUDWATCH_AGENT],
        ),
        92..=170 => simple(
            format!("{team}-operator-{serial}"),
            trust_arn(&format!("arn:aws:iam::{account}:root")),
            &[VIEW_ONLY],
        ),
        171..=400 => Role {
            profile: Profile::With,
            ..simple(
                format!("{team}-machine-{serial}"),
                trust_service("ec2.amazonaws.com"),
                &[SYSTEMS_MANAGER, CLOUDWATCH_AGENT],
            )
        },
        _ => {
            let region = builder.region();
            let key = builder.key(region);
            let pick = usize::try_from(builder.random.below(builder.made.buckets.len() as u64)).unwrap_or(0);
            let statements = match builder.made.buckets.get(pick).cloned() {
                Some(bucket) => policies::read_bucket(&bucket, &key),
                None => vec![policies::allow(&["kms:Decrypt"], &[&key])],
            };
            let role = Role {
                inline: vec![("data", statements)],
                ..simple(
                    format!("{team}-function-{serial}"),
                    trust_service("lambda.amazonaws.com"),
                    &[FUNCTION_LOGS],
                )
            };
            let arn = add(builder, role);
            if builder.made.function_roles.len() < 500 {
                builder.made.function_roles.push(arn);
            }
            return;
        }
    };
    add(builder, role);
}
