//! The conformance cases of the CEL specification, as a ratchet.
//!
//! `conformance/convert.mjs` says how to get the cases; the folder that holds them is named by the
//! environment variable `PLUMB_CEL_SPEC`. `conformance/expected.txt` holds the number of cases that pass
//! and every case that applies but differs, with the reason; a case that changes sides breaks the test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plumb_expr::{Declarations, Expected, NoInventory, Program, Scope, Type};
use plumb_model::value::{Map, Text, Value};

/// Why a case may differ.
const REASONS: [&str; 7] = [
    // What fails is null, and null is false; in CEL a failure spreads.
    "null", // The keys of maps are text.
    "keys", // Refused at load time: unknown names, operands that can never fit.
    "checked",
    // Whole and floating point numbers compare exactly, and negative zero keeps its sign.
    "numbers",
    // Durations reach further than in CEL, timestamps from year -9999 to the end of 9999-12-30.
    "range", // Time zones by name need a database of time zones.
    "zone",  // The type of a value is text.
    "types",
];

/// Parts of the specification that rules do not have at all.
const OTHER_SUITES: [&str; 22] = [
    "basic/functions",
    "bindings_ext",
    "block_ext",
    "dynamic",
    "encoders_ext",
    "enums",
    "fields/qualified_identifier_resolution",
    "fields/quoted_map_fields",
    "integer_math/uint64_math",
    "conversions/bytes",
    "conversions/uint",
    "macros2/transformList",
    "macros2/transformMap",
    "math_ext",
    "namespace",
    "optionals",
    "parse/bytes_literals",
    "parse/struct_field_names",
    "proto",
    "string_ext",
    "type_deductions",
    "wrappers",
];

enum Outcome {
    DoesNotApply,
    Passes,
    Differs(String),
}

#[test]
fn conformance_cases_keep_their_sides() {
    let Some(folder) = std::env::var_os("PLUMB_CEL_SPEC") else {
        eprintln!("skipped: PLUMB_CEL_SPEC does not name a folder; see tests/conformance/convert.mjs");
        return;
    };
    let text = std::fs::read_to_string(Path::new(&folder).join("conformance.json")).unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut passing = 0;
    let mut differing = BTreeMap::new();
    for case in &cases {
        match judge(case) {
            Outcome::DoesNotApply => {}
            Outcome::Passes => passing += 1,
            Outcome::Differs(how) => drop(differing.insert(name(case).to_owned(), how)),
        }
    }
    let (expected_passing, expected_differing) = expected();
    let found: BTreeSet<&str> = differing.keys().map(String::as_str).collect();
    let listed: BTreeSet<&str> = expected_differing.iter().map(String::as_str).collect();
    let worse: Vec<String> = found
        .difference(&listed)
        .map(|name| format!("{name}: {}", differing[*name]))
        .collect();
    let better: Vec<&&str> = listed.difference(&found).collect();
    assert!(
        worse.is_empty(),
        "{} cases differ that passed before:\n{}",
        worse.len(),
        worse.join("\n")
    );
    assert!(
        better.is_empty(),
        "these cases pass now or are gone; take them out of expected.txt:\n{better:#?}"
    );
    assert_eq!(
        passing, expected_passing,
        "write the number of passing cases into expected.txt"
    );
}

/// The number of passing cases, and the names of those that differ.
fn expected() -> (usize, Vec<String>) {
    let mut lines = include_str!("conformance/expected.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let passing = lines
        .next()
        .and_then(|line| line.strip_prefix("passing "))
        .unwrap()
        .parse()
        .unwrap();
    let differing = lines.map(|line| {
        let (reason, name) = line.split_once(' ').unwrap();
        assert!(REASONS.contains(&reason), "unknown reason `{reason}`");
        name.to_owned()
    });
    (passing, differing.collect())
}

fn name(case: &serde_json::Value) -> &str {
    case["name"].as_str().unwrap()
}

fn judge(case: &serde_json::Value) -> Outcome {
    let rule = case["expr"].as_str().unwrap();
    let messages = ["google.protobuf", "TestAllTypes"];
    let is_typed_message = case.get("container").is_some() || messages.iter().any(|name| rule.contains(name));
    if OTHER_SUITES.iter().any(|suite| name(case).starts_with(suite)) || is_typed_message {
        return Outcome::DoesNotApply;
    }
    let wants_error = case.get("evalError").is_some();
    let wanted = case.get("value").map(value);
    let (Some(bindings), None | Some(Some(_))) = (bindings(case), &wanted) else {
        return Outcome::DoesNotApply;
    };
    let wanted = wanted.flatten();
    // A binding becomes the variable of a macro over a list of one.
    let wrapped = bindings.iter().fold(rule.to_owned(), |rule, (name, _)| {
        format!("[resource.{name}].map({name}, {rule}\n)[0]")
    });
    let program = match Program::compile(&wrapped, &Anything, Expected::Value) {
        Ok(program) => program,
        Err(_) if wants_error => return Outcome::Passes,
        Err(problems) => {
            let foreign = [
                "bytes are not part",
                "is not a number",
                "variable `bytes`",
                "variable `uint`",
            ];
            let is_foreign = |text: &str| foreign.iter().any(|part| text.contains(part));
            let calls_foreign = rule.contains("uint(") || rule.contains("bytes(");
            return if calls_foreign || problems.iter().any(|problem| is_foreign(&problem.message)) {
                Outcome::DoesNotApply
            } else {
                Outcome::Differs(format!("`{rule}` is refused: {problems:?}"))
            };
        }
    };
    let nothing = Value::Null;
    let resource = Value::Map(bindings.into_iter().collect());
    let found = program.value(&Scope {
        resource: &resource,
        account: &nothing,
        params: &nothing,
        now: "2026-06-01T00:00:00Z".parse().unwrap(),
        inventory: &NoInventory,
    });
    // Where CEL has an error, a rule has null.
    let wanted = if wants_error {
        Value::Null
    } else {
        wanted.unwrap_or(Value::Bool(true))
    };
    if found.to_string() == wanted.to_string() {
        Outcome::Passes
    } else {
        Outcome::Differs(format!("`{rule}` is {found}, not {wanted}"))
    }
}

/// The variables of a case; `None` when one is of a kind that rules do not have.
fn bindings(case: &serde_json::Value) -> Option<Map> {
    let Some(bindings) = case.get("bindings") else {
        return Some(Map::new());
    };
    let is_name = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    bindings
        .as_object()?
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "true" | "false" | "null"))
        .map(|(name, binding)| Some((Text::from(name.as_str()), value(&binding["value"])?)))
        .map(|entry| entry.filter(|(name, _)| is_name(name)))
        .collect()
}

/// A value of the specification; `None` for unsigned numbers, bytes, messages, enumerations.
fn value(tagged: &serde_json::Value) -> Option<Value> {
    let (tag, content) = tagged.as_object()?.iter().next()?;
    Some(match tag.as_str() {
        "nullValue" => Value::Null,
        "boolValue" => Value::Bool(content.as_bool()?),
        "int64Value" => Value::Int(content.as_str()?.parse().ok()?),
        "doubleValue" => Value::Float(content.as_str()?.replace("Infinity", "inf").parse().ok()?),
        "stringValue" => Value::from(content.as_str()?),
        "typeValue" => Value::from(
            content
                .as_str()?
                .trim_start_matches("google.protobuf.")
                .to_lowercase(),
        ),
        "listValue" => {
            let values = content
                .get("values")
                .and_then(|values| values.as_array())
                .cloned()
                .unwrap_or_default();
            Value::List(values.iter().map(value).collect::<Option<_>>()?)
        }
        "mapValue" => {
            let entries = content
                .get("entries")
                .and_then(|entries| entries.as_array())
                .cloned()
                .unwrap_or_default();
            let entry = |entry: &serde_json::Value| match value(&entry["key"])? {
                Value::String(key) => Some((key, value(&entry["value"])?)),
                _ => None,
            };
            Value::Map(entries.iter().map(entry).collect::<Option<Map>>()?)
        }
        _ => return None,
    })
}

/// Nothing is known of `resource`, which holds the bindings.
struct Anything;

impl Declarations for Anything {
    fn variable(&self, name: &str) -> Option<Type> {
        (name == "resource").then_some(Type::Json)
    }

    fn resource_type(&self, _name: &str) -> Option<Type> {
        None
    }

    fn resource_type_names(&self) -> Vec<Text> {
        Vec::new()
    }
}
