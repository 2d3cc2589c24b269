//! The json protocol, and JSON bodies of the rest-json protocol.

use plumb_model::value::{Map, Value};
use serde_json::{Number, Value as Json};

use super::header;
use crate::model::{ReadOperation, ServiceModel};
use crate::scalar::{epoch_seconds, timestamp_of, write_float, write_timestamp};
use crate::shape::{Location, Reference, ShapeData, StructureData, TimestampFormat};
use crate::wire::Request;

/// Writes all parameters into the body and the operation's name into a header.
pub(super) fn write(operation: &ReadOperation, input: &Map, request: &mut Request) {
    let model = operation.model();
    let prefix = model.target_prefix.as_deref().unwrap_or_default();
    let version = model.json_version.as_deref().unwrap_or("1.0");
    header(request, "x-amz-target", format!("{prefix}.{}", operation.name()));
    header(
        request,
        "content-type",
        format!("application/x-amz-json-{version}"),
    );
    let body = match operation.input.as_ref().map(|input| model.shape(input.shape)) {
        Some(ShapeData::Structure(members)) => structure(model, members, input),
        _ => Json::Object(serde_json::Map::new()),
    };
    request.body = body.to_string().into_bytes();
}

/// The members of a structure that travel in the body.
pub(super) fn structure(model: &ServiceModel, structure: &StructureData, input: &Map) -> Json {
    let given = input.iter().filter(|(_, value)| !value.is_null());
    let members = given.filter_map(|(name, value)| {
        let member = structure
            .by_name(name)
            .filter(|member| member.target.location == Location::Body)?;
        Some((member.wire_name().to_owned(), json(model, &member.target, value)))
    });
    Json::Object(members.collect())
}

/// One value by its shape.
pub(super) fn json(model: &ServiceModel, reference: &Reference, value: &Value) -> Json {
    match (model.shape(reference.shape), value) {
        (ShapeData::Structure(members), Value::Map(map)) => structure(model, members, map),
        (ShapeData::List(item), Value::List(list)) => {
            list.iter().map(|value| json(model, item, value)).collect()
        }
        (ShapeData::Map(_, target), Value::Map(map)) => map
            .iter()
            .map(|(key, value)| (key.to_string(), json(model, target, value)))
            .collect(),
        (ShapeData::Timestamp, value) => timestamp(reference, value),
        (_, value) => plain(value),
    }
}

fn timestamp(reference: &Reference, value: &Value) -> Json {
    let Some(timestamp) = timestamp_of(value) else {
        return Json::Null;
    };
    match reference.timestamp.unwrap_or(TimestampFormat::UnixSeconds) {
        TimestampFormat::UnixSeconds if timestamp.subsec_millisecond() == 0 => timestamp.as_second().into(),
        TimestampFormat::UnixSeconds => epoch_seconds(timestamp).into(),
        format @ (TimestampFormat::Iso8601 | TimestampFormat::Rfc822) => {
            write_timestamp(timestamp, format).into()
        }
    }
}

/// A value without a shape; keys are data, so unlike in snapshots a leading `$` is not doubled.
pub(super) fn plain(value: &Value) -> Json {
    match value {
        Value::Null | Value::Unreadable(_) => Json::Null,
        Value::Bool(bool) => Json::Bool(*bool),
        Value::Int(int) => (*int).into(),
        Value::Float(float) => {
            Number::from_f64(*float).map_or_else(|| write_float(*float).into(), Json::Number)
        }
        Value::String(text) => text.as_str().into(),
        Value::List(list) => list.iter().map(plain).collect(),
        Value::Map(map) => map
            .iter()
            .map(|(key, value)| (key.to_string(), plain(value)))
            .collect(),
    }
}
