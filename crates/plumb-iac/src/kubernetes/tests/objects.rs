//! What objects declare.

use super::{check, reading, shown};

#[test]
fn arguments_of_crossplane_are_called_as_terraform_calls_them() {
    check(
        "apiVersion: s3.aws.upbound.io/v1beta2
kind: Bucket
metadata:
  name: logs
spec:
  forProvider:
    region: eu-west-1
    objectLockEnabled: true
    tags: { CostCenter: a }
",
        "crossplane a.yaml
  Bucket.s3.logs aws_s3_bucket in eu-west-1 {bucket: \"logs\", object_lock_enabled: true, region: \"eu-west-1\", tags: {CostCenter: \"a\"}}
",
    );
}

#[test]
fn keys_of_maps_are_their_authors() {
    check(
        "apiVersion: lambda.aws.upbound.io/v1beta2
kind: Function
metadata: { name: f }
spec:
  forProvider:
    environment: { variables: { DB_HOST: h, Stage: x } }
  initProvider:
    memorySize: 128
    environment: { other: 1 }
",
        "crossplane a.yaml
  Function.lambda.f aws_lambda_function {environment: {other: 1, variables: {DB_HOST: \"h\", Stage: \"x\"}}, function_name: \"f\", memory_size: 128}
",
    );
}

#[test]
fn external_names_are_what_the_cloud_calls_a_resource() {
    check(
        "apiVersion: s3.aws.upbound.io/v1beta1
kind: Bucket
metadata: { name: logs, annotations: { crossplane.io/external-name: corp-logs } }
spec: { forProvider: {} }
---
apiVersion: kms.aws.upbound.io/v1beta1
kind: Alias
metadata: { name: main }
spec: { forProvider: { targetKeyId: k } }
---
apiVersion: ec2.aws.upbound.io/v1beta1
kind: VPC
metadata: { name: old, annotations: { crossplane.io/external-name: vpc-1 } }
spec: { forProvider: { cidrBlock: 10.0.0.0/16 } }
",
        "crossplane a.yaml
  Alias.kms.main aws_kms_alias {name: \"alias/main\", target_key_id: \"k\"}
  Bucket.s3.logs aws_s3_bucket {bucket: \"corp-logs\"}
  VPC.ec2.old aws_vpc {cidr_block: \"10.0.0.0/16\", id: \"vpc-1\"}
",
    );
}

#[test]
fn what_only_tells_of_a_resource_declares_none() {
    let observed = "apiVersion: s3.aws.upbound.io/v1beta1
kind: Bucket
metadata: { name: old }
spec: { managementPolicies: [Observe], forProvider: { region: eu-west-1 } }
---
apiVersion: s3.services.k8s.aws/v1alpha1
kind: Bucket
metadata: { name: older, annotations: { services.k8s.aws/read-only: \"true\" } }
spec: { name: older }
";
    check(observed, "ack a.yaml\ncrossplane a.yaml\n");
    let kept = observed.replace("[Observe]", "[Observe, Create, LateInitialize]");
    let shown = shown(&[("a.yaml", &kept)]);
    assert!(shown.contains("Bucket.s3.old aws_s3_bucket"), "{shown}");
}

#[test]
fn fields_of_ack_stay_as_they_are() {
    check(
        "apiVersion: ec2.services.k8s.aws/v1alpha1
kind: Subnet
metadata:
  name: a
  namespace: net
  annotations: { services.k8s.aws/region: eu-central-1 }
spec: { cidrBlock: 10.0.0.0/24, vpcID: vpc-1, mapPublicIPOnLaunch: yes }
---
apiVersion: unheard.services.k8s.aws/v1alpha1
kind: Thing
metadata: { name: t }
",
        "ack a.yaml
  Subnet.ec2.net.a Subnet.ec2 in eu-central-1 {cidrBlock: \"10.0.0.0/24\", mapPublicIPOnLaunch: true, vpcID: \"vpc-1\"}
  Thing.unheard.t Thing.unheard {}
",
    );
}

#[test]
fn an_adopted_resource_may_have_more_than_is_written() {
    check(
        "apiVersion: s3.services.k8s.aws/v1alpha1
kind: Bucket
metadata: { name: b, annotations: { services.k8s.aws/adoption-policy: adopt-or-create } }
spec: { name: b }
",
        "ack a.yaml
  Bucket.s3.b Bucket.s3 {name: \"b\" ...?(the resource is adopted, so the cloud tells what is not written)}
",
    );
}

#[test]
fn lists_of_objects_and_json_are_read() {
    let list = r#"{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}},
  {"apiVersion": "sqs.aws.m.upbound.io/v1beta1", "kind": "Queue", "metadata": {"name": "q", "namespace": "n"}, "spec": {"forProvider": {"sqsManagedSseEnabled": false}}}
]}"#;
    assert_eq!(
        shown(&[("a.json", list)]),
        "crossplane a.json\n  Queue.sqs.n.q aws_sqs_queue {sqs_managed_sse_enabled: false}\n"
    );
    assert_eq!(reading(&[("a.json", list)]).0.others, 1);
}

#[test]
fn an_object_without_a_name_is_told_by_its_kind() {
    check(
        "apiVersion: s3.aws.upbound.io/v1beta1
kind: Bucket
metadata: { generateName: a- }
---
apiVersion: s3.aws.upbound.io/v1beta1
kind: Bucket
metadata: { generateName: b- }
spec: 7
",
        "crossplane a.yaml
  Bucket.s3 aws_s3_bucket {}
  Bucket.s3[2] aws_s3_bucket {}
",
    );
}

#[test]
fn objects_of_several_environments_are_not_applied_together() {
    let bucket = "apiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\nmetadata: { name: b }\nspec: { forProvider: {} }\n";
    let key = "apiVersion: kms.aws.upbound.io/v1beta1\nkind: Key\nmetadata: { name: k }\nspec: { forProvider: {} }\n";
    let together = shown(&[("dev/b.yaml", bucket), ("shared/k.yaml", key)]);
    assert_eq!(
        together,
        "crossplane .\n  Bucket.s3.b aws_s3_bucket {bucket: \"b\"}\n  Key.kms.k aws_kms_key {}\n"
    );
    let apart = shown(&[
        ("envs/dev/b.yaml", bucket),
        ("envs/dev/k.yaml", key),
        ("envs/prod/b.yaml", bucket),
        ("shared/k.yaml", key),
    ]);
    assert_eq!(
        apart,
        "crossplane envs/dev\n  Bucket.s3.b aws_s3_bucket {bucket: \"b\"}\n  Key.kms.k aws_kms_key {}\n\
         crossplane envs/prod/b.yaml\n  Bucket.s3.b aws_s3_bucket {bucket: \"b\"}\n\
         crossplane shared/k.yaml\n  Key.kms.k aws_kms_key {}\n"
    );
    let files = shown(&[("dev.yaml", bucket), ("prod.yaml", bucket)]);
    assert_eq!(
        files,
        "crossplane dev.yaml\n  Bucket.s3.b aws_s3_bucket {bucket: \"b\"}\n\
         crossplane prod.yaml\n  Bucket.s3.b aws_s3_bucket {bucket: \"b\"}\n"
    );
    let twice = format!("{bucket}---\n{bucket}");
    assert_eq!(
        shown(&[("a.yaml", &twice)]),
        "crossplane a.yaml\n  Bucket.s3.b aws_s3_bucket {bucket: \"b\"}\n! `Bucket.s3 b` stands twice in this file\n"
    );
}

#[test]
fn values_know_where_they_stand() {
    let text = "# logs\napiVersion: sqs.aws.upbound.io/v1beta1\nkind: Queue\nmetadata:\n  name: q\nspec:\n  forProvider:\n    sqsManagedSseEnabled: false\n";
    let (reading, sources) = reading(&[("a.yaml", text)]);
    let block = &reading.stacks[0].blocks[0];
    let place = |place: crate::place::Place| {
        let (line, column) = sources.line_and_column(place.file, place.range().start);
        (line, column, text.get(place.range()).unwrap())
    };
    assert_eq!(place(block.head), (3, 1, "kind: Queue"));
    assert_eq!(
        place(block.whole).2.len(),
        text.trim_end().len() - "# logs\n".len()
    );
    let value = block.body.get("sqs_managed_sse_enabled").unwrap();
    assert_eq!(place(value.at.unwrap()), (8, 5, "sqsManagedSseEnabled: false"));
    assert_eq!(place(value.set.unwrap()), (8, 27, "false"));
}
