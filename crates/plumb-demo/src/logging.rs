//! Trails, recorders, log groups, filters, alarms and topics.

use plumb_model::value::Value;

use crate::account::{AccountBuilder, REGIONS};
use crate::alarms;
use crate::document::{list, map};
use crate::{policies, storage};

/// Adds the account's trail and recorders.
pub(crate) fn account_wide(builder: &mut AccountBuilder) {
    let id = builder.id.clone();
    for (resource_type, service) in [
        ("aws_cloudtrail_account", "cloudtrail"),
        ("aws_config_account", "config"),
    ] {
        builder.add(
            resource_type,
            format!("arn:aws:{service}::{id}:account"),
            &id,
            "global",
            map! {},
        );
    }
    if builder.right(93) {
        trail(builder);
    }
    let logs = builder.log_bucket();
    for region in REGIONS {
        let recording = builder.right(82);
        let group = map! { "all_supported": true, "include_global_resource_types": region == "us-east-1", "resource_types": list![] };
        let recorders = if recording {
            list![map! { "name": "default", "recording_group": group.clone() }]
        } else {
            list![]
        };
        let status = if recording {
            list![map! { "name": "default", "recording": true, "last_status": "SUCCESS" }]
        } else {
            list![]
        };
        let channels = if recording {
            list![map! { "name": "default", "s3_bucket_name": logs.as_str() }]
        } else {
            list![]
        };
        builder.add(
            "aws_config_region",
            format!("arn:aws:config:{region}:{id}:region"),
            region,
            region,
            map! { "recorders": recorders, "recorder_status": status, "delivery_channels": channels },
        );
        if recording {
            builder.add(
                "aws_config_configuration_recorder",
                format!("arn:aws:config:{region}:{id}:configuration-recorder/default"),
                "default",
                region,
                map! { "name": "default", "recording_group": group, "status": map! { "name": "default", "recording": true, "last_status": "SUCCESS" } },
            );
        }
    }
}

fn trail(builder: &mut AccountBuilder) {
    let id = builder.id.clone();
    let arn = format!("arn:aws:cloudtrail:eu-central-1:{id}:trail/acme");
    let (validated, encrypted, watched, objects) = (
        builder.right(85),
        builder.right(60),
        builder.right(80),
        builder.right(45),
    );
    let key = if encrypted {
        Value::from(builder.key("eu-central-1"))
    } else {
        Value::Null
    };
    let logs = if watched {
        Value::from(format!("arn:aws:logs:eu-central-1:{id}:log-group:trail:*"))
    } else {
        Value::Null
    };
    let delivered = if watched {
        Value::from("2026-11-22T05:50:00Z")
    } else {
        Value::Null
    };
    let data = if objects {
        list![map! { "type": "AWS::S3::Object", "values": list!["arn:aws:s3"] }]
    } else {
        list![]
    };
    builder.add(
        "aws_cloudtrail_trail",
        arn.clone(),
        "acme",
        "eu-central-1",
        map! {
            "trail_arn": arn.as_str(), "name": "acme", "home_region": "eu-central-1", "is_multi_region_trail": true, "is_organization_trail": false,
            "include_global_service_events": true, "log_file_validation_enabled": validated, "kms_key_id": key,
            "cloud_watch_logs_log_group_arn": logs, "s3_bucket_name": format!("acme-trail-{id}"),
            "status": map! { "is_logging": true, "latest_cloud_watch_logs_delivery_time": delivered },
            "event_selectors": list![map! { "read_write_type": "All", "include_management_events": true, "exclude_management_event_sources": list![], "data_resources": data }],
        },
    );
    if watched {
        add_log_group(builder, "eu-central-1", "trail");
        alarms::generate(builder, "trail");
    }
    let (bucket, data_key) = (format!("acme-trail-{id}"), builder.key("eu-central-1"));
    let logs = builder.log_bucket();
    let logged = builder
        .right(45)
        .then(|| map! { "target_bucket": logs.as_str(), "target_prefix": "trail/" });
    let mut statements = vec![map! {
        "Sid": "Trail", "Effect": "Allow", "Principal": map! { "Service": "cloudtrail.amazonaws.com" }, "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{bucket}/AWSLogs/{id}/*"), "Condition": map! { "StringEquals": map! { "aws:SourceArn": arn.as_str() } },
    }];
    if builder.right(62) {
        statements.push(storage::tls_only(&bucket));
    }
    builder.add(
        "aws_s3_bucket",
        format!("arn:aws:s3:::{bucket}"),
        &bucket,
        "eu-central-1",
        map! {
            "bucket_region": "eu-central-1", "policy": policies::document(statements), "policy_status": map! { "is_public": false },
            "acl": storage::owner_only(), "website": Value::Null,
            "encryption": map! { "rules": list![map! { "apply_server_side_encryption_by_default": map! { "sse_algorithm": "aws:kms", "kms_master_key_id": data_key } }] },
            "public_access_block": storage::all_blocked(),
            "ownership_controls": map! { "rules": list![map! { "object_ownership": "BucketOwnerEnforced" }] },
            "versioning": map! { "status": "Enabled" }, "logging": logged.unwrap_or_default(), "tags": map! { "DataClass": "audit" },
        },
    );
}

/// Adds a log group.
pub(crate) fn log_group(builder: &mut AccountBuilder) {
    let (region, serial) = (builder.region(), builder.serial());
    let name = format!("/acme/{}/{serial}", builder.team);
    add_log_group(builder, region, &name);
}

fn add_log_group(builder: &mut AccountBuilder, region: &'static str, name: &str) {
    let id = builder.id.clone();
    let key = if builder.right(35) {
        Value::from(builder.key(region))
    } else {
        Value::Null
    };
    let days = if builder.right(80) { 400 } else { 30 };
    let tags = builder.tags();
    builder.add(
        "aws_cloudwatch_log_group",
        format!("arn:aws:logs:{region}:{id}:log-group:{name}"),
        name,
        region,
        map! {
            "log_group_name": name, "arn": format!("arn:aws:logs:{region}:{id}:log-group:{name}"), "retention_in_days": days,
            "log_group_class": "STANDARD", "stored_bytes": 1_048_576, "kms_key_id": key, "tags": tags,
        },
    );
}

/// Adds a topic.
pub(crate) fn topic(builder: &mut AccountBuilder) {
    let (region, serial) = (builder.region(), builder.serial());
    let name = format!("{}-{serial}", builder.team);
    add_topic(builder, region, &name);
}

/// Adds a topic with a name.
pub(crate) fn add_topic(builder: &mut AccountBuilder, region: &'static str, name: &str) {
    let id = builder.id.clone();
    let arn = format!("arn:aws:sns:{region}:{id}:{name}");
    let key = if builder.right(45) {
        Value::from("alias/aws/sns")
    } else {
        Value::Null
    };
    let tags = builder.tags();
    builder.add(
        "aws_sns_topic",
        arn.clone(),
        arn.rsplit(':').next().unwrap_or_default(),
        region,
        map! { "topic_arn": arn.as_str(), "owner": id.clone(), "kms_master_key_id": key,
            "policy": map! { "Version": "2012-10-17", "Statement": list![map! { "Effect": "Allow", "Principal": map! { "AWS": format!("arn:aws:iam::{id}:root") },
                "Action": "sns:Publish", "Resource": arn.as_str() }] }, "tags": tags },
    );
}
