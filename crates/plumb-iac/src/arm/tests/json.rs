//! Templates in JSON.

use super::support::{Tree, evaluated, reading, reading_with};
use crate::arm::{Values, is_parameter_file, is_template};

#[track_caller]
fn check(value: &str, expected: &str) {
    let sections = r#""parameters": {
        "none": { "type": "string" }, "env": { "type": "string", "defaultValue": "dev" },
        "size": { "type": "int", "defaultValue": 3 }, "secret": { "type": "securestring", "defaultValue": "x" },
        "tags": { "type": "object", "defaultValue": { "a": "1" } }
      },
      "variables": {
        "name": "[concat('app-', parameters('env'))]", "a": "[variables('b')]", "b": "[variables('a')]",
        "copy": [ { "name": "disks", "count": 2, "input": { "lun": "[copyIndex('disks')]" } } ]
      },
      "functions": [ { "namespace": "own", "members": { "twice": {
        "parameters": [ { "name": "x", "type": "string" } ], "output": { "type": "string", "value": "[concat(parameters('x'), parameters('x'))]" }
      } } } ],"#;
    let (shown, problems) = evaluated(value, sections, &[]);
    assert_eq!(shown, expected, "{value}: {problems:?}");
}

#[test]
fn expressions_are_evaluated() {
    let cases = [
        (r#""plain""#, r#""plain""#),
        (r#""[[escaped]""#, r#""[escaped]""#),
        (r#""[parameters('env')]""#, r#""dev""#),
        (r#""[Parameters('ENV')]""#, r#""dev""#),
        (r#""[variables('name')]""#, r#""app-dev""#),
        (r#""[if(equals(parameters('env'), 'dev'), 'x', 'y')]""#, r#""x""#),
        (r#""[variables('disks')[1].lun]""#, "1"),
        (r#""[parameters('tags').a]""#, r#""1""#),
        (r#""[add(parameters('size'), 4)]""#, "7"),
        (r#""[own.twice('v')]""#, r#""vv""#),
        (
            r#""[map(range(1, 2), lambda('i', mul(lambdaVariables('i'), 10)))]""#,
            "[10, 20]",
        ),
        (
            r#""[filter(createArray(1, 5), lambda('i', greater(lambdaVariables('i'), 3)))]""#,
            "[5]",
        ),
        (
            r#""[reduce(createArray(1, 2, 3), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))]""#,
            "6",
        ),
        (
            r#""[sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]""#,
            "[1, 2, 3]",
        ),
        (
            r#""[toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')), lambda('x', 1))]""#,
            "{a: 1, b: 1}",
        ),
        (r#""[format('{0}''s', 'it')]""#, r#""it's""#),
        (
            r#"{ "copy": [ { "name": "l", "count": 2, "input": "[copyIndex('l', 5)]" } ], "k": true }"#,
            "{k: true, l: [5, 6]}",
        ),
        ("[1, 2.5, null, true]", "[1, 2.5, null, true]"),
        (
            r#""[resourceId('microsoft.storage/storageaccounts', 'a')]""#,
            r#""/subscriptions/sub/resourceGroups/RESOURCE_GROUP/providers/Microsoft.Storage/storageAccounts/a""#,
        ),
        (r#""[subscription().subscriptionId]""#, r#""sub""#),
        (
            r#""[length(uniqueString('a'))]""#,
            "?(what `uniquestring` gives is known only after deployment)",
        ),
    ];
    for (value, expected) in cases {
        check(value, expected);
    }
}

#[test]
fn what_is_not_told_is_unknown_and_not_guessed() {
    let none = "?(parameter `none` has no value)";
    let cases = [
        (r#""[parameters('none')]""#, none.to_owned()),
        (r#""[concat('a', parameters('none'))]""#, none.to_owned()),
        (r#""[if(equals(parameters('none'), 'x'), 1, 1)]""#, "1".to_owned()),
        (
            r#""[if(equals(parameters('none'), 'x'), 1, 2)]""#,
            none.to_owned(),
        ),
        (
            r#""[and(false(), equals(parameters('none'), 'x'))]""#,
            "false".to_owned(),
        ),
        (
            r#""[or(false(), equals(parameters('none'), 'x'))]""#,
            none.to_owned(),
        ),
        (
            r#"{ "a": 1, "b": "[parameters('none')]" }"#,
            format!("{{a: 1, b: {none}}}"),
        ),
        (
            r#""[parameters('secret')]""#,
            "?(parameter `secret` is secret)".to_owned(),
        ),
        (
            r#""[resourceGroup().location]""#,
            "?(the location of the resource group is not told)".to_owned(),
        ),
        (
            r#""[equals(resourceGroup().name, 'x')]""#,
            "?(what `resourcegroup` gives is known only after deployment)".to_owned(),
        ),
        (
            r#""[reference(resourceId('A.B/c', 'other')).x]""#,
            "?(what `reference` gives is known only after deployment)".to_owned(),
        ),
        (
            r#""[utcNow()]""#,
            "?(what `utcnow` gives is known only after deployment)".to_owned(),
        ),
    ];
    for (value, expected) in cases {
        check(value, &expected);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases = [
        (r#""[nothing('x')]""#, "there is no function `nothing`"),
        (r#""[parameters('x')]""#, "there is no parameter `x`"),
        (r#""[concat('a'""#, ""),
        (
            r#""[concat('a']""#,
            "malformed expression: `,` or `)` is expected",
        ),
        (r#""[variables('a')]""#, "variable `a` depends on itself"),
        (
            r#""[substring('a', 3, 1)]""#,
            "`substring`: the text has 1 characters",
        ),
        (r#""[copyIndex()]""#, "there is no loop `` around `copyIndex`"),
    ];
    let sections = r#""variables": { "a": "[variables('a')]" },"#;
    for (value, expected) in cases {
        let (shown, problems) = evaluated(value, sections, &[]);
        let told = problems.iter().any(|problem| problem.contains(expected));
        assert!(
            told || expected.is_empty() && problems.is_empty(),
            "{value}: {shown} {problems:?}"
        );
    }
}

const LOOPS: &str = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  // A comment, and /* another */
  "parameters": { "on": { "type": "bool" }, "name": { "type": "string" } },
  "resources": [
    {
      "type": "microsoft.storage/storageaccounts", "apiVersion": "2023-01-01", "name": "[concat('st', copyIndex())]",
      "copy": { "name": "accounts", "count": 2 }, "location": "West Europe",
      "properties": { "n": "[copyIndex('accounts', 1)]" }
    },
    { "type": "A.B/no", "apiVersion": "1", "name": "n", "condition": false },
    { "type": "A.B/perhaps", "apiVersion": "1", "name": "p", "condition": "[parameters('on')]" },
    {
      "type": "A.B/c", "apiVersion": "1", "name": "[parameters('name')]",
      "properties": { "text": "of
several lines" },
      "resources": [ { "type": "d", "apiVersion": "1", "name": "inner", "properties": {} } ]
    },
    { "type": "A.B/c/d", "apiVersion": "1", "name": "[concat(parameters('name'), '/outer')]",
      "dependsOn": [ "[resourceId('A.B/c', parameters('name'))]" ] }
  ]
}"#;

#[test]
fn resources_are_repeated_left_out_and_nested() {
    let checked = reading(&Tree(&[]), "main.json", LOOPS, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(
        checked.addresses(),
        [
            "A.B/c/d/inner",
            "A.B/c/d/{name}/outer",
            "A.B/c/{name}",
            "A.B/perhaps/p ?(parameter `on` has no value)",
            "microsoft.storage/storageaccounts/st0",
            "microsoft.storage/storageaccounts/st1",
        ]
    );
    let group = "/subscriptions/sub/resourceGroups/RESOURCE_GROUP/providers";
    let account = checked.block("microsoft.storage/storageaccounts/st1");
    assert_eq!(account.kind, "Microsoft.Storage/storageAccounts");
    assert_eq!(account.region.as_deref(), Some("westeurope"));
    assert_eq!(
        account.body.to_string(),
        format!(
            "{{apiVersion: \"2023-01-01\", id: \"{group}/Microsoft.Storage/storageAccounts/st1\", location: \"West Europe\", name: \
             \"st1\", parents: [], properties: {{n: 2}}, scope: null, type: \"Microsoft.Storage/storageAccounts\"}}"
        )
    );
    // A name that nobody told joins all the same, and is not shown as the name.
    let parent = format!("\"{group}/A.B/c/{{name}}\"");
    for child in ["A.B/c/d/inner", "A.B/c/d/{name}/outer"] {
        assert_eq!(
            checked.value(child, "parents").to_string(),
            format!("[{parent}]"),
            "{child}"
        );
    }
    assert_eq!(checked.value("A.B/c/{name}", "id").to_string(), parent);
    let name = checked.value("A.B/c/{name}", "name").to_string();
    assert_eq!(name, "?(parameter `name` has no value)");
    let text = checked.value("A.B/c/{name}", "properties.text").to_string();
    assert_eq!(text, r#""of\nseveral lines""#);
}

#[test]
fn values_know_what_set_them_and_what_holds_them() {
    let template = r#"{
  "parameters": { "action": { "type": "string", "defaultValue": "Allow" } },
  "resources": {
    "account": {
      "type": "A.B/c",
      "apiVersion": "1",
      "name": "x",
      "properties": {
        "acls": { "action": "[parameters('action')]" }
      }
    }
  }
}"#;
    let checked = reading(&Tree(&[]), "main.json", template, &[]);
    let value = checked.value("account", "properties.acls.action");
    assert_eq!(checked.at(value.set), "main.json:2:65 \"Allow\"");
    assert_eq!(
        checked.at(value.at),
        "main.json:9:19 \"action\": \"[parameters('action')]\""
    );
    assert_eq!(
        checked.at(Some(checked.block("account").head)),
        "main.json:5:7 \"type\": \"A.B/c\""
    );
    let (_, problems) = evaluated(r#""[concat(parameters('no'), 'x')]""#, "", &[]);
    assert_eq!(problems, ["there is no parameter `no`"]);
}

#[test]
fn values_come_from_files_and_the_command_line() {
    let template = r#"{ "parameters": {
        "a": { "type": "string", "defaultValue": "default" }, "b": { "type": "int" }, "c": { "type": "bool" },
        "d": { "type": "array" }, "e": { "type": "string", "nullable": true }
      },
      "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "r", "properties": {
        "a": "[parameters('a')]", "b": "[parameters('b')]", "c": "[parameters('c')]", "d": "[parameters('d')]", "e": "[parameters('e')]" } } ] }"#;
    let file = r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
      "parameters": { "A": { "value": "file" }, "b": { "value": 1 }, "c": { "reference": { "keyVault": {} } } } }"#;
    let values = Values {
        file: Some(("main.parameters.json".into(), file.into())),
        given: [("b".into(), "7".into()), ("d".into(), "[1, 2]".into())].into(),
    };
    let checked = reading_with(&Tree(&[]), "main.json", template, &values);
    assert_eq!(
        checked.value("A.B/c/r", "properties").to_string(),
        "{a: \"file\", b: 7, c: ?(it is read from a vault), d: [1, 2], e: null}"
    );
    assert_eq!(checked.reading.stack.path, "main.parameters.json");
}

#[test]
fn templates_are_recognised_by_their_schema() {
    let schema = |name: &str| {
        format!("{{ \"$schema\" : \"https://schema.management.azure.com/schemas/2019-04-01/{name}.json#\" }}")
    };
    for name in [
        "deploymentTemplate",
        "subscriptionDeploymentTemplate",
        "managementGroupDeploymentTemplate",
        "tenantDeploymentTemplate",
    ] {
        assert!(is_template("a.json", &schema(name)), "{name}");
    }
    assert!(is_template("a.bicep", ""));
    assert!(!is_template("a.json", &schema("deploymentParameters")));
    assert!(!is_template("a.yaml", &schema("deploymentTemplate")));
    assert!(!is_template("a.json", "{}"));
    assert!(is_parameter_file("a.json", &schema("deploymentParameters")));
    assert!(is_parameter_file("a.bicepparam", "using 'a.bicep'"));
}
