//! Reach of small estates, each rule with a case that opens and a near miss that does not.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say by failing what is wrong"
)]

mod balancers;
mod entries;
mod estates;
mod filters;
mod fixture;
mod honesty;
mod internet;
mod oracle;
mod services;
