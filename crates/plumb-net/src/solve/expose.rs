//! All exposures of a world.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_model::value::Text;

use super::balancers::Front;
use super::filters;
use super::internet::{Template, address_step, carried, classes, internet, rank};
use super::neighbours::Neighbour;
use super::solver::{Solver, step};
use super::world::{Group, World};
use crate::address::AddressSet;
use crate::model::{Balancer, Endpoint};
use crate::reach::{Certainty, Reach};
use crate::report::{Exposure, Step};
use crate::service::ServiceSet;
use crate::traffic::Traffic;

/// Works out all exposures.
pub(crate) fn expose(world: &World) -> Vec<Exposure> {
    let mut solver = Solver::new(world);
    let mut exposures = Vec::new();
    let mut fronts: BTreeMap<Text, Vec<Front>> = BTreeMap::new();
    let mut ways: BTreeMap<&Text, (Reach, Vec<Neighbour>)> = BTreeMap::new();
    let balancers: BTreeMap<&Text, &Balancer> = world
        .balancers
        .iter()
        .map(|balancer| (&balancer.node.uid, balancer))
        .collect();
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
            let whole = carried(&shared, endpoint);
            // What a load balancer hands on is told apart from what it answers by itself: only that leads on.
            let handed_on = balancers
                .get(&endpoint.node.uid)
                .and_then(|balancer| balancer.handed_on());
            let reach = match &handed_on {
                Some(services) => whole.within(&AddressSet::full(), services),
                None => whole.clone(),
            };
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
            if let Some(services) = handed_on {
                let rest = ServiceSet::all().difference(&services);
                let answered = whole.within(&AddressSet::full(), &rest);
                for template in solver.internet_templates(group, &answered) {
                    let address = address_step(endpoint, &template.addresses);
                    exposures.push(Exposure {
                        ends_here: true,
                        ..exposure(endpoint, &template, address)
                    });
                }
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
    fronts.retain(|uid, _| balancers.contains_key(uid));
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
                    behind: None,
                    ends_here: false,
                    certainty,
                });
            }
        }
    }
}

fn exposure(endpoint: &Endpoint, template: &Template, address: Option<Arc<Step>>) -> Exposure {
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
        behind: None,
        ends_here: false,
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
                behind: None,
                ends_here: false,
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
            let balancer =
                |exposure: &Exposure| exposure.behind.as_ref().map(|behind| behind.balancer.clone());
            known.from == exposure.from
                && balancer(known) == balancer(&exposure)
                && known.services == exposure.services
                && rank(&known.from, &known.certainty) <= rank(&exposure.from, &exposure.certainty)
        });
        if !said {
            kept.push(exposure);
        }
    }
    kept
}
