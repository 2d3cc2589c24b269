//! Policies that forbid attack paths and those that ask for exposure: how files say so, and what is said of mistakes.

use expect_test::{Expect, expect};
use plumb_model::verdict::Verdict;
use plumb_pack::inline_test::run_tests;
use plumb_pack::requirement::{PathEntry, Requirement};

use crate::support::{load, show};

/// A policy on a type with these lines, and tests.
fn policy(resource_type: &str, lines: &[&str], tests: &[&str]) -> String {
    let mut text = format!(
        "policies:\n- name: my-policy\n  provider: aws\n  resource_type: {resource_type}\n  severity: HIGH\n"
    );
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
    if !tests.is_empty() {
        text.push_str("  tests:\n");
    }
    for test in tests {
        text.push_str(&format!("  - {{ name: t, {test} }}\n"));
    }
    text
}

#[track_caller]
fn check(resource_type: &str, lines: &[&str], tests: &[&str], expected: &Expect) {
    let text = policy(resource_type, lines, tests);
    let loaded = load(&text);
    assert!(loaded.has_errors(), "{text}");
    expected.assert_eq(&show(&loaded.diagnostics));
}

/// The problem of the only test of a policy that loads.
#[track_caller]
fn outcome(resource_type: &str, lines: &[&str], test: &str) -> Result<Verdict, String> {
    let loaded = load(&policy(resource_type, lines, &[test]));
    assert!(!loaded.has_errors(), "{}", show(&loaded.diagnostics));
    let policy = loaded.pack.policy("my-policy").unwrap();
    let outcome = run_tests(&loaded.pack, policy).pop().unwrap();
    match outcome.problem {
        Some(problem) => Err(problem),
        None => Ok(outcome.actual.unwrap()),
    }
}

#[test]
fn a_path_has_defaults_and_says_all_of_itself() {
    let loaded = load(&policy("aws_s3_bucket", &["path: { from: any }"], &[]));
    assert_eq!(show(&loaded.diagnostics), "");
    let Requirement::Path(path) = &loaded.pack.policy("my-policy").unwrap().requirement else {
        panic!("it is a rule");
    };
    assert_eq!(path.from, PathEntry::Any);
    assert_eq!(path.to_string(), "path: { from: any }");
    let full = "path: { from: external, certainty: certain, min_risk: 60, sensitivity: confidential }";
    let loaded = load(&policy("aws_s3_bucket", &[full], &[]));
    let Requirement::Path(path) = &loaded.pack.policy("my-policy").unwrap().requirement else {
        panic!("it is a rule");
    };
    assert_eq!(path.to_string(), full);
}

#[test]
fn a_policy_has_a_rule_or_a_path() {
    let both = ["rule: resource.name != null", "path: { from: internet }"];
    check(
        "aws_s3_bucket",
        &both,
        &[],
        &expect![[r#"
        user.yaml:7:9: error: a policy has a `rule` or a `path`, not both
        help: write the scope of a `path` policy under `when`
        |   path: { from: internet }
        |         ^^^^^^^^^^^^^^^^^^ beside a `rule`
    "#]],
    );
    check(
        "aws_s3_bucket",
        &[],
        &[],
        &expect![[r#"
        user.yaml:2:3: error: a policy lacks `rule`
        | - name: my-policy
        |   ^^^^ `rule` is missing here
    "#]],
    );
}

#[test]
fn mistakes_in_a_path_are_pointed_at() {
    check(
        "aws_s3_bucket",
        &["path: { from: the internet }"],
        &[],
        &expect![[r#"
            user.yaml:6:17: error: `the internet` is not known here
            help: did you mean `internet`?
            |   path: { from: the internet }
            |                 ^^^^^^^^^^^^ expected one of internet, credentials, external, any
        "#]],
    );
    check(
        "aws_s3_bucket",
        &["path: { certainty: certain }"],
        &[],
        &expect![[r#"
            user.yaml:6:11: error: `path` lacks `from`
            |   path: { certainty: certain }
            |           ^^^^^^^^^ `from` is missing here
        "#]],
    );
    check(
        "aws_s3_bucket",
        &["path: { from: any, certainty: sure }"],
        &[],
        &expect![[r#"
            user.yaml:6:33: error: `sure` is not known here
            help: expected one of certain, conditional, possible
            |   path: { from: any, certainty: sure }
            |                                 ^^^^ expected one of certain, conditional, possible
        "#]],
    );
    check(
        "aws_s3_bucket",
        &["path: { from: any, min_risk: 0 }"],
        &[],
        &expect![[r#"
            user.yaml:6:32: error: `min_risk` is not a risk
            |   path: { from: any, min_risk: 0 }
            |                                ^ expected a whole number from 1 to 100
        "#]],
    );
    check(
        "aws_s3_bucket",
        &["path: { from: any, min_risk: 101 }"],
        &[],
        &expect![[r#"
            user.yaml:6:32: error: `min_risk` is not a risk
            |   path: { from: any, min_risk: 101 }
            |                                ^^^ expected a whole number from 1 to 100
        "#]],
    );
    check(
        "aws_s3_bucket",
        &["path: { from: any, sensitivity: secret }"],
        &[],
        &expect![[r#"
            user.yaml:6:35: error: `secret` is not known here
            help: expected one of public, internal, confidential, restricted
            |   path: { from: any, sensitivity: secret }
            |                                   ^^^^^^ expected one of public, internal, confidential, restricted
        "#]],
    );
    check(
        "aws_s3_bucket",
        &["path: { from: any, risk: 10 }"],
        &[],
        &expect![[r#"
            user.yaml:6:22: error: unknown key `risk` in `path`
            help: known keys are from, certainty, min_risk, sensitivity
            |   path: { from: any, risk: 10 }
            |                      ^^^^ not known here
        "#]],
    );
}

#[test]
fn attack_paths_must_be_able_to_end_there() {
    check(
        "aws_ec2_instance",
        &["path: { from: any }"],
        &[],
        &expect![[r#"
        user.yaml:6:9: error: no attack path ends at `aws_ec2_instance`, which is of the kind `workload`
        help: paths end at identities, data, secrets and keys; what reaches other things `exposure(resource)` tells
        |   path: { from: any }
        |         ^^^^^^^^^^^^^ of this policy
    "#]],
    );
    check(
        "aws_iam_role",
        &["path: { from: any, sensitivity: restricted }"],
        &[],
        &expect![[r#"
            user.yaml:6:9: error: `aws_iam_role` holds nothing that is sensitive
            help: leave `sensitivity` out
            |   path: { from: any, sensitivity: restricted }
            |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ of this policy
        "#]],
    );
}

#[test]
fn mistakes_in_the_paths_of_a_test_are_pointed_at() {
    let path = ["path: { from: any }"];
    check(
        "aws_s3_bucket",
        &path,
        &["resource: {}, paths: [ { from: any, risk: 3 } ], expect: fail"],
        &expect![[r#"
            user.yaml:8:41: error: one path begins at one place
            |   - { name: t, resource: {}, paths: [ { from: any, risk: 3 } ], expect: fail }
            |                                         ^^^^ expected internet, credentials or external
        "#]],
    );
    check(
        "aws_s3_bucket",
        &path,
        &["resource: {}, paths: [ { from: internet } ], expect: fail"],
        &expect![[r#"
            user.yaml:8:41: error: an attack path lacks `risk`
            |   - { name: t, resource: {}, paths: [ { from: internet } ], expect: fail }
            |                                         ^^^^ `risk` is missing here
        "#]],
    );
}

#[test]
fn the_scope_comes_before_the_paths() {
    let lines = ["path: { from: internet }", "when: resource.tags.owner == 'here'"];
    let there = "resource: {}, paths: [ { from: internet, risk: 9 } ], expect: not_applicable";
    let here = "resource: { tags: { owner: here } }, paths: [ { from: internet, risk: 9 } ], expect: fail";
    let unread = "resource: {}, unreadable: [tags], paths: [ { from: internet, risk: 9 } ], expect: unknown";
    for test in [there, here, unread] {
        assert!(outcome("aws_s3_bucket", &lines, test).is_ok(), "{test}");
    }
}

#[test]
fn mistakes_in_the_exposure_of_a_test_are_told() {
    let rule = ["rule: exposure(resource).internet == 'none'"];
    let run = |exposure: &str| {
        outcome(
            "aws_ec2_instance",
            &rule,
            &format!("resource: {{}}, exposure: {exposure}, expect: pass"),
        )
    };
    assert_eq!(run("{ internet: none }"), Ok(Verdict::Pass));
    let problem = |exposure: &str| run(exposure).unwrap_err();
    assert_eq!(
        problem("{ intrenet: none }"),
        "`exposure` has no attribute `intrenet`; did you mean `internet`?"
    );
    assert_eq!(
        problem("{ internet: everywhere }"),
        "`exposure.internet` is `everywhere`, expected one of none, narrow, wide, unknown"
    );
    assert_eq!(
        problem("{ accounts: 3 }"),
        "`exposure`.accounts must be bool, found int"
    );
    assert!(problem("{ internet: unknown }").starts_with("expected pass, got unknown"));
    assert!(problem("{ level: none }").starts_with("expected pass, got unknown"));
}
