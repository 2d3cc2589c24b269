//! The union of all paths as one graph: each node and each step once.

use std::collections::BTreeMap;

use plumb_model::path::{EdgeKind, Hop, PathNode, PathReport};

use crate::path_words::nodes;

/// A step between two nodes, with the paths that take it.
pub(super) struct Step<'a> {
    /// Position of the node where it begins.
    pub(super) from: usize,
    /// Position of the node where it ends.
    pub(super) to: usize,
    /// The step of the riskiest path that takes it.
    pub(super) hop: &'a Hop,
    /// Ids of the paths that take it, riskiest first.
    pub(super) paths: Vec<&'a str>,
    /// The risk of the riskiest of them.
    pub(super) risk: u8,
}

/// The union of all paths.
pub(super) struct Graph<'a> {
    /// Nodes in the order in which paths first meet them, with the risk of the riskiest path through them.
    pub(super) nodes: Vec<(&'a PathNode, u8)>,
    /// Steps in the order in which paths first take them.
    pub(super) steps: Vec<Step<'a>>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(report: &'a PathReport) -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            steps: Vec::new(),
        };
        let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
        let mut taken: BTreeMap<(usize, usize, EdgeKind, Option<&str>), usize> = BTreeMap::new();
        for path in &report.paths {
            let places: Vec<usize> = nodes(path)
                .map(|node| {
                    *positions.entry(&node.uid).or_insert_with(|| {
                        graph.nodes.push((node, path.risk));
                        graph.nodes.len() - 1
                    })
                })
                .collect();
            for ((from, to), hop) in places.iter().zip(places.iter().skip(1)).zip(&path.hops) {
                let key = (*from, *to, hop.kind, hop.how.as_deref());
                let place = *taken.entry(key).or_insert_with(|| {
                    graph.steps.push(Step {
                        from: *from,
                        to: *to,
                        hop,
                        paths: Vec::new(),
                        risk: path.risk,
                    });
                    graph.steps.len() - 1
                });
                if let Some(step) = graph.steps.get_mut(place)
                    && step.paths.last() != Some(&path.id.as_str())
                {
                    step.paths.push(&path.id);
                }
            }
        }
        graph
    }
}
