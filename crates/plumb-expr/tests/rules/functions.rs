//! What functions give.

use crate::surroundings::check_values;

#[test]
fn text_functions() {
    check_values(
        r#"{"name":"Prod-Ünit.LOG","names":["a","b",null]}"#,
        &[
            ("resource.name.lower()", "\"prod-ünit.log\""),
            ("resource.name.upper()", "\"PROD-ÜNIT.LOG\""),
            ("\" a \".trim()", "\"a\""),
            ("\"a,b,,c\".split(\",\")", r#"["a","b","","c"]"#),
            ("\"aé\".split(\"\")", r#"["a","é"]"#),
            ("[\"a\", \"b\"].join(\"-\")", "\"a-b\""),
            ("[\"a\", \"b\"].join()", "\"ab\""),
            ("resource.names.join(\"-\")", "null"),
            ("\"aXbX\".replace(\"X\", \"--\")", "\"a--b--\""),
            ("size(\"aé\")", "2"),
            ("\"aé\".length", "2"),
            ("resource.name.startsWith(\"Prod\")", "true"),
            ("resource.name.endsWith(\"LOG\")", "true"),
            ("resource.name.contains(\"nit\")", "true"),
            ("resource.name.matches(\"^Prod-.*\\\\.LOG$\")", "true"),
            ("matches(resource.name, r\"\\d\")", "false"),
            ("resource.name.matches(\"(?i)prod\" + \"\")", "true"),
            ("resource.name.matches(\"(\" + \"\")", "false"),
            ("resource.name.glob(\"Prod-*.???\")", "true"),
            ("resource.name.glob(\"prod*\")", "false"),
        ],
    );
}

#[test]
fn collection_functions() {
    check_values(
        r#"{"names":["b","a","b"],"tags":{"k":"v","a":"b"},"policy":{"one":"x","many":["x","y"],"nested":[[1],[2,3],null,4]}}"#,
        &[
            ("resource.names.distinct()", r#"["b","a"]"#),
            ("[1, 1.0, \"1\"].distinct()", r#"[1,"1"]"#),
            ("resource.policy.nested.flatten()", "[1,2,3,4]"),
            ("as_list(resource.policy.one)", r#"["x"]"#),
            ("as_list(resource.policy.many)", r#"["x","y"]"#),
            ("as_list(resource.policy.none)", "[]"),
            ("resource.tags.keys()", r#"["a","k"]"#),
            ("resource.tags.values()", r#"["b","v"]"#),
            ("size(resource.tags)", "2"),
            ("{\"b\": 1, \"a\": 2, \"b\": 3}", r#"{"a":2,"b":3}"#),
        ],
    );
}

#[test]
fn conversions() {
    check_values(
        r#"{"created":"2026-01-02T03:04:05.678Z"}"#,
        &[
            ("int(\"42\")", "42"),
            ("int(\"x\")", "null"),
            ("int(2.9)", "2"),
            ("int(1e300)", "null"),
            ("int(timestamp(\"1970-01-01T00:01:00Z\"))", "60"),
            ("double(\"1.5\")", "1.5"),
            ("double(2)", "2.0"),
            ("string(1.5)", "\"1.5\""),
            ("string(true)", "\"true\""),
            ("string(duration(\"90m\"))", "\"5400s\""),
            ("string(resource.created)", "\"2026-01-02T03:04:05.678Z\""),
            ("bool(\"true\")", "true"),
            ("bool(\"yes\")", "null"),
            ("duration(\"1d\") == duration(\"24h\")", "true"),
            ("days(1.5) == duration(\"36h\")", "true"),
            ("resource.created.getFullYear()", "2026"),
            ("resource.created.getMonth()", "0"),
            ("resource.created.getDate()", "2"),
            ("resource.created.getDayOfMonth()", "1"),
            ("resource.created.getDayOfWeek()", "5"),
            ("resource.created.getDayOfYear()", "1"),
            ("resource.created.getHours()", "3"),
            ("resource.created.getHours(\"+02:30\")", "5"),
            ("resource.created.getHours(\"Nowhere\")", "null"),
            ("resource.created.getMinutes()", "4"),
            ("resource.created.getSeconds()", "5"),
            ("resource.created.getMilliseconds()", "678"),
            ("duration(\"90m\").getHours()", "1"),
        ],
    );
}

#[test]
fn network_functions() {
    check_values(
        "{}",
        &[
            ("cidr_contains(\"10.0.0.0/8\", \"10.1.0.0/16\")", "true"),
            ("cidr_contains(\"10.0.0.0/8\", \"1\" + \"0.1.2.3\")", "true"),
            ("cidr_contains(\"10.0.0.0/8\", \"pl\" + \"-1\")", "false"),
            ("cidr_overlaps(\"10.1.0.0/16\", \"10.0.0.0/8\")", "true"),
            ("cidr_is_any(\"0.0.0.0/0\") && cidr_is_any(\"::/0\")", "true"),
            ("cidr_is_public(\"10.0.0.0/8\")", "false"),
            ("cidrs_cover_any([\"0.0.0.0/1\", \"128.0.0.0/1\"])", "true"),
            (
                "cidrs_cover_any([\"128.0.0.0/1\", \"64.0.0.0/2\", \"0.0.0.0/2\"])",
                "true",
            ),
            (
                "cidrs_cover_any([\"0.0.0.0/1\", \"128.0.0.0/2\", \"::/1\"])",
                "false",
            ),
            ("cidrs_cover_any([\"8000::/1\", \"::/1\"])", "true"),
            ("cidrs_cover_any([])", "false"),
            ("ports_include(20, 25, 22)", "true"),
            ("ports_include(null, null, 22)", "true"),
            ("ports_include(23, null, 22)", "false"),
            ("ports_include(80, 443, 22)", "false"),
            ("version_at_least(\"1.10\", \"1.9\")", "true"),
        ],
    );
}

#[test]
fn policy_documents_have_one_form() {
    check_values(
        r#"{"policy":{"Version":"2012-10-17","Statement":{"Sid":"s","Effect":"Allow","Principal":"*","Action":"s3:Get*",
            "Resource":["a","b"],"Condition":{"Bool":{"aws:SecureTransport":false}}}}}"#,
        &[
            (
                "statements(resource.policy)",
                r#"[{"actions":["s3:Get*"],"conditions":[{"key":"aws:SecureTransport","operator":"Bool","values":["false"]}],"effect":"Allow","not_actions":[],"not_principals":[],"not_resources":[],"principals":[{"id":"*","type":"AWS"}],"resources":["a","b"],"sid":"s"}]"#,
            ),
            ("statements(resource.policy.nothing)", "[]"),
            (
                "statements(resource.policy).exists(s, s.effect == \"Allow\"
                    && s.actions.exists(a, action_matches(a, \"s3:GetObject\")))",
                "true",
            ),
            ("action_matches(\"S3:*\", \"s3:getobject\")", "true"),
            ("action_matches(\"s3:Get*\", \"s3:*Object\")", "true"),
            ("action_matches(\"s3:Get*\", \"s3:Put*\")", "false"),
            ("action_matches(\"*\", \"iam:PassRole\")", "true"),
        ],
    );
}

#[test]
fn a_malformed_policy_document_is_unknown() {
    for policy in [
        r#""text""#,
        "{}",
        r#"{"Statement":"x"}"#,
        r#"{"Statement":[{"Effect":"allow"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":{}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"x"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Condition":{"Bool":"x"}}]}"#,
    ] {
        let resource = format!(r#"{{"policy":{policy}}}"#);
        let value = crate::surroundings::value("statements(resource.policy)", &resource);
        assert!(
            value.contains("$unreadable") && value.contains("malformed"),
            "{policy}: {value}"
        );
    }
}

#[test]
fn an_unknown_principal_hides_only_principals() {
    let denied = crate::surroundings::DENIED;
    let resource =
        format!(r#"{{"policy":{{"Statement":[{{"Effect":"Deny","Principal":{denied},"Action":"*"}}]}}}}"#);
    check_values(
        &resource,
        &[
            (
                "statements(resource.policy).exists(s, s.effect == \"Allow\")",
                "false",
            ),
            (
                "statements(resource.policy).exists(s, s.actions == [\"*\"])",
                "true",
            ),
            (
                "statements(resource.policy).exists(s, s.principals.size() > 0)",
                denied,
            ),
        ],
    );
}
