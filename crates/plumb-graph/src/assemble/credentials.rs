//! Weak credentials: an entry from which the identities that have them are held.

use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;

use crate::assemble::{Assembly, CREDENTIALS, Outcome};

/// Adds an edge to every identity whose credentials are weak, or may be.
pub(crate) fn add(assembly: &mut Assembly<'_>) {
    let weak: Vec<_> = assembly
        .resources()
        .filter(|(_, node, _)| {
            assembly
                .info(*node)
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
    let mut entry = None;
    for (node, resource, certainty, clauses) in weak {
        let entry = *entry.get_or_insert_with(|| {
            let node = assembly.outside(CREDENTIALS, "Weak credentials", "Weak credentials");
            assembly
                .builder
                .entry(node, assembly.knowledge.weights.entry("credentials"));
            node
        });
        let joined: Vec<&str> = clauses.iter().map(|clause| clause.as_str()).collect();
        let reasons = Text::from(joined.join("; "));
        // What is sure is told whole. Of doubts one tells enough; the proof has all of them.
        let how = match (certainty, joined.as_slice()) {
            (Certainty::Possible, [first, _, ..]) => {
                Text::from(format!("{first}; and {} more", joined.len().saturating_sub(1)))
            }
            (Certainty::Certain | Certainty::Conditional | Certainty::Possible, _) => reasons.clone(),
        };
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
                detail: reasons,
            }],
            ..Outcome::default()
        };
        assembly.edge(entry, node, EdgeKind::Holds, Some(how), &outcome, 0);
        // What is assumed has no credentials of its own: that they are weak says that its trust policy lets everybody in.
        let is_assumed = assembly
            .knowledge
            .role(resource.type_id)
            .is_some_and(|role| role.policy.is_some());
        if is_assumed {
            assembly.expose(
                node,
                match certainty {
                    Certainty::Certain | Certainty::Conditional => ExposureLevel::Wide,
                    Certainty::Possible => ExposureLevel::Unknown,
                },
            );
        }
    }
}
