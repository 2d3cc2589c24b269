//! Reports to render: a small estate with every verdict, and one whose every text is hostile.

use std::sync::Arc;

use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CallCount, CollectedType, Coverage, Gap};
use plumb_model::finding::{Evidence, Finding, Observed, Standing};
use plumb_model::framework::{
    Assessment, ControlRef, ControlReport, ControlStatus, FrameworkReport, StatusCounts,
};
use plumb_model::report::{
    AccountReport, Breakdown, PolicySummary, Remediation, Report, ResourceSummary, Score, Summary,
};
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_model::verdict::{Severity, Verdict};

use crate::hostile_paths::make_hostile;
use crate::sample_paths::{add_graph, add_risks};

/// Text that tries to break out of every format at once.
pub(crate) const HOSTILE: &str = "=cmd|'/c calc'!A1</script><img src=x onerror=alert(1)>\u{1b}[31m\u{9b}2J\u{202e}gpj\u{2028}\r\n\
    @everyone [x](https://evil.example) `code` \"q\" a|b {0} ]]> &amp; \u{0}\u{fffe}\\";

/// A small estate: two accounts, three policies, all four verdicts, one gap, three attack paths.
pub(crate) fn sample() -> Report {
    let mut report = without_graph();
    add_graph(&mut report);
    report
}

/// The same estate when no graph was built.
pub(crate) fn without_graph() -> Report {
    let policies = vec![
        policy(
            "cloudtrail-log-validation-enabled",
            "Trails validate their logs",
            Severity::Medium,
            "cloudtrail",
            "aws_cloudtrail_trail",
        ),
        policy(
            "iam-root-access-key-absent",
            "The root user has no access key",
            Severity::Critical,
            "iam",
            "aws_iam_account",
        ),
        policy(
            "s3-bucket-encryption-required",
            "S3 buckets encrypt at rest by default",
            Severity::High,
            "s3",
            "aws_s3_bucket",
        ),
    ];
    let production = account_report(
        Account {
            partition: Some("aws".into()),
            name: Some("shop-production".into()),
            environment: Some("production".into()),
            owner: Some("payments".into()),
            ..Account::new(Provider::Aws, "111122223333")
        },
        vec![
            resource(
                "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main",
                "aws_cloudtrail_trail",
                "main",
                "eu-west-1",
            ),
            resource(
                "arn:aws:s3:::shop-assets",
                "aws_s3_bucket",
                "shop-assets",
                "eu-west-1",
            ),
            resource(
                "arn:aws:s3:::shop-orders",
                "aws_s3_bucket",
                "shop-orders",
                "us-east-1",
            ),
            ResourceSummary {
                exposure: None,
                stand_in: true,
                code: None,
                tags: None,
                ..resource("aws_iam_account", "aws_iam_account", "aws_iam_account", "global")
            },
        ],
        vec![
            finding(0, 0, Verdict::NotApplicable),
            unknown(
                1,
                3,
                "`resource.account_access_keys_present` could not be read",
                "iam:GetAccountSummary",
            ),
            failing(
                2,
                1,
                "`resource.encryption` is null",
                "resource.encryption",
                Value::Null,
            ),
            finding(2, 2, Verdict::Pass),
        ],
        vec![gap("aws_iam_account", None, "global", "iam:GetAccountSummary")],
    );
    let development = account_report(
        Account {
            partition: Some("aws".into()),
            ..Account::new(Provider::Aws, "444455556666")
        },
        vec![
            resource(
                "arn:aws:cloudtrail:eu-west-1:444455556666:trail/dev",
                "aws_cloudtrail_trail",
                "dev",
                "eu-west-1",
            ),
            resource(
                "arn:aws:iam::444455556666:root",
                "aws_iam_account",
                "444455556666",
                "global",
            ),
        ],
        vec![
            failing(
                0,
                0,
                "`resource.log_file_validation_enabled` is false",
                "resource.log_file_validation_enabled",
                Value::Bool(false),
            ),
            finding(1, 1, Verdict::Pass),
        ],
        Vec::new(),
    );
    report(policies, vec![framework()], vec![production, development])
}

/// The same shape with [`HOSTILE`] in every text that a cloud, a user or a policy author can choose.
pub(crate) fn hostile() -> Report {
    let text = || Text::new(HOSTILE);
    let mut report = sample();
    report.plumb_version = text();
    report.organization = Some(text());
    for (index, policy) in report.policies.iter_mut().enumerate() {
        *policy = PolicySummary {
            name: format!("{index}{HOSTILE}").into(),
            title: text(),
            description: text(),
            provider: text(),
            service: text(),
            resource_type: text(),
            severity: policy.severity,
            remediation: Remediation {
                summary: text(),
                console: Some(text()),
                cli: Some(text()),
                terraform: Some(text()),
            },
            references: vec![
                text(),
                format!("https://evil.example/{HOSTILE}").into(),
                "javascript:alert(1)".into(),
            ],
            aliases: vec![text()],
            controls: vec![ControlRef {
                framework: text(),
                control: text(),
            }],
        };
    }
    for framework in &mut report.frameworks {
        framework.id = text();
        framework.title = text();
        for control in &mut framework.controls {
            control.id = text();
            control.title = text();
            control.section = text();
            control.level = text();
        }
    }
    for account in &mut report.accounts {
        hostile_account(account);
    }
    make_hostile(&mut report);
    report
}

/// `accounts` × `resources` buckets, each judged by every policy of the sample, failing one in `fail_every`.
pub(crate) fn large(accounts: u32, resources: u32, fail_every: u32) -> Report {
    let policies = sample().policies;
    let count = u32::try_from(policies.len()).unwrap();
    let accounts = (0..accounts).map(|number| {
        let resources: Vec<_> = (0..resources)
            .map(|r| {
                resource(
                    &format!("arn:aws:s3:::bucket-{number}-{r}"),
                    "aws_s3_bucket",
                    &format!("bucket-{number}-{r}"),
                    "eu-west-1",
                )
            })
            .collect();
        let positions = 0..u32::try_from(resources.len()).unwrap();
        let findings = (0..count).flat_map(|policy| {
            positions.clone().map(move |r| match (r + policy) % fail_every {
                0 => failing(
                    policy,
                    r,
                    "`resource.encryption` is null",
                    "resource.encryption",
                    Value::Null,
                ),
                _ => finding(policy, r, Verdict::Pass),
            })
        });
        let account = Account {
            name: Some(format!("team-{number:02}").into()),
            ..Account::new(Provider::Aws, format!("{number:012}"))
        };
        account_report(account, resources, findings.collect(), Vec::new())
    });
    let mut report = report(policies, vec![framework()], accounts.collect());
    add_risks(&mut report);
    report
}

fn hostile_account(account: &mut AccountReport) {
    let text = || Text::new(HOSTILE);
    account.account = Account {
        provider: account.account.provider,
        id: format!("{}{HOSTILE}", account.account.id).into(),
        partition: Some(text()),
        name: Some(text()),
        environment: Some(text()),
        data_class: Some(text()),
        owner: Some(text()),
        root: None,
    };
    account.regions = vec![text()];
    account.coverage.interrupted = Some(Reason::Cancelled);
    for gap in &mut account.coverage.gaps {
        gap.resource_type = text();
        gap.attribute = Some(text());
        gap.region = text();
        hostile_unreadable(&mut gap.unreadable);
    }
    for (index, resource) in account.resources.iter_mut().enumerate() {
        resource.uid = format!("{index}{HOSTILE}").into();
        resource.resource_type = text();
        resource.name = text();
        resource.region = text();
        resource.tags = Some(Box::new(Map::from_iter([(text(), Value::from(HOSTILE))])));
    }
    for finding in &mut account.findings {
        let Some(evidence) = &mut finding.evidence else {
            continue;
        };
        let evidence = Arc::make_mut(evidence);
        evidence.message = text();
        evidence.expression = text();
        for observed in &mut evidence.observed {
            observed.expression = text();
            observed.value = Value::from(HOSTILE);
        }
        evidence.unreadable.iter_mut().for_each(hostile_unreadable);
    }
}

fn hostile_unreadable(unreadable: &mut Unreadable) {
    unreadable.call = Some(HOSTILE.into());
    unreadable.action = Some(HOSTILE.into());
    unreadable.detail = HOSTILE.into();
}

fn policy(
    name: &'static str,
    title: &'static str,
    severity: Severity,
    service: &'static str,
    resource_type: &'static str,
) -> PolicySummary {
    PolicySummary {
        name: name.into(),
        title: title.into(),
        description: format!("{title}. Without it, a mistake or an intruder goes unnoticed.").into(),
        provider: "aws".into(),
        service: service.into(),
        resource_type: resource_type.into(),
        severity,
        remediation: Remediation {
            summary: "Turn the setting on and keep it on.".into(),
            console: Some("Open the resource, choose Edit, and save.".into()),
            cli: Some(format!("aws {service} update --name NAME").into()),
            terraform: Some(format!("resource \"{resource_type}\" \"this\" {{\n  enabled = true\n}}").into()),
        },
        references: vec![format!("https://docs.aws.amazon.com/{service}/latest/userguide/").into()],
        aliases: vec![format!("prowler:{}", name.replace('-', "_")).into()],
        controls: vec![ControlRef {
            framework: "cis-aws-5.0".into(),
            control: control_of(name).into(),
        }],
    }
}

fn control_of(policy: &str) -> &'static str {
    match policy {
        "cloudtrail-log-validation-enabled" => "3.2",
        "iam-root-access-key-absent" => "1.4",
        _ => "2.1.1",
    }
}

fn framework() -> FrameworkReport {
    let control =
        |id: &str, title: &str, section: &str, policies: &[&str], status, accounts, failing_resources| {
            ControlReport {
                id: id.into(),
                title: title.into(),
                section: section.into(),
                level: "1".into(),
                assessment: if policies.is_empty() {
                    Assessment::Manual
                } else {
                    Assessment::Automated
                },
                policies: policies.iter().map(|policy| Text::from(*policy)).collect(),
                status,
                accounts,
                failing_resources,
            }
        };
    let counts = |fail, unknown, pass, not_applicable| StatusCounts {
        fail,
        unknown,
        pass,
        not_applicable,
    };
    FrameworkReport {
        id: "cis-aws-5.0".into(),
        title: "CIS AWS v5.0".into(),
        controls: vec![
            control(
                "1.1",
                "Contact details are current",
                "Identity",
                &[],
                ControlStatus::Manual,
                counts(0, 0, 0, 0),
                0,
            ),
            control(
                "1.4",
                "No root access key",
                "Identity",
                &["iam-root-access-key-absent"],
                ControlStatus::Unknown,
                counts(0, 1, 1, 0),
                0,
            ),
            control(
                "2.1.1",
                "Buckets encrypt",
                "Storage",
                &["s3-bucket-encryption-required"],
                ControlStatus::Fail,
                counts(1, 0, 0, 1),
                1,
            ),
            control(
                "3.2",
                "Trails validate",
                "Logging",
                &["cloudtrail-log-validation-enabled"],
                ControlStatus::Fail,
                counts(1, 0, 0, 1),
                1,
            ),
        ],
        passing: 1,
        failing: 2,
        unknown: 1,
        manual: 1,
    }
}

fn resource(uid: &str, resource_type: &str, name: &str, region: &str) -> ResourceSummary {
    ResourceSummary {
        uid: uid.into(),
        resource_type: resource_type.into(),
        name: name.into(),
        region: region.into(),
        tags: Some(Box::new(Map::from_iter([("team".into(), Value::from("core"))]))),
        exposure: None,
        stand_in: false,
        code: None,
    }
}

fn finding(policy: u32, resource: u32, verdict: Verdict) -> Finding {
    Finding {
        policy,
        resource,
        verdict,
        risk: None,
        accepted: None,
        evidence: None,
        code: None,
        standing: Standing::Asked,
    }
}

fn failing(policy: u32, resource: u32, message: &str, expression: &str, value: Value) -> Finding {
    let evidence = Evidence {
        also: Vec::new(),
        message: message.into(),
        expression: format!("{expression} == true").into(),
        observed: vec![Observed {
            expression: expression.into(),
            value,
        }],
        unreadable: Vec::new(),
    };
    Finding {
        evidence: Some(Arc::new(evidence)),
        ..finding(policy, resource, Verdict::Fail)
    }
}

fn unknown(policy: u32, resource: u32, message: &str, action: &str) -> Finding {
    let evidence = Evidence {
        also: Vec::new(),
        message: message.into(),
        expression: "resource.account_access_keys_present == 0".into(),
        observed: Vec::new(),
        unreadable: vec![denied(action)],
    };
    Finding {
        evidence: Some(Arc::new(evidence)),
        ..finding(policy, resource, Verdict::Unknown)
    }
}

fn denied(action: &str) -> Unreadable {
    Unreadable {
        call: Some(action.into()),
        action: Some(action.into()),
        detail: "AccessDenied".into(),
        ..Unreadable::new(Reason::Denied)
    }
}

fn gap(resource_type: &str, attribute: Option<&str>, region: &str, action: &str) -> Gap {
    let attribute = attribute.map(Text::from);
    Gap {
        resource_type: resource_type.into(),
        attribute,
        region: region.into(),
        unreadable: denied(action),
        count: 1,
    }
}

fn account_report(
    account: Account,
    resources: Vec<ResourceSummary>,
    findings: Vec<Finding>,
    gaps: Vec<Gap>,
) -> AccountReport {
    let calls = vec![CallCount {
        service: "s3".into(),
        operation: "ListBuckets".into(),
        region: "us-east-1".into(),
        requests: 3,
        retries: 1,
        throttled: 1,
    }];
    let collected = vec![CollectedType {
        resource_type: "aws_s3_bucket".into(),
        facts: vec!["encryption".into()],
        regions: vec!["global".into()],
    }];
    AccountReport {
        account,
        taken_at: "2026-02-23T09:30:00Z".into(),
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        resources,
        findings,
        coverage: Coverage {
            declared_only: false,
            left_out: vec![],
            collected,
            gaps,
            calls,
            interrupted: None,
        },
        summary: Summary::default(),
    }
}

/// Puts the parts together and adds up the totals as the engine does.
fn report(
    policies: Vec<PolicySummary>,
    frameworks: Vec<FrameworkReport>,
    mut accounts: Vec<AccountReport>,
) -> Report {
    let mut total = Summary::default();
    for account in &mut accounts {
        let mut summary = Summary {
            resources: account.resources.iter().filter(|r| !r.stand_in).count() as u64,
            ..Summary::default()
        };
        for finding in &account.findings {
            *summary.verdicts.get_mut(finding.verdict) += 1;
            if finding.verdict == Verdict::Fail {
                *summary
                    .failures
                    .get_mut(policies[finding.policy as usize].severity) += 1;
            }
        }
        summary.score = score(&policies, &account.findings);
        add(&mut total, &summary);
        account.summary = summary;
    }
    Report {
        plumb_version: "0.1.0".into(),
        assessed_at: "2026-02-23T09:30:00Z".into(),
        organization: Some("Acme Corp".into()),
        policies,
        frameworks,
        accounts,
        summary: total,
        breakdown: Breakdown::default(),
        paths: None,
        accepted: Vec::new(),
        estate_doubts: Vec::new(),
        focus: None,
    }
}

fn score(policies: &[PolicySummary], findings: &[Finding]) -> Option<Score> {
    let mut score = Score::default();
    for finding in findings {
        let weight = match policies[finding.policy as usize].severity {
            Severity::Critical => 16,
            Severity::High => 8,
            Severity::Medium => 4,
            Severity::Low => 2,
            Severity::Informational => 0,
        };
        match finding.verdict {
            Verdict::Fail => score.failed += weight,
            Verdict::Unknown => score.unknown += weight,
            Verdict::Pass => score.passed += weight,
            Verdict::NotApplicable => {}
        }
    }
    score.value = u8::try_from((score.passed * 100).checked_div(score.passed + score.failed)?).unwrap();
    Some(score)
}

fn add(total: &mut Summary, summary: &Summary) {
    total.resources += summary.resources;
    for verdict in Verdict::ALL {
        *total.verdicts.get_mut(verdict) += summary.verdicts.get(verdict);
    }
    for severity in Severity::ALL {
        *total.failures.get_mut(severity) += summary.failures.get(severity);
    }
    if let Some(part) = summary.score {
        let score = total.score.get_or_insert_with(Score::default);
        score.passed += part.passed;
        score.failed += part.failed;
        score.unknown += part.unknown;
        score.value = u8::try_from(score.passed * 100 / (score.passed + score.failed).max(1)).unwrap();
    }
}
