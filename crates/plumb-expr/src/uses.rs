//! `Use`: which parts of which documents a rule reads.

use plumb_model::value::Text;

/// A place that a rule reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The document.
    pub root: Root,
    /// The keys that lead to the place, steps into lists left out; empty for the document itself.
    pub path: Vec<Text>,
    /// How much of it is read.
    pub extent: Extent,
}

/// Where a path begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// The judged resource.
    Resource,
    /// Its account.
    Account,
    /// The parameters of the policy.
    Params,
    /// Each resource of a type in the same account.
    Inventory(Text),
    /// Each resource of a type in one region of the same account.
    RegionalInventory(Text),
    /// Each resource of a type that another resource refers to.
    Related(Text),
    /// What reaches the judged resource; what this takes is told by who computes it.
    Exposure,
}

/// How much of a place is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Whether it is there, and how many elements it has.
    Presence,
    /// All of it.
    Whole,
}

/// A place that the value of a sub-expression comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) root: Root,
    pub(crate) path: Vec<Text>,
}

impl Place {
    /// The place under `key`.
    pub(crate) fn under(&self, key: &Text) -> Place {
        let mut path = self.path.clone();
        path.push(key.clone());
        Place {
            root: self.root.clone(),
            path,
        }
    }
}

/// Collects uses while a rule is compiled.
#[derive(Debug, Default)]
pub(crate) struct Uses(Vec<Use>);

impl Uses {
    /// Notes that the places are read.
    pub(crate) fn note(&mut self, places: &[Place], extent: Extent) {
        self.0.extend(places.iter().map(|place| Use {
            root: place.root.clone(),
            path: place.path.clone(),
            extent,
        }));
    }

    /// The uses in order, each place once with its greatest extent.
    pub(crate) fn finish(mut self) -> Vec<Use> {
        self.0
            .sort_by(|a, b| (&a.root, &a.path, b.extent).cmp(&(&b.root, &b.path, a.extent)));
        self.0
            .dedup_by(|later, kept| later.root == kept.root && later.path == kept.path);
        self.0
    }
}
