//! Networks: VPCs, subnets, security groups, network ACLs and load balancers.

use plumb_model::value::Value;

use crate::account::AccountBuilder;
use crate::document::{list, map};

/// Adds a VPC with its default security group, a network ACL and two subnets.
pub(crate) fn vpc(builder: &mut AccountBuilder, region: &'static str) {
    let (id, vpc) = (builder.id.clone(), builder.id("vpc"));
    let logs = if builder.right(75) {
        list![
            map! { "flow_log_id": "fl-0demo", "flow_log_status": "ACTIVE", "traffic_type": "ALL", "deliver_logs_status": "SUCCESS" }
        ]
    } else {
        list![]
    };
    let tags = builder.tags();
    builder.add(
        "aws_vpc",
        format!("arn:aws:ec2:{region}:{id}:vpc/{vpc}"),
        &vpc,
        region,
        map! { "vpc_id": vpc.clone(), "owner_id": id.clone(), "cidr_block": "10.0.0.0/16", "is_default": false, "state": "available", "flow_logs": logs, "tags": tags },
    );
    let own_rules = if builder.right(78) {
        list![]
    } else {
        list![
            map! { "ip_protocol": "-1", "user_id_group_pairs": list![map! { "group_id": "sg-self", "user_id": id.clone() }], "ip_ranges": list![], "ipv6_ranges": list![] }
        ]
    };
    add_group(builder, region, "default", own_rules);
    let acl = builder.id("acl");
    let cidr = if builder.right(80) {
        "10.0.0.0/8"
    } else {
        "0.0.0.0/0"
    };
    builder.add(
        "aws_network_acl",
        format!("arn:aws:ec2:{region}:{id}:network-acl/{acl}"),
        &acl,
        region,
        map! {
            "network_acl_id": acl.clone(), "vpc_id": vpc, "is_default": true, "owner_id": id.clone(),
            "entries": list![
                map! { "egress": false, "rule_action": "allow", "rule_number": 100, "protocol": "-1", "cidr_block": cidr },
                map! { "egress": false, "rule_action": "deny", "rule_number": 32_767, "protocol": "-1", "cidr_block": "0.0.0.0/0" },
                map! { "egress": true, "rule_action": "allow", "rule_number": 100, "protocol": "-1", "cidr_block": "0.0.0.0/0" },
            ],
        },
    );
    subnet(builder);
}

/// Adds a subnet.
pub(crate) fn subnet(builder: &mut AccountBuilder) {
    let (region, id, subnet) = (builder.region(), builder.id.clone(), builder.id("subnet"));
    let (public, tags) = (!builder.right(70), builder.tags());
    builder.add(
        "aws_subnet",
        format!("arn:aws:ec2:{region}:{id}:subnet/{subnet}"),
        &subnet,
        region,
        map! { "subnet_id": subnet.clone(), "owner_id": id.clone(), "cidr_block": "10.0.1.0/24", "map_public_ip_on_launch": public, "tags": tags },
    );
}

/// Adds a security group.
pub(crate) fn security_group(builder: &mut AccountBuilder) {
    let region = builder.region();
    let serial = builder.serial();
    let name = format!("{}-{serial}", builder.team);
    let (port, open) = match builder.random.below(1_000) {
        0..=60 => (22, !builder.right(45)),
        61..=75 => (3389, !builder.right(50)),
        76..=110 => (5432, !builder.right(90)),
        111..=600 => (443, true),
        _ => (8080, false),
    };
    let cidr = if open { "0.0.0.0/0" } else { "10.0.0.0/8" };
    let ipv6 = if open && builder.random.percent(30) {
        list![map! { "cidr_ipv6": "::/0" }]
    } else {
        list![]
    };
    let rules = list![
        map! { "ip_protocol": "tcp", "from_port": port, "to_port": port, "ip_ranges": list![map! { "cidr_ip": cidr }],
        "ipv6_ranges": ipv6, "prefix_list_ids": list![], "user_id_group_pairs": list![] }
    ];
    add_group(builder, region, &name, rules);
}

fn add_group(builder: &mut AccountBuilder, region: &'static str, name: &str, rules: Value) {
    let (id, group) = (builder.id.clone(), builder.id("sg"));
    let egress = if name == "default" && rules == list![] {
        list![]
    } else {
        list![map! { "ip_protocol": "-1", "ip_ranges": list![map! { "cidr_ip": "0.0.0.0/0" }] }]
    };
    let tags = builder.tags();
    builder.add(
        "aws_security_group",
        format!("arn:aws:ec2:{region}:{id}:security-group/{group}"),
        &group,
        region,
        map! {
            "group_id": group.clone(), "group_name": name, "owner_id": id.clone(), "description": "managed by Terraform", "vpc_id": "vpc-0demo",
            "ip_permissions": rules, "ip_permissions_egress": egress, "tags": tags,
        },
    );
}

/// Adds a load balancer with a listener.
pub(crate) fn load_balancer(builder: &mut AccountBuilder) {
    let (region, id, serial) = (builder.region(), builder.id.clone(), builder.serial());
    let name = format!("{}-{serial}", builder.team);
    let arn = format!(
        "arn:aws:elasticloadbalancing:{region}:{id}:loadbalancer/app/{name}/{}",
        builder.random.hex(16)
    );
    let mut attribute = |key: &'static str, ease: u64| map! { "key": key, "value": if builder.right(ease) { "true" } else { "false" } };
    let attributes = list![
        attribute("access_logs.s3.enabled", 50),
        attribute("deletion_protection.enabled", 55),
        attribute("routing.http.drop_invalid_header_fields.enabled", 40),
    ];
    let firewall = builder.right(45).then(
        || map! { "name": "edge", "arn": format!("arn:aws:wafv2:{region}:{id}:regional/webacl/edge/0") },
    );
    let tags = builder.tags();
    builder.add(
        "aws_lb",
        arn.clone(),
        &name,
        region,
        map! {
            "load_balancer_arn": arn.as_str(), "load_balancer_name": name.as_str(), "type": "application", "scheme": "internet-facing",
            "attributes": attributes, "web_acl": firewall.unwrap_or_default(), "tags": tags,
        },
    );
    let redirects = builder.right(80);
    let action = if redirects {
        map! { "type": "redirect", "redirect_config": map! { "protocol": "HTTPS", "port": "443", "status_code": "HTTP_301" } }
    } else {
        map! { "type": "forward", "target_group_arn": "arn:aws:elasticloadbalancing:demo" }
    };
    let listener = arn.replace(":loadbalancer/", ":listener/");
    builder.add(
        "aws_lb_listener",
        format!("{listener}/80"),
        &format!("{name}:80"),
        region,
        map! { "listener_arn": format!("{listener}/80"), "load_balancer_arn": arn, "port": 80, "protocol": "HTTP", "default_actions": list![action] },
    );
}
