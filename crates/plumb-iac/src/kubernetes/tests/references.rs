//! References of objects to each other.

use super::{check, shown};

const KEY: &str = "---
apiVersion: kms.aws.upbound.io/v1beta1
kind: Key
metadata: { name: k, labels: { for: logs }, annotations: { crossplane.io/external-name: key-1 } }
spec: { forProvider: {} }
";

/// A bucket's object with the key that a field names; what its arguments become.
fn volume(field: &str) -> String {
    let text = format!(
        "apiVersion: ec2.aws.upbound.io/v1beta1\nkind: EBSVolume\nmetadata: {{ name: v }}\nspec: {{ forProvider: {{ {field} }} }}\n{KEY}"
    );
    let shown = shown(&[("a.yaml", &text)]);
    let line = shown
        .lines()
        .find(|line| line.contains("EBSVolume"))
        .unwrap()
        .to_owned();
    line.split_once("aws_ebs_volume ").unwrap().1.to_owned()
}

#[test]
fn names_and_labels_stand_for_what_objects_are_called() {
    let cases = [
        ("kmsKeyIdRef: { name: k }", "{kms_key_id: \"key-1\"}"),
        (
            "kmsKeyIdSelector: { matchLabels: { for: logs } }",
            "{kms_key_id: \"key-1\"}",
        ),
        (
            "kmsKeyId: written, kmsKeyIdRef: { name: k }",
            "{kms_key_id: \"written\"}",
        ),
        (
            "kmsKeyIdRef: { name: other }",
            "{kms_key_id: ?(`Key.kms other` is not among the manifests)}",
        ),
        (
            "kmsKeyIdSelector: { matchLabels: { for: data } }",
            "{kms_key_id: ?(no `Key.kms` among the manifests has the labels)}",
        ),
        (
            "kmsKeyIdSelector: { matchControllerRef: true }",
            "{kms_key_id: ?(only the cluster tells which objects a selector without labels means)}",
        ),
        (
            "snapshotIdRef: { name: s }",
            "{snapshot_id: ?(nothing is known of the reference `snapshot_id`), snapshot_ids: ?(nothing is known of the reference `snapshot_id`)}",
        ),
        (
            "kmsKeyIdRef: { name: \"{{ .Values.key }}\" }",
            "{kms_key_id: ?(the name of the reference is not known)}",
        ),
        ("kmsKeyIdRef: k", "{kms_key_id_ref: \"k\"}"),
    ];
    for (field, expected) in cases {
        assert_eq!(volume(field), expected, "{field}");
    }
}

#[test]
fn lists_and_nested_blocks_refer_too() {
    check(
        "apiVersion: lambda.aws.upbound.io/v1beta1
kind: Function
metadata: { name: f }
spec:
  forProvider:
    vpcConfig:
    - subnetIdRefs: [ { name: a }, { name: b } ]
      securityGroupIdSelector: { matchLabels: { app: f } }
    roleRef: { name: r }
---
apiVersion: ec2.aws.upbound.io/v1beta1
kind: Subnet
metadata: { name: a, annotations: { crossplane.io/external-name: subnet-a } }
spec: { forProvider: {} }
---
apiVersion: ec2.aws.upbound.io/v1beta1
kind: SecurityGroup
metadata: { name: one, labels: { app: f }, annotations: { crossplane.io/external-name: sg-1 } }
spec: { forProvider: {} }
---
apiVersion: ec2.aws.upbound.io/v1beta1
kind: SecurityGroup
metadata: { name: two, labels: { app: f, x: y }, annotations: { crossplane.io/external-name: sg-2 } }
spec: { forProvider: {} }
",
        "crossplane a.yaml
  Function.lambda.f aws_lambda_function {function_name: \"f\", role: ?(`Role.iam r` is not among the manifests), vpc_config: [{security_group_ids: [\"sg-1\", \"sg-2\"], subnet_ids: [\"subnet-a\", ?(`Subnet.ec2 b` is not among the manifests)]}]}
  SecurityGroup.ec2.one aws_security_group {id: \"sg-1\"}
  SecurityGroup.ec2.two aws_security_group {id: \"sg-2\"}
  Subnet.ec2.a aws_subnet {id: \"subnet-a\"}
",
    );
}

#[test]
fn secrets_of_the_cluster_are_not_known() {
    check(
        "apiVersion: rds.aws.upbound.io/v1beta1
kind: Instance
metadata: { name: d }
spec: { forProvider: { passwordSecretRef: { name: s, namespace: n, key: password }, username: u } }
",
        "crossplane a.yaml
  Instance.rds.d aws_db_instance {password: ?(a secret of the cluster tells it), username: \"u\"}
",
    );
}

#[test]
fn blocks_that_are_called_like_selectors_stay_blocks() {
    check(
        "apiVersion: cloudtrail.aws.upbound.io/v1beta1
kind: Trail
metadata: { name: t }
spec: { forProvider: { eventSelector: [ { readWriteType: All } ] } }
",
        "crossplane a.yaml
  Trail.cloudtrail.t aws_cloudtrail {event_selector: [{read_write_type: \"All\"}], name: \"t\"}
",
    );
}

#[test]
fn names_are_those_of_the_namespace() {
    let queue = |namespace: &str, reference: &str| {
        format!(
            "apiVersion: sns.aws.m.upbound.io/v1beta1\nkind: TopicSubscription\nmetadata: {{ name: s, namespace: {namespace} }}\nspec: {{ forProvider: {{ topicArnRef: {{ {reference} }} }} }}\n---\n\
             apiVersion: sns.aws.m.upbound.io/v1beta1\nkind: Topic\nmetadata: {{ name: t, namespace: a }}\nspec: {{ forProvider: {{ arn: here }} }}\n"
        )
    };
    let cases = [
        ("a", "name: t", "\"here\""),
        ("b", "name: t", "?(`Topic.sns t` is not among the manifests)"),
        ("b", "name: t, namespace: a", "\"here\""),
    ];
    for (namespace, reference, expected) in cases {
        let shown = shown(&[("a.yaml", &queue(namespace, reference))]);
        assert!(
            shown.contains(&format!("{{topic_arn: {expected}}}")),
            "{namespace} {reference}: {shown}"
        );
    }
}
