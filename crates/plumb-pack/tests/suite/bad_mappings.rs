//! Mistakes in mappings are found at their place, and a good one replaces the built-in one.

use plumb_pack::mapping::{Language, Role};

use crate::support::{load, load_files, show};

/// Checks that a file with a mapping of a bucket is refused with a message.
fn refused(mapping: &str, expected: &str) {
    let text = format!("language: terraform\nmappings:\n  aws_s3_bucket:\n    {mapping}\n");
    let loaded = load(&text);
    let shown = show(&loaded.diagnostics);
    assert!(shown.contains(expected), "{mapping}\n{shown}");
    let mappings = loaded.pack.mappings(Language::Terraform);
    let kept = mappings
        .block("aws_s3_bucket")
        .map(|block| block.source.name.clone());
    assert_eq!(kept.as_deref(), Some("aws/s3/terraform.yaml"), "{mapping}");
}

#[test]
fn mistakes_are_found_and_the_file_is_left_out() {
    for (mapping, expected) in [
        (
            "document: { versionin: { status: a } }",
            "`aws_s3_bucket` has no attribute `versionin`",
        ),
        (
            "document: { versioning: { state: a } }",
            "has no attribute `state`, at `versioning.state`",
        ),
        (
            "document: { versioning: { each: a, to: { status: b } } }",
            "not a list",
        ),
        (
            "document: { encryption: { rules: [ { bucket_key_enabled: { fixed: 3 } } ] } }",
            "int at `encryption.rules.bucket_key_enabled`, which is bool",
        ),
        (
            "document: { location: a ?? true }",
            "bool at `location`, which is string",
        ),
        (
            "document: { name: bucket }",
            "`name` is not an attribute of its own",
        ),
        ("document: { policy: a..b }", "`a..b` is not a path of arguments"),
        ("document: { policy: { text: 'a{b' } }", "`a{b` is not a template"),
        ("document: { policy: }", "a rule is empty"),
        (
            "part_of: { type: aws_s3_bucket, where: { bucket: [nmae] } }",
            "no attribute `nmae`",
        ),
        (
            "part_of: { type: aws_s3_bucket, where: {} }",
            "`where` names no argument",
        ),
        ("type: aws_s3_buket", "unknown resource type `aws_s3_buket`"),
        ("unknown: [polcy]", "no attribute `polcy`"),
        ("documnt: {}", "unknown key `documnt`"),
    ] {
        let mapping = match mapping.starts_with("part_of") || mapping.starts_with("document") {
            true => mapping.to_owned(),
            false => format!("{mapping}\n    document: {{ policy: policy }}"),
        };
        refused(&mapping, expected);
    }
}

#[test]
fn file_says_its_language_or_is_called_by_it() {
    let body = "mappings:\n  aws_s3_bucket: { document: { policy: policy } }\n";
    let shown = show(&load(body).diagnostics);
    assert!(
        shown.contains("the file does not say which language it is for"),
        "{shown}"
    );
    let loaded = load_files(&[("mine/terraform.yaml", body)]);
    assert_eq!(show(&loaded.diagnostics), "");
    let mappings = loaded.pack.mappings(Language::Terraform);
    let block = mappings
        .block("aws_s3_bucket")
        .map(|block| block.source.name.clone());
    assert_eq!(block.as_deref(), Some("mine/terraform.yaml"));
}

#[test]
fn parts_are_found_by_the_type_they_belong_to() {
    let loaded = load(
        "language: arm\nmappings:\n  a: { type: aws_s3_bucket, document: { policy: p } }\n  b: { part_of: { type: aws_s3_bucket, where: { x: [name] } }, document: { policy: p } }\n",
    );
    assert_eq!(show(&loaded.diagnostics), "");
    let mappings = loaded.pack.mappings(Language::Arm);
    let parts = mappings
        .of_resource("aws_s3_bucket")
        .filter(|mapping| matches!(mapping.role, Role::Part(_)));
    assert_eq!(parts.count(), 1);
}
