//! What was not read is possible: neither certain nor absent.

use plumb_net::report::Standing;
use serde_json::{Value, json};

use crate::fixture::{Net, local, tcp, tcp_from, to, unreadable};

const WEB: &str = "wide 0.0.0.0/0 tcp 443 certain";
const PERHAPS: &str = "wide 0.0.0.0/0 tcp 443 possible";

#[test]
fn an_unread_part_of_the_way_makes_it_possible() {
    for (name, attribute) in [("rt-a", "routes"), ("acl-1", "entries")] {
        let mut net = Net::new();
        net.set(name, attribute, unreadable());
        assert!(net.exposed("web").starts_with(PERHAPS), "{name}.{attribute}");
    }
}

#[test]
fn a_type_that_could_not_be_listed_makes_it_possible() {
    for kind in [
        "aws_route_table",
        "aws_network_acl",
        "aws_internet_gateway",
        "aws_ec2_region_settings",
    ] {
        let mut net = Net::new();
        net.denied(kind);
        assert!(net.exposed("web").starts_with(PERHAPS), "{kind}");
    }
}

#[test]
fn an_unread_security_group_may_admit_everything() {
    let mut net = Net::new();
    net.set("sg-web", "ip_permissions", unreadable());
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 all possible");
    let mut net = Net::new();
    net.denied("aws_security_group");
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 all possible");
    assert_eq!(net.lateral("web", "app"), "all possible");
}

#[test]
fn what_is_known_stays_certain_beside_what_is_not() {
    let mut net = Net::new();
    net.instance(
        "web",
        "sub-a",
        "10.0.1.10",
        Some("198.51.100.10"),
        &["sg-web", "sg-gone"],
    );
    let lines = net.exposed("web");
    assert!(
        lines.starts_with(WEB) && lines.lines().count() == 2 && lines.ends_with("possible"),
        "{lines}"
    );
}

#[test]
fn another_unread_thing_does_not_open_what_is_closed() {
    let mut net = Net::new();
    net.group("sg-web", "vpc-1", json!([tcp(443, "10.0.0.0/8")]));
    net.set("rt-a", "routes", unreadable())
        .set("acl-1", "entries", unreadable());
    assert_eq!(
        net.exposed("web"),
        "network 10.0.0.0/8 tcp 443 possible",
        "the security group was read and admits nobody of the internet"
    );
    let mut net = Net::new();
    net.set("igw-1", "attachments", json!([]))
        .set("sg-web", "ip_permissions", unreadable());
    assert_eq!(net.exposed("web"), "-", "the route was read and leads nowhere");
}

#[test]
fn an_unread_rule_opens_perhaps_and_the_others_certainly() {
    let mut net = Net::new();
    let mut odd = tcp(22, "0.0.0.0/0");
    odd["ip_ranges"] = unreadable();
    net.group("sg-web", "vpc-1", json!([tcp(443, "0.0.0.0/0"), odd]));
    assert_eq!(
        net.exposed("web"),
        format!("{WEB}\nwide 0.0.0.0/0 tcp 22 possible")
    );
}

#[test]
fn a_prefix_that_is_none_is_a_problem_and_not_known() {
    let mut net = Net::new();
    net.group("sg-web", "vpc-1", json!([tcp(443, "not-a-prefix")]));
    assert_eq!(net.exposed("web"), PERHAPS);
    let problems = net.read().problems;
    assert_eq!(problems[0].resource, "sg-web");
    assert_eq!(problems[0].attribute, "ip_permissions[0]");
    assert_eq!(problems[0].message, "`not-a-prefix` is not an address prefix");
}

#[test]
fn unread_interfaces_of_an_instance_leave_everything_open() {
    let mut net = Net::new();
    net.set("web", "network_interfaces", unreadable());
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0+::/0 all possible");
    let estate = net.estate();
    assert!(matches!(
        estate.exposure_of("web").unwrap().internet,
        Standing::NotKnown(_)
    ));
}

#[test]
fn an_unread_route_target_may_be_the_internet() {
    let mut net = Net::new();
    let mut route = to("0.0.0.0/0", "gateway_id", "x");
    route["gateway_id"] = unreadable();
    net.table("rt-a", "vpc-1", &["sub-a"], json!([local("10.0.0.0/16"), route]));
    assert_eq!(net.exposed("web"), PERHAPS);
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-a"],
        json!([local("10.0.0.0/16"), to("0.0.0.0/0", "gateway_id", "igw-gone")]),
    );
    assert_eq!(
        net.exposed("web"),
        PERHAPS,
        "a gateway that is not among those read"
    );
}

#[test]
fn an_unread_list_in_a_route_table_puts_the_rest_in_doubt() {
    let mut net = Net::new();
    let listed =
        |key: &str, id: &str| json!({"destination_prefix_list_id": "pl-1", key: id, "state": "active"});
    net.put(
        "pl-1",
        "aws_ec2_managed_prefix_list",
        json!({"owner_id": "111", "prefix_list_name": "x", "entries": unreadable()}),
    );
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-a"],
        json!([local("10.0.0.0/16"), listed("gateway_id", "igw-1")]),
    );
    assert_eq!(net.exposed("web"), PERHAPS);
    let all = to("0.0.0.0/0", "gateway_id", "igw-1");
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-a"],
        json!([local("10.0.0.0/16"), all, listed("nat_gateway_id", "nat-1")]),
    );
    assert_eq!(net.exposed("web"), PERHAPS);
    net.put(
        "pl-1",
        "aws_ec2_managed_prefix_list",
        json!({"owner_id": "AWS", "prefix_list_name": "s3"}),
    );
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-a"],
        json!([local("10.0.0.0/16"), all, listed("gateway_id", "vpce-s3")]),
    );
    assert_eq!(net.exposed("web"), WEB, "a list of AWS takes a narrow part only");
}

#[test]
fn not_exposed_and_not_known_are_apart() {
    let mut net = Net::new();
    let standing = |net: &Net, uid: &str| net.estate().exposure_of(uid).map(|found| found.internet);
    assert_eq!(standing(&net, "web"), Some(Standing::Exposed));
    assert_eq!(standing(&net, "app"), Some(Standing::NotExposed));
    assert_eq!(standing(&net, "nobody"), None);
    net.denied("aws_lb");
    assert_eq!(standing(&net, "web"), Some(Standing::Exposed));
    assert!(
        matches!(standing(&net, "app"), Some(Standing::NotKnown(_))),
        "a load balancer may lead to it"
    );
}

#[test]
fn a_stopped_instance_is_exposed_once_it_is_started() {
    let mut net = Net::new();
    net.set("web", "state", json!({"name": "stopped"}));
    let estate = net.estate();
    let found = estate.exposure_of("web").unwrap();
    let once = Standing::ExposedIf(vec!["the instance is started".into()]);
    assert_eq!((found.internet, found.outside), (once.clone(), once));
    // What of its ways is certain counts before what is not.
    net.put("web-2", "aws_network_interface", json!({
        "attachment": null, "interface_type": "interface", "subnet_id": "sub-a", "groups": [{"group_id": "sg-web"}],
        "private_ip_addresses": [{"private_ip_address": "10.0.1.11", "association": {"public_ip": "198.51.100.11"}}],
    }));
    let estate = net.estate();
    assert_eq!(estate.exposure_of("web-2").unwrap().internet, Standing::Exposed);
}

#[test]
fn replies_must_leave_by_the_gateway_that_the_request_came_through() {
    let mut net = Net::new();
    let table = |target: Value| {
        json!([
            {"destination_cidr_block": "10.0.0.0/16", "gateway_id": "local", "state": "active"},
            {"destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "state": "active"},
            target,
        ])
    };
    let half = json!({"destination_cidr_block": "0.0.0.0/1", "nat_gateway_id": "nat-1", "state": "active"});
    net.table("rt-a", "vpc-1", &["sub-a"], table(half));
    assert_eq!(net.exposed("web"), "wide 128.0.0.0/1 tcp 443 certain");
    // A longer prefix takes its addresses away, whatever the order of the routes.
    let office =
        json!({"destination_cidr_block": "203.0.113.0/24", "nat_gateway_id": "nat-1", "state": "active"});
    net.table("rt-a", "vpc-1", &["sub-a"], table(office));
    net.group("sg-web", "vpc-1", json!([tcp(443, "203.0.113.0/24")]));
    assert_eq!(net.exposed("web"), "-");
    net.group("sg-web", "vpc-1", json!([tcp(443, "203.0.112.0/23")]));
    assert_eq!(net.exposed("web"), "203.0.112.0/24 tcp 443 certain");
}

#[test]
fn narrow_exposure_is_no_exposure_to_the_internet_as_a_whole() {
    let mut net = Net::new();
    net.group("sg-web", "vpc-1", json!([tcp(22, "203.0.113.0/24")]));
    let estate = net.estate();
    let found = estate.exposure_of("web").unwrap();
    assert_eq!(
        (found.internet, found.outside),
        (Standing::NotExposed, Standing::Exposed)
    );
}

#[test]
fn facts_that_nobody_asked_for_are_not_absent() {
    let mut net = Net::new();
    net.set("settings", "vpc_block_public_access", json!(null));
    assert_eq!(net.exposed("web"), WEB);
    for collected in &mut net.coverage.collected {
        collected.facts.clear();
    }
    assert_eq!(net.exposed("web"), PERHAPS);
}

#[test]
fn an_interrupted_scan_proves_no_absence() {
    let mut net = Net::new();
    net.coverage.interrupted = Some(plumb_model::value::Reason::Cancelled);
    let estate = net.estate();
    assert!(matches!(
        estate.exposure_of("app").unwrap().internet,
        Standing::NotKnown(_)
    ));
}

#[test]
fn unread_targets_of_a_listener_may_be_anybody() {
    let mut net = Net::new();
    net.put("lb", "aws_lb", json!({"type": "network", "scheme": "internet-facing", "vpc_id": "vpc-1", "availability_zones": [{"subnet_id": "sub-a"}]}));
    net.put(
        "listener",
        "aws_lb_listener",
        json!({"load_balancer_arn": "lb", "port": 443, "protocol": "TCP",
        "default_actions": [{"target_group_arn": "tg"}]}),
    );
    net.put(
        "tg",
        "aws_lb_target_group",
        json!({"target_type": "instance", "protocol": "TCP", "port": 1, "targets": unreadable()}),
    );
    assert!(matches!(
        net.estate().exposure_of("app").unwrap().internet,
        Standing::NotKnown(_)
    ));
    net.drop("tg");
    assert!(matches!(
        net.estate().exposure_of("app").unwrap().internet,
        Standing::NotKnown(_)
    ));
    assert!(
        net.read()
            .problems
            .iter()
            .any(|problem| problem.message.contains("target group `tg` was not read"))
    );
}

#[test]
fn unread_listeners_make_a_public_load_balancer_possibly_exposed() {
    let mut net = Net::new();
    net.put("lb", "aws_lb", json!({"type": "network", "scheme": "internet-facing", "vpc_id": "vpc-1", "availability_zones": [{"subnet_id": "sub-a"}]}));
    assert_eq!(net.exposed("lb"), "-", "it has no listener");
    net.denied("aws_lb_listener");
    assert_eq!(net.exposed("lb"), "wide 0.0.0.0/0 tcp,udp possible");
}

#[test]
fn two_documents_with_one_uid_are_a_problem() {
    let net = Net::new();
    let parsed = {
        let resource = |number: i64| {
            let mut map = plumb_model::value::Map::new();
            map.insert("vpc_id", "vpc-1");
            map.insert("number", number);
            plumb_model::resource::Resource::new("vpc-1", "aws_vpc", "vpc-1", "111", "eu-west-1", map)
        };
        let (one, two) = (resource(1), resource(2));
        let account = plumb_model::account::Account::new(plumb_model::account::Provider::Aws, "111");
        plumb_net::model::AccountNetwork::read(&account, &[&one, &two], &net.coverage)
    };
    assert_eq!(parsed.value.networks.len(), 1);
    assert!(parsed.problems[0].message.contains("twice"));
}

#[test]
fn the_order_of_documents_changes_nothing() {
    let mut net = Net::new();
    net.group(
        "sg-x",
        "vpc-1",
        json!([tcp(22, "203.0.113.0/24"), tcp_from(1, "sg-gone")]),
    );
    let before = format!("{:?}", net.estate().exposures());
    let web = net.clone();
    net.drop("sg-x").drop("rt-a").drop("web");
    net.table(
        "rt-a",
        "vpc-1",
        &["sub-a"],
        json!([local("10.0.0.0/16"), to("0.0.0.0/0", "gateway_id", "igw-1"),
        {"destination_ipv6_cidr_block": "::/0", "gateway_id": "igw-1", "state": "active"}]),
    );
    net.instance("web", "sub-a", "10.0.1.10", Some("198.51.100.10"), &["sg-web"]);
    net.group(
        "sg-x",
        "vpc-1",
        json!([tcp(22, "203.0.113.0/24"), tcp_from(1, "sg-gone")]),
    );
    assert_eq!(format!("{:?}", net.estate().exposures()), before);
    assert_eq!(
        format!("{:?}", web.estate().group_reach()),
        format!("{:?}", net.estate().group_reach())
    );
}

#[test]
fn a_list_that_was_read_in_part_is_not_known_to_its_end() {
    let mut net = Net::new();
    net.put(
        "rt-x",
        "aws_route_table",
        json!({"vpc_id": "vpc-1", "associations": [unreadable()], "routes": []}),
    );
    assert_eq!(net.exposed("web"), WEB, "its own association was read");
    assert_eq!(
        net.egress("app"),
        "all possible",
        "it may belong to the other table"
    );
    let mut net = Net::new();
    net.set("igw-1", "attachments", json!([unreadable()]));
    assert!(net.exposed("web").starts_with(PERHAPS));
    let mut net = Net::new();
    net.set(
        "sg-web",
        "ip_permissions",
        json!([tcp(443, "10.0.0.0/8"), unreadable()]),
    );
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 all possible");
}

#[test]
fn a_main_table_counts_only_when_all_tables_were_read() {
    let mut net = Net::new();
    net.coverage.interrupted = Some(plumb_model::value::Reason::Cancelled);
    assert_eq!(net.exposed("web"), WEB, "its table is associated explicitly");
    assert_eq!(net.egress("app"), "all possible");
}

#[test]
fn a_nat_gateway_that_was_not_read_still_lets_nothing_in() {
    let mut net = Net::new();
    net.denied("aws_nat_gateway");
    net.group("sg-app", "vpc-1", json!([tcp(22, "0.0.0.0/0")]));
    net.instance("app", "sub-b", "10.0.2.10", Some("198.51.100.20"), &["sg-app"]);
    assert_eq!(net.exposed("app"), "-");
    assert_eq!(net.egress("app"), "all possible");
}

#[test]
fn unread_routes_leave_neighbours_open() {
    let mut net = Net::new();
    net.group("sg-app", "vpc-1", json!([tcp(22, "10.0.0.0/8")]));
    net.set("rt-main", "routes", unreadable());
    assert_eq!(net.exposed("app"), "network 10.0.0.0/8 tcp 22 possible");
    let estate = net.estate();
    let found = estate.exposure_of("app").unwrap();
    assert_eq!(found.internet, Standing::NotExposed);
    assert!(matches!(found.outside, Standing::NotKnown(_)));
}

#[test]
fn other_providers_are_not_known() {
    let account = plumb_model::account::Account::new(plumb_model::account::Provider::Azure, "s");
    let parsed =
        plumb_net::model::AccountNetwork::read(&account, &[], &plumb_model::coverage::Coverage::default());
    assert_eq!(parsed.value.blind, ["networks of Azure are not modelled"]);
}
