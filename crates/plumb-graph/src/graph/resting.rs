//! What edges rest on: which of them fall when facts are taken away.

use std::collections::BTreeSet;

use plumb_model::path::Proof;

use super::{EdgeId, FactId, Graph, Mask, Step};

/// What rests on what, for many questions about single facts.
pub struct Resting<'g> {
    graph: &'g Graph,
    steps_of_fact: Lists,
    edges_of_step: Lists,
}

impl<'g> Resting<'g> {
    /// Looks through the graph once.
    pub fn new(graph: &'g Graph) -> Self {
        let steps = (0u32..).zip(&graph.steps);
        let of_facts = steps.flat_map(|(step, found)| found.proofs.iter().map(move |fact| (fact.0, step)));
        let edges = (0u32..).zip(&graph.outgoing);
        Self {
            graph,
            steps_of_fact: Lists::new(graph.facts.len(), of_facts),
            edges_of_step: Lists::new(graph.steps.len(), edges.map(|(edge, half)| (half.step.0, edge))),
        }
    }

    /// The edges that fall with a fact alone, sorted.
    pub fn edges(&self, fact: FactId) -> Vec<EdgeId> {
        let mut steps = self.steps_of_fact.of(fact.0).to_vec();
        steps.dedup();
        let falling = steps.into_iter().filter(|step| {
            let step = self.graph.steps.get(*step as usize);
            step.is_some_and(|step| self.graph.falls(step, |gone| gone == fact))
        });
        let mut edges: Vec<EdgeId> = falling
            .flat_map(|step| self.edges_of_step.of(step))
            .map(|edge| EdgeId(*edge))
            .collect();
        edges.sort_unstable();
        edges
    }
}

/// Lists of numbers, one behind the other.
struct Lists {
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Lists {
    /// Lists by number, from pairs of a list's number and a value; within a list the order stays.
    fn new(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; count + 1];
        for (list, _) in pairs.clone() {
            if let Some(start) = starts.get_mut(list as usize + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut values = vec![0u32; sum as usize];
        for (list, value) in pairs {
            if let Some(place) = next.get_mut(list as usize) {
                if let Some(slot) = values.get_mut(*place as usize) {
                    *slot = value;
                }
                *place += 1;
            }
        }
        Self { starts, values }
    }

    fn of(&self, list: u32) -> &[u32] {
        let at = list as usize;
        let start = self.starts.get(at).copied().unwrap_or_default();
        let end = self.starts.get(at + 1).copied().unwrap_or(start);
        self.values.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl Graph {
    /// Whether a step falls when facts are gone: with any of them but, where several rules of one list admit, only with all of
    /// those.
    fn falls(&self, step: &Step, is_gone: impl Fn(FactId) -> bool) -> bool {
        let list = |fact: FactId| self.facts.get(fact.0 as usize).and_then(list_of);
        step.proofs
            .iter()
            .filter(|fact| is_gone(**fact))
            .any(|fact| match list(*fact) {
                None => true,
                own => step
                    .proofs
                    .iter()
                    .filter(|other| list(**other) == own)
                    .all(|other| is_gone(*other)),
            })
    }

    /// The edges that fall with each of `facts` alone, in their order, each list sorted.
    pub fn edges_resting_on(&self, facts: &[FactId]) -> Vec<Vec<EdgeId>> {
        let resting = Resting::new(self);
        facts.iter().map(|fact| resting.edges(*fact)).collect()
    }

    /// The same as masks.
    pub fn resting_on(&self, facts: &[FactId]) -> Vec<Mask> {
        let edges = self.edges_resting_on(facts);
        edges
            .into_iter()
            .map(|edges| {
                let mut mask = Mask::default();
                edges.into_iter().for_each(|edge| mask.remove(edge));
                mask
            })
            .collect()
    }

    /// The edges that fall with `facts` together.
    pub fn resting_on_any(&self, facts: &BTreeSet<FactId>) -> Mask {
        let is_wanted: Vec<bool> = self
            .steps
            .iter()
            .map(|step| self.falls(step, |fact| facts.contains(&fact)))
            .collect();
        let mut mask = Mask::default();
        for (edge, position) in self.outgoing.iter().zip(0u32..) {
            if is_wanted.get(edge.step.0 as usize) == Some(&true) {
                mask.remove(EdgeId(position));
            }
        }
        mask
    }
}

/// The list to which a rule that admits belongs: its resource and the attribute; `None` for other facts.
fn list_of(proof: &Proof) -> Option<(&str, &str)> {
    let (list, _) = proof.attribute.split_once('[')?;
    let mut words = proof.detail.split(' ');
    words
        .any(|word| word == "admits")
        .then_some((proof.resource.as_str(), list))
}

#[cfg(test)]
mod tests {
    use plumb_model::path::{Certainty, EdgeKind};

    use super::*;
    use crate::graph::Builder;

    #[test]
    fn rules_of_one_list_fall_together_only() {
        let mut builder = Builder::default();
        let (from, to) = (builder.node(), builder.node());
        let mut fact = |attribute: &str, detail: &str| {
            builder.fact(&Proof {
                resource: "group".into(),
                attribute: attribute.into(),
                detail: detail.into(),
            })
        };
        let web = fact("ip_permissions[0]", "admits tcp 80 from 0.0.0.0/0");
        let tls = fact("ip_permissions[1]", "admits tcp 443 from 0.0.0.0/0");
        let out = fact("ip_permissions_egress[0]", "admits everything to 0.0.0.0/0");
        let step = builder.step(Step {
            kind: EdgeKind::Reaches,
            how: None,
            certainty: Certainty::Certain,
            conditions: Vec::new(),
            caveats: Vec::new(),
            proofs: vec![web, tls, out],
            cost: 0,
        });
        builder.edge(from, to, step);
        let graph = builder.build();
        let alone = graph.edges_resting_on(&[web, tls, out]);
        assert_eq!(alone.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 1]);
        let remaining = |facts: &[FactId]| {
            let mask = graph.resting_on_any(&facts.iter().copied().collect());
            graph.changed(&mask, &[]).all_edges().count()
        };
        assert_eq!(remaining(&[web]), 1);
        assert_eq!(remaining(&[web, tls]), 0);
        assert_eq!(remaining(&[out]), 0);
    }
}
