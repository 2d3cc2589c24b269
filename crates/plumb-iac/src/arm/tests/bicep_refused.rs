//! What the compiler of Bicep or Azure refuses: each is told with its place, and the rest is judged all the same.

use super::support::{Checked, Tree, reading, reading_with};
use crate::arm::Values;

/// The problems with their places.
fn told(checked: &Checked) -> Vec<String> {
    let all = checked.reading.diagnostics.iter();
    all.map(|one| one.to_string().lines().next().unwrap_or_default().to_owned())
        .collect()
}

/// A resource that stands beside what is refused.
const BESIDE: &str = "\nresource beside 'A.B/c@1' = {\n  name: 'beside'\n}\n";

/// Checks what is told of a Bicep file; the resource beside it is always there.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let tree = Tree(&[
        (
            "m.bicep",
            "param name string\nparam size int = 1\nparam tier 'a' | 'b' = 'a'\nparam note string?\n",
        ),
        ("types.bicep", TYPES),
        (
            "loop.bicep",
            "import { x } from 'main.bicep'\n@export()\nvar y = x\n",
        ),
    ]);
    let checked = reading(&tree, "main.bicep", &format!("{text}{BESIDE}"), &[]);
    assert_eq!(told(&checked), expected, "{text}");
    checked.block("beside");
}

const TYPES: &str =
    "@export()\ntype size = { width: int, height: int? }\n@export()\nvar one = 1\nvar own = 2\n";

#[test]
fn a_name_that_is_declared_twice_is_told_with_both_places() {
    let second = |place: &str, line: u32| {
        format!(
            "main.bicep:{place}: error: `x` is declared twice; the first declaration stands in line {line}"
        )
    };
    let resource = "resource x 'A.B/c@1' = { name: 'x' }\n";
    for (text, place, line) in [
        (
            "param x string = 'a'\nparam x string = 'b'\n".to_owned(),
            "2:7",
            1,
        ),
        ("var x = 1\n\nvar x = 2\n".to_owned(), "3:5", 1),
        (format!("{resource}{resource}"), "2:1", 1),
        (format!("var x = 1\n{resource}"), "2:1", 1),
        (format!("{resource}func x() int => 1\n"), "2:6", 1),
        ("output x int = 1\noutput x int = 2\n".to_owned(), "2:8", 1),
        ("type x = int\nvar x = 1\n".to_owned(), "2:5", 1),
    ] {
        check(&text, &[&second(place, line)]);
    }
    // An output may be called like anything else.
    check("var x = 1\noutput x int = x\n", &[]);
    let twice = format!(
        "var x = 1\nvar x = 2\nresource r 'A.B/c@1' = {{\n  name: 'r'\n  properties: {{ v: x }}\n}}{BESIDE}"
    );
    let checked = reading(&Tree(&[]), "main.bicep", &twice, &[]);
    assert_eq!(checked.value("r", "properties.v").to_string(), "1");
}

#[test]
fn a_name_that_nothing_declares_is_told_wherever_it_stands() {
    for (text, place) in [
        ("output o string = nope\n", "1:19"),
        ("var unused = [nope]\n", "1:15"),
        ("param p string = '${nope}'\n", "1:21"),
        ("func f(a string) string => '${a}${nope}'\n", "1:35"),
        ("var v = map([1], x => x + nope)\n", "1:27"),
        ("var v = [for (i, n) in [1]: i + n + nope]\n", "1:37"),
        ("resource r 'A.B/c@1' = if (nope) {\n  name: 'r'\n}\n", "1:28"),
        (
            "resource r 'A.B/c@1' = {\n  name: 'r'\n  properties: { v: nope.x }\n}\n",
            "3:20",
        ),
    ] {
        check(text, &[&format!("main.bicep:{place}: error: there is no `nope`")]);
    }
    check(
        "extension kubernetes with { namespace: 'default' } as k8s\nvar v = sys.toUpper(az.resourceGroup().name)\n",
        &[],
    );
}

#[test]
fn a_module_gets_what_its_template_asks_for() {
    let module =
        |params: &str| format!("module m 'm.bicep' = {{\n  name: 'm'\n  params: {{ {params} }}\n}}\n");
    let misfit = |rest: &str| format!("main.bicep:3:{rest}");
    for (params, expected) in [
        ("name: 'a', size: 2, tier: 'b', note: null", None),
        ("name: 'a', size: null", None),
        (
            "size: 2",
            Some(
                "main.bicep:1:1: error: `m` gets no value for the parameter `name` of its template"
                    .to_owned(),
            ),
        ),
        (
            "name: 'a', sise: 2",
            Some(misfit("24: error: the template of `m` has no parameter `sise`")),
        ),
        (
            "name: 1",
            Some(misfit(
                "19: error: `name` does not fit its type: a text is expected, not a number",
            )),
        ),
        (
            "name: 'a', size: 'b'",
            Some(misfit(
                "30: error: `size` does not fit its type: an int is expected, not a string",
            )),
        ),
        (
            "name: 'a', tier: 'c'",
            Some(misfit(
                "30: error: `tier` does not fit its type: it is none of the values that are allowed",
            )),
        ),
    ] {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(&module(params), &expected);
    }
    // What is not known may be all that is asked for.
    check(
        "param all object\nmodule m 'm.bicep' = {\n  name: 'm'\n  params: all\n}\n",
        &[],
    );
}

#[test]
fn values_fit_the_types_of_the_template() {
    for (type_, value, misfit) in [
        ("string", "'a'", None),
        (
            "string",
            "2",
            Some("`p` does not fit its type: a text is expected, not a number"),
        ),
        ("bool?", "null", None),
        (
            "bool?",
            "1",
            Some("`p` does not fit its type: a bool is expected, not a number"),
        ),
        (
            "int[]",
            "[1, 'x']",
            Some("`p[1]` does not fit its type: an int is expected, not a string"),
        ),
        ("[int, string]", "[1, 'x']", None),
        (
            "[int, string]",
            "[1]",
            Some("`p` does not fit its type: a list of 2 items is expected, not of 1"),
        ),
        ("{ a: int, b: string? }", "{ a: 1 }", None),
        (
            "{ a: { b: int } }",
            "{ a: { b: true } }",
            Some("`p.a.b` does not fit its type: an int is expected, not a bool"),
        ),
        (
            "{ a: int }",
            "{}",
            Some("`p.a` does not fit its type: it is missing"),
        ),
        (
            "{ a: int, *: string }",
            "{ a: 1, b: 2 }",
            Some("`p.b` does not fit its type: a text is expected, not a number"),
        ),
        ("('x' | 'y')[]", "['y', 'x']", None),
        (
            "1 | 2",
            "3",
            Some("`p` does not fit its type: it is none of the values that are allowed"),
        ),
        (
            "string | int",
            "true",
            Some("`p` does not fit its type: it is of none of the types that are allowed"),
        ),
        ("own", "{ next: { next: null } }", None),
        (
            "own",
            "{ next: { next: 1 } }",
            Some("`p.next.next` does not fit its type: an object is expected, not a number"),
        ),
        ("size", "{ width: 1 }", None),
        (
            "size",
            "{ width: '1' }",
            Some("`p.width` does not fit its type: an int is expected, not a string"),
        ),
        (
            "t.size",
            "{}",
            Some("`p.width` does not fit its type: it is missing"),
        ),
        (
            "array",
            "{}",
            Some("`p` does not fit its type: a list is expected, not a map"),
        ),
        ("resourceInput<'A.B/c@1'>.properties", "{}", None),
        ("resourceInput<'A.B/c@1'>.tags?", "null", None),
        ("own[*]", "1", None),
    ] {
        let text = format!(
            "import {{ size }} from 'types.bicep'\nimport * as t from 'types.bicep'\ntype own = {{ next: own? }}?\nparam p {type_} = {value}\n"
        );
        let tree = Tree(&[("types.bicep", TYPES)]);
        let checked = reading(&tree, "main.bicep", &format!("{text}{BESIDE}"), &[]);
        assert_eq!(checked.problems(), Vec::from_iter(misfit), "{type_} = {value}");
    }
}

#[test]
fn what_cannot_be_imported_is_told() {
    for (text, expected) in [
        (
            "import { own } from 'types.bicep'\nvar v = own\noutput o int = v\nresource r 'A.B/c@1' = { name: string(own) }\n",
            "main.bicep:1:10: error: `types.bicep` exports no `own`",
        ),
        (
            "import { a } from 'nothing.bicep'\nresource r 'A.B/c@1' = { name: a }\n",
            "main.bicep:1:10: error: cannot read `nothing.bicep`: there is no such file",
        ),
        (
            "import { a } from '../../x.bicep'\nresource r 'A.B/c@1' = { name: a }\n",
            "main.bicep:1:10: error: the template `../../x.bicep` is outside of the tree",
        ),
        (
            "import { y } from 'loop.bicep'\n@export()\nvar x = y\nresource r 'A.B/c@1' = { name: string(x) }\n",
            "loop.bicep:1:10: error: `main.bicep` imports itself",
        ),
    ] {
        check(text, &[expected]);
    }
}

#[test]
fn a_parameter_file_gives_what_the_template_asks_for() {
    let template = "param name string\nparam size int = 1\nresource r 'A.B/c@1' = {\n  name: name\n  properties: { size: size }\n}\n";
    let json = |values: &str| {
        let text = format!(r#"{{ "parameters": {{ {values} }} }}"#);
        Values {
            file: Some(("main.parameters.json".into(), text.into())),
            given: [].into(),
        }
    };
    for (values, expected) in [
        (r#""name": { "value": "x" }"#, vec![]),
        (
            r#""name": { "value": "x" }, "other": { "value": 1 }"#,
            vec!["main.parameters.json:1:65: error: the template has no parameter `other`"],
        ),
        (
            r#""name": { "value": "x" }, "size": { "value": "2" }"#,
            vec![
                "main.parameters.json:1:64: error: `size` does not fit its type: an int is expected, not a string",
            ],
        ),
        (
            r#""name": { "reference": { "keyVault": { "id": "x" }, "secretName": "s" } }"#,
            vec![],
        ),
    ] {
        let checked = reading_with(&Tree(&[]), "main.bicep", template, &json(values));
        assert_eq!(told(&checked), expected, "{values}");
        checked.block("r");
    }
}
