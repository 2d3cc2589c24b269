//! Policies before openings: from where, by whom and how surely they let callers in.

use plumb_graph::reachability;
use plumb_model::answer::SourceKind;
use plumb_model::path::EdgeKind;
use serde_json::{Value, json};

use crate::world::{FOREIGN, OTHER, OWN, REGION, World, denied, document, edges, iam};

const OFFICE: &str = "203.0.113.0/24";

/// A statement for everybody.
fn everybody(effect: &str, action: &str, condition: Value) -> Value {
    json!({ "Effect": effect, "Principal": "*", "Action": action, "Resource": "*", "Condition": condition })
}

fn from(operator: &str, addresses: &str) -> Value {
    json!({ operator: { "aws:SourceIp": addresses } })
}

/// The exposure of something, and how surely each entry reaches or reads it: `wide: internet certain`.
fn told(world: &World, uid: &str, kind: EdgeKind) -> String {
    let assembled = world.assemble();
    let node = assembled.graph.by_uid(uid).unwrap();
    let level = assembled.graph.node(node).unwrap().exposure.name();
    let mut entries: Vec<String> = [
        "internet".to_owned(),
        format!("account:{FOREIGN}"),
        format!("account:{OTHER}"),
    ]
    .iter()
    .flat_map(|entry| {
        let found = edges(&assembled.graph, entry, uid);
        let of_kind = found.into_iter().filter(|edge| edge.step.kind == kind);
        of_kind
            .map(|edge| format!("{entry} {}", edge.step.certainty.name()))
            .collect::<Vec<_>>()
    })
    .collect();
    entries.dedup();
    format!("{level}: {}", entries.join(", "))
}

fn api() -> String {
    format!("arn:aws:apigateway:{REGION}::/restapis/a1")
}

fn method(authorization: &str) -> Value {
    json!({ "authorization_type": authorization, "api_key_required": false, "method_integration": { "type": "AWS_PROXY" } })
}

/// A REST API with one path.
fn rest_api(methods: Value, policy: Value) -> World {
    let mut world = World::default();
    let types = json!(["REGIONAL"]);
    world.put(
        "aws_api_gateway_rest_api",
        &api(),
        json!({ "id": "a1", "policy": policy, "endpoint_configuration": { "types": types }, "authorizers": [] }),
    );
    world.put(
        "aws_api_gateway_resource",
        &format!("{}/resources/r1", api()),
        json!({ "id": "r1", "rest_api_id": "a1", "resource_methods": methods, "endpoint_types": types, "api_policy": policy }),
    );
    world
}

#[test]
fn a_rest_api_is_open_to_whom_its_policy_and_methods_let_in() {
    const CALL: &str = "execute-api:Invoke";
    let allow = |condition: Value| everybody("Allow", CALL, condition);
    let deny = |condition: Value| everybody("Deny", CALL, condition);
    let all = || allow(json!({}));
    let open = || method("NONE");
    let mut keyed = open();
    keyed["api_key_required"] = json!(true);
    let mut mock = open();
    mock["method_integration"]["type"] = json!("MOCK");
    for (method, policy, expected) in [
        (open(), Value::Null, "wide: internet certain"),
        (open(), denied(), "unknown: internet possible"),
        (open(), document(json!([])), "none: "),
        (open(), document(json!([all()])), "wide: internet certain"),
        (
            open(),
            document(json!([allow(from("IpAddress", OFFICE))])),
            "narrow: internet certain",
        ),
        (
            open(),
            document(json!([all(), deny(from("NotIpAddress", OFFICE))])),
            "narrow: internet certain",
        ),
        (
            open(),
            document(json!([all(), deny(from("IpAddress", OFFICE))])),
            "wide: internet certain",
        ),
        (
            open(),
            document(json!([allow(from("NotIpAddress", OFFICE))])),
            "wide: internet certain",
        ),
        (
            open(),
            document(json!([allow(from("IpAddress", "10.0.0.0/8"))])),
            "none: ",
        ),
        (open(), document(json!([all(), deny(json!({}))])), "none: "),
        (
            open(),
            document(json!([
                all(),
                deny(json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } }))
            ])),
            "none: ",
        ),
        (
            open(),
            document(json!([allow(
                json!({ "StringEquals": { "aws:SourceVpc": "vpc-1" } })
            )])),
            "none: ",
        ),
        (
            open(),
            document(
                json!([{ "Effect": "Allow", "Principal": { "AWS": OWN }, "Action": CALL, "Resource": "*" }]),
            ),
            "none: ",
        ),
        (
            open(),
            document(
                json!([{ "Effect": "Allow", "Principal": "*", "Action": CALL, "Resource": "execute-api:/prod/GET/*" }]),
            ),
            "wide: internet certain",
        ),
        (open(), document(json!([denied()])), "unknown: internet possible"),
        (keyed, Value::Null, "wide: internet conditional"),
        (mock, Value::Null, "none: "),
        (method("AWS_IAM"), Value::Null, "none: "),
        (
            method("AWS_IAM"),
            document(json!([all()])),
            "wide: internet certain",
        ),
        (
            method("AWS_IAM"),
            document(json!([allow(from("IpAddress", OFFICE))])),
            "narrow: internet certain",
        ),
        (
            method("AWS_IAM"),
            document(
                json!([{ "Effect": "Allow", "Principal": { "AWS": FOREIGN }, "Action": CALL, "Resource": "*" }]),
            ),
            "accounts: account:777788889999 certain",
        ),
        // A function that authorizes may let in whom the policy does not deny.
        (method("CUSTOM"), Value::Null, "wide: internet conditional"),
        (
            method("CUSTOM"),
            document(json!([])),
            "wide: internet conditional",
        ),
        (
            method("CUSTOM"),
            document(json!([deny(from("NotIpAddress", OFFICE))])),
            "narrow: internet conditional",
        ),
        (method("CUSTOM"), document(json!([deny(json!({}))])), "none: "),
        (method("COGNITO_USER_POOLS"), document(json!([])), "none: "),
        (
            method("COGNITO_USER_POOLS"),
            document(json!([allow(from("IpAddress", OFFICE))])),
            "narrow: internet conditional",
        ),
    ] {
        let world = rest_api(json!({ "GET": method }), policy.clone());
        assert_eq!(
            told(&world, &api(), EdgeKind::Reaches),
            expected,
            "{method} {policy}"
        );
    }
    assert_eq!(
        told(&rest_api(denied(), Value::Null), &api(), EdgeKind::Reaches),
        "unknown: internet possible"
    );
}

#[test]
fn one_open_method_is_enough_and_surer_ways_say_all() {
    for methods in [
        json!({ "DELETE": method("AWS_IAM"), "GET": method("NONE"), "POST": method("CUSTOM") }),
        json!({ "DELETE": method("CUSTOM"), "GET": method("AWS_IAM"), "POST": method("NONE") }),
    ] {
        let world = rest_api(methods, Value::Null);
        assert_eq!(told(&world, &api(), EdgeKind::Reaches), "wide: internet certain");
    }
}

#[test]
fn ranges_of_an_opening_are_told() {
    let policy = document(json!([everybody(
        "Allow",
        "execute-api:Invoke",
        from("IpAddress", OFFICE)
    )]));
    let assembled = rest_api(json!({ "GET": method("NONE") }), policy).assemble();
    let answer = reachability::of(&assembled, assembled.graph.by_uid(&api()).unwrap());
    let way = answer
        .ways
        .iter()
        .find(|way| way.kind == EdgeKind::Reaches)
        .unwrap();
    assert_eq!((way.from.as_str(), way.source), (OFFICE, SourceKind::Ranges));
    assert_eq!(way.how.as_deref(), Some("its endpoint answers the internet"));
    assert!(
        way.proofs
            .iter()
            .any(|proof| proof.attribute.contains("statement 0")),
        "{way:?}"
    );
}

#[test]
fn routes_of_an_http_api_ask_for_what_they_say() {
    for (protocol, key, authorization, expected) in [
        ("HTTP", "GET /", "NONE", "wide: internet certain"),
        ("HTTP", "GET /", "JWT", "wide: internet conditional"),
        ("HTTP", "GET /", "CUSTOM", "wide: internet conditional"),
        ("HTTP", "GET /", "AWS_IAM", "none: "),
        ("WEBSOCKET", "$connect", "NONE", "wide: internet certain"),
        ("WEBSOCKET", "$connect", "AWS_IAM", "none: "),
        ("WEBSOCKET", "send", "NONE", "wide: internet conditional"),
    ] {
        let mut world = World::default();
        let api = format!("arn:aws:apigateway:{REGION}::/apis/h1");
        world.put(
            "aws_apigatewayv2_api",
            &api,
            json!({ "api_id": "h1", "protocol_type": protocol, "authorizers": [] }),
        );
        world.put(
            "aws_apigatewayv2_route",
            &format!("{api}/routes/r1"),
            json!({
                "api_id": "h1", "route_key": key, "authorization_type": authorization, "api_key_required": false,
                "protocol_type": protocol, "integration_id": null,
            }),
        );
        assert_eq!(
            told(&world, &api, EdgeKind::Reaches),
            expected,
            "{protocol} {key} {authorization}"
        );
    }
}

#[test]
fn a_search_domain_is_open_to_whom_its_policy_lets_in() {
    let domain = format!("arn:aws:es:{REGION}:{OWN}:domain/search");
    let named = |principal: &str| json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "es:ESHttp*", "Resource": format!("{domain}/*") });
    let allow = |condition: Value| everybody("Allow", "es:*", condition);
    let users = |anonymous: bool| json!({ "enabled": true, "anonymous_auth_enabled": anonymous });
    for (policy, security, expected) in [
        (Value::Null, Value::Null, "none: "),
        (denied(), Value::Null, "unknown: internet possible"),
        (
            document(json!([allow(json!({}))])),
            Value::Null,
            "wide: internet certain",
        ),
        (
            document(json!([allow(from("IpAddress", OFFICE))])),
            Value::Null,
            "narrow: internet conditional",
        ),
        (document(json!([named(&iam("user/ann"))])), Value::Null, "none: "),
        (
            document(json!([named(FOREIGN)])),
            Value::Null,
            "accounts: account:777788889999 certain",
        ),
        (
            document(json!([named(FOREIGN), allow(from("IpAddress", OFFICE))])),
            Value::Null,
            "narrow: internet conditional, account:777788889999 certain",
        ),
        (
            document(json!([allow(json!({}))])),
            users(false),
            "wide: internet conditional",
        ),
        (
            document(json!([allow(json!({}))])),
            users(true),
            "wide: internet certain",
        ),
    ] {
        let mut world = World::default();
        world.put(
            "aws_opensearch_domain",
            &domain,
            json!({ "domain_name": "search", "vpc_options": null, "policy": policy, "advanced_security_options": security }),
        );
        assert_eq!(
            told(&world, &domain, EdgeKind::CanRead),
            expected,
            "{policy} {security}"
        );
    }
}

#[test]
fn a_function_is_open_to_those_who_may_invoke_it_and_its_url_to_those_who_may_do_both() {
    const URL: &str = "lambda:InvokeFunctionUrl";
    const CALL: &str = "lambda:InvokeFunction";
    let of_url = || json!({ "StringEquals": { "lambda:FunctionUrlAuthType": "NONE" } });
    let via_url = || json!({ "Bool": { "lambda:InvokedViaFunctionUrl": "true" } });
    let named = |principal: Value| json!({ "Effect": "Allow", "Principal": principal, "Action": CALL, "Resource": "*" });
    let old = Some("2025-09-30T00:00:00Z");
    let new = Some("2025-12-01T00:00:00Z");
    for (made, statements, expected) in [
        (
            new,
            json!([
                everybody("Allow", URL, of_url()),
                everybody("Allow", CALL, via_url())
            ]),
            "wide: internet certain",
        ),
        (
            new,
            json!([everybody("Allow", URL, of_url())]),
            "wide: internet conditional",
        ),
        (
            None,
            json!([everybody("Allow", URL, of_url())]),
            "wide: internet conditional",
        ),
        (
            old,
            json!([everybody("Allow", URL, of_url())]),
            "wide: internet certain",
        ),
        (old, json!([everybody("Allow", CALL, via_url())]), "none: "),
        (
            old,
            json!([everybody(
                "Allow",
                URL,
                json!({ "StringEquals": { "lambda:FunctionUrlAuthType": "AWS_IAM" } })
            )]),
            "none: ",
        ),
        (
            old,
            json!([everybody("Allow", URL, from("IpAddress", OFFICE))]),
            "narrow: internet certain",
        ),
        (
            old,
            json!([
                everybody("Allow", URL, of_url()),
                everybody("Deny", "lambda:*", json!({}))
            ]),
            "none: ",
        ),
        (old, json!([]), "none: "),
        (
            None,
            json!([named(json!({ "AWS": FOREIGN }))]),
            "accounts: account:777788889999 certain",
        ),
        (
            None,
            json!([named(
                json!({ "AWS": format!("arn:aws:iam::{FOREIGN}:role/app") })
            )]),
            "accounts: account:777788889999 conditional",
        ),
        (None, json!([named(json!({ "AWS": OWN }))]), "none: "),
        (
            None,
            json!([named(json!({ "Service": "s3.amazonaws.com" }))]),
            "none: ",
        ),
        (None, json!([named(json!("*"))]), "wide: internet certain"),
    ] {
        let mut world = World::default();
        let function = format!("arn:aws:lambda:{REGION}:{OWN}:function:hook");
        world.put("aws_lambda_function", &function, json!({
            "function_name": "hook", "function_arn": function, "role": null, "environment": null, "vpc_config": null,
            "url_configs": [{ "auth_type": "NONE", "function_arn": function, "creation_time": made }],
            "policy": document(statements.clone()),
        }));
        assert_eq!(
            told(&world, &function, EdgeKind::Reaches),
            expected,
            "{made:?} {statements}"
        );
    }
}

#[test]
fn methods_that_could_not_be_listed_leave_an_api_possibly_open() {
    let mut world = rest_api(json!({ "GET": method("AWS_IAM") }), Value::Null);
    assert_eq!(told(&world, &api(), EdgeKind::Reaches), "none: ");
    world.cannot_list(OWN, "aws_api_gateway_resource");
    assert_eq!(
        told(&world, &api(), EdgeKind::Reaches),
        "unknown: internet possible"
    );
    world.change(&api(), "endpoint_configuration", json!({ "types": ["PRIVATE"] }));
    assert_eq!(told(&world, &api(), EdgeKind::Reaches), "none: ");
}
