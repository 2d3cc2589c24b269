//! What a failing or unknown rule says about itself.

use plumb_expr::Expected;
use plumb_model::finding::Evidence;
use plumb_model::value::Value;

use crate::surroundings::{DENIED, compile, in_scope, json};

fn explain(rule: &str, resource: &str) -> Evidence {
    let program = compile(rule, Expected::Truth);
    in_scope(&json(resource), &Value::Null, |scope| program.explain(scope))
}

/// Checks message, deciding expression and observed values of rules over a resource.
fn check(resource: &str, cases: &[(&str, &str, &str, &str)]) {
    for (rule, message, expression, observed) in cases {
        let evidence = explain(rule, resource);
        let shown: Vec<String> = evidence
            .observed
            .iter()
            .map(|observed| format!("{}={}", observed.expression, observed.value))
            .collect();
        assert_eq!(evidence.message, *message, "{rule}");
        assert_eq!(evidence.expression, *expression, "{rule}");
        assert_eq!(shown.join(" "), *observed, "{rule}");
        assert!(evidence.unreadable.is_empty(), "{rule}");
    }
}

#[test]
fn comparisons_name_both_sides() {
    check(
        r#"{"name":"x","region":"r","count":0,"names":[],"enabled":false,"created":"2026-05-01T00:00:00Z"}"#,
        &[
            (
                "resource.count > 0",
                "`resource.count` is 0, required > 0",
                "resource.count > 0",
                "resource.count=0",
            ),
            (
                "0 < resource.count",
                "`resource.count` is 0, required > 0",
                "0 < resource.count",
                "resource.count=0",
            ),
            (
                "!(resource.count < 5)",
                "`resource.count` is 0, required >= 5",
                "!(resource.count < 5)",
                "resource.count=0",
            ),
            (
                "resource.name == \"y\"",
                "`resource.name` is \"x\", required == \"y\"",
                "resource.name == \"y\"",
                "resource.name=\"x\"",
            ),
            (
                "resource.name != \"x\"",
                "`resource.name` is \"x\"",
                "resource.name != \"x\"",
                "resource.name=\"x\"",
            ),
            (
                "resource.name == null",
                "`resource.name` is \"x\", required == null",
                "resource.name == null",
                "resource.name=\"x\"",
            ),
            (
                "resource.name == resource.region",
                "`resource.name` is \"x\", required == `resource.region`, which is \"r\"",
                "resource.name == resource.region",
                "resource.name=\"x\" resource.region=\"r\"",
            ),
            (
                "resource.name in [\"a\", \"b\"]",
                "`resource.name` is \"x\", required one of [\"a\",\"b\"]",
                "resource.name in [\"a\", \"b\"]",
                "resource.name=\"x\"",
            ),
            (
                "!(resource.name in [\"x\"])",
                "`resource.name` is \"x\", which is one of [\"x\"]",
                "!(resource.name in [\"x\"])",
                "resource.name=\"x\"",
            ),
            (
                "\"a\" in resource.names",
                "`resource.names` does not hold \"a\"",
                "\"a\" in resource.names",
                "resource.names=[]",
            ),
            (
                "size(resource.names) > 0",
                "the size of `resource.names` is 0, required > 0",
                "size(resource.names) > 0",
                "size(resource.names)=0",
            ),
            (
                "resource.names.length > 0",
                "the size of `resource.names` is 0, required > 0",
                "resource.names.length > 0",
                "resource.names.length=0",
            ),
            (
                "resource.enabled",
                "`resource.enabled` is false",
                "resource.enabled",
                "resource.enabled=false",
            ),
            (
                "age(resource.created) < days(10)",
                "`age(resource.created)` is \"2678400s\", required < \"864000s\"",
                "age(resource.created) < days(10)",
                "age(resource.created)=\"2678400s\"",
            ),
            (
                "resource.name.startsWith(\"y\")",
                "`resource.name.startsWith(\"y\")` does not hold: `resource.name` is \"x\"",
                "resource.name.startsWith(\"y\")",
                "resource.name=\"x\"",
            ),
        ],
    );
}

#[test]
fn null_is_named_by_the_shortest_path() {
    check(
        r#"{"name":"x"}"#,
        &[
            (
                "resource.encryption.rules[0].apply_server_side_encryption_by_default.sse_algorithm in [\"AES256\"]",
                "`resource.encryption` is null",
                "resource.encryption.rules[0].apply_server_side_encryption_by_default.sse_algorithm in [\"AES256\"]",
                "resource.encryption.rules[0].apply_server_side_encryption_by_default.sse_algorithm=null resource.encryption=null",
            ),
            (
                "resource.count < 3",
                "`resource.count` is null",
                "resource.count < 3",
                "resource.count=null",
            ),
            (
                "resource.tags[\"a\"] != null",
                "`resource.tags` is null",
                "resource.tags[\"a\"] != null",
                "resource.tags[\"a\"]=null resource.tags=null",
            ),
            (
                "has(resource.count)",
                "`resource.count` is null",
                "has(resource.count)",
                "resource.count=null",
            ),
            (
                "resource.names.exists(n, n == \"a\")",
                "`resource.names` is null",
                "resource.names.exists(n, n == \"a\")",
                "resource.names=null",
            ),
            (
                "resource.region.startsWith(\"a\")",
                "`resource.region` is null",
                "resource.region.startsWith(\"a\")",
                "resource.region=null",
            ),
        ],
    );
}

#[test]
fn logic_leads_to_what_decided() {
    check(
        r#"{"name":"x","count":0,"enabled":false}"#,
        &[
            (
                "resource.name == \"x\" && resource.count > 0 && resource.enabled",
                "`resource.count` is 0, required > 0",
                "resource.count > 0",
                "resource.count=0",
            ),
            (
                "resource.count > 0 || resource.enabled",
                "`resource.count` is 0, required > 0 and `resource.enabled` is false",
                "resource.count > 0 || resource.enabled",
                "resource.count=0 resource.enabled=false",
            ),
            (
                "resource.count == 2 || resource.count == 3 || resource.enabled",
                "`resource.count` is 0, required == 2 or == 3 and `resource.enabled` is false",
                "resource.count == 2 || resource.count == 3 || resource.enabled",
                "resource.count=0 resource.enabled=false",
            ),
            (
                "!(resource.name == \"x\" && (resource.count == 0 || resource.enabled))",
                "`resource.name` is \"x\" and `resource.count` is 0",
                "!(resource.name == \"x\" && (resource.count == 0 || resource.enabled))",
                "resource.name=\"x\" resource.count=0",
            ),
            (
                "resource.name == \"x\" ? resource.count > 0 : true",
                "`resource.count` is 0, required > 0",
                "resource.count > 0",
                "resource.count=0",
            ),
        ],
    );
}

#[test]
fn macros_name_the_element_that_decided() {
    check(
        r#"{"names":["a","b"],"tags":{"k":"v"},"ip_permissions":[{"from_port":443},{"from_port":80},{"from_port":22,"ip_ranges":[{"cidr_ip":"::/0"}]}]}"#,
        &[
            (
                "resource.names.exists(n, n == \"c\")",
                "none of the 2 elements of `resource.names` satisfies `n == \"c\"`",
                "resource.names.exists(n, n == \"c\")",
                "resource.names=[\"a\",\"b\"]",
            ),
            (
                "resource.names.all(n, n == \"a\")",
                "`n` is \"b\", required == \"a\", in element 1 of `resource.names`",
                "resource.names.all(n, n == \"a\")",
                "resource.names[1]=\"b\"",
            ),
            (
                "!resource.ip_permissions.exists(rule, rule.from_port <= 22)",
                "`rule.from_port` is 22, required > 22, in element 2 of `resource.ip_permissions`",
                "!resource.ip_permissions.exists(rule, rule.from_port <= 22)",
                "resource.ip_permissions[2]={\"from_port\":22,\"ip_ranges\":[{\"cidr_ip\":\"::/0\"}]} resource.ip_permissions[2].from_port=22",
            ),
            (
                "!resource.ip_permissions.exists(rule, rule.from_port <= 22 && rule.ip_ranges.exists(range, cidr_is_any(range.cidr_ip)))",
                "`from_port` is 22 and `ip_ranges[0].cidr_ip` is \"::/0\", in element 2 of `resource.ip_permissions`",
                "!resource.ip_permissions.exists(rule, rule.from_port <= 22 && rule.ip_ranges.exists(range, cidr_is_any(range.cidr_ip)))",
                "resource.ip_permissions[2]={\"from_port\":22,\"ip_ranges\":[{\"cidr_ip\":\"::/0\"}]} resource.ip_permissions[2].from_port=22 resource.ip_permissions[2].ip_ranges[0]={\"cidr_ip\":\"::/0\"} resource.ip_permissions[2].ip_ranges[0].cidr_ip=\"::/0\"",
            ),
            (
                "!resource.ip_permissions.exists(rule, has(rule.from_port) && !has(rule.ip_ranges))",
                "`from_port` is 443, in element 0 of `resource.ip_permissions`, and 1 more",
                "!resource.ip_permissions.exists(rule, has(rule.from_port) && !has(rule.ip_ranges))",
                "resource.ip_permissions[0]={\"from_port\":443} resource.ip_permissions[0].from_port=443 resource.ip_permissions[0].ip_ranges=null",
            ),
            (
                "resource.tags.all(k, v, v == \"x\")",
                "`v` is \"v\", required == \"x\", in entry \"k\" of `resource.tags`",
                "resource.tags.all(k, v, v == \"x\")",
                "resource.tags[\"k\"]=\"v\"",
            ),
            (
                "!resource.names.exists(n, n.startsWith(\"b\"))",
                "`n.startsWith(\"b\")` holds for \"b\", element 1 of `resource.names`",
                "!resource.names.exists(n, n.startsWith(\"b\"))",
                "resource.names[1]=\"b\"",
            ),
            (
                "resource.names.exists_one(n, n != null)",
                "2 of the 2 elements of `resource.names` satisfy `n != null`, required exactly one",
                "resource.names.exists_one(n, n != null)",
                "resource.names=[\"a\",\"b\"]",
            ),
            (
                "!resource.names.all(n, n != null)",
                "each of the 2 elements of `resource.names` satisfies `n != null`",
                "!resource.names.all(n, n != null)",
                "resource.names=[\"a\",\"b\"]",
            ),
        ],
    );
}

#[test]
fn unknown_lists_what_could_not_be_read() {
    let other = r#"{"$unreadable":{"reason":"throttled","call":"s3:GetY"}}"#;
    let resource = format!(
        r#"{{"encryption":{DENIED},"name":{other},"region":{DENIED},"count":1,"names":["a",{other}],"policy":{{"a":[{other}]}}}}"#
    );
    for (rule, message, expression, count) in [
        (
            "resource.encryption.rules.size() > 0 && resource.count == 1",
            "`resource.encryption` could not be read: access denied (s3:GetX); grant `s3:GetX`: no",
            "resource.encryption",
            1,
        ),
        (
            "resource.region == \"x\" || resource.name == \"y\" || resource.count == 0",
            "`resource.region` could not be read: access denied (s3:GetX); grant `s3:GetX`: no, and 1 more",
            "resource.region",
            2,
        ),
        (
            "resource.names.all(n, n == \"a\")",
            "`resource.names` could not be read: throttled until retries ran out (s3:GetY)",
            "resource.names",
            1,
        ),
        (
            "[1].all(x, resource.count == x && resource.name != null)",
            "`resource.name` could not be read: throttled until retries ran out (s3:GetY)",
            "resource.name",
            1,
        ),
        (
            "resource.policy == {\"a\": [1]}",
            "`resource.policy` could not be read: throttled until retries ran out (s3:GetY)",
            "resource.policy",
            1,
        ),
        (
            "resource.count == 2 || unknown(\"a person must look\")",
            "cannot be decided: a person must look",
            "unknown(\"a person must look\")",
            1,
        ),
    ] {
        let evidence = explain(rule, &resource);
        assert_eq!(evidence.message, message, "{rule}");
        assert_eq!(evidence.expression, expression, "{rule}");
        assert_eq!(evidence.unreadable.len(), count, "{rule}");
    }
}

#[test]
fn observed_values_are_cut() {
    let long = "x".repeat(5000);
    let resource = format!(
        r#"{{"name":"{long}","numbers":[{}],"policy":{{"a":{{"b":{{"c":{{"d":{{"e":1}}}}}}}}}}}}"#,
        (0..100)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
            .join(",")
    );
    let evidence = explain("resource.name == \"y\"", &resource);
    assert!(evidence.message.len() < 300, "{}", evidence.message);
    assert_eq!(evidence.observed[0].value.as_str().unwrap().chars().count(), 201);
    let evidence = explain("resource.numbers == [1]", &resource);
    assert_eq!(
        evidence.observed[0].value.to_string(),
        r#"[0,1,2,3,4,5,6,7,8,9,"… 90 more"]"#
    );
    let evidence = explain("resource.policy == null", &resource);
    assert_eq!(
        evidence.observed[0].value.to_string(),
        r#"{"a":{"b":{"c":{"d":"…"}}}}"#
    );
}

#[test]
fn what_decides_likewise_is_told_apart() {
    let resource = r#"{"ip_permissions":[{"from_port":1,"ip_ranges":[{"cidr_ip":"a"},{"cidr_ip":"b"}]},{"from_port":2,"ip_ranges":[{"cidr_ip":"a"}]},{"from_port":3}],"enabled":true,"tags":{"a":"x","b":"y"}}"#;
    for (rule, expected) in [
        ("resource.name == \"x\"", ""),
        (
            "!resource.ip_permissions.exists(o, o.ip_ranges.exists(r, r.cidr_ip != \"c\") || o.from_port == 3)",
            "resource.ip_permissions[0].ip_ranges[1] resource.ip_permissions[0].ip_ranges[1].cidr_ip \
             | resource.ip_permissions[1] resource.ip_permissions[1].ip_ranges[0] resource.ip_permissions[1].ip_ranges[0].cidr_ip \
             | resource.ip_permissions[2] resource.ip_permissions[2].from_port",
        ),
        (
            "!resource.ip_permissions.exists(o, o.from_port == 1) && !resource.enabled",
            "resource.enabled",
        ),
        // A list as a whole decides by its elements.
        (
            "!resource.ip_permissions.exists(o, o.from_port == 1) && size(resource.ip_permissions.filter(o, o.from_port > 0)) == 0",
            "",
        ),
        ("resource.tags.all(k, v, v == \"z\")", "resource.tags[\"b\"]"),
        // Within an element it does not matter which of what is asked for decides; without one there may be more.
        (
            "!resource.ip_permissions.exists(o, [1, 1].exists(want, o.from_port == want))",
            "",
        ),
        (
            "![1, 2].exists(want, resource.ip_permissions.exists(o, o.from_port == want))",
            "…",
        ),
    ] {
        let also = explain(rule, resource).also;
        let told: Vec<String> = also.iter().map(|looked_at| looked_at.join(" ")).collect();
        assert_eq!(told.join(" | "), expected, "{rule}");
    }
}
