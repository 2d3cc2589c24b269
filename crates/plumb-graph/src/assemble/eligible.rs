//! What a principal and a target must be for a way to be open at all, before any permission is asked.

use plumb_iam::arn::Arn;
use plumb_iam::directory::Member;
use plumb_iam::principal::PrincipalKind;
use plumb_iam::truth::Truth;
use plumb_model::graph::NodeKind;
use plumb_model::value::Text;
use plumb_pack::escalation::{Escalation, PrincipalKind as Who, Target, Versions};

use crate::assemble::{Assembly, Outcome};
use crate::fragment::FragmentNode;
use crate::graph::NodeId;

/// Whether a kind of principal can go the way at all.
pub(super) fn may_go(escalation: &Escalation, member: &Member) -> bool {
    let kind = member.principal.kind;
    // What a group may do, whoever is in it may; but it is nobody that could change itself.
    let by_group = kind == PrincipalKind::Group
        && match &escalation.target {
            Target::Principal | Target::OwnPolicy | Target::OwnGroup => false,
            Target::User | Target::Role | Target::Group | Target::Account | Target::Resource(_) => true,
        };
    match escalation.principal {
        // The root user has every permission already and changes itself in no way.
        Who::Any if kind == PrincipalKind::Root => escalation.is_plain(),
        Who::Any => by_group || matches!(kind, PrincipalKind::User | PrincipalKind::Role),
        Who::User => by_group || kind == PrincipalKind::User,
        Who::Role => kind == PrincipalKind::Role,
    }
}

/// Whether a policy has the version that an escalation needs.
pub(super) fn by_version(escalation: &Escalation, policy: &FragmentNode) -> Option<Outcome> {
    match (escalation.versions, policy.full_version) {
        (Versions::Any, _) | (Versions::Full, Some(Truth::True)) => Some(Outcome::default()),
        (Versions::Full, Some(Truth::Unknown | Truth::Depends)) => Some(Outcome::possible(Text::new_static(
            "its older versions were not read",
        ))),
        (Versions::Full, Some(Truth::False) | None) => None,
    }
}

/// The account's own managed policies that a principal has.
pub(crate) fn own_policies(assembly: &Assembly<'_>, member: &Member) -> Vec<NodeId> {
    let mut found: Vec<NodeId> = member
        .policies
        .identity
        .iter()
        .map(|policy| &policy.origin.holder)
        .filter(|holder| Arn::account_of(holder) == member.principal.account.as_deref())
        .filter_map(|holder| assembly.node_of(holder))
        .filter(|node| {
            assembly
                .info(*node)
                .is_some_and(|info| info.kind != NodeKind::Identity)
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The groups that a principal is a member of.
pub(super) fn own_groups(assembly: &Assembly<'_>, node: NodeId) -> Vec<NodeId> {
    let Some((fragment, resource)) = assembly.resource(node) else {
        return Vec::new();
    };
    resource
        .relations
        .iter()
        .filter(|relation| relation.label == "member_of")
        .filter_map(|relation| assembly.reference(fragment, &relation.to))
        .collect()
}
