//! Files from anywhere: whatever they hold, loading ends, never panics, and says what is wrong.

use plumb_model::graph::Sensitivity;
use plumb_model::value::{Text, Value};
use plumb_pack::inline_test::run_tests;
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};
use proptest::prelude::*;

const RECIPE: &str = r#"
provider: aws
service: s3
actions: { ListBuckets: s3:ListAllMyBuckets }
resources:
  my_bucket:
    aliases: [bucket]
    scope: global
    list: ListBuckets
    with: { MaxBuckets: 1000 }
    items: Buckets
    region: "{bucket_region}"
    uid: "arn:{partition}:s3:::{name}"
    name: "{name}"
    rename: { creation_date: created_at }
    where: resource.name != "x"
    facts:
      policy: { call: GetBucketPolicy, with: { Bucket: "{name}" }, take: Policy, parse: json, absent_on: [NoSuchBucketPolicy] }
      acl: { when: resource.policy != null, call: GetBucketAcl, with: { Bucket: "{name}" }, merge: true }
      tags: { call: GetBucketTagging, with: { Bucket: "{name}" }, take: TagSet }
    relations:
    - { attribute: "grants[].grantee.id", to: my_bucket, by: [name], as: granted_to }
    graph:
      kind: data
      policy: policy
      access:
        read: { actions: [s3:GetObject], on: "arn:{partition}:s3:::{name}/*", also: { all: [s3:ListBucket] }, when: resource.owner != null }
      exposed: [ { when: resource.name == "x", as: it is open, ports: [443], width: "grants[].grantee.id" } ]
      weak: [ { when: age(resource.created_at) > days(365), as: it is old } ]
      sensitivity: internal
"#;

const KNOWLEDGE: &str = r#"
provider: aws
escalations:
- id: an-escalation
  title: A way
  principal: user
  target: my_bucket
  requires:
  - { action: s3:PutObject, on: "arn:{partition}:s3:::{name}/*", context: { "s3:x": [a, b] } }
  - any:
    - { action: iam:PassRole, on: target }
    - - { present: my_bucket }
  gains: administrator
  references: [ https://example.com/ ]
"#;

const SENSITIVITY: &str = r#"
sensitivity:
  classification_tags: [data-class]
  says: [ { words: [very secret], level: restricted, label: PII } ]
  yes: ['true']
  flags: [ { tags: [pii], level: restricted } ]
  names: [ { words: [customer, client data], level: confidential, unless: [demo] } ]
"#;

const POLICIES: &str = r#"
policies:
- name: a-policy
  provider: aws
  resource_type: bucket
  severity: HIGH
  when: account.environment != "test"
  rule: |
    statements(resource.policy).all(s, s.effect != "Allow") &&
    related(resource, "my_bucket").size() < params.most
  params: { most: 3 }
  compliance_mapping: [ { SOC2: "1" } ]
  remediation: { summary: do it, console: here, cli: there }
  tests:
  - { name: a, resource: { policy: { Statement: [] } }, unreadable: [acl], expect: unknown }
  - { name: b, inventory: { my_bucket: [ { name: b, $unreadable: [policy] } ] }, now: 2026-01-01T00:00:00Z, expect: pass }
"#;

fn load(recipe: &str, policies: &str) {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let loaded = Pack::load(
        Base::Empty,
        &[file("collect.yaml", recipe), file("policies.yaml", policies)],
    );
    for diagnostic in &loaded.diagnostics {
        assert!(!diagnostic.message.is_empty() && !diagnostic.to_string().is_empty());
        assert!(diagnostic.source.is_some(), "{diagnostic}");
    }
    if loaded.pack.policies().is_empty() {
        assert!(
            !loaded.diagnostics.is_empty() || !policies.contains("name:"),
            "{policies}"
        );
    }
    for policy in loaded.pack.policies() {
        run_tests(&loaded.pack, policy);
    }
}

/// One change to a text: some bytes cut out and another text put there.
fn mutation() -> impl Strategy<Value = (usize, usize, String)> {
    let pieces = prop_oneof![
        Just(String::new()),
        Just("{".to_owned()),
        Just("]".to_owned()),
        Just(": ".to_owned()),
        Just("\n  - ".to_owned()),
        Just("[]".to_owned()),
        Just("null".to_owned()),
        Just("{parent.x}".to_owned()),
        Just("&a [*a]".to_owned()),
        Just("99999999999999999999".to_owned()),
        "[ -~\n\u{fc}]{0,6}",
    ];
    (any::<usize>(), 0..12_usize, pieces)
}

fn mutated(text: &str, (at, length, piece): &(usize, usize, String)) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = at % chars.len();
    let end = (at + length).min(chars.len());
    let (before, after) = (chars.iter().take(at), chars.iter().skip(end));
    before
        .copied()
        .chain(piece.chars())
        .chain(after.copied())
        .collect()
}

#[test]
fn the_files_of_these_tests_are_valid() {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let loaded = Pack::load(
        Base::Empty,
        &[
            file("collect.yaml", RECIPE),
            file("policies.yaml", POLICIES),
            file("escalations.yaml", KNOWLEDGE),
            file("sensitivity.yaml", SENSITIVITY),
        ],
    );
    assert_eq!(crate::support::show(&loaded.diagnostics), "");
    assert_eq!(loaded.pack.escalations().len(), 1);
    let policy = loaded.pack.policy("a-policy").unwrap();
    assert!(
        run_tests(&loaded.pack, policy)
            .iter()
            .all(|outcome| outcome.actual.is_some())
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_end_in_diagnostics(change in mutation(), other in mutation()) {
        load(&mutated(RECIPE, &change), POLICIES);
        load(RECIPE, &mutated(POLICIES, &change));
        load(&mutated(RECIPE, &other), &mutated(&mutated(POLICIES, &change), &other));
    }

    #[test]
    fn mutated_knowledge_of_the_graph_ends_in_diagnostics(change in mutation(), other in mutation()) {
        load(RECIPE, &mutated(KNOWLEDGE, &change));
        load(RECIPE, &mutated(SENSITIVITY, &change));
        load(&mutated(RECIPE, &other), &mutated(KNOWLEDGE, &change));
    }

    #[test]
    fn any_name_and_tag_is_classified(name in "\\PC{0,40}", key in "\\PC{0,20}", value in "\\PC{0,40}") {
        let pack = Pack::load(Base::Empty, &[SourceFile { path: "s.yaml".to_owned(), text: SENSITIVITY.to_owned() }]).pack;
        let tags = Value::Map([(Text::from(key), Value::from(value.as_str()))].into_iter().collect());
        let found = pack.sensitivity().classify(&name, &tags, Some(&value), Sensitivity::Internal);
        assert!(!found.because.is_empty() && !found.because.contains('\n'));
    }

    #[test]
    fn any_text_ends_in_diagnostics(text in "\\PC{0,60}") {
        load(&text, &text);
    }
}
