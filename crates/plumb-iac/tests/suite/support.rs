//! Built-in policies over blocks with evaluated arguments, mapped by the built-in mappings.
//!
//! References are written as the stand-ins that they evaluate to: `aws_s3_bucket.b` for the id of that bucket.

use std::collections::BTreeMap;

use std::sync::{Arc, OnceLock};

use plumb_expr::{NoInventory, Scope};
use plumb_iac::declared::{Declared, Language, Lifecycle, Stack};
use plumb_iac::mapping::{Mapped, Mapper, UsedPaths};
use plumb_iac::place::{FileId, Place};
use plumb_iac::val::{Fields, Kind, Val};
use plumb_model::value::{Map, Text, Value};
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};
use serde_json::Value as Json;

/// A value of code; a text that begins with `?` is something unknown.
fn val(json: &Json) -> Val {
    Val::new(match json {
        Json::Null => Kind::Null,
        Json::Bool(bool) => Kind::Bool(*bool),
        Json::Number(number) => Kind::Int(number.as_i64().unwrap_or_default()),
        Json::String(text) => match text.strip_prefix('?') {
            Some(why) => Kind::Unknown(Text::from(why)),
            None => Kind::String(Text::from(text.as_str())),
        },
        Json::Array(items) => Kind::List(Arc::new(items.iter().map(val).collect())),
        Json::Object(entries) => Kind::Map(Arc::new(Fields {
            entries: entries
                .iter()
                .map(|(key, value)| (Text::from(key.as_str()), val(value)))
                .collect(),
            rest: None,
        })),
    })
}

/// What stands between the type of a block and the rest: a dot, where no `@` does.
fn separator(address: &str) -> char {
    if address.contains('@') { '@' } else { '.' }
}

/// Blocks by address, which begins with the type of the block; where `@` ends the type, it does not belong to the address.
fn stack(language: Language, blocks: &Json) -> Stack {
    let place = Place {
        file: FileId::at(0),
        start: 0,
        end: 0,
    };
    let blocks = blocks
        .as_object()
        .unwrap()
        .iter()
        .map(|(address, body)| Declared {
            kind: Text::from(address.split(separator(address)).next().unwrap_or_default()),
            address: Text::from(address.split('@').next_back().unwrap_or_default()),
            body: val(body),
            head: place,
            whole: place,
            calls: Vec::new(),
            perhaps: None,
            hangs_on: Vec::new(),
            region: None,
            account: None,
        });
    Stack {
        path: Text::new_static("."),
        language,
        blocks: blocks.collect(),
        region: Some(Text::new_static("eu-west-1")),
        account: None,
        lifecycle: Lifecycle::default(),
        accounts: BTreeMap::new(),
    }
}

/// Policies for what no built-in policy reads yet, or none without paths.
const OWN: &str = r#"
policies:
- name: own-storage-private
  provider: azure
  resource_type: azurerm_storage_account
  severity: HIGH
  rule: |
    resource.network_rules.default_action == "Deny" && resource.private_endpoint_connections.exists(c, c.id != null)
    && resource.supports_https_traffic_only == true && !resource.containers.exists(c, c.public_access != "private")
- name: own-storage-network
  provider: azure
  resource_type: azurerm_storage_account
  severity: HIGH
  rule: |
    resource.network_rules.default_action == "Deny" && resource.private_endpoint_connections.exists(c, c.private_link_service_connection_state.status == "Approved")
    && resource.supports_https_traffic_only == true
- name: own-database-groups
  provider: aws
  resource_type: aws_db_instance
  severity: HIGH
  rule: '!resource.vpc_security_groups.exists(group, group.vpc_security_group_id.contains("efault"))'
"#;

/// An access key as one would be written, in parts so that no scanner takes this file for a leak.
pub(crate) fn key() -> String {
    ["AK", "IAQ3EGTXJ4WZ5RN6QK"].concat()
}

/// The built-in pack with the policies above.
fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| {
        let own = SourceFile {
            path: "own.yaml".to_owned(),
            text: OWN.to_owned(),
        };
        let loaded = Pack::load(Base::BuiltIn, &[own]);
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        loaded.pack
    })
}

/// Checks the verdicts of a policy on all documents of its type that Terraform blocks give, in the order of the blocks.
#[track_caller]
pub(crate) fn check(policy: &str, blocks: &Json, expected: &[&str]) {
    check_in(Language::Terraform, policy, blocks, expected);
}

/// The same for a language.
#[track_caller]
pub(crate) fn check_in(language: Language, policy: &str, blocks: &Json, expected: &[&str]) {
    let verdicts = judge(language, policy, blocks);
    let found: Vec<&str> = verdicts.iter().map(|(_, verdict)| verdict.as_str()).collect();
    assert_eq!(found, expected, "{policy} in {}", language.name());
    // Knowing less of the code makes a verdict unknown or leaves it as it is. What code calls a resource may be lost too; and a rule
    // may hold where it is no longer known that nobody asks.
    for blurred in blurred(blocks) {
        let unsure = judge(language, policy, &blurred);
        for (uid, verdict) in &verdicts {
            let kept = unsure.iter().find(|(other, _)| other == uid);
            assert!(
                kept.is_none_or(|(_, now)| now == verdict
                    || now == "unknown"
                    || (verdict.as_str(), now.as_str()) == ("not_applicable", "pass")),
                "{policy} on {uid}: {verdict} became {kept:?} in {blurred}"
            );
        }
    }
}

/// The uids and verdicts of all documents of the policy's type, in the order of their blocks.
pub(crate) fn judge(language: Language, policy: &str, blocks: &Json) -> Vec<(Text, String)> {
    let pack = pack();
    let policy = pack
        .policy(policy)
        .unwrap_or_else(|| panic!("no policy {policy}"));
    let compiled = pack.compile(policy).unwrap();
    let used = UsedPaths::of([&compiled]);
    let Mapped {
        resources, orphans, ..
    } = Mapper::new(pack, language, &used).documents(&stack(language, blocks));
    assert!(
        orphans.is_empty() || blocks.to_string().contains(UNSURE),
        "{orphans:?}"
    );
    let account: Map = [("id", "000000000000"), ("partition", "aws")]
        .map(|(key, value)| (Text::from(key), Value::from(value)))
        .into_iter()
        .collect();
    let (account, params) = (Value::Map(account), Value::Map(policy.params.clone()));
    let judged = resources
        .iter()
        .filter(|(resource, _)| resource.resource_type == policy.resource_type);
    judged
        .map(|(resource, _)| {
            let scope = Scope {
                resource: resource.document(),
                account: &account,
                params: &params,
                now: "2026-01-01T00:00:00Z".parse().unwrap(),
                inventory: &NoInventory,
            };
            (resource.uid.clone(), compiled.verdict(&scope).to_string())
        })
        .collect()
}

/// What stands for a value that was known before.
const UNSURE: &str = "?no longer known";

/// The blocks with each value in them unknown in turn.
fn blurred(blocks: &Json) -> Vec<Json> {
    let mut paths = Vec::new();
    for (address, body) in blocks.as_object().unwrap() {
        for key in body.as_object().into_iter().flat_map(|entries| entries.keys()) {
            let pointer = format!("/{}/{}", escaped(address), escaped(key));
            add_pointers(pointer, &body[key], &mut paths);
        }
    }
    let blur = |path: &String| {
        let mut copy = blocks.clone();
        *copy.pointer_mut(path).unwrap() = Json::from(UNSURE);
        copy
    };
    paths.iter().map(blur).collect()
}

/// The pointers to a value and to all that is in it.
fn add_pointers(pointer: String, value: &Json, paths: &mut Vec<String>) {
    match value {
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                add_pointers(format!("{pointer}/{at}"), item, paths);
            }
        }
        Json::Object(entries) => {
            for (key, value) in entries {
                add_pointers(format!("{pointer}/{}", escaped(key)), value, paths);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
    paths.push(pointer);
}

/// A key as a part of a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
