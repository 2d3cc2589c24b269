//! Malformed policy files: one diagnostic with place, cause and help, and nothing is loaded.

use crate::support::{load, show};
use expect_test::{Expect, expect};

/// A policy with the named lines replaced or added.
fn policy(changes: &[(&str, &str)]) -> String {
    let mut lines = vec![
        ("name", "name: my-bucket-policy"),
        ("provider", "provider: aws"),
        ("resource_type", "resource_type: aws_s3_bucket"),
        ("severity", "severity: HIGH"),
        ("rule", "rule: resource.name != null"),
    ];
    for (key, line) in changes {
        match lines.iter_mut().find(|(existing, _)| existing == key) {
            Some(place) => place.1 = line,
            None => lines.push((key, line)),
        }
    }
    let body: Vec<&str> = lines
        .into_iter()
        .map(|(_, line)| line)
        .filter(|line| !line.is_empty())
        .collect();
    format!("policies:\n- {}\n", body.join("\n  "))
}

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let loaded = load(text);
    assert!(loaded.has_errors(), "{text}");
    assert!(loaded.pack.policy("my-bucket-policy").is_none(), "{text}");
    expected.assert_eq(&show(&loaded.diagnostics));
}

#[test]
fn the_template_of_these_tests_is_valid() {
    let loaded = load(&policy(&[]));
    assert_eq!(show(&loaded.diagnostics), "");
    assert!(loaded.pack.policy("my-bucket-policy").is_some());
}

#[test]
fn malformed_yaml() {
    check(
        "policies:\n- name: [x\n",
        &expect![[r#"
        user.yaml:2:9: error: malformed YAML: unclosed bracket '['
        help: check indentation, quotes and brackets around this place
        | - name: [x
        |         ^ here
    "#]],
    );
}

#[test]
fn file_of_no_known_kind() {
    check(
        "rules: []\n",
        &expect![[r#"
            user.yaml:1:1: error: file is of no known kind
            help: a file has `policies`, `resources`, `controls`, `escalations`, `mappings`, `fixes`, `crossplane`, `ack`, `sensitivity` or `risk` at its top
            | rules: []
            | ^^^^^^^^^ no known key
        "#]],
    );
}

#[test]
fn unknown_key() {
    check(
        &policy(&[("sevrity", "sevrity: HIGH")]),
        &expect![[r#"
        user.yaml:7:3: error: unknown key `sevrity` in a policy
        help: did you mean `severity`?
        |   sevrity: HIGH
        |   ^^^^^^^ not known here
    "#]],
    );
}

#[test]
fn missing_key() {
    check(
        &policy(&[("rule", "")]),
        &expect![[r#"
        user.yaml:2:3: error: a policy lacks `rule`
        | - name: my-bucket-policy
        |   ^^^^ `rule` is missing here
    "#]],
    );
}

#[test]
fn unknown_severity() {
    check(
        &policy(&[("severity", "severity: HIHG")]),
        &expect![[r#"
        user.yaml:5:13: error: `HIHG` is not known here
        help: did you mean `HIGH`?
        |   severity: HIHG
        |             ^^^^ expected one of CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL
    "#]],
    );
}

#[test]
fn name_that_is_not_kebab_case() {
    check(
        &policy(&[("name", "name: My Policy")]),
        &expect![[r#"
        user.yaml:2:9: error: policy name `My Policy` is not in kebab-case
        help: name the requirement, for example `s3-bucket-encryption-required`
        | - name: My Policy
        |         ^^^^^^^^^ small letters, digits and hyphens, at most 100
    "#]],
    );
}

#[test]
fn wrong_type_of_a_key() {
    check(
        &policy(&[("name", "name: [my-bucket-policy]")]),
        &expect![[r#"
        user.yaml:2:9: error: `name` must be a text, found a list
        | - name: [my-bucket-policy]
        |         ^^^^^^^^^^^^^^^^^^ not a text
    "#]],
    );
    check(
        &policy(&[("references", "references: https://example.com")]),
        &expect![[r#"
        user.yaml:7:15: error: `references` must be a list, found a scalar
        |   references: https://example.com
        |               ^^^^^^^^^^^^^^^^^^^ not a list
    "#]],
    );
}

#[test]
fn unknown_resource_type() {
    check(
        &policy(&[("resource_type", "resource_type: aws_s3_buket")]),
        &expect![[r#"
        user.yaml:4:18: error: unknown resource type `aws_s3_buket`
        help: did you mean `aws_s3_bucket`?
        |   resource_type: aws_s3_buket
        |                  ^^^^^^^^^^^^ unknown resource type
    "#]],
    );
}

#[test]
fn resource_type_of_another_cloud() {
    check(
        &policy(&[("resource_type", "resource_type: azurerm_storage_account")]),
        &expect![[r#"
        user.yaml:4:18: error: resource type `azurerm_storage_account` does not belong to provider `aws`
        |   resource_type: azurerm_storage_account
        |                  ^^^^^^^^^^^^^^^^^^^^^^^ of another cloud
    "#]],
    );
}

#[test]
fn misspelt_attribute_in_a_block() {
    let rule = "rule: |\n    resource.name != null AND\n      resource.encryption.ruels[0] != null";
    check(
        &policy(&[("rule", rule)]),
        &expect![[r#"
        user.yaml:8:27: error: `server_side_encryption_configuration` has no attribute `ruels`
        help: did you mean `rules`?
        |       resource.encryption.ruels[0] != null
        |                           ^^^^^ no such attribute
    "#]],
    );
}

#[test]
fn misspelt_attribute_in_escaped_text_is_shown_in_the_rule() {
    check(
        &policy(&[("rule", r#"rule: "resource.encrption\x20!= null""#)]),
        &expect![[r#"
        user.yaml (rule of my-bucket-policy):1:10: error: `aws_s3_bucket` has no attribute `encrption`
        help: did you mean `encryption`?
        | resource.encrption != null
        |          ^^^^^^^^^ no such attribute
    "#]],
    );
}

#[test]
fn syntax_error_in_a_rule() {
    check(
        &policy(&[("rule", "rule: resource.name ==")]),
        &expect![[r#"
        user.yaml:6:25: error: expected a value, found the end of the rule
        |   rule: resource.name ==
        |                         ^ unexpected
    "#]],
    );
}

#[test]
fn rule_that_is_no_truth_value() {
    check(
        &policy(&[("rule", "rule: resource.name")]),
        &expect![[r#"
        user.yaml:6:9: error: `resource.name` is not a truth value
        help: compare it, for example `resource.name != null`
        |   rule: resource.name
        |         ^^^^^^^^^^^^^ this is string
    "#]],
    );
}

#[test]
fn unknown_type_in_inventory() {
    check(
        &policy(&[("rule", "rule: inventory(\"aws_kms_kye\").size() > 0")]),
        &expect![[r#"
        user.yaml:6:19: error: unknown resource type `aws_kms_kye`
        help: did you mean `aws_kms_key`?
        |   rule: inventory("aws_kms_kye").size() > 0
        |                   ^^^^^^^^^^^^^ no such resource type
    "#]],
    );
}

#[test]
fn malformed_tests() {
    let tests = "tests:\n  - { name: a, resource: {}, expect: passed }\n  - { name: b, resource: {}, now: today, expect: pass }";
    check(
        &policy(&[("tests", tests)]),
        &expect![[r#"
        user.yaml:8:38: error: `passed` is not known here
        help: did you mean `pass`?
        |   - { name: a, resource: {}, expect: passed }
        |                                      ^^^^^^ expected one of fail, unknown, pass, not_applicable
        user.yaml:9:35: error: `now` is not a timestamp
        |   - { name: b, resource: {}, now: today, expect: pass }
        |                                   ^^^^^ expected for example 2026-01-01T00:00:00Z
    "#]],
    );
}

#[test]
fn one_bad_policy_leaves_the_whole_file_out() {
    let good = policy(&[]);
    let bad = policy(&[
        ("name", "name: another-policy"),
        ("rule", "rule: resource.nmae != null"),
    ]);
    let text = format!("{good}{}", bad.strip_prefix("policies:\n").unwrap());
    check(
        &text,
        &expect![[r#"
        user.yaml:11:18: error: `aws_s3_bucket` has no attribute `nmae`
        help: did you mean `name`?
        |   rule: resource.nmae != null
        |                  ^^^^ no such attribute
    "#]],
    );
}

#[test]
fn two_policies_of_one_name() {
    let text = policy(&[]);
    let loaded = crate::support::load_files(&[("a.yaml", &text), ("b.yaml", &text)]);
    expect![[r#"
        b.yaml:2:9: error: two policies are called `my-bucket-policy`
        | - name: my-bucket-policy
        |         ^^^^^^^^^^^^^^^^ the second one
    "#]]
    .assert_eq(&show(&loaded.diagnostics));
}
