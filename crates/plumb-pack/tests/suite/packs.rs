//! Packs as a whole: selection, names, schemas, scaffolds and inline tests.

use crate::support::{load, show};
use expect_test::expect;
use plumb_pack::inline_test::run_tests;
use plumb_pack::lint::lint;
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};
use plumb_pack::scaffold::scaffold;
use plumb_pack::schema_tree::schema_tree;
use plumb_pack::selection::Selection;

/// A type and three policies that need nothing built in.
const DECLARED: &str = "
provider: aws
service: shop
resources:
  shop_till:
    aliases: [till]
    attributes: { open: bool, drawers: [ { label: string, full: bool } ], last_audit: timestamp, owner: string }
    relations:
    - { attribute: owner, to: shop_person, by: label, as: owned_by }
  shop_person:
    attributes: { label: string, sleeps: bool }
";

const POLICIES: &str = "
policies:
- name: till-closed
  provider: aws
  resource_type: till
  severity: LOW
  rule: resource.open == false
  aliases: [ 'other:TILL_1', 'old:closed' ]
  compliance_mapping: [ { House-Rules: ['1', '2'] } ]
  tests:
  - { name: closed, resource: { open: false }, expect: pass }
  - { name: open, resource: { open: true }, expect: fail, evidence: resource.open }
  - { name: not read, unreadable: [open], expect: unknown, evidence: access denied }
  - { name: wrong expectation, resource: { open: true }, expect: pass }
  - { name: misspelt, resource: { opne: true }, expect: pass }
  - { name: wrong type, resource: { open: 'yes' }, expect: pass }
- name: drawers-not-full
  provider: aws
  resource_type: shop_till
  severity: HIGH
  when: account.environment != 'test'
  rule: resource.drawers.all(drawer, !drawer.full) && age(resource.last_audit) < days(params.days)
  params: { days: 10 }
  aliases: [ 'other:TILL_1' ]
  tests:
  - name: bad one last
    resource: { drawers: [ { full: false }, { full: true } ], last_audit: 2025-12-31T00:00:00Z }
    expect: fail
  - name: bad one first
    resource: { drawers: [ { full: true }, { full: false } ], last_audit: 2025-12-31T00:00:00Z }
    expect: fail
  - { name: fresh, resource: { drawers: [], last_audit: 2025-12-31T00:00:00Z }, expect: pass }
  - { name: stale, resource: { drawers: [], last_audit: 2025-12-01T00:00:00Z }, expect: fail }
  - { name: stale but allowed, resource: { last_audit: 2025-12-01T00:00:00Z }, params: { days: 60 }, expect: pass }
  - { name: later, resource: { last_audit: 2025-12-31T00:00:00Z }, now: 2026-02-01T00:00:00Z, expect: fail }
  - { name: test account, account: { environment: test }, expect: not_applicable }
- name: owner-sleeps
  provider: aws
  resource_type: shop_till
  severity: MEDIUM
  rule: related(resource, 'shop_person').exists(person, person.sleeps) && inventory('shop_person').size() < 3
  tests:
  - { name: asleep, resource: { owner: x }, inventory: { shop_person: [ { label: y }, { label: x, sleeps: true } ] }, expect: pass }
  - { name: awake, resource: { owner: x }, inventory: { shop_person: [ { label: x, sleeps: false } ] }, expect: fail }
  - { name: nobody, resource: {}, inventory: { shop_person: [] }, expect: fail }
  - { name: elsewhere, resource: { owner: z }, inventory: { shop_person: [ { label: x } ] }, expect: unknown, evidence: outside }
  - { name: sleep not read, resource: { owner: x }, inventory: { shop_person: [ { label: x, $unreadable: [sleeps] } ] }, expect: unknown }
  - { name: nobody listed, resource: { owner: x }, unreadable_types: [shop_person], expect: unknown }
";

fn shop() -> Pack {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let loaded = Pack::load(
        Base::Empty,
        &[file("collect.yaml", DECLARED), file("policies.yaml", POLICIES)],
    );
    assert_eq!(show(&loaded.diagnostics), "");
    loaded.pack
}

#[test]
fn inline_tests_hold_or_say_why_not() {
    let pack = shop();
    let outcomes = pack.policies().iter().flat_map(|policy| run_tests(&pack, policy));
    let problems: Vec<String> = outcomes
        .filter_map(|outcome| Some(format!("{}: {}", outcome.name, outcome.problem?)))
        .collect();
    expect![[r#"
        wrong expectation: expected pass, got fail: `resource.open` is true, required == false
        misspelt: `shop_till` has no attribute `opne`; did you mean `open`?
        wrong type: attribute `open` must be bool, found string"#]]
    .assert_eq(&problems.join("\n"));
}

#[test]
fn selections_narrow_by_every_part_that_is_given() {
    let pack = shop();
    let select = |policies: &[&str], frameworks: &[&str]| {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let selection = Selection {
            policies: texts(policies),
            frameworks: texts(frameworks),
            ..Selection::default()
        };
        match pack.select(&selection) {
            Ok(policies) => policies
                .iter()
                .map(|policy| policy.name.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            Err(diagnostic) => diagnostic.to_string(),
        }
    };
    for (policies, frameworks, expected) in [
        (&[][..], &[][..], "drawers-not-full owner-sleeps till-closed"),
        (&["till-closed"], &[], "till-closed"),
        (&["OTHER:TILL_1"], &[], "drawers-not-full till-closed"),
        (&["till_1"], &[], "drawers-not-full till-closed"),
        (&["closed", "owner-*"], &[], "owner-sleeps till-closed"),
        (&[], &["house-rules"], "till-closed"),
        (&["owner-sleeps"], &["House-Rules"], ""),
        (
            &["til-closed"],
            &[],
            "error: no policy is called `til-closed`\nhelp: did you mean `till-closed`?",
        ),
        (
            &["x-*"],
            &[],
            "error: no policy matches `x-*`\nhelp: `plumb policy list` shows all policies",
        ),
        (
            &[],
            &["cis"],
            "error: no framework is called `cis`\nhelp: known frameworks are House-Rules",
        ),
    ] {
        assert_eq!(
            select(policies, frameworks),
            expected,
            "{policies:?} {frameworks:?}"
        );
    }
    let unknown = Selection {
        services: vec!["s4".to_owned()],
        ..Selection::default()
    };
    assert!(pack.select(&unknown).is_err());
    let azure = Selection {
        provider: Some(plumb_model::account::Provider::Azure),
        ..Selection::default()
    };
    assert!(pack.select(&azure).is_ok_and(|policies| policies.is_empty()));
}

#[test]
fn an_alias_of_several_policies_is_not_one_policy() {
    let pack = shop();
    assert_eq!(pack.policy("closed").unwrap().name, "till-closed");
    assert!(pack.policy("TILL_1").is_none());
    assert_eq!(pack.policies_called("TILL_1").len(), 2);
}

#[test]
fn mappings_make_a_framework() {
    let pack = shop();
    let framework = pack.framework("house-rules").unwrap();
    let controls: Vec<&str> = framework
        .controls
        .iter()
        .map(|control| control.id.as_str())
        .collect();
    assert_eq!((framework.id.as_str(), controls), ("House-Rules", vec!["1", "2"]));
}

#[test]
fn schemas_name_the_call_of_each_attribute() {
    let pack = Pack::builtin().unwrap();
    let bucket = pack.resource_type("aws_s3_bucket").unwrap();
    let lines: Vec<String> = schema_tree(&bucket)
        .into_iter()
        .filter(|line| line.depth == 0 && !line.name.ends_with("configurations[]"))
        .take(6)
        .map(|line| format!("{}: {} from {}", line.name, line.type_, line.source))
        .collect();
    expect![[r#"
        abac_status: string from s3:GetBucketAbac
        acceleration_status: string from s3:GetBucketAccelerateConfiguration
        account: string from every resource
        acl: object from s3:GetBucketAcl
        bucket_arn: string from s3:ListBuckets
        bucket_region: string from s3:ListBuckets"#]]
    .assert_eq(&lines.join("\n"));
    assert_eq!(
        bucket.fact_of("encryption").unwrap().call.operation,
        "GetBucketEncryption"
    );
    assert_eq!(
        bucket.fact_of("encryption").unwrap().call.actions,
        ["s3:GetEncryptionConfiguration"]
    );
    assert!(bucket.fact_of("name").is_none());
    assert_eq!(
        pack.resource_type("aws_instance").unwrap().name,
        "aws_ec2_instance"
    );
}

#[test]
fn recursive_shapes_end() {
    let pack = Pack::builtin().unwrap();
    for name in pack.resource_types() {
        let lines = pack
            .resource_type(&name)
            .map_or(0, |found| schema_tree(&found).len());
        assert!(lines < 20_000, "{name}: {lines}");
    }
}

#[test]
fn scaffolds_load_and_their_tests_hold() {
    let builtin = Pack::builtin().unwrap();
    for name in builtin.resource_types() {
        let Ok(resource_type) = builtin.resource_type(&name) else {
            continue;
        };
        let text = scaffold("my-new-policy", &resource_type, None);
        let loaded = load(&text);
        assert_eq!(show(&loaded.diagnostics), "", "{text}");
        let policy = loaded.pack.policy("my-new-policy").unwrap();
        let problems: Vec<String> = run_tests(&loaded.pack, policy)
            .into_iter()
            .filter_map(|outcome| outcome.problem)
            .collect();
        assert_eq!(problems, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn lint_finds_what_loading_lets_pass() {
    let shown = show(&lint(&shop()));
    for expected in [
        "test `wrong expectation` of `till-closed`",
        "test `misspelt` of `till-closed`",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let framework = "id: f\ntitle: F\ncontrols:\n- { id: '1', title: x, assessment: automated, policies: [till-clsed] }\n- { id: '2', title: y, assessment: automated }\n";
    let user = [
        file("collect.yaml", DECLARED),
        file("policies.yaml", POLICIES),
        file("f.yaml", framework),
    ];
    let loaded = Pack::load(Base::Empty, &user);
    let shown = show(&lint(&loaded.pack));
    assert!(
        shown
            .contains("control `1` names the unknown policy `till-clsed`\nhelp: did you mean `till-closed`?"),
        "{shown}"
    );
    assert!(
        shown.contains("automated control `2` of `f` has no policy"),
        "{shown}"
    );
}

#[test]
fn user_types_replace_built_in_ones_with_a_warning_and_each_other_never() {
    let text = "provider: aws\nservice: s3\nresources:\n  aws_s3_bucket: { attributes: { a: string } }\n";
    let loaded = crate::support::load_files(&[("a.yaml", text)]);
    assert!(
        loaded
            .pack
            .resource_type("aws_s3_bucket")
            .unwrap()
            .attribute("a")
            .is_some()
    );
    assert!(
        show(&loaded.diagnostics)
            .contains("warning: resource type `aws_s3_bucket` replaces the built-in one")
    );
    let loaded = crate::support::load_files(&[("a.yaml", text), ("b.yaml", text)]);
    assert!(
        show(&loaded.diagnostics)
            .contains("b.yaml:4:3: error: resource type `aws_s3_bucket` stands in two files")
    );
}
