//! `Complete`: putting into a block what only the cloud gives it.

use std::sync::Arc;

use plumb_model::value::Text;

use crate::mapping::{KNOWN_AFTER_APPLY, Mapper, Surroundings, referred};
use crate::val::{Kind, Val};

/// Puts identities into blocks, so that references to them join; knowledge tells which.
pub trait Complete: Sync {
    /// The arguments of a block with those that it has without its author writing them.
    ///
    /// Types that nothing is known of keep their arguments; what they lack is known only after apply.
    fn complete(&self, body: Val, surroundings: &Surroundings<'_>) -> Val;

    /// What the block with its computed arguments is worth to references.
    fn referred(&self, body: &Val, surroundings: &Surroundings<'_>) -> Val {
        referred(body, None, surroundings)
    }
}

impl Complete for Mapper<'_> {
    fn complete(&self, body: Val, surroundings: &Surroundings<'_>) -> Val {
        Mapper::complete(self, &body, surroundings)
    }

    fn referred(&self, body: &Val, surroundings: &Surroundings<'_>) -> Val {
        Mapper::referred(self, body, surroundings)
    }
}

/// Knows no type.
#[derive(Clone, Copy, Debug)]
pub struct NothingKnown;

impl Complete for NothingKnown {
    fn complete(&self, mut body: Val, _surroundings: &Surroundings<'_>) -> Val {
        if let Kind::Map(fields) = &mut body.kind {
            Arc::make_mut(fields).rest = Some(Text::new_static(KNOWN_AFTER_APPLY));
        }
        body
    }
}
