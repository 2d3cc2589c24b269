//! `Escalation`: a way in which a principal gains what it was not given.
//!
//! `docs/specs/graph.md` describes the file.

use std::ops::Range;
use std::sync::Arc;

use plumb_model::account::Provider;
use plumb_model::diagnostic::Source;
use plumb_model::value::Text;

use crate::policy::Provenance;
use crate::recipe::Template;

/// A way in which a principal gains what it was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// For example `iam-create-policy-version`; never changed.
    pub id: Text,
    /// One line that names the way.
    pub title: Text,
    /// The cloud it belongs to.
    pub provider: Provider,
    /// Who can go it.
    pub principal: PrincipalKind,
    /// What its actions work on.
    pub target: Target,
    /// What the trust policy of the target must admit.
    pub trusts: Option<Trust>,
    /// What other versions of a policy that is the target must permit.
    pub versions: Versions,
    /// What must be allowed or be there, all of it.
    pub requires: Vec<Requirement>,
    /// What control policies and a permissions boundary must leave, so that everything that they leave makes an administrator.
    pub must_leave: Vec<Requirement>,
    /// What comes out.
    pub gains: Gain,
    /// What becomes of the principal's permissions boundary on the way.
    pub boundary: Boundary,
    /// What to do about it.
    pub remediation: Text,
    /// Pages that describe the way or document its actions.
    pub references: Vec<Text>,
    /// The file.
    pub source: Arc<Source>,
    /// Where the id stands in the file.
    pub id_span: Range<usize>,
    /// Where the target stands in the file.
    pub target_span: Range<usize>,
    /// Who wrote it.
    pub provenance: Provenance,
}

/// Who can go a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// Users and roles.
    Any,
    /// Users only.
    User,
    /// Roles only.
    Role,
}

/// What the actions of an escalation work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The principal itself.
    Principal,
    /// A customer-managed policy that is attached to the principal or to one of its groups.
    OwnPolicy,
    /// A group that the principal is a member of.
    OwnGroup,
    /// Another user of the account.
    User,
    /// Another role of the account.
    Role,
    /// A group of the account that the principal is not a member of.
    Group,
    /// The account itself.
    Account,
    /// An existing resource of a type.
    Resource(Text),
}

impl Target {
    /// The words for the targets that are no resource type.
    pub const WORDS: [(&'static str, Target); 7] = [
        ("self", Target::Principal),
        ("own_policy", Target::OwnPolicy),
        ("own_group", Target::OwnGroup),
        ("user", Target::User),
        ("role", Target::Role),
        ("group", Target::Group),
        ("account", Target::Account),
    ];
}

/// What the trust policy of a role must admit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The principal itself.
    Principal,
    /// A service, for example `lambda.amazonaws.com`.
    Service(Text),
    /// Whom an OpenID Connect provider vouches for, for example `cognito-identity.amazonaws.com`.
    Federated(Text),
}

/// What other versions of a policy must permit than the one in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versions {
    /// They play no part.
    #[default]
    Any,
    /// One of them permits everything.
    Full,
}

/// What an escalation needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// One thing.
    Need(Need),
    /// One of several alternatives, each of which may need several things.
    Any(Vec<Vec<Need>>),
}

impl Requirement {
    /// Everything that it may need, alternatives included.
    pub fn needs(&self) -> impl Iterator<Item = &Need> {
        match self {
            Self::Need(need) => std::slice::from_ref(need).iter().collect::<Vec<_>>(),
            Self::Any(alternatives) => alternatives.iter().flatten().collect(),
        }
        .into_iter()
    }
}

/// One thing that an escalation needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// An action must be allowed.
    Action(Permission),
    /// A resource of this type must exist in the account.
    Present(Text),
}

/// An action that must be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// For example `iam:PassRole`.
    pub action: Text,
    /// What it is evaluated on.
    pub on: Object,
    /// Request keys that are known, with their values.
    pub context: Vec<(Text, Vec<Text>)>,
    /// Where it stands in the file.
    pub span: Range<usize>,
}

/// What an action is evaluated on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// The escalation's target.
    Target,
    /// A customer-managed policy that is attached to the target or to one of its groups.
    TargetPolicy,
    /// Everything: the action knows no resources.
    Anything,
    /// The ARN that a template gives; where it has a wildcard, one name that matches suffices.
    Arn(Template),
}

/// What comes out of an escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gain {
    /// Every permission of the account.
    Administrator,
    /// What the target has: the identity, or the role that the resource runs as.
    Target,
}

/// What becomes of the principal's permissions boundary on the way.
///
/// It matters where the principal stays the one it is: what it gives itself stays within its boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Boundary {
    /// It stays.
    Kept,
    /// It is taken away or replaced.
    Lifted,
}

impl Escalation {
    /// Everything it may need, alternatives included, in the order of the file.
    pub fn needs(&self) -> impl Iterator<Item = &Need> {
        self.requires.iter().flat_map(Requirement::needs)
    }

    /// Whether it is no way but what an administrator has: actions on everything, with the account itself as what they work on.
    pub fn is_plain(&self) -> bool {
        let on_everything = |need: &Need| match need {
            Need::Action(permission) => permission.on == Object::Anything,
            Need::Present(_) => false,
        };
        self.target == Target::Account && self.needs().all(on_everything)
    }

    /// The names of the resource types that it speaks of.
    pub fn resource_types(&self) -> impl Iterator<Item = &Text> {
        let of_target = match &self.target {
            Target::Resource(name) => Some(name),
            Target::Principal
            | Target::OwnPolicy
            | Target::OwnGroup
            | Target::User
            | Target::Role
            | Target::Group
            | Target::Account => None,
        };
        of_target
            .into_iter()
            .chain(self.needs().filter_map(|need| match need {
                Need::Present(name) => Some(name),
                Need::Action(_) => None,
            }))
    }
}
