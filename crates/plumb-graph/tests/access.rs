//! Every access that the built-in knowledge describes is open to who has the least it needs, and to no near-miss of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod world;

use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind};
use plumb_pack::graph_role::{Access, AccessLevel, GraphRole, Needs, Strangers};
use plumb_pack::recipe::{Path, Piece, Step, Template};
use serde_json::{Map, Value, json};

use world::{KNOWLEDGE, OTHER, OWN, REGION, World, denied, document, edges, iam, inline};

/// An action with the resource that it is allowed on, and one that does not serve in its place.
#[derive(Clone, PartialEq)]
struct Allowed {
    action: String,
    on: String,
    elsewhere: String,
}

/// The types behind which something else must permit a request too.
const DOORS: [&str; 1] = ["aws_s3_access_point"];

/// What is different from the least that is needed; positions are those of the actions.
#[derive(Clone, Copy, Debug)]
enum Twist {
    Nothing,
    Unread,
    Missing(usize),
    Denied(usize),
    OnAnotherResource(usize),
    LeftOutByBoundary(usize),
    LeftOutByControlPolicy(usize),
    ConditionOfRequest(usize),
}

/// The attributes that templates and rules of a type look at, such that an access exists.
fn attributes(role: &GraphRole, access: &Access) -> Value {
    let of_neptune = access
        .grants
        .iter()
        .flat_map(|grant| &grant.actions)
        .any(|action| action.starts_with("neptune-db:"));
    // What rules under `when` ask for, and what stands behind a door.
    let mut found = json!({
        "bucket": "behind", "enable_execute_command": true,
        "iam_database_authentication_enabled": true, "db_cluster_identifier": null, "snapshot_type": "manual",
        "http_endpoint_enabled": true, "engine": if of_neptune { "neptune" } else { "aurora-mysql" },
    });
    let pieces = role
        .access
        .iter()
        .flat_map(|access| &access.grants)
        .flat_map(|grant| &grant.on.0);
    for piece in pieces {
        if let Piece::Attribute(path) | Piece::Tail(path) = piece {
            put(&mut found, path);
        }
    }
    if let Some(root) = role.policy.as_ref().and_then(Path::root) {
        let root_may = json!([{ "Effect": "Allow", "Principal": { "AWS": iam("root") }, "Action": "kms:*", "Resource": "*" }]);
        found[root.as_str()] = if role.kind == NodeKind::Key {
            document(root_may)
        } else {
            Value::Null
        };
    }
    found
}

fn put(document: &mut Value, path: &Path) {
    let mut place = document;
    for step in &path.0 {
        let Step::Key(key) = step else {
            panic!("{path:?} names more than one value");
        };
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[key.as_str()];
    }
    if place.is_null() {
        *place = json!("x-1");
    }
}

/// The ARN that a template gives, with a name of one's own for each wildcard.
fn filled(template: &Template, uid: &str, attributes: &Value) -> String {
    let value = |path: &Path| {
        let keys = path.0.iter().map(|step| match step {
            Step::Key(key) => key.as_str(),
            Step::Index(_) | Step::Flatten => panic!("{path:?} names more than one value"),
        });
        let name = uid.rsplit(['/', ':']).next().unwrap();
        match path.root().unwrap().as_str() {
            "uid" | "arn" => uid.to_owned(),
            "name" => name.to_owned(),
            _ => keys
                .fold(attributes, |place, key| &place[key])
                .as_str()
                .unwrap()
                .to_owned(),
        }
    };
    let pieces = template.0.iter().map(|piece| match piece {
        Piece::Literal(text) => text.to_string(),
        Piece::Partition => "aws".to_owned(),
        Piece::Account => OWN.to_owned(),
        Piece::Region => REGION.to_owned(),
        Piece::Attribute(path) => value(path),
        Piece::Tail(path) => value(path).rsplit('/').next().unwrap().to_owned(),
        Piece::Parent(path) => panic!("{path:?} is of a parent"),
    });
    pieces.collect::<String>().replace('*', "x")
}

/// A resource that is none of those that a template describes.
fn elsewhere(template: &Template, on: &str) -> String {
    let is_free = template
        .0
        .iter()
        .any(|piece| matches!(piece, Piece::Literal(text) if text.contains('*')));
    if on.contains("x-1") {
        on.replace("x-1", "x-2")
    } else if !is_free {
        format!("{on}-other")
    } else if on.contains(OWN) {
        on.replace(OWN, OTHER)
    } else {
        "arn:aws:s3:::elsewhere".to_owned()
    }
}

/// Whether what a way has beside one action is another way to access of the same level.
fn is_another_way(
    role: &GraphRole,
    access: &Access,
    way: &[Allowed],
    without: usize,
    uid: &str,
    attributes: &Value,
) -> bool {
    let rest: Vec<&Allowed> = way
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != without)
        .map(|(_, allowed)| allowed)
        .collect();
    role.access
        .iter()
        .filter(|other| other.level == access.level)
        .flat_map(|other| ways(other, uid, attributes))
        .any(|other| other.iter().all(|needed| rest.contains(&needed)))
}

/// The ways to have an access: each action that suffices once.
fn ways(access: &Access, uid: &str, attributes: &Value) -> Vec<Vec<Allowed>> {
    let of_grant = |way: usize, grant: &plumb_pack::graph_role::Grant| {
        let on = filled(&grant.on, uid, attributes);
        let elsewhere = elsewhere(&grant.on, &on);
        let actions: Vec<_> = match grant.needs {
            Needs::All => grant.actions.iter().collect(),
            Needs::Any => vec![&grant.actions[way.min(grant.actions.len() - 1)]],
        };
        let allowed = move |action: &plumb_model::value::Text| Allowed {
            action: action.to_string(),
            on: on.clone(),
            elsewhere: elsewhere.clone(),
        };
        actions.into_iter().map(allowed).collect::<Vec<_>>()
    };
    let widest = access
        .grants
        .iter()
        .filter(|grant| grant.needs == Needs::Any)
        .map(|grant| grant.actions.len())
        .max();
    (0..widest.unwrap_or(1))
        .map(|way| {
            access
                .grants
                .iter()
                .flat_map(|grant| of_grant(way, grant))
                .collect()
        })
        .collect()
}

fn certainty(
    type_name: &str,
    uid: &str,
    attributes: &Value,
    way: &[Allowed],
    level: AccessLevel,
    twist: Twist,
) -> Option<Certainty> {
    let mut world = World::default();
    let mut statements = Vec::new();
    let mut boundary = Value::Null;
    let mut denials = json!([]);
    for (
        position,
        Allowed {
            action,
            on,
            elsewhere,
        },
    ) in way.iter().enumerate()
    {
        let mut statement = json!({ "Effect": "Allow", "Action": action, "Resource": on });
        match twist {
            Twist::Missing(at) if at == position => continue,
            Twist::Denied(at) if at == position => {
                statements.push(json!({ "Effect": "Deny", "Action": action, "Resource": "*" }));
            }
            Twist::OnAnotherResource(at) if at == position => {
                statement["Resource"] = json!(elsewhere);
            }
            Twist::LeftOutByBoundary(at) if at == position => {
                world.managed(
                    "fence",
                    json!([{ "Effect": "Allow", "NotAction": action, "Resource": "*" }]),
                );
                boundary = json!({ "permissions_boundary_arn": iam("policy/fence") });
            }
            Twist::LeftOutByControlPolicy(at) if at == position => {
                denials = json!([{ "Effect": "Deny", "Action": action, "Resource": "*" }]);
            }
            Twist::ConditionOfRequest(at) if at == position => {
                statement["Condition"] = json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } });
            }
            Twist::Nothing
            | Twist::Unread
            | Twist::Missing(_)
            | Twist::Denied(_)
            | Twist::OnAnotherResource(_)
            | Twist::LeftOutByBoundary(_)
            | Twist::LeftOutByControlPolicy(_)
            | Twist::ConditionOfRequest(_) => {}
        }
        statements.push(statement);
    }
    let policies = if matches!(twist, Twist::Unread) {
        denied()
    } else {
        inline(statements)
    };
    world.organization(&[OWN], denials);
    let ann = world.user(
        "ann",
        json!({ "user_policy_list": policies, "permissions_boundary": boundary }),
    );
    world.put(type_name, uid, attributes.clone());
    if DOORS.contains(&type_name) {
        let open = json!([{ "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::behind/*" }]);
        world.bucket("behind", json!({ "policy": document(open) }));
    }
    let kind = match level {
        AccessLevel::Read => EdgeKind::CanRead,
        AccessLevel::Write => EdgeKind::CanWrite,
        AccessLevel::Administer => EdgeKind::CanAdminister,
    };
    let assembled = world.assemble();
    let found = edges(&assembled.graph, &ann, uid);
    found
        .iter()
        .filter(|edge| {
            // Of a workload an escalation may say the same, and how.
            let says_how = kind == EdgeKind::CanAdminister && edge.step.kind == EdgeKind::CanEscalateTo;
            edge.step.kind == kind || says_how
        })
        .map(|edge| edge.step.certainty)
        .min()
}

#[test]
fn every_access_is_open_to_the_least_policy_and_closed_to_its_near_misses() {
    let mut failures = Vec::new();
    let mut tried = 0;
    for known in KNOWLEDGE.types().filter(|known| known.name.starts_with("aws_")) {
        let Some(role) = &known.recipe.graph else { continue };
        let uid = format!(
            "arn:aws:test:{REGION}:{OWN}:{}/x-1",
            if role.kind == NodeKind::Key {
                "key"
            } else {
                "thing"
            }
        );
        let of_members = |access: &&Access| access.strangers != Strangers::Alone;
        for access in role.access.iter().filter(of_members) {
            let attributes = attributes(role, access);
            for way in ways(access, &uid, &attributes) {
                let mut cases = vec![
                    (Twist::Nothing, Some(Certainty::Certain)),
                    (Twist::Unread, Some(Certainty::Possible)),
                ];
                for at in 0..way.len() {
                    if is_another_way(role, access, &way, at, &uid, &attributes) {
                        continue;
                    }
                    cases.extend([
                        (Twist::Missing(at), None),
                        (Twist::Denied(at), None),
                        (Twist::OnAnotherResource(at), None),
                        (Twist::LeftOutByBoundary(at), None),
                        (Twist::LeftOutByControlPolicy(at), None),
                        (Twist::ConditionOfRequest(at), Some(Certainty::Conditional)),
                    ]);
                }
                for (twist, expected) in cases {
                    let found = certainty(&known.name, &uid, &attributes, &way, access.level, twist);
                    tried += 1;
                    if found != expected {
                        let actions: Vec<_> = way
                            .iter()
                            .map(|allowed| format!("{} on {}", allowed.action, allowed.on))
                            .collect();
                        failures.push(format!(
                            "{} {} by {actions:?}, {twist:?}: expected {expected:?}, found {found:?}",
                            known.name,
                            access.level.name()
                        ));
                    }
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {tried} cases fail: {failures:#?}",
        failures.len()
    );
    assert!(tried > 1_000, "only {tried} cases were tried");
}
