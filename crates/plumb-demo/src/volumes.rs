//! Volumes and their snapshots.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};

/// Adds a volume, attached to the instance that was made last.
pub(crate) fn volume(builder: &mut AccountBuilder) {
    let region = builder.region();
    let id = builder.id("vol");
    match builder.made.instances.get(region).cloned() {
        Some((instance, zone)) => add(builder, region, &id, &zone, Some(&instance), "/dev/sdf"),
        None => add(builder, region, &id, &format!("{region}a"), None, "/dev/sdf"),
    }
}

/// Adds a volume whose id is known beforehand.
pub(crate) fn add(
    builder: &mut AccountBuilder,
    region: &'static str,
    volume: &Text,
    zone: &str,
    instance: Option<&Text>,
    device: &str,
) {
    let account = builder.id.clone();
    let (encrypted, size, tags) = (builder.right(78), 8 << builder.random.below(6), builder.tags());
    let key = if encrypted {
        Value::from(builder.key(region))
    } else {
        Value::Null
    };
    let (state, attachments) = match instance {
        Some(instance) => (
            "in-use",
            list![
                map! { "instance_id": instance.clone(), "volume_id": volume.clone(), "device": device, "state": "attached", "delete_on_termination": true }
            ],
        ),
        None => ("available", list![]),
    };
    builder.made.volumes.insert(region, volume.clone());
    builder.add(
        "aws_ebs_volume",
        format!("arn:aws:ec2:{region}:{account}:volume/{volume}"),
        volume,
        region,
        map! {
            "volume_id": volume.clone(), "encrypted": encrypted, "kms_key_id": key, "size": size, "state": state, "volume_type": "gp3",
            "attachments": attachments, "availability_zone": zone, "create_time": "2025-04-03T14:00:00Z", "tags": tags,
        },
    );
}

/// Adds a snapshot of a volume.
pub(crate) fn snapshot(builder: &mut AccountBuilder) {
    let (region, id, snapshot) = (builder.region(), builder.id.clone(), builder.id("snap"));
    let public = builder.random.basis_points(2_200);
    let public_id = if public {
        Value::String(snapshot.clone())
    } else {
        Value::Null
    };
    let permissions = if public {
        list![map! { "group": "all" }]
    } else {
        list![]
    };
    // A snapshot can be public only when it is not encrypted.
    let (encrypted, tags) = (builder.right(70) && !public, builder.tags());
    let key = if encrypted {
        Value::from(builder.key(region))
    } else {
        Value::Null
    };
    // AWS shows this id for snapshots of which the volume is not known.
    let volume = builder
        .made
        .volumes
        .get(region)
        .cloned()
        .unwrap_or(Text::new_static("vol-ffffffff"));
    builder.add(
        "aws_ebs_snapshot",
        format!("arn:aws:ec2:{region}:{id}:snapshot/{snapshot}"),
        &snapshot,
        region,
        map! {
            "snapshot_id": snapshot.clone(), "volume_id": volume, "encrypted": encrypted, "kms_key_id": key, "owner_id": id, "state": "completed",
            "public_snapshot_id": public_id, "public_permissions": permissions.clone(), "create_volume_permissions": permissions,
            "start_time": "2026-10-20T02:00:00Z", "tags": tags,
        },
    );
}
