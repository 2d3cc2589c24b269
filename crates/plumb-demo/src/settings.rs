//! What every account has exactly once, or once in every region: settings, trails, recorders, detectors.

use plumb_model::value::Value;

use crate::account::{AccountBuilder, HOME, REGIONS, account_id};
use crate::document::{list, map};
use crate::{identity, logging, organization, storage, story};

/// Adds the settings of the account and of its regions.
pub(crate) fn generate(builder: &mut AccountBuilder) {
    account(builder);
    organization::generate(builder);
    storage::account_wide(builder);
    builder.network(HOME);
    identity::account_wide(builder);
    logging::account_wide(builder);
    let organized = builder.right(90);
    let public_access_blocked = builder.right(45) && !story::opens_buckets(builder.position);
    let id = builder.id.clone();
    let block = public_access_blocked.then(storage::all_blocked);
    builder.add(
        "aws_s3_account_public_access_block",
        format!("arn:aws:s3::{id}:public-access-block"),
        &id,
        "global",
        map! { "public_access_block": block.unwrap_or_default() },
    );
    for region in REGIONS {
        region_settings(builder, region, organized);
    }
}

fn account(builder: &mut AccountBuilder) {
    let id = builder.id.clone();
    let contact = builder.right(55).then(|| {
        map! { "name": "Security", "title": "SOC", "email_address": "soc@acme.example", "phone_number": "+49 30 555 0100" }
    });
    builder.add(
        "aws_account",
        format!("arn:aws:account::{id}:account"),
        &id,
        "global",
        map! {
            "information": map! { "account_id": id.clone() },
            "contact_information": map! { "full_name": "Acme Corp", "country_code": "DE", "city": "Berlin" },
            "security_contact": contact.unwrap_or_default(),
            "organization": map! { "id": organization::ID, "master_account_id": account_id(0), "feature_set": "ALL" },
            "ai_services_opt_out_policy": map! { "services": map! { "default": map! { "opt_out_policy": "optOut" } } },
        },
    );
}

fn region_settings(builder: &mut AccountBuilder, region: &'static str, organized: bool) {
    let id = builder.id.clone();
    let encrypted = builder.right(72);
    let snapshots = if builder.right(68) {
        "block-all-sharing"
    } else {
        "unblocked"
    };
    let images = if builder.right(60) {
        "block-new-sharing"
    } else {
        "unblocked"
    };
    let tokens = if builder.right(55) {
        Value::from("required")
    } else {
        Value::Null
    };
    builder.add(
        "aws_ec2_region_settings",
        format!("arn:aws:ec2:{region}:{id}:settings"),
        region,
        region,
        map! {
            "ebs_encryption_by_default": encrypted,
            "snapshot_block_public_access": snapshots,
            "image_block_public_access": images,
            "serial_console_access": false,
            "instance_metadata_defaults": map! { "http_tokens": tokens },
            "vpc_block_public_access": map! { "internet_gateway_block_mode": "off", "state": "default-state" },
        },
    );
    let analyzers = if organized {
        list![
            map! { "arn": format!("arn:aws:access-analyzer:{region}:{id}:analyzer/organization"), "name": "organization",
            "type": "ORGANIZATION", "status": "ACTIVE", "created_at": "2025-03-01T08:00:00Z" }
        ]
    } else {
        list![]
    };
    builder.add(
        "aws_accessanalyzer_region",
        format!("arn:aws:access-analyzer:{region}:{id}:region"),
        region,
        region,
        map! { "analyzers": analyzers },
    );
    let detecting = builder.right(78);
    let detector =
        detecting.then(|| map! { "status": "ENABLED", "finding_publishing_frequency": "SIX_HOURS" });
    let detector_ids = if detecting {
        list!["12abc34d567e8fa901bc2d34e56789f0"]
    } else {
        list![]
    };
    builder.add(
        "aws_guardduty_region",
        format!("arn:aws:guardduty:{region}:{id}:region"),
        region,
        region,
        map! { "detector_ids": detector_ids, "detector": detector.unwrap_or_default() },
    );
    if detecting {
        let mut feature = |name: &'static str, ease: u64| {
            let status = if builder.right(ease) {
                "ENABLED"
            } else {
                "DISABLED"
            };
            map! { "name": name, "status": status }
        };
        let features = list![
            feature("S3_DATA_EVENTS", 80),
            feature("EKS_AUDIT_LOGS", 60),
            feature("EBS_MALWARE_PROTECTION", 40),
            feature("RDS_LOGIN_EVENTS", 50),
            feature("LAMBDA_NETWORK_LOGS", 50),
        ];
        builder.add(
            "aws_guardduty_detector",
            format!("arn:aws:guardduty:{region}:{id}:detector/12abc34d567e8fa901bc2d34e56789f0"),
            "12abc34d567e8fa901bc2d34e56789f0",
            region,
            map! { "detector_id": "12abc34d567e8fa901bc2d34e56789f0", "status": "ENABLED", "features": features },
        );
    }
    let hub = builder
        .right(74)
        .then(|| map! { "hub_arn": format!("arn:aws:securityhub:{region}:{id}:hub/default") });
    let standards = if hub.is_some() {
        list![
            map! { "standards_arn": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/5.0.0", "standards_status": "READY" }
        ]
    } else {
        Value::Null
    };
    builder.add(
        "aws_securityhub_account",
        format!("arn:aws:securityhub:{region}:{id}:region"),
        region,
        region,
        map! { "hub": hub.unwrap_or_default(), "enabled_standards": standards },
    );
    let macie = builder.right(25).then(|| map! { "status": "ENABLED" });
    builder.add(
        "aws_macie2_account",
        format!("arn:aws:macie2:{region}:{id}:region"),
        region,
        region,
        map! { "session": macie.unwrap_or_default(), "automated_discovery": map! { "status": "ENABLED" } },
    );
}
