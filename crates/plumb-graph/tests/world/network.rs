//! A network with a public subnet, for worlds.

use serde_json::{Value, json};

use super::{OWN, REGION, World};

/// Where the route table of the public subnet sends what is not local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    ToInternet,
    Nowhere,
}

pub(crate) fn ec2(what: &str) -> String {
    format!("arn:aws:ec2:{REGION}:{OWN}:{what}")
}

/// A rule of a security group that admits one TCP port from blocks.
pub(crate) fn tcp(port: u16, blocks: &[&str]) -> Value {
    let ranges: Vec<Value> = blocks.iter().map(|block| json!({ "cidr_ip": block })).collect();
    json!({ "ip_protocol": "tcp", "from_port": port, "to_port": port, "ip_ranges": ranges })
}

/// A rule that admits one TCP port from members of a group.
pub(crate) fn tcp_from(port: u16, group: &str) -> Value {
    json!({ "ip_protocol": "tcp", "from_port": port, "to_port": port, "user_id_group_pairs": [{ "group_id": group }] })
}

impl World {
    /// The network `vpc-1` with the subnet `sub-a`, whose route table leads to its internet gateway or not.
    pub(crate) fn network(&mut self, way: Way) {
        self.put("aws_ec2_region_settings", &ec2("settings/all"), json!({
            "vpc_block_public_access": { "internet_gateway_block_mode": "off" }, "snapshot_block_public_access": "unblocked",
        }));
        self.put(
            "aws_vpc",
            &ec2("vpc/vpc-1"),
            json!({ "vpc_id": "vpc-1", "cidr_block": "10.0.0.0/16" }),
        );
        self.put(
            "aws_internet_gateway",
            &ec2("internet-gateway/igw-1"),
            json!({
                "internet_gateway_id": "igw-1", "attachments": [{ "vpc_id": "vpc-1", "state": "available" }],
            }),
        );
        self.put(
            "aws_subnet",
            &ec2("subnet/sub-a"),
            json!({
                "subnet_id": "sub-a", "vpc_id": "vpc-1", "cidr_block": "10.0.1.0/24",
            }),
        );
        let local =
            json!({ "destination_cidr_block": "10.0.0.0/16", "gateway_id": "local", "state": "active" });
        let out = json!({ "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "state": "active" });
        let routes = match way {
            Way::ToInternet => json!([local, out]),
            Way::Nowhere => json!([local]),
        };
        self.put(
            "aws_route_table",
            &ec2("route-table/rt-a"),
            json!({
                "route_table_id": "rt-a", "vpc_id": "vpc-1", "routes": routes,
                "associations": [{ "subnet_id": "sub-a" }, { "main": true }],
            }),
        );
        let open = |egress: bool| {
            json!({
                "rule_number": 100, "egress": egress, "rule_action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0",
            })
        };
        self.put(
            "aws_network_acl",
            &ec2("network-acl/acl-1"),
            json!({
                "network_acl_id": "acl-1", "vpc_id": "vpc-1", "associations": [{ "subnet_id": "sub-a" }],
                "entries": [open(false), open(true)],
            }),
        );
    }

    /// A security group that lets everything out.
    pub(crate) fn security_group(&mut self, id: &str, rules: impl Into<Value>) {
        let all = json!([{ "ip_protocol": "-1", "ip_ranges": [{ "cidr_ip": "0.0.0.0/0" }] }]);
        self.put("aws_security_group", &ec2(&format!("security-group/{id}")), json!({
            "group_id": id, "vpc_id": "vpc-1", "ip_permissions": rules.into(), "ip_permissions_egress": all,
        }));
    }

    /// A running instance in `sub-a` with a public address, which runs as a role or as nobody.
    pub(crate) fn instance(&mut self, id: &str, address: u8, group: &str, role: Option<&str>) -> String {
        let uid = ec2(&format!("instance/{id}"));
        let profile = role.map(|role| {
            let profile = super::iam(&format!("instance-profile/{id}"));
            self.put(
                "aws_iam_instance_profile",
                &profile,
                json!({ "instance_profile_name": id, "roles": [{ "arn": role }] }),
            );
            json!({ "arn": profile })
        });
        self.put("aws_ec2_instance", &uid, json!({
            "instance_id": id, "state": { "name": "running" }, "iam_instance_profile": profile, "user_data": null,
            "network_interfaces": [{
                "subnet_id": "sub-a", "groups": [{ "group_id": group }], "ipv6_addresses": [],
                "private_ip_addresses": [{
                    "private_ip_address": format!("10.0.1.{address}"), "primary": true,
                    "association": { "public_ip": format!("198.51.100.{address}") },
                }],
            }],
        }));
        uid
    }
}
