//! Weak credentials: identities that somebody may hold without being let in.

use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::value::Text;

use crate::assemble::{Assembly, CREDENTIALS, Outcome};

impl Assembly<'_> {
    /// Lets an attacker begin at identities whose credentials are weak.
    pub(super) fn weak_credentials(&mut self) {
        let weak: Vec<_> = self
            .resources()
            .filter(|(_, node, _)| {
                self.info(*node)
                    .is_some_and(|info| info.kind == NodeKind::Identity)
            })
            .filter_map(|(_, node, resource)| Some((node, resource, resource.detail.as_deref()?)))
            .filter_map(|(node, resource, detail)| {
                // What is certain counts; without it, all that may be.
                let surest = detail.weak.iter().map(|weak| weak.certainty).min()?;
                let clauses: Vec<&Text> = detail
                    .weak
                    .iter()
                    .filter(|weak| weak.certainty == surest)
                    .map(|weak| &weak.clause)
                    .collect();
                Some((node, resource, surest, clauses))
            })
            .collect();
        for (node, resource, certainty, clauses) in weak {
            let entry = match self.credentials {
                Some(known) => known,
                None => {
                    let node = self.outside(CREDENTIALS, "Weak credentials", "weak or leaked credentials");
                    let cost = self.knowledge.weights.entry("credentials");
                    self.builder.entry(node, cost);
                    self.credentials = Some(node);
                    node
                }
            };
            let joined: Vec<&str> = clauses.iter().map(|clause| clause.as_str()).collect();
            let how = Text::from(joined.join("; "));
            let outcome = Outcome {
                certainty,
                conditions: match certainty {
                    Certainty::Certain => Vec::new(),
                    Certainty::Conditional | Certainty::Possible => vec![how.clone()],
                },
                // Each of the reasons is enough, so that they are one fact: it falls only when all of them are mended.
                proofs: vec![Proof {
                    resource: resource.uid.clone(),
                    attribute: Text::default(),
                    detail: how.clone(),
                }],
                ..Outcome::default()
            };
            self.edge(entry, node, EdgeKind::Holds, Some(how), &outcome, 0);
        }
    }
}
