//! What rules give: the mission's samples, null, operators, macros and budget.

use plumb_expr::Truth::{False, True, Unknown};
use plumb_expr::{Expected, Truth};
use plumb_model::value::{Map, Value};

use crate::surroundings::{DENIED, check_values, compile, in_scope, json, truth};

const RULE_ENCRYPTED: &str =
    "resource.encryption.rules[0].apply_server_side_encryption_by_default.sse_algorithm
in [\"aws:kms\", \"AES256\"]
";
const RULE_PUBLIC: &str = "resource.public_ip_address == null AND
resource.tags[\"Environment\"] == \"production\"
";
const RULE_PRIVATE: &str = "resource.network_rules.default_action == \"Deny\" AND
resource.private_endpoint_connections.length > 0
";

#[test]
fn the_sample_rules_judge() {
    let encrypted = |algorithm: &str| {
        format!(
            r#"{{"encryption":{{"rules":[{{"apply_server_side_encryption_by_default":{{"sse_algorithm":"{algorithm}"}}}}]}}}}"#
        )
    };
    let cases: [(&str, String, Truth); 12] = [
        (RULE_ENCRYPTED, encrypted("aws:kms"), True),
        (RULE_ENCRYPTED, encrypted("AES256"), True),
        (RULE_ENCRYPTED, encrypted("none"), False),
        (RULE_ENCRYPTED, r#"{"encryption":null}"#.into(), False),
        (RULE_ENCRYPTED, r#"{"encryption":{"rules":[]}}"#.into(), False),
        (
            RULE_ENCRYPTED,
            format!(r#"{{"encryption":{}}}"#, crate::surroundings::DENIED),
            Unknown,
        ),
        (
            RULE_PUBLIC,
            r#"{"tags":{"Environment":"production"}}"#.into(),
            True,
        ),
        (
            RULE_PUBLIC,
            r#"{"public_ip_address":"1.2.3.4","tags":{"Environment":"production"}}"#.into(),
            False,
        ),
        (RULE_PUBLIC, r#"{"tags":null}"#.into(), False),
        (
            RULE_PRIVATE,
            r#"{"network_rules":{"default_action":"Deny"},"private_endpoint_connections":[{"id":"x"}]}"#
                .into(),
            True,
        ),
        (
            RULE_PRIVATE,
            r#"{"network_rules":{"default_action":"Deny"},"private_endpoint_connections":[]}"#.into(),
            False,
        ),
        (
            RULE_PRIVATE,
            r#"{"network_rules":{"default_action":"Deny"}}"#.into(),
            False,
        ),
    ];
    for (rule, resource, expected) in cases {
        assert_eq!(truth(rule, &resource), expected, "{rule} over {resource}");
    }
}

#[test]
fn null_goes_through_every_operation() {
    check_values(
        r#"{"names":["a"],"policy":{"a":{"b":[1]}}}"#,
        &[
            (
                "resource.encryption.rules[0].apply_server_side_encryption_by_default.sse_algorithm",
                "null",
            ),
            ("resource.names[1]", "null"),
            ("resource.names[-1]", "null"),
            ("resource.policy.a.b[0].c[\"d\"]", "null"),
            ("resource.tags[\"x\"]", "null"),
            ("resource.count == null", "true"),
            ("resource.count != null", "false"),
            ("resource.count == 0", "false"),
            ("resource.count < 1", "false"),
            ("resource.count >= 1", "false"),
            ("!(resource.count < 1)", "true"),
            ("resource.name in [\"a\"]", "false"),
            ("resource.policy.x in [null]", "false"),
            ("\"a\" in resource.other_names", "false"),
            ("resource.name.startsWith(\"\")", "false"),
            ("resource.name.matches(\".*\")", "false"),
            ("resource.name.lower()", "null"),
            ("size(resource.other_names)", "0"),
            ("resource.other_names.length", "0"),
            ("resource.policy.x.length", "0"),
            ("resource.other_names.exists(n, true)", "false"),
            ("resource.other_names.all(n, false)", "true"),
            ("resource.other_names.filter(n, true)", "[]"),
            ("resource.other_names.map(n, n)", "[]"),
            ("resource.other_names.exists_one(n, true)", "false"),
            ("resource.count + 1", "null"),
            ("-resource.count", "null"),
            ("resource.enabled && true", "false"),
            ("!resource.enabled", "true"),
            ("resource.enabled ? 1 : 2", "2"),
            ("has(resource.count)", "false"),
            ("has(resource.policy.a)", "true"),
            ("[resource.count]", "[null]"),
            ("{\"a\": resource.count}.a == null", "true"),
            ("as_list(resource.count)", "[]"),
            ("age(resource.created) > days(1)", "false"),
        ],
    );
}

#[test]
fn operators_compute() {
    check_values(
        r#"{"count":3,"ratio":2,"created":"2026-01-01T00:00:00+01:00","times":["2026-01-01T00:00:00Z","bad"],
            "tags":{"length":"x","a.b":"y"},"names":["b","a"],"policy":{"t":"2026-02-01T00:00:00Z","n":1.0}}"#,
        &[
            ("1 + 2 * 3 - 4 / 2 % 3", "5"),
            ("7 / 2", "3"),
            ("-7 % 3", "-1"),
            ("1 / 0", "null"),
            ("9223372036854775807 + 1", "null"),
            ("-(-9223372036854775808)", "null"),
            ("resource.ratio / 4", "0.5"),
            ("1 + 0.5", "1.5"),
            ("\"a\" + \"b\"", "\"ab\""),
            ("[1] + [2]", "[1,2]"),
            ("resource.count == 3.0", "true"),
            ("resource.count in [1.0, 3.0]", "true"),
            ("[1, 2.0] == [1.0, 2]", "true"),
            ("{\"a\": [1]} == {\"a\": [1]}", "true"),
            ("{\"a\": null} == {\"b\": null}", "false"),
            ("resource.created == timestamp(\"2025-12-31T23:00:00Z\")", "true"),
            ("resource.created < now", "true"),
            ("resource.created", "\"2025-12-31T23:00:00Z\""),
            ("resource.times[0] <= now", "true"),
            ("resource.times[1] == null", "true"),
            (
                "resource.times.exists(t, t == timestamp(\"2026-01-01T00:00:00Z\"))",
                "true",
            ),
            ("timestamp(\"2026-01-01T00:00:00Z\") in resource.times", "true"),
            ("resource.policy.t < now", "true"),
            ("now - timestamp(\"2026-05-31T00:00:00Z\") == days(1)", "true"),
            ("now + duration(\"1h30m\")", "\"2026-06-01T01:30:00Z\""),
            ("now - duration(\"1d\")", "\"2026-05-31T00:00:00Z\""),
            ("age(resource.created) > duration(\"90d\")", "true"),
            ("resource.tags[\"length\"]", "\"x\""),
            ("resource.tags.length", "\"x\""),
            ("resource.tags[\"a.b\"]", "\"y\""),
            ("\"a.b\" in resource.tags", "true"),
            ("\"z\" in resource.tags", "false"),
            ("resource.names[0 + 1]", "\"a\""),
            ("true ? \"a\" : \"b\"", "\"a\""),
            ("\"abc\" < \"abd\"", "true"),
            (
                "type(1) == int && type(\"\") == string && type(null) == null_type",
                "true",
            ),
            ("params.max_age_days + 1", "91"),
            ("account.environment", "\"production\""),
        ],
    );
}

#[test]
fn macros_look_at_every_element() {
    check_values(
        r#"{"numbers":[1,2,3],"tags":{"a":"1","b":"2"},"ip_permissions":[
            {"from_port":443,"to_port":443,"ip_ranges":[{"cidr_ip":"0.0.0.0/0"}]},
            {"from_port":0,"to_port":65535,"ip_ranges":[{"cidr_ip":"10.0.0.0/8"},{"cidr_ip":"::/0"}]}]}"#,
        &[
            ("resource.numbers.all(n, n > 0)", "true"),
            ("resource.numbers.all(n, n > 1)", "false"),
            ("resource.numbers.exists(n, n == 3)", "true"),
            ("resource.numbers.exists_one(n, n > 2)", "true"),
            ("resource.numbers.existsOne(n, n > 1)", "false"),
            ("resource.numbers.filter(n, n > 1)", "[2,3]"),
            ("resource.numbers.map(n, n * 2)", "[2,4,6]"),
            ("resource.numbers.map(n, n > 1, n * 2)", "[4,6]"),
            ("resource.numbers.exists(i, n, i == 2 && n == 3)", "true"),
            ("resource.tags.all(k, v, k == \"a\" || v == \"2\")", "true"),
            ("resource.tags.map(k, k)", "[\"a\",\"b\"]"),
            ("resource.tags.exists(k, k == \"b\")", "true"),
            (
                "resource.ip_permissions.exists(p, ports_include(p.from_port, p.to_port, 22)
                    && p.ip_ranges.exists(r, cidr_is_any(r.cidr_ip)))",
                "true",
            ),
            (
                "resource.numbers.map(a, resource.numbers.map(b, a * b))",
                "[[1,2,3],[2,4,6],[3,6,9]]",
            ),
            ("resource.numbers.map(a, [a].map(a, a + 1)[0])", "[2,3,4]"),
        ],
    );
}

#[test]
fn inventory_and_related_resources_are_seen() {
    let others = json(
        r#"{"aws_cloudtrail_trail":[{"name":"a","is_logging":false},{"name":"b","is_logging":true}],"aws_kms_key":[{"enabled":true}]}"#,
    );
    for (rule, expected) in [
        (
            r#"inventory("aws_cloudtrail_trail").exists(t, t.is_logging)"#,
            True,
        ),
        (r#"inventory("aws_cloudtrail_trail").all(t, t.is_logging)"#, False),
        (r#"size(inventory("aws_cloudtrail_trail")) == 2"#, True),
        (r#"related(resource, "aws_kms_key").all(k, k.enabled)"#, True),
        (r#"inventory("aws_cloudtrail_trail")[1].name == "b""#, True),
    ] {
        let program = compile(rule, Expected::Truth);
        let truth = in_scope(&json("{}"), &others, |scope| program.truth(scope));
        assert_eq!(truth, expected, "{rule}");
    }
}

#[test]
fn an_inventory_of_one_region_holds_nothing_else() {
    let others = json(
        r#"{"aws_cloudtrail_trail":[
          {"name":"a","is_logging":true,"region":"north"},
          {"name":"b","is_logging":false,"region":"south"}
        ]}"#,
    );
    let denied = format!(r#"{{"name":{DENIED}}}"#);
    for (rule, resource, expected) in [
        ("exists(t, t.is_logging)", r#"{"name":"north"}"#, True),
        ("exists(t, t.is_logging)", r#"{"name":"south"}"#, False),
        ("exists(t, true)", r#"{"name":"west"}"#, False),
        ("exists(t, true)", r#"{"name":null}"#, False),
        ("exists(t, true)", denied.as_str(), Truth::Unknown),
        ("size() == 1", r#"{"name":"south"}"#, True),
    ] {
        let rule = format!(r#"inventory("aws_cloudtrail_trail", resource.name).{rule}"#);
        let program = compile(&rule, Expected::Truth);
        let truth = in_scope(&json(resource), &others, |scope| program.truth(scope));
        assert_eq!(truth, expected, "{rule} {resource}");
    }
}

#[test]
fn a_rule_that_runs_out_of_budget_is_unknown_and_says_so() {
    let numbers: Vec<Value> = (0..2000).map(Value::Int).collect();
    let resource = Value::Map(Map::from_iter([("numbers".into(), Value::List(numbers))]));
    for rule in [
        "resource.numbers.all(a, resource.numbers.all(b, a + b >= 0))",
        "!resource.numbers.exists(a, resource.numbers.exists(b, a + b < 0))",
        "resource.numbers.map(a, resource.numbers).flatten().size() == 1",
        "resource.numbers.all(a, resource.numbers == resource.numbers)",
        "resource.numbers.map(a, b).map(x, resource.numbers.filter(a, true)).distinct().size() == 1",
    ] {
        let rule = rule.replace("(a, b).map", "(a, a).map");
        let program = compile(&rule, Expected::Truth);
        in_scope(&resource, &Value::Null, |scope| {
            assert_eq!(program.truth(scope), Unknown, "{rule}");
            assert!(
                program.explain(scope).message.contains("ran out of its budget"),
                "{rule}"
            );
            assert!(matches!(program.value(scope), Value::Unreadable(_)), "{rule}");
        });
    }
}

#[test]
fn a_value_that_doubles_at_every_step_stays_bounded() {
    let doubling = format!("[1]{}", ".map(x, [x, x])".repeat(60));
    for (rule, expected) in [
        (format!("{doubling} == {doubling}"), Expected::Truth),
        (doubling, Expected::Value),
    ] {
        let program = compile(&rule, expected);
        in_scope(&json("{}"), &Value::Null, |scope| {
            assert!(matches!(program.value(scope), Value::Unreadable(_)), "{rule:.40}");
        });
    }
}
