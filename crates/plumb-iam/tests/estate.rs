//! From resource documents to answers: accounts, groups, managed policies, classes, grants.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod support;

use plumb_iam::account_iam::AccountIam;
use plumb_iam::answer::Decision;
use plumb_iam::directory::{Directory, resource_policy};
use plumb_iam::keys::Context;
use plumb_iam::kms;
use plumb_iam::library::Library;
use plumb_iam::outsiders::outsiders;
use plumb_iam::principal::{Principal, PrincipalKind, Stewardship, Tags};
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::Coverage;
use plumb_model::value::Value;

use support::estate::{READ, decide, managed, member, read, resource, role};
use support::{OTHER, OWN, value};

#[test]
fn users_get_what_their_groups_and_policies_allow() {
    let arn = format!("arn:aws:iam::{OWN}:policy/read");
    let user = |name: &str, groups: &str| {
        resource(
            OWN,
            "aws_iam_user",
            &format!("arn:aws:iam::{OWN}:user/{name}"),
            &format!(r#"{{"group_list":{groups}}}"#),
        )
    };
    let group = format!(
        r#"{{"attached_managed_policies":[{{"policy_arn":"{arn}"}}],
        "group_policy_list":[{{"policy_name":"queues","policy_document":{{"Statement":{{"Effect":"Allow","Action":"sqs:*","Resource":"*"}}}}}}]}}"#
    );
    let directory = Directory::new(vec![read(
        OWN,
        &[
            user("ann", r#"["readers"]"#),
            user("bob", "[]"),
            user("eve", r#"["missing"]"#),
            user("kim", r#"{"$unreadable":{"reason":"throttled"}}"#),
            resource(
                OWN,
                "aws_iam_group",
                &format!("arn:aws:iam::{OWN}:group/readers"),
                &group,
            ),
            managed(OWN, &arn, READ),
        ],
    )]);
    for (name, action, expected) in [
        ("ann", "s3:GetObject", Decision::Allowed),
        ("ann", "sqs:SendMessage", Decision::Allowed),
        ("ann", "s3:PutObject", Decision::DeniedImplicit),
        ("bob", "s3:GetObject", Decision::DeniedImplicit),
        ("eve", "s3:GetObject", Decision::Unknown),
        ("kim", "s3:GetObject", Decision::Unknown),
    ] {
        let user = format!("arn:aws:iam::{OWN}:user/{name}");
        assert_eq!(
            decide(&directory, &user, action, "arn:aws:s3:::b/k"),
            expected,
            "{name} {action}"
        );
    }
}

#[test]
fn missing_policies_and_boundaries_are_unknown() {
    let arn = format!("arn:aws:iam::{OWN}:policy/read");
    let attached = |arn: &str| format!(r#""attached_managed_policies":[{{"policy_arn":"{arn}"}}]"#);
    let boundary = r#""permissions_boundary":{"permissions_boundary_arn":"arn:aws:iam::aws:policy/gone"}"#;
    let directory = Directory::new(vec![read(
        OWN,
        &[
            role(OWN, "good", &attached(&arn)),
            role(OWN, "gone", &attached("arn:aws:iam::aws:policy/gone")),
            role(OWN, "bounded", &format!("{},{boundary}", attached(&arn))),
            role(
                OWN,
                "denied",
                r#""attached_managed_policies":{"$unreadable":{"reason":"denied"}}"#,
            ),
            managed(OWN, &arn, READ),
        ],
    )]);
    for (name, expected) in [
        ("good", Decision::Allowed),
        ("gone", Decision::Unknown),
        ("bounded", Decision::Unknown),
        ("denied", Decision::Unknown),
    ] {
        let role = format!("arn:aws:iam::{OWN}:role/{name}");
        assert_eq!(
            decide(&directory, &role, "s3:GetObject", "arn:aws:s3:::b/k"),
            expected,
            "{name}"
        );
    }
}

#[test]
fn principals_of_equal_power_share_a_class() {
    let inline = |statement: &str| {
        format!(
            r#""role_policy_list":[{{"policy_name":"p","policy_document":{{"Version":"2012-10-17","Statement":{statement}}}}}]"#
        )
    };
    let plain = inline(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
    let tagged = inline(
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}"#,
    );
    let with_tag = |tag: &str| format!(r#"{tagged},"tags":{{"team":"{tag}"}}"#);
    let own_home = inline(
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/o":"${aws:PrincipalArn}"}}}"#,
    );
    let directory = Directory::new(vec![read(
        OWN,
        &[
            role(OWN, "a1", &plain),
            role(OWN, "a2", &plain),
            role(OWN, "red1", &with_tag("red")),
            role(OWN, "red2", &with_tag("red")),
            role(OWN, "blue", &with_tag("blue")),
            role(OWN, "green", &with_tag("green")),
            role(OWN, "home1", &own_home),
            role(OWN, "home2", &own_home),
        ],
    )]);
    let class = |name: &str| {
        directory
            .principal(&format!("arn:aws:iam::{OWN}:role/{name}"))
            .unwrap()
            .class
    };
    assert_eq!(class("a1"), class("a2"));
    assert_eq!(class("red1"), class("red2"));
    assert_eq!(class("blue"), class("green"));
    assert_ne!(class("red1"), class("blue"));
    assert_ne!(class("home1"), class("home2"));
    assert_eq!(
        directory
            .classes()
            .map(|(_, members)| members.len())
            .sum::<usize>(),
        9
    );
    let asset = directory.asset("arn:aws:s3:::b/k", OWN, Tags::Known(Vec::new()), None);
    let found = directory.who_can("s3:GetObject", &asset, &Context::new());
    let names: Vec<_> = found
        .iter()
        .map(|(member, _)| member.principal.friendly_name().unwrap_or("root"))
        .collect();
    assert_eq!(names, ["a1", "a2", "red1", "red2", "root"]);
}

#[test]
fn grants_and_unread_policies_of_resources_count() {
    let directory = Directory::new(vec![read(OWN, &[role(OWN, "app", r#""role_policy_list":null"#)])]);
    let app = directory
        .principal(&format!("arn:aws:iam::{OWN}:role/app"))
        .unwrap();
    let key = format!("arn:aws:kms:eu-west-1:{OWN}:key/k");
    let grants = value(&format!(
        r#"[{{"grant_id":"g","grantee_principal":"{}","operations":["Decrypt"]}}]"#,
        app.principal.name
    ));
    let asset = |policy: Option<&Value>, grants: Option<&Value>| {
        let policy = resource_policy(&key, "policy", policy);
        directory
            .asset(&key, OWN, Tags::Unspecified, policy)
            .with_grants(kms::grants(&key, grants))
    };
    let unread = value(r#"{"$unreadable":{"reason":"denied"}}"#);
    let none = value("null");
    for (policy, grants, action, expected) in [
        (Some(&none), Some(&grants), "kms:Decrypt", Decision::Allowed),
        (
            Some(&none),
            Some(&grants),
            "kms:Encrypt",
            Decision::DeniedImplicit,
        ),
        (Some(&none), Some(&unread), "kms:Decrypt", Decision::Unknown),
        (Some(&unread), Some(&none), "kms:Decrypt", Decision::Unknown),
        (None, Some(&none), "kms:Decrypt", Decision::Unknown),
        (Some(&none), Some(&none), "kms:Decrypt", Decision::DeniedImplicit),
    ] {
        let answer = directory.can(app, action, &asset(policy, grants), &Context::new());
        assert_eq!(answer.decision, expected, "{policy:?} {grants:?} {action}");
    }
}

#[test]
fn roles_are_assumed_as_their_trust_says() {
    let target = resource(
        OTHER,
        "aws_iam_role",
        &format!("arn:aws:iam::{OTHER}:role/target"),
        &format!(
            r#"{{"assume_role_policy_document":{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"{OWN}"}},
                "Condition":{{"StringEquals":{{"sts:ExternalId":"x"}}}}}}}}}}"#
        ),
    );
    let directory = Directory::new(vec![member(OWN), read(OTHER, &[target])]);
    let own = directory
        .principal(&format!("arn:aws:iam::{OWN}:role/all"))
        .unwrap();
    let target = directory
        .principal(&format!("arn:aws:iam::{OTHER}:role/target"))
        .unwrap();
    let asset = directory.role_asset(target);
    let open = directory.can(own, "sts:AssumeRole", &asset, &Context::new());
    assert_eq!(open.decision, Decision::AllowedIf);
    let known = Context::new().with("sts:ExternalId", "x");
    assert_eq!(
        directory.can(own, "sts:AssumeRole", &asset, &known).decision,
        Decision::Allowed
    );
    let anybody = directory.can_outsider(&Principal::anonymous(), "sts:AssumeRole", &asset, &known);
    assert_eq!(anybody.decision, Decision::DeniedImplicit);
    let any = directory.can_outsider(&Principal::any_of_account(OWN), "sts:AssumeRole", &asset, &known);
    assert_eq!(any.decision, Decision::Allowed);
    assert_eq!(any.caveats.len(), 3, "{:?}", any.caveats);
}

#[test]
fn strangers_reach_a_public_bucket_unless_it_is_restricted() {
    let partner = "arn:aws:iam::777788889999:role/partner";
    let policy = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Principal":"*"}},
            {{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Principal":{{"AWS":["{partner}","{OWN}"],"Service":"logging.s3.amazonaws.com"}}}}]}}"#
    );
    let directory = Directory::new(vec![member(OWN)]);
    let bucket = |settings: &str| {
        let attributes = format!(r#"{{"policy":{policy},"public_access_block":{settings},"acl":null}}"#);
        resource(OWN, "aws_s3_bucket", "arn:aws:s3:::b", &attributes)
    };
    let null = value("null");
    let open = directory.bucket_asset(&bucket("null"), Some(&null));
    let outsiders = outsiders(&directory, &open);
    let kinds: Vec<_> = outsiders.iter().map(|principal| principal.kind).collect();
    assert_eq!(
        kinds,
        [
            PrincipalKind::Anonymous,
            PrincipalKind::AnyOfAccount,
            PrincipalKind::AnyOfAccount,
            PrincipalKind::Service
        ]
    );
    for (settings, action, expected) in [
        (
            "null",
            "s3:GetObject",
            [
                Decision::Allowed,
                Decision::Allowed,
                Decision::Allowed,
                Decision::Allowed,
            ],
        ),
        (
            "null",
            "s3:PutObject",
            [
                Decision::DeniedImplicit,
                Decision::DeniedImplicit,
                Decision::AllowedIf,
                Decision::Allowed,
            ],
        ),
        (
            r#"{"restrict_public_buckets":true}"#,
            "s3:GetObject",
            [
                Decision::DeniedImplicit,
                Decision::DeniedImplicit,
                Decision::DeniedImplicit,
                Decision::Allowed,
            ],
        ),
        (
            r#"{"$unreadable":{"reason":"denied"}}"#,
            "s3:GetObject",
            [
                Decision::Unknown,
                Decision::Unknown,
                Decision::Unknown,
                Decision::Allowed,
            ],
        ),
    ] {
        let asset = directory.bucket_asset(&bucket(settings), Some(&null));
        let decisions: Vec<_> = outsiders
            .iter()
            .map(|principal| {
                directory
                    .can_outsider(principal, action, &asset, &Context::over_tls())
                    .decision
            })
            .collect();
        assert_eq!(decisions, expected, "{settings} {action}");
    }
}

#[test]
fn absurd_numbers_of_groups_and_policies_are_bounded() {
    let groups = vec![r#""g""#; 50_000].join(",");
    let attached = vec![r#"{"policy_arn":"arn:aws:iam::aws:policy/read"}"#; 50_000].join(",");
    let directory = Directory::new(vec![read(
        OWN,
        &[
            resource(
                OWN,
                "aws_iam_user",
                &format!("arn:aws:iam::{OWN}:user/ann"),
                &format!(r#"{{"group_list":[{groups}]}}"#),
            ),
            resource(
                OWN,
                "aws_iam_group",
                &format!("arn:aws:iam::{OWN}:group/g"),
                r#"{"group_policy_list":[]}"#,
            ),
            role(
                OWN,
                "many",
                &format!(r#""attached_managed_policies":[{attached}]"#),
            ),
            managed(OWN, "arn:aws:iam::aws:policy/read", READ),
        ],
    )]);
    let ann = directory
        .principal(&format!("arn:aws:iam::{OWN}:user/ann"))
        .unwrap();
    assert!(ann.policies.identity.is_empty());
    let many = format!("arn:aws:iam::{OWN}:role/many");
    assert_eq!(
        decide(&directory, &many, "s3:PutObject", "arn:aws:s3:::b/k"),
        Decision::Unknown
    );
    assert_eq!(
        decide(&directory, &many, "s3:GetObject", "arn:aws:s3:::b/k"),
        Decision::Unknown
    );
    assert!(directory.principal(&many).unwrap().policies.identity.len() < 2_000);
}

#[test]
fn a_library_keeps_equal_documents_once() {
    let arn = "arn:aws:iam::aws:policy/read";
    let attached = format!(r#""attached_managed_policies":[{{"policy_arn":"{arn}"}}]"#);
    let account = |id: &str| {
        read(
            id,
            &[
                role(id, "a", &attached),
                role(id, "b", &attached),
                managed(id, arn, READ),
            ],
        )
    };
    let mut library = Library::new();
    for id in [OWN, OTHER] {
        library.share(&mut account(id));
    }
    // The managed policy and the trust policy that all roles have.
    assert_eq!(library.len(), 2);
}

#[test]
fn gaps_are_told_and_roles_of_aws_are_marked() {
    let linked = role(
        OWN,
        "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        r#""role_policy_list":null"#,
    );
    let directory = Directory::new(vec![read(OWN, &[linked])]);
    let found = directory
        .principals()
        .iter()
        .find(|member| member.principal.name.contains("ECS"))
        .unwrap();
    assert_eq!(found.principal.stewardship, Stewardship::ServiceLinked);
    assert!(directory.gaps().is_empty());
    let account = Account::new(Provider::Aws, OWN);
    let blind = Directory::new(vec![AccountIam::read(&account, &[], &Coverage::default())]);
    assert_eq!(blind.gaps().len(), 2);
}
