//! What one group of endpoints can reach of another.

use plumb_model::value::Text;

use super::filters::Resolved;
use super::internet::conditioned;
use super::neighbours::{Sends, attachment_of, passes_hub, summary};
use super::solver::Solver;
use super::world::Group;
use crate::address::AddressSet;
use crate::model::{LinkState, Peers, Subnet, Target};
use crate::reach::Reach;
use crate::report::Proof;
use crate::service::ServiceSet;
use crate::traffic::Traffic;

impl<'a> Solver<'a> {
    /// What `from` can reach of `to`, as a reach that does not depend on addresses.
    ///
    /// Between subnets the filters at both borders count, in both directions; inside one subnet they do not
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>).
    pub(crate) fn lateral(&mut self, from: &Group, to: &Group) -> Reach {
        if to.key.listens.is_empty() {
            return Reach::none();
        }
        let near = match self.world.subnet(from) {
            Ok(found) => found,
            Err(note) => return only(to, Reach::unknown(note)),
        };
        let far = match self.world.subnet(to) {
            Ok(found) => found,
            Err(note) => return only(to, Reach::unknown(note)),
        };
        let path = self.path(near.1, far.1, from, to);
        if path.is_empty() {
            return Reach::none();
        }
        let entry = summary(&self.admitted_by(to, &peers(from)), &from.addresses);
        let mut reach = only(to, path.and(&entry));
        if reach.is_empty() {
            return reach;
        }
        reach = reach.and(&summary(&self.sent_by(from, &peers(to)), &to.addresses));
        if near.0 != far.0 {
            let (out, into) = (self.border(near.0, near.1), self.border(far.0, far.1));
            reach = reach.and(&summary(&out.outward, &to.addresses));
            reach = reach.and(&summary(&into.inward, &from.addresses));
        }
        conditioned(conditioned(reach, to), from)
    }

    /// Proofs that `services` get from one group to another.
    pub(crate) fn lateral_proofs(&self, from: &Group, to: &Group, services: &ServiceSet) -> Vec<Proof> {
        let traffic = Traffic::new(&from.addresses, services);
        let mut proofs = Vec::new();
        for step in self.filter_steps(to, &peers(from), &traffic) {
            proofs.extend(step.proof.iter().cloned());
        }
        if let (Ok((near, _)), Ok((far, subnet))) = (self.world.subnet(from), self.world.subnet(to))
            && near != far
        {
            for step in self.border_steps(subnet, &traffic) {
                proofs.extend(step.proof.iter().cloned());
            }
        }
        proofs
    }

    fn path(&mut self, near: &'a Subnet, far: &'a Subnet, from: &Group, to: &Group) -> Reach {
        if near.network == far.network {
            return Reach::all();
        }
        let world = self.world;
        let mut path = Reach::none();
        for (id, link) in &world.links {
            let joins = |network: &Text| link.ends.iter().any(|end| end.network == *network);
            if link.state == LinkState::Active && joins(&near.network) && joins(&far.network) {
                let target = Target::Link(id.clone());
                let there = sent(self.sends(near, &to.addresses, &target));
                let back = sent(self.sends(far, &from.addresses, &target));
                path = path.or(&there.and(&back));
            }
        }
        for (id, hub) in &world.hubs {
            let (Some(here), Some(other)) = (
                attachment_of(hub, &near.network),
                attachment_of(hub, &far.network),
            ) else {
                continue;
            };
            let target = Target::Hub(id.clone());
            let there = sent(self.sends(near, &to.addresses, &target));
            let back = sent(self.sends(far, &from.addresses, &target));
            let inside = summary(&passes_hub(hub, here, other, None), &to.addresses)
                .and(&summary(&passes_hub(hub, other, here, None), &from.addresses));
            path = path.or(&there.and(&back).and(&inside));
        }
        path
    }
}

/// The peers of a rule when the other side is a group: a rule that names a filter means the private addresses of its
/// members (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).
pub(crate) fn peers(group: &Group) -> impl Fn(&Peers) -> Resolved + '_ {
    move |peers| match peers {
        Peers::Addresses(addresses) => Resolved::exactly(addresses.clone()),
        Peers::Members(filter) => match &group.key.filters {
            Ok(filters) if filters.contains(filter) => Resolved::exactly(group.addresses.clone()),
            Ok(_) => Resolved::nothing(),
            Err(note) => Resolved::unread(note),
        },
        Peers::Named(_) => Resolved::nothing(),
        Peers::Unread(note) => Resolved::unread(note),
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
