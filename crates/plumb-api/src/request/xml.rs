//! XML bodies of the rest-xml protocol.

use std::fmt::Write;

use plumb_model::value::{Map, Value};
use quick_xml::escape::{escape, partial_escape};

use crate::model::ServiceModel;
use crate::scalar::{timestamp_of, write_float, write_timestamp};
use crate::shape::{Location, Reference, ShapeData, StructureData, TimestampFormat};

/// The document with the parameters that travel in the body.
pub(super) fn document(model: &ServiceModel, root: &Reference, name: &str, input: &Map) -> String {
    let mut writer = Writer {
        model,
        text: String::new(),
    };
    if let ShapeData::Structure(structure) = model.shape(root.shape) {
        writer.structure(name, root, structure, input);
    }
    writer.text
}

struct Writer<'a> {
    model: &'a ServiceModel,
    text: String,
}

impl Writer<'_> {
    fn structure(&mut self, name: &str, reference: &Reference, structure: &StructureData, input: &Map) {
        let given = || {
            input
                .iter()
                .filter(|(_, value)| !value.is_null())
                .filter_map(|(name, value)| {
                    let member = structure.by_name(name)?;
                    (member.target.location == Location::Body).then_some((member, value))
                })
        };
        let mut attributes = String::new();
        for (member, value) in given().filter(|(member, _)| member.target.xml_attribute) {
            let value = value.as_str().unwrap_or_default();
            // Writing into a `String` cannot fail.
            _ = write!(attributes, " {}=\"{}\"", member.wire_name(), escape(value));
        }
        self.open(name, reference, &attributes);
        for (member, value) in given().filter(|(member, _)| !member.target.xml_attribute) {
            self.value(member.wire_name(), &member.target, value);
        }
        self.close(name);
    }

    fn value(&mut self, name: &str, reference: &Reference, value: &Value) {
        match (self.model.shape(reference.shape), value) {
            (ShapeData::Structure(structure), Value::Map(map)) => {
                self.structure(name, reference, structure, map)
            }
            (ShapeData::List(item), Value::List(list)) => {
                let item_name = match reference.flattened {
                    true => name,
                    false => item.wire_name.as_deref().unwrap_or("member"),
                };
                self.wrapped(name, reference, |writer| {
                    list.iter().for_each(|value| writer.value(item_name, item, value));
                });
            }
            (ShapeData::Map(key, target), Value::Map(map)) => {
                let entry = if reference.flattened { name } else { "entry" };
                self.wrapped(name, reference, |writer| {
                    for (entry_key, value) in map.iter() {
                        _ = write!(writer.text, "<{entry}>");
                        writer.scalar(key.wire_name.as_deref().unwrap_or("key"), key, entry_key);
                        writer.value(target.wire_name.as_deref().unwrap_or("value"), target, value);
                        writer.close(entry);
                    }
                });
            }
            (ShapeData::Timestamp, value) => {
                if let Some(timestamp) = timestamp_of(value) {
                    let format = reference.timestamp.unwrap_or(TimestampFormat::Iso8601);
                    self.scalar(name, reference, &write_timestamp(timestamp, format));
                }
            }
            (_, Value::String(text)) => self.scalar(name, reference, text),
            (_, Value::Int(int)) => self.scalar(name, reference, &int.to_string()),
            (_, Value::Float(float)) => self.scalar(name, reference, &write_float(*float)),
            (_, Value::Bool(bool)) => self.scalar(name, reference, &bool.to_string()),
            (_, Value::Null | Value::List(_) | Value::Map(_) | Value::Unreadable(_)) => {}
        }
    }

    fn wrapped(&mut self, name: &str, reference: &Reference, content: impl FnOnce(&mut Self)) {
        if reference.flattened {
            return content(self);
        }
        self.open(name, reference, "");
        content(self);
        self.close(name);
    }

    fn scalar(&mut self, name: &str, reference: &Reference, text: &str) {
        self.open(name, reference, "");
        self.text.push_str(&partial_escape(text));
        self.close(name);
    }

    fn open(&mut self, name: &str, reference: &Reference, attributes: &str) {
        _ = write!(self.text, "<{name}");
        if let Some(namespace) = &reference.namespace {
            let (prefix, address) = &**namespace;
            let colon = if prefix.is_empty() { "" } else { ":" };
            _ = write!(
                self.text,
                " xmlns{colon}{prefix}=\"{}\"",
                escape(address.as_str())
            );
        }
        _ = write!(self.text, "{attributes}>");
    }

    fn close(&mut self, name: &str) {
        _ = write!(self.text, "</{name}>");
    }
}
