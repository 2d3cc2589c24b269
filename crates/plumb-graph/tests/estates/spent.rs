//! Ways that cost more than their target is worth: they are ways all the same.

use plumb_graph::reachability;
use plumb_model::path::EdgeKind;
use serde_json::{Value, json};

use crate::world::paths::find;
use crate::world::{FOREIGN, OWN, World, allow, document, edges, iam, inline, trust};

/// A trust that asks for an external id.
fn on_condition(principal: Value) -> Value {
    document(json!([{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal,
        "Condition": { "StringEquals": { "sts:ExternalId": "a8f3c1" } },
    }]))
}

/// A chain of so many roles from an external account to a bucket.
fn chain(roles: usize, trusting: impl Fn(Value) -> Value) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world.bucket("plain", json!({}));
    let name = |at: usize| format!("r{at}");
    for at in 0..roles {
        let before = match at {
            0 => json!({ "AWS": format!("arn:aws:iam::{FOREIGN}:root") }),
            _ => json!({ "AWS": iam(&format!("role/{}", name(at - 1))) }),
        };
        let next = match roles - at {
            1 => allow("s3:GetObject", "arn:aws:s3:::plain/*"),
            _ => allow("sts:AssumeRole", &iam(&format!("role/{}", name(at + 1)))),
        };
        let policies = json!({ "role_policy_list": inline(json!([next])) });
        world.role(&name(at), trusting(before), policies);
    }
    world
}

#[test]
fn a_long_or_doubtful_way_is_a_way() {
    for (roles, trusting) in [
        (3, (&on_condition) as &dyn Fn(Value) -> Value),
        (6, &on_condition),
        (40, &trust),
    ] {
        let world = chain(roles, trusting);
        let report = world.report();
        let steps: String = (0..roles).map(|at| format!(" -can_assume-> r{at}")).collect();
        let doubt = if roles == 40 { "" } else { " (conditional)" };
        let path = find(
            &report,
            &format!("account:{FOREIGN}{steps} -can_read-> plain{doubt}"),
        );
        assert_eq!(path.risk, 1, "{roles}");
        assert!(!path.cuts.is_empty(), "{roles}");
        assert_eq!((report.pairs, report.total_risk), (1, 1), "{roles}");
        let assembled = world.assemble();
        let node = assembled.graph.by_uid("arn:aws:s3:::plain").unwrap();
        assert_eq!(reachability::of(&assembled, node).path_risk, Some(1), "{roles}");
    }
}

#[test]
fn who_may_assume_a_role_has_one_step_to_it() {
    let assembled = chain(2, trust).assemble();
    let found = edges(&assembled.graph, &iam("role/r0"), &iam("role/r1"));
    let kinds: Vec<EdgeKind> = found.iter().map(|edge| edge.step.kind).collect();
    assert_eq!(kinds, [EdgeKind::CanAssume]);
}
