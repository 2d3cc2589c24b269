//! What Bicep takes from other files, and the newer parts of the language.

use super::support::{Tree, reading, reading_with};
use crate::arm::Values;

const SHARED: &str = r"
@export()
@description('two')
var names = ['${prefix}-a', '${prefix}-b']
var prefix = base.start
import { base } from 'deeper/base.bicep'
@export()
func called(name string) string => '${prefix}-${name}'
@export()
type account = {
  name: string
  @secure()
  key: string
  inner: { token: secretText? }[]?
}
@secure()
type secretText = string
resource own 'A.B/c@1' = {
  name: 'own'
}
";

const TREE: &[(&str, &str)] = &[
    ("lib/shared.bicep", SHARED),
    ("lib/deeper/base.bicep", "@export()\nvar base = { start: 'p' }\n"),
    (
        "data/a.json",
        r#"{ "list": [ { "tls": "TLS1_2" } ], "plain": true }"#,
    ),
    ("data/a.yaml", "list:\n- tls: TLS1_0\nplain: true # yes\n"),
    ("data/a.txt", "text"),
];

const MAIN: &str = r"
import { names, called as name, account } from 'lib/shared.bicep'
import * as lib from 'lib/shared.bicep'

param one account = { name: 'one', key: 'k', inner: [{ token: 't' }] }
param two lib.account = { name: 'two', key: 'k' }

assert known = length(names) == 2

var settings = { ...{ a: 1, b: 2 }, b: 3 }
var indexed = [for (n, i) in names: '${i}:${n}']

resource r 'A.B/c@1' = {
  name: name(lib.called('x'))
  properties: {
    names: names
    second: lib.names[1]
    settings: settings
    indexed: indexed
    json: loadJsonContent('data/a.json')
    tls: loadJsonContent('data/a.json', '$.list[0].tls')
    yaml: loadYamlContent('data/a.yaml')
    yaml_tls: loadYamlContent('data/a.yaml', '.list[0].tls')
    text: loadTextContent('data/a.txt')
    name: one.name
    key: one.key
    token: one.inner[0].token
    other: two.key
  }
}
";

#[test]
fn names_of_other_files_mean_what_they_mean_there() {
    let checked = reading(&Tree(TREE), "main.bicep", MAIN, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    let secret = |name: &str| format!("?(parameter `{name}` is secret)");
    for (path, expected) in [
        ("name", "\"p-p-x\"".to_owned()),
        ("properties.names", "[\"p-a\", \"p-b\"]".to_owned()),
        ("properties.second", "\"p-b\"".to_owned()),
        ("properties.settings", "{a: 1, b: 3}".to_owned()),
        ("properties.indexed", "[\"0:p-a\", \"1:p-b\"]".to_owned()),
        (
            "properties.json",
            "{list: [{tls: \"TLS1_2\"}], plain: true}".to_owned(),
        ),
        ("properties.tls", "\"TLS1_2\"".to_owned()),
        (
            "properties.yaml",
            "{list: [{tls: \"TLS1_0\"}], plain: true}".to_owned(),
        ),
        ("properties.yaml_tls", "\"TLS1_0\"".to_owned()),
        ("properties.text", "\"text\"".to_owned()),
        ("properties.name", "\"one\"".to_owned()),
        ("properties.key", secret("one")),
        ("properties.token", secret("one")),
        ("properties.other", secret("two")),
    ] {
        assert_eq!(checked.value("r", path).to_string(), expected, "{path}");
    }
    // A file that is only imported stands for itself.
    assert_eq!(checked.reading.nested, Vec::<String>::new());
    assert_eq!(checked.addresses(), ["r"]);
    let hidden = checked.reading.secrets.iter().flatten();
    let hidden: Vec<String> = hidden.map(|place| checked.at(Some(*place))).collect();
    assert_eq!(
        hidden,
        [
            "main.bicep:5:41 'k'",
            "main.bicep:5:63 't'",
            "main.bicep:6:45 'k'"
        ]
    );
}

#[test]
fn secrets_of_types_are_revealed_where_they_may_be() {
    let checked = super::support::revealed(&Tree(TREE), "main.bicep", MAIN);
    assert_eq!(checked.value("r", "properties.key").to_string(), "\"k\"");
    assert_eq!(checked.value("r", "properties.token").to_string(), "\"t\"");
}

#[test]
fn a_parameter_file_extends_another_one() {
    let tree = Tree(&[
        (
            "shared/base.bicepparam",
            "using none\nparam size = 1\nparam tier = 'base'\n",
        ),
        ("lib/shared.bicep", "@export()\nvar env = 'dev'\n"),
    ]);
    let template = "param size int\nparam tier string\nparam env string\nresource r 'A.B/c@1' = {\n  name: 'r'\n  properties: { size: size, tier: tier, env: env }\n}\n";
    let values = Values {
        file: Some((
            "dev.bicepparam".into(),
            "using 'main.bicep'\nextends 'shared/base.bicepparam'\nimport { env as e } from 'lib/shared.bicep'\nparam size = 2\nparam env = e\n".into(),
        )),
        given: [].into(),
    };
    let checked = reading_with(&tree, "main.bicep", template, &values);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(
        checked.value("r", "properties").to_string(),
        "{env: \"dev\", size: 2, tier: \"base\"}"
    );
    let tier = checked.value("r", "properties.tier").set;
    assert_eq!(checked.at(tier), "shared/base.bicepparam:3:14 'base'");
}

#[test]
fn newer_statements_are_understood() {
    let text = r"
extension microsoftGraphV1
extension 'br:mcr.microsoft.com/bicep/extensions/k8s:1.0' with {
  namespace: 'default'
} as k8s
@discriminator('kind')
type shape = circle | square
type circle = {
  kind: 'circle'
  radius: int
}
type square = {
  kind: 'square'
  @minValue(1)
  side: int
  tags: { *: string }?
}
type sku = resourceInput<'Microsoft.Storage/storageAccounts@2023-01-01'>.sku
param shapes shape[] = [
  { kind: 'circle', radius: 1 }
  { kind: 'square', side: 2, tags: { a: 'b' } }
]
param deploy bool = false
param optional { inner: { value: string }? }?
func area(s shape) int => s.kind == 'circle' ? s.radius * s.radius * 3 : s.side * s.side
resource there 'A.B/c@1' existing = {
  name: 'there'
  scope: resourceGroup('other')
}
@onlyIfNotExists()
resource r 'A.B/c@1' = {
  name: 'r'
  properties: {
    areas: map(shapes, s => area(s))
    first: first(filter(shapes, (s, i) => i == 1)).?side
    none: optional.?inner.?value ?? 'nothing'
    sure: shapes[0].radius!
    last: shapes[^1].side
    id: there.id
    sorted: sort([3, 1, 2], (a, b) => a < b)
    grouped: groupBy(['a', 'bb'], x => string(length(x)))
    long: '''
line ${not}
'''
  }
}
resource left 'A.B/c@1' = if (deploy) {
  name: 'left'
}
module many 'm.bicep' = [for i in range(0, 2): if (i > 0) {
  name: 'm${i}'
  params: { number: i }
}]
module one 'm.bicep' = if (!deploy) {
  params: { number: 7 }
}
resource counted 'Microsoft.Resources/deployments@2024-03-01' = {
  name: 'counted'
  properties: {
    mode: 'Incremental'
    template: {
      resources: []
    }
  }
}
resource beyond 'A.B/c@1' = {
  name: nameof(shapes[0]['kind'])
  properties: { of: many[7].outputs.name }
}
";
    let tree = Tree(&[(
        "m.bicep",
        "param number int\nresource n 'A.B/c@1' = {\n  name: 'n${number}'\n}\noutput name string = n.name\n",
    )]);
    let checked = reading(&tree, "main.bicep", text, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(checked.addresses(), ["beyond", "many[1]/n", "one/n", "r"]);
    assert_eq!(checked.value("beyond", "name").to_string(), "\"kind\"");
    assert_eq!(
        checked.value("beyond", "properties.of").to_string(),
        "?(the loop has no turn 7)"
    );
    for (path, expected) in [
        ("areas", "[3, 4]"),
        ("first", "2"),
        ("none", "\"nothing\""),
        ("sure", "1"),
        ("last", "2"),
        (
            "id",
            "\"/subscriptions/sub/resourceGroups/other/providers/A.B/c/there\"",
        ),
        ("sorted", "[1, 2, 3]"),
        ("grouped", "{1: [\"a\"], 2: [\"bb\"]}"),
        ("long", r#""line ${not}\n""#),
    ] {
        let value = checked.value("r", &format!("properties.{path}"));
        assert_eq!(value.to_string(), expected, "{path}");
    }
}
