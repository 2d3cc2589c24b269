//! Route tables.

use std::collections::BTreeMap;

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::filters::{List, OF_AWS, proof};
use super::look;
use super::networks::Associations;
use crate::address::Prefix;
use crate::model::{Destinations, Gateway, GatewayKind, Known, Node, Route, RouteTable, Target, Translation};

/// The most routes of one table that are read; AWS's own quota is below.
const MAX_ROUTES: usize = 20_000;

impl<'a> Builder<'a> {
    /// Reads the route tables, and tells which belongs to what.
    pub(super) fn tables(&mut self) -> Associations {
        let lists = self.prefix_lists();
        let mut associations = Associations::default();
        for table in self.all("aws_route_table") {
            let Some(id) = self.id(table, "route_table_id") else {
                continue;
            };
            let mut edges = Vec::new();
            let list = match look::of(table, "associations").list() {
                Known::Read(list) => list,
                Known::Unread(note) => {
                    associations.unread(table, &note);
                    &[]
                }
            };
            for association in list {
                if look::text(association, "association_state.state") == Some("disassociated") {
                    continue;
                }
                if let Some(subnet) = look::text(association, "subnet_id") {
                    associations.explicit.insert(subnet.into(), id.clone());
                }
                edges.extend(look::text(association, "gateway_id").map(Text::from));
                let main = look::look(association, "main").bool() == Known::Read(Some(true));
                if let Some(network) = look::text(table.document(), "vpc_id").filter(|_| main) {
                    associations.main.insert(network.into(), id.clone());
                }
            }
            let routes = self.routes(table, &lists);
            let table = RouteTable {
                node: look::node(table),
                routes,
                edges,
            };
            self.network.tables.insert(id, table);
        }
        associations
    }

    fn routes(&mut self, table: &'a Resource, lists: &BTreeMap<Text, List>) -> Known<Vec<Route>> {
        let list = match look::of(table, "routes").elements() {
            Known::Read(list) if list.len() <= MAX_ROUTES => list,
            Known::Read(list) => {
                let note = format!(
                    "`{}` has {} routes, more than {MAX_ROUTES}",
                    table.name,
                    list.len()
                );
                self.problem(&table.uid, "routes", note.clone());
                return Known::Unread(note.into());
            }
            Known::Unread(note) => return Known::Unread(note),
        };
        let mut routes = Vec::with_capacity(list.len());
        for (at, route) in list.iter().enumerate() {
            let place = format!("routes[{at}]");
            let (destinations, shown) = self.destinations(table, &place, route, lists);
            let (target, through) = target(route, &destinations);
            let target = self.unread_gateway(table, route, target);
            let detail = format!("routes {shown} to {through}");
            routes.push((
                look::text(route, "origin") == Some("EnableVgwRoutePropagation"),
                Route {
                    destinations,
                    target,
                    proof: proof(table, &place, detail),
                },
            ));
        }
        // Of equal prefixes the static route wins over the propagated one.
        routes.sort_by_key(|(propagated, _)| *propagated);
        Known::Read(routes.into_iter().map(|(_, route)| route).collect())
    }

    /// The target of a route to a gateway that was not read. Its identifier tells the kind, and an active route that it
    /// is attached; whether an internet gateway is attached must be seen.
    fn unread_gateway(&mut self, table: &Resource, route: &Value, target: Target) -> Target {
        let Target::Gateway(id) = &target else {
            return target;
        };
        if self.network.gateways.contains_key(id) {
            return target;
        }
        let outbound =
            look::text(route, "nat_gateway_id").or(look::text(route, "egress_only_internet_gateway_id"));
        let (kind, resource_type) = if outbound.is_some() {
            let subnets = vec![Text::from(format!("of {id}"))];
            let reach = Translation::Public;
            (GatewayKind::Translator { subnets, reach }, "aws_nat_gateway")
        } else if id.starts_with("vgw-") {
            (GatewayKind::Site, "aws_vpn_gateway")
        } else {
            return Target::Unread(format!("gateway `{id}` was not read").into());
        };
        let node = Node {
            uid: id.clone(),
            resource_type: Text::new_static(resource_type),
        };
        let networks = look::text(table.document(), "vpc_id")
            .map(Text::from)
            .into_iter()
            .collect();
        self.network
            .gateways
            .insert(id.clone(), Gateway { node, kind, networks });
        target
    }

    fn destinations(
        &mut self,
        table: &Resource,
        place: &str,
        route: &Value,
        lists: &BTreeMap<Text, List>,
    ) -> (Destinations, Text) {
        let cidr = look::text(route, "destination_cidr_block")
            .or_else(|| look::text(route, "destination_ipv6_cidr_block"));
        if let Some(cidr) = cidr {
            return match Prefix::parse(cidr) {
                Some(prefix) => (Destinations::Prefixes(vec![prefix]), cidr.into()),
                None => {
                    self.problem(&table.uid, place, format!("`{cidr}` is not an address prefix"));
                    (
                        Destinations::Unread(format!("`{cidr}` in `{}`", table.name).into()),
                        cidr.into(),
                    )
                }
            };
        }
        let Some(id) = look::text(route, "destination_prefix_list_id") else {
            self.problem(&table.uid, place, "the destination is missing");
            let note = format!("the destination of {place} of `{}` was not read", table.name);
            return (Destinations::Unread(note.into()), "somewhere".into());
        };
        (self.listed_destinations(table, place, id, lists), Text::from(id))
    }

    /// The destinations that a prefix list holds.
    pub(super) fn listed_destinations(
        &mut self,
        table: &Resource,
        place: &str,
        id: &str,
        lists: &BTreeMap<Text, List>,
    ) -> Destinations {
        match lists.get(id) {
            Some(List::Entries(entries)) => {
                let prefixes: Option<Vec<Prefix>> =
                    entries.iter().map(|entry| Prefix::parse(entry)).collect();
                prefixes.map(Destinations::Prefixes).unwrap_or_else(|| {
                    self.problem(
                        &table.uid,
                        place,
                        format!("prefix list `{id}` holds what is no prefix"),
                    );
                    Destinations::Unread(format!("an entry of prefix list `{id}`").into())
                })
            }
            Some(List::Named(name)) => Destinations::Named(name.clone()),
            Some(List::Unread(note)) => Destinations::Unread(note.clone()),
            None if id.starts_with(OF_AWS) => Destinations::Named(id.into()),
            None => Destinations::Unread(format!("prefix list `{id}` was not read").into()),
        }
    }
}

/// Where a route leads (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html>).
fn target(route: &Value, destinations: &Destinations) -> (Target, Text) {
    match look::look(route, "state").text() {
        Known::Read(Some("blackhole")) => return (Target::Nowhere, "nowhere: its target is gone".into()),
        Known::Read(_) => {}
        Known::Unread(note) => return (Target::Unread(note), "a target that was not read".into()),
    }
    let keys = [
        "gateway_id",
        "nat_gateway_id",
        "egress_only_internet_gateway_id",
        "transit_gateway_id",
        "core_network_arn",
        "vpc_peering_connection_id",
        "network_interface_id",
        "instance_id",
        "local_gateway_id",
        "carrier_gateway_id",
    ];
    for key in keys {
        let id = match look::look(route, key).text() {
            Known::Read(Some(id)) if !id.is_empty() => Text::from(id),
            Known::Read(_) => continue,
            Known::Unread(note) => return (Target::Unread(note), "a target that was not read".into()),
        };
        let by_list = match destinations {
            Destinations::Prefixes(_) => None,
            Destinations::Named(_) | Destinations::Unread(_) => Some(()),
        };
        let target = match key {
            "gateway_id" if id == "local" => Target::Local,
            // A gateway endpoint is routed to by the list of its service, one of a firewall by addresses.
            "gateway_id" if id.starts_with("vpce-") => match by_list {
                Some(()) => Target::Service(id.clone()),
                None => Target::Interface(id.clone()),
            },
            "gateway_id" | "nat_gateway_id" | "egress_only_internet_gateway_id" => {
                Target::Gateway(id.clone())
            }
            "transit_gateway_id" | "core_network_arn" => Target::Hub(id.clone()),
            "vpc_peering_connection_id" => Target::Link(id.clone()),
            "network_interface_id" | "instance_id" => Target::Interface(id.clone()),
            _ => Target::Unread(format!("gateways such as `{id}` are not modelled").into()),
        };
        return (target, id);
    }
    (
        Target::Unread("a route without a target that is known".into()),
        "a target that is not known".into(),
    )
}
