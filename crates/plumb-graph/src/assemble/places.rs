//! `Places`: which types there are in which account, and what kinds of identities they are.

use std::collections::BTreeSet;

use plumb_iam::directory::Directory;
use plumb_iam::principal::PrincipalKind;
use plumb_model::graph::NodeKind;

use crate::assemble::Assembly;
use crate::assemble::assets::principal_node;
use crate::knowledge::TypeId;

/// What is known of the accounts as a whole.
pub(crate) struct Places {
    pub(crate) types: BTreeSet<(usize, TypeId)>,
    pub(crate) roles: BTreeSet<TypeId>,
    pub(crate) users: BTreeSet<TypeId>,
    pub(crate) others: BTreeSet<TypeId>,
}

impl Places {
    /// Looks through the estate.
    pub(crate) fn of(assembly: &Assembly<'_>, directory: &Directory) -> Self {
        let mut types = BTreeSet::new();
        for (fragment, _, resource) in assembly.resources() {
            types.insert((fragment, resource.type_id));
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
        Self {
            types,
            roles,
            users,
            others,
        }
    }
}
