//! What a rule sees when it runs: documents, time and the other resources of the account.

use jiff::Timestamp;
use plumb_model::value::Value;

/// What a rule sees when it runs.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The judged document.
    pub resource: &'a Value,
    /// The document of its account.
    pub account: &'a Value,
    /// The policy's parameters, a map.
    pub params: &'a Value,
    /// When the account was read.
    pub now: Timestamp,
    /// The other resources of the account.
    pub inventory: &'a dyn Inventory,
}

/// The resources that `inventory` and `related` find.
pub trait Inventory {
    /// All resources of a type in the same account; an unreadable element stands for those not read.
    fn of_type(&self, resource_type: &str) -> &[&Value];

    /// The resources of a type in one region; an unreadable element stands for those of them that were not read.
    fn of_type_in(&self, resource_type: &str, region: &str) -> Vec<&Value>;

    /// The resources of a type that `resource` refers to; an unreadable element stands for those not read.
    fn related<'a>(&'a self, resource: &'a Value, resource_type: &str) -> Vec<&'a Value>;

    /// What reaches the judged resource, a map of [`exposure_type`](crate::exposure_type) in which what is not known is
    /// unreadable; `None` when nobody looked, which is unknown too.
    fn exposure<'a>(&'a self, _resource: &'a Value) -> Option<&'a Value> {
        None
    }
}

/// No resources at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoInventory;

impl Inventory for NoInventory {
    fn of_type(&self, _resource_type: &str) -> &[&Value] {
        &[]
    }

    fn of_type_in(&self, _resource_type: &str, _region: &str) -> Vec<&Value> {
        Vec::new()
    }

    fn related<'a>(&'a self, _resource: &'a Value, _resource_type: &str) -> Vec<&'a Value> {
        Vec::new()
    }
}

impl std::fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope")
            .field("resource", self.resource)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
