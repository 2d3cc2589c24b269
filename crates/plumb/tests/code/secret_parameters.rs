//! Parameters that CloudFormation does not echo, and secure ones of ARM and Bicep: they decide verdicts and are shown nowhere.

use crate::Folder;
use crate::sensitive::{SECRET, check_shown_nowhere, verdicts};

/// What says that a secret decides.
const WHY: &str = "a value that is marked as sensitive decides";

/// A database, a bucket and a nested stack that parameters without echo reach.
fn template(public: bool, principal: &str) -> String {
    format!(
        r#"
Parameters:
  Public: {{ Type: String, NoEcho: true, Default: "{public}" }}
  Name: {{ Type: String, NoEcho: true, Default: "{SECRET}-name", AllowedValues: ["{SECRET}-name", "{SECRET}-other"] }}
  Principal: {{ Type: String, NoEcho: true, Default: "{principal}" }}
Conditions:
  IsNamed: !Equals [!Ref Name, "{SECRET}-name"]
Resources:
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceIdentifier: !Ref Name
      PubliclyAccessible: !Ref Public
      MasterUserPassword: !Sub "${{Name}}-password"
      Engine: !If [IsNamed, postgres, mysql]
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {{ BucketName: !Sub "x-${{Name}}", Tags: [{{ Key: owner, Value: !Join ["-", [!Ref Name, x]] }}] }}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement: {{ Effect: Allow, Principal: {{ AWS: !Ref Principal }}, Action: "s3:GetObject", Resource: !Sub "${{Bucket.Arn}}/*" }}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {{ TemplateURL: child.yaml, Parameters: {{ Given: "{SECRET}-given", Named: !Ref Name }} }}
"#
    )
}

/// A template that gets a secret from the one around it.
const CHILD: &str = r"
Parameters:
  Given: { Type: String, NoEcho: true }
  Named: { Type: String }
Resources:
  Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref Given, Tags: [{ Key: a, Value: !Ref Named }] } }
";

fn stack(name: &str, public: bool, principal: &str) -> Folder {
    let folder = Folder::new(name);
    folder.file("stack.yaml", &template(public, principal));
    folder.file("child.yaml", CHILD);
    folder
}

#[test]
fn parameters_without_echo_are_in_no_output() {
    let folder = stack("no-echo", true, "*");
    check_shown_nowhere(&folder, &[], "Bucket");
}

#[test]
fn parameters_without_echo_decide_verdicts() {
    let policies = ["rds-instance-not-publicly-accessible", "s3-bucket-not-public"];
    let verdicts = |name: &str, public, principal| verdicts(&stack(name, public, principal), &policies);
    assert_eq!(
        verdicts("no-echo-open", true, "*"),
        [
            format!("rds-instance-not-publicly-accessible fail {WHY}"),
            format!("s3-bucket-not-public fail {WHY}")
        ]
    );
    assert_eq!(
        verdicts("no-echo-private", false, "111122223333"),
        [
            "rds-instance-not-publicly-accessible pass",
            "s3-bucket-not-public pass"
        ]
    );
}

/// A policy of one's own, since each setting of a storage account can be a secret parameter.
const POLICIES: &str = r#"policies:
- name: storage-account-minimum-tls
  description: Storage accounts take TLS 1.2 or later
  provider: azure
  resource_type: azurerm_storage_account
  severity: HIGH
  rule: resource.minimum_tls_version == "TLS1_2" AND resource.access_tier == "Hot"
"#;

/// The same secrets as a template in JSON and in Bicep, with a module and a file of values each.
fn azure(language: &str, name: &str, tls: &str) -> Folder {
    let folder = Folder::new(&format!("{name}-{language}"));
    folder.file("policies.yaml", POLICIES);
    let bicep = format!(
        r"@secure()
param tls string
@secure()
param settings object = {{ tier: 'Hot', owner: '{SECRET}-owner' }}
@secure()
@allowed(['{SECRET}-note', '{SECRET}-other'])
param note string = '{SECRET}-note'
resource a 'Microsoft.Storage/storageAccounts@2023-01-01' = {{
  name: 'account'
  location: 'westeurope'
  kind: 'StorageV2'
  tags: {{ note: toUpper(note), owner: settings.owner, all: string(settings), out: m.outputs.told }}
  properties: {{ minimumTlsVersion: tls, accessTier: settings.tier }}
}}
module m 'm.bicep' = {{ name: 'm', params: {{ given: '{SECRET}-given' }} }}
"
    );
    let module = "@secure()
param given string
@secure()
output told string = given
";
    let json = format!(
        r#"{{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {{
    "tls": {{ "type": "secureString" }},
    "settings": {{ "type": "secureObject", "defaultValue": {{ "tier": "Hot", "owner": "{SECRET}-owner" }} }},
    "note": {{ "type": "securestring", "defaultValue": "{SECRET}-note", "allowedValues": ["{SECRET}-note", "{SECRET}-other"] }}
  }},
  "resources": [
    {{ "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "account", "location": "westeurope", "kind": "StorageV2",
      "tags": {{ "note": "[toUpper(parameters('note'))]", "all": "[string(parameters('settings'))]", "out": "[reference('m').outputs.told.value]" }},
      "properties": {{ "minimumTlsVersion": "[parameters('tls')]", "accessTier": "[parameters('settings').tier]" }} }},
    {{ "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "m", "properties": {{ "mode": "Incremental",
      "expressionEvaluationOptions": {{ "scope": "inner" }}, "parameters": {{ "given": {{ "value": "{SECRET}-given" }} }},
      "template": {{ "parameters": {{ "given": {{ "type": "securestring" }} }}, "resources": [],
        "outputs": {{ "told": {{ "type": "securestring", "value": "[parameters('given')]" }} }} }} }} }}
  ]
}}"#
    );
    match language {
        "bicep" => {
            folder.file("main.bicep", &bicep);
            folder.file("m.bicep", module);
            let values = format!(
                "using 'main.bicep'
param tls = '{tls}'
param note = '{SECRET}-other'
"
            );
            folder.file("main.bicepparam", &values);
        }
        _ => {
            folder.file("main.json", &json);
            let values = format!(
                r#"{{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "contentVersion": "1.0.0.0",
                "parameters": {{ "tls": {{ "value": "{tls}" }}, "note": {{ "value": "{SECRET}-other" }} }} }}"#
            );
            folder.file("main.parameters.json", &values);
        }
    }
    folder
}

#[test]
fn secure_parameters_are_in_no_output() {
    for language in ["json", "bicep"] {
        let folder = azure(language, "secure", &format!("{SECRET}-tls"));
        check_shown_nowhere(&folder, &["--policies", "policies.yaml"], "a");
    }
}

#[test]
fn secure_parameters_decide_verdicts() {
    for language in ["json", "bicep"] {
        for (tls, expected) in [
            ("TLS1_0", format!("storage-account-minimum-tls fail {WHY}")),
            ("TLS1_2", "storage-account-minimum-tls pass".to_owned()),
        ] {
            let folder = azure(language, &format!("secure-{tls}"), tls);
            assert_eq!(
                verdicts(&folder, &["storage-account-minimum-tls"]),
                [expected],
                "{language} {tls}"
            );
        }
    }
}
