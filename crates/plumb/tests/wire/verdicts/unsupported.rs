//! Operations that the cloud does not have.

use crate::support::binary::Plumb;
use crate::support::moto::Moto;

/// moto answers these with "not implemented".
const MISSING: &[(&str, &str, &str)] = &[
    (
        "accessanalyzer-external-access-enabled",
        "us-east-1",
        "accessanalyzer:ListAnalyzers",
    ),
    (
        "ec2-image-public-access-blocked",
        "us-east-1",
        "ec2:GetImageBlockPublicAccessState",
    ),
    (
        "ec2-ebs-snapshot-public-access-blocked",
        "us-east-1",
        "ec2:GetSnapshotBlockPublicAccessState",
    ),
    (
        "ec2-instance-metadata-defaults-require-imdsv2",
        "us-east-1",
        "ec2:GetInstanceMetadataDefaults",
    ),
    (
        "macie-automated-discovery-enabled",
        "us-east-1",
        "macie2:GetAutomatedDiscoveryConfiguration",
    ),
];

#[test]
fn what_the_cloud_cannot_answer_is_unknown_and_a_gap() {
    let Some(moto) = Moto::start() else { return };
    let ended = Plumb::scan(&moto.url(), &[]).run();
    let report = ended.report();
    assert_eq!(ended.status, 4);
    assert!(!report.is_complete());
    for (policy, resource, call) in MISSING {
        let finding = report.finding(policy, resource);
        assert_eq!(finding["verdict"], "unknown", "{finding}");
        assert_eq!(finding["evidence"]["unreadable"][0]["call"], *call, "{finding}");
        assert!(
            report.gaps().iter().any(|gap| gap["call"] == *call),
            "no gap for {call}"
        );
    }
    for gap in report.gaps() {
        assert_eq!(gap["reason"], "failed", "{gap}");
    }
}
