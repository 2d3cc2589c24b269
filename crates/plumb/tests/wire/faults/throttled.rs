//! A cloud that refuses for load.

use crate::support::binary::Plumb;
use crate::support::fault::Fault;
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Rule};

#[test]
fn throttled_calls_of_every_protocol_are_tried_again_and_succeed() {
    let Some(moto) = Moto::with(&["s3", "network"]) else {
        return;
    };
    let cases = [
        (
            "s3-bucket-versioning-enabled",
            "s3",
            "GET /sound?versioning",
            "s3:GetBucketVersioning",
        ),
        ("vpc-flow-logs-enabled", "ec2", "DescribeVpcs", "ec2:DescribeVpcs"),
        (
            "iam-password-policy-minimum-length",
            "iam",
            "GetAccountPasswordPolicy",
            "iam:GetAccountPasswordPolicy",
        ),
        ("kms-key-rotation-enabled", "kms", "ListKeys", "kms:ListKeys"),
        (
            "efs-file-system-encrypted",
            "elasticfilesystem",
            "GET /",
            "efs:DescribeFileSystems",
        ),
    ];
    for (policy, service, operation, call) in cases {
        let rule = Rule::new(service, operation, Fault::Throttle).times(2);
        let proxy = Proxy::start(moto.address, vec![rule]);
        let ended = Plumb::scan(&proxy.url, &["--policy", policy]).run();
        let report = ended.report();
        assert_eq!(
            (ended.status, report.gaps().len()),
            (0, 0),
            "{policy}: {:?}",
            report.gaps()
        );
        assert_eq!(report.count(call, "throttled"), 2, "{policy}");
        assert_eq!(report.count(call, "retries"), 2, "{policy}");
    }
}

#[test]
fn what_stays_throttled_is_unknown_for_that_reason() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let rule = Rule::new("s3", "GET /sound?versioning", Fault::ThrottleForNow);
    let proxy = Proxy::start(moto.address, vec![rule]);
    let ended = Plumb::scan(&proxy.url, &["--policy", "s3-bucket-versioning-enabled"]).run();
    let report = ended.report();
    let finding = report.finding("s3-bucket-versioning-enabled", "sound");
    assert_eq!(finding["verdict"], "unknown", "{finding}");
    assert_eq!(
        finding["evidence"]["unreadable"][0]["reason"], "throttled",
        "{finding}"
    );
    assert_eq!(report.verdict("s3-bucket-versioning-enabled", "plain"), "fail");
    assert_eq!(
        (report.gaps().len(), &report.gaps()[0]["reason"]),
        (1, &"throttled".into())
    );
    assert_eq!(ended.status, 4);
    let asked = proxy.count("s3", "GET /sound?versioning");
    assert!((5..=20).contains(&asked), "asked {asked} times");
}

#[test]
fn a_throttled_start_is_tried_again() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let rules = vec![
        Rule::new("sts", "GetCallerIdentity", Fault::Throttle).times(1),
        Rule::new("ec2", "DescribeRegions", Fault::Throttle).times(1),
    ];
    let proxy = Proxy::start(moto.address, rules);
    let ended = Plumb::scan(&proxy.url, &["--policy", "s3-bucket-versioning-enabled"]).run();
    assert_eq!(ended.report().gaps(), [] as [serde_json::Value; 0]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
}
