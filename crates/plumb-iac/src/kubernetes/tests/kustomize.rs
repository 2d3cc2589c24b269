//! What kustomizations change is unknown.

use super::shown;

const QUEUE: &str = "apiVersion: sqs.aws.upbound.io/v1beta1
kind: Queue
metadata: { name: q }
spec: { forProvider: { sqsManagedSseEnabled: false, name: orders } }
";

fn check(kustomization: &str, patch: &str, expected: &str) {
    let shown = shown(&[
        ("base/q.yaml", QUEUE),
        ("prod/kustomization.yaml", kustomization),
        ("prod/patch.yaml", patch),
    ]);
    let body = shown
        .split_once("aws_sqs_queue ")
        .map(|(_, body)| body.trim_end());
    assert_eq!(body, Some(expected), "{kustomization}: {shown}");
}

#[test]
fn what_a_patch_sets_is_unknown() {
    let why = "?(`prod/kustomization.yaml` patches it)";
    let merge = "apiVersion: sqs.aws.upbound.io/v1beta1\nkind: Queue\nmetadata: { name: q }\nspec: { forProvider: { sqsManagedSseEnabled: true, kmsMasterKeyId: k } }\n";
    let merged = format!("{{kms_master_key_id: {why}, name: \"orders\", sqs_managed_sse_enabled: {why}}}");
    let untouched = "{name: \"orders\", sqs_managed_sse_enabled: false}";
    check("patches: [ { path: patch.yaml } ]", merge, &merged);
    check("patchesStrategicMerge: [ patch.yaml ]", merge, &merged);
    check(
        "patches: [ { path: patch.yaml, target: { kind: Queue } } ]",
        &merge.replace("name: q", "name: any"),
        &merged,
    );
    let other = merge.replace("name: q", "name: r");
    check("patches: [ { path: patch.yaml } ]", &other, untouched);
    check("resources: [ ../base ]", "", untouched);
    let operation = "- { op: replace, path: /spec/forProvider/name, value: x }\n";
    let replaced = format!("{{name: {why}, sqs_managed_sse_enabled: false}}");
    check(
        "patches: [ { path: patch.yaml, target: { kind: Queue, name: q } } ]",
        operation,
        &replaced,
    );
    check(
        "patches: [ { target: { kind: Queue }, patch: '[ { op: add, path: /spec/forProvider/name, value: x } ]' } ]",
        "",
        &replaced,
    );
    check(
        "patches: [ { path: missing.yaml, target: { kind: Queue } } ]",
        "",
        &format!("{{ ...{why}}}"),
    );
}
