//! What was not read makes a path possible: never certain, and never absent.

use plumb_model::path::Certainty;
use serde_json::{Value, json};

use crate::identity::careless;
use crate::network::web_server;
use crate::world::network::{Way, ec2, tcp};
use crate::world::paths::{find, none, stories};
use crate::world::{
    FOREIGN, MANAGEMENT, OTHER, OWN, REGION, World, allow, denied, document, edges, iam, inline, trust,
};

const THROUGH_WEB: &str = "internet -reaches-> i-web -runs_as-> web -can_read-> cards (possible)";

fn open_server() -> World {
    web_server(Way::ToInternet, json!([tcp(80, &["0.0.0.0/0"])]))
}

/// The conditions of all hops of a path.
fn conditions(world: &World, story: &str) -> String {
    let report = world.report();
    let hops = &find(&report, story).hops;
    let all: Vec<&str> = hops
        .iter()
        .flat_map(|hop| &hop.conditions)
        .map(|text| text.as_str())
        .collect();
    all.join("; ")
}

#[test]
fn networks_that_were_not_listed_leave_the_way_possible() {
    for unlisted in [
        "aws_security_group",
        "aws_route_table",
        "aws_network_acl",
        "aws_internet_gateway",
        "aws_subnet",
    ] {
        let mut world = open_server();
        world.cannot_list(OWN, unlisted);
        let told = conditions(&world, THROUGH_WEB);
        assert!(!told.is_empty(), "{unlisted}");
    }
}

#[test]
fn a_closed_network_of_which_a_part_was_not_listed_is_not_called_open() {
    let mut world = web_server(Way::Nowhere, json!([tcp(80, &["0.0.0.0/0"])]));
    world.cannot_list(OWN, "aws_security_group");
    none(&world.report());
}

#[test]
fn policies_that_were_not_read_leave_the_access_possible() {
    type Change = (&'static str, fn(&mut World));
    let cases: [Change; 5] = [
        ("inline", |world| {
            world.change(&iam("role/web"), "role_policy_list", denied())
        }),
        ("attached", |world| {
            world.change(&iam("role/web"), "role_policy_list", json!([]));
            world.change(&iam("role/web"), "attached_managed_policies", denied());
        }),
        ("managed", |world| {
            world.change(&iam("role/web"), "role_policy_list", json!([]));
            let unknown = json!([{ "policy_arn": "arn:aws:iam::aws:policy/NotRead" }]);
            world.change(&iam("role/web"), "attached_managed_policies", unknown);
        }),
        ("boundary", |world| {
            world.change(
                &iam("role/web"),
                "permissions_boundary",
                json!({ "permissions_boundary_arn": iam("policy/gone") }),
            );
        }),
        ("document", |world| {
            let unread = json!([{ "policy_name": "inline", "policy_document": denied() }]);
            world.change(&iam("role/web"), "role_policy_list", unread);
        }),
    ];
    for (case, change) in cases {
        let mut world = open_server();
        change(&mut world);
        let told = conditions(&world, THROUGH_WEB);
        assert!(told.contains("not read"), "{case}: {told}");
    }
}

#[test]
fn a_denial_holds_whatever_else_was_not_read() {
    let mut world = open_server();
    let denial = json!([{ "policy_name": "no", "policy_document": document(json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }])) }]);
    world.change(&iam("role/web"), "role_policy_list", denial);
    world.change(&iam("role/web"), "attached_managed_policies", denied());
    none(&world.report());
}

#[test]
fn a_trust_policy_that_was_not_read_leaves_the_role_possible() {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    careless(&mut world, "ann", json!([allow("sts:AssumeRole", "*")]));
    world.role(
        "boss",
        denied(),
        json!({ "role_policy_list": inline(json!([allow("*", "*")])) }),
    );
    let assembled = world.assemble();
    let found = edges(&assembled.graph, &iam("user/ann"), &iam("role/boss"));
    let sure: Vec<_> = found.iter().map(|edge| edge.step.certainty).collect();
    assert!(
        !sure.is_empty() && sure.iter().all(|certainty| *certainty == Certainty::Possible),
        "{sure:?}"
    );
}

#[test]
fn credentials_that_were_not_read_are_a_possible_entry() {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    careless(&mut world, "ann", json!([allow("*", "*")]));
    world.change(&iam("user/ann"), "credential_report", denied());
    find(
        &world.report(),
        "credentials -holds-> ann -can_administer-> administrator (possible)",
    );
}

#[test]
fn a_bucket_policy_that_was_not_read_may_let_everybody_in() {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world.bucket("site", json!({ "policy": denied() }));
    find(&world.report(), "internet -can_read-> site (possible)");
}

#[test]
fn what_unread_policies_may_name_is_one_path_for_each_account() {
    let shut = json!({ "restrict_public_buckets": true, "block_public_policy": true, "ignore_public_acls": true, "block_public_acls": true });
    let everything = json!({ "role_policy_list": inline(json!([allow("*", "*")])) });
    let mut world = World::default();
    world.organization(&[OWN, OTHER], json!([]));
    for (name, class) in [
        ("cards", "restricted"),
        ("site", "internal"),
        ("notes", "confidential"),
    ] {
        world.bucket(
            name,
            json!({ "policy": denied(), "public_access_block": shut, "tags": { "data-classification": class } }),
        );
    }
    let vendor = trust(json!({ "AWS": format!("arn:aws:iam::{FOREIGN}:root") }));
    let front = world.role_in(OTHER, "front", vendor.clone(), everything.clone());
    let own = trust(json!({ "AWS": front }));
    world.role_in(OTHER, "behind", own, everything.clone());
    let third = world.role_in(MANAGEMENT, "third", vendor, everything);
    let report = world.report();
    let unread: Vec<_> = report
        .paths
        .iter()
        .filter(|path| path.certainty == Certainty::Possible)
        .collect();
    let [path] = unread.as_slice() else {
        panic!("{:#?}", stories(&report));
    };
    assert_eq!(
        path.title,
        "Principals of other accounts -> S3 bucket whose policy was not read"
    );
    assert_eq!(path.targets.len(), 3);
    assert!(
        path.count >= 6 && path.is_by_unread_policies() && path.cuts.is_empty(),
        "{path:?}"
    );
    assert_eq!(
        (path.why.as_str(), path.target().name.as_str()),
        ("holds restricted data", "cards")
    );
    // It stands behind what is known, but is never absent: each way is in the graph.
    let rank = report.paths.iter().position(|other| other.id == path.id);
    assert_eq!(rank, Some(report.paths.len() - 1), "{:#?}", stories(&report));
    let graph = world.assemble().graph;
    for from in [&front, &third] {
        for bucket in ["cards", "site", "notes"] {
            let found = edges(&graph, from, &format!("arn:aws:s3:::{bucket}"));
            assert!(!found.is_empty(), "{from} {bucket}");
            assert!(
                found
                    .iter()
                    .all(|edge| edge.step.certainty == Certainty::Possible)
            );
        }
    }
    // At home the policy need not name anybody.
    careless(&mut world, "ann", json!([allow("s3:GetObject", "*")]));
    let report = world.report();
    let home: Vec<_> = report
        .paths
        .iter()
        .filter(|path| path.title.starts_with("Weak"))
        .collect();
    assert!(!home.is_empty() && home.iter().all(|path| !path.is_by_unread_policies()));
}

#[test]
fn a_malformed_bucket_policy_may_let_everybody_in() {
    let odd = json!([{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
        "Condition": { "NewOperator": { "a": "b" } },
    }]);
    for policy in [json!("not json"), document(odd)] {
        let mut world = World::default();
        world.bucket("cards", json!({ "policy": policy }));
        let report = world.report();
        find(&report, "internet -can_read-> cards (possible)");
        assert!(
            report
                .problems
                .iter()
                .any(|problem| problem.contains("arn:aws:s3:::cards")),
            "{:?}",
            report.problems
        );
    }
}

#[test]
fn grants_that_were_not_read_leave_what_they_open_possible() {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    let key = format!("arn:aws:kms:{REGION}:{OWN}:key/1111");
    let root = json!([{ "Effect": "Allow", "Principal": { "AWS": iam("root") }, "Action": "kms:*", "Resource": "*" }]);
    world.put(
        "aws_kms_key",
        &key,
        json!({ "key_id": "1111", "policy": document(root), "grants": denied() }),
    );
    let encryption =
        json!({ "rules": [{ "apply_server_side_encryption_by_default": { "kms_master_key_id": key } }] });
    world.bucket(
        "vault",
        json!({ "tags": { "DataClassification": "restricted" }, "encryption": encryption }),
    );
    careless(&mut world, "ann", json!([allow("s3:GetObject", "*")]));
    find(
        &world.report(),
        "credentials -holds-> ann -can_read-> vault (possible)",
    );
}

#[test]
fn groups_that_were_not_read_leave_what_they_give_possible() {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world.bucket("cards", json!({ "tags": { "DataClassification": "restricted" } }));
    careless(&mut world, "ann", json!([]));
    world.change(&iam("user/ann"), "group_list", json!(["unknown"]));
    find(
        &world.report(),
        "credentials -holds-> ann -can_read-> cards (possible)",
    );
    world.change(&iam("user/ann"), "group_list", denied());
    find(
        &world.report(),
        "credentials -holds-> ann -can_read-> cards (possible)",
    );
}

#[test]
fn control_policies_that_were_not_read_are_told() {
    let mut world = open_server();
    world.forget_account(crate::world::MANAGEMENT);
    let report = world.report();
    // A member account can never read them: the step stays certain, and the path says once what it assumes.
    let path = find(
        &report,
        "internet -reaches-> i-web -runs_as-> web -can_read-> cards",
    );
    let told: Vec<&str> = path.caveats.iter().map(|caveat| caveat.as_str()).collect();
    let services = told.iter().filter(|caveat| {
        caveat.starts_with("service control policies were not read, an organization may forbid it")
    });
    assert_eq!(services.count(), 1, "{told:?}");
    assert!(path.hops.iter().all(|hop| hop.conditions.is_empty()));
    let world = open_server();
    let report = world.report();
    assert!(
        report.paths.iter().all(|path| path.caveats.is_empty()),
        "{:?}",
        report.paths
    );
}

#[test]
fn principals_that_could_not_be_listed_are_told() {
    let mut world = open_server();
    world.cannot_list(OWN, "aws_iam_role");
    let report = world.report();
    assert!(stories(&report).is_empty());
    let is_told =
        |problem: &&plumb_model::value::Text| problem.contains("`aws_iam_role` could not be listed");
    assert!(
        report.problems.iter().any(|problem| is_told(&problem)),
        "{:?}",
        report.problems
    );
}

#[test]
fn a_profile_that_was_not_read_is_told() {
    let mut world = open_server();
    world.change(
        &ec2("instance/i-web"),
        "iam_instance_profile",
        json!({ "arn": denied() }),
    );
    let report = world.report();
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem.contains("what it runs as was not read")),
        "{:?}",
        report.problems
    );
}

#[test]
fn tags_that_were_not_read_leave_conditions_on_them_possible() {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    let role = world.role(
        "worker",
        trust(json!({ "Service": "sqs.amazonaws.com" })),
        json!({ "tags": Value::Null }),
    );
    let secret = format!("arn:aws:secretsmanager:{REGION}:{OWN}:secret:token-AbCdEf");
    world.put(
        "aws_secretsmanager_secret",
        &secret,
        json!({ "policy": null, "kms_key_id": null, "tags": denied() }),
    );
    let mut statement = allow("secretsmanager:GetSecretValue", "*");
    statement["Condition"] = json!({ "StringEquals": { "aws:ResourceTag/team": "red" } });
    careless(&mut world, "ann", json!([statement]));
    let story = "credentials -holds-> ann -can_read-> token-AbCdEf";
    find(&world.report(), &format!("{story} (possible)"));
    world.change(&secret, "tags", json!({ "team": "red" }));
    find(&world.report(), story);
    world.change(&secret, "tags", json!({ "team": "blue" }));
    none(&world.report());
    assert!(world.assemble().graph.by_uid(&role).is_some());
}
