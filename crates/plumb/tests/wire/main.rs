//! The binary on a live AWS wire: a moto server for each test, and a proxy that misbehaves where a test asks for it.
//!
//! `PLUMB_PYTHON` names the Python that has moto and boto3; `cargo xtask test` sets it. Without it these tests say so
//! and do nothing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "tests report by panic and say what they skip"
)]
#![cfg(unix)]

mod support {
    //! A cloud, a binary, a report, and a proxy between them.

    pub(crate) mod binary;
    pub(crate) mod fault;
    pub(crate) mod folder;
    pub(crate) mod moto;
    pub(crate) mod proxy;
    pub(crate) mod report;
}

mod faults {
    //! What a scan makes of a cloud that misbehaves.

    mod broken;
    mod denied;
    mod interrupted;
    mod throttled;
}

mod verdicts {
    //! What is judged of resources that were created through the cloud's own API.

    mod cases;
    mod compute;
    mod identity;
    mod monitoring;
    mod network;
    mod services;
    mod storage;
    mod unsupported;
}

mod attack_paths;
mod hostile;
mod identities;
mod plan;
mod secrets;
mod selection;
mod snapshots;
mod statuses;
mod twins;
