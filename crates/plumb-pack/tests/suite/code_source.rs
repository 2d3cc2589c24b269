//! The `code` and `holds` keys of a `graph`, and attributes that code alone tells: what is read, and what is refused.

use expect_test::{Expect, expect};
use plumb_pack::code_source::Naming;
use plumb_pack::hands_on::Each;
use plumb_pack::lint::lint;
use plumb_pack::load::Base;
use plumb_pack::pack::{Loaded, Pack, SourceFile};

use crate::support::show;

fn load(code: &str, holds: &str) -> Loaded {
    let text = format!(
        "provider: aws
service: shop
resources:
  shop_oven:
    attributes: {{ on: bool, recipe: string, trays: [ {{ recipe: string, hot: bool }} ] }}
    graph:
      kind: workload
      code:
      - {code}
  shop_book:
    attributes: {{ title: string, locked: bool }}
    graph:
      kind: data
      holds: {holds}
"
    );
    let file = SourceFile {
        path: "user.yaml".to_owned(),
        text,
    };
    Pack::load(Base::Empty, &[file])
}

const CODE: &str = "{ each: trays, when: resource.hot, name: '{recipe}', from: shop_book, as: its recipe, once: it bakes again }";

const HOLDS: &str = "{ type: shop_page, title: Page, by: title, naming: path, begins: ['book:'], access: { write: [{ actions: [shop:Write], on: item, when: '!resource.locked' }, { all: [shop:Tear, shop:Glue] }] } }";

#[test]
fn every_key_is_read() {
    let pack = load(CODE, HOLDS).pack;
    let oven = pack.resource_type("shop_oven").unwrap();
    let role = oven.recipe.graph.as_ref().unwrap();
    let [code] = role.code.as_slice() else {
        panic!("{:?}", role.code)
    };
    assert!(matches!(&code.each, Each::Element(path) if path.to_string() == "trays"));
    assert!(code.when.is_some());
    assert_eq!(
        (code.from.as_str(), code.clause.as_str(), code.once.as_deref()),
        ("shop_book", "its recipe", Some("it bakes again"))
    );
    assert_eq!(role.attributes(), ["trays"]);
    let book = pack.resource_type("shop_book").unwrap();
    let role = book.recipe.graph.as_ref().unwrap();
    let holds = role.holds.as_ref().unwrap();
    assert_eq!(holds.naming, Naming::Path);
    assert_eq!(holds.named("book:bread/rye"), Some(("bread", "rye")));
    let on_item = holds.access.iter().map(|access| access.grants[0].is_on_item());
    assert_eq!(on_item.collect::<Vec<_>>(), [true, false]);
    assert_eq!(role.attributes(), ["locked", "title", "uid"]);
    assert_eq!(show(&lint(&pack)), "");
}

#[test]
fn a_page_is_a_type_of_which_only_its_writers_are_known() {
    let pack = load(CODE, HOLDS).pack;
    let page = pack.resource_type("shop_book").unwrap().held().unwrap();
    assert_eq!((page.name.as_str(), page.title.as_str()), ("shop_page", "Page"));
    let role = page.recipe.graph.as_ref().unwrap();
    assert_eq!(role.access.len(), 2);
    assert_eq!(role.rules().count(), 0);
    assert!(page.attributes().is_empty());
}

#[track_caller]
fn refused(code: &str, holds: &str, expected: &Expect) {
    let loaded = load(code, holds);
    let mut found = loaded.diagnostics;
    found.extend(lint(&loaded.pack));
    expected.assert_eq(&show(&found));
}

#[test]
fn what_does_not_fit_is_refused() {
    refused(
        "{ each: trays, name: '{on}', from: shop_book }",
        HOLDS,
        &expect![[r#"
            user.yaml:9:30: error: `trays` has no attribute `on` in path `on`
            help: attributes are hot, recipe
            |       - { each: trays, name: '{on}', from: shop_book }
            |                              ^^^^^^ in this template
            user.yaml:9:11: error: an entry of `code` lacks `as`
            |       - { each: trays, name: '{on}', from: shop_book }
            |           ^^^^ `as` is missing here
        "#]],
    );
    refused(
        CODE,
        "{ type: shop_oven, title: Oven, by: locked, naming: pages, access: { write: { actions: [shop:Write] } } }",
        &expect![[r#"
            user.yaml:14:50: error: `by` leads to bool, not to a text
            |       holds: { type: shop_oven, title: Oven, by: locked, naming: pages, access: { write: { actions: [shop:Write] } } }
            |                                                  ^^^^^^ does not fit
            user.yaml:14:66: error: `pages` is not known here
            help: expected one of path, tag
            |       holds: { type: shop_oven, title: Oven, by: locked, naming: pages, access: { write: { actions: [shop:Write] } } }
            |                                                                  ^^^^^ expected one of path, tag
        "#]],
    );
    refused(
        "{ name: '{recipe}', from: shop_oven, as: its recipe }",
        "{ type: shop_oven, title: Oven, by: title, naming: tag, access: { write: { actions: [shop:Write] } } }",
        &expect![[r#"
            user.yaml:10:3: error: `holds`: `shop_oven` is a type already
            |   shop_book:
            |   ^^^^^^^^^ in this type
            user.yaml:4:3: error: `code`: `shop_oven` does not say what it `holds`
            |   shop_oven:
            |   ^^^^^^^^^ in this type
        "#]],
    );
}

#[test]
fn policies_do_not_read_what_code_alone_tells() {
    let text = "policies:
- name: functions-from-buckets
  provider: aws
  resource_type: aws_lambda_function
  severity: LOW
  description: Functions come from buckets
  rule: resource.deployed_from.s3_bucket != null
  remediation: Put them there
";
    let file = SourceFile {
        path: "user.yaml".to_owned(),
        text: text.to_owned(),
    };
    let loaded = Pack::load(Base::BuiltIn, &[file]);
    assert_eq!(show(&loaded.diagnostics), "");
    let found = lint(&loaded.pack);
    expect![[r#"
        user.yaml:2:9: error: policy `functions-from-buckets` reads `deployed_from`, which code alone tells
        help: of live resources nothing would be known
        | - name: functions-from-buckets
        |         ^^^^^^^^^^^^^^^^^^^^^^ of this policy
    "#]]
    .assert_eq(&show(&found));
}
