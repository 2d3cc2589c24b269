//! Buckets and file systems.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::interface::{self, Interface, Use};
use crate::network::Tier;
use crate::policies;

/// A bucket to be made.
pub(crate) struct Bucket<'a> {
    pub(crate) name: &'a str,
    pub(crate) region: &'static str,
    pub(crate) data_class: Option<&'static str>,
    pub(crate) encryption: Encryption,
    pub(crate) block: PublicAccess,
    pub(crate) statements: Vec<Value>,
    pub(crate) public: bool,
}

/// How a bucket encrypts what says nothing itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    Key,
    Service,
    None,
}

/// Whether a bucket's own settings keep the public out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicAccess {
    Blocked,
    NotBlocked,
}

/// All four settings that keep the public out.
pub(crate) fn all_blocked() -> Value {
    map! { "block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true, "restrict_public_buckets": true }
}

/// The access control list that every bucket begins with.
pub(crate) fn owner_only() -> Value {
    map! { "grants": list![map! { "grantee": map! { "type": "CanonicalUser", "id": "79a5" }, "permission": "FULL_CONTROL" }] }
}

/// The statement that refuses plain HTTP.
pub(crate) fn tls_only(name: &str) -> Value {
    map! {
        "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": list![format!("arn:aws:s3:::{name}"), format!("arn:aws:s3:::{name}/*")],
        "Condition": map! { "Bool": map! { "aws:SecureTransport": "false" } },
    }
}

/// The statement that lets everybody read the objects of a bucket.
pub(crate) fn public_read(name: &str) -> Value {
    map! { "Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*") }
}

/// Adds the buckets that other resources of the account refer to.
pub(crate) fn account_wide(builder: &mut AccountBuilder) {
    let (id, team) = (builder.id.clone(), builder.team);
    let (logs, settings) = (builder.log_bucket(), format!("acme-{team}-settings-{id}"));
    let delivery = map! {
        "Sid": "Logs", "Effect": "Allow", "Principal": map! { "Service": "logging.s3.amazonaws.com" }, "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{logs}/*"), "Condition": map! { "StringEquals": map! { "aws:SourceAccount": id } },
    };
    for (name, statements, encryption) in [
        (&logs, vec![tls_only(&logs), delivery], Encryption::Service),
        (&settings, vec![tls_only(&settings)], Encryption::Key),
    ] {
        add(
            builder,
            Bucket {
                name,
                region: "eu-central-1",
                data_class: Some("internal"),
                encryption,
                block: PublicAccess::Blocked,
                statements,
                public: false,
            },
        );
    }
}

/// Adds a bucket. What everybody may read are the files of websites.
pub(crate) fn bucket(builder: &mut AccountBuilder) {
    let (serial, region) = (builder.serial(), builder.region());
    let public = builder
        .random
        .basis_points(if builder.production { 150 } else { 400 });
    let (purpose, data_class) = match builder.random.below(12) {
        _ if public => ("website-assets", "public"),
        0..=2 => ("data", "internal"),
        3 | 4 => ("logs", "internal"),
        5 => ("exports", "confidential"),
        6 => ("backups", "confidential"),
        7 => ("customer-uploads", "restricted"),
        8 => ("payments-archive", "restricted"),
        9 | 10 => ("assets", "internal"),
        _ => ("reports", "confidential"),
    };
    let name = format!(
        "acme-{}-{purpose}-{}-{serial}",
        builder.team,
        builder.id.get(6..).unwrap_or("0")
    );
    let block = if !public && builder.right(42) {
        PublicAccess::Blocked
    } else {
        PublicAccess::NotBlocked
    };
    let encryption = match (builder.right(85), builder.right(50)) {
        (false, _) => Encryption::None,
        (true, true) => Encryption::Key,
        (true, false) => Encryption::Service,
    };
    let mut statements = Vec::new();
    if builder.right(62) {
        statements.push(tls_only(&name));
    }
    if public {
        statements.push(public_read(&name));
    } else if builder.random.percent(4) {
        // Another account of the organization reads as well, by a role that exists there.
        let other = builder.other_account();
        let (account, team) = (crate::account::account_id(other), crate::account::team(other));
        statements.push(map! {
            "Sid": "Analysis", "Effect": "Allow", "Principal": map! { "AWS": format!("arn:aws:iam::{account}:role/{team}-function") },
            "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*"),
            "Condition": map! { "StringEquals": map! { "aws:PrincipalOrgID": crate::organization::ID } },
        });
    }
    if !public {
        builder.note_bucket(&name);
    }
    let classified = builder.random.percent(60).then_some(data_class);
    add(
        builder,
        Bucket {
            name: &name,
            region,
            data_class: classified,
            encryption,
            block,
            statements,
            public,
        },
    );
}

/// Adds a bucket; returns its ARN.
pub(crate) fn add(builder: &mut AccountBuilder, bucket: Bucket<'_>) -> String {
    let (name, region) = (bucket.name, bucket.region);
    let rule = |default: Value| map! { "rules": list![map! { "apply_server_side_encryption_by_default": default, "bucket_key_enabled": true }] };
    let encryption = match bucket.encryption {
        Encryption::Key => {
            rule(map! { "sse_algorithm": "aws:kms", "kms_master_key_id": builder.key(region) })
        }
        Encryption::Service => rule(map! { "sse_algorithm": "AES256" }),
        Encryption::None => Value::Null,
    };
    let (policy, status) = if bucket.statements.is_empty() {
        (Value::Null, Value::Null)
    } else {
        (
            policies::document(bucket.statements),
            map! { "is_public": bucket.public },
        )
    };
    let block = match bucket.block {
        PublicAccess::Blocked => all_blocked(),
        PublicAccess::NotBlocked => Value::Null,
    };
    let versioned = if builder.right(55) {
        map! { "status": "Enabled" }
    } else {
        map! {}
    };
    let logs = builder.log_bucket();
    let logged = builder
        .right(38)
        .then(|| map! { "target_bucket": logs.as_str(), "target_prefix": format!("{name}/") });
    let mut tags = builder.tags();
    if let (Value::Map(tags), Some(class)) = (&mut tags, bucket.data_class) {
        tags.insert("DataClass", Value::from(class));
    }
    let arn = format!("arn:aws:s3:::{name}");
    builder.add(
        "aws_s3_bucket",
        arn.clone(),
        name,
        region,
        map! {
            "bucket_region": region, "creation_date": "2024-09-17T08:21:00Z", "tags": tags, "encryption": encryption,
            "policy": policy, "policy_status": status, "website": Value::Null,
            "acl": owner_only(),
            "public_access_block": block,
            "ownership_controls": map! { "rules": list![map! { "object_ownership": "BucketOwnerEnforced" }] },
            "versioning": versioned, "logging": logged.unwrap_or_default(),
        },
    );
    arn
}

/// Adds a file system with a mount target in a private subnet.
pub(crate) fn file_system(builder: &mut AccountBuilder) {
    let (region, id, file_system) = (builder.region(), builder.id.clone(), builder.id("fs"));
    let (encrypted, tags) = (builder.right(75), builder.tags());
    let key = if encrypted {
        Value::from(builder.key(region))
    } else {
        Value::Null
    };
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
            "file_system_arn": arn, "file_system_id": file_system.clone(), "encrypted": encrypted, "kms_key_id": key,
            "policy": policy.unwrap_or_default(), "backup_policy": map! { "status": backup }, "life_cycle_state": "available",
            "number_of_mount_targets": 1, "tags": tags,
        },
    );
    mount_target(builder, region, &file_system);
}

fn mount_target(builder: &mut AccountBuilder, region: &'static str, file_system: &Text) {
    let Some(place) = builder.place(region, Tier::Private) else {
        return;
    };
    let (id, target, group) = (builder.id.clone(), builder.id("fsmt"), place.tiers.app.clone());
    let interface = Interface {
        place: place.clone(),
        groups: vec![group.clone()],
        address: None,
        used_by: Use::FileSystem(file_system.clone()),
    };
    let interface = interface::add(builder, &interface);
    builder.add(
        "aws_efs_mount_target",
        format!("arn:aws:elasticfilesystem:{region}:{id}:mount-target/{target}"),
        &target,
        region,
        map! {
            "mount_target_id": target.clone(), "file_system_id": file_system.clone(), "owner_id": id, "subnet_id": place.subnet,
            "vpc_id": place.vpc, "availability_zone_name": place.zone, "ip_address": place.address, "network_interface_id": interface,
            "life_cycle_state": "available", "security_groups": list![group.id],
        },
    );
}
