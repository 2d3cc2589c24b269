//! The clouds' API models, request building and response decoding, without I/O.
//!
//! A [`Catalog`](catalog::Catalog) holds every configuration read of every service. An operation that it hands out, a
//! [`ReadOperation`](model::ReadOperation), turns parameters into a [`Request`](wire::Request) and the bytes of an
//! answer into a typed document; whoever has one cannot write, because nothing else can be had from a catalog.
//!
//! ```
//! use plumb_api::catalog::Catalog;
//! use plumb_api::paginate::{Next, next_input};
//! use plumb_api::request::build_request;
//! use plumb_api::response::decode_response;
//! use plumb_api::wire::Response;
//! use plumb_model::value::Value;
//!
//! let catalog = Catalog::aws();
//! let model = catalog.service("kms").ok_or("no such service")?;
//! let operation = model.operation("ListKeys").ok_or("not a read operation")?;
//! let endpoint = catalog.endpoint("kms", "eu-central-1")?;
//!
//! let input: Value = serde_json::from_str(r#"{"Limit":1}"#)?;
//! let request = build_request(&operation, &input, &endpoint)?;
//! assert_eq!(request.host, "kms.eu-central-1.amazonaws.com");
//!
//! // … the request is signed and sent by someone else …
//! let body = br#"{"Keys":[{"KeyId":"k"}],"Truncated":true,"NextMarker":"m"}"#.to_vec();
//! let output = decode_response(&operation, &Response { status: 200, headers: Vec::new(), body })?;
//! assert_eq!(output.get("keys").map(Value::to_string).as_deref(), Some(r#"[{"key_id":"k"}]"#));
//! assert!(matches!(next_input(&operation, &input, &output), Next::Page(_)));
//!
//! assert!(model.operation("Decrypt").is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The models come from AWS's public ones, condensed by `cargo xtask models` into `models/aws.bin`; [`format`] tells its
//! layout. The IAM policies that AWS keeps for everybody are in [`managed_policies`].

pub mod catalog;
pub mod endpoint;
pub mod format;
pub mod managed_policies;
pub mod model;
pub mod names;
pub mod paginate;
pub mod request;
pub mod response;
mod scalar;
pub mod service_error;
pub mod shape;
pub mod wire;
