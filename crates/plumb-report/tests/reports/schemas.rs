//! Reports match their schemas: Plumb's own, and the facts of OCSF and SARIF that consumers rely on.

use plumb_model::verdict::Verdict;
use plumb_report::format::Format;
use plumb_report::options::RenderOptions;
use serde_json::{Value, json};

use crate::code::code_sample;
use crate::rendered;
use crate::sample::{hostile, large, sample};
use crate::schema::violations;

const REPORT: &str = include_str!("../../schema/report-1.schema.json");
const LINE: &str = include_str!("../../schema/report-line-1.schema.json");
const OCSF: &str = include_str!("schemas/ocsf-compliance-finding.schema.json");
const SARIF: &str = include_str!("schemas/sarif-subset.schema.json");

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The documents of all samples in a format, with every verdict listed.
fn documents(format: Format) -> Vec<String> {
    let options = RenderOptions {
        verdicts: Some(Verdict::ALL.to_vec()),
        ..RenderOptions::default()
    };
    [sample(), hostile(), large(2, 20, 2), code_sample()]
        .iter()
        .map(|report| rendered(report, format, &options))
        .collect()
}

fn check(schema: &str, value: &Value) {
    let found = violations(&parsed(schema), value);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn json_matches_its_schema() {
    for document in documents(Format::Json) {
        check(REPORT, &parsed(&document));
    }
}

#[test]
fn every_jsonl_line_matches_its_schema() {
    for line in documents(Format::Jsonl)
        .iter()
        .flat_map(|document| document.lines())
    {
        check(LINE, &parsed(line));
    }
}

#[test]
fn every_ocsf_event_is_a_compliance_finding() {
    for document in documents(Format::Ocsf) {
        let events = parsed(&document);
        assert!(!events.as_array().unwrap().is_empty());
        check(OCSF, &events);
        for event in events.as_array().unwrap() {
            assert_eq!(
                event["type_uid"],
                json!(2003 * 100 + event["activity_id"].as_u64().unwrap())
            );
            let verdict = event["unmapped"]["verdict"].as_str().unwrap();
            let expected = match verdict {
                "fail" => "Fail",
                "unknown" => "Warning",
                "pass" => "Pass",
                _ => "Not Applicable",
            };
            assert_eq!(event["compliance"]["status"], expected);
            assert_eq!(verdict == "fail", event["severity_id"].as_u64().unwrap() > 1);
        }
    }
}

#[test]
fn sarif_has_what_consumers_rely_on() {
    for document in documents(Format::Sarif) {
        let log = parsed(&document);
        check(SARIF, &log);
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            assert_eq!(result["kind"] == "fail", result["level"] != "none");
        }
    }
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let mut report = parsed(&documents(Format::Json)[0]);
    report["plumb_report"] = json!(2);
    report["accounts"][0]["findings"][0]["verdict"] = json!("perhaps");
    report["accounts"][0]["findings"][1]
        .as_object_mut()
        .unwrap()
        .remove("policy");
    report["surprise"] = json!(1);
    let found = violations(&parsed(REPORT), &report);
    assert_eq!(found.len(), 4, "{found:?}");
}
