//! What the internet reaches through distributions and APIs, and what their targets must let in.

use plumb_graph::reachability;
use plumb_model::path::{Certainty, Cut, EdgeKind};
use plumb_model::risk::ExposureLevel;
use serde_json::{Value, json};

use crate::permission::certainty;
use crate::world::network::{Way, tcp};
use crate::world::paths::{find, none, stories};
use crate::world::{OTHER, OWN, REGION, World, allow, denied, document, iam, inline, trust};

const DISTRIBUTION: &str = "arn:aws:cloudfront::111111111111:distribution/E1";
const FUNCTION: &str = "function:hook";

fn quiet() -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world
}

fn distribution(world: &mut World, origin: Value) {
    world.put(
        "aws_cloudfront_distribution",
        DISTRIBUTION,
        json!({
            "arn": DISTRIBUTION, "id": "E1", "enabled": true, "origins": { "items": [origin] },
            "default_cache_behavior": { "trusted_signers": { "enabled": false } }, "cache_behaviors": { "quantity": 0 },
        }),
    );
}

/// A bucket with card data whose policy has these statements, behind a distribution with this origin.
fn bucket(origin: Value, statements: Value) -> World {
    let mut world = quiet();
    let block = json!({ "restrict_public_buckets": true, "block_public_policy": true });
    world.bucket("cards", json!({
        "policy": document(statements), "public_access_block": block, "tags": { "DataClassification": "restricted" },
    }));
    distribution(&mut world, origin);
    world
}

fn lets_in(principal: Value, condition: Value) -> Value {
    let mut statement = json!({
        "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
    });
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    json!([statement])
}

fn signed() -> Value {
    json!({ "domain_name": "cards.s3.eu-central-1.amazonaws.com", "origin_access_control_id": "OAC1" })
}

fn cloudfront() -> Value {
    json!({ "Service": "cloudfront.amazonaws.com" })
}

const TO_CARDS: &str = "internet -reaches-> E1 -can_read-> cards";

#[test]
fn a_distribution_reads_the_bucket_that_lets_it_in() {
    let own = json!({ "StringEquals": { "aws:SourceArn": DISTRIBUTION } });
    let report = bucket(signed(), lets_in(cloudfront(), own.clone())).report();
    let path = find(&report, TO_CARDS);
    // That it is reached from the internet is what a distribution is for.
    let is_reached = |cut: &Cut| cut.proof.detail == "it is a distribution to the internet";
    let (last, others) = path.cuts.split_last().unwrap();
    assert!(is_reached(last) && !others.is_empty() && !others.iter().any(is_reached));
    let evidence: Vec<String> = path.hops[1]
        .proofs
        .iter()
        .map(|proof| format!("{} {}", proof.resource, proof.attribute))
        .collect();
    assert_eq!(
        evidence,
        [
            format!("{DISTRIBUTION} origins.items[0].domain_name"),
            "arn:aws:s3:::cards policy statement 0".to_owned(),
        ]
    );
    find(
        &bucket(signed(), lets_in(cloudfront(), Value::Null)).report(),
        TO_CARDS,
    );
    let account = json!({ "StringEquals": { "aws:SourceAccount": OWN } });
    find(
        &bucket(signed(), lets_in(cloudfront(), account)).report(),
        TO_CARDS,
    );
    let mut part = lets_in(cloudfront(), own.clone());
    part[0]["Resource"] = json!("arn:aws:s3:::cards/assets/*");
    find(&bucket(signed(), part).report(), TO_CARDS);
    // Another distribution, another account, another service, an origin that does not sign, another bucket.
    let other =
        json!({ "StringEquals": { "aws:SourceArn": "arn:aws:cloudfront::111111111111:distribution/E2" } });
    none(&bucket(signed(), lets_in(cloudfront(), other)).report());
    let foreign = json!({ "StringEquals": { "aws:SourceAccount": OTHER } });
    none(&bucket(signed(), lets_in(cloudfront(), foreign)).report());
    let service = json!({ "Service": "delivery.logs.amazonaws.com" });
    none(&bucket(signed(), lets_in(service, Value::Null)).report());
    let plain =
        json!({ "domain_name": "cards.s3.eu-central-1.amazonaws.com", "origin_access_control_id": "" });
    none(&bucket(plain, lets_in(cloudfront(), own.clone())).report());
    let elsewhere =
        json!({ "domain_name": "logs.s3.eu-central-1.amazonaws.com", "origin_access_control_id": "OAC1" });
    none(&bucket(elsewhere, lets_in(cloudfront(), own)).report());
}

#[test]
fn an_origin_access_control_that_never_signs_asks_as_anybody() {
    let everybody = lets_in(json!("*"), Value::Null);
    let for_distributions = lets_in(cloudfront(), Value::Null);
    for (behaviour, statements, is_open) in [
        ("always", &for_distributions, true),
        ("no-override", &for_distributions, true),
        ("never", &for_distributions, false),
        ("never", &everybody, true),
    ] {
        let mut world = bucket(signed(), statements.clone());
        world.change("arn:aws:s3:::cards", "public_access_block", Value::Null);
        // Others decide nothing, before and behind it.
        for (id, behaviour) in [("OAC0", "never"), ("OAC1", behaviour), ("OAC2", "always")] {
            let uid = format!("arn:aws:cloudfront::{OWN}:origin-access-control/{id}");
            world.put(
                "aws_cloudfront_origin_access_control",
                &uid,
                json!({ "id": id, "signing_behavior": behaviour }),
            );
        }
        let found = certainty(&world, DISTRIBUTION, EdgeKind::CanRead, "arn:aws:s3:::cards");
        assert_eq!(
            found,
            is_open.then_some(Certainty::Certain),
            "{behaviour} {statements}"
        );
    }
}

#[test]
fn whether_requests_are_signed_and_was_not_read_leaves_the_way_possible() {
    let mut world = bucket(signed(), lets_in(cloudfront(), Value::Null));
    let uid = format!("arn:aws:cloudfront::{OWN}:origin-access-control/OAC1");
    world.put(
        "aws_cloudfront_origin_access_control",
        &uid,
        json!({ "id": "OAC1", "signing_behavior": denied() }),
    );
    find(&world.report(), &format!("{TO_CARDS} (possible)"));
}

#[test]
fn a_distribution_that_is_off_or_guarded_is_no_plain_way() {
    let mut world = bucket(signed(), lets_in(cloudfront(), Value::Null));
    world.change(DISTRIBUTION, "enabled", json!(false));
    none(&world.report());
    let guarded = json!({ "trusted_key_groups": { "enabled": true } });
    let mut world = bucket(signed(), lets_in(cloudfront(), Value::Null));
    world.change(DISTRIBUTION, "default_cache_behavior", guarded.clone());
    let report = world.report();
    let path = find(&report, &format!("{TO_CARDS} (conditional)"));
    assert_eq!(
        path.hops[1].conditions,
        ["the request has a signed URL or cookie"]
    );
    // One behaviour without a guard is enough, in either order.
    for behaviours in [json!([{}, guarded.clone()]), json!([guarded.clone(), {}])] {
        world.change(DISTRIBUTION, "cache_behaviors", json!({ "items": behaviours }));
        find(&world.report(), TO_CARDS);
    }
    world.change(DISTRIBUTION, "cache_behaviors", json!({ "items": [guarded] }));
    find(&world.report(), &format!("{TO_CARDS} (conditional)"));
}

#[test]
fn an_origin_access_identity_is_let_in_by_name() {
    let origin = json!({
        "domain_name": "cards.s3.amazonaws.com",
        "s3_origin_config": { "origin_access_identity": "origin-access-identity/cloudfront/EOAI" },
    });
    let identity = |id: &str| json!({ "AWS": format!("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {id}") });
    find(
        &bucket(origin.clone(), lets_in(identity("EOAI"), Value::Null)).report(),
        TO_CARDS,
    );
    none(&bucket(origin.clone(), lets_in(identity("EELSE"), Value::Null)).report());
    none(&bucket(origin, lets_in(cloudfront(), Value::Null)).report());
}

#[test]
fn a_distribution_comes_by_no_endpoint_of_a_network_and_no_access_point() {
    let unless = |condition: Value| {
        let mut statements = lets_in(cloudfront(), Value::Null);
        statements.as_array_mut().unwrap().push(json!({
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition,
        }));
        bucket(signed(), statements).report()
    };
    let endpoint = json!({ "aws:SourceVpce": "vpce-1" });
    none(&unless(json!({ "StringNotEquals": endpoint })));
    find(&unless(json!({ "StringEquals": endpoint })), TO_CARDS);
    let door = json!({ "s3:DataAccessPointAccount": OWN });
    none(&unless(json!({ "StringNotEquals": door })));
    // Its addresses are not told.
    let elsewhere = json!({ "NotIpAddress": { "aws:SourceIp": "198.51.100.0/24" } });
    find(&unless(elsewhere), &format!("{TO_CARDS} (conditional)"));
}

#[test]
fn an_origin_access_identity_is_let_in_by_its_canonical_user() {
    let estate = |canonical: &str| {
        let origin = json!({
            "domain_name": "cards.s3.amazonaws.com",
            "s3_origin_config": { "origin_access_identity": "origin-access-identity/cloudfront/EOAI" },
        });
        let mut world = bucket(
            origin,
            lets_in(json!({ "CanonicalUser": canonical }), Value::Null),
        );
        for (id, canonical) in [("EOAI", "c0ffee"), ("EELSE", "decade")] {
            let uid = format!("arn:aws:cloudfront::{OWN}:origin-access-identity/{id}");
            world.put(
                "aws_cloudfront_origin_access_identity",
                &uid,
                json!({ "id": id, "s3_canonical_user_id": canonical }),
            );
        }
        world.report()
    };
    // Neither identity is an account of strangers.
    assert_eq!(stories(&estate("c0ffee")), [TO_CARDS]);
    none(&estate("decade"));
    // Whose that one is cannot be told; it stands by its identifier.
    let unknown = estate("facade");
    find(&unknown, "account:facade -can_read-> cards");
    assert_eq!(unknown.paths.len(), 1);
}

#[test]
fn the_key_of_a_bucket_must_let_the_distribution_in_too() {
    let estate = |principal: Value| {
        let mut world = bucket(signed(), lets_in(cloudfront(), Value::Null));
        let key = format!("arn:aws:kms:{REGION}:{OWN}:key/k-1");
        let statement =
            json!({ "Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*" });
        world.put("aws_kms_key", &key, json!({
            "key_id": "k-1", "policy": document(json!([statement])), "grants": [], "enabled": true, "key_state": "Enabled",
            "key_manager": "CUSTOMER",
        }));
        let by_default = json!({ "sse_algorithm": "aws:kms", "kms_master_key_id": key });
        let rules = json!({ "rules": [{ "apply_server_side_encryption_by_default": by_default }] });
        world.change("arn:aws:s3:::cards", "encryption", rules);
        world
    };
    find(&estate(cloudfront()).report(), TO_CARDS);
    let report = estate(json!({ "AWS": iam("root") })).report();
    assert!(
        stories(&report).iter().all(|story| !story.contains("E1")),
        "{:?}",
        stories(&report)
    );
}

#[test]
fn what_a_front_reaches_is_exposed_as_the_front_is() {
    let world = bucket(signed(), lets_in(cloudfront(), Value::Null));
    let assembled = world.assemble();
    let node = assembled.graph.by_uid("arn:aws:s3:::cards").unwrap();
    let answer = reachability::of(&assembled, node);
    assert_eq!(answer.level, ExposureLevel::Wide);
    let [way] = answer.ways.as_slice() else {
        panic!("{:#?}", answer.ways)
    };
    assert!(way.from.contains("CloudFront distribution E1"), "{}", way.from);
    assert_eq!((way.kind, way.proofs.len()), (EdgeKind::CanRead, 2));
    let listed = reachability::list(&assembled);
    let listed = listed
        .iter()
        .find(|one| one.resource.uid == "arn:aws:s3:::cards")
        .unwrap();
    assert_eq!(listed.open, ["through CloudFront distribution E1"]);
    assert_eq!(listed.certainty, Some(Certainty::Certain));
}

fn function_uid() -> String {
    format!("arn:aws:lambda:{REGION}:{OWN}:{FUNCTION}")
}

/// A function whose role reads a table, with a policy.
fn function(statements: Value) -> World {
    let mut world = quiet();
    let role = world.role(
        "hook",
        trust(json!({ "Service": "lambda.amazonaws.com" })),
        json!({ "role_policy_list": inline(json!([allow("dynamodb:Scan", "*")])) }),
    );
    let uid = function_uid();
    world.put("aws_lambda_function", &uid, json!({
        "function_name": "hook", "function_arn": uid, "role": role, "environment": null, "vpc_config": null,
        "url_configs": [], "policy": document(statements),
    }));
    world.put(
        "aws_dynamodb_table",
        &format!("arn:aws:dynamodb:{REGION}:{OWN}:table/customers"),
        json!({ "policy": null, "sse_description": null, "table_name": "customers" }),
    );
    world
}

fn invoked_by(source: &str) -> Value {
    json!([{
        "Effect": "Allow", "Principal": { "Service": "apigateway.amazonaws.com" }, "Action": "lambda:InvokeFunction",
        "Resource": function_uid(), "Condition": { "ArnLike": { "aws:SourceArn": source } },
    }])
}

fn execute(api: &str, path: &str) -> String {
    format!("arn:aws:execute-api:{REGION}:{OWN}:{api}{path}")
}

/// A REST API `a1` with one resource with these methods.
fn rest_api(world: &mut World, methods: Value) {
    let api = format!("arn:aws:apigateway:{REGION}::/restapis/a1");
    world.put("aws_api_gateway_rest_api", &api, json!({
        "id": "a1", "policy": null, "endpoint_configuration": { "types": ["REGIONAL"] }, "authorizers": [],
    }));
    world.put(
        "aws_api_gateway_resource",
        &format!("{api}/resources/r1"),
        json!({
            "id": "r1", "rest_api_id": "a1", "resource_methods": methods, "endpoint_types": ["REGIONAL"], "api_policy": null,
        }),
    );
}

fn calls(authorization: &str, function: &str) -> Value {
    let uri = format!("arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations");
    json!({
        "authorization_type": authorization, "api_key_required": false, "method_integration": { "type": "AWS_PROXY", "uri": uri },
    })
}

const THROUGH_API: &str = "internet -reaches-> a1 -reaches-> hook -runs_as-> hook -can_read-> customers";

#[test]
fn a_rest_api_leads_to_the_function_that_lets_it_in() {
    let estate = |methods: Value, source: &str| {
        let mut world = function(invoked_by(source));
        rest_api(&mut world, methods);
        world.report()
    };
    let open = || calls("NONE", &function_uid());
    let own = execute("a1", "/*/GET/pets");
    find(&estate(json!({ "GET": open() }), &own), THROUGH_API);
    find(
        &estate(json!({ "GET": open() }), &execute("a1", "/*/*/*")),
        THROUGH_API,
    );
    // Another API, an API key, an authorizer, a permission; one open method is enough.
    none(&estate(json!({ "GET": open() }), &execute("a2", "/*/*/*")));
    let conditional = format!("{THROUGH_API} (conditional)");
    let signed = || calls("AWS_IAM", &function_uid());
    none(&estate(json!({ "GET": signed() }), &own));
    find(
        &estate(json!({ "GET": calls("CUSTOM", &function_uid()) }), &own),
        &conditional,
    );
    find(
        &estate(json!({ "GET": signed(), "PUT": open() }), &own),
        THROUGH_API,
    );
    find(
        &estate(json!({ "GET": open(), "PUT": signed() }), &own),
        THROUGH_API,
    );
    let mut keyed = open();
    keyed["api_key_required"] = json!(true);
    find(&estate(json!({ "GET": keyed }), &own), &conditional);
    let mut unread = open();
    unread["authorization_type"] = json!({ "$unreadable": { "reason": "denied" } });
    find(
        &estate(json!({ "GET": unread }), &own),
        &format!("{THROUGH_API} (possible)"),
    );
}

#[test]
fn an_api_that_only_a_network_reaches_or_whose_policy_chooses_is_no_plain_way() {
    let mut world = function(invoked_by(&execute("a1", "/*")));
    rest_api(&mut world, json!({ "GET": calls("NONE", &function_uid()) }));
    let api = format!("arn:aws:apigateway:{REGION}::/restapis/a1");
    let part = format!("{api}/resources/r1");
    let admit = |world: &mut World, statements: Value| {
        world.change(&api, "policy", document(statements.clone()));
        world.change(&part, "api_policy", document(statements));
    };
    admit(&mut world, json!([]));
    none(&world.report());
    let everybody = |resource: &str| json!([{ "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource }]);
    admit(&mut world, everybody("execute-api:/*"));
    find(&world.report(), THROUGH_API);
    // A path of the API is open, and the function may be behind another.
    admit(&mut world, everybody("execute-api:/prod/GET/pets"));
    find(&world.report(), &format!("{THROUGH_API} (conditional)"));
    admit(&mut world, everybody("*"));
    world.change(&api, "endpoint_configuration", json!({ "types": ["PRIVATE"] }));
    world.change(&part, "endpoint_types", json!(["PRIVATE"]));
    none(&world.report());
}

#[test]
fn an_api_with_a_role_of_its_own_needs_no_leave_of_the_function() {
    let estate = |statements: Value| {
        let mut world = function(json!([]));
        let role = world.role(
            "caller",
            trust(json!({ "Service": "apigateway.amazonaws.com" })),
            json!({ "role_policy_list": inline(statements) }),
        );
        let mut method = calls("NONE", &function_uid());
        method["method_integration"]["credentials"] = json!(role);
        rest_api(&mut world, json!({ "GET": method }));
        world.report()
    };
    find(
        &estate(json!([allow("lambda:InvokeFunction", &function_uid())])),
        THROUGH_API,
    );
    none(&estate(json!([allow("lambda:GetFunction", "*")])));
    none(&estate(json!([allow(
        "lambda:InvokeFunction",
        &format!("{}2", function_uid())
    )])));
}

#[test]
fn an_alias_is_let_in_by_its_own_policy_and_leads_to_the_function() {
    let estate =
        |of_function: Value, of_alias: Value| {
            let mut world = function(of_function);
            let alias = format!("{}:live", function_uid());
            world.put("aws_lambda_alias", &alias, json!({
            "alias_arn": alias, "name": "live", "function_name": "hook", "function_arn": function_uid(),
            "policy": document(of_alias),
        }));
            rest_api(&mut world, json!({ "GET": calls("NONE", &alias) }));
            world.report()
        };
    let lets_in = || invoked_by(&execute("a1", "/*"));
    let mut of_alias = lets_in();
    of_alias[0]["Resource"] = json!(format!("{}:live", function_uid()));
    let story =
        "internet -reaches-> a1 -reaches-> live -reaches-> hook -runs_as-> hook -can_read-> customers";
    find(&estate(json!([]), of_alias), story);
    none(&estate(lets_in(), json!([])));
}

#[test]
fn a_version_of_a_function_has_the_role_of_the_function() {
    let mut world = function(json!([]));
    rest_api(
        &mut world,
        json!({ "GET": calls("NONE", &format!("{}:7", function_uid())) }),
    );
    find(&world.report(), &format!("{THROUGH_API} (conditional)"));
}

#[test]
fn an_http_api_leads_through_its_routes() {
    let estate = |authorization: &str, uri: String, source: &str| {
        let mut world = function(invoked_by(source));
        let api = format!("arn:aws:apigateway:{REGION}::/apis/h1");
        world.put(
            "aws_apigatewayv2_api",
            &api,
            json!({ "api_id": "h1", "authorizers": [] }),
        );
        world.put("aws_apigatewayv2_route", &format!("{api}/routes/r1"), json!({
            "api_id": "h1", "integration_id": "i1", "authorization_type": authorization, "api_key_required": false, "protocol_type": "HTTP", "route_key": "$default",
        }));
        world.put(
            "aws_apigatewayv2_integration",
            &format!("{api}/integrations/i1"),
            json!({
                "api_id": "h1", "integration_id": "i1", "integration_uri": uri, "credentials_arn": null,
            }),
        );
        world.report()
    };
    let story = "internet -reaches-> h1 -reaches-> i1 -reaches-> hook -runs_as-> hook -can_read-> customers";
    let own = execute("h1", "/*/*");
    find(&estate("NONE", function_uid(), &own), story);
    let call = format!(
        "arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{}/invocations",
        function_uid()
    );
    find(&estate("NONE", call, &own), story);
    find(
        &estate("JWT", function_uid(), &own),
        &format!("{story} (conditional)"),
    );
    none(&estate("NONE", function_uid(), &execute("a1", "/*/*")));
}

#[test]
fn a_distribution_before_an_api_or_a_function_url_is_followed() {
    let mut world = function(invoked_by(&execute("a1", "/*")));
    rest_api(&mut world, json!({ "GET": calls("NONE", &function_uid()) }));
    let domain = format!("a1.execute-api.{REGION}.amazonaws.com");
    distribution(&mut world, json!({ "domain_name": domain }));
    let api = format!("arn:aws:apigateway:{REGION}::/restapis/a1");
    assert_eq!(
        certainty(&world, DISTRIBUTION, EdgeKind::Reaches, &api),
        Some(Certainty::Certain)
    );
    let by_url = |source: &str| {
        let statements = json!([{
            "Effect": "Allow", "Principal": cloudfront(), "Action": "lambda:InvokeFunctionUrl", "Resource": function_uid(),
            "Condition": { "ArnLike": { "AWS:SourceArn": source } },
        }]);
        let mut world = function(statements);
        let url = format!("https://u1.lambda-url.{REGION}.on.aws/");
        let urls = json!([{ "auth_type": "AWS_IAM", "function_arn": function_uid(), "function_url": url }]);
        world.change(&function_uid(), "url_configs", urls);
        let domain = format!("u1.lambda-url.{REGION}.on.aws");
        distribution(
            &mut world,
            json!({ "domain_name": domain, "origin_access_control_id": "OAC2" }),
        );
        world.report()
    };
    let story = "internet -reaches-> E1 -reaches-> hook -runs_as-> hook -can_read-> customers";
    find(&by_url(DISTRIBUTION), story);
    none(&by_url("arn:aws:cloudfront::111111111111:distribution/E2"));
}

#[test]
fn a_distribution_reaches_a_load_balancer_only_where_the_network_lets_it() {
    let estate = |scheme: &str, from: &str| {
        let mut world = quiet();
        world.network(Way::ToInternet);
        world.security_group("sg-front", json!([tcp(443, &[from])]));
        let front = format!("arn:aws:elasticloadbalancing:{REGION}:{OWN}:loadbalancer/app/front/1");
        world.put("aws_lb", &front, json!({
            "load_balancer_arn": front, "dns_name": "front.elb.amazonaws.com", "type": "application", "scheme": scheme,
            "ip_address_type": "ipv4", "vpc_id": "vpc-1", "security_groups": ["sg-front"],
            "availability_zones": [{ "subnet_id": "sub-a" }], "web_acl": null,
        }));
        world.put(
            "aws_lb_listener",
            &format!("arn:aws:elasticloadbalancing:{REGION}:{OWN}:listener/app/front/1/1"),
            json!({ "load_balancer_arn": front, "port": 443, "protocol": "HTTPS", "default_actions": [{ "type": "fixed-response" }] }),
        );
        distribution(&mut world, json!({ "domain_name": "front.elb.amazonaws.com" }));
        certainty(&world, DISTRIBUTION, EdgeKind::Reaches, &front)
    };
    assert_eq!(estate("internet-facing", "0.0.0.0/0"), Some(Certainty::Certain));
    assert_eq!(
        estate("internet-facing", "203.0.113.0/28"),
        Some(Certainty::Conditional)
    );
    assert_eq!(estate("internet-facing", "10.0.0.0/8"), None);
    assert_eq!(estate("internal", "0.0.0.0/0"), None);
}
