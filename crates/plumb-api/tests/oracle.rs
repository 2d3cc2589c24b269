//! Requests and answers of every operation against botocore, with generated values; skipped where botocore is missing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_api::catalog::Catalog;
use plumb_api::model::Protocol;
use plumb_api::request::build_request;
use plumb_api::response::decode_response;
use plumb_api::shape::{Kind, ShapeRef};
use plumb_api::wire::{Endpoint, Response};
use plumb_model::value::Value;
use serde_json::Value as Json;

/// The unpacked wheel that `cargo xtask models` leaves behind.
fn botocore() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = target.join(format!("models/botocore-{}", Catalog::aws().source_version()));
    folder.join("botocore/data").exists().then_some(folder)
}

fn cases(seed: u32) -> Option<Vec<Json>> {
    let Some(botocore) = botocore() else {
        eprintln!("skipped: no botocore; `cargo xtask models --check` downloads it");
        return None;
    };
    let mut list = String::new();
    for service in Catalog::aws().services() {
        let model = Catalog::aws().service(service.name()).unwrap();
        for name in model.operation_names() {
            list.push_str(&format!("{}:{name}\n", service.name()));
        }
    }
    let file = std::env::temp_dir().join(format!("plumb-oracle-{}-{seed}", std::process::id()));
    std::fs::write(&file, list).unwrap();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/cases.py");
    let python = std::env::var_os("PLUMB_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python)
        .arg(script)
        .arg(botocore)
        .arg(&file)
        .arg(seed.to_string())
        .output();
    std::fs::remove_file(&file).unwrap();
    let Ok(output) = output else {
        eprintln!("skipped: no python3");
        return None;
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("ModuleNotFoundError") {
        eprintln!("skipped: botocore lacks a dependency: {errors}");
        return None;
    }
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Int),
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => Value::List(list.iter().map(value).collect()),
        Json::Object(map) => Value::Map(
            map.iter()
                .map(|(key, json)| (key.as_str().into(), value(json)))
                .collect(),
        ),
    }
}

fn endpoint(custom: bool) -> Endpoint {
    Endpoint {
        scheme: "https".into(),
        host: "host.example".to_owned(),
        base_path: String::new(),
        signing_name: "name".into(),
        signing_region: "us-east-1".into(),
        custom,
    }
}

fn text<'a>(case: &'a Json, key: &str) -> &'a str {
    case[key].as_str().unwrap()
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&[*high, *low]).unwrap(), 16).unwrap());
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn check_request(case: &Json) -> Result<(), String> {
    let model = Catalog::aws().service(text(case, "service")).unwrap();
    let operation = model.operation(text(case, "operation")).unwrap();
    let request =
        build_request(&operation, &value(&case["input"]), &endpoint(true)).map_err(|e| e.to_string())?;
    let same = |what: &str, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
        let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
        if ours == theirs {
            Ok(())
        } else {
            Err(format!("{what}: ours {ours}\n  theirs {theirs}"))
        }
    };
    same("method", &request.method.name(), &text(case, "method"))?;
    let (path, fixed) = text(case, "path")
        .split_once('?')
        .unwrap_or((text(case, "path"), ""));
    same("path", &request.path, &path)?;
    let mut query: Vec<(String, String)> = serde_json::from_value(case["query"].clone()).unwrap();
    for pair in fixed.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        query.push((name.to_owned(), value.to_owned()));
    }
    query.sort();
    let mut ours = request.query.clone();
    ours.sort();
    same("query", &ours, &query)?;
    for (name, value) in case["headers"].as_object().unwrap() {
        let found = request
            .headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str());
        same(name, &found, &value.as_str())?;
    }
    match (case.get("form"), case.get("body")) {
        (Some(form), _) => {
            let form: BTreeMap<String, String> = serde_json::from_value(form.clone()).unwrap();
            let body = String::from_utf8(request.body).unwrap();
            let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap());
            let ours: BTreeMap<String, String> = pairs
                .map(|(name, value)| (unescape(name), unescape(value)))
                .collect();
            same("form", &ours, &form)?;
        }
        (None, Some(body)) => {
            let theirs = STANDARD.decode(body.as_str().unwrap()).unwrap();
            match model.protocol() {
                Protocol::Json | Protocol::RestJson => {
                    let parse = |body: &[u8]| serde_json::from_slice::<Json>(body).map_err(|e| e.to_string());
                    same("body", &parse(&request.body)?, &parse(&theirs)?)?;
                }
                Protocol::Query | Protocol::Ec2 | Protocol::RestXml => {
                    same(
                        "body",
                        &String::from_utf8_lossy(&request.body),
                        &String::from_utf8_lossy(&theirs),
                    )?;
                }
                Protocol::Cbor => same("body", &request.body, &theirs)?,
            }
        }
        (None, None) => same("body", &request.body, &Vec::<u8>::new())?,
    }
    if !text(case, "host_prefix").is_empty() {
        let request =
            build_request(&operation, &value(&case["input"]), &endpoint(false)).map_err(|e| e.to_string())?;
        let host = format!("{}host.example", text(case, "host_prefix"));
        same("host", &request.host, &host)?;
    }
    Ok(())
}

fn check_response(case: &Json) -> Result<(), String> {
    let Some(answer) = case.get("response") else {
        return Ok(());
    };
    // Its real answers have one element less than the model says; `responses` has one of them.
    if (text(case, "service"), text(case, "operation")) == ("s3", "GetBucketLocation") {
        return Ok(());
    }
    let model = Catalog::aws().service(text(case, "service")).unwrap();
    let operation = model.operation(text(case, "operation")).unwrap();
    let headers: BTreeMap<String, String> = serde_json::from_value(answer["headers"].clone()).unwrap();
    let body = STANDARD.decode(text(answer, "body")).unwrap();
    let shown = String::from_utf8_lossy(&body).into_owned();
    let response = Response {
        status: 200,
        headers: headers.into_iter().collect(),
        body,
    };
    let decoded = decode_response(&operation, &response).map_err(|e| format!("{e}: {shown}"))?;
    same_value(&operation.output().unwrap(), &decoded, &answer["parsed"]).map_err(|e| format!("{e}: {shown}"))
}

/// Compares by shape; members that the models withhold are left out.
fn same_value(shape: &ShapeRef, ours: &Value, theirs: &Json) -> Result<(), String> {
    match (shape.kind(), ours, theirs) {
        (Kind::Structure(structure), Value::Map(ours), Json::Object(theirs)) => {
            let mut known = 0;
            for member in structure.members() {
                match (
                    ours.get(member.snake()),
                    theirs.get(member.name().as_str()).filter(|json| !json.is_null()),
                ) {
                    (Some(ours), Some(theirs)) => {
                        known += 1;
                        same_value(&member.shape(), ours, theirs)
                            .map_err(|e| format!("{}.{e}", member.name()))?;
                    }
                    (None, None) => {}
                    (ours, theirs) => {
                        return Err(format!("{}: ours {ours:?}, theirs {theirs:?}", member.name()));
                    }
                }
            }
            if known == ours.len() {
                Ok(())
            } else {
                Err(format!("more members than known: {ours:?}"))
            }
        }
        (Kind::List(item), Value::List(ours), Json::Array(theirs)) if ours.len() == theirs.len() => ours
            .iter()
            .zip(theirs)
            .try_for_each(|(ours, theirs)| same_value(&item, ours, theirs)),
        (Kind::Map(item), Value::Map(ours), Json::Object(theirs)) if ours.len() == theirs.len() => {
            ours.iter().try_for_each(|(key, ours)| {
                let theirs = theirs
                    .get(key.as_str())
                    .ok_or_else(|| format!("{key} is ours alone"))?;
                same_value(&item, ours, theirs)
            })
        }
        (_, ours, theirs) if *ours == value(theirs) => Ok(()),
        (_, Value::Float(ours), Json::Number(theirs)) if theirs.as_f64() == Some(*ours) => Ok(()),
        (_, ours, theirs) => Err(format!("ours {ours:?}, theirs {theirs}")),
    }
}

#[test]
fn requests_and_answers_are_what_botocore_makes_of_them() {
    for seed in 0..2 {
        let Some(cases) = cases(seed) else { return };
        assert!(cases.len() > 7_000);
        let mut problems = Vec::new();
        for case in &cases {
            for checked in [check_request(case), check_response(case)] {
                if let Err(problem) = checked {
                    problems.push(format!(
                        "{}:{}: {problem}",
                        text(case, "service"),
                        text(case, "operation")
                    ));
                }
            }
        }
        let shown: Vec<String> = problems
            .iter()
            .take(20)
            .map(|p| p.chars().take(1500).collect())
            .collect();
        assert!(
            problems.is_empty(),
            "{} problems with seed {seed}:\n{}",
            problems.len(),
            shown.join("\n")
        );
    }
}
