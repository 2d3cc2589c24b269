//! `build_request`: the HTTP request of a read operation with its parameters.

mod address;
mod cbor;
mod check;
mod form;
mod json;
mod rest;
mod xml;

use plumb_model::value::{Map, Text, Value};

use crate::model::{Protocol, ReadOperation};
use crate::wire::{Endpoint, Request, Signing};

/// The parameters do not fit the operation.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum BuildError {
    /// A required parameter has no value.
    #[error("the parameter `{path}` is missing")]
    MissingMember {
        /// Where, in the API's spelling, for example `Filters[0].Name`.
        path: String,
    },
    /// The operation has no such parameter.
    #[error("there is no parameter `{path}`")]
    UnknownMember {
        /// Where.
        path: String,
        /// The parameter that was probably meant.
        suggestion: Option<Text>,
    },
    /// A parameter has a value of another kind.
    #[error("the parameter `{path}` is {expected}, not {found}")]
    WrongType {
        /// Where.
        path: String,
        /// What the API model says.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// The parameters are not a map.
    #[error("the parameters are a map, not {found}")]
    NotAMap {
        /// What was given.
        found: &'static str,
    },
    /// A parameter that stands in the path or the host's name has a value that cannot stand there.
    #[error("the parameter `{path}` cannot stand in an address with this value")]
    NotInAddress {
        /// Which.
        path: String,
    },
    /// A parameter that stands in a header has control characters.
    #[error("the parameter `{path}` cannot stand in a header with this value")]
    NotInHeader {
        /// Which.
        path: String,
    },
    /// Lists and maps nest too deeply.
    #[error("the parameters nest more than {limit} levels deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// The operation has an endpoint of its own, but not in that region.
    #[error("the operation has no endpoint in `{region}`")]
    NoEndpoint {
        /// The region.
        region: String,
    },
}

impl BuildError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UnknownMember { suggestion, .. } => suggestion
                .as_ref()
                .map(|suggestion| format!("did you mean `{suggestion}`?")),
            Self::MissingMember { .. }
            | Self::WrongType { .. }
            | Self::NotAMap { .. }
            | Self::NotInAddress { .. }
            | Self::NotInHeader { .. }
            | Self::TooDeep { .. }
            | Self::NoEndpoint { .. } => None,
        }
    }
}

/// Builds the request of an operation; `input` is a map of parameters in the API's spelling, or null for none.
///
/// Null parameters count as not given. Timestamps are RFC 3339 text or seconds since 1970, blobs are base64 text.
///
/// # Errors
/// When parameters are missing, unknown or of the wrong kind, or cannot stand where the protocol puts them.
pub fn build_request(
    operation: &ReadOperation,
    input: &Value,
    endpoint: &Endpoint,
) -> Result<Request, BuildError> {
    let nothing = Map::new();
    let input = match input {
        Value::Null => &nothing,
        Value::Map(map) => map,
        other => {
            return Err(BuildError::NotAMap { found: other.kind() });
        }
    };
    check::parameters(operation, input)?;
    let mut request = Request {
        service: operation.service().clone(),
        operation: operation.name().clone(),
        method: operation.method(),
        scheme: endpoint.scheme.clone(),
        host: endpoint.host.clone(),
        path: format!("{}/", endpoint.base_path),
        query: Vec::new(),
        headers: Vec::new(),
        body: Vec::new(),
        signing: Signing {
            name: endpoint.signing_name.clone(),
            region: endpoint.signing_region.clone(),
            s3: false,
            unsigned: operation.unsigned,
        },
    };
    let model = operation.model();
    match operation.model().protocol() {
        Protocol::Query | Protocol::Ec2 => form::write(operation, input, &mut request),
        Protocol::Json => json::write(operation, input, &mut request),
        Protocol::Cbor => cbor::write(operation, input, &mut request),
        Protocol::RestJson | Protocol::RestXml => rest::write(operation, input, endpoint, &mut request)?,
    }
    if model.query_compatible {
        header(&mut request, "x-amzn-query-mode", "true");
    }
    address::apply(operation, input, endpoint, &mut request)?;
    let name = request.signing.name.as_str();
    request.signing.s3 = matches!(name, "s3" | "s3express") || name.starts_with("s3-");
    Ok(request)
}

fn header(request: &mut Request, name: &str, value: impl Into<String>) {
    request.headers.push((name.to_ascii_lowercase(), value.into()));
}
