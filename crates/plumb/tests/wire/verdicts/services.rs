//! Databases, file systems, load balancers and functions.

use super::cases::{Case, check};

const SERVICES: &[Case] = &[
    (
        "rds-instance-storage-encrypted",
        &[("db-sound", "pass"), ("db-loose", "fail")],
    ),
    (
        "rds-instance-not-publicly-accessible",
        &[("db-sound", "pass"), ("db-loose", "fail")],
    ),
    (
        "rds-instance-auto-minor-version-upgrade",
        &[("db-sound", "pass"), ("db-loose", "fail")],
    ),
    (
        "rds-instance-multi-az",
        &[("db-sound", "pass"), ("db-loose", "fail")],
    ),
    (
        "rds-instance-deletion-protection-enabled",
        &[("db-sound", "pass"), ("db-loose", "fail")],
    ),
    (
        "rds-instance-backups-retained",
        &[("db-sound", "pass"), ("db-loose", "fail")],
    ),
    (
        "rds-snapshot-not-public",
        &[("db-private", "pass"), ("db-shared", "fail")],
    ),
    (
        "efs-file-system-encrypted",
        &[("files-encrypted", "pass"), ("files-plain", "fail")],
    ),
    (
        "lb-deletion-protection-enabled",
        &[("lb-sound", "pass"), ("lb-loose", "fail")],
    ),
    (
        "lb-drops-invalid-headers",
        &[("lb-sound", "pass"), ("lb-loose", "fail")],
    ),
    (
        "lb-listener-redirects-http-to-https",
        &[("lb-sound:80", "pass"), ("lb-loose:80", "fail")],
    ),
    ("elb-listeners-encrypted", &[("classic-plain", "fail")]),
    (
        "lambda-function-not-public",
        &[("private", "pass"), ("public", "fail")],
    ),
    (
        "lambda-function-runtime-supported",
        &[("private", "pass"), ("old", "fail")],
    ),
    // moto has no ListFunctionUrlConfigs.
    (
        "lambda-function-url-requires-authorization",
        &[("private", "unknown"), ("public", "unknown")],
    ),
];

#[test]
fn services_are_judged_resource_by_resource() {
    check(&["services"], &["rds", "efs", "elb", "elbv2", "lambda"], SERVICES);
}
