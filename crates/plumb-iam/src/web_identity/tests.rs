//! Tests of the roles that tokens are worth.

use plumb_model::account::{Account, Provider};
use plumb_model::coverage::CollectedType;
use plumb_model::value::Map;
use serde_json::json;

use super::*;
use crate::account_iam::AccountIam;

const ISSUER: &str = "https://oidc.example/id/A";
const ROLE: &str = "arn:aws:iam::111122223333:role/r";

fn resource(uid: &str, resource_type: &str, attributes: serde_json::Value) -> Resource {
    let attributes: Map = serde_json::from_value(attributes).unwrap();
    Resource::new(uid, resource_type, "r", "111122223333", "global", attributes)
}

/// An account with a role that these statements open, and with providers that take these audiences.
fn directory(statements: serde_json::Value, providers: &[(&str, serde_json::Value)]) -> Directory {
    let trust = json!({ "Version": "2012-10-17", "Statement": statements });
    let mut resources = vec![resource(
        ROLE,
        "aws_iam_role",
        json!({ "assume_role_policy_document": trust, "attached_managed_policies": [], "role_policy_list": [] }),
    )];
    for (issuer, audiences) in providers {
        let uid = format!("arn:aws:iam::111122223333:oidc-provider/{issuer}");
        resources.push(resource(&uid, PROVIDER, json!({ "client_id_list": audiences })));
    }
    let collected = ["aws_iam_role", PROVIDER].map(|name| CollectedType {
        resource_type: name.into(),
        facts: Vec::new(),
        regions: Vec::new(),
    });
    let coverage = Coverage {
        collected: collected.into(),
        ..Coverage::default()
    };
    let account = Account::new(Provider::Aws, "111122223333");
    let resources: Vec<&Resource> = resources.iter().collect();
    Directory::new(vec![AccountIam::read(&account, &resources, &coverage)])
}

fn decision(directory: &Directory) -> Option<Decision> {
    let subjects = Glob::new("system:serviceaccount:?*:?*", Style::Text);
    let identities = WebIdentity::new(directory);
    let role = identities.roles(ISSUER).next()?;
    let tokens = Tokens {
        issuer: ISSUER,
        subjects: &subjects,
    };
    identities.can(&tokens, role).map(|answer| answer.decision)
}

fn statement(account: &str, condition: serde_json::Value) -> serde_json::Value {
    let provider = format!("arn:aws:iam::{account}:oidc-provider/oidc.example/id/A");
    let action = "sts:AssumeRoleWithWebIdentity";
    json!({ "Effect": "Allow", "Action": action, "Principal": { "Federated": provider }, "Condition": condition })
}

#[test]
fn conditions_on_subject_and_audience_decide() {
    use Decision::{Allowed, AllowedIf, DeniedImplicit};
    let (sub, aud) = ("oidc.example/id/A:sub", "oidc.example/id/A:aud");
    let one = "system:serviceaccount:shop:web";
    for (condition, expected) in [
        (json!({}), Allowed),
        (
            json!({ "StringEquals": { sub: one, aud: "sts.amazonaws.com" } }),
            Allowed,
        ),
        (
            json!({ "StringLike": { sub: "system:serviceaccount:shop:*" } }),
            Allowed,
        ),
        (json!({ "StringLike": { sub: "*" } }), Allowed),
        (
            json!({ "StringNotLike": { sub: "system:serviceaccount:shop:*" } }),
            Allowed,
        ),
        (
            json!({ "StringEqualsIgnoreCase": { sub: "System:ServiceAccount:shop:web" } }),
            Allowed,
        ),
        (
            json!({ "StringEquals": { aud: ["elsewhere", "second"] } }),
            Allowed,
        ),
        (
            json!({ "StringNotEquals": { aud: "sts.amazonaws.com" } }),
            Allowed,
        ),
        (
            json!({ "StringEquals": { sub: one, "sts:RoleSessionName": "x" } }),
            AllowedIf,
        ),
        // Of another shape, literally with a star, for an audience that is not registered, of another issuer.
        (
            json!({ "StringEquals": { sub: "repo:shop/web" } }),
            DeniedImplicit,
        ),
        (
            json!({ "StringEquals": { sub: "system:serviceaccount:shop" } }),
            DeniedImplicit,
        ),
        (
            json!({ "StringEquals": { sub: "system:serviceaccount:shop:*" } }),
            DeniedImplicit,
        ),
        (json!({ "StringEquals": { aud: "elsewhere" } }), DeniedImplicit),
        (
            json!({ "StringEquals": { "oidc.example/id/B:sub": one } }),
            DeniedImplicit,
        ),
    ] {
        let registered = [("oidc.example/id/A", json!(["sts.amazonaws.com", "second"]))];
        let directory = directory(json!([statement("111122223333", condition.clone())]), &registered);
        assert_eq!(decision(&directory), Some(expected), "{condition}");
    }
}

#[test]
fn the_account_of_the_role_must_have_the_provider() {
    let open = || json!([statement("111122223333", json!({}))]);
    let registered = |issuer| [(issuer, json!(["sts.amazonaws.com"]))];
    let none: [(&str, serde_json::Value); 0] = [];
    assert_eq!(decision(&directory(open(), &none)), None);
    assert_eq!(
        decision(&directory(open(), &registered("oidc.example/id/B"))),
        None
    );
    assert_eq!(
        decision(&directory(open(), &registered("https://oidc.example/id/A"))),
        Some(Decision::Allowed)
    );
    // A provider of another account is none.
    let foreign = json!([statement("444455556666", json!({}))]);
    assert_eq!(
        decision(&directory(foreign, &registered("oidc.example/id/A"))),
        Some(Decision::DeniedImplicit)
    );
    // No audience, no token.
    assert_eq!(
        decision(&directory(open(), &[("oidc.example/id/A", json!([]))])),
        None
    );
}

#[test]
fn what_was_not_read_of_a_provider_is_unknown() {
    let denied = json!({ "$unreadable": { "reason": "denied" } });
    for condition in [
        json!({}),
        json!({ "StringEquals": { "oidc.example/id/A:aud": "sts.amazonaws.com" } }),
    ] {
        let statements = json!([statement("111122223333", condition)]);
        let directory = directory(statements, &[("oidc.example/id/A", denied.clone())]);
        assert_eq!(decision(&directory), Some(Decision::Unknown));
    }
}

#[test]
fn roles_for_everybody_are_among_those_of_any_issuer() {
    let everybody = json!([{ "Effect": "Allow", "Action": "sts:*", "Principal": "*" }]);
    let registered = [("oidc.example/id/A", json!(["sts.amazonaws.com"]))];
    assert_eq!(
        decision(&directory(everybody, &registered)),
        Some(Decision::Allowed)
    );
    let service = json!([{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "ec2.amazonaws.com" } }]);
    assert_eq!(decision(&directory(service, &registered)), None);
}
