//! What packet filters let through.

use plumb_model::value::Text;

use crate::address::AddressSet;
use crate::model::{Action, Filter, Known, Peers, Rule};
use crate::ranges::RangeSet;
use crate::reach::Reach;
use crate::report::Proof;
use crate::service::{ServiceSet, TCP, UDP};
use crate::traffic::Traffic;

/// The most proofs that one step shows.
const MAX_PROOFS: usize = 8;

/// The ports that clients send from, as the network ACL documentation lists them: 1024 and above covers all systems
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html>, "Ephemeral ports").
const EPHEMERAL: (u16, u16) = (1024, u16::MAX);

/// What a client brings about by itself, where it may send from any port.
pub(crate) const CHOSEN_PORT: &str =
    "the client sends from a port that the network filter lets replies through to";

/// The addresses that the peers of a rule stand for.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// They for certain.
    pub(crate) sure: AddressSet,
    /// They at most.
    pub(crate) most: AddressSet,
    /// Why the two differ.
    pub(crate) note: Option<Text>,
}

impl Resolved {
    pub(crate) fn exactly(addresses: AddressSet) -> Self {
        Self {
            sure: addresses.clone(),
            most: addresses,
            note: None,
        }
    }

    pub(crate) fn nothing() -> Self {
        Self::exactly(AddressSet::empty())
    }

    pub(crate) fn unread(note: &Text) -> Self {
        Self {
            sure: AddressSet::empty(),
            most: AddressSet::full(),
            note: Some(note.clone()),
        }
    }
}

/// The peers of a rule for packets from outside: a rule that names a filter means private addresses of its members
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>), and a named list stands for itself.
pub(crate) fn outside(peers: &Peers) -> Resolved {
    match peers {
        Peers::Addresses(addresses) => Resolved::exactly(addresses.clone()),
        Peers::Members(_) | Peers::Named(_) => Resolved::nothing(),
        Peers::Unread(note) => Resolved::unread(note),
    }
}

/// The peers of a rule for packets from one named list, whatever its addresses are. Rules over addresses count when
/// they hold for the whole internet.
pub(crate) fn from_list<'a>(name: &'a str) -> impl Fn(&Peers) -> Resolved + 'a {
    move |peers| match peers {
        Peers::Named(list) if list == name => Resolved::exactly(AddressSet::full()),
        Peers::Named(_) | Peers::Addresses(_) | Peers::Members(_) => Resolved::nothing(),
        Peers::Unread(note) => Resolved::unread(note),
    }
}

/// What a list of rules lets through.
pub(crate) fn passes(rules: &Known<Vec<Rule>>, resolve: &impl Fn(&Peers) -> Resolved) -> Reach {
    let rules = match rules {
        Known::Read(rules) => rules,
        Known::Unread(note) => return Reach::unknown(note.clone()),
    };
    let resolved: Vec<(&Rule, Resolved)> = rules.iter().map(|rule| (rule, resolve(&rule.peers))).collect();
    let certain = first_match(&resolved, Bound::Least);
    if resolved.iter().all(|(_, peers)| peers.note.is_none()) {
        return Reach::exactly(certain);
    }
    let possible = first_match(&resolved, Bound::Most);
    Reach {
        conditional: certain.clone(),
        certain,
        possible,
        unread: resolved
            .iter()
            .filter_map(|(_, peers)| peers.note.clone())
            .collect(),
        ..Reach::none()
    }
}

/// What one of several filters lets in; `None` for a filter that is not there.
pub(crate) fn any_passes(rules: impl Iterator<Item = Known<Reach>>) -> Reach {
    rules.fold(Reach::none(), |all, one| match one {
        Known::Read(reach) => all.or(&reach),
        Known::Unread(note) => all.or(&Reach::unknown(note)),
    })
}

/// The rules among `rules` that let a part of `traffic` through, as proofs.
pub(crate) fn proofs(
    rules: &Known<Vec<Rule>>,
    resolve: &impl Fn(&Peers) -> Resolved,
    traffic: &Traffic,
) -> Vec<Proof> {
    let Known::Read(rules) = rules else {
        return Vec::new();
    };
    let mut left = traffic.clone();
    let mut proofs = Vec::new();
    let ordered = rules.iter().any(|rule| rule.action == Action::Deny);
    for rule in rules {
        let matched = Traffic::new(&resolve(&rule.peers).most, &rule.services);
        let hit = left.intersection(&matched);
        if hit.is_empty() {
            continue;
        }
        if rule.action == Action::Allow {
            proofs.push(rule.proof.clone());
            if proofs.len() == MAX_PROOFS {
                break;
            }
        }
        if ordered {
            left = left.difference(&hit);
        }
    }
    proofs
}

/// What may come in when replies must pass `outbound`, the outgoing rules of a filter without memory.
///
/// Replies go to the port that the client sent from. Clients choose it: when only some of the usual ports are open, the
/// reach depends on the client.
pub(crate) fn with_replies(outbound: &Reach) -> Reach {
    let full = outbound.map(|traffic| traffic.map_services(|open| answered(open, Answered::FromUsualPorts)));
    let some = outbound.map(|traffic| traffic.map_services(|open| answered(open, Answered::FromSomePort)));
    if full == some {
        return full;
    }
    let condition = Text::new_static(CHOSEN_PORT);
    Reach {
        certain: full.certain,
        conditional: some.conditional,
        possible: some.possible,
        conditions: some.conditions.into_iter().chain([condition]).collect(),
        unread: some.unread,
    }
}

/// The filter's rules or the note why they are not known.
pub(crate) fn read<'a>(filter: Option<&'a Filter>, id: &str) -> Known<&'a Filter> {
    match filter {
        Some(filter) => Known::Read(filter),
        None => Known::Unread(format!("filter `{id}` was not read").into()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Least,
    Most,
}

/// The union of what rules allow that no earlier rule decides.
fn first_match(rules: &[(&Rule, Resolved)], bound: Bound) -> Traffic {
    if rules.iter().all(|(rule, _)| rule.action == Action::Allow) {
        let part = |(rule, peers): &(&Rule, Resolved)| {
            let addresses = match bound {
                Bound::Least => &peers.sure,
                Bound::Most => &peers.most,
            };
            Traffic::new(addresses, &rule.services)
        };
        return Traffic::union_all(rules.iter().map(part).collect());
    }
    let mut allowed = Traffic::none();
    let mut undecided = Traffic::all();
    for (rule, peers) in rules {
        let addresses = match (bound, rule.action) {
            (Bound::Least, Action::Allow) | (Bound::Most, Action::Deny) => &peers.sure,
            (Bound::Least, Action::Deny) | (Bound::Most, Action::Allow) => &peers.most,
        };
        let matched = undecided.within(addresses, &rule.services);
        if rule.action == Action::Allow {
            allowed = allowed.union(&matched);
        }
        undecided = undecided.difference(&matched);
        if undecided.is_empty() {
            break;
        }
    }
    allowed
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    FromUsualPorts,
    FromSomePort,
}

/// The protocols, each with all its ports, whose replies `open` lets through.
fn answered(open: &ServiceSet, answered: Answered) -> ServiceSet {
    if *open == ServiceSet::all() {
        return open.clone();
    }
    let mut protocols = Vec::new();
    for protocol in open.protocols() {
        let usual = ServiceSet::ports(protocol, EPHEMERAL.0, EPHEMERAL.1);
        let enough = match (protocol, answered) {
            (TCP | UDP, Answered::FromUsualPorts) => usual.is_subset(open),
            (_, Answered::FromUsualPorts | Answered::FromSomePort) => true,
        };
        if enough {
            protocols.extend(ServiceSet::protocol(protocol).ranges().iter().copied());
        }
    }
    RangeSet::from_ranges(protocols)
}
