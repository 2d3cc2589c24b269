//! Routes, gateways, public addresses and the block on public access.

use serde_json::json;

use crate::fixture::{Net, local, tcp, tcp_range, to, unreadable};

const WEB: &str = "wide 0.0.0.0/0 tcp 443 certain";

#[test]
fn a_public_instance_is_exposed_and_a_private_one_is_not() {
    let net = Net::new();
    assert_eq!(net.exposed("web"), WEB);
    assert_eq!(net.exposed("app"), "-");
}

#[test]
fn the_way_is_shown_step_by_step() {
    let estate = Net::new().estate();
    let found = estate.exposure_of("web").unwrap();
    let steps: Vec<&str> = found.exposures[0]
        .steps
        .iter()
        .map(|step| step.via.as_str())
        .collect();
    assert_eq!(steps, ["igw-1", "web", "acl-1", "sg-web"]);
    let details: Vec<&str> = found.exposures[0]
        .steps
        .iter()
        .flat_map(|step| step.proof.iter().map(|proof| proof.detail.as_str()))
        .collect();
    assert_eq!(
        details,
        [
            "routes 0.0.0.0/0 to igw-1",
            "has the public address 198.51.100.10",
            "admits all from 0.0.0.0/0 by rule 100",
            "lets out all to 0.0.0.0/0 by rule 100",
            "admits tcp 443 from 0.0.0.0/0",
        ]
    );
    assert_eq!(
        found.exposures[0].steps[3].proof[0].attribute,
        "ip_permissions[0]"
    );
}

#[test]
fn two_halves_are_the_internet() {
    let mut net = Net::new();
    net.group(
        "sg-web",
        "vpc-1",
        json!([tcp(22, "0.0.0.0/1"), tcp(22, "128.0.0.0/1")]),
    );
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 22 certain");
    net.group(
        "sg-web",
        "vpc-1",
        json!([tcp(22, "0.0.0.0/1"), tcp(23, "128.0.0.0/1")]),
    );
    let lines = net.exposed("web");
    assert!(
        lines.contains("tcp 22 certain") && lines.contains("tcp 23 certain") && !lines.contains("0.0.0.0/0"),
        "{lines}"
    );
}

#[test]
fn without_an_internet_gateway_nothing_comes_in() {
    let mut net = Net::new();
    net.set("igw-1", "attachments", json!([]));
    assert_eq!(net.exposed("web"), "-");
    net.set(
        "igw-1",
        "attachments",
        json!([{"vpc_id": "vpc-2", "state": "available"}]),
    );
    assert_eq!(net.exposed("web"), "-");
    net.set(
        "igw-1",
        "attachments",
        json!([{"vpc_id": "vpc-1", "state": "detaching"}]),
    );
    assert_eq!(net.exposed("web"), "-");
}

#[test]
fn a_blackhole_route_leads_nowhere() {
    let mut net = Net::new();
    let mut dead = to("0.0.0.0/0", "gateway_id", "igw-1");
    dead["state"] = json!("blackhole");
    net.table("rt-a", "vpc-1", &["sub-a"], json!([local("10.0.0.0/16"), dead]));
    assert_eq!(net.exposed("web"), "-");
}

#[test]
fn the_explicit_table_counts_before_the_main_one() {
    let mut net = Net::new();
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-b"],
        json!([local("10.0.0.0/16"), to("0.0.0.0/0", "gateway_id", "igw-1")]),
    );
    assert_eq!(
        net.exposed("web"),
        "-",
        "the subnet now falls back to the main table"
    );
    net.set(
        "rt-main",
        "routes",
        json!([local("10.0.0.0/16"), to("0.0.0.0/0", "gateway_id", "igw-1")]),
    );
    assert_eq!(net.exposed("web"), WEB);
}

#[test]
fn the_longest_prefix_decides_the_way_back() {
    let mut net = Net::new();
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-a"],
        json!([
            to("203.0.113.0/24", "gateway_id", "igw-1"),
            to("0.0.0.0/0", "nat_gateway_id", "nat-1"),
            local("10.0.0.0/16")
        ]),
    );
    assert_eq!(net.exposed("web"), "203.0.113.0/24 tcp 443 certain");
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-a"],
        json!([
            to("203.0.113.0/24", "nat_gateway_id", "nat-1"),
            to("0.0.0.0/0", "gateway_id", "igw-1"),
            local("10.0.0.0/16")
        ]),
    );
    net.group("sg-web", "vpc-1", json!([tcp(443, "203.0.113.0/24")]));
    assert_eq!(net.exposed("web"), "-");
}

#[test]
fn outbound_gateways_let_nothing_in() {
    for (key, id) in [
        ("nat_gateway_id", "nat-1"),
        ("egress_only_internet_gateway_id", "eigw-1"),
    ] {
        let mut net = Net::new();
        net.put(
            "eigw-1",
            "aws_egress_only_internet_gateway",
            json!({"attachments": [{"vpc_id": "vpc-1", "state": "attached"}]}),
        );
        net.table(
            "rt-a",
            "vpc-1",
            &["sub-a"],
            json!([local("10.0.0.0/16"), to("0.0.0.0/0", key, id)]),
        );
        assert_eq!(net.exposed("web"), "-", "{key}");
    }
}

#[test]
fn a_private_address_alone_is_not_exposed() {
    let mut net = Net::new();
    net.instance("web", "sub-a", "10.0.1.10", None, &["sg-web"]);
    assert_eq!(net.exposed("web"), "-");
}

#[test]
fn ipv6_is_a_way_of_its_own() {
    let mut net = Net::new();
    net.group("sg-web", "vpc-1", json!([tcp(22, "::/0")]));
    assert_eq!(net.exposed("web"), "-", "there is no IPv6 address");
    let interface = |address: &str| {
        json!([{"subnet_id": "sub-a", "groups": [{"group_id": "sg-web"}],
            "private_ip_addresses": [{"private_ip_address": "10.0.1.10"}], "ipv6_addresses": [{"ipv6_address": address}]}])
    };
    net.set("web", "network_interfaces", interface("2a05:d018::10"));
    assert_eq!(net.exposed("web"), "wide ::/0 tcp 22 certain");
    net.set("web", "network_interfaces", interface("fd00::10"));
    assert_eq!(net.exposed("web"), "-", "the address is private");
    net.set("web", "network_interfaces", interface("2a05:d018::10"));
    net.group("sg-web", "vpc-1", json!([tcp(22, "0.0.0.0/0")]));
    assert_eq!(net.exposed("web"), "-", "the rule is for IPv4");
}

#[test]
fn secondary_addresses_and_interfaces_count() {
    let mut net = Net::new();
    net.set(
        "web",
        "network_interfaces",
        json!([
            {"subnet_id": "sub-b", "groups": [{"group_id": "sg-app"}], "private_ip_addresses": [{"private_ip_address": "10.0.2.20"}]},
            {"subnet_id": "sub-a", "groups": [{"group_id": "sg-web"}], "private_ip_addresses": [
                {"private_ip_address": "10.0.1.10"},
                {"private_ip_address": "10.0.1.11", "association": {"public_ip": "198.51.100.11"}}]}
        ]),
    );
    assert_eq!(net.exposed("web"), WEB);
}

#[test]
fn interfaces_that_stand_alone_are_endpoints_when_something_uses_them() {
    let mut net = Net::new();
    let interface = json!({"subnet_id": "sub-a", "vpc_id": "vpc-1", "status": "in-use", "interface_type": "interface",
        "groups": [{"group_id": "sg-web"}], "private_ip_addresses": [
            {"private_ip_address": "10.0.1.30", "association": {"public_ip": "198.51.100.30"}}]});
    net.put("eni-1", "aws_network_interface", interface);
    assert_eq!(net.exposed("eni-1"), WEB);
    net.set("eni-1", "deny_all_igw_traffic", json!(true));
    assert_eq!(net.exposed("eni-1"), "-");
    net.set("eni-1", "deny_all_igw_traffic", json!(false))
        .set("eni-1", "status", json!("available"));
    assert!(net.estate().exposure_of("eni-1").is_none());
    net.set("eni-1", "status", json!("in-use"))
        .set("eni-1", "interface_type", json!("nat_gateway"));
    assert!(net.estate().exposure_of("eni-1").is_none());
    net.set("eni-1", "interface_type", json!("interface")).set(
        "eni-1",
        "attachment",
        json!({"instance_id": "web"}),
    );
    assert!(
        net.estate().exposure_of("eni-1").is_none(),
        "its instance stands for it"
    );
}

#[test]
fn an_instance_that_is_no_more_is_not_exposed() {
    for state in ["shutting-down", "terminated"] {
        let mut net = Net::new();
        net.set("web", "state", json!({"name": state}));
        assert_eq!(net.exposed("web"), "-", "{state}");
    }
}

#[test]
fn a_stopped_instance_is_exposed_once_it_is_started() {
    let mut net = Net::new();
    net.set("web", "state", json!({"name": "stopped"}));
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 443 conditional");
}

#[test]
fn block_public_access_closes_the_region() {
    let mode = |mode: &str| json!({"internet_gateway_block_mode": mode});
    for (blocked, expected) in [("off", WEB), ("block-ingress", "-"), ("block-bidirectional", "-")] {
        let mut net = Net::new();
        net.set("settings", "vpc_block_public_access", mode(blocked));
        assert_eq!(net.exposed("web"), expected, "{blocked}");
    }
    for (of, mode_of, expected) in [
        ("subnet/sub-a", "allow-bidirectional", WEB),
        ("vpc/vpc-1", "allow-bidirectional", WEB),
        ("subnet/sub-a", "allow-egress", "-"),
        ("subnet/sub-b", "allow-bidirectional", "-"),
    ] {
        let mut net = Net::new();
        net.set("settings", "vpc_block_public_access", mode("block-bidirectional"));
        let arn = format!("arn:aws:ec2:eu-west-1:111:{of}");
        net.put(
            "ex-1",
            "aws_vpc_block_public_access_exclusion",
            json!({"resource_arn": arn, "internet_gateway_exclusion_mode": mode_of}),
        );
        assert_eq!(net.exposed("web"), expected, "{of} {mode_of}");
    }
}

#[test]
fn block_public_access_that_was_not_read_decides() {
    let mut net = Net::new();
    net.set("settings", "vpc_block_public_access", unreadable());
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 443 possible");
    net.set(
        "sub-a",
        "block_public_access_states",
        json!({"internet_gateway_block_mode": "off"}),
    );
    assert_eq!(net.exposed("web"), WEB, "the subnet tells it as well");
}

#[test]
fn an_appliance_before_the_subnet_may_let_pass() {
    let mut net = Net::new();
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-a"],
        json!([local("10.0.0.0/16"), to("0.0.0.0/0", "gateway_id", "vpce-fw")]),
    );
    assert_eq!(
        net.exposed("web"),
        "-",
        "the gateway does not send to the appliance"
    );
    net.put(
        "rt-edge",
        "aws_route_table",
        json!({"vpc_id": "vpc-1", "associations": [{"gateway_id": "igw-1"}],
        "routes": [local("10.0.0.0/16"), to("10.0.1.0/24", "gateway_id", "vpce-fw")]}),
    );
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 443 conditional");
}

#[test]
fn private_sources_are_not_the_internet() {
    let mut net = Net::new();
    net.group(
        "sg-web",
        "vpc-1",
        json!([tcp(22, "10.0.0.0/8"), tcp(23, "100.64.0.0/10")]),
    );
    assert_eq!(net.exposed("web"), "-");
}

#[test]
fn ports_and_sources_are_kept_apart() {
    let mut net = Net::new();
    net.group(
        "sg-web",
        "vpc-1",
        json!([tcp_range(80, 81, "0.0.0.0/0"), tcp(22, "203.0.113.0/24")]),
    );
    assert_eq!(
        net.exposed("web"),
        "wide 0.0.0.0/0 tcp 80-81 certain\n203.0.113.0/24 tcp 22 certain"
    );
}

#[test]
fn what_goes_out_needs_a_way_as_well() {
    let mut net = Net::new();
    assert_eq!(net.egress("web"), "all certain");
    assert_eq!(net.egress("app"), "all certain");
    net.set("nat-1", "connectivity_type", json!("private"));
    assert_eq!(net.egress("app"), "-");
    let mut net = Net::new();
    net.set("sg-app", "ip_permissions_egress", json!([tcp(443, "0.0.0.0/0")]));
    assert_eq!(net.egress("app"), "tcp 443 certain");
    net.set("rt-main", "routes", json!([local("10.0.0.0/16")]));
    assert_eq!(net.egress("app"), "-");
    let mut net = Net::new();
    net.set(
        "settings",
        "vpc_block_public_access",
        json!({"internet_gateway_block_mode": "block-ingress"}),
    );
    assert_eq!(
        (net.egress("web"), net.egress("app")),
        ("-".to_owned(), "all certain".to_owned())
    );
    net.set(
        "settings",
        "vpc_block_public_access",
        json!({"internet_gateway_block_mode": "block-bidirectional"}),
    );
    assert_eq!(net.egress("app"), "-");
    let mut net = Net::new();
    net.instance("web", "sub-a", "10.0.1.10", None, &["sg-web"]);
    assert_eq!(
        net.egress("web"),
        "-",
        "an internet gateway translates public addresses only"
    );
}
