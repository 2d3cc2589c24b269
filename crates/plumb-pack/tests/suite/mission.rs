//! The three sample policies of the mission: they load as they stand and judge correctly.

use crate::support::load;
use jiff::Timestamp;
use plumb_expr::{NoInventory, Scope};
use plumb_model::account::{Account, Provider};
use plumb_model::diagnostic::Level;
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Value};
use plumb_model::verdict::{Severity, Verdict};
use plumb_pack::pack::Pack;

const POLICIES: &str = include_str!("../mission/policies.yaml");

fn pack() -> Pack {
    let loaded = load(POLICIES);
    assert!(
        !loaded.has_errors(),
        "{}",
        crate::support::show(&loaded.diagnostics)
    );
    loaded.pack
}

#[track_caller]
fn check(policy: &str, attributes: &str, expected: Verdict) {
    let pack = pack();
    let policy = pack.policy(policy).unwrap();
    let compiled = pack.compile(policy).unwrap();
    let attributes: Value = serde_json::from_str(attributes).unwrap();
    let map: Map = attributes.as_map().unwrap().clone();
    let resource = Resource::new(
        "uid",
        policy.resource_type.clone(),
        "name",
        "123456789012",
        "us-east-1",
        map,
    );
    let account = Account::new(Provider::Aws, "123456789012").document();
    let scope = Scope {
        resource: resource.document(),
        account: &account,
        params: &Value::Null,
        now: Timestamp::UNIX_EPOCH,
        inventory: &NoInventory,
    };
    let verdict = compiled.verdict(&scope);
    assert_eq!(verdict, expected, "{attributes}");
    let explains = matches!(expected, Verdict::Fail | Verdict::Unknown);
    assert_eq!(compiled.evidence(&scope, verdict).is_some(), explains);
}

#[test]
fn samples_keep_what_they_say() {
    let pack = pack();
    let policy = pack.policy("s3-bucket-encryption-required").unwrap();
    assert_eq!(policy.severity, Severity::High);
    assert_eq!(
        policy.description,
        "All S3 buckets must have AES-256 or KMS encryption enabled"
    );
    assert_eq!(
        policy.remediation.summary,
        "Enable default encryption on the S3 bucket using AES-256 or AWS KMS"
    );
    let controls: Vec<String> = pack
        .controls_of(&policy.name)
        .iter()
        .map(|c| format!("{} {}", c.framework, c.control))
        .collect();
    assert_eq!(controls, ["PCI_DSS 3.4", "SOC2 CC6.1", "cis-aws-5.0 2.1.1"]);
    assert_eq!(
        pack.policy("public-ip-not-attached-to-compute").unwrap().severity,
        Severity::Critical
    );
    assert_eq!(
        pack.policy("storage-account-private-endpoint").unwrap().provider,
        Provider::Azure
    );
}

#[test]
fn a_sample_named_like_a_built_in_policy_replaces_it_with_a_warning() {
    let loaded = load(POLICIES);
    let shown = crate::support::show(&loaded.diagnostics);
    assert!(
        loaded
            .diagnostics
            .iter()
            .all(|diagnostic| diagnostic.level == Level::Warning),
        "{shown}"
    );
    let is_built_in = Pack::builtin()
        .unwrap()
        .policy("s3-bucket-encryption-required")
        .is_some();
    assert_eq!(
        shown.contains("policy `s3-bucket-encryption-required` replaces the built-in one"),
        is_built_in,
        "{shown}"
    );
}

#[test]
fn bucket_encryption_is_judged() {
    let with = |algorithm: &str| {
        format!(
            r#"{{"encryption":{{"rules":[{{"apply_server_side_encryption_by_default":{{"sse_algorithm":{algorithm}}}}}]}}}}"#
        )
    };
    let name = "s3-bucket-encryption-required";
    check(name, &with(r#""aws:kms""#), Verdict::Pass);
    check(name, &with(r#""AES256""#), Verdict::Pass);
    check(name, &with(r#""rot13""#), Verdict::Fail);
    check(name, &with("null"), Verdict::Fail);
    check(name, r#"{"encryption":{"rules":[]}}"#, Verdict::Fail);
    check(name, r#"{"encryption":null}"#, Verdict::Fail);
    check(name, "{}", Verdict::Fail);
    check(
        name,
        r#"{"encryption":{"$unreadable":{"reason":"denied"}}}"#,
        Verdict::Unknown,
    );
}

#[test]
fn public_addresses_are_judged() {
    let name = "public-ip-not-attached-to-compute";
    check(name, r#"{"tags":{"Environment":"production"}}"#, Verdict::Pass);
    check(
        name,
        r#"{"public_ip_address":"203.0.113.5","tags":{"Environment":"production"}}"#,
        Verdict::Fail,
    );
    // As the sample is written, an instance that is not tagged as production fails too.
    check(name, r#"{"tags":{"Environment":"test"}}"#, Verdict::Fail);
    check(name, r#"{"tags":null}"#, Verdict::Fail);
    check(
        name,
        r#"{"tags":{"$unreadable":{"reason":"denied"}}}"#,
        Verdict::Unknown,
    );
    let both = r#"{"public_ip_address":"203.0.113.5","tags":{"$unreadable":{"reason":"denied"}}}"#;
    check(name, both, Verdict::Fail);
}

#[test]
fn storage_endpoints_are_judged() {
    let name = "storage-account-private-endpoint";
    let rules = r#""network_rules":{"default_action":"Deny"}"#;
    check(
        name,
        &format!(r#"{{{rules},"private_endpoint_connections":[{{"id":"x"}}]}}"#),
        Verdict::Pass,
    );
    check(
        name,
        &format!(r#"{{{rules},"private_endpoint_connections":[]}}"#),
        Verdict::Fail,
    );
    check(name, &format!("{{{rules}}}"), Verdict::Fail);
    let open = r#"{"network_rules":{"default_action":"Allow"},"private_endpoint_connections":[{"id":"x"}]}"#;
    check(name, open, Verdict::Fail);
    let unread =
        format!(r#"{{{rules},"private_endpoint_connections":{{"$unreadable":{{"reason":"denied"}}}}}}"#);
    check(name, &unread, Verdict::Unknown);
}
