//! `UsedPaths`: what the policies of a scan read of each resource type.

use std::collections::{BTreeMap, BTreeSet};

use plumb_expr::Root;
use plumb_model::value::Text;
use plumb_pack::compiled::CompiledPolicy;

/// Paths into documents by resource type, steps into lists left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsedPaths(BTreeMap<Text, BTreeSet<Vec<Text>>>);

impl UsedPaths {
    /// What policies read.
    pub fn of<'p>(policies: impl IntoIterator<Item = &'p CompiledPolicy>) -> Self {
        let mut used = Self::default();
        for policy in policies {
            for place in policy.programs().flat_map(|program| program.uses()) {
                let resource_type = match &place.root {
                    Root::Resource => &policy.policy.resource_type,
                    Root::Inventory(name) | Root::RegionalInventory(name) | Root::Related(name) => name,
                    Root::Account | Root::Params | Root::Exposure => continue,
                };
                used.add(resource_type.clone(), place.path.clone());
            }
        }
        used
    }

    /// Adds a path.
    pub fn add(&mut self, resource_type: Text, path: Vec<Text>) {
        self.0.entry(resource_type).or_default().insert(path);
    }

    /// The paths into documents of a type, sorted.
    pub fn of_type(&self, resource_type: &str) -> impl Iterator<Item = &[Text]> {
        self.0.get(resource_type).into_iter().flatten().map(Vec::as_slice)
    }
}
