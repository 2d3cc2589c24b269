//! `Joined`: nodes and edges that only have to be put in order.

use std::collections::BTreeSet;

use plumb_model::account::Provider;
use plumb_model::value::Text;

use crate::graph::Builder;
use crate::security::{NodeInfo, SecurityGraph};

/// Nodes and edges that only have to be put in order, for which nothing is needed any more of what they were made of.
pub(super) struct Joined {
    pub(super) builder: Builder,
    pub(super) infos: Vec<NodeInfo>,
    pub(super) accounts: Vec<(Provider, Text)>,
    pub(super) problems: BTreeSet<Text>,
}

impl Joined {
    /// Puts them in order.
    pub(super) fn build(self) -> SecurityGraph {
        let graph = self.builder.build();
        let problems = self.problems.into_iter().collect();
        SecurityGraph::new(graph, self.infos, self.accounts, problems)
    }
}
