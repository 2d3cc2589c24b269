//! Equal paths as one group: what they have in common, how many there are, and where they lead.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::account::Provider;
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::path::{Certainty, EdgeKind, Hop};
use plumb_model::value::Text;
use plumb_pack::requirement::PathEntry;
use sha2::{Digest, Sha256};

use crate::arrival::entry_of;
use crate::assemble::ADMINISTRATOR;
use crate::graph::{EdgeId, NodeId};
use crate::search;
use crate::security::{NodeInfo, SecurityGraph};

/// Paths that differ only in the resources they run through.
pub(super) struct Group {
    pub(super) best: Concrete,
    pub(super) count: u64,
    /// Entry, target and the nodes between of those that were counted.
    pub(super) routes: BTreeSet<(NodeId, NodeId, Vec<NodeId>)>,
    /// How many of them lead from an entry to a target.
    pub(super) ends: BTreeMap<(NodeId, NodeId), u64>,
    /// The entries they begin at, with how many each stands for.
    pub(super) entries: BTreeMap<NodeId, u64>,
    pub(super) targets: BTreeSet<Text>,
    /// What people call the types of their targets.
    pub(super) titles: BTreeSet<Text>,
    /// What is to be said of their targets.
    pub(super) labels: BTreeSet<Text>,
    /// How often a target of which nothing is to be said was met.
    pub(super) unlabelled: u64,
    pub(super) accounts: BTreeSet<(Provider, Text)>,
}

impl Group {
    /// A group of which nothing is counted yet.
    pub(super) fn new(best: Concrete) -> Self {
        Self {
            best,
            count: 0,
            routes: BTreeSet::new(),
            ends: BTreeMap::new(),
            entries: BTreeMap::new(),
            targets: BTreeSet::new(),
            titles: BTreeSet::new(),
            labels: BTreeSet::new(),
            unlabelled: 0,
            accounts: BTreeSet::new(),
        }
    }

    /// How many of its paths are closed when these nodes are lost to these entries.
    pub(super) fn closed(&self, lost: &BTreeMap<NodeId, BTreeSet<NodeId>>) -> u64 {
        let of_entry = |entry: NodeId| self.ends.range((entry, NodeId(0))..=(entry, NodeId(u32::MAX)));
        lost.iter()
            .flat_map(|(entry, lost)| of_entry(*entry).filter(|((_, target), _)| lost.contains(target)))
            .map(|(_, paths)| *paths)
            .sum()
    }
}

/// One path with its edges.
pub(super) struct Concrete {
    pub(super) key: search::Key,
    pub(super) value: u8,
    pub(super) why: Text,
    pub(super) entry: NodeId,
    pub(super) hops: Vec<(NodeId, EdgeId)>,
}

/// What equal paths have in common.
///
/// INVARIANT: no name, label or reason takes part, so that a path keeps its id when somebody names a resource.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Signature {
    entry: Text,
    hops: Vec<Step>,
    /// What is at the end: how precious it is, not of which type.
    end: Text,
    certainty: Certainty,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    way: Way,
    /// The type of where it leads; empty where the types of targets are no difference.
    type_name: Text,
    /// How something is reached tells paths apart.
    how: Option<Text>,
    crosses: bool,
}

/// How a step is taken, as far as it tells paths apart.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    By(EdgeKind),
    /// By a permission on content, whatever it permits.
    Content,
}

impl Signature {
    pub(super) fn of(security: &SecurityGraph, entry: NodeId, hops: &[(NodeId, EdgeId)]) -> Self {
        if let Some(account) = unread_in(security, hops) {
            return Self {
                entry: Text::default(),
                hops: Vec::new(),
                end: account,
                certainty: Certainty::Possible,
            };
        }
        let mut account: Option<u32> = None;
        let mut certainty = Certainty::Certain;
        let mut steps = Vec::with_capacity(hops.len());
        for (position, (node, edge)) in hops.iter().enumerate() {
            let (Some(info), Some(edge)) = (security.node(*node), security.graph.edge(*edge)) else {
                continue;
            };
            let crosses = account.is_some() && info.account.is_some() && info.account != account;
            account = info.account.or(account);
            certainty = certainty.max(edge.step.certainty);
            let is_administrator = info.resource_type == ADMINISTRATOR;
            let way = match edge.step.kind {
                // Who has every permission by name needs no other way to it.
                EdgeKind::CanEscalateTo if is_administrator && administers(security, edge.from, *node) => {
                    Way::By(EdgeKind::CanAdminister)
                }
                EdgeKind::CanRead | EdgeKind::CanWrite | EdgeKind::CanAdminister if !is_administrator => {
                    Way::Content
                }
                kind @ (EdgeKind::Reaches
                | EdgeKind::RunsAs
                | EdgeKind::CanAssume
                | EdgeKind::CanEscalateTo
                | EdgeKind::Holds
                | EdgeKind::CanRead
                | EdgeKind::CanWrite
                | EdgeKind::CanAdminister
                | EdgeKind::In
                | EdgeKind::Covers
                | EdgeKind::Relation) => Way::By(kind),
            };
            let of_any_type = way == Way::Content && position > 0 && position + 1 == hops.len();
            steps.push(Step {
                type_name: if of_any_type && holds_data(info) {
                    Text::default()
                } else {
                    info.resource_type.clone()
                },
                how: edge
                    .step
                    .how
                    .clone()
                    .filter(|_| edge.step.kind == EdgeKind::Reaches),
                way,
                crosses,
            });
        }
        Self {
            entry: security
                .node(entry)
                .map(|info| match entry_of(&info.uid) {
                    PathEntry::External => info.title.clone(),
                    PathEntry::Internet | PathEntry::Credentials | PathEntry::Any => info.uid.clone(),
                })
                .unwrap_or_default(),
            end: hops
                .last()
                .and_then(|(node, _)| security.node(*node))
                .map(end_of)
                .unwrap_or_default(),
            hops: steps,
            certainty,
        }
    }

    /// Twelve hexadecimal digits of it.
    pub(super) fn id(&self) -> Text {
        let mut hash = Sha256::new();
        let mut put = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        put(&self.entry);
        for step in &self.hops {
            put(match step.way {
                Way::By(kind) => kind.name(),
                Way::Content => "content",
            });
            put(&step.type_name);
            put(step.how.as_deref().unwrap_or_default());
            put(if step.crosses { "crosses" } else { "stays" });
        }
        put(&self.end);
        put(self.certainty.name());
        let digest = hash.finalize();
        Text::from(
            digest
                .iter()
                .take(6)
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
        )
    }
}

/// The account of what a path ends at by what was not read of its policy.
///
/// Whom such a policy names, and how an attacker comes by them, is nothing that tells paths apart: reading it decides them all.
pub(super) fn unread_in(security: &SecurityGraph, hops: &[(NodeId, EdgeId)]) -> Option<Text> {
    let (node, edge) = hops.last()?;
    let how = security.graph.edge(*edge)?.step.how.as_ref()?;
    let account = security.node(*node)?.account?;
    let (_, account) = security.accounts.get(account as usize)?;
    how.starts_with(Hop::IF_NAMED).then(|| account.clone())
}

/// Whether a principal, or the class it belongs to, has every permission of an account by what it was given, if only under conditions.
pub(super) fn administers(security: &SecurityGraph, from: NodeId, administrator: NodeId) -> bool {
    let graph = &security.graph;
    let given = |node: NodeId| {
        graph
            .outgoing(node)
            .any(|edge| edge.to == administrator && edge.step.kind == EdgeKind::CanAdminister)
    };
    given(from)
        || graph
            .outgoing(from)
            .any(|edge| edge.step.kind == EdgeKind::In && given(edge.to))
}

fn holds_data(info: &NodeInfo) -> bool {
    match info.kind {
        NodeKind::Data => true,
        NodeKind::Identity
        | NodeKind::Workload
        | NodeKind::Secret
        | NodeKind::Key
        | NodeKind::Front
        | NodeKind::Network
        | NodeKind::Other => false,
    }
}

fn end_of(info: &NodeInfo) -> Text {
    if info.resource_type == ADMINISTRATOR {
        return Text::new_static(ADMINISTRATOR);
    }
    let sensitivity = info.sensitivity.map_or("", Sensitivity::name);
    match info.kind {
        NodeKind::Key => Text::new_static("key"),
        NodeKind::Secret => Text::from(format!("secret {sensitivity}")),
        NodeKind::Data
        | NodeKind::Identity
        | NodeKind::Workload
        | NodeKind::Front
        | NodeKind::Network
        | NodeKind::Other => Text::from(sensitivity),
    }
}
