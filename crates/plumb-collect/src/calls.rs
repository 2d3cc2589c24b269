//! The calls of a plan: which, where, how often, what for, and with which permissions.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::value::Text;
use plumb_pack::recipe::{Call, CallScope, Descend, Fact, FactKind, Origin};
use serde::Serialize;

use crate::plan::{Plan, TypePlan};

/// One operation that a scan calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedCall {
    /// The service's name in the API model.
    pub service: Text,
    /// For example `GetBucketEncryption`.
    pub operation: Text,
    /// How often it is called.
    pub frequency: Frequency,
    /// The IAM actions it needs.
    pub actions: Vec<Text>,
    /// What it reads, sorted: a type, or an attribute as `type.attribute`.
    pub reads: Vec<Need>,
}

/// What a call reads and who needs that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Need {
    /// A type, or an attribute as `type.attribute`.
    pub what: Text,
    /// The policies that need it, sorted.
    pub needed_by: Vec<Text>,
}

/// How often an operation is called; pages and retries come on top.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Once for the account.
    PerAccount,
    /// Once in every region.
    PerRegion,
    /// Once for so many resources of a type.
    PerBatch {
        /// The type.
        resource_type: Text,
        /// Resources per call.
        size: usize,
    },
    /// Once for each resource of a type.
    PerResource {
        /// The type.
        resource_type: Text,
    },
    /// At most once for each resource of a type, and only for those that others refer to.
    PerRelated {
        /// The type.
        resource_type: Text,
        /// The types that refer to them.
        sources: Vec<Text>,
    },
}

impl std::fmt::Display for Frequency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PerAccount => f.write_str("once"),
            Self::PerRegion => f.write_str("per region"),
            Self::PerBatch { resource_type, size } => write!(f, "per {size} {resource_type}"),
            Self::PerResource { resource_type } => write!(f, "per {resource_type}"),
            Self::PerRelated {
                resource_type,
                sources,
            } => write!(f, "per {resource_type} of {}", sources.join(", ")),
        }
    }
}

/// All operations of a plan, sorted by service, operation and frequency.
pub fn list(plan: &Plan) -> Vec<PlannedCall> {
    let mut calls: BTreeMap<(Text, Text, Frequency), PlannedCall> = BTreeMap::new();
    let mut add = |call: &Call, frequency: Frequency, what: Text, needed_by: &BTreeSet<Text>| {
        let key = (call.service.clone(), call.operation.clone(), frequency.clone());
        let planned = calls.entry(key).or_insert_with(|| PlannedCall {
            service: call.service.clone(),
            operation: call.operation.clone(),
            frequency,
            actions: call.actions.clone(),
            reads: Vec::new(),
        });
        planned.reads.push(Need {
            what,
            needed_by: needed_by.iter().cloned().collect(),
        });
    };
    for planned in &plan.types {
        let name = planned.resource_type.name.clone();
        let recipe = &planned.resource_type.recipe;
        if let Origin::List(list) = &recipe.origin {
            let frequency = match (&list.for_each, recipe.scope) {
                (Some(parent), _) => Frequency::PerResource {
                    resource_type: match list.descend {
                        Descend::No => parent.clone(),
                        Descend::ByLevel => name.clone(),
                    },
                },
                (None, CallScope::Global) => Frequency::PerAccount,
                (None, CallScope::Region) => Frequency::PerRegion,
            };
            add(&list.call, frequency, name.clone(), &planned.needed_by);
        }
        let related = planned.facts_of_related().map(|fact| {
            let frequency = Frequency::PerRelated {
                resource_type: name.clone(),
                sources: planned.related.sources.iter().cloned().collect(),
            };
            (fact, frequency)
        });
        let every = planned
            .facts_of_every_resource()
            .map(|fact| (fact, fact_frequency(planned, fact)));
        for (fact, frequency) in every.chain(related) {
            let empty = BTreeSet::new();
            let needed_by = planned.facts_needed_by.get(&fact.name).unwrap_or(&empty);
            let what = Text::from(format!("{name}.{}", fact.name));
            if let Some(prepare) = &fact.prepare {
                add(&prepare.call, frequency.clone(), what.clone(), needed_by);
            }
            add(&fact.call, frequency, what, needed_by);
        }
    }
    let mut calls: Vec<PlannedCall> = calls.into_values().collect();
    for call in &mut calls {
        call.reads.sort();
    }
    calls
}

/// How often the call of a fact of every resource is made.
fn fact_frequency(planned: &TypePlan, fact: &Fact) -> Frequency {
    let name = &planned.resource_type.name;
    match &fact.kind {
        FactKind::Take(_) | FactKind::Items(_) => per_resource(planned, name),
        FactKind::Join {
            batch: Some(size), ..
        } => Frequency::PerBatch {
            resource_type: name.clone(),
            size: *size,
        },
        FactKind::Join { batch: None, .. }
            if fact.global || planned.resource_type.recipe.scope == CallScope::Global =>
        {
            Frequency::PerAccount
        }
        FactKind::Join { batch: None, .. } => Frequency::PerRegion,
    }
}

/// A fact of a single resource per account or region is called just that often.
fn per_resource(planned: &TypePlan, name: &Text) -> Frequency {
    let recipe = &planned.resource_type.recipe;
    match (&recipe.origin, recipe.scope) {
        (Origin::Single, CallScope::Global) => Frequency::PerAccount,
        (Origin::Single, CallScope::Region) => Frequency::PerRegion,
        (Origin::List(_) | Origin::Declared, _) => Frequency::PerResource {
            resource_type: name.clone(),
        },
    }
}

/// The IAM policy document that allows the calls and nothing else, one statement per IAM prefix.
///
/// `always` are actions that every scan needs, whatever its plan.
pub fn iam_policy(calls: &[PlannedCall], always: &[&str]) -> serde_json::Value {
    let mut by_prefix: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let actions = calls
        .iter()
        .flat_map(|call| call.actions.iter().map(Text::as_str))
        .chain(always.iter().copied());
    for action in actions {
        let prefix = action.split(':').next().unwrap_or(action);
        by_prefix.entry(prefix).or_default().insert(action);
    }
    let statements: Vec<serde_json::Value> = by_prefix
        .into_iter()
        .map(|(prefix, actions)| {
            let name: String = prefix.split('-').map(capitalized).collect();
            serde_json::json!({
                "Sid": format!("PlumbRead{name}"),
                "Effect": "Allow",
                "Action": actions,
                "Resource": "*",
            })
        })
        .collect();
    serde_json::json!({ "Version": "2012-10-17", "Statement": statements })
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}
