//! That every documented function is known, and the less common ways to write templates in JSON.

use super::support::{Tree, evaluated, reading};

/// The functions of templates in JSON and of Bicep, as
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions> and
/// <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions> have them.
const DOCUMENTED: &str = "add and any array base64 base64ToJson base64ToString bool buildUri cidrHost cidrSubnet coalesce concat contains copyIndex \
    createArray createObject dataUri dataUriToString dateTimeAdd dateTimeFromEpoch dateTimeToEpoch deployer deployment distinct div empty \
    endsWith environment equals existingResource exists extensionResourceId externalInput fail false filter first flatten float format getSecret greater \
    greaterOrEquals groupBy guid if indexFromEnd indexOf int intersection items join json last lastIndexOf length less lessOrEquals like \
    listKeys listAccountSas listSecrets loadDirectoryFileInfo loadFileAsBase64 loadJsonContent loadTextContent loadYamlContent \
    managementGroup managementGroupResourceId map mapValues max min mod mul nameof newGuid not null objectKeys or padLeft parameters \
    parseCidr parseUri pickZones providers range readCliArg readEnvironmentVariable reduce reference references replace resourceGroup \
    resourceId roleDefinitions shallowMerge skip sort split startsWith string sub subscription subscriptionResourceId substring take \
    tenant tenantResourceId toLogicalZone toLogicalZones toLower toObject toPhysicalZone toPhysicalZones toUpper trim true tryGet \
    tryIndexFromEnd union uniqueString uri uriComponent uriComponentToString utcNow variables";

#[test]
fn every_documented_function_is_known() {
    let unknown = DOCUMENTED.split_whitespace().filter(|name| {
        let (_, problems) = evaluated(&format!(r#""[{name}()]""#), "", &[]);
        problems
            .iter()
            .any(|problem| problem.contains("there is no function"))
    });
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&str>::new());
    let (_, problems) = evaluated(r#""[nothing()]""#, "", &[]);
    assert_eq!(problems, ["there is no function `nothing`"]);
}

#[test]
fn functions_that_take_functions_do_what_their_pages_say() {
    for (value, expected) in [
        (
            "groupBy(createArray('a', 'bb', 'c'), lambda('x', string(length(lambdaVariables('x')))))",
            r#"{1: ["a", "c"], 2: ["bb"]}"#,
        ),
        (
            "mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))",
            "{a: 2}",
        ),
        (
            "map(createArray('a', 'b'), lambda('x', 'i', concat(lambdaVariables('x'), string(lambdaVariables('i')))))",
            r#"["a0", "b1"]"#,
        ),
        (
            "filter(createArray(5, 6), lambda('x', 'i', equals(lambdaVariables('i'), 1)))",
            "[6]",
        ),
        (
            "reduce(createArray(1, 2), 0, lambda('a', 'x', 'i', add(lambdaVariables('a'), mul(lambdaVariables('x'), lambdaVariables('i')))))",
            "2",
        ),
        (
            "toObject(createArray(createObject('n', 'a', 'v', 1)), lambda('x', lambdaVariables('x').n), lambda('x', lambdaVariables('x').v))",
            "{a: 1}",
        ),
        (
            "objectKeys(shallowMerge(createArray(createObject('b', 1), createObject('a', 2))))",
            r#"["a", "b"]"#,
        ),
        (
            "map(items(createObject('b', 1, 'a', 2)), lambda('i', lambdaVariables('i').key))",
            r#"["a", "b"]"#,
        ),
        (
            "first(sort(createArray(2, 1), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b')))))",
            "1",
        ),
        ("tryIndexFromEnd(createArray(1, 2), 1)", "2"),
        ("indexFromEnd(createArray(1, 2), 2)", "1"),
        (
            "parseUri('https://h.net').host",
            "?(what `parseuri` gives is not computed)",
        ),
        (
            "roleDefinitions('Reader').id",
            "?(what `roledefinitions` gives is known only after deployment)",
        ),
    ] {
        let (shown, problems) = evaluated(&format!(r#""[{value}]""#), "", &[]);
        assert_eq!(shown, expected, "{value}: {problems:?}");
    }
}

#[test]
fn symbolic_names_are_addresses_and_references() {
    let template = r##"{
  "languageVersion": "2.0",
  "definitions": { "size": { "type": "object", "properties": { "width": { "type": "int" }, "key": { "type": "securestring", "nullable": true } } } },
  "parameters": {
    "size": { "$ref": "#/definitions/size", "defaultValue": { "width": 1, "key": "k" } },
    "tier": { "type": "string", "nullable": true }
  },
  "resources": {
    "there": { "existing": true, "type": "A.B/c", "apiVersion": "1", "name": "there" },
    "many": { "copy": { "name": "many", "count": 2 }, "type": "A.B/c", "apiVersion": "1", "name": "[format('m{0}', copyIndex())]",
      "properties": { "index": "[copyIndex('many', 1)]", "tier": "[coalesce(parameters('tier'), 'none')]" } },
    "no": { "condition": false, "type": "A.B/c", "apiVersion": "1", "name": "no" },
    "r": { "type": "A.B/c", "apiVersion": "1", "name": "r", "dependsOn": ["many"], "properties": {
      "first": "[reference('many[0]').index]", "all": "[references('many')]", "there": "[reference('there').x]",
      "width": "[parameters('size').width]", "key": "[parameters('size').key]", "keys": "[listKeys('there', '1').keys]" } },
    "child": { "type": "A.B/c/d", "apiVersion": "1", "name": "[format('{0}/{1}', 'r', 'child')]" }
  }
}"##;
    let checked = reading(&Tree(&[]), "main.json", template, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(checked.addresses(), ["child", "many[0]", "many[1]", "r"]);
    for (address, path, expected) in [
        ("many[1]", "properties", "{index: 2, tier: \"none\"}"),
        ("r", "properties.first", "1"),
        (
            "r",
            "properties.all",
            "?(what `references` gives is known only after deployment)",
        ),
        ("r", "properties.width", "1"),
        ("r", "properties.key", "?(parameter `size` is secret)"),
        (
            "r",
            "properties.keys",
            "?(what `listkeys` gives is known only after deployment)",
        ),
        ("child", "name", "\"child\""),
    ] {
        assert_eq!(
            checked.value(address, path).to_string(),
            expected,
            "{address} {path}"
        );
    }
}

#[test]
fn loops_stand_in_resources_properties_variables_and_outputs() {
    let template = r#"{
  "parameters": { "n": { "type": "int", "defaultValue": 2 }, "zones": { "type": "array", "defaultValue": ["a", "b"] } },
  "variables": {
    "copy": [ { "name": "names", "count": "[parameters('n')]", "input": "[concat('v', copyIndex('names', 1))]" } ],
    "held": { "copy": [ { "name": "inner", "count": 2, "input": { "at": "[copyIndex('inner')]" } } ] }
  },
  "resources": [
    { "type": "A.B/c", "apiVersion": "1", "name": "[concat('r', copyIndex(10))]", "copy": { "name": "loop", "count": "[length(parameters('zones'))]", "mode": "serial" },
      "properties": { "zone": "[parameters('zones')[copyIndex()]]", "names": "[variables('names')]", "held": "[variables('held').inner]",
        "copy": [ { "name": "rules", "count": 2, "input": { "loop": "[copyIndex('loop')]", "rule": "[copyIndex('rules')]" } } ] },
      "resources": [ { "type": "d", "apiVersion": "1", "name": "[concat('r', copyIndex(10), '/x')]" } ] },
    { "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "[concat('n', copyIndex())]", "copy": { "name": "nested", "count": 2 },
      "properties": { "mode": "Incremental", "expressionEvaluationOptions": { "scope": "inner" },
        "parameters": { "i": { "value": "[copyIndex()]" } },
        "template": { "parameters": { "i": { "type": "int" } }, "resources": [
          { "type": "A.B/c", "apiVersion": "1", "name": "[concat('inner', parameters('i'))]" } ] } } }
  ]
}"#;
    let checked = reading(&Tree(&[]), "main.json", template, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    let nested = "Microsoft.Resources/deployments";
    assert_eq!(
        checked.addresses(),
        [
            "A.B/c/d/r10/x".to_owned(),
            "A.B/c/d/r11/x".to_owned(),
            "A.B/c/r10".to_owned(),
            "A.B/c/r11".to_owned(),
            format!("{nested}/n0/A.B/c/inner0"),
            format!("{nested}/n1/A.B/c/inner1"),
        ]
    );
    assert_eq!(
        checked.value("A.B/c/r11", "properties").to_string(),
        "{held: [{at: 0}, {at: 1}], names: [\"v1\", \"v2\"], rules: [{loop: 1, rule: 0}, {loop: 1, rule: 1}], zone: \"b\"}"
    );
}

#[test]
fn a_linked_template_is_checked_against_what_it_gets() {
    let tree = Tree(&[(
        "linked.json",
        r#"{ "parameters": { "a": { "type": "int" }, "b": { "type": "string" } }, "resources": [] }"#,
    )]);
    let template = r#"{ "resources": [ { "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "l", "properties": {
        "templateLink": { "relativePath": "linked.json" },
        "parameters": { "a": { "value": "1" }, "c": { "value": 1 } } } } ] }"#;
    let checked = reading(&tree, "main.json", template, &[]);
    let called = "Microsoft.Resources/deployments/l";
    assert_eq!(
        checked.problems(),
        [
            format!("`{called}` gets no value for the parameter `b` of its template"),
            format!("the template of `{called}` has no parameter `c`"),
            "`a` does not fit its type: an int is expected, not a string".to_owned(),
        ]
    );
}
