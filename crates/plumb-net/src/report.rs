//! What the solver says: exposures with their proofs, groups of endpoints, and reach between groups.

use std::sync::Arc;

use plumb_model::value::Text;

use crate::address::Width;
use crate::model::{EndpointKind, Node};
use crate::reach::Certainty;
use crate::service::PortRange;

/// One place in a document that shows a part of a reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proof {
    /// The uid of the resource.
    pub resource: Text,
    /// The path in its document, for example `ip_permissions[2]`.
    pub attribute: Text,
    /// One readable clause, for example `admits tcp 22 from 0.0.0.0/0`.
    pub detail: Text,
}

/// One thing that a packet passes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The uid of the resource it passes.
    pub via: Text,
    /// The type of that resource.
    pub via_type: Text,
    /// What shows that it passes.
    pub proof: Vec<Proof>,
}

/// Where packets come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The public internet.
    Internet {
        /// How much of it.
        width: Width,
        /// The prefixes, the shortest list of them.
        prefixes: Vec<Text>,
    },
    /// Addresses of a service of the provider, by the name of their list.
    Service(Text),
    /// Another account.
    Account(Text),
    /// Networks whose owner is not known; without prefixes, any private address.
    Network(Vec<Text>),
    /// Networks outside of the cloud that are joined to it.
    OnPremises,
}

/// That a resource can be reached from outside of its account's networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The uid of the resource.
    pub target: Text,
    /// Its type.
    pub target_type: Text,
    /// From where.
    pub from: Source,
    /// On which ports of the target.
    pub services: Vec<PortRange>,
    /// What a packet passes on its way, from outside to the target. Exposures share equal steps.
    pub steps: Vec<Arc<Step>>,
    /// The load balancer that the packet passes last, where it passes one.
    pub behind: Option<Behind>,
    /// Whether it is a load balancer that answers by itself on these ports, and hands on what comes on others.
    pub ends_here: bool,
    /// How certain it is.
    pub certainty: Certainty,
}

/// Where a packet leaves a load balancer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Behind {
    /// The uid of the load balancer.
    pub balancer: Text,
    /// The first of the steps that lie behind it; those before it lead to it.
    pub first: usize,
}

/// Endpoints that are equal for reach: same subnet, same filters, same kind, same services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointGroup {
    /// The place in [`Estate::groups`](crate::estate::Estate::groups).
    pub id: usize,
    /// What its members are.
    pub kind: EndpointKind,
    /// The uid of the subnet; `None` when it is not known.
    pub subnet: Option<Text>,
    /// The uids of the filters; those that were not read stand here by their identifiers.
    pub filters: Vec<Text>,
    /// The members, sorted.
    pub members: Vec<Node>,
}

/// That one group can reach another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupReach {
    /// The group that connects.
    pub from: usize,
    /// The group that is reached.
    pub to: usize,
    /// On which ports.
    pub services: Vec<PortRange>,
    /// What shows it; pairs share equal proofs.
    pub proofs: Arc<[Proof]>,
    /// How certain it is.
    pub certainty: Certainty,
}

/// That a group can send requests through a private entry to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryUse {
    /// The uid of the entry.
    pub entry: Text,
    /// The group.
    pub group: usize,
    /// What shows it.
    pub proofs: Vec<Proof>,
    /// How certain it is.
    pub certainty: Certainty,
}

/// What a group can reach on the internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Egress {
    /// On which ports, with any address of the internet that the filters admit.
    pub services: Vec<PortRange>,
    /// What it passes.
    pub proofs: Vec<Proof>,
    /// How certain it is.
    pub certainty: Certainty,
}

/// Whether a resource is exposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be reached from outside.
    Exposed,
    /// It can be reached from outside through load balancers alone, by uid.
    ExposedThrough(Vec<Text>),
    /// It can be reached from outside under conditions that no configuration tells, one clause each.
    ExposedIf(Vec<Text>),
    /// Everything that decides was read, and it cannot be reached from outside.
    NotExposed,
    /// What was not read decides, one clause each.
    NotKnown(Vec<Text>),
}

/// Everything known about the exposure of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceExposure<'a> {
    /// How it stands to the internet as a whole ([`Width::Wide`]).
    pub internet: Standing,
    /// How it stands to everything outside of its account.
    pub outside: Standing,
    /// The exposures, the widest and most certain first.
    pub exposures: &'a [Exposure],
    /// What could open further ways and was not read, one clause each.
    pub blind: Vec<Text>,
}

/// Something in a document that the model could not use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The uid of the resource.
    pub resource: Text,
    /// The attribute.
    pub attribute: Text,
    /// What is wrong, lower case, no full stop.
    pub message: Text,
}

/// A value with the problems met on the way.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// The value.
    pub value: T,
    /// The problems, sorted.
    pub problems: Vec<Problem>,
}
