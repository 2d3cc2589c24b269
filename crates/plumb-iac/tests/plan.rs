//! Plans and state, from JSON to blocks.

#![expect(clippy::expect_used, reason = "tests report by panic")]

use std::collections::BTreeSet;

use plumb_iac::complete::Complete;
use plumb_iac::declared::Intent;
use plumb_iac::mapping::Surroundings;
use plumb_iac::place::{FileId, Sources};
use plumb_iac::secrecy::Secrecy;
use plumb_iac::terraform::plan::{Applied, Read, Written, read, recognise};
use plumb_iac::val::{Kind, Val};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;
use serde_json::json;

/// Gives every block an `id` that names it.
struct ById;

impl Complete for ById {
    fn complete(&self, mut body: Val, surroundings: &Surroundings<'_>) -> Val {
        if let Kind::Map(fields) = &mut body.kind {
            let fields = std::sync::Arc::make_mut(fields);
            fields
                .entries
                .entry(Text::new_static("id"))
                .or_insert_with(|| Val::string(format!("id-of-{}", surroundings.address)));
        }
        body
    }
}

/// What a file of a scan with no other account declares.
fn applied(kind: Written, sources: &Sources, file: FileId) -> Result<Read, Diagnostic> {
    let applied = Applied {
        stand_in: &Text::new_static("000000000001"),
        region: None,
        taken: &BTreeSet::new(),
    };
    read(kind, sources, file, &ById, applied, Secrecy::Kept)
}

#[track_caller]
fn check(path: &str, text: &str, expected_kind: Option<Written>, expected: &str) {
    let kind = recognise(path, text);
    assert_eq!(kind, expected_kind);
    let Some(kind) = kind else { return };
    let mut sources = Sources::default();
    let file = sources.add(path, text);
    let shown = match applied(kind, &sources, file) {
        Ok(read) => {
            let lines = read
                .stack
                .blocks
                .iter()
                .map(|block| format!("{}: {}\n", block.address, block.body));
            lines.collect()
        }
        Err(problem) => format!("{problem}\n"),
    };
    assert_eq!(shown, expected);
}

#[test]
fn a_plan_joins_what_is_known_only_after_apply() {
    let text = r#"{
      "format_version": "1.2", "terraform_version": "1.9.0",
      "planned_values": { "root_module": {
        "resources": [
          { "address": "x.a", "mode": "managed", "type": "x", "name": "a", "values": { "n": 1 }, "sensitive_values": {} },
          { "address": "data.x.d", "mode": "data", "type": "x", "name": "d", "values": {} }
        ],
        "child_modules": [ { "address": "module.m[\"k\"]", "resources": [
          { "address": "module.m[\"k\"].x.b[0]", "mode": "managed", "type": "x", "name": "b", "index": 0,
            "values": { "secret": "hunter2", "list": [ { "v": 1 } ] }, "sensitive_values": { "secret": true } }
        ] } ]
      } },
      "resource_changes": [
        { "address": "x.a", "change": { "after_unknown": { "id": true } } },
        { "address": "module.m[\"k\"].x.b[0]", "change": { "after_unknown": { "id": true, "to": true, "list": [ { "w": true } ], "other": true } } }
      ],
      "configuration": { "root_module": {
        "module_calls": { "m": { "module": { "resources": [
          { "address": "x.b", "expressions": { "to": { "references": ["x.c.id", "x.c"] }, "other": { "references": ["var.o"] } } } ] } } } } }
    }"#;
    check(
        "tfplan.json",
        text,
        Some(Written::Plan),
        "module.m[\"k\"].x.b[0]: {id: \"id-of-module.m[\"k\"].x.b[0]\", list: [{v: 1, w: ?(known only after apply)}], \
         other: ?(known only after apply), secret: ?(it is marked as sensitive and was not looked at), to: ?(known only after apply)}\n\
         x.a: {id: \"id-of-x.a\", n: 1}\n"
            .replace("id-of-module.m[\"k\"].x.b[0]", "id-of-module.m[\\\"k\\\"].x.b[0]")
            .as_str(),
    );
}

#[test]
fn references_of_a_plan_lead_to_identities() {
    let text = r#"{ "format_version": "1.2", "terraform_version": "1.9.0",
      "planned_values": { "root_module": { "resources": [
        { "address": "x.a", "mode": "managed", "type": "x", "values": {} },
        { "address": "x.b", "mode": "managed", "type": "x", "values": {} } ] } },
      "resource_changes": [ { "address": "x.b", "change": { "after_unknown": { "to": true } } } ],
      "configuration": { "root_module": { "resources": [
        { "address": "x.b", "expressions": { "to": { "references": ["x.a.id", "x.a"] } } } ] } } }"#;
    check(
        "p.json",
        text,
        Some(Written::Plan),
        "x.a: {id: \"id-of-x.a\"}\nx.b: {id: \"id-of-x.b\", to: \"id-of-x.a\"}\n",
    );
}

#[test]
fn a_state_tells_everything_but_secrets() {
    let text = r#"{ "version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "l", "resources": [
      { "module": "module.m", "mode": "managed", "type": "x", "name": "a", "instances": [
        { "index_key": "k", "attributes": { "id": "i-1", "password": "p" },
          "sensitive_attributes": [ [ { "type": "get_attr", "value": "password" } ] ] } ] },
      { "mode": "data", "type": "x", "name": "d", "instances": [ { "attributes": {} } ] } ] }"#;
    check(
        "terraform.tfstate",
        text,
        Some(Written::State),
        "module.m.x.a[\"k\"]: {id: \"i-1\", password: ?(it is marked as sensitive and was not looked at)}\n",
    );
}

#[test]
fn other_json_is_left_alone_and_broken_json_is_told() {
    check("package.json", r#"{"name": "x"}"#, None, "");
    check(
        "p.json",
        r#"{"terraform_version": "1", "format_version": "1", "#,
        Some(Written::Plan),
        "p.json: error: this is not valid JSON: EOF while parsing a value at line 1 column 50\n",
    );
}

#[test]
fn what_is_no_plan_and_no_state_says_so() {
    for (path, text, kind, told) in [
        (
            "p.json",
            r#"{"format_version":"99.0","planned_values":{}}"#,
            Written::Plan,
            "plans of format version `99.0` are not read",
        ),
        (
            "p.json",
            r#"{"format_version":"1.2","terraform_version":"1.9.0","planned_values":7}"#,
            Written::Plan,
            "the planned values of this plan are no object",
        ),
        (
            "s.tfstate",
            r#"{"version":3,"serial":1,"modules":[]}"#,
            Written::State,
            "states of version 3 are not read",
        ),
        (
            "s.tfstate",
            r#"{"version":4,"resources":7}"#,
            Written::State,
            "the resources of this state are no list",
        ),
        ("s.tfstate", "{}", Written::State, "this is no state of Terraform"),
        ("s.tfstate", "", Written::State, "this is not valid JSON"),
    ] {
        assert_eq!(recognise(path, text), Some(kind), "{text}");
        let mut sources = Sources::default();
        let file = sources.add(path, text);
        let problem = applied(kind, &sources, file).err();
        assert!(
            problem.is_some_and(|problem| problem.message.contains(told)),
            "{text}"
        );
    }
    for text in [r#"{"a":1}"#, r#"{"version":4,"resources":[]}"#] {
        assert_eq!(recognise("package.json", text), None);
    }
    check(
        "s.tfstate",
        r#"{"version":4,"resources":[]}"#,
        Some(Written::State),
        "",
    );
}

/// The account and region of each block of a file, and what it says of accounts.
fn whereabouts(path: &str, text: &str) -> String {
    let kind = recognise(path, text).expect("a plan or a state");
    let mut sources = Sources::default();
    let file = sources.add(path, text);
    let read = applied(kind, &sources, file).expect("it is read");
    let stack = &read.stack;
    let blocks = stack.blocks.iter().map(|block| {
        let account = block.account.as_ref().or(stack.account.as_ref());
        let (account, region) = (
            account.map_or("-", Text::as_str),
            block.region.as_deref().unwrap_or("-"),
        );
        format!("{} {account} {region}\n", block.address)
    });
    let others = stack
        .accounts
        .iter()
        .map(|(stand_in, number)| format!("other {stand_in} ={number}\n"));
    let problems = read
        .problems
        .iter()
        .map(|problem| format!("{}\n", problem.message));
    blocks.chain(others).chain(problems).collect()
}

/// An instance of a state.
fn instance(provider: &str, name: &str, attributes: &serde_json::Value) -> serde_json::Value {
    let provider = format!("provider[\"registry.terraform.io/hashicorp/aws\"]{provider}");
    json!({"mode": "managed", "type": "aws_x", "name": name, "provider": provider, "instances": [{"attributes": attributes}]})
}

fn state(resources: &[serde_json::Value]) -> String {
    json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "l", "resources": resources})
        .to_string()
}

#[test]
fn a_state_tells_the_account_and_region_of_each_provider() {
    let vpc = |account: &str, region: &str| json!({"arn": format!("arn:aws:ec2:{region}:{account}:vpc/v")});
    let text = state(&[
        instance("", "a", &vpc("111122223333", "eu-west-1")),
        instance("", "bucket", &json!({"arn": "arn:aws:s3:::b"})),
        instance(".west", "c", &vpc("444455556666", "us-west-2")),
        instance(".west", "bucket_c", &json!({"arn": "arn:aws:s3:::c"})),
        instance(
            ".west",
            "owned",
            &json!({"owner_id": "444455556666", "region": "us-east-2"}),
        ),
        instance(".silent", "d", &json!({"arn": "arn:aws:s3:::d"})),
        json!({"mode": "managed", "type": "random_id", "name": "r", "provider": "provider[\"registry.terraform.io/hashicorp/random\"]", "instances": [{"attributes": {}}]}),
    ]);
    assert_eq!(
        whereabouts("s.tfstate", &text),
        "aws_x.a 111122223333 eu-west-1\naws_x.bucket 111122223333 eu-west-1\naws_x.bucket_c 444455556666 -\naws_x.c 444455556666 us-west-2\n\
         aws_x.d 000300000001 -\naws_x.owned 444455556666 us-east-2\nrandom_id.r 111122223333 -\n\
         other 000300000001 =\nother 444455556666 =444455556666\n\
         in which account some resources are is not known; they stand in an account of their own: those of \
         `provider[\"registry.terraform.io/hashicorp/aws\"].silent`\n"
            .replace("0003", "0001")
    );
}

#[test]
fn data_sources_of_a_state_tell_the_account_of_their_provider() {
    let data = |kind: &str, attributes: serde_json::Value| {
        json!({"mode": "data", "type": kind, "name": "d", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"].b",
            "instances": [{"attributes": attributes}]})
    };
    let text = state(&[
        instance("", "a", &json!({})),
        instance(".b", "b", &json!({})),
        data("aws_caller_identity", json!({"account_id": "444455556666"})),
        data("aws_region", json!({"name": "eu-north-1"})),
    ]);
    assert_eq!(
        whereabouts("s.tfstate", &text),
        "aws_x.a 000000000001 -\naws_x.b 444455556666 eu-north-1\nother 444455556666 =444455556666\n"
    );
}

#[test]
fn objects_that_were_replaced_stand_beside_those_in_their_place() {
    let text = state(
        &[json!({"mode": "managed", "type": "x", "name": "a", "instances": [
        {"index_key": 0, "attributes": {"n": 1}}, {"index_key": 0, "deposed": "0a", "attributes": {"n": 2}}]})],
    );
    check(
        "s.tfstate",
        &text,
        Some(Written::State),
        "x.a[0]: {id: \"id-of-x.a[0]\", n: 1}\nx.a[0] (deposed 0a): {id: \"id-of-x.a[0] (deposed 0a)\", n: 2}\n",
    );
}

/// A plan of one resource per provider, `aws_x.<name>`.
fn plan(providers: &serde_json::Value, keys: &[(&str, &str)], prior: &serde_json::Value) -> String {
    let resource = |name: &str| json!({"address": format!("aws_x.{name}"), "mode": "managed", "type": "aws_x", "name": name, "values": {}});
    let planned: Vec<_> = keys.iter().map(|(name, _)| resource(name)).collect();
    let configured: Vec<_> = keys
        .iter()
        .map(|(name, key)| json!({"address": format!("aws_x.{name}"), "provider_config_key": key, "expressions": {}}))
        .collect();
    json!({"format_version": "1.2", "terraform_version": "1.9.0", "variables": {"region": {"value": "ap-south-1"}, "name": {"value": "x"}},
        "planned_values": {"root_module": {"resources": planned}}, "prior_state": {"values": {"root_module": {"resources": prior}}},
        "configuration": {"provider_config": providers, "root_module": {"resources": configured}}})
    .to_string()
}

#[test]
fn a_plan_tells_accounts_and_regions_by_the_configuration_of_providers() {
    let aws = |expressions: serde_json::Value| json!({"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": expressions});
    let role = |arn: serde_json::Value| json!({"assume_role": [{"role_arn": arn}]});
    let constant = |text: &str| json!({"constant_value": text});
    let of_west = |provider: serde_json::Value| json!({"aws": aws(json!({"region": constant("eu-west-1")})), "aws.west": provider});
    let keys = &[("a", "aws"), ("b", "aws.west")][..];
    let none = json!([]);
    let cases = [
        (
            of_west(aws(json!({"region": {"references": ["var.region"]}}))),
            keys,
            none.clone(),
            "000000000001 eu-west-1, 000000000001 ap-south-1",
            "",
        ),
        (
            of_west(aws(json!({"region": {"references": ["var.name"]}}))),
            keys,
            none.clone(),
            "000000000001 eu-west-1, 000000000001 -",
            "",
        ),
        (
            of_west(aws(role(constant("arn:aws:iam::444455556666:role/d")))),
            keys,
            none.clone(),
            "000000000001 eu-west-1, 444455556666 -",
            "",
        ),
        (
            of_west(aws(role(json!({"references": ["var.role"]})))),
            keys,
            none.clone(),
            "000000000001 eu-west-1, 000100000001 -",
            "`aws.west`",
        ),
        (
            of_west(aws(
                json!({"allowed_account_ids": {"constant_value": ["444455556666"]}}),
            )),
            keys,
            none.clone(),
            "444455556666 eu-west-1, 444455556666 -",
            "",
        ),
        (
            of_west(aws(json!({"profile": constant("audit")}))),
            keys,
            none.clone(),
            "000000000001 eu-west-1, 000100000001 -",
            "`aws.west`",
        ),
        // A provider that a module has of its caller.
        (
            of_west(aws(json!({}))),
            &[("a", "module.m:aws"), ("b", "module.m:aws.other")],
            none,
            "000000000001 eu-west-1, 000100000001 -",
            "`module.m:aws.other`",
        ),
        // What was there before.
        (
            of_west(aws(role(json!({"references": ["var.role"]})))),
            keys,
            json!([
                {"address": "aws_x.a", "mode": "managed", "type": "aws_x", "name": "a", "values": {"arn": "arn:aws:ec2:eu-west-1:111122223333:vpc/v"}},
                {"address": "aws_x.b", "mode": "managed", "type": "aws_x", "name": "b", "values": {"arn": "arn:aws:ec2:us-west-2:444455556666:vpc/v"}},
            ]),
            "111122223333 eu-west-1, 444455556666 us-west-2",
            "",
        ),
    ];
    for (providers, keys, prior, expected, unknown) in cases {
        let found = whereabouts("p.json", &plan(&providers, keys, &prior));
        let (blocks, told): (Vec<&str>, Vec<&str>) =
            found.lines().partition(|line| line.starts_with("aws_x"));
        let blocks: Vec<&str> = blocks
            .iter()
            .filter_map(|line| Some(line.split_once(' ')?.1))
            .collect();
        assert_eq!(blocks.join(", "), expected, "{providers}");
        let told = told.iter().find(|line| line.starts_with("in which account"));
        assert_eq!(
            told.map_or("", |told| told.rsplit(' ').next().unwrap_or("")),
            unknown,
            "{providers}"
        );
    }
}

#[test]
fn an_account_goes_by_its_number_in_one_file_of_a_scan() {
    let text = state(&[instance("", "a", &json!({"owner_id": "111122223333"}))]);
    let mut sources = Sources::default();
    let file = sources.add("s.tfstate", text);
    let taken = BTreeSet::from([Text::new_static("111122223333")]);
    let applied = Applied {
        stand_in: &Text::new_static("000000000002"),
        region: None,
        taken: &taken,
    };
    let read = read(Written::State, &sources, file, &ById, applied, Secrecy::Kept).expect("it is read");
    assert_eq!(read.stack.account.as_deref(), Some("000000000002"));
    assert!(
        read.problems[0]
            .message
            .contains("another file of the scan is of account `111122223333` too")
    );
}

#[test]
fn a_state_that_is_shown_tells_what_is_replaced() {
    let resource = |name: &str, more: &serde_json::Value| {
        let mut resource = json!({"address": format!("aws_x.{name}"), "mode": "managed", "type": "aws_x", "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws", "values": {"owner_id": "111122223333"}});
        for (key, value) in more.as_object().into_iter().flatten() {
            resource[key] = value.clone();
        }
        resource
    };
    let resources = [
        resource("a", &json!({"tainted": true})),
        resource("b", &json!({"deposed_key": "0b"})),
        resource("b", &json!({})),
        resource("c", &json!({"values": {"owner_id": "444455556666"}})),
        resource("d", &json!({"values": {}})),
    ];
    let text = json!({"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {"resources": resources}}});
    let text = text.to_string();
    let mut sources = Sources::default();
    let file = sources.add("s.json", text.as_str());
    let read = applied(Written::Plan, &sources, file).expect("it is read");
    let intents = &read.stack.lifecycle.intents;
    let intents: Vec<_> = intents
        .iter()
        .map(|(address, intent)| (address.as_str(), *intent))
        .collect();
    assert_eq!(
        intents,
        [
            ("aws_x.a", Intent::Tainted),
            ("aws_x.b (deposed 0b)", Intent::Deposed)
        ]
    );
    // Without the names of providers nothing tells in which of the accounts the last one is.
    let found = whereabouts("s.json", &text);
    assert!(
        found.contains("aws_x.c 444455556666 -\naws_x.d 000000000001 -\n"),
        "{found}"
    );
    assert!(
        found.contains("in which account some resources are is not known"),
        "{found}"
    );
}
