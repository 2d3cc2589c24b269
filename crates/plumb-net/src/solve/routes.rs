//! Where route tables send packets.

use std::collections::BTreeMap;

use plumb_model::value::Text;

use crate::address::{AddressSet, Prefix};
use crate::model::{Destinations, Known, Route};
use crate::reach::Reach;
use crate::service::ServiceSet;
use crate::traffic::Traffic;

/// For each route the addresses that take it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routing {
    /// The addresses of each route, in the order of the routes.
    pub(crate) taken: Vec<AddressSet>,
    /// Routes with destinations that were not read, and why.
    pub(crate) unread: Vec<(usize, Text)>,
}

impl Routing {
    /// Shares the addresses out among destinations: the longest prefix wins, of equal ones the first
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).
    pub(crate) fn of<'a>(destinations: impl Iterator<Item = &'a Destinations>) -> Self {
        let mut routing = Self::default();
        let mut by_length: BTreeMap<u8, Vec<(usize, Prefix)>> = BTreeMap::new();
        for (at, destinations) in destinations.enumerate() {
            routing.taken.push(AddressSet::empty());
            match destinations {
                Destinations::Prefixes(prefixes) => {
                    for prefix in prefixes {
                        by_length
                            .entry(prefix.fixed_bits())
                            .or_default()
                            .push((at, *prefix));
                    }
                }
                // The provider's own lists are a narrow part of the internet: they take away nothing that matters here.
                Destinations::Named(_) => {}
                Destinations::Unread(note) => routing.unread.push((at, note.clone())),
            }
        }
        let mut left = AddressSet::full();
        for prefixes in by_length.values().rev() {
            // Prefixes of one length are equal or disjoint, so only equal ones compete: the first of them wins.
            let mut ranges: BTreeMap<Prefix, usize> = BTreeMap::new();
            for (at, prefix) in prefixes {
                ranges.entry(*prefix).or_insert(*at);
            }
            let mut per_route: BTreeMap<usize, Vec<(u128, u128)>> = BTreeMap::new();
            for (prefix, at) in ranges {
                per_route
                    .entry(at)
                    .or_default()
                    .extend(prefix.addresses().ranges());
            }
            let mut level = AddressSet::empty();
            for (at, ranges) in per_route {
                let addresses = AddressSet::from_ranges(ranges).intersection(&left);
                level = level.union(&addresses);
                if let Some(taken) = routing.taken.get_mut(at) {
                    *taken = taken.union(&addresses);
                }
            }
            left = left.difference(&level);
        }
        routing
    }

    /// The addresses that routes chosen by `wanted` take, as traffic of all services.
    pub(crate) fn reach(&self, wanted: impl Fn(usize) -> Known<Wanted>) -> Reach {
        let all = |addresses: &AddressSet| Traffic::new(addresses, &ServiceSet::all());
        let mut reach = Reach::none();
        for (at, addresses) in self.taken.iter().enumerate() {
            match wanted(at) {
                Known::Read(Wanted::Yes) => reach = reach.or(&Reach::exactly(all(addresses))),
                Known::Read(Wanted::No) => {}
                Known::Unread(note) => reach = reach.or(&Reach::perhaps(all(addresses), note)),
            }
        }
        for (at, note) in &self.unread {
            reach = match wanted(*at) {
                Known::Read(Wanted::Yes) | Known::Unread(_) => reach.or(&Reach::unknown(note.clone())),
                // What the list holds goes elsewhere, and it may hold everything.
                Known::Read(Wanted::No) => reach.doubted(note.clone()),
            };
        }
        reach
    }
}

/// Whether a route is one of those that are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Yes,
    No,
}

/// The routing of a route table.
pub(crate) fn routing(routes: &[Route]) -> Routing {
    Routing::of(routes.iter().map(|route| &route.destinations))
}
