//! Peering, transit gateways, site gateways and shared subnets, inside one account and between several.

use plumb_net::estate::Estate;
use serde_json::{Value, json};

use crate::fixture::{Net, exposed, lateral, local, open_acl, tcp, to, unreadable};

/// A second VPC (10.9.0.0/16) with the instance `far` in `sub-f`, of which 9000 is open to 10.0.0.0/8.
fn second(net: &mut Net, routes: Value) {
    net.vpc("vpc-2", "10.9.0.0/16");
    net.subnet("sub-f", "vpc-2", "10.9.1.0/24");
    net.table("rt-f", "vpc-2", &["sub-f"], routes);
    net.acl("acl-2", "vpc-2", &["sub-f"], open_acl());
    net.group("sg-far", "vpc-2", json!([tcp(9000, "10.0.0.0/8")]));
    net.instance("far", "sub-f", "10.9.1.10", None, &["sg-far"]);
}

fn peering(code: &str, other: &str) -> Value {
    json!({"status": {"code": code},
        "requester_vpc_info": {"vpc_id": "vpc-1", "owner_id": "111", "cidr_block": "10.0.0.0/16"},
        "accepter_vpc_info": {"vpc_id": "vpc-2", "owner_id": other, "cidr_block": "10.9.0.0/16"}})
}

fn here(net: &mut Net, key: &str, id: &str) {
    let igw = to("0.0.0.0/0", "gateway_id", "igw-1");
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-a"],
        json!([local("10.0.0.0/16"), igw, to("10.9.0.0/16", key, id)]),
    );
}

fn there(key: &str, id: &str) -> Value {
    json!([local("10.9.0.0/16"), to("10.0.0.0/16", key, id)])
}

#[test]
fn peering_needs_routes_on_both_sides() {
    let key = "vpc_peering_connection_id";
    let mut net = Net::new();
    net.put("pcx-1", "aws_vpc_peering_connection", peering("active", "111"));
    second(&mut net, there(key, "pcx-1"));
    assert_eq!(net.lateral("web", "far"), "-", "one side has no route");
    here(&mut net, key, "pcx-1");
    assert_eq!(net.lateral("web", "far"), "tcp 9000 certain");
    assert_eq!(net.lateral("app", "far"), "-", "its subnet has no route");
    second(&mut net, json!([local("10.9.0.0/16")]));
    assert_eq!(net.lateral("web", "far"), "-", "the other side has no route");
    second(&mut net, there(key, "pcx-1"));
    net.put(
        "pcx-1",
        "aws_vpc_peering_connection",
        peering("pending-acceptance", "111"),
    );
    assert_eq!(net.lateral("web", "far"), "-", "the connection is not active");
    assert_eq!(net.exposed("far"), "-", "it is the same account");
}

#[test]
fn peering_with_an_account_that_was_not_read_is_possible() {
    let key = "vpc_peering_connection_id";
    let mut net = Net::new();
    net.put("pcx-1", "aws_vpc_peering_connection", peering("active", "222"));
    here(&mut net, key, "pcx-1");
    net.group(
        "sg-web",
        "vpc-1",
        json!([tcp(443, "10.9.0.0/24"), tcp(22, "10.8.0.0/16")]),
    );
    assert_eq!(net.exposed("web"), "account 222 tcp 443 possible");
}

#[test]
fn peering_between_accounts_is_joined() {
    let key = "vpc_peering_connection_id";
    let mut one = Net::new();
    one.put("pcx-1", "aws_vpc_peering_connection", peering("active", "222"));
    here(&mut one, key, "pcx-1");
    let mut two = Net::empty("222");
    two.put("pcx-1", "aws_vpc_peering_connection", peering("active", "222"));
    second(&mut two, there(key, "pcx-1"));
    for net in ["vpc-2", "sub-f"] {
        two.set(net, "owner_id", json!("222"));
    }
    let estate = Estate::new(vec![one.read().value, two.read().value]);
    assert_eq!(exposed(&estate, "far"), "account 111 tcp 9000 certain");
    assert_eq!(lateral(&estate, "web", "far"), "tcp 9000 certain");
    assert_eq!(
        exposed(&estate, "web"),
        "wide 0.0.0.0/0 tcp 443 certain\naccount 222 tcp 443 certain"
    );
    second(&mut two, json!([local("10.9.0.0/16")]));
    let estate = Estate::new(vec![two.read().value, one.read().value]);
    assert_eq!(
        (
            exposed(&estate, "far").as_str(),
            lateral(&estate, "web", "far").as_str()
        ),
        ("-", "-")
    );
}

fn transit(net: &mut Net, routes: Value) {
    net.put("tgw-1", "aws_ec2_transit_gateway", json!({}));
    for (id, vpc) in [("att-1", "vpc-1"), ("att-2", "vpc-2")] {
        net.put(
            id,
            "aws_ec2_transit_gateway_attachment",
            json!({"transit_gateway_id": "tgw-1", "attached_type": "vpc", "attached_id": vpc,
            "resource_owner_id": "111", "association": {"transit_gateway_route_table_id": "tgw-rt"}}),
        );
    }
    net.put(
        "tgw-rt",
        "aws_ec2_transit_gateway_route_table",
        json!({"transit_gateway_id": "tgw-1", "routes": routes}),
    );
}

fn hub_route(cidr: &str, attachment: &str, state: &str) -> Value {
    json!({"destination_cidr_block": cidr, "state": state, "transit_gateway_attachments": [{"transit_gateway_attachment_id": attachment}]})
}

#[test]
fn a_transit_gateway_needs_its_own_routes_both_ways() {
    let key = "transit_gateway_id";
    let mut net = Net::new();
    here(&mut net, key, "tgw-1");
    second(&mut net, there(key, "tgw-1"));
    let both = [
        hub_route("10.0.0.0/16", "att-1", "active"),
        hub_route("10.9.0.0/16", "att-2", "active"),
    ];
    transit(&mut net, json!(both));
    assert_eq!(net.lateral("web", "far"), "tcp 9000 certain");
    transit(&mut net, json!([both[1]]));
    assert_eq!(net.lateral("web", "far"), "-", "there is no way back");
    transit(
        &mut net,
        json!([both[0], hub_route("10.9.0.0/16", "att-2", "blackhole")]),
    );
    assert_eq!(net.lateral("web", "far"), "-");
    transit(
        &mut net,
        json!([both[0], both[1], hub_route("10.9.1.0/24", "att-1", "active")]),
    );
    assert_eq!(net.lateral("web", "far"), "-", "a longer prefix leads elsewhere");
    transit(&mut net, crate::fixture::unreadable());
    assert_eq!(net.lateral("web", "far"), "tcp 9000 possible");
    net.put("att-2", "aws_ec2_transit_gateway_attachment", json!({"transit_gateway_id": "tgw-1", "attached_type": "vpc", "attached_id": "vpc-2", "resource_owner_id": "111"}));
    assert_eq!(net.lateral("web", "far"), "-", "no table is associated");
}

#[test]
fn what_is_behind_a_transit_gateway_is_told_apart() {
    let key = "transit_gateway_id";
    let mut net = Net::new();
    here(&mut net, key, "tgw-1");
    net.group("sg-web", "vpc-1", json!([tcp(22, "10.0.0.0/8")]));
    let attach = |kind: &str| {
        json!({"transit_gateway_id": "tgw-1", "attached_type": kind, "attached_id": "x", "resource_owner_id": "222",
            "association": {"transit_gateway_route_table_id": "tgw-rt"}})
    };
    transit(
        &mut net,
        json!([
            hub_route("10.0.0.0/16", "att-1", "active"),
            hub_route("10.9.0.0/16", "att-2", "active")
        ]),
    );
    for (kind, expected) in [
        ("vpc", "account 222 tcp 22 possible"),
        ("vpn", "premises tcp 22 conditional"),
        ("direct-connect-gateway", "premises tcp 22 conditional"),
        ("peering", "network 10.9.0.0/16 tcp 22 possible"),
    ] {
        net.put("att-2", "aws_ec2_transit_gateway_attachment", attach(kind));
        assert_eq!(net.exposed("web"), expected, "{kind}");
    }
    net.drop("tgw-1").drop("att-1").drop("att-2").drop("tgw-rt");
    assert_eq!(
        net.exposed("web"),
        "network 10.9.0.0/16 tcp 22 possible",
        "the gateway is another account's"
    );
}

#[test]
fn a_site_gateway_admits_networks_on_premises() {
    let mut net = Net::new();
    net.group("sg-app", "vpc-1", json!([tcp(22, "192.168.0.0/16")]));
    net.set(
        "rt-main",
        "routes",
        json!([local("10.0.0.0/16"), to("192.168.0.0/16", "gateway_id", "vgw-1")]),
    );
    net.put(
        "vgw-1",
        "aws_vpn_gateway",
        json!({"vpc_attachments": [{"vpc_id": "vpc-1", "state": "attached"}]}),
    );
    assert_eq!(net.exposed("app"), "premises tcp 22 conditional");
    net.put(
        "vgw-1",
        "aws_vpn_gateway",
        json!({"vpc_attachments": [{"vpc_id": "vpc-1", "state": "detached"}]}),
    );
    assert_eq!(net.exposed("app"), "-");
    net.put(
        "vgw-1",
        "aws_vpn_gateway",
        json!({"vpc_attachments": [{"vpc_id": "vpc-1", "state": "attached"}]}),
    );
    net.denied("aws_vpn_gateway");
    assert_eq!(
        net.exposed("app"),
        "premises tcp 22 conditional",
        "the route tells that it is there"
    );
    net.group("sg-app", "vpc-1", json!([tcp(22, "203.0.113.0/24")]));
    assert_eq!(net.exposed("app"), "-");
}

#[test]
fn a_shared_subnet_is_its_owners() {
    let mut owner = Net::new();
    owner
        .set("sub-a", "owner_id", json!("111"))
        .set("vpc-1", "owner_id", json!("111"));
    let mut guest = Net::empty("222");
    guest.put(
        "vpc-1",
        "aws_vpc",
        json!({"cidr_block": "10.0.0.0/16", "owner_id": "111"}),
    );
    guest.put(
        "sub-a",
        "aws_subnet",
        json!({"vpc_id": "vpc-1", "cidr_block": "10.0.1.0/24", "owner_id": "111"}),
    );
    guest.group("sg-guest", "vpc-1", json!([tcp(8443, "0.0.0.0/0")]));
    guest.instance(
        "guest",
        "sub-a",
        "10.0.1.50",
        Some("198.51.100.50"),
        &["sg-guest"],
    );
    assert_eq!(
        guest.exposed("guest"),
        "wide 0.0.0.0/0 tcp 8443 possible\nnetwork  tcp 8443 possible",
        "routes are the owner's to read"
    );
    for accounts in [[&owner, &guest], [&guest, &owner]] {
        let estate = Estate::new(accounts.iter().map(|net| net.read().value).collect());
        assert_eq!(exposed(&estate, "guest"), "wide 0.0.0.0/0 tcp 8443 certain");
        assert_eq!(lateral(&estate, "app", "guest"), "tcp 8443 certain");
    }
}

#[test]
fn families_are_judged_apart_inside_as_well() {
    let mut net = Net::new();
    for (subnet, block) in [("sub-a", "2a05:d018:0:1::/64"), ("sub-b", "2a05:d018:0:2::/64")] {
        net.set(
            subnet,
            "ipv6_cidr_block_association_set",
            json!([{"ipv6_cidr_block": block}]),
        );
    }
    net.group("sg-db", "vpc-1", json!([tcp(5432, "0.0.0.0/0")]));
    net.put("db", "aws_db_instance", json!({"publicly_accessible": false, "endpoint": {"port": 5432},
        "db_subnet_group": {"subnets": [{"subnet_identifier": "sub-b"}]}, "vpc_security_groups": [{"vpc_security_group_id": "sg-db"}]}));
    assert_eq!(
        net.lateral("web", "db"),
        "tcp 5432 certain",
        "its own address is not told, and IPv4 is enough"
    );
    net.group("sg-db", "vpc-1", json!([tcp(5432, "::/0")]));
    assert_eq!(net.lateral("web", "db"), "-", "the client has no IPv6 address");
}

#[test]
fn a_task_is_reached_by_its_network_interface() {
    let mut net = Net::new();
    net.put(
        "eni-t",
        "aws_network_interface",
        json!({"subnet_id": "sub-a", "status": "in-use", "interface_type": "interface", "description": "arn:aws:ecs:eu-west-1:111:attachment/a",
        "groups": [{"group_id": "sg-web"}], "ipv6_addresses": [],
        "private_ip_addresses": [{"private_ip_address": "10.0.1.40", "association": {"public_ip": "198.51.100.40"}}]}),
    );
    assert_eq!(net.exposed("eni-t"), "wide 0.0.0.0/0 tcp 443 certain");
    let details =
        json!([{"name": "subnetId", "value": "sub-a"}, {"name": "networkInterfaceId", "value": "eni-t"}]);
    net.put(
        "task",
        "aws_ecs_task",
        json!({"attachments": [{"details": null}, {"details": details}]}),
    );
    assert_eq!(
        (net.exposed("task").as_str(), net.exposed("eni-t").as_str()),
        ("wide 0.0.0.0/0 tcp 443 certain", "-")
    );
    net.set("task", "attachments", unreadable());
    assert_eq!(net.exposed("eni-t"), "wide 0.0.0.0/0 tcp 443 certain");
}

/// A second account whose identifiers are those of the first, as in code, with the instance `store` in its private subnet.
fn twin() -> Net {
    let mut two = Net::new();
    two.account = "222";
    for name in ["web", "app"] {
        two.drop(name);
    }
    two.group("sg-store", "vpc-1", json!([tcp(9000, "10.0.0.0/16")]));
    two.instance("store", "sub-b", "10.0.2.20", None, &["sg-store"]);
    two
}

#[test]
fn accounts_that_own_one_identifier_are_kept_apart() {
    let one = Net::new();
    let mut two = twin();
    two.instance("front", "sub-a", "10.0.1.20", Some("198.51.100.20"), &["sg-web"]);
    // What is open here is closed there.
    two.group("sg-web", "vpc-1", json!([tcp(8443, "0.0.0.0/0")]));
    for accounts in [[&one, &two], [&two, &one]] {
        let estate = Estate::new(accounts.map(|net| net.read().value).into());
        assert_eq!(lateral(&estate, "web", "store"), "-");
        assert_eq!(lateral(&estate, "front", "store"), "tcp 9000 certain");
        assert_eq!(lateral(&estate, "web", "app"), "tcp 8080 certain");
        assert_eq!(exposed(&estate, "web"), "wide 0.0.0.0/0 tcp 443 certain");
        assert_eq!(exposed(&estate, "front"), "wide 0.0.0.0/0 tcp 8443 certain");
        assert_eq!(lateral(&estate, "front", "app"), "-");
    }
}

#[test]
fn what_is_in_a_network_that_is_not_known_is_in_one_of_its_account() {
    let one = Net::new();
    let mut two = Net::empty("222");
    two.vpc("vpc-9", "10.0.0.0/16");
    two.subnet("sub-9", "vpc-9", "10.0.2.0/24");
    two.group("sg-store", "vpc-9", json!([tcp(9000, "10.0.0.0/8")]));
    two.instance("store", "sub-9", "10.0.2.20", None, &["sg-store"]);
    two.instance("near", "sub-9", "10.0.2.21", None, &["sg-store"]);
    two.set("store", "network_interfaces", json!([{"subnet_id": unreadable(), "private_ip_address": "10.0.2.20", "groups": [{"group_id": "sg-store"}]}]));
    let reach = |two: &Net| {
        let estate = Estate::new(vec![one.read().value, two.read().value]);
        (
            lateral(&estate, "web", "store"),
            lateral(&estate, "near", "store"),
        )
    };
    let (from_another, from_its_own) = reach(&two);
    assert_eq!(
        (from_another.as_str(), from_its_own.contains("possible")),
        ("-", true)
    );
    // Nothing is known of where it may be, once the networks of its account were not read.
    two.denied("aws_vpc");
    assert!(reach(&two).0.contains("possible"), "{:?}", reach(&two));
}
