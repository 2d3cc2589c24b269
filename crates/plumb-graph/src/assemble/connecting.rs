//! Edges of answers about permissions: from a principal to what it may reach, with as few as say the same.

use std::collections::BTreeSet;

use plumb_iam::directory::Member;
use plumb_model::path::{Certainty, EdgeKind, Hop};
use plumb_model::value::Text;

use crate::assemble::assets::principal_node;
use crate::assemble::parts::{Part, PartExtent};
use crate::assemble::permission::Permissions;
use crate::assemble::question::Question;
use crate::assemble::{Assembly, Outcome, Stand};
use crate::graph::NodeId;

impl Permissions<'_, '_> {
    /// Connects a principal with the parts that it may reach: with a whole wide group at once where all its parts are alike.
    pub(super) fn connect_parts(
        &mut self,
        assembly: &mut Assembly<'_>,
        from: NodeId,
        outcomes: Vec<(Part, Option<Outcome>)>,
        question: Question<'_>,
        who: Option<(&Member, usize)>,
    ) {
        let attached = |outcome: Outcome| match who {
            Some((member, equals)) => outcome.resting_on_attachment(member, equals),
            None => outcome,
        };
        let groups = self.groups;
        for alike in outcomes.chunk_by(|(a, _), (b, _)| a.wide == b.wide) {
            let Some((first, outcome)) = alike.first() else {
                continue;
            };
            let Some(wide) = groups.wide.get(first.wide) else {
                continue;
            };
            let single: BTreeSet<usize> = alike.iter().flat_map(|(part, _)| part.these()).copied().collect();
            let held = alike.iter().any(|(part, _)| part.extent == PartExtent::Rest)
                || single.len() == wide.groups.len();
            let same = alike.iter().all(|(_, other)| {
                let kind = |outcome: &Option<Outcome>| {
                    let ways = |outcome: &Outcome| outcome.ways.as_ref().map(|ways| ways.kind());
                    outcome.as_ref().map(|outcome| (outcome.certainty, ways(outcome)))
                };
                kind(other) == kind(outcome)
            });
            match outcome {
                None if same => {}
                Some(outcome) if held && same => {
                    let outcome = attached(outcome.clone());
                    self.connect(
                        assembly,
                        from,
                        Stand::Wide(first.wide),
                        &wide.members,
                        wide.fragment,
                        question,
                        &outcome,
                    );
                }
                Some(_) | None => {
                    for (part, outcome) in alike {
                        let Some(outcome) = outcome else { continue };
                        let outcome = attached(outcome.clone());
                        let covered: Vec<usize> = match &part.extent {
                            PartExtent::These(groups) => groups.clone(),
                            PartExtent::Rest => wide
                                .groups
                                .iter()
                                .copied()
                                .filter(|group| !single.contains(group))
                                .collect(),
                        };
                        for group in covered {
                            if let Some(found) = groups.groups.get(group) {
                                let stand = Stand::Group(group);
                                self.connect(
                                    assembly,
                                    from,
                                    stand,
                                    &found.members,
                                    wide.fragment,
                                    question,
                                    &outcome,
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "they are the parts of one edge")]
    fn connect(
        &mut self,
        assembly: &mut Assembly<'_>,
        from: NodeId,
        stand: Stand,
        members: &[NodeId],
        fragment: usize,
        question: Question<'_>,
        outcome: &Outcome,
    ) {
        let Some(ways) = &outcome.ways else {
            self.connect_by(assembly, from, stand, members, fragment, question, outcome);
            return;
        };
        for step in ways.steps(self.directory) {
            self.connect_by(assembly, from, stand, members, fragment, question, &step);
        }
        for (endpoint, outcome) in ways.certain() {
            let id = self
                .directory
                .endpoints()
                .all()
                .get(endpoint)
                .map(|endpoint| &endpoint.id);
            let Some((session, id)) = self.session(assembly, from, endpoint).zip(id) else {
                continue;
            };
            let step = Outcome {
                from: Some(Text::from(format!("through {id}"))),
                ..outcome.clone()
            };
            self.connect_by(assembly, session, stand, members, fragment, question, &step);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "they are the parts of one edge")]
    fn connect_by(
        &self,
        assembly: &mut Assembly<'_>,
        from: NodeId,
        stand: Stand,
        members: &[NodeId],
        fragment: usize,
        question: Question<'_>,
        outcome: &Outcome,
    ) {
        let kind = question.kind();
        if kind == EdgeKind::CanAssume {
            self.note_bridge(assembly, from, fragment);
        }
        let uid = members
            .first()
            .and_then(|first| assembly.info(*first))
            .map(|info| info.uid.clone())
            .unwrap_or_default();
        // To be named in what was not read is one condition more.
        let is_named = outcome.from.as_deref() == Some(Hop::IF_NAMED);
        let extra = if is_named {
            assembly.knowledge.weights.certainty(Certainty::Conditional)
        } else {
            0
        };
        self.lead_on(assembly, from, members, question, outcome);
        // What rests on the policy of the resource itself rests on another one for each member.
        if members.len() > 1 && outcome.proofs.iter().any(|proof| proof.resource == uid) {
            for member in members {
                let own = assembly
                    .info(*member)
                    .map(|info| info.uid.clone())
                    .unwrap_or_default();
                let mut outcome = outcome.clone();
                for proof in outcome.proofs.iter_mut().filter(|proof| proof.resource == uid) {
                    proof.resource = own.clone();
                }
                assembly.edge(from, *member, kind, outcome.from.clone(), &outcome, extra);
            }
        } else if let Some(to) = assembly.stand_in(stand, members) {
            // What an escalation tells of the same step need not be said twice.
            if kind == EdgeKind::CanAdminister && assembly.is_taken(from, to, outcome.certainty) {
                return;
            }
            assembly.edge(from, to, kind, outcome.from.clone(), outcome, extra);
        }
    }

    /// Remembers principals that lead into another account.
    fn note_bridge(&self, assembly: &mut Assembly<'_>, from: NodeId, into: usize) {
        let own: Vec<(usize, NodeId)> = match assembly.resource(from) {
            Some((fragment, _)) => vec![(fragment, from)],
            // A hidden class: all its members.
            None => self
                .classes
                .of_node(from)
                .into_iter()
                .flat_map(|class| class.members.iter().map(|member| (class.fragment, *member)))
                .filter_map(|(fragment, member)| Some((fragment, principal_node(assembly, member)?)))
                .collect(),
        };
        for (fragment, principal) in own.into_iter().filter(|(fragment, _)| *fragment != into) {
            // Who has all that a limit leaves is no resource.
            if assembly.resource(principal).is_some() {
                assembly.bridge(fragment, principal);
            }
        }
    }
}
