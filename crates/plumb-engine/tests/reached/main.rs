//! Policies that ask what reaches a resource, by networks and by attack paths.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod exposure;
mod paths;
mod support;
