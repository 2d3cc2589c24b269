//! The built-in mappings judged by the built-in policies.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on panics"
)]

mod apis;
mod arm;
mod cloudformation;
mod databases;
mod launches;
mod services;
mod support;
mod terraform;
