//! From resource documents to answers: accounts, groups, managed policies, organizations, classes.

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
use plumb_iam::principal::{Membership, Principal, PrincipalKind, Stewardship, Tags};
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage};
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Value};

use support::{OTHER, OWN, value};

const MANAGEMENT: &str = "999900001111";

const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;

fn resource(account: &str, resource_type: &str, uid: &str, attributes: &str) -> Resource {
    let Value::Map(map) = value(attributes) else {
        panic!("attributes are a map");
    };
    let name = uid.rsplit('/').next().unwrap();
    Resource::new(uid, resource_type, name, account, "global", Map::clone(&map))
}

fn role(account: &str, name: &str, attributes: &str) -> Resource {
    let trust = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}"#;
    let uid = format!("arn:aws:iam::{account}:role/{name}");
    let attributes = format!(r#"{{"assume_role_policy_document":{trust},{attributes}}}"#);
    resource(account, "aws_iam_role", &uid, &attributes)
}

fn managed(account: &str, arn: &str, document: &str) -> Resource {
    let attributes = format!(
        r#"{{"policy_version_list":[{{"is_default_version":false,"document":{{}}}},{{"is_default_version":true,"document":{document}}}]}}"#
    );
    resource(account, "aws_iam_policy", arn, &attributes)
}

fn organization(account: &str) -> Resource {
    let attributes = format!(r#"{{"id":"o-1","master_account_id":"{MANAGEMENT}"}}"#);
    resource(
        account,
        "aws_organizations_organization",
        &format!("organization/{account}"),
        &attributes,
    )
}

fn read(account: &str, resources: &[Resource]) -> AccountIam {
    let collected = |name: &str| CollectedType {
        resource_type: name.into(),
        facts: Vec::new(),
        regions: vec!["global".into()],
    };
    let coverage = Coverage {
        collected: vec![collected("aws_iam_role"), collected("aws_iam_user")],
        ..Coverage::default()
    };
    let resources: Vec<_> = resources.iter().collect();
    AccountIam::read(&Account::new(Provider::Aws, account), &resources, &coverage)
}

fn decide(directory: &Directory, principal: &str, action: &str, arn: &str) -> Decision {
    let member = directory.principal(principal).unwrap();
    let account = member.principal.account.clone().unwrap();
    let asset = directory.asset(arn, &account, Tags::Unspecified, None);
    directory.can(member, action, &asset, &Context::new()).decision
}

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

/// A management account's view: `OWN` stands in a unit below the root.
fn management(targets: &str, extra: Vec<Resource>) -> AccountIam {
    let full = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let no_queues = r#"{"Statement":{"Effect":"Deny","Action":"sqs:*","Resource":"*"}}"#;
    let policy = |id: &str, content: &str, targets: &str| {
        resource(
            MANAGEMENT,
            "aws_organizations_policy",
            &format!("arn:aws:organizations::{MANAGEMENT}:policy/o-1/service_control_policy/{id}"),
            &format!(r#"{{"type":"SERVICE_CONTROL_POLICY","content":{content},"targets":{targets}}}"#),
        )
    };
    let account = |id: &str, parent: &str| {
        resource(
            MANAGEMENT,
            "aws_organizations_account",
            &format!("arn:aws:organizations::{MANAGEMENT}:account/o-1/{id}"),
            &format!(r#"{{"id":"{id}","parents":[{{"id":"{parent}"}}]}}"#),
        )
    };
    let everywhere = format!(
        r#"[{{"target_id":"r-1"}},{{"target_id":"ou-1"}},{{"target_id":"{OWN}"}},{{"target_id":"{OTHER}"}},{{"target_id":"{MANAGEMENT}"}}]"#
    );
    let root = resource(
        MANAGEMENT,
        "aws_organizations_root",
        &format!("arn:aws:organizations::{MANAGEMENT}:root/o-1/r-1"),
        r#"{"id":"r-1","policy_types":[{"type":"SERVICE_CONTROL_POLICY","status":"ENABLED"}]}"#,
    );
    let mut resources = vec![
        organization(MANAGEMENT),
        account(OWN, "ou-1"),
        account(OTHER, "r-1"),
        account(MANAGEMENT, "r-1"),
        root,
        policy("p-full", full, &everywhere),
        policy("p-queues", no_queues, targets),
        managed(MANAGEMENT, "arn:aws:iam::aws:policy/all", full),
        role(
            MANAGEMENT,
            "all",
            r#""attached_managed_policies":[{"policy_arn":"arn:aws:iam::aws:policy/all"}]"#,
        ),
    ];
    resources.extend(extra);
    read(MANAGEMENT, &resources)
}

fn member(account: &str) -> AccountIam {
    let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    read(
        account,
        &[
            organization(account),
            role(
                account,
                "all",
                &format!(r#""role_policy_list":[{{"policy_name":"all","policy_document":{all}}}]"#),
            ),
        ],
    )
}

#[test]
fn control_policies_reach_accounts_through_their_units() {
    let unit = resource(
        MANAGEMENT,
        "aws_organizations_organizational_unit",
        "ou-1",
        r#"{"id":"ou-1","parents":[{"id":"r-1"}]}"#,
    );
    let directory = Directory::new(vec![
        management(r#"[{"target_id":"ou-1"}]"#, vec![unit]),
        member(OWN),
        member(OTHER),
    ]);
    for (account, expected) in [
        (OWN, Decision::DeniedExplicit),
        (OTHER, Decision::Allowed),
        (MANAGEMENT, Decision::Allowed),
    ] {
        let role = format!("arn:aws:iam::{account}:role/all");
        let queue = format!("arn:aws:sqs:eu-west-1:{account}:q");
        assert_eq!(
            decide(&directory, &role, "sqs:SendMessage", &queue),
            expected,
            "{account}"
        );
    }
    let own = directory
        .principal(&format!("arn:aws:iam::{OWN}:role/all"))
        .unwrap();
    let path = Some("o-1/r-1/ou-1/".into());
    assert_eq!(
        own.principal.membership,
        Membership::Of {
            id: "o-1".into(),
            path
        }
    );
    assert!(own.policies.service_control.unread.is_none());
}

#[test]
fn unread_control_policies_are_a_caveat() {
    let role = format!("arn:aws:iam::{OWN}:role/all");
    let caveats = |directory: &Directory| {
        let member = directory.principal(&role).unwrap();
        let asset = directory.asset(
            "arn:aws:ec2:eu-west-1:111122223333:instance/i",
            OWN,
            Tags::Unspecified,
            None,
        );
        let answer = directory.can(member, "ec2:StopInstances", &asset, &Context::new());
        assert_eq!(answer.decision, Decision::Allowed);
        answer.caveats
    };
    let alone = Directory::new(vec![member(OWN)]);
    assert_eq!(
        caveats(&alone),
        [
            "service control policies were not read: the organization was not read in its management account `999900001111`"
        ]
    );
    // The unit's own parent is not known, and yet what is attached to the unit and the root binds.
    let half = Directory::new(vec![
        management(r#"[{"target_id":"r-1"}]"#, Vec::new()),
        member(OWN),
    ]);
    assert_eq!(
        caveats(&half),
        ["service control policies were not read: what stands above `ou-1` was not read"]
    );
    let queue = format!("arn:aws:sqs:eu-west-1:{OWN}:q");
    assert_eq!(
        decide(&half, &role, "sqs:SendMessage", &queue),
        Decision::DeniedExplicit
    );
}

#[test]
fn cyclic_units_end() {
    let unit = |id: &str, parent: &str| {
        let attributes = format!(r#"{{"id":"{id}","parents":[{{"id":"{parent}"}}]}}"#);
        resource(
            MANAGEMENT,
            "aws_organizations_organizational_unit",
            id,
            &attributes,
        )
    };
    let cycle = vec![unit("ou-1", "ou-2"), unit("ou-2", "ou-1")];
    let directory = Directory::new(vec![management("[]", cycle), member(OWN)]);
    let own = directory
        .principal(&format!("arn:aws:iam::{OWN}:role/all"))
        .unwrap();
    assert!(own.policies.service_control.unread.is_some());
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
fn an_account_outside_is_told_from_one_that_was_not_asked() {
    let attributes = r#"{"id":null,"master_account_id":null}"#;
    let resources = [
        resource(OWN, "aws_organizations_organization", "organization", attributes),
        role(OWN, "app", r#""role_policy_list":null"#),
    ];
    for (facts, expected) in [
        (vec!["organization".into()], Membership::Outside),
        (Vec::new(), Membership::Unspecified),
    ] {
        let coverage = Coverage {
            collected: vec![CollectedType {
                resource_type: "aws_organizations_organization".into(),
                facts,
                regions: Vec::new(),
            }],
            ..Coverage::default()
        };
        let resources: Vec<_> = resources.iter().collect();
        let account = AccountIam::read(&Account::new(Provider::Aws, OWN), &resources, &coverage);
        let directory = Directory::new(vec![account]);
        let app = directory
            .principal(&format!("arn:aws:iam::{OWN}:role/app"))
            .unwrap();
        assert_eq!(app.principal.membership, expected);
        assert_eq!(
            app.policies.service_control.unread.is_none(),
            expected == Membership::Outside
        );
    }
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
