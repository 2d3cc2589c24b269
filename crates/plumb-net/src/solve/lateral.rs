//! What one group of endpoints can reach of another.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use plumb_model::value::Text;

use super::filters::Resolved;
use super::internet::conditioned;
use super::neighbours::ACCEPTED;
use super::neighbours::{Sends, attachment_of, passes_hub, summary};
use super::solver::Solver;
use super::world::Group;
use crate::address::AddressSet;
use crate::model::{Filter, Known, LinkState, Peers, Rule, Subnet, Target};
use crate::reach::Reach;
use crate::report::Proof;
use crate::service::ServiceSet;
use crate::traffic::Traffic;

/// Answers that pairs of groups share: a key names two sets of filters, the subnet of the other side and the family.
#[derive(Default)]
pub(crate) struct Pairs {
    entries: HashMap<(usize, usize, usize, Family), Rc<Reach>>,
    exits: HashMap<(usize, usize, usize, Family), Rc<Reach>>,
    borders: HashMap<(usize, usize, Family), Rc<Reach>>,
    entry_proofs: HashMap<(usize, usize, usize, ServiceSet), Rc<[Proof]>>,
    border_proofs: HashMap<(usize, usize, ServiceSet), Rc<[Proof]>>,
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Family {
    Ipv4,
    Ipv6,
}

/// Whether rules treat all addresses of a subnet alike, so that an answer for one holds for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evenness {
    Even,
    Uneven,
}

impl Family {
    fn of(self, addresses: &AddressSet) -> AddressSet {
        addresses.intersection(&match self {
            Self::Ipv4 => AddressSet::ipv4(),
            Self::Ipv6 => AddressSet::ipv6(),
        })
    }
}

impl<'a> Solver<'a> {
    /// What `from` can reach of `to`, as a reach that does not depend on addresses.
    ///
    /// Between subnets the filters at both borders count, in both directions; inside one subnet they do not
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>).
    pub(crate) fn lateral(&mut self, from: &Group, to: &Group) -> Reach {
        if to.key.listens.is_empty() {
            return Reach::none();
        }
        let (near, far) = match (self.world.subnet(from), self.world.subnet(to)) {
            (Ok((_, near)), Ok((_, far))) => (near, far),
            (Err(note), Ok(_) | Err(_)) | (Ok(_), Err(note)) => return only(to, Reach::unknown(note)),
        };
        for (group, subnet) in [(from, near), (to, far)] {
            if group.addresses.is_empty() {
                let note = format!("the addresses of `{}` are not known", subnet.node.uid);
                return only(to, Reach::unknown(note));
            }
        }
        let mut reach = Reach::none();
        let families = [Family::Ipv4, Family::Ipv6].into_iter();
        for ((family, source), target) in families.zip(&from.by_family).zip(&to.by_family) {
            if !source.is_empty() && !target.is_empty() {
                reach = reach.or(&self.in_family(family, (from, near, source), (to, far, target)));
            }
        }
        conditioned(conditioned(only(to, reach), to), from)
    }

    /// Proofs that `services` get from one group to another.
    pub(crate) fn lateral_proofs(&mut self, from: &Group, to: &Group, services: &ServiceSet) -> Arc<[Proof]> {
        let entry = self.entry_proofs(from, to, services);
        if from.subnet_at == to.subnet_at {
            return entry.iter().cloned().collect();
        }
        let border = self.border_proofs(from, to, services);
        entry.iter().chain(border.iter()).cloned().collect()
    }

    fn entry_proofs(&mut self, from: &Group, to: &Group, services: &ServiceSet) -> Rc<[Proof]> {
        let key = (to.filter_set, from.filter_set, from.subnet_at, services.clone());
        if let Some(known) = self.pairs.entry_proofs.get(&key) {
            return Rc::clone(known);
        }
        let traffic = Traffic::new(&from.addresses, services);
        let steps = self.filter_steps(to, &peers(from, &from.addresses), &traffic);
        let proofs: Rc<[Proof]> = steps.iter().flat_map(|step| step.proof.iter().cloned()).collect();
        if self.all_even(&self.inbound_of(to), from) == Evenness::Even {
            self.pairs.entry_proofs.insert(key, Rc::clone(&proofs));
        }
        proofs
    }

    fn border_proofs(&mut self, from: &Group, to: &Group, services: &ServiceSet) -> Rc<[Proof]> {
        let key = (to.subnet_at, from.subnet_at, services.clone());
        if let Some(known) = self.pairs.border_proofs.get(&key) {
            return Rc::clone(known);
        }
        let Ok((_, subnet)) = self.world.subnet(to) else {
            return Rc::new([]);
        };
        let traffic = Traffic::new(&from.addresses, services);
        let steps = self.border_steps(subnet, &traffic);
        let proofs: Rc<[Proof]> = steps.iter().flat_map(|step| step.proof.iter().cloned()).collect();
        if self.all_even(&self.border_rules(subnet), from) == Evenness::Even {
            self.pairs.border_proofs.insert(key, Rc::clone(&proofs));
        }
        proofs
    }

    fn all_even(&self, rules: &[&Rule], other: &Group) -> Evenness {
        let families = [Family::Ipv4, Family::Ipv6].into_iter();
        let mut evenness = families.map(|family| is_even(rules, &self.whole(other, family)));
        evenness
            .find(|one| *one == Evenness::Uneven)
            .unwrap_or(Evenness::Even)
    }

    fn in_family(
        &mut self,
        family: Family,
        (from, near, source): (&Group, &'a Subnet, &AddressSet),
        (to, far, target): (&Group, &'a Subnet, &AddressSet),
    ) -> Reach {
        let path = self.path(near, far, source, target);
        if path.is_empty() {
            return path;
        }
        let mut reach = path.and(&self.entry(family, from, source, to));
        if reach.is_empty() {
            return reach;
        }
        reach = reach.and(&self.exit(family, from, to, target));
        if from.subnet_at != to.subnet_at && !reach.is_empty() {
            reach = reach
                .and(&self.crossing(family, (from, near), (to, target), Way::Out))
                .and(&self.crossing(family, (to, far), (from, source), Way::In));
        }
        reach
    }

    /// What the filters of `to` let in from `from`.
    fn entry(&mut self, family: Family, from: &Group, source: &AddressSet, to: &Group) -> Rc<Reach> {
        let key = (to.filter_set, from.filter_set, from.subnet_at, family);
        if let Some(known) = self.pairs.entries.get(&key) {
            return Rc::clone(known);
        }
        let reach = Rc::new(summary(&self.admitted_by(to, &peers(from, source)), source));
        if is_even(&self.inbound_of(to), &self.whole(from, family)) == Evenness::Even {
            self.pairs.entries.insert(key, Rc::clone(&reach));
        }
        reach
    }

    /// What the filters of `from` let out to `to`.
    fn exit(&mut self, family: Family, from: &Group, to: &Group, target: &AddressSet) -> Rc<Reach> {
        let key = (from.filter_set, to.filter_set, to.subnet_at, family);
        if let Some(known) = self.pairs.exits.get(&key) {
            return Rc::clone(known);
        }
        let reach = Rc::new(summary(&self.sent_by(from, &peers(to, target)), target));
        let rules: Vec<&Rule> = self
            .rules(from)
            .flat_map(|filter| known(&filter.outbound))
            .collect();
        if is_even(&rules, &self.whole(to, family)) == Evenness::Even {
            self.pairs.exits.insert(key, Rc::clone(&reach));
        }
        reach
    }

    /// What the border of `at` lets through between it and the addresses of the other group.
    fn crossing(
        &mut self,
        family: Family,
        (at, subnet): (&Group, &'a Subnet),
        (other, addresses): (&Group, &AddressSet),
        way: Way,
    ) -> Rc<Reach> {
        // One key serves both ways: going out and coming in are kept apart by the order of the two subnets.
        let key = match way {
            Way::Out => (2 * at.subnet_at, other.subnet_at, family),
            Way::In => (2 * at.subnet_at + 1, other.subnet_at, family),
        };
        if let Some(known) = self.pairs.borders.get(&key) {
            return Rc::clone(known);
        }
        let Ok((id, _)) = self.world.subnet(at) else {
            return Rc::new(Reach::none());
        };
        let border = self.border(id, subnet);
        let reach = Rc::new(match way {
            Way::Out => summary(&border.outward, addresses),
            Way::In => summary(&border.inward, addresses),
        });
        let rules = self.border_rules(subnet);
        if is_even(&rules, &self.whole(other, family)) == Evenness::Even {
            self.pairs.borders.insert(key, Rc::clone(&reach));
        }
        reach
    }

    /// All addresses of a family that members of the group could have.
    fn whole(&self, group: &Group, family: Family) -> AddressSet {
        match self.world.subnet(group) {
            Ok((_, subnet)) => family.of(&subnet.addresses),
            Err(_) => family.of(&group.addresses),
        }
    }

    fn border_rules(&self, subnet: &Subnet) -> Vec<&'a Rule> {
        let world = self.world;
        let filter = match &subnet.filter {
            Known::Read(id) => world.filters.get(id),
            Known::Unread(_) => None,
        };
        let both = |filter: &'a Filter| known(&filter.inbound).chain(known(&filter.outbound));
        filter.into_iter().flat_map(both).collect()
    }

    fn inbound_of(&self, group: &Group) -> Vec<&'a Rule> {
        self.rules(group)
            .flat_map(|filter| known(&filter.inbound))
            .collect()
    }

    fn path(&mut self, near: &'a Subnet, far: &'a Subnet, source: &AddressSet, target: &AddressSet) -> Reach {
        if near.network == far.network {
            return Reach::all();
        }
        let world = self.world;
        let mut path = Reach::none();
        for (id, link) in &world.links {
            let joins = |network: &Text| link.ends.iter().any(|end| end.network == *network);
            if link.state != LinkState::Idle && joins(&near.network) && joins(&far.network) {
                let way = Target::Link(id.clone());
                let there = sent(self.sends(near, target, &way));
                let back = sent(self.sends(far, source, &way));
                let both = there.and(&back);
                path = path.or(&match link.state {
                    LinkState::Asked if !both.is_empty() => both.under(ACCEPTED),
                    LinkState::Asked | LinkState::Active | LinkState::Idle => both,
                });
            }
        }
        for (id, hub) in &world.hubs {
            let (Some(here), Some(other)) = (
                attachment_of(hub, &near.network),
                attachment_of(hub, &far.network),
            ) else {
                continue;
            };
            let way = Target::Hub(id.clone());
            let there = sent(self.sends(near, target, &way));
            let back = sent(self.sends(far, source, &way));
            let inside = summary(&passes_hub(hub, here, other, None), target)
                .and(&summary(&passes_hub(hub, other, here, None), source));
            path = path.or(&there.and(&back).and(&inside));
        }
        for way in Rc::clone(&self.unread_ways)
            .iter()
            .filter(|way| way.networks.contains(&near.network))
        {
            if !way.networks.contains(&far.network) {
                continue;
            }
            for through in [Target::Link(way.id.clone()), Target::Hub(way.id.clone())] {
                let there = sent(self.sends(near, target, &through));
                let back = sent(self.sends(far, source, &through));
                let unread = Reach::unknown(format!("what `{}` joins was not read", way.id));
                path = path.or(&there.and(&back).and(&unread));
            }
        }
        path
    }
}

/// The side of a border that a connection starts from.
#[derive(Clone, Copy)]
enum Way {
    Out,
    In,
}

/// The peers of a rule when the other side is a group: a rule that names a filter means the private addresses of its
/// members (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).
pub(crate) fn peers<'g>(group: &'g Group, addresses: &'g AddressSet) -> impl Fn(&Peers) -> Resolved + 'g {
    move |peers| match peers {
        Peers::Addresses(addresses) => Resolved::exactly(addresses.clone()),
        Peers::Members(filter) => match &group.key.filters {
            Ok(filters) if filters.contains(filter) => Resolved::exactly(addresses.clone()),
            Ok(_) => Resolved::nothing(),
            Err(note) => Resolved::unread(note),
        },
        Peers::Named(_) => Resolved::nothing(),
        Peers::Unread(note) => Resolved::unread(note),
    }
}

fn is_even(rules: &[&Rule], whole: &AddressSet) -> Evenness {
    let even = |rule: &&Rule| match &rule.peers {
        Peers::Addresses(addresses) => !addresses.intersects(whole) || whole.is_subset(addresses),
        Peers::Members(_) | Peers::Named(_) | Peers::Unread(_) => true,
    };
    if rules.iter().all(even) {
        Evenness::Even
    } else {
        Evenness::Uneven
    }
}

fn known(rules: &Known<Vec<Rule>>) -> std::slice::Iter<'_, Rule> {
    match rules {
        Known::Read(rules) => rules.iter(),
        Known::Unread(_) => [].iter(),
    }
}

fn only(to: &Group, reach: Reach) -> Reach {
    reach.within(&AddressSet::full(), &to.key.listens)
}

fn sent(sends: Sends) -> Reach {
    match sends {
        Sends::All => Reach::all(),
        Sends::Some => Reach::when(Traffic::all(), "a route covers the addresses"),
        Sends::None => Reach::none(),
        Sends::Unread(note) => Reach::unknown(note),
    }
}
