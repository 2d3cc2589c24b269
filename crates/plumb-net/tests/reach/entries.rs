//! Private entries to services: whose requests get to them.

use plumb_net::reach::Certainty;
use serde_json::{Value as Json, json};

use crate::fixture::{Net, entry, local, open_acl, tcp, tcp_from, tcp_list, to, unreadable};

/// Who uses an entry, as `name certainty`, sorted.
fn users(net: &Net, name: &str) -> Vec<String> {
    let estate = net.estate();
    let mut users: Vec<String> = estate
        .entry_uses()
        .iter()
        .filter(|found| found.entry == name)
        .flat_map(|found| {
            let sure = match found.certainty {
                Certainty::Certain => "certain",
                Certainty::Conditional(_) => "conditional",
                Certainty::Possible(_) => "possible",
            };
            let members = &estate.groups()[found.group].members;
            members
                .iter()
                .map(|member| format!("{} {sure}", member.uid))
                .collect::<Vec<_>>()
        })
        .collect();
    users.sort();
    users
}

fn gateway(tables: Json) -> Json {
    json!({"vpc_endpoint_id": "vpce-s3", "vpc_endpoint_type": "Gateway", "vpc_id": "vpc-1", "route_table_ids": tables})
}

/// The net with a gateway endpoint that serves the public subnet, in which `web` stands.
fn with_gateway(tables: Json) -> Net {
    let mut net = Net::new();
    net.put("s3", "aws_vpc_endpoint", gateway(tables));
    net
}

/// The group of `web` lets out what these rules say.
fn lets_out(net: &mut Net, rules: Json) -> Vec<String> {
    net.set("sg-web", "ip_permissions_egress", rules);
    users(net, "s3")
}

#[test]
fn a_gateway_serves_the_subnets_of_its_route_tables() {
    assert_eq!(users(&with_gateway(json!(["rt-a"])), "s3"), ["web certain"]);
    assert_eq!(users(&with_gateway(json!(["rt-main"])), "s3"), ["app certain"]);
    assert_eq!(
        users(&with_gateway(json!(["rt-a", "rt-main"])), "s3"),
        ["app certain", "web certain"]
    );
    assert_eq!(users(&with_gateway(json!([])), "s3"), [""; 0]);
    assert_eq!(
        users(&with_gateway(unreadable()), "s3"),
        ["app possible", "web possible"]
    );
    let mut other = with_gateway(json!(["rt-a"]));
    other.set("s3", "vpc_id", json!("vpc-2"));
    assert_eq!(users(&other, "s3"), [""; 0]);
    // A route says the same as the endpoint does, whether the addresses of its list are known or not.
    let known = json!({"owner_id": "AWS", "prefix_list_name": "s3", "entries": [{"cidr": "52.219.0.0/16"}]});
    let named = json!({"owner_id": "AWS", "prefix_list_name": "s3"});
    for (list, by_address) in [(named, "web possible"), (known, "web certain")] {
        let mut routed = with_gateway(json!([]));
        routed.put("pl-1", "aws_ec2_managed_prefix_list", list);
        let route = json!({"destination_prefix_list_id": "pl-1", "gateway_id": "vpce-s3", "state": "active"});
        routed.table("rt-a", "vpc-1", &["sub-a"], json!([local("10.0.0.0/16"), route]));
        assert_eq!(users(&routed, "s3"), ["web certain"]);
        let https = json!({"ip_protocol": "tcp", "from_port": 443, "to_port": 443, "ip_ranges": [{"cidr_ip": "52.219.0.0/16"}]});
        assert_eq!(lets_out(&mut routed, json!([https])), [by_address]);
        assert_eq!(
            lets_out(&mut routed, json!([tcp_list(443, "pl-1")])),
            ["web certain"]
        );
    }
}

#[test]
fn filters_must_let_requests_out_and_answers_in() {
    let mut net = with_gateway(json!(["rt-a"]));
    assert_eq!(
        lets_out(&mut net, json!([tcp(443, "0.0.0.0/0")])),
        ["web certain"]
    );
    assert_eq!(
        lets_out(&mut net, json!([tcp(443, "0.0.0.0/1"), tcp(443, "128.0.0.0/1")])),
        ["web certain"]
    );
    assert_eq!(
        lets_out(&mut net, json!([tcp(443, "52.219.0.0/16")])),
        ["web possible"]
    );
    assert_eq!(lets_out(&mut net, json!([tcp(443, "10.0.0.0/8")])), [""; 0]);
    assert_eq!(lets_out(&mut net, json!([tcp(80, "0.0.0.0/0")])), [""; 0]);
    assert_eq!(lets_out(&mut net, json!([])), [""; 0]);
    let border = |entries: Json| {
        let mut net = with_gateway(json!(["rt-a"]));
        net.acl("acl-1", "vpc-1", &["sub-a", "sub-b"], entries);
        users(&net, "s3")
    };
    assert_eq!(border(open_acl()), ["web certain"]);
    // The client takes another port than the one that is shut for answers.
    let mut shut = open_acl();
    shut.as_array_mut()
        .unwrap()
        .insert(0, entry(80, "in", "deny", "6", Some((3389, 3389)), "0.0.0.0/0"));
    assert_eq!(border(shut), ["web certain"]);
    assert_eq!(
        border(json!([entry(100, "out", "allow", "-1", None, "0.0.0.0/0")])),
        [""; 0]
    );
}

#[test]
fn an_interface_is_used_by_whom_its_groups_admit() {
    let mut net = Net::new();
    net.group("sg-s3", "vpc-1", json!([tcp_from(443, "sg-app")]));
    net.put(
        "s3",
        "aws_vpc_endpoint",
        json!({"vpc_endpoint_id": "vpce-s3", "vpc_endpoint_type": "Interface", "vpc_id": "vpc-1", "subnet_ids": ["sub-b"], "groups": [{"group_id": "sg-s3"}]}),
    );
    assert_eq!(users(&net, "s3"), ["app certain"]);
    net.group("sg-s3", "vpc-1", json!([tcp(443, "10.0.0.0/16")]));
    assert_eq!(users(&net, "s3"), ["app certain", "web certain"]);
    net.group("sg-s3", "vpc-1", json!([tcp(80, "10.0.0.0/16")]));
    assert_eq!(users(&net, "s3"), [""; 0]);
    net.set("sg-s3", "ip_permissions", unreadable());
    assert_eq!(users(&net, "s3"), ["app possible", "web possible"]);
    let far = json!([
        local("10.0.0.0/16"),
        to("10.9.0.0/16", "vpc_peering_connection_id", "pcx-1")
    ]);
    net.table("rt-a", "vpc-1", &["sub-a"], far);
    assert_eq!(users(&net, "s3").len(), 2);
}
