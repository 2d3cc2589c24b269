//! The organization, as its management account (the first one) and its members see it.

use plumb_model::value::{Text, Value};

use crate::account::{AccountBuilder, account_id, account_name};
use crate::document::{list, map};
use crate::policies;
use crate::{PRODUCTION_SHARE, SHARE_OF, story};

/// The id of the organization.
pub(crate) const ID: &str = "o-acme000001";

const ROOT: &str = "r-ac3e";
const FULL_ACCESS: &str = "p-FullAWSAccess";
const GUARDRAILS: &str = "p-guardrails";
const DEVELOPMENT_REGIONS: &str = "p-devregions";
const NO_FOREIGN_ROLES: &str = "p-noforeignroles";

/// Adds what the account sees of the organization.
pub(crate) fn generate(builder: &mut AccountBuilder) {
    let (id, management) = (builder.id.clone(), account_id(0));
    let manages = builder.position == 0;
    let only = |value: Value| if manages { value } else { Value::Null };
    let policies: Vec<Value> = controls().iter().map(|(id, ..)| brief(id)).collect();
    builder.add(
        "aws_organizations_organization",
        format!("arn:aws:organizations::{id}:organization"),
        "organization",
        "global",
        map! {
            "id": ID, "arn": format!("arn:aws:organizations::{management}:organization/{ID}"), "feature_set": "ALL",
            "master_account_id": management.clone(), "master_account_arn": account_arn(&management),
            "master_account_email": "aws@acme.example", "roots": only(list![root_brief()]), "service_control_policies": only(Value::List(policies)),
            "resource_control_policies": only(list![]), "delegated_administrators": only(list![]), "enabled_service_principals": only(list![]),
            "root_access_features": only(list!["RootCredentialsManagement", "RootSessions"]),
        },
    );
    if manages {
        root(builder);
        for position in 0..builder.accounts {
            account(builder, position);
        }
        control_policies(builder);
    }
}

fn account_arn(account: &str) -> String {
    format!("arn:aws:organizations::{}:account/{ID}/{account}", account_id(0))
}

fn root_arn() -> String {
    format!("arn:aws:organizations::{}:root/{ID}/{ROOT}", account_id(0))
}

fn root_brief() -> Value {
    map! {
        "id": ROOT, "arn": root_arn(), "name": "Root",
        "policy_types": list![map! { "type": "SERVICE_CONTROL_POLICY", "status": "ENABLED" }],
    }
}

fn policy_arn(id: &str) -> String {
    if id == FULL_ACCESS {
        return "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess".to_owned();
    }
    format!(
        "arn:aws:organizations::{}:policy/{ID}/service_control_policy/{id}",
        account_id(0)
    )
}

fn is_production(position: u32) -> bool {
    position % SHARE_OF < PRODUCTION_SHARE
}

/// A control policy: id, name and statements.
type Control = (&'static str, &'static str, Vec<Value>);

fn controls() -> [Control; 4] {
    let region = map! {
        "Sid": "OwnRegionsOnly", "Effect": "Deny", "Resource": "*",
        "NotAction": list!["iam:*", "organizations:*", "sts:*", "s3:*", "support:*", "cloudfront:*", "route53:*", "kms:*"],
        "Condition": map! { "StringNotEquals": map! { "aws:RequestedRegion": list!["eu-central-1", "us-east-1", "us-west-2"] } },
    };
    [
        (
            FULL_ACCESS,
            "FullAWSAccess",
            vec![policies::allow(&["*"], &["*"])],
        ),
        (
            GUARDRAILS,
            "guardrails",
            vec![
                policies::deny(&["organizations:LeaveOrganization"], &["*"]),
                policies::deny(
                    &[
                        "cloudtrail:StopLogging",
                        "cloudtrail:DeleteTrail",
                        "cloudtrail:UpdateTrail",
                    ],
                    &["*"],
                ),
            ],
        ),
        (DEVELOPMENT_REGIONS, "development-regions", vec![region]),
        (
            NO_FOREIGN_ROLES,
            "no-foreign-roles",
            vec![policies::deny(
                &["sts:AssumeRole"],
                &[&format!("arn:aws:iam::*:role/{}", story::ADMINISTRATOR_ROLE)],
            )],
        ),
    ]
}

fn name_of(id: &str) -> &'static str {
    match id {
        FULL_ACCESS => "FullAWSAccess",
        GUARDRAILS => "guardrails",
        DEVELOPMENT_REGIONS => "development-regions",
        _ => "no-foreign-roles",
    }
}

fn brief(id: &str) -> Value {
    map! {
        "id": id, "arn": policy_arn(id), "name": name_of(id), "type": "SERVICE_CONTROL_POLICY", "description": name_of(id),
        "aws_managed": id == FULL_ACCESS,
    }
}

/// The policies that are attached to an account itself.
fn attached_to(position: u32) -> Vec<&'static str> {
    let mut attached = vec![FULL_ACCESS];
    if !is_production(position) {
        attached.push(DEVELOPMENT_REGIONS);
    }
    if position == story::NEAR_MISS_GUARDRAIL {
        attached.push(NO_FOREIGN_ROLES);
    }
    attached
}

fn root(builder: &mut AccountBuilder) {
    let Value::Map(mut document) = root_brief() else {
        return;
    };
    document.insert(
        "service_control_policies",
        list![brief(FULL_ACCESS), brief(GUARDRAILS)],
    );
    document.insert("resource_control_policies", list![]);
    document.insert("tags", map! {});
    builder.add(
        "aws_organizations_root",
        root_arn(),
        "Root",
        "global",
        Value::Map(document),
    );
}

fn account(builder: &mut AccountBuilder, position: u32) {
    let id = account_id(position);
    let name = account_name(position, is_production(position));
    let policies: Vec<Value> = attached_to(position).into_iter().map(brief).collect();
    builder.add(
        "aws_organizations_account",
        account_arn(&id),
        &name,
        "global",
        map! {
            "id": id.clone(), "arn": account_arn(&id), "email": format!("aws+{id}@acme.example"), "status": "ACTIVE", "state": "ACTIVE",
            "joined_method": "CREATED", "joined_timestamp": "2023-05-01T09:00:00Z", "parents": list![map! { "id": ROOT, "type": "ROOT" }],
            "paths": list![format!("{ID}/{ROOT}/{id}/")], "service_control_policies": policies, "resource_control_policies": list![],
            "tags": map! {},
        },
    );
}

fn control_policies(builder: &mut AccountBuilder) {
    for (id, name, statements) in controls() {
        let mut targets = Vec::new();
        if id == FULL_ACCESS || id == GUARDRAILS {
            targets.push(map! { "target_id": ROOT, "arn": root_arn(), "name": "Root", "type": "ROOT" });
        }
        for position in (0..builder.accounts).filter(|position| attached_to(*position).contains(&id)) {
            let account: Text = account_id(position);
            targets.push(map! {
                "target_id": account.clone(), "arn": account_arn(&account), "name": account_name(position, is_production(position)), "type": "ACCOUNT",
            });
        }
        builder.add(
            "aws_organizations_policy",
            policy_arn(id),
            name,
            "global",
            map! {
                "id": id, "arn": policy_arn(id), "name": name, "description": name, "type": "SERVICE_CONTROL_POLICY",
                "aws_managed": id == FULL_ACCESS, "content": policies::document(statements), "targets": targets, "tags": map! {},
            },
        );
    }
}
