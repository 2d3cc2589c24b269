//! Helpers of the tests: calls with values written as JSON.

use std::cell::Cell;

use super::arguments::Take;
use super::{Context, call};
use crate::files::Files;
use crate::val::{Entries, Kind, Val};

/// A small tree of code.
pub(super) struct Tree;

pub(super) static TREE: Tree = Tree;

impl Files for Tree {
    fn files_in(&self, folder: &str) -> Result<Vec<String>, String> {
        match folder {
            "env" => Ok(vec!["b.json".into(), "main.tf".into(), "user data.tpl".into()]),
            "env/files" => Ok(vec!["a.txt".into(), "b.txt".into(), "c.md".into()]),
            "shared" => Ok(vec!["policy.json".into()]),
            _ => Err("there is no such folder".into()),
        }
    }

    fn read(&self, path: &str) -> Result<String, String> {
        match path {
            "env/user data.tpl" => Ok("hello ${name}\n".into()),
            "shared/policy.json" => Ok(r#"{"Version": "2012-10-17"}"#.into()),
            "env/files/a.txt" => Ok("Hello World".into()),
            _ => Err("there is no such file".into()),
        }
    }
}

/// The value of JSON.
pub(super) fn json(text: &str) -> Val {
    result("jsondecode", vec![Val::string(text)])
}

/// The values of an array of JSON.
pub(super) fn all(text: &str) -> Vec<Val> {
    json(text).as_list().expect("a list").to_vec()
}

/// A map.
pub(super) fn map(entries: &[(&str, Val)]) -> Val {
    Val::map(
        entries
            .iter()
            .map(|(key, val)| ((*key).into(), val.clone()))
            .collect::<Entries>(),
    )
}

/// A variable that has no value.
pub(super) fn unknown() -> Val {
    Val::unknown("`var.x` has no value")
}

/// What a call gives.
pub(super) fn result(name: &str, arguments: Vec<Val>) -> Val {
    attempt(name, arguments).unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

/// What a call gives, as JSON in which unknown parts are `?(why)`.
pub(super) fn shown(name: &str, arguments: Vec<Val>) -> String {
    show(&result(name, arguments))
}

/// The problem of a call.
pub(super) fn fails(name: &str, arguments: Vec<Val>) -> String {
    match attempt(name, arguments) {
        Ok(val) => panic!("{name} gives {}", show(&val)),
        Err(problem) => problem.to_string(),
    }
}

/// Checks calls; arguments are an array of JSON, the result is JSON or `!` and a part of the message.
pub(super) fn check(cases: &[(&str, &str, &str)]) {
    for (name, arguments, expected) in cases {
        let given = match attempt(name, all(arguments)) {
            Ok(val) => show(&val),
            Err(problem) => format!("!{problem}"),
        };
        let fits = match expected.strip_prefix('!') {
            Some(part) => given.starts_with('!') && given.contains(part),
            None => given == *expected,
        };
        assert!(fits, "{name}({arguments})\n gives {given}\nwanted {expected}");
    }
}

pub(super) fn show(val: &Val) -> String {
    match &val.kind {
        Kind::Unknown(why) => format!("?({why})"),
        Kind::List(items) => {
            let items: Vec<String> = items.iter().map(show).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Map(fields) => {
            let mut entries: Vec<String> = fields
                .entries
                .iter()
                .map(|(key, val)| format!("\"{key}\":{}", show(val)))
                .collect();
            entries.extend(fields.rest.iter().map(|why| format!("*:?({why})")));
            format!("{{{}}}", entries.join(","))
        }
        Kind::Json(inner) => format!("json({})", show(inner)),
        Kind::String(text) => serde_json::to_string(text.as_str()).expect("a text"),
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {
            let text: Take<String> = with_context(|context| super::json::text(val, context));
            text.expect("a simple value")
        }
    }
}

fn attempt(name: &str, arguments: Vec<Val>) -> Result<Val, super::Problem> {
    with_context(|context| call(name, arguments, context))
}

fn with_context<T>(run: impl FnOnce(&Context<'_>) -> T) -> T {
    let steps = Cell::new(10_000_000);
    let template = |text: &str, vars: &Val| {
        let name = vars.get("name").and_then(Val::as_str).unwrap_or("nobody");
        Val::string(text.replace("${name}", name))
    };
    run(&Context {
        folder: "env",
        files: &TREE,
        template: &template,
        steps: &steps,
    })
}
