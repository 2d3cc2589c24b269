//! Damaged code of every language: it is read to its end within bounds, and twice the same.

mod mutate;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mutate::{Numbers, damaged};
use plumb_iac::files::Files;
use plumb_iac::mapping::UsedPaths;
use plumb_iac::scan::{Options, evaluate};
use plumb_model::resource::Resource;
use plumb_pack::load::Base;
use plumb_pack::pack::Pack;
use proptest::prelude::*;
use proptest::sample::Index;

/// A small tree of each language; the first file is damaged.
const SEEDS: [&[(&str, &str)]; 9] = [
    &[
        (
            "main.tf",
            r#"variable "n" {
  type    = object({ a = optional(number, 2), b = list(string) })
  default = { b = ["x", "y"] }
}
locals { names = { for i, v in var.n.b : v => "${v}-${i + 1}" if v != "z" }, all = [for k, v in local.names : upper(v)] }
resource "aws_s3_bucket" "b" {
  for_each = local.names
  bucket   = each.value
  tags     = merge({ A = "1" }, var.n.a > 1 ? { B = null } : {})
  dynamic "logging" {
    for_each = toset(["l"])
    content { target_bucket = logging.value }
  }
}
module "m" {
  source = "./m"
  count  = 2
  name   = element(local.all, count.index)
}
output "o" { value = module.m[*].id }
"#,
        ),
        (
            "m/main.tf",
            "variable \"name\" {}\nresource \"aws_s3_bucket\" \"b\" { bucket = var.name }\noutput \"id\" { value = aws_s3_bucket.b.id }\n",
        ),
    ],
    &[(
        "main.tf.json",
        r#"{ "variable": { "n": { "default": [1, 2] } }, "locals": { "x": "${[for i in var.n : i * 2]}" },
  "resource": { "aws_s3_bucket": { "b": [ { "bucket": "a-${local.x[0]}", "count": "${length(var.n)}", "versioning": { "enabled": true } } ] } } }"#,
    )],
    &[(
        "plan.json",
        r#"{ "format_version": "1.2", "terraform_version": "1.9.0", "planned_values": { "root_module": { "resources": [
  { "address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b", "provider_name": "registry.terraform.io/hashicorp/aws",
    "schema_version": 0, "values": { "bucket": "b", "tags": { "a": "b" } }, "sensitive_values": {} } ] } },
  "resource_changes": [ { "address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
    "change": { "actions": ["create"], "before": null, "after": { "bucket": "b" }, "after_unknown": { "arn": true } } } ], "configuration": {} }"#,
    )],
    &[(
        "template.yaml",
        r"AWSTemplateFormatVersion: '2010-09-09'
Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions]
Parameters: { Env: { Type: String, Default: dev }, L: { Type: CommaDelimitedList, Default: 'a,b' } }
Mappings: { M: { dev: { k: &v [1, 2] }, prod: { k: *v } } }
Conditions: { IsDev: !Equals [!Ref Env, dev], Both: !And [!Condition IsDev, !Not [!Equals [a, b]]] }
Resources:
  Fn::ForEach::Loop:
  - Name
  - !Ref L
  - 'Bucket${Name}': { Type: AWS::S3::Bucket, Condition: Both, Properties: { BucketName: !Sub '${Name}-${AWS::Region}' } }
  F:
    Type: AWS::Serverless::Function
    Properties: { Handler: a.b, Runtime: python3.12, CodeUri: ., Policies: [S3ReadPolicy: { BucketName: !Ref Other }], Events: { E: { Type: Api, Properties: { Path: /, Method: get } } } }
  Other: { Type: AWS::S3::Bucket, Properties: { Tags: !If [IsDev, [{ Key: a, Value: !Select [0, !FindInMap [M, !Ref Env, k]] }], !Ref AWS::NoValue] } }
Outputs: { O: { Value: !Join ['-', [!GetAtt Other.Arn, !Base64 x]] } }
",
    )],
    &[(
        "template.json",
        r#"{ "AWSTemplateFormatVersion": "2010-09-09", "Resources": { "B": { "Type": "AWS::S3::Bucket", "Properties":
  { "BucketName": { "Fn::Join": [ "-", [ { "Ref": "AWS::Region" }, "x" ] ] }, "VersioningConfiguration": { "Status": "Enabled" } } } } }"#,
    )],
    &[(
        "azuredeploy.json",
        r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "parameters": { "n": { "type": "int", "defaultValue": 2 } },
  "resources": [ { "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "[format('s{0}', copyIndex())]",
    "copy": { "name": "c", "count": "[parameters('n')]" }, "condition": "[not(empty('x'))]", "properties": { "networkAcls": "[json('{}')]" } },
    { "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "d", "properties": { "expressionEvaluationOptions": { "scope": "inner" },
      "template": { "resources": [], "outputs": { "o": { "value": "[uniqueString('a')]" } } } } } ], "outputs": { "x": { "value": "[reference('d').outputs.o.value]" } } }"#,
    )],
    &[
        (
            "main.bicep",
            "param n array = [for i in range(0, 2): 's${i}']\nresource a 'Microsoft.Storage/storageAccounts@2023-01-01' = [for (x, i) in n: if (i > -1) {\n  name: x\n  properties: { networkAcls: { defaultAction: x == 's0' ? 'Deny' : 'Allow' } }\n}]\nmodule m 'm.bicep' = { name: 'm', params: { id: a[0].id } }\nresource e 'Microsoft.Network/privateEndpoints@2023-04-01' = {\n  name: 'e'\n  properties: { privateLinkServiceConnections: [ { name: 'c', properties: { privateLinkServiceId: m.outputs.id } } ] }\n}\n",
        ),
        ("m.bicep", "param id string\noutput id string = id\n"),
    ],
    &[
        (
            "objects.yaml",
            r"# plumb:ignore s3-bucket-versioning-enabled reason=x
---
apiVersion: s3.aws.upbound.io/v1beta2
kind: Bucket
metadata: { name: b, labels: &l { app: b }, annotations: { crossplane.io/external-name: c } }
spec: { managementPolicies: ['*'], forProvider: { region: us-east-1, tags: *l }, initProvider: { objectLockEnabled: true } }
---
apiVersion: s3.aws.upbound.io/v1beta2
kind: BucketVersioning
metadata: { name: b }
spec: { forProvider: { bucketSelector: { matchLabels: { app: b } }, versioningConfiguration: [ { status: Enabled } ] } }
---
apiVersion: ec2.services.k8s.aws/v1alpha1
kind: SecurityGroupList
items:
- { apiVersion: ec2.services.k8s.aws/v1alpha1, kind: SecurityGroup, metadata: { name: g, namespace: n }, spec: { ingressRules: [ { ipProtocol: tcp, userIDGroupPairs: [ { groupRef: { from: { name: g } } } ] } ] } }
",
        ),
        (
            "over/kustomization.yaml",
            "patches: [ { target: { kind: Bucket, name: b }, patch: '[ { op: add, path: /spec/forProvider/acl, value: x } ]' } ]\n",
        ),
    ],
    &[
        (
            "over/kustomization.yaml",
            "resources: [ ../objects.json ]\npatchesStrategicMerge: [ patch.yaml, 'kind: Queue' ]\npatches: [ { path: patch.yaml, target: { kind: Queue } } ]\n",
        ),
        (
            "objects.json",
            r#"{ "apiVersion": "sqs.services.k8s.aws/v1alpha1", "kind": "Queue", "metadata": { "name": "q" }, "spec": { "queueName": "q", "policy": "{}" } }"#,
        ),
        (
            "over/patch.yaml",
            "apiVersion: sqs.services.k8s.aws/v1alpha1\nkind: Queue\nmetadata: { name: q }\nspec: { queueName: r }\n",
        ),
    ],
];

struct Tree(Vec<(String, String)>);

impl Files for Tree {
    fn files_in(&self, folder: &str) -> Result<Vec<String>, String> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let names = self.0.iter().filter_map(|(path, _)| path.strip_prefix(&prefix));
        Ok(names
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect())
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let file = self.0.iter().find(|(known, _)| known == path);
        file.map(|(_, text)| text.clone())
            .ok_or_else(|| "no such file".to_owned())
    }
}

/// Everything that a scan tells, as text.
fn told(tree: &Tree) -> Vec<String> {
    static PACK: OnceLock<Pack> = OnceLock::new();
    let pack = PACK.get_or_init(|| Pack::load(Base::BuiltIn, &[]).pack);
    let mut paths: Vec<String> = tree.0.iter().map(|(path, _)| path.clone()).collect();
    paths.sort();
    let evaluated = evaluate(pack, tree, &paths, &Options::default());
    let blocks = evaluated.stacks.iter().flat_map(|stack| &stack.stack.blocks);
    let blocks: Vec<String> = blocks
        .map(|block| format!("{} {}", block.address, block.body))
        .collect();
    let scanned = evaluated.map(pack, &UsedPaths::default());
    let mut told: Vec<String> = scanned.problems.iter().map(ToString::to_string).collect();
    told.extend(blocks);
    for stack in &scanned.stacks {
        let of = |resource: &Resource| format!("{} {}", resource.uid, resource.document());
        told.extend(stack.mapped.resources.iter().map(|(resource, _)| of(resource)));
    }
    told
}

fn tree(seed: usize) -> Tree {
    let files = SEEDS.get(seed).into_iter().copied().flatten();
    Tree(
        files
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect(),
    )
}

#[test]
fn what_is_not_damaged_declares_something() {
    for (seed, files) in SEEDS.iter().enumerate() {
        let told = told(&tree(seed));
        assert!(
            told.iter().any(|line| line.contains('{')),
            "{}: {told:?}",
            files[0].0
        );
    }
}

/// Languages that have no fixtures of services, by the file that is damaged.
const OTHERS: [&str; 5] = [
    "main.tf.json",
    "plan.json",
    "template.json",
    "azuredeploy.json",
    "main.bicep",
];

#[test]
fn damaged_tokens_are_read_within_bounds() {
    for (seed, files) in SEEDS.iter().enumerate() {
        if !OTHERS.contains(&files[0].0) {
            continue;
        }
        let mut numbers = Numbers::new();
        for number in 0..2_000 {
            let other = SEEDS[numbers.below(SEEDS.len())][0].1;
            let mut tree = tree(seed);
            tree.0[0].1 = damaged(files[0].1, other, &mut numbers);
            let began = Instant::now();
            let _ = told(&tree);
            let took = began.elapsed();
            assert!(
                took < Duration::from_secs(20),
                "{number} takes {took:?}: {:?}",
                tree.0[0]
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(350))]

    #[test]
    fn damage_does_no_harm(
        seed in 0..SEEDS.len(),
        cuts in prop::collection::vec((any::<Index>(), 0_usize..8, "[\\[\\](){}<>'\",:$%&*!@=\\n\\\\#|?.a19 -]{0,5}"), 1..6),
        doubled in any::<Index>(),
    ) {
        let mut tree = tree(seed);
        let text = &mut tree.0[0].1;
        let mut chars: Vec<char> = text.chars().collect();
        for (at, length, put) in cuts {
            let at = at.index(chars.len());
            let end = (at + length).min(chars.len());
            chars.splice(at..end, put.chars());
            if chars.is_empty() {
                chars.push(' ');
            }
        }
        // A piece that stands twice makes names and keys that do.
        let at = doubled.index(chars.len());
        let piece: Vec<char> = chars.iter().skip(at).take(40).copied().collect();
        chars.splice(at..at, piece);
        *text = chars.into_iter().collect();
        let began = Instant::now();
        let first = told(&tree);
        prop_assert!(began.elapsed() < Duration::from_secs(60), "it takes too long");
        prop_assert_eq!(first, told(&tree));
    }
}
