//! One policy over storage accounts written as an ARM template, as Bicep and as Terraform, and as the cloud answers: the
//! verdicts agree.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use plumb_expr::{NoInventory, Scope};
use plumb_iac::files::Files;
use plumb_iac::mapping::UsedPaths;
use plumb_iac::place::Sources;
use plumb_iac::scan::{Options, Scanned, scan};
use plumb_iac::suppress::read;
use plumb_model::value::{Map, Value};
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};

/// The third sample policy.
const POLICY: &str = r#"
policies:
- name: storage-account-private-endpoint
  description: Azure storage accounts must use private endpoints only
  provider: azure
  resource_type: azurerm_storage_account
  severity: HIGH
  rule: |
    resource.network_rules.default_action == "Deny" AND
    resource.private_endpoint_connections.length > 0
"#;

/// Files in memory.
struct Tree<'t>(&'t [(&'t str, &'t str)]);

impl Files for Tree<'_> {
    fn files_in(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(self.0.iter().map(|(path, _)| (*path).to_owned()).collect())
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let file = self.0.iter().find(|(known, _)| *known == path);
        file.map(|(_, text)| (*text).to_owned())
            .ok_or_else(|| "no such file".to_owned())
    }
}

/// A storage account: what is written of its network rules, and whether something private leads to it.
#[derive(Clone, Copy)]
struct Account {
    action: Action,
    endpoint: Endpoint,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Deny,
    Allow,
    Left,
    /// A parameter that nobody gives a value.
    Unknown,
}

#[derive(Clone, Copy, Debug)]
enum Endpoint {
    Here,
    None,
    /// To something that nobody tells.
    Unknown,
}

fn arm(account: Account) -> (&'static str, String) {
    let rules = match account.action {
        Action::Deny => r#""networkAcls": { "defaultAction": "Deny" }"#,
        Action::Allow => r#""networkAcls": { "defaultAction": "Allow" }"#,
        Action::Left => "",
        Action::Unknown => r#""networkAcls": { "defaultAction": "[parameters('told')]" }"#,
    };
    let to = match account.endpoint {
        Endpoint::Here => Some("[resourceId('Microsoft.Storage/storageAccounts', parameters('name'))]"),
        Endpoint::None => None,
        Endpoint::Unknown => Some("[parameters('told')]"),
    };
    let endpoint = to.map_or_else(String::new, |to| {
        format!(
            r#", {{ "type": "Microsoft.Network/privateEndpoints", "apiVersion": "2023-04-01", "name": "e", "properties": {{
            "privateLinkServiceConnections": [ {{ "name": "c", "properties": {{ "privateLinkServiceId": "{to}", "groupIds": [ "blob" ] }} }} ] }} }}"#
        )
    });
    let text = format!(
        r#"{{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
        "parameters": {{ "name": {{ "type": "string" }}, "told": {{ "type": "string" }} }},
        "resources": [ {{ "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "[parameters('name')]",
          "location": "westeurope", "kind": "StorageV2", "sku": {{ "name": "Standard_LRS" }}, "properties": {{ {rules} }} }} {endpoint} ] }}"#
    );
    ("azuredeploy.json", text)
}

fn bicep(account: Account) -> (&'static str, String) {
    let rules = match account.action {
        Action::Deny => "networkAcls: { defaultAction: 'Deny' }",
        Action::Allow => "networkAcls: { defaultAction: 'Allow' }",
        Action::Left => "",
        Action::Unknown => "networkAcls: { defaultAction: told }",
    };
    let to = match account.endpoint {
        Endpoint::Here => Some("account.id"),
        Endpoint::None => None,
        Endpoint::Unknown => Some("told"),
    };
    let endpoint = to.map_or_else(String::new, |to| {
        format!(
            "resource e 'Microsoft.Network/privateEndpoints@2023-04-01' = {{\n  name: 'e'\n  properties: {{\n    \
             privateLinkServiceConnections: [\n      {{ name: 'c', properties: {{ privateLinkServiceId: {to}, groupIds: ['blob'] }} }}\n    \
             ]\n  }}\n}}\n"
        )
    });
    let text = format!(
        "param name string\nparam told string\nresource account 'Microsoft.Storage/storageAccounts@2023-01-01' = {{\n  name: name\n  \
         location: 'westeurope'\n  kind: 'StorageV2'\n  sku: {{ name: 'Standard_LRS' }}\n  properties: {{\n    {rules}\n  }}\n}}\n{endpoint}"
    );
    ("main.bicep", text)
}

fn terraform(account: Account) -> (&'static str, String) {
    let rules = match account.action {
        Action::Deny => "network_rules {\n    default_action = \"Deny\"\n  }",
        Action::Allow => "network_rules {\n    default_action = \"Allow\"\n  }",
        Action::Left => "",
        Action::Unknown => "network_rules {\n    default_action = var.told\n  }",
    };
    let to = match account.endpoint {
        Endpoint::Here => Some("azurerm_storage_account.a.id"),
        Endpoint::None => None,
        Endpoint::Unknown => Some("var.told"),
    };
    let endpoint = to.map_or_else(String::new, |to| {
        format!(
            "resource \"azurerm_private_endpoint\" \"e\" {{\n  name = \"e\"\n  private_service_connection {{\n    name = \"c\"\n    \
             private_connection_resource_id = {to}\n    is_manual_connection = false\n  }}\n}}\n"
        )
    });
    let text = format!(
        "variable \"told\" {{}}\nresource \"azurerm_storage_account\" \"a\" {{\n  name = \"a\"\n  resource_group_name = \"g\"\n  location = \
         \"westeurope\"\n  account_tier = \"Standard\"\n  account_replication_type = \"LRS\"\n  {rules}\n}}\n{endpoint}"
    );
    ("main.tf", text)
}

/// What the cloud answers for an account of which nothing is unknown, as recipes make a document of it.
fn live(account: Account) -> Option<Value> {
    let action = match account.action {
        Action::Deny => "Deny",
        Action::Allow | Action::Left => "Allow",
        Action::Unknown => return None,
    };
    let connections = match account.endpoint {
        Endpoint::Here => {
            r#"[{ "name": "c", "private_link_service_connection_state": { "status": "Approved" } }]"#
        }
        Endpoint::None => "[]",
        Endpoint::Unknown => return None,
    };
    let text = format!(
        r#"{{ "network_rules": {{ "default_action": "{action}" }}, "private_endpoint_connections": {connections} }}"#
    );
    Some(serde_json::from_str(&text).unwrap())
}

fn pack() -> Pack {
    let own = SourceFile {
        path: "own.yaml".to_owned(),
        text: POLICY.to_owned(),
    };
    let loaded = Pack::load(Base::BuiltIn, &[own]);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.pack
}

fn scanned(pack: &Pack, files: &[(&str, &str)]) -> Scanned {
    let policy = pack.policy("storage-account-private-endpoint").unwrap();
    let compiled = pack.compile(policy).unwrap();
    let mut paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    paths.sort();
    scan(
        pack,
        &Tree(files),
        &paths,
        &UsedPaths::of([&compiled]),
        &Options::default(),
    )
}

fn verdict(pack: &Pack, document: &Value) -> String {
    let policy = pack.policy("storage-account-private-endpoint").unwrap();
    let nothing = Value::Map(Map::new());
    let scope = Scope {
        resource: document,
        account: &nothing,
        params: &nothing,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        inventory: &NoInventory,
    };
    pack.compile(policy).unwrap().verdict(&scope).to_string()
}

/// `name: verdict` of every account, in the order of the stacks.
fn verdicts(pack: &Pack, files: &[(&str, &str)]) -> Vec<String> {
    let scanned = scanned(pack, files);
    let all = scanned.stacks.iter().flat_map(|stack| &stack.mapped.resources);
    let accounts = all.filter(|(resource, _)| resource.resource_type == "azurerm_storage_account");
    accounts
        .map(|(resource, _)| format!("{}: {}", resource.name, verdict(pack, resource.document())))
        .collect()
}

#[test]
fn verdicts_agree_whatever_an_account_is_written_in() {
    let pack = pack();
    let cases = [
        (Action::Deny, Endpoint::Here, "pass"),
        (Action::Deny, Endpoint::None, "fail"),
        (Action::Allow, Endpoint::Here, "fail"),
        (Action::Left, Endpoint::Here, "fail"),
        (Action::Unknown, Endpoint::Here, "unknown"),
        (Action::Unknown, Endpoint::None, "fail"),
        (Action::Deny, Endpoint::Unknown, "unknown"),
        (Action::Allow, Endpoint::Unknown, "fail"),
    ];
    for (action, endpoint, expected) in cases {
        let account = Account { action, endpoint };
        for (path, text) in [arm(account), bicep(account), terraform(account)] {
            let found = verdicts(&pack, &[(path, &text)]);
            let [found] = found.as_slice() else {
                panic!("{path}: {found:?}");
            };
            assert!(
                found.ends_with(&format!(": {expected}")),
                "{path} {action:?} {endpoint:?}: {found}"
            );
        }
        if let Some(document) = live(account) {
            assert_eq!(verdict(&pack, &document), expected, "{action:?} {endpoint:?}");
        }
    }
}

#[test]
fn a_part_of_a_name_that_is_not_known_joins_nothing_wrong() {
    let account = |symbol: &str| {
        format!(
            "resource {symbol} 'Microsoft.Storage/storageAccounts@2023-01-01' = {{\n  name: take('${{p}}{symbol}', 3)\n  properties: {{ networkAcls: \
             {{ defaultAction: 'Deny' }} }}\n}}\n"
        )
    };
    let endpoint = |to: &str| {
        format!(
            "resource e 'Microsoft.Network/privateEndpoints@2023-04-01' = {{\n  name: 'e'\n  properties: {{ privateLinkServiceConnections: [ {{ name: \
             'c', properties: {{ privateLinkServiceId: {to} }} }} ] }}\n}}\n"
        )
    };
    let pack = pack();
    let cases = [
        ("a.id", ["a: pass", "b: fail"]),
        (
            "resourceId('Microsoft.Storage/storageAccounts', take('${p}a', 3))",
            ["a: unknown", "b: unknown"],
        ),
    ];
    for (to, expected) in cases {
        let text = format!("param p string\n{}{}{}", account("a"), account("b"), endpoint(to));
        assert_eq!(verdicts(&pack, &[("main.bicep", &text)]), expected, "{to}");
    }
}

#[test]
fn services_and_containers_are_parts_of_their_account() {
    let main = "resource a 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: 'a'\n  resource blob 'blobServices' = {\n    name: \
                'default'\n    properties: { isVersioningEnabled: true, deleteRetentionPolicy: { enabled: true, days: 7 } }\n    resource box \
                'containers' = [for n in ['x', 'y']: {\n      name: n\n      properties: { publicAccess: n == 'x' ? 'Blob' : 'None' }\n    }]\n  \
                }\n}\nresource b 'Microsoft.Storage/storageAccounts@2023-01-01' = { name: 'b' }\n";
    let pack = pack();
    let scanned = scanned(&pack, &[("main.bicep", main)]);
    assert_eq!(scanned.problems, []);
    let all = &scanned.stacks[0].mapped.resources;
    let shown = |name: &str| {
        let (resource, _) = all.iter().find(|(resource, _)| resource.name == name).unwrap();
        let document = resource.document().as_map().unwrap();
        let part = |name: &str| {
            document
                .get(name)
                .map_or("absent".to_owned(), ToString::to_string)
        };
        format!("{} {}", part("blob_service"), part("containers"))
    };
    assert_eq!(
        shown("a"),
        r#"{"delete_retention_policy":{"days":7,"enabled":true},"is_versioning_enabled":true} [{"name":"x","public_access":"Blob"},{"name":"y","public_access":"None"}]"#
    );
    assert_eq!(shown("b"), "absent []");
    assert_eq!(scanned.stacks[0].mapped.orphans, []);
}

#[test]
fn a_template_is_judged_with_each_of_its_parameter_files() {
    let template = "param action string\nresource a 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: 'a'\n  properties: { \
                    networkAcls: { defaultAction: action } }\n}\n";
    let files = [
        ("main.bicep", template),
        (
            "main.json",
            "{ \"$schema\": \"https://x/deploymentTemplate.json#\", \"resources\": [] }",
        ),
        ("dev.bicepparam", "using 'main.bicep'\nparam action = 'Allow'\n"),
        (
            "env/prod.bicepparam",
            "using '../main.bicep'\nparam action = 'Deny'\n",
        ),
    ];
    let scanned = scanned(&pack(), &files);
    assert_eq!(scanned.problems, []);
    let found: Vec<String> = scanned
        .stacks
        .iter()
        .map(|stack| {
            let (resource, _) = &stack.mapped.resources[0];
            let rules = resource
                .document()
                .as_map()
                .unwrap()
                .get("network_rules")
                .unwrap();
            let action = rules.as_map().unwrap().get("default_action").unwrap();
            format!("{} {action}", stack.stack.path)
        })
        .collect();
    assert_eq!(
        found,
        ["dev.bicepparam \"Allow\"", "env/prod.bicepparam \"Deny\""]
    );
}

#[test]
fn objects_of_kubernetes_that_declare_nothing_of_a_cloud_are_counted() {
    let files = [
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Service\n",
        ),
        (
            "queue.yaml",
            "apiVersion: v1\nkind: Secret\n---\napiVersion: sqs.aws.upbound.io/v1beta1\nkind: Queue\nmetadata: { name: q }\n",
        ),
        (
            "main.bicep",
            "resource a 'Microsoft.Storage/storageAccounts@2023-01-01' = { name: 'a' }\n",
        ),
    ];
    let scanned = scanned(&pack(), &files);
    assert_eq!((scanned.kubernetes, scanned.stacks.len()), (3, 2));
}

#[test]
fn suppressions_in_bicep_speak_of_what_they_stand_at() {
    let text = "// plumb:ignore a reason=one\n@description('x')\nresource r 'A.B/c@1' = {\n  name: 'r' // plumb:ignore b reason=two\n  properties: {\n    \
                /* plumb:ignore c reason=three */\n    x: 'plumb:ignore no // plumb:ignore no'\n  }\n  // plumb:ignore d reason=four\n  resource n 'd' = {\n    \
                name: 'n'\n    // checkov:skip=e:five\n  }\n}\n\nvar y = 1\n";
    let mut sources = Sources::default();
    sources.add("main.bicep", text);
    let (found, problems) = read(&sources);
    assert_eq!(problems, []);
    let found: Vec<String> = found
        .iter()
        .map(|suppression| {
            let reach = text.get(suppression.reach.range()).unwrap_or_default();
            format!("{} {}", suppression.names[0], reach.lines().next().unwrap())
        })
        .collect();
    assert_eq!(
        found,
        [
            "a @description('x')",
            "b name: 'r'",
            "c x: 'plumb:ignore no // plumb:ignore no'",
            "d resource n 'd' = {",
            "e @description('x')",
        ]
    );
}
