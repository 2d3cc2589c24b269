//! Attack paths and choke points as JSON shows them, in reports and by themselves.

use plumb_model::account::Provider;
use plumb_model::path::{AttackPath, Certainty, ChokePoint, Cut, Hop, PathNode, PathReport};
use plumb_model::risk::Priority;
use plumb_model::value::Text;
use serde::Serialize;

/// What an analysis found in the graph, apart from the paths and choke points themselves.
#[derive(Serialize)]
pub(crate) struct GraphEntry<'a> {
    nodes: u64,
    edges: u64,
    pairs: u64,
    total_risk: u64,
    problems: &'a [Text],
}

impl<'a> GraphEntry<'a> {
    pub(crate) fn new(report: &'a PathReport) -> Self {
        Self {
            nodes: report.nodes,
            edges: report.edges,
            pairs: report.pairs,
            total_risk: report.total_risk,
            problems: &report.problems,
        }
    }
}

/// An attack path; `days` is what its cheapest cut is estimated to take.
#[derive(Serialize)]
pub(crate) struct PathEntry<'a> {
    id: &'a str,
    title: &'a str,
    risk: u8,
    priority: Priority,
    parts: Vec<PartEntry<'a>>,
    certainty: Certainty,
    #[serde(skip_serializing_if = "<[Text]>::is_empty")]
    caveats: &'a [Text],
    why: &'a str,
    days: u32,
    count: u64,
    entries: u64,
    accounts: Vec<AccountEntry<'a>>,
    entry: &'a PathNode,
    hops: &'a [Hop],
    targets: &'a [Text],
    targets_behind: u64,
    behind: &'a [Text],
    other_ways: u64,
    worsened_by: &'a [Text],
    cuts: &'a [Cut],
}

impl<'a> PathEntry<'a> {
    pub(crate) fn new(path: &'a AttackPath) -> Self {
        let parts = path.parts.iter().map(|(name, points)| PartEntry {
            name,
            points: *points,
        });
        let accounts = path.accounts.iter().map(|(provider, id)| AccountEntry {
            provider: *provider,
            id,
        });
        Self {
            id: &path.id,
            title: &path.title,
            risk: path.risk,
            priority: path.priority,
            parts: parts.collect(),
            certainty: path.certainty,
            caveats: &path.caveats,
            why: &path.why,
            days: path.days(),
            count: path.count,
            entries: path.entries,
            accounts: accounts.collect(),
            entry: &path.entry,
            hops: &path.hops,
            targets: &path.targets,
            targets_behind: path.targets_behind,
            behind: &path.behind,
            other_ways: path.other_ways,
            worsened_by: &path.worsened_by,
            cuts: &path.cuts,
        }
    }
}

#[derive(Serialize)]
struct PartEntry<'a> {
    name: &'a str,
    points: i16,
}

#[derive(Serialize)]
struct AccountEntry<'a> {
    provider: Provider,
    id: &'a str,
}

/// Everything about paths as one object.
#[derive(Serialize)]
pub(crate) struct PathsEntry<'a> {
    #[serde(flatten)]
    graph: GraphEntry<'a>,
    paths: Vec<PathEntry<'a>>,
    choke_points: &'a [ChokePoint],
}

impl<'a> PathsEntry<'a> {
    pub(crate) fn new(report: &'a PathReport) -> Self {
        Self {
            graph: GraphEntry::new(report),
            paths: report.paths.iter().map(PathEntry::new).collect(),
            choke_points: &report.choke_points,
        }
    }
}
