//! Bicep files.

use super::support::{Tree, evaluated_bicep, reading, reading_with};
use crate::arm::Values;

#[track_caller]
fn check(value: &str, expected: &str) {
    let rest = r"
@description('''It's a
name''')
@minLength(3)
param env string = 'dev'
param none string
param maybe string?
@secure()
param secret string = newGuid()
param list ('a' | 'b' | 'c')[] = [
  'a' // first
  'b', 'c'
]
type own = {
  name: string
  size: int?
}
var settings = {
  'key-1': 1
  nested: { x: [10, 20] }
}
func twice(x string, y int) string => '${x}${x}${y}'
var numbers int[] = [for i in range(0, 3): i * 2]
";
    let (shown, problems) = evaluated_bicep(value, rest);
    assert_eq!(shown, expected, "{value}: {problems:?}");
    assert_eq!(problems, Vec::<String>::new(), "{value}");
}

#[test]
fn expressions_are_evaluated() {
    let cases = [
        ("'a${env}-${1 + 2}'", r#""adev-3""#),
        (r"'it\'s \u{e4} \${x} $5'", r#""it's ä ${x} $5""#),
        ("'''\nraw ${env}\n  x'''", r#""raw ${env}\n  x""#),
        ("$'''a ${env}'''", r#""a dev""#),
        ("env == 'dev' ? 'x' : 'y'", r#""x""#),
        ("env == 'dev'\n      ? 'x'\n      : 'y'", r#""x""#),
        ("(env != 'dev' || true) && !false", "true"),
        ("1 + 2 * 3 - -1", "8"),
        ("env =~ 'DEV'", "true"),
        ("2 >= 3", "false"),
        ("maybe ?? env", r#""dev""#),
        ("settings.nested.x[1]", "20"),
        ("settings['key-1']", "1"),
        ("settings.?nothing.?more ?? 'd'", r#""d""#),
        ("list[?7]", "null"),
        ("list[^1]", r#""c""#),
        ("list[?^4]", "null"),
        ("twice('ab', 1)", r#""abab1""#),
        ("sys.toUpper(env)", r#""DEV""#),
        ("numbers", "[0, 2, 4]"),
        ("[for (x, i) in list: '${x}${i}']", r#"["a0", "b1", "c2"]"#),
        ("map(list, x => toUpper(x))", r#"["A", "B", "C"]"#),
        ("reduce(numbers, 0, (a, b) => a + b)", "6"),
        ("toObject(list, x => x, x => 1)", "{a: 1, b: 1, c: 1}"),
        ("union(settings, { more: true }).more!", "true"),
        ("[\n      ...list\n      'd'\n    ]", r#"["a", "b", "c", "d"]"#),
        ("{ ...settings.nested, y: 1 }", "{x: [10, 20], y: 1}"),
        ("[\n      1\n      -1\n    ]", "[1, -1]"),
        ("any(env)", r#""dev""#),
        ("none", "?(parameter `none` has no value)"),
        ("secret", "?(parameter `secret` is secret)"),
        (
            "[for x in [none]: { a: x, b: 1 }]",
            "[{a: ?(parameter `none` has no value), b: 1}]",
        ),
        (
            "filter([none], x => x == 'a')",
            "?(parameter `none` has no value)",
        ),
    ];
    for (value, expected) in cases {
        check(value, expected);
    }
}

const WHOLE: &str = r"targetScope = 'resourceGroup'
metadata note = 'x'
import { shared as common } from 'shared.bicep'

param names array = ['one', 'two']
param deploy bool

resource account 'Microsoft.Storage/storageAccounts@2023-01-01' = [for (name, i) in names: if (name != 'two') {
  name: 'st${name}'
  location: 'West Europe'
  kind: 'StorageV2'
  #disable-next-line no-hardcoded-env-urls
  properties: {
    minimumTlsVersion: i == 0 ? 'TLS1_2' : 'TLS1_0'
    common: common.x
  }
}]

resource single 'Microsoft.Storage/storageAccounts@2023-01-01' = if (deploy) {
  name: 'single'
  properties: {}

  resource blob 'blobServices' = {
    name: 'default'

    @batchSize(1)
    resource box 'containers@2023-01-01' = {
      name: 'box'
      properties: {
        publicAccess: 'None'
      }
    }
  }
}

resource there 'Microsoft.Storage/storageAccounts@2023-01-01' existing = {
  name: 'there'
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'lock'
  scope: there
  properties: {
    level: 'CanNotDelete'
    id: account[0].id
    kind: account[0].kind
    key: there.listKeys().keys[0].value
    endpoint: single.properties.primaryEndpoints.blob
    box: single::blob::box.name
  }
}

resource files 'Microsoft.Storage/storageAccounts/fileServices@2023-01-01' = {
  parent: there
  name: 'default'
}

output id string = account[0].id
";

#[test]
fn resources_are_read_with_all_that_belongs_to_them() {
    let tree = Tree(&[("shared.bicep", "@export()\nvar shared = { x: 5 }\n")]);
    let checked = reading(&tree, "main.bicep", WHOLE, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    let unsure = "?(parameter `deploy` has no value)";
    assert_eq!(
        checked.addresses(),
        [
            "account[0]".to_owned(),
            "blob::box ".to_owned() + unsure,
            "files".to_owned(),
            "lock".to_owned(),
            "single ".to_owned() + unsure,
            "single::blob ".to_owned() + unsure,
        ]
    );
    let group = "/subscriptions/sub/resourceGroups/RESOURCE_GROUP/providers";
    let accounts = format!("{group}/Microsoft.Storage/storageAccounts");
    let cases = [
        ("account[0]", "id", format!("\"{accounts}/stone\"")),
        (
            "account[0]",
            "properties.minimumTlsVersion",
            "\"TLS1_2\"".to_owned(),
        ),
        ("account[0]", "properties.common", "5".to_owned()),
        (
            "blob::box",
            "parents",
            format!("[\"{accounts}/single\", \"{accounts}/single/blobServices/default\"]"),
        ),
        ("files", "parents", format!("[\"{accounts}/there\"]")),
        ("lock", "scope", format!("\"{accounts}/there\"")),
        ("lock", "properties.id", format!("\"{accounts}/stone\"")),
        ("lock", "properties.kind", "\"StorageV2\"".to_owned()),
        ("lock", "properties.box", "\"box\"".to_owned()),
        (
            "lock",
            "properties.key",
            "?(what `listKeys` of `there` gives is known only after deployment)".to_owned(),
        ),
        (
            "lock",
            "properties.endpoint",
            "?(known only after deployment)".to_owned(),
        ),
    ];
    for (address, path, expected) in cases {
        assert_eq!(
            checked.value(address, path).to_string(),
            expected,
            "{address} {path}"
        );
    }
    assert_eq!(
        checked.block("blob::box").kind,
        "Microsoft.Storage/storageAccounts/blobServices/containers"
    );
    let head = checked.at(Some(checked.block("lock").head));
    assert_eq!(
        head,
        "main.bicep:40:1 resource lock 'Microsoft.Authorization/locks@2020-05-01'"
    );
    let tls = checked.value("account[0]", "properties.minimumTlsVersion");
    assert_eq!(checked.at(tls.set), "main.bicep:14:33 'TLS1_2'");
    assert_eq!(
        checked.at(tls.at),
        "main.bicep:14:5 minimumTlsVersion: i == 0 ? 'TLS1_2' : 'TLS1_0'"
    );
}

#[test]
fn a_statement_that_cannot_be_read_is_left_out() {
    let text = "param a string = 'x'\nvar b = [1 2\nresource r 'A.B/c@1' = {\n  name: a\n  properties: { b: b }\n}\n@secure(\nparam c string\nnonsense\nvar d = 1\nresource e 'A.B/c@1' = {\n  name: 'e'\n  properties: { d: d }\n}\n";
    let checked = reading(&Tree(&[]), "main.bicep", text, &[]);
    assert_eq!(checked.addresses(), ["e", "r"]);
    assert_eq!(
        checked.problems(),
        [
            "malformed Bicep: `,`, `]` or a new line is expected, not `2`",
            "malformed Bicep: `,` is expected, not `c`",
        ]
    );
    assert_eq!(
        checked.value("r", "properties.b").to_string(),
        "?(`b` could not be read)"
    );
    assert_eq!(checked.value("e", "properties.d").to_string(), "1");
}

#[test]
fn a_parameter_file_gives_values() {
    let template = "param name string\nparam size int = 1\nresource r 'A.B/c@1' = {\n  name: name\n  properties: { size: size }\n}\n";
    let values = Values {
        file: Some((
            "dev.bicepparam".into(),
            "using 'main.bicep'\nvar n = 'web'\nparam name = '${n}-dev'\nparam size = 2 * 3\n".into(),
        )),
        given: [].into(),
    };
    let checked = reading_with(&Tree(&[]), "main.bicep", template, &values);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(checked.value("r", "name").to_string(), "\"web-dev\"");
    assert_eq!(checked.value("r", "properties.size").to_string(), "6");
    let set = checked.value("r", "name").set;
    assert_eq!(checked.at(set), "dev.bicepparam:3:14 '${n}-dev'");
    assert_eq!(checked.reading.stack.path, "dev.bicepparam");
    assert_eq!(checked.reading.nested, Vec::<String>::new());
}
