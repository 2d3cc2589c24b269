//! The tests of this crate that look at it from outside.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stand outside the functions that are tests"
)]

mod bad_mappings;
mod bad_policies;
mod bad_recipes;
mod catalogue;
mod code_source;
mod escalations;
mod fronts;
mod graph;
mod graph_knowledge;
mod hostile_files;
mod kubernetes;
mod mission;
mod packs;
mod path_policies;
mod sensitivity;
mod support;
