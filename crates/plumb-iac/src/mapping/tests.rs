//! Tests of the mapper with hand-made blocks.

use std::collections::BTreeMap;

use std::sync::Arc;

use plumb_model::value::{Text, Value};
use plumb_pack::load::Base;
use plumb_pack::mapping::Language;
use plumb_pack::pack::{Pack, SourceFile};
use plumb_pack::path::PathError;
use plumb_pack::recipe::Path;
use serde_json::{Value as Json, json};

use super::{Mapped, Mapper, UsedPaths};
use crate::declared::{Declared, Lifecycle, Stack};
use crate::place::{FileId, Place};
use crate::val::{Entries, Fields, Kind, Val};

const TYPES: &str = "
service: shop
provider: aws
title: Shop
resources:
  shop_box:
    title: Box
    attributes:
      arn: string
      sealed: bool
      size: int
      state: string
      owner: string
      key: { id: string, alias: string, rotation: bool }
      rules: [ { port: int, from: [string] } ]
      policy: json
      secret: string
      log: { target: string }
  shop_lid:
    title: Lid
    attributes: { size: int, box: string }
";

const MAPPINGS: &str = "
mappings:
  box:
    type: shop_box
    computed:
      name: '{prefix|address}'
      arn: 'arn:{partition}:shop:{region}:{account}:{name|address}'
      seal.stamp.mark: 'sealed by {address}'
    same: [arn, 'sealed ?? false', 'size', 'owner ?? unknown', policy]
    document:
      state: { from: 'state.enabled', map: { 'true': On, 'false': Off } }
      key: { id: key.id, alias: 'key.alias ?? none' }
      rules: { each: rule, to: { port: port, from: { each: cidr, to: . } } }
      log: { in: logging, to: { target: target } }
  box_rule:
    part_of: { type: shop_box, where: { box: [name, uid] } }
    document: { rules: [ { port: port, from: { each: cidr, to: . } } ] }
  box_key:
    part_of: { type: shop_box, where: { box: [name, uid] } }
    document: { key: { id: id } }
  box_owner:
  - { when: { kind: main }, part_of: { type: shop_box, where: { box: [uid] } }, document: { owner: owner } }
  lids: { type: shop_lid, for: lid, uid: '{^.name}/{index}', document: { size: size, box: ^.name } }
";

fn pack() -> Pack {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let files = [file("shop.yaml", TYPES), file("terraform.yaml", MAPPINGS)];
    let loaded = Pack::load(Base::Empty, &files);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.pack
}

/// A value of code; a text that begins with `?` is something unknown, a map under `$json` a JSON text. Every value stands at a
/// place that grows from value to value.
fn val(json: &Json, next: &mut u32) -> Val {
    *next += 1;
    let at = Some(place(*next));
    let kind = match json {
        Json::Null => Kind::Null,
        Json::Bool(bool) => Kind::Bool(*bool),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Kind::Float(number.as_f64().unwrap_or_default()), Kind::Int),
        Json::String(text) => match text.strip_prefix('?') {
            Some(why) => Kind::Unknown(Text::from(why)),
            None => Kind::String(Text::from(text.as_str())),
        },
        Json::Array(items) => Kind::List(Arc::new(items.iter().map(|item| val(item, next)).collect())),
        Json::Object(entries) => match entries.get("$json") {
            Some(inner) => Kind::Json(Arc::new(val(inner, next))),
            None => Kind::Map(Arc::new(Fields {
                entries: entries
                    .iter()
                    .map(|(key, value)| (Text::from(key.as_str()), val(value, next)))
                    .collect::<Entries>(),
                rest: None,
            })),
        },
    };
    Val {
        kind,
        set: at,
        at,
        partial: None,
    }
}

fn place(start: u32) -> Place {
    Place {
        file: FileId::at(0),
        start,
        end: start + 1,
    }
}

fn block(kind: &str, label: &str, body: &Json) -> Declared {
    Declared {
        kind: Text::from(kind),
        address: Text::from(format!("{kind}.{label}")),
        body: val(body, &mut 1000),
        head: place(1),
        whole: place(1),
        calls: Vec::new(),
        perhaps: None,
        region: None,
        account: None,
    }
}

fn stack(blocks: Vec<Declared>) -> Stack {
    Stack {
        path: Text::new_static("."),
        language: Language::Terraform,
        blocks,
        region: Some(Text::new_static("eu-west-1")),
        account: None,
        lifecycle: Lifecycle::default(),
        accounts: BTreeMap::new(),
    }
}

fn map(blocks: Vec<Declared>) -> Mapped {
    let mut used = UsedPaths::default();
    used.add(
        Text::new_static("shop_box"),
        vec![Text::new_static("key"), Text::new_static("rotation")],
    );
    Mapper::new(&pack(), Language::Terraform, &used).documents(&stack(blocks))
}

/// A value with unknown parts as `?why`.
fn show(value: &Value) -> Json {
    match value {
        Value::Unreadable(unreadable) => match unreadable.detail.is_empty() {
            true => json!(format!("?{}", unreadable.reason.phrase())),
            false => json!(format!("?{}", unreadable.detail)),
        },
        Value::List(items) => items.iter().map(show).collect(),
        Value::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, value)| (key.to_string(), show(value)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => {
            serde_json::to_value(value).unwrap()
        }
    }
}

/// Checks attributes of the only document that blocks give.
fn check(blocks: Vec<Declared>, expected: &Json) {
    let mapped = map(blocks);
    let [(resource, _)] = mapped.resources.as_slice() else {
        panic!("{} documents", mapped.resources.len());
    };
    let found = show(resource.document());
    for (name, expected) in expected.as_object().unwrap() {
        assert_eq!(found.get(name), Some(expected), "{name} of {found}");
    }
}

#[test]
fn arguments_become_attributes_of_the_types_of_the_schema() {
    check(
        vec![block(
            "box",
            "a",
            &json!({ "name": "crate", "sealed": "true", "size": "443", "state": [{ "enabled": true }],
                "key": [{ "id": 7 }], "rule": [{ "port": "22", "cidr": ["a", "b"] }, {}],
                "policy": "{\"Statement\":[{\"$unreadable\":1}]}", "tags": { "team": "x" } }),
        )],
        &json!({ "uid": "arn:aws:shop:eu-west-1:000000000000:crate", "name": "crate", "region": "eu-west-1",
            "sealed": true, "size": 443, "state": "On", "key": { "id": "7", "alias": "none", "rotation": "?not told by code" },
            "rules": [{ "port": 22, "from": ["a", "b"] }, {}], "policy": { "Statement": [{ "$unreadable": 1 }] },
            "tags": { "team": "x" }, "secret": "?not told by code" }),
    );
}

#[test]
fn what_is_not_written_is_absent_or_the_default_and_what_the_cloud_decides_is_unknown() {
    let mapped = map(vec![block("box", "a", &json!({ "size": null, "owner": "" }))]);
    let document = show(mapped.resources[0].0.document());
    assert_eq!(document["sealed"], json!(false));
    assert_eq!(document.get("size"), None);
    assert_eq!(
        document["owner"],
        json!("?`owner` is not set, so the cloud decides")
    );
    // An object of defaults alone is absent, and so are documents of blocks that are not there.
    assert_eq!((document.get("key"), document.get("log")), (None, None));
    assert_eq!(document["name"], json!("box.a"));
}

#[test]
fn unknown_arguments_are_unknown_attributes_and_leave_the_rest_known() {
    check(
        vec![block(
            "box",
            "a",
            &json!({ "name": "?var.n", "sealed": "?var.s", "key": [{ "id": "?var.k", "alias": "x" }],
                "rule": [{ "port": "?var.p" }, "?dynamic"], "logging": "?var.l",
                "policy": { "$json": { "Statement": [{ "Action": "s:*", "Resource": "?var.r" }] } } }),
        )],
        &json!({ "name": "box.a", "sealed": "?var.s", "key": { "id": "?var.k", "alias": "x", "rotation": "?not told by code" },
            "rules": [{ "port": "?var.p" }, "?dynamic"], "log": "?var.l",
            "policy": { "Statement": [{ "Action": "s:*", "Resource": "?var.r" }] } }),
    );
}

#[test]
fn lists_of_unknown_length_are_unknown_or_have_an_unknown_element() {
    check(
        vec![block("box", "a", &json!({ "rule": "?var.rules" }))],
        &json!({ "rules": "?var.rules" }),
    );
    check(
        vec![
            block("box", "a", &json!({ "name": "n", "rule": [{ "port": 1 }] })),
            block("box_rule", "r", &json!({ "box": "n", "port": "?x" })),
        ],
        &json!({ "rules": [{ "port": 1 }, { "port": "?x" }] }),
    );
}

#[test]
fn parts_join_their_document_in_both_orders() {
    let whole = || block("box", "a", &json!({ "name": "n", "rule": [{ "port": 1 }] }));
    let by_name = || block("box_rule", "r", &json!({ "box": "n", "port": 2 }));
    let uid = "arn:aws:shop:eu-west-1:000000000000:n";
    let by_uid = || block("box_key", "k", &json!({ "box": [uid, "other"], "id": "k1" }));
    let expected = json!({ "rules": [{ "port": 1 }, { "port": 2 }], "key": { "id": "k1", "rotation": "?not told by code" } });
    check(vec![whole(), by_name(), by_uid()], &expected);
    check(vec![by_uid(), by_name(), whole()], &expected);
}

#[test]
fn part_of_an_unknown_document_makes_unknown_what_it_might_give() {
    let mapped = map(vec![
        block("box", "a", &json!({ "name": "a", "rule": [{ "port": 1 }] })),
        block("box", "b", &json!({ "name": "b", "key": [{ "id": "k" }] })),
        block("box_rule", "r", &json!({ "box": "?var.b", "port": 2 })),
        block("box_key", "k", &json!({ "box": "?var.b", "id": "k2" })),
    ]);
    let documents: Vec<Json> = mapped
        .resources
        .iter()
        .map(|(resource, _)| show(resource.document()))
        .collect();
    let rule = "?`box_rule.r` may belong to it: var.b";
    assert_eq!(documents[0]["rules"], json!([{ "port": 1 }, rule]));
    assert_eq!(documents[1]["rules"], json!(rule));
    assert_eq!(documents[0]["key"], json!("?`box_key.k` may belong to it: var.b"));
    assert_eq!(documents[1]["key"]["id"], json!("k"));
    assert!(mapped.orphans.is_empty());
}

#[test]
fn part_that_may_not_be_there_leaves_what_is_known() {
    let mut part = block("box_key", "k", &json!({ "box": "a", "id": "k2" }));
    part.perhaps = Some(Text::new_static("var.on"));
    let doubt = "?it is not sure that there is `box_key.k`: var.on";
    check(
        vec![block("box", "a", &json!({ "name": "a" })), part.clone()],
        &json!({ "key": doubt }),
    );
    check(
        vec![
            block("box", "a", &json!({ "name": "a", "key": { "alias": "x" } })),
            part,
        ],
        &json!({ "key": { "alias": "x", "id": doubt, "rotation": "?not told by code" } }),
    );
}

#[test]
fn conditions_choose_parts_and_an_unknown_condition_leaves_them_in_doubt() {
    let whole = || block("box", "a", &json!({ "name": "a" }));
    let uid = "arn:aws:shop:eu-west-1:000000000000:a";
    let part = |kind: &str| {
        block(
            "box_owner",
            "o",
            &json!({ "box": uid, "kind": kind, "owner": "me" }),
        )
    };
    check(vec![whole(), part("main")], &json!({ "owner": "me" }));
    let unset = "?`owner` is not set, so the cloud decides";
    check(vec![whole(), part("other")], &json!({ "owner": unset }));
    let doubt = "?it is not sure that there is `box_owner.o`: var.k";
    check(vec![whole(), part("?var.k")], &json!({ "owner": doubt }));
}

#[test]
fn parts_of_very_many_documents_of_one_name_leave_them_in_doubt() {
    let mut blocks = Vec::new();
    for at in 0..500 {
        blocks.push(block("box", &format!("b{at}"), &json!({ "name": "n" })));
        blocks.push(block(
            "box_rule",
            &format!("r{at}"),
            &json!({ "box": "n", "port": 1 }),
        ));
    }
    let mapped = map(blocks);
    assert_eq!(mapped.resources.len(), 500);
    for (resource, _) in &mapped.resources {
        let rules = resource.get("rules").and_then(Value::as_list).unwrap();
        // 150,000 of 250,000 puts are done.
        assert_eq!(rules.len(), 301);
        assert_eq!(
            show(rules.last().unwrap()),
            json!("?`box_rule.r300` may belong to it: too many resources have the same name")
        );
    }
}

#[test]
fn orphans_and_unmapped_blocks_are_told() {
    let mapped = map(vec![
        block("box_rule", "r", &json!({ "box": "elsewhere" })),
        block("null", "n", &json!({})),
        block("null", "m", &json!({})),
    ]);
    assert!(mapped.resources.is_empty());
    assert_eq!(mapped.orphans[0].address, "box_rule.r");
    assert_eq!(mapped.unmapped[&Text::new_static("null")], 2);
}

#[test]
fn block_gives_a_document_for_each_element() {
    let mapped = map(vec![block(
        "lids",
        "l",
        &json!({ "name": "n", "lid": [{ "size": 1 }, { "size": "2" }, "?dynamic"] }),
    )]);
    let documents: Vec<Json> = mapped
        .resources
        .iter()
        .map(|(resource, _)| show(resource.document()))
        .collect();
    assert_eq!(
        (&documents[0]["uid"], &documents[0]["size"]),
        (&json!("n/0"), &json!(1))
    );
    assert_eq!(
        (&documents[1]["uid"], &documents[1]["box"]),
        (&json!("n/1"), &json!("n"))
    );
    assert_eq!(
        mapped.problems[0].message,
        "resources of type `shop_lid` in `lids.l` are not seen: dynamic"
    );
}

#[test]
fn places_lead_to_the_argument_or_as_near_as_there_is() -> Result<(), PathError> {
    let mapped = map(vec![
        block("box", "a", &json!({ "name": "a", "rule": [{ "port": 22 }] })),
        block("box_rule", "r", &json!({ "box": "a", "port": 23 })),
    ]);
    let places = &mapped.resources[0].1;
    // Values are numbered from 1001: body, name, rule, its element, port.
    for (path, depth, at, address) in [
        ("rules[0].port", 3, 1005, "box.a"),
        ("rules[0].from", 2, 1004, "box.a"),
        ("rules[1].port", 3, 1003, "box_rule.r"),
        ("sealed", 0, 1, "box.a"),
        ("key.id", 0, 1, "box.a"),
    ] {
        let found = places.find(&Path::parse(path)?.0);
        assert_eq!(
            (found.depth, found.at.start, found.origin.address.as_str()),
            (depth, at, address),
            "{path}"
        );
    }
    Ok(())
}

#[test]
fn completing_twice_changes_nothing() {
    let (pack, used) = (pack(), UsedPaths::default());
    let mapper = Mapper::new(&pack, Language::Terraform, &used);
    let block = block("box", "a", &json!({ "arn": null, "prefix": "p" }));
    let stack = stack(Vec::new());
    let surroundings = super::Surroundings::of(&stack, &block);
    let once = mapper.complete(&block.body, &surroundings);
    assert_eq!(
        once.get("arn").and_then(Val::as_str),
        Some("arn:aws:shop:eu-west-1:000000000000:p")
    );
    assert_eq!(mapper.complete(&once, &surroundings), once);
}

#[test]
fn what_only_the_cloud_writes_stands_in_blocks_of_its_own() {
    let (pack, used) = (pack(), UsedPaths::default());
    let mapper = Mapper::new(&pack, Language::Terraform, &used);
    let mark = |body: Json| {
        let block = block("box", "a", &body);
        let stack = stack(Vec::new());
        let surroundings = super::Surroundings::of(&stack, &block);
        let completed = mapper.complete(&block.body, &surroundings);
        let within = |val: &Val, key: &str| match &val.kind {
            Kind::List(items) => items.first().and_then(|item| item.get(key).cloned()),
            _ => None,
        };
        let stamp = within(completed.get("seal")?, "stamp")?;
        within(&stamp, "mark")?.as_str().map(str::to_owned)
    };
    assert_eq!(mark(json!({})), Some("sealed by box.a".to_owned()));
    assert_eq!(
        mark(json!({ "seal": [{ "stamp": [{ "mark": "own" }] }] })),
        Some("own".to_owned())
    );
}
