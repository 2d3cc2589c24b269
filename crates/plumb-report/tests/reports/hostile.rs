//! Text that tries to command a terminal, a browser, a spreadsheet or a parser stays text in every format.

use plumb_report::format::Format;
use plumb_report::options::RenderOptions;

use crate::rendered;
use crate::sample::{HOSTILE, hostile};

fn page(format: Format) -> String {
    rendered(&hostile(), format, &RenderOptions::default())
}

#[test]
fn no_format_lets_a_hidden_character_through() {
    for format in Format::ALL {
        let text = page(format).replace("\r\n", "\n");
        // Markdown's own word joiners keep names from becoming mentions.
        let own = if format == Format::Markdown {
            Some('\u{2060}')
        } else {
            None
        };
        let found = text.chars().find(|character| {
            let hidden = character.is_control() && *character != '\n'
                || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fffe}');
            hidden && Some(*character) != own
        });
        assert_eq!(found, None, "{format}");
    }
}

#[test]
fn html_has_no_element_or_handler_of_theirs() {
    let page = page(Format::Html);
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("<img").count(), 0);
    assert_eq!(
        page.matches("href=\"").count(),
        page.matches("href=\"#").count() + page.matches("href=\"data:,").count()
    );
    assert!(page.contains("script-src &#39;sha256-"));
    assert!(!page.contains("unsafe-inline"));
}

#[test]
fn html_data_reads_back_as_visible_text() {
    let page = page(Format::Html);
    let data = page
        .split_once("id=\"data\">")
        .unwrap()
        .1
        .split_once("</script>")
        .unwrap()
        .0;
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let name = data["policies"][0]["findings"][0]["name"].as_str().unwrap();
    assert!(
        name.contains(r"</script><img src=x onerror=alert(1)>\u{1b}[31m\u{9b}2J\u{202e}gpj\u{2028}\r"),
        "{name}"
    );
}

#[test]
fn json_keeps_the_exact_text() {
    let json: serde_json::Value = serde_json::from_str(&page(Format::Json)).unwrap();
    assert_eq!(json["organization"], HOSTILE);
    assert_eq!(json["accounts"][0]["findings"][0]["resource"]["name"], HOSTILE);
    for line in page(Format::Jsonl).lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn csv_has_whole_rows_and_no_formula() {
    let text = page(Format::Csv);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    for cell in rows.iter().flatten() {
        assert!(
            !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
            "{cell}"
        );
    }
}

#[test]
fn junit_is_well_formed_and_counts_add_up() {
    let text = page(Format::Junit);
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    let count = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.descendants().filter(|n| n.has_tag_name(name)).count()
    };
    let suites: Vec<_> = root
        .children()
        .filter(|node| node.has_tag_name("testsuite"))
        .collect();
    for node in suites.into_iter().chain([root]) {
        for (attribute, element) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("skipped", "skipped"),
        ] {
            assert_eq!(
                node.attribute(attribute).unwrap(),
                count(node, element).to_string(),
                "{attribute}"
            );
        }
    }
    assert!(count(root, "failure") == 2 && count(root, "skipped") >= 2);
}

#[test]
fn markdown_cells_stay_in_their_columns() {
    let text = page(Format::Markdown);
    let columns = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
    let mut expected = 0;
    for line in text.lines() {
        if line.starts_with("| ---") {
            expected = columns(line);
        } else if line.starts_with("| ") && expected > 0 {
            assert_eq!(columns(line), expected, "{line}");
        } else {
            expected = 0;
        }
    }
    assert!(!text.contains("<img src=x onerror=alert(1)>\n"));
}

#[test]
fn sarif_addresses_and_messages_are_inert() {
    let sarif: serde_json::Value = serde_json::from_str(&page(Format::Sarif)).unwrap();
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            .as_str()
            .unwrap();
        assert!(
            uri.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.~%/".contains(&b)),
            "{uri}"
        );
        let message = result["message"]["text"].as_str().unwrap();
        assert!(
            !message.contains("](") && !message.replace("{{0}}", "").contains("{0}"),
            "{message}"
        );
    }
}
