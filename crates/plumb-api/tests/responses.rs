//! Answers: what the oracle cannot generate, errors of every protocol, and hostile bytes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use plumb_api::catalog::Catalog;
use plumb_api::response::{ResponseError, decode_response};
use plumb_api::service_error::ServiceError;
use plumb_api::wire::Response;
use plumb_model::value::Value;

fn decode(
    operation: &str,
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Value, ResponseError> {
    let (service, name) = operation.split_once(':').unwrap();
    let operation = Catalog::aws().service(service).unwrap().operation(name).unwrap();
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    decode_response(
        &operation,
        &Response {
            status,
            headers,
            body: body.to_vec(),
        },
    )
}

fn check(operation: &str, body: &str, expected: &str) {
    let decoded = decode(operation, 200, &[], body.as_bytes());
    assert_eq!(
        decoded.map(|value| value.to_string()),
        Ok(expected.to_owned()),
        "{operation} {body}"
    );
}

fn error(operation: &str, status: u16, headers: &[(&str, &str)], body: &str) -> ServiceError {
    match decode(operation, status, headers, body.as_bytes()) {
        Err(ResponseError::Service(error)) => *error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn xml_answers_become_documents() {
    check(
        "s3:GetBucketLocation",
        "<LocationConstraint xmlns='x'>eu-west-1</LocationConstraint>",
        r#"{"location_constraint":"eu-west-1"}"#,
    );
    check("s3:GetBucketLocation", "<LocationConstraint xmlns='x'/>", "{}");
    check("s3:GetBucketVersioning", "<VersioningConfiguration/>", "{}");
    check(
        "s3:GetBucketVersioning",
        "<?xml version='1.0'?>\n<V><Status>Enabled</Status><New><a/></New></V>\n",
        r#"{"status":"Enabled"}"#,
    );
    check(
        "s3:GetBucketCors",
        "<C><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><MaxAgeSeconds/></CORSRule></C>",
        r#"{"cors_rules":[{"allowed_methods":["GET","PUT"]}]}"#,
    );
    check(
        "s3:GetBucketAcl",
        "<A><AccessControlList><Grant><Grantee xmlns:xsi='i' xsi:type='Group'><URI>u&amp;&#x41;</URI></Grantee></Grant></AccessControlList></A>",
        r#"{"grants":[{"grantee":{"type":"Group","uri":"u&A"}}]}"#,
    );
    check(
        "iam:ListUsers",
        "<ListUsersResponse><ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>",
        r#"{"is_truncated":false,"users":[]}"#,
    );
    check(
        "ec2:DescribeVpcs",
        "<R><requestId>r</requestId><vpcSet><item><vpcId>v</vpcId><isDefault>true</isDefault><tagSet/></item></vpcSet></R>",
        r#"{"vpcs":[{"is_default":true,"tags":[],"vpc_id":"v"}]}"#,
    );
    check(
        "s3:GetBucketPolicy",
        r#"{"Version":"x"}"#,
        r#"{"policy":"{\"Version\":\"x\"}"}"#,
    );
}

#[test]
fn json_answers_become_documents() {
    check("kms:ListKeys", "{}", "{}");
    check(
        "kms:ListKeys",
        r#"{"Keys":[{"KeyId":"k","Other":[{}]},{"KeyArn":null}],"Truncated":"false","__type":"x"}"#,
        r#"{"keys":[{"key_id":"k"},{}],"truncated":false}"#,
    );
    check(
        "kms:DescribeKey",
        r#"{"KeyMetadata":{"KeyId":"k","CreationDate":1.7092098455E9,"Enabled":true}}"#,
        r#"{"key_metadata":{"creation_date":"2024-02-29T12:30:45.500Z","enabled":true,"key_id":"k"}}"#,
    );
    check(
        "lambda:GetFunctionConfiguration",
        r#"{"Environment":{"Variables":{"$unreadable":"x","a":"b"}},"MemorySize":128.0}"#,
        r#"{"environment":{"variables":{"$$unreadable":"x","a":"b"}},"memory_size":128}"#,
    );
}

#[test]
fn an_odd_scalar_is_unreadable_and_the_rest_stands() {
    for (operation, body, path, neighbour) in [
        (
            "kms:DescribeKey",
            r#"{"KeyMetadata":{"KeyId":"k","Enabled":{"a":1}}}"#,
            "enabled",
            "key_id",
        ),
        (
            "kms:DescribeKey",
            r#"{"KeyMetadata":{"KeyId":"k","CreationDate":"soon"}}"#,
            "creation_date",
            "key_id",
        ),
        (
            "kms:DescribeKey",
            r#"{"KeyMetadata":{"KeyId":"k","MultiRegionConfiguration":[1]}}"#,
            "multi_region_configuration",
            "key_id",
        ),
    ] {
        let document = decode(operation, 200, &[], body.as_bytes()).unwrap();
        let metadata = document.get("key_metadata").unwrap();
        assert!(
            matches!(metadata.get(path), Some(Value::Unreadable(_))),
            "{metadata}"
        );
        assert_eq!(metadata.get(neighbour).and_then(Value::as_str), Some("k"));
    }
    let body = b"<R><vpcSet><item><vpcId>v</vpcId><isDefault>maybe</isDefault></item></vpcSet></R>";
    let document = decode("ec2:DescribeVpcs", 200, &[], body).unwrap();
    let vpc = &document.get("vpcs").and_then(Value::as_list).unwrap()[0];
    assert!(matches!(vpc.get("is_default"), Some(Value::Unreadable(_))));
}

#[test]
fn errors_of_all_protocols_have_code_and_message() {
    for (operation, status, headers, body, code, message) in [
        (
            "iam:ListUsers",
            403,
            &[][..],
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no &lt;b&gt;</Message></Error><RequestId>r</RequestId></ErrorResponse>",
            "AccessDenied",
            "no <b>",
        ),
        (
            "ec2:DescribeVpcs",
            403,
            &[],
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>",
            "UnauthorizedOperation",
            "m",
        ),
        (
            "s3:GetBucketPolicy",
            404,
            &[],
            "<Error><Code>NoSuchBucketPolicy</Code><Message>m</Message><BucketName>b</BucketName></Error>",
            "NoSuchBucketPolicy",
            "m",
        ),
        ("s3:HeadBucket", 403, &[], "", "403", ""),
        (
            "s3:GetBucketPolicy",
            503,
            &[],
            "<html><body>down</body></html>",
            "503",
            "",
        ),
        (
            "kms:ListKeys",
            400,
            &[],
            r#"{"__type":"com.amazon#AccessDeniedException","Message":"m"}"#,
            "AccessDeniedException",
            "m",
        ),
        (
            "lambda:ListFunctions",
            403,
            &[("x-amzn-errortype", "AccessDeniedException:http://x/")],
            r#"{"message":"m"}"#,
            "AccessDeniedException",
            "m",
        ),
        (
            "sqs:ListQueues",
            400,
            &[("x-amzn-query-error", "AWS.SimpleQueueService.X;Sender")],
            r#"{"__type":"a#Y"}"#,
            "AWS.SimpleQueueService.X",
            "",
        ),
        ("eventbridgev2:ListEventBuses", 400, &[], "\u{0}", "400", ""),
        ("kms:ListKeys", 500, &[], "not json", "500", ""),
    ] {
        let found = error(operation, status, headers, body);
        assert_eq!(
            (found.code.as_str(), found.message.as_str()),
            (code, message),
            "{operation}"
        );
        assert_eq!(found.status, status);
    }
    let found = error(
        "iam:ListUsers",
        429,
        &[("retry-after", "7"), ("x-amzn-requestid", "id")],
        "",
    );
    assert_eq!(
        (found.retry_after_seconds, found.request_id.as_deref()),
        (Some(7), Some("id"))
    );
    assert!(found.is_throttle());
}

#[test]
fn s3_errors_in_a_good_answer_are_errors() {
    let found = error(
        "s3:GetBucketVersioning",
        200,
        &[],
        "<Error><Code>InternalError</Code></Error>",
    );
    assert!(found.is_transient());
}

#[test]
fn s3_tells_the_region_of_a_bucket_and_nothing_else() {
    for (headers, body, expected) in [
        (&[("x-amz-bucket-region", "eu-west-1")][..], "", Some("eu-west-1")),
        (
            &[],
            "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-2</Region></Error>",
            Some("eu-west-2"),
        ),
        (
            &[],
            "<Error><Code>PermanentRedirect</Code><Endpoint>b.s3-eu-west-3.amazonaws.com</Endpoint></Error>",
            Some("eu-west-3"),
        ),
        (
            &[],
            "<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.us-west-2.amazonaws.com</Endpoint></Error>",
            Some("us-west-2"),
        ),
        (&[("x-amz-bucket-region", "evil.example/")], "", None),
        (&[], "<Error><Endpoint>evil.example</Endpoint></Error>", None),
    ] {
        let found = error("s3:GetBucketPolicy", 301, headers, body);
        assert_eq!(found.region_hint.as_deref(), expected, "{headers:?} {body}");
    }
}

#[test]
fn what_is_not_an_answer_is_malformed() {
    let deep_json = format!("{}{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    for (operation, body) in [
        ("iam:ListUsers", ""),
        ("iam:ListUsers", "<ListUsersResponse/>"),
        ("iam:ListUsers", "<a><b></a></b>"),
        ("iam:ListUsers", "<a/><a/>"),
        ("iam:ListUsers", "text"),
        ("ec2:DescribeVpcs", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"),
        (
            "ec2:DescribeVpcs",
            "<R><vpcSet><item><vpcId>&x;</vpcId></item></vpcSet></R>",
        ),
        ("ec2:DescribeVpcs", "<R><vpcSet><item>"),
        ("s3:GetBucketVersioning", ""),
        ("kms:ListKeys", ""),
        ("kms:ListKeys", "[]"),
        ("kms:ListKeys", "{} {}"),
        ("kms:ListKeys", r#"{"Keys":[{"#),
        ("kms:ListKeys", deep_json.as_str()),
        ("eventbridgev2:ListEventBuses", "\u{1}"),
    ] {
        let decoded = decode(operation, 200, &[], body.as_bytes());
        assert!(
            matches!(decoded, Err(ResponseError::Malformed { .. })),
            "{operation} {body}: {decoded:?}"
        );
    }
    let decoded = decode("s3:GetBucketPolicy", 200, &[], b"\xff\xfe");
    assert!(matches!(decoded, Err(ResponseError::Malformed { .. })));
}

#[test]
fn recursive_xml_has_a_limit() {
    let body = "<LoggingEnabled>".repeat(100_000);
    assert!(matches!(
        decode("s3:GetBucketLogging", 200, &[], body.as_bytes()),
        Err(ResponseError::Malformed { .. })
    ));
}

/// Every prefix and many corruptions of good bodies decode to something or fail, but never panic.
#[test]
fn garbled_bodies_do_no_harm() {
    let bodies: [(&str, Vec<u8>); 4] = [
        ("ec2:DescribeVpcs", b"<R><vpcSet><item><vpcId>v&amp;</vpcId><tagSet><item><key>k</key></item></tagSet></item></vpcSet></R>".to_vec()),
        ("kms:DescribeKey", br#"{"KeyMetadata":{"KeyId":"\u00e9","CreationDate":1.5e9,"EncryptionAlgorithms":["A"]}}"#.to_vec()),
        ("s3:GetBucketAcl", b"<A><Owner><ID>i</ID></Owner><AccessControlList><Grant><Grantee x:type='G'/></Grant></AccessControlList></A>".to_vec()),
        ("eventbridgev2:ListEventBuses", b"\xbf\x61a\x9f\x01\x20\xf9\x3c\x00\xff\x61b\xc1\xfb\x00\x00\x00\x00\x00\x00\x00\x00\x7f\x61x\xff".to_vec()),
    ];
    for (operation, body) in bodies {
        for end in 0..body.len() {
            let _ = decode(operation, 200, &[], &body[..end]);
            let _ = decode(operation, 400, &[], &body[..end]);
            for byte in [0, b'<', b'"', 0x5f, 0x7f, 0x80, 0x9f, 0xbf, 0xff] {
                let mut garbled = body.clone();
                garbled[end] = byte;
                let _ = decode(operation, 200, &[], &garbled);
                let _ = decode(operation, 400, &[], &garbled);
            }
        }
    }
}
