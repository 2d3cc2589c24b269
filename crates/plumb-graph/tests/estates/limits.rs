//! Administrators under control policies and boundaries: what is left to them is what they gain.

use plumb_graph::assemble::LIMITED_ADMINISTRATOR;
use plumb_model::path::Certainty;
use serde_json::{Value, json};

use crate::identity::careless;
use crate::world::paths::{find, none, stories};
use crate::world::{OWN, World, allow, iam, inline, trust};

/// An account with a user who may write policies for herself, a bucket and a queue, under a control policy.
fn estate(statements: Value, denials: Value) -> World {
    let mut world = World::default();
    world.organization(&[OWN], denials);
    careless(&mut world, "ann", statements);
    let confidential = json!({ "tags": { "data-classification": "confidential" }, "region": "us-east-1" });
    world.bucket("ledger", confidential);
    let queue = format!("arn:aws:sqs:us-east-1:{OWN}:orders");
    world.put(
        "aws_sqs_queue",
        &queue,
        json!({ "policy": null, "tags": { "data-classification": "confidential" } }),
    );
    world
}

fn writes_policies() -> Value {
    json!([allow("iam:PutUserPolicy", &iam("user/ann"))])
}

fn all() -> Value {
    json!([allow("*", "*")])
}

/// Denies everything but these actions.
fn only(actions: &[&str]) -> Value {
    json!([{ "Effect": "Deny", "NotAction": actions, "Resource": "*" }])
}

fn outside(region: &str, but: &[&str]) -> Value {
    json!([{
        "Effect": "Deny", "NotAction": but, "Resource": "*",
        "Condition": { "StringNotEquals": { "aws:RequestedRegion": region } },
    }])
}

const GIVEN: &str = "credentials -holds-> ann -can_administer-> administrator";
const TAKEN: &str = "credentials -holds-> ann -can_escalate_to-> administrator";

#[test]
fn who_has_all_that_control_policies_leave_is_administrator_as_long_as_that_is_enough() {
    let few = json!([{
        "Effect": "Deny", "Resource": "*",
        "Action": ["organizations:LeaveOrganization", "cloudtrail:StopLogging", "iam:CreateUser", "iam:CreateAccessKey", "lambda:*"],
    }]);
    let office = json!([{
        "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "NotIpAddress": { "aws:SourceIp": "192.0.2.0/24" } },
    }]);
    let on_condition = |path: &str| format!("{path} (conditional)");
    for (denials, suffix) in [
        (json!([]), None),
        (few, None),
        // Who may choose turns to the region that is left ...
        (outside("us-east-1", &["iam:*"]), None),
        // ... and IAM has one endpoint, which is there.
        (outside("us-east-1", &[]), None),
        (office, Some(())),
    ] {
        for (statements, path) in [(all(), GIVEN), (writes_policies(), TAKEN)] {
            let expected = suffix.map_or_else(|| path.to_owned(), |()| on_condition(path));
            find(&estate(statements, denials.clone()).report(), &expected);
        }
    }
}

#[test]
fn where_control_policies_leave_less_they_who_give_themselves_everything_gain_that() {
    let report = estate(writes_policies(), only(&["iam:*", "s3:*"])).report();
    let path = find(
        &report,
        "credentials -holds-> ann -can_escalate_to-> limited -can_read-> ledger",
    );
    assert_eq!(path.hops[1].to.resource_type, LIMITED_ADMINISTRATOR);
    assert_eq!(path.certainty, Certainty::Certain);
    // Nothing of what nobody holds is offered as something to change.
    let facts = path.hops.iter().flat_map(|hop| &hop.proofs);
    assert!(
        facts.clone().all(|proof| proof.resource.starts_with("arn:")),
        "{:?}",
        facts.collect::<Vec<_>>()
    );
    let told = stories(&report).join("\n");
    assert!(
        !told.contains("administrator") && !told.contains("orders"),
        "{told}"
    );
    // Who was given everything needs no way to what is left.
    let report = estate(all(), only(&["iam:*", "s3:*"])).report();
    find(&report, "credentials -holds-> ann -can_read-> ledger");
    assert!(!stories(&report).join("\n").contains("limited"));
    // Without a way to change identities there is nothing to give oneself.
    none(&estate(writes_policies(), only(&["s3:*"])).report());
    // IAM answers in one region, which is denied here.
    none(&estate(writes_policies(), outside("eu-west-1", &["s3:*"])).report());
}

#[test]
fn what_a_principal_gives_itself_stays_within_its_boundary() {
    let bounded = |fence: Value| {
        let mut world = estate(writes_policies(), json!([]));
        let fence = world.managed("fence", fence);
        let boundary = json!({ "permissions_boundary_arn": fence, "permissions_boundary_type": "Policy" });
        world.change(&iam("user/ann"), "permissions_boundary", boundary);
        world.report()
    };
    find(&bounded(all()), TAKEN);
    let report = bounded(json!([
        allow("iam:PutUserPolicy", "*"),
        allow("s3:GetObject", "*")
    ]));
    find(
        &report,
        "credentials -holds-> ann -can_escalate_to-> limited -can_read-> ledger",
    );
    none(&bounded(json!([allow("s3:GetObject", "*")])));
    none(&bounded(json!([allow("iam:PutUserPolicy", "*")])));
    // Whom it makes is not bounded.
    let makes = "credentials -holds-> ann -can_escalate_to-> limited -can_escalate_to-> administrator";
    find(&bounded(json!([allow("iam:*", "*")])), makes);
}

#[test]
fn a_boundary_that_the_principal_may_take_away_bounds_it_in_vain() {
    let bounded = |statements: Value, fence: Value| {
        let mut world = estate(statements, json!([]));
        let fence = world.managed("fence", fence);
        let boundary = json!({ "permissions_boundary_arn": fence, "permissions_boundary_type": "Policy" });
        world.change(&iam("user/ann"), "permissions_boundary", boundary);
        stories(&world.report())
    };
    let own = iam("user/ann");
    let take = || allow("iam:DeleteUserPermissionsBoundary", &own);
    let attach = || allow("iam:AttachUserPolicy", &own);
    for (statements, fence, expected) in [
        // Whoever has everything needs no more than that.
        (all(), json!([take(), allow("s3:GetObject", "*")]), true),
        (all(), json!([allow("s3:GetObject", "*")]), false),
        (
            all(),
            json!([allow("iam:DeleteUserPermissionsBoundary", &iam("user/bob"))]),
            false,
        ),
        (json!([take(), attach()]), json!([take()]), true),
        (json!([take()]), json!([take(), attach()]), false),
        (json!([attach()]), json!([take(), attach()]), false),
    ] {
        let told = format!("{statements} {fence}");
        let found = bounded(statements, fence);
        assert_eq!(
            found.iter().any(|path| path == TAKEN),
            expected,
            "{told}: {found:#?}"
        );
    }
}

#[test]
fn the_root_user_has_what_control_policies_leave() {
    let under = |denials: Value| {
        let mut world = estate(json!([]), denials);
        world.put(
            "aws_iam_root_user",
            &iam("root"),
            json!({ "account_summary": { "AccountAccessKeysPresent": 1 } }),
        );
        world.report()
    };
    let few = stories(&under(json!([]))).join("\n");
    assert!(few.contains("root -can_administer-> administrator"), "{few}");
    let less = stories(&under(only(&["iam:*", "s3:*"]))).join("\n");
    assert!(
        less.contains("root -can_administer-> limited -can_read-> ledger") && !less.contains("administrator"),
        "{less}"
    );
    let by_name = json!([{
        "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:root" } },
    }]);
    let denied = stories(&under(by_name)).join("\n");
    assert!(
        !denied.contains("administrator") && !denied.contains("ledger"),
        "{denied}"
    );
}

#[test]
fn who_is_exempt_by_name_keeps_what_others_lose() {
    let denials = json!([{
        "Effect": "Deny", "NotAction": ["iam:*", "s3:*"], "Resource": "*",
        "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:user/ann" } },
    }]);
    find(&estate(writes_policies(), denials.clone()).report(), TAKEN);
    // What is new is not exempt.
    let makes = json!([
        allow("iam:CreateUser", "*"),
        allow("iam:AttachUserPolicy", "arn:aws:iam::*:user/new-*"),
        allow("iam:CreateAccessKey", "*"),
    ]);
    let report = estate(makes, denials).report();
    find(
        &report,
        "credentials -holds-> ann -can_escalate_to-> limited -can_read-> ledger",
    );
    assert!(!stories(&report).join("\n").contains("administrator"));
}

#[test]
fn principals_are_asked_in_the_region_of_the_resource() {
    let mut world = World::default();
    world.organization(&[OWN], outside("us-east-1", &["iam:*"]));
    careless(
        &mut world,
        "ann",
        json!([allow("sqs:ReceiveMessage", "*"), allow("s3:GetObject", "*")]),
    );
    for (region, name) in [("us-east-1", "near"), ("eu-west-1", "far")] {
        let queue = format!("arn:aws:sqs:{region}:{OWN}:{name}");
        world.put(
            "aws_sqs_queue",
            &queue,
            json!({ "policy": null, "tags": { "data-classification": "confidential" } }),
        );
    }
    let found = stories(&world.report());
    assert_eq!(found, ["credentials -holds-> ann -can_read-> near"]);
}

#[test]
fn a_role_is_assumed_where_control_policies_let_one_ask() {
    let mut world = World::default();
    world.organization(&[OWN], outside("us-east-1", &["iam:*"]));
    let boss = world.role(
        "boss",
        trust(json!({ "AWS": iam("root") })),
        json!({ "role_policy_list": inline(all()) }),
    );
    careless(&mut world, "ann", json!([allow("sts:AssumeRole", &boss)]));
    world.put(
        "aws_sqs_queue",
        &format!("arn:aws:sqs:us-east-1:{OWN}:q"),
        json!({ "policy": null }),
    );
    find(
        &world.report(),
        "credentials -holds-> ann -can_assume-> boss -can_administer-> administrator",
    );
}
