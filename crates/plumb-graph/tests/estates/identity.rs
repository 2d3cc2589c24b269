//! Estates whose paths begin at credentials or at other accounts.

use serde_json::{Value, json};

use crate::Twin;
use crate::world::paths::{find, none, stories};
use crate::world::{FOREIGN, OTHER, OWN, REGION, World, allow, denied, document, edges, iam, inline, trust};

/// A user with a password alone, who is an entry, with these statements.
pub(crate) fn careless(world: &mut World, name: &str, statements: Value) -> String {
    world.user(name, json!({
        "user_policy_list": inline(statements),
        "credential_report": {
            "password_enabled": true, "mfa_active": false, "access_key_1_active": false, "access_key_2_active": false,
        },
    }))
}

fn estate() -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world
}

/// A role of an account that may do everything in it.
fn almighty(world: &mut World, account: &str, name: &str, trust: Value) -> String {
    world.role_in(
        account,
        name,
        trust,
        json!({ "role_policy_list": inline(json!([allow("*", "*")])) }),
    )
}

#[test]
fn a_user_who_writes_new_versions_of_an_own_policy_becomes_administrator() {
    let estate = |twin: Twin| {
        let mut world = estate();
        let policy = world.managed("own", json!([allow("iam:List*", "*")]));
        let other = world.managed("other", json!([allow("iam:List*", "*")]));
        let writes = match twin {
            Twin::Vulnerable => &policy,
            Twin::Hardened => &other,
        };
        let statements = json!([allow("iam:CreatePolicyVersion", writes)]);
        world.user("ann", json!({
            "user_policy_list": inline(statements), "attached_managed_policies": [{ "policy_arn": policy }],
            "credential_report": { "password_enabled": true, "mfa_active": false },
        }));
        world
    };
    find(
        &estate(Twin::Vulnerable).report(),
        "credentials -holds-> ann -can_escalate_to-> administrator",
    );
    none(&estate(Twin::Hardened).report());
}

#[test]
fn a_role_that_makes_functions_passes_on_the_power_of_another() {
    let estate = |twin: Twin| {
        let mut world = estate();
        let makes = json!([allow("lambda:*", "*"), allow("iam:PassRole", "*")]);
        world.role(
            "maker",
            trust(json!({ "AWS": iam("root") })),
            json!({ "role_policy_list": inline(makes) }),
        );
        let service = match twin {
            Twin::Vulnerable => "lambda.amazonaws.com",
            Twin::Hardened => "ec2.amazonaws.com",
        };
        almighty(&mut world, OWN, "debug", trust(json!({ "Service": service })));
        careless(
            &mut world,
            "chris",
            json!([allow("sts:AssumeRole", &iam("role/maker"))]),
        );
        world
    };
    find(
        &estate(Twin::Vulnerable).report(),
        "credentials -holds-> chris -can_assume-> maker -can_escalate_to-> debug -can_administer-> administrator",
    );
    none(&estate(Twin::Hardened).report());
}

#[test]
fn a_build_project_gives_its_role_to_who_starts_it() {
    let estate = |twin: Twin| {
        let mut world = estate();
        let role = world.role(
            "build",
            trust(json!({ "Service": "codebuild.amazonaws.com" })),
            json!({
                "role_policy_list": inline(json!([allow("ssm:GetParameter*", "*")])),
            }),
        );
        let project = format!("arn:aws:codebuild:{REGION}:{OWN}:project/site");
        world.put(
            "aws_codebuild_project",
            &project,
            json!({ "project_name": "site", "service_role": role }),
        );
        world.put(
            "aws_ssm_parameter",
            &format!("arn:aws:ssm:{REGION}:{OWN}:parameter/db-password"),
            json!({
                "type": "SecureString", "policy": null, "key_id": null,
            }),
        );
        let started = match twin {
            Twin::Vulnerable => project,
            Twin::Hardened => format!("{project}-other"),
        };
        careless(
            &mut world,
            "solo",
            json!([allow("codebuild:StartBuild", &started)]),
        );
        world
    };
    find(
        &estate(Twin::Vulnerable).report(),
        "credentials -holds-> solo -can_escalate_to-> site -runs_as-> build -can_read-> db-password",
    );
    none(&estate(Twin::Hardened).report());
}

#[test]
fn everything_but_something_is_nearly_everything() {
    let estate = |statement: Value| {
        let mut world = estate();
        careless(&mut world, "ann", json!([statement]));
        world
    };
    let administrator = "credentials -holds-> ann -can_administer-> administrator";
    let trap = json!({ "Effect": "Allow", "NotAction": ["aws-portal:*", "support:*"], "Resource": "*" });
    find(&estate(trap).report(), administrator);
    let not_resource = json!({ "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::audit/*" });
    find(&estate(not_resource).report(), administrator);
    // A denial of everything but something permits nothing by itself.
    none(
        &estate(json!({ "Effect": "Deny", "NotAction": "sts:GetCallerIdentity", "Resource": "*" })).report(),
    );
}

#[test]
fn a_denial_of_everything_without_a_second_factor_closes_nothing_to_who_has_one() {
    let mut world = estate();
    let denial = json!({
        "Effect": "Deny", "NotAction": "iam:EnableMFADevice", "Resource": "*",
        "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } },
    });
    careless(&mut world, "ann", json!([allow("*", "*"), denial]));
    find(
        &world.report(),
        "credentials -holds-> ann -can_administer-> administrator (conditional)",
    );
}

#[test]
fn a_role_that_trusts_another_account_is_its_way_in() {
    let estate = |principal: Value, condition: Value| {
        let mut world = estate();
        let mut statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        almighty(&mut world, OWN, "vendor", document(json!([statement])));
        world
    };
    let root = |account: &str| json!({ "AWS": format!("arn:aws:iam::{account}:root") });
    let way = format!("account:{FOREIGN} -can_assume-> vendor -can_administer-> administrator");
    find(&estate(root(FOREIGN), Value::Null).report(), &way);
    for named in ["role/agent", "user/agent"] {
        let principal = json!({ "AWS": format!("arn:aws:iam::{FOREIGN}:{named}") });
        find(&estate(principal, Value::Null).report(), &way);
    }
    let external = json!({ "StringEquals": { "sts:ExternalId": "a8f3c1" } });
    find(
        &estate(root(FOREIGN), external).report(),
        &format!("{way} (conditional)"),
    );
    none(&estate(root(OWN), Value::Null).report());
    let own_only = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } });
    none(&estate(json!({ "AWS": "*" }), own_only).report());
}

#[test]
fn an_administrator_of_one_account_reaches_the_next_one() {
    let estate = |twin: Twin| {
        let mut world = World::default();
        world.organization(&[OWN, OTHER], json!([]));
        careless(&mut world, "ann", json!([allow("*", "*")]));
        let trusted = match twin {
            Twin::Vulnerable => OWN,
            Twin::Hardened => OTHER,
        };
        let root = trust(json!({ "AWS": format!("arn:aws:iam::{trusted}:root") }));
        almighty(&mut world, OTHER, "central", root);
        world
    };
    let report = estate(Twin::Vulnerable).report();
    let path = find(
        &report,
        "credentials -holds-> ann -can_assume-> central -can_administer-> administrator",
    );
    assert!(path.title.contains("Cross-account"), "{}", path.title);
    let accounts: Vec<_> = path.accounts.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(accounts, [OWN, OTHER]);
    let hardened = estate(Twin::Hardened).report();
    assert!(stories(&hardened).iter().all(|story| !story.contains("central")));
}

#[test]
fn a_service_that_is_deputy_for_others_lets_no_stranger_in() {
    let estate = |condition: Value| {
        let mut world = estate();
        let queue = format!("arn:aws:sqs:{REGION}:{OWN}:orders");
        let mut statement = json!({ "Effect": "Allow", "Principal": "*", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"], "Resource": queue });
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        world.put(
            "aws_sqs_queue",
            &queue,
            json!({ "policy": document(json!([statement])), "kms_master_key_id": null }),
        );
        world
    };
    find(&estate(Value::Null).report(), "internet -can_read-> orders");
    // Only services that act for a resource of the account send such a key.
    none(&estate(json!({ "ArnLike": { "aws:SourceArn": format!("arn:aws:sns:*:{OWN}:*") } })).report());
    none(&estate(json!({ "StringEquals": { "aws:SourceAccount": OWN } })).report());
    none(&estate(json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } })).report());
    find(
        &estate(json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/28" } })).report(),
        "internet -can_read-> orders (conditional)",
    );
}

#[test]
fn joining_a_group_gives_what_the_group_reads() {
    let estate = |twin: Twin| {
        let mut world = estate();
        world.put(
            "aws_iam_group",
            &iam("group/analysts"),
            json!({
                "group_name": "analysts", "attached_managed_policies": [],
                "group_policy_list": inline(json!([allow("s3:GetObject", "arn:aws:s3:::cards/*")])),
            }),
        );
        world.bucket("cards", json!({ "tags": { "DataClassification": "restricted" } }));
        let joins = match twin {
            Twin::Vulnerable => "group/analysts",
            Twin::Hardened => "group/guests",
        };
        careless(
            &mut world,
            "ann",
            json!([allow("iam:AddUserToGroup", &iam(joins))]),
        );
        world
    };
    find(
        &estate(Twin::Vulnerable).report(),
        "credentials -holds-> ann -can_escalate_to-> analysts -can_read-> cards",
    );
    none(&estate(Twin::Hardened).report());
}

#[test]
fn what_makes_an_administrator_rests_on_no_policy_beside_that_is_not_needed() {
    let mut world = estate();
    careless(&mut world, "ann", json!([allow("*", "*")]));
    let reads = world.managed("reads", json!([allow("s3:Get*", "*"), allow("ec2:*", "*")]));
    let attached = json!([{ "policy_arn": reads, "policy_name": "reads" }]);
    world.change(&iam("user/ann"), "attached_managed_policies", attached);
    let report = world.report();
    let path = find(
        &report,
        "credentials -holds-> ann -can_administer-> administrator",
    );
    let resources: Vec<&str> = path.hops[1]
        .proofs
        .iter()
        .map(|proof| proof.resource.as_str())
        .collect();
    assert_eq!(resources, [iam("user/ann")], "{:?}", path.hops[1].proofs);
}

#[test]
fn the_root_user_is_an_administrator_as_far_as_control_policies_let_it() {
    let estate = |denials: Value, keys: i64| {
        let mut world = World::default();
        world.organization(&[OWN], denials);
        let summary =
            json!({ "AccountAccessKeysPresent": keys, "AccountMFAEnabled": 1, "AccountPasswordPresent": 1 });
        world.put(
            "aws_iam_root_user",
            &iam("root"),
            json!({ "account_summary": summary }),
        );
        world
    };
    find(
        &estate(json!([]), 1).report(),
        "credentials -holds-> root -can_administer-> administrator",
    );
    none(&estate(json!([]), 0).report());
    let denial = json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }]);
    none(&estate(denial, 1).report());
}

#[test]
fn what_an_administrator_by_one_step_has_is_no_path_of_its_own() {
    let mut world = estate();
    let policy = world.managed("own", json!([allow("*", "arn:aws:s3:::*")]));
    world.user(
        "ann",
        json!({
            "user_policy_list": inline(json!([allow("iam:CreatePolicyVersion", &policy)])),
            "attached_managed_policies": [{ "policy_arn": policy }],
            "credential_report": { "password_enabled": true, "mfa_active": false },
        }),
    );
    world.bucket("cards", json!({ "tags": { "data-class": "restricted" } }));
    let report = world.report();
    find(
        &report,
        "credentials -holds-> ann -can_escalate_to-> administrator",
    );
    assert_eq!(report.paths.len(), 1, "{:?}", report.paths);
}

#[test]
fn an_older_version_that_permits_everything_is_a_way_back() {
    let version = |is_default: bool, statement: Value| json!({ "is_default_version": is_default, "document": document(json!([statement])) });
    let quiet = || version(true, allow("sts:GetCallerIdentity", "*"));
    let estate = |versions: Value| {
        let mut world = World::default();
        let policy = world.managed("tool", json!([]));
        world.change(&policy, "policy_version_list", versions);
        let set = json!([allow("iam:SetDefaultPolicyVersion", &policy)]);
        let attached = json!([{ "policy_arn": policy, "policy_name": "tool" }]);
        world.user(
            "ann",
            json!({ "user_policy_list": inline(set), "attached_managed_policies": attached }),
        );
        let assembled = world.assemble();
        let found = edges(
            &assembled.graph,
            &iam("user/ann"),
            &format!("administrator:{OWN}"),
        );
        found.iter().map(|edge| edge.step.certainty.name()).min()
    };
    assert_eq!(
        estate(json!([quiet(), version(false, allow("*", "*"))])),
        Some("certain")
    );
    assert_eq!(
        estate(json!([version(false, allow("*", "*")), quiet()])),
        Some("certain")
    );
    assert_eq!(estate(json!([quiet(), version(false, allow("s3:*", "*"))])), None);
    assert_eq!(
        estate(json!([quiet(), version(false, allow("*", "arn:aws:s3:::b/*"))])),
        None
    );
    assert_eq!(
        estate(json!([quiet(), { "is_default_version": false, "document": denied() }])),
        Some("possible")
    );
    assert_eq!(estate(json!([quiet()])), None);
}
