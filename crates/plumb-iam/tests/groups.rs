//! Groups stand for whoever joins them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod support;

use plumb_iam::answer::Decision;
use plumb_iam::directory::Directory;
use plumb_iam::keys::Context;
use plumb_iam::principal::Tags;

use support::OWN;
use support::estate::{READ, decide, managed, organization, read, resource};

const BUCKET: &str = "arn:aws:s3:::b/k";

/// The group `ops` with an inline policy, whose statements are given, and AWS's policy `read`.
fn directory(statements: &str) -> (Directory, String) {
    let policy = "arn:aws:iam::aws:policy/read";
    let group = format!("arn:aws:iam::{OWN}:group/ops");
    let attributes = format!(
        r#"{{"group_policy_list":[{{"policy_name":"own","policy_document":{{"Statement":[{statements}]}}}}],
            "attached_managed_policies":[{{"policy_arn":"{policy}"}}]}}"#
    );
    let account = read(
        OWN,
        &[
            organization(OWN),
            resource(OWN, "aws_iam_group", &group, &attributes),
            managed(OWN, policy, READ),
        ],
    );
    (Directory::new(vec![account]), group)
}

#[test]
fn whoever_joins_has_what_the_group_permits() {
    for (statements, put) in [
        ("", Decision::DeniedImplicit),
        (
            r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#,
            Decision::Allowed,
        ),
        (
            r#"{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}"#,
            Decision::DeniedExplicit,
        ),
        // Who joins is not known.
        (
            r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"aws:username":"ann"}}}"#,
            Decision::AllowedIf,
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}"#,
            Decision::AllowedIf,
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}}"#,
            Decision::DeniedImplicit,
        ),
    ] {
        let (directory, group) = directory(statements);
        assert_eq!(
            decide(&directory, &group, "s3:GetObject", BUCKET),
            Decision::Allowed
        );
        assert_eq!(
            decide(&directory, &group, "s3:PutObject", BUCKET),
            put,
            "{statements}"
        );
    }
}

#[test]
fn a_group_is_nobody_who_can_do_something() {
    let (directory, _) = directory("");
    let asset = directory.asset(BUCKET, OWN, Tags::Unspecified, None);
    let found = directory.who_can("s3:GetObject", &asset, &Context::new());
    let names: Vec<_> = found
        .iter()
        .map(|(member, _)| member.principal.name.to_string())
        .collect();
    assert_eq!(names, [format!("arn:aws:iam::{OWN}:root")]);
}
