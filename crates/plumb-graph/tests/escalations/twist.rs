//! `Twist`: the one thing by which a near-miss differs from the least that an escalation needs.

use plumb_pack::escalation::Need;

/// The one thing that is different; positions are those of the needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twist {
    Nothing,
    Bystander,
    PoliciesUnread,
    BoundaryOfEverything,
    Missing(usize),
    Denied(usize),
    LeftOutByBoundary(usize),
    LeftOutByControlPolicy(usize),
    OnAnotherResource(usize),
    InAnotherAccount(usize),
    ConditionOfRequest(usize),
    DeniedUnlessRequest(usize),
    OnEverything(usize),
    OnItself,
    PassedToAnotherService(usize),
    Absent(usize),
    Unlisted(usize),
    TrustsAnother,
    TrustUnread,
    TrustOnCondition,
}

impl Twist {
    /// The name in the list of what is skipped.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Bystander => "bystander",
            Self::PoliciesUnread => "policies unread",
            Self::BoundaryOfEverything => "boundary of everything",
            Self::Missing(_) => "missing",
            Self::Denied(_) => "denied",
            Self::LeftOutByBoundary(_) => "left out by boundary",
            Self::LeftOutByControlPolicy(_) => "left out by control policy",
            Self::OnAnotherResource(_) => "on another resource",
            Self::InAnotherAccount(_) => "for principals of another account",
            Self::ConditionOfRequest(_) => "condition of the request",
            Self::DeniedUnlessRequest(_) => "denied under a condition of the request",
            Self::OnEverything(_) => "on everything",
            Self::OnItself => "on itself",
            Self::PassedToAnotherService(_) => "passed to another service",
            Self::Absent(_) => "absent",
            Self::Unlisted(_) => "unlisted",
            Self::TrustsAnother => "trusts another",
            Self::TrustUnread => "trust unread",
            Self::TrustOnCondition => "trust on condition",
        }
    }

    /// The name with the need that it concerns.
    pub(crate) fn told(self, needs: &[&Need]) -> String {
        let need = self.position().and_then(|position| needs.get(position));
        match need {
            Some(Need::Action(permission)) => format!("{}: {}", self.name(), permission.action),
            Some(Need::Present(name)) => format!("{}: {name}", self.name()),
            None => self.name().to_owned(),
        }
    }

    /// The position of the need that it concerns.
    pub(crate) fn position(self) -> Option<usize> {
        match self {
            Self::Missing(position)
            | Self::Denied(position)
            | Self::LeftOutByBoundary(position)
            | Self::LeftOutByControlPolicy(position)
            | Self::OnAnotherResource(position)
            | Self::InAnotherAccount(position)
            | Self::ConditionOfRequest(position)
            | Self::DeniedUnlessRequest(position)
            | Self::OnEverything(position)
            | Self::PassedToAnotherService(position)
            | Self::Absent(position)
            | Self::Unlisted(position) => Some(position),
            Self::Nothing
            | Self::Bystander
            | Self::PoliciesUnread
            | Self::BoundaryOfEverything
            | Self::OnItself
            | Self::TrustsAnother
            | Self::TrustUnread
            | Self::TrustOnCondition => None,
        }
    }
}
