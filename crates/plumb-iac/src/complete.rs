//! `Complete`: putting into a block what only the cloud gives it.

use plumb_model::value::Text;

use crate::val::Fields;

/// What stands in templates beside a block's own arguments.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The block's address.
    pub address: Text,
    /// The block's own name.
    pub label: Text,
    /// Its region.
    pub region: Text,
    /// Its account.
    pub account: Text,
    /// Its AWS partition.
    pub partition: Text,
}

/// Puts identities into blocks, so that references to them join; knowledge tells which.
pub trait Complete: Sync {
    /// Puts in what a block of that type has without its author writing it.
    ///
    /// Types that nothing is known of keep their arguments; what they lack is known only after apply.
    fn complete(&self, kind: &str, body: &mut Fields, surroundings: &Surroundings);
}

/// Knows no type.
#[derive(Clone, Copy, Debug)]
pub struct NothingKnown;

impl Complete for NothingKnown {
    fn complete(&self, _kind: &str, body: &mut Fields, _surroundings: &Surroundings) {
        body.rest = Some(Text::new_static(AFTER_APPLY));
    }
}

/// Why an argument that nobody wrote is not known.
pub const AFTER_APPLY: &str = "it is known only after apply";
