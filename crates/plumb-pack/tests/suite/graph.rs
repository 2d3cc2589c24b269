//! The `graph` of resource types: what is read, what is refused, and that the built-in knowledge holds together.

use crate::support::{load, show};
use expect_test::{Expect, expect};
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_pack::graph_role::{AccessLevel, Callers, Demand, Gate, GraphRole, Needs, WithoutPolicy};
use plumb_pack::lint::lint;
use plumb_pack::load::Base;
use plumb_pack::pack::{Loaded, Pack, SourceFile};

/// A declared type with a graph, and the key it is encrypted with.
fn vault(graph: &str) -> String {
    let graph: String = graph.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "provider: aws
service: shop
resources:
  shop_vault:
    attributes:
      policy: json
      open: bool
      doors: [string]
      keeper: string
      key: string
      made: timestamp
      inner: [ {{ blocks: string, deep: {{ x: int }} }} ]
    relations:
    - {{ attribute: key, to: shop_key, as: locked_with }}
    - {{ attribute: keeper, to: shop_vault, as: kept_by }}
    graph:
{graph}  shop_key:
    attributes: {{ a: string }}
    graph: {{ kind: key }}
"
    )
}

fn load_alone(text: &str) -> Loaded {
    let file = SourceFile {
        path: "user.yaml".to_owned(),
        text: text.to_owned(),
    };
    Pack::load(Base::Empty, &[file])
}

fn read(graph: &str) -> GraphRole {
    let loaded = load_alone(&vault(graph));
    assert_eq!(show(&loaded.diagnostics), "");
    assert_eq!(show(&lint(&loaded.pack)), "");
    let vault = loaded.pack.resource_type("shop_vault").unwrap();
    vault.recipe.graph.clone().unwrap()
}

#[track_caller]
fn check(graph: &str, expected: &Expect) {
    let loaded = load(&vault(graph));
    assert!(loaded.has_errors(), "{graph}");
    assert!(loaded.pack.resource_type("shop_vault").is_err(), "{graph}");
    expected.assert_eq(&show(&loaded.diagnostics));
}

#[test]
fn every_key_is_read() {
    let role = read("kind: data
policy: policy
access:
  read: { actions: [s3:GetObject, s3:GetObjectVersion], on: \"arn:{partition}:s3:::{name}/*\", decrypt: locked_with }
  write:
  - actions: [s3:PutObject]
    when: resource.open
    encrypt: { key: locked_with, actions: [kms:GenerateDataKey] }
    home: [ { when: resource.open, as: its key serves no other } ]
    once: [ { when: resource.open, as: it is shut }, { when: 'true', as: it is painted } ]
  - all: [ec2:CreateVolume, ec2:AttachVolume]
    on: \"{keeper}\"
    also: [ { actions: [ec2:CreateTags], on: \"{inner[0].deep.x}\" }, { actions: [ec2:StartInstances] } ]
exposed:
- { when: resource.open && account.environment != 'test', as: its door is open, ports: [443, 8443], width: 'inner[].blocks' }
closed:
- { when: 'true', as: it stands in a cellar }
weak:
- { when: 'age(resource.made) > days(365)', as: it is old }
sensitivity: restricted
runs_as: keeper");
    assert_eq!(
        (role.kind, role.sensitivity),
        (NodeKind::Data, Sensitivity::Restricted)
    );
    assert_eq!(role.policy.as_ref().unwrap().to_string(), "policy");
    let reads: Vec<_> = role.access_of(AccessLevel::Read).collect();
    let read = reads.first().unwrap();
    assert_eq!(
        read.grants.first().unwrap().actions,
        ["s3:GetObject", "s3:GetObjectVersion"]
    );
    assert_eq!(read.decrypt.as_deref(), Some("locked_with"));
    let writes: Vec<_> = role.access_of(AccessLevel::Write).collect();
    let grants: Vec<(Needs, usize)> = writes
        .iter()
        .flat_map(|access| &access.grants)
        .map(|grant| (grant.needs, grant.actions.len()))
        .collect();
    assert_eq!(
        grants,
        [(Needs::Any, 1), (Needs::All, 2), (Needs::Any, 1), (Needs::Any, 1)]
    );
    // Without `on` the actions are evaluated on the resource itself.
    let first = writes.first().unwrap();
    assert!(first.when.is_some());
    let encrypt = first.encrypt.as_ref().unwrap();
    assert_eq!(
        (encrypt.key.as_str(), encrypt.actions.as_slice()),
        ("locked_with", &["kms:GenerateDataKey".into()][..])
    );
    assert_eq!((first.home.len(), first.once.len()), (1, 2));
    assert_eq!(first.once.last().unwrap().clause, "it is painted");
    assert_eq!(
        first.grants.first().unwrap().on.attributes().collect::<Vec<_>>(),
        ["uid"]
    );
    assert_eq!(role.access_of(AccessLevel::Administer).count(), 0);
    let opening = role.exposed.first().unwrap();
    assert_eq!(opening.ports, [443, 8443]);
    assert_eq!(opening.width.as_ref().unwrap().to_string(), "inner[].blocks");
    assert_eq!(opening.clause, "its door is open");
    assert_eq!(role.closed.first().unwrap().clause, "it stands in a cellar");
    assert_eq!(role.weak.first().unwrap().clause, "it is old");
    assert_eq!(
        role.attributes(),
        ["inner", "keeper", "made", "name", "open", "policy", "uid"]
    );
}

#[test]
fn rules_may_look_at_other_resources() {
    let role = read(
        "kind: data\nweak:\n- { when: 'related(resource, \"shop_key\").exists(key, key.a == null)', as: its key is gone }",
    );
    assert_eq!(role.rules().count(), 1);
}

#[test]
fn what_is_not_said_has_its_usual_value() {
    let sensitivity = |kind: &str| read(&format!("kind: {kind}")).sensitivity;
    assert_eq!(sensitivity("data"), Sensitivity::Internal);
    assert_eq!(sensitivity("secret"), Sensitivity::Confidential);
    let role = read("kind: network");
    assert!(role.access.is_empty() && role.exposed.is_empty() && role.weak.is_empty());
    assert!(role.policy.is_none() && role.runs_as.is_none());
    assert!(role.attributes().is_empty());
}

#[test]
fn kind_is_needed_and_one_of_eight() {
    check(
        "policy: policy",
        &expect![[r#"
        user.yaml:17:7: error: the `graph` of a type lacks `kind`
        |       policy: policy
        |       ^^^^^^ `kind` is missing here
    "#]],
    );
    check(
        "kind: dta\nsensitivity: secret",
        &expect![[r#"
        user.yaml:17:13: error: `dta` is not known here
        help: did you mean `data`?
        |       kind: dta
        |             ^^^ expected one of identity, workload, data, secret, key, front, network, other
        user.yaml:18:20: error: `secret` is not known here
        help: expected one of public, internal, confidential, restricted
        |       sensitivity: secret
        |                    ^^^^^^ expected one of public, internal, confidential, restricted
    "#]],
    );
    check(
        "kind: data\npolicies: policy",
        &expect![[r#"
        user.yaml:18:7: error: unknown key `policies` in the `graph` of a type
        help: did you mean `policy`?
        |       policies: policy
        |       ^^^^^^^^ not known here
    "#]],
    );
}

#[test]
fn paths_must_exist_and_fit() {
    check(
        "kind: data\npolicy: polcy",
        &expect![[r#"
        user.yaml:18:15: error: `shop_vault` has no attribute `polcy` in path `polcy`
        help: did you mean `policy`?
        |       policy: polcy
        |               ^^^^^ in this path
    "#]],
    );
    check(
        "kind: data\npolicy: keeper",
        &expect![[r#"
        user.yaml:18:15: error: `policy` leads to string, not to a parsed document
        |       policy: keeper
        |               ^^^^^^ does not fit
    "#]],
    );
    check(
        "kind: workload\nruns_as: inner",
        &expect![[r#"
        user.yaml:18:16: error: `runs_as` leads to list of inner, not to a text that names a role
        |       runs_as: inner
        |                ^^^^^ does not fit
    "#]],
    );
    check(
        "kind: data\nexposed:\n- { when: resource.open, as: open, width: keeper }",
        &expect![[r#"
            user.yaml:19:49: error: `width` leads to string, not to a list of address blocks
            |       - { when: resource.open, as: open, width: keeper }
            |                                                 ^^^^^^ does not fit
        "#]],
    );
}

#[test]
fn accesses_name_whole_actions() {
    check(
        "kind: data\naccess: { reed: { actions: [s3:GetObject] } }",
        &expect![[r#"
            user.yaml:18:17: error: unknown access `reed`
            help: did you mean `read`?
            |       access: { reed: { actions: [s3:GetObject] } }
            |                 ^^^^ expected one of read, write, administer
        "#]],
    );
    check(
        "kind: data\naccess: { read: { actions: ['s3:Get*', GetObject, ':x'] } }",
        &expect![[r#"
            user.yaml:18:35: error: `s3:Get*` is not an IAM action
            help: name each action; a pattern would cover actions that nobody has thought of
            |       access: { read: { actions: ['s3:Get*', GetObject, ':x'] } }
            |                                   ^^^^^^^^^ expected `service:Action`
            user.yaml:18:46: error: `GetObject` is not an IAM action
            help: write the prefix of the service, a colon and the action, for example `s3:GetObject`
            |       access: { read: { actions: ['s3:Get*', GetObject, ':x'] } }
            |                                              ^^^^^^^^^ expected `service:Action`
            user.yaml:18:57: error: `:x` is not an IAM action
            help: write the prefix of the service, a colon and the action, for example `s3:GetObject`
            |       access: { read: { actions: ['s3:Get*', GetObject, ':x'] } }
            |                                                         ^^^^ expected `service:Action`
        "#]],
    );
    check(
        "kind: data\naccess: { read: { actions: [] } }",
        &expect![[r#"
        user.yaml:18:34: error: `actions` names no action
        |       access: { read: { actions: [] } }
        |                                  ^^ at least one
    "#]],
    );
    check(
        "kind: data\naccess: { read: { on: '{uid}' } }",
        &expect![[r#"
        user.yaml:18:25: error: an access lacks `actions`
        |       access: { read: { on: '{uid}' } }
        |                         ^^ `actions` is missing here
    "#]],
    );
    check(
        "kind: data\naccess: { read: { actions: [s3:GetObject], all: [s3:PutObject] } }",
        &expect![[r#"
            user.yaml:18:50: error: an access has either `actions` or `all`
            |       access: { read: { actions: [s3:GetObject], all: [s3:PutObject] } }
            |                                                  ^^^ has both
        "#]],
    );
}

#[test]
fn templates_and_relations_of_accesses_are_checked() {
    check(
        "kind: data\naccess: { read: { actions: [s3:GetObject], on: 'arn:{nmae}' } }",
        &expect![[r#"
            user.yaml:18:54: error: `shop_vault` has no attribute `nmae` in path `nmae`
            help: did you mean `name`?
            |       access: { read: { actions: [s3:GetObject], on: 'arn:{nmae}' } }
            |                                                      ^^^^^^^^^^^^ in this template
        "#]],
    );
    check(
        "kind: data\naccess: { read: { actions: [s3:GetObject], on: 'arn:{parent.x}' } }",
        &expect![[r#"
            user.yaml:18:54: error: a parent is known only while its children are read
            help: take what is needed over with `keep`
            |       access: { read: { actions: [s3:GetObject], on: 'arn:{parent.x}' } }
            |                                                      ^^^^^^^^^^^^^^^^ in this template
        "#]],
    );
    check(
        "kind: data\naccess: { read: { actions: [s3:GetObject], decrypt: loked_with } }",
        &expect![[r#"
            user.yaml:18:50: error: `shop_vault` has no relation `loked_with`
            help: did you mean `locked_with`?
            |       access: { read: { actions: [s3:GetObject], decrypt: loked_with } }
            |                                                  ^^^^^^^ not under `relations`
        "#]],
    );
}

#[test]
fn rules_are_type_checked() {
    check(
        "kind: data\nexposed:\n- { when: resource.opn, as: open }",
        &expect![[r#"
            user.yaml:19:26: error: `shop_vault` has no attribute `opn`
            help: did you mean `open`?
            |       - { when: resource.opn, as: open }
            |                          ^^^ no such attribute
        "#]],
    );
    check(
        "kind: data\nweak:\n- { when: 'inventory(\"shop_kee\").size() > 0', as: keys }",
        &expect![[r#"
            user.yaml:19:28: error: unknown resource type `shop_kee`
            help: did you mean `shop_key`?
            |       - { when: 'inventory("shop_kee").size() > 0', as: keys }
            |                            ^^^^^^^^^^ no such resource type
        "#]],
    );
    check(
        "kind: data\nweak:\n- { when: 'inventory(\"shop_key\").exists(key, key.b)', as: keys }",
        &expect![[r#"
            user.yaml:19:56: error: `shop_key` has no attribute `b`
            help: did you mean `a`?
            |       - { when: 'inventory("shop_key").exists(key, key.b)', as: keys }
            |                                                        ^ no such attribute
        "#]],
    );
    check(
        "kind: data\nweak:\n- { when: 'inventory(\"shop_vault\").exists(other, other.open)', as: circle }",
        &expect![[r#"
            user.yaml:19:17: error: type `shop_vault` goes through itself
            |       - { when: 'inventory("shop_vault").exists(other, other.open)', as: circle }
            |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ looked at in this rule
        "#]],
    );
    check(
        "kind: data\nexposed:\n- { when: resource.open }",
        &expect![[r#"
        user.yaml:19:11: error: an entry of `exposed` lacks `as`
        |       - { when: resource.open }
        |           ^^^^ `as` is missing here
    "#]],
    );
    check(
        "kind: data\nexposed:\n- { when: resource.open, as: open, ports: [0, ssh, 70000] }",
        &expect![[r#"
            user.yaml:19:50: error: a port is a number from 1 to 65535
            |       - { when: resource.open, as: open, ports: [0, ssh, 70000] }
            |                                                  ^ not a port
            user.yaml:19:53: error: a port is a number from 1 to 65535
            |       - { when: resource.open, as: open, ports: [0, ssh, 70000] }
            |                                                     ^^^ not a port
            user.yaml:19:58: error: a port is a number from 1 to 65535
            |       - { when: resource.open, as: open, ports: [0, ssh, 70000] }
            |                                                          ^^^^^ not a port
        "#]],
    );
}

#[test]
fn decryption_by_something_that_is_no_key_is_an_error_of_the_pack() {
    let text = vault("kind: data\naccess: { read: { actions: [s3:GetObject], decrypt: kept_by } }");
    let loaded = load_alone(&text);
    assert_eq!(show(&loaded.diagnostics), "");
    expect![[r#"
        user.yaml:4:3: error: `decrypt: kept_by` of `shop_vault` leads to no type of kind `key`
        help: name a relation to a key
        |   shop_vault:
        |   ^^^^^^^^^^ in this type
    "#]]
    .assert_eq(&show(&lint(&loaded.pack)));
}

#[test]
fn gates_are_read() {
    let role = read(
        "kind: data
policy: policy
exposed:
- { when: 'true', as: a, gate: { allows: [s3:GetObject] } }
- { when: 'true', as: b, provided: it rains, part_of: kept_by, gate: { denies: [s3:GetObject], on: \"{keeper}/*\", without_policy: open, accounts: c, lacks: [x:y], context: { k: \"{name}\" } } }
",
    );
    let gates: Vec<&Gate> = role
        .exposed
        .iter()
        .filter_map(|opening| opening.gate.as_ref())
        .collect();
    let shapes: Vec<_> = gates
        .iter()
        .map(|gate| (gate.demand, gate.without_policy, &gate.callers))
        .collect();
    assert_eq!(
        shapes,
        [
            (Demand::Allowed, WithoutPolicy::Shut, &Callers::Anybody),
            (
                Demand::NotDenied,
                WithoutPolicy::Open,
                &Callers::Accounts("c".into())
            ),
        ]
    );
    assert_eq!((gates[1].lacks.len(), gates[1].context.len()), (1, 1));
    assert_eq!(role.exposed[1].provided.as_deref(), Some("it rains"));
    assert_eq!(role.exposed[1].part_of.as_deref(), Some("kept_by"));
    assert!(role.attributes().iter().any(|attribute| attribute == "keeper"));
}

#[test]
fn a_gate_without_a_policy_and_one_that_asks_for_both_are_refused() {
    for (policy, gate) in [
        ("", "{ allows: [s3:GetObject] }"),
        (
            "policy: policy\n",
            "{ allows: [s3:GetObject], denies: [s3:GetObject] }",
        ),
        ("policy: policy\n", "{ allows: [] }"),
        (
            "policy: policy\n",
            "{ allows: [s3:GetObject], without_policy: ajar }",
        ),
    ] {
        let graph = format!("kind: data\n{policy}exposed:\n- {{ when: 'true', as: a, gate: {gate} }}\n");
        assert!(load(&vault(&graph)).has_errors(), "{graph}");
    }
}
