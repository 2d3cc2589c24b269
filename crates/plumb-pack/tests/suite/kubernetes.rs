//! Kinds of Kubernetes' objects: mistakes are found at their place, and a user's own kind replaces the built-in one.

use plumb_pack::kubernetes::ObjectReference;
use plumb_pack::mapping::Language;
use plumb_pack::pack::Pack;

use crate::support::{load, show};

#[test]
fn mistakes_are_found_and_the_file_is_left_out() {
    for (kind, expected) in [
        ("{ name: bucket }", "block"),
        ("{ block: aws_s3_bucket, nam: bucket }", "unknown key `nam`"),
        (
            "{ block: aws_s3_bucket, references: { a: b c d e } }",
            "`b c d e` names no kind with an attribute and a field",
        ),
        ("{ block: aws_s3_bucket, references: { a: [b] } }", "a text"),
    ] {
        let loaded = load(&format!("crossplane:\n  Bucket.s3: {kind}\n"));
        let shown = show(&loaded.diagnostics);
        assert!(shown.contains(expected), "{kind}\n{shown}");
        let kinds = loaded.pack.object_kinds();
        let kept = kinds.kind(Language::Crossplane, "Bucket.s3").unwrap();
        assert_eq!(kept.name.as_deref(), Some("bucket"), "{kind}");
    }
}

#[test]
fn a_users_kind_replaces_the_built_in_one() {
    let loaded = load(
        "crossplane:\n  Bucket.s3: { block: aws_sqs_queue, prefix: a/, maps: [b.c], references: { x.y: Key.kms, z: Role.iam arn role, w: Policy.iam - p } }\n",
    );
    assert_eq!(show(&loaded.diagnostics), "");
    let kinds = loaded.pack.object_kinds();
    let kind = kinds.kind(Language::Crossplane, "Bucket.s3").unwrap();
    assert_eq!(
        (kind.block.as_str(), kind.prefix.as_str(), kind.maps.len()),
        ("aws_sqs_queue", "a/", 1)
    );
    let reference =
        |argument: &[&str], kind: &str, attribute: Option<&str>, field: Option<&str>| ObjectReference {
            argument: argument.iter().map(|step| (*step).into()).collect(),
            kind: kind.into(),
            attribute: attribute.map(Into::into),
            field: field.map(Into::into),
        };
    assert_eq!(
        kind.references,
        [
            reference(&["x", "y"], "Key.kms", None, None),
            reference(&["z"], "Role.iam", Some("arn"), Some("role")),
            reference(&["w"], "Policy.iam", None, Some("p")),
        ]
    );
    let shown = show(&plumb_pack::lint::lint(
        &load("crossplane:\n  A.b: { block: aws_sqs_que }\n").pack,
    ));
    assert!(
        shown.contains("no mapping is for `aws_sqs_que`, which `A.b` declares"),
        "{shown}"
    );
}

#[test]
fn every_mapping_of_ack_is_for_a_kind_with_a_service() {
    let mappings = Pack::builtin().unwrap().mappings(Language::Ack);
    let names: Vec<&str> = mappings.blocks().map(|block| block.block.as_str()).collect();
    assert!(names.len() >= 25, "{names:?}");
    assert!(names.iter().all(|name| name.split('.').count() == 2), "{names:?}");
}
