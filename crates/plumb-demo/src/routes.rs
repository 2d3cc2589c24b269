//! Ways out of a network: its NAT gateway, its endpoint for S3, and the route tables that lead to them.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::interface::{self, Interface, Use};
use crate::network::{Network, Tier};

/// Where the routes of a network lead.
struct Ways<'a> {
    internet: &'a str,
    nat: &'a str,
    endpoint: &'a str,
    s3: &'a str,
}

/// Adds the ways out of a network, of which the internet gateway is there already.
pub(crate) fn generate(builder: &mut AccountBuilder, network: &mut Network, internet: &str) {
    let (nat, endpoint) = (builder.id("nat"), builder.id("vpce"));
    nat_gateway(builder, network, &nat);
    let s3 = s3_prefix_list(builder, network.region);
    let ways = Ways {
        internet,
        nat: &nat,
        endpoint: &endpoint,
        s3: &s3,
    };
    let private = route_tables(builder, network, &ways);
    s3_endpoint(builder, network, &endpoint, private);
}

/// The NAT gateway of the first public subnet, with its address and interface.
fn nat_gateway(builder: &mut AccountBuilder, network: &mut Network, nat: &Text) {
    let Some(place) = network.take(Tier::Public) else {
        return;
    };
    let (region, account) = (network.region, builder.id.clone());
    let address = interface::elastic_address(builder);
    let interface = Interface {
        place: place.clone(),
        groups: Vec::new(),
        address: Some(address.clone()),
        used_by: Use::NatGateway(nat.clone()),
    };
    let interface = interface::add(builder, &interface);
    builder.add(
        "aws_nat_gateway",
        format!("arn:aws:ec2:{region}:{account}:natgateway/{nat}"),
        nat,
        region,
        map! {
            "nat_gateway_id": nat.clone(), "vpc_id": network.vpc.clone(), "subnet_id": place.subnet, "state": "available",
            "connectivity_type": "public", "create_time": "2024-03-04T10:00:00Z", "tags": map! {},
            "nat_gateway_addresses": list![map! {
                "allocation_id": address.allocation, "public_ip": address.ip, "private_ip": place.address, "network_interface_id": interface,
                "is_primary": true, "status": "succeeded",
            }],
        },
    );
}

fn route(destination: &str, key: &'static str, target: &str, state: &str) -> Value {
    let mut route = map! { "destination_cidr_block": destination, "state": state, "origin": "CreateRoute" };
    if let Value::Map(map) = &mut route {
        map.insert(key, Value::from(target));
    }
    route
}

/// The main route table (local only) and those of the public and of the private subnets; returns the last one's id.
fn route_tables(builder: &mut AccountBuilder, network: &Network, ways: &Ways<'_>) -> Text {
    let local = || {
        map! { "destination_cidr_block": format!("10.{}.0.0/16", network.second_octet), "gateway_id": "local", "state": "active", "origin": "CreateRouteTable" }
    };
    let to_s3 = map! { "destination_prefix_list_id": ways.s3, "gateway_id": ways.endpoint, "state": "active", "origin": "CreateRoute" };
    let mut private = vec![
        local(),
        route("0.0.0.0/0", "nat_gateway_id", ways.nat, "active"),
        to_s3,
    ];
    if builder.random.percent(12) {
        // The peering connection was deleted and its route forgotten.
        private.push(route(
            "172.20.0.0/16",
            "vpc_peering_connection_id",
            "pcx-0deleted",
            "blackhole",
        ));
    }
    let public = vec![local(), route("0.0.0.0/0", "gateway_id", ways.internet, "active")];
    route_table(builder, network, None, vec![local()]);
    route_table(builder, network, Some(Tier::Public), public);
    route_table(builder, network, Some(Tier::Private), private)
}

fn route_table(
    builder: &mut AccountBuilder,
    network: &Network,
    tier: Option<Tier>,
    routes: Vec<Value>,
) -> Text {
    let (region, account, table) = (network.region, builder.id.clone(), builder.id("rtb"));
    let mut associations = Vec::new();
    match tier {
        None => associations.push(
            map! { "main": true, "route_table_id": table.clone(), "association_state": map! { "state": "associated" } },
        ),
        Some(tier) => {
            for (subnet, _) in network.subnets_of(tier) {
                associations.push(map! {
                    "main": false, "route_table_id": table.clone(), "subnet_id": subnet, "association_state": map! { "state": "associated" },
                });
            }
        }
    }
    builder.add(
        "aws_route_table",
        format!("arn:aws:ec2:{region}:{account}:route-table/{table}"),
        &table,
        region,
        map! {
            "route_table_id": table.clone(), "vpc_id": network.vpc.clone(), "owner_id": account, "routes": routes,
            "associations": associations, "propagating_vgws": list![], "tags": map! {},
        },
    );
    table
}

/// The list of the addresses of S3 in a region, once per region.
fn s3_prefix_list(builder: &mut AccountBuilder, region: &'static str) -> Text {
    let id = Text::from(match region {
        "eu-central-1" => "pl-6ea54007",
        "us-east-1" => "pl-63a5400a",
        _ => "pl-68a54001",
    });
    if builder.first("s3 prefix list", region) {
        builder.add(
            "aws_ec2_managed_prefix_list",
            format!("arn:aws:ec2:{region}:aws:prefix-list/{id}"),
            &id,
            region,
            map! {
                "prefix_list_id": id.clone(), "prefix_list_name": format!("com.amazonaws.{region}.s3"), "owner_id": "AWS",
                "address_family": "IPv4", "state": "create-complete", "entries": list![map! { "cidr": "192.0.2.128/25" }],
                "prefix_list_arn": format!("arn:aws:ec2:{region}:aws:prefix-list/{id}"), "tags": map! {},
            },
        );
    }
    id
}

fn s3_endpoint(builder: &mut AccountBuilder, network: &Network, endpoint: &Text, table: Text) {
    let (region, account) = (network.region, builder.id.clone());
    builder.add(
        "aws_vpc_endpoint",
        format!("arn:aws:ec2:{region}:{account}:vpc-endpoint/{endpoint}"),
        endpoint,
        region,
        map! {
            "vpc_endpoint_id": endpoint.clone(), "vpc_endpoint_type": "Gateway", "vpc_id": network.vpc.clone(), "owner_id": account,
            "service_name": format!("com.amazonaws.{region}.s3"), "state": "available", "route_table_ids": list![table],
            "subnet_ids": list![], "groups": list![], "network_interface_ids": list![], "private_dns_enabled": false, "tags": map! {},
            "policy_document": map! { "Version": "2008-10-17", "Statement": list![map! { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] },
        },
    );
}
