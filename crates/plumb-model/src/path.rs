//! Attack paths: entry, hops with their evidence, target, and the changes that cut them.

use serde::{Deserialize, Serialize};

use crate::account::Provider;
use crate::risk::Priority;
use crate::value::Text;

/// How sure a step is.
///
/// Ordered from the surest to the least sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The configuration allows it.
    #[default]
    Certain,
    /// The configuration allows it for requests that meet a condition, which is named.
    Conditional,
    /// Something that decides it was not read, which is named.
    Possible,
}

impl Certainty {
    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Conditional => "conditional",
            Self::Possible => "possible",
        }
    }
}

/// What one step of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// Packets from the source arrive at the target.
    Reaches,
    /// Who controls the source holds the credentials of the target, because its code runs as that identity.
    RunsAs,
    /// The source can take the target's session.
    CanAssume,
    /// The source can become the target by changing or starting something.
    CanEscalateTo,
    /// Credentials of the target are weak or known at the source.
    Holds,
    /// The source can read the target's content.
    CanRead,
    /// The source can change the target's content.
    CanWrite,
    /// The source can change who may use the target.
    CanAdminister,
    /// Membership of the source in a class of equals; never shown.
    In,
    /// The source stands for the target among others; never shown.
    Covers,
    /// A plain relation of a recipe; named, not followed by the search.
    Relation,
}

impl EdgeKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::Reaches,
        Self::RunsAs,
        Self::CanAssume,
        Self::CanEscalateTo,
        Self::Holds,
        Self::CanRead,
        Self::CanWrite,
        Self::CanAdminister,
        Self::In,
        Self::Covers,
        Self::Relation,
    ];

    /// The name used in files, queries and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reaches => "reaches",
            Self::RunsAs => "runs_as",
            Self::CanAssume => "can_assume",
            Self::CanEscalateTo => "can_escalate_to",
            Self::Holds => "holds",
            Self::CanRead => "can_read",
            Self::CanWrite => "can_write",
            Self::CanAdminister => "can_administer",
            Self::In => "in",
            Self::Covers => "covers",
            Self::Relation => "relation",
        }
    }

    /// How the step reads between its two ends.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Reaches => "reaches",
            Self::RunsAs => "runs as",
            Self::CanAssume => "can assume",
            Self::CanEscalateTo => "can become",
            Self::Holds => "give access to",
            Self::CanRead => "can read",
            Self::CanWrite => "can write",
            Self::CanAdminister => "can administer",
            Self::In => "is one of",
            Self::Covers => "stands for",
            Self::Relation => "refers to",
        }
    }

    /// Whether an attacker moves along it.
    pub fn is_attack(self) -> bool {
        match self {
            Self::Reaches
            | Self::RunsAs
            | Self::CanAssume
            | Self::CanEscalateTo
            | Self::Holds
            | Self::CanRead
            | Self::CanWrite
            | Self::CanAdminister
            | Self::In
            | Self::Covers => true,
            Self::Relation => false,
        }
    }

    /// Whether it is bookkeeping of the graph that no path shows.
    pub fn is_hidden(self) -> bool {
        match self {
            Self::In | Self::Covers => true,
            Self::Reaches
            | Self::RunsAs
            | Self::CanAssume
            | Self::CanEscalateTo
            | Self::Holds
            | Self::CanRead
            | Self::CanWrite
            | Self::CanAdminister
            | Self::Relation => false,
        }
    }
}

/// One fact of the configuration that makes a step possible.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Proof {
    /// The resource whose configuration it is, by uid.
    pub resource: Text,
    /// The path of the attribute in its document, for example `ip_permissions[2]`.
    pub attribute: Text,
    /// What it says, as a clause, for example "admits tcp 22 from 0.0.0.0/0".
    pub detail: Text,
}

impl Proof {
    /// What a fact is called on the command line: the resource, `#`, and the attribute.
    pub fn name(&self) -> String {
        format!("{}#{}", self.resource, self.attribute)
    }
}

/// A resource, or something outside, on a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathNode {
    /// Identity in the whole estate; `internet` and the like for what is outside.
    pub uid: Text,
    /// For example `aws_s3_bucket`; `outside` for what is no resource.
    #[serde(rename = "type")]
    pub resource_type: Text,
    /// What people call the type, for example `S3 bucket`.
    pub title: Text,
    /// The name people know it by; hostile text.
    pub name: Text,
    /// Identifier of the account it lives in, of code the path of its root; empty for what is outside.
    pub account: Text,
    /// What is to be said of it in a path, for example `PII data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// What it is.
    pub kind: EdgeKind,
    /// Where it leads.
    pub to: PathNode,
    /// How, as a short clause: `SSH open`, `passes a role to a new function`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<Text>,
    /// How sure it is.
    pub certainty: Certainty,
    /// Conditions on the request and what was not read, as clauses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Text>,
    /// The facts that all must hold for it.
    pub proofs: Vec<Proof>,
}

impl Hop {
    /// How a step is taken that leads into another account, where what was not read of the policy there would have to name who takes it.
    pub const IF_NAMED: &'static str = "if what was not read of its policy names it";
}

/// A change that closes a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// The fact to change.
    pub proof: Proof,
    /// How many of the equal paths it closes; the like of it closes the others. None where other ways lead to the same target, so
    /// that this one alone is closed.
    pub closes: u64,
    /// How many other paths it closes too.
    pub also_cuts: u64,
    /// Estimated working days; see `effort` in `knowledge/risk.yaml`.
    pub days: u32,
}

/// An attack path, together with all others that differ only in the resources they run through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttackPath {
    /// Twelve hexadecimal digits, the same from run to run while the path leads the same way.
    pub id: Text,
    /// For example `Internet -> EC2 instance (SSH open) -> IAM role -> cross-account administrator`.
    pub title: Text,
    /// Where it begins.
    pub entry: PathNode,
    /// The steps of the riskiest of the equal paths.
    pub hops: Vec<Hop>,
    /// Why its target matters, as a clause.
    pub why: Text,
    /// The least sure of its steps.
    pub certainty: Certainty,
    /// What is assumed of its steps all the same, each clause once, for example that unread control policies forbid nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<Text>,
    /// 0 to 100.
    pub risk: u8,
    /// The sum that made it: name and points, in order.
    pub parts: Vec<(Text, i16)>,
    /// From the risk.
    pub priority: Priority,
    /// How many paths are equal to it, itself included; those by unread policies of one account count as equal.
    pub count: u64,
    /// At how many places they begin.
    pub entries: u64,
    /// The targets of all of them by uid, sorted; at most [`AttackPath::MOST_TARGETS`].
    pub targets: Vec<Text>,
    /// How many more targets can be reached by whoever has every permission of the account in which a path ends; no path of their
    /// own leads to them.
    pub targets_behind: u64,
    /// The most precious of those by uid; at most [`AttackPath::MOST_TARGETS`].
    pub behind: Vec<Text>,
    /// How many other first steps from outside lead to the target of the riskiest of them, listed as paths or not; at least so many.
    #[serde(default)]
    pub other_ways: u64,
    /// The accounts that they run through, sorted.
    pub accounts: Vec<(Provider, Text)>,
    /// Failing policies on its target that make it worse, sorted by name.
    pub worsened_by: Vec<Text>,
    /// The cheapest changes that close it, best first.
    pub cuts: Vec<Cut>,
}

impl AttackPath {
    /// How many targets of equal paths are named.
    pub const MOST_TARGETS: usize = 100;

    /// Whether it stands for all ways to resources of one account that end at what was not read of their policies.
    pub fn is_by_unread_policies(&self) -> bool {
        let last = self.hops.last().and_then(|hop| hop.how.as_ref());
        last.is_some_and(|how| how.starts_with(Hop::IF_NAMED))
    }

    /// Where it ends.
    pub fn target(&self) -> &PathNode {
        self.hops.last().map_or(&self.entry, |hop| &hop.to)
    }

    /// Days until it can be closed, by the cheapest cut; at least one.
    pub fn days(&self) -> u32 {
        self.cuts.iter().map(|cut| cut.days).min().unwrap_or(1).max(1)
    }
}

/// A fact whose change takes risk out of many paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChokePoint {
    /// The fact.
    pub proof: Proof,
    /// What people call the type of the resource.
    pub title: Text,
    /// The name of the resource; hostile text.
    pub name: Text,
    /// The account of the resource.
    pub account: Text,
    /// Targets that nothing reaches any more once it is changed.
    pub targets_saved: u64,
    /// Their risk, summed.
    pub risk_removed: u64,
    /// Ids of the paths it closes entirely, sorted.
    pub paths: Vec<Text>,
    /// The paths of whose equals it closes some, sorted by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partly: Vec<PartlyClosed>,
    /// Estimated working days.
    pub days: u32,
}

/// A path that stands for several equal ones, of which a change closes some.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartlyClosed {
    /// Its id.
    pub path: Text,
    /// How many it closes.
    pub closed: u64,
    /// How many there are.
    pub count: u64,
}

/// What an analysis found in the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathReport {
    /// Nodes of the graph.
    pub nodes: u64,
    /// Edges that an attacker can follow.
    pub edges: u64,
    /// Paths, riskiest first.
    pub paths: Vec<AttackPath>,
    /// Choke points, best first.
    pub choke_points: Vec<ChokePoint>,
    /// Pairs of entry and target that are connected.
    pub pairs: u64,
    /// Sum over all targets that can be reached of the risk of their riskiest path.
    pub total_risk: u64,
    /// What was left out, cut short or not understood, as clauses; sorted.
    pub problems: Vec<Text>,
}
