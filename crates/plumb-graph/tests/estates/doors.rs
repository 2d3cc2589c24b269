//! Access points of buckets: doors that must permit a request, as the bucket behind them must.

use plumb_graph::questions::Questions;
use plumb_iam::keys::Context;
use plumb_model::answer::PermissionDecision;
use plumb_model::path::EdgeKind;
use serde_json::{Value, json};

use crate::world::paths::find;
use crate::world::{FOREIGN, KNOWLEDGE, OWN, REGION, World, allow, document, edges, iam, inline};

const CARDS: &str = "arn:aws:s3:::cards";

fn door_arn() -> String {
    format!("arn:aws:s3:{REGION}:{OWN}:accesspoint/front")
}

fn objects() -> String {
    format!("{}/object/*", door_arn())
}

/// The bucket `cards` with this policy, and its access point `front` with these attributes.
fn estate(bucket: Value, door: Value) -> World {
    let mut world = World::default();
    let policy = if bucket.is_null() {
        bucket
    } else {
        document(bucket)
    };
    world.bucket("cards", json!({ "policy": policy }));
    let mut attributes = json!({
        "access_point_arn": door_arn(), "bucket": "cards", "network_origin": "Internet", "policy": null,
        "public_access_block": {}, "vpc_configuration": null,
    });
    for (key, value) in door.as_object().unwrap() {
        attributes[key] = value.clone();
    }
    world.put("aws_s3_access_point", &door_arn(), attributes);
    world.user("ann", json!({}));
    world.user(
        "bob",
        json!({ "user_policy_list": inline(json!([allow("s3:GetObject", &objects())])) }),
    );
    world
}

/// A policy of the bucket that leaves the decision to the access points of an account.
fn delegating(to: &str) -> Value {
    json!([{
        "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": [CARDS, "arn:aws:s3:::cards/*"],
        "Condition": { "StringEquals": { "s3:DataAccessPointAccount": to } },
    }])
}

fn policy(principal: Value, action: &str) -> Value {
    document(json!([{ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": objects() }]))
}

/// How surely ann, bob and the internet can do something with the bucket.
fn certainties(world: &World, kind: EdgeKind) -> [Option<&'static str>; 3] {
    let assembled = world.assemble();
    [iam("user/ann").as_str(), &iam("user/bob"), "internet"].map(|from| {
        let found = edges(&assembled.graph, from, CARDS);
        found
            .iter()
            .filter(|edge| edge.step.kind == kind)
            .map(|edge| edge.step.certainty.name())
            .min()
    })
}

#[test]
fn bucket_and_access_point_must_both_permit() {
    let reads = |bucket: Value, door: Value| certainties(&estate(bucket, door), EdgeKind::CanRead);
    let sure = Some("certain");
    let ann = || json!({ "policy": policy(json!({ "AWS": iam("user/ann") }), "s3:GetObject") });
    // Identity policies on the access point suffice at home.
    assert_eq!(reads(delegating(OWN), json!({})), [None, sure, None]);
    assert_eq!(reads(delegating(OWN), ann()), [sure, sure, None]);
    assert_eq!(reads(delegating("999999999999"), ann()), [None; 3]);
    assert_eq!(reads(Value::Null, ann()), [None; 3]);
    let everybody = json!({ "policy": policy(json!("*"), "s3:GetObject") });
    assert_eq!(reads(delegating(OWN), everybody.clone())[2], sure);
    assert_eq!(reads(Value::Null, everybody), [None; 3]);
    // The bucket itself may name who comes through.
    let named = json!([{ "Effect": "Allow", "Principal": { "AWS": iam("user/ann") }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
        "Condition": { "StringEquals": { "s3:DataAccessPointArn": door_arn() } } }]);
    assert_eq!(reads(named, ann())[0], sure);
}

#[test]
fn one_name_must_satisfy_bucket_and_access_point() {
    let through = |keys: &[&str]| -> Vec<String> {
        keys.iter()
            .map(|key| format!("{}/object/{key}", door_arn()))
            .collect()
    };
    let behind = |keys: &[&str]| -> Vec<String> { keys.iter().map(|key| format!("{CARDS}/{key}")).collect() };
    let reads = |at_door: &[&str], at_bucket: &[&str], denied: &[&str]| {
        let door = json!([{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": through(at_door) }]);
        let mut bucket = json!([{
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": behind(at_bucket),
            "Condition": { "StringEquals": { "s3:DataAccessPointAccount": OWN } },
        }]);
        if !denied.is_empty() {
            let statement =
                json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": behind(denied) });
            bucket.as_array_mut().unwrap().push(statement);
        }
        certainties(
            &estate(bucket, json!({ "policy": document(door) })),
            EdgeKind::CanRead,
        )[2]
    };
    let many: Vec<String> = (0..300).map(|at| format!("*{at}*")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (at_door, at_bucket, denied, expected) in [
        (vec!["a/*"], vec!["a/*"], vec![], Some("certain")),
        (vec!["a/*"], vec!["b/*"], vec![], None),
        (vec!["a/*"], vec!["*.txt"], vec![], Some("certain")),
        (vec!["a/*"], vec!["*"], vec!["a/*"], None),
        (vec!["a/*"], vec!["*"], vec!["a/b/*"], Some("certain")),
        (vec!["a/*", "b/1"], vec!["*"], vec!["a/*"], Some("certain")),
        (vec!["*"], vec!["a"], vec!["a"], None),
        (many.clone(), vec!["a/*"], vec![], Some("possible")),
        (many, vec!["a"], vec![], Some("possible")),
    ] {
        let told = format!("{at_door:?} {at_bucket:?} {denied:?}");
        assert_eq!(reads(&at_door, &at_bucket, &denied), expected, "{told}");
    }
}

#[test]
fn who_may_write_through_a_door_may_not_read() {
    let writers = json!({ "policy": policy(json!("*"), "s3:PutObject") });
    let world = estate(delegating(OWN), writers);
    assert_eq!(certainties(&world, EdgeKind::CanWrite)[2], Some("certain"));
    assert_eq!(certainties(&world, EdgeKind::CanRead)[2], None);
}

#[test]
fn a_door_within_a_network_and_a_blocked_one_let_no_stranger_in() {
    let everybody = |more: Value| {
        let mut door = json!({ "policy": policy(json!("*"), "s3:GetObject") });
        for (key, value) in more.as_object().unwrap() {
            door[key] = value.clone();
        }
        certainties(&estate(delegating(OWN), door), EdgeKind::CanRead)
    };
    let within = json!({ "network_origin": "VPC", "vpc_configuration": { "vpc_id": "vpc-1" } });
    assert_eq!(
        everybody(within),
        [Some("conditional"), Some("conditional"), None]
    );
    let blocked = json!({ "public_access_block": { "restrict_public_buckets": true } });
    assert_eq!(everybody(blocked)[2], None);
}

#[test]
fn the_path_says_through_which_door() {
    let everybody = json!({ "policy": policy(json!("*"), "s3:GetObject") });
    let report = estate(delegating(OWN), everybody).report();
    let path = find(&report, "internet -can_read-> cards");
    assert_eq!(path.hops[0].how.as_deref(), Some("through front"));
    let proofs: Vec<&str> = path.hops[0]
        .proofs
        .iter()
        .map(|proof| proof.resource.as_str())
        .collect();
    assert!(
        proofs.contains(&CARDS) && proofs.contains(&door_arn().as_str()),
        "{proofs:?}"
    );
}

#[test]
fn an_answer_about_a_door_asks_what_stands_behind_it() {
    let object = format!("{}/object/4711", door_arn());
    let answer = |world: &World, who: &str, resource: &str| {
        let assembled = world.assemble();
        let questions = Questions::new(&assembled, &KNOWLEDGE);
        let (who, what) = (questions.who(who).unwrap(), questions.what(resource).unwrap());
        let context = Context::over_tls();
        questions
            .can(&who, "s3:GetObject", &what, &context)
            .unwrap()
            .decision
    };
    let everybody = json!({ "policy": policy(json!("*"), "s3:GetObject") });
    let delegated = estate(delegating(OWN), everybody.clone());
    assert_eq!(
        answer(&delegated, "internet", &object),
        PermissionDecision::Allowed
    );
    assert_eq!(answer(&delegated, "bob", &object), PermissionDecision::Allowed);
    // Requests to the bucket itself come through no access point.
    assert_eq!(
        answer(&delegated, "internet", "arn:aws:s3:::cards/x"),
        PermissionDecision::DeniedImplicit
    );
    // Of one object the bucket must permit that one.
    let mut part = delegating(OWN);
    part[0]["Resource"] = json!("arn:aws:s3:::cards/47*");
    let part = estate(part, everybody.clone());
    assert_eq!(answer(&part, "internet", &object), PermissionDecision::Allowed);
    let other = format!("{}/object/1147", door_arn());
    assert_eq!(
        answer(&part, "internet", &other),
        PermissionDecision::DeniedImplicit
    );
    let closed = estate(Value::Null, everybody);
    assert_eq!(
        answer(&closed, "internet", &object),
        PermissionDecision::DeniedImplicit
    );
}

#[test]
fn whoever_has_access_points_decides_for_a_bucket_that_leaves_it_to_them() {
    let world = estate(delegating(FOREIGN), json!({}));
    let assembled = world.assemble();
    let found = edges(&assembled.graph, &format!("account:{FOREIGN}"), CARDS);
    assert!(found.iter().any(|edge| edge.step.kind == EdgeKind::CanRead));
    assert_eq!(certainties(&world, EdgeKind::CanRead), [None; 3]);
}
