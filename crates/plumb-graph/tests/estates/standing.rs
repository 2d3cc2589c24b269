//! What instances lead to while they are stopped, while they hold no credentials, and without a second factor.

use plumb_graph::reachability;
use plumb_model::answer::{ExposureAnswer, SourceKind, Standing};
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::risk::ExposureLevel;
use serde_json::{Value, json};

use crate::Twin;
use crate::network::{behind_balancer, web_server};
use crate::permission::certainty;
use crate::world::network::{Way, ec2, tcp};
use crate::world::paths::{find, none};
use crate::world::{OWN, World, allow, document, iam, inline, trust};

fn open_server() -> World {
    web_server(Way::ToInternet, json!([tcp(22, &["0.0.0.0/0"])]))
}

fn exposure(world: &World, uid: &str) -> ExposureAnswer {
    let assembled = world.assemble();
    let node = assembled.graph.by_uid(uid).unwrap();
    reachability::of(&assembled, node)
}

#[test]
fn a_stopped_instance_is_reached_once_it_is_started() {
    let web = ec2("instance/i-web");
    let mut world = open_server();
    let running = exposure(&world, &web);
    assert_eq!(running.internet, Standing::Exposed);
    assert_eq!(running.certainty, Some(Certainty::Certain));
    world.change(&web, "state", json!({ "name": "stopped" }));
    let stopped = exposure(&world, &web);
    let once = vec!["the instance is started".into()];
    assert_eq!(stopped.internet, Standing::ExposedIf(once.clone()));
    assert_eq!(stopped.outside, Standing::ExposedIf(once.clone()));
    assert_eq!(stopped.certainty, Some(Certainty::Conditional));
    let listed = reachability::list(&world.assemble());
    let listed = listed.iter().find(|one| one.resource.uid == web).unwrap();
    assert_eq!(listed.level, ExposureLevel::Wide);
    assert_eq!(
        (listed.certainty, &listed.conditions),
        (Some(Certainty::Conditional), &once)
    );
    let report = world.report();
    find(
        &report,
        "internet -reaches-> i-web -runs_as-> web -can_read-> cards (conditional)",
    );
}

#[test]
fn what_a_load_balancer_carries_is_told_as_carried() {
    let app = ec2("instance/i-app");
    let found = exposure(&behind_balancer(Twin::Vulnerable), &app);
    assert!(
        matches!(&found.internet, Standing::ExposedThrough(fronts) if fronts.len() == 1),
        "{:?}",
        found.internet
    );
    let [way] = found.ways.as_slice() else {
        panic!("one way and nothing twice: {:#?}", found.ways);
    };
    assert_eq!(way.source, SourceKind::Internet);
    assert!(way.how.as_deref().unwrap().starts_with("through "), "{way:?}");
    // The step from the load balancer rests on the listener, the target and the rule that admits it, not on what clients pass.
    let report = behind_balancer(Twin::Vulnerable).report();
    let path = find(
        &report,
        "internet -reaches-> 1 -reaches-> i-app -runs_as-> app -can_read-> db-password-AbCdEf",
    );
    let on = |hop: usize| -> Vec<&str> {
        let proofs = path.hops[hop].proofs.iter();
        proofs
            .map(|proof| proof.resource.rsplit([':', '/']).next().unwrap())
            .collect()
    };
    assert_eq!(path.hops[1].proofs.len(), 3, "{:#?}", path.hops[1].proofs);
    assert!(on(0).contains(&"sg-front") && on(0).contains(&"acl-1"));
    assert!(on(1).contains(&"sg-app") && !on(1).contains(&"sg-front") && !on(1).contains(&"acl-1"));
}

#[test]
fn a_server_without_metadata_service_does_not_simply_hand_out_its_role() {
    let runs_as = |options: Value| {
        let mut world = open_server();
        world.change(&ec2("instance/i-web"), "metadata_options", options);
        certainty(&world, &ec2("instance/i-web"), EdgeKind::RunsAs, &iam("role/web"))
    };
    assert_eq!(
        runs_as(json!({ "http_endpoint": "enabled" })),
        Some(Certainty::Certain)
    );
    assert_eq!(
        runs_as(json!({ "http_endpoint": "disabled" })),
        Some(Certainty::Conditional)
    );
    let unread = json!({ "$unreadable": { "reason": "denied" } });
    assert_eq!(runs_as(unread), Some(Certainty::Possible));
    let mut world = open_server();
    let off = json!({ "http_endpoint": "disabled" });
    world.change(&ec2("instance/i-web"), "metadata_options", off);
    let report = world.report();
    let path = find(
        &report,
        "internet -reaches-> i-web -runs_as-> web -can_read-> cards (conditional)",
    );
    let [condition] = path.hops[1].conditions.as_slice() else {
        panic!("{:#?}", path.hops[1]);
    };
    assert!(
        condition.contains("ec2:ModifyInstanceMetadataOptions"),
        "{condition}"
    );
}

#[test]
fn code_and_identity_providers_have_no_second_factor() {
    let assumes = |principal: Value, condition: Value| {
        let mut world = World::default();
        world.organization(&[OWN], json!([]));
        let caller = world.role(
            "caller",
            trust(principal),
            json!({ "role_policy_list": inline(json!([allow("sts:AssumeRole", "*")])) }),
        );
        let boss = json!([{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": iam("root") }, "Condition": condition,
        }]);
        let boss = world.role("boss", document(boss), json!({}));
        certainty(&world, &caller, EdgeKind::CanAssume, &boss)
    };
    let asked = || json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    let recent = || json!({ "NumericLessThan": { "aws:MultiFactorAuthAge": "3600" } });
    let code = || json!({ "Service": "ec2.amazonaws.com" });
    assert_eq!(assumes(code(), asked()), None);
    assert_eq!(assumes(code(), recent()), None);
    let provider = iam("saml-provider/corp");
    assert_eq!(assumes(json!({ "Federated": provider }), asked()), None);
    // A session that a user or another role may have got.
    let person = json!({ "AWS": iam("root") });
    assert_eq!(assumes(person, asked()), Some(Certainty::Conditional));
    let both = json!({ "Service": "ec2.amazonaws.com", "AWS": iam("root") });
    assert_eq!(assumes(both, asked()), Some(Certainty::Conditional));
    // Whether the key is missing or says no is left open.
    let if_any = json!({ "BoolIfExists": { "aws:MultiFactorAuthPresent": "true" } });
    assert_eq!(assumes(code(), if_any), Some(Certainty::Conditional));
}

#[test]
fn a_role_of_code_alone_does_nothing_where_a_second_factor_is_demanded() {
    let estate = |role: Value| {
        let mut world = open_server();
        let denial = json!({
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } },
        });
        let statements = json!([allow("s3:GetObject", "arn:aws:s3:::cards/*"), denial]);
        world.change(&iam("role/web"), "role_policy_list", inline(statements));
        world.change(&iam("role/web"), "assume_role_policy_document", trust(role));
        world
    };
    none(&estate(json!({ "Service": "ec2.amazonaws.com" })).report());
    let both = json!({ "Service": "ec2.amazonaws.com", "AWS": iam("root") });
    find(
        &estate(both).report(),
        "internet -reaches-> i-web -runs_as-> web -can_read-> cards (conditional)",
    );
}

#[test]
fn where_half_of_the_replies_leave_by_another_gateway_half_of_the_internet_reaches() {
    let mut world = open_server();
    let nat = json!({ "nat_gateway_id": "nat-1", "vpc_id": "vpc-1", "subnet_id": "sub-a", "connectivity_type": "public" });
    world.put("aws_nat_gateway", &ec2("natgateway/nat-1"), nat);
    let route =
        |to: &str, key: &str, id: &str| json!({ "destination_cidr_block": to, key: id, "state": "active" });
    let routes = json!([
        route("10.0.0.0/16", "gateway_id", "local"),
        route("0.0.0.0/0", "gateway_id", "igw-1"),
        route("0.0.0.0/1", "nat_gateway_id", "nat-1"),
    ]);
    world.change(&ec2("route-table/rt-a"), "routes", routes);
    let found = exposure(&world, &ec2("instance/i-web"));
    let [way] = found.ways.as_slice() else {
        panic!("{:#?}", found.ways);
    };
    assert_eq!(way.from, "a large part of the internet, 128.0.0.0/1,");
    assert_eq!(way.prefixes, ["128.0.0.0/1"]);
    let report = world.report();
    let path = find(
        &report,
        "internet -reaches-> i-web -runs_as-> web -can_read-> cards",
    );
    assert_eq!(path.hops[0].how.as_deref(), Some("SSH open from 128.0.0.0/1"));
}

#[test]
fn nobody_becomes_a_role_without_an_account() {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    let role = world.role("open", trust(json!("*")), json!({}));
    let found = exposure(&world, &role);
    assert_eq!(
        (found.internet, found.outside),
        (Standing::NotNetworked, Standing::NotNetworked)
    );
    let outside: Vec<&str> = found.ways.iter().map(|way| way.from.as_str()).collect();
    assert_eq!(outside, ["anybody with an account of the cloud"]);
}
