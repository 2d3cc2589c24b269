//! CBOR (RFC 8949) as a source of values for the same visitors that read JSON.

use std::borrow::Cow;
use std::fmt;

use plumb_model::value::{MAX_DEPTH, Value};
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::ResponseError;
use super::json::{Any, Typed};
use crate::model::ServiceModel;
use crate::shape::Reference;

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
    let mut decoder = Decoder { rest: body, depth: 0 };
    let value = seed
        .deserialize(&mut decoder)
        .map_err(|error| ResponseError::malformed(error.0))?;
    match decoder.rest {
        [] => Ok(value),
        _ => Err(ResponseError::malformed("bytes follow its CBOR")),
    }
}

struct Decoder<'de> {
    rest: &'de [u8],
    depth: usize,
}

#[derive(Debug)]
struct CborError(Cow<'static, str>);

impl fmt::Display for CborError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CborError {}

impl de::Error for CborError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string().into())
    }
}

const fn wrong(message: &'static str) -> CborError {
    CborError(Cow::Borrowed(message))
}

/// The first byte of an item, taken apart.
#[derive(Clone, Copy)]
struct Head {
    major: u8,
    info: u8,
}

impl<'de> Decoder<'de> {
    fn take(&mut self, count: usize) -> Result<&'de [u8], CborError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(wrong("its CBOR ends early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self, count: usize) -> Result<u64, CborError> {
        Ok(self
            .take(count)?
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn head(&mut self) -> Result<Head, CborError> {
        let byte = self.take(1)?.first().copied().unwrap_or_default();
        Ok(Head {
            major: byte >> 5,
            info: byte & 0x1f,
        })
    }

    /// The number in a head; `None` for an item of indefinite length.
    fn argument(&mut self, head: Head) -> Result<Option<u64>, CborError> {
        match head.info {
            0..=23 => Ok(Some(u64::from(head.info))),
            24 => self.number(1).map(Some),
            25 => self.number(2).map(Some),
            26 => self.number(4).map(Some),
            27 => self.number(8).map(Some),
            31 => Ok(None),
            _ => Err(wrong("its CBOR has a reserved length")),
        }
    }

    fn definite(&mut self, head: Head) -> Result<u64, CborError> {
        self.argument(head)?
            .ok_or(wrong("its CBOR has an indefinite number"))
    }

    /// The bytes of a byte or text string, pieced together when it comes in chunks.
    fn string(&mut self, head: Head) -> Result<Cow<'de, [u8]>, CborError> {
        let size = |length: u64| usize::try_from(length).map_err(|_| wrong("its CBOR ends early"));
        if let Some(length) = self.argument(head)? {
            return self.take(size(length)?).map(Cow::Borrowed);
        }
        let mut whole = Vec::new();
        while !self.at_break() {
            let chunk = self.head()?;
            if chunk.major != head.major {
                return Err(wrong("its CBOR mixes chunks"));
            }
            let length = self.definite(chunk)?;
            whole.extend_from_slice(self.take(size(length)?)?);
        }
        Ok(Cow::Owned(whole))
    }

    fn at_break(&mut self) -> bool {
        match self.rest {
            [0xff, rest @ ..] => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, CborError>) -> Result<T, CborError> {
        if self.depth >= MAX_DEPTH {
            return Err(wrong("its CBOR nests too deeply"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a number past i64 is kept as JSON readers commonly do"
    )]
    fn scalar<V: Visitor<'de>>(&mut self, head: Head, visitor: V) -> Result<V::Value, CborError> {
        match (head.major, head.info) {
            (0, _) => visitor.visit_u64(self.definite(head)?),
            (1, _) => {
                let number = self.definite(head)?;
                match i64::try_from(number) {
                    Ok(number) => visitor.visit_i64(-1 - number),
                    Err(_) => visitor.visit_f64(-1.0 - number as f64),
                }
            }
            (7, 20) => visitor.visit_bool(false),
            (7, 21) => visitor.visit_bool(true),
            (7, 22 | 23) => visitor.visit_unit(),
            (7, 25) => visitor.visit_f64(half(self.number(2)?)),
            (7, 26) => {
                let bits = u32::try_from(self.number(4)?).unwrap_or_default();
                visitor.visit_f64(f64::from(f32::from_bits(bits)))
            }
            (7, 27) => visitor.visit_f64(f64::from_bits(self.number(8)?)),
            _ => Err(wrong("its CBOR has an unknown simple value")),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = CborError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CborError> {
        let head = self.head()?;
        match head.major {
            2 => visitor.visit_bytes(&self.string(head)?),
            3 => {
                let bytes = self.string(head)?;
                visitor.visit_str(std::str::from_utf8(&bytes).map_err(|_| wrong("its text is not UTF-8"))?)
            }
            4 => {
                let left = self.argument(head)?;
                self.nested(|decoder| {
                    let mut items = Items { decoder, left };
                    let value = visitor.visit_seq(&mut items)?;
                    Ok(value)
                })
            }
            5 => {
                let left = self.argument(head)?;
                self.nested(|decoder| visitor.visit_map(&mut Items { decoder, left }))
            }
            // A tag says what the number after it is, which the shape says too.
            6 => {
                self.definite(head)?;
                self.nested(|decoder| decoder.deserialize_any(visitor))
            }
            _ => self.scalar(head, visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The items of a list or the entries of a map.
struct Items<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: Option<u64>,
}

impl Items<'_, '_> {
    fn is_at_end(&mut self) -> bool {
        match &mut self.left {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => self.decoder.at_break(),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = CborError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, CborError> {
        if self.is_at_end() {
            Ok(None)
        } else {
            seed.deserialize(&mut *self.decoder).map(Some)
        }
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = CborError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, CborError> {
        if self.is_at_end() {
            return Ok(None);
        }
        let head = self.decoder.head()?;
        if head.major != 3 {
            return Err(wrong("its CBOR has a key that is not text"));
        }
        let bytes = self.decoder.string(head)?;
        let key = std::str::from_utf8(&bytes).map_err(|_| wrong("its text is not UTF-8"))?;
        seed.deserialize(IntoDeserializer::<CborError>::into_deserializer(key))
            .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, CborError> {
        seed.deserialize(&mut *self.decoder)
    }
}

/// A floating point number of 16 bits (RFC 8949, appendix D).
fn half(bits: u64) -> f64 {
    let exponent = i32::try_from(bits >> 10 & 0x1f).unwrap_or_default();
    let mantissa = f64::from(u32::try_from(bits & 0x3ff).unwrap_or_default());
    let magnitude = match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}
