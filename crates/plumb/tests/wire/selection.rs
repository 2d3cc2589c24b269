//! Selectors narrow what is judged, and by that what is called.

use std::collections::BTreeSet;

use crate::support::binary::Plumb;
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;

/// The services that finding the account and its regions needs.
const DISCOVERY: [&str; 3] = ["ec2", "iam", "sts"];

/// Scans with selectors; checks which policies judged, what was called, and that nothing else went over the wire.
fn check(selectors: &[&str], policies: &[&str], calls: &[&str]) {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let proxy = Proxy::start(moto.address, Vec::new());
    let report = Plumb::scan(&proxy.url, selectors).run().report();
    assert_eq!(report.policies(), policies.iter().copied().collect());
    assert_eq!(
        report.called(),
        calls.iter().map(|&call| call.to_owned()).collect()
    );
    let of_calls = calls.iter().filter_map(|call| call.split(':').next());
    let expected: BTreeSet<String> = of_calls.chain(DISCOVERY).map(str::to_owned).collect();
    assert_eq!(proxy.services(), expected);
    assert!(report.is_complete(), "{:?}", report.gaps());
}

#[test]
fn a_policy_by_name_calls_only_what_it_reads() {
    check(
        &["--policy", "s3-bucket-versioning-enabled"],
        &["s3-bucket-versioning-enabled"],
        &["s3:GetBucketVersioning", "s3:ListBuckets"],
    );
}

#[test]
fn a_policy_is_found_by_its_name_in_another_tool() {
    check(
        &["--policy", "prowler:s3_bucket_object_versioning"],
        &["s3-bucket-versioning-enabled"],
        &["s3:GetBucketVersioning", "s3:ListBuckets"],
    );
}

#[test]
fn a_service_asks_no_other_service() {
    let Some(moto) = Moto::with(&["s3", "network"]) else {
        return;
    };
    let proxy = Proxy::start(moto.address, Vec::new());
    let report = Plumb::scan(&proxy.url, &["--service", "kms"]).run().report();
    assert!(
        report.policies().iter().all(|policy| policy.starts_with("kms-")),
        "{:?}",
        report.policies()
    );
    assert!(
        report.called().iter().all(|call| call.starts_with("kms:")),
        "{:?}",
        report.called()
    );
    let expected: BTreeSet<String> = ["kms"]
        .iter()
        .chain(&DISCOVERY)
        .map(|&service| service.to_owned())
        .collect();
    assert_eq!(proxy.services(), expected);
    assert_eq!(
        proxy.count("ec2", "") + proxy.count("iam", "") + proxy.count("sts", ""),
        3
    );
}

#[test]
fn a_framework_judges_by_the_policies_of_its_controls() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let report = Plumb::scan(&moto.url(), &["--framework", "cis-aws-5.0", "--service", "s3"])
        .run()
        .report();
    let frameworks: Vec<_> = report.0["frameworks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(frameworks, ["cis-aws-5.0"]);
    assert!(report.policies().contains("s3-bucket-tls-required"));
    assert!(
        !report.policies().contains("s3-bucket-versioning-enabled"),
        "{:?}",
        report.policies()
    );
    for finding in report.findings() {
        let controls = finding["controls"].as_array().unwrap();
        assert!(
            controls
                .iter()
                .any(|control| control["framework"] == "cis-aws-5.0"),
            "{finding}"
        );
    }
}

#[test]
fn regions_that_were_not_asked_for_are_not_asked() {
    let Some(moto) = Moto::with(&["network"]) else {
        return;
    };
    let proxy = Proxy::start(moto.address, Vec::new());
    let report = Plumb::scan(&proxy.url, &["--policy", "vpc-flow-logs-enabled"])
        .run()
        .report();
    assert!(
        report
            .findings()
            .all(|finding| finding["resource"]["region"] == "us-east-1")
    );
    assert!(
        proxy.seen().iter().all(|seen| seen.region == "us-east-1"),
        "{:?}",
        proxy.seen()
    );
}

#[test]
fn selectors_that_select_nothing_are_told_with_help() {
    let cases = [
        (
            ["--policy", "s3-bucket-encryption-requierd"],
            "s3-bucket-encryption-required",
        ),
        (["--framework", "cis-aws-5"], "cis-aws-5.0"),
        (["--service", "s33"], "s33"),
    ];
    for (selector, word) in cases {
        Plumb::at(
            "http://127.0.0.1:1",
            &[&["scan", "aws"], selector.as_slice()].concat(),
        )
        .run()
        .refused(2, &[word]);
    }
}

#[test]
fn only_buckets_that_a_trail_writes_to_are_asked_for_their_logging() {
    let Some(moto) = Moto::with(&["s3", "monitoring"]) else {
        return;
    };
    let proxy = Proxy::start(moto.address, Vec::new());
    let policy = "cloudtrail-bucket-access-logging-enabled";
    let report = Plumb::scan(&proxy.url, &["--policy", policy]).run().report();
    assert_eq!(report.verdict(policy, "sound"), "fail");
    assert_eq!(report.verdict(policy, "loose"), "fail");
    let asked: Vec<String> = proxy
        .seen()
        .into_iter()
        .filter(|seen| seen.operation.contains("?logging"))
        .map(|seen| seen.operation)
        .collect();
    assert_eq!(asked.len(), 1, "both trails write to one bucket: {asked:?}");
    assert!(asked[0].contains("/trail-bucket"), "{asked:?}");
    assert!(report.is_complete(), "{:?}", report.gaps());
}

#[test]
fn regions_left_out_hide_nothing_from_a_policy_that_looks_at_one() {
    let Some(moto) = Moto::with(&["hostile"]) else {
        return;
    };
    let policy = "cloudwatch-alarm-actions-enabled";
    let report = Plumb::scan(&moto.url(), &["--policy", policy]).run().report();
    assert!(!report.coverage()["left_out"].as_array().unwrap().is_empty());
    let verdicts: Vec<_> = report.findings().map(|finding| &finding["verdict"]).collect();
    assert!(!verdicts.is_empty());
    assert!(verdicts.iter().all(|verdict| *verdict == "fail"), "{verdicts:?}");
}
