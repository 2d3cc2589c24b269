//! What queries can ask of nodes and relationships: properties, labels, types, and scales that order words by their meaning.

use plumb_model::graph::Sensitivity;
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;

use super::item::{Hop, Item};
use crate::graph::{NodeId, Step};
use crate::security::SecurityGraph;

/// A property of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeProperty {
    Uid,
    Type,
    Title,
    Kind,
    Name,
    Provider,
    Account,
    Region,
    Sensitivity,
    Label,
    Exposure,
}

impl NodeProperty {
    pub(crate) const ALL: [Self; 11] = [
        Self::Uid,
        Self::Type,
        Self::Title,
        Self::Kind,
        Self::Name,
        Self::Provider,
        Self::Account,
        Self::Region,
        Self::Sensitivity,
        Self::Label,
        Self::Exposure,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Uid => "uid",
            Self::Type => "type",
            Self::Title => "title",
            Self::Kind => "kind",
            Self::Name => "name",
            Self::Provider => "provider",
            Self::Account => "account",
            Self::Region => "region",
            Self::Sensitivity => "sensitivity",
            Self::Label => "label",
            Self::Exposure => "exposure",
        }
    }

    /// What it is for a node; null where the node has none.
    pub(crate) fn of(self, graph: &SecurityGraph, node: NodeId) -> Item {
        let Some(info) = graph.node(node) else {
            return Item::Null;
        };
        match self {
            Self::Uid => Item::text_or_null(&info.uid),
            Self::Type => Item::text_or_null(&info.resource_type),
            Self::Title => Item::text_or_null(&info.title),
            Self::Kind => Item::text(info.kind.name()),
            Self::Provider => {
                let account = info.account.and_then(|at| graph.accounts.get(at as usize));
                account.map_or(Item::Null, |(provider, _)| Item::text(provider.name()))
            }
            Self::Name => Item::text_or_null(&info.name),
            Self::Account => {
                let account = info.account.and_then(|at| graph.accounts.get(at as usize));
                account.map_or(Item::Null, |(_, id)| Item::Text(id.clone()))
            }
            Self::Region => Item::text_or_null(&info.region),
            Self::Sensitivity => info
                .sensitivity
                .map_or(Item::Null, |level| Item::text(level.name())),
            Self::Label => info.label.clone().map_or(Item::Null, Item::Text),
            Self::Exposure => Item::text(info.exposure.name()),
        }
    }
}

/// A property of relationships.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HopProperty {
    Type,
    Kind,
    How,
    Certainty,
    Cost,
    Conditions,
}

impl HopProperty {
    pub(crate) const ALL: [Self; 6] = [
        Self::Type,
        Self::Kind,
        Self::How,
        Self::Certainty,
        Self::Cost,
        Self::Conditions,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Kind => "kind",
            Self::How => "how",
            Self::Certainty => "certainty",
            Self::Cost => "cost",
            Self::Conditions => "conditions",
        }
    }

    /// What it is for a relationship; null where it has none.
    pub(crate) fn of(self, graph: &SecurityGraph, hop: Hop) -> Item {
        graph
            .graph
            .edge(hop.edge)
            .map_or(Item::Null, |edge| self.of_step(edge.step))
    }

    pub(crate) fn of_step(self, step: &Step) -> Item {
        match self {
            Self::Type => Item::Text(step_type(step)),
            Self::Kind => Item::text(step.kind.name()),
            Self::How => step.how.clone().map_or(Item::Null, Item::Text),
            Self::Certainty => Item::text(step.certainty.name()),
            Self::Cost => Item::Int(i64::from(step.cost)),
            Self::Conditions => Item::list(step.notes().cloned().map(Item::Text).collect()),
        }
    }
}

/// The type of a relationship: its kind, or the name of a plain relation.
pub(crate) fn relationship_type(graph: &SecurityGraph, hop: Hop) -> Item {
    graph
        .graph
        .edge(hop.edge)
        .map_or(Item::Null, |edge| Item::Text(step_type(edge.step)))
}

fn step_type(step: &Step) -> Text {
    match (&step.how, step.kind) {
        (Some(how), EdgeKind::Relation) => how.clone(),
        (_, kind) => kind.name().into(),
    }
}

/// The labels of a node: its type and its kind.
pub(crate) fn labels(graph: &SecurityGraph, node: NodeId) -> Vec<Text> {
    graph.node(node).map_or_else(Vec::new, |info| {
        vec![info.resource_type.clone(), info.kind.name().into()]
    })
}

/// Words with an order of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// From public to restricted.
    Sensitivity,
    /// From none to wide; what is unknown is neither more nor less than anything.
    Exposure,
    /// From certain to possible.
    Certainty,
}

impl Scale {
    pub(crate) fn words(self) -> Vec<&'static str> {
        match self {
            Self::Sensitivity => Sensitivity::ALL.into_iter().map(Sensitivity::name).collect(),
            Self::Exposure => [
                ExposureLevel::None,
                ExposureLevel::Internal,
                ExposureLevel::Unknown,
                ExposureLevel::Accounts,
                ExposureLevel::Narrow,
                ExposureLevel::Wide,
            ]
            .into_iter()
            .map(ExposureLevel::name)
            .collect(),
            Self::Certainty => [Certainty::Certain, Certainty::Conditional, Certainty::Possible]
                .into_iter()
                .map(Certainty::name)
                .collect(),
        }
    }

    /// A word as its place on the scale; anything else stays as it is.
    pub(crate) fn placed(self, item: &Item) -> Item {
        let Item::Text(text) = item else {
            return item.clone();
        };
        self.words()
            .iter()
            .position(|word| word == text)
            .map_or_else(|| item.clone(), Item::count)
    }

    /// Whether a word says that nothing is known.
    pub(crate) fn is_unknown(self, item: &Item) -> bool {
        match self {
            Self::Exposure => matches!(item, Item::Text(text) if text == ExposureLevel::Unknown.name()),
            Self::Sensitivity | Self::Certainty => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_the_order_of_their_enums() {
        let levels = [
            ExposureLevel::None,
            ExposureLevel::Internal,
            ExposureLevel::Unknown,
            ExposureLevel::Accounts,
            ExposureLevel::Narrow,
            ExposureLevel::Wide,
        ];
        assert!(levels.is_sorted());
        assert_eq!(Scale::Exposure.words(), levels.map(ExposureLevel::name));
        let placed = |word| Scale::Sensitivity.placed(&Item::text(word));
        assert!(placed("public") < placed("internal") && placed("confidential") < placed("restricted"));
    }
}
