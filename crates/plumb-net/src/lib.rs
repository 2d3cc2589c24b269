//! Effective network reach: what can be reached from where, on which ports, through what, and how certainly.
//!
//! [`AccountNetwork::read`](model::AccountNetwork::read) turns the resource documents of one account into an owned,
//! neutral model; [`Estate::new`](estate::Estate::new) joins accounts and solves. Then:
//!
//! - [`Estate::exposures`](estate::Estate::exposures): what can be reached from outside, each with its chain of proofs;
//! - [`Estate::exposure_of`](estate::Estate::exposure_of): one resource, with "not exposed" apart from "not known";
//! - [`Estate::groups`](estate::Estate::groups) and [`Estate::group_reach`](estate::Estate::group_reach): lateral reach
//!   between groups of endpoints that are equal for it;
//! - [`Estate::egress`](estate::Estate::egress): what a group can reach on the internet.
//!
//! Reach is set algebra over addresses and ports, so `0.0.0.0/1` with `128.0.0.0/1` is the internet. What was not read
//! and could open a way makes a reach [possible](reach::Certainty::Possible), never certain and never absent;
//! [`aws::READS`] lists what the model wants read.
//!
//! ```
//! use plumb_model::account::{Account, Provider};
//! use plumb_model::coverage::Coverage;
//! use plumb_model::resource::Resource;
//! use plumb_net::estate::Estate;
//! use plumb_net::model::AccountNetwork;
//!
//! let account = Account::new(Provider::Aws, "123456789012");
//! let resources: Vec<Resource> = Vec::new();
//! let documents: Vec<&Resource> = resources.iter().collect();
//! let parsed = AccountNetwork::read(&account, &documents, &Coverage::default());
//! assert!(parsed.problems.is_empty());
//!
//! let estate = Estate::new(vec![parsed.value]);
//! assert!(estate.exposures().is_empty());
//! // Nothing is known of a resource that was not read; that is not the same as "not exposed".
//! assert!(estate.exposure_of("arn:aws:ec2:eu-west-1:123456789012:instance/i-1").is_none());
//! ```
//!
//! **Invariant:** pure and deterministic: no clock, environment, network or hash order; equal input, equal output.
//! **Invariant:** model and solver know no provider; only the builders do.

pub mod address;
mod apart;
pub mod aws;
pub mod estate;
pub mod model;
pub mod ranges;
pub mod reach;
pub mod report;
pub mod service;
mod solve;
pub mod traffic;
