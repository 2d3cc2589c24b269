//! Answers to `plumb can` beside the permission itself: keys, access control lists, what is inside, from where strangers ask.

use plumb_graph::questions::Questions;
use plumb_iam::keys::Context;
use plumb_model::answer::{PermissionAnswer, PermissionDecision};
use serde_json::{Value, json};

use crate::world::{KNOWLEDGE, OWN, REGION, World, allow, denied, document, iam, inline};

use PermissionDecision::{Allowed, AllowedIf, DeniedExplicit, DeniedImplicit, Unknown};

fn ask(world: &World, who: &str, action: &str, resource: &str) -> PermissionAnswer {
    let assembled = world.assemble();
    let questions = Questions::new(&assembled, &KNOWLEDGE);
    let (who, what) = (questions.who(who).unwrap(), questions.what(resource).unwrap());
    questions.can(&who, action, &what, &Context::over_tls()).unwrap()
}

fn decision(world: &World, who: &str, action: &str, resource: &str) -> PermissionDecision {
    ask(world, who, action, resource).decision
}

/// A bucket that is open to everybody, encrypted with a key that has this policy and is in this state.
fn encrypted(policy: Value, state: &str) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    let key = format!("arn:aws:kms:{REGION}:{OWN}:key/1111");
    world.put(
        "aws_kms_key",
        &key,
        json!({ "key_state": state, "grants": [], "policy": document(policy) }),
    );
    let encryption = json!({ "rules": [{ "apply_server_side_encryption_by_default": { "sse_algorithm": "aws:kms", "kms_master_key_id": key } }] });
    let everybody = json!([{
        "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::cards/*",
    }]);
    world.bucket(
        "cards",
        json!({ "policy": document(everybody), "encryption": encryption }),
    );
    world.user(
        "ann",
        json!({ "user_policy_list": inline(json!([allow("*", "*")])) }),
    );
    world
}

fn root_may() -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": iam("root") }, "Action": "kms:*", "Resource": "*" })
}

const CARD: &str = "arn:aws:s3:::cards/4711";

#[test]
fn the_key_is_asked_too() {
    let world = encrypted(json!([root_may()]), "Enabled");
    assert_eq!(decision(&world, "ann", "s3:GetObject", CARD), Allowed);
    let stranger = ask(&world, "internet", "s3:GetObject", CARD);
    assert_eq!(stranger.decision, DeniedImplicit);
    assert!(
        stranger.caveats.iter().any(|note| note.contains("kms:Decrypt")),
        "{stranger:?}"
    );
    // What works on the bucket itself needs no key.
    assert_eq!(decision(&world, "ann", "s3:ListBucket", "cards"), Allowed);
}

#[test]
fn a_key_that_denies_denies_with_its_statement() {
    let denial = json!({ "Sid": "NotAnn", "Effect": "Deny", "Principal": { "AWS": iam("user/ann") }, "Action": "kms:Decrypt", "Resource": "*" });
    let world = encrypted(json!([root_may(), denial]), "Enabled");
    let answer = ask(&world, "ann", "s3:GetObject", CARD);
    assert_eq!(answer.decision, DeniedExplicit);
    assert!(
        answer.deciding.len() == 1 && answer.deciding[0].contains("NotAnn"),
        "{answer:?}"
    );
    let denies_all =
        json!({ "Effect": "Deny", "Principal": "*", "Action": "kms:GenerateDataKey", "Resource": "*" });
    let world = encrypted(json!([root_may(), denies_all]), "Enabled");
    // Whoever writes may ask for another encryption.
    let answer = ask(&world, "ann", "s3:PutObject", CARD);
    assert_eq!(answer.decision, AllowedIf);
    assert!(answer.conditions[0].contains("another encryption"), "{answer:?}");
    assert_eq!(decision(&world, "ann", "s3:DeleteObject", CARD), Allowed);
}

#[test]
fn a_key_that_is_disabled_makes_it_a_condition_and_one_that_was_not_read_unknown() {
    let world = encrypted(json!([root_may()]), "Disabled");
    assert_eq!(decision(&world, "ann", "s3:GetObject", CARD), AllowedIf);
    let key = format!("arn:aws:kms:{REGION}:{OWN}:key/1111");
    assert_eq!(decision(&world, "ann", "kms:Decrypt", &key), AllowedIf);
    assert_eq!(decision(&world, "ann", "kms:PutKeyPolicy", &key), Allowed);
    let mut world = encrypted(json!([root_may()]), "Enabled");
    world.forget("aws_kms_key");
    assert_eq!(decision(&world, "ann", "s3:GetObject", CARD), Unknown);
    let by_service =
        json!({ "rules": [{ "apply_server_side_encryption_by_default": { "sse_algorithm": "aws:kms" } }] });
    world.change("arn:aws:s3:::cards", "encryption", by_service);
    assert_eq!(decision(&world, "ann", "s3:GetObject", CARD), Allowed);
    assert_eq!(decision(&world, "internet", "s3:GetObject", CARD), DeniedImplicit);
    assert_eq!(
        decision(&world, "777788889999", "s3:GetObject", CARD),
        DeniedImplicit
    );
}

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const SIGNED: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

fn listed(grantee: Value, permission: &str, more: Value) -> World {
    let mut world = World::default();
    let mut attributes = json!({
        "acl": { "owner": { "id": "own" }, "grants": [{ "grantee": grantee, "permission": permission }] },
    });
    for (name, value) in more.as_object().unwrap() {
        attributes[name] = value.clone();
    }
    world.bucket("cards", attributes);
    world.user("ann", json!({}));
    world
}

#[test]
fn access_control_lists_count() {
    let everybody = || json!({ "uri": ALL_USERS });
    let open = listed(everybody(), "READ", json!({}));
    assert_eq!(decision(&open, "internet", "s3:ListBucket", "cards"), Allowed);
    assert_eq!(decision(&open, "internet", "s3:PutObject", CARD), DeniedImplicit);
    // The list of the bucket opens no object; those of the objects may.
    assert_eq!(decision(&open, "internet", "s3:GetObject", CARD), Unknown);
    let writable = listed(everybody(), "WRITE", json!({}));
    assert_eq!(decision(&writable, "internet", "s3:PutObject", CARD), Allowed);
    let signed = listed(json!({ "uri": SIGNED }), "READ", json!({}));
    assert_eq!(
        decision(&signed, "anonymous", "s3:ListBucket", "cards"),
        DeniedImplicit
    );
    assert_eq!(decision(&signed, "internet", "s3:ListBucket", "cards"), Allowed);
    let partner = listed(json!({ "id": "partner" }), "READ", json!({}));
    assert_eq!(
        decision(&partner, "internet", "s3:ListBucket", "cards"),
        AllowedIf
    );
    assert_eq!(
        decision(&partner, "anonymous", "s3:ListBucket", "cards"),
        DeniedImplicit
    );
    assert_eq!(
        decision(&partner, "ann", "s3:ListBucket", "cards"),
        DeniedImplicit
    );
}

#[test]
fn settings_that_switch_lists_off_are_honoured() {
    let everybody = || json!({ "uri": ALL_USERS });
    let enforced =
        json!({ "ownership_controls": { "rules": [{ "object_ownership": "BucketOwnerEnforced" }] } });
    let world = listed(everybody(), "READ", enforced);
    assert_eq!(
        decision(&world, "internet", "s3:ListBucket", "cards"),
        DeniedImplicit
    );
    let ignored = json!({ "public_access_block": { "ignore_public_acls": true } });
    let world = listed(everybody(), "READ", ignored);
    assert_eq!(
        decision(&world, "internet", "s3:ListBucket", "cards"),
        DeniedImplicit
    );
    let unread = json!({ "acl": denied() });
    let world = listed(everybody(), "READ", unread);
    assert_eq!(decision(&world, "internet", "s3:ListBucket", "cards"), Unknown);
    assert_eq!(
        decision(&world, "internet", "s3:PutBucketPolicy", "cards"),
        DeniedImplicit
    );
}

#[test]
fn what_is_inside_is_mentioned_only_where_it_matters() {
    let mut world = World::default();
    world.bucket("cards", json!({}));
    let tags = json!([
        allow("s3:GetObjectTagging", "arn:aws:s3:::cards/*"),
        allow("s3:ListBucket", "*")
    ]);
    world.user("ann", json!({ "user_policy_list": inline(tags) }));
    let notes = |action: &str| {
        let answer = ask(&world, "ann", action, "cards");
        let notes = answer.caveats.iter().filter(|note| note.contains("cards/*"));
        (answer.decision, notes.count())
    };
    assert_eq!(notes("s3:ListBucket"), (Allowed, 0));
    assert_eq!(notes("s3:GetBucketPolicy"), (DeniedImplicit, 0));
    assert_eq!(notes("s3:GetObjectTagging"), (DeniedImplicit, 1));
}

#[test]
fn strangers_are_asked_from_everywhere() {
    let open_to = |ranges: Value| {
        let mut world = World::default();
        let policy = document(json!([{
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
            "Condition": { "IpAddress": { "aws:SourceIp": ranges } },
        }]));
        world.bucket("cards", json!({ "policy": policy }));
        ask(&world, "internet", "s3:GetObject", CARD)
    };
    assert_eq!(open_to(json!(["0.0.0.0/1", "128.0.0.0/1"])).decision, Allowed);
    assert_eq!(open_to(json!("10.0.0.0/8")).decision, DeniedImplicit);
    let office = open_to(json!("203.0.113.0/24"));
    assert_eq!(office.decision, AllowedIf);
    assert!(
        office
            .conditions
            .iter()
            .any(|clause| clause.contains("203.0.113.0/24")),
        "{office:?}"
    );
}

#[test]
fn a_public_policy_that_is_blocked_counts_at_home_alone() {
    let mut world = World::default();
    let policy = document(json!([{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
    }]));
    let block = json!({ "restrict_public_buckets": true });
    world.bucket("cards", json!({ "policy": policy, "public_access_block": block }));
    world.user("ann", json!({}));
    assert_eq!(decision(&world, "internet", "s3:GetObject", CARD), DeniedImplicit);
    assert_eq!(
        decision(&world, "777788889999", "s3:GetObject", CARD),
        DeniedImplicit
    );
    assert_eq!(decision(&world, "ann", "s3:GetObject", CARD), Allowed);
    world.change("arn:aws:s3:::cards", "policy", denied());
    assert_eq!(decision(&world, "internet", "s3:GetObject", CARD), DeniedImplicit);
    assert_eq!(decision(&world, "ann", "s3:GetObject", CARD), Unknown);
    let assembled = world.assemble();
    let found = crate::world::edges(&assembled.graph, &iam("user/ann"), "arn:aws:s3:::cards");
    assert!(!found.is_empty(), "what was not read is possible at home");
}

#[test]
fn the_root_user_of_the_account_has_a_reason() {
    let mut world = World::default();
    world.bucket("cards", json!({}));
    world.put("aws_iam_root_user", &iam("root"), json!({}));
    let answer = ask(&world, &iam("root"), "s3:GetObject", CARD);
    assert_eq!(answer.decision, Allowed);
    assert!(
        answer.deciding[0].contains("every permission of its account"),
        "{answer:?}"
    );
}

#[test]
fn strangers_have_nothing_to_do_where_no_resource_is_named() {
    let world = encrypted(json!([root_may()]), "Enabled");
    let assembled = world.assemble();
    let questions = Questions::new(&assembled, &KNOWLEDGE);
    let what = questions.what("*").unwrap();
    for (who, is_answered) in [
        ("internet", false),
        ("777788889999", false),
        (OWN, true),
        ("ann", true),
    ] {
        let who = questions.who(who).unwrap();
        let answer = questions.can(&who, "iam:CreateUser", &what, &Context::over_tls());
        assert_eq!(answer.is_ok(), is_answered, "{}", who.name());
    }
}
