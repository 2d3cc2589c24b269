//! What strangers may do, and from where: conditions on addresses and endpoints, decided by sets of prefixes.

use plumb_graph::reachability;
use plumb_model::path::EdgeKind;
use plumb_model::risk::ExposureLevel;
use serde_json::{Value, json};

use crate::world::paths::{find, none, stories};
use crate::world::{World, document, edges, iam};

const CARDS: &str = "arn:aws:s3:::cards";

/// A statement on the bucket's objects for everybody.
fn everybody(effect: &str, condition: Value) -> Value {
    json!({
        "Effect": effect, "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*", "Condition": condition,
    })
}

fn bucket(statements: Value) -> World {
    let mut world = World::default();
    world.bucket("cards", json!({ "policy": document(statements) }));
    world
}

/// How strangers stand to the bucket: certainty of the edge, level of exposure, and from where.
fn standing(statements: Value) -> Option<(&'static str, ExposureLevel, String)> {
    let assembled = bucket(statements).assemble();
    let found = edges(&assembled.graph, "internet", CARDS);
    let edge = found.iter().find(|edge| edge.step.kind == EdgeKind::CanRead)?;
    let node = assembled.graph.by_uid(CARDS).unwrap();
    let answer = reachability::of(&assembled, node);
    let from = answer
        .ways
        .iter()
        .find(|way| way.kind == EdgeKind::CanRead)
        .map(|way| way.from.to_string());
    Some((edge.step.certainty.name(), answer.level, from.unwrap_or_default()))
}

fn ip(operator: &str, ranges: Value) -> Value {
    json!({ operator: { "aws:SourceIp": ranges } })
}

#[test]
fn addresses_in_conditions_are_a_set() {
    use ExposureLevel::{Narrow, Wide};
    let anywhere = "anybody on the internet";
    let open = || everybody("Allow", json!({}));
    let cases = [
        (json!([open()]), Some(("certain", Wide, anywhere))),
        (
            json!([everybody("Allow", ip("IpAddress", json!("0.0.0.0/0")))]),
            Some(("certain", Wide, anywhere)),
        ),
        (
            json!([everybody(
                "Allow",
                ip("IpAddress", json!(["0.0.0.0/1", "128.0.0.0/1"]))
            )]),
            Some(("certain", Wide, anywhere)),
        ),
        // Two statements, each with half.
        (
            json!([
                everybody("Allow", ip("IpAddress", json!("0.0.0.0/1"))),
                everybody("Allow", ip("IpAddress", json!("128.0.0.0/1"))),
            ]),
            Some(("certain", Wide, anywhere)),
        ),
        (
            json!([everybody("Allow", ip("IpAddress", json!("128.0.0.0/1")))]),
            Some(("certain", Wide, "128.0.0.0/1")),
        ),
        (
            json!([everybody("Allow", ip("IpAddress", json!("203.0.113.0/24")))]),
            Some(("conditional", Narrow, "203.0.113.0/24")),
        ),
        (
            json!([
                open(),
                everybody(
                    "Deny",
                    ip("NotIpAddress", json!(["203.0.113.0/24", "10.0.0.0/8"]))
                )
            ]),
            Some(("conditional", Narrow, "203.0.113.0/24")),
        ),
        (
            json!([
                open(),
                everybody("Deny", ip("IpAddress", json!("203.0.113.0/24")))
            ]),
            Some(("certain", Wide, anywhere)),
        ),
        (
            json!([everybody("Allow", ip("IpAddress", json!("10.0.0.0/8")))]),
            None,
        ),
        (
            json!([everybody(
                "Allow",
                ip("IpAddress", json!(["10.0.0.0/8", "100.64.0.0/10", "fd00::/8"]))
            )]),
            None,
        ),
        (
            json!([open(), everybody("Deny", ip("NotIpAddress", json!("10.0.0.0/8")))]),
            None,
        ),
        (
            json!([
                open(),
                everybody("Deny", ip("IpAddress", json!(["0.0.0.0/0", "::/0"])))
            ]),
            // Through a network of one's own there is no address to deny.
            Some(("conditional", Narrow, "a network of one's own in the cloud")),
        ),
        // Written as text it is no range, so that nothing is decided.
        (
            json!([everybody(
                "Allow",
                json!({ "StringEquals": { "aws:SourceIp": "203.0.113.9" } })
            )]),
            Some(("conditional", Narrow, anywhere)),
        ),
    ];
    for (statements, expected) in cases {
        let expected = expected.map(|(certainty, level, from)| (certainty, level, from.to_owned()));
        assert_eq!(standing(statements.clone()), expected, "{statements}");
    }
}

#[test]
fn conditions_that_are_no_ranges_do_not_narrow() {
    use ExposureLevel::Wide;
    let like = |key: &str, value: &str| json!({ "StringLike": { key: value } });
    let equal = |key: &str, value: &str| json!({ "StringEquals": { key: value } });
    let date = |operator: &str, value: &str| json!({ operator: { "aws:CurrentTime": value } });
    let certain = Some(("certain", Wide));
    let conditional = Some(("conditional", Wide));
    for (condition, expected) in [
        // What the caller writes as it likes.
        (like("aws:Referer", "https://x.example/*"), certain),
        (equal("aws:UserAgent", "secret"), certain),
        (json!({ "StringNotLike": { "aws:UserAgent": "curl*" } }), certain),
        (json!({ "Null": { "aws:Referer": "true" } }), certain),
        (equal("s3:ExistingObjectTag/public", "yes"), conditional),
        (equal("s3:signatureversion", "AWS4-HMAC-SHA256"), conditional),
        (like("aws:PrincipalArn", "*"), conditional),
        (
            json!({ "StringEquals": { "aws:Referer": "x", "s3:signatureversion": "AWS4-HMAC-SHA256" } }),
            conditional,
        ),
        (date("DateLessThan", "2099-01-01T00:00:00Z"), certain),
        (date("DateGreaterThan", "2020-01-01"), certain),
        (date("DateLessThan", "2020-01-01T00:00:00Z"), None),
        (date("DateGreaterThan", "2099-01-01T00:00:00Z"), None),
        (
            json!({ "NumericLessThan": { "aws:EpochTime": "1577836800" } }),
            None,
        ),
        (
            json!({ "NumericLessThan": { "aws:EpochTime": "4070908800" } }),
            certain,
        ),
    ] {
        let found = standing(json!([everybody("Allow", condition.clone())]));
        assert_eq!(
            found.map(|(certainty, level, _)| (certainty, level)),
            expected,
            "{condition}"
        );
    }
    // A denial of what the caller need not say denies nothing.
    for (condition, expected) in [
        (
            json!({ "StringNotLike": { "aws:Referer": "https://x.example/*" } }),
            certain,
        ),
        (date("DateGreaterThan", "2099-01-01T00:00:00Z"), certain),
        (date("DateGreaterThan", "2020-01-01T00:00:00Z"), None),
    ] {
        let found = standing(json!([
            everybody("Allow", json!({})),
            everybody("Deny", condition.clone())
        ]));
        assert_eq!(
            found.map(|(certainty, level, _)| (certainty, level)),
            expected,
            "{condition}"
        );
    }
}

#[test]
fn the_names_in_a_bucket_are_told_where_nothing_more_is_open() {
    let list = |principal: Value, resource: &str| json!({ "Effect": "Allow", "Principal": principal, "Action": "s3:ListBucket", "Resource": resource });
    let star = || json!("*");
    assert_eq!(
        standing(json!([list(star(), CARDS)])),
        Some((
            "conditional",
            ExposureLevel::Wide,
            "anybody on the internet".to_owned()
        ))
    );
    assert_eq!(standing(json!([list(star(), "arn:aws:s3:::other")])), None);
    assert_eq!(
        standing(json!([list(json!({ "Service": "s3.amazonaws.com" }), CARDS)])),
        None
    );
    // Who reads the objects needs no list, and who lists in the account has no data by that.
    let assembled = bucket(json!([list(star(), CARDS), everybody("Allow", json!({}))])).assemble();
    let found = edges(&assembled.graph, "internet", CARDS);
    let of_kind: Vec<_> = found
        .iter()
        .map(|edge| (edge.step.kind.name(), edge.step.certainty.name()))
        .collect();
    assert_eq!(of_kind, [("can_read", "certain")]);
    let mut world = bucket(json!([list(json!({ "AWS": iam("user/ann") }), CARDS)]));
    world.user("ann", json!({}));
    assert!(edges(&world.assemble().graph, &iam("user/ann"), CARDS).is_empty());
    let mut world = bucket(json!([list(star(), CARDS)]));
    world.change(
        CARDS,
        "public_access_block",
        json!({ "restrict_public_buckets": true }),
    );
    assert!(edges(&world.assemble().graph, "internet", CARDS).is_empty());
}

#[test]
fn a_federated_user_of_another_account_is_of_that_account() {
    for (account, expected) in [
        (crate::world::FOREIGN, Some("conditional")),
        (crate::world::OWN, None),
    ] {
        let user = format!("arn:aws:sts::{account}:federated-user/bob");
        let statement = json!({ "Effect": "Allow", "Principal": { "AWS": user }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*" });
        let assembled = bucket(json!([statement])).assemble();
        let found = edges(&assembled.graph, &format!("account:{account}"), CARDS);
        assert_eq!(
            found.first().map(|edge| edge.step.certainty.name()),
            expected,
            "{account}"
        );
    }
}

#[test]
fn endpoints_that_a_policy_names_are_none_of_a_stranger() {
    let cases = [
        json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } }),
        json!({ "StringEquals": { "aws:SourceVpc": ["vpc-1", "vpc-2"] } }),
        json!({ "StringEquals": { "aws:SourceVpc": "vpc-1" }, "IpAddress": { "aws:VpcSourceIp": "10.0.0.0/8" } }),
    ];
    for condition in cases {
        assert_eq!(
            standing(json!([everybody("Allow", condition.clone())])),
            None,
            "{condition}"
        );
    }
    let perimeter = json!([
        everybody("Allow", json!({})),
        everybody(
            "Deny",
            json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } })
        ),
    ]);
    assert_eq!(standing(perimeter), None);
    // An address within a network alone, or any endpoint, anybody with an account brings about.
    for condition in [
        json!({ "IpAddress": { "aws:VpcSourceIp": "10.0.0.0/8" } }),
        json!({ "StringLike": { "aws:SourceVpce": "vpce-*" } }),
    ] {
        let (certainty, level, from) = standing(json!([everybody("Allow", condition.clone())])).unwrap();
        assert_eq!(
            (certainty, level),
            ("conditional", ExposureLevel::Narrow),
            "{condition}"
        );
        assert!(from.contains("network of one's own"), "{from}");
    }
}

#[test]
fn a_path_names_the_ranges_it_is_open_to() {
    let world = bucket(json!([everybody(
        "Allow",
        ip("IpAddress", json!("203.0.113.0/24"))
    )]));
    let report = world.report();
    let path = find(&report, "internet -can_read-> cards (conditional)");
    assert!(
        path.title.contains("from 203.0.113.0/24") && !path.title.contains("Public"),
        "{}",
        path.title
    );
    assert!(
        path.hops[0]
            .conditions
            .iter()
            .any(|clause| clause.contains("203.0.113.0/24"))
    );
    let open = bucket(json!([everybody(
        "Allow",
        ip("IpAddress", json!(["0.0.0.0/1", "128.0.0.0/1"]))
    )]));
    let report = open.report();
    assert!(
        find(&report, "internet -can_read-> cards")
            .title
            .contains("Public")
    );
}

#[test]
fn trust_policies_and_named_accounts_are_decided_alike() {
    let trust = |principal: Value, ranges: Value| {
        let mut world = World::default();
        let statement = json!({
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal,
            "Condition": { "IpAddress": { "aws:SourceIp": ranges } },
        });
        let allow = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let all = json!([{ "policy_name": "all", "policy_document": document(json!([allow])) }]);
        world.role(
            "boss",
            document(json!([statement])),
            json!({ "role_policy_list": all }),
        );
        world.report()
    };
    let everybody = || json!({ "AWS": "*" });
    let partner = || json!({ "AWS": "777788889999" });
    let way = "internet -can_assume-> boss -can_administer-> administrator";
    find(&trust(everybody(), json!(["0.0.0.0/1", "128.0.0.0/1"])), way);
    find(
        &trust(everybody(), json!("198.51.100.0/24")),
        &format!("{way} (conditional)"),
    );
    none(&trust(everybody(), json!("192.168.0.0/16")));
    let way = "account:777788889999 -can_assume-> boss -can_administer-> administrator";
    find(&trust(partner(), json!("0.0.0.0/0")), way);
    find(
        &trust(partner(), json!("198.51.100.0/24")),
        &format!("{way} (conditional)"),
    );
    none(&trust(partner(), json!("192.168.0.0/16")));
}

#[test]
fn the_perimeter_of_an_organization_is_a_set_too() {
    let mut world = bucket(json!([everybody("Allow", json!({}))]));
    world.organization(&[crate::world::OWN], json!([]));
    world.resource_control(json!([{
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": { "NotIpAddress": { "aws:SourceIp": "10.0.0.0/8" }, "StringNotEquals": { "aws:SourceVpc": "vpc-1" } },
    }]));
    assert_eq!(stories(&world.report()), Vec::<String>::new());
}

#[test]
fn too_many_different_ranges_leave_the_address_open() {
    let statements: Vec<Value> = (0..80)
        .map(|part| everybody("Allow", ip("IpAddress", json!(format!("{}.1.0.0/16", part + 20)))))
        .collect();
    let (certainty, level, _) = standing(json!(statements)).unwrap();
    assert_eq!((certainty, level), ("conditional", ExposureLevel::Narrow));
}

#[test]
fn sessions_unique_ids_and_canonical_users_are_principals_too() {
    let named = |principal: Value| {
        let mut world = World::default();
        let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*" });
        world.bucket("cards", json!({ "policy": document(json!([statement])) }));
        world.user("ann", json!({ "user_id": "AIDAANN" }));
        let nobody = document(json!([{ "Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*" }]));
        world.role("app", nobody, json!({ "role_id": "AROAAPP" }));
        world.assemble().graph
    };
    let certainty = |principal: Value, from: &str| {
        let graph = named(principal);
        let found = edges(&graph, from, CARDS);
        found.iter().map(|edge| edge.step.certainty.name()).min()
    };
    let own = crate::world::OWN;
    let session =
        |account: &str| json!({ "AWS": format!("arn:aws:sts::{account}:assumed-role/app/nightly") });
    assert_eq!(certainty(session(own), &iam("role/app")), Some("conditional"));
    assert_eq!(certainty(session(own), &iam("user/ann")), None);
    assert_eq!(
        certainty(session("777788889999"), "account:777788889999"),
        Some("conditional")
    );
    assert_eq!(
        certainty(json!({ "AWS": "AIDAANN" }), &iam("user/ann")),
        Some("certain")
    );
    assert_eq!(
        certainty(json!({ "AWS": "AROAAPP" }), &iam("role/app")),
        Some("certain")
    );
    assert_eq!(certainty(json!({ "AWS": "AIDAGONE" }), &iam("user/ann")), None);
    let canonical = json!({ "CanonicalUser": "79a59df900b949e5" });
    assert_eq!(
        certainty(canonical.clone(), "account:79a59df900b949e5"),
        Some("certain")
    );
    assert_eq!(certainty(canonical, &iam("user/ann")), None);
}

#[test]
fn a_key_that_is_open_to_everybody_is_administered_by_them() {
    let key = |actions: Value| {
        let mut world = World::default();
        let uid = format!(
            "arn:aws:kms:{}:{}:key/1111",
            crate::world::REGION,
            crate::world::OWN
        );
        let policy = json!([{ "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": "*" }]);
        world.put(
            "aws_kms_key",
            &uid,
            json!({ "key_state": "Enabled", "grants": [], "policy": document(policy) }),
        );
        world.report()
    };
    let report = key(json!("kms:*"));
    let path = find(&report, "internet -can_administer-> 1111");
    assert_eq!(report.paths.len(), 1);
    assert!(path.title.contains("Public KMS key"), "{}", path.title);
    find(&key(json!("kms:Decrypt")), "internet -can_read-> 1111");
}
