//! Errors at load time: each points at its place and says what to do.

use plumb_expr::{Expected, Program};

use crate::surroundings::Estate;

/// Checks message, marked source text and help of the only error of each rule.
fn check(cases: &[(&str, &str, &str, &str)]) {
    for (rule, message, place, help) in cases {
        let problems = Program::compile(rule, &Estate, Expected::Truth).expect_err(rule);
        let [problem] = problems.as_slice() else {
            panic!("{rule}: {problems:#?}")
        };
        assert_eq!(problem.message, *message, "{rule}");
        assert_eq!(&rule[problem.span.clone()], *place, "{rule}");
        assert_eq!(problem.help.as_deref().unwrap_or_default(), *help, "{rule}");
    }
}

#[test]
fn unknown_names_are_refused_with_a_suggestion() {
    check(&[
        (
            "resource.encryption.rules[0].apply_server_side_encryption_by_default.sse_algoritm == \"x\"",
            "`default` has no attribute `sse_algoritm`",
            "sse_algoritm",
            "did you mean `sse_algorithm`?",
        ),
        (
            "resource[\"nam\"] == \"x\"",
            "`aws_s3_bucket` has no attribute `nam`",
            "\"nam\"",
            "did you mean `name`?",
        ),
        (
            "resource.network_rules.x == null",
            "`network rules` has no attribute `x`",
            "x",
            "it has `default_action`",
        ),
        (
            "resorce.name == \"x\"",
            "unknown variable `resorce`",
            "resorce",
            "did you mean `resource`?",
        ),
        (
            "production == \"x\"",
            "unknown variable `production`",
            "production",
            "a rule sees `resource`, `account`, `params`, `now`; text stands between quotes",
        ),
        (
            "resource.name.startWith(\"x\")",
            "unknown function `startWith`",
            "startWith",
            "did you mean `startsWith`?",
        ),
        (
            "resource.names.any(n, true)",
            "unknown function `any`",
            "any",
            "write `list.exists(x, …)`",
        ),
        (
            "inventory(\"aws_kms_keys\").all(k, k.enabled)",
            "unknown resource type `aws_kms_keys`",
            "\"aws_kms_keys\"",
            "did you mean `aws_kms_key`?",
        ),
        (
            "resource.ip_permissions.all(p, p.fromport == 1)",
            "`permission` has no attribute `fromport`",
            "fromport",
            "did you mean `from_port`?",
        ),
        (
            "statements(resource.policy).all(s, s.action == [])",
            "`IAM statement` has no attribute `action`",
            "action",
            "did you mean `actions`?",
        ),
    ]);
}

#[test]
fn wrong_types_are_refused() {
    check(&[
        (
            "resource.count == \"3\"",
            "int and string are never equal",
            "resource.count == \"3\"",
            "write `int(\"3\")`",
        ),
        (
            "resource.count < \"3\"",
            "`<` cannot compare int with string",
            "resource.count < \"3\"",
            "write `int(\"3\")`",
        ),
        (
            "resource.enabled == \"true\"",
            "bool and string are never equal",
            "resource.enabled == \"true\"",
            "write `true` and `false` without quotes",
        ),
        (
            "resource.created < \"2026-01-01\"",
            "`<` cannot compare timestamp with string",
            "resource.created < \"2026-01-01\"",
            "write `timestamp(\"2026-01-01\")`",
        ),
        (
            "age(resource.created) > 90",
            "`>` cannot compare duration with int",
            "age(resource.created) > 90",
            "write `days(90)`",
        ),
        (
            "resource.names > 0",
            "`>` cannot compare list of string with int",
            "resource.names > 0",
            "compare its size: `size(resource.names)`",
        ),
        (
            "resource.count > null",
            "`>` cannot compare int with null",
            "resource.count > null",
            "compared with null it is always false; ask `!= null` instead",
        ),
        (
            "\"a\" in resource.name",
            "`in` looks into a list or a map",
            "resource.name",
            "to look into text write `text.contains(part)`",
        ),
        (
            "1 in resource.names",
            "int is never in a list of string",
            "1 in resource.names",
            "",
        ),
        (
            "resource.names.contains(\"a\")",
            "`contains` does not take list of string",
            "resource.names",
            "to look into a list write `x in list`",
        ),
        (
            "resource.name",
            "`resource.name` is not a truth value",
            "resource.name",
            "compare it, for example `resource.name != null`",
        ),
        (
            "resource.enabled && resource.names",
            "`resource.names` is not a truth value",
            "resource.names",
            "to ask whether it has elements write `size(resource.names) > 0`",
        ),
        ("null", "the rule is always null", "null", ""),
        (
            "resource.names.name == \"a\"",
            "a list has no attribute `name`",
            "name",
            "look at every element with `resource.names.exists(x, x.name …)` or `resource.names.all(x, x.name …)`",
        ),
        (
            "resource.names[\"a\"] == \"a\"",
            "a list has no attribute `a`",
            "\"a\"",
            "look at every element with `resource.names.exists(x, x.a …)` or `resource.names.all(x, x.a …)`",
        ),
        ("resource.count.x == 1", "int has no attribute `x`", "x", ""),
        (
            "resource.encryption.exists(x, true)",
            "`resource.encryption` is not a list",
            "resource.encryption",
            "",
        ),
        (
            "resource.name + 1 == \"a\"",
            "`+` does not take string and int",
            "resource.name + 1",
            "turn the other side into text with `string(…)`",
        ),
    ]);
}

#[test]
fn wrong_calls_are_refused() {
    check(&[
        (
            "startsWith(resource.name, \"a\")",
            "`startsWith` is not called like this",
            "startsWith",
            "write `string.startsWith(string)`",
        ),
        (
            "resource.created.age() > days(1)",
            "`age` is not called like this",
            "age",
            "write `age(timestamp)`",
        ),
        (
            "resource.name.startsWith()",
            "`startsWith` does not take 0 arguments",
            "startsWith",
            "write `string.startsWith(string)`",
        ),
        (
            "resource.names.all(n)",
            "`all` does not take 1 arguments",
            "all",
            "write `list.all(x, …)` with an expression over `x`",
        ),
        (
            "resource.names.all(\"n\", true)",
            "the first argument names the element",
            "\"n\"",
            "for example `list.exists(x, x == 1)`",
        ),
        (
            "resource.names.all(resource, true)",
            "`resource` already means something else",
            "resource",
            "",
        ),
        (
            "inventory(resource.name).size() > 0",
            "the resource type stands in quotes",
            "resource.name",
            "for example `inventory(\"aws_flow_log\")`",
        ),
        (
            "inventory(\"aws_kms_key\").all(key, related(key, \"aws_kms_key\").size() > 0)",
            "`related` follows the relations of the judged resource only",
            "key",
            "write `related(resource, …)`",
        ),
        (
            "inventory(\"aws_kms_key\", resource.name).size() > 0",
            "`aws_kms_key` belongs to no region",
            "\"aws_kms_key\"",
            "write `inventory(\"aws_kms_key\")`",
        ),
        (
            "inventory(\"aws_cloudtrail_trail\", resource.names).size() > 0",
            "the region is text",
            "resource.names",
            "write `inventory(\"aws_cloudtrail_trail\", resource.region)`",
        ),
        (
            "inventory(\"aws_cloudtrail_trail\", resource.name, 1).size() > 0",
            "`inventory` has the wrong number of arguments",
            "inventory",
            "write `inventory(\"aws_flow_log\")` or `inventory(\"aws_flow_log\", resource.region)`",
        ),
        (
            "resource.name.matches(\"a(\")",
            "the pattern is not valid: unclosed group",
            "\"a(\"",
            "patterns are RE2's: no look-around and no back-references",
        ),
        (
            "resource.created < timestamp(\"yesterday\")",
            "`yesterday` is not a timestamp",
            "\"yesterday\"",
            "write it as `2026-01-31T00:00:00Z`",
        ),
        (
            "age(resource.created) > duration(\"90 days\")",
            "`90 days` is not a duration",
            "\"90 days\"",
            "write it as `90d`, `12h`, `30m`, `1h30m` or `10s`",
        ),
        (
            "cidr_contains(\"10.0.0.0/33\", resource.name)",
            "this is not an address block",
            "\"10.0.0.0/33\"",
            "write it as `10.0.0.0/8` or `2001:db8::/32`",
        ),
        (
            "has(resource)",
            "`has` takes an attribute",
            "resource",
            "for example `has(resource.name)`",
        ),
    ]);
}

#[test]
fn a_large_pattern_is_refused() {
    let rule = r#"resource.name.matches("((a{1000}){1000}){1000}")"#;
    let problems = Program::compile(rule, &Estate, Expected::Truth).unwrap_err();
    assert!(problems[0].message.contains("too large"), "{problems:?}");
}

#[test]
fn every_error_in_the_types_is_reported_at_once() {
    let rule = "resource.nam == \"a\" && resource.cont == 1 && foo(1)";
    let problems = Program::compile(rule, &Estate, Expected::Truth).unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`aws_s3_bucket` has no attribute `nam`",
            "`aws_s3_bucket` has no attribute `cont`",
            "unknown function `foo`"
        ]
    );
}
