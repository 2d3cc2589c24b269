//! Trails, alarms, keys and the detecting services.

use super::cases::{Case, check, check_everywhere};

const MONITORING: &[Case] = &[
    (
        "cloudtrail-multi-region-trail-logging",
        &[("123456789012", "pass")],
    ),
    (
        "cloudtrail-log-file-validation-enabled",
        &[("sound", "pass"), ("loose", "fail")],
    ),
    (
        "cloudtrail-kms-encryption-enabled",
        &[("sound", "pass"), ("loose", "fail")],
    ),
    (
        "cloudtrail-bucket-access-logging-enabled",
        &[("sound", "fail"), ("loose", "fail")],
    ),
    (
        "cloudtrail-s3-object-read-events-logged",
        &[("123456789012", "pass")],
    ),
    (
        "cloudtrail-s3-object-write-events-logged",
        &[("123456789012", "pass")],
    ),
    (
        "cloudwatch-alarm-unauthorized-api-calls",
        &[("123456789012", "pass")],
    ),
    ("cloudwatch-alarm-root-usage", &[("123456789012", "fail")]),
    (
        "kms-key-rotation-enabled",
        &[
            ("key-rotated", "pass"),
            ("key-fixed", "fail"),
            ("key-dying", "not_applicable"),
        ],
    ),
    (
        "kms-key-not-pending-deletion",
        &[("key-dying", "fail"), ("key-fixed", "pass")],
    ),
    (
        "kms-key-not-public",
        &[("key-public", "fail"), ("key-fixed", "pass")],
    ),
    (
        "config-recorder-records-all-resources",
        &[("us-east-1", "pass"), ("eu-west-1", "fail")],
    ),
    (
        "guardduty-enabled",
        &[("us-east-1", "pass"), ("eu-west-1", "fail")],
    ),
    (
        "securityhub-enabled",
        &[("us-east-1", "pass"), ("eu-west-1", "fail")],
    ),
];

#[test]
fn monitoring_is_judged_across_trails_filters_alarms_and_topics() {
    check_everywhere(
        &["monitoring"],
        &[
            "cloudtrail",
            "cloudwatch",
            "kms",
            "config",
            "guardduty",
            "securityhub",
        ],
        MONITORING,
    );
}

#[test]
fn an_account_that_watches_nothing_fails() {
    check_everywhere(
        &[],
        &["cloudtrail", "cloudwatch"],
        &[
            (
                "cloudtrail-multi-region-trail-logging",
                &[("123456789012", "fail")],
            ),
            (
                "cloudwatch-alarm-unauthorized-api-calls",
                &[("123456789012", "fail")],
            ),
        ],
    );
}

#[test]
fn what_was_not_found_in_some_regions_may_be_in_the_others() {
    check(
        &[],
        &["cloudtrail", "cloudwatch"],
        &[
            (
                "cloudtrail-multi-region-trail-logging",
                &[("123456789012", "unknown")],
            ),
            (
                "cloudwatch-alarm-unauthorized-api-calls",
                &[("123456789012", "unknown")],
            ),
        ],
    );
}
