//! Answers to questions about the security graph: what a change would bring, what is exposed, who may do what.

use serde::Serialize;

use crate::path::{Certainty, EdgeKind, PathNode, Proof};
use crate::risk::ExposureLevel;
use crate::value::Text;

/// What would remain of the attack paths after a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WhatIf {
    /// The facts that were taken away.
    pub facts: Vec<Proof>,
    /// The steps that were taken away by name, beside those that rest on the facts.
    pub steps: Vec<RemovedStep>,
    /// What was assumed, as clauses.
    pub assumed: Vec<Text>,
    /// Sum over all targets of the risk of the riskiest way to each.
    pub risk_before: u64,
    /// The same after the change.
    pub risk_after: u64,
    /// How many targets nothing reaches any more.
    pub targets_saved: u64,
    /// The first of them, in the order of the graph; at most [`WhatIf::MOST_TARGETS`].
    pub saved: Vec<PathNode>,
    /// Paths that are gone, riskiest first.
    pub closed: Vec<ChangedPath>,
    /// Paths that are less risky, or of which there are fewer equal ones.
    pub lessened: Vec<ChangedPath>,
    /// Ways that were behind riskier ones to the same target and now come to the fore.
    pub emerging: Vec<ChangedPath>,
    /// Paths that stay as they are.
    pub unchanged: u64,
    /// What was left out, cut short or not understood, as clauses; sorted.
    pub problems: Vec<Text>,
}

impl WhatIf {
    /// How many targets are named.
    pub const MOST_TARGETS: usize = 100;
}

/// A step that was taken away by name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RemovedStep {
    /// Where it began.
    pub from: PathNode,
    /// What it was.
    pub kind: EdgeKind,
    /// Where it led.
    pub to: PathNode,
}

/// A path before and after a change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangedPath {
    /// Its id.
    pub id: Text,
    /// Its title.
    pub title: Text,
    /// Its risk before; 0 where it was not listed.
    pub risk_before: u8,
    /// Its risk after; 0 where it is gone.
    pub risk_after: u8,
    /// How many equal paths there were.
    pub count_before: u64,
    /// How many there are.
    pub count_after: u64,
}

/// Whether something is so.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "is", content = "why", rename_all = "snake_case")]
pub enum Standing {
    /// It is.
    Exposed,
    /// It is, but only through what stands in front of it, by title and name.
    ExposedThrough(Vec<Text>),
    /// It is under conditions that no configuration tells, one clause each.
    ExposedIf(Vec<Text>),
    /// Everything that decides was read, and it is not.
    NotExposed,
    /// What was not read decides, one clause each.
    NotKnown(Vec<Text>),
    /// It has no address in a network; only permissions and its own settings open it.
    NotNetworked,
}

/// From where one resource can be reached.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExposureAnswer {
    /// The resource.
    pub resource: PathNode,
    /// The widest that is known of it.
    pub level: ExposureLevel,
    /// The surest of the widest ways; `None` where no way from outside is known.
    pub certainty: Option<Certainty>,
    /// How its network address stands to the internet as a whole.
    pub internet: Standing,
    /// How its network address stands to everything outside of its account.
    pub outside: Standing,
    /// The ways to it, those from outside first, widest first.
    pub ways: Vec<ExposureWay>,
    /// Sources inside that are not among the ways.
    pub more_inside: u64,
    /// What else is to be said of it, as clauses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
    /// The risk of the riskiest attack path that ends at it, by whatever steps; `None` when none does.
    pub path_risk: Option<u8>,
}

/// One way to a resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExposureWay {
    /// From where, for people.
    pub from: Text,
    /// The kind of source.
    pub source: SourceKind,
    /// The address prefixes, where they narrow it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<Text>,
    /// What can be done.
    pub kind: EdgeKind,
    /// The ports that answer, for example `tcp 22`; none where it is not a matter of ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Text>,
    /// How, as a short clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<Text>,
    /// How sure it is.
    pub certainty: Certainty,
    /// Conditions and what was not read, as clauses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Text>,
    /// What it passes, from outside to the resource.
    pub proofs: Vec<Proof>,
}

/// Where a way begins, the widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Any address of the internet.
    Internet,
    /// Given ranges of the internet.
    Ranges,
    /// Addresses of a service of the provider.
    Service,
    /// Another account.
    Account,
    /// A joined network whose owner is not known.
    Network,
    /// Networks outside of the cloud that are joined to it.
    OnPremises,
    /// Another resource of the estate.
    Inside,
}

/// One line of the list of everything exposed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExposedResource {
    /// The resource.
    pub resource: PathNode,
    /// From where it can be reached.
    pub level: ExposureLevel,
    /// The ports that answer to the widest source, or what can be done with it.
    pub open: Vec<Text>,
    /// The surest of the widest ways; `None` where no way is known, only that something was not read.
    pub certainty: Option<Certainty>,
    /// What that one hangs on, as clauses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Text>,
    /// Why it is not known, one clause each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_known: Vec<Text>,
}

/// What was decided about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionDecision {
    /// Permitted, whatever the open parts of the request are.
    Allowed,
    /// Permitted when the conditions hold.
    AllowedIf,
    /// Something that was not read decides.
    Unknown,
    /// A statement forbids it.
    DeniedExplicit,
    /// Nothing permits it, or a limit does not.
    DeniedImplicit,
}

impl PermissionDecision {
    /// How it is said to people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::AllowedIf => "allowed if",
            Self::Unknown => "unknown",
            Self::DeniedExplicit => "denied by a statement",
            Self::DeniedImplicit => "denied: nothing permits it",
        }
    }
}

/// Whether somebody may do something with a resource, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PermissionAnswer {
    /// Who asks.
    pub who: Text,
    /// The action.
    pub action: Text,
    /// The ARN that it was evaluated on.
    pub resource: Text,
    /// What was decided.
    pub decision: PermissionDecision,
    /// The statements that made the decision, as clauses.
    pub deciding: Vec<Text>,
    /// What must hold, as clauses; none of the `unless` and, of each kind of policy, one of the `if`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Text>,
    /// The kinds of policies that permit nothing and must.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Text>,
    /// What was not read and might change the decision.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Text>,
    /// What was assumed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<Text>,
}

/// Everybody who may do something with a resource, perhaps under conditions, and those of whom it is unknown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhoCan {
    /// The action.
    pub action: Text,
    /// The ARN that it was evaluated on.
    pub resource: Text,
    /// The answers, the surest first.
    pub answers: Vec<PermissionAnswer>,
    /// What was assumed of all of them.
    pub caveats: Vec<Text>,
    /// Accounts in which principals may be missing, as clauses.
    pub gaps: Vec<Text>,
}
