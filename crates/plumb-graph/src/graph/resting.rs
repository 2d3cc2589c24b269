//! What edges rest on: which of them fall when facts are taken away.

use std::collections::{BTreeSet, HashMap};

use plumb_model::path::Proof;

use super::{EdgeId, FactId, Graph, Mask, Step};

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

    /// The edges that fall with each of `facts` alone, in their order.
    pub fn edges_resting_on(&self, facts: &[FactId]) -> Vec<Vec<EdgeId>> {
        let wanted: HashMap<FactId, usize> = facts.iter().copied().zip(0..).collect();
        let mut of_step: Vec<Vec<usize>> = vec![Vec::new(); self.steps.len()];
        for (step, found) in self.steps.iter().zip(&mut of_step) {
            let alone = |fact: &&FactId| wanted.contains_key(fact) && self.falls(step, |gone| gone == **fact);
            let falling = step.proofs.iter().filter(alone);
            found.extend(falling.filter_map(|fact| wanted.get(fact).copied()));
        }
        let mut edges = vec![Vec::new(); facts.len()];
        for (edge, position) in self.outgoing.iter().zip(0u32..) {
            for fact in of_step.get(edge.step.0 as usize).into_iter().flatten() {
                if let Some(edges) = edges.get_mut(*fact) {
                    edges.push(EdgeId(position));
                }
            }
        }
        edges
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
            builder.fact(Proof {
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
