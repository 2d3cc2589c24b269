//! Network edges: what the internet and other accounts reach, and what resources reach of each other.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_net::address::Width;
use plumb_net::estate::Estate;
use plumb_net::reach;
use plumb_net::report::{self, EndpointGroup, Exposure, Source, Standing};
use plumb_net::service::PortRange;
use plumb_pack::risk::{RiskWeights, ServiceClass, Transport};

use crate::assemble::{Assembly, Outcome};
use crate::graph::NodeId;

/// How many proofs of one step are kept; more of them say the same of further ports.
const MAX_PROOFS: usize = 12;

/// Adds everything that networks tell.
pub(crate) fn add(assembly: &mut Assembly<'_>, estate: &Estate) {
    for exposure in estate.exposures() {
        add_exposure(assembly, exposure);
    }
    add_lateral(assembly, estate);
    mark_unknown(assembly, estate);
}

fn add_exposure(assembly: &mut Assembly<'_>, exposure: &Exposure) {
    let Some(target) = assembly.node_of(&exposure.target) else {
        return;
    };
    let (entry, level, through) = match &exposure.from {
        Source::Internet {
            width: Width::Wide,
            prefixes,
        } => {
            let part =
                (!is_everything(prefixes)).then(|| Text::from(format!("from {}", shortened(prefixes))));
            (Some(assembly.internet()), ExposureLevel::Wide, part)
        }
        Source::Internet {
            width: Width::Narrow,
            prefixes,
        } => {
            let through = Text::from(format!("from {}", shortened(prefixes)));
            (Some(assembly.internet()), ExposureLevel::Narrow, Some(through))
        }
        Source::Internet {
            width: Width::None, ..
        } => return,
        Source::Service(name) => {
            let through = Text::from(format!("from {name}"));
            (Some(assembly.internet()), ExposureLevel::Narrow, Some(through))
        }
        Source::Account(account) => {
            let provider = assembly
                .resource(target)
                .and_then(|(fragment, _)| assembly.fragments.get(fragment))
                .map(|fragment| fragment.account.provider);
            // What accounts of the estate reach is told between their resources.
            let inside = provider.is_some_and(|provider| assembly.fragment_of(provider, account).is_some());
            let entry = (!inside).then(|| assembly.external(account));
            (entry, ExposureLevel::Accounts, None)
        }
        Source::Network(_) | Source::OnPremises => (None, ExposureLevel::Internal, None),
    };
    let (certainty, conditions) = certainty(&exposure.certainty);
    let seen = match certainty {
        Certainty::Certain | Certainty::Conditional => level,
        Certainty::Possible => level.min(ExposureLevel::Unknown),
    };
    assembly.expose(target, seen);
    for proof in exposure.steps.iter().flat_map(|step| &step.proof) {
        let is_evidence = |node: &NodeId| {
            assembly
                .info(*node)
                .is_some_and(|info| info.kind == NodeKind::Network)
        };
        if let Some(node) = assembly.node_of(&proof.resource).filter(is_evidence) {
            assembly.expose(node, seen);
        }
    }
    let Some(entry) = entry else { return };
    // Nothing behind a load balancer is reached by what it answers itself.
    if exposure.ends_here {
        return;
    }
    // A load balancer on the way is reached by itself; the edge begins there.
    let front = exposure.behind.as_ref().and_then(|behind| {
        let steps = exposure.steps.get(behind.first..)?;
        Some((assembly.node_of(&behind.balancer)?, steps))
    });
    let (from, steps) = front.unwrap_or((entry, exposure.steps.as_slice()));
    let service = easiest(&assembly.knowledge.weights, &exposure.services);
    let how = match (front, through) {
        (None, Some(through)) => Text::from(format!("{} {through}", service.clause)),
        (Some(_), _) | (None, None) => service.clause.clone(),
    };
    let mut proofs = joined(steps.iter().flat_map(|step| &step.proof));
    proofs.truncate(MAX_PROOFS);
    let weights = &assembly.knowledge.weights;
    let mut extra = weights.service(service.class);
    if front.is_none() {
        extra = extra.saturating_add(weights.width(level));
    }
    let outcome = Outcome {
        certainty,
        conditions,
        proofs,
        ..Outcome::default()
    };
    let outcome = outcome.and(guard(assembly, target));
    assembly.edge(from, target, EdgeKind::Reaches, Some(how), &outcome, extra);
}

/// What resources reach of each other, by groups of equals.
fn add_lateral(assembly: &mut Assembly<'_>, estate: &Estate) {
    let lateral = estate.group_reach();
    let mut sources: BTreeMap<usize, NodeId> = BTreeMap::new();
    let mut ends: BTreeMap<usize, NodeId> = BTreeMap::new();
    for reach in &lateral.reach {
        let members = |id: usize| {
            estate
                .groups()
                .get(id)
                .map(|group| nodes(assembly, group))
                .unwrap_or_default()
        };
        let (from, to) = (members(reach.from), members(reach.to));
        if from.is_empty() || to.is_empty() {
            continue;
        }
        let source = *sources.entry(reach.from).or_insert_with(|| {
            let class = assembly.hidden();
            for member in &from {
                assembly.join(*member, class);
            }
            class
        });
        let end = *ends.entry(reach.to).or_insert_with(|| {
            let stand_in = assembly.hidden();
            for member in &to {
                assembly.cover(stand_in, *member);
                assembly.expose(*member, ExposureLevel::Internal);
            }
            stand_in
        });
        let weights = &assembly.knowledge.weights;
        let service = easiest(weights, &reach.services);
        let extra = weights
            .service(service.class)
            .saturating_add(weights.width(ExposureLevel::Internal));
        let (certainty, conditions) = certainty(&reach.certainty);
        let mut proofs = joined(reach.proofs.iter());
        proofs.truncate(MAX_PROOFS);
        let outcome = Outcome {
            certainty,
            conditions,
            proofs,
            ..Outcome::default()
        };
        // The members of a group are of one kind.
        let guard = to.first().map(|first| guard(assembly, *first));
        let outcome = outcome.and(guard.unwrap_or_default());
        assembly.edge(
            source,
            end,
            EdgeKind::Reaches,
            Some(service.clause),
            &outcome,
            extra,
        );
    }
    if !lateral.left_out.is_empty() {
        let groups = match lateral.left_out.len() {
            1 => "1 group of resources was".to_owned(),
            several => format!("{several} groups of resources were"),
        };
        assembly.problem(format!(
            "{groups} not compared with their neighbours, because the networks have too many"
        ));
    }
}

/// What a workload asks of who reaches it before it can be controlled; a front asks it of what it hands on.
fn guard(assembly: &Assembly<'_>, target: NodeId) -> Outcome {
    if assembly
        .info(target)
        .is_none_or(|info| info.kind != NodeKind::Workload)
    {
        return Outcome::default();
    }
    let detail = assembly
        .resource(target)
        .and_then(|(_, resource)| resource.detail.as_deref());
    let guards = detail.map_or(&[][..], |detail| detail.guarded.as_slice());
    guards.iter().fold(Outcome::default(), |all, guard| {
        all.and(Outcome::hanging_on(guard))
    })
}

/// The members of a group that an attacker moves between.
fn nodes(assembly: &Assembly<'_>, group: &EndpointGroup) -> Vec<NodeId> {
    group
        .members
        .iter()
        .filter_map(|member| assembly.node_of(&member.uid))
        .filter(|node| {
            assembly.info(*node).is_some_and(|info| match info.kind {
                NodeKind::Workload | NodeKind::Data | NodeKind::Front => true,
                NodeKind::Identity
                | NodeKind::Secret
                | NodeKind::Key
                | NodeKind::Network
                | NodeKind::Other => false,
            })
        })
        .collect()
}

/// What was not read may hide an exposure.
fn mark_unknown(assembly: &mut Assembly<'_>, estate: &Estate) {
    let doubtful: Vec<NodeId> = assembly
        .resources()
        .filter(|(_, node, resource)| {
            let concerned = assembly.info(*node).is_some_and(|info| match info.kind {
                NodeKind::Workload | NodeKind::Data | NodeKind::Front => {
                    info.exposure < ExposureLevel::Unknown
                }
                NodeKind::Identity
                | NodeKind::Secret
                | NodeKind::Key
                | NodeKind::Network
                | NodeKind::Other => false,
            });
            concerned
                && estate
                    .exposure_of(&resource.uid)
                    .is_some_and(|exposure| matches!(exposure.internet, Standing::NotKnown(_)))
        })
        .map(|(_, node, _)| node)
        .collect();
    for node in doubtful {
        assembly.expose(node, ExposureLevel::Unknown);
    }
}

/// The port that costs an attacker least.
struct Service {
    class: ServiceClass,
    clause: Text,
}

fn easiest(weights: &RiskWeights, ranges: &[PortRange]) -> Service {
    let of_range = |range: &PortRange| -> Vec<(Transport, RangeInclusive<u16>)> {
        match range.protocol.as_str() {
            "tcp" => vec![(Transport::Tcp, range.from..=range.to)],
            "udp" => vec![(Transport::Udp, range.from..=range.to)],
            "all" => vec![(Transport::Tcp, 0..=u16::MAX)],
            _ => Vec::new(),
        }
    };
    let best = ranges
        .iter()
        .flat_map(of_range)
        .map(|(transport, ports)| {
            (
                weights.easiest_service(transport, ports.clone()),
                transport,
                ports,
            )
        })
        .min_by_key(|(class, _, ports)| (weights.service(*class), *class, *ports.start(), *ports.end()));
    let Some((class, transport, ports)) = best else {
        let clause = ranges.first().map_or_else(
            || Text::new_static("open"),
            |range| Text::from(format!("{range} open")),
        );
        return Service {
            class: ServiceClass::Other,
            clause,
        };
    };
    let protocol = match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    };
    let clause = if *ports.start() == 0 && *ports.end() == u16::MAX {
        format!("every {protocol} port open")
    } else if let Some(name) = weights.named_port(class, transport, &ports) {
        format!("{name} open")
    } else if ports.start() == ports.end() {
        format!("{protocol} {} open", ports.start())
    } else {
        format!("{protocol} {}-{} open", ports.start(), ports.end())
    };
    Service {
        class,
        clause: Text::from(clause),
    }
}

fn certainty(certainty: &reach::Certainty) -> (Certainty, Vec<Text>) {
    match certainty {
        reach::Certainty::Certain => (Certainty::Certain, Vec::new()),
        reach::Certainty::Conditional(condition) => (Certainty::Conditional, vec![condition.clone()]),
        reach::Certainty::Possible(unread) => (Certainty::Possible, unread.clone()),
    }
}

/// The facts that packets rest on: rules of one list in one resource are one, because each of them lets a part through.
fn joined<'p>(proofs: impl Iterator<Item = &'p report::Proof>) -> Vec<Proof> {
    let list = |attribute: &str| attribute.split('[').next().unwrap_or_default().to_owned();
    let mut joined: Vec<Proof> = Vec::new();
    for proof in proofs {
        let known = joined.iter_mut().find(|known| {
            known.resource == proof.resource && list(&known.attribute) == list(&proof.attribute)
        });
        match known {
            None => joined.push(Proof {
                resource: proof.resource.clone(),
                attribute: proof.attribute.clone(),
                detail: proof.detail.clone(),
            }),
            Some(known) => {
                if !known.attribute.split(", ").any(|part| part == proof.attribute) {
                    known.attribute = Text::from(format!("{}, {}", known.attribute, proof.attribute));
                }
                if !known.detail.split("; ").any(|part| part == proof.detail) {
                    known.detail = Text::from(format!("{}; {}", known.detail, proof.detail));
                }
            }
        }
    }
    joined
}

/// Whether prefixes are all of the internet of one family.
pub(crate) fn is_everything(prefixes: &[Text]) -> bool {
    prefixes
        .iter()
        .any(|prefix| matches!(prefix.as_str(), "0.0.0.0/0" | "::/0"))
}

fn shortened(prefixes: &[Text]) -> String {
    let shown: Vec<&str> = prefixes.iter().take(2).map(Text::as_str).collect();
    match prefixes.len().checked_sub(shown.len()) {
        Some(1) => format!("{} and 1 more range", shown.join(", ")),
        Some(more) if more > 1 => format!("{} and {more} more ranges", shown.join(", ")),
        _ => shown.join(" and "),
    }
}
