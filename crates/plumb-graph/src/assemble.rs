//! Assembly: accounts are joined into one graph.
//!
//! Nodes are the resources, in the order of their accounts, then what is outside. Network reach, permission and escalation are computed
//! between classes of equals, which are hidden nodes, so that the number of edges grows with the estate and not with its square.

mod administrators;
mod answering;
pub(crate) mod assets;
mod behind;
pub(crate) mod callers;
mod ceiling;
mod classes;
mod connecting;
mod control;
mod credentials;
mod eligible;
mod escalation;
mod fronts;
mod gain;
mod grams;
mod joined;
mod names;
pub(crate) mod network;
pub(crate) mod organizations;
mod outcome;
mod parts;
mod passages;
mod patterns;
mod permission;
mod places;
mod question;
mod reached;
pub(crate) mod regions;
mod requirement;
mod running;
mod sessions;
mod sharing;
pub(crate) mod strangers;
mod supply;
mod telling;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_iam::directory::Directory;
use plumb_model::account::Provider;
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_net::estate::Estate;

use crate::fragment::{AccountFragment, FragmentNode, ReferenceTo};
use crate::graph::{Builder, NodeId, Step, StepId, Target};
use crate::knowledge::Knowledge;
use crate::security::{NodeInfo, SecurityGraph};

use joined::Joined;
pub(crate) use outcome::Outcome;

/// The type of what is no resource.
pub const OUTSIDE: &str = "outside";

/// The type of the node that stands for every permission of an account.
pub const ADMINISTRATOR: &str = "administrator";

/// The type of the node that stands for every permission that control policies or a boundary leave, where that is less.
pub const LIMITED_ADMINISTRATOR: &str = "limited_administrator";

/// The type of the node that stands for the sessions of an identity within a network.
pub const SESSION: &str = "session";

/// The uid of the internet.
pub const INTERNET: &str = "internet";

/// The uid of the entry from which weak credentials are held.
pub const CREDENTIALS: &str = "credentials";

/// How many problems are told.
const MAX_PROBLEMS: usize = 200;

/// Everything that was joined.
#[derive(Debug)]
pub struct Assembled {
    /// The graph.
    pub graph: SecurityGraph,
    /// All principals of the estate.
    pub directory: Directory,
    /// All networks of the estate.
    pub network: Estate,
    /// What it was made of, sorted by account.
    pub fragments: Vec<AccountFragment>,
}

/// Joins accounts, in any order.
pub fn assemble(knowledge: &Knowledge, fragments: Vec<AccountFragment>) -> Assembled {
    let (joined, directory, network, fragments) = join(knowledge, fragments, |network| network);
    Assembled {
        graph: joined.build(),
        directory,
        network,
        fragments,
    }
}

/// Joins accounts, in any order, into the graph alone, which takes less memory.
pub fn graph(knowledge: &Knowledge, fragments: Vec<AccountFragment>) -> SecurityGraph {
    let (joined, ..) = join(knowledge, fragments, drop);
    joined.build()
}

/// `keep` gets the networks as soon as they are part of the graph.
fn join<T>(
    knowledge: &Knowledge,
    mut fragments: Vec<AccountFragment>,
    keep: impl FnOnce(Estate) -> T,
) -> (Joined, Directory, T, Vec<AccountFragment>) {
    fragments.sort_by(|a, b| (a.account.provider, &a.account.id).cmp(&(b.account.provider, &b.account.id)));
    let supplies = supply::read(knowledge, &mut fragments);
    let networks = fragments
        .iter_mut()
        .map(|fragment| std::mem::take(&mut fragment.network))
        .collect();
    let directory = Directory::new(
        fragments
            .iter_mut()
            .filter_map(|fragment| fragment.iam.take())
            .collect(),
    );
    let network = Estate::new(networks);
    let mut assembly = Assembly::new(knowledge, &fragments);
    assembly.relations();
    telling::add(&mut assembly);
    assembly.runs_as();
    assembly.openings();
    network::add(&mut assembly, &network);
    let doors = fronts::doors(&assembly, &network);
    let entries = passages::Entries::new(&assembly, &directory, &network);
    let kept = keep(network);
    let groups = assets::groups(&assembly, &directory, &entries);
    let ceilings = ceiling::all(&assembly, &directory);
    let mut classes = classes::Classes::new(&assembly, &directory);
    // Those who have all that is left by some limit come to be on the way, and have permissions like everybody.
    escalation::add(&mut assembly, &directory, &groups, &mut classes, &ceilings);
    permission::add(&mut assembly, &directory, &groups, &mut classes, &entries);
    let mut permissions = permission::Permissions::new(&directory, &groups, &mut classes, &entries);
    fronts::add(&mut assembly, &mut permissions, &doors);
    sharing::add(&mut assembly, &mut permissions);
    control::add(&mut assembly, &directory);
    supply::add(&mut assembly, &supplies);
    assembly.administrators_reach_on();
    credentials::add(&mut assembly);
    assembly.targets();
    for (account, gap) in directory.gaps() {
        assembly.problem(format!("{account}: {gap}"));
    }
    let joined = assembly.finish();
    (joined, directory, kept, fragments)
}

/// What a hidden node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stand {
    /// A group of resources.
    Group(usize),
    /// A wide group of resources.
    Wide(usize),
}

/// The graph while it is put together.
pub(crate) struct Assembly<'k> {
    pub(crate) knowledge: &'k Knowledge,
    pub(crate) fragments: &'k [AccountFragment],
    /// The first node of each fragment.
    first: Vec<u32>,
    builder: Builder,
    infos: Vec<NodeInfo>,
    by_uid: HashMap<Text, NodeId>,
    problems: BTreeSet<Text>,
    internet: NodeId,
    external: BTreeMap<Text, NodeId>,
    administrators: BTreeMap<usize, NodeId>,
    /// The regions that each fragment uses most.
    regions: Vec<Vec<Text>>,
    /// Principals that lead into other accounts, by fragment.
    bridges: BTreeMap<usize, BTreeSet<NodeId>>,
    member: StepId,
    covers: StepId,
    /// The ARNs of identities of the cloud's own, by canonical identifier.
    of_the_cloud: BTreeMap<&'k Text, &'k Text>,
    /// Identities by what offers them and was not read.
    offered_by: HashMap<Text, Vec<NodeId>>,
    /// The workloads that certainly run as an identity, each with what shows it.
    run_as: HashMap<NodeId, Vec<(NodeId, Outcome)>>,
    /// How surely somebody gains control of a resource by an escalation, which says how.
    taken: HashMap<(NodeId, NodeId), Certainty>,
    /// What was found in the content of resources, a clause each.
    found: HashMap<NodeId, Text>,
    /// The nodes that stand for groups of resources.
    stand_ins: HashMap<Stand, NodeId>,
}

impl<'k> Assembly<'k> {
    fn new(knowledge: &'k Knowledge, fragments: &'k [AccountFragment]) -> Self {
        let mut builder = Builder::default();
        let hidden = |kind| Step {
            kind,
            how: None,
            certainty: Certainty::Certain,
            conditions: Vec::new(),
            caveats: Vec::new(),
            proofs: Vec::new(),
            cost: 0,
        };
        let member = builder.step(hidden(EdgeKind::In));
        let covers = builder.step(hidden(EdgeKind::Covers));
        let mut assembly = Self {
            knowledge,
            fragments,
            first: Vec::new(),
            builder,
            infos: Vec::new(),
            by_uid: HashMap::new(),
            problems: BTreeSet::new(),
            internet: NodeId(0),
            external: BTreeMap::new(),
            administrators: BTreeMap::new(),
            regions: fragments.iter().map(regions::used).collect(),
            bridges: BTreeMap::new(),
            member,
            covers,
            of_the_cloud: BTreeMap::new(),
            offered_by: HashMap::new(),
            run_as: HashMap::new(),
            taken: HashMap::new(),
            found: HashMap::new(),
            stand_ins: HashMap::new(),
        };
        for (fragment, account) in fragments.iter().zip(0u32..) {
            assembly
                .first
                .push(u32::try_from(assembly.infos.len()).unwrap_or(u32::MAX));
            for node in &fragment.nodes {
                let resource_type = knowledge.resource_type(node.type_id);
                assembly.note_twin(node);
                let known_as = node.detail.as_deref().and_then(|detail| detail.known_as.as_ref());
                assembly
                    .of_the_cloud
                    .extend(known_as.map(|(arn, canonical)| (canonical, arn)));
                assembly.add(NodeInfo {
                    uid: node.uid.clone(),
                    resource_type: resource_type.map(|found| found.name.clone()).unwrap_or_default(),
                    title: resource_type.map(|found| found.title.clone()).unwrap_or_default(),
                    name: node.name.clone(),
                    account: Some(account),
                    region: node.region.clone(),
                    kind: knowledge.kind(node.type_id),
                    sensitivity: node.sensitivity,
                    label: node.label.clone(),
                    exposure: ExposureLevel::None,
                });
            }
            for problem in &fragment.problems {
                assembly.problem(format!("{}: {problem}", fragment.account.id));
            }
        }
        assembly.internet = assembly.outside(INTERNET, "Internet", "Internet");
        let cost = knowledge.weights.entry("internet");
        assembly.builder.entry(assembly.internet, cost);
        assembly
    }

    pub(crate) fn problem(&mut self, problem: impl Into<Text>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.insert(problem.into());
        }
    }

    /// Notes that a uid is that of something else too, where it should mean one thing.
    fn note_twin(&mut self, node: &FragmentNode) {
        let holds_something = match self.knowledge.kind(node.type_id) {
            NodeKind::Data | NodeKind::Secret | NodeKind::Key | NodeKind::Workload => true,
            // What the cloud itself offers has the same uid in every account.
            NodeKind::Identity | NodeKind::Front | NodeKind::Network | NodeKind::Other => false,
        };
        if holds_something && self.by_uid.contains_key(&node.uid) {
            let uid = &node.uid;
            self.problem(format!(
                "`{uid}` is the uid of several resources; what names it means the first of them"
            ));
        }
    }

    fn add(&mut self, info: NodeInfo) -> NodeId {
        let node = self.builder.node();
        if !info.uid.is_empty() {
            // Of two resources with one uid the first one is meant by it.
            self.by_uid.entry(info.uid.clone()).or_insert(node);
        }
        self.infos.push(info);
        node
    }

    fn outside(&mut self, uid: &str, title: &'static str, name: &str) -> NodeId {
        self.add(NodeInfo {
            uid: Text::from(uid),
            resource_type: Text::new_static(OUTSIDE),
            title: Text::new_static(title),
            name: Text::from(name),
            ..NodeInfo::default()
        })
    }

    /// A hidden node: a class of principals, or a stand-in for several resources.
    pub(crate) fn hidden(&mut self) -> NodeId {
        self.add(NodeInfo::default())
    }

    /// Makes a node a member of a hidden class.
    pub(crate) fn join(&mut self, member: NodeId, class: NodeId) {
        self.builder.edge(member, class, self.member);
    }

    /// Lets a hidden node stand for another.
    pub(crate) fn cover(&mut self, stand_in: NodeId, node: NodeId) {
        self.builder.edge(stand_in, node, self.covers);
    }

    /// The node that stands for a group: its only member, or a hidden one.
    pub(crate) fn stand_in(&mut self, group: Stand, members: &[NodeId]) -> Option<NodeId> {
        match members {
            [] => None,
            [only] => Some(*only),
            several => {
                if let Some(known) = self.stand_ins.get(&group) {
                    return Some(*known);
                }
                let node = self.hidden();
                for member in several {
                    self.cover(node, *member);
                }
                self.stand_ins.insert(group, node);
                Some(node)
            }
        }
    }

    pub(crate) fn internet(&self) -> NodeId {
        self.internet
    }

    /// The node of an account that is not part of the estate.
    pub(crate) fn external(&mut self, account: &str) -> NodeId {
        if let Some(known) = self.external.get(account) {
            return *known;
        }
        let uid = format!("account:{account}");
        let node = self.outside(&uid, "External account", account);
        self.builder.entry(node, self.knowledge.weights.entry("external"));
        self.external.insert(Text::from(account), node);
        node
    }

    /// The regions that an account uses most.
    pub(crate) fn regions_of(&self, fragment: usize) -> &[Text] {
        self.regions.get(fragment).map_or(&[], Vec::as_slice)
    }

    /// Whether a canonical identifier is that of an identity of the cloud's own.
    pub(crate) fn is_of_the_cloud(&self, canonical: &Text) -> bool {
        self.of_the_cloud.contains_key(canonical)
    }

    /// The canonical identifier of an identity of the cloud's own.
    pub(crate) fn canonical_of(&self, arn: &str) -> Option<Text> {
        let mut known = self.of_the_cloud.iter();
        known.find_map(|(canonical, own)| (**own == *arn).then(|| Text::clone(canonical)))
    }

    /// The node of a resource, by uid.
    pub(crate) fn node_of(&self, uid: &str) -> Option<NodeId> {
        self.by_uid.get(uid).copied()
    }

    pub(crate) fn info(&self, node: NodeId) -> Option<&NodeInfo> {
        self.infos.get(node.0 as usize)
    }

    /// The node of the resource at a position of a fragment.
    pub(crate) fn node_at(&self, fragment: usize, position: usize) -> NodeId {
        let first = self.first.get(fragment).copied().unwrap_or(u32::MAX);
        NodeId(first.saturating_add(u32::try_from(position).unwrap_or(u32::MAX)))
    }

    /// The fragment of an account.
    pub(crate) fn fragment_of(&self, provider: Provider, account: &str) -> Option<usize> {
        self.fragments
            .binary_search_by(|fragment| {
                (fragment.account.provider, fragment.account.id.as_str()).cmp(&(provider, account))
            })
            .ok()
    }

    /// The resource behind a node, with its fragment.
    pub(crate) fn resource(&self, node: NodeId) -> Option<(usize, &'k FragmentNode)> {
        let fragment = self
            .first
            .partition_point(|first| *first <= node.0)
            .checked_sub(1)?;
        let position = node.0.checked_sub(*self.first.get(fragment)?)?;
        let found = self.fragments.get(fragment)?.nodes.get(position as usize)?;
        Some((fragment, found))
    }

    /// Notes that somebody gains control of a resource, or of a group, by an escalation.
    pub(crate) fn take(&mut self, from: NodeId, to: NodeId, certainty: Certainty) {
        let known = self.taken.entry((from, to)).or_insert(certainty);
        *known = certainty.min(*known);
    }

    /// Whether somebody gains control of it by an escalation that is as sure.
    pub(crate) fn is_taken(&self, from: NodeId, to: NodeId, certainty: Certainty) -> bool {
        let known = self.taken.get(&(from, to));
        known.is_some_and(|known| *known <= certainty)
    }

    /// Widens what is known of the exposure of a node.
    pub(crate) fn expose(&mut self, node: NodeId, level: ExposureLevel) {
        if let Some(info) = self.infos.get_mut(node.0 as usize) {
            info.exposure = info.exposure.max(level);
        }
    }

    /// Raises what is known of the content of a node to what was found in it.
    pub(crate) fn holds(&mut self, node: NodeId, level: Sensitivity, label: Option<&Text>, found: &Text) {
        let Some(info) = self.infos.get_mut(node.0 as usize) else {
            return;
        };
        if info.sensitivity.is_none_or(|known| known < level) {
            info.sensitivity = Some(level);
            info.label = label.cloned();
        } else if info.sensitivity == Some(level) && info.label.is_none() && label.is_some() {
            info.label = label.cloned();
        } else {
            return;
        }
        self.found.insert(node, found.clone());
    }

    /// Adds an edge an attacker can follow; what it costs follows from its kind, its certainty and `extra`.
    pub(crate) fn edge(
        &mut self,
        from: NodeId,
        to: NodeId,
        kind: EdgeKind,
        how: Option<Text>,
        outcome: &Outcome,
        extra: u8,
    ) {
        if from == to {
            return;
        }
        let weights = &self.knowledge.weights;
        let cost = weights
            .step(kind)
            .saturating_add(weights.certainty(outcome.certainty))
            .saturating_add(extra);
        let proofs = outcome
            .proofs
            .iter()
            .map(|proof| self.builder.fact(proof))
            .collect();
        let step = self.builder.step(Step {
            kind,
            how,
            certainty: outcome.certainty,
            conditions: outcome.conditions.clone(),
            caveats: outcome.caveats.clone(),
            proofs,
            cost,
        });
        self.builder.edge(from, to, step);
    }

    /// Every resource with its node.
    pub(crate) fn resources(&self) -> impl Iterator<Item = (usize, NodeId, &'k FragmentNode)> + use<'k> {
        let first = self.first.clone();
        self.fragments
            .iter()
            .enumerate()
            .zip(first)
            .flat_map(|((position, fragment), first)| {
                (first..)
                    .zip(&fragment.nodes)
                    .map(move |(id, node)| (position, NodeId(id), node))
            })
    }

    /// The node a relation leads to.
    pub(crate) fn reference(&self, fragment: usize, to: &ReferenceTo) -> Option<NodeId> {
        match to {
            ReferenceTo::Node(position) => Some(self.node_at(fragment, *position as usize)),
            ReferenceTo::Elsewhere(text) => self.node_of(text),
            ReferenceTo::Unread(_) => None,
        }
    }

    fn relations(&mut self) {
        let mut steps: HashMap<Text, StepId> = HashMap::new();
        for (fragment, node, resource) in self.resources() {
            for relation in &resource.relations {
                let Some(to) = self.reference(fragment, &relation.to) else {
                    continue;
                };
                let step = match steps.get(&relation.label) {
                    Some(known) => *known,
                    None => {
                        let step = self.builder.step(Step {
                            kind: EdgeKind::Relation,
                            how: Some(relation.label.clone()),
                            certainty: Certainty::Certain,
                            conditions: Vec::new(),
                            caveats: Vec::new(),
                            proofs: Vec::new(),
                            cost: 0,
                        });
                        steps.insert(relation.label.clone(), step);
                        step
                    }
                };
                self.builder.edge(node, to, step);
            }
        }
    }

    fn targets(&mut self) {
        let weights = &self.knowledge.weights;
        for (info, node) in self.infos.iter().zip(0u32..) {
            let Some(sensitivity) = info
                .sensitivity
                .filter(|sensitivity| *sensitivity != Sensitivity::Public)
            else {
                continue;
            };
            let by_sensitivity = weights.target(sensitivity.name());
            let (value, what) = match info.kind {
                NodeKind::Secret => (by_sensitivity.max(weights.target("secret")), "a secret"),
                NodeKind::Key => (weights.target("key"), "an encryption key"),
                NodeKind::Data
                | NodeKind::Identity
                | NodeKind::Workload
                | NodeKind::Front
                | NodeKind::Network
                | NodeKind::Other => (by_sensitivity, "data"),
            };
            let why = match (&info.label, info.kind) {
                (Some(label), _) => format!("holds {} data ({label})", sensitivity.name()),
                (None, NodeKind::Secret | NodeKind::Key) => format!("is {what}"),
                (None, _) => format!("holds {} {what}", sensitivity.name()),
            };
            let why = Text::from(match self.found.get(&NodeId(node)) {
                Some(found) => format!("{why}: {found}"),
                None => why,
            });
            self.builder.target(NodeId(node), Target { value, why });
        }
    }

    fn finish(self) -> Joined {
        let accounts = self
            .fragments
            .iter()
            .map(|fragment| (fragment.account.provider, fragment.account.id.clone()))
            .collect();
        Joined {
            builder: self.builder,
            infos: self.infos,
            accounts,
            problems: self.problems,
        }
    }
}
