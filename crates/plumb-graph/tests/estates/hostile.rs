//! Malformed and enormous estates: bounded, told as problems, and the same whatever the order.

use plumb_graph::assemble::assemble;
use plumb_graph::paths::{self, Limits};
use serde_json::{Value, json};

use crate::identity::careless;
use crate::network::web_server;
use crate::world::network::{Way, ec2, tcp, tcp_from};
use crate::world::paths::{find, none, stories};
use crate::world::{FOREIGN, KNOWLEDGE, OTHER, OWN, REGION, World, allow, document, iam, inline, trust};

#[test]
fn roles_that_trust_each_other_in_a_circle_end() {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    for (name, trusted) in [("a", "c"), ("b", "a"), ("c", "b")] {
        let by = trust(json!({ "AWS": iam(&format!("role/{trusted}")) }));
        let statements = json!([
            allow("sts:AssumeRole", "*"),
            allow("s3:GetObject", &format!("arn:aws:s3:::cards-{name}/*"))
        ]);
        world.role(name, by, json!({ "role_policy_list": inline(statements) }));
        world.bucket(
            &format!("cards-{name}"),
            json!({ "tags": { "DataClassification": "restricted" } }),
        );
    }
    careless(&mut world, "ann", json!([allow("sts:AssumeRole", "*")]));
    none(&world.report());
    world.change(
        &iam("role/b"),
        "assume_role_policy_document",
        trust(json!({ "AWS": [iam("role/a"), iam("user/ann")] })),
    );
    let report = world.report();
    find(
        &report,
        "credentials -holds-> ann -can_assume-> b -can_read-> cards-b",
    );
    find(
        &report,
        "credentials -holds-> ann -can_assume-> b -can_assume-> c -can_assume-> a -can_read-> cards-a",
    );
}

#[test]
fn security_groups_that_admit_each_other_and_themselves_end() {
    let mut world = web_server(
        Way::ToInternet,
        json!([tcp_from(443, "sg-web"), tcp_from(443, "sg-b")]),
    );
    world.security_group(
        "sg-b",
        json!([
            tcp_from(22, "sg-web"),
            tcp_from(22, "sg-b"),
            tcp_from(22, "sg-gone")
        ]),
    );
    world.instance("i-b", 30, "sg-b", None);
    none(&world.report());
    world.change(
        &ec2("security-group/sg-b"),
        "ip_permissions",
        json!([tcp(22, &["0.0.0.0/0"]), tcp_from(22, "sg-web")]),
    );
    find(
        &world.report(),
        "internet -reaches-> i-b -reaches-> i-web -runs_as-> web -can_read-> cards",
    );
}

#[test]
fn references_to_what_is_not_there_are_passed_over() {
    let mut world = web_server(Way::ToInternet, json!([tcp(80, &["0.0.0.0/0"])]));
    let expected = stories(&world.report());
    world.instance("i-lost", 40, "sg-gone", Some(&iam("role/gone")));
    world.user("lost", json!({ "group_list": ["gone"] }));
    world.role(
        "orphan",
        trust(json!({ "AWS": [iam("role/gone"), "AROAEXAMPLEID"] })),
        json!({}),
    );
    world.put("aws_lambda_function", &format!("arn:aws:lambda:{REGION}:{OWN}:function:lost"), json!({
        "function_name": "lost", "role": iam("role/gone"), "policy": null, "url_configs": [], "environment": null,
    }));
    let report = world.report();
    for story in expected {
        find(&report, &story);
    }
    assert!(
        report
            .paths
            .iter()
            .all(|path| path.certainty != plumb_model::path::Certainty::Certain
                || !path.title.contains("gone"))
    );
}

/// Documents that are no policies.
fn malformed() -> Vec<Value> {
    let deep = (0..60).fold(json!("x"), |inner, _| json!({ "Statement": [inner] }));
    vec![
        json!("{not json"),
        json!(7),
        json!([]),
        json!({}),
        json!({ "Statement": {} }),
        json!({ "Statement": [[], null, 3, { "Effect": "Maybe" }] }),
        document(json!([{ "Effect": "Allow", "Action": { "a": 1 }, "Resource": [[]] }])),
        document(
            json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { "NoSuchOperator": { "k": "v" } } }]),
        ),
        document(
            json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": { "AWS": { "x": [] } } }]),
        ),
        deep,
    ]
}

#[test]
fn malformed_policies_open_nothing_for_certain() {
    for (position, policy) in malformed().into_iter().enumerate() {
        let mut world = World::default();
        world.organization(&[OWN], json!([]));
        world.bucket(
            "cards",
            json!({ "policy": policy, "tags": { "DataClassification": "restricted" } }),
        );
        world.role(
            "r",
            policy.clone(),
            json!({ "role_policy_list": [{ "policy_name": "p", "policy_document": policy }] }),
        );
        careless(&mut world, "ann", json!([]));
        world.change(
            &iam("user/ann"),
            "user_policy_list",
            json!([{ "policy_name": "p", "policy_document": policy }]),
        );
        let certain: Vec<String> = stories(&world.report())
            .into_iter()
            .filter(|story| !story.ends_with(')'))
            .collect();
        assert!(certain.is_empty(), "document {position}: {certain:?}");
    }
}

#[test]
fn thousands_of_statements_are_judged() {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world.bucket("cards", json!({ "tags": { "DataClassification": "restricted" } }));
    let mut statements: Vec<Value> = (0..1_500)
        .map(|at| allow("s3:GetObject", &format!("arn:aws:s3:::other-{at}/*")))
        .collect();
    careless(&mut world, "ann", statements.clone().into());
    none(&world.report());
    statements.push(allow("s3:GetObject", "arn:aws:s3:::cards/*"));
    world.change(&iam("user/ann"), "user_policy_list", inline(statements));
    find(&world.report(), "credentials -holds-> ann -can_read-> cards");
}

/// A bucket whose policy names accounts outside of the estate.
fn shared_with(accounts: u64) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    let named: Vec<String> = (0..accounts)
        .map(|at| format!("{:012}", 555_000_000_000 + at))
        .collect();
    let statement = json!({
        "Effect": "Allow", "Principal": { "AWS": named }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
    });
    let tags = json!({ "DataClassification": "restricted" });
    world.bucket(
        "cards",
        json!({ "tags": tags, "policy": document(json!([statement])) }),
    );
    world
}

#[test]
fn a_policy_that_names_thousands_of_accounts_lets_each_of_them_in() {
    let assembled = shared_with(5_000).assemble();
    let cards = assembled.graph.by_uid("arn:aws:s3:::cards").unwrap();
    assert_eq!(assembled.graph.incoming(cards).len(), 5_000);
    assert!(assembled.graph.by_uid("account:555000004999").is_some());
}

#[test]
fn a_policy_of_absurd_size_lets_somebody_in_perhaps() {
    let report = shared_with(50_000).report();
    let stories = stories(&report);
    assert_eq!(stories.len(), 1, "{stories:?}");
    assert!(
        stories[0].starts_with("internet -can_read-> cards (possible"),
        "{stories:?}"
    );
    let told = report.problems.iter().any(|problem| {
        problem.contains("arn:aws:s3:::cards: its policy: the document has")
            && problem.contains("is not read")
    });
    assert!(told, "{:?}", report.problems);
}

#[test]
fn many_equal_principals_cost_edges_by_their_number_and_not_by_its_square() {
    let edges = |principals: usize| {
        let mut world = World::default();
        world.organization(&[OWN], json!([]));
        for at in 0..principals {
            let reads = allow("s3:GetObject", &format!("arn:aws:s3:::team-{}/*", at % 20));
            careless(
                &mut world,
                &format!("u{at}"),
                json!([reads, allow("sts:AssumeRole", "*")]),
            );
        }
        for at in 0..20 {
            world.bucket(&format!("team-{at}"), json!({}));
        }
        world.role("shared", trust(json!({ "AWS": iam("root") })), json!({}));
        let report = world.report();
        assert!(!report.paths.is_empty());
        report.edges
    };
    let (few, many) = (edges(1_000), edges(10_000));
    assert!(
        many <= few * 11,
        "{few} edges for a thousand, {many} for ten thousand"
    );
}

/// An estate with something of everything, in two accounts.
fn mixed() -> World {
    let mut world = web_server(Way::ToInternet, json!([tcp(22, &["0.0.0.0/0"])]));
    world.security_group("sg-in", json!([tcp_from(5432, "sg-web")]));
    for at in 0..6 {
        world.instance(
            &format!("i-{at}"),
            50 + at,
            if at % 2 == 0 { "sg-in" } else { "sg-web" },
            Some(&iam("role/web")),
        );
        world.bucket(
            &format!("b-{at}"),
            json!({ "tags": { "DataClassification": if at % 3 == 0 { "restricted" } else { "internal" } } }),
        );
        careless(
            &mut world,
            &format!("u{at}"),
            json!([
                allow("s3:GetObject", &format!("arn:aws:s3:::b-{at}/*")),
                allow("iam:PassRole", "*"),
                allow("lambda:*", "*")
            ]),
        );
    }
    world.role(
        "fn",
        trust(json!({ "Service": "lambda.amazonaws.com" })),
        json!({ "role_policy_list": inline(json!([allow("*", "*")])) }),
    );
    world.role_in(
        OTHER,
        "far",
        trust(json!({ "AWS": [iam("role/fn"), format!("arn:aws:iam::{FOREIGN}:root")] })),
        json!({
            "role_policy_list": inline(json!([allow("*", "*")])),
        }),
    );
    world
}

#[test]
fn the_order_of_resources_does_not_show() {
    let bytes = |world: &World| serde_json::to_string(&world.report()).unwrap();
    let expected = bytes(&mixed());
    assert!(expected.len() > 5_000);
    for seed in [1usize, 7, 31, 101] {
        // A permutation that is no rotation: positions by a multiplicative step.
        let shuffled = mixed().reordered(|resources| {
            let count = resources.len();
            let mut keyed: Vec<(usize, _)> = resources.drain(..).enumerate().collect();
            keyed.sort_by_key(|(at, _)| ((at * 7_919 + seed) * (seed + 3)) % (count * 4 + 1));
            resources.extend(keyed.into_iter().map(|(_, resource)| resource));
        });
        assert_eq!(bytes(&shuffled), expected, "seed {seed}");
    }
    assert_eq!(
        bytes(&mixed().reordered(|resources| resources.reverse())),
        expected
    );
}

#[test]
fn the_order_of_accounts_does_not_show() {
    let report = |fragments| {
        let assembled = assemble(&KNOWLEDGE, fragments);
        paths::report(&assembled.graph, &KNOWLEDGE.weights, &Limits::default())
    };
    let mut reversed = mixed().fragments();
    reversed.reverse();
    assert!(reversed.len() > 2);
    assert_eq!(report(reversed), report(mixed().fragments()));
}

#[test]
fn two_resources_of_one_uid_end_in_one_graph() {
    let mut world = web_server(Way::ToInternet, json!([tcp(80, &["0.0.0.0/0"])]));
    world.bucket("cards", json!({ "tags": { "DataClassification": "public" } }));
    world.role("web", trust(json!({ "Service": "ec2.amazonaws.com" })), json!({}));
    world.instance("i-web", 60, "sg-web", None);
    let report = world.report();
    let again = world.report();
    assert_eq!(report, again);
    assert!(!report.problems.is_empty(), "that they are there twice is told");
}
