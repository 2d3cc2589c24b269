//! Buckets, volumes, snapshots, file systems and the keys that encrypt them.

use plumb_model::value::Value;

use crate::account::AccountBuilder;
use crate::document::{list, map};

/// Adds a bucket.
pub(crate) fn bucket(builder: &mut AccountBuilder) {
    let (serial, region) = (builder.serial(), builder.region());
    let purpose = builder
        .random
        .pick(&["data", "logs", "assets", "exports", "backups", "uploads"]);
    let name = format!(
        "acme-{}-{purpose}-{}-{serial}",
        builder.team,
        builder.id.get(6..).unwrap_or("0")
    );
    let public = builder
        .random
        .basis_points(if builder.production { 150 } else { 400 });
    let blocked = !public && builder.right(62);
    let block = blocked.then(|| {
        map! { "block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true, "restrict_public_buckets": true }
    });
    let encrypted = builder.right(97);
    let algorithm = if builder.right(50) { "aws:kms" } else { "AES256" };
    let encryption = encrypted.then(|| {
        map! { "rules": list![map! { "apply_server_side_encryption_by_default": map! { "sse_algorithm": algorithm }, "bucket_key_enabled": true }] }
    });
    let tls = builder.right(40).then(|| {
        map! { "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": list![format!("arn:aws:s3:::{name}"), format!("arn:aws:s3:::{name}/*")],
        "Condition": map! { "Bool": map! { "aws:SecureTransport": "false" } } }
    });
    let open = public.then(|| {
        map! { "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*") }
    });
    let statements: Vec<Value> = tls.into_iter().chain(open).collect();
    let policy = (!statements.is_empty()).then(|| map! { "Version": "2012-10-17", "Statement": statements });
    let policy_status = policy
        .as_ref()
        .map(|_| map! { "is_public": public })
        .unwrap_or_default();
    let versioned = if builder.right(55) {
        map! { "status": "Enabled" }
    } else {
        map! {}
    };
    let logged = builder
        .right(35)
        .then(|| map! { "target_bucket": format!("acme-{}-logs", builder.team), "target_prefix": "s3/" });
    let tags = builder.tags();
    builder.add(
        "aws_s3_bucket",
        format!("arn:aws:s3:::{name}"),
        &name,
        region,
        map! {
            "bucket_region": region, "creation_date": "2024-09-17T08:21:00Z", "tags": tags,
            "encryption": encryption.unwrap_or_default(),
            "policy": policy.unwrap_or_default(),
            "policy_status": policy_status,
            "acl": map! { "grants": list![map! { "grantee": map! { "type": "CanonicalUser", "id": "79a5" }, "permission": "FULL_CONTROL" }] },
            "public_access_block": block.unwrap_or_default(),
            "ownership_controls": map! { "rules": list![map! { "object_ownership": "BucketOwnerEnforced" }] },
            "versioning": versioned,
            "logging": logged.unwrap_or_default(),
        },
    );
}

/// Adds a volume.
pub(crate) fn volume(builder: &mut AccountBuilder) {
    let (region, id, volume) = (builder.region(), builder.id.clone(), builder.id("vol"));
    let (encrypted, size, tags) = (builder.right(60), 8 << builder.random.below(6), builder.tags());
    builder.add(
        "aws_ebs_volume",
        format!("arn:aws:ec2:{region}:{id}:volume/{volume}"),
        &volume,
        region,
        map! {
            "volume_id": volume.clone(), "encrypted": encrypted, "size": size, "state": "in-use", "volume_type": "gp3",
            "availability_zone": format!("{region}a"), "create_time": "2025-04-03T14:00:00Z", "tags": tags,
        },
    );
}

/// Adds a snapshot of a volume.
pub(crate) fn snapshot(builder: &mut AccountBuilder) {
    let (region, id, snapshot) = (builder.region(), builder.id.clone(), builder.id("snap"));
    let public = builder.random.basis_points(1_400);
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
    let (encrypted, tags) = (builder.right(70), builder.tags());
    builder.add(
        "aws_ebs_snapshot",
        format!("arn:aws:ec2:{region}:{id}:snapshot/{snapshot}"),
        &snapshot,
        region,
        map! {
            "snapshot_id": snapshot.clone(), "encrypted": encrypted, "owner_id": id.clone(), "state": "completed",
            "public_snapshot_id": public_id, "public_permissions": permissions, "start_time": "2026-10-20T02:00:00Z", "tags": tags,
        },
    );
}

/// Adds a file system.
pub(crate) fn file_system(builder: &mut AccountBuilder) {
    let (region, id, file_system) = (builder.region(), builder.id.clone(), builder.id("fs"));
    let (encrypted, tags) = (builder.right(85), builder.tags());
    let backup = if builder.right(70) { "ENABLED" } else { "DISABLED" };
    let policy = builder.right(40).then(|| {
        map! { "Version": "2012-10-17", "Statement": list![map! { "Effect": "Allow", "Principal": map! { "AWS": format!("arn:aws:iam::{id}:root") },
            "Action": "elasticfilesystem:ClientMount", "Resource": "*" }] }
    });
    let arn = format!("arn:aws:elasticfilesystem:{region}:{id}:file-system/{file_system}");
    builder.add(
        "aws_efs_file_system",
        arn.clone(),
        &file_system,
        region,
        map! {
            "file_system_arn": arn, "file_system_id": file_system.clone(), "encrypted": encrypted, "policy": policy.unwrap_or_default(),
            "backup_policy": map! { "status": backup }, "tags": tags,
        },
    );
}

/// Adds a key.
pub(crate) fn key(builder: &mut AccountBuilder) {
    let (region, id, serial) = (builder.region(), builder.id.clone(), builder.serial());
    let key = format!("{:08x}-{}", serial, builder.random.hex(12));
    let arn = format!("arn:aws:kms:{region}:{id}:key/{key}");
    let public = builder.random.basis_points(500);
    let principal = if public {
        map! { "AWS": "*" }
    } else {
        map! { "AWS": format!("arn:aws:iam::{id}:root") }
    };
    let (rotated, tags) = (builder.right(65), builder.tags());
    builder.add(
        "aws_kms_key",
        arn.clone(),
        &key,
        region,
        map! {
            "arn": arn, "key_id": key.as_str(), "key_manager": "CUSTOMER", "key_spec": "SYMMETRIC_DEFAULT", "key_usage": "ENCRYPT_DECRYPT",
            "origin": "AWS_KMS", "key_state": "Enabled", "enabled": true, "multi_region": false, "key_rotation_enabled": rotated,
            "policy": map! { "Version": "2012-10-17", "Statement": list![map! { "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*" }] },
            "tags": tags,
        },
    );
}
