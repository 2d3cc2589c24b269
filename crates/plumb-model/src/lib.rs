//! The words of Plumb: values, resources, snapshots, coverage, verdicts, findings, reports and diagnostics.
//!
//! Every other crate speaks in these types. Nothing here performs I/O beyond reading from and writing to
//! the streams it is handed, and nothing here knows a cloud service.

pub mod account;
pub mod answer;
pub mod beginning;
pub mod code;
pub mod coverage;
pub mod diagnostic;
pub mod drift;
pub mod finding;
pub mod framework;
pub mod graph;
pub mod path;
pub mod report;
pub mod resource;
pub mod risk;
pub mod snapshot;
pub mod time;
pub mod value;
pub mod verdict;
