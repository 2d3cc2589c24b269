//! How diagnostics look.

use std::sync::Arc;

use expect_test::{Expect, expect};
use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_report::diagnostic::render_diagnostic;
use plumb_report::options::Color;

fn check(diagnostic: &Diagnostic, expected: Expect) {
    expected.assert_eq(&render_diagnostic(diagnostic, Color::Never));
}

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: "policies/s3.yaml".to_owned(),
        text: text.to_owned(),
    })
}

#[test]
fn a_place_is_shown_with_a_caret_and_the_advice() {
    let source =
        source("policies:\n- name: a\n  rule: resource.encrpytion != null\n  severity: HIGH\n- name: b\n");
    let at = source.text.find("encrpytion").unwrap();
    let diagnostic = Diagnostic::error("`aws_s3_bucket` has no attribute `encrpytion`")
        .at(&source, at..at + 10, "unknown attribute")
        .help("did you mean `encryption`?");
    check(
        &diagnostic,
        expect![[r#"
        error: `aws_s3_bucket` has no attribute `encrpytion`
         --> policies/s3.yaml:3:18
          |
        2 | - name: a
        3 |   rule: resource.encrpytion != null
          |                  ^^^^^^^^^^ unknown attribute
        4 |   severity: HIGH
          |
          = help: did you mean `encryption`?"#]],
    );
}

#[test]
fn a_source_without_a_place_is_named() {
    let diagnostic = Diagnostic::warning("the file has no policies").in_source(&source("policies: []"));
    check(
        &diagnostic,
        expect![[r#"
        warning: the file has no policies
        --> policies/s3.yaml"#]],
    );
}

#[test]
fn a_message_alone_is_a_message() {
    check(
        &Diagnostic::error("no credentials were found").help("run `plumb demo` to look around"),
        expect![[r#"
            error: no credentials were found
             |
             = help: run `plumb demo` to look around"#]],
    );
}

#[test]
fn further_lines_of_a_message_are_a_note() {
    let diagnostic = Diagnostic::error("no credentials were found\n  environment: not set\n  profile: none")
        .help("sign in");
    check(
        &diagnostic,
        expect![[r#"
            error: no credentials were found
             |
             = note: environment: not set
                     profile: none
             = help: sign in"#]],
    );
}

#[test]
fn hostile_source_text_is_visible_and_the_caret_stays_in_place() {
    let source = source("a: \u{202e}\u{9b}31m\u{200f}bad\tend\r\n");
    let at = source.text.find("bad").unwrap();
    let diagnostic = Diagnostic::error("unexpected `\u{1b}[2J`").at(&source, at..at + 3, "here\u{7}");
    check(
        &diagnostic,
        expect![[r#"
        error: unexpected `\u{1b}[2J`
         --> policies/s3.yaml:1:29
          |
        1 | a: \u{202e}\u{9b}31m\u{200f}bad    end
          |                             ^^^ here\u{7}"#]],
    );
}

#[test]
fn an_empty_place_at_the_end_is_shown() {
    let source = source("rule: a &&");
    let diagnostic = Diagnostic::error("expected an expression").at(&source, 10..10, "nothing follows");
    check(
        &diagnostic,
        expect![[r#"
        error: expected an expression
         --> policies/s3.yaml:1:11
          |
        1 | rule: a &&
          |           ^ nothing follows"#]],
    );
}

#[test]
fn a_very_long_line_is_cut_around_the_place() {
    let source = source(&format!("{}X{}", "東".repeat(100_000), "y".repeat(100_000)));
    let at = source.text.find('X').unwrap();
    let text = render_diagnostic(
        &Diagnostic::error("wrong").at(&source, at..at + 1, "here"),
        Color::Never,
    );
    assert!(text.len() < 4_000, "{} bytes", text.len());
    assert!(text.contains('X') && text.contains("here"));
}
