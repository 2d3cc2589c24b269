//! `Graph`: resources and what leads from one to the other, compact and unchangeable.

mod resting;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::value::Text;

pub use resting::Resting;

/// Position of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// Position of an edge; edges of one source stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(pub u32);

/// Position of what is known of an edge; equal edges share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

/// Position of a fact; equal facts are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(pub u32);

/// What an edge is and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// What the step is.
    pub kind: EdgeKind,
    /// How, as a short clause.
    pub how: Option<Text>,
    /// How sure it is.
    pub certainty: Certainty,
    /// Conditions and what was not read, as clauses.
    pub conditions: Vec<Text>,
    /// What is assumed all the same, as clauses.
    pub caveats: Vec<Text>,
    /// The facts that all must hold; of several rules of one list that admit, any.
    pub proofs: Vec<FactId>,
    /// How much harder the step makes an attack, in points of risk.
    pub cost: u8,
}

/// Why a node is worth reaching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Risk of a way to it that costs nothing, 1 to 100.
    pub value: u8,
    /// As a clause, for example `administers account 123456789012`.
    pub why: Text,
}

#[derive(Clone, Copy, Debug)]
struct HalfEdge {
    node: NodeId,
    step: StepId,
}

/// Nodes and edges.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: u32,
    /// For each node the position of its first outgoing edge, and one more.
    starts: Vec<u32>,
    outgoing: Vec<HalfEdge>,
    /// For each node the position of its first incoming edge in `incoming`, and one more.
    ends: Vec<u32>,
    incoming: Vec<(NodeId, EdgeId)>,
    steps: Vec<Step>,
    facts: Vec<Proof>,
    targets: Vec<(NodeId, Target)>,
    entries: Vec<(NodeId, u8)>,
}

/// One edge with both ends.
#[derive(Clone, Copy, Debug)]
pub struct Edge<'g> {
    /// Its position.
    pub id: EdgeId,
    /// Where it begins.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// What it is.
    pub step: &'g Step,
}

/// Edges that are taken away for a question.
#[derive(Clone, Debug, Default)]
pub struct Mask(Vec<u64>);

impl Mask {
    /// Takes an edge away.
    pub fn remove(&mut self, edge: EdgeId) {
        let (word, bit) = Self::place(edge);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    /// Whether the edge is still there.
    pub fn keeps(&self, edge: EdgeId) -> bool {
        let (word, bit) = Self::place(edge);
        self.0.get(word).is_none_or(|word| word & bit == 0)
    }

    /// Whether nothing is taken away.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn place(edge: EdgeId) -> (usize, u64) {
        (edge.0 as usize / 64, 1 << (edge.0 % 64))
    }
}

impl Step {
    /// Conditions, what was not read, and what is assumed all the same.
    pub fn notes(&self) -> impl Iterator<Item = &Text> {
        self.conditions.iter().chain(&self.caveats)
    }
}

impl Graph {
    /// The number of nodes.
    pub fn nodes(&self) -> usize {
        self.nodes as usize
    }

    /// The number of edges.
    pub fn edges(&self) -> usize {
        self.outgoing.len()
    }

    /// The number of edges along which an attacker moves, hidden ones included.
    pub fn attack_edges(&self) -> usize {
        self.outgoing
            .iter()
            .filter(|edge| self.step(edge.step).kind.is_attack())
            .count()
    }

    /// The nodes where attacks begin, in order, with the points of risk that beginning there costs.
    pub fn entries(&self) -> &[(NodeId, u8)] {
        &self.entries
    }

    /// The nodes worth reaching, in order.
    pub fn targets(&self) -> &[(NodeId, Target)] {
        &self.targets
    }

    /// What there is to know of an edge.
    #[expect(
        clippy::indexing_slicing,
        reason = "step ids come from this graph's builder, which made one step for each"
    )]
    pub fn step(&self, step: StepId) -> &Step {
        &self.steps[step.0 as usize]
    }

    /// All there is to know of edges; equal edges share one.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// All facts that edges rest on.
    pub fn facts(&self) -> &[Proof] {
        &self.facts
    }

    /// A fact; an empty one for a foreign id.
    pub fn fact(&self, fact: FactId) -> Proof {
        self.facts.get(fact.0 as usize).cloned().unwrap_or_default()
    }

    /// The edges that begin at a node.
    pub fn outgoing(&self, node: NodeId) -> impl Iterator<Item = Edge<'_>> {
        let range = range(&self.starts, node);
        let edges = self.outgoing.get(range.clone()).unwrap_or_default();
        (range.start as u32..)
            .zip(edges)
            .map(move |(position, edge)| Edge {
                id: EdgeId(position),
                from: node,
                to: edge.node,
                step: self.step(edge.step),
            })
    }

    /// The edges that end at a node.
    pub fn incoming(&self, node: NodeId) -> impl ExactSizeIterator<Item = Edge<'_>> {
        let edges = self.incoming.get(range(&self.ends, node)).unwrap_or_default();
        edges.iter().map(move |(from, id)| Edge {
            id: *id,
            from: *from,
            to: node,
            step: self.step(self.step_id(*id)),
        })
    }

    /// What the edge is, by position; edges that are alike have the same.
    #[expect(
        clippy::indexing_slicing,
        reason = "edge ids come from this graph's adjacency lists"
    )]
    pub fn step_id(&self, edge: EdgeId) -> StepId {
        self.outgoing[edge.0 as usize].step
    }

    /// The edge with that position; `None` for a foreign one.
    pub fn edge(&self, id: EdgeId) -> Option<Edge<'_>> {
        let half = self.outgoing.get(id.0 as usize)?;
        let from = self
            .starts
            .partition_point(|start| *start <= id.0)
            .checked_sub(1)?;
        Some(Edge {
            id,
            from: NodeId(u32::try_from(from).ok()?),
            to: half.node,
            step: self.step(half.step),
        })
    }

    /// All edges in order.
    pub fn all_edges(&self) -> impl Iterator<Item = Edge<'_>> {
        (0..self.nodes).flat_map(|node| self.outgoing(NodeId(node)))
    }

    /// The graph without the edges that a mask takes away and with others between its nodes, whose steps it knows.
    ///
    /// Nodes, steps and facts keep their ids, edges do not.
    pub fn changed(&self, removed: &Mask, added: &[(NodeId, NodeId, StepId)]) -> Self {
        let kept = self
            .all_edges()
            .filter(|edge| removed.keeps(edge.id))
            .map(|edge| RawEdge {
                from: edge.from,
                to: edge.to,
                step: self.step_id(edge.id),
            });
        let is_known = |node: &NodeId| node.0 < self.nodes;
        let more = added
            .iter()
            .filter(|(from, to, step)| is_known(from) && is_known(to) && (step.0 as usize) < self.steps.len())
            .map(|(from, to, step)| RawEdge {
                from: *from,
                to: *to,
                step: *step,
            });
        let builder = Builder {
            nodes: self.nodes,
            edges: kept.chain(more).collect(),
            steps: Interned::of(self.steps.clone()),
            facts: Interned::of(self.facts.clone()),
            texts: Texts::default(),
            targets: self.targets.clone(),
            entries: self.entries.clone(),
        };
        builder.build()
    }
}

fn range(starts: &[u32], node: NodeId) -> std::ops::Range<usize> {
    let at = node.0 as usize;
    let start = starts.get(at).copied().unwrap_or_default();
    let end = starts.get(at + 1).copied().unwrap_or(start);
    start as usize..end as usize
}

#[derive(Clone, Copy, Debug)]
struct RawEdge {
    from: NodeId,
    to: NodeId,
    step: StepId,
}

/// Values of which equal ones are kept once; found by their hash, so that none is kept twice to find it.
#[derive(Debug)]
struct Interned<T> {
    values: Vec<T>,
    /// The last value with each hash, and for each value the one before it with the same hash.
    by_hash: HashMap<u64, u32>,
    before: Vec<u32>,
}

/// No value before.
const NOTHING: u32 = u32::MAX;

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

impl<T> Interned<T> {
    /// Values that are not looked for any more.
    fn of(values: Vec<T>) -> Self {
        Self {
            before: vec![NOTHING; values.len()],
            values,
            by_hash: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Interned<T> {
    /// The values, by id; what finds them is dropped.
    fn into_values(self) -> Vec<T> {
        self.values
    }

    /// The id of a value; a new one is made small before it is kept.
    fn id(&mut self, value: Cow<'_, T>, make_small: impl FnOnce(&mut T)) -> u32 {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        let hash = hasher.finish();
        let last = self.by_hash.get(&hash).copied().unwrap_or(NOTHING);
        let mut at = last;
        while let Some(known) = self.values.get(at as usize) {
            if *known == *value {
                return at;
            }
            at = self.before.get(at as usize).copied().unwrap_or(NOTHING);
        }
        let id = u32::try_from(self.values.len()).unwrap_or(NOTHING);
        let mut value = value.into_owned();
        make_small(&mut value);
        self.by_hash.insert(hash, id);
        self.before.push(last);
        self.values.push(value);
        id
    }
}

/// Texts of which equal ones share their memory.
#[derive(Debug, Default)]
struct Texts(HashSet<Text>);

impl Texts {
    fn share(&mut self, text: &mut Text) {
        match self.0.get(text) {
            Some(known) => text.clone_from(known),
            None => _ = self.0.insert(text.clone()),
        }
    }
}

/// A graph while it is being filled.
#[derive(Debug, Default)]
pub struct Builder {
    nodes: u32,
    edges: Vec<RawEdge>,
    steps: Interned<Step>,
    facts: Interned<Proof>,
    texts: Texts,
    targets: Vec<(NodeId, Target)>,
    entries: Vec<(NodeId, u8)>,
}

impl Builder {
    /// Adds a node.
    pub fn node(&mut self) -> NodeId {
        let id = NodeId(self.nodes);
        self.nodes += 1;
        id
    }

    /// Makes a node one where attacks begin; `cost` is what that takes from the risk, the least one given counts.
    pub fn entry(&mut self, node: NodeId, cost: u8) {
        self.entries.push((node, cost));
    }

    /// Makes a node one worth reaching; the worthiest reason stays.
    pub fn target(&mut self, node: NodeId, target: Target) {
        self.targets.push((node, target));
    }

    /// The id of a fact.
    pub fn fact(&mut self, proof: &Proof) -> FactId {
        let texts = &mut self.texts;
        // The resource's uid is shared with its node.
        FactId(self.facts.id(Cow::Borrowed(proof), |proof| {
            texts.share(&mut proof.attribute);
            texts.share(&mut proof.detail);
        }))
    }

    /// The id of a step.
    pub fn step(&mut self, step: Step) -> StepId {
        let texts = &mut self.texts;
        StepId(self.steps.id(Cow::Owned(step), |step| {
            step.how.iter_mut().for_each(|how| texts.share(how));
            step.conditions
                .iter_mut()
                .for_each(|condition| texts.share(condition));
            step.conditions.shrink_to_fit();
            step.proofs.shrink_to_fit();
        }))
    }

    /// Adds an edge; nodes and step must come from this builder.
    pub fn edge(&mut self, from: NodeId, to: NodeId, step: StepId) {
        debug_assert!(
            from.0 < self.nodes && to.0 < self.nodes && (step.0 as usize) < self.steps.values.len()
        );
        self.edges.push(RawEdge { from, to, step });
    }

    /// The number of edges so far, repeated ones included.
    pub fn edges(&self) -> usize {
        self.edges.len()
    }

    /// The graph; equal edges become one.
    pub fn build(self) -> Graph {
        let Self {
            nodes,
            mut edges,
            steps,
            facts,
            texts: _,
            mut targets,
            mut entries,
        } = self;
        let (steps, facts) = (steps.into_values(), facts.into_values());
        edges.sort_unstable_by_key(|edge| (edge.from, edge.to, edge.step));
        edges.dedup_by_key(|edge| (edge.from, edge.to, edge.step));
        let outgoing: Vec<HalfEdge> = edges
            .iter()
            .map(|edge| HalfEdge {
                node: edge.to,
                step: edge.step,
            })
            .collect();
        let starts = prefix_sums(nodes, edges.iter().map(|edge| edge.from));
        let ends = prefix_sums(nodes, edges.iter().map(|edge| edge.to));
        let mut places = ends.clone();
        let mut incoming = vec![(NodeId(0), EdgeId(0)); edges.len()];
        for (edge, position) in edges.iter().zip(0u32..) {
            if let Some(place) = places.get_mut(edge.to.0 as usize) {
                if let Some(slot) = incoming.get_mut(*place as usize) {
                    *slot = (edge.from, EdgeId(position));
                }
                *place += 1;
            }
        }
        entries.sort_unstable();
        entries.dedup_by_key(|(node, _)| *node);
        targets.sort_by(|(a, x), (b, y)| {
            a.cmp(b)
                .then(y.value.cmp(&x.value))
                .then_with(|| x.why.cmp(&y.why))
        });
        targets.dedup_by_key(|(node, _)| *node);
        Graph {
            nodes,
            starts,
            outgoing,
            ends,
            incoming,
            steps,
            facts,
            targets,
            entries,
        }
    }
}

fn prefix_sums(nodes: u32, ends: impl Iterator<Item = NodeId>) -> Vec<u32> {
    let mut sums = vec![0u32; nodes as usize + 1];
    for node in ends {
        if let Some(count) = sums.get_mut(node.0 as usize + 1) {
            *count += 1;
        }
    }
    let mut total = 0;
    for sum in &mut sums {
        total += *sum;
        *sum = total;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(builder: &mut Builder, cost: u8, fact: &str) -> StepId {
        let proof = builder.fact(&Proof {
            resource: fact.into(),
            ..Proof::default()
        });
        builder.step(Step {
            kind: EdgeKind::Reaches,
            how: None,
            certainty: Certainty::Certain,
            conditions: Vec::new(),
            caveats: Vec::new(),
            proofs: vec![proof],
            cost,
        })
    }

    #[test]
    fn adjacency_holds_every_edge_once_in_both_directions() {
        let mut builder = Builder::default();
        let nodes: Vec<NodeId> = (0..4).map(|_| builder.node()).collect();
        let (cheap, dear) = (step(&mut builder, 1, "a"), step(&mut builder, 2, "b"));
        for (from, to, step) in [
            (2, 0, dear),
            (0, 1, cheap),
            (0, 1, cheap),
            (0, 1, dear),
            (1, 3, cheap),
        ] {
            builder.edge(nodes[from], nodes[to], step);
        }
        let graph = builder.build();
        let all: Vec<(u32, u32, u8)> = graph
            .all_edges()
            .map(|edge| (edge.from.0, edge.to.0, edge.step.cost))
            .collect();
        assert_eq!(all, [(0, 1, 1), (0, 1, 2), (1, 3, 1), (2, 0, 2)]);
        for edge in graph.all_edges() {
            let again = graph.edge(edge.id).unwrap();
            assert_eq!((again.from, again.to), (edge.from, edge.to));
            assert!(
                graph
                    .incoming(edge.to)
                    .any(|incoming| incoming.id == edge.id && incoming.from == edge.from)
            );
        }
        let [on_a, on_b] = graph.resting_on(&[FactId(0), FactId(1)]).try_into().unwrap();
        let kept = |mask: &Mask| graph.all_edges().filter(|edge| mask.keeps(edge.id)).count();
        assert_eq!((kept(&on_a), kept(&on_b), kept(&Mask::default())), (2, 2, 4));
    }

    #[test]
    fn a_target_keeps_its_worthiest_reason() {
        let mut builder = Builder::default();
        let node = builder.node();
        for (value, why) in [(60, "b"), (90, "a"), (10, "c")] {
            builder.target(
                node,
                Target {
                    value,
                    why: why.into(),
                },
            );
        }
        let graph = builder.build();
        assert_eq!(
            graph.targets(),
            [(
                node,
                Target {
                    value: 90,
                    why: "a".into()
                }
            )]
        );
    }
}
