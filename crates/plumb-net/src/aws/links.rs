//! VPC peering and transit gateways.

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::filters::proof;
use super::look;
use crate::address::{AddressSet, Prefix};
use crate::model::{
    Attached, Attachment, Destinations, Hub, HubRoute, Known, Link, LinkEnd, LinkState, Node,
};

/// The most routes of one table of a transit gateway; the API that lists them gives no more in one answer.
const MAX_HUB_ROUTES: usize = 20_000;

impl<'a> Builder<'a> {
    pub(super) fn links(&mut self) {
        for peering in self.all("aws_vpc_peering_connection") {
            let Some(id) = self.id(peering, "vpc_peering_connection_id") else {
                continue;
            };
            // Only an active connection carries packets
            // (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html>).
            let state = match look::of(peering, "status.code").text() {
                // Code that does not accept it itself asks somebody to.
                Known::Unread(_) if self.coverage.declared_only => LinkState::Asked,
                Known::Read(Some("active")) | Known::Unread(_) => LinkState::Active,
                Known::Read(_) => LinkState::Idle,
            };
            match [
                end(peering, "requester_vpc_info"),
                end(peering, "accepter_vpc_info"),
            ] {
                [Some(one), Some(other)] => {
                    let link = Link {
                        node: look::node(peering),
                        ends: [one, other],
                        state,
                    };
                    self.network.links.insert(id, link);
                }
                [_, _] => self.problem(
                    &peering.uid,
                    "requester_vpc_info",
                    "one end of the connection is not known",
                ),
            }
        }
        self.hubs();
    }

    fn hubs(&mut self) {
        for gateway in self.all("aws_ec2_transit_gateway") {
            let Some(id) = self.id(gateway, "transit_gateway_id") else {
                continue;
            };
            self.hub(&id, &look::node(gateway));
        }
        for attachment in self.all("aws_ec2_transit_gateway_attachment") {
            let Some(hub) = self.id(attachment, "transit_gateway_id") else {
                continue;
            };
            let Some(id) = self.id(attachment, "transit_gateway_attachment_id") else {
                continue;
            };
            let built = self.attachment(attachment);
            self.hub(&hub, &look::node(attachment))
                .attachments
                .insert(id, built);
        }
        let lists = self.prefix_lists();
        for table in self.all("aws_ec2_transit_gateway_route_table") {
            let Some(hub) = self.id(table, "transit_gateway_id") else {
                continue;
            };
            let Some(id) = self.id(table, "transit_gateway_route_table_id") else {
                continue;
            };
            let routes = match look::fact(table, self.coverage, "routes").elements() {
                Known::Read(list) if list.len() > MAX_HUB_ROUTES => {
                    let note = Text::from(format!("`{}` has more than {MAX_HUB_ROUTES} routes", table.name));
                    self.problem(&table.uid, "routes", note.clone());
                    Known::Unread(note)
                }
                Known::Read(list) => {
                    let mut routes = Vec::with_capacity(list.len());
                    for (at, route) in list.iter().enumerate() {
                        let place = format!("routes[{at}]");
                        let destinations = match look::text(route, "prefix_list_id") {
                            Some(list) => self.listed_destinations(table, &place, list, &lists),
                            None => self.hub_destinations(table, &place, route),
                        };
                        routes.push(hub_route(table, &place, route, destinations));
                    }
                    Known::Read(routes)
                }
                Known::Unread(note) => Known::Unread(note),
            };
            self.hub(&hub, &look::node(table)).tables.insert(id, routes);
        }
    }

    fn hub_destinations(&mut self, table: &Resource, place: &str, route: &Value) -> Destinations {
        match look::text(route, "destination_cidr_block").and_then(Prefix::parse) {
            Some(prefix) => Destinations::Prefixes(vec![prefix]),
            None => {
                self.problem(
                    &table.uid,
                    place,
                    "the destination is missing or not an address prefix",
                );
                Destinations::Unread(format!("the destination of {place} of `{}`", table.name).into())
            }
        }
    }

    fn hub(&mut self, id: &Text, node: &Node) -> &mut Hub {
        self.network.hubs.entry(id.clone()).or_insert_with(|| Hub {
            node: node.clone(),
            attachments: Default::default(),
            tables: Default::default(),
        })
    }

    fn attachment(&self, attachment: &Resource) -> Attachment {
        let document = attachment.document();
        let account = look::text(document, "resource_owner_id")
            .or_else(|| look::text(document, "vpc_attachment.vpc_owner_id"))
            .map_or_else(|| self.network.account.clone(), Text::from);
        let to = match (
            look::text(document, "attached_type"),
            look::text(document, "attached_id"),
        ) {
            (Some("vpc"), Some(network)) => Attached::Network {
                network: network.into(),
                account,
            },
            (Some("vpn" | "direct-connect-gateway" | "connect" | "client-vpn"), _) => Attached::Site,
            (kind, _) => Attached::Elsewhere(format!("{} attachment", kind.unwrap_or("unknown")).into()),
        };
        let table = match look::of(attachment, "association.transit_gateway_route_table_id").text() {
            Known::Read(Some(table)) => Known::Read(Some(table.into())),
            // The owner of an attachment in another account does not see the association.
            Known::Read(None)
                if look::text(document, "transit_gateway_owner_id")
                    .is_some_and(|owner| owner != self.network.account) =>
            {
                Known::Unread(
                    format!(
                        "the route table of attachment `{}` is its gateway's owner's to see",
                        attachment.name
                    )
                    .into(),
                )
            }
            Known::Read(None) => Known::Read(None),
            Known::Unread(note) => Known::Unread(note),
        };
        Attachment {
            node: look::node(attachment),
            to,
            table,
        }
    }
}

fn end(peering: &Resource, key: &str) -> Option<LinkEnd> {
    let at = |path: &str| look::text(peering.document(), &format!("{key}.{path}"));
    let mut addresses = at("cidr_block").and_then(AddressSet::parse).unwrap_or_default();
    for (set, cidr) in [
        ("cidr_block_set", "cidr_block"),
        ("ipv6_cidr_block_set", "ipv6_cidr_block"),
    ] {
        match look::texts(look::of(peering, &format!("{key}.{set}")).list(), cidr) {
            Known::Read(texts) => {
                for block in texts.iter().filter_map(|text| AddressSet::parse(text)) {
                    addresses = addresses.union(&block);
                }
            }
            // Without all blocks nothing bounds the end.
            Known::Unread(_) => {
                addresses = AddressSet::empty();
                break;
            }
        }
    }
    Some(LinkEnd {
        network: at("vpc_id")?.into(),
        account: at("owner_id")?.into(),
        addresses,
    })
}

fn hub_route(table: &Resource, place: &str, route: &Value, destinations: Destinations) -> HubRoute {
    let blackhole = look::text(route, "state") == Some("blackhole");
    let (attachments, destinations) = match look::texts(
        look::look(route, "transit_gateway_attachments").list(),
        "transit_gateway_attachment_id",
    ) {
        Known::Read(ids) if !blackhole => (ids, destinations),
        Known::Read(_) => (Vec::new(), destinations),
        Known::Unread(note) => (Vec::new(), Destinations::Unread(note)),
    };
    let shown = look::text(route, "destination_cidr_block").unwrap_or("a prefix list");
    let detail = match attachments.first() {
        Some(first) => format!("routes {shown} to {first}"),
        None => format!("drops {shown}"),
    };
    HubRoute {
        destinations,
        attachments,
        proof: proof(table, place, detail),
    }
}
