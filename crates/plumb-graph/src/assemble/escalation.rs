//! Escalation edges: principals that become something else by what they may change or start.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use plumb_iam::assume::Assumption;
use plumb_iam::directory::{ClassId, Directory, Member};
use plumb_iam::keys::Context;
use plumb_iam::principal::{Principal, PrincipalKind, Stewardship};
use plumb_iam::scope::Glance;
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::value::Text;
use plumb_pack::escalation::{
    Boundary, Escalation, Gain, Need, Object, Permission, Requirement, Target, Trust,
};

use crate::assemble::assets::{AssetGroups, asset, principal_node};
use crate::assemble::ceiling::{self, Ceilings, Limit};
use crate::assemble::classes::Classes;
use crate::assemble::eligible::{by_version, may_go, own_groups, own_policies};
use crate::assemble::gain::works_on_itself;
use crate::assemble::parts::{Named, Part, PartExtent};
use crate::assemble::places::Places;
use crate::assemble::question::Telling;
use crate::assemble::{Assembly, Outcome, Stand};
use crate::fragment::FragmentNode;
use crate::graph::NodeId;
use crate::knowledge::TypeId;

/// How many members of one class are tried for ways that work on the principal itself.
const MAX_MEMBERS: usize = 500;

/// Adds every edge that escalations give.
pub(crate) fn add<'d>(
    assembly: &mut Assembly<'_>,
    directory: &'d Directory,
    groups: &'d AssetGroups,
    classes: &mut Classes<'d>,
    ceilings: &'d Ceilings,
) {
    let mut escalations = Escalations {
        directory,
        groups,
        classes,
        places: Places::of(assembly, directory),
        ceilings,
        left: BTreeMap::new(),
        limited: BTreeMap::new(),
    };
    // Classes come to be on the way: of those who gave themselves all that was left.
    let mut class = 0;
    while class < escalations.classes.all.len() {
        escalations.class(assembly, class);
        class += 1;
    }
}

pub(crate) struct Escalations<'d, 'c> {
    pub(crate) directory: &'d Directory,
    groups: &'d AssetGroups,
    pub(super) classes: &'c mut Classes<'d>,
    pub(crate) places: Places,
    pub(super) ceilings: &'d Ceilings,
    /// What is left to the principals of a class, by what limits them.
    pub(super) left: BTreeMap<(ClassId, Limit), Option<Outcome>>,
    /// The nodes of those who have all that a limit leaves.
    pub(super) limited: BTreeMap<Limit, NodeId>,
}

/// One attempt: a principal, and what its actions work on.
pub(crate) struct Attempt<'a> {
    pub(crate) fragment: usize,
    pub(crate) member: &'a Member,
    /// The resources that the actions work on; none for the account itself.
    pub(crate) target: Option<&'a FragmentNode>,
}

impl<'d> Escalations<'d, '_> {
    fn class(&mut self, assembly: &mut Assembly<'_>, class: usize) {
        let Some((fragment, members)) = self
            .classes
            .all
            .get(class)
            .map(|found| (found.fragment, Rc::clone(&found.members)))
        else {
            return;
        };
        let Some(first) = members.first().copied() else {
            return;
        };
        let provider = assembly
            .fragments
            .get(fragment)
            .map(|fragment| fragment.account.provider);
        let knowledge = assembly.knowledge;
        // Who has every permission needs none of the other ways.
        let unlimited = ceiling::unlimited(first);
        let mut has_everything = false;
        for escalation in knowledge.escalations.iter().filter(|way| way.is_plain()) {
            let attempt = Attempt {
                fragment,
                member: &unlimited,
                target: None,
            };
            if provider != Some(escalation.provider) || !may_go(escalation, first) {
                continue;
            }
            let Some(outcome) = self.requirements(assembly, &attempt, escalation) else {
                continue;
            };
            has_everything |= outcome.certainty == Certainty::Certain;
            match self.left_to(assembly, first, Limit::of(fragment, first)) {
                Some(left) => {
                    let outcome = outcome.and(left);
                    let administrator = assembly.administrator(fragment);
                    self.connect_class(assembly, class, administrator, escalation, &outcome);
                    if outcome.certainty == Certainty::Certain {
                        return;
                    }
                }
                None if first.principal.kind == PrincipalKind::Root => {
                    self.connect_root(assembly, class, escalation, &outcome);
                }
                // What is left is told by what it leads to.
                None => {}
            }
        }
        for escalation in knowledge.escalations.iter().filter(|way| !way.is_plain()) {
            let is_freed = escalation.boundary == Boundary::Lifted && first.policies.boundary.is_some();
            let gains_nothing = has_everything
                && !is_freed
                && escalation.gains == Gain::Administrator
                && (works_on_itself(escalation) || first.policies.boundary.is_none());
            if provider != Some(escalation.provider)
                || gains_nothing
                || !may_go(escalation, first)
                || !self.has_a_chance(assembly, fragment, first, escalation)
            {
                continue;
            }
            match &escalation.target {
                Target::Principal | Target::OwnPolicy | Target::OwnGroup => {
                    for member in members.iter().take(MAX_MEMBERS) {
                        self.on_itself(assembly, fragment, member, escalation);
                    }
                }
                Target::Account => {
                    let attempt = Attempt {
                        fragment,
                        member: first,
                        target: None,
                    };
                    if let Some(outcome) = self.requirements(assembly, &attempt, escalation) {
                        let (to, outcome) = self.gained(assembly, fragment, first, escalation, outcome);
                        self.connect_class(assembly, class, to, escalation, &outcome);
                    }
                }
                Target::Role => self.on_groups(assembly, class, first, escalation, self.places.roles.clone()),
                Target::User => self.on_groups(assembly, class, first, escalation, self.places.users.clone()),
                Target::Group => {
                    self.on_groups(assembly, class, first, escalation, self.places.others.clone())
                }
                Target::Resource(name) => {
                    let types = knowledge.type_id(name).into_iter().collect();
                    self.on_groups(assembly, class, first, escalation, types);
                }
            }
        }
    }

    /// Whether the principal's own policies speak of every action that is needed in any case.
    fn has_a_chance(
        &self,
        assembly: &Assembly<'_>,
        fragment: usize,
        member: &Member,
        escalation: &Escalation,
    ) -> bool {
        let allowed = |permission: &Permission| {
            // Trust policies grant by themselves, on the target alone.
            let by_trust = permission.on == Object::Target && escalation.trusts == Some(Trust::Principal);
            by_trust || !Glance::of(&member.policies, &permission.action.to_ascii_lowercase()).is_empty()
        };
        let possible = |need: &Need| match need {
            Need::Action(permission) => allowed(permission),
            Need::Present(name) => self.present(assembly, fragment, name).is_some(),
        };
        escalation.requires.iter().all(|requirement| match requirement {
            Requirement::Need(need) => possible(need),
            Requirement::Any(alternatives) => alternatives.iter().any(|needs| needs.iter().all(possible)),
        })
    }

    pub(crate) fn present(&self, assembly: &Assembly<'_>, fragment: usize, name: &str) -> Option<Outcome> {
        let is_there = assembly
            .knowledge
            .type_id(name)
            .is_some_and(|id| self.places.types.contains(&(fragment, id)));
        let was_listed = assembly
            .fragments
            .get(fragment)
            .is_some_and(|fragment| !fragment.unlisted.contains(name));
        match (is_there, was_listed) {
            (true, _) => Some(Outcome::default()),
            (false, true) => None,
            (false, false) => Some(Outcome::possible(Text::from(format!(
                "whether there is an {name} was not read"
            )))),
        }
    }

    /// Ways that change what the principal itself may do.
    fn on_itself(
        &mut self,
        assembly: &mut Assembly<'_>,
        fragment: usize,
        member: &Member,
        escalation: &Escalation,
    ) {
        let Some(node) = principal_node(assembly, member) else {
            return;
        };
        let targets: Vec<NodeId> = match &escalation.target {
            Target::Principal => vec![node],
            Target::OwnPolicy => own_policies(assembly, member),
            Target::OwnGroup => own_groups(assembly, node),
            Target::User | Target::Role | Target::Group | Target::Account | Target::Resource(_) => Vec::new(),
        };
        let mut best = None;
        for target in targets {
            let Some((_, target)) = assembly.resource(target) else {
                continue;
            };
            let attempt = Attempt {
                fragment,
                member,
                target: Some(target),
            };
            let Some(version) = by_version(escalation, target) else {
                continue;
            };
            let outcome = self.requirements(assembly, &attempt, escalation);
            best = Outcome::or(best, outcome.map(|outcome| outcome.and(version)));
        }
        if let Some(outcome) = best {
            let outcome = outcome.resting_on_attachment(member, 1);
            let (to, outcome) = self.gained(assembly, fragment, member, escalation, outcome);
            connect(assembly, node, to, escalation, &outcome);
        }
    }

    /// Ways that work on other resources of the account, by groups of equals.
    fn on_groups(
        &mut self,
        assembly: &mut Assembly<'_>,
        class: usize,
        member: &'d Member,
        escalation: &Escalation,
        types: BTreeSet<TypeId>,
    ) {
        let Some(fragment) = self.classes.all.get(class).map(|class| class.fragment) else {
            return;
        };
        let named = self.groups.named(fragment, &member.policies);
        let one_by_one = escalation.needs().any(|need| match need {
            Need::Action(permission) => permission.on == Object::TargetPolicy,
            Need::Present(_) => false,
        });
        for type_id in types {
            for part in self.candidates(fragment, type_id, member, escalation) {
                // What a target may do differs between equals where its own policies count.
                let targets = self.targets(assembly, &part, member, one_by_one);
                for target in targets {
                    let Some((_, resource)) = assembly.resource(target) else {
                        continue;
                    };
                    let Some(trusted) = self.trusts(assembly, fragment, resource, escalation) else {
                        continue;
                    };
                    let askers = self.askers(class, member, resource);
                    let apart = askers.len() > 1 || askers.first().is_some_and(|(_, apart)| *apart);
                    for (member, _) in askers {
                        let attempt = Attempt {
                            fragment,
                            member,
                            target: Some(resource),
                        };
                        let Some(outcome) = self.requirements(assembly, &attempt, escalation) else {
                            continue;
                        };
                        let outcome = outcome.and(trusted.clone());
                        let (to, outcome) = match escalation.gains {
                            Gain::Administrator => {
                                let (to, outcome) =
                                    self.gained(assembly, fragment, member, escalation, outcome);
                                (vec![to], outcome)
                            }
                            Gain::Target if one_by_one => (vec![target], outcome),
                            Gain::Target => (self.nodes(assembly, &part, &named), outcome),
                        };
                        for to in to {
                            match principal_node(assembly, member).filter(|_| apart) {
                                Some(node) => {
                                    let outcome = outcome.clone().resting_on_attachment(member, 1);
                                    connect(assembly, node, to, escalation, &outcome);
                                }
                                None => self.connect_class(assembly, class, to, escalation, &outcome),
                            }
                        }
                    }
                }
            }
        }
    }

    /// Who of a class is asked about a target: the first for all, or each where the policy of the target tells them apart.
    fn askers(&self, class: usize, first: &'d Member, target: &FragmentNode) -> Vec<(&'d Member, bool)> {
        let telling = Telling::of(target.detail.as_deref());
        let members = self
            .classes
            .all
            .get(class)
            .map_or(&[][..], |class| &class.members);
        match telling {
            Telling::Nobody => vec![(first, false)],
            Telling::Named(_) | Telling::Anybody => members
                .iter()
                .take(MAX_MEMBERS)
                .map(|member| (*member, true))
                .collect(),
        }
    }

    /// The members of a part to ask about: one that stands for all, or each; never the principal itself.
    fn targets(
        &self,
        assembly: &Assembly<'_>,
        part: &Part,
        member: &Member,
        one_by_one: bool,
    ) -> Vec<NodeId> {
        let itself = principal_node(assembly, member);
        let rest = match &part.extent {
            PartExtent::These(_) => None,
            PartExtent::Rest => self.groups.wide.get(part.wide).map(|wide| &wide.members),
        };
        let groups = std::iter::once(&part.first).chain(part.these());
        let members = groups
            .filter_map(|group| self.groups.groups.get(*group))
            .map(|group| &group.members);
        let others = members
            .chain(rest)
            .flatten()
            .copied()
            .filter(|node| Some(*node) != itself);
        if one_by_one {
            let mut all: Vec<NodeId> = others.take(MAX_MEMBERS).collect();
            all.sort_unstable();
            all.dedup();
            all
        } else {
            others.take(1).collect()
        }
    }

    /// The nodes that stand for a part.
    fn nodes(&self, assembly: &mut Assembly<'_>, part: &Part, named: &Named) -> Vec<NodeId> {
        let Some(wide) = self.groups.wide.get(part.wide) else {
            return Vec::new();
        };
        let told_apart = wide.groups.iter().any(|group| named.contains(*group));
        let groups: Vec<usize> = match &part.extent {
            PartExtent::These(groups) => groups.clone(),
            PartExtent::Rest if !told_apart => {
                return assembly
                    .stand_in(Stand::Wide(part.wide), &wide.members)
                    .into_iter()
                    .collect();
            }
            PartExtent::Rest => wide
                .groups
                .iter()
                .copied()
                .filter(|group| !named.contains(*group))
                .collect(),
        };
        groups
            .into_iter()
            .filter_map(|group| {
                let members = &self.groups.groups.get(group)?.members;
                assembly.stand_in(Stand::Group(group), members)
            })
            .collect()
    }

    /// The parts that the first action on the target may concern.
    fn candidates(
        &self,
        fragment: usize,
        type_id: TypeId,
        member: &Member,
        escalation: &Escalation,
    ) -> Vec<Part> {
        let on_target = escalation
            .requires
            .iter()
            .find_map(|requirement| match requirement {
                Requirement::Need(Need::Action(permission)) if permission.on == Object::Target => {
                    Some(permission)
                }
                Requirement::Need(_) | Requirement::Any(_) => None,
            });
        let reach = match on_target {
            Some(permission) if escalation.trusts != Some(Trust::Principal) => {
                Glance::of(&member.policies, &permission.action.to_ascii_lowercase())
            }
            Some(_) | None => Glance {
                everything: true,
                ..Glance::default()
            },
        };
        let named = self.groups.named(fragment, &member.policies);
        let wide = self.groups.of_type(fragment, type_id);
        self.groups.parts(fragment, wide, &reach, &named)
    }

    /// Whether the trust policy of a target admits whom it must.
    fn trusts(
        &self,
        assembly: &Assembly<'_>,
        fragment: usize,
        target: &FragmentNode,
        escalation: &Escalation,
    ) -> Option<Outcome> {
        // Nobody may pass or change a role that a service owns.
        let owned = self
            .directory
            .principal(&target.uid)
            .is_some_and(|member| member.principal.stewardship == Stewardship::ServiceLinked);
        match &escalation.trusts {
            _ if owned => None,
            // The action itself is decided by the trust policy of the principal's own target.
            None | Some(Trust::Principal) => Some(Outcome::default()),
            Some(Trust::Service(service)) => {
                let service = Principal::service(service.clone());
                self.assumes(assembly, (fragment, target), &service, Assumption::Role)
            }
            Some(Trust::Federated(provider)) => {
                let federated = Principal::federated(provider.clone());
                self.assumes(
                    assembly,
                    (fragment, target),
                    &federated,
                    Assumption::WithWebIdentity,
                )
            }
        }
    }

    fn assumes(
        &self,
        assembly: &Assembly<'_>,
        (fragment, target): (usize, &FragmentNode),
        principal: &Principal,
        how: Assumption,
    ) -> Option<Outcome> {
        let asset = asset(assembly, self.directory, fragment, target, &target.uid);
        let answer = self
            .directory
            .can_outsider(principal, how.action(), &asset, &Context::over_tls());
        Outcome::of(&answer)
    }

    pub(super) fn connect_class(
        &mut self,
        assembly: &mut Assembly<'_>,
        class: usize,
        to: NodeId,
        escalation: &Escalation,
        outcome: &Outcome,
    ) {
        let Some((first, equals)) = self
            .classes
            .all
            .get(class)
            .and_then(|class| Some((*class.members.first()?, class.members.len())))
        else {
            return;
        };
        if let Some(from) = self.classes.node(assembly, class) {
            let outcome = outcome.clone().resting_on_attachment(first, equals);
            connect(assembly, from, to, escalation, &outcome);
        }
    }
}

fn connect(
    assembly: &mut Assembly<'_>,
    from: NodeId,
    to: NodeId,
    escalation: &Escalation,
    outcome: &Outcome,
) {
    if escalation.is_plain() {
        assembly.edge(from, to, EdgeKind::CanAdminister, None, outcome, 0);
    } else {
        let how = Some(escalation.title.clone());
        assembly.edge(from, to, EdgeKind::CanEscalateTo, how, outcome, 0);
        if let (Gain::Target, Target::Resource(_)) = (escalation.gains, &escalation.target) {
            assembly.take(from, to, outcome.certainty);
        }
    }
}
