//! Manifests of Kubernetes: what is accepted in them, what a change of them touches, and what is told of templates.

use crate::{Folder, failures};

const POLICY: &str = "s3-bucket-versioning-enabled";

/// A bucket of Crossplane that is not versioned.
fn bucket(name: &str, annotations: &str) -> String {
    format!(
        "apiVersion: s3.aws.upbound.io/v1beta2\nkind: Bucket\nmetadata:\n  name: {name}\n  annotations: {{ {annotations} }}\nspec: {{ forProvider: {{ region: eu-west-1 }} }}\n"
    )
}

/// Versioning of a bucket.
fn versioning(bucket: &str, status: &str) -> String {
    format!(
        "apiVersion: s3.aws.upbound.io/v1beta2\nkind: BucketVersioning\nmetadata: {{ name: {bucket} }}\nspec:\n  forProvider:\n    bucketRef: {{ name: {bucket} }}\n    versioningConfiguration:\n      status: {status}\n"
    )
}

#[test]
fn comments_and_annotations_accept_failures() {
    let cases = [
        (
            bucket("a", &format!("plumb/ignore: {POLICY} reason=x")),
            "Bucket.s3.a accepted",
        ),
        (
            bucket("a", "checkov.io/skip1: CKV_AWS_21=x"),
            "Bucket.s3.a accepted",
        ),
        (
            format!("# plumb:ignore {POLICY} reason=x\n---\n{}", bucket("a", "")),
            "Bucket.s3.a accepted",
        ),
        (bucket("a", "plumb/other: x"), "Bucket.s3.a asked"),
    ];
    for (text, expected) in cases {
        let folder = Folder::new("annotations");
        folder.file("a.yaml", &text);
        let (scan, report) = folder.report(&[]);
        assert_eq!(failures(&report), [expected], "{text}");
        scan.ends(i32::from(expected.ends_with("asked")), &[]);
    }
}

#[test]
fn a_failure_stands_at_the_field_that_decides_in_another_object() {
    let folder = Folder::new("places");
    folder.file("a.yaml", &bucket("a", ""));
    folder.file(
        "b/versioning.yaml",
        &format!("---\n{}", versioning("a", "Suspended")),
    );
    let (scan, report) = folder.report(&[]);
    scan.ends(1, &[]);
    let finding = &report["accounts"][0]["findings"][0];
    let place = &finding["code"]["place"];
    assert_eq!(
        (&place["file"], &place["line"], &place["column"]),
        (&"b/versioning.yaml".into(), &9.into(), &7.into()),
        "{finding}"
    );
    assert_eq!(finding["resource"]["code"]["place"]["file"], "a.yaml");
    assert_eq!(finding["resource"]["code"]["language"], "crossplane");
}

#[test]
fn a_change_touches_what_stands_in_changed_objects() {
    let folder = Folder::new("manifest-changes");
    folder.file("all.yaml", &[bucket("a", ""), bucket("b", "")].join("---\n"));
    folder.file("c.yaml", &bucket("c", ""));
    folder.file("versioning.yaml", &versioning("c", "Enabled"));
    let folder = folder.committed();
    folder.scan(&["--diff", "main"]).ends(0, &[]);
    let text = folder.text("all.yaml");
    folder.file("all.yaml", &text.replace("name: b", "name: bb"));
    folder.touched("main", &["Bucket.s3.bb"]);
    folder.file("all.yaml", &text);
    folder.file("versioning.yaml", &versioning("c", "Suspended"));
    folder.touched("main", &["Bucket.s3.c"]);
}

#[test]
fn an_object_that_went_touches_what_lacks_it_in_any_folder() {
    let folder = Folder::new("manifest-gone");
    folder.file("buckets/a.yaml", &bucket("a", ""));
    folder.file("settings/versioning.yaml", &versioning("a", "Enabled"));
    let folder = folder.committed();
    std::fs::remove_file(folder.0.join("settings/versioning.yaml")).unwrap();
    folder.touched("HEAD", &["Bucket.s3.a"]);
    folder.file(
        "settings/versioning.yaml",
        &[versioning("a", "Enabled"), versioning("b", "Enabled")].join("---\n"),
    );
    folder.file("buckets/b.yaml", &bucket("b", ""));
    folder.commit();
    folder.file("settings/versioning.yaml", &versioning("a", "Enabled"));
    folder.touched("HEAD", &["Bucket.s3.b"]);
}

#[test]
fn templates_of_objects_make_a_scan_incomplete() {
    let folder = Folder::new("chart");
    folder.file(
        "a.yaml",
        &bucket("a", &format!("plumb/ignore: {POLICY} reason=x")),
    );
    folder.file(
        "chart/templates/b.yaml",
        "{{- if .Values.b }}\napiVersion: s3.aws.upbound.io/v1beta2\nkind: Bucket\n{{- end }}\n",
    );
    folder.file(
        "chart/templates/pod.yaml",
        "{{- if .Values.b }}\napiVersion: v1\nkind: Pod\n{{- end }}\n",
    );
    folder.scan(&[]).ends(
        4,
        &[
            "a manifest is a template, which is not evaluated",
            "1 object of Kubernetes was seen",
        ],
    );
}
