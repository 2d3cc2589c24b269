//! Buckets.

use super::cases::{Case, check};

const BUCKETS: &[Case] = &[
    (
        "s3-bucket-encryption-required",
        &[("sound", "pass"), ("plain", "fail"), ("in-ireland", "fail")],
    ),
    (
        "s3-bucket-versioning-enabled",
        &[("sound", "pass"), ("plain", "fail"), ("half-blocked", "fail")],
    ),
    (
        "s3-bucket-access-logging-enabled",
        &[("sound", "pass"), ("plain", "fail")],
    ),
    (
        "s3-bucket-acls-disabled",
        &[
            ("sound", "pass"),
            ("public-policy", "pass"),
            ("public-acl", "fail"),
        ],
    ),
    (
        "s3-bucket-tls-required",
        &[("sound", "pass"), ("plain", "fail"), ("public-policy", "fail")],
    ),
    (
        "s3-bucket-public-access-blocked",
        &[("sound", "pass"), ("half-blocked", "fail"), ("plain", "fail")],
    ),
    (
        "s3-bucket-not-public",
        &[
            ("sound", "pass"),
            ("plain", "pass"),
            ("half-blocked", "pass"),
            ("public-policy", "fail"),
            ("public-acl", "fail"),
        ],
    ),
    // moto keeps no MFA delete, so even the sound bucket has none.
    (
        "s3-bucket-mfa-delete-enabled",
        &[("sound", "fail"), ("plain", "fail")],
    ),
    ("s3-account-public-access-blocked", &[("123456789012", "fail")]),
];

/// With three of the four switches on for the whole account.
const BUCKETS_OF_A_BLOCKED_ACCOUNT: &[Case] = &[
    (
        "s3-bucket-public-access-blocked",
        &[("sound", "pass"), ("half-blocked", "fail"), ("plain", "fail")],
    ),
    (
        "s3-bucket-not-public",
        &[("public-policy", "fail"), ("public-acl", "pass")],
    ),
    ("s3-account-public-access-blocked", &[("123456789012", "fail")]),
];

#[test]
fn buckets_are_judged_one_by_one() {
    check(&["s3"], &["s3", "s3control"], BUCKETS);
}

#[test]
fn what_the_account_blocks_its_buckets_block() {
    check(
        &["s3", "s3_account"],
        &["s3", "s3control"],
        BUCKETS_OF_A_BLOCKED_ACCOUNT,
    );
}
