//! `Endpoints`: the VPC endpoints of an estate, and by which ways requests may come as far as policies tell these apart.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::value::Text;

use crate::condition::Test;
use crate::document::PolicyDocument;
use crate::endpoint::{Endpoint, EndpointKind};
use crate::keys::Context;
use crate::operator::{Comparison, Operand};
use crate::principal::Membership;
use crate::truth::Truth;
use crate::vantage::{
    self, NOT_NAMED, SOURCE_VPC, SOURCE_VPC_ARN, SOURCE_VPCE, VPCE_ACCOUNT, VPCE_ORG_ID, VPCE_ORG_PATHS,
};

/// How many endpoints that were not read are told apart; beyond, they count as one of which nothing is known.
const MAX_UNREAD: usize = 64;

/// The keys by which policies tell endpoints apart.
const KEYS: [&str; 6] = [
    SOURCE_VPCE,
    SOURCE_VPC,
    SOURCE_VPC_ARN,
    VPCE_ACCOUNT,
    VPCE_ORG_ID,
    VPCE_ORG_PATHS,
];

/// The VPC endpoints of an estate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoints {
    /// Sorted by id.
    all: Vec<Endpoint>,
    /// The accounts of networks, by id.
    networks: BTreeMap<Text, Text>,
    /// For each account why it may have further endpoints, if it may.
    accounts: BTreeMap<Text, Option<Text>>,
}

/// A way by which a request may come that is not the internet.
#[derive(Clone, Debug, PartialEq)]
pub enum Passage<'e> {
    /// Through an endpoint that was read.
    Endpoint(&'e Endpoint),
    /// Through one in a network that anybody made; policies name neither.
    OwnNetwork,
    /// Through one that was not read; a clause says which.
    Unread(Text),
}

impl Endpoints {
    pub(crate) fn add_account(&mut self, account: &Text, networks: Vec<Text>, unread: Option<Text>) {
        let networks = networks.into_iter().map(|network| (network, account.clone()));
        self.networks.extend(networks);
        self.accounts.insert(account.clone(), unread);
    }

    pub(crate) fn add(&mut self, endpoints: impl IntoIterator<Item = Endpoint>) {
        self.all.extend(endpoints);
        self.all.sort_by(|a, b| (&a.id, &a.uid).cmp(&(&b.id, &b.uid)));
        // Participants of a shared network see the endpoints of its owner.
        self.all.dedup_by(|next, kept| next.id == kept.id);
    }

    /// All that were read, sorted by id.
    pub fn all(&self) -> &[Endpoint] {
        &self.all
    }

    /// An endpoint by id.
    pub fn get(&self, id: &str) -> Option<&Endpoint> {
        let at = self
            .all
            .binary_search_by(|endpoint| endpoint.id.as_str().cmp(id))
            .ok()?;
        self.all.get(at)
    }

    /// The place of an endpoint among all.
    pub fn place_of(&self, endpoint: &Endpoint) -> Option<usize> {
        let by_id = |other: &Endpoint| other.id.cmp(&endpoint.id);
        self.all.binary_search_by(by_id).ok()
    }

    /// Those through which requests for an action may go to a region; a region that is empty or `global` may be any.
    pub fn towards(&self, action: &str, region: &str) -> impl Iterator<Item = &Endpoint> {
        let is_there = move |endpoint: &&Endpoint| {
            matches!(region, "" | "global") || endpoint.region.is_empty() || endpoint.region == region
        };
        let serves = action.to_owned();
        let all = self.all.iter().filter(is_there);
        all.filter(move |endpoint| endpoint.serves(&serves).is_possible())
    }

    /// The endpoints that policies speak of and that were not read, with what requests through them say of where they come from.
    pub fn unread(&self, places: &Places) -> Vec<(Text, Context)> {
        if KEYS.iter().any(|key| places.open.contains(key)) {
            let any = Text::new_static("through a VPC endpoint that was not read");
            return vec![(any, vantage::through_some_endpoint())];
        }
        let named = |key: &str| -> BTreeSet<&Text> {
            let tests = places.tests.iter().filter(|(own, _)| *own == key);
            tests.flat_map(|(_, values)| values).collect()
        };
        let except = |keys: &[&str]| {
            let others = NOT_NAMED.into_iter().filter(|(key, _)| !keys.contains(key));
            others.fold(vantage::through_some_endpoint(), |context, (key, value)| {
                context.with(key, value)
            })
        };
        let endpoints = named(SOURCE_VPCE)
            .into_iter()
            .filter(|id| self.get(id).is_none())
            .map(|id| {
                let context = vantage::through_some_endpoint().with(SOURCE_VPCE, id.clone());
                (
                    format!("through the VPC endpoint `{id}`, which is not among what was read"),
                    context,
                )
            });
        let networks = named(SOURCE_VPC).into_iter().filter_map(|id| {
            let why = self.may_be_in(id)?;
            let context = except(&[SOURCE_VPC, SOURCE_VPC_ARN, VPCE_ACCOUNT]).with(SOURCE_VPC, id.clone());
            Some((
                format!("through a VPC endpoint in the network `{id}`: {why}"),
                context,
            ))
        });
        let by_arn = named(SOURCE_VPC_ARN).into_iter().filter_map(|arn| {
            let why = self.may_be_in(arn.rsplit('/').next().unwrap_or_default())?;
            let context =
                except(&[SOURCE_VPC, SOURCE_VPC_ARN, VPCE_ACCOUNT]).with(SOURCE_VPC_ARN, arn.clone());
            Some((
                format!("through a VPC endpoint in the network `{arn}`: {why}"),
                context,
            ))
        });
        let accounts = named(VPCE_ACCOUNT).into_iter().filter_map(|account| {
            let why = self.may_be_of(account)?;
            let context = except(&[VPCE_ACCOUNT]).with(VPCE_ACCOUNT, account.clone());
            Some((
                format!("through a VPC endpoint of account {account}: {why}"),
                context,
            ))
        });
        let any_of_organization = [VPCE_ORG_ID, VPCE_ORG_PATHS]
            .iter()
            .any(|key| !named(key).is_empty());
        let organization = any_of_organization.then(|| {
            let text = "through a VPC endpoint of an account of the organization that was not read";
            (text.to_owned(), except(&[]))
        });
        let found: Vec<(Text, Context)> = endpoints
            .chain(networks)
            .chain(by_arn)
            .chain(accounts)
            .chain(organization)
            .map(|(text, context)| (Text::from(text), context))
            .take(MAX_UNREAD + 1)
            .collect();
        if found.len() > MAX_UNREAD {
            let any = format!("through one of more than {MAX_UNREAD} VPC endpoints that were not read");
            return vec![(Text::from(any), vantage::through_some_endpoint())];
        }
        found
    }

    /// Why a network may have endpoints that were not read, if it may.
    fn may_be_in(&self, network: &str) -> Option<Text> {
        match self.networks.get(network) {
            Some(account) => self.may_be_of(account),
            None => Some(Text::new_static("the network is not among what was read")),
        }
    }

    /// Why an account may have endpoints that were not read, if it may.
    fn may_be_of(&self, account: &str) -> Option<Text> {
        match self.accounts.get(account) {
            Some(unread) => unread.clone(),
            None => Some(Text::new_static("the account is not part of the estate")),
        }
    }
}

/// What makes endpoints equal: those with the same get the same answer to every question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Likeness<'e> {
    policy: Option<(u64, u64)>,
    kind: EndpointKind,
    serves: Truth,
    /// For each test whether it names the endpoint.
    named: Vec<Truth>,
    membership: Option<&'e Membership>,
    id: Option<&'e Text>,
}

/// What policies look at of the endpoint that a request comes through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The values that their tests name, each test once.
    tests: BTreeSet<(&'static str, BTreeSet<Text>)>,
    /// The keys that they look at in another way, so that names do not tell what satisfies them.
    open: BTreeSet<&'static str>,
}

impl Places {
    /// Whether they look at it at all.
    pub fn are_looked_at(&self) -> bool {
        !self.tests.is_empty() || !self.open.is_empty()
    }

    /// Adds the tests of a document.
    pub fn note(&mut self, document: &PolicyDocument) {
        for statement in document.statements() {
            for test in &statement.tests {
                self.note_test(test);
            }
            let patterns = statement
                .resources
                .iter()
                .flat_map(|resources| &resources.patterns);
            for key in patterns.flat_map(|pattern| pattern.variables()) {
                self.open.extend(of_place(key));
            }
        }
    }

    /// Whether they may tell an endpoint apart from one that nobody names.
    pub fn tell_apart(&self, endpoint: &Endpoint) -> Truth {
        let mut tests = self.tests.iter();
        let is_named = tests.any(|(key, values)| match *key {
            VPCE_ORG_ID | VPCE_ORG_PATHS => true,
            key => names(key, values, endpoint) != Truth::False,
        });
        Truth::from(is_named || !self.open.is_empty())
    }

    /// What makes endpoints equal for these policies and by their own.
    pub fn likeness<'e>(&self, endpoint: &'e Endpoint, action: &str) -> Likeness<'e> {
        let document = endpoint.policy.document();
        let mut own = Self::default();
        document.into_iter().for_each(|document| own.note(document));
        // One that was not read, or that looks at where requests come from, is like no other.
        let is_known = document.is_some() && endpoint.network.is_ok() && !own.are_looked_at();
        let is_single = !is_known || !self.open.is_empty();
        let of_organization = |(key, _): &&(&str, _)| matches!(*key, VPCE_ORG_ID | VPCE_ORG_PATHS);
        Likeness {
            policy: document.map(PolicyDocument::fingerprint),
            kind: endpoint.kind,
            serves: endpoint.serves(action),
            named: self
                .tests
                .iter()
                .map(|(key, values)| names(key, values, endpoint))
                .collect(),
            membership: self
                .tests
                .iter()
                .find(of_organization)
                .map(|_| &endpoint.membership),
            id: is_single.then_some(&endpoint.id),
        }
    }

    fn note_test(&mut self, test: &Test) {
        for key in test.keys().skip(1) {
            self.open.extend(of_place(key));
        }
        let Some(key) = of_place(&test.key) else {
            return;
        };
        let mut values = BTreeSet::new();
        let operands = match test.operator.comparison {
            Comparison::Null => &[][..],
            Comparison::Pattern(_)
            | Comparison::Numeric(_)
            | Comparison::Date(_)
            | Comparison::Bool
            | Comparison::Binary
            | Comparison::Ip => test.operands.as_slice(),
        };
        for operand in operands {
            match operand {
                Operand::Pattern(pattern) => match pattern.widest().literal() {
                    Some(text) if pattern.variables().next().is_none() => _ = values.insert(Text::from(text)),
                    Some(_) | None => _ = self.open.insert(key),
                },
                Operand::Number(_)
                | Operand::Time(_)
                | Operand::Bool(_)
                | Operand::Binary(_)
                | Operand::Network(..)
                | Operand::Never => {}
            }
        }
        self.tests.insert((key, values));
    }
}

/// Whether values of a key name an endpoint.
fn names(key: &str, values: &BTreeSet<Text>, endpoint: &Endpoint) -> Truth {
    match key {
        SOURCE_VPCE => values.contains(&endpoint.id).into(),
        SOURCE_VPC | SOURCE_VPC_ARN => match &endpoint.network {
            Ok(network) => values
                .iter()
                .any(|value| value.rsplit('/').next() == Some(network))
                .into(),
            Err(_) => Truth::Unknown,
        },
        VPCE_ACCOUNT => values.contains(&endpoint.account).into(),
        _ => Truth::False,
    }
}

/// The key, where it tells endpoints apart.
fn of_place(key: &str) -> Option<&'static str> {
    KEYS.into_iter().find(|known| *known == key)
}
