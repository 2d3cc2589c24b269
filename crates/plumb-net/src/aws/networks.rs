//! VPCs, subnets, route tables, gateways, and the block on public access.

use std::collections::BTreeMap;

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::filters::{List, proof};
use super::look;
use crate::address::{AddressSet, Prefix};
use crate::model::{
    Destinations, Gateway, GatewayKind, Guard, Known, Network, Route, RouteTable, Subnet, Target, Translation,
};
use crate::report::Proof;

/// The most routes of one table that are read; AWS's own quota is below.
const MAX_ROUTES: usize = 20_000;

/// Which table or filter belongs to what.
#[derive(Default)]
struct Associations {
    /// By subnet.
    explicit: BTreeMap<Text, Text>,
    /// By network: the main route table or the default filter.
    main: BTreeMap<Text, Text>,
}

impl<'a> Builder<'a> {
    pub(super) fn networks(&mut self) {
        for vpc in self.all("aws_vpc") {
            let Some(id) = self.id(vpc, "vpc_id") else {
                continue;
            };
            let network = Network {
                node: look::node(vpc),
                account: self.owner(vpc),
                addresses: self
                    .blocks(vpc, "cidr_block", "cidr_block_association_set", "cidr_block")
                    .union(&self.blocks(vpc, "", "ipv6_cidr_block_association_set", "ipv6_cidr_block")),
            };
            self.network.networks.insert(id, network);
        }
        self.gateways();
        let tables = self.tables();
        let filters = self.filter_associations();
        for subnet in self.all("aws_subnet") {
            self.subnet(subnet, &tables, &filters);
        }
    }

    /// The account that owns what other accounts can see as well.
    pub(super) fn owner(&self, resource: &Resource) -> Text {
        look::text(resource.document(), "owner_id").map_or_else(|| self.network.account.clone(), Text::from)
    }

    fn subnet(&mut self, subnet: &'a Resource, tables: &Associations, filters: &Associations) {
        let Some(id) = self.id(subnet, "subnet_id") else {
            return;
        };
        let Some(network) = self.id(subnet, "vpc_id") else {
            return;
        };
        let mut belongs = |to: &Associations, kind: &str, noun: &str| match to
            .explicit
            .get(&id)
            .or_else(|| to.main.get(&network))
        {
            Some(found) => Known::Read(found.clone()),
            None => {
                let why = match look::listed(self.coverage, kind, &subnet.region) {
                    Ok(()) => format!("the {noun} of subnet `{id}` is not among those read"),
                    Err(note) => format!("the {noun} of subnet `{id}`: {note}"),
                };
                self.problem(&subnet.uid, "subnet_id", why.clone());
                Known::Unread(why.into())
            }
        };
        let table = belongs(tables, "aws_route_table", "route table");
        let filter = belongs(filters, "aws_network_acl", "network ACL");
        let account = self.owner(subnet);
        let (guard, guard_proof) = self.guard(subnet, &id, &network, &account);
        let addresses = self.blocks(subnet, "cidr_block", "", "").union(&self.blocks(
            subnet,
            "",
            "ipv6_cidr_block_association_set",
            "ipv6_cidr_block",
        ));
        self.network.subnets.insert(
            id,
            Subnet {
                node: look::node(subnet),
                network,
                account,
                addresses,
                table,
                filter,
                guard,
                guard_proof,
            },
        );
    }

    /// The union of the prefix at `single` and of those in the list at `set`.
    fn blocks(&mut self, resource: &Resource, single: &str, set: &str, key: &str) -> AddressSet {
        let mut addresses = AddressSet::empty();
        let mut texts: Vec<Text> = Vec::new();
        if !single.is_empty() {
            texts.extend(look::text(resource.document(), single).map(Text::from));
        }
        if !set.is_empty()
            && let Known::Read(more) = look::texts(look::of(resource, set).list(), key)
        {
            texts.extend(more);
        }
        for text in texts {
            match AddressSet::parse(&text) {
                Some(block) => addresses = addresses.union(&block),
                None => self.problem(
                    &resource.uid,
                    single,
                    format!("`{text}` is not an address prefix"),
                ),
            }
        }
        addresses
    }

    /// What block public access leaves to a subnet: the region's mode, lifted by exclusions for subnet or VPC. It is a
    /// matter of the account that owns the subnet
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html>).
    fn guard(
        &self,
        subnet: &Resource,
        id: &Text,
        network: &Text,
        owner: &Text,
    ) -> (Known<Guard>, Option<Proof>) {
        const PATH: &str = "vpc_block_public_access.internet_gateway_block_mode";
        let settings = self
            .all("aws_ec2_region_settings")
            .into_iter()
            .find(|one| one.region == subnet.region);
        let own = *owner == self.network.account;
        let mode = match settings.filter(|_| own) {
            Some(settings) => match look::fact(settings, self.coverage, "vpc_block_public_access") {
                look::Look::Absent => Known::Read(("off", proof(settings, PATH, ""))),
                look::Look::Value(_) => match look::of(settings, PATH).text() {
                    Known::Read(mode) => Known::Read((mode.unwrap_or("off"), proof(settings, PATH, ""))),
                    Known::Unread(note) => Known::Unread(note),
                },
                look::Look::Unread(note) => Known::Unread(note),
            },
            None => Known::Unread(
                format!(
                    "block public access of account `{owner}` in {} was not read",
                    subnet.region
                )
                .into(),
            ),
        };
        // The subnet tells the mode as well, though not whether it is excluded from it.
        const STATE: &str = "block_public_access_states.internet_gateway_block_mode";
        let (mode, shown) = match (mode, look::text(subnet.document(), STATE)) {
            (Known::Read(read), _) => read,
            (Known::Unread(_), Some(mode)) => (mode, proof(subnet, STATE, "")),
            (Known::Unread(note), None) => return (Known::Unread(note), None),
        };
        if mode == "off" {
            return (Known::Read(Guard::Open), None);
        }
        let shown = |detail: String| {
            Some(Proof {
                detail: detail.into(),
                ..shown.clone()
            })
        };
        let excluded = |of: &str| {
            self.all("aws_vpc_block_public_access_exclusion")
                .into_iter()
                .find(|exclusion| {
                    exclusion.region == subnet.region
                        && look::text(exclusion.document(), "resource_arn")
                            .is_some_and(|arn| arn.rsplit('/').next() == Some(of))
                })
        };
        if let Some(exclusion) = excluded(id).or_else(|| excluded(network)) {
            const MODE: &str = "internet_gateway_exclusion_mode";
            return match look::text(exclusion.document(), MODE) {
                Some("allow-bidirectional") => {
                    let detail = format!("lifts block public access for subnet {id}");
                    (Known::Read(Guard::Open), Some(proof(exclusion, MODE, detail)))
                }
                Some("allow-egress") => (
                    Known::Read(Guard::OutboundOnly),
                    Some(proof(exclusion, MODE, "lets out only")),
                ),
                Some(_) | None => {
                    let note = format!("the mode of exclusion `{}` was not read", exclusion.name);
                    (Known::Unread(note.into()), None)
                }
            };
        }
        let kind = "aws_vpc_block_public_access_exclusion";
        if let Err(note) = look::listed(self.coverage, kind, &subnet.region) {
            return (Known::Unread(note), None);
        }
        match mode {
            "block-bidirectional" => (
                Known::Read(Guard::Closed),
                shown("blocks both directions".to_owned()),
            ),
            "block-ingress" => (
                Known::Read(Guard::TranslatedOnly),
                shown("blocks what comes in".to_owned()),
            ),
            other => (
                Known::Unread(format!("`{other}` is not a mode of block public access").into()),
                None,
            ),
        }
    }

    fn filter_associations(&mut self) -> Associations {
        let mut associations = Associations::default();
        for acl in self.all("aws_network_acl") {
            let Some(id) = self.id(acl, "network_acl_id") else {
                continue;
            };
            if let Known::Read(subnets) = look::texts(look::of(acl, "associations").list(), "subnet_id") {
                associations
                    .explicit
                    .extend(subnets.into_iter().map(|subnet| (subnet, id.clone())));
            }
        }
        associations
    }

    fn tables(&mut self) -> Associations {
        let lists = self.prefix_lists();
        let mut associations = Associations::default();
        for table in self.all("aws_route_table") {
            let Some(id) = self.id(table, "route_table_id") else {
                continue;
            };
            let mut edges = Vec::new();
            if let Known::Read(list) = look::of(table, "associations").list() {
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
        let list = match look::of(table, "routes").list() {
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
            None => Destinations::Unread(format!("prefix list `{id}` was not read").into()),
        }
    }

    fn gateways(&mut self) {
        let attached = [
            (
                "aws_internet_gateway",
                "internet_gateway_id",
                "attachments",
                GatewayKind::Internet,
            ),
            (
                "aws_egress_only_internet_gateway",
                "egress_only_internet_gateway_id",
                "attachments",
                GatewayKind::OutboundOnly,
            ),
            (
                "aws_vpn_gateway",
                "vpn_gateway_id",
                "vpc_attachments",
                GatewayKind::Site,
            ),
        ];
        for (kind, key, attachments, does) in attached {
            for gateway in self.all(kind) {
                let Some(id) = self.id(gateway, key) else { continue };
                let mut networks = Vec::new();
                match look::of(gateway, attachments).list() {
                    Known::Read(list) => {
                        let gone = ["detaching", "detached"];
                        let here = |one: &&Value| {
                            !look::text(one, "state").is_some_and(|state| gone.contains(&state))
                        };
                        networks.extend(
                            list.iter()
                                .filter(here)
                                .filter_map(|one| look::text(one, "vpc_id"))
                                .map(Text::from),
                        );
                    }
                    // Routes name a gateway that is not among those read, and that is how they are judged.
                    Known::Unread(note) => {
                        self.problem(&gateway.uid, attachments, note);
                        continue;
                    }
                }
                let gateway = Gateway {
                    node: look::node(gateway),
                    kind: does.clone(),
                    networks,
                };
                self.network.gateways.insert(id, gateway);
            }
        }
        for gateway in self.all("aws_nat_gateway") {
            let Some(id) = self.id(gateway, "nat_gateway_id") else {
                continue;
            };
            let document = gateway.document();
            let reach = match look::text(document, "connectivity_type") {
                Some("private") => Translation::Private,
                Some(_) | None => Translation::Public,
            };
            let subnets = look::text(document, "subnet_id")
                .map(Text::from)
                .into_iter()
                .collect();
            let networks = look::text(document, "vpc_id")
                .map(Text::from)
                .into_iter()
                .collect();
            let kind = GatewayKind::Translator { subnets, reach };
            self.network.gateways.insert(
                id,
                Gateway {
                    node: look::node(gateway),
                    kind,
                    networks,
                },
            );
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
                Some(()) => Target::Service,
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
