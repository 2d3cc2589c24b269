//! What users have by their groups: the group is what to change, and membership is the other way.

use plumb_model::path::{EdgeKind, Proof};
use serde_json::{Value, json};

use crate::world::{OWN, World, allow, document, edges, iam, inline};

const FULL: &str = "arn:aws:iam::aws:policy/Full";

/// The user `ann`, in the group `ops`, with what the group and she have.
fn estate(group: Value, own: Value) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    let versions = json!([{ "is_default_version": true, "document": document(json!([allow("s3:*", "*")])) }]);
    world.put(
        "aws_iam_policy",
        FULL,
        json!({ "policy_name": "Full", "policy_version_list": versions }),
    );
    let mut attributes =
        json!({ "group_name": "ops", "attached_managed_policies": [], "group_policy_list": [] });
    for (key, value) in group.as_object().unwrap() {
        attributes[key] = value.clone();
    }
    world.put("aws_iam_group", &iam("group/ops"), attributes);
    let mut attributes = own;
    attributes["group_list"] = json!(["ops"]);
    world.user("ann", attributes);
    world.bucket("cards", json!({}));
    world
}

/// On what it rests that ann reads the bucket, as resource and attribute.
fn evidence(world: &World) -> Vec<(String, String)> {
    let assembled = world.assemble();
    let found = edges(&assembled.graph, &iam("user/ann"), "arn:aws:s3:::cards");
    let reading = found
        .iter()
        .find(|edge| edge.step.kind == EdgeKind::CanRead)
        .unwrap();
    let facts = reading
        .step
        .proofs
        .iter()
        .map(|fact| assembled.graph.graph.fact(*fact));
    facts
        .map(
            |Proof {
                 resource, attribute, ..
             }| (resource.to_string(), attribute.to_string()),
        )
        .collect()
}

#[test]
fn what_a_group_gives_is_told_of_the_group() {
    let attached = || json!([{ "policy_arn": FULL, "policy_name": "Full" }]);
    let membership = (iam("user/ann"), "group_list".to_owned());
    let at_group = (iam("group/ops"), "attached policy Full".to_owned());
    let at_user = (iam("user/ann"), "attached policy Full".to_owned());
    let by_group = json!({ "attached_managed_policies": attached() });
    assert_eq!(
        evidence(&estate(by_group.clone(), json!({}))),
        [membership.clone(), at_group]
    );
    let own = json!({ "attached_managed_policies": attached() });
    assert_eq!(evidence(&estate(json!({}), own)), [at_user]);
    let inside = json!({ "group_policy_list": inline(json!([allow("s3:GetObject", "*")])) });
    assert_eq!(
        evidence(&estate(inside, json!({}))),
        [membership, (iam("group/ops"), "inline statement 0".to_owned())]
    );
}
