//! `Estate`: the joined networks of all accounts, and the questions that can be asked of them.

use std::collections::BTreeSet;

use plumb_model::value::Text;

use crate::address::Width;
use crate::model::AccountNetwork;
use crate::reach::Certainty;
use crate::report::{
    Egress, EndpointGroup, EntryUse, Exposure, GroupReach, ResourceExposure, Source, Standing,
};
use crate::solve::candidates::Candidates;
use crate::solve::entries::entry_uses;
use crate::solve::expose::expose;
use crate::solve::solver::Solver;
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
        let is_service = || {
            let mut services = self.world.public_services.iter();
            services.any(|service| service.node.uid == uid)
        };
        if exposures.is_empty() && accounts.is_empty() && !is_service() {
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
            blind,
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

    /// The groups that others, or several members of their own, can or may reach.
    pub fn reached_groups(&self) -> BTreeSet<usize> {
        let mut solver = Solver::new(&self.world);
        let candidates = Candidates::of(&self.world);
        let mut pairs = 0_usize;
        let groups = self.world.groups.iter().enumerate();
        let reached = groups.filter(|(at, to)| {
            let from = candidates.to(&self.world, to);
            pairs = pairs.saturating_add(from.len());
            pairs > MAX_PAIRS
                || from.into_iter().any(|other| {
                    let is_alone = other == *at && to.members.len() < 2;
                    let group = self.world.groups.get(other).filter(|_| !is_alone);
                    group.is_some_and(|group| !solver.lateral(group, to).is_empty())
                })
        });
        reached.map(|(at, _)| at).collect()
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

    /// Who can send requests through which private entry to a service, sorted by entry.
    pub fn entry_uses(&self) -> Vec<EntryUse> {
        entry_uses(&self.world)
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

fn standing<'e>(exposures: impl Iterator<Item = &'e Exposure> + Clone, blind: &[Text]) -> Standing {
    let possible = exposures.clone().find_map(|exposure| match &exposure.certainty {
        Certainty::Possible(unread) => Some(unread.clone()),
        Certainty::Certain | Certainty::Conditional(_) => None,
    });
    let (mut balancers, mut conditions) = (BTreeSet::new(), BTreeSet::new());
    for exposure in exposures {
        match (&exposure.certainty, &exposure.behind) {
            (Certainty::Certain, None) => return Standing::Exposed,
            (Certainty::Certain, Some(behind)) => {
                balancers.insert(behind.balancer.clone());
            }
            (Certainty::Conditional(condition), _) => {
                conditions.insert(condition.clone());
            }
            (Certainty::Possible(_), _) => {}
        }
    }
    if !balancers.is_empty() {
        return Standing::ExposedThrough(balancers.into_iter().collect());
    }
    if !conditions.is_empty() {
        return Standing::ExposedIf(conditions.into_iter().collect());
    }
    match possible {
        Some(unread) => Standing::NotKnown(unread),
        None if blind.is_empty() => Standing::NotExposed,
        None => Standing::NotKnown(blind.to_vec()),
    }
}
