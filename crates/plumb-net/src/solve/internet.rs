//! What the internet can reach directly: a public address, a route to an internet gateway, and filters that admit.

use std::sync::Arc;

use plumb_model::value::Text;

use super::filters::{self, Resolved};
use super::routes::Wanted;
use super::solver::{Solver, step};
use super::world::Group;
use crate::address::{AddressSet, Width};
use crate::model::{
    Endpoint, Gateway, GatewayKind, Guard, Known, Peers, Public, Route, RouteTable, Subnet, Target,
};
use crate::reach::{Certainty, Reach};
use crate::report::{Source, Step};
use crate::service::ServiceSet;
use crate::traffic::Traffic;

/// The most exposures that one group gets of one certainty; the rest is put together into one.
const MAX_CLASSES: usize = 64;

/// An exposure that members of a group share; the step of the member's own address belongs between the two lists.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) from: Source,
    pub(crate) services: ServiceSet,
    pub(crate) addresses: AddressSet,
    pub(crate) outer: Vec<Arc<Step>>,
    pub(crate) inner: Vec<Arc<Step>>,
    pub(crate) certainty: Certainty,
}

impl<'a> Solver<'a> {
    /// The addresses of the internet from where packets get into the subnet, and replies back.
    ///
    /// Needs a route to an internet gateway that is attached to the network
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html>), and no block on public access
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>).
    pub(crate) fn way_in(&mut self, subnet: &'a Subnet) -> Reach {
        let internet = Reach::exactly(Traffic::new(&AddressSet::internet(), &ServiceSet::all()));
        let guard = match &subnet.guard {
            Known::Read(Guard::Open) => Reach::all(),
            Known::Read(Guard::OutboundOnly | Guard::TranslatedOnly | Guard::Closed) => return Reach::none(),
            Known::Unread(note) => Reach::unknown(note.clone()),
        };
        let routed = match self.routing(subnet) {
            Ok((table, routing)) => {
                let routes = read_routes(table);
                routing
                    .reach(|at| match routes.get(at) {
                        Some(route) => self.leads_in(&route.target, &subnet.network),
                        None => Known::Read(Wanted::No),
                    })
                    .or(&self.inspected(subnet, routes, &routing.taken))
            }
            Err(note) => Reach::unknown(note),
        };
        internet.and(&guard).and(&routed)
    }

    /// What comes in from the internet to a group, before public addresses are asked for.
    pub(crate) fn internet_reach(&mut self, group: &Group, way_in: &Reach) -> Reach {
        let admitted = self.admitted(group);
        let Ok((id, subnet)) = self.world.subnet(group) else {
            return Reach::none();
        };
        let border = self.border(id, subnet);
        let reach = way_in.and(&border.inward).and(&admitted);
        conditioned(reach.within(&AddressSet::full(), &group.key.listens), group)
    }

    /// The exposures of a group to the internet for members with these public addresses.
    pub(crate) fn internet_templates(&mut self, group: &Group, reach: &Reach) -> Vec<Template> {
        let Ok((_, subnet)) = self.world.subnet(group) else {
            return Vec::new();
        };
        let mut templates = Vec::new();
        for (traffic, certainty) in reach.parts() {
            for (addresses, services, certainty) in classes(&traffic, certainty) {
                let part = Traffic::new(&addresses, &services);
                let mut inner = self.border_steps(subnet, &part);
                inner.extend(self.filter_steps(group, &filters::outside, &part));
                templates.push(Template {
                    from: internet(&addresses),
                    outer: self.gateway_steps(subnet, &addresses),
                    services,
                    addresses,
                    inner,
                    certainty,
                });
            }
        }
        templates
    }

    /// The exposures of a group to named lists of the provider's services.
    pub(crate) fn list_templates(
        &mut self,
        group: &Group,
        way_in: &Reach,
        family: &AddressSet,
    ) -> Vec<Template> {
        let Ok((id, subnet)) = self.world.subnet(group) else {
            return Vec::new();
        };
        let border = self.border(id, subnet);
        let mut templates = Vec::new();
        for name in self.lists(group) {
            let resolve = filters::from_list(&name);
            let listed = self.admitted_by(group, &resolve);
            let outer = way_in.and(&border.inward).within(family, &group.key.listens);
            let mut reach = listed.and(&outer);
            let public = AddressSet::internet().intersection(family);
            if reach.certain.addresses() != public && !reach.certain.is_empty() {
                reach = reach.under(format!("the addresses of `{name}` are among those let through"));
            }
            for (traffic, certainty) in conditioned(reach, group).parts() {
                let services = traffic.services();
                let mut inner = self.border_steps(subnet, &traffic);
                inner.extend(self.filter_steps(group, &resolve, &traffic));
                templates.push(Template {
                    from: Source::Service(name.clone()),
                    outer: self.gateway_steps(subnet, &traffic.addresses()),
                    services,
                    addresses: traffic.addresses(),
                    inner,
                    certainty,
                });
            }
        }
        templates
    }

    /// The names of the provider's lists that the filters of a group name.
    fn lists(&self, group: &Group) -> Vec<Text> {
        let ids = group.key.filters.as_deref().unwrap_or_default();
        let mut names: Vec<Text> = ids
            .iter()
            .filter_map(|id| match &self.world.filters.get(id)?.inbound {
                Known::Read(rules) => Some(rules),
                Known::Unread(_) => None,
            })
            .flatten()
            .filter_map(|rule| match &rule.peers {
                Peers::Named(name) => Some(name.clone()),
                Peers::Addresses(_) | Peers::Members(_) | Peers::Unread(_) => None,
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn leads_in(&self, target: &Target, network: &Text) -> Known<Wanted> {
        match target {
            Target::Gateway(id) => match self.world.gateways.get(id) {
                Some(gateway) => leads(gateway, network),
                None => Known::Unread(format!("gateway `{id}` was not read").into()),
            },
            Target::Unread(note) => Known::Unread(note.clone()),
            Target::Local
            | Target::Link(_)
            | Target::Hub(_)
            | Target::Interface(_)
            | Target::Service(_)
            | Target::Nowhere => Known::Read(Wanted::No),
        }
    }

    /// The way through an appliance: packets from the gateway go to it by the gateway's own route table
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/gateway-route-tables.html>).
    fn inspected(&self, subnet: &Subnet, routes: &[Route], taken: &[AddressSet]) -> Reach {
        let routed_at_edge = self
            .world
            .tables
            .values()
            .flat_map(|table| &table.edges)
            .any(|id| {
                let gateway = self.world.gateways.get(id);
                gateway.is_some_and(|gateway| leads(gateway, &subnet.network) == Known::Read(Wanted::Yes))
            });
        if !routed_at_edge {
            return Reach::none();
        }
        routes
            .iter()
            .zip(taken)
            .fold(Reach::none(), |reach, (route, addresses)| match &route.target {
                Target::Interface(id) => reach.or(&Reach::when(
                    Traffic::new(addresses, &ServiceSet::all()),
                    format!("the appliance behind `{id}` lets it pass"),
                )),
                Target::Local
                | Target::Gateway(_)
                | Target::Link(_)
                | Target::Hub(_)
                | Target::Service(_)
                | Target::Nowhere
                | Target::Unread(_) => reach,
            })
    }

    fn gateway_steps(&mut self, subnet: &'a Subnet, addresses: &AddressSet) -> Vec<Arc<Step>> {
        let Ok((table, routing)) = self.routing(subnet) else {
            return Vec::new();
        };
        let mut steps = Vec::new();
        for (route, taken) in read_routes(table).iter().zip(&routing.taken) {
            if !taken.intersects(addresses) {
                continue;
            }
            let node = match &route.target {
                Target::Gateway(id) => self.world.gateways.get(id).map(|gateway| &gateway.node),
                Target::Interface(_) => Some(&table.node),
                Target::Local
                | Target::Link(_)
                | Target::Hub(_)
                | Target::Service(_)
                | Target::Nowhere
                | Target::Unread(_) => None,
            };
            if let Some(node) = node {
                steps.push(step(node, vec![route.proof.clone()]));
            }
        }
        steps.extend(
            subnet
                .guard_proof
                .iter()
                .map(|proof| step(&subnet.node, vec![proof.clone()])),
        );
        steps
    }
}

/// The part of `reach` that a member's public addresses carry.
pub(crate) fn carried(reach: &Reach, endpoint: &Endpoint) -> Reach {
    let family = |public: &Public, family: AddressSet| match public {
        Public::No => Reach::none(),
        Public::Yes(_) => reach.within(&family, &ServiceSet::all()),
        Public::Unread(note) => reach.within(&family, &ServiceSet::all()).doubted(note.clone()),
    };
    family(&endpoint.ipv4, AddressSet::ipv4()).or(&family(&endpoint.ipv6, AddressSet::ipv6()))
}

/// The step that shows the public address through which a member is reached from `addresses`.
pub(crate) fn address_step(endpoint: &Endpoint, addresses: &AddressSet) -> Option<Arc<Step>> {
    let mut proof = Vec::new();
    for (public, family) in [
        (&endpoint.ipv4, AddressSet::ipv4()),
        (&endpoint.ipv6, AddressSet::ipv6()),
    ] {
        match public {
            Public::Yes(shown) if addresses.intersects(&family) => proof.push(shown.clone()),
            Public::Yes(_) | Public::No | Public::Unread(_) => {}
        }
    }
    (!proof.is_empty()).then(|| step(&endpoint.node, proof))
}

/// The classes of a traffic by source, the widest first, put together when they are too many.
pub(crate) fn classes(traffic: &Traffic, certainty: Certainty) -> Vec<(AddressSet, ServiceSet, Certainty)> {
    let mut classes = traffic.by_services();
    classes.sort_by_cached_key(|(addresses, services)| (addresses.width(), services.clone()));
    let rest = classes.split_off(classes.len().min(MAX_CLASSES));
    let mut all: Vec<_> = classes
        .into_iter()
        .map(|(addresses, services)| (addresses, services, certainty.clone()))
        .collect();
    if !rest.is_empty() {
        let part = Traffic::union_all(rest.iter().map(|(a, s)| Traffic::new(a, s)).collect());
        let note = "each of these addresses can reach some of these ports";
        let certainty = match certainty {
            Certainty::Certain => Certainty::Conditional(note.into()),
            Certainty::Conditional(condition) => {
                Certainty::Conditional(format!("{condition}; {note}").into())
            }
            Certainty::Possible(unread) => Certainty::Possible(unread),
        };
        all.push((part.addresses(), part.services(), certainty));
    }
    all
}

/// The source that addresses of the internet are.
pub(crate) fn internet(addresses: &AddressSet) -> Source {
    Source::Internet {
        width: addresses.width(),
        prefixes: prefixes(addresses),
    }
}

/// Prefixes for reports: what covers the whole internet of a family is written as everything.
pub(crate) fn prefixes(addresses: &AddressSet) -> Vec<Text> {
    let mut texts = Vec::new();
    for (family, everything) in [(AddressSet::ipv4(), "0.0.0.0/0"), (AddressSet::ipv6(), "::/0")] {
        let part = addresses.intersection(&family);
        if AddressSet::internet().intersection(&family).is_subset(&part) {
            texts.push(Text::new_static(everything));
        } else {
            texts.extend(
                part.public_prefixes()
                    .iter()
                    .map(|prefix| Text::from(prefix.to_string())),
            );
        }
    }
    texts
}

/// The reach under the condition that the members of the group stand where it is.
pub(crate) fn conditioned(reach: Reach, group: &Group) -> Reach {
    match &group.key.condition {
        Some(condition) if !reach.is_empty() => reach.under(condition.clone()),
        Some(_) | None => reach,
    }
}

/// The routes of a table that was read.
pub(crate) fn read_routes(table: &RouteTable) -> &[Route] {
    match &table.routes {
        Known::Read(routes) => routes,
        Known::Unread(_) => &[],
    }
}

fn leads(gateway: &Gateway, network: &Text) -> Known<Wanted> {
    match &gateway.kind {
        GatewayKind::Internet if gateway.networks.contains(network) => Known::Read(Wanted::Yes),
        GatewayKind::Internet
        | GatewayKind::OutboundOnly
        | GatewayKind::Translator { .. }
        | GatewayKind::Site => Known::Read(Wanted::No),
    }
}

/// The peers of rules for clients behind a load balancer that keeps their addresses: rules that name one of its filters
/// admit every client
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html>).
pub(crate) fn through<'b>(filters: &'b [Text]) -> impl Fn(&Peers) -> Resolved + 'b {
    move |peers| match peers {
        Peers::Members(filter) if filters.contains(filter) => Resolved::exactly(AddressSet::full()),
        Peers::Members(_) | Peers::Addresses(_) | Peers::Named(_) | Peers::Unread(_) => {
            filters::outside(peers)
        }
    }
}

/// How wide and certain a template is, for ordering: smaller is worse news.
pub(crate) fn rank(from: &Source, certainty: &Certainty) -> (u8, u8) {
    let width = match from {
        Source::Internet {
            width: Width::Wide, ..
        } => 0,
        Source::Internet {
            width: Width::Narrow | Width::None,
            ..
        } => 1,
        Source::Service(_) => 2,
        Source::Account(_) => 3,
        Source::Network(_) => 4,
        Source::OnPremises => 5,
    };
    let certainty = match certainty {
        Certainty::Certain => 0,
        Certainty::Conditional(_) => 1,
        Certainty::Possible(_) => 2,
    };
    (width, certainty)
}
