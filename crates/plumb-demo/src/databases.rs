//! Databases, their snapshots, and the secrets that open them.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::interface::{self, Interface, Use};
use crate::network::{Group, Place, Tier};

/// A database instance to be made.
pub(crate) struct Database<'a> {
    pub(crate) name: &'a str,
    pub(crate) place: Place,
    pub(crate) subnet_group: Text,
    pub(crate) subnets: Vec<Value>,
    pub(crate) group: Group,
    pub(crate) reach: Reach,
}

/// Whether a database asks for a public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Public,
    Private,
}

/// Adds a database in private subnets. Some ask for a public address, which leads nowhere without a route.
pub(crate) fn instance(builder: &mut AccountBuilder) {
    let (region, serial) = (builder.region(), builder.serial());
    let name = format!("{}-db-{serial}", builder.team);
    let reach = if builder.right(90) {
        Reach::Private
    } else {
        Reach::Public
    };
    let Some(place) = builder.place(region, Tier::Private) else {
        return;
    };
    let Some(network) = builder.network(region) else {
        return;
    };
    let subnets = crate::network::subnet_list(&network.subnets_of(Tier::Private));
    let database = Database {
        name: &name,
        subnet_group: place.subnet_group.clone(),
        group: place.tiers.database.clone(),
        place,
        subnets,
        reach,
    };
    add(builder, database);
}

/// Adds a database instance with its interface; returns its ARN.
pub(crate) fn add(builder: &mut AccountBuilder, database: Database<'_>) -> String {
    let (region, id, name) = (database.place.region, builder.id.clone(), database.name);
    let arn = format!("arn:aws:rds:{region}:{id}:db:{name}");
    let resource_id = Text::from(format!("db-{}", builder.random.hex(26).to_uppercase()));
    let (encrypted, upgraded, redundant) = (builder.right(72), builder.right(85), builder.right(55));
    let (kept, protected) = (if builder.right(75) { 14 } else { 0 }, builder.right(60));
    let tls = if builder.right(45) { "1" } else { "0" };
    let key = if encrypted {
        Value::from(builder.key(region))
    } else {
        Value::Null
    };
    parameter_group(builder, region);
    let (tags, public) = (builder.tags(), database.reach == Reach::Public);
    let vpc = database.place.vpc.clone();
    builder.add(
        "aws_db_instance",
        arn.clone(),
        name,
        region,
        map! {
            "db_instance_arn": arn.as_str(), "db_instance_identifier": name, "dbi_resource_id": resource_id.clone(), "engine": "postgres",
            "engine_version": "17.6", "db_instance_class": "db.m7g.large", "db_instance_status": "available",
            "publicly_accessible": public, "availability_zone": database.place.zone.clone(),
            "endpoint": map! { "address": format!("{name}.c0demo.{region}.rds.amazonaws.com"), "port": 5432 },
            "db_subnet_group": map! {
                "db_subnet_group_name": database.subnet_group.clone(), "subnet_group_status": "Complete", "vpc_id": vpc.clone(),
                "db_subnet_group_arn": format!("arn:aws:rds:{region}:{id}:subgrp:{}", database.subnet_group), "subnets": database.subnets,
            },
            "vpc_security_groups": list![map! { "vpc_security_group_id": database.group.id.clone(), "status": "active" }],
            "db_parameter_groups": list![map! { "db_parameter_group_name": PARAMETERS, "parameter_apply_status": "in-sync" }],
            "storage_encrypted": encrypted, "kms_key_id": key, "auto_minor_version_upgrade": upgraded, "multi_az": redundant,
            "backup_retention_period": kept, "deletion_protection": protected, "iam_database_authentication_enabled": true,
            "tls_parameters": list![map! { "parameter_name": "rds.force_ssl", "parameter_value": tls }], "tags": tags,
        },
    );
    let address = public.then(|| builder.elastic_address());
    let interface = Interface {
        place: database.place,
        groups: vec![database.group],
        address: None,
        used_by: Use::Database,
    };
    interface::add_shown(builder, &interface, address);
    builder
        .made
        .databases
        .insert(region, (Text::from(name), resource_id, vpc));
    arn
}

const PARAMETERS: &str = "default.postgres17";

/// The default parameters of the engine, once per region.
fn parameter_group(builder: &mut AccountBuilder, region: &'static str) {
    if !builder.first(PARAMETERS, region) {
        return;
    }
    let arn = format!("arn:aws:rds:{region}:{}:pg:{PARAMETERS}", builder.id);
    builder.add(
        "aws_db_parameter_group",
        arn.clone(),
        PARAMETERS,
        region,
        map! {
            "db_parameter_group_arn": arn, "db_parameter_group_name": PARAMETERS, "db_parameter_group_family": "postgres17",
            "description": "Default parameter group for postgres17", "changed_parameters": list![], "tags": map! {},
        },
    );
}

/// Adds a snapshot of the database that was made last in a region.
pub(crate) fn snapshot(builder: &mut AccountBuilder) {
    let (region, id, serial) = (builder.region(), builder.id.clone(), builder.serial());
    let name = format!("{}-db-{serial}-final", builder.team);
    let arn = format!("arn:aws:rds:{region}:{id}:snapshot:{name}");
    let shared = builder.random.basis_points(1_600);
    let restorable = if shared { list!["all"] } else { list![] };
    // An encrypted snapshot cannot be shared with everybody.
    let (encrypted, tags) = (builder.right(82) && !shared, builder.tags());
    let key = if encrypted {
        Value::from(builder.key(region))
    } else {
        Value::Null
    };
    let (database, resource_id, vpc) = match builder.made.databases.get(region).cloned() {
        Some((name, resource_id, vpc)) => (Value::from(name), Value::from(resource_id), Value::from(vpc)),
        None => (Value::from("retired"), Value::Null, Value::Null),
    };
    builder.add(
        "aws_db_snapshot",
        arn.clone(),
        &name,
        region,
        map! {
            "db_snapshot_arn": arn, "db_snapshot_identifier": name.as_str(), "db_instance_identifier": database, "dbi_resource_id": resource_id,
            "vpc_id": vpc, "engine": "postgres", "encrypted": encrypted, "kms_key_id": key, "snapshot_type": "manual", "status": "available",
            "attributes": list![map! { "attribute_name": "restore", "attribute_values": restorable }], "tags": tags,
        },
    );
}

/// Adds a secret of the team, or a log group where secrets are not read.
pub(crate) fn secret(builder: &mut AccountBuilder) {
    if !builder.with_secrets {
        crate::logging::log_group(builder);
        return;
    }
    let (region, serial) = (builder.region(), builder.serial());
    let name = format!("{}/database-{serial}", builder.team);
    add_secret(builder, region, &name);
}

/// Adds a secret; returns its ARN.
pub(crate) fn add_secret(builder: &mut AccountBuilder, region: &'static str, name: &str) -> String {
    let arn = secret_arn(region, &builder.id, name);
    let (rotated, tags) = (builder.right(60), builder.tags());
    let key = builder.key(region);
    builder.add(
        "aws_secretsmanager_secret",
        arn.clone(),
        name,
        region,
        map! {
            "arn": arn.as_str(), "secret_name": name, "kms_key_id": key, "rotation_enabled": rotated, "policy": Value::Null,
            "created_date": "2025-02-01T09:00:00Z", "last_changed_date": "2026-10-01T09:00:00Z", "tags": tags,
        },
    );
    arn
}

/// The ARN of a secret, which ends in six characters that Secrets Manager chooses.
pub(crate) fn secret_arn(region: &str, account: &str, name: &str) -> String {
    let sum = name.bytes().fold(0x3a51_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    format!(
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{:06x}",
        sum & 0xff_ffff
    )
}
