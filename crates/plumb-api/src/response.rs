//! `decode_response`: the typed document in an answer, or the error it reports.

mod cbor;
mod error;
mod headers;
mod json;
mod xml;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_model::value::{Map, Value};

use crate::model::{Protocol, ReadOperation};
use crate::service_error::ServiceError;
use crate::shape::{Location, Reference, ShapeData, StructureData};
use crate::wire::Response;

/// An answer without a document.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ResponseError {
    /// The service says why it refuses or fails.
    #[error(transparent)]
    Service(Box<ServiceError>),
    /// The answer is not what the protocol prescribes: cut off, garbled, nested too deeply.
    #[error("the answer cannot be understood: {reason}")]
    Malformed {
        /// What is wrong with it; without text of the answer.
        reason: String,
    },
}

impl ResponseError {
    fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed {
            reason: reason.into(),
        }
    }
}

/// Decodes an answer by the operation's shape into a map with attribute names in snake_case.
///
/// Members without a value are absent, keys of maps stay as they are, timestamps are RFC 3339 text in UTC, blobs are
/// base64 text. A scalar that is not of its shape's kind is unreadable in its place, the rest of the answer stands.
///
/// # Errors
/// When the answer reports an error, or is not what the protocol prescribes.
pub fn decode_response(operation: &ReadOperation, response: &Response) -> Result<Value, ResponseError> {
    if !(200..300).contains(&response.status) {
        return Err(ResponseError::Service(Box::new(error::decode(
            operation, response,
        ))));
    }
    let mut document = Map::new();
    let model = operation.model();
    let Some(output) = &operation.output else {
        return Ok(Value::Map(document));
    };
    let ShapeData::Structure(structure) = model.shape(output.shape) else {
        return Err(ResponseError::malformed("the API model has no structure for it"));
    };
    headers::decode(model, structure, response, &mut document);
    if let Some(payload) = structure.payload() {
        if let Some(value) = payload_value(operation, &payload.target, response)? {
            document.insert(payload.snake.clone(), value);
        }
        return Ok(Value::Map(document));
    }
    if structure
        .members
        .iter()
        .any(|member| member.target.location == Location::Body)
    {
        for (key, value) in body(operation, output, structure, response)? {
            document.insert(key, value);
        }
    }
    Ok(Value::Map(document))
}

fn body(
    operation: &ReadOperation,
    output: &Reference,
    structure: &StructureData,
    response: &Response,
) -> Result<Map, ResponseError> {
    let decoded = match operation.model().protocol() {
        _ if response.status == 204 => Value::Null,
        _ if response.body.is_empty() => return Err(ResponseError::malformed("its body is empty")),
        Protocol::Query | Protocol::Ec2 => xml::decode_wrapped(
            operation.model(),
            output,
            operation.result_wrapper.as_deref(),
            &response.body,
        )?,
        Protocol::RestXml if operation.unwrapped => {
            xml::decode_unwrapped(operation.model(), structure, &response.body)?
        }
        Protocol::RestXml => {
            reported_error(operation, response)?;
            xml::decode(operation.model(), output, &response.body)?
        }
        Protocol::Json | Protocol::RestJson => json::decode(operation.model(), output, &response.body)?,
        Protocol::Cbor => cbor::decode(operation.model(), output, &response.body)?,
    };
    match decoded {
        Value::Map(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err(ResponseError::malformed("its body is not a structure")),
    }
}

fn payload_value(
    operation: &ReadOperation,
    target: &Reference,
    response: &Response,
) -> Result<Option<Value>, ResponseError> {
    let model = operation.model();
    match model.shape(target.shape) {
        ShapeData::String => {
            let text = std::str::from_utf8(&response.body);
            let text = text.map_err(|_| ResponseError::malformed("its text is not UTF-8"))?;
            return Ok((!text.is_empty()).then(|| text.into()));
        }
        ShapeData::Blob => {
            return Ok((!response.body.is_empty()).then(|| STANDARD.encode(&response.body).into()));
        }
        _ if response.status == 204 => return Ok(None),
        _ if response.body.is_empty() => return Err(ResponseError::malformed("its body is empty")),
        _ => {}
    }
    let value = match model.protocol() {
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => {
            reported_error(operation, response)?;
            xml::decode(model, target, &response.body)?
        }
        Protocol::Json | Protocol::RestJson => json::decode(model, target, &response.body)?,
        Protocol::Cbor => cbor::decode(model, target, &response.body)?,
    };
    Ok(Some(value).filter(|value| !value.is_null()))
}

/// S3 can answer 200 and report an error in the body.
fn reported_error(operation: &ReadOperation, response: &Response) -> Result<(), ResponseError> {
    if xml::root_name(&response.body).as_deref() == Some("Error") {
        return Err(ResponseError::Service(Box::new(error::decode(
            operation, response,
        ))));
    }
    Ok(())
}
