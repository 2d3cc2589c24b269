//! The security graph: nodes, edges with evidence, attack paths, choke points.
//!
//! A [`graph::Graph`] is built once from nodes and edges and never changes; what would remain after a change is asked with a
//! [`graph::Mask`] over its edges. [`search`] finds the cheapest ways from entries to targets, [`choke`] the facts whose
//! change closes most of them. A [`security::SecurityGraph`] adds what the nodes are. Nothing here knows a cloud: what reaches and may do what is computed elsewhere and handed in.
//!
//! INVARIANT: node and edge order is the order of insertion, and every tie is broken by it, so equal input gives equal output.

pub mod arrival;
pub mod assemble;
pub mod choke;
mod content_key;
pub mod export;
pub mod exposure;
pub mod fragment;
mod gate;
pub mod graph;
pub mod knowledge;
pub mod near;
pub mod paths;
pub mod query;
pub mod questions;
pub mod reachability;
pub mod repair;
pub mod search;
pub mod security;
mod sight;
pub mod standing;
pub mod whatif;
