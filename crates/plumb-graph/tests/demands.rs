//! What the graph asks a scan to read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod world;

use std::collections::BTreeSet;

use world::KNOWLEDGE;

fn demanded() -> BTreeSet<(String, Option<String>)> {
    let demands = KNOWLEDGE.demands().into_iter();
    demands
        .map(|demand| {
            (
                demand.resource_type.to_string(),
                demand.attribute.map(|name| name.to_string()),
            )
        })
        .collect()
}

#[test]
fn what_stands_between_a_workload_and_its_role_is_asked_for() {
    let demanded = demanded();
    for attribute in [None, Some("roles".to_owned())] {
        assert!(
            demanded.contains(&("aws_iam_instance_profile".to_owned(), attribute.clone())),
            "{attribute:?}"
        );
    }
    let followed = |relation: &&plumb_pack::recipe::Relation| {
        ["runs_as", "member_of"].contains(&relation.label.as_str())
    };
    for known in KNOWLEDGE.types().filter(|known| known.recipe.graph.is_some()) {
        for relation in known.recipe.relations.iter().filter(followed) {
            let leads_to = (relation.to.to_string(), None);
            assert!(
                demanded.contains(&leads_to),
                "{} leads to `{}`",
                known.name,
                relation.to
            );
        }
    }
}

#[test]
fn what_escalations_speak_of_is_asked_for() {
    let demanded = demanded();
    for escalation in &KNOWLEDGE.escalations {
        for name in escalation.resource_types() {
            let known = KNOWLEDGE
                .type_id(name)
                .and_then(|id| KNOWLEDGE.resource_type(id))
                .unwrap();
            assert!(
                demanded.contains(&(known.name.to_string(), None)),
                "{} needs `{name}`",
                escalation.id
            );
        }
    }
}
