//! From where resources can be reached, on which ports and through what: networks, permissions and their own settings together.

mod entries;

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::answer::{ExposedResource, ExposureAnswer, ExposureWay, SourceKind, Standing};
use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_net::address::Width;
use plumb_net::reach;
use plumb_net::report::{self, Exposure, Source};

use crate::assemble::network::is_everything;
use crate::assemble::{Assembled, CREDENTIALS, INTERNET, OUTSIDE};
use crate::graph::{Mask, NodeId};
use crate::search;
use crate::security::{SecurityGraph, VisibleEdge};

/// How many ways from inside are told of one resource.
const MOST_INSIDE: usize = 20;

/// How many ports or accesses of one resource the list names.
const MOST_OPEN: usize = 6;

/// Everything that is known of the exposure of one resource.
pub fn of(assembled: &Assembled, node: NodeId) -> ExposureAnswer {
    let security = &assembled.graph;
    let resource = security.path_node(node);
    let found = assembled.network.exposure_of(&resource.uid);
    let by_network = found.as_ref().map_or(&[][..], |found| found.exposures);
    let mut ways: Vec<ExposureWay> = by_network
        .iter()
        .filter_map(|exposure| by_packets(security, exposure))
        .collect();
    let balancers: BTreeSet<NodeId> = by_network
        .iter()
        .filter_map(|exposure| security.by_uid(&exposure.behind.as_ref()?.balancer))
        .collect();
    let mut inside = Vec::new();
    let mut seen = BTreeSet::new();
    for edge in security.incoming_along(node, |step| step.kind.is_attack() && !step.kind.is_hidden()) {
        match source_of(security, &edge) {
            // What networks tell is among the ways already, with every port.
            Some(_)
                if edge.step.kind == EdgeKind::Reaches
                    && !by_network.is_empty()
                    && !is_opening(security, &edge) => {}
            Some(source) => ways.push(by_step(security, &edge, source)),
            // What leads through a load balancer is among the ways already.
            None if balancers.contains(&edge.from) => {}
            // The same step of two classes is one for people.
            None if (edge.step.kind == EdgeKind::Reaches || is_front(security, edge.from))
                && seen.insert((edge.from, security.graph.step_id(edge.edge))) =>
            {
                inside.push(edge);
            }
            None => {}
        }
    }
    ways.sort_by(|a, b| {
        (a.source, a.certainty, &a.from, &a.ports).cmp(&(b.source, b.certainty, &b.from, &b.ports))
    });
    ways.dedup();
    let entry = entries::of(assembled, &resource.uid);
    if entry.is_some() {
        // Who uses it is told from the networks alone.
        inside.clear();
    }
    let (notes, users) = entry.map_or((Vec::new(), Vec::new()), |entry| (entry.notes, entry.ways));
    let more_inside = (inside.len() + users.len()).saturating_sub(MOST_INSIDE) as u64;
    let widest = ways.iter().map(|way| way.source).min();
    let certainty = ways
        .iter()
        .filter(|way| Some(way.source) == widest)
        .map(|way| way.certainty)
        .min();
    let of_inside = inside
        .iter()
        .map(|edge| by_step(security, edge, SourceKind::Inside));
    ways.extend(of_inside.chain(users).take(MOST_INSIDE));
    ExposureAnswer {
        level: security.node(node).map(|info| info.exposure).unwrap_or_default(),
        certainty,
        internet: standing(security, found.as_ref().map(|found| &found.internet)),
        outside: standing(security, found.as_ref().map(|found| &found.outside)),
        resource,
        ways,
        more_inside,
        notes,
        path_risk: path_risk(security, node),
    }
}

/// The risk of the riskiest attack path that ends at a node.
fn path_risk(security: &SecurityGraph, node: NodeId) -> Option<u8> {
    let graph = &security.graph;
    let (_, target) = graph.targets().iter().find(|(target, _)| *target == node)?;
    let distances = search::distances(graph, &Mask::default(), graph.entries());
    let distance = distances.get(node.0 as usize).copied()?;
    Some(search::target_risk(target.value, distance)).filter(|risk| *risk > 0)
}

/// Everything that is exposed beyond its own network or of which that is not known, widest first.
pub fn list(assembled: &Assembled) -> Vec<ExposedResource> {
    let security = &assembled.graph;
    let mut found: Vec<(ExposureLevel, NodeId)> = security
        .visible_nodes()
        .iter()
        .filter_map(|node| Some((*node, security.node(*node)?)))
        .filter(|(_, info)| match info.kind {
            NodeKind::Workload
            | NodeKind::Data
            | NodeKind::Secret
            | NodeKind::Key
            | NodeKind::Front
            | NodeKind::Identity => info.resource_type != OUTSIDE,
            // Parts of networks are exposed as evidence only.
            NodeKind::Network | NodeKind::Other => false,
        })
        .filter(|(_, info)| match info.exposure {
            ExposureLevel::None | ExposureLevel::Internal => false,
            ExposureLevel::Unknown
            | ExposureLevel::Accounts
            | ExposureLevel::Narrow
            | ExposureLevel::Wide => true,
        })
        .map(|(node, info)| (info.exposure, node))
        .collect();
    // Nodes come in the order of their uids.
    found.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    let outside = from_outside(security);
    found
        .into_iter()
        .map(|(level, node)| {
            let edges = outside.get(&node).map_or(&[][..], Vec::as_slice);
            summary(assembled, level, node, edges)
        })
        .collect()
}

/// The steps that begin outside, by where they end; there are few such beginnings, and large classes inside.
fn from_outside(security: &SecurityGraph) -> BTreeMap<NodeId, Vec<(SourceKind, VisibleEdge<'_>)>> {
    let mut found: BTreeMap<NodeId, Vec<(SourceKind, VisibleEdge<'_>)>> = BTreeMap::new();
    for node in security.visible_nodes() {
        if security
            .node(*node)
            .is_none_or(|info| info.resource_type != OUTSIDE)
        {
            continue;
        }
        for edge in security.outgoing_along(*node, |step| step.kind.is_attack() && !step.kind.is_hidden()) {
            if let Some(source) = source_of(security, &edge) {
                found.entry(edge.to).or_default().push((source, edge));
            }
        }
    }
    found
}

fn summary(
    assembled: &Assembled,
    level: ExposureLevel,
    node: NodeId,
    outside: &[(SourceKind, VisibleEdge<'_>)],
) -> ExposedResource {
    let security = &assembled.graph;
    let resource = security.path_node(node);
    let network = assembled.network.exposure_of(&resource.uid);
    let by_network = network.as_ref().map_or(&[][..], |found| found.exposures);
    let outside = outside.iter().filter(|(_, edge)| {
        edge.step.kind != EdgeKind::Reaches || is_opening(security, edge) || by_network.is_empty()
    });
    let mut ways: Vec<ExposureWay> = by_network
        .iter()
        .filter_map(|exposure| by_packets(security, exposure))
        .chain(outside.map(|(source, edge)| by_step(security, edge, *source)))
        .collect();
    ways.sort_by_key(|way| (way.source, way.certainty));
    let widest = ways.first().map(|way| way.source);
    let mut open: Vec<Text> = Vec::new();
    for way in ways.iter().filter(|way| Some(way.source) == widest) {
        let words = match (way.ports.as_slice(), &way.how) {
            ([], Some(how)) if way.source == SourceKind::Ranges => {
                vec![Text::from(format!("{how}, from {}", way.from))]
            }
            ([], Some(how)) => vec![how.clone()],
            ([], None) => vec![Text::new_static(way.kind.phrase())],
            (ports, Some(how)) => ports.iter().map(|port| format!("{port} {how}").into()).collect(),
            (ports, None) => ports.to_vec(),
        };
        open.extend(words);
    }
    open.sort();
    open.dedup();
    open.truncate(MOST_OPEN);
    let mut not_known: Vec<Text> = Vec::new();
    if level == ExposureLevel::Unknown {
        if let Some(report::Standing::NotKnown(why)) = network.as_ref().map(|found| &found.outside) {
            not_known.extend(why.iter().cloned());
        }
        let doubtful = ways.iter().filter(|way| way.certainty == Certainty::Possible);
        not_known.extend(doubtful.flat_map(|way| way.conditions.iter().cloned()));
        not_known.sort();
        not_known.dedup();
    }
    let (mut certainty, mut conditions) = (None, Vec::new());
    if let Some(way) = ways.first() {
        certainty = Some(way.certainty);
        conditions = match way.certainty {
            Certainty::Conditional => way.conditions.clone(),
            Certainty::Certain | Certainty::Possible => Vec::new(),
        };
    } else {
        let fronts = security.incoming_along(node, |step| step.kind.is_attack() && !step.kind.is_hidden());
        let is_exposed = |front: NodeId| {
            let info = security.node(front);
            info.is_some_and(|info| info.exposure >= level)
        };
        for edge in fronts.filter(|edge| is_front(security, edge.from) && is_exposed(edge.from)) {
            let front = security
                .node(edge.from)
                .map(|info| info.uid.as_str())
                .unwrap_or_default();
            open.push(Text::from(format!("through {}", called(security, front))));
            if certainty.is_none_or(|known| edge.step.certainty < known) {
                certainty = Some(edge.step.certainty);
                conditions.clone_from(&edge.step.conditions);
            }
        }
        open.sort();
        open.dedup();
        open.truncate(MOST_OPEN);
    }
    ExposedResource {
        resource,
        level,
        open,
        certainty,
        conditions,
        not_known,
    }
}

/// The kind of source at which a step from outside begins.
fn source_of(security: &SecurityGraph, edge: &VisibleEdge<'_>) -> Option<SourceKind> {
    let info = security
        .node(edge.from)
        .filter(|info| info.resource_type == OUTSIDE)?;
    match info.uid.as_str() {
        INTERNET => Some(SourceKind::Internet),
        // Who holds credentials does not reach anything by that, unless they are none of its own: a role that everybody takes.
        CREDENTIALS => security
            .node(edge.to)
            .is_some_and(|to| to.exposure > ExposureLevel::Internal)
            .then_some(SourceKind::Internet),
        _ => Some(SourceKind::Account),
    }
}

fn is_front(security: &SecurityGraph, node: NodeId) -> bool {
    security
        .node(node)
        .is_some_and(|info| info.kind == NodeKind::Front)
}

/// Whether a step is an opening that the resource's own settings make, beside networks; that fact comes first.
fn is_opening(security: &SecurityGraph, edge: &VisibleEdge<'_>) -> bool {
    let first = edge.step.proofs.first().map(|fact| security.graph.fact(*fact));
    first.is_none_or(|proof| proof.attribute.is_empty())
}

fn by_step(security: &SecurityGraph, edge: &VisibleEdge<'_>, source: SourceKind) -> ExposureWay {
    let from = security.node(edge.from);
    // What is open to a part of the internet alone says to which.
    let part = match (source, edge.step.kind) {
        (SourceKind::Internet, kind) if kind != EdgeKind::Reaches || is_opening(security, edge) => {
            edge.step.how.as_deref().and_then(|how| how.strip_prefix("from "))
        }
        (
            SourceKind::Internet
            | SourceKind::Ranges
            | SourceKind::Service
            | SourceKind::Account
            | SourceKind::Network
            | SourceKind::OnPremises
            | SourceKind::Inside,
            _,
        ) => None,
    };
    let (part, how) = match part.map(|part| part.split_once(": ").unwrap_or((part, ""))) {
        Some((part, "")) => (Some(part), None),
        Some((part, how)) => (Some(part), Some(Text::from(how))),
        None => (None, edge.step.how.clone()),
    };
    let source = if part.is_some() {
        SourceKind::Ranges
    } else {
        source
    };
    ExposureWay {
        from: match source {
            SourceKind::Ranges => Text::from(part.unwrap_or_default()),
            SourceKind::Internet => anybody(security, edge),
            SourceKind::Account => {
                Text::from(format!("account {}", from.map_or("", |info| info.name.as_str())))
            }
            SourceKind::Inside | SourceKind::Service | SourceKind::Network | SourceKind::OnPremises => {
                let words = from.map(|info| format!("{} {} ({})", info.title, info.name, info.uid));
                Text::from(words.unwrap_or_default())
            }
        },
        source,
        prefixes: Vec::new(),
        kind: edge.step.kind,
        ports: Vec::new(),
        how,
        certainty: edge.step.certainty,
        conditions: edge.step.notes().cloned().collect(),
        proofs: edge
            .step
            .proofs
            .iter()
            .map(|fact| security.graph.fact(*fact))
            .collect(),
    }
}

fn by_packets(security: &SecurityGraph, exposure: &Exposure) -> Option<ExposureWay> {
    let listed = |prefixes: &[Text]| match prefixes {
        [first] => first.to_string(),
        [first, second] => format!("{first} and {second}"),
        [first, rest @ ..] => format!("{first} and {} more ranges", rest.len()),
        [] => "any private address".to_owned(),
    };
    let (source, from, prefixes) = match &exposure.from {
        Source::Internet {
            width: Width::Wide,
            prefixes,
        } => match is_everything(prefixes) {
            true => (
                SourceKind::Internet,
                "any address of the internet".to_owned(),
                Vec::new(),
            ),
            false => (
                SourceKind::Internet,
                format!("a large part of the internet, {},", listed(prefixes)),
                prefixes.clone(),
            ),
        },
        Source::Internet {
            width: Width::Narrow,
            prefixes,
        } => (SourceKind::Ranges, listed(prefixes), prefixes.clone()),
        Source::Internet {
            width: Width::None, ..
        } => return None,
        Source::Service(name) => (SourceKind::Service, format!("the service {name}"), Vec::new()),
        Source::Account(account) => (SourceKind::Account, format!("account {account}"), Vec::new()),
        Source::Network(prefixes) => (
            SourceKind::Network,
            format!("joined network, {}", listed(prefixes)),
            prefixes.clone(),
        ),
        Source::OnPremises => (
            SourceKind::OnPremises,
            "networks outside of the cloud".to_owned(),
            Vec::new(),
        ),
    };
    let (certainty, conditions) = certainty_of(&exposure.certainty);
    let steps = exposure.steps.iter().flat_map(|step| &step.proof);
    let mut proofs: Vec<Proof> = steps
        .map(|proof| Proof {
            resource: proof.resource.clone(),
            attribute: proof.attribute.clone(),
            detail: proof.detail.clone(),
        })
        .collect();
    proofs.dedup();
    Some(ExposureWay {
        from: Text::from(from),
        source,
        prefixes,
        kind: EdgeKind::Reaches,
        ports: exposure
            .services
            .iter()
            .map(|range| Text::from(range.to_string()))
            .collect(),
        how: exposure
            .behind
            .as_ref()
            .map(|behind| Text::from(format!("through {}", called(security, &behind.balancer)))),
        certainty,
        conditions,
        proofs,
    })
}

/// How certain a reach is, with its conditions and what was not read.
fn certainty_of(certainty: &reach::Certainty) -> (Certainty, Vec<Text>) {
    match certainty {
        reach::Certainty::Certain => (Certainty::Certain, Vec::new()),
        reach::Certainty::Conditional(condition) => (Certainty::Conditional, vec![condition.clone()]),
        reach::Certainty::Possible(unread) => (Certainty::Possible, unread.clone()),
    }
}

/// Who comes by a step from the internet.
fn anybody(security: &SecurityGraph, edge: &VisibleEdge<'_>) -> Text {
    if edge.step.kind == EdgeKind::Reaches {
        return Text::new_static("any address of the internet");
    }
    if edge.step.kind == EdgeKind::Holds {
        return Text::new_static("anybody whom a public identity provider knows");
    }
    let kind = security.node(edge.to).map(|info| info.kind);
    Text::new_static(match kind.unwrap_or_default() {
        // Nobody becomes an identity, opens a secret or uses a key without signing the request.
        NodeKind::Identity | NodeKind::Secret | NodeKind::Key => "anybody with an account of the cloud",
        NodeKind::Workload | NodeKind::Data | NodeKind::Front | NodeKind::Network | NodeKind::Other => {
            "anybody on the internet"
        }
    })
}

/// A resource by what people call it.
fn called(security: &SecurityGraph, uid: &str) -> String {
    let info = security.by_uid(uid).and_then(|node| security.node(node));
    info.map_or_else(|| uid.to_owned(), |info| format!("{} {}", info.title, info.name))
}

fn standing(security: &SecurityGraph, standing: Option<&report::Standing>) -> Standing {
    match standing {
        Some(report::Standing::Exposed) => Standing::Exposed,
        Some(report::Standing::ExposedThrough(balancers)) => {
            let named = balancers.iter().map(|uid| Text::from(called(security, uid)));
            Standing::ExposedThrough(named.collect())
        }
        Some(report::Standing::ExposedIf(conditions)) => Standing::ExposedIf(conditions.clone()),
        Some(report::Standing::NotExposed) => Standing::NotExposed,
        Some(report::Standing::NotKnown(why)) => Standing::NotKnown(why.clone()),
        None => Standing::NotNetworked,
    }
}
