//! Small estates in the spirit of the published vulnerable labs: their documented paths are found, and none in their hardened twins.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

#[path = "estates/can.rs"]
mod can;
#[path = "estates/clusters.rs"]
mod clusters;
#[path = "estates/containers.rs"]
mod containers;
#[path = "estates/data.rs"]
mod data;
#[path = "estates/doors.rs"]
mod doors;
#[path = "estates/endpoint_answers.rs"]
mod endpoint_answers;
#[path = "estates/endpoints.rs"]
mod endpoints;
#[path = "estates/equal.rs"]
mod equal;
#[path = "estates/fronts.rs"]
mod fronts;
#[path = "estates/gates.rs"]
mod gates;
#[path = "estates/groups.rs"]
mod groups;
#[path = "estates/hostile.rs"]
mod hostile;
#[path = "estates/identity.rs"]
mod identity;
#[path = "estates/keys.rs"]
mod keys;
#[path = "estates/limits.rs"]
mod limits;
#[path = "estates/names.rs"]
mod names;
#[path = "estates/network.rs"]
mod network;
#[path = "estates/organizations.rs"]
mod organizations;
#[path = "estates/patterns.rs"]
mod patterns;
#[path = "estates/permission.rs"]
mod permission;
#[path = "estates/sharing.rs"]
mod sharing;
#[path = "estates/spent.rs"]
mod spent;
#[path = "estates/standing.rs"]
mod standing;
#[path = "estates/strangers.rs"]
mod strangers;
#[path = "estates/supply.rs"]
mod supply;
#[path = "estates/unreadable.rs"]
mod unreadable;
mod world;

/// The two sides of an estate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Twin {
    Vulnerable,
    Hardened,
}
