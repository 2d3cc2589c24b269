//! XML by shape, streaming; no entities but the five predefined ones, no document types.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_model::time;
use plumb_model::value::{MAX_DEPTH, Map, Value};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::ResponseError;
use crate::model::ServiceModel;
use crate::scalar::{mismatch, parse_float, parse_timestamp};
use crate::shape::{Location, MemberData, Reference, ShapeData, StructureData};

/// Decodes a document whose root element is the shape.
pub(super) fn decode(model: &ServiceModel, target: &Reference, body: &[u8]) -> Result<Value, ResponseError> {
    let mut decoder = Decoder::new(model, body)?;
    let root = decoder.root()?;
    let value = decoder.element(target, &root)?;
    decoder.finish()?;
    Ok(value)
}

/// Decodes a document in whose root element the shape stands, or is the root where there is no wrapper.
pub(super) fn decode_wrapped(
    model: &ServiceModel,
    target: &Reference,
    wrapper: Option<&str>,
    body: &[u8],
) -> Result<Value, ResponseError> {
    let Some(wrapper) = wrapper else {
        return decode(model, target, body);
    };
    let mut decoder = Decoder::new(model, body)?;
    decoder.root()?;
    let mut value = None;
    while let Some(child) = decoder.child()? {
        if value.is_none() && local_name(&child) == wrapper {
            value = Some(decoder.element(target, &child)?);
        } else {
            decoder.skip()?;
        }
    }
    decoder.finish()?;
    value.ok_or_else(|| ResponseError::malformed(format!("it has no element `{wrapper}`")))
}

/// Decodes a document whose root element is the only member of the structure.
pub(super) fn decode_unwrapped(
    model: &ServiceModel,
    structure: &StructureData,
    body: &[u8],
) -> Result<Value, ResponseError> {
    let mut decoder = Decoder::new(model, body)?;
    let root = decoder.root()?;
    let name = local_name(&root);
    let Some(member) = structure.by_wire_name(&name) else {
        return Err(ResponseError::malformed("its root element is unknown"));
    };
    let value = decoder.element(&member.target, &root)?;
    decoder.finish()?;
    let is_absent = value.is_null() || value.as_str() == Some("");
    let entry = (!is_absent).then(|| (member.snake.clone(), value));
    Ok(Value::Map(entry.into_iter().collect()))
}

/// The name of the root element, when the beginning of the body has one.
pub(super) fn root_name(body: &[u8]) -> Option<String> {
    let mut reader = Reader::from_str(std::str::from_utf8(body).ok()?);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Some(local_name(&start)),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// A scalar from the text of an element or a header; empty text is no value, except of a text or blob.
pub(super) fn scalar(shape: &ShapeData, text: &str) -> Value {
    let trimmed = text.trim();
    let (value, expected) = match shape {
        ShapeData::String | ShapeData::Document => return text.into(),
        ShapeData::Blob if STANDARD.decode(trimmed).is_ok() => return trimmed.into(),
        ShapeData::Blob => (None, "base64 text"),
        _ if trimmed.is_empty() => return Value::Null,
        ShapeData::Integer | ShapeData::Long => (trimmed.parse().ok().map(Value::Int), "a whole number"),
        ShapeData::Float | ShapeData::Double => (parse_float(trimmed).map(Value::Float), "a number"),
        ShapeData::Boolean => match trimmed {
            "true" | "True" | "TRUE" | "1" => (Some(Value::Bool(true)), ""),
            "false" | "False" | "FALSE" | "0" => (Some(Value::Bool(false)), ""),
            _ => (None, "a truth value"),
        },
        ShapeData::Timestamp => (
            parse_timestamp(trimmed).map(|timestamp| time::format(timestamp).into()),
            "a timestamp",
        ),
        ShapeData::Structure(_) | ShapeData::List(_) | ShapeData::Map(..) => (None, "elements"),
    };
    value.unwrap_or_else(|| mismatch("other text", expected))
}

pub(super) fn local_name(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

struct Decoder<'a> {
    model: &'a ServiceModel,
    reader: Reader<&'a [u8]>,
    depth: usize,
}

impl<'a> Decoder<'a> {
    fn new(model: &'a ServiceModel, body: &'a [u8]) -> Result<Self, ResponseError> {
        let body =
            std::str::from_utf8(body).map_err(|_| ResponseError::malformed("its text is not UTF-8"))?;
        let mut reader = Reader::from_str(body);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self {
            model,
            reader,
            depth: 0,
        })
    }

    fn event(&mut self) -> Result<Event<'a>, ResponseError> {
        match self.reader.read_event() {
            Ok(Event::DocType(_)) => Err(ResponseError::malformed("it declares a document type")),
            Ok(event) => Ok(event),
            Err(_) => {
                let at = self.reader.error_position();
                Err(ResponseError::malformed(format!("its XML is wrong at byte {at}")))
            }
        }
    }

    fn root(&mut self) -> Result<BytesStart<'a>, ResponseError> {
        loop {
            match self.event()? {
                Event::Start(start) => return Ok(start),
                Event::Eof => return Err(ResponseError::malformed("it has no element")),
                Event::Text(text) if !text.xml10_content().trim().is_empty() => {
                    return Err(ResponseError::malformed("it is not XML"));
                }
                _ => {}
            }
        }
    }

    /// Nothing but white space and comments may follow the root element.
    fn finish(&mut self) -> Result<(), ResponseError> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Start(_) => return Err(ResponseError::malformed("a second root element follows")),
                _ => {}
            }
        }
    }

    /// The next child element of the element that is open; `None` when that ends.
    fn child(&mut self) -> Result<Option<BytesStart<'a>>, ResponseError> {
        loop {
            match self.event()? {
                Event::Start(start) => return Ok(Some(start)),
                Event::End(_) => return Ok(None),
                Event::Eof => return Err(ResponseError::malformed("its XML ends early")),
                _ => {}
            }
        }
    }

    /// Passes the rest of the open element, however deep.
    fn skip(&mut self) -> Result<(), ResponseError> {
        let mut open = 1_usize;
        while open > 0 {
            match self.event()? {
                Event::Start(_) => open += 1,
                Event::End(_) => open -= 1,
                Event::Eof => return Err(ResponseError::malformed("its XML ends early")),
                _ => {}
            }
        }
        Ok(())
    }

    /// Decodes the element that was just opened and passes its end.
    fn element(&mut self, target: &Reference, start: &BytesStart<'_>) -> Result<Value, ResponseError> {
        if self.depth >= MAX_DEPTH {
            return Err(ResponseError::malformed(format!(
                "its XML nests more than {MAX_DEPTH} levels deep"
            )));
        }
        self.depth += 1;
        let value = match self.model.shape(target.shape) {
            ShapeData::Structure(structure) => self.structure(structure, start),
            ShapeData::List(item) => self.list(item),
            ShapeData::Map(key, value) => {
                let mut map = Map::new();
                while self.child()?.is_some() {
                    self.entry(key, value, &mut map)?;
                }
                Ok(Value::Map(map))
            }
            shape => match self.text()? {
                Some(text) => Ok(scalar(shape, &text)),
                None => Ok(mismatch("elements", "text")),
            },
        };
        self.depth -= 1;
        value
    }

    fn structure(
        &mut self,
        structure: &StructureData,
        start: &BytesStart<'_>,
    ) -> Result<Value, ResponseError> {
        let mut map = Map::new();
        for member in structure
            .members
            .iter()
            .filter(|member| member.target.xml_attribute)
        {
            let attributes = start.attributes().filter_map(Result::ok);
            let found = attributes
                .into_iter()
                .find(|attribute| attribute.key.as_ref() == member.wire_name());
            let value = found.and_then(|found| {
                found
                    .normalized_value(XmlVersion::Explicit1_0)
                    .ok()
                    .map(|v| v.into_owned())
            });
            if let Some(value) = value {
                map.insert(member.snake.clone(), value);
            }
        }
        while let Some(child) = self.child()? {
            match self.member(structure, &local_name(&child)) {
                Some(member) => self.place(member, &child, &mut map)?,
                None => self.skip()?,
            }
        }
        Ok(Value::Map(map))
    }

    /// Decodes a member's element; elements of a flattened list or map come one by one.
    fn place(
        &mut self,
        member: &MemberData,
        child: &BytesStart<'_>,
        map: &mut Map,
    ) -> Result<(), ResponseError> {
        let target = &member.target;
        match self.model.shape(target.shape) {
            ShapeData::List(item) if target.flattened => {
                let value = self.element(item, child)?;
                match map.get_mut(&member.snake) {
                    Some(Value::List(list)) => list.push(value),
                    _ => _ = map.insert(member.snake.clone(), vec![value]),
                }
            }
            ShapeData::Map(key, value) if target.flattened => {
                if !map.contains_key(&member.snake) {
                    map.insert(member.snake.clone(), Map::new());
                }
                if let Some(Value::Map(entries)) = map.get_mut(&member.snake) {
                    self.entry(key, value, entries)?;
                }
            }
            _ => {
                let value = self.element(target, child)?;
                match (map.get_mut(&member.snake), value) {
                    (Some(Value::List(list)), Value::List(more)) => list.extend(more),
                    (_, Value::Null) => {}
                    (_, value) => _ = map.insert(member.snake.clone(), value),
                }
            }
        }
        Ok(())
    }

    /// The member that an element stands for; a flattened list is named by its items where they have a name.
    fn member<'s>(&self, structure: &'s StructureData, name: &str) -> Option<&'s MemberData> {
        let is_it = |member: &&MemberData| {
            member.target.location == Location::Body
                && item_name(self.model, member).unwrap_or(member.wire_name()) == name
        };
        structure
            .by_wire_name(name)
            .filter(is_it)
            .or_else(|| structure.members.iter().find(is_it))
    }

    fn list(&mut self, item: &Reference) -> Result<Value, ResponseError> {
        let mut list = Vec::new();
        while let Some(child) = self.child()? {
            list.push(self.element(item, &child)?);
        }
        Ok(Value::List(list))
    }

    /// Decodes the children of an open entry of a map and passes its end.
    fn entry(&mut self, key: &Reference, value: &Reference, map: &mut Map) -> Result<(), ResponseError> {
        let key_name = key.wire_name.as_deref().unwrap_or("key");
        let value_name = value.wire_name.as_deref().unwrap_or("value");
        let (mut found_key, mut found_value) = (None, Value::Null);
        while let Some(child) = self.child()? {
            let name = local_name(&child);
            if name == key_name {
                found_key = self.text()?;
            } else if name == value_name {
                found_value = self.element(value, &child)?;
            } else {
                self.skip()?;
            }
        }
        match found_key {
            Some(found_key) => _ = map.insert(found_key, found_value),
            None => return Err(ResponseError::malformed("an entry of a map has no key")),
        }
        Ok(())
    }

    /// The text of the open element up to its end; `None` when it has elements.
    fn text(&mut self) -> Result<Option<String>, ResponseError> {
        let mut text = String::new();
        loop {
            match self.event()? {
                Event::Text(part) => text.push_str(&part.xml10_content()),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(part) => text.push(resolve(&part)?),
                Event::End(_) => return Ok(Some(text)),
                Event::Start(_) => {
                    self.skip()?;
                    self.skip()?;
                    return Ok(None);
                }
                Event::Eof => return Err(ResponseError::malformed("its XML ends early")),
                _ => {}
            }
        }
    }
}

/// A character reference or one of the five predefined entities.
pub(super) fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<char, ResponseError> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character);
    }
    match reference.xml10_content().as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(ResponseError::malformed("it uses an entity of its own")),
    }
}

fn item_name<'s>(model: &'s ServiceModel, member: &'s MemberData) -> Option<&'s str> {
    match model.shape(member.target.shape) {
        ShapeData::List(item) if member.target.flattened => item.wire_name.as_deref(),
        _ => None,
    }
}
