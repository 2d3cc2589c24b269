//! What stands behind a door, such as a bucket behind an access point: both must permit a request.

use plumb_iam::glob::cells::Coverage;
use plumb_iam::policy::PrincipalPolicies;
use plumb_iam::principal::Principal;
use plumb_iam::request::Request;
use plumb_iam::witness::{Side, Witnesses, common_witnesses};
use plumb_model::path::Certainty;
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_pack::graph_role::AccessLevel;

use crate::assemble::answering::TOO_MANY_NAMES;
use crate::assemble::assets::{AssetGroup, asset};
use crate::assemble::permission::{Permissions, resource};
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

/// What stands behind a door in which the same name must be permitted, and the keys that requests bring along.
pub(super) fn names<'k>(
    assembly: &Assembly<'k>,
    fragment: usize,
    resource: &FragmentNode,
    question: Question<'_>,
) -> Option<(NodeId, &'k [(Text, Text)])> {
    match (question, door(assembly, fragment, resource)) {
        (Question::Access(_, access), Some(Behind::Read(node, keys)))
            if access.level != AccessLevel::Administer =>
        {
            Some((node, keys))
        }
        (Question::Access(..), Some(Behind::Read(..) | Behind::Unread) | None) | (Question::Assume, _) => {
            None
        }
    }
}

/// The policies on the side of who asks; what an endpoint does not let through divides names as a policy of the session would.
pub(super) fn own_policies(asking: &Asking<'_>) -> PrincipalPolicies {
    let mut own = asking.policies().cloned().unwrap_or_default();
    if let Some(endpoint) = asking.endpoint {
        let session = own.session.get_or_insert_default();
        session.push(endpoint.policy.clone());
    }
    own
}

/// What stands behind a resource as it was read.
fn door<'k>(assembly: &Assembly<'k>, fragment: usize, resource: &FragmentNode) -> Option<Behind<'k>> {
    if !may_be_door(assembly, resource) {
        return None;
    }
    let node = assembly.node_of(&resource.uid)?;
    let (_, door) = assembly.resource(node)?;
    of(assembly, fragment, door)
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
    /// What stands behind a door, where that alone decides: it was not read, or it is not asked.
    pub(super) fn behind(
        &self,
        assembly: &Assembly<'_>,
        (fragment, resource): (usize, &FragmentNode),
        question: Question<'_>,
    ) -> Option<Outcome> {
        let unread = match (question, door(assembly, fragment, resource)) {
            (Question::Access(_, access), Some(Behind::Unread)) => access.level != AccessLevel::Administer,
            (Question::Access(..), Some(Behind::Read(..)) | None) | (Question::Assume, _) => false,
        };
        let why = Text::new_static("what stands behind it was not read");
        Some(if unread {
            Outcome::possible(why)
        } else {
            Outcome::default()
        })
    }

    /// Whether there is a name under which a door and what stands behind it permit the same.
    pub(super) fn by_one_name(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        group: &AssetGroup,
        question: Question<'_>,
        (node, keys): (NodeId, &[(Text, Text)]),
    ) -> Option<Outcome> {
        let anybody = Principal::anonymous();
        let base = asking.context;
        let context = keys.iter().fold(base.clone(), |context, (key, value)| {
            context.with(key, value.clone())
        });
        let own = asking.with(&context);
        // What stands behind may leave the decision to its doors.
        let left = Asking {
            who: Asker::Outsider(&anybody),
            sender: Some(asking.principal()),
            ..own
        };
        let (_, behind) = assembly.resource(node)?;
        let groups = self.groups;
        let behind_group = groups.groups.get(groups.of_node(node)?)?;
        let inner: Vec<Question<'_>> = questions(assembly, behind.type_id)
            .into_iter()
            .filter(|inner| inner.kind() == question.kind())
            .collect();
        let mut best = None;
        for inner in inner {
            let sides = [
                (asking, group, question),
                (own, behind_group, inner),
                (left, behind_group, inner),
            ];
            let found = self.common_names(assembly, &sides)?;
            let mut ask = |name: Option<&str>| {
                let door = self.permitted(assembly, asking, group, question, name)?;
                let left = self.permitted(assembly, left, behind_group, inner, name);
                let own = self.permitted(assembly, own, behind_group, inner, name);
                let permitted = Outcome::or(left, own)?;
                let behind = self.with_key(assembly, asking, None, behind_group, (inner, permitted))?;
                Some(door.and(behind))
            };
            let mut of_names = None;
            for name in &found.names {
                of_names = Outcome::or(of_names, ask(Some(name.as_str())));
                let is_certain = |outcome: &Outcome| outcome.certainty == Certainty::Certain;
                if of_names.as_ref().is_some_and(is_certain) {
                    return of_names;
                }
            }
            if of_names.is_none() && found.coverage == Coverage::Some {
                let why = Outcome::possible(Text::new_static(TOO_MANY_NAMES));
                of_names = ask(None).map(|outcome| outcome.and(why));
            }
            best = Outcome::or(best, of_names);
        }
        best
    }

    /// Names of which all policies of a door and of what stands behind it treat the others alike.
    fn common_names(
        &self,
        assembly: &Assembly<'_>,
        sides: &[(Asking<'_>, &AssetGroup, Question<'_>)],
    ) -> Option<Witnesses> {
        let mut asked = Vec::new();
        for (asking, group, question) in sides {
            let Question::Access(position, access) = question else {
                continue;
            };
            let found = resource(assembly, group)?;
            let resolved = found.detail.as_deref()?.access.iter();
            for resolved in resolved.filter(|resolved| resolved.access == *position) {
                for (grant, on) in access.grants.iter().zip(&resolved.on) {
                    let asset = asset(assembly, self.directory, group.fragment, found, on);
                    asked.push((asking, own_policies(asking), grant, on, asset));
                }
            }
        }
        let requests: Vec<Vec<Request<'_>>> = asked
            .iter()
            .map(|(asking, _, grant, _, asset)| {
                let actions = grant.actions.iter();
                actions
                    .map(|action| Request {
                        principal: asking.principal(),
                        action,
                        target: &asset.target,
                        context: asking.context,
                    })
                    .collect()
            })
            .collect();
        let sides: Vec<Side<'_>> = asked
            .iter()
            .zip(&requests)
            .map(|((_, own, _, on, asset), requests)| Side {
                arn: on,
                requests,
                own,
                resource: &asset.policies,
            })
            .collect();
        Some(common_witnesses(&sides))
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
