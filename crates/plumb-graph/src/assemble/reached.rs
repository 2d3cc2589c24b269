//! Openings: ways from the internet that neither network nor permission tells, as the knowledge names them.

use std::collections::BTreeMap;

use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_net::address::{AddressSet, Width};
use plumb_pack::risk::Transport;

use crate::assemble::fronts::related;
use crate::assemble::strangers::part_of_internet;
use crate::assemble::{Assembly, Outcome};
use crate::fragment::{Circumstance, ResolvedOpening};
use crate::gate::Admitted;
use crate::graph::NodeId;

impl Assembly<'_> {
    /// Adds an edge from the internet for every opening.
    pub(crate) fn openings(&mut self) {
        let mut found: BTreeMap<NodeId, Vec<&ResolvedOpening>> = BTreeMap::new();
        for (fragment, node, resource) in self.resources() {
            for opening in resource.detail.iter().flat_map(|detail| &detail.exposed) {
                let open = match &opening.part_of {
                    None => vec![node],
                    Some(label) => related(self, fragment, resource, &[label]),
                };
                for node in open {
                    found.entry(node).or_default().push(opening);
                }
            }
        }
        for (node, openings) in found {
            for opening in surest(openings) {
                self.opening(node, opening);
            }
        }
        for (node, opening) in self.openings_of_unlisted_parts() {
            self.opening(node, &opening);
        }
    }

    /// What parts that were not listed may open.
    fn openings_of_unlisted_parts(&self) -> Vec<(NodeId, ResolvedOpening)> {
        let mut found = Vec::new();
        for part in self.knowledge.types() {
            let openings = part.recipe.graph.iter().flat_map(|role| &role.exposed);
            let whole = openings.filter_map(|opening| {
                let label = opening.part_of.as_ref()?;
                let relation = part.recipe.relations.iter().find(|own| own.label == *label)?;
                Some((opening, &relation.to))
            });
            let Some((opening, whole)) = whole.into_iter().next() else {
                continue;
            };
            for (fragment, node, resource) in self.resources() {
                let is_unlisted = self
                    .fragments
                    .get(fragment)
                    .is_some_and(|fragment| fragment.unlisted.contains(&part.name));
                let is_whole = self
                    .knowledge
                    .resource_type(resource.type_id)
                    .is_some_and(|own| own.name == *whole);
                let is_closed = resource
                    .detail
                    .as_ref()
                    .is_some_and(|detail| detail.closed.is_some());
                if is_unlisted && is_whole && !is_closed {
                    let why = format!("whether {}: `{}` was not listed", opening.clause, part.name);
                    let perhaps = ResolvedOpening {
                        circumstance: Circumstance {
                            clause: Text::from(why),
                            certainty: Certainty::Possible,
                        },
                        conditions: Vec::new(),
                        ports: opening.ports.clone(),
                        who: Admitted::Addresses(AddressSet::full()),
                        part_of: None,
                        proofs: Vec::new(),
                    };
                    found.push((node, perhaps));
                }
            }
        }
        found
    }

    fn opening(&mut self, node: NodeId, opening: &ResolvedOpening) {
        let Some(uid) = self.info(node).map(|info| info.uid.clone()) else {
            return;
        };
        let certainty = opening.circumstance.certainty;
        let (entry, level, part) = match &opening.who {
            Admitted::Addresses(addresses) => {
                let level = match addresses.width() {
                    Width::Wide => ExposureLevel::Wide,
                    Width::Narrow => ExposureLevel::Narrow,
                    Width::None => return,
                };
                (self.internet(), level, part_of_internet(addresses))
            }
            Admitted::Account(account) => {
                let provider = self
                    .resource(node)
                    .and_then(|(fragment, _)| self.fragments.get(fragment))
                    .map(|fragment| fragment.account.provider);
                // What accounts of the estate may do hangs on their own policies too.
                if provider.is_none_or(|provider| self.fragment_of(provider, account).is_some()) {
                    return;
                }
                (self.external(account), ExposureLevel::Accounts, None)
            }
        };
        self.expose(
            node,
            match certainty {
                Certainty::Certain | Certainty::Conditional => level,
                Certainty::Possible => ExposureLevel::Unknown,
            },
        );
        let clause = opening.circumstance.clause.clone();
        let kind = match self.info(node).map(|info| info.kind) {
            Some(NodeKind::Data | NodeKind::Secret | NodeKind::Key) if opening.ports.is_empty() => {
                EdgeKind::CanRead
            }
            _ => EdgeKind::Reaches,
        };
        let weights = &self.knowledge.weights;
        let through_port = opening
            .ports
            .iter()
            .map(|port| weights.service(weights.easiest_service(Transport::Tcp, *port..=*port)))
            .min()
            .unwrap_or(0);
        let extra = through_port.saturating_add(weights.width(level));
        let own = Proof {
            resource: uid,
            attribute: Text::default(),
            detail: clause.clone(),
        };
        let outcome = Outcome {
            certainty,
            conditions: match (certainty, opening.conditions.as_slice()) {
                (Certainty::Certain, _) => Vec::new(),
                (Certainty::Conditional | Certainty::Possible, []) => vec![clause.clone()],
                (Certainty::Conditional | Certainty::Possible, conditions) => conditions.to_vec(),
            },
            proofs: std::iter::once(own)
                .chain(opening.proofs.iter().cloned())
                .collect(),
            ..Outcome::default()
        };
        let how = match part {
            Some(part) => Text::from(format!("{part}: {clause}")),
            None => clause,
        };
        self.edge(entry, node, kind, Some(how), &outcome, extra);
    }
}

/// The openings that say something new beside surer ones; of equal ones the first.
fn surest(mut openings: Vec<&ResolvedOpening>) -> Vec<&ResolvedOpening> {
    openings.sort_by_key(|opening| opening.circumstance.certainty);
    let mut kept: Vec<&ResolvedOpening> = Vec::new();
    for opening in openings {
        let says_it_all = |known: &&ResolvedOpening| {
            let covers = known.ports == opening.ports && known.who.covers(&opening.who);
            let is_equal =
                known.circumstance == opening.circumstance && known.conditions == opening.conditions;
            covers && (is_equal || known.circumstance.certainty < opening.circumstance.certainty)
        };
        if !kept.iter().any(says_it_all) {
            kept.push(opening);
        }
    }
    kept
}
