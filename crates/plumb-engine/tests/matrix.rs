//! The Risk Prioritization Matrix of posture management, judged end to end, and what must hold of every risk.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, LazyLock};

use plumb_engine::{Analyzer, Config};
use plumb_graph::knowledge::Knowledge;
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage};
use plumb_model::report::Report;
use plumb_model::resource::Resource;
use plumb_model::risk::{ExposureLevel, Priority, Risk};
use plumb_model::snapshot::{AccountSnapshot, Header, Snapshot};
use plumb_model::verdict::{Severity, Verdict};
use plumb_pack::estate::{AccountRule, CrownJewel, Estate, Exception};
use plumb_pack::pack::Pack;
use plumb_pack::risk::{BlastRadius, Environment, Exploitability, RiskWeights, Visibility};
use proptest::prelude::*;

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::builtin().unwrap());

/// A public bucket, an unencrypted database and volume, no trail, and a server open to SSH whose role reads restricted data.
const ESTATE: &str = include_str!("matrix/estate.json");

/// Policy, resource, severity in the built-in pack, priority in the matrix.
const ROWS: [(&str, &str, Severity, Priority); 5] = [
    ("s3-bucket-not-public", "site", Severity::High, Priority::Critical),
    (
        "rds-instance-storage-encrypted",
        "orders",
        Severity::High,
        Priority::Medium,
    ),
    (
        "ec2-security-group-admin-ports-closed-to-ipv4",
        "sg-web",
        Severity::High,
        Priority::Critical,
    ),
    (
        "cloudtrail-multi-region-trail-logging",
        "111122223333",
        Severity::High,
        Priority::High,
    ),
    (
        "ec2-ebs-volume-encrypted",
        "vol-1",
        Severity::Medium,
        Priority::Low,
    ),
];

fn analyze(resources: Vec<Resource>, estate: Estate) -> Report {
    let policies = PACK
        .policies()
        .iter()
        .filter(|policy| ROWS.iter().any(|(name, ..)| policy.name == *name))
        .map(|policy| PACK.compile(policy).unwrap())
        .collect();
    let estate = Arc::new(estate);
    let knowledge = Knowledge::new(&PACK, Arc::clone(&estate)).unwrap();
    let mut coverage = Coverage {
        collected: knowledge
            .types()
            .map(|known| CollectedType {
                resource_type: known.name.clone(),
                facts: known.recipe.facts.iter().map(|fact| fact.name.clone()).collect(),
                regions: vec!["global".into(), "us-east-1".into()],
            })
            .collect(),
        ..Coverage::default()
    };
    coverage.sort();
    let config = Config {
        estate,
        graph: Some(Arc::new(knowledge)),
        ..Config::default()
    };
    let account = AccountSnapshot {
        account: Account::new(Provider::Aws, "111122223333"),
        taken_at: "2026-01-01T00:00:00Z".into(),
        regions: vec!["us-east-1".into()],
        resources,
        coverage,
    };
    Analyzer::new(&PACK, policies, Vec::new(), config)
        .unwrap()
        .analyze(&Snapshot {
            header: Header::new("0", None),
            accounts: vec![account],
        })
}

fn resources() -> Vec<Resource> {
    serde_json::from_str(ESTATE).unwrap()
}

/// `policy resource priority` of the failures.
fn failures(report: &Report) -> Vec<(String, String, Priority)> {
    let mut failures: Vec<_> = report
        .findings()
        .filter(|view| view.finding.verdict == Verdict::Fail)
        .map(|view| {
            let risk = view.finding.risk.as_ref().unwrap();
            (
                view.policy.name.to_string(),
                view.resource.name.to_string(),
                risk.priority,
            )
        })
        .collect();
    failures.sort();
    failures
}

#[test]
fn the_matrix_comes_out_of_an_estate() {
    let report = analyze(resources(), Estate::default());
    let mut expected: Vec<_> = ROWS
        .iter()
        .map(|(policy, resource, _, priority)| ((*policy).to_owned(), (*resource).to_owned(), *priority))
        .collect();
    expected.sort();
    assert_eq!(failures(&report), expected);
    for (policy, _, severity, _) in ROWS {
        let summary = report
            .policies
            .iter()
            .find(|summary| summary.name == policy)
            .unwrap();
        assert_eq!(summary.severity, severity, "{policy}");
    }
    let exposure = |name: &str| {
        let resources = &report.accounts[0].resources;
        resources
            .iter()
            .find(|resource| resource.name == name)
            .unwrap()
            .exposure
    };
    for open in ["site", "sg-web"] {
        assert_eq!(exposure(open), Some(ExposureLevel::Wide), "{open}");
    }
    for hidden in ["orders", "vol-1"] {
        assert!(exposure(hidden) <= Some(ExposureLevel::Internal), "{hidden}");
    }
}

#[test]
fn accepted_risks_change_neither_verdicts_nor_counts_nor_scores() {
    let exceptions = ROWS.map(|(policy, resource, ..)| Exception {
        policy: policy.into(),
        policies: vec![policy.into()],
        resource: resource.into(),
        account: None,
        reason: "known".into(),
        owner: "team".into(),
        until: jiff::civil::date(2027, 1, 1),
    });
    let plain = analyze(resources(), Estate::default());
    let mut accepted = analyze(
        resources(),
        Estate {
            exceptions: exceptions.to_vec(),
            ..Estate::default()
        },
    );
    assert_eq!(accepted.summary.accepted, 5);
    assert_eq!(accepted.accepted.iter().map(|risk| risk.findings).sum::<u64>(), 5);
    // But for the marks the two are the same.
    accepted.accepted.clear();
    accepted.summary.accepted = 0;
    for account in &mut accepted.accounts {
        account.summary.accepted = 0;
        account
            .findings
            .iter_mut()
            .for_each(|finding| finding.accepted = None);
    }
    assert_eq!(accepted, plain);
}

#[test]
fn an_exception_that_is_over_marks_nothing() {
    let over = Exception {
        policy: "ec2-ebs-volume-encrypted".into(),
        policies: vec!["ec2-ebs-volume-encrypted".into()],
        resource: "*".into(),
        account: None,
        reason: "known".into(),
        owner: "team".into(),
        until: jiff::civil::date(2026, 1, 1),
    };
    let report = analyze(
        resources(),
        Estate {
            exceptions: vec![over],
            ..Estate::default()
        },
    );
    assert_eq!(
        (
            report.summary.accepted,
            report.accepted[0].holds,
            report.accepted[0].findings
        ),
        (0, false, 1)
    );
}

#[test]
fn what_the_estate_file_says_that_fits_nothing_is_told() {
    let said = |pattern: &str| AccountRule {
        pattern: pattern.into(),
        ..AccountRule::default()
    };
    let jewel = |pattern: &str, resource_type: Option<&str>| CrownJewel {
        resource_type: resource_type.map(Into::into),
        pattern: pattern.into(),
        sensitivity: "restricted".into(),
        label: None,
    };
    let estate = Estate {
        accounts: vec![said("*"), said("nope-*"), said("never")],
        crown_jewels: vec![
            jewel("ledger-?", None),
            jewel("*", Some("aws_s3_bucket")),
            jewel("*", Some("aws_rds_cluster")),
        ],
        ..Estate::default()
    };
    assert_eq!(
        analyze(resources(), estate).estate_doubts,
        [
            "under `accounts`, `nope-*`, `never` fit no account that was read",
            "under `crown_jewels`, `ledger-?`, `*` fit no resource that was read",
        ]
    );
    assert!(analyze(resources(), Estate::default()).estate_doubts.is_empty());
}

/// Everything that a risk is made of, each from the best to the worst.
#[derive(Clone, Copy, Debug)]
struct Circumstances {
    severity: usize,
    exposure: usize,
    path: usize,
    data: usize,
    environment: usize,
    exploitability: usize,
    radius: usize,
    visibility: usize,
}

const SEVERITIES: [Severity; 5] = [
    Severity::Informational,
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
];
const EXPOSURES: [ExposureLevel; 6] = [
    ExposureLevel::None,
    ExposureLevel::Internal,
    ExposureLevel::Unknown,
    ExposureLevel::Accounts,
    ExposureLevel::Narrow,
    ExposureLevel::Wide,
];
const PATHS: [Option<Priority>; 5] = [
    None,
    Some(Priority::Low),
    Some(Priority::Medium),
    Some(Priority::High),
    Some(Priority::Critical),
];
const DATA: [&str; 4] = ["public", "internal", "confidential", "restricted"];
const ENVIRONMENTS: [Environment; 3] = [
    Environment::Development,
    Environment::Unknown,
    Environment::Production,
];
const EXPLOITS: [Exploitability; 3] = [Exploitability::Hard, Exploitability::Usual, Exploitability::Easy];
const RADII: [BlastRadius; 5] = [
    BlastRadius::None,
    BlastRadius::One,
    BlastRadius::Several,
    BlastRadius::Many,
    BlastRadius::Administrator,
];
const VISIBILITIES: [Visibility; 3] = [Visibility::None, Visibility::Resource, Visibility::Account];

impl Circumstances {
    fn risk(self, weights: &RiskWeights) -> Risk {
        let points = [
            weights.severity(SEVERITIES[self.severity]),
            weights.exposure(EXPOSURES[self.exposure]),
            weights.path_through(PATHS[self.path]),
            weights.data(DATA[self.data]),
            weights.environment(ENVIRONMENTS[self.environment]),
            weights.exploitability(EXPLOITS[self.exploitability]),
            weights.blast_radius(RADII[self.radius]),
            weights.visibility(VISIBILITIES[self.visibility]),
        ];
        Risk::new(points, |score| weights.priority(score))
    }

    /// The worse of the two in everything.
    fn worse(self, other: Self) -> Self {
        Self {
            severity: self.severity.max(other.severity),
            exposure: self.exposure.max(other.exposure),
            path: self.path.max(other.path),
            data: self.data.max(other.data),
            environment: self.environment.max(other.environment),
            exploitability: self.exploitability.max(other.exploitability),
            radius: self.radius.max(other.radius),
            visibility: self.visibility.max(other.visibility),
        }
    }
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    (
        0..5usize,
        0..6usize,
        0..5usize,
        0..4usize,
        0..3usize,
        0..3usize,
        0..5usize,
        0..3usize,
    )
        .prop_map(
            |(severity, exposure, path, data, environment, exploitability, radius, visibility)| {
                Circumstances {
                    severity,
                    exposure,
                    path,
                    data,
                    environment,
                    exploitability,
                    radius,
                    visibility,
                }
            },
        )
}

proptest! {
    #[test]
    fn what_is_worse_never_scores_lower(one in circumstances(), other in circumstances()) {
        let weights = PACK.risk().unwrap();
        let worse = one.worse(other).risk(weights);
        for better in [one, other] {
            let better = better.risk(weights);
            prop_assert!(better.score <= worse.score, "{better:?} {worse:?}");
            // Priorities are ordered by urgency, and so are their thresholds.
            prop_assert!(rank(better.priority) <= rank(worse.priority), "{better:?} {worse:?}");
            prop_assert_eq!(better.parts().map(|(_, points)| i32::from(points)).sum::<i32>().clamp(0, 100), i32::from(better.score));
        }
    }
}

fn rank(priority: Priority) -> u8 {
    match priority {
        Priority::Low => 0,
        Priority::Medium => 1,
        Priority::High => 2,
        Priority::Critical => 3,
    }
}
