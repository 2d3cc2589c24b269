//! Drift: code against snapshots and state.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

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
    // An alias of a state may work in any account, which is told.
    let problems = scanned.problems.iter();
    let others: Vec<_> = problems
        .filter(|problem| !problem.message.starts_with("in which account"))
        .collect();
    assert!(others.is_empty(), "{others:?}");
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
    let undeclared = drift.undeclared.iter().map(|new| {
        let why = new.why.as_ref().map(|why| format!(": {why}"));
        format!("undeclared {}{}\n", new.uid, why.unwrap_or_default())
    });
    let unsure = drift
        .unsure
        .iter()
        .map(|unsure| format!("unsure {}: {}\n", unsure.declared.address, unsure.why));
    let ignored = drift
        .ignored
        .iter()
        .map(|ignored| format!("ignored {} {}\n", ignored.declared.address, ignored.attribute));
    let pending = drift
        .pending
        .iter()
        .map(|pending| format!("pending {}: {}\n", pending.declared.address, pending.what));
    changed
        .chain(missing)
        .chain(undeclared)
        .chain(unsure)
        .chain(ignored)
        .chain(pending)
        .collect()
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

/// A state with buckets: `(module, name, instances)`.
fn state_of(buckets: &[(&str, &str, serde_json::Value)]) -> String {
    let resources: Vec<serde_json::Value> = buckets
        .iter()
        .map(|(module, name, instances)| {
            let mut resource = json!({"mode": "managed", "type": "aws_s3_bucket", "name": name, "instances": instances,
                "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]"});
            if !module.is_empty() {
                resource["module"] = json!(module);
            }
            resource
        })
        .collect();
    json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "l", "resources": resources})
        .to_string()
}

fn object(name: &str, more: serde_json::Value) -> serde_json::Value {
    let mut object =
        json!({"attributes": {"bucket": name, "id": name, "arn": format!("arn:aws:s3:::{name}")}});
    for (key, value) in more.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
    object
}

#[test]
fn what_the_next_apply_does_anyway_is_no_drift() {
    let pack = Pack::builtin().expect("the built-in pack");
    let bucket = |name: &str, more: &str| format!("resource \"aws_s3_bucket\" \"{name}\" {{\n{more}}}\n");
    let main = [
        bucket(
            "each",
            "  for_each = toset([\"a\", \"b\"])\n  bucket = \"each-${each.key}\"\n",
        ),
        bucket("new", "  bucket = \"moved\"\n"),
        bucket("imported", "  bucket = \"imported\"\n"),
        bucket("gone", "  count = 0\n"),
        "module \"m\" {\n  source = \"./m\"\n}\n".to_owned(),
        "moved {\n  from = aws_s3_bucket.old\n  to = aws_s3_bucket.new\n}\n".to_owned(),
        "import {\n  to = aws_s3_bucket.imported\n  id = \"imported\"\n}\n".to_owned(),
        "removed {\n  from = module.left\n}\n".to_owned(),
    ];
    let (declared, sources) = code(
        &pack,
        &[
            ("main.tf", main.concat().as_str()),
            ("m/main.tf", &bucket("in", "  bucket = \"in\"\n")),
        ],
    );
    let each = json!([
        object("each-a", json!({"index_key": "a"})),
        object("each-b", json!({"index_key": "b", "status": "tainted"})),
        object("each-old", json!({"index_key": "a", "deposed": "01"}))
    ]);
    let one = |name: &str| json!([object(name, json!({}))]);
    let state = state_of(&[
        ("", "each", each),
        ("module.m", "in", one("in")),
        ("", "old", one("moved")),
        ("module.left[0]", "x", one("left")),
        ("", "other", one("other")),
    ]);
    let (state, _) = code(&pack, &[("terraform.tfstate", &state)]);
    let drift = compare(&declared, &sources, Live::State(&state));
    assert_eq!(
        shown(&drift),
        "undeclared arn:aws:s3:::each-old: another took its place, and the next apply destroys it\n\
         undeclared arn:aws:s3:::left: a `removed` block takes it out of the state\n\
         undeclared arn:aws:s3:::other\n\
         pending aws_s3_bucket.each[\"b\"]: it is marked as tainted, and the next apply replaces it\n\
         pending aws_s3_bucket.imported: an `import` block takes it into the state\n\
         pending aws_s3_bucket.new: the state has it as `aws_s3_bucket.old`, from where a `moved` block moves it\n"
    );
    assert_eq!((drift.matched, drift.is_none()), (4, true));
}

#[test]
fn what_is_left_to_others_is_told_apart() {
    let pack = Pack::builtin().expect("the built-in pack");
    let main = |ignore: &str| {
        format!(
            "resource \"aws_s3_bucket\" \"a\" {{\n  bucket = \"a\"\n  tags = {{\n    Team = \"red\"\n    Cost = \"1\"\n  }}\n  lifecycle {{\n    ignore_changes = {ignore}\n  }}\n}}\n\
             resource \"aws_s3_bucket_versioning\" \"a\" {{\n  bucket = aws_s3_bucket.a.id\n  versioning_configuration {{\n    status = \"Enabled\"\n  }}\n}}\n"
        )
    };
    let there = live(vec![bucket(
        "a",
        json!({"tags": {"Team": "blue", "Cost": "2"}, "versioning": {"status": "Suspended"}}),
    )]);
    let versioning =
        "changed aws_s3_bucket.a versioning.status: \"Enabled\" -> \"Suspended\" at main.tf:14\n";
    for (ignore, changed, ignored) in [
        ("[]", &["tags.Cost", "tags.Team"][..], &[][..]),
        ("[tags]", &[], &["tags.Cost", "tags.Team"]),
        ("[tags[\"Team\"]]", &["tags.Cost"], &["tags.Team"]),
        ("all", &[], &["tags.Cost", "tags.Team"]),
    ] {
        let (accounts, sources) = code(&pack, &[("main.tf", &main(ignore))]);
        let drift = compare(&accounts, &sources, Live::Accounts(std::slice::from_ref(&there)));
        let found: Vec<&str> = drift
            .changed
            .iter()
            .map(|changed| changed.attribute.as_str())
            .collect();
        let expected: Vec<&str> = changed.iter().copied().chain(["versioning.status"]).collect();
        assert_eq!(found, expected, "{ignore}");
        let found: Vec<&str> = drift
            .ignored
            .iter()
            .map(|ignored| ignored.attribute.as_str())
            .collect();
        assert_eq!(found, ignored, "{ignore}");
        assert!(shown(&drift).contains(versioning), "{ignore}");
    }
}

#[test]
fn resources_are_looked_for_in_their_account_and_region() {
    let pack = Pack::builtin().expect("the built-in pack");
    let main = "provider \"aws\" {\n  region = \"eu-central-1\"\n}\n\
        provider \"aws\" {\n  alias = \"b\"\n  region = \"us-west-2\"\n  assume_role {\n    role_arn = \"arn:aws:iam::777788889999:role/d\"\n  }\n}\n\
        resource \"aws_sqs_queue\" \"a\" {\n  name = \"q\"\n}\n\
        resource \"aws_sqs_queue\" \"b\" {\n  provider = aws.b\n  name = \"q\"\n}\n";
    let (accounts, sources) = code(&pack, &[("main.tf", main)]);
    let queue = |account: &'static str, region: &'static str| {
        let uid = format!("arn:aws:sqs:{region}:{account}:q");
        Resource::new(uid, "aws_sqs_queue", "q", account, region, Map::new())
    };
    let scanned = |id: &'static str, resources: Vec<Resource>| {
        let mut account = live(resources);
        account.account = Account::new(Provider::Aws, id);
        account.coverage.collected[0].resource_type = "aws_sqs_queue".into();
        account
    };
    let (here, there) = ("444455556666", "777788889999");
    let cases = [
        (
            vec![
                scanned(here, vec![queue(here, "eu-central-1")]),
                scanned(there, vec![queue(there, "us-west-2")]),
            ],
            "",
        ),
        // What has the name elsewhere is another queue.
        (
            vec![
                scanned(here, vec![queue(here, "eu-central-1"), queue(here, "us-west-2")]),
                scanned(there, vec![]),
            ],
            "missing aws_sqs_queue.b\nundeclared arn:aws:sqs:us-west-2:444455556666:q\n",
        ),
        (
            vec![scanned(here, vec![queue(here, "us-west-2")])],
            "missing aws_sqs_queue.a\nundeclared arn:aws:sqs:us-west-2:444455556666:q\n\
             unsure aws_sqs_queue.b: the scan did not read its account\n",
        ),
    ];
    for (live, expected) in cases {
        let drift = compare(&accounts, &sources, Live::Accounts(&live));
        assert_eq!(shown(&drift), expected);
    }
}

#[test]
fn a_state_of_one_root_tells_nothing_of_the_same_address_in_another() {
    let pack = Pack::builtin().expect("the built-in pack");
    let main = "resource \"aws_s3_bucket\" \"a\" { bucket = \"a\" }\n";
    let (declared, sources) = code(&pack, &[("prod/main.tf", main), ("test/main.tf", main)]);
    let (state, _) = code(
        &pack,
        &[(
            "s.tfstate",
            &state_of(&[("", "a", json!([object("a", json!({}))]))]),
        )],
    );
    let drift = compare(&declared, &sources, Live::State(&state));
    assert_eq!((drift.matched, drift.unsure.len()), (0, 2));
    assert!(
        drift.unsure[0]
            .why
            .contains("several roots declare something under this address")
    );
}
