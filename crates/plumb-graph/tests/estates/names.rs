//! Permissions on a part of what a resource holds: one name that every policy permits is a way, whoever's policy names it.

use plumb_model::path::EdgeKind;
use serde_json::{Value, json};

use crate::world::{FOREIGN, OTHER, REGION, World, allow, document, edges, iam, inline, trust};

const CARDS: &str = "arn:aws:s3:::cards";

/// A statement of the bucket's policy about objects under these keys.
fn stated(effect: &str, principal: Value, keys: &[&str]) -> Value {
    json!({ "Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": objects(keys) })
}

/// A statement of the user's policy about objects under these keys.
fn own(effect: &str, keys: &[&str]) -> Value {
    json!({ "Effect": effect, "Action": "s3:GetObject", "Resource": objects(keys) })
}

fn objects(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| format!("{CARDS}/{key}")).collect()
}

/// The bucket `cards` with these statements in its policy, and the user `ann` with these.
fn estate(statements: &[Value], own: &[Value]) -> World {
    let mut world = World::default();
    world.organization(&[crate::world::OWN, OTHER], json!([]));
    world.bucket("cards", json!({ "policy": document(statements) }));
    world.user("ann", json!({ "user_policy_list": inline(own) }));
    world
}

/// How surely somebody can read the bucket.
fn reads(world: &World, from: &str) -> Option<&'static str> {
    let assembled = world.assemble();
    let outside = format!("account:{from}");
    let from = if from == FOREIGN { &outside } else { from };
    let found = edges(&assembled.graph, from, CARDS);
    let reading = found.iter().filter(|edge| edge.step.kind == EdgeKind::CanRead);
    reading.map(|edge| edge.step.certainty.name()).min()
}

#[test]
fn a_bucket_opens_a_part_of_itself() {
    let sure = Some("certain");
    let ann = || json!({ "AWS": iam("user/ann") });
    let foreign = || json!({ "AWS": FOREIGN });
    let all = || json!("*");
    for (from, statements, own, expected) in [
        (
            "internet",
            vec![stated("Allow", all(), &["public/*"])],
            vec![],
            sure,
        ),
        (
            "internet",
            vec![stated("Allow", all(), &["index.html"])],
            vec![],
            sure,
        ),
        ("internet", vec![stated("Allow", all(), &["*.css"])], vec![], sure),
        (
            "internet",
            vec![stated("Allow", all(), &["${aws:PrincipalTag/t}/*"])],
            vec![],
            Some("conditional"),
        ),
        (
            "internet",
            vec![stated("Allow", all(), &["*"]), stated("Deny", all(), &["x*"])],
            vec![],
            sure,
        ),
        (
            "internet",
            vec![stated("Allow", all(), &["a/*"]), stated("Deny", all(), &["a/?*"])],
            vec![],
            sure,
        ),
        (
            "internet",
            vec![
                stated("Allow", all(), &["a/*", "b"]),
                stated("Deny", all(), &["a/*", "?"]),
            ],
            vec![],
            None,
        ),
        (
            FOREIGN,
            vec![stated("Allow", foreign(), &["reports/*"])],
            vec![],
            sure,
        ),
        (
            FOREIGN,
            vec![
                stated("Allow", foreign(), &["reports/*"]),
                stated("Deny", all(), &["reports/*"]),
            ],
            vec![],
            None,
        ),
        (
            "ann",
            vec![stated("Allow", ann(), &["own/reports/*"])],
            vec![],
            sure,
        ),
        (
            "ann",
            vec![stated("Allow", ann(), &["own/*"])],
            vec![own("Deny", &["own/*"])],
            None,
        ),
        (
            "ann",
            vec![],
            vec![own("Allow", &["a/*"]), own("Deny", &["a/x*"])],
            sure,
        ),
        (
            "ann",
            vec![],
            vec![own("Allow", &["a/*"]), own("Deny", &["a*"])],
            None,
        ),
        (
            "ann",
            vec![stated("Deny", all(), &["x*"])],
            vec![own("Allow", &["*"])],
            sure,
        ),
    ] {
        let world = estate(&statements, &own);
        let from = if from == "ann" {
            iam("user/ann")
        } else {
            from.to_owned()
        };
        assert_eq!(reads(&world, &from), expected, "{from} {statements:?} {own:?}");
    }
}

#[test]
fn every_prefix_is_tried() {
    let keys: Vec<String> = (10..50).map(|at| format!("p{at}/*")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let ann = iam("user/ann");
    for (denied, expected) in [(39, Some("certain")), (40, None)] {
        let own = [own("Allow", &keys), own("Deny", &keys[..denied])];
        assert_eq!(reads(&estate(&[], &own), &ann), expected, "{denied}");
    }
}

#[test]
fn what_cannot_be_tried_to_the_end_is_possible() {
    let keys: Vec<String> = (0..300).map(|at| format!("*{at}*")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let own = [own("Allow", &keys), own("Deny", &keys)];
    let world = estate(&[], &own);
    assert_eq!(reads(&world, &iam("user/ann")), Some("possible"));
}

#[test]
fn both_sides_of_two_accounts_must_mean_the_same() {
    let root = json!({ "AWS": OTHER });
    for (theirs, ours, expected) in [
        ("reports/2024/*", "reports/*", Some("certain")),
        ("reports/*", "reports/2024/x.csv", Some("certain")),
        ("reports/*", "*.csv", Some("certain")),
        ("logs/*", "reports/*", None),
    ] {
        let mut world = estate(&[stated("Allow", root.clone(), &[ours])], &[]);
        let statements = inline(json!([own("Allow", &[theirs])]));
        let reader = world.role_in(
            OTHER,
            "reader",
            trust(json!({ "AWS": OTHER })),
            json!({ "role_policy_list": statements }),
        );
        assert_eq!(reads(&world, &reader), expected, "{theirs} {ours}");
    }
}

#[test]
fn a_boundary_leaves_a_part() {
    for (boundary, expected) in [("a/b/*", Some("certain")), ("b/*", None)] {
        let mut world = estate(&[], &[own("Allow", &["a/*"])]);
        let limit = world.managed("limit", json!([allow("s3:*", &format!("{CARDS}/{boundary}"))]));
        let ann = iam("user/ann");
        world.change(
            &ann,
            "permissions_boundary",
            json!({ "permissions_boundary_arn": limit }),
        );
        assert_eq!(reads(&world, &ann), expected, "{boundary}");
    }
}

#[test]
fn a_door_and_a_search_domain_open_a_part() {
    let door = format!("arn:aws:s3:{REGION}:{}:accesspoint/front", crate::world::OWN);
    let statement = |resource: String, action: &str| {
        document(
            json!([{ "Effect": "Allow", "Principal": { "AWS": FOREIGN }, "Action": action, "Resource": resource }]),
        )
    };
    let delegating = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": [CARDS, format!("{CARDS}/*")],
        "Condition": { "StringEquals": { "s3:DataAccessPointAccount": crate::world::OWN } },
    });
    let mut world = estate(&[delegating], &[]);
    world.put(
        "aws_s3_access_point",
        &door,
        json!({
            "access_point_arn": door, "bucket": "cards", "network_origin": "Internet",
            "public_access_block": {}, "vpc_configuration": null,
            "policy": statement(format!("{door}/object/reports/*"), "s3:GetObject"),
        }),
    );
    let domain = format!("arn:aws:es:{REGION}:{}:domain/search", crate::world::OWN);
    world.put(
        "aws_opensearch_domain",
        &domain,
        json!({
            "arn": domain, "domain_name": "search", "vpc_options": null,
            "policy": statement(format!("{domain}/idx/customers/*"), "es:ESHttpGet"),
        }),
    );
    assert_eq!(reads(&world, FOREIGN), Some("certain"));
    let assembled = world.assemble();
    let found = edges(&assembled.graph, &format!("account:{FOREIGN}"), &domain);
    assert!(found.iter().any(|edge| edge.step.kind == EdgeKind::CanRead));
}

/// How surely the role may become `admin` by a new function.
fn makes_a_function(statements: Value) -> Option<&'static str> {
    let mut world = World::default();
    world.organization(&[crate::world::OWN], json!([]));
    let service = json!({ "Service": "lambda.amazonaws.com" });
    let admin = world.role("admin", trust(service), json!({}));
    let start = world.role(
        "start",
        trust(json!({ "Service": "ec2.amazonaws.com" })),
        json!({ "role_policy_list": inline(statements) }),
    );
    let assembled = world.assemble();
    let found = edges(&assembled.graph, &start, &admin);
    let ways = found
        .iter()
        .filter(|edge| edge.step.kind == EdgeKind::CanEscalateTo);
    ways.map(|edge| edge.step.certainty.name()).min()
}

#[test]
fn what_is_made_is_what_is_started() {
    let passing = allow("iam:PassRole", "*");
    let function = |name: &str| format!("arn:aws:lambda:*:*:function:{name}");
    let making = |name: &str| allow("lambda:CreateFunction", &function(name));
    let starting = |name: &str| allow("lambda:InvokeFunction", &function(name));
    let denying = |name: &str| json!({ "Effect": "Deny", "Action": "lambda:*", "Resource": function(name) });
    for (statements, expected) in [
        (vec![making("*"), starting("*")], Some("certain")),
        (vec![making("*"), starting("*"), denying("x*")], Some("certain")),
        (vec![making("dev-*"), starting("prod-*")], None),
        (vec![making("dev-*"), starting("*-app")], Some("certain")),
        (
            vec![making("*"), starting("prod-*"), denying("prod-a*")],
            Some("certain"),
        ),
        (vec![making("*"), starting("prod-*"), denying("prod-*")], None),
    ] {
        let mut statements = statements;
        statements.push(passing.clone());
        assert_eq!(makes_a_function(json!(statements)), expected, "{statements:?}");
    }
    let in_region =
        |action: &str, region: &str| allow(action, &format!("arn:aws:lambda:{region}:*:function:*"));
    for (region, expected) in [("eu-west-1", Some("certain")), ("eu-west-2", None)] {
        let statements = json!([
            passing,
            in_region("lambda:CreateFunction", "eu-west-1"),
            in_region("lambda:InvokeFunction", region),
        ]);
        assert_eq!(makes_a_function(statements), expected, "{region}");
    }
}
