//! Openings: ways from the internet that neither network nor permission tells, as the knowledge names them.

use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_net::address::{AddressSet, Width};
use plumb_pack::risk::Transport;

use crate::assemble::{Assembly, Outcome};

impl Assembly<'_> {
    /// Adds an edge from the internet for every opening.
    pub(crate) fn openings(&mut self) {
        let found: Vec<_> = self
            .resources()
            .filter_map(|(_, node, resource)| Some((node, resource, resource.detail.as_deref()?)))
            .flat_map(|(node, resource, detail)| {
                detail
                    .exposed
                    .iter()
                    .map(move |opening| (node, resource, opening))
            })
            .collect();
        for (node, resource, opening) in found {
            let level = match opening.blocks.as_deref().map(width) {
                None | Some(Width::Wide) => ExposureLevel::Wide,
                Some(Width::Narrow) => ExposureLevel::Narrow,
                // Nothing is admitted, unless what is was not read.
                Some(Width::None) if opening.circumstance.certainty == Certainty::Possible => {
                    ExposureLevel::Wide
                }
                Some(Width::None) => continue,
            };
            let certainty = opening.circumstance.certainty;
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
            let outcome = Outcome {
                certainty,
                conditions: (certainty != Certainty::Certain)
                    .then(|| clause.clone())
                    .into_iter()
                    .collect(),
                proofs: vec![Proof {
                    resource: resource.uid.clone(),
                    attribute: Text::default(),
                    detail: clause.clone(),
                }],
                ..Outcome::default()
            };
            self.edge(self.internet(), node, kind, Some(clause), &outcome, extra);
        }
    }
}

fn width(blocks: &[Text]) -> Width {
    let mut all = AddressSet::empty();
    for block in blocks {
        // A block that is none admits nobody.
        if let Some(addresses) = AddressSet::parse(block) {
            all = all.union(&addresses);
        }
    }
    all.width()
}
