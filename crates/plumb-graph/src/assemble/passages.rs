//! Passages: by which ways a request may come where policies look at the VPC endpoint that it comes through.
//!
//! A request that some policy admits through certain endpoints only is asked once for each of them, with the policy of the
//! endpoint as one more that must permit it; once over the internet; and once through an endpoint of anybody's own.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use plumb_iam::directory::{Directory, Member};
use plumb_iam::endpoint::Endpoint;
use plumb_iam::keys::Context;
use plumb_iam::passages::{Likeness, Places};
use plumb_iam::policy::NamedPolicy;
use plumb_iam::principal::Tags;
use plumb_iam::truth::Truth;
use plumb_iam::vantage;
use plumb_model::graph::NodeKind;
use plumb_model::path::{Certainty, Proof};
use plumb_model::value::Text;
use plumb_net::estate::Estate;
use plumb_net::reach;

use crate::assemble::assets::{AssetGroup, asset, policies};
use crate::assemble::permission::{Permissions, resource};
use crate::assemble::question::{Asker, Asking, Question};
use crate::assemble::{Assembly, Outcome};
use crate::graph::NodeId;

/// How many endpoints that are not equal are asked about one question.
const MAX_ENDPOINTS: usize = 64;

/// How many endpoints have a step of their own; of more, one step says how many there are.
const MAX_STEPS: usize = 4;

/// A request over the internet, wherever it comes from.
static OVER_INTERNET: LazyLock<Context> = LazyLock::new(|| vantage::from_internet(None));

/// A request through an endpoint in a network of one's own.
static OWN_NETWORK: LazyLock<Context> = LazyLock::new(vantage::from_own_network);

/// The VPC endpoints of an estate as the graph uses them.
#[derive(Default)]
pub(crate) struct Entries {
    /// Whether any policy looks at the endpoint that a request comes through.
    pub(super) matter: bool,
    /// The workloads that certainly get through an endpoint, by its place, with what shows it.
    pub(super) users: HashMap<usize, Vec<(NodeId, Vec<Proof>)>>,
}

/// The ways by which something is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ways {
    /// From anywhere, though perhaps under conditions.
    plain: Option<Outcome>,
    /// Through endpoints, by place: for whoever is in their network.
    through: Vec<(usize, Outcome)>,
    /// Through endpoints that were not read.
    unread: Option<Outcome>,
}

impl Ways {
    /// Changes what each way says.
    pub(crate) fn map(self, change: impl Fn(Outcome) -> Outcome) -> Self {
        let through = self.through.into_iter();
        Self {
            plain: self.plain.map(&change),
            through: through.map(|(at, outcome)| (at, change(outcome))).collect(),
            unread: self.unread.map(&change),
        }
    }

    /// What tells one from another.
    pub(crate) fn kind(&self) -> Vec<(usize, Certainty)> {
        let through = self.through.iter();
        through.map(|(at, outcome)| (*at, outcome.certainty)).collect()
    }

    /// For whoever is in the network of an endpoint, without a further condition.
    pub(crate) fn certain(&self) -> impl Iterator<Item = (usize, &Outcome)> {
        let through = self.through.iter().map(|(at, outcome)| (*at, outcome));
        through.filter(|(_, outcome)| outcome.certainty == Certainty::Certain)
    }

    /// The steps of somebody who may be anywhere: the surest ways, with what they hang on.
    pub(crate) fn steps(&self, directory: &Directory) -> Vec<Outcome> {
        let is_stated = |outcome: &Outcome| outcome.certainty != Certainty::Possible;
        if let Some(plain) = self.plain.as_ref().filter(|plain| is_stated(plain)) {
            return vec![plain.clone()];
        }
        let all = directory.endpoints().all();
        let through: Vec<(&Endpoint, &Outcome)> = self
            .through
            .iter()
            .filter_map(|(at, outcome)| Some((all.get(*at)?, outcome)))
            .collect();
        let stated: Vec<_> = through.iter().filter(|(_, outcome)| is_stated(outcome)).collect();
        if stated.len() > MAX_STEPS {
            let outcome = stated.first().map(|(endpoint, outcome)| {
                let mut outcome = (*outcome).clone();
                // Any one of them will do, so it rests on none of their policies.
                outcome.proofs.retain(|proof| proof.resource != endpoint.uid);
                let within = format!("the request comes through one of {} VPC endpoints", stated.len());
                outcome.on_condition(Text::from(within))
            });
            return outcome.into_iter().collect();
        }
        if stated.is_empty() {
            let possible = through
                .first()
                .map(|(endpoint, outcome)| from_within(endpoint, outcome));
            let best = Outcome::or(self.plain.clone(), self.unread.clone());
            return Outcome::or(best, possible).into_iter().collect();
        }
        stated
            .into_iter()
            .map(|(endpoint, outcome)| from_within(endpoint, outcome))
            .collect()
    }
}

impl Entries {
    /// Looks at all policies and networks.
    pub(super) fn new(assembly: &Assembly<'_>, directory: &Directory, network: &Estate) -> Self {
        if !are_looked_at(assembly, directory) {
            return Self::default();
        }
        let by_uid: HashMap<&Text, usize> = directory
            .endpoints()
            .all()
            .iter()
            .enumerate()
            .map(|(at, endpoint)| (&endpoint.uid, at))
            .collect();
        let mut users: HashMap<usize, Vec<(NodeId, Vec<Proof>)>> = HashMap::new();
        for found in network.entry_uses() {
            let (Some(at), Some(group)) = (by_uid.get(&found.entry), network.groups().get(found.group))
            else {
                continue;
            };
            if found.certainty != reach::Certainty::Certain {
                continue;
            }
            let proofs: Vec<Proof> = found
                .proofs
                .iter()
                .map(|proof| Proof {
                    resource: proof.resource.clone(),
                    attribute: proof.attribute.clone(),
                    detail: proof.detail.clone(),
                })
                .collect();
            let members = group.members.iter();
            let nodes = members
                .filter_map(|member| assembly.node_of(&member.uid))
                .filter(|node| {
                    let info = assembly.info(*node);
                    info.is_some_and(|info| info.kind == NodeKind::Workload)
                });
            users
                .entry(*at)
                .or_default()
                .extend(nodes.map(|node| (node, proofs.clone())));
        }
        for users in users.values_mut() {
            users.sort();
            users.dedup_by_key(|(node, _)| *node);
        }
        Self { matter: true, users }
    }
}

impl Permissions<'_, '_> {
    /// The answer to a question about the first member of a group, by whatever ways requests may come.
    pub(super) fn ask(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        class: Option<usize>,
        group: &AssetGroup,
        question: Question<'_>,
    ) -> Option<Outcome> {
        let open = self.ask_by(assembly, asking, class, group, question)?;
        let Asker::Member(member) = asking.who else {
            return Some(open);
        };
        if open.certainty == Certainty::Certain || !self.entries.matter {
            return Some(open);
        }
        let over_internet = self.ask_by(assembly, asking.with(&OVER_INTERNET), class, group, question);
        if over_internet.as_ref().is_some_and(|outcome| {
            // No condition looks at endpoints, or none is needed.
            *outcome == open || outcome.certainty == Certainty::Certain
        }) {
            return over_internet;
        }
        let own_network = self.ask_by(assembly, asking.with(&OWN_NETWORK), class, group, question);
        let own_network = own_network.map(|outcome| {
            let clause = "the request comes through a VPC endpoint, which everybody with an account can make";
            outcome.on_condition(Text::new_static(clause))
        });
        let places = self.places(assembly, Some(member), group);
        let through = self.through_endpoints(
            assembly,
            asking,
            class,
            (group, question),
            &places,
            own_network.as_ref(),
        );
        let directory = self.directory;
        let unread = self.through_unread(assembly, asking, class, (group, question), &places);
        let ways = Ways {
            plain: Outcome::or(over_internet, own_network),
            through,
            unread,
        };
        let surest = ways
            .steps(directory)
            .into_iter()
            .min_by_key(|outcome| outcome.certainty)?;
        Some(Outcome {
            ways: Some(Box::new(ways)),
            ..surest
        })
    }

    /// What is possible through an endpoint that was not read.
    pub(super) fn through_unread(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        class: Option<usize>,
        (group, question): (&AssetGroup, Question<'_>),
        places: &Places,
    ) -> Option<Outcome> {
        let mut unread = self.directory.endpoints().unread(places).into_iter();
        unread.find_map(|(clause, context)| {
            let outcome = self.ask_by(assembly, asking.with(&context), class, group, question)?;
            let clause = format!("the request comes {clause}");
            Some(outcome.and(Outcome::possible(Text::from(clause))))
        })
    }

    /// What is possible through endpoints that were read, for whoever is in their network.
    pub(super) fn through_endpoints(
        &mut self,
        assembly: &Assembly<'_>,
        asking: Asking<'_>,
        class: Option<usize>,
        (group, question): (&AssetGroup, Question<'_>),
        places: &Places,
        own_network: Option<&Outcome>,
    ) -> Vec<(usize, Outcome)> {
        let Some(resource) = resource(assembly, group) else {
            return Vec::new();
        };
        let action = question.first_action();
        let directory = self.directory;
        let endpoints = directory.endpoints();
        let candidates = endpoints
            .towards(action, &resource.region)
            // One that no policy tells apart admits what any other does.
            .filter(|endpoint| own_network.is_some() || places.tell_apart(endpoint) != Truth::False);
        let mut known: BTreeMap<Likeness<'_>, Option<(&Endpoint, Outcome)>> = BTreeMap::new();
        let mut found = Vec::new();
        for endpoint in candidates {
            let likeness = places.likeness(endpoint, action);
            if !known.contains_key(&likeness) {
                if known.len() >= MAX_ENDPOINTS {
                    let why = format!("more than {MAX_ENDPOINTS} VPC endpoints come into question");
                    let place = endpoints.place_of(endpoint);
                    found.extend(place.map(|at| (at, Outcome::possible(Text::from(why)))));
                    break;
                }
                let context = endpoint.context(action);
                let asking = asking.through(endpoint, &context);
                let outcome = self.ask_by(assembly, asking, class, group, question);
                let outcome = outcome.map(|outcome| (endpoint, surely_there(endpoint, action, outcome)));
                known.insert(likeness.clone(), outcome);
            }
            let Some((equal, outcome)) = known.get(&likeness).and_then(Option::as_ref) else {
                continue;
            };
            let mut outcome = outcome.clone();
            for proof in outcome
                .proofs
                .iter_mut()
                .filter(|proof| proof.resource == equal.uid)
            {
                proof.resource = endpoint.uid.clone();
            }
            if let Some(at) = endpoints.place_of(endpoint) {
                found.push((at, outcome));
            }
        }
        found
    }

    /// What all policies that take part look at of the endpoint that a request comes through.
    pub(super) fn places(
        &self,
        assembly: &Assembly<'_>,
        member: Option<&Member>,
        group: &AssetGroup,
    ) -> Places {
        let mut places = Places::default();
        let mut note = |policy: &NamedPolicy| {
            if let Some(document) = policy.document() {
                places.note(document);
            }
        };
        let own = member.into_iter().flat_map(|member| policies(&member.policies));
        own.for_each(&mut note);
        for group in [Some(group), self.group_behind(assembly, group)]
            .into_iter()
            .flatten()
        {
            let Some(found) = resource(assembly, group) else {
                continue;
            };
            let asset = match self.directory.principal(&found.uid) {
                Some(role) => self.directory.role_asset(role),
                None => asset(assembly, self.directory, group.fragment, found, "*"),
            };
            asset.policies.policy.iter().for_each(&mut note);
            let control = asset.policies.resource_control.levels.iter().flatten();
            control.for_each(&mut note);
        }
        places
    }
}

/// What is possible through an endpoint, if it leads to the service at all.
fn surely_there(endpoint: &Endpoint, action: &str, outcome: Outcome) -> Outcome {
    match endpoint.serves(action) {
        Truth::True => outcome,
        Truth::False | Truth::Depends | Truth::Unknown => {
            let doubt = format!(
                "whether `{}` leads to the service was not understood",
                endpoint.id
            );
            outcome.and(Outcome::possible(Text::from(doubt)))
        }
    }
}

/// What is possible through an endpoint, for somebody who may be anywhere.
fn from_within(endpoint: &Endpoint, outcome: &Outcome) -> Outcome {
    let network = match &endpoint.network {
        Ok(network) => format!(" from within the network `{network}`"),
        Err(_) => String::new(),
    };
    let clause = format!(
        "the request comes through the VPC endpoint `{}`{network}",
        endpoint.id
    );
    Outcome {
        from: Some(Text::from(format!("through {}", endpoint.id))),
        ..outcome.clone().on_condition(Text::from(clause))
    }
}

/// Whether any policy of the estate looks at the endpoint that a request comes through.
fn are_looked_at(assembly: &Assembly<'_>, directory: &Directory) -> bool {
    let looks = |policy: &NamedPolicy| {
        let mut places = Places::default();
        policy
            .document()
            .into_iter()
            .for_each(|document| places.note(document));
        places.are_looked_at()
    };
    let members = directory.principals().iter();
    let mut own = members.flat_map(|member| policies(&member.policies).chain(&member.trust));
    let of_resources = || {
        let nodes = assembly.fragments.iter().flat_map(|fragment| &fragment.nodes);
        nodes.filter_map(|node| node.detail.as_deref()?.policy.as_ref())
    };
    let of_accounts = || {
        let accounts = assembly.fragments.iter().map(|fragment| {
            let account = fragment.account.id.as_str();
            directory
                .asset("*", account, Tags::Unspecified, None)
                .policies
                .resource_control
        });
        accounts.collect::<Vec<_>>()
    };
    own.any(looks)
        || of_resources().any(looks)
        || of_accounts()
            .iter()
            .any(|control| control.levels.iter().flatten().any(looks))
}
