//! How sensitive data is by its tags, its name and its account: what the built-in rules say, near-misses, and bad files.

use crate::support::{load, show};
use expect_test::{Expect, expect};
use plumb_model::graph::Sensitivity::{self, Confidential, Internal, Public, Restricted};
use plumb_model::value::Value;
use plumb_pack::pack::Pack;
use plumb_pack::sensitivity::{Certainty, Classified};

fn classify(name: &str, tags: &str, class: Option<&str>, default: Sensitivity) -> Classified {
    let tags: Value = serde_json::from_str(tags).unwrap();
    let pack = Pack::builtin().unwrap();
    pack.sensitivity().classify(name, &tags, class, default)
}

#[test]
fn names_hint_at_what_they_hold() {
    let pack = Pack::builtin().unwrap();
    for (name, level, label) in [
        ("prod-customer-data", Confidential, "customer data"),
        ("acmeCustomerExports", Confidential, "customer data"),
        ("payments-db", Restricted, "payment data"),
        ("pci-cardholder-2024", Restricted, "payment data"),
        ("PIIArchive", Restricted, "PII"),
        ("hr-payroll", Confidential, "personnel data"),
        ("phi-store", Restricted, "health data"),
        ("patient-portal-uploads", Restricted, "health data"),
        ("db-dumps-nightly", Confidential, "backups"),
        ("acme-terraform-state", Confidential, "infrastructure state"),
        ("app.secrets.prod", Restricted, "credentials"),
        ("aws-cloudtrail-logs-123456789012", Internal, "audit logs"),
        ("alb_access_logs", Internal, "logs and artifacts"),
        ("acme-public-website", Public, "published content"),
        // The most sensitive hint counts, wherever it stands.
        ("public-customer-exports", Confidential, "customer data"),
        ("customer-payments", Restricted, "payment data"),
        ("backup-of-payments", Restricted, "payment data"),
    ] {
        let found = pack.sensitivity().classify(name, &Value::Null, None, Internal);
        assert_eq!(
            (found.level, found.label.as_deref().unwrap_or_default()),
            (level, label),
            "{name}: {}",
            found.because
        );
    }
}

#[test]
fn near_misses_hint_at_nothing() {
    let pack = Pack::builtin().unwrap();
    for name in [
        "chips",
        "recipients",
        "recipient-list",
        "shrimp",
        "chronos",
        "sapphire-frontend",
        "philadelphia",
        "philharmonic-tickets",
        "phi-3-mini-weights",
        "phi4-model-cache",
        "three-tier-app",
        "hrs-per-week",
        "backupper",
        "discard-pile",
        "postcards",
        "cardinal",
        "spcix",
        "secretary-notes",
        "secret-rotation-lambda",
        "password-policy-docs",
        "encryption",
        "blogs",
        "catalogs",
        "dialog-flows",
        "republic-of-games",
        "publications",
        "catacomb",
        "syntax-tree",
        "taxi-rides",
        "terraform-modules",
        "state-machine",
        "userdata-bootstrap",
        "dump-truck-telemetry",
        "emr-cluster",
        "health-check",
        "customer-portal-assets",
        "terraform-state-lock",
    ] {
        let found = pack.sensitivity().classify(name, &Value::Null, None, Internal);
        assert_eq!(
            (found.level, found.label),
            (Internal, None),
            "{name}: {}",
            found.because
        );
    }
}

#[test]
fn tags_decide_before_names_in_their_usual_spellings() {
    for (tags, level, label) in [
        (r#"{"data-classification":"confidential"}"#, Confidential, ""),
        (r#"{"DataClassification":"Highly Confidential"}"#, Restricted, ""),
        (r#"{"data_class":"RESTRICTED"}"#, Restricted, ""),
        (r#"{"acme:data-class":"Restricted (PII)"}"#, Restricted, "PII"),
        (r#"{"example.com/DataClass":"internal-use-only"}"#, Internal, ""),
        (r#"{"Sensitivity":"non-confidential"}"#, Internal, ""),
        (r#"{"Confidentiality":"Not sensitive"}"#, Internal, ""),
        (r#"{"classification":"public"}"#, Public, ""),
        (r#"{"Classification":"C3"}"#, Restricted, ""),
        (r#"{"pii":"true"}"#, Restricted, "PII"),
        (r#"{"ContainsPII":"Yes"}"#, Restricted, "PII"),
        (r#"{"HIPAA":"in scope"}"#, Restricted, "health data"),
        (r#"{"pci-dss":"1"}"#, Restricted, "payment data"),
        // The most sensitive of several tags counts, in whatever order they come.
        (r#"{"pii":"yes","data-class":"internal"}"#, Restricted, "PII"),
        (
            r#"{"a-class":"x","data-class":"internal","pii":"yes"}"#,
            Restricted,
            "PII",
        ),
    ] {
        let found = classify("public-website", tags, Some("Public"), Internal);
        assert_eq!(
            (found.level, found.label.as_deref().unwrap_or_default()),
            (level, label),
            "{tags}: {}",
            found.because
        );
        assert!(found.because.starts_with("tag `"), "{}", found.because);
    }
}

#[test]
fn tags_that_say_nothing_leave_it_to_the_name() {
    for tags in [
        "null",
        "{}",
        r#"{"pii":"false"}"#,
        r#"{"pii":"no","phi":"0"}"#,
        r#"{"data-class":"gold"}"#,
        r#"{"data-class":""}"#,
        r#"{"Name":"pii","Team":"restricted"}"#,
        r#"{"class":"restricted"}"#,
        r#"{"reclassification":"restricted"}"#,
        r#"{"data-class":null}"#,
    ] {
        let found = classify("customers", tags, None, Internal);
        assert_eq!(
            found.label.as_deref(),
            Some("customer data"),
            "{tags}: {}",
            found.because
        );
        assert_eq!(found.certainty, Certainty::Certain, "{tags}");
    }
}

#[test]
fn the_class_of_the_account_raises_what_nothing_else_tells() {
    let level = |name: &str, class: &str, default| classify(name, "{}", Some(class), default).level;
    assert_eq!(level("x", "Confidential", Internal), Confidential);
    assert_eq!(level("x", "Internal", Internal), Internal);
    assert_eq!(level("x", "Restricted (PII)", Internal), Restricted);
    assert_eq!(level("x", "whatever", Internal), Internal);
    assert_eq!(level("x", "Public", Confidential), Confidential);
    assert_eq!(level("alb-logs", "Restricted (PII)", Internal), Internal);
    let found = classify("x", "{}", Some("Restricted (PII)"), Internal);
    assert_eq!(found.label.as_deref(), Some("PII"));
    assert_eq!(
        found.because,
        "the account holds data of the class `Restricted (PII)`"
    );
}

#[test]
fn a_name_does_not_lower_what_is_sensitive_by_nature() {
    assert_eq!(classify("website", "{}", None, Confidential).level, Confidential);
    assert_eq!(classify("website", "{}", None, Internal).level, Public);
    assert_eq!(classify("payments", "{}", None, Confidential).level, Restricted);
    assert_eq!(
        classify("x", r#"{"data-class":"public"}"#, None, Confidential).level,
        Public
    );
}

#[test]
fn unread_tags_leave_it_uncertain() {
    let unreadable = r#"{"$unreadable":{"reason":"denied"}}"#;
    let found = classify("customers", unreadable, None, Internal);
    assert_eq!(
        (found.level, found.certainty),
        (Confidential, Certainty::TagsUnread)
    );
    let found = classify("x", &format!(r#"{{"pii":{unreadable}}}"#), None, Internal);
    assert_eq!((found.level, found.certainty), (Internal, Certainty::TagsUnread));
}

#[test]
fn hostile_texts_are_shown_short_and_on_one_line() {
    let value = format!("restricted\\n`{}", "x".repeat(5000));
    let found = classify("x", &format!(r#"{{"data-class":"{value}"}}"#), None, Internal);
    assert_eq!(found.level, Restricted);
    assert!(
        found.because.len() < 300 && !found.because.contains('\n'),
        "{}",
        found.because
    );
    let found = classify(&"customer-".repeat(100_000), "{}", None, Internal);
    assert_eq!(found.level, Confidential);
}

#[test]
fn rules_of_a_user_go_before_the_built_in_ones() {
    let loaded = load(
        "sensitivity:
  names:
  - { words: [customers], level: public, label: demo data }
  - { words: [zebra file], level: restricted, label: zebras }
",
    );
    assert_eq!(show(&loaded.diagnostics), "");
    let rules = loaded.pack.sensitivity();
    let level = |name: &str| rules.classify(name, &Value::Null, None, Internal).level;
    assert_eq!(level("customers"), Public);
    assert_eq!(level("the-zebra-file"), Restricted);
    assert_eq!(level("zebra-the-file"), Internal);
    assert_eq!(level("payments"), Restricted);
}

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let loaded = load(text);
    assert!(loaded.has_errors(), "{text}");
    expected.assert_eq(&show(&loaded.diagnostics));
}

#[test]
fn bad_files_are_told_where() {
    check(
        "sensitivity:\n  names:\n  - { words: [x], level: secret }\n  - { word: [x], level: public }\n",
        &expect![[r#"
            user.yaml:3:26: error: `secret` is not known here
            help: expected one of public, internal, confidential, restricted
            |   - { words: [x], level: secret }
            |                          ^^^^^^ expected one of public, internal, confidential, restricted
            user.yaml:4:7: error: unknown key `word` in an entry of `names`
            help: did you mean `words`?
            |   - { word: [x], level: public }
            |       ^^^^ not known here
            user.yaml:4:7: error: an entry of `names` lacks `words`
            |   - { word: [x], level: public }
            |       ^^^^ `words` is missing here
        "#]],
    );
    check(
        "sensitivity:\n  names:\n  - { words: ['--'], level: public }\n",
        &expect![[r#"
            user.yaml:3:15: error: `--` holds no word
            |   - { words: ['--'], level: public }
            |               ^^^^ letters or digits
        "#]],
    );
    check(
        "sensitivity:\n  flags:\n  - { tags: [pii], level: restricted }\n",
        &expect![[r#"
            user.yaml:2:3: error: `flags` need `yes`, the values that set them
            |   flags:
            |   ^^^^^ none of them can be set
        "#]],
    );
    check(
        "sensitivity: [x]\n",
        &expect![[r#"
        user.yaml:1:14: error: `sensitivity` must be a map, found a list
        | sensitivity: [x]
        |              ^^^ not a map
    "#]],
    );
}
