//! Instances, volumes, snapshots and launch templates.

use super::cases::{Case, check};

const COMPUTE: &[Case] = &[
    (
        "ec2-instance-imdsv2-required",
        &[
            ("instance-sound", "pass"),
            ("instance-public", "fail"),
            ("instance-secret", "pass"),
        ],
    ),
    (
        "ec2-instance-no-public-ip",
        &[
            ("instance-sound", "pass"),
            ("instance-public", "fail"),
            ("instance-secret", "pass"),
        ],
    ),
    (
        "ec2-instance-profile-attached",
        &[("instance-sound", "pass"), ("instance-public", "fail")],
    ),
    (
        "ec2-instance-user-data-no-secrets",
        &[
            ("instance-sound", "pass"),
            ("instance-public", "pass"),
            ("instance-secret", "fail"),
        ],
    ),
    (
        "ec2-ebs-volume-encrypted",
        &[("volume-encrypted", "pass"), ("volume-plain", "fail")],
    ),
    (
        "ec2-ebs-snapshot-encrypted",
        &[("snapshot-encrypted", "pass"), ("snapshot-plain", "fail")],
    ),
    // A block for the whole account would save the shared snapshot, and moto cannot tell whether there is one.
    (
        "ec2-ebs-snapshot-not-public",
        &[("snapshot-encrypted", "pass"), ("snapshot-plain", "unknown")],
    ),
    (
        "ec2-ebs-encryption-by-default",
        &[("us-east-1", "pass"), ("eu-west-1", "fail")],
    ),
    (
        "ec2-launch-template-imdsv2-required",
        &[("template-sound", "pass"), ("template-loose", "fail")],
    ),
];

#[test]
fn compute_is_judged_resource_by_resource() {
    check(&["compute"], &["ec2"], COMPUTE);
}
