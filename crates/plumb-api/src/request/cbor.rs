//! The smithy-rpc-v2-cbor protocol.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_model::value::{Map, Value};

use super::header;
use crate::model::{ReadOperation, ServiceModel};
use crate::scalar::{epoch_seconds, timestamp_of};
use crate::shape::{Reference, ShapeData, StructureData};
use crate::wire::Request;

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// Writes all parameters into the body and the operation's name into the path.
pub(super) fn write(operation: &ReadOperation, input: &Map, request: &mut Request) {
    let model = operation.model();
    let prefix = model.target_prefix.as_deref().unwrap_or_default();
    request
        .path
        .push_str(&format!("service/{prefix}/operation/{}", operation.name()));
    header(request, "smithy-protocol", "rpc-v2-cbor");
    header(request, "accept", "application/cbor");
    if let Some(ShapeData::Structure(structure)) =
        operation.input.as_ref().map(|input| model.shape(input.shape))
    {
        header(request, "content-type", "application/cbor");
        let mut encoder = Encoder {
            model,
            bytes: Vec::new(),
        };
        encoder.structure(structure, input);
        request.body = encoder.bytes;
    }
}

struct Encoder<'a> {
    model: &'a ServiceModel,
    bytes: Vec<u8>,
}

impl Encoder<'_> {
    fn structure(&mut self, structure: &StructureData, input: &Map) {
        let given = input.iter().filter(|(_, value)| !value.is_null());
        let members: Vec<_> = given
            .filter_map(|(name, value)| Some((structure.by_name(name)?, value)))
            .collect();
        self.head(MAP, members.len() as u64);
        for (member, value) in members {
            self.text(member.wire_name());
            self.value(&member.target, value);
        }
    }

    fn value(&mut self, reference: &Reference, value: &Value) {
        match (self.model.shape(reference.shape), value) {
            (ShapeData::Structure(structure), Value::Map(map)) => self.structure(structure, map),
            (ShapeData::List(item), Value::List(list)) => {
                self.head(LIST, list.len() as u64);
                list.iter().for_each(|value| self.value(item, value));
            }
            (ShapeData::Map(_, target), Value::Map(map)) => {
                self.head(MAP, map.len() as u64);
                for (key, value) in map.iter() {
                    self.text(key);
                    self.value(target, value);
                }
            }
            (ShapeData::Timestamp, value) => {
                let Some(timestamp) = timestamp_of(value) else {
                    return self.plain(&Value::Null);
                };
                self.head(TAG, 1);
                match timestamp.subsec_millisecond() {
                    0 => self.int(timestamp.as_second()),
                    _ => self.float(epoch_seconds(timestamp)),
                }
            }
            (ShapeData::Blob, Value::String(text)) => {
                let bytes = STANDARD.decode(text.as_bytes()).unwrap_or_default();
                self.head(BYTES, bytes.len() as u64);
                self.bytes.extend_from_slice(&bytes);
            }
            #[expect(
                clippy::cast_precision_loss,
                reason = "the parameter is a floating point number"
            )]
            (ShapeData::Float | ShapeData::Double, Value::Int(int)) => self.float(*int as f64),
            (_, value) => self.plain(value),
        }
    }

    fn plain(&mut self, value: &Value) {
        match value {
            Value::Null | Value::Unreadable(_) => self.bytes.push(0xf6),
            Value::Bool(false) => self.bytes.push(0xf4),
            Value::Bool(true) => self.bytes.push(0xf5),
            Value::Int(int) => self.int(*int),
            Value::Float(float) => self.float(*float),
            Value::String(text) => self.text(text),
            Value::List(list) => {
                self.head(LIST, list.len() as u64);
                list.iter().for_each(|value| self.plain(value));
            }
            Value::Map(map) => {
                self.head(MAP, map.len() as u64);
                for (key, value) in map.iter() {
                    self.text(key);
                    self.plain(value);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn int(&mut self, int: i64) {
        match u64::try_from(int) {
            Ok(positive) => self.head(UNSIGNED, positive),
            Err(_) => self.head(NEGATIVE, (-1 - int).unsigned_abs()),
        }
    }

    fn float(&mut self, float: f64) {
        self.bytes.push(0xfb);
        self.bytes.extend_from_slice(&float.to_be_bytes());
    }

    /// The major type with its number, in the shortest form.
    fn head(&mut self, major: u8, number: u64) {
        let major = major << 5;
        if let Ok(byte) = u8::try_from(number) {
            if byte < 24 {
                self.bytes.push(major | byte);
            } else {
                self.bytes.extend_from_slice(&[major | 24, byte]);
            }
        } else if let Ok(short) = u16::try_from(number) {
            self.bytes.push(major | 25);
            self.bytes.extend_from_slice(&short.to_be_bytes());
        } else if let Ok(word) = u32::try_from(number) {
            self.bytes.push(major | 26);
            self.bytes.extend_from_slice(&word.to_be_bytes());
        } else {
            self.bytes.push(major | 27);
            self.bytes.extend_from_slice(&number.to_be_bytes());
        }
    }
}
