//! What the graph says of the sample estate: three attack paths, two choke points, risks and accepted risks.

use plumb_model::account::Provider;
use plumb_model::path::{
    AttackPath, Certainty, ChokePoint, Cut, EdgeKind, Hop, PartlyClosed, PathNode, PathReport, Proof,
};
use plumb_model::report::{AcceptedRisk, Breakdown, Report, Score, ScorePart};
use plumb_model::risk::{ExposureLevel, Priority, Risk};
use plumb_model::value::Text;
use plumb_model::verdict::{Severity, Verdict};

/// The three paths of the sample: public data, a foothold that becomes administrator, a database behind a web app.
pub(crate) fn sample_paths() -> PathReport {
    PathReport {
        nodes: 1_204,
        edges: 3_988,
        paths: vec![public_bucket(), cross_account(), sql_server()],
        choke_points: vec![
            choke_point(
                proof(
                    "arn:aws:iam::111122223333:role/deploy",
                    "assume_role_policy.statement[0]",
                    "lets role `deploy` be assumed by role `web`",
                ),
                ("IAM role", "deploy", "111122223333"),
                (14, 1_260, 3),
                &["9b1f04c2aa31"],
            ),
            ChokePoint {
                partly: vec![PartlyClosed {
                    path: "3fa9c1d2e4b5".into(),
                    closed: 1,
                    count: 3,
                }],
                ..choke_point(
                    proof(
                        "arn:aws:s3:::shop-assets",
                        "policy.statement[0]",
                        "allows s3:GetObject to everyone",
                    ),
                    ("S3 bucket", "shop-assets", "111122223333"),
                    (1, 95, 1),
                    &[],
                )
            },
        ],
        pairs: 41,
        total_risk: 3_604,
        problems: vec!["2 resource policies of account 444455556666 were not read".into()],
    }
}

fn public_bucket() -> AttackPath {
    let policy = proof(
        "arn:aws:s3:::shop-assets",
        "policy.statement[0]",
        "allows s3:GetObject to everyone",
    );
    let bucket = PathNode {
        label: Some("PII data".into()),
        ..node(
            "arn:aws:s3:::shop-assets",
            "aws_s3_bucket",
            "S3 bucket",
            "shop-assets",
            "111122223333",
        )
    };
    AttackPath {
        id: "3fa9c1d2e4b5".into(),
        title: "Internet -> Public S3 Bucket (PII data) -> No encryption".into(),
        hops: vec![Hop {
            proofs: vec![
                policy.clone(),
                proof("arn:aws:s3:::shop-assets", "public_access_block", "is absent"),
            ],
            ..hop(EdgeKind::CanRead, bucket, "public")
        }],
        why: "it holds personal data".into(),
        risk: 95,
        parts: parts(&[("target", 96), ("entry", 0), ("can_read", -1)]),
        count: 3,
        targets: vec!["arn:aws:s3:::shop-assets".into()],
        accounts: accounts(Provider::Aws, &["111122223333", "444455556666", "777788889999"]),
        worsened_by: vec!["s3-bucket-encryption-required".into()],
        cuts: vec![cut(policy, 0, 1)],
        ..path()
    }
}

fn cross_account() -> AttackPath {
    let instance = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc";
    let group = "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-01";
    let ssh = proof(group, "ip_permissions[2]", "admits tcp 22 from 0.0.0.0/0");
    let trust = proof(
        "arn:aws:iam::444455556666:role/admin",
        "assume_role_policy.statement[1]",
        "trusts the role `web` of account 111122223333",
    );
    AttackPath {
        id: "9b1f04c2aa31".into(),
        title: "Internet -> EC2 (SSH open) -> IAM Role -> Cross-Account Admin".into(),
        hops: vec![
            Hop {
                proofs: vec![
                    ssh.clone(),
                    proof(instance, "public_ip_address", "is 203.0.113.10"),
                    proof(
                        "arn:aws:ec2:eu-west-1:111122223333:route-table/rtb-9",
                        "routes[1]",
                        "leads 0.0.0.0/0 to an internet gateway",
                    ),
                ],
                ..hop(
                    EdgeKind::Reaches,
                    node(
                        instance,
                        "aws_ec2_instance",
                        "EC2 instance",
                        "web-1",
                        "111122223333",
                    ),
                    "SSH open",
                )
            },
            Hop {
                how: None,
                proofs: vec![proof(
                    instance,
                    "iam_instance_profile.arn",
                    "names the profile of role `web`",
                )],
                ..hop(
                    EdgeKind::RunsAs,
                    node(
                        "arn:aws:iam::111122223333:role/web",
                        "aws_iam_role",
                        "IAM role",
                        "web",
                        "111122223333",
                    ),
                    "",
                )
            },
            Hop {
                certainty: Certainty::Conditional,
                conditions: vec!["requests carry the external id of the pipeline".into()],
                proofs: vec![
                    trust.clone(),
                    proof(
                        "arn:aws:iam::111122223333:role/web",
                        "inline_policies[0].statement[0]",
                        "allows sts:AssumeRole on every role",
                    ),
                ],
                ..hop(
                    EdgeKind::CanAssume,
                    PathNode {
                        label: Some("administrator".into()),
                        ..node(
                            "arn:aws:iam::444455556666:role/admin",
                            "aws_iam_role",
                            "IAM role",
                            "admin",
                            "444455556666",
                        )
                    },
                    "across accounts",
                )
            },
        ],
        why: "it administers another account".into(),
        certainty: Certainty::Conditional,
        risk: 84,
        parts: parts(&[
            ("target", 100),
            ("entry", 0),
            ("reaches", -2),
            ("runs_as", -3),
            ("can_assume", 1),
            ("certainty", -12),
        ]),
        targets: vec!["arn:aws:iam::444455556666:role/admin".into()],
        accounts: accounts(Provider::Aws, &["111122223333"]),
        cuts: vec![cut(ssh, 4, 2), cut(trust, 1, 3)],
        targets_behind: 12,
        behind: vec!["arn:aws:s3:::backups".into(), "arn:aws:s3:::invoices".into()],
        other_ways: 6,
        ..path()
    }
}

fn sql_server() -> AttackPath {
    let server = "/subscriptions/0a/resourceGroups/shop/providers/Microsoft.Sql/servers/orders";
    let app = "/subscriptions/0a/resourceGroups/shop/providers/Microsoft.Web/sites/shop";
    let firewall = proof(server, "firewall_rules[0]", "admits 0.0.0.0 to 255.255.255.255");
    AttackPath {
        id: "c07722be91d0".into(),
        title: "Internet -> Azure App Service -> SQL Server (public endpoint)".into(),
        hops: vec![
            Hop {
                proofs: vec![proof(app, "public_network_access", "is enabled")],
                ..hop(
                    EdgeKind::Reaches,
                    node(app, "azurerm_linux_web_app", "Azure App Service", "shop", "0a"),
                    "HTTPS open",
                )
            },
            Hop {
                certainty: Certainty::Possible,
                conditions: vec!["the app's connection strings were not read".into()],
                proofs: vec![firewall.clone()],
                ..hop(
                    EdgeKind::Holds,
                    node(server, "azurerm_mssql_server", "SQL server", "orders", "0a"),
                    "public endpoint",
                )
            },
        ],
        why: "it holds confidential data".into(),
        certainty: Certainty::Possible,
        caveats: vec!["management policies were not read, a group above may forbid it".into()],
        risk: 81,
        parts: parts(&[("target", 84), ("entry", 0), ("reaches", -2), ("holds", -1)]),
        count: 2,
        targets: vec![server.into()],
        accounts: accounts(Provider::Azure, &["0a", "0b"]),
        cuts: vec![cut(firewall, 0, 3)],
        ..path()
    }
}

/// Puts the graph's findings into a report: exposure, risk of failures, paths, breakdown and accepted risks.
pub(crate) fn add_graph(report: &mut Report) {
    report.paths = Some(sample_paths());
    report.breakdown = breakdown();
    report.accepted = vec![
        accepted(
            "cloudtrail-log-validation-enabled",
            "dev",
            "rebuilt every night",
            true,
            1,
        ),
        accepted(
            "iam-root-access-key-absent",
            "*",
            "break-glass key in the safe",
            false,
            0,
        ),
        accepted(
            "s3-bucket-encryption-required",
            "old-*",
            "holds public pictures only",
            true,
            0,
        ),
    ];
    add_risks(report);
    for account in &mut report.accounts {
        for finding in &mut account.findings {
            if finding.verdict == Verdict::Fail && finding.policy == 0 {
                finding.accepted = Some(0);
                account.summary.accepted += 1;
                report.summary.accepted += 1;
            }
        }
    }
}

/// Gives every resource an exposure and every failure a risk, and counts priorities.
pub(crate) fn add_risks(report: &mut Report) {
    for account in &mut report.accounts {
        for (index, resource) in account.resources.iter_mut().enumerate() {
            let public = resource.resource_type == "aws_s3_bucket" && index % 2 == 1;
            resource.exposure = match (resource.stand_in, public) {
                (true, _) => None,
                (false, true) => Some(ExposureLevel::Wide),
                (false, false) => Some(ExposureLevel::None),
            };
        }
        for finding in account
            .findings
            .iter_mut()
            .filter(|finding| finding.verdict == Verdict::Fail)
        {
            let severity = report.policies[finding.policy as usize].severity;
            let exposure = account.resources[finding.resource as usize].exposure;
            let risk = risk(severity, exposure.unwrap_or_default());
            finding.risk = Some(risk);
            *account.summary.priorities.get_mut(risk.priority) += 1;
            *report.summary.priorities.get_mut(risk.priority) += 1;
        }
    }
}

fn risk(severity: Severity, exposure: ExposureLevel) -> Risk {
    let severity = match severity {
        Severity::Critical => 65,
        Severity::High => 45,
        Severity::Medium => 30,
        Severity::Low => 15,
        Severity::Informational => 5,
    };
    let points = match exposure {
        ExposureLevel::Wide => [severity, 20, 20, 4, 4, 0, 0, 0],
        ExposureLevel::None
        | ExposureLevel::Internal
        | ExposureLevel::Unknown
        | ExposureLevel::Accounts
        | ExposureLevel::Narrow => [severity, 0, 0, 0, -10, 0, 0, 6],
    };
    Risk::new(points, |score| match score {
        80.. => Priority::Critical,
        60.. => Priority::High,
        45.. => Priority::Medium,
        _ => Priority::Low,
    })
}

fn breakdown() -> Breakdown {
    let part = |name: &str, passed, failed, unknown, lost| ScorePart {
        name: name.into(),
        score: Score {
            value: u8::try_from(passed * 100 / (passed + failed)).unwrap(),
            passed,
            failed,
            unknown,
        },
        lost,
    };
    Breakdown {
        severities: vec![
            part("critical", 16, 0, 16, 0),
            part("high", 8, 8, 0, 22),
            part("medium", 0, 4, 0, 11),
        ],
        services: vec![
            part("s3", 8, 8, 0, 22),
            part("cloudtrail", 0, 4, 0, 11),
            part("iam", 16, 0, 16, 0),
        ],
        accounts: vec![
            part("111122223333", 8, 8, 16, 22),
            part("444455556666", 16, 4, 0, 11),
        ],
    }
}

fn accepted(policy: &str, resource: &str, reason: &str, holds: bool, findings: u64) -> AcceptedRisk {
    AcceptedRisk {
        policy: policy.into(),
        resource: resource.into(),
        reason: reason.into(),
        owner: "payments".into(),
        until: if holds { "2026-12-31" } else { "2026-02-01" }.into(),
        holds,
        findings,
    }
}

/// The parts that most paths of the sample share.
fn path() -> AttackPath {
    AttackPath {
        id: Text::default(),
        title: Text::default(),
        entry: node("internet", "outside", "Internet", "Internet", ""),
        hops: Vec::new(),
        why: Text::default(),
        certainty: Certainty::Certain,
        caveats: Vec::new(),
        risk: 0,
        parts: Vec::new(),
        priority: Priority::Critical,
        count: 1,
        entries: 1,
        targets: Vec::new(),
        targets_behind: 0,
        behind: Vec::new(),
        other_ways: 0,
        accounts: Vec::new(),
        worsened_by: Vec::new(),
        cuts: Vec::new(),
    }
}

fn node(uid: &str, resource_type: &str, title: &str, name: &str, account: &str) -> PathNode {
    PathNode {
        uid: uid.into(),
        resource_type: resource_type.into(),
        title: title.into(),
        name: name.into(),
        account: account.into(),
        label: None,
    }
}

fn hop(kind: EdgeKind, to: PathNode, how: &str) -> Hop {
    Hop {
        kind,
        to,
        how: Some(how.into()),
        certainty: Certainty::Certain,
        conditions: Vec::new(),
        proofs: Vec::new(),
    }
}

fn proof(resource: &str, attribute: &str, detail: &str) -> Proof {
    Proof {
        resource: resource.into(),
        attribute: attribute.into(),
        detail: detail.into(),
    }
}

fn cut(proof: Proof, also_cuts: u64, days: u32) -> Cut {
    Cut {
        proof,
        closes: 1,
        also_cuts,
        days,
    }
}

fn choke_point(
    proof: Proof,
    (title, name, account): (&str, &str, &str),
    (targets_saved, risk_removed, days): (u64, u64, u32),
    paths: &[&str],
) -> ChokePoint {
    ChokePoint {
        proof,
        title: title.into(),
        name: name.into(),
        account: account.into(),
        targets_saved,
        risk_removed,
        paths: paths.iter().map(|id| Text::from(*id)).collect(),
        partly: Vec::new(),
        days,
    }
}

fn parts(parts: &[(&str, i16)]) -> Vec<(Text, i16)> {
    parts
        .iter()
        .map(|(name, points)| (Text::from(*name), *points))
        .collect()
}

fn accounts(provider: Provider, ids: &[&str]) -> Vec<(Provider, Text)> {
    ids.iter().map(|id| (provider, Text::from(*id))).collect()
}
