//! `exposure(resource)`: its members are typed, what is not known of it is unknown, and evidence shows what was seen.

use plumb_expr::{Declarations, Expected, Program, Truth, Type};
use plumb_model::value::{Text, Value};

use crate::surroundings::{DENIED, Estate, compile, in_scope, json};

const WIDE: &str = r#"{"level":"wide","internet":"wide","accounts":false,"certain":true,
    "ports":[{"protocol":"tcp","from":443,"to":443},{"protocol":"tcp","from":20,"to":25}],"through":["/sg"]}"#;

fn truth(rule: &str, exposure: Option<&str>) -> Truth {
    let others = exposure.map_or(Value::Null, |exposure| {
        json(&format!(r#"{{"exposure":[{exposure}]}}"#))
    });
    let program = compile(rule, Expected::Truth);
    in_scope(&json("{}"), &others, |scope| program.truth(scope))
}

#[test]
fn members_are_seen_by_rules() {
    let ssh = "exposure(resource).ports.exists(port, port.protocol == \"tcp\" && ports_include(port.from, port.to, 22))";
    let wide = "exposure(resource).internet == \"wide\"";
    let none =
        r#"{"level":"none","internet":"none","accounts":false,"certain":true,"ports":[],"through":[]}"#;
    let cases = [
        (ssh, WIDE, Truth::True),
        (ssh, none, Truth::False),
        (wide, WIDE, Truth::True),
        (wide, none, Truth::False),
        ("\"/sg\" in exposure(resource).through", WIDE, Truth::True),
        ("exposure(resource).accounts", WIDE, Truth::False),
    ];
    for (rule, exposure, expected) in cases {
        assert_eq!(truth(rule, Some(exposure)), expected, "{rule}");
    }
}

#[test]
fn what_is_not_known_of_an_exposure_is_unknown_and_the_rest_is_not() {
    let half = format!(
        r#"{{"level":{DENIED},"internet":{DENIED},"accounts":false,"certain":{DENIED},
        "ports":[{{"protocol":"tcp","from":443,"to":443}},{DENIED}],"through":[]}}"#
    );
    let cases = [
        ("exposure(resource).level == \"none\"", Truth::Unknown),
        ("exposure(resource).level != \"none\"", Truth::Unknown),
        ("exposure(resource).accounts", Truth::False),
        (
            "exposure(resource).ports.exists(port, port.from == 443)",
            Truth::True,
        ),
        (
            "exposure(resource).ports.exists(port, port.from == 22)",
            Truth::Unknown,
        ),
        (
            "exposure(resource).ports.all(port, port.from == 443)",
            Truth::Unknown,
        ),
    ];
    for (rule, expected) in cases {
        assert_eq!(truth(rule, Some(&half)), expected, "{rule}");
    }
}

#[test]
fn an_exposure_that_nobody_looked_at_is_unknown() {
    for rule in [
        "exposure(resource).level == \"none\"",
        "exposure(resource).level != \"none\"",
    ] {
        assert_eq!(truth(rule, None), Truth::Unknown, "{rule}");
    }
}

#[test]
fn evidence_shows_what_was_seen_and_what_was_not() {
    let rule = compile("exposure(resource).internet != \"wide\"", Expected::Truth);
    let seen = json(&format!(r#"{{"exposure":[{WIDE}]}}"#));
    let evidence = in_scope(&json("{}"), &seen, |scope| rule.explain(scope));
    assert_eq!(evidence.message, "`exposure(resource).internet` is \"wide\"");
    let evidence = in_scope(&json("{}"), &Value::Null, |scope| rule.explain(scope));
    assert_eq!(
        evidence.message,
        "`exposure(resource)` could not be read: not collected by the scan: what reaches it was not looked at"
    );
    assert_eq!(evidence.unreadable.len(), 1);
}

fn error(rule: &str, declarations: &dyn Declarations) -> String {
    let problems = Program::compile(rule, declarations, Expected::Truth).unwrap_err();
    problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn misspelt_members_and_other_documents_are_errors() {
    let cases = [
        (
            "exposure(resource).levle == \"none\"",
            "`exposure` has no attribute `levle`",
        ),
        (
            "exposure(resource).ports.exists(port, port.number == 22)",
            "`port range` has no attribute `number`",
        ),
        (
            "exposure(resource).accounts == \"none\"",
            "bool and string are never equal",
        ),
        (
            "exposure() == null",
            "`exposure` has the wrong number of arguments",
        ),
        (
            "exposure(account).level == \"none\"",
            "`exposure` tells what reaches the judged resource only",
        ),
        (
            "exposure(resource.name).level == \"none\"",
            "`exposure` takes a resource first",
        ),
    ];
    for (rule, expected) in cases {
        assert_eq!(error(rule, &Estate), expected, "{rule}");
    }
}

#[test]
fn rules_that_exposure_itself_is_made_of_cannot_ask_for_it() {
    struct Inner;
    impl Declarations for Inner {
        fn variable(&self, name: &str) -> Option<Type> {
            Estate.variable(name)
        }
        fn resource_type(&self, name: &str) -> Option<Type> {
            Estate.resource_type(name)
        }
        fn resource_type_names(&self) -> Vec<Text> {
            Estate.resource_type_names()
        }
    }
    assert_eq!(
        error("exposure(resource).level == \"none\"", &Inner),
        "`exposure` is not known here"
    );
}
