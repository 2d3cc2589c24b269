//! The rule language as its users meet it: rules in, truth, values, errors, uses and evidence out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::string_slice,
    reason = "a test that cannot go on panics"
)]

mod errors;
mod evaluation;
mod evidence;
mod exposure;
mod functions;
mod oracle;
mod properties;
mod surroundings;
mod unknown;
mod uses;
