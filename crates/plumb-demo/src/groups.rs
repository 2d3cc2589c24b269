//! Security groups: the tiers of a network, and those that people make beside.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::network::{Group, Tiers};

/// Where the administrators sit.
const OFFICES: [&str; 2] = ["198.51.100.0/26", "192.0.2.64/27"];

/// A rule for one port, or for everything with port -1.
pub(crate) fn from_blocks(port: i64, blocks: &[&str]) -> Value {
    let ranges = |key: &'static str, v6: bool| -> Vec<Value> {
        blocks
            .iter()
            .filter(|block| block.contains(':') == v6)
            .map(|block| {
                let mut range = map! {};
                if let Value::Map(map) = &mut range {
                    map.insert(key, Value::from(*block));
                }
                range
            })
            .collect()
    };
    let (ipv4, ipv6) = (ranges("cidr_ip", false), ranges("cidr_ipv6", true));
    if port < 0 {
        return map! { "ip_protocol": "-1", "ip_ranges": ipv4, "ipv6_ranges": ipv6, "prefix_list_ids": list![], "user_id_group_pairs": list![] };
    }
    map! {
        "ip_protocol": "tcp", "from_port": port, "to_port": port, "ip_ranges": ipv4, "ipv6_ranges": ipv6,
        "prefix_list_ids": list![], "user_id_group_pairs": list![],
    }
}

/// A rule that admits the members of another group.
pub(crate) fn from_group(account: &Text, port: i64, group: &Text) -> Value {
    map! {
        "ip_protocol": "tcp", "from_port": port, "to_port": port, "ip_ranges": list![], "ipv6_ranges": list![], "prefix_list_ids": list![],
        "user_id_group_pairs": list![map! { "group_id": group.clone(), "user_id": account.clone() }],
    }
}

/// Adds a group that sends anywhere.
pub(crate) fn add(
    builder: &mut AccountBuilder,
    region: &'static str,
    vpc: &Text,
    name: &str,
    rules: Vec<Value>,
) -> Group {
    let id = builder.id("sg");
    add_as(
        builder,
        region,
        vpc,
        &id,
        name,
        rules,
        vec![from_blocks(-1, &["0.0.0.0/0"])],
    )
}

/// Adds a group whose id is known beforehand.
pub(crate) fn add_as(
    builder: &mut AccountBuilder,
    region: &'static str,
    vpc: &Text,
    id: &Text,
    name: &str,
    rules: Vec<Value>,
    egress: Vec<Value>,
) -> Group {
    let (account, tags) = (builder.id.clone(), builder.tags());
    builder.add(
        "aws_security_group",
        format!("arn:aws:ec2:{region}:{account}:security-group/{id}"),
        id,
        region,
        map! {
            "group_id": id.clone(), "group_name": name, "owner_id": account, "description": "managed by Terraform", "vpc_id": vpc.clone(),
            "ip_permissions": rules, "ip_permissions_egress": egress, "tags": tags,
        },
    );
    Group {
        id: id.clone(),
        name: Text::from(name),
    }
}

/// The groups that every network has: balancer, web, app and database admit each other in this order.
pub(crate) fn tiers(builder: &mut AccountBuilder, region: &'static str, vpc: &Text) -> Tiers {
    let account = builder.id.clone();
    let default = builder.id("sg");
    let (rules, egress) = if builder.right(78) {
        (Vec::new(), Vec::new())
    } else {
        let own = map! {
            "ip_protocol": "-1", "ip_ranges": list![], "ipv6_ranges": list![], "prefix_list_ids": list![],
            "user_id_group_pairs": list![map! { "group_id": default.clone(), "user_id": account.clone() }],
        };
        (vec![own], vec![from_blocks(-1, &["0.0.0.0/0"])])
    };
    add_as(builder, region, vpc, &default, "default", rules, egress);
    let public = vec![
        from_blocks(443, &["0.0.0.0/0", "::/0"]),
        from_blocks(80, &["0.0.0.0/0", "::/0"]),
    ];
    let balancer = add(builder, region, vpc, "balancer", public);
    let web = add(
        builder,
        region,
        vpc,
        "web",
        vec![from_group(&account, 8080, &balancer.id)],
    );
    let app = add(
        builder,
        region,
        vpc,
        "app",
        vec![from_group(&account, 9000, &web.id)],
    );
    let database = add(
        builder,
        region,
        vpc,
        "database",
        vec![from_group(&account, 5432, &app.id)],
    );
    Tiers {
        balancer,
        web,
        app,
        database,
    }
}

/// The group of a network that lets administrators in from the offices; made when it is first used.
pub(crate) fn office(builder: &mut AccountBuilder, region: &'static str, vpc: &Text) -> Group {
    if let Some(group) = builder.made.offices.get(vpc) {
        return group.clone();
    }
    let rules = vec![from_blocks(22, &OFFICES), from_blocks(3389, &OFFICES)];
    let group = add(builder, region, vpc, "office-administration", rules);
    builder.made.offices.insert(vpc.clone(), group.clone());
    group
}

/// Adds a group beside the tiers. Some are wide open, which is no exposure while nothing public wears them.
pub(crate) fn beside(builder: &mut AccountBuilder) {
    let region = builder.region();
    let Some((vpc, web)) = builder
        .network(region)
        .map(|n| (n.vpc.clone(), n.tiers.web.id.clone()))
    else {
        return;
    };
    let (account, serial) = (builder.id.clone(), builder.serial());
    let wide: &[&str] = match builder.random.below(12) {
        0 => &["0.0.0.0/1", "128.0.0.0/1"],
        1 => &["::/0"],
        2 | 3 => &["0.0.0.0/0", "::/0"],
        _ => &["0.0.0.0/0"],
    };
    let (name, port, open) = match builder.random.below(1_000) {
        0..=149 => ("bastion", 22, !builder.right(40)),
        150..=199 => ("desktop", 3389, !builder.right(45)),
        200..=239 => ("reporting", 5432, !builder.right(70)),
        240..=259 => ("share", 445, !builder.right(60)),
        260..=284 => ("anything", -1, !builder.right(60)),
        285..=510 => ("edge", 443, true),
        511..=720 => ("service", 8080, false),
        _ => ("internal", 9090, false),
    };
    let rule = match (open, port) {
        (true, 443) => from_blocks(443, &["0.0.0.0/0"]),
        (true, _) => from_blocks(port, wide),
        (false, 8080) => from_group(&account, port, &web),
        (false, 22 | 3389) => from_blocks(port, &OFFICES),
        (false, _) => from_blocks(port, &["10.0.0.0/8"]),
    };
    let group = add(builder, region, &vpc, &format!("{name}-{serial}"), vec![rule]);
    builder.note_loose_group(region, group);
}
