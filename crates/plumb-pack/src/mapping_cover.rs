//! `Cover`: which parts of a document mappings give.

use std::collections::BTreeMap;

use plumb_model::value::Text;

use crate::mapping::{Mapping, Rule};

/// Which parts of a document, or of a value in it, are given; steps into lists are left out, as in the uses of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    /// All of it.
    Whole,
    /// Those members, each as far as it says.
    Members(BTreeMap<Text, Cover>),
}

impl Default for Cover {
    fn default() -> Self {
        Self::Members(BTreeMap::new())
    }
}

impl Cover {
    /// What one mapping gives.
    pub fn of(mapping: &Mapping) -> Self {
        members(&mapping.attributes)
    }

    /// Adds what another gives.
    pub fn add(&mut self, other: Cover) {
        match (&mut *self, other) {
            (Self::Whole, _) => {}
            (Self::Members(_), Self::Whole) => *self = Self::Whole,
            (Self::Members(members), Self::Members(others)) => {
                for (name, other) in others {
                    members.entry(name).or_default().add(other);
                }
            }
        }
    }

    /// Whether what stands at a path is given, at least in part.
    pub fn covers(&self, path: &[Text]) -> bool {
        let mut place = self;
        for step in path {
            match place {
                Self::Whole => return true,
                Self::Members(members) => match members.get(step) {
                    Some(next) => place = next,
                    None => return false,
                },
            }
        }
        true
    }
}

fn members(fields: &[(Text, Rule)]) -> Cover {
    let mut cover = Cover::default();
    for (name, rule) in fields {
        cover.add(Cover::Members(BTreeMap::from([(name.clone(), of_rule(rule))])));
    }
    cover
}

fn of_rule(rule: &Rule) -> Cover {
    match rule {
        // The keys are those of the code, so paths through them cannot be told apart.
        Rule::First { .. }
        | Rule::Entries { .. }
        | Rule::Fixed(_)
        | Rule::Unknown(_)
        | Rule::Text(_)
        | Rule::Present { .. } => Cover::Whole,
        Rule::Object { fields, .. } => members(fields),
        Rule::Each { to, .. } | Rule::When { to, .. } | Rule::Entry { to, .. } => of_rule(to),
        Rule::List(rules) | Rule::Either(rules) => {
            let mut cover = Cover::default();
            for rule in rules {
                cover.add(of_rule(rule));
            }
            cover
        }
    }
}
