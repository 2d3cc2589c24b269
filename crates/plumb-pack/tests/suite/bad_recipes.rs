//! Recipes with mistakes: each is found when the recipe is read, at its place, with a suggestion.

use crate::support::{load, show};
use expect_test::{Expect, expect};

/// A recipe for a type of one's own over the S3 API, with more lines for the type.
fn recipe(lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("    {line}\n")).collect();
    format!("provider: aws\nservice: s3\nresources:\n  my_bucket:\n{lines}")
}

const LIST: &str = "list: ListBuckets\nitems: Buckets\nuid: \"{name}\"\nname: \"{name}\"\n";

#[track_caller]
fn check(lines: &str, expected: &Expect) {
    let loaded = load(&recipe(lines));
    assert!(loaded.has_errors(), "{lines}");
    assert!(loaded.pack.resource_type("my_bucket").is_err(), "{lines}");
    expected.assert_eq(&show(&loaded.diagnostics));
}

#[track_caller]
fn check_more(lines: &str, expected: &Expect) {
    check(&format!("{LIST}{lines}"), expected);
}

#[test]
fn the_template_of_these_tests_is_valid() {
    let loaded = load(&recipe(LIST));
    assert_eq!(show(&loaded.diagnostics), "");
    assert!(loaded.pack.resource_type("my_bucket").is_ok());
}

#[test]
fn misspelt_operation() {
    check(
        "list: ListBukets\nitems: Buckets\nuid: \"{name}\"\nname: \"{name}\"",
        &expect![[r#"
        user.yaml:5:11: error: service `s3` has no read operation `ListBukets`
        help: did you mean `ListBuckets`?
        |     list: ListBukets
        |           ^^^^^^^^^^ not in the API model
    "#]],
    );
}

#[test]
fn operation_that_is_no_configuration_read() {
    check_more(
        "facts:\n  x: { call: DeleteBucket, with: { Bucket: \"{name}\" } }",
        &expect![[r#"
        user.yaml:10:18: error: service `s3` has no read operation `DeleteBucket`
        help: only operations that read configuration exist here; none that writes, decrypts or returns secrets or data
        |       x: { call: DeleteBucket, with: { Bucket: "{name}" } }
        |                  ^^^^^^^^^^^^ not in the API model
    "#]],
    );
}

#[test]
fn misspelt_path() {
    check(
        "list: ListBuckets\nitems: Bukets\nuid: \"{name}\"\nname: \"{name}\"",
        &expect![[r#"
        user.yaml:6:12: error: `ListBuckets` has no attribute `bukets` in path `Bukets`
        help: did you mean `buckets`?
        |     items: Bukets
        |            ^^^^^^ in this path
    "#]],
    );
    let fact = "facts:\n  x:\n    call: GetBucketPolicy\n    with: { Bucket: \"{name}\" }\n    take: Polcy";
    check_more(
        fact,
        &expect![[r#"
        user.yaml:13:15: error: `GetBucketPolicy` has no attribute `polcy` in path `Polcy`
        help: did you mean `policy`?
        |         take: Polcy
        |               ^^^^^ in this path
    "#]],
    );
}

#[test]
fn path_to_something_that_is_not_a_list() {
    check(
        "list: ListBuckets\nitems: Owner\nuid: \"{name}\"\nname: \"{name}\"",
        &expect![[r#"
        user.yaml:6:12: error: `items` leads to owner, not to a list
        |     items: Owner
        |            ^^^^^ not a list
    "#]],
    );
}

#[test]
fn misspelt_parameter_and_missing_parameter() {
    check_more(
        "facts:\n  x: { call: GetBucketPolicy, with: { Buket: \"{name}\" } }",
        &expect![[r#"
        user.yaml:10:43: error: no parameter `Buket`
        help: did you mean `Bucket`?
        |       x: { call: GetBucketPolicy, with: { Buket: "{name}" } }
        |                                           ^^^^^ not in the API model
        user.yaml:10:18: error: operation `GetBucketPolicy` needs the parameter `Bucket`
        help: add `with: { Bucket: … }`
        |       x: { call: GetBucketPolicy, with: { Buket: "{name}" } }
        |                  ^^^^^^^^^^^^^^^ parameter missing
    "#]],
    );
}

#[test]
fn parameter_of_a_wrong_type() {
    let list =
        "list: ListBuckets\nwith: { MaxBuckets: many }\nitems: Buckets\nuid: \"{name}\"\nname: \"{name}\"";
    check(
        list,
        &expect![[r#"
        user.yaml:6:25: error: parameter must be a whole number, found string
        |     with: { MaxBuckets: many }
        |                         ^^^^ wrong type
    "#]],
    );
}

#[test]
fn template_with_an_unknown_attribute() {
    check(
        "list: ListBuckets\nitems: Buckets\nuid: \"arn:{nmae}\"\nname: \"{name}\"",
        &expect![[r#"
        user.yaml:7:10: error: `my_bucket` has no attribute `nmae` in path `nmae`
        help: did you mean `name`?
        |     uid: "arn:{nmae}"
        |          ^^^^^^^^^^^^ in this template
    "#]],
    );
    check_more(
        "facts:\n  x: { call: GetBucketPolicy, with: { Bucket: \"{bucket}\" } }",
        &expect![[r#"
        user.yaml:10:51: error: `my_bucket` has no attribute `bucket` in path `bucket`
        help: attributes are account, bucket_arn, bucket_region, creation_date, name, region, resource_type, tags, uid, x
        |       x: { call: GetBucketPolicy, with: { Bucket: "{bucket}" } }
        |                                                   ^^^^^^^^^^ in this template
    "#]],
    );
}

#[test]
fn template_that_is_malformed() {
    check(
        "list: ListBuckets\nitems: Buckets\nuid: \"arn:{name\"\nname: \"{name}\"",
        &expect![[r#"
        user.yaml:7:10: error: `arn:{name` has a brace without its partner
        |     uid: "arn:{name"
        |          ^^^^^^^^^^^ not a template
    "#]],
    );
}

#[test]
fn parent_without_for_each_and_unknown_parent() {
    check(
        "list: ListBuckets\nitems: Buckets\nuid: \"{parent.arn}\"\nname: \"{name}\"",
        &expect![[r#"
        user.yaml:7:10: error: `{parent.…}` needs `for_each`
        |     uid: "{parent.arn}"
        |          ^^^^^^^^^^^^^^ in this template
    "#]],
    );
    check_more(
        "for_each: aws_lbs",
        &expect![[r#"
        user.yaml:9:15: error: unknown resource type `aws_lbs`
        |     for_each: aws_lbs
        |               ^^^^^^^ cannot be gone through
    "#]],
    );
    check_more(
        "descend: true",
        &expect![[r#"
        user.yaml:9:5: error: `descend` needs `for_each`: where to begin
        |     descend: true
        |     ^^^^^^^ nothing to descend from
    "#]],
    );
    check_more(
        "for_each: aws_lb\ndescend: true\nwith: { Prefix: \"{parent.vpc_id}\" }",
        &expect![[r#"
            user.yaml:11:21: error: `my_bucket` has no attribute `vpc_id` in path `vpc_id`
            help: attributes are bucket_arn, bucket_region, creation_date, name
            |     with: { Prefix: "{parent.vpc_id}" }
            |                     ^^^^^^^^^^^^^^^^^ asked of what is found as well
        "#]],
    );
    check_more(
        "for_each: my_bucket",
        &expect![[r#"
        user.yaml:9:15: error: type `my_bucket` goes through itself
        |     for_each: my_bucket
        |               ^^^^^^^^^ cannot be gone through
    "#]],
    );
}

#[test]
fn transformation_that_does_not_fit() {
    let fact = "facts:\n  x:\n    call: GetBucketAcl\n    with: { Bucket: \"{name}\" }\n    parse: json";
    check_more(
        fact,
        &expect![[r#"
        user.yaml:13:9: error: `json` needs a text, but this is GetBucketAcl
        |         parse: json
        |         ^^^^^ does not fit
    "#]],
    );
    check_more(
        "decode: { name: [jsn] }",
        &expect![[r#"
        user.yaml:9:22: error: `jsn` is not known here
        help: did you mean `json`?
        |     decode: { name: [jsn] }
        |                      ^^^ expected one of url, base64, unescape, json, csv, split, secret_scan
    "#]],
    );
}

#[test]
fn decoding_of_what_a_fact_does_not_have() {
    let fact = "facts:\n  x:\n    call: GetBucketAcl\n    with: { Bucket: \"{name}\" }\n    decode: { \"grants[].permision\": json, grants: json }";
    check_more(
        fact,
        &expect![[r#"
        user.yaml:13:19: error: `grants` has no attribute `permision` in path `grants[].permision`
        help: did you mean `permission`?
        |         decode: { "grants[].permision": json, grants: json }
        |                   ^^^^^^^^^^^^^^^^^^^^ in this path
        user.yaml:13:47: error: `json` needs a text, but this is list of grants
        |         decode: { "grants[].permision": json, grants: json }
        |                                               ^^^^^^ in this path
    "#]],
    );
}

#[test]
fn rename_drop_and_decode_of_what_is_not_there() {
    check_more(
        "rename: { nmae: x }\ndrop: [creation_dat]\ndecode: { polic: json }",
        &expect![[r#"
            user.yaml:10:5: error: items have no attribute `creation_dat`
            help: did you mean `creation_date`?
            |     drop: [creation_dat]
            |     ^^^^ not in the answer
            user.yaml:11:15: error: `my_bucket` has no attribute `polic` in path `polic`
            help: attributes are bucket_arn, bucket_region, creation_date, name
            |     decode: { polic: json }
            |               ^^^^^ in this path
            user.yaml:9:15: error: items have no attribute `nmae`
            help: did you mean `name`?
            |     rename: { nmae: x }
            |               ^^^^ not in the answer
        "#]],
    );
}

#[test]
fn join_without_pairs_and_batch_without_join() {
    let fact = "facts:\n  x: { call: ListBuckets, items: Buckets, on: {} }\n  y: { call: ListBuckets, items: Buckets, batch: 5 }";
    check_more(
        fact,
        &expect![[r#"
        user.yaml:10:47: error: `on` names no pair of paths
        |       x: { call: ListBuckets, items: Buckets, on: {} }
        |                                               ^^ nothing to match by
        user.yaml:11:47: error: `batch` needs `on`
        |       y: { call: ListBuckets, items: Buckets, batch: 5 }
        |                                               ^^^^^ nothing to match by
    "#]],
    );
}

#[test]
fn facts_in_a_circle() {
    let facts = "facts:\n  a: { call: GetBucketPolicy, with: { Bucket: \"{b}\" }, take: Policy }\n  b: { call: GetBucketPolicy, with: { Bucket: \"{a}\" }, take: Policy }";
    check_more(
        facts,
        &expect![[r#"
        user.yaml:10:7: error: fact `a` needs itself before it can be read
        |       a: { call: GetBucketPolicy, with: { Bucket: "{b}" }, take: Policy }
        |       ^ part of a circle
        user.yaml:11:7: error: fact `b` needs itself before it can be read
        |       b: { call: GetBucketPolicy, with: { Bucket: "{a}" }, take: Policy }
        |       ^ part of a circle
    "#]],
    );
}

#[test]
fn rule_of_a_fact_with_an_unknown_attribute() {
    let fact = "facts:\n  x:\n    when: resource.nmae != \"\"\n    call: GetBucketAcl\n    with: { Bucket: \"{name}\" }";
    check_more(
        fact,
        &expect![[r#"
        user.yaml:11:24: error: `my_bucket` has no attribute `nmae`
        help: did you mean `name`?
        |         when: resource.nmae != ""
        |                        ^^^^ no such attribute
    "#]],
    );
}

#[test]
fn relation_that_leads_nowhere() {
    check_more(
        "relations:\n- { attribute: polcy, to: aws_kms_key, as: x }",
        &expect![[r#"
        user.yaml:10:20: error: `my_bucket` has no attribute `polcy` in path `polcy`
        help: attributes are account, bucket_arn, bucket_region, creation_date, name, region, resource_type, tags, uid
        |     - { attribute: polcy, to: aws_kms_key, as: x }
        |                    ^^^^^ in this path
    "#]],
    );
}

#[test]
fn no_origin_and_two_origins() {
    check(
        "uid: \"{name}\"\nname: \"{name}\"",
        &expect![[r#"
        user.yaml:4:3: error: type `my_bucket` must have exactly one of `list`, `single` and `attributes`
        |   my_bucket:
        |   ^^^^^^^^^ has 0
    "#]],
    );
    check_more(
        "single: account",
        &expect![[r#"
        user.yaml:4:3: error: type `my_bucket` must have exactly one of `list`, `single` and `attributes`
        |   my_bucket:
        |   ^^^^^^^^^ has 2
    "#]],
    );
}

#[test]
fn declared_type_with_an_unknown_type_word() {
    check(
        "attributes: { a: strng, b: [string, int] }",
        &expect![[r#"
        user.yaml:5:22: error: unknown type `strng`
        |     attributes: { a: strng, b: [string, int] }
        |                      ^^^^^ expected string, bool, int, double, timestamp, json, [type], map(type) or { name: type }
        user.yaml:5:32: error: a list type has one element type
        |     attributes: { a: strng, b: [string, int] }
        |                                ^^^^^^^^^^^^^ not one
    "#]],
    );
}
