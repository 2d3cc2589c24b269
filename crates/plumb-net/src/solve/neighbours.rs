//! What other accounts and networks outside of the cloud can reach: over peering, hubs and site gateways.

use std::sync::Arc;

use plumb_model::value::Text;

use super::filters::{self, Resolved};
use super::internet::{Template, classes, conditioned, prefixes, read_routes};
use super::solver::{Solver, step};
use super::world::Group;
use crate::address::AddressSet;
use crate::model::{
    Attached, Destinations, GatewayKind, Hub, Known, LinkState, Peers, Route, Subnet, Target,
};
use crate::reach::Reach;
use crate::report::{Source, Step};
use crate::service::ServiceSet;
use crate::solve::routes::Routing;
use crate::traffic::Traffic;

/// What a link that was asked for waits for.
pub(crate) const ACCEPTED: &str = "the connection is accepted";

/// Somebody outside who can send packets into a subnet and gets replies.
#[derive(Clone, Debug)]
pub(crate) struct Neighbour {
    from: Source,
    reach: Reach,
    steps: Vec<Arc<Step>>,
}

impl<'a> Solver<'a> {
    /// Those outside of the account that packets of the subnet can go to, and that can send to it.
    pub(crate) fn neighbours(&mut self, subnet: &'a Subnet) -> Vec<Neighbour> {
        let (table, routing) = match self.routing(subnet) {
            Ok(found) => found,
            Err(note) => {
                return vec![Neighbour {
                    from: Source::Network(Vec::new()),
                    reach: Reach::perhaps(everything(&AddressSet::private()), note),
                    steps: Vec::new(),
                }];
            }
        };
        let mut neighbours = Vec::new();
        for (at, route) in read_routes(table).iter().enumerate() {
            let addresses = routing.taken.get(at).cloned().unwrap_or_default();
            let listed = match &route.destinations {
                Destinations::Prefixes(_) | Destinations::Named(_) => None,
                Destinations::Unread(note) => Some(note.clone()),
            };
            let peers = if listed.is_some() {
                AddressSet::full()
            } else {
                addresses
            };
            if peers.is_empty() {
                continue;
            }
            let first = neighbours.len();
            match &route.target {
                Target::Gateway(id) => neighbours.extend(self.site(id, subnet, route, &peers)),
                Target::Link(id) => neighbours.extend(self.linked(id, subnet, route, &peers)),
                Target::Hub(id) => neighbours.extend(self.joined(id, subnet, route, &peers)),
                Target::Local
                | Target::Interface(_)
                | Target::Service(_)
                | Target::Nowhere
                | Target::Unread(_) => {}
            }
            if let Some(note) = listed {
                for neighbour in neighbours.iter_mut().skip(first) {
                    neighbour.reach = std::mem::take(&mut neighbour.reach).doubted(note.clone());
                }
            }
        }
        neighbours
    }

    /// The exposures of a group to neighbours of its subnet.
    pub(crate) fn neighbour_templates(&mut self, group: &Group, neighbours: &[Neighbour]) -> Vec<Template> {
        let Ok((id, subnet)) = self.world.subnet(group) else {
            return Vec::new();
        };
        if neighbours.is_empty() || group.key.listens.is_empty() {
            return Vec::new();
        }
        let border = self.border(id, subnet);
        let world = self.world;
        // Rules can name filters of a neighbour; who its members are is known to its account only.
        let resolve = |peers: &Peers| match peers {
            Peers::Members(filter) if !world.filters.contains_key(filter) => {
                Resolved::unread(&format!("the members of filter `{filter}` were not read").into())
            }
            Peers::Members(_) | Peers::Addresses(_) | Peers::Named(_) | Peers::Unread(_) => {
                filters::outside(peers)
            }
        };
        let inner = self.admitted_by(group, &resolve).and(&border.inward);
        let inner = inner.within(&AddressSet::full(), &group.key.listens);
        let mut templates = Vec::new();
        for neighbour in neighbours {
            let reach = conditioned(neighbour.reach.and(&inner), group);
            for (traffic, certainty) in reach.parts() {
                for (addresses, services, certainty) in classes(&traffic, certainty) {
                    let part = Traffic::new(&addresses, &services);
                    let mut inner = self.border_steps(subnet, &part);
                    inner.extend(self.filter_steps(group, &resolve, &part));
                    let from = match &neighbour.from {
                        Source::Network(_) if every_private(&addresses) => Source::Network(Vec::new()),
                        Source::Network(_) => Source::Network(prefixes(&addresses)),
                        named @ (Source::Internet { .. }
                        | Source::Service(_)
                        | Source::Account(_)
                        | Source::OnPremises) => named.clone(),
                    };
                    templates.push(Template {
                        from,
                        services,
                        addresses,
                        outer: neighbour.steps.clone(),
                        inner,
                        certainty,
                    });
                }
            }
        }
        templates
    }

    fn site(&self, id: &Text, subnet: &Subnet, route: &Route, peers: &AddressSet) -> Option<Neighbour> {
        let gateway = self.world.gateways.get(id)?;
        let site = gateway.kind == GatewayKind::Site && gateway.networks.contains(&subnet.network);
        site.then(|| Neighbour {
            from: Source::OnPremises,
            reach: Reach::when(
                everything(peers),
                format!("a network is connected to gateway `{id}`"),
            ),
            steps: vec![step(&gateway.node, vec![route.proof.clone()])],
        })
    }

    fn linked(
        &mut self,
        id: &Text,
        subnet: &'a Subnet,
        route: &Route,
        peers: &AddressSet,
    ) -> Option<Neighbour> {
        let Some(link) = self.world.links.get(id) else {
            return Some(Neighbour {
                from: Source::Network(Vec::new()),
                reach: Reach::perhaps(everything(peers), format!("link `{id}` was not read")),
                steps: Vec::new(),
            });
        };
        let accepted = |reach: Reach| match link.state {
            LinkState::Active => Some(reach),
            LinkState::Asked => Some(reach.under(ACCEPTED)),
            LinkState::Idle => None,
        };
        let [one, other] = &link.ends;
        let far = if one.network == subnet.network { other } else { one };
        let steps = vec![step(&link.node, vec![route.proof.clone()])];
        let known = self.world.networks.contains_key(&far.network);
        if known && far.account == subnet.account {
            return None;
        }
        if known {
            let reach = self.routed_back(&far.network, &subnet.addresses, &Target::Link(id.clone()));
            return Some(Neighbour {
                from: Source::Account(far.account.clone()),
                reach: accepted(reach.within(peers, &ServiceSet::all()))?,
                steps,
            });
        }
        // The addresses that the link tells bound what its other end can send from: it does not pass on.
        let peers = if far.addresses.is_empty() {
            peers.clone()
        } else {
            peers.intersection(&far.addresses)
        };
        let note = format!(
            "routes and filters of network `{}` in account `{}` were not read",
            far.network, far.account
        );
        Some(Neighbour {
            from: Source::Account(far.account.clone()),
            reach: accepted(Reach::perhaps(everything(&peers), note))?,
            steps,
        })
    }

    fn joined(&mut self, id: &Text, subnet: &'a Subnet, route: &Route, peers: &AddressSet) -> Vec<Neighbour> {
        let Some(hub) = self.world.hubs.get(id) else {
            return vec![Neighbour {
                from: Source::Network(Vec::new()),
                reach: Reach::perhaps(everything(peers), format!("hub `{id}` was not read")),
                steps: Vec::new(),
            }];
        };
        let steps = vec![step(&hub.node, vec![route.proof.clone()])];
        let Some(own) = attachment_of(hub, &subnet.network) else {
            return vec![Neighbour {
                from: Source::Network(Vec::new()),
                reach: Reach::perhaps(
                    everything(peers),
                    format!("the attachment to hub `{id}` was not read"),
                ),
                steps,
            }];
        };
        let mut neighbours = Vec::new();
        for (other, attachment) in hub.attachments.iter().filter(|(other, _)| *other != own) {
            let (from, mut reach) = match &attachment.to {
                Attached::Network { network, account } if self.world.networks.contains_key(network) => {
                    if *account == subnet.account {
                        continue;
                    }
                    let back = self.routed_back(network, &subnet.addresses, &Target::Hub(id.clone()));
                    (Source::Account(account.clone()), back)
                }
                Attached::Network { network, account } => {
                    let note = format!(
                        "routes and filters of network `{network}` in account `{account}` were not read"
                    );
                    (Source::Account(account.clone()), Reach::unknown(note))
                }
                Attached::Site => {
                    let condition = format!("a network is connected to attachment `{other}`");
                    (Source::OnPremises, Reach::when(Traffic::all(), condition))
                }
                Attached::Elsewhere(what) => {
                    let note = format!("what is behind {what} `{other}` was not read");
                    (Source::Network(Vec::new()), Reach::unknown(note))
                }
            };
            reach = reach
                .within(peers, &ServiceSet::all())
                .and(&passes_hub(hub, own, other, None));
            reach = reach.and(&entered(hub, other, own, &subnet.addresses));
            if !reach.is_empty() {
                neighbours.push(Neighbour {
                    from,
                    reach,
                    steps: steps.clone(),
                });
            }
        }
        neighbours
    }

    /// The addresses of a network in subnets whose tables send packets for `destinations` to `target`.
    fn routed_back(&mut self, network: &Text, destinations: &AddressSet, target: &Target) -> Reach {
        let world = self.world;
        let mut reach = Reach::none();
        for subnet in world.subnets.values().filter(|subnet| subnet.network == *network) {
            let back = self.sends(subnet, destinations, target);
            let peers = everything(&subnet.addresses);
            reach = reach.or(&match back {
                Sends::All => Reach::exactly(peers),
                Sends::Some => Reach::when(
                    peers,
                    "the route of the other network covers the address of the target",
                ),
                Sends::None => Reach::none(),
                Sends::Unread(note) => Reach::perhaps(peers, note),
            });
        }
        reach
    }

    /// Whether the subnet sends packets for `destinations` to `target`.
    pub(crate) fn sends(&mut self, subnet: &'a Subnet, destinations: &AddressSet, target: &Target) -> Sends {
        let (table, routing) = match self.routing(subnet) {
            Ok(found) => found,
            Err(note) => return Sends::Unread(note),
        };
        let mut covered = AddressSet::empty();
        for (route, taken) in read_routes(table).iter().zip(&routing.taken) {
            if route.target == *target {
                covered = covered.union(taken);
            }
        }
        if destinations.is_subset(&covered) {
            return Sends::All;
        }
        if let Some((_, note)) = routing.unread.first() {
            return Sends::Unread(note.clone());
        }
        if destinations.intersects(&covered) {
            Sends::Some
        } else {
            Sends::None
        }
    }
}

/// Whether packets are sent some way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sends {
    All,
    Some,
    None,
    Unread(Text),
}

/// The attachment of a network to a hub.
pub(crate) fn attachment_of<'h>(hub: &'h Hub, wanted: &Text) -> Option<&'h Text> {
    hub.attachments
        .iter()
        .find(|(_, attachment)| match &attachment.to {
            Attached::Network { network, .. } => network == wanted,
            Attached::Site | Attached::Elsewhere(_) => false,
        })
        .map(|(id, _)| id)
}

/// The destinations that the hub sends from one attachment to another
/// (<https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html>), as reach over addresses.
pub(crate) fn passes_hub(hub: &Hub, from: &Text, to: &Text, within: Option<&AddressSet>) -> Reach {
    let routes = match hub.attachments.get(from).map(|attachment| &attachment.table) {
        Some(Known::Read(Some(table))) => match hub.tables.get(table) {
            Some(Known::Read(routes)) => routes,
            Some(Known::Unread(note)) => return Reach::unknown(note.clone()),
            None => return Reach::unknown(format!("hub route table `{table}` was not read")),
        },
        Some(Known::Read(None)) => return Reach::none(),
        Some(Known::Unread(note)) => return Reach::unknown(note.clone()),
        None => return Reach::unknown(format!("attachment `{from}` was not read")),
    };
    let routing = Routing::of(routes.iter().map(|route| &route.destinations));
    let reach = routing.reach(|at| match routes.get(at) {
        Some(route) if route.attachments.contains(to) => Known::Read(super::routes::Wanted::Yes),
        Some(_) | None => Known::Read(super::routes::Wanted::No),
    });
    match within {
        Some(addresses) => reach.within(addresses, &ServiceSet::all()),
        None => reach,
    }
}

/// Whether the hub sends what comes from `from` for `destinations` to `to`: everything or nothing, for any client.
pub(crate) fn entered(hub: &Hub, from: &Text, to: &Text, destinations: &AddressSet) -> Reach {
    let reach = passes_hub(hub, from, to, Some(destinations));
    summary(&reach, destinations)
}

/// A reach over `asked` as one that does not depend on the address.
pub(crate) fn summary(reach: &Reach, asked: &AddressSet) -> Reach {
    let full = AddressSet::full();
    let of = |services: ServiceSet| Traffic::new(&full, &services);
    let all = reach.map(|traffic| of(traffic.services_for_all(asked)));
    let some = reach.map(|traffic| of(traffic.within(asked, &ServiceSet::all()).services()));
    if all == some {
        return all;
    }
    let condition = Text::new_static("some of the addresses of the two sides are let through");
    Reach {
        certain: all.certain,
        conditional: some.conditional,
        possible: some.possible,
        conditions: some.conditions.into_iter().chain([condition]).collect(),
        unread: some.unread,
    }
}

/// Whether these are all private addresses of a family, which is said shorter than by prefixes.
fn every_private(addresses: &AddressSet) -> bool {
    let all = |family: AddressSet| AddressSet::private().intersection(&family).is_subset(addresses);
    all(AddressSet::ipv4()) || all(AddressSet::ipv6())
}

fn everything(addresses: &AddressSet) -> Traffic {
    Traffic::new(addresses, &ServiceSet::all())
}
