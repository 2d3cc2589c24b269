//! Members of an answer that travel in headers or are its status code.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_model::value::{Map, Text, Value};

use super::json;
use crate::model::ServiceModel;
use crate::response::xml::scalar;
use crate::scalar::mismatch;
use crate::shape::{Location, MemberData, ShapeData, StructureData};
use crate::wire::Response;

/// Adds them to the document.
pub(super) fn decode(
    model: &ServiceModel,
    structure: &StructureData,
    response: &Response,
    document: &mut Map,
) {
    for member in &structure.members {
        let value = match member.target.location {
            Location::StatusCode => Some(Value::Int(i64::from(response.status))),
            Location::Header => {
                let name = member.wire_name().to_ascii_lowercase();
                response.header(&name).map(|text| header(model, member, text))
            }
            Location::HeaderPrefix => Some(prefixed(member, response)),
            Location::Body | Location::Uri | Location::QueryString => None,
        };
        if let Some(value) = value.filter(|value| !value.is_null()) {
            document.insert(member.snake.clone(), value);
        }
    }
}

fn header(model: &ServiceModel, member: &MemberData, text: &str) -> Value {
    if member.target.json_value {
        let bytes = STANDARD.decode(text.trim()).ok();
        let value = bytes.and_then(|bytes| json::decode_any(&bytes).ok());
        return value.unwrap_or_else(|| mismatch("other text", "JSON in base64"));
    }
    match model.shape(member.target.shape) {
        ShapeData::List(item) => {
            let items = text
                .split(',')
                .map(|part| scalar(model.shape(item.shape), part.trim()));
            Value::List(items.collect())
        }
        shape => scalar(shape, text),
    }
}

fn prefixed(member: &MemberData, response: &Response) -> Value {
    let prefix = member.wire_name().to_ascii_lowercase();
    let entries = response.headers.iter().filter_map(|(name, value)| {
        Some((
            Text::from(name.strip_prefix(&prefix)?),
            Value::from(value.as_str()),
        ))
    });
    Value::Map(entries.collect())
}
