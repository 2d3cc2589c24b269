//! JSON by shape, streaming; also the way from CBOR to values.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_model::time;
use plumb_model::value::{Map, Text, Value};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::ResponseError;
use crate::model::ServiceModel;
use crate::scalar::{mismatch, parse_float, parse_timestamp, whole};
use crate::shape::{Location, MemberData, Reference, ShapeData, StructureData};

/// Decodes a whole body by a shape.
pub(super) fn decode(model: &ServiceModel, target: &Reference, body: &[u8]) -> Result<Value, ResponseError> {
    run(
        Typed {
            model,
            shape: model.shape(target.shape),
        },
        body,
    )
}

/// Decodes a whole body without a shape.
pub(super) fn decode_any(body: &[u8]) -> Result<Value, ResponseError> {
    run(Any, body)
}

fn run<'de, S: DeserializeSeed<'de, Value = Value>>(
    seed: S,
    body: &'de [u8],
) -> Result<Value, ResponseError> {
    // The reader refuses more than 128 levels by itself.
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = seed
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ResponseError::malformed(match error.classify() {
            serde_json::error::Category::Eof => "its JSON ends early".to_owned(),
            _ => format!("its JSON is wrong at line {line} column {column}"),
        })
    })
}

/// Reads one value of a shape.
#[derive(Clone, Copy)]
pub(super) struct Typed<'a> {
    pub(super) model: &'a ServiceModel,
    pub(super) shape: &'a ShapeData,
}

/// Reads any value.
#[derive(Clone, Copy)]
pub(super) struct Any;

impl<'de> DeserializeSeed<'de> for Typed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.shape {
            ShapeData::Document => deserializer.deserialize_any(Any),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl Typed<'_> {
    fn expected(&self) -> &'static str {
        match self.shape {
            ShapeData::Structure(_) => "a structure",
            ShapeData::List(_) => "a list",
            ShapeData::Map(..) => "a map",
            ShapeData::String => "text",
            ShapeData::Integer | ShapeData::Long => "a whole number",
            ShapeData::Float | ShapeData::Double => "a number",
            ShapeData::Boolean => "a truth value",
            ShapeData::Timestamp => "a timestamp",
            ShapeData::Blob => "base64 text",
            ShapeData::Document => "a JSON value",
        }
    }

    fn other(&self, found: &str) -> Value {
        mismatch(found, self.expected())
    }
}

impl<'de> Visitor<'de> for Typed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(match self.shape {
            ShapeData::Boolean => Value::Bool(bool),
            ShapeData::String => bool.to_string().into(),
            _ => self.other("a truth value"),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "the shape is a floating point number")]
    fn visit_i64<E: Error>(self, int: i64) -> Result<Value, E> {
        Ok(match self.shape {
            ShapeData::Integer | ShapeData::Long => Value::Int(int),
            ShapeData::Float | ShapeData::Double => Value::Float(int as f64),
            ShapeData::Timestamp => return self.visit_f64(int as f64),
            ShapeData::String => int.to_string().into(),
            _ => self.other("a number"),
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a number past i64 is kept as JSON readers commonly do"
    )]
    fn visit_u64<E: Error>(self, int: u64) -> Result<Value, E> {
        match i64::try_from(int) {
            Ok(int) => self.visit_i64(int),
            Err(_) => self.visit_f64(int as f64),
        }
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<Value, E> {
        Ok(match self.shape {
            ShapeData::Float | ShapeData::Double => Value::Float(float),
            ShapeData::Integer | ShapeData::Long => match whole(float) {
                Some(int) => Value::Int(int),
                None => self.other("a number with a fraction"),
            },
            ShapeData::Timestamp => match time::from_epoch_seconds(float) {
                Some(timestamp) => time::format(timestamp).into(),
                None => self.other("a number out of range"),
            },
            ShapeData::String => float.to_string().into(),
            _ => self.other("a number"),
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        let value = match self.shape {
            ShapeData::String => return Ok(Value::String(text.into())),
            // What does not decode as base64 is not passed on as if it did.
            ShapeData::Blob => STANDARD.decode(text).ok().map(|_| Value::from(text)),
            ShapeData::Timestamp => parse_timestamp(text).map(|timestamp| time::format(timestamp).into()),
            ShapeData::Integer | ShapeData::Long => text.trim().parse().ok().map(Value::Int),
            ShapeData::Float | ShapeData::Double => parse_float(text).map(Value::Float),
            ShapeData::Boolean => match text {
                "true" | "True" => Some(Value::Bool(true)),
                "false" | "False" => Some(Value::Bool(false)),
                _ => None,
            },
            ShapeData::Structure(_) | ShapeData::List(_) | ShapeData::Map(..) | ShapeData::Document => None,
        };
        Ok(value.unwrap_or_else(|| self.other("other text")))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(match self.shape {
            ShapeData::Blob => STANDARD.encode(bytes).into(),
            _ => self.other("bytes"),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let ShapeData::List(item) = self.shape else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.other("a list"));
        };
        let seed = Typed {
            model: self.model,
            shape: self.model.shape(item.shape),
        };
        let mut list = Vec::new();
        while let Some(value) = seq.next_element_seed(seed)? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(Text, Value)> = Vec::new();
        match self.shape {
            ShapeData::Structure(structure) => {
                while let Some(member) = access.next_key_seed(MemberKey { structure })? {
                    let Some(member) = member else {
                        access.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let shape = self.model.shape(member.target.shape);
                    let value = access.next_value_seed(Typed {
                        model: self.model,
                        shape,
                    })?;
                    if !value.is_null() {
                        entries.push((member.snake.clone(), value));
                    }
                }
            }
            ShapeData::Map(_, target) => {
                let seed = Typed {
                    model: self.model,
                    shape: self.model.shape(target.shape),
                };
                while let Some(key) = access.next_key::<Text>()? {
                    entries.push((key, access.next_value_seed(seed)?));
                }
            }
            _ => {
                while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Ok(self.other("a map"));
            }
        }
        Ok(Value::Map(entries.into_iter().collect::<Map>()))
    }
}

/// Finds the member that a key of an object stands for.
struct MemberKey<'a> {
    structure: &'a StructureData,
}

impl<'de, 'a> DeserializeSeed<'de> for MemberKey<'a> {
    type Value = Option<&'a MemberData>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for MemberKey<'a> {
    type Value = Option<&'a MemberData>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self
            .structure
            .by_wire_name(name)
            .filter(|member| member.target.location == Location::Body))
    }
}

impl<'de> DeserializeSeed<'de> for Any {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Unlike a snapshot's reader, this takes keys that begin with `$` as data.
impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Int(int))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a number past i64 is kept as JSON readers commonly do"
    )]
    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(i64::try_from(int).map_or(Value::Float(int as f64), Value::Int))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(STANDARD.encode(bytes).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(Text, Value)> = Vec::new();
        while let Some(key) = access.next_key::<Text>()? {
            entries.push((key, access.next_value_seed(self)?));
        }
        Ok(Value::Map(entries.into_iter().collect::<Map>()))
    }
}
