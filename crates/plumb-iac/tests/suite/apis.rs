//! APIs that a definition in OpenAPI declares.

use plumb_iac::declared::Language;
use serde_json::{Value as Json, json};

use crate::support::{check, check_in};

/// A REST API with a definition, in both languages.
#[track_caller]
fn check_rest(definition: &Json, expected: &[&str]) {
    let policy = "apigateway-method-requires-authorization";
    check(
        policy,
        &json!({ "aws_api_gateway_rest_api.a": { "name": "a", "body": definition } }),
        expected,
    );
    let template = json!({ "AWS::ApiGateway::RestApi@A": { "Name": "a", "Body": definition } });
    check_in(Language::CloudFormation, policy, &template, expected);
}

/// An HTTP API with a definition, in both languages.
#[track_caller]
fn check_http(definition: &Json, expected: &[&str]) {
    let policy = "apigatewayv2-route-requires-authorization";
    check(
        policy,
        &json!({ "aws_apigatewayv2_api.a": { "name": "a", "protocol_type": "HTTP", "body": definition } }),
        expected,
    );
    let template =
        json!({ "AWS::ApiGatewayV2::Api@A": { "Name": "a", "ProtocolType": "HTTP", "Body": definition } });
    check_in(Language::CloudFormation, policy, &template, expected);
}

/// A method with what it says of authorization.
fn method(says: &Json) -> Json {
    let mut method = json!({ "x-amazon-apigateway-integration": { "type": "mock" } });
    let says = says.as_object().unwrap().clone();
    method.as_object_mut().unwrap().extend(says);
    method
}

#[test]
fn open_access_beside_a_scheme_is_not_authorization() {
    let auth = |type_: &str| method(&json!({ "x-amazon-apigateway-auth": { "type": type_ } }));
    let mut beside = auth("NONE");
    beside["security"] = json!([{ "own": [] }]);
    let paths = json!({ "/a": { "get": beside }, "/b": { "get": auth("NONE") }, "/c": { "get": auth("Aws_Iam") }, "/d": { "get": auth("aWS_IAM") } });
    check_rest(
        &json!({ "components": { "securitySchemes": { "own": { "x-amazon-apigateway-authorizer": { "type": "TOKEN" } } } }, "paths": paths }),
        &["not_applicable", "unknown", "fail", "pass", "unknown"],
    );
    check_http(
        &json!({ "components": { "securitySchemes": { "own": { "x-amazon-apigateway-authorizer": { "type": "jwt" } } } }, "paths": paths }),
        &["unknown", "fail", "pass", "unknown"],
    );
}

#[test]
fn authorizers_in_capitals_authorize() {
    let schemes = |type_: &str| json!({ "securitySchemes": { "own": { "x-amazon-apigateway-authorizer": { "type": type_ } } } });
    let paths = json!({ "/a": { "get": method(&json!({ "security": [{ "own": [] }] })) } });
    for type_ in ["TOKEN", "REQUEST", "COGNITO_USER_POOLS"] {
        check_rest(
            &json!({ "components": schemes(type_), "paths": paths }),
            &["not_applicable", "pass"],
        );
    }
    for type_ in ["JWT", "REQUEST"] {
        check_http(
            &json!({ "components": schemes(type_), "paths": paths }),
            &["pass"],
        );
    }
}

#[test]
fn preflight_requests_need_no_authorization() {
    let open = method(&json!({}));
    let own = method(&json!({ "security": [{ "own": [] }] }));
    check_rest(
        &json!({
            "securityDefinitions": { "own": { "x-amazon-apigateway-authorizer": { "type": "token" } } },
            "paths": { "/a": { "options": open }, "/b": { "options": open, "get": own }, "/c": { "options": open, "get": open } } }),
        &["not_applicable", "pass", "pass", "fail"],
    );
}

#[test]
fn the_policy_of_a_definition_protects_its_methods() {
    let paths = json!({ "/a": { "get": method(&json!({})) } });
    let own = json!({ "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "execute-api:Invoke", "Resource": "*" }] });
    let all = json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*" }] });
    check_rest(
        &json!({ "x-amazon-apigateway-policy": own, "paths": paths }),
        &["not_applicable", "pass"],
    );
    check_rest(
        &json!({ "x-amazon-apigateway-policy": all, "paths": paths }),
        &["not_applicable", "fail"],
    );
    // What stands beside the definition wins.
    check(
        "apigateway-method-requires-authorization",
        &json!({ "aws_api_gateway_rest_api.a": { "name": "a", "policy": all, "body": { "x-amazon-apigateway-policy": own, "paths": paths } } }),
        &["not_applicable", "fail"],
    );
}
