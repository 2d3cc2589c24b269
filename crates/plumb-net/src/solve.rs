//! The solver: pure functions over the model, each for one part of a packet's way.

pub(crate) mod balancers;
pub(crate) mod candidates;
pub(crate) mod egress;
pub(crate) mod entries;
pub(crate) mod expose;
pub(crate) mod filters;
pub(crate) mod internet;
pub(crate) mod lateral;
pub(crate) mod neighbours;
pub(crate) mod routes;
pub(crate) mod solver;
pub(crate) mod world;
