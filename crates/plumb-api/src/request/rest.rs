//! The rest-json and rest-xml protocols: parameters in path, query, headers and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_model::value::{Map, Value};

use super::{BuildError, header, json, xml};
use crate::model::{Protocol, ReadOperation, ServiceModel};
use crate::scalar::{Slash, percent_encode, timestamp_of, write_float, write_timestamp};
use crate::shape::{Location, MemberData, Reference, ShapeData, StructureData, TimestampFormat};
use crate::wire::{Endpoint, Request};

/// Distributes the parameters over the request.
pub(super) fn write(
    operation: &ReadOperation,
    input: &Map,
    endpoint: &Endpoint,
    request: &mut Request,
) -> Result<(), BuildError> {
    let model = operation.model();
    let no_members = StructureData::default();
    let structure = match operation.input.as_ref().map(|input| model.shape(input.shape)) {
        Some(ShapeData::Structure(structure)) => structure,
        _ => &no_members,
    };
    let (path, fixed_query) = operation.uri.split_once('?').unwrap_or((&operation.uri, ""));
    request.path = format!(
        "{}{}",
        endpoint.base_path,
        fill_path(operation, path, structure, input)?
    );
    for pair in fixed_query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        request.query.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in input.iter().filter(|(_, value)| !value.is_null()) {
        let Some(member) = structure.by_name(name) else {
            continue;
        };
        match member.target.location {
            Location::QueryString => query(model, member, value, request),
            Location::Header => headers(model, member, value, request)?,
            Location::HeaderPrefix => {
                for (key, value) in value.as_map().into_iter().flat_map(Map::iter) {
                    let text = scalar(value, None).unwrap_or_default();
                    checked_header(request, name, &format!("{}{key}", member.wire_name()), text)?;
                }
            }
            Location::Uri | Location::StatusCode | Location::Body => {}
        }
    }
    peculiar_headers(operation, request);
    body(operation, structure, input, request);
    Ok(())
}

fn body(operation: &ReadOperation, structure: &StructureData, input: &Map, request: &mut Request) {
    let model = operation.model();
    let has_body = structure
        .members
        .iter()
        .any(|member| member.target.location == Location::Body);
    let Some(root) = operation.input.as_ref().filter(|_| has_body) else {
        return;
    };
    let given = input.iter().any(|(name, value)| {
        let member = structure.by_name(name);
        !value.is_null() && member.is_some_and(|member| member.target.location == Location::Body)
    });
    match (model.protocol(), structure.payload()) {
        (Protocol::RestXml, None) if given => {
            let name = root
                .wire_name
                .clone()
                .unwrap_or_else(|| format!("{}Request", operation.name()).into());
            request.body = xml::document(model, root, &name, input).into_bytes();
            header(request, "content-type", "application/xml");
        }
        (Protocol::RestXml, Some(payload)) => {
            if let Some(Value::Map(map)) = input.get(&payload.name) {
                let name = payload.wire_name();
                request.body = xml::document(model, &payload.target, name, map).into_bytes();
                header(request, "content-type", "application/xml");
            }
        }
        (Protocol::RestXml, None) => {}
        (_, Some(payload)) => {
            let value = input
                .get(&payload.name)
                .map(|value| json::json(model, &payload.target, value));
            request.body = value
                .unwrap_or_else(|| serde_json::json!({}))
                .to_string()
                .into_bytes();
            header(request, "content-type", "application/json");
        }
        (_, None) => {
            request.body = json::structure(model, structure, input).to_string().into_bytes();
            header(request, "content-type", "application/json");
        }
    }
}

fn fill_path(
    operation: &ReadOperation,
    template: &str,
    structure: &StructureData,
    input: &Map,
) -> Result<String, BuildError> {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (label, after) = after.split_once('}').unwrap_or((after, ""));
        path.push_str(before);
        let (label, slash) = match label.strip_suffix('+') {
            Some(label) => (label, Slash::Kept),
            None => (label, Slash::Encoded),
        };
        let is_label =
            |member: &&MemberData| member.target.location == Location::Uri && member.wire_name() == label;
        let member = structure.members.iter().find(is_label);
        let value = member.and_then(|member| Some((member, input.get(&member.name)?)));
        let text = value.and_then(|(member, value)| scalar(value, member.target.timestamp));
        let text = match (operation.service().as_str(), text) {
            // Glacier takes `-` for the account of the credentials.
            ("glacier", None) if label == "accountId" => "-".to_owned(),
            // Route 53 answers `/hostedzone/Z1` and wants `Z1`.
            ("route53", Some(text)) => text.rsplit('/').next().unwrap_or_default().to_owned(),
            (_, text) => text.unwrap_or_default(),
        };
        // A segment that is empty or made of dots would address another operation.
        if text.is_empty() || text.split('/').any(|segment| segment == "." || segment == "..") {
            let path = member.map_or_else(|| label.to_owned(), |member| member.name.to_string());
            return Err(BuildError::NotInAddress { path });
        }
        percent_encode(&text, slash, &mut path);
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

fn query(model: &ServiceModel, member: &MemberData, value: &Value, request: &mut Request) {
    let format = |reference: &Reference| reference.timestamp.or(Some(TimestampFormat::Iso8601));
    let text = |reference: &Reference, value: &Value| {
        let is_timestamp = matches!(model.shape(reference.shape), ShapeData::Timestamp);
        scalar(value, format(reference).filter(|_| is_timestamp))
    };
    match (model.shape(member.target.shape), value) {
        (ShapeData::List(item), Value::List(list)) => {
            let values = list.iter().filter_map(|value| text(item, value));
            request
                .query
                .extend(values.map(|value| (member.wire_name().to_owned(), value)));
        }
        (ShapeData::Map(_, target), Value::Map(map)) => {
            for (key, value) in map.iter() {
                let values = match value {
                    Value::List(list) => list.as_slice(),
                    single => std::slice::from_ref(single),
                };
                let values = values.iter().filter_map(|value| text(target, value));
                request.query.extend(values.map(|value| (key.to_string(), value)));
            }
        }
        _ => request
            .query
            .extend(text(&member.target, value).map(|text| (member.wire_name().to_owned(), text))),
    }
}

fn headers(
    model: &ServiceModel,
    member: &MemberData,
    value: &Value,
    request: &mut Request,
) -> Result<(), BuildError> {
    let text = |reference: &Reference, value: &Value| {
        let is_timestamp = matches!(model.shape(reference.shape), ShapeData::Timestamp);
        scalar(
            value,
            is_timestamp.then(|| reference.timestamp.unwrap_or(TimestampFormat::Rfc822)),
        )
    };
    let text = match (model.shape(member.target.shape), value) {
        (_, value) if member.target.json_value => Some(STANDARD.encode(json::plain(value).to_string())),
        (ShapeData::List(item), Value::List(list)) => {
            let quoted = |text: String| match text.contains(['"', ',']) {
                true => format!("\"{}\"", text.replace('"', "\\\"")),
                false => text,
            };
            let values: Vec<String> = list
                .iter()
                .filter_map(|value| text(item, value))
                .map(quoted)
                .collect();
            (!values.is_empty()).then(|| values.join(","))
        }
        _ => text(&member.target, value),
    };
    match text {
        Some(text) => checked_header(request, &member.name, member.wire_name(), text),
        None => Ok(()),
    }
}

fn checked_header(request: &mut Request, path: &str, name: &str, value: String) -> Result<(), BuildError> {
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !is_name || value.chars().any(char::is_control) {
        return Err(BuildError::NotInHeader {
            path: path.to_owned(),
        });
    }
    header(request, name, value);
    Ok(())
}

/// Headers that some services want and no model tells.
fn peculiar_headers(operation: &ReadOperation, request: &mut Request) {
    match operation.service().as_str() {
        "apigateway" if !request.headers.iter().any(|(name, _)| name == "accept") => {
            header(request, "accept", "application/json");
        }
        "glacier" => header(
            request,
            "x-amz-glacier-version",
            operation.model().api_version.to_string(),
        ),
        _ => {}
    }
}

/// A scalar as text; timestamps in the format given.
fn scalar(value: &Value, timestamp: Option<TimestampFormat>) -> Option<String> {
    if let Some(format) = timestamp {
        return Some(write_timestamp(timestamp_of(value)?, format));
    }
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Int(int) => Some(int.to_string()),
        Value::Float(float) => Some(write_float(*float)),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Unreadable(_) => None,
    }
}
