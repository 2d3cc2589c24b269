//! Any bytes as an answer: every protocol decodes them, or says that it cannot, and paging ends.
//!
//! The first byte picks the service, the second the operation, the third status and headers; the rest is the body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_api::catalog::Catalog;
use plumb_api::paginate::{Next, next_input};
use plumb_api::response::{ResponseError, decode_response};
use plumb_api::wire::Response;
use plumb_model::value::{Map, Value};

/// Services of every protocol, those with odd answers first: query, ec2, rest-xml, rest-json, json, CBOR.
const SERVICES: [&str; 16] = [
    "iam",
    "ec2",
    "s3",
    "s3control",
    "lambda",
    "kms",
    "rds",
    "cloudwatch",
    "sts",
    "elbv2",
    "cloudtrail",
    "route53",
    "cloudfront",
    "apigateway",
    "dynamodb",
    "arc-region-switch",
];

fuzz_target!(|input: &[u8]| {
    let [service, operation, outside, body @ ..] = input else {
        return;
    };
    let Some(name) = SERVICES.get(usize::from(*service) % SERVICES.len()) else {
        return;
    };
    let Some(model) = Catalog::aws().service(name) else {
        return;
    };
    let count = model.operation_names().len();
    let name = model
        .operation_names()
        .nth(usize::from(*operation) % count.max(1))
        .map(str::to_owned);
    let Some(operation) = name.and_then(|name| model.operation(&name)) else {
        return;
    };
    let status = [200, 204, 301, 400, 403, 404, 500, 503]
        .get(usize::from(outside & 7))
        .copied()
        .unwrap_or(200);
    let headers = if outside & 8 == 0 {
        Vec::new()
    } else {
        let value = String::from_utf8_lossy(body.get(..16).unwrap_or(body)).into_owned();
        [
            "x-amzn-errortype",
            "last-modified",
            "content-length",
            "x-amz-bucket-region",
            "x-amzn-query-error",
        ]
        .map(|header| (header.to_owned(), value.clone()))
        .to_vec()
    };
    let response = Response {
        status,
        headers,
        body: body.to_vec(),
    };
    match decode_response(&operation, &response) {
        Ok(output) => {
            let json = output.to_string();
            let _ = serde_json::from_str::<Value>(&json).expect("a document is JSON that can be read again");
            if let Next::Page(input) = next_input(&operation, &Value::Map(Map::new()), &output) {
                let after = next_input(&operation, &input, &output);
                assert!(
                    !matches!(after, Next::Page(_)),
                    "the same answer again asks for {after:?}"
                );
            }
        }
        Err(ResponseError::Service(error)) => {
            let _ = (
                error.is_throttle(),
                error.is_denied(),
                error.is_not_supported(),
                error.is_transient(),
            );
        }
        Err(ResponseError::Malformed { reason }) => assert!(!reason.is_empty()),
    }
});
