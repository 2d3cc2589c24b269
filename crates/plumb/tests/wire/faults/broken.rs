//! A network that cuts, garbles and says nothing.

use std::time::Duration;

use crate::support::binary::Plumb;
use crate::support::fault::Fault;
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Rule};

const FAULTS: [Fault; 4] = [Fault::Cut, Fault::CutBody, Fault::Garble, Fault::Page];

#[test]
fn a_broken_answer_is_asked_for_again() {
    let Some(moto) = Moto::with(&["s3", "network"]) else {
        return;
    };
    for fault in FAULTS {
        let rules = vec![
            Rule::new("s3", "GET /sound?versioning", fault).times(2),
            Rule::new("ec2", "DescribeVpcs", fault).times(2),
            Rule::new("kms", "ListKeys", fault).times(2),
        ];
        let proxy = Proxy::start(moto.address, rules);
        let policies = [
            "--policy",
            "s3-bucket-versioning-enabled",
            "--policy",
            "vpc-flow-logs-enabled",
            "--policy",
            "kms-key-not-public",
        ];
        let report = Plumb::scan(&proxy.url, &policies).run().report();
        assert_eq!(report.gaps(), [] as [serde_json::Value; 0], "{fault:?}");
        assert_eq!(
            report.verdict("s3-bucket-versioning-enabled", "sound"),
            "pass",
            "{fault:?}"
        );
        assert_eq!(
            report.verdict("vpc-flow-logs-enabled", moto.identifier("vpc-logged")),
            "pass",
            "{fault:?}"
        );
        for call in ["s3:GetBucketVersioning", "ec2:DescribeVpcs", "kms:ListKeys"] {
            assert_eq!(report.count(call, "retries"), 2, "{fault:?} {call}");
        }
    }
}

#[test]
fn what_stays_broken_is_unknown_and_hides_nothing_else() {
    let Some(moto) = Moto::with(&["s3", "network"]) else {
        return;
    };
    for fault in FAULTS {
        let rules = vec![
            Rule::new("s3", "GET /sound?versioning", fault),
            Rule::new("ec2", "DescribeVpcs", fault),
        ];
        let proxy = Proxy::start(moto.address, rules);
        let policies = [
            "--policy",
            "s3-bucket-versioning-enabled",
            "--policy",
            "vpc-flow-logs-enabled",
        ];
        let ended = Plumb::scan(&proxy.url, &policies).run();
        let report = ended.report();
        let bucket = report.finding("s3-bucket-versioning-enabled", "sound");
        assert_eq!(bucket["verdict"], "unknown", "{fault:?} {bucket}");
        assert_eq!(
            bucket["evidence"]["unreadable"][0]["reason"], "failed",
            "{fault:?} {bucket}"
        );
        assert_eq!(
            report.verdict("s3-bucket-versioning-enabled", "plain"),
            "fail",
            "{fault:?}"
        );
        let networks: Vec<_> = report
            .findings()
            .filter(|finding| finding["policy"] == "vpc-flow-logs-enabled")
            .collect();
        assert_eq!(networks.len(), 1, "{fault:?}");
        assert_eq!(
            (&networks[0]["verdict"], &networks[0]["resource"]["stand_in"]),
            (&"unknown".into(), &true.into())
        );
        assert_eq!(ended.status, 4, "{fault:?}");
    }
}

#[test]
fn a_dead_region_hides_that_region_only() {
    let Some(moto) = Moto::with(&["network"]) else {
        return;
    };
    let proxy = Proxy::start(moto.address, vec![Rule::region("eu-west-1", Fault::Cut)]);
    let ended = Plumb::scan(&proxy.url, &["--region", "eu-west-1", "--service", "ec2"]).run();
    let report = ended.report();
    assert_eq!(
        report.verdict("vpc-flow-logs-enabled", moto.identifier("vpc-logged")),
        "pass"
    );
    assert_eq!(
        report.verdict(
            "ec2-security-group-admin-ports-closed-to-ipv4",
            moto.identifier("sg-ssh")
        ),
        "fail"
    );
    for finding in report
        .findings()
        .filter(|finding| finding["resource"]["region"] == "eu-west-1")
    {
        assert_eq!(finding["verdict"], "unknown", "{finding}");
    }
    let dead = report
        .gaps()
        .iter()
        .filter(|gap| gap["region"] == "eu-west-1")
        .count();
    assert!(dead > 5, "{dead} gaps");
    assert_eq!(ended.status, 4);
}

#[test]
fn a_dead_first_region_does_not_stop_the_search_for_regions() {
    let Some(moto) = Moto::with(&["network"]) else {
        return;
    };
    let proxy = Proxy::start(
        moto.address,
        vec![Rule::new("ec2", "DescribeRegions", Fault::Cut).times(3)],
    );
    let ended = Plumb::scan(&proxy.url, &["--policy", "vpc-flow-logs-enabled"]).run();
    assert_eq!(
        ended
            .report()
            .verdict("vpc-flow-logs-enabled", moto.identifier("vpc-logged")),
        "pass"
    );
}

#[test]
fn a_service_that_hangs_is_given_up_and_hides_nothing_else() {
    let Some(moto) = Moto::with(&["s3"]) else {
        return;
    };
    let selection = [
        "--policy",
        "s3-bucket-versioning-enabled",
        "--policy",
        "kms-key-not-public",
    ];
    // Moto loads a service at its first request, which must not be taken for silence.
    Plumb::scan(&moto.url(), &selection).run().report();
    let late = Fault::Delay(Duration::from_secs(120));
    let proxy = Proxy::start(moto.address, vec![Rule::new("kms", "", late)]);
    let ended = Plumb::scan(
        &proxy.url,
        &[selection.as_slice(), &["--request-timeout", "5"]].concat(),
    )
    .run();
    let report = ended.report();
    assert_eq!(report.verdict("s3-bucket-versioning-enabled", "sound"), "pass");
    let keys: Vec<_> = report
        .findings()
        .filter(|finding| finding["policy"] == "kms-key-not-public")
        .collect();
    assert!(!keys.is_empty());
    for key in keys {
        assert_eq!(key["verdict"], "unknown", "{key}");
    }
    let gap = &report.gaps()[0];
    assert_eq!(
        (&gap["reason"], &gap["call"]),
        (&"failed".into(), &"kms:ListKeys".into())
    );
    let detail = gap["detail"].as_str().unwrap();
    assert!(detail.contains("without any answer"), "{detail}");
    assert_eq!(report.count("kms:ListKeys", "retries"), 0);
    assert!(report.coverage()["interrupted"].is_null());
    assert_eq!(ended.status, 4);
}
