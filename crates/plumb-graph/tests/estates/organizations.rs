//! Conditions on the caller's organization: other organizations are strangers.

use plumb_graph::questions::Questions;
use plumb_iam::keys::Context;
use plumb_model::answer::PermissionDecision;
use plumb_model::path::EdgeKind;
use serde_json::{Value, json};

use crate::world::paths::{find, stories};
use crate::world::{KNOWLEDGE, OWN, World, allow, document, edges, inline};

const CARDS: &str = "arn:aws:s3:::cards";

/// A bucket that everybody reads on a condition.
fn estate(condition: Value) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    let statement = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("{CARDS}/*"), "Condition": condition,
    });
    world.bucket("cards", json!({ "policy": document(json!([statement])) }));
    world
}

/// How surely somebody outside reads the bucket.
fn reads(world: &World, from: &str) -> Option<&'static str> {
    let assembled = world.assemble();
    let found = edges(&assembled.graph, from, CARDS);
    let reading = found.iter().filter(|edge| edge.step.kind == EdgeKind::CanRead);
    reading.map(|edge| edge.step.certainty.name()).min()
}

#[test]
fn other_organizations_are_strangers() {
    let id = |operator: &str, value: &str| json!({ operator: { "aws:PrincipalOrgID": value } });
    let other = "organization:o-2";
    for (condition, of_other, of_internet) in [
        (id("StringEquals", "o-1"), None, None),
        (id("StringEquals", "o-2"), Some("certain"), None),
        (id("StringLike", "o-*"), None, Some("conditional")),
        (id("StringLike", "o-1*"), None, Some("conditional")),
        (id("StringNotEquals", "o-1"), None, Some("certain")),
        (
            json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-2/r-ab12/*" } }),
            Some("conditional"),
            None,
        ),
        (
            json!({ "StringEquals": { "aws:PrincipalOrgID": "o-2", "aws:PrincipalAccount": "888888888888" } }),
            Some("conditional"),
            None,
        ),
    ] {
        let world = estate(condition.clone());
        assert_eq!(reads(&world, other), of_other, "{condition}");
        assert_eq!(reads(&world, "internet"), of_internet, "{condition}");
        let assembled = world.assemble();
        let questions = Questions::new(&assembled, &KNOWLEDGE);
        let (who, what) = (
            questions.who("internet").unwrap(),
            questions.what(&format!("{CARDS}/x")).unwrap(),
        );
        let answer = questions
            .can(&who, "s3:GetObject", &what, &Context::over_tls())
            .unwrap();
        let expected = match of_internet {
            Some("certain") => PermissionDecision::Allowed,
            Some(_) => PermissionDecision::AllowedIf,
            None => PermissionDecision::DeniedImplicit,
        };
        assert_eq!(answer.decision, expected, "{condition}");
    }
}

#[test]
fn a_role_for_everybody_is_told_once() {
    let role = |condition: Value| {
        let mut world = World::default();
        world.organization(&[OWN], json!([]));
        let statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition });
        let everything = inline(json!([allow("*", "*")]));
        world.role(
            "open",
            document(json!([statement])),
            json!({ "role_policy_list": everything }),
        );
        world.report()
    };
    let way = "internet -can_assume-> open -can_administer-> administrator";
    let report = role(json!({}));
    let path = find(&report, way);
    assert_eq!(
        path.cuts[0].proof.attribute,
        "assume_role_policy_document statement 0"
    );
    assert_eq!(stories(&report).len(), 1);
    let report = role(json!({ "StringEquals": { "sts:ExternalId": "x" } }));
    find(&report, &format!("{way} (conditional)"));
    assert_eq!(stories(&report).len(), 1);
}
