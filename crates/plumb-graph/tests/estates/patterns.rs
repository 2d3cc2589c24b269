//! Resources that policies tell apart by patterns: what is asked of one for others is true of them.

use plumb_graph::security::SecurityGraph;
use plumb_iam::keys::Context;
use plumb_iam::principal::Tags;
use plumb_model::path::{Certainty, EdgeKind};
use serde_json::{Value, json};

use crate::world::{OWN, World, allow, edges, iam, inline, trust};

fn estate(buckets: &[&str]) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    for bucket in buckets {
        world.bucket(bucket, json!({}));
    }
    world
}

fn role(world: &mut World, name: &str, statements: Value) -> String {
    world.role(
        name,
        trust(json!({ "Service": "ec2.amazonaws.com" })),
        json!({ "role_policy_list": inline(statements) }),
    )
}

fn administers(graph: &SecurityGraph, role: &str, bucket: &str) -> Option<Certainty> {
    let found = edges(graph, role, &format!("arn:aws:s3:::{bucket}"));
    let mut found = found
        .iter()
        .filter(|edge| edge.step.kind == EdgeKind::CanAdminister);
    found.next().map(|edge| edge.step.certainty)
}

#[test]
fn a_name_that_only_one_of_two_has_tells_them_apart() {
    // Both may hold an object that is named so; the bucket itself is named so or not.
    let mut world = estate(&["a-secret-b", "public", "zoo"]);
    let role = role(&mut world, "r", json!([allow("s3:*", "arn:aws:s3:::*secret*")]));
    let graph = world.assemble().graph;
    assert_eq!(administers(&graph, &role, "a-secret-b"), Some(Certainty::Certain));
    assert_eq!(administers(&graph, &role, "public"), None);
    for bucket in ["a-secret-b", "public", "zoo"] {
        let found = edges(&graph, &role, &format!("arn:aws:s3:::{bucket}"));
        assert!(
            found.iter().any(|edge| edge.step.kind == EdgeKind::CanRead),
            "{bucket}"
        );
    }
}

#[test]
fn what_is_told_of_groups_is_what_is_told_of_each() {
    let words = ["ab", "bc", "ca", "abc", "cab", "ba"];
    let pick = |number: usize| words[number % words.len()];
    let names: Vec<String> = (0..30)
        .map(|at| format!("{}-{}-{}", pick(at), pick(at * 5 + 1), pick(at / 6 + 2)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = estate(&names);
    for at in 0..12 {
        let pattern = format!("arn:aws:s3:::*{}*{}*", pick(at), pick(at * 7 + 3));
        let denied = format!("arn:aws:s3:::*{}-{}*", pick(at + 1), pick(at + 4));
        let everything = if at % 3 == 0 { "*" } else { &pattern };
        let statements = json!([
            allow("s3:PutBucketPolicy", everything),
            allow("s3:PutBucketPolicy", &format!("arn:aws:s3:::{}?{}*", pick(at), pick(at + 2))),
            { "Effect": "Deny", "Action": "s3:*", "Resource": denied },
        ]);
        role(&mut world, &format!("r{at}"), statements);
    }
    let assembled = world.assemble();
    let mut open = 0;
    for at in 0..12 {
        let name = iam(&format!("role/r{at}"));
        let member = assembled.directory.principal(&name).unwrap();
        for bucket in &names {
            let arn = format!("arn:aws:s3:::{bucket}");
            let asset = assembled.directory.asset(&arn, OWN, Tags::Unspecified, None);
            let answer = assembled
                .directory
                .can(member, "s3:PutBucketPolicy", &asset, &Context::over_tls());
            let found = administers(&assembled.graph, &name, bucket).is_some();
            assert_eq!(found, answer.decision.is_allowed(), "r{at} {bucket}");
            open += usize::from(found);
        }
    }
    assert!(open > 50 && open < 300, "{open}");
}
