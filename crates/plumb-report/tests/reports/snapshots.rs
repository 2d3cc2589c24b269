//! What each format says of the sample estate; `UPDATE_EXPECT=1` rewrites the files, which are then read.

use expect_test::{ExpectFile, expect_file};
use plumb_model::report::{Breakdown, Report, Summary};
use plumb_model::verdict::Verdict;
use plumb_report::format::Format;
use plumb_report::options::{Color, RenderOptions};

use crate::rendered;
use crate::sample::sample;

fn check(format: Format, expected: ExpectFile) {
    expected.assert_eq(&rendered(&sample(), format, &RenderOptions::default()));
}

#[test]
fn terminal_report() {
    check(Format::Terminal, expect_file!["snapshots/sample.txt"]);
}

#[test]
fn json_report() {
    check(Format::Json, expect_file!["snapshots/sample.json"]);
}

#[test]
fn jsonl_report() {
    check(Format::Jsonl, expect_file!["snapshots/sample.jsonl"]);
}

#[test]
fn csv_report() {
    let text = rendered(&sample(), Format::Csv, &RenderOptions::default());
    assert_eq!(text.matches("\r\n").count(), 7);
    expect_file!["snapshots/sample.csv"].assert_eq(&text.replace("\r\n", "\n"));
}

#[test]
fn ocsf_report() {
    check(Format::Ocsf, expect_file!["snapshots/sample.ocsf.json"]);
}

#[test]
fn sarif_report() {
    check(Format::Sarif, expect_file!["snapshots/sample.sarif"]);
}

#[test]
fn junit_report() {
    check(Format::Junit, expect_file!["snapshots/sample.junit.xml"]);
}

#[test]
fn markdown_report() {
    check(Format::Markdown, expect_file!["snapshots/sample.md"]);
}

#[test]
fn a_narrow_terminal_is_exceeded_by_identifiers_alone() {
    for width in [0, 60, 72, 200] {
        let options = RenderOptions {
            width,
            ..RenderOptions::default()
        };
        for line in rendered(&sample(), Format::Terminal, &options).lines() {
            let columns = unicode_width::UnicodeWidthStr::width(line);
            // An identifier stays whole, so that it can be copied.
            let is_one_word = !line.trim_start().contains(' ')
                || line
                    .split(' ')
                    .any(|word| unicode_width::UnicodeWidthStr::width(word) > width.max(60) / 2);
            assert!(
                is_one_word || columns <= width.max(60),
                "{columns} columns: {line}"
            );
        }
    }
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let plain = rendered(&sample(), Format::Terminal, &RenderOptions::default());
    let options = RenderOptions {
        color: Color::Always,
        ..RenderOptions::default()
    };
    let colored = rendered(&sample(), Format::Terminal, &options);
    assert_ne!(plain, colored);
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&stripped), trimmed(&plain));
}

#[test]
fn an_empty_report_renders_and_claims_nothing() {
    let report = Report {
        plumb_version: "0.1.0".into(),
        assessed_at: "2026-02-23T09:30:00Z".into(),
        organization: None,
        policies: Vec::new(),
        frameworks: Vec::new(),
        accounts: Vec::new(),
        summary: Summary::default(),
        breakdown: Breakdown::default(),
        paths: None,
        accepted: Vec::new(),
        estate_doubts: Vec::new(),
        focus: None,
    };
    for format in Format::ALL {
        let text = rendered(&report, format, &RenderOptions::default());
        assert!(!text.contains("100/100"), "{format}: {text}");
    }
    let text = rendered(&report, Format::Terminal, &RenderOptions::default());
    assert!(
        text.contains("OVERALL POSTURE SCORE: nothing was judged"),
        "{text}"
    );
}

#[test]
fn only_the_asked_verdicts_are_listed_but_totals_stay() {
    let options = RenderOptions {
        verdicts: Some(vec![Verdict::Fail]),
        ..RenderOptions::default()
    };
    let json: serde_json::Value = serde_json::from_str(&rendered(&sample(), Format::Json, &options)).unwrap();
    assert_eq!(json["listed_verdicts"], serde_json::json!(["fail"]));
    assert_eq!(json["summary"]["verdicts"]["pass"], 2);
    let findings = json["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|a| a["findings"].as_array().unwrap());
    let verdicts: Vec<_> = findings
        .map(|finding| finding["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["fail", "fail"]);
}

#[test]
fn html_report_says_what_it_leaves_out() {
    let options = RenderOptions {
        detailed_findings: 1,
        ..RenderOptions::default()
    };
    let page = rendered(&sample(), Format::Html, &options);
    assert!(page.contains("<b>2 more are left out to keep this page usable</b>"));
    let all = rendered(&sample(), Format::Html, &RenderOptions::default());
    assert!(!all.contains("left out to keep"));
    for text in [
        "66",
        "CIS AWS v5.0",
        "shop-production",
        "missing permission iam:GetAccountSummary",
        "Coverage is incomplete",
    ] {
        assert!(all.contains(text), "{text}");
    }
}
