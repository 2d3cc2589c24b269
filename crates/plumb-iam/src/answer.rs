//! `Answer`: what was decided about a request, and by which statements.

use std::fmt;
use std::sync::Arc;

use plumb_model::value::Text;

use crate::document::Effect;
use crate::policy::Origin;
use crate::truth::Truth;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// A statement forbids it, whatever the open parts of the request are.
    DeniedExplicit,
    /// Nothing permits it, or a limit does not.
    DeniedImplicit,
    /// Something that could not be read decides.
    Unknown,
    /// Permitted when the conditions of the answer hold.
    AllowedIf,
    /// Permitted, whatever the open parts of the request are.
    Allowed,
}

impl Decision {
    /// The decision of what permits and what forbids: an explicit deny wins, and nothing is permitted that nothing permits.
    pub(crate) fn of(allow: Truth, deny: Truth) -> Self {
        match (deny, allow) {
            (Truth::True, _) => Self::DeniedExplicit,
            (Truth::False | Truth::Depends | Truth::Unknown, Truth::False) => Self::DeniedImplicit,
            (Truth::Unknown, Truth::True | Truth::Depends | Truth::Unknown)
            | (Truth::False | Truth::Depends, Truth::Unknown) => Self::Unknown,
            (Truth::Depends, Truth::True | Truth::Depends) | (Truth::False, Truth::Depends) => {
                Self::AllowedIf
            }
            (Truth::False, Truth::True) => Self::Allowed,
        }
    }

    /// Whether the request succeeds at least under stated conditions.
    pub fn is_allowed(self) -> bool {
        match self {
            Self::Allowed | Self::AllowedIf => true,
            Self::DeniedExplicit | Self::DeniedImplicit | Self::Unknown => false,
        }
    }
}

/// The kinds of policies, each of which is a layer of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Policies of the principal and of its groups.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Policies of the session.
    Session,
    /// Service control policies.
    ServiceControl,
    /// Resource control policies.
    ResourceControl,
    /// The policy of the resource.
    Resource,
    /// A grant of the resource's owner.
    Grant,
    /// The policy of the VPC endpoint that the request comes through.
    Endpoint,
}

impl Layer {
    /// The name people know it by.
    pub fn title(self) -> &'static str {
        match self {
            Self::Identity => "identity policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::ServiceControl => "service control policy",
            Self::ResourceControl => "resource control policy",
            Self::Resource => "resource policy",
            Self::Grant => "grant",
            Self::Endpoint => "endpoint policy",
        }
    }

    /// The same with its article.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Identity => "an identity policy",
            Self::Boundary => "a permissions boundary",
            Self::Session => "a session policy",
            Self::ServiceControl => "a service control policy",
            Self::ResourceControl => "a resource control policy",
            Self::Resource => "a resource policy",
            Self::Grant => "a grant",
            Self::Endpoint => "an endpoint policy",
        }
    }
}

/// One statement of one policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// The kind of the policy.
    pub layer: Layer,
    /// Where the policy is.
    pub origin: Arc<Origin>,
    /// Its position in the document, from 0; `None` for a grant.
    pub index: Option<usize>,
    /// Its `Sid`, where it has one.
    pub sid: Option<Text>,
    /// What it does.
    pub effect: Effect,
}

impl fmt::Display for StatementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = match self.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        };
        write!(f, "{effect} by {} `{}`", self.layer.title(), self.origin.policy)?;
        match (&self.sid, self.index) {
            (Some(sid), _) => write!(f, ", statement `{sid}`")?,
            (None, Some(index)) => write!(f, ", statement {index}")?,
            (None, None) => {}
        }
        write!(f, " of `{}`", self.origin.holder)
    }
}

/// A statement that applies only when the open parts of the request satisfy its tests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// The statement.
    pub statement: StatementRef,
    /// What must hold for it to apply; all of these.
    pub tests: Vec<Text>,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lead = match self.statement.effect {
            Effect::Allow => "if",
            Effect::Deny => "unless",
        };
        write!(f, "{lead} {} ({})", self.tests.join(" and "), self.statement)
    }
}

impl Answer {
    /// The answer where something else must permit the request too: what denies it decides.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let is_denied = |answer: &Self| match answer.decision {
            Decision::DeniedExplicit | Decision::DeniedImplicit => true,
            Decision::Unknown | Decision::AllowedIf | Decision::Allowed => false,
        };
        if is_denied(&self) {
            return self;
        }
        if is_denied(&other) {
            return other;
        }
        // Decisions are ordered from the firmest denial up.
        self.decision = self.decision.min(other.decision);
        self.conditions.extend(other.conditions);
        self.deciding.extend(other.deciding);
        self.limits.extend(other.limits);
        self.unknown.extend(other.unknown);
        self.caveats.extend(other.caveats);
        if self.decision == Decision::Unknown {
            self.conditions.clear();
            self.deciding.clear();
        }
        self
    }
}

/// What was decided about a request, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// For [`Decision::AllowedIf`]: none of the deny statements may apply, and of each layer that is listed with allow
    /// statements one must apply. Within one account identity and resource policies are alternatives.
    pub conditions: Vec<Condition>,
    /// The statements that made the decision; for an implicit deny those that permit elsewhere are left out.
    pub deciding: Vec<StatementRef>,
    /// The layers without which an implicit deny would not be one.
    pub limits: Vec<Layer>,
    /// What could not be read and might change the decision.
    pub unknown: Vec<Text>,
    /// What was assumed, for example that unread service control policies forbid nothing.
    pub caveats: Vec<Text>,
}
