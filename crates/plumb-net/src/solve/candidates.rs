//! Which groups may reach a group at all, so that not every pair need be compared.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::value::Text;

use super::world::{Group, World};
use crate::address::AddressSet;
use crate::model::{Known, Peers};

/// Which groups may reach a group at all, so that not every pair need be compared.
pub(crate) struct Candidates<'a> {
    by_filter: BTreeMap<&'a Text, Vec<usize>>,
    /// The groups in each network; those whose network is not known stand under `None`.
    by_network: BTreeMap<Option<&'a Text>, Vec<usize>>,
    /// The networks that are joined to each network.
    joined: BTreeMap<&'a Text, BTreeSet<&'a Text>>,
}

/// The networks in which a group may be; `None` where those of its account were not all read.
fn possible<'w>(world: &'w World, group: &'w Group) -> Option<BTreeSet<&'w Text>> {
    if let Ok((_, subnet)) = world.subnet(group) {
        return Some(BTreeSet::from([&subnet.network]));
    }
    let account = &group.key.account;
    world.views.get(account).map(|view| view.iter().collect())
}

impl<'a> Candidates<'a> {
    pub(crate) fn of(world: &'a World) -> Self {
        let mut by_filter: BTreeMap<&Text, Vec<usize>> = BTreeMap::new();
        let mut by_network: BTreeMap<Option<&Text>, Vec<usize>> = BTreeMap::new();
        for (at, group) in world.groups.iter().enumerate() {
            let network = world.subnet(group).ok().map(|(_, subnet)| &subnet.network);
            by_network.entry(network).or_default().push(at);
            for filter in group.key.filters.as_deref().unwrap_or_default() {
                by_filter.entry(filter).or_default().push(at);
            }
        }
        Self {
            by_filter,
            by_network,
            joined: world.joined_networks(),
        }
    }

    /// The groups whose packets have any way to a group: in its network, in networks joined to it, and in networks that
    /// are not known. One whose network is not known is in some that its account has or shares.
    fn near(&self, world: &World, to: &Group) -> Vec<usize> {
        let Some(own) = possible(world, to) else {
            return (0..world.groups.len()).collect();
        };
        let joined = own
            .iter()
            .filter_map(|network| self.joined.get(network))
            .flatten();
        let networks: BTreeSet<&Text> = joined.chain(&own).copied().collect();
        let mut groups: Vec<usize> = networks
            .iter()
            .filter_map(|network| self.by_network.get(&Some(*network)))
            .flatten()
            .copied()
            .collect();
        let unplaced = self.by_network.get(&None).into_iter().flatten();
        groups.extend(unplaced.filter(|at| {
            world.groups.get(**at).is_some_and(|group| {
                let of_one_account = group.key.account == to.key.account;
                let may_be_there = || {
                    possible(world, group)
                        .is_none_or(|own| own.iter().any(|network| networks.contains(network)))
                };
                of_one_account || may_be_there()
            })
        }));
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    pub(crate) fn to(&self, world: &World, to: &Group) -> Vec<usize> {
        if to.key.listens.is_empty() {
            return Vec::new();
        }
        let near = self.near(world, to);
        let Ok(filters) = &to.key.filters else {
            return near;
        };
        let mut addresses = AddressSet::empty();
        let mut found: Vec<usize> = Vec::new();
        for id in filters {
            let Some(Known::Read(rules)) = world.filters.get(id).map(|filter| &filter.inbound) else {
                return near;
            };
            for rule in rules {
                match &rule.peers {
                    Peers::Addresses(peers) => addresses = addresses.union(peers),
                    Peers::Members(filter) => found.extend(self.by_filter.get(filter).into_iter().flatten()),
                    Peers::Named(_) => {}
                    Peers::Unread(_) => return near,
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        let unclear = |group: &Group| group.key.filters.is_err() || group.addresses.is_empty();
        let admitted = |at: &usize| {
            let group = world.groups.get(*at);
            found.binary_search(at).is_ok()
                || group.is_some_and(|group| unclear(group) || group.addresses.intersects(&addresses))
        };
        near.into_iter().filter(admitted).collect()
    }
}
