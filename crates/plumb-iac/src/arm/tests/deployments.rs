//! Modules, nested and linked deployments.

use super::support::{Tree, reading};

const MODULE: &str = r"param account string
param action string = 'Deny'
param size int
resource inner 'A.B/c@1' = {
  name: '${account}-inner'
  properties: { action: action, size: size }
}
output id string = inner.id
output size int = size
";

#[test]
fn modules_get_values_and_give_outputs() {
    let tree = Tree(&[("modules/inner.bicep", MODULE)]);
    let main = r"param size int
module one '../modules/inner.bicep' = {
  name: 'one'
  params: {
    account: 'a'
    size: size
  }
}
module many '../modules/inner.bicep' = [for n in ['x', 'y']: {
  name: n
  scope: resourceGroup('other')
  params: { account: n, action: 'Allow', size: 2 }
}]
module far 'br/public:avm/x:1.0' = {
  name: 'far'
}
resource r 'A.B/c@1' = {
  name: 'r'
  properties: { inner: one.outputs.id, size: one.outputs.size, other: many[1].outputs.id, far: far.outputs.x }
}
";
    let checked = reading(&tree, "app/main.bicep", main, &[]);
    assert_eq!(
        checked.problems(),
        ["the module `br/public:avm/x:1.0` is in a registry and not in the tree"]
    );
    assert_eq!(
        checked.addresses(),
        ["many[0]/inner", "many[1]/inner", "one/inner", "r"]
    );
    let group = "/subscriptions/sub/resourceGroups";
    let cases = [
        (
            "one/inner",
            "properties",
            "{action: \"Deny\", size: ?(parameter `size` has no value)}".to_owned(),
        ),
        ("many[1]/inner", "properties.action", "\"Allow\"".to_owned()),
        (
            "many[1]/inner",
            "id",
            format!("\"{group}/other/providers/A.B/c/y-inner\""),
        ),
        (
            "r",
            "properties",
            format!(
                "{{far: ?(the template of the module is not seen), inner: \
                 \"{group}/RESOURCE_GROUP/providers/A.B/c/a-inner\", other: \"{group}/other/providers/A.B/c/y-inner\", size: \
                 ?(parameter `size` has no value)}}"
            ),
        ),
    ];
    for (address, path, expected) in cases {
        assert_eq!(
            checked.value(address, path).to_string(),
            expected,
            "{address} {path}"
        );
    }
    let calls: Vec<String> = checked
        .block("one/inner")
        .calls
        .iter()
        .map(|call| checked.at(Some(*call)))
        .collect();
    assert_eq!(
        calls,
        ["app/main.bicep:2:1 module one '../modules/inner.bicep' = {"]
    );
    let action = checked.value("many[0]/inner", "properties.action");
    assert_eq!(checked.at(action.set), "app/main.bicep:12:33 'Allow'");
    assert_eq!(checked.at(action.at), "modules/inner.bicep:6:17 action: action");
    assert_eq!(checked.reading.nested, ["modules/inner.bicep"]);
}

#[test]
fn nested_deployments_mean_their_own_or_the_outer_values() {
    let deployment = |scope: &str, parameters: &str| {
        format!(
            r#"{{ "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "{scope}", "properties": {{ "mode": "Incremental",
            "expressionEvaluationOptions": {{ "scope": "{scope}" }}, {parameters}
            "template": {{ "parameters": {{ "p": {{ "type": "string", "defaultValue": "inner" }} }},
              "resources": [ {{ "type": "A.B/c", "apiVersion": "1", "name": "{scope}", "properties": {{ "p": "[parameters('p')]" }} }} ],
              "outputs": {{ "o": {{ "type": "string", "value": "[concat(parameters('p'), '-out')]" }} }} }} }} }}"#
        )
    };
    let template = format!(
        r#"{{ "parameters": {{ "p": {{ "type": "string", "defaultValue": "outer" }} }}, "resources": [ {}, {},
        {{ "type": "A.B/c", "apiVersion": "1", "name": "r", "properties": {{
           "by_name": "[reference('inner').outputs.o.value]",
           "by_id": "[reference(resourceId('Microsoft.Resources/deployments', 'outer')).outputs.o.value]" }} }} ] }}"#,
        deployment("inner", r#""parameters": { "p": { "value": "given" } },"#),
        deployment("outer", "")
    );
    let checked = reading(&Tree(&[]), "main.json", &template, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    let inner = "Microsoft.Resources/deployments/inner/A.B/c/inner";
    let outer = "Microsoft.Resources/deployments/outer/A.B/c/outer";
    assert_eq!(checked.value(inner, "properties.p").to_string(), "\"given\"");
    assert_eq!(checked.value(outer, "properties.p").to_string(), "\"outer\"");
    assert_eq!(
        checked.value("A.B/c/r", "properties").to_string(),
        "{by_id: \"outer-out\", by_name: \"given-out\"}"
    );
}

#[test]
fn linked_templates_of_the_tree_are_followed() {
    let tree = Tree(&[
        (
            "app/nested/one.json",
            r#"{ "resources": [ { "type": "A.B/c", "apiVersion": "1", "name": "one" } ] }"#,
        ),
        ("app/self.json", ""),
    ]);
    let link = |name: &str, link: &str| {
        format!(
            r#"{{ "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "{name}", "properties": {{ "templateLink": {{ {link} }} }} }}"#
        )
    };
    let template = format!(
        r#"{{ "parameters": {{ "base": {{ "type": "string", "defaultValue": "[deployment().properties.templateLink.uri]" }}, "to": {{ "type": "string" }} }},
           "resources": [ {}, {}, {}, {}, {}, {} ] }}"#,
        link("path", r#""relativePath": "nested/one.json""#),
        link("uri", r#""uri": "[uri(parameters('base'), 'nested/one.json')]""#),
        link("web", r#""uri": "https://example.com/x.json""#),
        link("unknown", r#""uri": "[parameters('to')]""#),
        link("away", r#""relativePath": "../../x.json""#),
        link("spec", r#""id": "/subscriptions/x""#),
    );
    let checked = reading(&tree, "app/main.json", &template, &[]);
    let prefix = "Microsoft.Resources/deployments";
    assert_eq!(
        checked.addresses(),
        [
            format!("{prefix}/path/A.B/c/one"),
            format!("{prefix}/uri/A.B/c/one")
        ]
    );
    assert_eq!(
        checked.problems(),
        [
            "the template `https://example.com/x.json` is not in the tree",
            "the template is not known: parameter `to` has no value",
            "the template `../../x.json` is outside of the tree",
            "the template is not seen: it is a template spec",
        ]
    );
}
