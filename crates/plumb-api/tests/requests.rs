//! Requests: addresses, peculiarities of services, and parameters that are refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use plumb_api::catalog::Catalog;
use plumb_api::request::{BuildError, build_request};
use plumb_api::wire::{Endpoint, Request};
use plumb_model::value::Value;

fn build_at(operation: &str, input: &str, change: fn(&mut Endpoint)) -> Result<Request, BuildError> {
    let (service, name) = operation.split_once(':').unwrap();
    let operation = Catalog::aws().service(service).unwrap().operation(name).unwrap();
    let mut endpoint = Catalog::aws().endpoint(service, "eu-central-1").unwrap();
    change(&mut endpoint);
    let input: Value = serde_json::from_str(input).unwrap();
    build_request(&operation, &input, &endpoint)
}

fn build(operation: &str, input: &str) -> Result<Request, BuildError> {
    build_at(operation, input, |_| {})
}

fn custom(endpoint: &mut Endpoint) {
    endpoint.scheme = "http".into();
    endpoint.host = "localhost:5000".to_owned();
    endpoint.base_path = "/base".to_owned();
    endpoint.custom = true;
}

#[test]
fn hosts_and_paths_are_where_aws_wants_them() {
    for (operation, input, host, path) in [
        ("s3:ListBuckets", "{}", "s3.eu-central-1.amazonaws.com", "/"),
        (
            "s3:GetBucketPolicy",
            r#"{"Bucket":"logs"}"#,
            "logs.s3.eu-central-1.amazonaws.com",
            "/",
        ),
        (
            "s3:GetBucketPolicy",
            r#"{"Bucket":"a.b.c"}"#,
            "s3.eu-central-1.amazonaws.com",
            "/a.b.c",
        ),
        (
            "s3:GetBucketPolicy",
            r#"{"Bucket":"Upper"}"#,
            "s3.eu-central-1.amazonaws.com",
            "/Upper",
        ),
        ("s3:GetBucketPolicy", r#"{"Bucket":"x/../y"}"#, "", ""),
        (
            "s3:GetBucketPolicy",
            r#"{"Bucket":"evil.example/x"}"#,
            "s3.eu-central-1.amazonaws.com",
            "/evil.example%2Fx",
        ),
        (
            "s3:GetBucketPolicy",
            r#"{"Bucket":"d--euc1-az1--x-s3"}"#,
            "s3express-control.eu-central-1.amazonaws.com",
            "/d--euc1-az1--x-s3",
        ),
        (
            "s3:ListDirectoryBuckets",
            "{}",
            "s3express-control.eu-central-1.amazonaws.com",
            "/",
        ),
        (
            "s3control:GetPublicAccessBlock",
            r#"{"AccountId":"123456789012"}"#,
            "123456789012.s3-control.eu-central-1.amazonaws.com",
            "/v20180820/configuration/publicAccessBlock",
        ),
        (
            "s3control:GetPublicAccessBlock",
            r#"{"AccountId":"evil.example/"}"#,
            "",
            "",
        ),
        ("s3control:GetPublicAccessBlock", r#"{"AccountId":"a.b"}"#, "", ""),
        (
            "route53:GetHostedZone",
            r#"{"Id":"/hostedzone/Z1"}"#,
            "route53.amazonaws.com",
            "/2013-04-01/hostedzone/Z1",
        ),
        (
            "glacier:ListVaults",
            r#"{"accountId":"-"}"#,
            "glacier.eu-central-1.amazonaws.com",
            "/-/vaults",
        ),
        (
            "lambda:GetPolicy",
            r#"{"FunctionName":"arn:aws:lambda:x"}"#,
            "lambda.eu-central-1.amazonaws.com",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax/policy",
        ),
        ("lambda:GetPolicy", r#"{"FunctionName":".."}"#, "", ""),
        ("lambda:GetPolicy", r#"{"FunctionName":""}"#, "", ""),
        (
            "arc-region-switch:ListPlans",
            "{}",
            "arc-region-switch-control-plane.us-east-1.api.aws",
            "/",
        ),
    ] {
        match build(operation, input) {
            Ok(request) => assert_eq!(
                (request.host.as_str(), request.path.as_str()),
                (host, path),
                "{operation} {input}"
            ),
            Err(error) => {
                assert!(
                    matches!(error, BuildError::NotInAddress { .. }),
                    "{operation} {input}: {error}"
                );
                assert_eq!(host, "", "{operation} {input}");
            }
        }
    }
}

#[test]
fn a_custom_endpoint_keeps_its_host() {
    for (operation, input, path) in [
        ("s3:GetBucketPolicy", r#"{"Bucket":"logs"}"#, "/base/logs"),
        ("s3:ListBuckets", "{}", "/base/"),
        ("s3:ListDirectoryBuckets", "{}", "/base/"),
        (
            "s3control:GetPublicAccessBlock",
            r#"{"AccountId":"123456789012"}"#,
            "/base/v20180820/configuration/publicAccessBlock",
        ),
        ("ec2:DescribeVpcs", "{}", "/base/"),
    ] {
        let request = build_at(operation, input, custom).unwrap();
        let found = (
            request.scheme.as_str(),
            request.host.as_str(),
            request.path.as_str(),
        );
        assert_eq!(found, ("http", "localhost:5000", path), "{operation}");
    }
}

#[test]
fn signing_is_the_services_own() {
    for (operation, input, name, region, s3) in [
        ("s3:ListBuckets", "{}", "s3", "eu-central-1", true),
        ("s3:ListDirectoryBuckets", "{}", "s3express", "eu-central-1", true),
        (
            "s3control:GetPublicAccessBlock",
            r#"{"AccountId":"1"}"#,
            "s3",
            "eu-central-1",
            true,
        ),
        (
            "s3tables:ListTableBuckets",
            "{}",
            "s3tables",
            "eu-central-1",
            false,
        ),
        ("iam:ListUsers", "{}", "iam", "us-east-1", false),
        (
            "elbv2:DescribeLoadBalancers",
            "{}",
            "elasticloadbalancing",
            "eu-central-1",
            false,
        ),
    ] {
        let signing = build(operation, input).unwrap().signing;
        let found = (
            signing.name.as_str(),
            signing.region.as_str(),
            signing.s3,
            signing.unsigned,
        );
        assert_eq!(found, (name, region, s3, false), "{operation}");
    }
}

#[test]
fn headers_that_no_model_tells_are_there() {
    for (operation, input, name, value) in [
        ("cloudwatch:DescribeAlarms", "{}", "x-amzn-query-mode", "true"),
        (
            "cloudwatch:DescribeAlarms",
            "{}",
            "x-amz-target",
            "GraniteServiceVersion20100801.DescribeAlarms",
        ),
        (
            "cloudwatch:DescribeAlarms",
            "{}",
            "content-type",
            "application/x-amz-json-1.0",
        ),
        ("apigateway:GetRestApis", "{}", "accept", "application/json"),
        (
            "glacier:ListVaults",
            r#"{"accountId":"-"}"#,
            "x-amz-glacier-version",
            "2012-06-01",
        ),
    ] {
        let request = build(operation, input).unwrap();
        assert!(
            request.headers.contains(&(name.to_owned(), value.to_owned())),
            "{operation}: {:?}",
            request.headers
        );
    }
}

#[test]
fn queries_without_a_value_are_kept() {
    let request = build("s3:GetBucketPolicy", r#"{"Bucket":"logs"}"#).unwrap();
    assert_eq!(request.query, [("policy".to_owned(), String::new())]);
}

#[test]
fn wrong_parameters_are_refused_with_their_place() {
    for (operation, input, message, help) in [
        (
            "s3:GetBucketPolicy",
            "{}",
            "the parameter `Bucket` is missing",
            None,
        ),
        (
            "s3:GetBucketPolicy",
            r#"{"Bucket":null}"#,
            "the parameter `Bucket` is missing",
            None,
        ),
        (
            "s3:GetBucketPolicy",
            r#"{"bucket":"a"}"#,
            "there is no parameter `bucket`",
            Some("did you mean `Bucket`?"),
        ),
        (
            "ec2:DescribeVpcs",
            r#"{"vpc_ids":[]}"#,
            "there is no parameter `vpc_ids`",
            Some("did you mean `VpcIds`?"),
        ),
        (
            "ec2:DescribeVpcs",
            r#"{"Zebra":1}"#,
            "there is no parameter `Zebra`",
            None,
        ),
        (
            "ec2:DescribeVpcs",
            r#"{"VpcIds":"v"}"#,
            "the parameter `VpcIds` is a list, not string",
            None,
        ),
        (
            "ec2:DescribeVpcs",
            r#"{"VpcIds":["a",1]}"#,
            "the parameter `VpcIds[1]` is text, not int",
            None,
        ),
        (
            "ec2:DescribeVpcs",
            r#"{"Filters":[{"Nmae":"x"}]}"#,
            "there is no parameter `Filters[0].Nmae`",
            Some("did you mean `Name`?"),
        ),
        (
            "ec2:DescribeVpcs",
            "[]",
            "the parameters are a map, not list",
            None,
        ),
        (
            "iam:ListUsers",
            r#"{"MaxItems":"9"}"#,
            "the parameter `MaxItems` is a whole number, not string",
            None,
        ),
        (
            "s3:GetBucketPolicy",
            r#"{"Bucket":"a","ExpectedBucketOwner":"1\r\nx: y"}"#,
            "the parameter `ExpectedBucketOwner` cannot stand in a header with this value",
            None,
        ),
    ] {
        let error = build(operation, input).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.help().as_deref()),
            (message, help),
            "{operation} {input}"
        );
    }
}
