//! Estates with several paths of one kind: they are told as one, its id holds, and what closes some of them says so.

use plumb_graph::paths::{Limits, report};
use plumb_graph::reachability;
use plumb_model::path::{AttackPath, PathReport};
use serde_json::{Value, json};

use crate::identity::careless;
use crate::world::paths::{find, stories};
use crate::world::{KNOWLEDGE, OTHER, OWN, World, allow, document, iam, inline, trust};

fn estate() -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world
}

/// A bucket that these principals can read, which holds what its tag says.
fn open_bucket(world: &mut World, name: &str, principal: &Value, tags: Value) {
    let statement = json!({
        "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*"),
    });
    world.bucket(
        name,
        json!({ "policy": document(json!([statement])), "tags": tags }),
    );
}

fn restricted() -> Value {
    json!({ "data-class": "restricted" })
}

#[track_caller]
fn only(report: &PathReport) -> &AttackPath {
    assert_eq!(report.paths.len(), 1, "{:#?}", stories(report));
    &report.paths[0]
}

#[test]
fn a_change_that_closes_one_of_several_equal_paths_says_so() {
    let mut world = estate();
    for name in ["one", "two", "three"] {
        open_bucket(&mut world, name, &json!("*"), restricted());
    }
    let report = world.report();
    let path = only(&report);
    assert_eq!((path.count, path.targets.len(), path.entries), (3, 3, 1));
    assert!(path.cuts.iter().all(|cut| cut.closes == 1), "{:?}", path.cuts);
    assert_eq!(report.choke_points.len(), 3);
    for choke_point in &report.choke_points {
        assert!(choke_point.paths.is_empty(), "{choke_point:?}");
        let partly: Vec<_> = choke_point
            .partly
            .iter()
            .map(|partly| (&partly.path, partly.closed, partly.count))
            .collect();
        assert_eq!(partly, [(&path.id, 1, 3)]);
    }
}

#[test]
fn a_change_that_closes_the_only_one_closes_the_path() {
    let mut world = estate();
    open_bucket(&mut world, "one", &json!("*"), restricted());
    let report = world.report();
    let path = only(&report);
    let choke_point = &report.choke_points[0];
    assert_eq!(choke_point.paths, std::slice::from_ref(&path.id));
    assert!(choke_point.partly.is_empty());
}

#[test]
fn where_other_ways_lead_to_the_target_the_change_that_closes_this_one_is_told() {
    let mut world = estate();
    world.bucket("cards", json!({ "tags": restricted() }));
    for (name, action) in [("ann", "s3:GetObject"), ("ben", "s3:Get*")] {
        careless(&mut world, name, json!([allow(action, "arn:aws:s3:::cards/*")]));
    }
    let report = world.report();
    let path = only(&report);
    assert_eq!(path.count, 2);
    let cuts: Vec<(u64, u64)> = path.cuts.iter().map(|cut| (cut.closes, cut.also_cuts)).collect();
    assert_eq!(cuts, [(0, 0), (0, 0)], "{:?}", path.cuts);
    assert!(
        path.cuts
            .iter()
            .all(|cut| cut.proof.resource.ends_with("user/ann")),
        "{:?}",
        path.cuts
    );
}

#[test]
fn an_administrator_takes_no_detour_in_its_account() {
    let mut world = estate();
    world.organization(&[OWN, OTHER], json!([]));
    let other = world.role_in(
        OTHER,
        "boss",
        trust(json!({ "AWS": iam("role/deploy") })),
        json!({ "role_policy_list": inline(json!([allow("*", "*")])) }),
    );
    // Three roles through which the administrator could come to the one that leads out.
    for service in ["ec2", "lambda", "codebuild"] {
        let trusted = trust(json!({ "Service": format!("{service}.amazonaws.com") }));
        world.role(
            service,
            trusted,
            json!({ "role_policy_list": inline(json!([allow("sts:AssumeRole", &iam("role/deploy"))])) }),
        );
    }
    world.role(
        "deploy",
        trust(json!({ "AWS": iam("root") })),
        json!({ "role_policy_list": inline(json!([allow("sts:AssumeRole", &other)])) }),
    );
    careless(&mut world, "ann", json!([allow("*", "*")]));
    let report = world.report();
    let out: Vec<String> = stories(&report)
        .into_iter()
        .filter(|story| story.contains("boss"))
        .collect();
    assert_eq!(out.len(), 1, "{:#?}", stories(&report));
}

#[test]
fn a_label_does_not_change_the_id() {
    let named = |name: &str| {
        let mut world = estate();
        open_bucket(&mut world, name, &json!("*"), restricted());
        let report = world.report();
        let path = only(&report);
        (path.id.clone(), path.title.clone())
    };
    let (id, title) = named("one");
    let (id_with_label, title_with_label) = named("customer-pii");
    assert_ne!(title, title_with_label);
    assert_eq!(id, id_with_label);
}

#[test]
fn what_a_principal_may_do_with_data_and_its_type_make_no_paths_of_their_own() {
    let mut world = estate();
    let queue = world.queue_and_bucket();
    let statements = json!([
        allow("s3:GetObject", "*"),
        allow("s3:PutObject", "*"),
        allow("sqs:*", &queue)
    ]);
    careless(&mut world, "ann", statements);
    let report = world.report();
    let path = only(&report);
    assert_eq!((path.count, path.targets.len()), (2, 2), "{path:?}");
    assert!(path.title.contains(" and 1 other type"), "{}", path.title);
}

impl World {
    fn queue_and_bucket(&mut self) -> String {
        let queue = format!("arn:aws:sqs:eu-central-1:{OWN}:orders");
        self.put(
            "aws_sqs_queue",
            &queue,
            json!({ "policy": null, "tags": restricted() }),
        );
        self.bucket("orders", json!({ "tags": restricted() }));
        queue
    }
}

#[test]
fn external_accounts_that_reach_the_same_are_one() {
    let ids: Vec<String> = (1..=30).map(|number| format!("9999000000{number:02}")).collect();
    let mut world = estate();
    let principals: Vec<String> = ids.iter().map(|id| format!("arn:aws:iam::{id}:root")).collect();
    open_bucket(&mut world, "shared", &json!({ "AWS": principals }), restricted());
    let report = world.report();
    let path = only(&report);
    assert_eq!((path.count, path.entries, report.pairs), (30, 30, 30));
    assert!(
        path.title.starts_with("30 external accounts -> "),
        "{}",
        path.title
    );
    // One change closes them all.
    assert_eq!(path.cuts[0].closes, 30);
    assert_eq!(report.choke_points[0].paths, std::slice::from_ref(&path.id));

    // Each in a statement of its own: equal still, but each is closed by itself.
    let mut apart = estate();
    let statements: Vec<Value> = principals
        .iter()
        .map(|principal| {
            json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shared/*" })
        })
        .collect();
    apart.bucket(
        "shared",
        json!({ "policy": document(statements), "tags": restricted() }),
    );
    let report = apart.report();
    let path_apart = only(&report);
    assert_eq!((path_apart.count, path_apart.entries), (30, 30));
    assert_eq!(path_apart.id, path.id);
    assert_eq!(path_apart.cuts[0].closes, 1);
}

#[test]
fn targets_behind_an_administrator_are_named() {
    let mut world = estate();
    world.bucket("vault", json!({ "tags": restricted() }));
    careless(&mut world, "ann", json!([allow("*", "*")]));
    let report = world.report();
    let path = find(
        &report,
        "credentials -holds-> ann -can_administer-> administrator",
    );
    assert_eq!(path.targets_behind, 1);
    assert_eq!(path.behind, ["arn:aws:s3:::vault"]);
    // What is listed and what is behind it are all that the sum counts.
    assert_eq!(report.total_risk, u64::from(path.risk) + 78);
    assert_eq!(report.paths.len(), 1, "{:#?}", stories(&report));
    // Whoever asks about the target itself is told of them.
    let assembled = world.assemble();
    let vault = assembled.graph.by_uid("arn:aws:s3:::vault").unwrap();
    let answer = reachability::of(&assembled, vault);
    assert_eq!(answer.path_risk, Some(78));
    assert!(answer.ways.is_empty(), "{:?}", answer.ways);
    world.forget("aws_iam_user");
    let assembled = world.assemble();
    let vault = assembled.graph.by_uid("arn:aws:s3:::vault").unwrap();
    assert_eq!(reachability::of(&assembled, vault).path_risk, None);
}

#[test]
fn paths_that_are_left_out_are_counted() {
    let mut world = estate();
    open_bucket(&mut world, "one", &json!("*"), restricted());
    open_bucket(
        &mut world,
        "two",
        &json!("*"),
        json!({ "data-class": "confidential" }),
    );
    let limits = Limits {
        paths: 1,
        ..Limits::default()
    };
    let report = report(&world.assemble().graph, &KNOWLEDGE.weights, &limits);
    assert_eq!(report.paths.len(), 1);
    let told = "1 less risky path is left out: only the 1 riskiest is listed";
    assert!(
        report.problems.iter().any(|problem| problem == told),
        "{:?}",
        report.problems
    );
}

#[test]
fn each_reason_why_credentials_are_weak_is_enough() {
    let mut world = estate();
    world.bucket("vault", json!({ "tags": restricted() }));
    world.user(
        "ann",
        json!({
            "user_policy_list": inline(json!([allow("s3:GetObject", "*")])),
            "credential_report": {
                "password_enabled": true, "mfa_active": false, "access_key_1_active": true,
                "access_key_1_last_rotated": "2020-01-01T00:00:00Z", "access_key_2_active": false,
            },
        }),
    );
    let report = world.report();
    let path = only(&report);
    let of_user: Vec<&str> = path
        .cuts
        .iter()
        .filter(|cut| cut.proof.resource.ends_with("user/ann") && cut.proof.attribute.is_empty())
        .map(|cut| cut.proof.detail.as_str())
        .collect();
    let [only] = of_user.as_slice() else {
        panic!("{of_user:?}");
    };
    assert!(only.contains("password") && only.contains("access key"), "{only}");
}

#[test]
fn a_change_behind_several_entries_closes_the_paths_from_all_of_them() {
    let mut world = estate();
    world.bucket("vault", json!({ "tags": restricted() }));
    let strangers = ["999900000001", "999900000002"].map(|id| {
        json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": format!("arn:aws:iam::{id}:root") } })
    });
    world.role(
        "partner",
        document(strangers.to_vec()),
        json!({ "role_policy_list": inline(json!([allow("s3:GetObject", "*")])) }),
    );
    let report = world.report();
    let path = only(&report);
    assert_eq!((path.count, path.entries), (2, 2));
    let closing: Vec<_> = report
        .choke_points
        .iter()
        .filter(|choke_point| choke_point.paths == std::slice::from_ref(&path.id))
        .collect();
    assert!(
        closing
            .iter()
            .any(|choke_point| choke_point.name == "partner" && choke_point.partly.is_empty()),
        "{:#?}",
        report.choke_points
    );
}

/// A role of power with this trust.
fn powerful(world: &mut World, name: &str, principal: Value) {
    world.role(
        name,
        trust(principal),
        json!({ "role_policy_list": inline(json!([allow("*", "*")])) }),
    );
}

#[test]
fn other_ways_in_to_the_same_target_are_counted_though_they_are_not_listed() {
    let mut world = estate();
    powerful(&mut world, "one", json!("*"));
    assert_eq!(only(&world.report()).other_ways, 0);
    powerful(&mut world, "two", json!("*"));
    let foreign = json!({ "AWS": "777788889999" });
    powerful(&mut world, "three", foreign);
    let report = world.report();
    let path = find(
        &report,
        "internet -can_assume-> one -can_administer-> administrator",
    );
    assert_eq!(path.other_ways, 2);
    let path = find(
        &report,
        "account:777788889999 -can_assume-> three -can_administer-> administrator",
    );
    assert_eq!(path.other_ways, 2);
    // Another account has other targets.
    world.role_in(
        OTHER,
        "four",
        trust(json!("*")),
        json!({ "role_policy_list": inline(json!([allow("*", "*")])) }),
    );
    let report = world.report();
    let counts: Vec<u64> = report.paths.iter().map(|path| path.other_ways).collect();
    assert_eq!(counts, [2, 2]);
}

#[test]
fn ways_through_the_same_resources_are_one_path_and_the_surest_is_told() {
    let mut world = estate();
    let mut sure = allow("ssm:StartSession", "*");
    let role = world.role(
        "web",
        trust(json!({ "Service": "ec2.amazonaws.com" })),
        json!({ "role_policy_list": inline(json!([allow("*", "*")])) }),
    );
    let profile = iam("instance-profile/web");
    world.put(
        "aws_iam_instance_profile",
        &profile,
        json!({ "instance_profile_name": "web", "roles": [{ "arn": role, "role_name": "web" }] }),
    );
    let instance = format!("arn:aws:ec2:{}:{OWN}:instance/i-1", crate::world::REGION);
    world.put(
        "aws_ec2_instance",
        &instance,
        json!({ "instance_id": "i-1", "user_data": null, "iam_instance_profile": { "arn": profile }, "metadata_options": null }),
    );
    let command = [
        allow("ssm:SendCommand", "*"),
        allow("ssm:GetCommandInvocation", "*"),
    ];
    for is_conditional in [false, true] {
        if is_conditional {
            sure["Condition"] = json!({ "StringEquals": { "sts:ExternalId": "x" } });
        }
        let mut world = world.clone();
        careless(&mut world, "ann", json!([sure, command[0], command[1]]));
        let report = world.report();
        let to_instance: Vec<String> = stories(&report)
            .into_iter()
            .filter(|story| story.contains("i-1"))
            .collect();
        assert_eq!(to_instance.len(), 1, "{to_instance:#?}");
        assert!(
            to_instance[0].contains("ann -can_escalate_to-> i-1") && !to_instance[0].contains("conditional"),
            "{to_instance:#?}"
        );
    }
}

#[test]
fn a_role_that_a_public_identity_provider_opens_is_exposed() {
    let trusted = |condition: Value| {
        document(json!([{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
            "Principal": { "Federated": iam("oidc-provider/token.actions.githubusercontent.com") },
        }]))
    };
    let audience =
        json!({ "StringEquals": { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" } });
    let own = json!({ "StringLike": { "token.actions.githubusercontent.com:sub": "repo:acme/app:*" } });
    let mut world = estate();
    world.role("open", trusted(audience), json!({}));
    world.role("shut", trusted(own), json!({}));
    careless(&mut world, "ann", json!([]));
    let assembled = world.assemble();
    let listed: Vec<(String, Vec<String>)> = reachability::list(&assembled)
        .iter()
        .map(|one| {
            (
                one.resource.name.to_string(),
                one.open.iter().map(ToString::to_string).collect(),
            )
        })
        .collect();
    let every = "every repository on GitHub can assume it".to_owned();
    assert_eq!(listed, [("open".to_owned(), vec![every])]);
}

#[test]
fn what_an_equal_principal_has_is_told_and_taken_of_the_one_on_the_path() {
    let mut world = estate();
    for name in ["alike", "open"] {
        let principal = if name == "open" {
            json!("*")
        } else {
            json!({ "Service": "ec2.amazonaws.com" })
        };
        powerful(&mut world, name, principal);
    }
    let report = world.report();
    let path = find(
        &report,
        "internet -can_assume-> open -can_administer-> administrator",
    );
    let alike = iam("role/alike");
    let named = path.cuts.iter().map(|cut| &cut.proof);
    let named: Vec<_> = named
        .chain(path.hops.iter().flat_map(|hop| &hop.proofs))
        .collect();
    assert!(named.iter().all(|proof| proof.resource != alike), "{named:#?}");
    // Its trust comes first, and what another role has closes nothing.
    assert_eq!(
        path.cuts[0].proof.attribute,
        "assume_role_policy_document statement 0"
    );
    assert!(path.cuts.iter().all(|cut| cut.closes == 1), "{:?}", path.cuts);
    // With a second open one neither change by itself is enough.
    powerful(&mut world, "wide", json!("*"));
    let report = world.report();
    let path = find(
        &report,
        "internet -can_assume-> open -can_administer-> administrator",
    );
    assert!(path.cuts.iter().all(|cut| cut.closes == 0), "{:?}", path.cuts);
    assert_eq!(
        path.cuts[0].proof.attribute,
        "assume_role_policy_document statement 0"
    );
}
