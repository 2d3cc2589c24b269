//! `Places`: what is known of the accounts as a whole: their regions, and the types of what is in them.

use std::collections::{BTreeMap, BTreeSet};

use plumb_iam::directory::Directory;
use plumb_iam::principal::PrincipalKind;
use plumb_model::graph::NodeKind;
use plumb_model::value::Text;

use crate::assemble::Assembly;
use crate::assemble::assets::principal_node;
use crate::knowledge::TypeId;

/// How many regions are tried for an ARN that may be of any.
const MAX_REGIONS: usize = 4;

/// What is known of the accounts as a whole.
pub(crate) struct Places {
    pub(crate) regions: BTreeMap<usize, Vec<Text>>,
    pub(crate) types: BTreeSet<(usize, TypeId)>,
    pub(crate) roles: BTreeSet<TypeId>,
    pub(crate) users: BTreeSet<TypeId>,
    pub(crate) others: BTreeSet<TypeId>,
}

impl Places {
    /// Looks through the estate.
    pub(crate) fn of(assembly: &Assembly<'_>, directory: &Directory) -> Self {
        let mut regions: BTreeMap<usize, BTreeMap<Text, usize>> = BTreeMap::new();
        let mut types = BTreeSet::new();
        for (fragment, _, resource) in assembly.resources() {
            types.insert((fragment, resource.type_id));
            if resource.region != plumb_model::resource::GLOBAL_REGION {
                *regions
                    .entry(fragment)
                    .or_default()
                    .entry(resource.region.clone())
                    .or_default() += 1;
            }
        }
        let of_kind = |kind: PrincipalKind| -> BTreeSet<TypeId> {
            directory
                .principals()
                .iter()
                .filter(|member| member.principal.kind == kind)
                .filter_map(|member| assembly.resource(principal_node(assembly, member)?))
                .map(|(_, resource)| resource.type_id)
                .collect()
        };
        let (roles, users, roots) = (
            of_kind(PrincipalKind::Role),
            of_kind(PrincipalKind::User),
            of_kind(PrincipalKind::Root),
        );
        let others = (0..assembly.knowledge.types().len())
            .filter_map(|position| assembly.knowledge.type_at(position))
            .filter(|id| assembly.knowledge.kind(*id) == NodeKind::Identity)
            .filter(|id| !roles.contains(id) && !users.contains(id) && !roots.contains(id))
            .collect();
        let regions = regions
            .into_iter()
            .map(|(fragment, counts)| {
                let mut counts: Vec<(Text, usize)> = counts.into_iter().collect();
                counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                let names = counts.into_iter().map(|(region, _)| region).take(MAX_REGIONS);
                (fragment, names.collect())
            })
            .collect();
        Self {
            regions,
            types,
            roles,
            users,
            others,
        }
    }
}
