//! What an escalation brings to whoever can give every permission: an administrator, or what control policies and boundary leave.

use plumb_iam::directory::Member;
use plumb_model::value::Text;
use plumb_pack::escalation::{Boundary, Escalation, Target};

use crate::assemble::ceiling::{self, Limit};
use crate::assemble::escalation::Escalations;
use crate::assemble::{Assembly, Outcome};
use crate::graph::NodeId;

impl Escalations<'_, '_> {
    /// What whoever can give every permission gains by it, and how surely: what control policies leave and, where it gives them to
    /// itself, the boundary that it keeps.
    pub(super) fn gained(
        &mut self,
        assembly: &mut Assembly<'_>,
        fragment: usize,
        member: &Member,
        escalation: &Escalation,
        outcome: Outcome,
    ) -> (NodeId, Outcome) {
        let limit = if works_on_itself(escalation) && escalation.boundary == Boundary::Kept {
            Limit::of(fragment, member)
        } else {
            Limit::of_account(fragment)
        };
        let left = if works_on_itself(escalation) {
            self.left_to(assembly, member, limit.clone())
        } else {
            self.ceilings.get(&limit).and_then(|ceiling| ceiling.left.clone())
        };
        match left {
            Some(left) => (assembly.administrator(fragment), outcome.and(left)),
            None => match self.limited(assembly, fragment, &limit) {
                Some(node) => (node, outcome),
                None => {
                    let condition = "unless it needs what control policies deny to it by name";
                    (
                        assembly.administrator(fragment),
                        outcome.on_condition(Text::new_static(condition)),
                    )
                }
            },
        }
    }

    /// How surely what is left to a principal that gives itself every permission makes it an administrator.
    pub(super) fn left_to(
        &mut self,
        assembly: &Assembly<'_>,
        member: &Member,
        limit: Limit,
    ) -> Option<Outcome> {
        let directory = self.directory;
        let place = (member.class, limit);
        if let Some(known) = self.left.get(&place) {
            return known.clone();
        }
        let bound = place.1.binds(member);
        let left = ceiling::left_to(assembly, directory, place.1.fragment(), &bound);
        self.left.insert(place, left.clone());
        left
    }

    /// The node of those who have all that a limit leaves; `None` where that makes an administrator.
    fn limited(&mut self, assembly: &mut Assembly<'_>, fragment: usize, limit: &Limit) -> Option<NodeId> {
        if let Some(known) = self.limited.get(limit) {
            return Some(*known);
        }
        let ceiling = self
            .ceilings
            .get(limit)
            .filter(|ceiling| ceiling.left.is_none())?;
        let arn = &ceiling.member.principal.name;
        let node = assembly.limited_administrator(fragment, ceiling.boundary.as_ref(), arn);
        self.classes.add(fragment, &ceiling.member, node);
        self.limited.insert(limit.clone(), node);
        Some(node)
    }

    /// The root user has what control policies leave to the account, unless they leave less to it.
    pub(super) fn connect_root(
        &mut self,
        assembly: &mut Assembly<'_>,
        class: usize,
        escalation: &Escalation,
        outcome: &Outcome,
    ) {
        let Some((fragment, root)) = self
            .classes
            .all
            .get(class)
            .and_then(|class| Some((class.fragment, class.members.first().copied()?)))
        else {
            return;
        };
        let limit = Limit::of_account(fragment);
        let Some(ceiling) = self.ceilings.get(&limit) else {
            return;
        };
        if ceiling::has_as_much(assembly, self.directory, fragment, root, &ceiling.member)
            && let Some(node) = self.limited(assembly, fragment, &limit)
        {
            self.connect_class(assembly, class, node, escalation, outcome);
        }
    }
}

/// Whether what it changes is the principal, so that what limits the principal limits what is gained.
pub(super) fn works_on_itself(escalation: &Escalation) -> bool {
    match &escalation.target {
        Target::Principal | Target::OwnPolicy | Target::OwnGroup => true,
        Target::User | Target::Role | Target::Group | Target::Account | Target::Resource(_) => false,
    }
}
