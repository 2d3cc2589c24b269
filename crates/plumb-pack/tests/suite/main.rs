//! The tests of this crate that look at it from outside.

mod bad_policies;
mod bad_recipes;
mod catalogue;
mod hostile_files;
mod mission;
mod packs;
mod support;
