//! Who can send requests through private entries to services of the provider.

use std::collections::BTreeMap;

use plumb_model::value::Text;

use super::candidates::Candidates;
use super::filters::{self, Resolved};
use super::internet::{conditioned, read_routes};
use super::solver::Solver;
use super::world::{Group, World};
use crate::address::AddressSet;
use crate::model::{Destinations, EntryWay, Known, Peers, Route, ServiceEntry, Subnet, Target};
use crate::reach::{Certainty, Reach};
use crate::report::{EntryUse, Proof};
use crate::service::{ServiceSet, TCP};
use crate::traffic::Traffic;

/// The port that services answer on.
const HTTPS: u16 = 443;

/// Who can send requests through which entry.
pub(crate) fn entry_uses(world: &World) -> Vec<EntryUse> {
    if world.entries.is_empty() {
        return Vec::new();
    }
    let mut solver = Solver::new(world);
    let candidates = Candidates::of(world);
    let mut by_network: BTreeMap<Option<&Text>, Vec<usize>> = BTreeMap::new();
    for (at, group) in world.groups.iter().enumerate() {
        let network = world.subnet(group).ok().map(|(_, subnet)| &subnet.network);
        by_network.entry(network).or_default().push(at);
    }
    let mut uses = Vec::new();
    for entry in &world.entries {
        match &entry.way {
            EntryWay::Tables(tables) => {
                let own = match &entry.network {
                    Known::Read(network) => by_network.get(&Some(network)).map_or(&[][..], Vec::as_slice),
                    Known::Unread(_) => &[],
                };
                for at in own {
                    let found = world.groups.get(*at);
                    let found = found.and_then(|group| solver.by_routes(entry, tables, group));
                    uses.extend(found.map(|(certainty, proofs)| use_of(entry, *at, proofs, certainty)));
                }
            }
            EntryWay::Addresses => uses.extend(solver.by_address(entry, &candidates)),
        }
    }
    uses.sort_by(|a, b| (&a.entry, a.group, &a.certainty).cmp(&(&b.entry, b.group, &b.certainty)));
    uses.dedup_by(|next, kept| next.entry == kept.entry && next.group == kept.group);
    uses
}

fn use_of(entry: &ServiceEntry, group: usize, proofs: Vec<Proof>, certainty: Certainty) -> EntryUse {
    EntryUse {
        entry: entry.node.uid.clone(),
        group,
        proofs,
        certainty,
    }
}

impl<'a> Solver<'a> {
    /// Whether a group in the network of an entry is routed to it
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html>).
    fn by_routes(
        &mut self,
        entry: &ServiceEntry,
        tables: &Known<Vec<Text>>,
        group: &Group,
    ) -> Option<(Certainty, Vec<Proof>)> {
        let (id, subnet) = self.world.subnet(group).ok()?;
        let route = self.route_to(entry, subnet);
        let (mut proofs, routed) = match (tables, &subnet.table, route) {
            (_, _, Some(route)) => (vec![route.proof.clone()], Reach::all()),
            (Known::Read(tables), Known::Read(table), None) => {
                let proof = Proof {
                    resource: entry.node.uid.clone(),
                    attribute: Text::new_static("route_table_ids"),
                    detail: Text::from(format!("serves the route table {table}")),
                };
                (vec![proof], tables.contains(table).then(Reach::all)?)
            }
            (Known::Unread(note), _, None) | (Known::Read(_), Known::Unread(note), None) => {
                (Vec::new(), Reach::unknown(note.clone()))
            }
        };
        let list = match route.map(|route| &route.destinations) {
            Some(Destinations::Named(name)) => Some(name.as_str()),
            Some(Destinations::Prefixes(_) | Destinations::Unread(_)) | None => None,
        };
        let towards = route.and_then(addresses);
        let resolve = |peers: &Peers| match peers {
            Peers::Named(name) if Some(name.as_str()) == list => Resolved::exactly(AddressSet::full()),
            Peers::Named(_) | Peers::Addresses(_) | Peers::Members(_) | Peers::Unread(_) => {
                filters::outside(peers)
            }
        };
        let border = self.border(id, subnet);
        let sent = self.sent_by(group, &resolve);
        let reach = conditioned(routed.and(&sent).and(&border.outward), group);
        let certainty = certainty(&reach, towards.as_ref())?;
        let traffic = Traffic::new(&AddressSet::ipv4(), &ServiceSet::tcp(HTTPS));
        for filter in self.rules(group) {
            proofs.extend(filters::proofs(&filter.outbound, &resolve, &traffic));
        }
        Some((certainty, proofs))
    }

    /// The route that sends packets of a subnet to an entry.
    fn route_to(&self, entry: &ServiceEntry, subnet: &Subnet) -> Option<&'a Route> {
        let table = match &subnet.table {
            Known::Read(id) => self.world.tables.get(id)?,
            Known::Unread(_) => return None,
        };
        read_routes(table).iter().find(|route| match &route.target {
            Target::Service(id) | Target::Interface(id) => *id == entry.id,
            Target::Local
            | Target::Gateway(_)
            | Target::Link(_)
            | Target::Hub(_)
            | Target::Nowhere
            | Target::Unread(_) => false,
        })
    }

    /// Who reaches the addresses of an entry, in its network and in those that are joined to it.
    fn by_address(&mut self, entry: &ServiceEntry, candidates: &Candidates<'_>) -> Vec<EntryUse> {
        let mut uses = Vec::new();
        let mut places: Vec<usize> = self
            .world
            .named(&entry.node.uid)
            .iter()
            .filter_map(|at| self.world.group_of.get(*at).copied())
            .collect();
        places.sort_unstable();
        places.dedup();
        for place in places {
            let Some(to) = self.world.groups.get(place) else {
                continue;
            };
            for at in candidates.to(self.world, to) {
                let Some(from) = self.world.groups.get(at).filter(|_| at != place) else {
                    continue;
                };
                let reach = self.lateral(from, to);
                let reach = reach.within(&AddressSet::full(), &ServiceSet::tcp(HTTPS));
                let Some((_, certainty)) = reach.parts().into_iter().next() else {
                    continue;
                };
                let certainty = match certainty {
                    Certainty::Conditional(condition) if condition == filters::CHOSEN_PORT => {
                        Certainty::Certain
                    }
                    Certainty::Certain | Certainty::Conditional(_) | Certainty::Possible(_) => certainty,
                };
                let proofs = self.lateral_proofs(from, to, &ServiceSet::tcp(HTTPS));
                uses.push(use_of(entry, at, proofs.to_vec(), certainty));
            }
        }
        uses
    }
}

/// The addresses that a route covers, where they are known.
fn addresses(route: &Route) -> Option<AddressSet> {
    match &route.destinations {
        Destinations::Prefixes(prefixes) => Some(
            prefixes
                .iter()
                .fold(AddressSet::empty(), |all, prefix| all.union(&prefix.addresses())),
        ),
        Destinations::Named(_) | Destinations::Unread(_) => None,
    }
}

/// How surely requests get to the addresses of a service, which may be any of the internet where they are not known.
fn certainty(reach: &Reach, towards: Option<&AddressSet>) -> Option<Certainty> {
    let all = AddressSet::internet().intersection(&AddressSet::ipv4());
    let towards_ipv4 = towards.map(|addresses| addresses.intersection(&AddressSet::ipv4()));
    let wanted = towards_ipv4
        .as_ref()
        .filter(|addresses| !addresses.is_empty())
        .unwrap_or(&all);
    let covers = |traffic: &Traffic| traffic.services_for_all(wanted).has(TCP, HTTPS);
    // Who holds what sends the requests chooses the port that it sends from.
    let mut conditions = reach.conditions.iter();
    let is_free = covers(&reach.conditional) && conditions.all(|condition| condition == filters::CHOSEN_PORT);
    if is_free || covers(&reach.certain) {
        return Some(Certainty::Certain);
    }
    if covers(&reach.conditional) {
        let conditions: Vec<&str> = reach.conditions.iter().map(Text::as_str).collect();
        return Some(Certainty::Conditional(conditions.join("; ").into()));
    }
    if reach.possible.within(wanted, &ServiceSet::tcp(HTTPS)).is_empty() {
        return None;
    }
    let mut unread: Vec<Text> = reach.unread.iter().cloned().collect();
    if unread.is_empty() {
        unread.push(Text::new_static(
            "filters let requests go to a part of the internet, of which it is not known whether it holds the addresses of the service",
        ));
    }
    Some(Certainty::Possible(unread))
}
