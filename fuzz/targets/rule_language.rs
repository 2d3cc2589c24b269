//! Any text as a rule: it parses or gives one problem with a place, and what compiles runs within its budget.
//!
//! What stands before the first NUL byte is the rule, what follows is the resource it judges, as JSON.

#![no_main]

use std::sync::Arc;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use plumb_expr::{
    Declarations, Expected, Fields, NoInventory, Problem, Program, Scope, Truth, Type, parse_check,
};
use plumb_model::value::{Map, Text, Value};

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let Ok(source) = std::str::from_utf8(parts.next().unwrap_or_default()) else {
        return;
    };
    let resource = parts
        .next()
        .and_then(|json| serde_json::from_slice(json).ok())
        .unwrap_or(Value::Null);
    if let Err(problem) = parse_check(source) {
        has_a_place(&problem, source);
    }
    for declarations in [&Untyped as &dyn Declarations, &Typed] {
        for expected in [Expected::Truth, Expected::Value] {
            match Program::compile(source, declarations, expected) {
                Ok(program) => run(&program, &resource),
                Err(problems) => {
                    assert!(!problems.is_empty(), "refused without a problem");
                    for problem in &problems {
                        has_a_place(problem, source);
                    }
                }
            }
        }
    }
});

fn has_a_place(problem: &Problem, source: &str) {
    assert!(!problem.message.is_empty());
    assert!(
        source.get(problem.span.clone()).is_some(),
        "{:?} is not a place in the rule",
        problem.span
    );
}

fn run(program: &Program, resource: &Value) {
    let nothing = Value::Map(Map::new());
    let scope = Scope {
        resource,
        account: &nothing,
        params: &nothing,
        now: Timestamp::UNIX_EPOCH,
        inventory: &NoInventory,
    };
    let truth = program.truth(&scope);
    assert_eq!(truth, program.truth(&scope), "two runs differ");
    let _ = program.value(&scope);
    if truth != Truth::True {
        let _ = program.explain(&scope);
    }
}

/// Surroundings that know every variable and nothing of its type.
struct Untyped;

impl Declarations for Untyped {
    fn variable(&self, _name: &str) -> Option<Type> {
        Some(Type::Any)
    }

    fn resource_type(&self, _name: &str) -> Option<Type> {
        Some(Type::Any)
    }

    fn resource_type_names(&self) -> Vec<Text> {
        Vec::new()
    }
}

/// Surroundings in which every attribute has a type that its first letter decides.
struct Typed;

impl Declarations for Typed {
    fn variable(&self, name: &str) -> Option<Type> {
        match name {
            "now" => Some(Type::Timestamp),
            "resource" | "account" | "params" => Some(Type::Object(Arc::new(Lettered))),
            _ => None,
        }
    }

    fn resource_type(&self, name: &str) -> Option<Type> {
        (name == "aws_x").then(|| Type::Object(Arc::new(Lettered)))
    }

    fn resource_type_names(&self) -> Vec<Text> {
        vec!["aws_x".into()]
    }
}

#[derive(Debug)]
struct Lettered;

impl Fields for Lettered {
    fn type_name(&self) -> &str {
        "aws_x"
    }

    fn field(&self, name: &str) -> Option<Type> {
        Some(match name.chars().next()? {
            'b' => Type::Bool,
            'd' => Type::Double,
            'i' => Type::Int,
            'j' => Type::Json,
            'l' => Type::String.list(),
            'm' => Type::String.map(),
            'o' => Type::Object(Arc::new(Lettered)).list(),
            's' => Type::String,
            't' => Type::Timestamp,
            _ => return None,
        })
    }

    fn names(&self) -> Vec<Text> {
        ["b", "d", "i", "j", "l", "m", "o", "s", "t"]
            .map(Text::from)
            .to_vec()
    }
}
