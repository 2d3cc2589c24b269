//! Planner and executor that turn recipes into a snapshot over a transport.

pub mod transport;
