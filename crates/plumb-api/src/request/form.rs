//! The query and ec2 protocols: parameters as a form.

use plumb_model::value::{Map, Value};

use super::header;
use crate::model::{Protocol, ReadOperation, ServiceModel};
use crate::scalar::{Slash, percent_encode, timestamp_of, write_float, write_timestamp};
use crate::shape::{MemberData, Reference, ShapeData, StructureData, TimestampFormat};
use crate::wire::Request;

/// Writes the form with the operation's name and the API's version into the body.
pub(super) fn write(operation: &ReadOperation, input: &Map, request: &mut Request) {
    let model = operation.model();
    let mut form = Form {
        model,
        pairs: Vec::new(),
    };
    form.pairs
        .push(("Action".to_owned(), operation.name().to_string()));
    form.pairs
        .push(("Version".to_owned(), model.api_version.to_string()));
    if let Some(ShapeData::Structure(structure)) =
        operation.input.as_ref().map(|input| model.shape(input.shape))
    {
        form.structure("", structure, input);
    }
    let mut body = String::new();
    for (name, value) in &form.pairs {
        if !body.is_empty() {
            body.push('&');
        }
        percent_encode(name, Slash::Encoded, &mut body);
        body.push('=');
        percent_encode(value, Slash::Encoded, &mut body);
    }
    request.body = body.into_bytes();
    header(
        request,
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    );
}

struct Form<'a> {
    model: &'a ServiceModel,
    pairs: Vec<(String, String)>,
}

impl Form<'_> {
    fn structure(&mut self, prefix: &str, structure: &StructureData, input: &Map) {
        for (name, value) in input.iter().filter(|(_, value)| !value.is_null()) {
            if let Some(member) = structure.by_name(name) {
                let name = self.member_name(member);
                let path = if prefix.is_empty() {
                    name
                } else {
                    format!("{prefix}.{name}")
                };
                self.value(&path, &member.target, value);
            }
        }
    }

    fn value(&mut self, path: &str, reference: &Reference, value: &Value) {
        match (self.model.shape(reference.shape), value) {
            (ShapeData::Structure(structure), Value::Map(map)) => self.structure(path, structure, map),
            (ShapeData::List(item), Value::List(list)) => self.list(path, reference, item, list),
            (ShapeData::Map(key, target), Value::Map(map)) => {
                let key_name = key.wire_name.as_deref().unwrap_or("key");
                let value_name = target.wire_name.as_deref().unwrap_or("value");
                let path = if reference.flattened {
                    path.to_owned()
                } else {
                    format!("{path}.entry")
                };
                for (at, (entry, value)) in map.iter().enumerate() {
                    let at = at + 1;
                    self.pairs
                        .push((format!("{path}.{at}.{key_name}"), entry.to_string()));
                    self.value(&format!("{path}.{at}.{value_name}"), target, value);
                }
            }
            (ShapeData::Timestamp, value) => {
                if let Some(timestamp) = timestamp_of(value) {
                    let format = reference.timestamp.unwrap_or(TimestampFormat::Iso8601);
                    self.pairs
                        .push((path.to_owned(), write_timestamp(timestamp, format)));
                }
            }
            (_, Value::String(text)) => self.pairs.push((path.to_owned(), text.to_string())),
            (_, Value::Int(int)) => self.pairs.push((path.to_owned(), int.to_string())),
            (_, Value::Float(float)) => self.pairs.push((path.to_owned(), write_float(*float))),
            (_, Value::Bool(bool)) => self.pairs.push((path.to_owned(), bool.to_string())),
            (_, Value::Null | Value::List(_) | Value::Map(_) | Value::Unreadable(_)) => {}
        }
    }

    fn list(&mut self, path: &str, reference: &Reference, item: &Reference, list: &[Value]) {
        let path = match self.model.protocol() {
            Protocol::Ec2 => path.to_owned(),
            _ if list.is_empty() => {
                self.pairs.push((path.to_owned(), String::new()));
                return;
            }
            _ if reference.flattened => match (&item.wire_name, path.rsplit_once('.')) {
                (Some(name), Some((parent, _))) => format!("{parent}.{name}"),
                (Some(name), None) => name.to_string(),
                (None, _) => path.to_owned(),
            },
            _ => format!("{path}.{}", item.wire_name.as_deref().unwrap_or("member")),
        };
        for (at, value) in list.iter().enumerate() {
            self.value(&format!("{path}.{}", at + 1), item, value);
        }
    }

    /// The ec2 protocol has names of its own for requests, and capitalises those it takes from answers.
    fn member_name(&self, member: &MemberData) -> String {
        match (
            self.model.protocol(),
            &member.target.query_name,
            &member.target.wire_name,
        ) {
            (Protocol::Ec2, Some(name), _) => name.to_string(),
            (Protocol::Ec2, None, Some(name)) => {
                let mut chars = name.chars();
                chars
                    .next()
                    .map(|first| first.to_ascii_uppercase())
                    .into_iter()
                    .chain(chars)
                    .collect()
            }
            _ => member.wire_name().to_owned(),
        }
    }
}
