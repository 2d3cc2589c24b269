//! Risk decides the order where there is one, and nothing is said of it where there is none.

use plumb_model::path::PathReport;
use plumb_model::report::Report;
use plumb_model::risk::{Priority, Risk};
use plumb_model::verdict::{Severity, Verdict};
use plumb_report::format::Format;
use plumb_report::options::RenderOptions;
use serde_json::Value;

use crate::rendered;
use crate::sample::{large, sample, without_graph};

fn page(report: &Report, format: Format) -> String {
    rendered(report, format, &RenderOptions::default())
}

/// Many failures of which the last one of the least severe policy is the riskiest.
fn inverted() -> Report {
    let mut report = large(2, 20, 1);
    let least = report
        .policies
        .iter()
        .position(|policy| policy.severity == Severity::Medium)
        .unwrap();
    for finding in report
        .accounts
        .iter_mut()
        .flat_map(|account| &mut account.findings)
    {
        finding.risk = Some(Risk::new([30, 0, 0, 0, 0, 0, 0, 0], |_| Priority::Low));
    }
    let account = report.accounts.last_mut().unwrap();
    let last = account
        .findings
        .iter_mut()
        .rfind(|finding| finding.policy as usize == least);
    last.unwrap().risk = Some(Risk::new([90, 0, 0, 0, 0, 0, 0, 0], |_| Priority::Critical));
    report
}

#[test]
fn the_policy_with_the_riskiest_finding_comes_first() {
    let report = inverted();
    let riskiest = "cloudtrail-log-validation-enabled";
    let severest = "iam-root-access-key-absent";
    let text = page(&report, Format::Terminal);
    assert!(
        text.find(riskiest).unwrap() < text.find(severest).unwrap(),
        "{text}"
    );
    assert!(text.contains("e.g. bucket-1-19 "), "{text}");
    let text = page(&report, Format::Markdown);
    assert!(
        text.find(riskiest).unwrap() < text.find(severest).unwrap(),
        "{text}"
    );
    let html = page(&report, Format::Html);
    let (_, data) = html.split_once("id=\"data\">").unwrap();
    let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    assert_eq!(data["policies"][0]["name"], riskiest);
    assert_eq!(data["policies"][0]["findings"][0]["name"], "bucket-1-19");
    assert_eq!(data["policies"][0]["findings"][0]["risk"]["score"], 90);
    assert_eq!(data["policies"][1]["name"], severest);
}

#[test]
fn nothing_is_said_of_risk_when_no_graph_was_built() {
    let report = without_graph();
    for (format, words) in [
        (
            Format::Terminal,
            &["PRIORITY", "PATHS", "CHOKE", "Risk", "ACCEPTED", "LOST"][..],
        ),
        (
            Format::Json,
            &["\"risk\"", "\"paths\"", "\"exposure\"", "\"accepted\":{"],
        ),
        (
            Format::Jsonl,
            &["\"risk\"", "\"paths\"", "\"exposure\"", "\"kind\":\"path\""],
        ),
        (
            Format::Ocsf,
            &["risk_score", "security_control", "attack_paths", "comment"],
        ),
        (Format::Sarif, &["\"rank\"", "\"risk\"", "attackPaths"]),
        (Format::Junit, &["Risk:"]),
        (
            Format::Markdown,
            &["Priority", "Risk", "Attack paths", "Accepted"],
        ),
        (
            Format::Html,
            &[
                "id=\"paths\"",
                "id=\"lost\"",
                "id=\"accepted\"",
                "by priority</h3>",
            ],
        ),
    ] {
        let text = page(&report, format);
        let with_graph = page(&sample(), format);
        for word in words {
            assert!(!text.contains(word), "{format}: {word}");
            assert!(
                with_graph.contains(word),
                "{format}: {word} is not what it is called"
            );
        }
    }
}

#[test]
fn a_graph_without_paths_says_that_none_was_found_and_what_is_missing() {
    let mut report = sample();
    report.paths = Some(PathReport {
        problems: vec!["the search was cut short".into()],
        ..PathReport::default()
    });
    let text = page(&report, Format::Terminal);
    assert!(
        text.contains("ATTACK PATHS: none found\n  not complete: the search was cut short"),
        "{text}"
    );
    for format in [Format::Html, Format::Markdown] {
        assert!(
            page(&report, format).contains("the search was cut short"),
            "{format}"
        );
    }
}

#[test]
fn every_failure_has_its_risk_in_every_format_for_programs() {
    let report = sample();
    let failures = report.summary.verdicts.fail;
    let json: Value = serde_json::from_str(&page(&report, Format::Json)).unwrap();
    let findings: Vec<&Value> = json["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|account| account["findings"].as_array().unwrap())
        .collect();
    let mut counted = 0;
    for finding in findings {
        let fails = finding["verdict"] == Verdict::Fail.name();
        assert_eq!(fails, finding["risk"].is_object(), "{finding}");
        if fails {
            counted += 1;
            let parts = finding["risk"]["parts"].as_object().unwrap().values();
            let sum: i64 = parts.map(|points| points.as_i64().unwrap()).sum();
            assert_eq!(sum, finding["risk"]["score"].as_i64().unwrap());
        }
    }
    assert_eq!(counted, failures);
    let ocsf: Value = serde_json::from_str(&page(&report, Format::Ocsf)).unwrap();
    for event in ocsf.as_array().unwrap() {
        let fails = event["unmapped"]["verdict"] == "fail";
        assert_eq!(fails, event["risk_score"].is_u64());
        let profiles = event["metadata"]["profiles"].as_array().unwrap();
        assert_eq!(fails, profiles.contains(&"security_control".into()));
    }
}
