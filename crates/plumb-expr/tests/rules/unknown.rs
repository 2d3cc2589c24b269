//! What could not be read: Kleene's logic, and what stays known all the same.

use plumb_expr::Truth::{False, True, Unknown};

use crate::surroundings::{DENIED, truth, value};

#[test]
fn unknown_stays_unknown_unless_the_rest_decides() {
    let resource = format!(
        r#"{{"name":{DENIED},"count":{DENIED},"enabled":{DENIED},"names":["a",{DENIED}],"other_names":["a"],
            "numbers":{DENIED},"tags":{{"a":"1","b":{DENIED}}},"region":"r","policy":{{"x":{DENIED},"y":1}}}}"#
    );
    for (rule, expected) in [
        ("resource.name == null", Unknown),
        ("resource.name != null", Unknown),
        ("has(resource.name)", Unknown),
        ("resource.name == resource.name", Unknown),
        ("resource.enabled", Unknown),
        ("!resource.enabled", Unknown),
        ("resource.enabled && false", False),
        ("false && resource.enabled", False),
        ("resource.enabled || true", True),
        ("true || resource.enabled", True),
        ("resource.enabled && true", Unknown),
        ("resource.enabled || false", Unknown),
        ("resource.enabled || resource.region == \"r\"", True),
        ("resource.count > 1", Unknown),
        ("resource.count + 1 > 1", Unknown),
        ("resource.name in [\"a\"]", Unknown),
        ("\"a\" in [resource.name, \"a\"]", True),
        ("\"b\" in [resource.name, \"a\"]", Unknown),
        ("\"a\" in resource.names", True),
        ("\"b\" in resource.names", Unknown),
        ("size(resource.names) > 0", Unknown),
        ("resource.names.length > 0", Unknown),
        ("resource.names[0] == \"a\"", True),
        ("resource.names[1] == \"a\"", Unknown),
        ("resource.names[2] == \"a\"", Unknown),
        ("resource.names.exists(n, n == \"a\")", True),
        ("resource.names.exists(n, n == \"b\")", Unknown),
        ("resource.names.exists(n, true)", True),
        ("resource.names.all(n, n == \"a\")", Unknown),
        ("resource.names.all(n, n == \"b\")", False),
        ("resource.names.all(n, true)", True),
        ("resource.names.all(n, false)", False),
        ("resource.names.exists(n, false)", False),
        ("resource.names.exists_one(n, n == \"b\")", Unknown),
        ("resource.names.filter(n, n == \"b\").size() == 0", Unknown),
        ("resource.names.filter(n, n == \"a\")[0] == \"a\"", True),
        ("resource.names.map(n, n + \"!\")[0] == \"a!\"", True),
        ("resource.numbers.all(n, true)", Unknown),
        ("resource.numbers.exists(n, false)", Unknown),
        ("resource.names == [\"b\"]", False),
        ("resource.names == [\"a\"]", Unknown),
        ("resource.names == [\"a\", \"b\", \"c\"]", Unknown),
        ("resource.tags == {\"a\": \"2\", \"b\": \"x\"}", False),
        ("resource.tags == {\"a\": \"1\", \"b\": \"x\"}", Unknown),
        ("\"b\" in resource.tags", True),
        ("resource.tags.b == \"x\"", Unknown),
        ("resource.policy.x.y.z == 1", Unknown),
        ("resource.policy.y == 1", True),
        ("resource.enabled ? true : true", True),
        ("resource.enabled ? false : false", False),
        ("resource.enabled ? true : false", Unknown),
        ("unknown(\"later\")", Unknown),
        ("unknown(\"later\") && false", False),
        ("resource.name.startsWith(\"a\")", Unknown),
        ("as_list(resource.name).size() == 1", Unknown),
        ("cidrs_cover_any([\"0.0.0.0/0\", resource.name])", True),
        ("cidrs_cover_any([\"10.0.0.0/8\", resource.name])", Unknown),
        (
            "[resource.policy, {\"x\": 2, \"y\": 1}].distinct().size() == 2",
            Unknown,
        ),
        ("resource.names.join(\",\") == \"a\"", Unknown),
    ] {
        assert_eq!(truth(rule, &resource), expected, "{rule}");
    }
}

#[test]
fn an_unknown_first_element_hides_the_positions_behind_it() {
    let resource = format!(r#"{{"names":[{DENIED},"a"]}}"#);
    for (rule, expected) in [
        ("resource.names[1] == \"a\"", Unknown),
        ("resource.names.exists(n, n == \"a\")", True),
        ("resource.names.all(n, n == \"b\")", False),
        ("resource.names.exists(i, n, i == 0 && n == \"a\")", Unknown),
        ("\"a\" in resource.names", True),
    ] {
        assert_eq!(truth(rule, &resource), expected, "{rule}");
    }
}

#[test]
fn an_unknown_value_says_why() {
    assert_eq!(value("resource.name", &format!(r#"{{"name":{DENIED}}}"#)), DENIED);
}
