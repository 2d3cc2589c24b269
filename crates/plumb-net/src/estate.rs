//! `Estate`: the joined networks of all accounts, and the questions that can be asked of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_model::value::Text;

use crate::address::{AddressSet, Width};
use crate::model::{AccountNetwork, Known, Peers};
use crate::reach::{Certainty, Reach};
use crate::report::{Egress, EndpointGroup, Exposure, GroupReach, ResourceExposure, Source, Standing, Step};
use crate::service::ServiceSet;
use crate::solve::balancers::Front;
use crate::solve::filters;
use crate::solve::internet::{Template, address_step, carried, classes, internet, rank};
use crate::solve::neighbours::Neighbour;
use crate::solve::solver::{Solver, step};
use crate::solve::world::{Group, World};
use crate::traffic::Traffic;

/// The most pairs of groups that are compared for lateral reach; [`Lateral::left_out`] tells when there were more.
pub const MAX_PAIRS: usize = 1_000_000;

/// The networks of all accounts with everything that can be reached from outside.
#[derive(Debug)]
pub struct Estate {
    world: World,
    groups: Vec<EndpointGroup>,
    /// Sorted by target, the widest and most certain first.
    exposures: Vec<Exposure>,
}

/// Reach between groups.
#[derive(Clone, Debug, Default)]
pub struct Lateral {
    /// Who reaches whom, sorted.
    pub reach: Vec<GroupReach>,
    /// The groups that were not compared with others because there were more pairs than [`MAX_PAIRS`]; what reaches
    /// them is not known.
    pub left_out: Vec<usize>,
}

impl Estate {
    /// Joins accounts and works out what can be reached from outside. One account alone is an estate of one: what other
    /// accounts decide is then not known.
    pub fn new(accounts: Vec<AccountNetwork>) -> Self {
        let world = World::join(accounts);
        let groups = world
            .groups
            .iter()
            .enumerate()
            .map(|(id, group)| report(&world, id, group))
            .collect();
        let exposures = expose(&world);
        Self {
            world,
            groups,
            exposures,
        }
    }

    /// Everything that can be reached from outside of its account, sorted by target.
    pub fn exposures(&self) -> &[Exposure] {
        &self.exposures
    }

    /// What is known of the exposure of one resource; `None` when the model does not hold it, so that nothing can be
    /// said about it.
    pub fn exposure_of(&self, uid: &str) -> Option<ResourceExposure<'_>> {
        let first = self
            .exposures
            .partition_point(|exposure| exposure.target.as_str() < uid);
        let last = self
            .exposures
            .partition_point(|exposure| exposure.target.as_str() <= uid);
        let exposures = self.exposures.get(first..last).unwrap_or_default();
        let accounts: Vec<&Text> = self
            .world
            .named(uid)
            .iter()
            .filter_map(|at| self.world.endpoints.get(*at))
            .map(|endpoint| &endpoint.account)
            .collect();
        let service = self
            .world
            .public_services
            .iter()
            .any(|service| service.node.uid == uid);
        if exposures.is_empty() && accounts.is_empty() && !service {
            return None;
        }
        let blind: Vec<Text> = accounts
            .iter()
            .filter_map(|account| self.world.blind.get(*account))
            .flatten()
            .cloned()
            .collect();
        let wide = |exposure: &&Exposure| {
            matches!(
                exposure.from,
                Source::Internet {
                    width: Width::Wide,
                    ..
                }
            )
        };
        Some(ResourceExposure {
            internet: standing(exposures.iter().filter(wide), &blind),
            outside: standing(exposures.iter(), &blind),
            exposures,
        })
    }

    /// Endpoints in groups that are equal for reach.
    pub fn groups(&self) -> &[EndpointGroup] {
        &self.groups
    }

    /// The groups that hold a resource.
    pub fn groups_of(&self, uid: &str) -> Vec<usize> {
        let places = self.world.named(uid).iter();
        let mut groups: Vec<usize> = places
            .filter_map(|at| self.world.group_of.get(*at))
            .copied()
            .collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// What each group can reach of each other one, and of itself when its members can reach one another.
    pub fn group_reach(&self) -> Lateral {
        let mut solver = Solver::new(&self.world);
        let candidates = Candidates::of(&self.world);
        let mut lateral = Lateral::default();
        let mut pairs = 0_usize;
        for (at, to) in self.world.groups.iter().enumerate() {
            let from = candidates.to(&self.world, to);
            pairs = pairs.saturating_add(from.len());
            if pairs > MAX_PAIRS {
                lateral.left_out.push(at);
                continue;
            }
            for other in from {
                let Some(group) = self.world.groups.get(other) else {
                    continue;
                };
                if other == at && to.members.len() < 2 {
                    continue;
                }
                for (traffic, certainty) in solver.lateral(group, to).parts() {
                    let services = traffic.services();
                    lateral.reach.push(GroupReach {
                        from: other,
                        to: at,
                        proofs: solver.lateral_proofs(group, to, &services),
                        services: services.port_ranges(),
                        certainty,
                    });
                }
            }
        }
        lateral.reach.sort_by_key(|reach| (reach.from, reach.to));
        lateral
    }

    /// What a group can reach on the internet; empty when it cannot reach it, or the group does not exist.
    pub fn egress(&self, group: usize) -> Vec<Egress> {
        let Some(group) = self.world.groups.get(group) else {
            return Vec::new();
        };
        let (reach, proofs) = Solver::new(&self.world).egress(group);
        let egress = |(traffic, certainty): (Traffic, Certainty)| Egress {
            services: traffic.services().port_ranges(),
            proofs: proofs.clone(),
            certainty,
        };
        reach.parts().into_iter().map(egress).collect()
    }
}

/// Which groups may reach a group at all, so that not every pair need be compared.
struct Candidates<'a> {
    by_filter: BTreeMap<&'a Text, Vec<usize>>,
    /// The groups in each network; those whose network is not known stand under `None`.
    by_network: BTreeMap<Option<&'a Text>, Vec<usize>>,
    /// The networks that are joined to each network.
    joined: BTreeMap<&'a Text, BTreeSet<&'a Text>>,
}

impl<'a> Candidates<'a> {
    fn of(world: &'a World) -> Self {
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
    /// are not known.
    fn near(&self, world: &World, to: &Group) -> Vec<usize> {
        let Ok((_, subnet)) = world.subnet(to) else {
            return (0..world.groups.len()).collect();
        };
        let joined = self.joined.get(&subnet.network).into_iter().flatten().copied();
        let networks = joined.filter(|network| **network != subnet.network).map(Some);
        let mut groups: Vec<usize> = networks
            .chain([Some(&subnet.network), None])
            .filter_map(|network| self.by_network.get(&network))
            .flatten()
            .copied()
            .collect();
        groups.sort_unstable();
        groups
    }

    fn to(&self, world: &World, to: &Group) -> Vec<usize> {
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

fn report(world: &World, id: usize, group: &Group) -> EndpointGroup {
    let mut members: Vec<_> = group
        .members
        .iter()
        .filter_map(|at| world.endpoints.get(*at))
        .map(|endpoint| endpoint.node.clone())
        .collect();
    members.dedup();
    let uid = |id: &Text| {
        world
            .filters
            .get(id)
            .map_or_else(|| id.clone(), |filter| filter.node.uid.clone())
    };
    EndpointGroup {
        id,
        kind: group.key.kind,
        subnet: world
            .subnet(group)
            .ok()
            .map(|(_, subnet)| subnet.node.uid.clone()),
        filters: group.key.filters.iter().flatten().map(uid).collect(),
        members,
    }
}

fn standing<'e>(mut exposures: impl Iterator<Item = &'e Exposure> + Clone, blind: &[Text]) -> Standing {
    let possible = exposures.clone().find_map(|exposure| match &exposure.certainty {
        Certainty::Possible(unread) => Some(unread.clone()),
        Certainty::Certain | Certainty::Conditional(_) => None,
    });
    if exposures.any(|exposure| !matches!(exposure.certainty, Certainty::Possible(_))) {
        return Standing::Exposed;
    }
    match possible {
        Some(unread) => Standing::NotKnown(unread),
        None if blind.is_empty() => Standing::NotExposed,
        None => Standing::NotKnown(blind.to_vec()),
    }
}

/// Works out all exposures.
fn expose(world: &World) -> Vec<Exposure> {
    let mut solver = Solver::new(world);
    let mut exposures = Vec::new();
    let mut fronts: BTreeMap<Text, Vec<Front>> = BTreeMap::new();
    let mut ways: BTreeMap<&Text, (Reach, Vec<Neighbour>)> = BTreeMap::new();
    for (at, group) in world.groups.iter().enumerate() {
        if group.key.listens.is_empty() {
            continue;
        }
        let (id, subnet) = match world.subnet(group) {
            Ok(found) => found,
            Err(note) => {
                misplaced(world, group, &note, &mut exposures);
                continue;
            }
        };
        let (way_in, neighbours) = ways
            .entry(id)
            .or_insert_with(|| (solver.way_in(subnet), solver.neighbours(subnet)))
            .clone();
        let shared = solver.internet_reach(group, &way_in);
        let others = solver.neighbour_templates(group, &neighbours);
        // Members differ in their public addresses only, so few different sets of templates arise.
        let mut known: Vec<(Reach, Vec<Template>)> = Vec::new();
        for endpoint in group.members.iter().filter_map(|at| world.endpoints.get(*at)) {
            let reach = carried(&shared, endpoint);
            let place = known
                .iter()
                .position(|(other, _)| *other == reach)
                .unwrap_or_else(|| {
                    let mut templates = solver.internet_templates(group, &reach);
                    let lists = carried(&Reach::all(), endpoint);
                    if !lists.is_empty() {
                        let family = lists.possible.addresses();
                        let doubt = lists
                            .certain
                            .is_empty()
                            .then(|| lists.unread.iter().cloned().collect());
                        for mut template in solver.list_templates(group, &way_in, &family) {
                            if let Some(unread) = &doubt {
                                template.certainty = Certainty::Possible(Vec::clone(unread));
                            }
                            templates.push(template);
                        }
                    }
                    known.push((reach.clone(), templates));
                    known.len() - 1
                });
            let templates = known.get(place).map_or(&[][..], |(_, templates)| templates);
            let first = exposures.len();
            for template in templates {
                let address = address_step(endpoint, &template.addresses);
                exposures.push(exposure(endpoint, template, address));
            }
            let steps = exposures.get(first).map(|one: &Exposure| one.steps.clone());
            exposures.extend(others.iter().map(|template| exposure(endpoint, template, None)));
            if let Some(steps) = steps.filter(|_| !reach.is_empty()) {
                let uid = endpoint.node.uid.clone();
                fronts.entry(uid).or_default().push(Front {
                    reach,
                    steps,
                    group: at,
                });
            }
        }
    }
    let balancers: BTreeSet<&Text> = world
        .balancers
        .iter()
        .map(|balancer| &balancer.node.uid)
        .collect();
    fronts.retain(|uid, _| balancers.contains(uid));
    exposures.extend(solver.behind(fronts));
    public_services(world, &mut exposures);
    in_order(exposures)
}

/// Members whose subnet is not known may be reached by anybody their filters admit.
fn misplaced(world: &World, group: &Group, note: &Text, exposures: &mut Vec<Exposure>) {
    let solver = Solver::new(world);
    let admitted = solver
        .admitted_by(group, &filters::outside)
        .within(&AddressSet::internet(), &group.key.listens)
        .doubted(note.clone());
    for endpoint in group.members.iter().filter_map(|at| world.endpoints.get(*at)) {
        for (traffic, certainty) in carried(&admitted, endpoint).parts() {
            for (addresses, services, certainty) in classes(&traffic, certainty) {
                exposures.push(Exposure {
                    target: endpoint.node.uid.clone(),
                    target_type: endpoint.node.resource_type.clone(),
                    from: internet(&addresses),
                    services: services.port_ranges(),
                    steps: Vec::new(),
                    certainty,
                });
            }
        }
    }
}

fn exposure(endpoint: &crate::model::Endpoint, template: &Template, address: Option<Arc<Step>>) -> Exposure {
    let steps = template
        .outer
        .iter()
        .cloned()
        .chain(address)
        .chain(template.inner.iter().cloned());
    Exposure {
        target: endpoint.node.uid.clone(),
        target_type: endpoint.node.resource_type.clone(),
        from: template.from.clone(),
        services: template.services.port_ranges(),
        steps: steps.collect(),
        certainty: template.certainty.clone(),
    }
}

fn public_services(world: &World, exposures: &mut Vec<Exposure>) {
    for service in &world.public_services {
        let resolved = filters::outside(&service.peers);
        let reach = Reach {
            certain: Traffic::new(&resolved.sure, &service.services),
            conditional: Traffic::new(&resolved.sure, &service.services),
            possible: Traffic::new(&resolved.most, &service.services),
            unread: resolved.note.into_iter().collect(),
            ..Reach::none()
        };
        let reach = reach.within(&AddressSet::internet(), &ServiceSet::all());
        for (traffic, certainty) in reach.parts() {
            exposures.push(Exposure {
                target: service.node.uid.clone(),
                target_type: service.node.resource_type.clone(),
                from: internet(&traffic.addresses()),
                services: traffic.services().port_ranges(),
                steps: vec![step(&service.node, vec![service.proof.clone()])],
                certainty,
            });
        }
    }
}

/// Sorts and drops what says the same as a better one: the same ports from the same source, less certain or once more.
fn in_order(mut exposures: Vec<Exposure>) -> Vec<Exposure> {
    exposures.sort_by(|a, b| {
        (
            &a.target,
            rank(&a.from, &a.certainty),
            &a.from,
            &a.services,
            &a.certainty,
            &a.steps,
        )
            .cmp(&(
                &b.target,
                rank(&b.from, &b.certainty),
                &b.from,
                &b.services,
                &b.certainty,
                &b.steps,
            ))
    });
    let mut kept: Vec<Exposure> = Vec::with_capacity(exposures.len());
    let mut first = 0;
    for exposure in exposures {
        if kept.last().is_some_and(|last| last.target != exposure.target) {
            first = kept.len();
        }
        let said = kept.get(first..).unwrap_or_default().iter().any(|known| {
            known.from == exposure.from
                && known.services == exposure.services
                && rank(&known.from, &known.certainty) <= rank(&exposure.from, &exposure.certainty)
        });
        if !said {
            kept.push(exposure);
        }
    }
    kept
}

/// What one group can reach of another, for callers that need one pair only.
impl Estate {
    /// What one group can reach of another; empty when it cannot, or one of them does not exist.
    pub fn reach_between(&self, from: usize, to: usize) -> Vec<GroupReach> {
        let (Some(near), Some(far)) = (self.world.groups.get(from), self.world.groups.get(to)) else {
            return Vec::new();
        };
        let mut solver = Solver::new(&self.world);
        let parts = solver.lateral(near, far).parts();
        parts
            .into_iter()
            .map(|(traffic, certainty)| {
                let services = traffic.services();
                GroupReach {
                    from,
                    to,
                    proofs: solver.lateral_proofs(near, far, &services),
                    services: services.port_ranges(),
                    certainty,
                }
            })
            .collect()
    }
}
