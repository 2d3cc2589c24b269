//! What stands behind a door, such as a bucket behind an access point: both must permit a request.

use plumb_iam::principal::Principal;
use plumb_model::path::EdgeKind;
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_pack::graph_role::AccessLevel;

use crate::assemble::assets::AssetGroup;
use crate::assemble::permission::Permissions;
use crate::assemble::question::{Asker, Asking, Question, questions};
use crate::assemble::{Assembly, Outcome};
use crate::fragment::FragmentNode;
use crate::graph::NodeId;

/// What stands behind a door.
pub(super) enum Behind<'k> {
    /// This resource, which requests reach with these keys beside.
    Read(NodeId, &'k [(Text, Text)]),
    /// It was not read.
    Unread,
}

/// What stands behind a resource, where it is a door.
pub(super) fn of<'k>(
    assembly: &Assembly<'k>,
    fragment: usize,
    resource: &'k FragmentNode,
) -> Option<Behind<'k>> {
    let opens = assembly.knowledge.role(resource.type_id)?.opens.as_ref()?;
    let context = resource.detail.as_deref()?.opens.as_slice();
    let mut relations = resource
        .relations
        .iter()
        .filter(|relation| relation.label == opens.relation);
    let behind = relations.find_map(|relation| assembly.reference(fragment, &relation.to));
    Some(behind.map_or(Behind::Unread, |node| Behind::Read(node, context)))
}

/// Whether a resource is a door at all, which its type tells.
fn may_be_door(assembly: &Assembly<'_>, resource: &FragmentNode) -> bool {
    let role = assembly.knowledge.role(resource.type_id);
    role.is_some_and(|role| role.opens.is_some())
}

impl<'d> Permissions<'d, '_> {
    /// The group of what stands behind the first member of a group.
    pub(super) fn group_behind(&self, assembly: &Assembly<'_>, group: &AssetGroup) -> Option<&'d AssetGroup> {
        let groups = self.groups;
        let (fragment, door) = assembly.resource(*group.members.first()?)?;
        match of(assembly, fragment, door)? {
            Behind::Read(node, _) => groups.groups.get(groups.of_node(node)?),
            Behind::Unread => None,
        }
    }
}

impl Permissions<'_, '_> {
    /// Whether what stands behind a door permits what the door does.
    pub(super) fn behind(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        (fragment, resource): (usize, &FragmentNode),
        question: Question<'_>,
    ) -> Option<Outcome> {
        if !may_be_door(assembly, resource) {
            return Some(Outcome::default());
        }
        let door = match assembly
            .node_of(&resource.uid)
            .and_then(|node| assembly.resource(node))
        {
            Some((_, door)) => of(assembly, fragment, door),
            None => None,
        };
        let level = match question {
            Question::Access(_, access) => access.level,
            Question::Assume => return Some(Outcome::default()),
        };
        match (door, level) {
            (None, _) | (Some(_), AccessLevel::Administer) => Some(Outcome::default()),
            (Some(Behind::Unread), AccessLevel::Read | AccessLevel::Write) => Some(Outcome::possible(
                Text::new_static("what stands behind it was not read"),
            )),
            (Some(Behind::Read(node, keys)), AccessLevel::Read | AccessLevel::Write) => {
                self.through(assembly, asking, (node, keys), question.kind())
            }
        }
    }

    /// Asks what stands behind a door, by whoever asks and by everybody, to whom it may leave the decision.
    fn through(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        (node, keys): (NodeId, &[(Text, Text)]),
        kind: EdgeKind,
    ) -> Option<Outcome> {
        let (_, behind) = assembly.resource(node)?;
        let group = self.groups.groups.get(self.groups.of_node(node)?)?;
        let base = asking.context;
        let context = keys.iter().fold(base.clone(), |context, (key, value)| {
            context.with(key, value.clone())
        });
        let anybody = Principal::anonymous();
        let anybody = Asking {
            who: Asker::Outsider(&anybody),
            sender: Some(asking.principal()),
            ..asking.with(&context)
        };
        let mut best = None;
        for question in questions(assembly, behind.type_id) {
            if question.kind() != kind {
                continue;
            }
            let left = self.permitted(assembly, anybody, group, question);
            let own = self.permitted(assembly, asking.with(&context), group, question);
            let permitted = Outcome::or(left, own);
            let with_key = permitted
                .and_then(|permitted| self.with_key(assembly, asking, None, group, (question, permitted)));
            best = Outcome::or(best, with_key);
        }
        best
    }

    /// Leads on from a door to what stands behind it.
    pub(super) fn lead_on(
        &self,
        assembly: &mut Assembly<'_>,
        from: NodeId,
        members: &[NodeId],
        question: Question<'_>,
        outcome: &Outcome,
    ) {
        let level = match question {
            Question::Access(_, access) => access.level,
            Question::Assume => return,
        };
        if level == AccessLevel::Administer {
            return;
        }
        let Some((_, first)) = members.first().and_then(|first| assembly.resource(*first)) else {
            return;
        };
        // Members are of one type.
        if !may_be_door(assembly, first) {
            return;
        }
        for member in members {
            let Some((fragment, door)) = assembly.resource(*member) else {
                continue;
            };
            let Some(Behind::Read(behind, _)) = of(assembly, fragment, door) else {
                continue;
            };
            let mut outcome = outcome.clone();
            for proof in outcome
                .proofs
                .iter_mut()
                .filter(|proof| proof.resource == first.uid)
            {
                proof.resource = door.uid.clone();
            }
            let through = format!("through {}", door.name);
            let how = match &outcome.from {
                Some(from) => format!("{from} {through}"),
                None => through,
            };
            assembly.edge(from, behind, question.kind(), Some(Text::from(how)), &outcome, 0);
        }
    }

    /// Exposes resources, and what stands behind them.
    pub(super) fn expose(&self, assembly: &mut Assembly<'_>, members: &[NodeId], level: ExposureLevel) {
        for member in members {
            assembly.expose(*member, level);
            if let Some((fragment, door)) = assembly.resource(*member)
                && let Some(Behind::Read(behind, _)) = of(assembly, fragment, door)
            {
                assembly.expose(behind, level);
            }
        }
    }
}
