//! Network ACLs, security groups and prefix lists.

use serde_json::json;

use crate::fixture::{Net, entry, tcp, tcp_from, tcp_list, tcp_range, unreadable};

const WEB: &str = "wide 0.0.0.0/0 tcp 443 certain";

fn with_entries(entries: serde_json::Value) -> Net {
    let mut net = Net::new();
    net.set("acl-1", "entries", entries);
    net
}

#[test]
fn the_lowest_number_decides_whatever_the_order_of_the_list() {
    let allow = entry(100, "in", "allow", "6", Some((443, 443)), "0.0.0.0/0");
    let out = entry(100, "out", "allow", "-1", None, "0.0.0.0/0");
    let deny = |number| entry(number, "in", "deny", "6", Some((443, 443)), "0.0.0.0/0");
    assert_eq!(with_entries(json!([allow, out, deny(90)])).exposed("web"), "-");
    assert_eq!(with_entries(json!([deny(90), allow, out])).exposed("web"), "-");
    assert_eq!(with_entries(json!([deny(110), allow, out])).exposed("web"), WEB);
}

#[test]
fn a_denied_part_is_cut_out() {
    let net = with_entries(json!([
        entry(90, "in", "deny", "-1", None, "0.0.0.0/1"),
        entry(100, "in", "allow", "-1", None, "0.0.0.0/0"),
        entry(100, "out", "allow", "-1", None, "0.0.0.0/0"),
    ]));
    let mut lone = net.clone();
    lone.group(
        "sg-web",
        "vpc-1",
        json!([tcp(443, "203.0.113.0/24"), tcp(22, "8.8.8.0/24")]),
    );
    assert_eq!(lone.exposed("web"), "203.0.113.0/24 tcp 443 certain");
}

#[test]
fn what_no_entry_matches_is_denied() {
    assert_eq!(with_entries(json!([])).exposed("web"), "-");
    let out = entry(100, "out", "allow", "-1", None, "0.0.0.0/0");
    assert_eq!(
        with_entries(json!([
            entry(100, "in", "allow", "6", Some((80, 80)), "0.0.0.0/0"),
            out
        ]))
        .exposed("web"),
        "-"
    );
    assert_eq!(
        with_entries(json!([
            entry(100, "in", "allow", "17", Some((443, 443)), "0.0.0.0/0"),
            out
        ]))
        .exposed("web"),
        "-"
    );
    assert_eq!(
        with_entries(json!([entry(100, "in", "allow", "-1", None, "::/0"), out])).exposed("web"),
        "-"
    );
}

#[test]
fn replies_need_entries_of_their_own() {
    let inbound = entry(100, "in", "allow", "-1", None, "0.0.0.0/0");
    let out = |ports, cidr| entry(100, "out", "allow", "6", Some(ports), cidr);
    assert_eq!(with_entries(json!([inbound])).exposed("web"), "-");
    assert_eq!(
        with_entries(json!([inbound, out((1024, 65535), "0.0.0.0/0")])).exposed("web"),
        WEB
    );
    let some = with_entries(json!([inbound, out((32768, 60999), "0.0.0.0/0")]));
    assert_eq!(some.exposed("web"), "wide 0.0.0.0/0 tcp 443 conditional");
    assert_eq!(
        with_entries(json!([inbound, out((1024, 65535), "10.0.0.0/8")])).exposed("web"),
        "-"
    );
    let udp = entry(100, "out", "allow", "17", Some((1024, 65535)), "0.0.0.0/0");
    assert_eq!(with_entries(json!([inbound, udp])).exposed("web"), "-");
}

#[test]
fn security_groups_remember_connections() {
    let mut net = Net::new();
    net.set("sg-web", "ip_permissions_egress", json!([]));
    assert_eq!(net.exposed("web"), WEB);
}

#[test]
fn groups_of_an_interface_add_up() {
    let mut net = Net::new();
    net.group("sg-ssh", "vpc-1", json!([tcp(22, "203.0.113.7/32")]));
    net.instance(
        "web",
        "sub-a",
        "10.0.1.10",
        Some("198.51.100.10"),
        &["sg-ssh", "sg-web"],
    );
    assert_eq!(
        net.exposed("web"),
        "wide 0.0.0.0/0 tcp 443 certain\n203.0.113.7/32 tcp 22 certain"
    );
    net.instance("web", "sub-a", "10.0.1.10", Some("198.51.100.10"), &[]);
    assert_eq!(net.exposed("web"), "-");
}

#[test]
fn protocols_are_told_apart() {
    let rule = |protocol: &str, from: i64, to: i64| json!([{"ip_protocol": protocol, "from_port": from, "to_port": to, "ip_ranges": [{"cidr_ip": "0.0.0.0/0"}]}]);
    for (permissions, expected) in [
        (
            json!([{"ip_protocol": "-1", "ip_ranges": [{"cidr_ip": "0.0.0.0/0"}]}]),
            "all",
        ),
        (rule("udp", 53, 53), "udp 53"),
        (rule("tcp", 0, 65535), "tcp"),
        (rule("tcp", -1, -1), "tcp"),
        (rule("icmp", 8, -1), "icmp type 8"),
        (rule("icmp", -1, -1), "icmp"),
        (rule("47", -1, -1), "47"),
    ] {
        let mut net = Net::new();
        net.group("sg-web", "vpc-1", permissions);
        assert_eq!(net.exposed("web"), format!("wide 0.0.0.0/0 {expected} certain"));
    }
}

#[test]
fn icmp_types_of_an_acl_count() {
    let icmp = |kind: i64| {
        let mut entry = entry(100, "in", "allow", "1", None, "0.0.0.0/0");
        entry["icmp_type_code"] = json!({"type": kind, "code": -1});
        json!([
            entry,
            crate::fixture::entry(100, "out", "allow", "-1", None, "0.0.0.0/0")
        ])
    };
    for (kind, expected) in [
        (8, "wide 0.0.0.0/0 icmp type 8 certain"),
        (-1, "wide 0.0.0.0/0 icmp type 8 certain"),
        (3, "-"),
    ] {
        let mut net = with_entries(icmp(kind));
        let ping = json!([{"ip_protocol": "icmp", "from_port": 8, "to_port": -1, "ip_ranges": [{"cidr_ip": "0.0.0.0/0"}]}]);
        net.group("sg-web", "vpc-1", ping);
        assert_eq!(net.exposed("web"), expected, "type {kind}");
    }
}

#[test]
fn a_reference_admits_members_and_nobody_else() {
    let net = Net::new();
    assert_eq!(net.lateral("web", "app"), "tcp 8080 certain");
    assert_eq!(
        net.lateral("app", "web"),
        "tcp 443 certain",
        "the rule for everywhere holds inside as well"
    );
    let mut other = net.clone();
    other.group("sg-other", "vpc-1", json!([]));
    other.instance("web", "sub-a", "10.0.1.10", Some("198.51.100.10"), &["sg-other"]);
    assert_eq!(other.lateral("web", "app"), "-");
}

#[test]
fn a_reference_to_itself_admits_the_members() {
    let mut net = Net::new();
    net.group("sg-app", "vpc-1", json!([tcp_from(7000, "sg-app")]));
    net.instance("app2", "sub-b", "10.0.2.11", None, &["sg-app"]);
    assert_eq!(net.lateral("app", "app2"), "tcp 7000 certain");
    assert_eq!(net.lateral("web", "app"), "-");
}

#[test]
fn chains_of_references_do_not_pass_on() {
    let mut net = Net::new();
    net.group("sg-db", "vpc-1", json!([tcp_from(5432, "sg-app")]));
    net.instance("db", "sub-b", "10.0.2.20", None, &["sg-db"]);
    assert_eq!(net.lateral("app", "db"), "tcp 5432 certain");
    assert_eq!(net.lateral("web", "db"), "-");
    net.group("sg-app", "vpc-1", json!([tcp_from(1, "sg-db")]));
    net.group("sg-db", "vpc-1", json!([tcp_from(2, "sg-app")]));
    assert_eq!(
        (
            net.lateral("app", "db").as_str(),
            net.lateral("db", "app").as_str()
        ),
        ("tcp 2 certain", "tcp 1 certain")
    );
}

#[test]
fn outgoing_rules_bound_what_a_group_reaches() {
    let mut net = Net::new();
    net.set(
        "sg-web",
        "ip_permissions_egress",
        json!([tcp_from(8080, "sg-app")]),
    );
    assert_eq!(net.lateral("web", "app"), "tcp 8080 certain");
    net.set("sg-web", "ip_permissions_egress", json!([tcp(443, "0.0.0.0/0")]));
    assert_eq!(net.lateral("web", "app"), "-");
}

#[test]
fn a_rule_for_one_address_admits_part_of_a_group() {
    let mut net = Net::new();
    net.group("sg-app", "vpc-1", json!([tcp(8080, "10.0.1.10/32")]));
    assert_eq!(net.lateral("web", "app"), "tcp 8080 certain");
    net.instance("web2", "sub-a", "10.0.1.11", None, &["sg-web"]);
    assert_eq!(net.lateral("web", "app"), "tcp 8080 conditional");
}

#[test]
fn acls_stand_between_subnets_and_not_inside_one() {
    let mut net = Net::new();
    net.set("acl-1", "entries", json!([]));
    assert_eq!(net.lateral("web", "app"), "-");
    net.instance("app", "sub-a", "10.0.1.20", None, &["sg-app"]);
    assert_eq!(net.lateral("web", "app"), "tcp 8080 certain");
}

#[test]
fn entries_of_a_customers_list_count() {
    let mut net = Net::new();
    net.group("sg-web", "vpc-1", json!([tcp_list(22, "pl-1")]));
    let list = |cidrs: &[&str]| {
        let entries: Vec<_> = cidrs.iter().map(|cidr| json!({"cidr": cidr})).collect();
        json!({"owner_id": "111", "prefix_list_name": "offices", "entries": entries})
    };
    net.put(
        "pl-1",
        "aws_ec2_managed_prefix_list",
        list(&["203.0.113.0/25", "203.0.113.128/25"]),
    );
    assert_eq!(net.exposed("web"), "203.0.113.0/24 tcp 22 certain");
    net.put("pl-1", "aws_ec2_managed_prefix_list", list(&["0.0.0.0/0"]));
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 22 certain");
    net.put("pl-1", "aws_ec2_managed_prefix_list", list(&["10.0.0.0/8"]));
    assert_eq!(net.exposed("web"), "-");
    net.set("pl-1", "entries", unreadable());
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 22 possible");
    net.drop("pl-1");
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 22 possible");
}

#[test]
fn lists_of_aws_are_narrow_and_named() {
    let mut net = Net::new();
    let name = "com.amazonaws.global.cloudfront.origin-facing";
    net.group("sg-web", "vpc-1", json!([tcp_list(443, "pl-cf")]));
    net.put(
        "pl-cf",
        "aws_ec2_managed_prefix_list",
        json!({"owner_id": "AWS", "prefix_list_name": name, "entries": null}),
    );
    assert_eq!(net.exposed("web"), format!("service {name} tcp 443 certain"));
    // Code names a list that it does not have; the list of somebody else may be the internet.
    net.drop("pl-cf");
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 443 possible");
    net.group("sg-web", "vpc-1", json!([tcp_list(443, name)]));
    assert_eq!(net.exposed("web"), format!("service {name} tcp 443 certain"));
    net.instance("web", "sub-b", "10.0.2.30", Some("198.51.100.10"), &["sg-web"]);
    assert_eq!(net.exposed("web"), "-", "there is no way back");
    // Code names it where the cloud numbers it.
    let mut net = Net::new();
    net.group("sg-web", "vpc-1", json!([tcp_list(443, name)]));
    assert_eq!(net.exposed("web"), format!("service {name} tcp 443 certain"));
    net.group("sg-web", "vpc-1", json!([tcp_list(443, "com.example.offices")]));
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 443 possible");
}

#[test]
fn many_different_sources_are_put_together() {
    let rules: Vec<_> = (0..200)
        .map(|n| tcp_range(n, n, &format!("203.0.113.{n}/32")))
        .collect();
    let mut net = Net::new();
    net.group("sg-web", "vpc-1", json!(rules));
    let lines = net.exposed("web");
    assert_eq!(lines.lines().count(), 65);
    assert!(lines.lines().last().unwrap().ends_with("conditional"));
}

#[test]
fn rules_have_a_budget_and_what_is_beyond_is_not_known() {
    let rule = |n: u16| tcp(22, &format!("203.0.{}.{}/32", n / 256, n % 256));
    let mut net = Net::new();
    net.group("sg-web", "vpc-1", json!((0..2002).map(rule).collect::<Vec<_>>()));
    let lines = net.exposed("web");
    assert!(lines.starts_with("wide 0.0.0.0/0 all possible\n"), "{lines}");
    assert!(lines.ends_with("tcp 22 certain"), "{lines}");
    let problems = net.read().problems;
    assert!(
        problems
            .iter()
            .any(|problem| problem.message.contains("more than 2000 rules"))
    );
    let mut net = Net::new();
    let entry = |n: i64| entry(n, "in", "allow", "6", Some((1, 2)), "0.0.0.0/0");
    net.set("acl-1", "entries", json!((0..201).map(entry).collect::<Vec<_>>()));
    assert_eq!(net.exposed("web"), "wide 0.0.0.0/0 tcp 443 possible");
}
