//! Permissions as edges: which statements let a principal read, from which account, and on what condition.

use plumb_model::path::{Certainty, EdgeKind};
use serde_json::{Value, json};

use crate::world::paths::find;
use crate::world::{
    FOREIGN, MANAGEMENT, OTHER, OWN, REGION, World, allow, document, edges, iam, inline, trust,
};

/// How surely one node can do something with another.
pub(crate) fn certainty(world: &World, from: &str, kind: EdgeKind, to: &str) -> Option<Certainty> {
    let assembled = world.assemble();
    let found = edges(&assembled.graph, from, to);
    found
        .iter()
        .filter(|edge| edge.step.kind == kind)
        .map(|edge| edge.step.certainty)
        .min()
}

const CARDS: &str = "arn:aws:s3:::cards";

/// User `ann` with these statements, and the bucket `cards` with this policy.
fn reader(statements: Value, policy: Value) -> World {
    let mut world = World::default();
    world.organization(&[OWN, OTHER], json!([]));
    world.user(
        "ann",
        json!({ "user_policy_list": inline(statements), "tags": { "team": "red" } }),
    );
    world.bucket("cards", json!({ "policy": policy, "tags": { "team": "red" } }));
    world
}

fn with(condition: Value) -> Value {
    let mut statement = allow("s3:GetObject", "arn:aws:s3:::cards/*");
    statement["Condition"] = condition;
    json!([statement])
}

#[test]
fn own_statements_decide_what_a_user_reads() {
    use Certainty::{Certain, Conditional, Possible};
    let deny = |condition: Value| {
        let mut denial = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*" });
        if !condition.is_null() {
            denial["Condition"] = condition;
        }
        json!([allow("s3:*", "*"), denial])
    };
    let cases = [
        (
            json!([allow("s3:GetObject", "arn:aws:s3:::cards/*")]),
            Some(Certain),
        ),
        (
            json!([allow("S3:getobject", "arn:aws:s3:::cards/*")]),
            Some(Certain),
        ),
        (json!([allow("s3:Get?bject", "arn:aws:s3:::c*")]), Some(Certain)),
        (
            json!([allow("s3:GetObject", "arn:aws:s3:::cards/2024/*")]),
            Some(Certain),
        ),
        (json!([allow("s3:GetObject", "arn:aws:s3:::cards")]), None),
        (json!([allow("s3:GetObject", "arn:aws:s3:::CARDS/*")]), None),
        (json!([allow("s3:ListBucket", "arn:aws:s3:::cards")]), None),
        (
            json!([{ "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" }]),
            None,
        ),
        (
            json!([{ "Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::cards/*" }]),
            None,
        ),
        (
            json!([{ "Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::logs/*" }]),
            Some(Certain),
        ),
        (deny(Value::Null), None),
        (
            deny(json!({ "Bool": { "aws:SecureTransport": "false" } })),
            Some(Certain),
        ),
        (
            deny(json!({ "StringNotEquals": { "aws:PrincipalAccount": OWN } })),
            Some(Certain),
        ),
        (
            deny(json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } })),
            Some(Possible),
        ),
        (
            deny(json!({ "Null": { "aws:PrincipalTag/team": "true" } })),
            Some(Certain),
        ),
        (
            with(json!({ "StringEquals": { "aws:PrincipalTag/team": "red" } })),
            Some(Certain),
        ),
        (
            with(json!({ "StringEquals": { "aws:PrincipalTag/team": "blue" } })),
            None,
        ),
        (
            with(json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } })),
            Some(Certain),
        ),
        (
            with(json!({ "StringEquals": { "aws:PrincipalOrgID": "o-2" } })),
            None,
        ),
        (
            with(json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:user/a*" } })),
            Some(Certain),
        ),
        (
            with(json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } })),
            Some(Conditional),
        ),
        (
            with(json!({ "DateLessThan": { "aws:CurrentTime": "2030-01-01T00:00:00Z" } })),
            Some(Certain),
        ),
        // The accounts are read in January 2026.
        (
            with(json!({ "DateLessThan": { "aws:CurrentTime": "2025-12-31T23:59:59Z" } })),
            None,
        ),
        (
            with(json!({ "NumericGreaterThan": { "aws:EpochTime": "1767225600" } })),
            None,
        ),
        (
            with(json!({ "StringEqualsIfExists": { "aws:SourceVpc": "vpc-1" } })),
            Some(Certain),
        ),
    ];
    for (statements, expected) in cases {
        let world = reader(statements.clone(), Value::Null);
        assert_eq!(
            certainty(&world, &iam("user/ann"), EdgeKind::CanRead, CARDS),
            expected,
            "{statements}"
        );
    }
}

#[test]
fn the_policy_of_a_bucket_adds_and_takes_away() {
    use Certainty::{Certain, Conditional};
    let names = |principal: Value| {
        document(
            json!([{ "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*" }]),
        )
    };
    let denies = |statement: Value| {
        let mut denial = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::cards/*" });
        for (key, value) in statement.as_object().unwrap() {
            denial[key] = value.clone();
        }
        document(json!([denial]))
    };
    let own = json!([allow("s3:GetObject", "*")]);
    let cases = [
        (json!([]), names(json!({ "AWS": iam("user/ann") })), Some(Certain)),
        (json!([]), names(json!({ "AWS": iam("user/bob") })), None),
        // Naming the account leaves it to the account's own policies.
        (json!([]), names(json!({ "AWS": iam("root") })), None),
        (own.clone(), names(json!({ "AWS": iam("root") })), Some(Certain)),
        (json!([]), names(json!({ "AWS": "*" })), Some(Certain)),
        (own.clone(), denies(json!({})), None),
        (
            own.clone(),
            denies(json!({ "Condition": { "StringNotEquals": { "aws:PrincipalArn": iam("user/bob") } } })),
            None,
        ),
        (
            own.clone(),
            denies(json!({ "Condition": { "StringNotEquals": { "aws:PrincipalArn": iam("user/ann") } } })),
            Some(Certain),
        ),
        (
            own.clone(),
            denies(json!({ "Condition": { "Bool": { "aws:SecureTransport": "false" } } })),
            Some(Certain),
        ),
        (
            own,
            denies(json!({ "Condition": { "NotIpAddress": { "aws:SourceIp": "203.0.113.0/24" } } })),
            Some(Conditional),
        ),
    ];
    for (statements, policy, expected) in cases {
        let world = reader(statements.clone(), policy.clone());
        // Whoever the internet is, ann is part of it.
        let by_internet = certainty(&world, "internet", EdgeKind::CanRead, CARDS);
        let found = certainty(&world, &iam("user/ann"), EdgeKind::CanRead, CARDS).or(by_internet);
        assert_eq!(found, expected, "{statements} {policy}");
    }
}

#[test]
fn conditions_on_who_asks_are_decided_for_each() {
    use Certainty::Certain;
    let everybody = |condition: Value| {
        let policy = document(json!([{
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
            "Condition": condition,
        }]));
        let world = reader(json!([]), policy);
        let of = |from: &str| certainty(&world, from, EdgeKind::CanRead, CARDS);
        (
            of("internet"),
            of(&iam("user/ann")),
            of(&format!("account:{FOREIGN}")),
        )
    };
    let account = |account: &str| json!({ "StringEquals": { "aws:PrincipalAccount": account } });
    // The policy of the bucket suffices in its own account, and nobody else has that account.
    assert_eq!(everybody(account(OWN)), (None, Some(Certain), None));
    let arn = |user: &str| json!({ "ArnLike": { "aws:PrincipalArn": iam(user) } });
    assert_eq!(everybody(arn("user/ann")), (None, Some(Certain), None));
    assert_eq!(everybody(arn("user/bob")), (None, None, None));
    // An account outside of the estate is told as that account, not as the internet.
    let (internet, ann, external) = everybody(account(FOREIGN));
    assert_eq!((internet, ann), (None, None));
    assert!(external.is_some());
    // Whoever has a role of that name anywhere meets it.
    let anywhere = json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/reader" } });
    assert_eq!(everybody(anywhere).0, Some(Certainty::Conditional));
}

#[test]
fn another_account_needs_both_sides() {
    let estate = |principal: &str, own: Value| {
        let mut world = reader(
            json!([]),
            document(json!([{
                "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
            }])),
        );
        world.role_in(
            OTHER,
            "far",
            trust(json!({ "Service": "ec2.amazonaws.com" })),
            json!({ "role_policy_list": inline(own) }),
        );
        certainty(
            &world,
            &format!("arn:aws:iam::{OTHER}:role/far"),
            EdgeKind::CanRead,
            CARDS,
        )
    };
    let (root, role) = (
        format!("arn:aws:iam::{OTHER}:root"),
        format!("arn:aws:iam::{OTHER}:role/far"),
    );
    let reads = json!([allow("s3:GetObject", "*")]);
    assert_eq!(estate(&root, reads.clone()), Some(Certainty::Certain));
    assert_eq!(estate(&role, reads.clone()), Some(Certainty::Certain));
    assert_eq!(estate(&root, json!([])), None);
    assert_eq!(estate(&role, json!([])), None);
    assert_eq!(estate(&iam("root"), reads), None);
}

#[test]
fn a_foreign_account_that_a_policy_names_is_an_entry() {
    let mut world = reader(
        json!([]),
        document(json!([{
            "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{FOREIGN}:role/etl") }, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::cards/*",
        }])),
    );
    world.change(CARDS, "tags", json!({ "DataClassification": "restricted" }));
    find(&world.report(), &format!("account:{FOREIGN} -can_read-> cards"));
    let entry = format!("account:{FOREIGN}");
    assert_eq!(
        certainty(&world, &entry, EdgeKind::CanRead, CARDS),
        Some(Certainty::Certain)
    );
    assert_eq!(certainty(&world, &entry, EdgeKind::CanWrite, CARDS), None);
}

#[test]
fn a_denial_in_one_of_several_groups_holds() {
    let estate = |groups: Value| {
        let mut world = reader(json!([]), Value::Null);
        for (name, effect) in [("readers", "Allow"), ("barred", "Deny")] {
            let statement = json!({ "Effect": effect, "Action": "s3:GetObject", "Resource": "*" });
            world.put("aws_iam_group", &iam(&format!("group/{name}")), json!({
                "group_name": name, "attached_managed_policies": [], "group_policy_list": inline(json!([statement])),
            }));
        }
        world.change(&iam("user/ann"), "group_list", groups);
        certainty(&world, &iam("user/ann"), EdgeKind::CanRead, CARDS)
    };
    assert_eq!(estate(json!(["readers"])), Some(Certainty::Certain));
    assert_eq!(estate(json!(["readers", "barred"])), None);
    assert_eq!(estate(json!(["barred", "readers"])), None);
    assert_eq!(estate(json!([])), None);
}

#[test]
fn only_the_default_version_of_a_managed_policy_counts() {
    let estate = |defaults: [bool; 2]| {
        let mut world = reader(json!([]), Value::Null);
        let wide = document(json!([allow("s3:*", "*")]));
        let narrow = document(json!([allow("sqs:*", "*")]));
        let arn = iam("policy/tool");
        world.put(
            "aws_iam_policy",
            &arn,
            json!({ "policy_name": "tool", "policy_version_list": [
            { "version_id": "v2", "is_default_version": defaults[0], "document": wide },
            { "version_id": "v1", "is_default_version": defaults[1], "document": narrow },
        ] }),
        );
        world.change(
            &iam("user/ann"),
            "attached_managed_policies",
            json!([{ "policy_arn": arn }]),
        );
        certainty(&world, &iam("user/ann"), EdgeKind::CanRead, CARDS)
    };
    assert_eq!(estate([true, false]), Some(Certainty::Certain));
    assert_eq!(estate([false, true]), None);
}

#[test]
fn a_role_is_assumed_by_whom_it_names_and_by_whom_its_account_lets() {
    let estate = |principal: Value, condition: Value, own: Value| {
        let mut world = reader(own, Value::Null);
        let mut statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        let role = world.role("boss", document(json!([statement])), json!({}));
        certainty(&world, &iam("user/ann"), EdgeKind::CanAssume, &role)
    };
    let may = json!([allow("sts:AssumeRole", "*")]);
    let (ann, root) = (json!({ "AWS": iam("user/ann") }), json!({ "AWS": iam("root") }));
    assert_eq!(
        estate(ann.clone(), Value::Null, json!([])),
        Some(Certainty::Certain),
        "by name alone"
    );
    assert_eq!(estate(root.clone(), Value::Null, json!([])), None);
    assert_eq!(
        estate(root.clone(), Value::Null, may.clone()),
        Some(Certainty::Certain)
    );
    assert_eq!(
        estate(
            json!({ "Service": "ec2.amazonaws.com" }),
            Value::Null,
            may.clone()
        ),
        None
    );
    assert_eq!(
        estate(json!({ "AWS": iam("user/bob") }), Value::Null, may.clone()),
        None
    );
    let mfa = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    assert_eq!(
        estate(root.clone(), mfa, may.clone()),
        Some(Certainty::Conditional)
    );
    let tagged = json!({ "StringEquals": { "aws:PrincipalTag/team": "blue" } });
    assert_eq!(estate(root, tagged, may), None);
    let denied = json!([{ "Effect": "Deny", "Action": "sts:*", "Resource": "*" }]);
    assert_eq!(estate(ann, Value::Null, denied), None);
}

#[test]
fn control_policies_bind_through_units_and_not_the_management_account() {
    let mut world = World::default();
    let denial = json!([{ "Effect": "Deny", "Action": "s3:*", "Resource": "*" }]);
    world.organization(&[OWN], denial);
    let reads = json!({ "role_policy_list": inline(json!([allow("s3:GetObject", "*")])) });
    for account in [OWN, MANAGEMENT] {
        world.role_in(
            account,
            "r",
            trust(json!({ "Service": "ec2.amazonaws.com" })),
            reads.clone(),
        );
        let bucket = format!("arn:aws:s3:::cards-{account}");
        world.put_in(
            account,
            "aws_s3_bucket",
            &bucket,
            json!({ "policy": null, "encryption": null }),
        );
    }
    let found = |account: &str| {
        let (role, bucket) = (
            format!("arn:aws:iam::{account}:role/r"),
            format!("arn:aws:s3:::cards-{account}"),
        );
        certainty(&world, &role, EdgeKind::CanRead, &bucket)
    };
    assert_eq!(found(OWN), None);
    assert_eq!(found(MANAGEMENT), Some(Certainty::Certain));
}

#[test]
fn who_may_read_a_path_of_parameters_reads_what_is_under_it() {
    let estate = |action: &str, resource: &str| {
        let mut world = reader(json!([allow(action, resource)]), Value::Null);
        let parameter = format!("arn:aws:ssm:{REGION}:{OWN}:parameter/prod/db");
        world.put(
            "aws_ssm_parameter",
            &parameter,
            json!({ "type": "SecureString", "policy": null, "key_id": null }),
        );
        certainty(&world, &iam("user/ann"), EdgeKind::CanRead, &parameter)
    };
    let under = format!("arn:aws:ssm:{REGION}:{OWN}:parameter/prod*");
    assert_eq!(
        estate("ssm:GetParametersByPath", &under),
        Some(Certainty::Certain)
    );
    assert_eq!(estate("ssm:GetParameter", &under), Some(Certainty::Certain));
    assert_eq!(estate("ssm:DescribeParameters", "*"), None);
    assert_eq!(
        estate(
            "ssm:GetParameter",
            &format!("arn:aws:ssm:eu-west-1:{OWN}:parameter/*")
        ),
        None
    );
}

#[test]
fn tags_of_a_bucket_count_where_they_are_enabled_for_access() {
    use Certainty::{Certain, Possible};
    let tagged = |value: &str| with(json!({ "StringEquals": { "aws:ResourceTag/team": value } }));
    let unless = || {
        json!([
            allow("s3:GetObject", "arn:aws:s3:::cards/*"),
            { "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": { "StringNotEquals": { "aws:ResourceTag/team": "red" } } },
        ])
    };
    let unread = || json!({ "$unreadable": { "reason": "denied" } });
    for (status, statements, expected) in [
        (json!("Enabled"), tagged("red"), Some(Certain)),
        (json!("Enabled"), tagged("blue"), None),
        (json!("Disabled"), tagged("red"), None),
        (Value::Null, tagged("red"), None),
        (unread(), tagged("red"), Some(Possible)),
        (json!("Enabled"), unless(), Some(Certain)),
        (json!("Disabled"), unless(), None),
        (unread(), unless(), Some(Possible)),
    ] {
        let mut world = reader(statements.clone(), Value::Null);
        world.change(CARDS, "abac_status", status.clone());
        assert_eq!(
            certainty(&world, &iam("user/ann"), EdgeKind::CanRead, CARDS),
            expected,
            "{status} {statements}"
        );
    }
}
