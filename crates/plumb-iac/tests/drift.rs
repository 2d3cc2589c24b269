//! Drift: code against snapshots and state.

#![expect(clippy::expect_used, reason = "a test that cannot go on panics")]

mod tree;

use plumb_iac::drift::{Live, compare};
use plumb_iac::mapping::UsedPaths;
use plumb_iac::place::Sources;
use plumb_iac::scan::{Options, scan};
use plumb_iac::snapshot::{CodeAccount, Undeclared, accounts};
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage};
use plumb_model::drift::Drift;
use plumb_model::resource::Resource;
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::{Map, Value};
use plumb_pack::pack::Pack;
use serde_json::json;
use tree::Tree;

fn code(pack: &Pack, files: &[(&str, &str)]) -> (Vec<CodeAccount>, Sources) {
    let tree = Tree::of(files);
    let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let scanned = scan(pack, &tree, &paths, &UsedPaths::default(), &Options::default());
    assert_eq!(scanned.problems, []);
    let sources = scanned.sources;
    let read = scanned.stacks.into_iter().flat_map(|stack| {
        accounts(
            pack,
            stack,
            &sources,
            Undeclared::Open,
            &"2026-11-25T00:00:00Z".into(),
        )
    });
    (read.collect(), sources)
}

fn bucket(name: &str, attributes: serde_json::Value) -> Resource {
    let map: Map = serde_json::from_value(attributes).expect("a map");
    let uid = format!("arn:aws:s3:::{name}");
    Resource::new(uid, "aws_s3_bucket", name, "444455556666", "eu-central-1", map)
}

fn live(resources: Vec<Resource>) -> AccountSnapshot {
    AccountSnapshot {
        account: Account::new(Provider::Aws, "444455556666"),
        taken_at: "2026-11-25T00:00:00Z".into(),
        regions: vec!["eu-central-1".into()],
        resources,
        coverage: Coverage {
            collected: vec![CollectedType {
                resource_type: "aws_s3_bucket".into(),
                facts: Vec::new(),
                regions: vec!["global".into()],
            }],
            ..Coverage::default()
        },
    }
}

fn shown(drift: &Drift) -> String {
    let changed = drift.changed.iter().map(|changed| {
        format!(
            "changed {} {}: {} -> {} at {}:{}\n",
            changed.declared.address,
            changed.attribute,
            changed.wanted,
            changed.found,
            changed.place.file,
            changed.place.line
        )
    });
    let missing = drift
        .missing
        .iter()
        .map(|missing| format!("missing {}\n", missing.declared.address));
    let undeclared = drift
        .undeclared
        .iter()
        .map(|new| format!("undeclared {}\n", new.uid));
    let unsure = drift
        .unsure
        .iter()
        .map(|unsure| format!("unsure {}: {}\n", unsure.declared.address, unsure.why));
    changed.chain(missing).chain(undeclared).chain(unsure).collect()
}

const MAIN: &str = r#"
resource "aws_s3_bucket" "a" { bucket = "a" }
resource "aws_s3_bucket_versioning" "a" {
  bucket = aws_s3_bucket.a.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket" "b" { bucket = "b" }
resource "aws_s3_bucket" "nameless" {}
"#;

#[test]
fn changed_missing_and_undeclared_resources_are_told() {
    let pack = Pack::builtin().expect("the built-in pack");
    let (accounts, sources) = code(&pack, &[("main.tf", MAIN)]);
    let there = live(vec![
        bucket(
            "a",
            json!({"versioning": {"status": "Suspended"}, "acl": {"grants": []}}),
        ),
        bucket("new", json!({})),
    ]);
    let drift = compare(&accounts, &sources, Live::Accounts(&[there]));
    assert_eq!(
        shown(&drift),
        "changed aws_s3_bucket.a versioning.status: \"Enabled\" -> \"Suspended\" at main.tf:5\nmissing aws_s3_bucket.b\n\
         undeclared arn:aws:s3:::new\nunsure aws_s3_bucket.nameless: only the cloud knows what it is called; compare with `--state`\n"
    );
}

#[test]
fn what_is_as_declared_or_was_not_read_is_no_drift() {
    let pack = Pack::builtin().expect("the built-in pack");
    let main = "resource \"aws_s3_bucket\" \"a\" { bucket = \"a\" }\nresource \"aws_s3_bucket_versioning\" \"a\" {\n  bucket = \"a\"\n  \
        versioning_configuration { status = \"Enabled\" }\n}\n";
    let (accounts, sources) = code(&pack, &[("main.tf", main)]);
    let denied = json!({"versioning": {"$unreadable": {"reason": "denied"}}});
    for attributes in [json!({"versioning": {"status": "Enabled"}}), denied] {
        let drift = compare(
            &accounts,
            &sources,
            Live::Accounts(&[live(vec![bucket("a", attributes)])]),
        );
        assert_eq!(shown(&drift), "");
        assert!(drift.is_none());
    }
    let unread = AccountSnapshot {
        coverage: Coverage::default(),
        ..live(Vec::new())
    };
    let drift = compare(&accounts, &sources, Live::Accounts(&[unread]));
    assert_eq!(
        shown(&drift),
        "unsure aws_s3_bucket.a: the scan did not read all resources of its type\n"
    );
}

#[test]
fn a_state_is_compared_by_address() {
    let pack = Pack::builtin().expect("the built-in pack");
    let (declared, sources) = code(&pack, &[("main.tf", MAIN)]);
    let state = json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "l", "resources": [
        {"mode": "managed", "type": "aws_s3_bucket", "name": "a", "instances": [{"attributes": {"bucket": "a", "id": "a", "arn": "arn:aws:s3:::a"}}]},
        {"mode": "managed", "type": "aws_s3_bucket_versioning", "name": "a", "instances": [{"attributes": {"bucket": "a", "id": "a",
            "versioning_configuration": [{"status": "Suspended", "mfa_delete": ""}]}}]},
        {"mode": "managed", "type": "aws_s3_bucket", "name": "nameless", "instances": [{"attributes": {"bucket": "terraform-2026", "id": "terraform-2026",
            "arn": "arn:aws:s3:::terraform-2026"}}]},
        {"mode": "managed", "type": "aws_s3_bucket", "name": "old", "instances": [{"attributes": {"bucket": "old", "id": "old", "arn": "arn:aws:s3:::old"}}]}
    ]});
    let (state, _) = code(&pack, &[("terraform.tfstate", &state.to_string())]);
    let drift = compare(&declared, &sources, Live::State(&state));
    assert_eq!(
        shown(&drift),
        "changed aws_s3_bucket.a versioning.status: \"Enabled\" -> \"Suspended\" at main.tf:5\nmissing aws_s3_bucket.b\n\
         undeclared arn:aws:s3:::old\n"
    );
}

#[test]
fn values_are_alike_in_any_order_and_form() {
    let pack = Pack::builtin().expect("the built-in pack");
    let main = r#"
resource "aws_s3_bucket" "a" { bucket = "a" }
resource "aws_s3_bucket_policy" "a" {
  bucket = aws_s3_bucket.a.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = ["s3:*"], Resource = ["y", "x"] }] })
}
"#;
    let (accounts, sources) = code(&pack, &[("main.tf", main)]);
    let statement = |effect: &str| json!({"policy": {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Principal": "*", "Action": "s3:*", "Resource": ["x", "y"]}]}});
    let same = compare(
        &accounts,
        &sources,
        Live::Accounts(&[live(vec![bucket("a", statement("Deny"))])]),
    );
    assert_eq!(shown(&same), "");
    let other = compare(
        &accounts,
        &sources,
        Live::Accounts(&[live(vec![bucket("a", statement("Allow"))])]),
    );
    assert_eq!(other.changed.len(), 1);
    assert!(matches!(other.changed[0].found, Value::List(_)));
}
