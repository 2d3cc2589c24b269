//! Estates whose paths begin at a network.

use serde_json::json;

use crate::Twin;
use crate::identity::careless;
use crate::world::network::{Way, ec2, tcp, tcp_from};
use crate::world::paths::{find, none};
use crate::world::{OWN, REGION, World, allow, document, inline, trust};

/// A web server whose role may read a bucket with personal data, as in the labs where a server's metadata service gives its
/// credentials away.
pub(crate) fn web_server(way: Way, rules: serde_json::Value) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world.network(way);
    world.security_group("sg-web", rules);
    let role = world.role(
        "web",
        trust(json!({ "Service": "ec2.amazonaws.com" })),
        json!({
            "role_policy_list": inline(json!([allow("s3:GetObject", "arn:aws:s3:::cards/*")])),
        }),
    );
    world.bucket("cards", json!({ "tags": { "DataClassification": "restricted" } }));
    world.instance("i-web", 10, "sg-web", Some(&role));
    world
}

const THROUGH_WEB: &str = "internet -reaches-> i-web -runs_as-> web -can_read-> cards";

#[test]
fn a_server_on_the_internet_leads_to_what_its_role_reads() {
    let open = json!([tcp(80, &["0.0.0.0/0"])]);
    let report = web_server(Way::ToInternet, open.clone()).report();
    let path = find(&report, THROUGH_WEB);
    assert!(
        path.hops.iter().all(|hop| !hop.proofs.is_empty()),
        "every hop has its evidence"
    );
    // Each of these alone closes it: no route, no rule, a rule for inside only.
    none(&web_server(Way::Nowhere, open).report());
    none(&web_server(Way::ToInternet, json!([])).report());
    none(&web_server(Way::ToInternet, json!([tcp(80, &["10.0.0.0/8"])])).report());
}

#[test]
fn two_halves_of_the_internet_are_the_internet() {
    let halves = json!([tcp(22, &["0.0.0.0/1", "128.0.0.0/1"])]);
    let apart = json!([tcp(22, &["0.0.0.0/1"]), tcp(22, &["128.0.0.0/1"])]);
    let whole = json!([tcp(22, &["0.0.0.0/0"])]);
    let risk = |rules| find(&web_server(Way::ToInternet, rules).report(), THROUGH_WEB).risk;
    let expected = risk(whole);
    assert_eq!(risk(halves.clone()), expected);
    assert_eq!(risk(apart), expected);
    none(&web_server(Way::Nowhere, halves).report());
    // One office is a narrower way in, and a smaller risk.
    assert!(risk(json!([tcp(22, &["203.0.113.0/28"])])) < expected);
}

/// A load balancer before a server in the same network that nothing else reaches, whose role reads a secret.
pub(crate) fn behind_balancer(twin: Twin) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world.network(Way::ToInternet);
    world.security_group("sg-front", json!([tcp(443, &["0.0.0.0/0"])]));
    world.security_group("sg-app", json!([tcp_from(8080, "sg-front")]));
    let role = world.role(
        "app",
        trust(json!({ "Service": "ec2.amazonaws.com" })),
        json!({
            "role_policy_list": inline(json!([allow("secretsmanager:GetSecretValue", "*")])),
        }),
    );
    world.instance("i-app", 11, "sg-app", Some(&role));
    let secret = format!("arn:aws:secretsmanager:{REGION}:{OWN}:secret:db-password-AbCdEf");
    world.put(
        "aws_secretsmanager_secret",
        &secret,
        json!({ "policy": null, "kms_key_id": null }),
    );
    let elb = |what: &str| format!("arn:aws:elasticloadbalancing:{REGION}:{OWN}:{what}");
    let (front, group) = (elb("loadbalancer/app/front/1"), elb("targetgroup/app/1"));
    let scheme = match twin {
        Twin::Vulnerable => "internet-facing",
        Twin::Hardened => "internal",
    };
    world.put("aws_lb", &front, json!({
        "load_balancer_arn": front, "type": "application", "scheme": scheme, "ip_address_type": "ipv4", "vpc_id": "vpc-1",
        "security_groups": ["sg-front"], "availability_zones": [{ "subnet_id": "sub-a" }], "web_acl": null,
    }));
    world.put(
        "aws_lb_listener",
        &elb("listener/app/front/1/1"),
        json!({
            "load_balancer_arn": front, "port": 443, "protocol": "HTTPS",
            "default_actions": [{ "type": "forward", "target_group_arn": group }],
        }),
    );
    world.put("aws_lb_target_group", &group, json!({
        "target_group_arn": group, "target_type": "instance", "protocol": "HTTP", "port": 8080, "vpc_id": "vpc-1",
        "attributes": [], "targets": [{ "target": { "id": "i-app", "port": 8080 } }],
    }));
    world
}

#[test]
fn a_load_balancer_carries_the_internet_to_the_application_behind_it() {
    let report = behind_balancer(Twin::Vulnerable).report();
    find(
        &report,
        "internet -reaches-> 1 -reaches-> i-app -runs_as-> app -can_read-> db-password-AbCdEf",
    );
    none(&behind_balancer(Twin::Hardened).report());
}

/// A container host that may register tasks with a role of more power.
fn container_host(twin: Twin) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world.network(Way::ToInternet);
    world.security_group("sg-host", json!([tcp(22, &["0.0.0.0/0"])]));
    let boss = world.role(
        "deployer",
        trust(json!({ "Service": "ecs-tasks.amazonaws.com" })),
        json!({
            "role_policy_list": inline(json!([allow("*", "*")])),
        }),
    );
    let passed = match twin {
        Twin::Vulnerable => boss,
        Twin::Hardened => format!("arn:aws:iam::{OWN}:role/task-*"),
    };
    let host = world.role("host", trust(json!({ "Service": "ec2.amazonaws.com" })), json!({
        "role_policy_list": inline(json!([
            allow("ecs:RegisterTaskDefinition", "*"), allow("ecs:RunTask", "*"), allow("iam:PassRole", &passed),
        ])),
    }));
    world.instance("i-host", 12, "sg-host", Some(&host));
    world.put(
        "aws_ecs_cluster",
        &format!("arn:aws:ecs:{REGION}:{OWN}:cluster/one"),
        json!({}),
    );
    world
}

#[test]
fn a_container_host_that_passes_a_powerful_role_leads_to_the_account() {
    let report = container_host(Twin::Vulnerable).report();
    find(
        &report,
        "internet -reaches-> i-host -runs_as-> host -can_escalate_to-> deployer -can_administer-> administrator",
    );
    none(&container_host(Twin::Hardened).report());
}

/// A database that takes its subnets' way to the internet, or does not.
fn database(twin: Twin) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world.network(Way::ToInternet);
    world.security_group("sg-db", json!([tcp(5432, &["0.0.0.0/0"])]));
    world.put("aws_db_instance", &format!("arn:aws:rds:{REGION}:{OWN}:db:orders"), json!({
        "db_instance_identifier": "orders", "publicly_accessible": twin == Twin::Vulnerable, "availability_zone": "a",
        "db_instance_status": "available", "endpoint": { "port": 5432 }, "db_instance_port": 0, "network_type": "IPV4",
        "vpc_security_groups": [{ "vpc_security_group_id": "sg-db", "status": "active" }],
        "db_subnet_group": { "vpc_id": "vpc-1", "db_subnet_group_name": "group",
            "subnets": [{ "subnet_identifier": "sub-a", "subnet_availability_zone": { "name": "a" } }] },
        "iam_database_authentication_enabled": false, "db_cluster_identifier": null, "kms_key_id": null,
    }));
    world
}

#[test]
fn a_public_database_is_reached_on_its_port() {
    let report = database(Twin::Vulnerable).report();
    let path = find(&report, "internet -reaches-> orders");
    assert_eq!(path.hops[0].how.as_deref(), Some("PostgreSQL open"));
    none(&database(Twin::Hardened).report());
}

#[test]
fn the_neighbour_of_a_bastion_is_reached_through_it() {
    let estate = |twin: Twin| {
        let mut world = web_server(Way::ToInternet, json!([tcp_from(443, "sg-bastion")]));
        let from = match twin {
            Twin::Vulnerable => "0.0.0.0/0",
            Twin::Hardened => "10.0.0.0/16",
        };
        world.security_group("sg-bastion", json!([tcp(22, &[from])]));
        world.instance("i-bastion", 20, "sg-bastion", None);
        world
    };
    let report = estate(Twin::Vulnerable).report();
    find(
        &report,
        "internet -reaches-> i-bastion -reaches-> i-web -runs_as-> web -can_read-> cards",
    );
    none(&estate(Twin::Hardened).report());
}

#[test]
fn a_public_snapshot_of_a_volume_is_open_to_everybody() {
    let estate = |group: serde_json::Value, settings: &str| {
        let mut world = World::default();
        world.organization(&[OWN], json!([]));
        world.put(
            "aws_ec2_region_settings",
            &ec2("settings/all"),
            json!({ "snapshot_block_public_access": settings }),
        );
        let snapshot = format!("arn:aws:ec2:{REGION}::snapshot/snap-1");
        world.put(
            "aws_ebs_snapshot",
            &snapshot,
            json!({
                "snapshot_id": "snap-1", "public_permissions": group, "kms_key_id": null,
            }),
        );
        world
    };
    let all = json!([{ "group": "all" }]);
    find(
        &estate(all.clone(), "unblocked").report(),
        "internet -can_read-> snap-1",
    );
    none(&estate(all, "block-all-sharing").report());
    none(&estate(json!([]), "unblocked").report());
}

#[test]
fn a_function_url_without_authentication_leads_to_what_the_function_reads() {
    let estate = |authentication: &str, statements: serde_json::Value| {
        let mut world = World::default();
        world.organization(&[OWN], json!([]));
        let role = world.role(
            "hook",
            trust(json!({ "Service": "lambda.amazonaws.com" })),
            json!({
                "role_policy_list": inline(json!([allow("dynamodb:Scan", "*")])),
            }),
        );
        let function = format!("arn:aws:lambda:{REGION}:{OWN}:function:hook");
        world.put("aws_lambda_function", &function, json!({
            "function_name": "hook", "function_arn": function, "role": role, "environment": null, "vpc_config": null,
            "url_configs": [{ "auth_type": authentication, "function_arn": function }],
            "policy": crate::world::document(statements),
        }));
        world.put(
            "aws_dynamodb_table",
            &format!("arn:aws:dynamodb:{REGION}:{OWN}:table/customers"),
            json!({
                "policy": null, "sse_description": null, "table_name": "customers",
            }),
        );
        world
    };
    let everybody = json!([{
        "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl",
        "Resource": format!("arn:aws:lambda:{REGION}:{OWN}:function:hook"),
        "Condition": { "StringEquals": { "lambda:FunctionUrlAuthType": "NONE" } },
    }]);
    let story = "internet -reaches-> hook -runs_as-> hook -can_read-> customers";
    let report = estate("NONE", everybody.clone()).report();
    find(&report, &format!("{story} (conditional)"));
    let mut both = everybody.clone();
    both[0]["Action"] = json!(["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]);
    find(&estate("NONE", both).report(), story);
    none(&estate("AWS_IAM", everybody).report());
    none(&estate("NONE", json!([])).report());
}

/// A function with a role of power, which `ann` may do something with, and a policy.
fn powerful_function(action: &str, policy: serde_json::Value) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    let trusted = trust(json!({ "Service": "lambda.amazonaws.com" }));
    let role = world.role(
        "fn",
        trusted,
        json!({ "role_policy_list": inline(json!([allow("*", "*")])) }),
    );
    let function = format!("arn:aws:lambda:{REGION}:{OWN}:function:job");
    world.put(
        "aws_lambda_function",
        &function,
        json!({
            "function_name": "job", "function_arn": function, "role": role, "environment": null, "vpc_config": null,
            "url_configs": [], "policy": policy,
        }),
    );
    careless(&mut world, "ann", json!([allow(action, &function)]));
    world
}

#[test]
fn only_who_controls_the_code_of_a_function_has_its_role() {
    for action in [
        "lambda:InvokeFunction",
        "lambda:GetFunction",
        "lambda:AddPermission",
        "lambda:DeleteFunction",
    ] {
        none(&powerful_function(action, json!(null)).report());
    }
    find(
        &powerful_function("lambda:UpdateFunctionCode", json!(null)).report(),
        "credentials -holds-> ann -can_escalate_to-> job -runs_as-> fn -can_administer-> administrator",
    );
}

#[test]
fn only_who_controls_the_code_of_an_instance_has_its_role() {
    let estate = |actions: &[&str]| {
        let mut world = web_server(Way::Nowhere, json!([]));
        let statements: Vec<_> = actions.iter().map(|action| allow(action, "*")).collect();
        careless(&mut world, "ann", statements.into());
        world
    };
    for actions in [
        ["ec2:StopInstances"].as_slice(),
        &["ec2:TerminateInstances", "ec2:RebootInstances"],
        &["ec2:ModifyInstanceAttribute", "ec2:StartInstances"],
        &["ec2:DescribeInstances", "ssm:DescribeSessions"],
    ] {
        none(&estate(actions).report());
    }
    find(
        &estate(&["ssm:StartSession"]).report(),
        "credentials -holds-> ann -can_escalate_to-> i-web -runs_as-> web -can_read-> cards",
    );
    find(
        &estate(&[
            "ec2:ModifyInstanceAttribute",
            "ec2:StopInstances",
            "ec2:StartInstances",
        ])
        .report(),
        "credentials -holds-> ann -can_escalate_to-> i-web -runs_as-> web -can_read-> cards",
    );
}

#[test]
fn a_function_that_every_account_invokes_is_open() {
    let estate = |principal: serde_json::Value, condition: serde_json::Value| {
        let mut statement = json!({
            "Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction",
            "Resource": format!("arn:aws:lambda:{REGION}:{OWN}:function:job"),
        });
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        powerful_function("lambda:ListFunctions", document(json!([statement])))
    };
    let story = "internet -reaches-> job -runs_as-> fn -can_administer-> administrator";
    find(&estate(json!("*"), json!(null)).report(), story);
    find(&estate(json!({ "AWS": "*" }), json!(null)).report(), story);
    let any_source = json!({ "ArnLike": { "aws:SourceArn": "*" } });
    find(&estate(json!("*"), any_source).report(), story);
    for condition in [
        json!({ "ArnLike": { "aws:SourceArn": "arn:aws:s3:::inbox" } }),
        json!({ "StringEquals": { "aws:SourceAccount": OWN } }),
        json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }),
    ] {
        none(&estate(json!("*"), condition).report());
    }
    none(&estate(json!({ "Service": "s3.amazonaws.com" }), json!(null)).report());
}

#[test]
fn rules_that_serve_a_whole_network_are_the_last_advice() {
    let report = web_server(Way::ToInternet, json!([tcp(80, &["0.0.0.0/0"])])).report();
    let is_shared = |place: &str| {
        [":network-acl/", ":route-table/", ":internet-gateway/"]
            .iter()
            .any(|of| place.contains(of))
    };
    let cuts: Vec<bool> = report.paths[0]
        .cuts
        .iter()
        .map(|cut| is_shared(&cut.proof.resource))
        .collect();
    assert_eq!(cuts.first(), Some(&false), "{:?}", report.paths[0].cuts);
    assert!(cuts.is_sorted(), "{:?}", report.paths[0].cuts);
    assert!(!report.choke_points.is_empty());
    for point in &report.choke_points {
        assert!(!is_shared(&point.proof.resource), "{point:?}");
    }
}
