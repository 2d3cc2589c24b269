//! What is reached through load balancers: the client reaches a listener, and the listener a target.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_model::value::Text;

use super::internet::{classes, conditioned, internet, through};
use super::lateral;
use super::solver::{Solver, step};
use super::world::Group;
use crate::address::AddressSet;
use crate::model::{Balancer, Forward, ForwardTo, Node, Seen};
use crate::reach::Reach;
use crate::report::{Behind, Exposure, Step};
use crate::service::ServiceSet;
use crate::traffic::Traffic;

/// How many load balancers may stand one behind the other.
const MAX_BALANCERS: usize = 4;

/// What of the internet reaches a load balancer, and how.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    /// By address of the client.
    pub(crate) reach: Reach,
    /// The steps to it.
    pub(crate) steps: Vec<Arc<Step>>,
    /// The group it stands in.
    pub(crate) group: usize,
}

impl<'a> Solver<'a> {
    /// The exposures behind the load balancers that `fronts` (by uid) says are reached.
    pub(crate) fn behind(&mut self, fronts: BTreeMap<Text, Vec<Front>>) -> Vec<Exposure> {
        let world = self.world;
        let balancers: BTreeMap<&Text, &'a Balancer> = world
            .balancers
            .iter()
            .map(|balancer| (&balancer.node.uid, balancer))
            .collect();
        let mut exposures = Vec::new();
        let mut seen: BTreeSet<(Text, usize)> = BTreeSet::new();
        let mut round = fronts;
        for _ in 0..MAX_BALANCERS {
            let mut next: BTreeMap<Text, Vec<Front>> = BTreeMap::new();
            for (uid, fronts) in &round {
                let Some(balancer) = balancers.get(uid) else {
                    continue;
                };
                for front in fronts
                    .iter()
                    .filter(|front| seen.insert((uid.clone(), front.group)))
                {
                    self.forward(balancer, front, &mut exposures, &mut next);
                }
            }
            next.retain(|uid, _| balancers.contains_key(uid));
            if next.is_empty() {
                break;
            }
            round = next;
        }
        exposures
    }

    fn forward(
        &mut self,
        balancer: &'a Balancer,
        front: &Front,
        exposures: &mut Vec<Exposure>,
        next: &mut BTreeMap<Text, Vec<Front>>,
    ) {
        let world = self.world;
        for listener in &balancer.listeners {
            let clients = front.reach.within(&AddressSet::full(), &listener.services);
            if clients.is_empty() {
                continue;
            }
            let mut steps = front.steps.clone();
            let mut proof = vec![listener.proof.clone()];
            proof.extend(balancer.firewall.clone());
            steps.push(step(&listener.node, proof));
            let behind = Behind {
                balancer: balancer.node.uid.clone(),
                first: front.steps.len(),
            };
            let (heard, clients) = (clients.clone(), addresses_only(&clients));
            // Targets of one group with equal ports and rules are reached alike.
            let mut known: BTreeMap<(usize, ServiceSet, u8), Reach> = BTreeMap::new();
            for forward in &listener.forwards {
                let mut steps = steps.clone();
                steps.push(step(&forward.group, vec![forward.proof.clone()]));
                let places: Vec<usize> = match &forward.to {
                    ForwardTo::Service(node) => {
                        push(exposures, node, &heard, &steps, &behind);
                        continue;
                    }
                    ForwardTo::Endpoint(id) => world.named(id).to_vec(),
                    ForwardTo::Address { network, address } => {
                        world.at(network, *address).into_iter().collect()
                    }
                };
                for place in places {
                    let (Some(endpoint), Some(at)) = (world.endpoints.get(place), world.group_of.get(place))
                    else {
                        continue;
                    };
                    let (Some(group), Some(own)) = (world.groups.get(*at), world.groups.get(front.group))
                    else {
                        continue;
                    };
                    let key = (*at, forward.services.clone(), seen_key(&forward.seen));
                    let reach = known
                        .entry(key)
                        .or_insert_with(|| self.clients_at(&clients, own, group, forward))
                        .clone();
                    if reach.is_empty() {
                        continue;
                    }
                    let mut steps = steps.clone();
                    steps.extend(self.target_steps(own, group, forward, &reach));
                    push(exposures, &endpoint.node, &reach, &steps, &behind);
                    next.entry(endpoint.node.uid.clone()).or_default().push(Front {
                        reach,
                        steps,
                        group: *at,
                    });
                }
            }
        }
    }

    /// What clients reach of a target group.
    fn clients_at(&mut self, clients: &Reach, own: &Group, target: &Group, forward: &Forward) -> Reach {
        let asked = clients.within(&AddressSet::full(), &forward.services);
        match &forward.seen {
            Seen::Balancer => asked.and(&self.lateral(own, target)),
            Seen::Client => self.as_client(&asked, own, target),
            Seen::Unread(note) => {
                let one = asked.and(&self.lateral(own, target));
                let other = self.as_client(&asked, own, target);
                if one == other {
                    one
                } else {
                    one.or(&other).doubted(note.clone())
                }
            }
        }
    }

    fn as_client(&mut self, asked: &Reach, own: &Group, target: &Group) -> Reach {
        let filters = own.key.filters.clone().unwrap_or_default();
        let admitted = self.admitted_by(target, &through(&filters));
        let mut reach = asked
            .and(&admitted)
            .within(&AddressSet::full(), &target.key.listens);
        if let (Ok((near, _)), Ok((far, subnet))) = (self.world.subnet(own), self.world.subnet(target))
            && near != far
        {
            let border = self.border(far, subnet);
            reach = reach.and(&border.inward);
        }
        conditioned(reach, target)
    }

    fn target_steps(&self, own: &Group, target: &Group, forward: &Forward, reach: &Reach) -> Vec<Arc<Step>> {
        match &forward.seen {
            Seen::Balancer | Seen::Unread(_) => {
                let traffic = Traffic::new(&own.addresses, &reach.possible.services());
                self.filter_steps(target, &lateral::peers(own, &own.addresses), &traffic)
            }
            Seen::Client => {
                let filters = own.key.filters.clone().unwrap_or_default();
                self.filter_steps(target, &through(&filters), &reach.possible)
            }
        }
    }
}

impl Balancer {
    /// What it listens on and hands on; `None` where it hands nothing on.
    pub(crate) fn handed_on(&self) -> Option<ServiceSet> {
        let forwarding = self
            .listeners
            .iter()
            .filter(|listener| !listener.forwards.is_empty());
        forwarding
            .map(|listener| listener.services.clone())
            .reduce(|all, services| all.union(&services))
    }
}

/// The clients, with every service: behind a load balancer the target's services count.
fn addresses_only(reach: &Reach) -> Reach {
    reach.map(|traffic| Traffic::new(&traffic.addresses(), &ServiceSet::all()))
}

/// Adds an exposure behind a load balancer; one to itself says nothing.
fn push(exposures: &mut Vec<Exposure>, node: &Node, reach: &Reach, steps: &[Arc<Step>], behind: &Behind) {
    if behind.balancer == node.uid {
        return;
    }
    for (traffic, certainty) in reach.parts() {
        for (addresses, services, certainty) in classes(&traffic, certainty) {
            exposures.push(Exposure {
                target: node.uid.clone(),
                target_type: node.resource_type.clone(),
                from: internet(&addresses),
                services: services.port_ranges(),
                steps: steps.to_vec(),
                behind: Some(behind.clone()),
                ends_here: false,
                certainty,
            });
        }
    }
}

fn seen_key(seen: &Seen) -> u8 {
    match seen {
        Seen::Client => 0,
        Seen::Balancer => 1,
        Seen::Unread(_) => 2,
    }
}
