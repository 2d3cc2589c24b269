//! `Ceilings`: what control policies and permissions boundaries leave to whoever gives itself every permission.
//!
//! Where that is less than an administrator has, it is no administrator: a principal that stands for whoever has all that is left leads to
//! exactly that.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_iam::directory::{ClassId, Directory, Member};
use plumb_iam::keys::Context;
use plumb_iam::policy::{NamedPolicy, Origin, PrincipalPolicies};
use plumb_iam::principal::{Principal, Tags};
use plumb_model::value::{Text, Value};
use plumb_pack::escalation::{Escalation, Need, Requirement};

use crate::assemble::assets::principal_node;
use crate::assemble::{Assembly, Outcome};

/// What limits those who give themselves permissions: the control policies of an account and, where they keep it, a boundary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Limit {
    fragment: usize,
    boundary: Option<Arc<Origin>>,
}

impl Limit {
    /// The limit of a principal that gives itself permissions.
    pub(crate) fn of(fragment: usize, member: &Member) -> Self {
        Self {
            fragment,
            boundary: member
                .policies
                .boundary
                .as_ref()
                .map(|policy| Arc::clone(&policy.origin)),
        }
    }

    /// The account.
    pub(crate) fn fragment(&self) -> usize {
        self.fragment
    }

    /// A principal with this limit alone: without its boundary where that is no part of it.
    pub(crate) fn binds(&self, member: &Member) -> Member {
        Member {
            policies: PrincipalPolicies {
                boundary: self.boundary.as_ref().and(member.policies.boundary.clone()),
                ..member.policies.clone()
            },
            ..member.clone()
        }
    }

    /// The limit of new principals of an account, and of those that have no boundary.
    pub(crate) fn of_account(fragment: usize) -> Self {
        Self {
            fragment,
            boundary: None,
        }
    }
}

/// Whoever has given itself every permission that a limit leaves.
#[derive(Debug)]
pub(crate) struct Ceiling {
    /// A principal of its own that stands for them.
    pub(crate) member: Member,
    /// How surely that makes an administrator; `None` where less is left.
    pub(crate) left: Option<Outcome>,
    /// The name of the boundary that is part of the limit.
    pub(crate) boundary: Option<Text>,
}

/// All limits of the estate.
pub(crate) type Ceilings = BTreeMap<Limit, Ceiling>;

/// The limits of all principals of the estate.
pub(crate) fn all(assembly: &Assembly<'_>, directory: &Directory) -> Ceilings {
    let mut ceilings = Ceilings::new();
    for member in directory.principals() {
        let Some((fragment, _)) = principal_node(assembly, member).and_then(|node| assembly.resource(node))
        else {
            continue;
        };
        for limit in [Limit::of_account(fragment), Limit::of(fragment, member)] {
            if ceilings.contains_key(&limit) {
                continue;
            }
            let Some(member) = almighty(assembly, &limit, member, ceilings.len()) else {
                continue;
            };
            let ceiling = Ceiling {
                left: left_to(assembly, directory, fragment, &member),
                boundary: limit.boundary.as_ref().map(|origin| origin.policy.clone()),
                member,
            };
            ceilings.insert(limit, ceiling);
        }
    }
    ceilings
}

/// Whether what is left to a principal that gave itself every permission makes an administrator, and how surely.
pub(crate) fn left_to(
    assembly: &Assembly<'_>,
    directory: &Directory,
    fragment: usize,
    member: &Member,
) -> Option<Outcome> {
    let everything = with_everything(member);
    let mut best = None;
    let mut asked = false;
    for escalation in plain(assembly, fragment) {
        asked = true;
        let found = needed(escalation)
            .iter()
            .try_fold(Outcome::default(), |all, requirement| {
                let one = match requirement {
                    Requirement::Need(need) => ask(assembly, directory, fragment, &everything, need),
                    Requirement::Any(alternatives) => alternatives
                        .iter()
                        .map(|needs| {
                            needs.iter().try_fold(Outcome::default(), |all, need| {
                                Some(all.and(ask(assembly, directory, fragment, &everything, need)?))
                            })
                        })
                        .fold(None, Outcome::or),
                };
                Some(all.and(one?))
            });
        best = Outcome::or(best, found);
    }
    // Where nobody says what makes an administrator, every permission does.
    if asked {
        best.map(without_proofs)
    } else {
        Some(Outcome::default())
    }
}

/// Whether a principal that gave itself every permission has of those that make an administrator what another one has.
pub(crate) fn has_as_much(
    assembly: &Assembly<'_>,
    directory: &Directory,
    fragment: usize,
    member: &Member,
    other: &Member,
) -> bool {
    let (own, theirs) = (with_everything(member), with_everything(other));
    let can = |member: &Member, need: &Need| ask(assembly, directory, fragment, member, need).is_some();
    plain(assembly, fragment)
        .flat_map(needed)
        .flat_map(Requirement::needs)
        .all(|need| can(&own, need) || !can(&theirs, need))
}

/// The same principal without its limits.
pub(crate) fn unlimited(member: &Member) -> Member {
    Member {
        policies: PrincipalPolicies {
            identity: member.policies.identity.clone(),
            ..PrincipalPolicies::default()
        },
        ..member.clone()
    }
}

/// What says who is an administrator of an account.
fn plain<'a>(assembly: &'a Assembly<'_>, fragment: usize) -> impl Iterator<Item = &'a Escalation> {
    let provider = assembly.fragments.get(fragment).map(|read| read.account.provider);
    assembly
        .knowledge
        .escalations
        .iter()
        .map(AsRef::as_ref)
        .filter(move |escalation: &&Escalation| {
            Some(escalation.provider) == provider && escalation.is_plain()
        })
}

fn needed(escalation: &Escalation) -> &[Requirement] {
    if escalation.must_leave.is_empty() {
        &escalation.requires
    } else {
        &escalation.must_leave
    }
}

fn ask(
    assembly: &Assembly<'_>,
    directory: &Directory,
    fragment: usize,
    member: &Member,
    need: &Need,
) -> Option<Outcome> {
    match need {
        Need::Present(_) => Some(Outcome::default()),
        Need::Action(permission) => {
            let account = &assembly.fragments.get(fragment)?.account.id;
            let asset = directory.asset("*", account, Tags::Unspecified, None);
            let regions = assembly.regions_of(fragment);
            let context = Context::over_tls();
            Outcome::of(&directory.can_somewhere(member, &permission.action, &asset, &context, regions))
        }
    }
}

fn with_everything(member: &Member) -> Member {
    Member {
        policies: PrincipalPolicies {
            identity: vec![everything()],
            ..member.policies.clone()
        },
        ..member.clone()
    }
}

/// A policy that nobody in the estate holds.
fn everything() -> NamedPolicy {
    let text = |text: &'static str| Value::String(Text::new_static(text));
    let statement = [("Effect", "Allow"), ("Action", "*"), ("Resource", "*")];
    let statement = Value::Map(
        statement
            .map(|(key, value)| (Text::new_static(key), text(value)))
            .into_iter()
            .collect(),
    );
    let document = [
        (Text::new_static("Version"), text("2012-10-17")),
        (Text::new_static("Statement"), Value::List(vec![statement])),
    ];
    NamedPolicy::read(
        "",
        "every permission",
        &Value::Map(document.into_iter().collect()),
    )
}

/// Facts about the limits are none of the principal's own.
fn without_proofs(outcome: Outcome) -> Outcome {
    Outcome {
        proofs: Vec::new(),
        ..outcome
    }
}

/// A principal of nobody's that has every permission that the limit leaves; `like` is one that is limited so.
fn almighty(assembly: &Assembly<'_>, limit: &Limit, like: &Member, number: usize) -> Option<Member> {
    let account = &assembly.fragments.get(limit.fragment)?.account;
    let partition = account.partition.as_deref().unwrap_or("aws");
    // INVARIANT: no role has a space in its name, so that no policy names this one and no resource has its ARN.
    let arn = format!(
        "arn:{partition}:iam::{}:role/limited administrator {number}",
        account.id
    );
    let mut principal = Principal::of_arn(&arn)?;
    principal.membership = like.principal.membership.clone();
    Some(Member {
        principal,
        policies: PrincipalPolicies {
            identity: vec![everything()],
            ..limit.binds(like).policies
        },
        trust: None,
        // INVARIANT: classes of the estate count from 0, these from the other end.
        class: ClassId(usize::MAX - number),
    })
}
