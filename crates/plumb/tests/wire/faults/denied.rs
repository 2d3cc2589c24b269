//! A cloud that refuses for want of permission.

use crate::support::binary::Plumb;
use crate::support::fault::Fault;
use crate::support::moto::{ACCOUNT, Moto};
use crate::support::proxy::{Proxy, Rule};

#[test]
fn a_denied_attribute_is_unknown_and_names_the_action_that_is_missing() {
    let Some(moto) = Moto::with(&["s3", "network"]) else {
        return;
    };
    // Policy, service and operation on the wire, resource, IAM action.
    let cases = [
        (
            "s3-bucket-encryption-required",
            "s3",
            "GET /sound?encryption",
            "sound",
            "s3:GetEncryptionConfiguration",
        ),
        (
            "vpc-flow-logs-enabled",
            "ec2",
            "DescribeFlowLogs",
            "vpc-logged",
            "ec2:DescribeFlowLogs",
        ),
        (
            "ec2-ebs-encryption-by-default",
            "ec2",
            "GetEbsEncryptionByDefault",
            "us-east-1",
            "ec2:GetEbsEncryptionByDefault",
        ),
        (
            "iam-root-access-key-absent",
            "iam",
            "GetAccountSummary",
            "root",
            "iam:GetAccountSummary",
        ),
        (
            "securityhub-enabled",
            "securityhub",
            "GET /accounts",
            "us-east-1",
            "securityhub:DescribeHub",
        ),
        (
            "kms-key-not-public",
            "kms",
            "ListKeys",
            "every aws_kms_key",
            "kms:ListKeys",
        ),
        (
            "guardduty-enabled",
            "guardduty",
            "GET /detector",
            "us-east-1",
            "guardduty:ListDetectors",
        ),
        (
            "s3-account-public-access-blocked",
            "s3",
            "/configuration/publicAccessBlock",
            ACCOUNT,
            "s3:GetAccountPublicAccessBlock",
        ),
    ];
    for (policy, service, operation, label, action) in cases {
        let proxy = Proxy::start(moto.address, vec![Rule::new(service, operation, Fault::Deny)]);
        let ended = Plumb::scan(&proxy.url, &["--policy", policy]).run();
        let report = ended.report();
        let finding = report.finding(policy, moto.identifier(label));
        let unreadable = &finding["evidence"]["unreadable"][0];
        assert_eq!(finding["verdict"], "unknown", "{finding}");
        assert_eq!(
            (&unreadable["reason"], &unreadable["action"]),
            (&"denied".into(), &action.into()),
            "{finding}"
        );
        assert!(
            finding["evidence"]["message"].as_str().unwrap().contains(action),
            "{finding}"
        );
        assert!(
            report
                .gaps()
                .iter()
                .any(|gap| gap["reason"] == "denied" && gap["action"] == action)
        );
        assert_eq!(ended.status, 4, "{policy}");
        assert_eq!(
            proxy.count(service, operation),
            1,
            "a refusal for want of permission is not tried again"
        );
    }
}

#[test]
fn a_denied_list_has_a_stand_in_under_every_policy() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let proxy = Proxy::start(moto.address, vec![Rule::new("s3", "GET /?", Fault::Deny)]);
    let ended = Plumb::scan(&proxy.url, &["--policy", "s3-bucket-*"]).run();
    let report = ended.report();
    assert!(report.policies().len() >= 8, "{:?}", report.policies());
    for finding in report.findings() {
        assert_eq!(
            (&finding["verdict"], &finding["resource"]["stand_in"]),
            (&"unknown".into(), &true.into()),
            "{finding}"
        );
        assert_eq!(
            finding["evidence"]["unreadable"][0]["action"], "s3:ListAllMyBuckets",
            "{finding}"
        );
    }
    assert_eq!(report.findings().count(), report.policies().len());
    assert_eq!(report.0["summary"]["verdicts"]["pass"], 0);
    assert_eq!(ended.status, 4);
}

#[test]
fn an_account_that_may_read_nothing_passes_nothing_that_it_had_to_read() {
    let Some(moto) = Moto::with(&["s3", "iam", "network"]) else {
        return;
    };
    let rules = vec![
        Rule::new("sts", "", Fault::Delay(std::time::Duration::ZERO)),
        Rule::new("ec2", "DescribeRegions", Fault::Delay(std::time::Duration::ZERO)),
        Rule::new("", "", Fault::Deny),
    ];
    let proxy = Proxy::start(moto.address, rules);
    let ended = Plumb::scan(&proxy.url, &[]).run();
    let report = ended.report();
    let judged: Vec<String> = report
        .findings()
        .filter(|finding| finding["verdict"] == "pass" || finding["verdict"] == "fail")
        .map(|finding| {
            format!(
                "{} {}: {}",
                finding["policy"], finding["resource"]["name"], finding["evidence"]
            )
        })
        .collect();
    assert!(judged.is_empty(), "{}", judged.join("\n"));
    assert_eq!(ended.status, 4);
}

#[test]
fn regions_that_may_not_be_listed_are_a_gap_and_no_end() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let rules = vec![
        Rule::new("ec2", "DescribeRegions", Fault::Deny),
        Rule::new("account", "", Fault::Deny),
    ];
    let proxy = Proxy::start(moto.address, rules);
    let ended = Plumb::scan(&proxy.url, &["--policy", "s3-bucket-versioning-enabled"]).run();
    let report = ended.report();
    assert_eq!(report.verdict("s3-bucket-versioning-enabled", "sound"), "pass");
    // The region was named by hand, so nothing is missing from what was asked for.
    assert!(ended.stderr.contains("ec2:DescribeRegions"), "{}", ended.stderr);
}
