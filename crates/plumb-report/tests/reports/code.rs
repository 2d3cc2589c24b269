//! Findings in code: places, acceptances, baselines and changes in the formats that tell of them.

use std::sync::Arc;

use expect_test::{Expect, expect};
use plumb_model::code::{CodeFix, CodePlace, CodeResource, CodeSpot, Replacement};
use plumb_model::finding::Standing;
use plumb_model::report::{AcceptedRisk, ChangeCounts, Focus, Report};
use plumb_model::verdict::Verdict;
use plumb_report::baseline::Baseline;
use plumb_report::format::Format;
use plumb_report::options::RenderOptions;

use crate::rendered;
use crate::sample::without_graph;

/// The sample, as if its buckets were declared in Terraform; one more of them fails.
pub(crate) fn code_sample() -> Report {
    let mut report = without_graph();
    for account in &mut report.accounts {
        account.coverage.declared_only = true;
        for (line, resource) in (10u32..).step_by(10).zip(&mut account.resources) {
            resource.code = Some(Arc::new(CodeResource {
                address: format!("{}.this[\"{}\"]", resource.resource_type, resource.name).into(),
                language: "terraform".into(),
                place: place("modules/s3, 1/main.tf", line, line),
                calls: vec![place("main.tf", 3, 3)],
                perhaps: None,
                former: Vec::new(),
            }));
        }
        for finding in &mut account.findings {
            if finding.resource == 1 {
                finding.verdict = Verdict::Fail;
            }
            let declared = account.resources[finding.resource as usize].code.clone().unwrap();
            finding.code = (finding.verdict != Verdict::Pass).then(|| {
                Arc::new(CodeSpot {
                    also: Vec::new(),
                    place: place(
                        &declared.place.file,
                        declared.place.line + 1,
                        declared.place.line + 3,
                    ),
                    attribute: "encryption".into(),
                    lacking: false,
                    set_at: Some(place("terraform.tfvars", 1, 1)),
                    excerpt: vec!["  encrypted = false".into()],
                    fix: Some(CodeFix {
                        description: "encrypt it".into(),
                        caution: Some("it is made anew".into()),
                        replacements: vec![Replacement {
                            place: place("terraform.tfvars", 1, 1),
                            text: "true".into(),
                        }],
                    }),
                })
            });
        }
    }
    report.focus = Some(Focus {
        baseline: None,
        change: Some(ChangeCounts {
            base: "origin/main".into(),
            files: 2,
            touched: 1,
            untouched: 1,
        }),
    });
    report
}

fn place(file: &str, line: u32, end_line: u32) -> CodePlace {
    CodePlace {
        file: file.into(),
        line,
        column: 3,
        end_line,
        end_column: 20,
    }
}

fn check(report: &Report, format: Format, expected: Expect) {
    let options = RenderOptions {
        code_prefix: "infra/".to_owned(),
        ..RenderOptions::default()
    };
    expected.assert_eq(&rendered(report, format, &options));
}

/// The failures, by account and finding.
fn failures(report: &Report) -> Vec<(usize, usize)> {
    let positions = report.accounts.iter().enumerate().flat_map(|(at, account)| {
        let failing = account
            .findings
            .iter()
            .enumerate()
            .filter(|(_, finding)| finding.verdict == Verdict::Fail);
        failing.map(move |(finding, _)| (at, finding))
    });
    positions.collect()
}

fn accept(report: &mut Report, (account, finding): (usize, usize)) {
    report.accepted.push(AcceptedRisk {
        policy: "p".into(),
        resource: "main.tf:9".into(),
        reason: "a test".into(),
        owner: "".into(),
        until: "".into(),
        holds: true,
        findings: 1,
    });
    report.accounts[account].findings[finding].accepted =
        Some(u32::try_from(report.accepted.len() - 1).unwrap());
}

#[test]
fn github_annotates_the_lines_of_failures_worst_first() {
    check(
        &code_sample(),
        Format::Github,
        expect![[r#"
        ::error file=infra/modules/s3%2C 1/main.tf,line=21,endLine=23,title=The root user has no access key [iam-root-access-key-absent]::aws_iam_account.this["444455556666"]. To mend it: Turn the setting on and keep it on.
        ::error file=infra/modules/s3%2C 1/main.tf,line=21,endLine=23,title=S3 buckets encrypt at rest by default [s3-bucket-encryption-required]::aws_s3_bucket.this["shop-assets"]: `resource.encryption` is null. To mend it: Turn the setting on and keep it on.
        ::warning file=infra/modules/s3%2C 1/main.tf,line=11,endLine=13,title=Trails validate their logs [cloudtrail-log-validation-enabled]::aws_cloudtrail_trail.this["dev"]: `resource.log_file_validation_enabled` is false. To mend it: Turn the setting on and keep it on.
        ::warning title=Plumb::coverage is incomplete: something that was asked for could not be read
    "#]],
    );
    check(
        &without_graph(),
        Format::Github,
        expect![[r#"
        ::error title=S3 buckets encrypt at rest by default [s3-bucket-encryption-required]::arn:aws:s3:::shop-assets (shop-production): `resource.encryption` is null. To mend it: Turn the setting on and keep it on.
        ::warning title=Trails validate their logs [cloudtrail-log-validation-enabled]::arn:aws:cloudtrail:eu-west-1:444455556666:trail/dev (444455556666): `resource.log_file_validation_enabled` is false. To mend it: Turn the setting on and keep it on.
        ::warning title=Plumb::coverage is incomplete: something that was asked for could not be read
    "#]],
    );
}

#[test]
fn gitlab_gets_an_issue_for_each_failure() {
    check(
        &code_sample(),
        Format::Gitlab,
        expect![[r#"
        [
        {"description":"S3 buckets encrypt at rest by default: aws_s3_bucket.this[\"shop-assets\"]: `resource.encryption` is null","check_name":"s3-bucket-encryption-required","fingerprint":"0524fa5ace5a69110f6199ecc2846785","severity":"critical","location":{"path":"infra/modules/s3, 1/main.tf","lines":{"begin":21,"end":23}}},
        {"description":"Trails validate their logs: aws_cloudtrail_trail.this[\"dev\"]: `resource.log_file_validation_enabled` is false","check_name":"cloudtrail-log-validation-enabled","fingerprint":"b9d0f1debac66ef57f19a06bc66ed286","severity":"major","location":{"path":"infra/modules/s3, 1/main.tf","lines":{"begin":11,"end":13}}},
        {"description":"The root user has no access key: aws_iam_account.this[\"444455556666\"]","check_name":"iam-root-access-key-absent","fingerprint":"dd82e2e2c5b64a0379c0dea33e68453e","severity":"blocker","location":{"path":"infra/modules/s3, 1/main.tf","lines":{"begin":21,"end":23}}}
        ]
    "#]],
    );
    check(
        &without_graph(),
        Format::Gitlab,
        expect![[r#"
        [
        {"description":"S3 buckets encrypt at rest by default: shop-assets: `resource.encryption` is null","check_name":"s3-bucket-encryption-required","fingerprint":"680458c26b73b2d2484b9363225adb2d","severity":"critical","location":{"path":"aws/111122223333/eu-west-1/aws_s3_bucket/arn%3Aaws%3As3%3A%3A%3Ashop-assets","lines":{"begin":1}}},
        {"description":"Trails validate their logs: dev: `resource.log_file_validation_enabled` is false","check_name":"cloudtrail-log-validation-enabled","fingerprint":"697619f8c93844b089045060b7326873","severity":"major","location":{"path":"aws/444455556666/eu-west-1/aws_cloudtrail_trail/arn%3Aaws%3Acloudtrail%3Aeu-west-1%3A444455556666%3Atrail%2Fdev","lines":{"begin":1}}}
        ]
    "#]],
    );
}

#[test]
fn what_is_accepted_known_or_untouched_annotates_nothing_and_breaks_no_test() {
    let mut report = code_sample();
    let failures = failures(&report);
    assert_eq!(failures.len(), 3);
    accept(&mut report, failures[0]);
    for (standing, (account, finding)) in [Standing::Known, Standing::Untouched]
        .into_iter()
        .zip(&failures[1..])
    {
        report.accounts[*account].findings[*finding].standing = standing;
    }
    assert!(!rendered(&report, Format::Github, &RenderOptions::default()).contains("::error file"));
    let gitlab = rendered(&report, Format::Gitlab, &RenderOptions::default());
    assert_eq!(gitlab.matches("check_name").count(), 1, "{gitlab}");
    let junit = rendered(&report, Format::Junit, &RenderOptions::default());
    for words in [
        "accepted: a test",
        "known in the baseline: ",
        "not touched by the change: ",
    ] {
        assert!(junit.contains(words), "{words}: {junit}");
    }
    assert!(!junit.contains("<failure"), "{junit}");
    let sarif = rendered(&report, Format::Sarif, &RenderOptions::default());
    assert!(
        sarif
            .contains(r#""suppressions":[{"kind":"inSource","status":"accepted","justification":"a test"}]"#)
    );
    assert_eq!(sarif.matches(r#""kind":"fail""#).count(), 2, "{sarif}");
    assert!(!sarif.contains("baselineState"));
}

#[test]
fn junit_csv_and_markdown_name_file_and_line() {
    let report = code_sample();
    let page = |format| rendered(&report, format, &RenderOptions::default());
    let junit = page(Format::Junit);
    assert!(
        junit.contains(r#" file="modules/s3, 1/main.tf" line="21""#),
        "{junit}"
    );
    let csv = page(Format::Csv);
    assert!(
        csv.lines()
            .next()
            .unwrap()
            .ends_with(",file,line,address,standing")
    );
    assert!(
        csv.contains("\"modules/s3, 1/main.tf\",21,\"aws_s3_bucket.this[\"\"shop-assets\"\"]\",asked"),
        "{csv}"
    );
    let markdown = page(Format::Markdown);
    assert!(markdown.contains("modules/s3, 1/main.tf:21"), "{markdown}");
    let html = page(Format::Html);
    assert!(html.contains("modules/s3, 1/main.tf:21"));
}

#[test]
fn every_form_of_a_baseline_knows_the_failures_of_its_run() {
    let report = code_sample();
    let mut own = Vec::new();
    Baseline::write(&report, &mut own).unwrap();
    let options = RenderOptions::default();
    let forms = [
        String::from_utf8(own).unwrap(),
        rendered(&report, Format::Json, &options),
        rendered(&report, Format::Jsonl, &options),
        rendered(&report, Format::Sarif, &options),
    ];
    for form in forms {
        let baseline = Baseline::read(&form).unwrap();
        let mut later = report.clone();
        // The first is mended, and another one fails.
        let (account, finding) = failures(&later)[0];
        later.accounts[account].findings[finding].verdict = Verdict::Pass;
        let passing = later.accounts[account]
            .findings
            .iter()
            .position(|other| other.verdict == Verdict::Unknown)
            .unwrap();
        later.accounts[account].findings[passing].verdict = Verdict::Fail;
        baseline.mark(&mut later);
        let counts = later.focus.as_ref().unwrap().baseline.unwrap();
        assert_eq!((counts.known, counts.new, counts.gone), (2, 1, 1), "{form}");
        let known = later
            .findings()
            .filter(|view| view.finding.standing == Standing::Known);
        assert_eq!(known.count(), 2);
        let sarif = rendered(&later, Format::Sarif, &options);
        assert_eq!(sarif.matches(r#""baselineState":"unchanged""#).count(), 2);
        assert_eq!(sarif.matches(r#""baselineState":"new""#).count(), 1);
    }
}

#[test]
fn what_somebody_accepted_is_new_when_nobody_does_any_more() {
    let mut report = code_sample();
    let first = failures(&report)[0];
    accept(&mut report, first);
    for format in [Format::Json, Format::Jsonl, Format::Sarif] {
        let baseline = Baseline::read(&rendered(&report, format, &RenderOptions::default())).unwrap();
        let mut later = code_sample();
        baseline.mark(&mut later);
        assert_eq!(later.focus.unwrap().baseline.unwrap().new, 1, "{format}");
    }
}

#[test]
fn what_is_no_baseline_says_why() {
    let cases = [
        ("", "no JSON"),
        ("[]", "neither"),
        ("{}", "neither"),
        ("{\"plumb_baseline\":2}", "version 2"),
        (
            "{\"plumb_baseline\":1,\"failures\":[{}]}",
            "without a fingerprint",
        ),
        (
            "{\"runs\":[{\"tool\":{\"driver\":{\"name\":\"other\"}},\"results\":[]}]}",
            "neither",
        ),
    ];
    for (text, expected) in cases {
        let error = Baseline::read(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn the_terminal_lists_what_was_asked_about_and_counts_the_rest() {
    let mut report = code_sample();
    let trail = failures(&report)[1];
    report.accounts[trail.0].findings[trail.1].standing = Standing::Untouched;
    let page = rendered(&report, Format::Terminal, &RenderOptions::default());
    for words in [
        "1 failure touched by the change; 1 not; 2 files changed since origin/main",
        "[s3-bucket-encryption-required]",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}
