//! `PolicyDocument`: a policy's statements, compiled and indexed by service.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use plumb_model::value::{Text, Value};

use crate::condition::Test;
use crate::glob::{Glob, Style};
use crate::keys::Keys;
use crate::pattern::Pattern;
use crate::principal::Principal;
use crate::principal_index::PrincipalIndex;
use crate::principal_pattern::PrincipalPattern;
use crate::request::{Extent, Target};
use crate::statement_reader;
use crate::truth::Truth;

/// Bytes of JSON that a document may have: two and a half times what the most generous service takes (100 KiB for a domain of
/// OpenSearch; S3 takes 20 KiB, a role 10 KiB). A larger one counts as not understood.
///
/// <https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html>.
pub const MAX_BYTES: usize = 256 * 1024;

/// Statements a document may have; AWS allows a few hundred at most by size.
pub const MAX_STATEMENTS: usize = 2_000;

/// Actions, resources, principals and condition values that a document may have in all.
pub const MAX_ELEMENTS: usize = 20_000;

/// A value together with what was wrong in its input.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<T> {
    /// What could be read; what could not is kept in it as unknown.
    pub value: T,
    /// What was wrong, for people.
    pub problems: Vec<Text>,
}

/// What a statement does when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It permits.
    Allow,
    /// It forbids, whatever else permits.
    Deny,
}

/// Whether the listed elements or all others are meant (`Action` or `NotAction`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listing {
    /// The listed ones.
    Only,
    /// All but the listed ones.
    AllBut,
}

impl Listing {
    /// What it means that an element is listed.
    pub fn applies(self, is_listed: Truth) -> Truth {
        match self {
            Self::Only => is_listed,
            Self::AllBut => !is_listed,
        }
    }
}

/// `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq)]
pub struct Actions {
    /// Which of the two.
    pub listing: Listing,
    /// The patterns, in lower case.
    pub patterns: Vec<Glob>,
}

impl Actions {
    /// Whether an action such as `s3:getobject`, in lower case, is meant.
    pub fn include(&self, action: &str) -> bool {
        let is_listed = self.patterns.iter().any(|pattern| pattern.matches(action));
        self.listing.applies(is_listed.into()) == Truth::True
    }
}

/// `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq)]
pub struct Resources {
    /// Which of the two.
    pub listing: Listing,
    /// The patterns.
    pub patterns: Vec<Pattern>,
}

impl Resources {
    /// Whether a resource is meant in a request with these keys.
    pub fn include(&self, target: &Target, keys: &dyn Keys) -> Truth {
        let is_listed = self
            .patterns
            .iter()
            .map(|pattern| match &target.extent {
                Extent::One => pattern.matches(&target.arn, keys),
                Extent::SomeOf(resources) => pattern.matches_some(resources, keys),
            })
            .fold(Truth::False, Truth::or);
        self.listing.applies(is_listed)
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq)]
pub struct Principals {
    /// Which of the two.
    pub listing: Listing,
    /// Those named.
    pub patterns: Vec<PrincipalPattern>,
    /// Finds those that may name somebody, where there are many.
    index: Option<Box<PrincipalIndex>>,
}

impl Principals {
    /// An element with these patterns.
    pub fn new(listing: Listing, patterns: Vec<PrincipalPattern>) -> Self {
        let index = PrincipalIndex::new((0u32..).zip(patterns.iter().map(Some)));
        Self {
            listing,
            patterns,
            index,
        }
    }

    /// The patterns that may name a principal; those that do are among them, in their order.
    pub(crate) fn candidates(&self, principal: &Principal) -> Vec<&PrincipalPattern> {
        match &self.index {
            Some(index) => index
                .candidates(principal)
                .into_iter()
                .filter_map(|at| self.patterns.get(at as usize))
                .collect(),
            None => self.patterns.iter().collect(),
        }
    }

    /// The patterns one of which must name a principal for the element to mean it; `None` alone stands for anybody.
    fn decisive(&self) -> impl Iterator<Item = Option<&PrincipalPattern>> + Clone {
        let (listed, others) = match self.listing {
            Listing::Only => (self.patterns.as_slice(), None),
            Listing::AllBut => (&[][..], Some(None)),
        };
        listed.iter().map(Some).chain(others)
    }
}

/// A statement that was understood whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Its position in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<Text>,
    /// What it does.
    pub effect: Effect,
    /// For which actions.
    pub actions: Actions,
    /// On which resources; `None` where the kind of policy has no such element, which means all.
    pub resources: Option<Resources>,
    /// For whom; `None` in policies that belong to a principal.
    pub principals: Option<Principals>,
    /// Under which conditions, all of which must hold.
    pub tests: Vec<Test>,
}

impl Statement {
    /// Whether it permits everything without a condition, to whom it is for: all actions that two unlike ones stand for.
    pub(crate) fn permits_everything(&self, unlike: [&str; 2]) -> bool {
        let everything = Glob::new("*", Style::Resource);
        let is_any = |pattern: &Glob| unlike.iter().all(|action| pattern.matches(action));
        let actions = &self.actions;
        self.effect == Effect::Allow
            && self.tests.is_empty()
            && actions.listing == Listing::Only
            && actions.patterns.iter().any(is_any)
            && self.resources.as_ref().is_some_and(|resources| {
                let mut patterns = resources.patterns.iter();
                resources.listing == Listing::Only && patterns.any(|pattern| *pattern.widest() == everything)
            })
    }
}

/// A statement of which something could not be read or understood.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadStatement {
    /// Its position in the document; `None` when that is unknown too.
    pub index: Option<usize>,
    /// What it would do, when that much is known.
    pub effect: Option<Effect>,
    /// For which actions, when that much is known.
    pub actions: Option<Actions>,
    /// What could not be read, for people.
    pub why: Text,
}

impl UnreadStatement {
    /// Whether it may have this effect on the action, which is in lower case.
    pub fn may(&self, effect: Effect, action: &str) -> bool {
        self.effect.is_none_or(|own| own == effect)
            && self
                .actions
                .as_ref()
                .is_none_or(|actions| actions.include(action))
    }
}

/// A policy document, ready for evaluation.
///
/// INVARIANT: what could not be read is in `unread`; nothing of the input is dropped silently.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyDocument {
    statements: Box<[Statement]>,
    unread: Vec<UnreadStatement>,
    /// Positions in `statements` by the service of their actions, in lower case; sorted.
    by_service: Vec<(Text, Vec<usize>)>,
    /// Positions of statements whose actions are of no one service.
    of_any_service: Vec<usize>,
    /// Positions in `statements` by whom they may mean, where they name many.
    by_principal: Option<Box<PrincipalIndex>>,
    fingerprint: (u64, u64),
}

impl PolicyDocument {
    /// Reads a document as the cloud gives it, with its own capitalisation.
    ///
    /// Null is an empty document. What is malformed or unreadable becomes an unread statement and a problem, and so does a
    /// whole document of more than [`MAX_BYTES`].
    pub fn read(document: &Value) -> Parsed<Self> {
        let text = document.to_string();
        let read = match text.len() {
            0..=MAX_BYTES => statement_reader::read(document),
            actual => statement_reader::too_large(actual),
        };
        let mut by_service: BTreeMap<Text, Vec<usize>> = BTreeMap::new();
        let mut of_any_service = Vec::new();
        for (at, statement) in read.statements.iter().enumerate() {
            match services(&statement.actions) {
                Some(services) => {
                    for service in services {
                        let positions = by_service.entry(service).or_default();
                        if positions.last() != Some(&at) {
                            positions.push(at);
                        }
                    }
                }
                None => of_any_service.push(at),
            }
        }
        let meant = (0u32..).zip(&read.statements).flat_map(|(at, statement)| {
            let named = statement.principals.iter().flat_map(Principals::decisive);
            let anybody = statement.principals.is_none().then_some(None);
            named.chain(anybody).map(move |pattern| (at, pattern))
        });
        let names_somebody = read
            .statements
            .iter()
            .any(|statement| statement.principals.is_some());
        let by_principal = names_somebody.then(|| PrincipalIndex::new(meant)).flatten();
        let value = Self {
            by_principal,
            statements: read.statements.into_boxed_slice(),
            unread: read.unread,
            by_service: by_service.into_iter().collect(),
            of_any_service,
            fingerprint: fingerprint(&text),
        };
        let problems = read.problems;
        Parsed { value, problems }
    }

    /// The statements that were understood.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The statements that were not.
    pub fn unread(&self) -> &[UnreadStatement] {
        &self.unread
    }

    /// The understood statements that are about an action, which is in lower case; in no particular order.
    pub fn about<'a, 'b>(&'a self, action: &'b str) -> impl Iterator<Item = &'a Statement> + use<'a, 'b> {
        let service = action.split_once(':').map_or(action, |(service, _)| service);
        let place = self
            .by_service
            .binary_search_by(|(own, _)| own.as_str().cmp(service));
        let of_service = place.ok().and_then(|place| self.by_service.get(place));
        let of_service = of_service.map_or(&[][..], |(_, positions)| positions.as_slice());
        self.of_any_service
            .iter()
            .chain(of_service)
            .filter_map(|at| self.statements.get(*at))
            .filter(|statement| statement.actions.include(action))
    }

    /// The understood statements about an action that may mean a principal; in no particular order.
    pub(crate) fn about_for<'a>(&'a self, action: &str, principal: &Principal) -> Vec<&'a Statement> {
        match &self.by_principal {
            Some(index) => index
                .candidates(principal)
                .into_iter()
                .filter_map(|at| self.statements.get(at as usize))
                .filter(|statement| statement.actions.include(action))
                .collect(),
            None => self.about(action).collect(),
        }
    }

    /// A number pair that equal documents share and different ones do not.
    pub fn fingerprint(&self) -> (u64, u64) {
        self.fingerprint
    }
}

/// The services that the actions name; `None` when they may be of any.
fn services(actions: &Actions) -> Option<Vec<Text>> {
    match actions.listing {
        Listing::AllBut => None,
        Listing::Only => actions
            .patterns
            .iter()
            .map(|pattern| {
                let prefix = pattern.prefix();
                prefix.split_once(':').map(|(service, _)| Text::from(service))
            })
            .collect(),
    }
}

fn fingerprint(text: &str) -> (u64, u64) {
    let hash = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, text).hash(&mut hasher);
        hasher.finish()
    };
    (hash(0), hash(1))
}
