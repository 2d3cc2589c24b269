//! What some resources tell of the content of others, for example what a scanner of data found in a bucket.

use plumb_model::graph::NodeKind;

use crate::assemble::Assembly;

/// Raises how sensitive resources are to what was found in them; what the user says of them stays.
pub(crate) fn add(assembly: &mut Assembly<'_>) {
    for (fragment, _, resource) in assembly.resources() {
        let Some(role) = assembly.knowledge.role(resource.type_id) else {
            continue;
        };
        let told = resource.detail.iter().flat_map(|detail| &detail.tells);
        for tells in told.filter_map(|position| role.tells.get(*position)) {
            let relations = resource.relations.iter();
            let nodes: Vec<_> = relations
                .filter(|relation| relation.label == tells.of)
                .filter_map(|relation| assembly.reference(fragment, &relation.to))
                .collect();
            for node in nodes {
                let Some(info) = assembly.info(node) else { continue };
                let holds_data = match info.kind {
                    NodeKind::Data | NodeKind::Secret => true,
                    NodeKind::Identity
                    | NodeKind::Workload
                    | NodeKind::Key
                    | NodeKind::Front
                    | NodeKind::Network
                    | NodeKind::Other => false,
                };
                let estate = &assembly.knowledge.estate;
                let is_said = estate
                    .crown_jewel(&info.resource_type, &info.uid, &info.name)
                    .is_some();
                if holds_data && !is_said {
                    assembly.holds(node, tells.level, tells.label.as_ref(), &tells.clause);
                }
            }
        }
    }
}
