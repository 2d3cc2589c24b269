//! Load balancers and what stands behind them.

use plumb_net::report::Standing;
use serde_json::{Value, json};

use crate::fixture::{Net, tcp, tcp_from, unreadable};

const LB: &str = "arn:aws:elasticloadbalancing:eu-west-1:111:loadbalancer/app/front/1";

/// A load balancer in `sub-a` that forwards 443 to port 8080 of the instance `app`.
fn net(kind: &str, groups: &[&str]) -> Net {
    let mut net = Net::new();
    net.group("sg-lb", "vpc-1", json!([tcp(443, "0.0.0.0/0")]));
    net.group("sg-app", "vpc-1", json!([tcp_from(8080, "sg-lb")]));
    net.put(
        LB,
        "aws_lb",
        json!({"type": kind, "scheme": "internet-facing", "ip_address_type": "ipv4", "vpc_id": "vpc-1",
        "security_groups": groups, "availability_zones": [{"subnet_id": "sub-a"}]}),
    );
    let protocol = if kind == "application" { "HTTPS" } else { "TCP" };
    net.put(
        "listener",
        "aws_lb_listener",
        json!({"load_balancer_arn": LB, "port": 443, "protocol": protocol,
        "default_actions": [{"type": "forward", "target_group_arn": "tg"}]}),
    );
    let protocol = if kind == "application" { "HTTP" } else { "TCP" };
    net.put(
        "tg",
        "aws_lb_target_group",
        target_group("instance", protocol, json!({"id": "app", "port": 8080})),
    );
    net
}

fn target_group(kind: &str, protocol: &str, target: Value) -> Value {
    json!({"target_type": kind, "protocol": protocol, "port": 8080, "vpc_id": "vpc-1", "attributes": [], "targets": [{"target": target}]})
}

const FRONT: &str = "wide 0.0.0.0/0 tcp 443 certain";
const BEHIND: &str = "wide 0.0.0.0/0 tcp 8080 certain";

#[test]
fn an_application_load_balancer_carries_the_internet_inside() {
    let net = net("application", &["sg-lb"]);
    assert_eq!(net.exposed(LB), FRONT);
    assert_eq!(net.exposed("app"), BEHIND);
    let estate = net.estate();
    let found = estate.exposure_of("app").unwrap();
    let steps: Vec<&str> = found.exposures[0]
        .steps
        .iter()
        .map(|step| step.via.as_str())
        .collect();
    assert_eq!(steps, ["igw-1", LB, "acl-1", "sg-lb", "listener", "tg", "sg-app"]);
    let behind = found.exposures[0].behind.as_ref().unwrap();
    assert_eq!((behind.balancer.as_str(), steps[behind.first]), (LB, "listener"));
    assert_eq!(found.internet, Standing::ExposedThrough(vec![LB.into()]));
    assert_eq!(estate.exposure_of(LB).unwrap().internet, Standing::Exposed);
}

#[test]
fn what_a_load_balancer_answers_by_itself_is_no_part_of_the_way_behind_it() {
    let mut net = net("application", &["sg-lb"]);
    net.group(
        "sg-lb",
        "vpc-1",
        json!([tcp(80, "0.0.0.0/0"), tcp(443, "0.0.0.0/0")]),
    );
    net.put(
        "redirect",
        "aws_lb_listener",
        json!({"load_balancer_arn": LB, "port": 80, "protocol": "HTTP",
        "default_actions": [{"type": "redirect", "redirect_config": {"protocol": "HTTPS"}}]}),
    );
    assert_eq!(
        net.exposed(LB),
        "wide 0.0.0.0/0 tcp 80 certain\nwide 0.0.0.0/0 tcp 443 certain"
    );
    let estate = net.estate();
    let rules = |uid: &str, at: usize| -> Vec<String> {
        let found = estate.exposure_of(uid).unwrap();
        let steps = found.exposures[at].steps.iter();
        steps
            .flat_map(|step| &step.proof)
            .filter(|proof| proof.resource == "sg-lb")
            .map(|proof| proof.attribute.to_string())
            .collect()
    };
    assert_eq!(rules(LB, 0), ["ip_permissions[0]"]);
    assert_eq!(rules(LB, 1), ["ip_permissions[1]"]);
    assert_eq!(rules("app", 0), ["ip_permissions[1]"]);
}

#[test]
fn an_internal_load_balancer_carries_nothing() {
    let mut net = net("application", &["sg-lb"]);
    net.set(LB, "scheme", json!("internal"));
    assert_eq!(
        (net.exposed(LB).as_str(), net.exposed("app").as_str()),
        ("-", "-")
    );
}

#[test]
fn the_groups_of_the_load_balancer_bound_its_clients() {
    let mut net = net("application", &["sg-lb"]);
    net.group("sg-lb", "vpc-1", json!([tcp(443, "203.0.113.0/24")]));
    assert_eq!(net.exposed("app"), "203.0.113.0/24 tcp 8080 certain");
    net.group("sg-lb", "vpc-1", json!([tcp(80, "0.0.0.0/0")]));
    assert_eq!(
        (net.exposed(LB).as_str(), net.exposed("app").as_str()),
        ("-", "-")
    );
}

#[test]
fn the_target_must_admit_the_load_balancer() {
    let mut net = net("application", &["sg-lb"]);
    net.group("sg-app", "vpc-1", json!([tcp_from(9090, "sg-lb")]));
    assert_eq!(net.exposed("app"), "-");
    net.group("sg-app", "vpc-1", json!([tcp(8080, "10.0.1.0/24")]));
    assert_eq!(net.exposed("app"), BEHIND);
    net.group("sg-app", "vpc-1", json!([tcp(8080, "203.0.113.0/24")]));
    assert_eq!(
        net.exposed("app"),
        "-",
        "the target sees the load balancer's address"
    );
}

#[test]
fn a_load_balancer_in_a_subnet_without_a_way_is_not_exposed() {
    let mut net = net("application", &["sg-lb"]);
    net.set(LB, "availability_zones", json!([{"subnet_id": "sub-b"}]));
    assert_eq!(
        (net.exposed(LB).as_str(), net.exposed("app").as_str()),
        ("-", "-")
    );
}

#[test]
fn a_network_load_balancer_shows_the_client_to_instances() {
    let mut net = net("network", &[]);
    assert_eq!(
        net.exposed(LB),
        FRONT,
        "without a security group everybody is admitted"
    );
    assert_eq!(
        net.exposed("app"),
        "-",
        "the target admits a group, and the client is none"
    );
    net.group("sg-app", "vpc-1", json!([tcp(8080, "0.0.0.0/0")]));
    assert_eq!(net.exposed("app"), BEHIND);
    net.group("sg-app", "vpc-1", json!([tcp(8080, "10.0.1.0/24")]));
    assert_eq!(net.exposed("app"), "-");
    net.set(
        "tg",
        "attributes",
        json!([{"key": "preserve_client_ip.enabled", "value": "false"}]),
    );
    assert_eq!(
        net.exposed("app"),
        BEHIND,
        "now the target sees the load balancer's address"
    );
}

#[test]
fn naming_the_group_of_a_network_load_balancer_admits_its_clients() {
    let net = net("network", &["sg-lb"]);
    assert_eq!(net.exposed("app"), BEHIND);
}

#[test]
fn targets_by_address_see_the_load_balancer() {
    let mut net = net("network", &[]);
    net.put(
        "tg",
        "aws_lb_target_group",
        target_group("ip", "TCP", json!({"id": "10.0.2.10", "port": 8080})),
    );
    net.group("sg-app", "vpc-1", json!([tcp(8080, "10.0.1.0/24")]));
    assert_eq!(net.exposed("app"), BEHIND);
    net.set("tg", "attributes", unreadable());
    assert_eq!(net.exposed("app"), "wide 0.0.0.0/0 tcp 8080 possible");
    net.put(
        "tg",
        "aws_lb_target_group",
        target_group("ip", "TCP", json!({"id": "10.0.2.99", "port": 8080})),
    );
    assert_eq!(net.exposed("app"), "-", "another address is the target");
}

#[test]
fn rules_of_a_listener_forward_as_well() {
    let mut net = net("application", &["sg-lb"]);
    net.set("listener", "default_actions", json!([{"type": "fixed-response"}]));
    assert_eq!(
        (net.exposed(LB).as_str(), net.exposed("app").as_str()),
        (FRONT, "-")
    );
    let forward = |weight: i64| {
        json!({"listener_arn": "listener", "actions": [{"type": "forward",
            "forward_config": {"target_groups": [{"target_group_arn": "tg", "weight": weight}]}}]})
    };
    net.put("rule", "aws_lb_listener_rule", forward(1));
    assert_eq!(net.exposed("app"), BEHIND);
    net.put("rule", "aws_lb_listener_rule", forward(0));
    assert_eq!(net.exposed("app"), "-");
}

#[test]
fn functions_behind_a_load_balancer_are_reached() {
    let mut net = net("application", &["sg-lb"]);
    let arn = "arn:aws:lambda:eu-west-1:111:function:hello";
    net.put(
        "tg",
        "aws_lb_target_group",
        target_group("lambda", "HTTP", json!({"id": format!("{arn}:live")})),
    );
    assert_eq!(net.exposed(arn), "wide 0.0.0.0/0 tcp 443 certain");
}

#[test]
fn load_balancers_behind_load_balancers_are_followed() {
    let mut net = net("application", &["sg-lb"]);
    net.set(LB, "scheme", json!("internal"));
    net.put(
        "nlb",
        "aws_lb",
        json!({"type": "network", "scheme": "internet-facing", "vpc_id": "vpc-1",
        "availability_zones": [{"subnet_id": "sub-a"}]}),
    );
    net.put(
        "nlb-listener",
        "aws_lb_listener",
        json!({"load_balancer_arn": "nlb", "port": 443, "protocol": "TCP",
        "default_actions": [{"target_group_arn": "tg-alb"}]}),
    );
    net.put(
        "tg-alb",
        "aws_lb_target_group",
        json!({"target_type": "alb", "protocol": "TCP", "port": 443, "vpc_id": "vpc-1",
        "attributes": [], "targets": [{"target": {"id": LB, "port": 443}}]}),
    );
    assert_eq!(net.exposed(LB), FRONT);
    assert_eq!(net.exposed("app"), BEHIND);
}

#[test]
fn load_balancers_in_a_circle_end() {
    let mut net = net("network", &[]);
    net.put(
        "tg",
        "aws_lb_target_group",
        json!({"target_type": "alb", "protocol": "TCP", "port": 443, "vpc_id": "vpc-1",
        "attributes": [], "targets": [{"target": {"id": LB, "port": 443}}]}),
    );
    assert_eq!(net.exposed(LB), FRONT);
}

#[test]
fn a_web_firewall_is_evidence() {
    let mut net = net("application", &["sg-lb"]);
    net.set(LB, "web_acl", json!({"name": "shield", "arn": "x"}));
    let estate = net.estate();
    let found = estate.exposure_of("app").unwrap();
    let shown = found.exposures[0]
        .steps
        .iter()
        .any(|step| step.proof.iter().any(|proof| proof.detail.contains("shield")));
    assert!(shown && net.exposed("app") == BEHIND);
}

#[test]
fn a_classic_load_balancer_forwards_to_instances() {
    let mut net = net("application", &["sg-lb"]);
    net.drop(LB).drop("listener").drop("tg");
    net.put("classic", "aws_elb", json!({"scheme": "internet-facing", "vpc_id": "vpc-1", "subnets": ["sub-a"],
        "security_groups": ["sg-lb"], "instances": [{"instance_id": "app"}], "listener_descriptions": [
            {"listener": {"protocol": "TCP", "load_balancer_port": 443, "instance_protocol": "TCP", "instance_port": 8080}}]}));
    assert_eq!(
        (net.exposed("classic").as_str(), net.exposed("app").as_str()),
        (FRONT, BEHIND)
    );
    net.set("classic", "scheme", json!("internal"));
    assert_eq!(
        (net.exposed("classic").as_str(), net.exposed("app").as_str()),
        ("-", "-")
    );
}

#[test]
fn a_dual_stack_load_balancer_is_reached_both_ways() {
    let mut net = net("application", &["sg-lb"]);
    net.group("sg-lb", "vpc-1", json!([tcp(443, "0.0.0.0/0"), tcp(443, "::/0")]));
    assert_eq!(net.exposed(LB), FRONT);
    net.set(LB, "ip_address_type", json!("dualstack"));
    assert_eq!(net.exposed(LB), "wide 0.0.0.0/0+::/0 tcp 443 certain");
    net.set(LB, "ip_address_type", json!("dualstack-without-public-ipv4"));
    assert_eq!(net.exposed(LB), "wide ::/0 tcp 443 certain");
}
