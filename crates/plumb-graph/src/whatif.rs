//! What would remain of the attack paths after a change: facts and steps are taken away, and the search is run again.
//!
//! A step falls with any of the facts that it rests on. Classes of equals are opened where a step of one of their members is
//! taken away, so that the others keep theirs.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::answer::{ChangedPath, RemovedStep, WhatIf};
use plumb_model::path::{AttackPath, EdgeKind, PathReport, Proof};
use plumb_model::value::Text;
use plumb_pack::risk::RiskWeights;

use crate::graph::{Edge, FactId, Graph, Mask, NodeId, StepId};
use crate::near::nearest;
use crate::paths::{self, Limits};
use crate::search::{self, UNREACHED};
use crate::security::SecurityGraph;

/// How many names are proposed in place of an unknown one.
const MOST_NEAR: usize = 3;

/// What is taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Facts.
    pub facts: BTreeSet<FactId>,
    /// Steps between two nodes that people see.
    pub steps: BTreeSet<NamedStep>,
}

/// All steps of one kind from one node that people see to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedStep {
    /// Where they begin.
    pub from: NodeId,
    /// Where they lead.
    pub to: NodeId,
    /// What they are.
    pub kind: EdgeKind,
}

/// A text that names nothing that could be taken away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownChange {
    /// No resource is called so, or several are.
    #[error("{}", resource_message(.name, *.resources))]
    Resource {
        /// The text.
        name: String,
        /// How many are called so.
        resources: usize,
        /// Names that may be meant.
        near: Vec<String>,
    },
    /// There is no such kind of steps.
    #[error("`{0}` is no kind of step that an attacker takes")]
    Kind(String),
    /// No step leads from one to the other.
    #[error("no such step leads from `{from}` to `{to}`")]
    Step {
        /// Where it should begin.
        from: String,
        /// Where it should lead.
        to: String,
    },
    /// Nothing in the graph rests on it.
    #[error("nothing in the graph rests on `{name}`")]
    Fact {
        /// The text.
        name: String,
        /// Names that may be meant.
        near: Vec<String>,
    },
}

fn resource_message(name: &str, resources: usize) -> String {
    match resources {
        0 => format!("no resource is called `{name}`"),
        several => format!("{several} resources are called `{name}`"),
    }
}

/// How far a finding was narrowed down to facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narrowing {
    /// To the facts under the attributes that the policy reads.
    Attributes,
    /// To none: the graph rests on the resource, but on no attribute that the policy reads.
    Elsewhere,
    /// Nothing in the graph rests on the resource.
    Nothing,
}

impl Change {
    /// Adds what a text names: `RESOURCE#ATTRIBUTE`, `RESOURCE`, `FROM -> TO` or `FROM -[kind]-> TO`.
    pub fn remove(&mut self, security: &SecurityGraph, name: &str) -> Result<(), UnknownChange> {
        let facts: Vec<FactId> = facts(&security.graph)
            .filter(|(_, proof)| proof.resource == name || proof.name() == name)
            .map(|(fact, _)| fact)
            .collect();
        if !facts.is_empty() {
            self.facts.extend(facts);
            return Ok(());
        }
        if let Some((from, to)) = name.rsplit_once("-> ") {
            let (from, kind) = match from.strip_suffix(']').and_then(|rest| rest.rsplit_once("-[")) {
                Some((from, kind)) => (from.trim(), Some(kind)),
                None => (from.trim(), None),
            };
            return self.remove_steps(security, from, kind, to.trim());
        }
        if let Ok(node) = one_called(security, name) {
            let uid = security
                .node(node)
                .map(|info| info.uid.clone())
                .unwrap_or_default();
            let facts: Vec<FactId> = facts_of(&security.graph, &uid).collect();
            if !facts.is_empty() {
                self.facts.extend(facts);
                return Ok(());
            }
        }
        let names: BTreeSet<String> = security.graph.facts().iter().map(Proof::name).collect();
        Err(UnknownChange::Fact {
            name: name.to_owned(),
            near: owned(nearest(name, names.iter().map(String::as_str), MOST_NEAR)),
        })
    }

    fn remove_steps(
        &mut self,
        security: &SecurityGraph,
        from: &str,
        kind: Option<&str>,
        to: &str,
    ) -> Result<(), UnknownChange> {
        let kind = kind
            .map(|name| {
                let named = |kind: &EdgeKind| kind.name() == name && kind.is_attack() && !kind.is_hidden();
                EdgeKind::ALL
                    .into_iter()
                    .find(named)
                    .ok_or_else(|| UnknownChange::Kind(name.to_owned()))
            })
            .transpose()?;
        let (start, end) = (one_called(security, from)?, one_called(security, to)?);
        let found: BTreeSet<NamedStep> = security
            .outgoing_along(start, |step| {
                step.kind.is_attack() && kind.is_none_or(|kind| step.kind == kind)
            })
            .filter(|edge| edge.to == end)
            .map(|edge| NamedStep {
                from: start,
                to: end,
                kind: edge.step.kind,
            })
            .collect();
        if found.is_empty() {
            let (from, to) = (from.to_owned(), to.to_owned());
            return Err(UnknownChange::Step { from, to });
        }
        self.steps.extend(found);
        Ok(())
    }

    /// Adds the facts of a resource that are under `attributes`.
    pub fn mend(&mut self, graph: &Graph, resource: &str, attributes: &BTreeSet<Text>) -> Narrowing {
        let all: Vec<FactId> = facts_of(graph, resource).collect();
        let narrowed: Vec<FactId> = all
            .iter()
            .copied()
            .filter(|fact| {
                let attribute = graph.fact(*fact).attribute;
                let root = attribute.split(['.', '[', ' ']).next().unwrap_or_default();
                attributes.contains(root)
            })
            .collect();
        if all.is_empty() {
            Narrowing::Nothing
        } else if narrowed.is_empty() {
            Narrowing::Elsewhere
        } else {
            self.facts.extend(narrowed);
            Narrowing::Attributes
        }
    }
}

/// The node that alone has that uid or name.
pub fn one_called(security: &SecurityGraph, name: &str) -> Result<NodeId, UnknownChange> {
    match security.called(name).as_slice() {
        [only] => Ok(*only),
        [] => {
            let names = security
                .visible_nodes()
                .iter()
                .filter_map(|node| security.node(*node))
                .flat_map(|info| [info.name.as_str(), info.uid.as_str()]);
            Err(UnknownChange::Resource {
                name: name.to_owned(),
                resources: 0,
                near: owned(nearest(name, names, MOST_NEAR)),
            })
        }
        several => Err(UnknownChange::Resource {
            name: name.to_owned(),
            resources: several.len(),
            near: several
                .iter()
                .filter_map(|node| security.node(*node))
                .map(|info| info.uid.to_string())
                .take(MOST_NEAR)
                .collect(),
        }),
    }
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn facts(graph: &Graph) -> impl Iterator<Item = (FactId, &Proof)> {
    (0u32..).map(FactId).zip(graph.facts())
}

fn facts_of<'g>(graph: &'g Graph, resource: &'g str) -> impl Iterator<Item = FactId> + 'g {
    facts(graph)
        .filter(move |(_, proof)| proof.resource == resource)
        .map(|(fact, _)| fact)
}

/// The graph after a change.
pub fn changed(security: &SecurityGraph, change: &Change) -> SecurityGraph {
    let mut graph = security
        .graph
        .changed(&security.graph.resting_on_any(&change.facts), &[]);
    for step in &change.steps {
        let (removed, added) = opened(security, &graph, *step);
        graph = graph.changed(&removed, &added);
    }
    SecurityGraph::new(
        graph,
        security.nodes.clone(),
        security.accounts.clone(),
        security.problems.clone(),
    )
}

/// The edges that carry a step and others too, and those that carry the others alone.
fn opened(security: &SecurityGraph, graph: &Graph, step: NamedStep) -> (Mask, Vec<(NodeId, NodeId, StepId)>) {
    let mut removed = Mask::default();
    let mut added = Vec::new();
    let is_covered = |end: NodeId| {
        !security.is_visible(end)
            && graph
                .outgoing(end)
                .any(|covers| covers.step.kind == EdgeKind::Covers && covers.to == step.to)
    };
    let carries =
        |edge: &Edge<'_>| edge.step.kind == step.kind && (edge.to == step.to || is_covered(edge.to));
    // What an edge leads to besides.
    let others = |edge: Edge<'_>, added: &mut Vec<(NodeId, NodeId, StepId)>| {
        if edge.to == step.to {
            return;
        }
        let rest = graph
            .outgoing(edge.to)
            .filter(|covers| covers.step.kind == EdgeKind::Covers)
            .map(|covers| covers.to)
            .filter(|end| *end != step.to && *end != step.from);
        added.extend(rest.map(|end| (step.from, end, graph.step_id(edge.id))));
    };
    for edge in graph.outgoing(step.from) {
        if edge.step.kind != EdgeKind::In {
            if carries(&edge) {
                removed.remove(edge.id);
                others(edge, &mut added);
            }
        } else if graph.outgoing(edge.to).any(|of_class| carries(&of_class)) {
            // It leaves the class and keeps everything else that the class has.
            removed.remove(edge.id);
            for of_class in graph.outgoing(edge.to) {
                if carries(&of_class) {
                    others(of_class, &mut added);
                } else if of_class.to != step.from {
                    added.push((step.from, of_class.to, graph.step_id(of_class.id)));
                }
            }
        }
    }
    (removed, added)
}

/// What would remain after a change.
pub fn ask(security: &SecurityGraph, weights: &RiskWeights, limits: &Limits, change: &Change) -> WhatIf {
    // Every path is compared; those that a list would leave out too.
    let limits = Limits {
        paths: usize::MAX,
        choke_points: 0,
        tries: 0,
        ..*limits
    };
    let after = changed(security, change);
    let distances = |security: &SecurityGraph| {
        search::distances(&security.graph, &Mask::default(), security.graph.entries())
    };
    let (near, far) = (distances(security), distances(&after));
    let saved: Vec<NodeId> = security
        .graph
        .targets()
        .iter()
        .filter(|(node, target)| {
            let at = |keys: &[search::Key]| keys.get(node.0 as usize).copied().unwrap_or(UNREACHED);
            search::target_risk(target.value, at(&near)) > 0 && at(&far) == UNREACHED
        })
        .map(|(node, _)| *node)
        .collect();
    let mut answer = WhatIf {
        facts: change
            .facts
            .iter()
            .map(|fact| security.graph.fact(*fact))
            .collect(),
        steps: change
            .steps
            .iter()
            .map(|step| RemovedStep {
                from: security.path_node(step.from),
                kind: step.kind,
                to: security.path_node(step.to),
            })
            .collect(),
        risk_before: search::total_risk(&security.graph, &near),
        risk_after: search::total_risk(&after.graph, &far),
        targets_saved: saved.len() as u64,
        saved: saved
            .iter()
            .take(WhatIf::MOST_TARGETS)
            .map(|node| security.path_node(*node))
            .collect(),
        ..WhatIf::default()
    };
    let before = paths::report(security, weights, &limits);
    compare(&mut answer, &before, &paths::report(&after, weights, &limits));
    answer
}

/// Tells what became of each path.
fn compare(answer: &mut WhatIf, before: &PathReport, after: &PathReport) {
    let by_id: BTreeMap<&Text, &AttackPath> = after.paths.iter().map(|path| (&path.id, path)).collect();
    let known: BTreeSet<&Text> = before.paths.iter().map(|path| &path.id).collect();
    let changed = |path: &AttackPath, before: (u8, u64), after: (u8, u64)| ChangedPath {
        id: path.id.clone(),
        title: path.title.clone(),
        risk_before: before.0,
        risk_after: after.0,
        count_before: before.1,
        count_after: after.1,
    };
    for path in &before.paths {
        let was = (path.risk, path.count);
        match by_id.get(&path.id) {
            None => answer.closed.push(changed(path, was, (0, 0))),
            Some(still) if (still.risk, still.count) == was => answer.unchanged += 1,
            Some(still) => answer
                .lessened
                .push(changed(path, was, (still.risk, still.count))),
        }
    }
    for path in after.paths.iter().filter(|path| !known.contains(&path.id)) {
        answer
            .emerging
            .push(changed(path, (0, 0), (path.risk, path.count)));
    }
    let problems: BTreeSet<&Text> = before.problems.iter().chain(&after.problems).collect();
    answer.problems = problems.into_iter().cloned().collect();
}
