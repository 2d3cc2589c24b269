//! Databases and their snapshots.

use crate::account::AccountBuilder;
use crate::document::{list, map};

/// Adds a database instance.
pub(crate) fn instance(builder: &mut AccountBuilder) {
    let (region, id, serial) = (builder.region(), builder.id.clone(), builder.serial());
    let name = format!("{}-db-{serial}", builder.team);
    let arn = format!("arn:aws:rds:{region}:{id}:db:{name}");
    let public = !builder.right(90);
    let (encrypted, upgraded, redundant) = (builder.right(82), builder.right(85), builder.right(55));
    let (kept, protected) = (if builder.right(75) { 14 } else { 0 }, builder.right(60));
    let tls = if builder.right(45) { "1" } else { "0" };
    let tags = builder.tags();
    builder.add(
        "aws_db_instance",
        arn.clone(),
        &name,
        region,
        map! {
            "db_instance_arn": arn, "db_instance_identifier": name.as_str(), "engine": "postgres", "engine_version": "17.6",
            "db_instance_class": "db.m7g.large", "db_instance_status": "available", "publicly_accessible": public,
            "storage_encrypted": encrypted, "auto_minor_version_upgrade": upgraded, "multi_az": redundant,
            "backup_retention_period": kept, "deletion_protection": protected, "iam_database_authentication_enabled": true,
            "tls_parameters": list![map! { "parameter_name": "rds.force_ssl", "parameter_value": tls }], "tags": tags,
        },
    );
}

/// Adds a snapshot of a database.
pub(crate) fn snapshot(builder: &mut AccountBuilder) {
    let (region, id, serial) = (builder.region(), builder.id.clone(), builder.serial());
    let name = format!("{}-db-{serial}-final", builder.team);
    let arn = format!("arn:aws:rds:{region}:{id}:snapshot:{name}");
    let shared = if builder.random.basis_points(900) {
        list!["all"]
    } else {
        list![]
    };
    let (encrypted, tags) = (builder.right(82), builder.tags());
    builder.add(
        "aws_db_snapshot",
        arn.clone(),
        &name,
        region,
        map! {
            "db_snapshot_arn": arn, "db_snapshot_identifier": name.as_str(), "engine": "postgres", "encrypted": encrypted, "snapshot_type": "manual",
            "attributes": list![map! { "attribute_name": "restore", "attribute_values": shared }], "tags": tags,
        },
    );
}
