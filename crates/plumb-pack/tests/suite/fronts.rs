//! The `hands_on`, `guarded`, `withheld`, `shared`, `vouches` and `gives` keys of a `graph`: what is read, and what is refused.

use expect_test::{Expect, expect};
use plumb_pack::graph_role::GraphRole;
use plumb_pack::hands_on::{Asks, Caller, Each, Version};
use plumb_pack::lint::lint;
use plumb_pack::load::Base;
use plumb_pack::pack::{Loaded, Pack, SourceFile};

use crate::support::show;

fn load(graph: &str) -> Loaded {
    let graph: String = graph.lines().map(|line| format!("      {line}\n")).collect();
    let text = format!(
        "provider: aws
service: shop
resources:
  shop_window:
    attributes:
      on: bool
      friends: [string]
      panes: [ {{ shows: string, lit: bool, keeper: string, guest: string }} ]
      doors: 'map(json)'
      key: string
    relations:
    - {{ attribute: key, to: shop_key, as: locked_with }}
    graph:
{graph}  shop_shelf:
    attributes: {{ label: string, box: string }}
    relations:
    - {{ attribute: box, to: shop_key, as: holds }}
    graph: {{ kind: data }}
  shop_key:
    attributes: {{ a: string }}
    graph: {{ kind: key }}
"
    );
    let file = SourceFile {
        path: "user.yaml".to_owned(),
        text,
    };
    Pack::load(Base::Empty, &[file])
}

fn read(graph: &str) -> GraphRole {
    let loaded = load(graph);
    assert_eq!(show(&loaded.diagnostics), "");
    let window = loaded.pack.resource_type("shop_window").unwrap();
    window.recipe.graph.clone().unwrap()
}

#[track_caller]
fn refused(entry: &str, expected: &Expect) {
    let loaded = load(&format!("kind: front\nhands_on:\n- {entry}"));
    assert!(loaded.pack.resource_type("shop_window").is_err(), "{entry}");
    expected.assert_eq(&show(&loaded.diagnostics));
}

#[test]
fn every_key_is_read() {
    let role = read(
        "kind: front
guarded:
- { when: resource.on, as: it is lit }
withheld:
- { when: resource.key == null, as: somebody brings a key }
shared:
- { accounts: 'friends[]', as: it can look in, decrypt: locked_with }
hands_on:
- each: panes
  name: \"shelf {shows}\"
  between: [\"shelf \", \".here\"]
  version: cut_off
  to: [shop_shelf, shop_key]
  by: label
  part_of: locked_with
  with: [keeper]
  without: [guest]
  free: { lit: ['true'] }
  guard: somebody switches the light on
  provided: the door is open
  service: shop.example
  source: \"arn:{partition}:shop::{account}:{name}\"
  role: keeper
  actions: [shop:Look]
  as: shows
- { each: doors, name: '{to}', to: shop_shelf, then: holds, identity: 'arn:{to}', gains: read }
- { name: '{key}', to: shop_key }",
    );
    let [pane, door, plain] = role.hands_on.as_slice() else {
        panic!("{:?}", role.hands_on)
    };
    assert!(matches!(&pane.each, Each::Element(path) if path.to_string() == "panes"));
    assert!(matches!(&door.each, Each::Value(path) if path.to_string() == "doors"));
    assert_eq!(plain.each, Each::Document);
    assert_eq!((pane.version, plain.version), (Version::CutOff, Version::Kept));
    assert_eq!(pane.to, ["shop_shelf", "shop_key"]);
    assert_eq!(
        (pane.by.to_string(), plain.by.to_string()),
        ("label".to_owned(), "uid".to_owned())
    );
    assert_eq!(pane.part_of.as_deref(), Some("locked_with"));
    assert_eq!(door.then.as_deref(), Some("holds"));
    assert_eq!((pane.with.len(), pane.without.len(), pane.free.len()), (1, 1, 1));
    assert_eq!(pane.guard.as_deref(), Some("somebody switches the light on"));
    assert_eq!(pane.provided.as_deref(), Some("the door is open"));
    assert_eq!(pane.clause.as_deref(), Some("shows"));
    assert!(pane.role.is_some());
    assert!(matches!(&pane.caller, Caller::Service { name, .. } if name == "shop.example"));
    assert!(matches!(door.caller, Caller::Identity(_)));
    assert_eq!(plain.caller, Caller::Anybody);
    assert_eq!(pane.asks, Asks::Actions(vec!["shop:Look".into()]));
    assert_eq!((&door.asks, &plain.asks), (&Asks::Read, &Asks::Nothing));
    let shared = role.shared.first().unwrap();
    assert_eq!(
        (shared.clause.as_str(), shared.decrypt.as_deref()),
        ("it can look in", Some("locked_with"))
    );
    assert_eq!(role.guarded.first().unwrap().clause, "it is lit");
    assert_eq!(role.withheld.first().unwrap().clause, "somebody brings a key");
    // Of elements the list is read, of the document what stands in it.
    assert_eq!(
        role.attributes(),
        ["doors", "friends", "key", "name", "on", "panes"]
    );
}

#[test]
fn a_name_stands_between_its_marks() {
    let role = read(
        "kind: front
hands_on:
- { name: '{key}', between: ['', .s3.], to: shop_key }
- { name: '{key}', between: [/functions/, /invocations], to: shop_key }
- { name: '{key}', version: cut_off, to: shop_key }",
    );
    let named = |at: usize, text: &str| role.hands_on[at].named(text).map(str::to_owned);
    for (at, text, expected) in [
        (0, "cards.s3.eu-central-1.amazonaws.com", Some("cards")),
        (0, "a.s3.b.s3.amazonaws.com", Some("a.s3.b")),
        (0, "cards.example.com", None),
        (0, ".s3.amazonaws.com", None),
        (
            1,
            "arn:x:path/2015-03-31/functions/arn:f/invocations",
            Some("arn:f"),
        ),
        (1, "arn:x:path/functions/arn:f", None),
        (2, "arn:f:name:7", Some("arn:f:name")),
        (2, "arn:f:name:live", None),
        (2, "name", None),
        (2, "name:", None),
    ] {
        assert_eq!(named(at, text).as_deref(), expected, "{text}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    refused(
        "{ each: on, name: '{key}', to: shop_key }",
        &expect![[r#"
            user.yaml:16:17: error: `each` leads to bool, not to a list or a map
            |       - { each: on, name: '{key}', to: shop_key }
            |                 ^^ does not fit
        "#]],
    );
    refused(
        "{ each: panes, name: '{label}', to: shop_key }",
        &expect![[r#"
            user.yaml:16:30: error: `panes` has no attribute `label` in path `label`
            help: attributes are guest, keeper, lit, shows
            |       - { each: panes, name: '{label}', to: shop_key }
            |                              ^^^^^^^^^ in this template
        "#]],
    );
    refused(
        "{ name: '{key}', between: [a], version: cut, to: shop_key, free: { on: ['true'] } }",
        &expect![[r#"
            user.yaml:16:35: error: `between` takes two texts, between which the name stands
            |       - { name: '{key}', between: [a], version: cut, to: shop_key, free: { on: ['true'] } }
            |                                   ^^^ not two
            user.yaml:16:49: error: `version` is `cut_off` or left out
            |       - { name: '{key}', between: [a], version: cut, to: shop_key, free: { on: ['true'] } }
            |                                                 ^^^ unknown word
            user.yaml:16:68: error: `free` and `guard` belong together: what everybody's requests need, and what others need
            |       - { name: '{key}', between: [a], version: cut, to: shop_key, free: { on: ['true'] } }
            |                                                                    ^^^^ stands alone
        "#]],
    );
    refused(
        "{ name: '{key}', to: shop_key, service: a, identity: '{key}', source: b, gains: write, actions: [shop:Look] }",
        &expect![[r#"
            user.yaml:16:52: error: a front asks as a service or as an identity
            |       - { name: '{key}', to: shop_key, service: a, identity: '{key}', source: b, gains: write, actions: [shop:Look] }
            |                                                    ^^^^^^^^ has both
        "#]],
    );
    refused(
        "{ name: '{key}', to: shop_key, part_of: locked_wiht, gains: write }",
        &expect![[r#"
            user.yaml:16:40: error: `shop_window` has no relation `locked_wiht`
            help: did you mean `locked_with`?
            |       - { name: '{key}', to: shop_key, part_of: locked_wiht, gains: write }
            |                                        ^^^^^^^ not under `relations`
            user.yaml:16:69: error: `gains` is `read`: what the target's type says of that must be allowed
            |       - { name: '{key}', to: shop_key, part_of: locked_wiht, gains: write }
            |                                                                     ^^^^^ unknown word
        "#]],
    );
}

#[test]
fn targets_that_are_not_there_are_errors_of_the_pack() {
    let loaded = load(
        "kind: front
hands_on:
- { name: '{key}', to: shop_kee }
- { name: '{key}', to: shop_key, by: b, then: holds, gains: read }",
    );
    assert_eq!(show(&loaded.diagnostics), "");
    expect![[r#"
        user.yaml:4:3: error: `hands_on` leads to the unknown type `shop_kee`
        |   shop_window:
        |   ^^^^^^^^^^^ in this type
        user.yaml:4:3: error: `hands_on`: `shop_key` has no attribute `b`
        |   shop_window:
        |   ^^^^^^^^^^^ in this type
        user.yaml:4:3: error: `hands_on`: `shop_key` has no relation `holds`
        |   shop_window:
        |   ^^^^^^^^^^^ in this type
        user.yaml:4:3: error: `hands_on`: nothing says how `shop_key` is read
        |   shop_window:
        |   ^^^^^^^^^^^ in this type
    "#]]
    .assert_eq(&show(&lint(&loaded.pack)));
}

#[test]
fn what_policies_call_an_identity_of_the_cloud_is_read() {
    let known = read("kind: other\nknown_as: { arn: 'arn:x:{key}', canonical: key }").known_as;
    assert_eq!(known.unwrap().canonical.to_string(), "key");
    let loaded = load("kind: other\nknown_as: { arn: 'arn:x:{key}', canonical: on }");
    expect![[r#"
        user.yaml:15:50: error: `canonical` leads to bool, not to a text
        |       known_as: { arn: 'arn:x:{key}', canonical: on }
        |                                                  ^^ does not fit
    "#]]
    .assert_eq(&show(&loaded.diagnostics));
}

#[test]
fn what_control_brings_and_what_gives_it_is_read() {
    let role = read(
        "kind: other
vouches:
- { issuer: key, subjects: 'shop:?*', as: prints tickets }
gives:
- { of: locked_with, to: locked_with, when: resource.on, as: by a list, once: [{ when: 'true', as: it is day }] }",
    );
    let ([vouches], [gives]) = (role.vouches.as_slice(), role.gives.as_slice()) else {
        panic!("{role:?}")
    };
    assert_eq!(
        (vouches.issuer.to_string().as_str(), vouches.subjects.as_str()),
        ("key", "shop:?*")
    );
    assert_eq!((gives.clause.as_str(), gives.once.len()), ("by a list", 1));
    assert_eq!(role.attributes(), ["key", "on"]);
}

#[test]
fn control_of_what_is_not_there_is_refused() {
    let loaded = load(
        "kind: other
vouches:
- { issuer: on, subjects: '*', as: prints tickets }
gives:
- { of: locked_wiht, to: locked_with, when: resource.of, as: by a list }
- { of: locked_with, when: 'true' }",
    );
    expect![[r#"
        user.yaml:16:19: error: `issuer` leads to bool, not to a text
        |       - { issuer: on, subjects: '*', as: prints tickets }
        |                   ^^ does not fit
        user.yaml:18:11: error: `shop_window` has no relation `locked_wiht`
        help: did you mean `locked_with`?
        |       - { of: locked_wiht, to: locked_with, when: resource.of, as: by a list }
        |           ^^ not under `relations`
        user.yaml:18:60: error: `shop_window` has no attribute `of`
        help: did you mean `on`?
        |       - { of: locked_wiht, to: locked_with, when: resource.of, as: by a list }
        |                                                            ^^ no such attribute
        user.yaml:19:11: error: an entry of `gives` lacks `to`
        |       - { of: locked_with, when: 'true' }
        |           ^^ `to` is missing here
        user.yaml:19:11: error: an entry of `gives` lacks `as`
        |       - { of: locked_with, when: 'true' }
        |           ^^ `as` is missing here
    "#]]
    .assert_eq(&show(&loaded.diagnostics));
}
