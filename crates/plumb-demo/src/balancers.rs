//! Load balancers with their listeners, target groups and interfaces.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::interface::{self, Interface, Use};
use crate::network::{Network, Place, Tier};

/// A load balancer to be made.
pub(crate) struct Balancer<'a> {
    pub(crate) name: &'a str,
    pub(crate) scheme: Scheme,
    /// Where its interfaces are, one per subnet.
    pub(crate) places: Vec<Place>,
    /// The instances that it forwards to.
    pub(crate) targets: Vec<(Text, Text)>,
}

/// Who can find a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    InternetFacing,
    Internal,
}

/// Two places of a network, one in each of its zones.
pub(crate) fn places(network: &mut Network, tier: Tier) -> Vec<Place> {
    [network.take(tier), network.take(tier)]
        .into_iter()
        .flatten()
        .collect()
}

/// Adds a load balancer for the instances of the web tier that have none yet.
pub(crate) fn balancer(builder: &mut AccountBuilder) {
    let (region, serial) = (builder.region(), builder.serial());
    let name = format!("{}-{serial}", builder.team);
    let (scheme, tier) = if builder.random.percent(70) {
        (Scheme::InternetFacing, Tier::Public)
    } else {
        (Scheme::Internal, Tier::Private)
    };
    let Some(network) = builder.network(region) else {
        return;
    };
    let places = places(network, tier);
    let vpc = network.vpc.clone();
    let waiting = builder.made.web.remove(region).unwrap_or_default();
    let targets = waiting
        .into_iter()
        .filter(|(_, place)| place.vpc == vpc)
        .take(100)
        .map(|(instance, place)| (instance, place.zone))
        .collect();
    add(
        builder,
        &Balancer {
            name: &name,
            scheme,
            places,
            targets,
        },
    );
}

/// Adds a load balancer; returns its ARN.
pub(crate) fn add(builder: &mut AccountBuilder, balancer: &Balancer<'_>) -> Option<String> {
    let first = balancer.places.first()?.clone();
    let (region, account, name) = (first.region, builder.id.clone(), balancer.name);
    let path = Text::from(format!("app/{name}/{}", builder.random.hex(16)));
    let arn = format!("arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{path}");
    let scheme = match balancer.scheme {
        Scheme::InternetFacing => "internet-facing",
        Scheme::Internal => "internal",
    };
    let mut zones = Vec::new();
    for place in &balancer.places {
        zones.push(map! { "subnet_id": place.subnet.clone(), "zone_name": place.zone.clone(), "load_balancer_addresses": list![] });
        let address = match balancer.scheme {
            Scheme::InternetFacing => Some(builder.elastic_address()),
            Scheme::Internal => None,
        };
        let interface = Interface {
            place: place.clone(),
            groups: vec![place.tiers.balancer.clone()],
            address,
            used_by: Use::Balancer(path.clone()),
        };
        interface::add(builder, &interface);
    }
    let mut attribute = |key: &'static str, ease: u64| map! { "key": key, "value": if builder.right(ease) { "true" } else { "false" } };
    let attributes = list![
        attribute("access_logs.s3.enabled", 50),
        attribute("deletion_protection.enabled", 55),
        attribute("routing.http.drop_invalid_header_fields.enabled", 40),
    ];
    let firewall = builder.right(45).then(
        || map! { "name": "edge", "arn": format!("arn:aws:wafv2:{region}:{account}:regional/webacl/edge/0"), "id": "0",
            "default_action": map! { "allow": map! {} } },
    );
    let tags = builder.tags();
    builder.add(
        "aws_lb",
        arn.clone(),
        name,
        region,
        map! {
            "load_balancer_arn": arn.as_str(), "load_balancer_name": name, "type": "application", "scheme": scheme, "vpc_id": first.vpc.clone(),
            "dns_name": format!("{name}-1.{region}.elb.amazonaws.com"), "ip_address_type": "ipv4", "state": map! { "code": "active" },
            "security_groups": list![first.tiers.balancer.id.clone()], "availability_zones": zones,
            "attributes": attributes, "web_acl": firewall.unwrap_or_default(), "tags": tags,
        },
    );
    let group = target_group(builder, balancer, &first, &arn);
    listeners(builder, balancer, region, &arn, &group);
    Some(arn)
}

fn target_group(builder: &mut AccountBuilder, balancer: &Balancer<'_>, place: &Place, arn: &str) -> String {
    let (region, account, name) = (place.region, builder.id.clone(), balancer.name);
    let group = format!(
        "arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{}",
        builder.random.hex(16)
    );
    let targets: Vec<Value> = balancer
        .targets
        .iter()
        .map(|(instance, zone)| {
            map! { "target": map! { "id": instance.clone(), "port": 8080, "availability_zone": zone.clone() }, "health_check_port": "8080",
            "target_health": map! { "state": "healthy" } }
        })
        .collect();
    builder.add(
        "aws_lb_target_group",
        group.clone(),
        name,
        region,
        map! {
            "target_group_arn": group.as_str(), "target_group_name": name, "target_type": "instance", "protocol": "HTTP", "port": 8080,
            "vpc_id": place.vpc.clone(), "load_balancer_arns": list![arn], "health_check_path": "/healthz", "health_check_port": "traffic-port",
            "ip_address_type": "ipv4", "attributes": list![map! { "key": "preserve_client_ip.enabled", "value": "false" }],
            "targets": targets, "tags": map! {},
        },
    );
    group
}

fn listeners(
    builder: &mut AccountBuilder,
    balancer: &Balancer<'_>,
    region: &'static str,
    arn: &str,
    group: &str,
) {
    let listener = arn.replace(":loadbalancer/", ":listener/");
    let forward = || {
        map! { "type": "forward", "target_group_arn": group, "order": 1,
        "forward_config": map! { "target_groups": list![map! { "target_group_arn": group, "weight": 1 }] } }
    };
    let plain = if builder.right(80) {
        map! { "type": "redirect", "order": 1, "redirect_config": map! { "protocol": "HTTPS", "port": "443", "status_code": "HTTP_301" } }
    } else {
        forward()
    };
    let (scheme, kind) = match balancer.scheme {
        Scheme::InternetFacing => ("internet-facing", "application"),
        Scheme::Internal => ("internal", "application"),
    };
    let account = builder.id.clone();
    let certificate = format!("arn:aws:acm:{region}:{account}:certificate/{}", balancer.name);
    for (port, protocol, action) in [(80, "HTTP", plain), (443, "HTTPS", forward())] {
        let id = format!("{listener}/{port:016x}");
        let mut document = map! {
            "listener_arn": id.as_str(), "load_balancer_arn": arn, "port": port, "protocol": protocol, "default_actions": list![action],
            "load_balancer_type": kind, "load_balancer_scheme": scheme, "tags": map! {},
        };
        if let (Value::Map(document), 443) = (&mut document, port) {
            let security = "ELBSecurityPolicy-TLS13-1-2-2021-06";
            document.insert("ssl_policy", Value::from(security));
            document.insert(
                "ssl_policy_details",
                map! { "name": security, "ssl_protocols": list!["TLSv1.2", "TLSv1.3"] },
            );
            document.insert(
                "certificates",
                list![map! { "certificate_arn": certificate.as_str() }],
            );
        }
        builder.add(
            "aws_lb_listener",
            id,
            &format!("{}:{port}", balancer.name),
            region,
            document,
        );
    }
}
