//! Plans and state, from JSON to blocks.

use plumb_iac::complete::Complete;
use plumb_iac::mapping::Surroundings;
use plumb_iac::place::Sources;
use plumb_iac::secrecy::Secrecy;
use plumb_iac::terraform::plan::{Written, read, recognise};
use plumb_iac::val::{Kind, Val};
use plumb_model::value::Text;

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

#[track_caller]
fn check(path: &str, text: &str, expected_kind: Option<Written>, expected: &str) {
    let kind = recognise(path, text);
    assert_eq!(kind, expected_kind);
    let Some(kind) = kind else { return };
    let mut sources = Sources::default();
    let file = sources.add(path, text);
    let account = Text::new_static("111122223333");
    let shown = match read(kind, &sources, file, &ById, (&account, None), Secrecy::Kept) {
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
        let account = Text::new_static("111122223333");
        let problem = read(kind, &sources, file, &ById, (&account, None), Secrecy::Kept).err();
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
