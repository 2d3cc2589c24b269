//! The clouds' API models, request building and response decoding, without I/O.

pub mod catalog;
pub mod endpoint;
pub mod format;
pub mod model;
pub mod names;
pub mod paginate;
pub mod request;
pub mod response;
mod scalar;
pub mod service_error;
pub mod shape;
pub mod wire;
