//! `Reach`: traffic with how certain it is, and `Certainty`, the word for it in reports.

use std::collections::BTreeSet;
use std::fmt;

use plumb_model::value::Text;

use crate::address::AddressSet;
use crate::service::ServiceSet;
use crate::traffic::Traffic;

/// The most notes that are kept of one kind; more say nothing new.
const MAX_NOTES: usize = 16;

/// How certain a reach is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Everything that decides was read, and it is open.
    Certain,
    /// Open under a condition that no configuration tells.
    Conditional(Text),
    /// Open or not: what was not read decides.
    Possible(Vec<Text>),
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certain => f.write_str("certain"),
            Self::Conditional(condition) => write!(f, "conditional: {condition}"),
            Self::Possible(unread) => write!(f, "possible: {}", unread.join("; ")),
        }
    }
}

/// What is let through, as three nested sets.
///
/// INVARIANT: `certain` is a subset of `conditional`, and that of `possible`. Union and intersection keep this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Let through for certain.
    pub certain: Traffic,
    /// Let through when the conditions hold.
    pub conditional: Traffic,
    /// Let through when everything unread is as open as it can be.
    pub possible: Traffic,
    /// The conditions.
    pub conditions: BTreeSet<Text>,
    /// What was not read.
    pub unread: BTreeSet<Text>,
}

impl Reach {
    /// Nothing is let through.
    pub fn none() -> Self {
        Self::default()
    }

    /// Exactly this is let through.
    pub fn exactly(traffic: Traffic) -> Self {
        Self {
            certain: traffic.clone(),
            conditional: traffic.clone(),
            possible: traffic,
            ..Self::default()
        }
    }

    /// Everything is let through.
    pub fn all() -> Self {
        Self::exactly(Traffic::all())
    }

    /// This may be let through; `note` says what was not read.
    pub fn perhaps(traffic: Traffic, note: impl Into<Text>) -> Self {
        Self {
            possible: traffic,
            unread: BTreeSet::from([note.into()]),
            ..Self::default()
        }
    }

    /// This is let through when `condition` holds.
    pub fn when(traffic: Traffic, condition: impl Into<Text>) -> Self {
        Self {
            conditional: traffic.clone(),
            possible: traffic,
            conditions: BTreeSet::from([condition.into()]),
            ..Self::default()
        }
    }

    /// Nothing is known.
    pub fn unknown(note: impl Into<Text>) -> Self {
        Self::perhaps(Traffic::all(), note)
    }

    /// Whether nothing can be let through.
    pub fn is_empty(&self) -> bool {
        self.possible.is_empty()
    }

    /// What both let through.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if self.certain.is_all() {
            return other.clone();
        }
        if other.certain.is_all() {
            return self.clone();
        }
        self.combine(other, Traffic::intersection)
    }

    /// What one of them lets through.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.combine(other, Traffic::union)
    }

    /// The part with peers among `addresses` and services among `services`.
    #[must_use]
    pub fn within(&self, addresses: &AddressSet, services: &ServiceSet) -> Self {
        self.and(&Self::exactly(Traffic::new(addresses, services)))
    }

    /// Applies one change to all three sets; it must keep subsets subsets.
    #[must_use]
    pub fn map(&self, change: impl Fn(&Traffic) -> Traffic) -> Self {
        let certain = change(&self.certain);
        let conditional = if self.conditional == self.certain {
            certain.clone()
        } else {
            change(&self.conditional)
        };
        let possible = if self.possible == self.conditional {
            conditional.clone()
        } else {
            change(&self.possible)
        };
        Self {
            certain,
            conditional,
            possible,
            conditions: self.conditions.clone(),
            unread: self.unread.clone(),
        }
        .tidied()
    }

    /// Nothing of it is certain any more: `condition` must hold as well.
    #[must_use]
    pub fn under(mut self, condition: impl Into<Text>) -> Self {
        self.certain = Traffic::none();
        self.conditions.insert(condition.into());
        self.tidied()
    }

    /// Nothing of it is known any more: `note` was not read.
    #[must_use]
    pub fn doubted(mut self, note: impl Into<Text>) -> Self {
        self.certain = Traffic::none();
        self.conditional = Traffic::none();
        self.conditions.clear();
        self.unread.insert(note.into());
        self.tidied()
    }

    /// The parts with their certainty, the most certain first; empty parts are left out.
    ///
    /// A service that is less certain for some addresses is told with all addresses that it is that certain for or more:
    /// `0.0.0.0/0` says more than the prefixes that are left when a certain one is taken out.
    pub fn parts(&self) -> Vec<(Traffic, Certainty)> {
        let mut parts = Vec::new();
        if !self.certain.is_empty() {
            parts.push((self.certain.clone(), Certainty::Certain));
        }
        let beyond = |wider: &Traffic, narrower: &Traffic| {
            let services = wider.difference(narrower).services();
            wider.within(&AddressSet::full(), &services)
        };
        let conditional = beyond(&self.conditional, &self.certain);
        if !conditional.is_empty() {
            let conditions: Vec<&str> = self.conditions.iter().map(Text::as_str).collect();
            let condition = conditions.join("; ");
            parts.push((conditional, Certainty::Conditional(condition.into())));
        }
        let possible = beyond(&self.possible, &self.conditional);
        if !possible.is_empty() {
            let unread = self.unread.iter().cloned().collect();
            parts.push((possible, Certainty::Possible(unread)));
        }
        parts
    }

    fn combine(&self, other: &Self, join: impl Fn(&Traffic, &Traffic) -> Traffic) -> Self {
        let certain = join(&self.certain, &other.certain);
        let settled = |reach: &Self| reach.conditional == reach.certain;
        let conditional = if settled(self) && settled(other) {
            certain.clone()
        } else {
            join(&self.conditional, &other.conditional)
        };
        let read = |reach: &Self| reach.possible == reach.conditional;
        let possible = if read(self) && read(other) {
            conditional.clone()
        } else {
            join(&self.possible, &other.possible)
        };
        let both = |a: &BTreeSet<Text>, b: &BTreeSet<Text>| a.union(b).take(MAX_NOTES).cloned().collect();
        Self {
            certain,
            conditional,
            possible,
            conditions: both(&self.conditions, &other.conditions),
            unread: both(&self.unread, &other.unread),
        }
        .tidied()
    }

    /// Forgets notes that no part needs any more.
    fn tidied(mut self) -> Self {
        if self.conditional == self.certain {
            self.conditions.clear();
        }
        if self.possible == self.conditional {
            self.unread.clear();
        }
        self
    }
}
