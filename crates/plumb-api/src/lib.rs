//! The clouds' API models, request building and response decoding, without I/O.

pub mod wire;
