//! Paginators: which request follows an answer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use plumb_api::catalog::Catalog;
use plumb_api::paginate::{Next, next_input};
use plumb_model::value::Value;

fn next(operation: &str, input: &str, output: &str) -> String {
    let (service, name) = operation.split_once(':').unwrap();
    let operation = Catalog::aws().service(service).unwrap().operation(name).unwrap();
    let parse = |json: &str| serde_json::from_str::<Value>(json).unwrap();
    match next_input(&operation, &parse(input), &parse(output)) {
        Next::Done => "done".to_owned(),
        Next::Page(input) => input.to_string(),
        Next::RepeatedToken => "repeated".to_owned(),
    }
}

#[test]
fn the_next_request_carries_the_token() {
    for (operation, input, output, expected) in [
        (
            "ec2:DescribeVpcs",
            r#"{"MaxResults":5}"#,
            r#"{"next_token":"t"}"#,
            r#"{"MaxResults":5,"NextToken":"t"}"#,
        ),
        (
            "ec2:DescribeVpcs",
            r#"{"NextToken":"s"}"#,
            r#"{"next_token":"t"}"#,
            r#"{"NextToken":"t"}"#,
        ),
        ("ec2:DescribeVpcs", "null", r#"{"next_token":""}"#, "done"),
        ("ec2:DescribeVpcs", r#"{"NextToken":"s"}"#, "{}", "done"),
        (
            "ec2:DescribeVpcs",
            r#"{"NextToken":"t"}"#,
            r#"{"next_token":"t"}"#,
            "repeated",
        ),
        (
            "iam:ListUsers",
            "{}",
            r#"{"is_truncated":true,"marker":"m"}"#,
            r#"{"Marker":"m"}"#,
        ),
        (
            "iam:ListUsers",
            "{}",
            r#"{"is_truncated":false,"marker":"m"}"#,
            "done",
        ),
        ("iam:ListUsers", "{}", r#"{"is_truncated":true}"#, "repeated"),
        (
            "route53:ListResourceRecordSets",
            r#"{"HostedZoneId":"Z","StartRecordIdentifier":"old"}"#,
            r#"{"is_truncated":true,"next_record_name":"n","next_record_type":"A"}"#,
            r#"{"HostedZoneId":"Z","StartRecordName":"n","StartRecordType":"A"}"#,
        ),
        (
            "s3:ListObjects",
            r#"{"Bucket":"b"}"#,
            r#"{"is_truncated":true,"contents":[{"key":"1"},{"key":"2"}]}"#,
            r#"{"Bucket":"b","Marker":"2"}"#,
        ),
        (
            "cloudfront:ListDistributions",
            "{}",
            r#"{"distribution_list":{"is_truncated":true,"next_marker":"n"}}"#,
            r#"{"Marker":"n"}"#,
        ),
        ("sts:GetCallerIdentity", "{}", r#"{"next_token":"t"}"#, "done"),
    ] {
        assert_eq!(
            next(operation, input, output),
            expected,
            "{operation} {input} {output}"
        );
    }
}

#[test]
fn operations_with_tokens_and_no_paginator_of_botocore_are_paged_too() {
    let mut paged = 0;
    for service in Catalog::aws().services() {
        let model = Catalog::aws().service(service.name()).unwrap();
        for name in model.operation_names() {
            let operation = model.operation(name).unwrap();
            let has = |shape: Option<plumb_api::shape::ShapeRef>| {
                shape.is_some_and(|shape| {
                    ["NextToken", "nextToken"]
                        .iter()
                        .any(|token| shape.member(token).is_some())
                })
            };
            if has(operation.input()) && has(operation.output()) {
                assert!(operation.paginator().is_some(), "{operation:?}");
                paged += 1;
            }
        }
    }
    assert!(paged > 2_000, "{paged}");
}

#[test]
fn limits_and_results_are_told() {
    let operation = Catalog::aws()
        .service("ec2")
        .unwrap()
        .operation("DescribeInstances")
        .unwrap();
    let paginator = operation.paginator().unwrap();
    assert_eq!(paginator.limit_key().map(|key| key.as_str()), Some("MaxResults"));
    assert_eq!(paginator.result_keys(), ["Reservations"]);
}
