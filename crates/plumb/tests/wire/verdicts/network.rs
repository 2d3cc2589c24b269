//! Security groups, network ACLs, subnets and flow logs.

use super::cases::{Case, check};

const NETWORK: &[Case] = &[
    (
        "ec2-security-group-admin-ports-closed-to-ipv4",
        &[
            ("sg-web", "pass"),
            ("sg-ssh", "fail"),
            ("sg-ssh6", "pass"),
            ("sg-ssh-after-office", "fail"),
            ("sg-ssh-before-office", "fail"),
            ("sg-office", "pass"),
            ("sg-halves", "fail"),
            ("sg-everything", "fail"),
            ("sg-empty", "pass"),
            ("sg-ireland", "fail"),
        ],
    ),
    (
        "ec2-security-group-admin-ports-closed-to-ipv6",
        &[("sg-ssh6", "fail"), ("sg-ssh", "pass"), ("sg-web", "pass")],
    ),
    (
        "ec2-security-group-cifs-closed-to-internet",
        &[
            ("sg-files", "fail"),
            ("sg-everything", "fail"),
            ("sg-web", "pass"),
        ],
    ),
    (
        "ec2-security-group-database-ports-closed-to-internet",
        &[("sg-mysql", "fail"), ("sg-files", "pass")],
    ),
    (
        "ec2-security-group-not-open-on-all-ports",
        &[("sg-everything", "fail"), ("sg-ssh-after-office", "pass")],
    ),
    (
        "ec2-default-security-group-restricts-traffic",
        &[("sg-default-emptied", "pass"), ("sg-empty", "not_applicable")],
    ),
    (
        "ec2-network-acl-admin-ports-closed-to-internet",
        &[("acl-open", "fail"), ("acl-closed", "pass")],
    ),
    (
        "ec2-subnet-no-public-ip-by-default",
        &[("subnet-public", "fail"), ("subnet-private", "pass")],
    ),
    (
        "vpc-flow-logs-enabled",
        &[("vpc-logged", "pass"), ("vpc-ireland", "fail")],
    ),
];

#[test]
fn networks_are_judged_in_every_region_asked() {
    check(&["network"], &["ec2"], NETWORK);
}
