//! What is asked about resources, by whom, and under which names.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use plumb_iam::assume::Assumption;
use plumb_iam::directory::Member;
use plumb_iam::endpoint::Endpoint;
use plumb_iam::keys::Context;
use plumb_iam::policy::PrincipalPolicies;
use plumb_iam::principal::Principal;
use plumb_iam::principal_pattern::PrincipalPattern;
use plumb_iam::scope::Glance;
use plumb_iam::vantage;
use plumb_model::graph::NodeKind;
use plumb_model::path::EdgeKind;
use plumb_model::value::Text;
use plumb_pack::graph_role::{Access, AccessLevel, Strangers};

use crate::assemble::Assembly;
use crate::assemble::assets::AssetGroup;
use crate::fragment::Detail;
use crate::knowledge::TypeId;

/// What is asked about a resource.
#[derive(Clone, Copy)]
pub(crate) enum Question<'a> {
    /// An access that the knowledge describes.
    Access(usize, &'a Access),
    /// Taking the session of a role.
    Assume,
}

impl Question<'_> {
    /// An action that it asks about, by which the service is told.
    pub(crate) fn first_action(&self) -> &str {
        match self {
            Self::Assume => Assumption::Role.action(),
            Self::Access(_, access) => {
                let mut actions = access.grants.iter().flat_map(|grant| &grant.actions);
                actions.next().map_or("", |action| action.as_str())
            }
        }
    }

    /// Whether nobody of the estate is asked about it.
    pub(crate) fn is_of_strangers_alone(&self) -> bool {
        match self {
            Self::Assume => false,
            Self::Access(_, access) => access.strangers == Strangers::Alone,
        }
    }

    /// Whether openings tell what strangers get of it.
    pub(crate) fn is_told_by_openings(&self) -> bool {
        match self {
            Self::Assume => false,
            Self::Access(_, access) => access.strangers == Strangers::ByOpenings,
        }
    }

    /// The kind of edge that a yes gives.
    pub(crate) fn kind(self) -> EdgeKind {
        match self {
            Self::Assume => EdgeKind::CanAssume,
            Self::Access(_, access) => match access.level {
                AccessLevel::Read => EdgeKind::CanRead,
                AccessLevel::Write => EdgeKind::CanWrite,
                AccessLevel::Administer => EdgeKind::CanAdminister,
            },
        }
    }
}

/// So many patterns of resources are no more work than none.
const NAMED_AT_ONCE: usize = 25;

/// What is given of requests of the estate's own principals: they go to the resource itself.
pub(crate) static DIRECT: LazyLock<Context> = LazyLock::new(vantage::direct);

/// On what a policy that lets somebody in is known to do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// On what was read of it.
    Read,
    /// It would have to name who asks in what was not read of it.
    Unread,
}

/// Who asks, and how the request comes.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) who: Asker<'a>,
    /// What is given of the request.
    pub(crate) context: &'a Context,
    /// The VPC endpoint that it comes through.
    pub(crate) endpoint: Option<&'a Endpoint>,
    /// Who sends it to the endpoint, where the policies are asked for everybody in their place.
    pub(crate) sender: Option<&'a Principal>,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum Asker<'a> {
    Member(&'a Member),
    Outsider(&'a Principal),
    /// A front.
    Front(&'a Principal),
}

impl<'a> Asking<'a> {
    /// A member whose request goes to the resource itself, however it comes.
    pub(crate) fn member(member: &'a Member) -> Self {
        Self::by(Asker::Member(member), &DIRECT)
    }

    /// Somebody else.
    pub(crate) fn outsider(principal: &'a Principal, context: &'a Context) -> Self {
        Self::by(Asker::Outsider(principal), context)
    }

    /// A front, with what its requests say of where they come from.
    pub(crate) fn front(principal: &'a Principal, context: &'a Context) -> Self {
        Self::by(Asker::Front(principal), context)
    }

    fn by(who: Asker<'a>, context: &'a Context) -> Self {
        Self {
            who,
            context,
            endpoint: None,
            sender: None,
        }
    }

    /// The same with other things given of the request.
    pub(crate) fn with(self, context: &'a Context) -> Self {
        Self { context, ..self }
    }

    /// The same through a VPC endpoint, with what requests through it say.
    pub(crate) fn through(self, endpoint: &'a Endpoint, context: &'a Context) -> Self {
        Self {
            context,
            endpoint: Some(endpoint),
            ..self
        }
    }

    /// What a service asks on behalf of who asks: it comes by no endpoint, and for a member from nowhere that is known.
    pub(crate) fn by_service(self) -> Self {
        match self.who {
            Asker::Member(member) => Self::member(member),
            Asker::Outsider(_) | Asker::Front(_) => Self {
                endpoint: None,
                ..self
            },
        }
    }

    /// The principal.
    pub(crate) fn principal(self) -> &'a Principal {
        match self.who {
            Asker::Member(member) => &member.principal,
            Asker::Outsider(principal) | Asker::Front(principal) => principal,
        }
    }

    /// The policies of its own, where it is of the estate.
    pub(crate) fn policies(self) -> Option<&'a PrincipalPolicies> {
        match self.who {
            Asker::Member(member) => Some(&member.policies),
            Asker::Outsider(_) | Asker::Front(_) => None,
        }
    }

    /// How much work an answer is: a policy that names many resources is looked through for each.
    pub(crate) fn work(self) -> usize {
        let named = match self.who {
            Asker::Member(member) => member
                .policies
                .identity
                .iter()
                .filter_map(|policy| policy.document())
                .flat_map(|document| document.statements())
                .filter_map(|statement| statement.resources.as_ref())
                .map(|resources| resources.patterns.len())
                .sum(),
            Asker::Outsider(_) | Asker::Front(_) => 0,
        };
        1 + named / NAMED_AT_ONCE
    }

    /// Whether who asks is of the account of a group.
    pub(crate) fn is_of(self, assembly: &Assembly<'_>, group: &AssetGroup) -> bool {
        let principal = self.principal();
        let own = assembly
            .fragments
            .get(group.fragment)
            .map(|fragment| &fragment.account.id);
        principal.account.is_some() && principal.account.as_ref() == own
    }
}

/// Everything that is asked about resources of a type.
pub(crate) fn questions<'k>(assembly: &Assembly<'k>, type_id: TypeId) -> Vec<Question<'k>> {
    let Some(role) = assembly.knowledge.role(type_id) else {
        return Vec::new();
    };
    let access = (0..)
        .zip(&role.access)
        .map(|(position, access)| Question::Access(position, access));
    let assume = (role.kind == NodeKind::Identity && role.policy.is_some()).then_some(Question::Assume);
    access.chain(assume).collect()
}

/// A question with the actions of [`first_actions`].
pub(crate) struct Asked<'k> {
    pub(crate) question: Question<'k>,
    pub(crate) actions: Vec<String>,
}

/// Everything that is asked, by type; types about which nothing is asked are left out.
pub(crate) fn asked<'k>(assembly: &Assembly<'k>) -> Vec<(TypeId, Vec<Asked<'k>>)> {
    let knowledge = assembly.knowledge;
    (0..knowledge.types().len())
        .filter_map(|position| knowledge.type_at(position))
        .map(|type_id| {
            let questions = questions(assembly, type_id).into_iter();
            let of_members = questions.filter(|question| !question.is_of_strangers_alone());
            let asked = of_members.map(|question| Asked {
                question,
                actions: first_actions(question),
            });
            (type_id, asked.collect::<Vec<_>>())
        })
        .filter(|(_, asked)| !asked.is_empty())
        .collect()
}

/// The actions, in lower case, one of which a principal's own policies must speak of for a question to reach anything.
pub(crate) fn first_actions(question: Question<'_>) -> Vec<String> {
    match question {
        Question::Assume => vec![Assumption::Role.action().to_ascii_lowercase()],
        Question::Access(_, access) => {
            let actions = access.grants.first().map_or(&[][..], |grant| &grant.actions);
            actions.iter().map(|action| action.to_ascii_lowercase()).collect()
        }
    }
}

/// Where a principal's own policies let a question reach; `None` where nowhere.
pub(crate) fn reach<'m>(member: &'m Member, question: Question<'_>) -> Option<Glance<'m>> {
    reach_by(member, &first_actions(question))
}

/// Where a principal's own policies let some actions, in lower case, reach; `None` where nowhere.
pub(crate) fn reach_by<'m>(member: &'m Member, actions: &[String]) -> Option<Glance<'m>> {
    let (first, others) = actions.split_first()?;
    let mut all = Glance::of(&member.policies, first);
    for action in others {
        let more = Glance::of(&member.policies, action);
        all.patterns.extend(more.patterns);
        all.everything |= more.everything;
    }
    (!all.is_empty()).then_some(all)
}

/// Which principals the policy of a resource tells apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// None by name.
    Nobody,
    /// These, by ARN.
    Named(BTreeSet<Text>),
    /// Any, because conditions look at who asks.
    Anybody,
}

impl Telling {
    /// Whom the policy of a resource tells apart.
    pub(crate) fn of(detail: Option<&Detail>) -> Self {
        let has_grants = |detail: &Detail| match &detail.grants {
            Some(Ok(grants)) => !grants.is_empty(),
            Some(Err(_)) | None => false,
        };
        if detail.is_some_and(has_grants) {
            return Self::Anybody;
        }
        let Some(document) = detail.and_then(|detail| detail.policy.as_ref()?.document()) else {
            return Self::Nobody;
        };
        let mut named = BTreeSet::new();
        for statement in document.statements() {
            let mut keys = statement.tests.iter().flat_map(|test| test.keys());
            if keys.any(|key| {
                key.starts_with("aws:principaltag/")
                    || matches!(key.as_str(), "aws:principalarn" | "aws:userid" | "aws:username")
            }) {
                return Self::Anybody;
            }
            for principal in statement
                .principals
                .iter()
                .flat_map(|principals| &principals.patterns)
            {
                match principal {
                    PrincipalPattern::Entity(arn) => _ = named.insert(arn.clone()),
                    PrincipalPattern::Session { .. } | PrincipalPattern::UniqueId(_) => return Self::Anybody,
                    PrincipalPattern::Everyone
                    | PrincipalPattern::Account(_)
                    | PrincipalPattern::Service(_)
                    | PrincipalPattern::Federated(_)
                    | PrincipalPattern::CanonicalUser(_) => {}
                }
            }
        }
        if named.is_empty() {
            Self::Nobody
        } else {
            Self::Named(named)
        }
    }

    /// Whom either tells apart.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Anybody, _) | (_, Self::Anybody) => Self::Anybody,
            (Self::Nobody, one) | (one, Self::Nobody) => one,
            (Self::Named(mut one), Self::Named(other)) => {
                one.extend(other);
                Self::Named(one)
            }
        }
    }

    /// Whether a principal may be told apart.
    pub(crate) fn means(&self, member: &Member) -> bool {
        match self {
            Self::Nobody => false,
            Self::Named(named) => named.contains(&member.principal.name),
            Self::Anybody => true,
        }
    }
}
