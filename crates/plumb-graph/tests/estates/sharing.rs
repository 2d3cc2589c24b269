//! Snapshots and images that are handed to single accounts.

use plumb_model::risk::ExposureLevel;
use serde_json::{Value, json};

use crate::world::network::ec2;
use crate::world::paths::{find, none};
use crate::world::{FOREIGN, OTHER, OWN, REGION, World, allow, document, iam, inline, trust};

fn quiet() -> World {
    let mut world = World::default();
    world.organization(&[OWN, OTHER], json!([]));
    world
}

fn volume_snapshot(permissions: Value, key: Value) -> World {
    let mut world = quiet();
    world.put("aws_ebs_snapshot", &ec2("snapshot/snap-1"), json!({
        "snapshot_id": "snap-1", "public_permissions": null, "create_volume_permissions": permissions, "kms_key_id": key,
    }));
    world
}

#[test]
fn a_snapshot_of_a_volume_is_read_by_the_account_that_it_is_shared_with() {
    let story = format!("account:{FOREIGN} -can_read-> snap-1");
    let shared = json!([{ "user_id": FOREIGN }]);
    let report = volume_snapshot(shared.clone(), Value::Null).report();
    let path = find(&report, &story);
    assert_eq!(path.hops[0].how.as_deref(), Some("it can restore the snapshot"));
    let proof = &path.hops[0].proofs[0];
    assert_eq!(
        (proof.resource.as_str(), proof.attribute.as_str()),
        (
            ec2("snapshot/snap-1").as_str(),
            "create_volume_permissions[].user_id"
        )
    );
    none(&volume_snapshot(json!([]), Value::Null).report());
    none(&volume_snapshot(json!([{ "user_id": OWN }]), Value::Null).report());
    none(&volume_snapshot(json!([{ "user_id": "none" }]), Value::Null).report());
}

#[test]
fn with_whom_it_is_shared_and_was_not_read_is_not_nobody() {
    let unread = json!({ "$unreadable": { "reason": "denied" } });
    let world = volume_snapshot(unread, Value::Null);
    let assembled = world.assemble();
    let node = assembled.graph.by_uid(&ec2("snapshot/snap-1")).unwrap();
    assert_eq!(
        assembled.graph.node(node).map(|info| info.exposure),
        Some(ExposureLevel::Unknown)
    );
    assert!(
        assembled
            .graph
            .problems
            .iter()
            .any(|problem| problem.contains("with whom it is shared was not read")),
    );
}

#[test]
fn the_key_of_a_shared_snapshot_must_let_the_account_in() {
    let key = format!("arn:aws:kms:{REGION}:{OWN}:key/k-1");
    let estate = |principal: Value| {
        let mut world = volume_snapshot(json!([{ "user_id": FOREIGN }]), json!(key));
        let statement =
            json!({ "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*" });
        world.put("aws_kms_key", &key, json!({
            "key_id": "k-1", "policy": document(json!([statement])), "grants": [], "enabled": true, "key_state": "Enabled",
            "key_manager": "CUSTOMER",
        }));
        let report = world.report();
        report.paths.iter().any(|path| {
            path.hops.last().unwrap().to.name == "snap-1" && path.entry.uid.starts_with("account:")
        })
    };
    assert!(estate(json!({ "AWS": format!("arn:aws:iam::{FOREIGN}:root") })));
    assert!(!estate(json!({ "AWS": iam("root") })));
    // A key that was not read leaves it open.
    let report = volume_snapshot(json!([{ "user_id": FOREIGN }]), json!(key)).report();
    find(
        &report,
        &format!("account:{FOREIGN} -can_read-> snap-1 (possible)"),
    );
}

#[test]
fn inside_the_estate_it_is_read_by_who_administers_the_account() {
    let estate = |action: &str| {
        let mut world = volume_snapshot(json!([{ "user_id": OTHER }]), Value::Null);
        let role = json!({ "role_policy_list": inline(json!([allow(action, "*")])) });
        let vendor = format!("arn:aws:iam::{FOREIGN}:root");
        world.role_in(OTHER, "boss", trust(json!({ "AWS": vendor })), role);
        world.report()
    };
    find(
        &estate("*"),
        &format!("account:{FOREIGN} -can_assume-> boss -can_administer-> administrator -can_read-> snap-1"),
    );
    none(&estate("sqs:ListQueues"));
}

#[test]
fn an_image_is_started_by_the_account_that_it_is_shared_with() {
    let mut world = quiet();
    let image = |permissions: Value| json!({ "image_id": "ami-1", "public": false, "launch_permissions": permissions });
    world.put(
        "aws_ami",
        &ec2("image/ami-1"),
        image(json!([{ "user_id": FOREIGN }])),
    );
    find(&world.report(), &format!("account:{FOREIGN} -can_read-> ami-1"));
    world.change(
        &ec2("image/ami-1"),
        "launch_permissions",
        json!([{ "organization_arn": "arn" }]),
    );
    none(&world.report());
}

#[test]
fn a_snapshot_of_a_warehouse_is_read_by_the_account_that_it_is_shared_with() {
    let snapshot = |accounts: Value| {
        let mut world = quiet();
        world.put(
            "aws_redshift_cluster_snapshot",
            &format!("arn:aws:redshift:{REGION}:{OWN}:snapshot:dw/daily"),
            json!({ "accounts_with_restore_access": accounts, "kms_key_id": null }),
        );
        world.report()
    };
    let story = format!("account:{FOREIGN} -can_read-> daily");
    find(&snapshot(json!([{ "account_id": FOREIGN }])), &story);
    none(&snapshot(json!([{ "account_id": OWN }])));
    none(&snapshot(Value::Null));
}

#[test]
fn a_service_that_runs_code_answers_the_internet_unless_it_is_private() {
    let exposure = |ingress: Value| {
        let mut world = quiet();
        let uid = format!("arn:aws:apprunner:{REGION}:{OWN}:service/shop/1");
        world.put(
            "aws_apprunner_service",
            &uid,
            json!({ "service_arn": uid, "network_configuration": { "ingress_configuration": ingress } }),
        );
        let assembled = world.assemble();
        let node = assembled.graph.by_uid(&uid).unwrap();
        assembled.graph.node(node).map(|info| info.exposure)
    };
    let open = |is_open: bool| json!({ "is_publicly_accessible": is_open });
    assert_eq!(exposure(open(true)), Some(ExposureLevel::Wide));
    assert_eq!(exposure(Value::Null), Some(ExposureLevel::Wide));
    assert_eq!(exposure(open(false)), Some(ExposureLevel::None));
}
