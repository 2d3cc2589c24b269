//! The networks of all accounts as one, with endpoints in groups that are equal for reach.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use plumb_model::value::Text;

use crate::address::AddressSet;
use crate::apart::apart;
use crate::model::{
    AccountNetwork, Attached, Balancer, Endpoint, EndpointKind, Filter, Gateway, Hub, Known, Link, Network,
    PublicService, RouteTable, ServiceEntry, Subnet, Target,
};
use crate::service::ServiceSet;

/// Everything the solver sees.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) networks: BTreeMap<Text, Network>,
    pub(crate) subnets: BTreeMap<Text, Subnet>,
    pub(crate) tables: BTreeMap<Text, RouteTable>,
    pub(crate) filters: BTreeMap<Text, Filter>,
    pub(crate) gateways: BTreeMap<Text, Gateway>,
    pub(crate) links: BTreeMap<Text, Link>,
    pub(crate) hubs: BTreeMap<Text, Hub>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) balancers: Vec<Balancer>,
    pub(crate) public_services: Vec<PublicService>,
    /// The networks that an account has or shares, by account; without those of which some may be missing.
    pub(crate) views: BTreeMap<Text, BTreeSet<Text>>,
    pub(crate) entries: Vec<ServiceEntry>,
    /// What was not read that could open a way, by account.
    pub(crate) blind: BTreeMap<Text, Vec<Text>>,
    pub(crate) groups: Vec<Group>,
    /// Group and place among the endpoints by the identifiers and uids of endpoints.
    by_id: BTreeMap<Text, Vec<usize>>,
    by_address: BTreeMap<(Text, IpAddr), usize>,
    /// The group of each endpoint.
    pub(crate) group_of: Vec<usize>,
}

/// Endpoints that are equal for reach.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) key: GroupKey,
    /// Places among the endpoints.
    pub(crate) members: Vec<usize>,
    /// The private addresses of the members; those of the subnet when one member has none.
    pub(crate) addresses: AddressSet,
    /// Those of IPv4, and those of IPv6.
    pub(crate) by_family: [AddressSet; 2],
    /// A number that groups with the same filters share.
    pub(crate) filter_set: usize,
    /// A number that groups in the same subnet share.
    pub(crate) subnet_at: usize,
}

/// What makes endpoints equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupKey {
    pub(crate) account: Text,
    pub(crate) subnet: Result<Text, Text>,
    pub(crate) filters: Result<Vec<Text>, Text>,
    pub(crate) kind: EndpointKind,
    pub(crate) listens: ServiceSet,
    pub(crate) condition: Option<Text>,
}

impl World {
    /// Joins accounts. What two accounts both see (a shared subnet) is taken from its owner where the owner was read.
    pub(crate) fn join(mut networks: Vec<AccountNetwork>) -> Self {
        apart(&mut networks);
        let mut world = Self::default();
        let mut foreign = Vec::new();
        for account in networks {
            let own = account.account.clone();
            let AccountNetwork {
                networks,
                subnets,
                tables,
                filters,
                gateways,
                links,
                hubs,
                endpoints,
                balancers,
                public_services,
                entries,
                blind,
                missing,
                account: _,
            } = account;
            let seen = networks
                .keys()
                .chain(subnets.values().map(|subnet| &subnet.network));
            if missing.is_empty() {
                world.views.entry(own.clone()).or_default().extend(seen.cloned());
            }
            for (id, network) in networks {
                if network.account == own {
                    world.networks.insert(id, network);
                } else {
                    foreign.push(Foreign::Network(id, network));
                }
            }
            for (id, subnet) in subnets {
                if subnet.account == own {
                    world.subnets.insert(id, subnet);
                } else {
                    foreign.push(Foreign::Subnet(id, subnet));
                }
            }
            // A table or filter that two accounts see is the same one; the one whose rules were read says more.
            for (id, table) in tables {
                keep(&mut world.tables, id, table, |table| {
                    matches!(table.routes, Known::Read(_))
                });
            }
            for (id, filter) in filters {
                keep(&mut world.filters, id, filter, |filter| {
                    matches!(filter.inbound, Known::Read(_))
                });
            }
            for (id, gateway) in gateways {
                world.gateways.entry(id).or_insert(gateway);
            }
            for (id, link) in links {
                world.links.entry(id).or_insert(link);
            }
            for (id, hub) in hubs {
                match world.hubs.entry(id) {
                    std::collections::btree_map::Entry::Vacant(place) => {
                        place.insert(hub);
                    }
                    std::collections::btree_map::Entry::Occupied(mut place) => {
                        let known = place.get_mut();
                        for (id, attachment) in hub.attachments {
                            keep(&mut known.attachments, id, attachment, |attachment| {
                                matches!(attachment.table, Known::Read(Some(_)))
                            });
                        }
                        for (id, routes) in hub.tables {
                            keep(&mut known.tables, id, routes, |routes| {
                                matches!(routes, Known::Read(_))
                            });
                        }
                    }
                }
            }
            world.endpoints.extend(endpoints);
            world.balancers.extend(balancers);
            world.public_services.extend(public_services);
            world.entries.extend(entries);
            world.blind.entry(own).or_default().extend(blind);
        }
        for thing in foreign {
            match thing {
                Foreign::Network(id, network) => {
                    world.networks.entry(id).or_insert(network);
                }
                Foreign::Subnet(id, subnet) => {
                    world.subnets.entry(id).or_insert(subnet);
                }
            }
        }
        world.group();
        world
    }

    /// The subnet of a group, or why it is not known.
    pub(crate) fn subnet(&self, group: &Group) -> Result<(&Text, &Subnet), Text> {
        let id = group.key.subnet.as_ref().map_err(Text::clone)?;
        match self.subnets.get_key_value(id) {
            Some(found) => Ok(found),
            None => Err(format!("subnet `{id}` was not read").into()),
        }
    }

    /// The endpoints with this identifier or uid, as places among the endpoints.
    pub(crate) fn named(&self, id: &str) -> &[usize] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
    }

    /// For each network those that a link or a hub joins to it.
    pub(crate) fn joined_networks(&self) -> BTreeMap<&Text, BTreeSet<&Text>> {
        let mut joined: BTreeMap<&Text, BTreeSet<&Text>> = BTreeMap::new();
        for link in self.links.values() {
            let [one, other] = &link.ends;
            joined.entry(&one.network).or_default().insert(&other.network);
            joined.entry(&other.network).or_default().insert(&one.network);
        }
        for hub in self.hubs.values() {
            let networks = || {
                hub.attachments
                    .values()
                    .filter_map(|attachment| match &attachment.to {
                        Attached::Network { network, .. } => Some(network),
                        Attached::Site | Attached::Elsewhere(_) => None,
                    })
            };
            for network in networks() {
                joined.entry(network).or_default().extend(networks());
            }
        }
        for networks in self.by_unread().values() {
            for network in networks {
                joined.entry(network).or_default().extend(networks);
            }
        }
        joined
    }

    /// The networks that route to a link or hub that was not read, by its identifier: it may join them.
    pub(crate) fn by_unread(&self) -> BTreeMap<&Text, BTreeSet<&Text>> {
        let mut networks: BTreeMap<&Text, BTreeSet<&Text>> = BTreeMap::new();
        for subnet in self.subnets.values() {
            let table = match &subnet.table {
                Known::Read(id) => self.tables.get(id),
                Known::Unread(_) => None,
            };
            let routes = match table.map(|table| &table.routes) {
                Some(Known::Read(routes)) => routes.as_slice(),
                Some(Known::Unread(_)) | None => &[],
            };
            for route in routes {
                let unread = match &route.target {
                    Target::Link(id) => Some(id).filter(|id| !self.links.contains_key(*id)),
                    Target::Hub(id) => Some(id).filter(|id| !self.hubs.contains_key(*id)),
                    Target::Local
                    | Target::Gateway(_)
                    | Target::Interface(_)
                    | Target::Service(_)
                    | Target::Nowhere
                    | Target::Unread(_) => None,
                };
                if let Some(id) = unread {
                    networks.entry(id).or_default().insert(&subnet.network);
                }
            }
        }
        networks
    }

    /// The endpoint with this address in a network.
    pub(crate) fn at(&self, network: &Text, address: IpAddr) -> Option<usize> {
        self.by_address.get(&(network.clone(), address)).copied()
    }

    fn group(&mut self) {
        self.endpoints
            .sort_by(|a, b| a.node.cmp(&b.node).then_with(|| a.id.cmp(&b.id)));
        let mut groups: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            groups.entry(key(endpoint)).or_default().push(at);
            for id in BTreeSet::from([&endpoint.id, &endpoint.node.uid]) {
                self.by_id.entry(id.clone()).or_default().push(at);
            }
            let network = match &endpoint.subnet {
                Known::Read(subnet) => self.subnets.get(subnet).map(|subnet| subnet.network.clone()),
                Known::Unread(_) => None,
            };
            if let Some(network) = network {
                for address in &endpoint.private {
                    self.by_address.entry((network.clone(), *address)).or_insert(at);
                }
            }
        }
        self.group_of = vec![0; self.endpoints.len()];
        let (mut filter_sets, mut subnets_at) = (BTreeMap::new(), BTreeMap::new());
        for (at, (key, members)) in groups.into_iter().enumerate() {
            let whole = key.subnet.as_ref().ok().and_then(|id| self.subnets.get(id));
            let private = |member: &usize| self.endpoints.get(*member).map_or(&[][..], |one| &one.private);
            let addresses = if members.iter().any(|member| private(member).is_empty()) {
                whole.map_or_else(AddressSet::empty, |subnet| subnet.addresses.clone())
            } else {
                let ones = members
                    .iter()
                    .flat_map(private)
                    .map(|address| AddressSet::one(*address));
                let ones = AddressSet::from_ranges(ones.flat_map(|one| one.ranges().to_vec()));
                // Addresses outside of the subnet cannot be used there.
                match whole {
                    Some(subnet) if ones.intersects(&subnet.addresses) => {
                        ones.intersection(&subnet.addresses)
                    }
                    Some(subnet) => subnet.addresses.clone(),
                    None => ones,
                }
            };
            for member in &members {
                if let Some(group) = self.group_of.get_mut(*member) {
                    *group = at;
                }
            }
            let (sets, places) = (filter_sets.len(), subnets_at.len());
            let filter_set = *filter_sets.entry(key.filters.clone()).or_insert(sets);
            let subnet_at = *subnets_at.entry(key.subnet.clone()).or_insert(places);
            self.groups.push(Group {
                key,
                members,
                by_family: [AddressSet::ipv4(), AddressSet::ipv6()]
                    .map(|family| family.intersection(&addresses)),
                addresses,
                filter_set,
                subnet_at,
            });
        }
    }
}

enum Foreign {
    Network(Text, Network),
    Subnet(Text, Subnet),
}

fn key(endpoint: &Endpoint) -> GroupKey {
    let result = |known: &Known<Text>| match known {
        Known::Read(id) => Ok(id.clone()),
        Known::Unread(note) => Err(note.clone()),
    };
    GroupKey {
        account: endpoint.account.clone(),
        subnet: result(&endpoint.subnet),
        filters: match &endpoint.filters {
            Known::Read(ids) => {
                let mut ids = ids.clone();
                ids.sort();
                ids.dedup();
                Ok(ids)
            }
            Known::Unread(note) => Err(note.clone()),
        },
        kind: endpoint.kind,
        listens: endpoint.listens.clone(),
        condition: endpoint.condition.clone(),
    }
}

fn keep<T>(all: &mut BTreeMap<Text, T>, id: Text, new: T, says_more: impl Fn(&T) -> bool) {
    match all.entry(id) {
        std::collections::btree_map::Entry::Vacant(place) => {
            place.insert(new);
        }
        std::collections::btree_map::Entry::Occupied(mut place) => {
            if !says_more(place.get()) && says_more(&new) {
                place.insert(new);
            }
        }
    }
}
