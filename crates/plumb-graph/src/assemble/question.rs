//! What is asked about resources, by whom, and under which names.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use plumb_iam::assume::Assumption;
use plumb_iam::directory::Member;
use plumb_iam::keys::Context;
use plumb_iam::policy::PrincipalPolicies;
use plumb_iam::principal::Principal;
use plumb_iam::principal_pattern::PrincipalPattern;
use plumb_iam::scope::Glance;
use plumb_iam::vantage;
use plumb_model::graph::NodeKind;
use plumb_model::path::EdgeKind;
use plumb_model::value::Text;
use plumb_pack::graph_role::{Access, AccessLevel};

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

/// What is given of requests of the estate's own principals: they go to the resource itself.
pub(crate) static DIRECT: LazyLock<Context> = LazyLock::new(vantage::direct);

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum Asking<'a> {
    /// With what is given of the request.
    Member(&'a Member, &'a Context),
    /// With what is given of the request.
    Outsider(&'a Principal, &'a Context),
    /// A front, with what its requests say of where they come from.
    Front(&'a Principal, &'a Context),
}

impl<'a> Asking<'a> {
    /// The same with other things given of the request.
    pub(crate) fn with(self, context: &'a Context) -> Self {
        match self {
            Self::Member(member, _) => Self::Member(member, context),
            Self::Outsider(principal, _) => Self::Outsider(principal, context),
            Self::Front(principal, _) => Self::Front(principal, context),
        }
    }

    /// What is given of the request.
    pub(crate) fn context(self) -> &'a Context {
        match self {
            Self::Member(_, context) | Self::Outsider(_, context) | Self::Front(_, context) => context,
        }
    }

    /// The principal.
    pub(crate) fn principal(self) -> &'a Principal {
        match self {
            Self::Member(member, _) => &member.principal,
            Self::Outsider(principal, _) | Self::Front(principal, _) => principal,
        }
    }

    /// The policies of its own, where it is of the estate.
    pub(crate) fn policies(self) -> Option<&'a PrincipalPolicies> {
        match self {
            Self::Member(member, _) => Some(&member.policies),
            Self::Outsider(..) | Self::Front(..) => None,
        }
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

/// Where a principal's own policies let a question reach; `None` where nowhere.
pub(crate) fn reach<'m>(member: &'m Member, question: Question<'_>) -> Option<Glance<'m>> {
    let of = |action: &str| Glance::of(&member.policies, &action.to_ascii_lowercase());
    let reach = match question {
        Question::Assume => of(Assumption::Role.action()),
        Question::Access(_, access) => {
            let mut actions = access.grants.first()?.actions.iter();
            let mut all = of(actions.next()?);
            for action in actions {
                let more = of(action);
                all.patterns.extend(more.patterns);
                all.everything |= more.everything;
            }
            all
        }
    };
    (!reach.is_empty()).then_some(reach)
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
