//! Networks: each VPC with its subnets, routes, gateways, filters and the security groups of its tiers.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::{groups, routes};

/// What stands in a subnet: something with a way from the internet, or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Its route table leads to the internet gateway.
    Public,
    /// Its route table leads to the NAT gateway.
    Private,
}

/// Whether the network ACL lets remote administration through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// As AWS makes it: everything may pass.
    AllowAll,
    /// SSH and RDP from the internet are denied before the rest is allowed.
    DenyAdministration,
}

/// A security group by id and name.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: Text,
    pub(crate) name: Text,
}

/// The security groups that every network has.
#[derive(Clone, Debug)]
pub(crate) struct Tiers {
    pub(crate) balancer: Group,
    pub(crate) web: Group,
    pub(crate) app: Group,
    pub(crate) database: Group,
}

/// A subnet and how many of its addresses are taken.
#[derive(Clone, Debug)]
pub(crate) struct Subnet {
    pub(crate) id: Text,
    pub(crate) zone: Text,
    tier: Tier,
    third_octet: u64,
    capacity: u64,
    used: u64,
}

/// A VPC while its account is being filled.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) region: &'static str,
    pub(crate) vpc: Text,
    pub(crate) tiers: Tiers,
    pub(crate) subnet_group: Text,
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) second_octet: u64,
}

/// A free address in a subnet.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) region: &'static str,
    pub(crate) vpc: Text,
    pub(crate) subnet: Text,
    pub(crate) zone: Text,
    pub(crate) address: Text,
    pub(crate) tiers: Tiers,
    pub(crate) subnet_group: Text,
}

impl Network {
    /// The subnets of a tier: ids and zones.
    pub(crate) fn subnets_of(&self, tier: Tier) -> Vec<(Text, Text)> {
        self.subnets
            .iter()
            .filter(|subnet| subnet.tier == tier)
            .map(|subnet| (subnet.id.clone(), subnet.zone.clone()))
            .collect()
    }

    /// Takes an address of the emptiest subnet of a tier; `None` when all are full.
    pub(crate) fn take(&mut self, tier: Tier) -> Option<Place> {
        let subnet = self
            .subnets
            .iter_mut()
            .filter(|subnet| subnet.tier == tier && subnet.used < subnet.capacity)
            .min_by_key(|subnet| subnet.used)?;
        let (third, fourth) = (subnet.third_octet + subnet.used / 240, 10 + subnet.used % 240);
        subnet.used += 1;
        Some(Place {
            region: self.region,
            vpc: self.vpc.clone(),
            subnet: subnet.id.clone(),
            zone: subnet.zone.clone(),
            address: Text::from(format!("10.{}.{third}.{fourth}", self.second_octet)),
            tiers: self.tiers.clone(),
            subnet_group: self.subnet_group.clone(),
        })
    }
}

/// What of a network is decided before it is made.
struct Ids {
    region: &'static str,
    vpc: Text,
    second_octet: u64,
}

/// Makes a VPC with everything in it.
pub(crate) fn vpc(builder: &mut AccountBuilder, region: &'static str, filter: Filter) -> Network {
    let ids = Ids {
        region,
        vpc: builder.id("vpc"),
        second_octet: 16 + builder.serial() % 224,
    };
    add_vpc(builder, &ids);
    let gateway = builder.id("igw");
    let account = builder.id.clone();
    builder.add(
        "aws_internet_gateway",
        format!("arn:aws:ec2:{region}:{account}:internet-gateway/{gateway}"),
        &gateway,
        region,
        map! {
            "internet_gateway_id": gateway.clone(), "owner_id": account,
            "attachments": list![map! { "vpc_id": ids.vpc.clone(), "state": "available" }], "tags": map! {},
        },
    );
    let subnets = [
        (Tier::Public, 0, 31, "a"),
        (Tier::Public, 32, 31, "b"),
        (Tier::Private, 64, 63, "a"),
        (Tier::Private, 128, 63, "b"),
    ]
    .map(|shape| subnet(builder, &ids, shape));
    let tiers = groups::tiers(builder, region, &ids.vpc);
    let mut network = Network {
        region,
        vpc: ids.vpc.clone(),
        subnet_group: Text::from(format!("{}-{}", builder.team, ids.second_octet)),
        second_octet: ids.second_octet,
        tiers,
        subnets: subnets.to_vec(),
    };
    routes::generate(builder, &mut network, &gateway);
    network_acl(builder, &network, filter);
    subnet_group(builder, &network, &network.subnet_group, Tier::Private);
    network
}

fn add_vpc(builder: &mut AccountBuilder, ids: &Ids) {
    let (region, account, vpc) = (ids.region, builder.id.clone(), &ids.vpc);
    let logs = if builder.right(75) {
        let flow_log = builder.id("fl");
        list![
            map! { "flow_log_id": flow_log, "resource_id": vpc.clone(), "flow_log_status": "ACTIVE", "traffic_type": "ALL", "deliver_logs_status": "SUCCESS" }
        ]
    } else {
        list![]
    };
    let tags = builder.tags();
    let block = format!("10.{}.0.0/16", ids.second_octet);
    builder.add(
        "aws_vpc",
        format!("arn:aws:ec2:{region}:{account}:vpc/{vpc}"),
        vpc,
        region,
        map! {
            "vpc_id": vpc.clone(), "owner_id": account, "cidr_block": block.as_str(), "is_default": false, "state": "available",
            "instance_tenancy": "default", "flow_logs": logs, "tags": tags,
            "cidr_block_association_set": list![map! { "cidr_block": block.as_str(), "cidr_block_state": map! { "state": "associated" } }],
        },
    );
}

fn subnet(
    builder: &mut AccountBuilder,
    ids: &Ids,
    (tier, third_octet, rows, zone): (Tier, u64, u64, &str),
) -> Subnet {
    let (region, account, id) = (ids.region, builder.id.clone(), builder.id("subnet"));
    let zone = Text::from(format!("{region}{zone}"));
    let (mask, name) = match tier {
        Tier::Public => (19, "public"),
        Tier::Private => (18, "private"),
    };
    let automatic = tier == Tier::Public && !builder.right(72);
    let arn = format!("arn:aws:ec2:{region}:{account}:subnet/{id}");
    builder.add(
        "aws_subnet",
        arn.clone(),
        &id,
        region,
        map! {
            "subnet_id": id.clone(), "subnet_arn": arn, "vpc_id": ids.vpc.clone(), "owner_id": account, "availability_zone": zone.clone(),
            "cidr_block": format!("10.{}.{third_octet}.0/{mask}", ids.second_octet), "state": "available", "default_for_az": false,
            "map_public_ip_on_launch": automatic, "tags": map! { "Name": format!("{name}-{zone}") },
        },
    );
    Subnet {
        id,
        zone,
        tier,
        third_octet,
        capacity: rows * 240,
        used: 0,
    }
}

fn network_acl(builder: &mut AccountBuilder, network: &Network, filter: Filter) {
    let (region, account, acl) = (network.region, builder.id.clone(), builder.id("acl"));
    let rule = |egress: bool, number: i64, action: &str| {
        map! { "egress": egress, "rule_action": action, "rule_number": number, "protocol": "-1", "cidr_block": "0.0.0.0/0" }
    };
    let deny = |number: i64, protocol: &str, port: i64| {
        map! { "egress": false, "rule_action": "deny", "rule_number": number, "protocol": protocol, "cidr_block": "0.0.0.0/0",
        "port_range": map! { "from": port, "to": port } }
    };
    let mut entries = match filter {
        Filter::AllowAll => Vec::new(),
        Filter::DenyAdministration => vec![
            deny(80, "6", 22),
            deny(81, "6", 3389),
            deny(82, "17", 22),
            deny(83, "17", 3389),
        ],
    };
    entries.extend([
        rule(false, 100, "allow"),
        rule(false, 32_767, "deny"),
        rule(true, 100, "allow"),
        rule(true, 32_767, "deny"),
    ]);
    let associations: Vec<Value> = network
        .subnets
        .iter()
        .map(|subnet| {
            map! { "network_acl_id": acl.clone(), "network_acl_association_id": format!("aclassoc-{}", subnet.id.trim_start_matches("subnet-")),
            "subnet_id": subnet.id.clone() }
        })
        .collect();
    builder.add(
        "aws_network_acl",
        format!("arn:aws:ec2:{region}:{account}:network-acl/{acl}"),
        &acl,
        region,
        map! {
            "network_acl_id": acl.clone(), "vpc_id": network.vpc.clone(), "is_default": true, "owner_id": account,
            "associations": associations, "entries": entries, "tags": map! {},
        },
    );
}

/// A group of subnets that databases are placed in.
pub(crate) fn subnet_group(builder: &mut AccountBuilder, network: &Network, name: &str, tier: Tier) {
    let (region, account) = (network.region, builder.id.clone());
    let arn = format!("arn:aws:rds:{region}:{account}:subgrp:{name}");
    builder.add(
        "aws_db_subnet_group",
        arn.clone(),
        name,
        region,
        map! {
            "db_subnet_group_arn": arn, "db_subnet_group_name": name, "vpc_id": network.vpc.clone(), "subnet_group_status": "Complete",
            "subnets": subnet_list(&network.subnets_of(tier)), "tags": map! {},
        },
    );
}

/// Subnets as documents of databases show them.
pub(crate) fn subnet_list(subnets: &[(Text, Text)]) -> Vec<Value> {
    subnets
        .iter()
        .map(|(subnet, zone)| {
            map! { "subnet_identifier": subnet.clone(), "subnet_status": "Active", "subnet_availability_zone": map! { "name": zone.clone() } }
        })
        .collect()
}
