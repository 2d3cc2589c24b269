//! Names and tags that attack their reader come out harmless in every format.

use serde_json::Value;

use crate::support::binary::Plumb;
use crate::support::moto::Moto;

/// Characters that change how a terminal or a text shows what is around them.
fn is_treacherous(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
}

/// What one format must not hold.
fn check(format: &str, text: &str, moto: &Moto) {
    // The terminal names one resource of each policy.
    let shown = if format == "terminal" {
        "31mred"
    } else {
        "alert(1)"
    };
    assert!(text.contains(shown), "{format} does not show the names");
    match format {
        "terminal" => assert_eq!(text.chars().find(|&character| is_treacherous(character)), None),
        "html" => {
            for attack in ["<script>alert(1)", "<img src=x", "<svg onload", "</script><"] {
                assert!(!text.contains(attack), "{attack}");
            }
            assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{1b}', '\u{9b}']));
        }
        "csv" => {
            let code =
                "import csv,sys,json; print(json.dumps(list(csv.reader(open(sys.argv[1], newline='')))))";
            let path = format!(
                "{}/hostile-{}.csv",
                env!("CARGO_TARGET_TMPDIR"),
                std::process::id()
            );
            std::fs::write(&path, text).unwrap();
            let rows: Vec<Vec<String>> = serde_json::from_str(&moto.python(code, &path)).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert!(rows.len() > 5 && rows.iter().all(|row| row.len() == rows[0].len()));
            for cell in rows.iter().flatten() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            }
        }
        "markdown" => {
            let prose = without_code(text);
            for attack in ["<script>", "<b>b</b>", "](javascript", "\n# heading"] {
                assert!(!prose.contains(attack), "{attack}");
            }
            assert_eq!(text.chars().find(|&character| is_treacherous(character)), None);
        }
        "junit" => {
            let code = "import sys,xml.dom.minidom as d; print(len(d.parse(sys.argv[1]).getElementsByTagName('script')))";
            let path = format!(
                "{}/hostile-{}.xml",
                env!("CARGO_TARGET_TMPDIR"),
                std::process::id()
            );
            std::fs::write(&path, text).unwrap();
            assert_eq!(moto.python(code, &path).trim(), "0");
            std::fs::remove_file(&path).unwrap();
        }
        "json" | "ocsf" | "sarif" | "jsonl" => {
            for line in if format == "jsonl" {
                text.lines().collect::<Vec<_>>()
            } else {
                vec![text]
            } {
                serde_json::from_str::<Value>(line).unwrap();
            }
            assert!(
                !text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2066}']),
                "{format} shows them raw in a terminal"
            );
        }
        other => panic!("{other}"),
    }
}

/// Markdown without its code spans, in which nothing has a meaning.
fn without_code(text: &str) -> String {
    let mut prose = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let fence = &rest[start
            ..start
                + rest[start..]
                    .chars()
                    .take_while(|&character| character == '`')
                    .count()];
        let inside = &rest[start + fence.len()..];
        // A span ends with a run of exactly as many backticks as it began with.
        let end = inside
            .match_indices(fence)
            .map(|(at, _)| at)
            .find(|&at| !inside[..at].ends_with('`') && !inside[at + fence.len()..].starts_with('`'));
        prose.push_str(&rest[..start]);
        match end {
            Some(end) => rest = &inside[end + fence.len()..],
            None => {
                prose.push_str(fence);
                rest = inside;
            }
        }
    }
    prose + rest
}

#[test]
fn hostile_names_and_tags_are_escaped_in_every_format() {
    let Some(moto) = Moto::with(&["hostile"]) else {
        return;
    };
    let selection = [
        "--policy",
        "cloudwatch-alarm-actions-enabled",
        "--policy",
        "ec2-ebs-volume-encrypted",
    ];
    for format in [
        "terminal", "json", "jsonl", "csv", "html", "ocsf", "sarif", "junit", "markdown",
    ] {
        let arguments = ["scan", "aws", "--format", format];
        let ended = Plumb::at(&moto.url(), &[&arguments, selection.as_slice()].concat()).run();
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        check(format, &ended.stdout, &moto);
    }
}

#[test]
fn names_and_tags_survive_in_json_as_they_are() {
    let Some(moto) = Moto::with(&["hostile"]) else {
        return;
    };
    let selection = [
        "--policy",
        "cloudwatch-alarm-actions-enabled",
        "--policy",
        "ec2-ebs-volume-encrypted",
    ];
    let arguments = ["scan", "aws", "--format", "json"];
    let report = Plumb::at(&moto.url(), &[&arguments, selection.as_slice()].concat())
        .run()
        .report();
    for name in [
        "<script>alert(1)</script><img src=x onerror=alert(2)>",
        "=HYPERLINK(\"http://evil.example\",\"click\")",
        "\u{1b}[31mred\u{1b}]0;owned\u{7}\u{9b}2J",
        "abc\u{202e}gnp.exe\u{2066}",
        "[click](javascript:alert(1)) | `x` | <b>b</b>\n# heading",
    ] {
        assert_eq!(report.verdict("cloudwatch-alarm-actions-enabled", name), "fail");
    }
    let volume = report.finding("ec2-ebs-volume-encrypted", moto.identifier("volume"));
    assert_eq!(
        volume["resource"]["tags"]["=cmd|'/c calc'!A1"],
        "<svg onload=alert(3)>"
    );
    assert_eq!(
        volume["resource"]["tags"]["nasty-bidi"],
        "abc\u{202e}gnp.exe\u{2066}"
    );
}
