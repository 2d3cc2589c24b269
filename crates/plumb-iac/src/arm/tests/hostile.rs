//! Input that nobody writes in earnest: it ends, and it is told.

use std::fmt::Write;

use proptest::prelude::*;

use super::support::{Tree, reading};

fn problems(path: &str, text: &str) -> Vec<String> {
    let tree = Tree(&[(
        "loop.bicep",
        "module m 'loop.bicep' = { name: 'm' }\nmodule n 'main.bicep' = { name: 'n' }\n",
    )]);
    reading(&tree, path, text, &[]).problems()
}

/// On a stack as large as that of the command's threads.
fn with_stack(check: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(64 << 20);
        thread.spawn_scoped(scope, check).unwrap().join().unwrap();
    });
}

#[test]
fn what_nests_too_deeply_or_depends_on_itself_is_told() {
    with_stack(|| {
        let deep = 20_000;
        let mut chain = String::new();
        for at in 0..2_000 {
            let _ = writeln!(chain, "var v{at} = v{}", at + 1);
        }
        chain.push_str("var v2000 = 1\nresource r 'A.B/c@1' = { name: v0 }\n");
        let cases = [
            ("main.json", format!("{{ \"resources\": {}", "[".repeat(deep)), "nests more than 100 levels"),
            (
                "main.json",
                format!("{{ \"outputs\": {{ \"o\": {{ \"value\": \"[{}]\" }} }} }}", "f(".repeat(deep)),
                "nests more than 80 levels",
            ),
            ("main.bicep", format!("var a = {}", "[".repeat(deep)), "nests more than"),
            ("main.bicep", format!("var a = {}1", "!".repeat(deep)), "nests more than"),
            ("main.bicep", format!("var a = {}", "'${".repeat(deep)), "nests more than"),
            ("main.bicep", format!("param a {}", "[".repeat(deep)), "not closed"),
            ("main.bicep", chain, "evaluation nests more than 200 levels"),
            ("main.bicep", "var a = b\nvar b = a\nresource r 'A.B/c@1' = { name: a }\n".to_owned(), "depends on itself"),
            (
                "main.bicep",
                "resource r 'A.B/c@1' = { name: s.name }\nresource s 'A.B/c@1' = { name: r.name }\n".to_owned(),
                "depends on itself",
            ),
            (
                "main.bicep",
                "resource a 'A.B/c@1' = { name: 'a', parent: b }\nresource b 'A.B/c@1' = { name: 'b', scope: a }\n".to_owned(),
                "the id of a resource depends on itself",
            ),
            (
                "main.bicep",
                "module a 'x.bicep' = { name: 'a', scope: b }\nmodule b 'x.bicep' = { name: 'b', scope: a }\n".to_owned(),
                "the id of a resource depends on itself",
            ),
            ("main.bicep", "module m 'loop.bicep' = { name: 'm' }\n".to_owned(), "deploys itself"),
            (
                "main.bicep",
                "module m 'main.bicep' = { name: 'm' }\n".to_owned(),
                "deploys itself",
            ),
            (
                "main.bicep",
                "resource r 'A.B/c@1' = [for a in range(0, 9000): { name: '${a}'\n properties: [for b in range(0, 9000): b] }]\n".to_owned(),
                "more than 1000000 steps",
            ),
            ("main.json", "{ \"a\": 1,, }".to_owned(), "a key in quotes or `}` is expected"),
            ("main.json", "\"x\"".to_owned(), "a template must be an object, this is a scalar"),
            ("main.json", "{ \"resources\": [ { \"name\": \"x\" }, 1 ] }".to_owned(), "a resource has no type"),
        ];
        for (path, text, expected) in cases {
            let told = problems(path, &text);
            let start: String = text.chars().take(60).collect();
            assert!(
                told.iter().any(|problem| problem.contains(expected)),
                "{start}: {told:?}"
            );
        }
    });
}

#[test]
fn types_that_hold_themselves_end_and_keep_their_secrets() {
    with_stack(|| {
        let types = |body: fn(usize) -> String| {
            let mut types = String::new();
            for at in 0..70 {
                let _ = writeln!(types, "type t{at} = {}", body(at + 1));
            }
            types.push_str("type t70 = string\nparam p t0 = 'seen'\n");
            types.push_str("resource r 'A.B/c@1' = { name: 'r', properties: { p: p } }\n");
            reading(&Tree(&[]), "main.bicep", &types, &[])
        };
        let doubled = types(|next| format!("t{next} | t{next}"));
        assert_eq!(
            doubled.problems(),
            ["evaluating the template takes more than 1000000 steps"]
        );
        // What was not looked at may be secret.
        let chain = types(|next| format!("t{next}"));
        assert_eq!(chain.problems(), Vec::<String>::new());
        assert_eq!(
            chain.value("r", "properties.p").to_string(),
            "?(parameter `p` is secret)"
        );
    });
}

#[test]
fn files_that_import_each_other_end() {
    const LAYERS: &[(&str, &str)] = &[
        (
            "a.bicep",
            "import { v as x } from 'b.bicep'\n@export()\nvar v = x\n",
        ),
        (
            "b.bicep",
            "import { v as x } from 'a.bicep'\n@export()\nvar v = x\n@export()\ntype t = { u: t? }\n",
        ),
    ];
    let main = "import { v } from 'a.bicep'\nimport { t } from 'b.bicep'\nparam p t = { u: { u: null } }\nresource r 'A.B/c@1' = { name: string(v), properties: { p: p } }\n";
    let checked = reading(&Tree(LAYERS), "main.bicep", main, &[]);
    assert_eq!(checked.problems(), ["`a.bicep` imports itself"]);
    assert_eq!(checked.value("r", "properties.p").to_string(), "{u: {u: null}}");
}

#[test]
fn texts_and_lists_do_not_explode() {
    with_stack(|| {
        let mut doubling = "var v0 = 'xxxxxxxxxx'\nvar l0 = [1]\n".to_owned();
        for at in 1..40 {
            let _ = writeln!(
                doubling,
                "var v{at} = '${{v{0}}}${{v{0}}}'\nvar l{at} = concat(l{0}, l{0})",
                at - 1
            );
        }
        doubling.push_str("resource r 'A.B/c@1' = { name: 'r', properties: { t: v39, l: l39 } }\n");
        let checked = reading(&Tree(&[]), "main.bicep", &doubling, &[]);
        for (path, why) in [
            ("properties.t", "?(the text has more than 1048576 bytes)"),
            ("properties.l", "?(the list has more than 10000 items)"),
        ] {
            assert_eq!(checked.value("r", path).to_string(), why);
        }
    });
}

const SEEDS: [(&str, &str); 3] = [
    ("main.bicep", BICEP),
    ("main.json", JSON),
    (
        "main.bicep",
        "@allowed(['a'])\nparam x string?\nvar y = [for (a, i) in [1]: { '${a}': x ?? 'd' }]\ntype t = { a: 'x' | 'y' }[]\n",
    ),
];

const BICEP: &str = "targetScope = 'subscription'\nparam a string = 'x${1 + 2}'\nfunc f(x string) string => toUpper(x)\nresource r 'A.B/c@1' = [for i in range(0, 3): if (a == 'b') {\n  name: f('n${i}')\n  properties: { list: map([1, 2], x => x * 2), t: '''\nlong''' }\n  resource n 'd' = { name: 'm' }\n}]\nmodule m 'x.bicep' = { name: 'm', params: { p: r[0].id } }\noutput o string = m.outputs.x!.y[?0]\nimport { b as c } from 'y.bicep'\n";

const JSON: &str = r#"{ "$schema": "x", "parameters": { "a": { "type": "int", "defaultValue": 2 } }, // c
  "variables": { "copy": [ { "name": "l", "count": "[parameters('a')]", "input": "[copyIndex('l')]" } ] },
  "resources": [ { "type": "A.B/c", "name": "[format('{0:D3}-{1}', 7, uniqueString('a'))]", "copy": { "name": "r", "count": 2 },
    "condition": "[equals(parameters('a'), 2)]", "properties": { "x": "[map(variables('l'), lambda('i', add(lambdaVariables('i'), 1)))]",
    "y": "[reference(resourceId('A.B/c', 'x')).z]", "z": [ 1.5, null, true ] } } ], "outputs": { "o": { "value": "[union(createObject('a', 1), json('{}'))]" } } }"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Damaged templates are read to their end, twice the same.
    #[test]
    fn damage_does_no_harm(
        seed in 0..SEEDS.len(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, "[\\[\\](){}'\",:$@=\\n?.a1 ]{0,4}"), 1..5),
    ) {
        let (path, text) = SEEDS[seed];
        let mut chars: Vec<char> = text.chars().collect();
        for (at, length, put) in cuts {
            let at = at.index(chars.len());
            let end = (at + length).min(chars.len());
            chars.splice(at..end, put.chars());
            if chars.is_empty() {
                chars.push(' ');
            }
        }
        let text: String = chars.into_iter().collect();
        let one = reading(&Tree(&[]), path, &text, &[]);
        let two = reading(&Tree(&[]), path, &text, &[]);
        prop_assert_eq!(one.addresses(), two.addresses());
        prop_assert_eq!(one.problems(), two.problems());
    }
}
