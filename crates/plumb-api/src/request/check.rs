//! Checks parameters against the shapes of an operation, so that the encoders need not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_model::value::{MAX_DEPTH, Map, Text, Value};

use super::BuildError;
use crate::model::{ReadOperation, ServiceModel};
use crate::scalar::timestamp_of;
use crate::shape::{ShapeData, StructureData};

/// Checks all parameters.
pub(super) fn parameters(operation: &ReadOperation, input: &Map) -> Result<(), BuildError> {
    let model = operation.model();
    let no_members = StructureData::default();
    let structure = match operation.input.as_ref().map(|input| model.shape(input.shape)) {
        Some(ShapeData::Structure(structure)) => structure,
        _ => &no_members,
    };
    Checker {
        model,
        path: String::new(),
        depth: 0,
    }
    .structure(structure, input)
}

struct Checker<'a> {
    model: &'a ServiceModel,
    path: String,
    depth: usize,
}

impl Checker<'_> {
    fn structure(&mut self, structure: &StructureData, input: &Map) -> Result<(), BuildError> {
        for (name, value) in input.iter() {
            let Some(member) = structure.by_name(name) else {
                return Err(BuildError::UnknownMember {
                    path: self.joined(name),
                    suggestion: suggest(structure, name),
                });
            };
            if !value.is_null() {
                let joined = self.joined(name);
                self.within(joined, |checker| checker.value(member.target.shape, value))?;
            }
        }
        let is_missing = |name: &str| input.get(name).is_none_or(Value::is_null);
        match structure
            .members
            .iter()
            .find(|member| member.target.required && is_missing(&member.name))
        {
            Some(missing) => Err(BuildError::MissingMember {
                path: self.joined(&missing.name),
            }),
            None => Ok(()),
        }
    }

    fn value(&mut self, shape: u32, value: &Value) -> Result<(), BuildError> {
        let expected = match (self.model.shape(shape), value) {
            (ShapeData::Structure(structure), Value::Map(map)) => return self.structure(structure, map),
            (ShapeData::List(item), Value::List(list)) => {
                for (at, value) in list.iter().enumerate() {
                    let path = format!("{}[{at}]", self.path);
                    self.within(path, |checker| checker.value(item.shape, value))?;
                }
                return Ok(());
            }
            (ShapeData::Map(_, target), Value::Map(map)) => {
                for (key, value) in map.iter() {
                    let joined = self.joined(key);
                    self.within(joined, |checker| checker.value(target.shape, value))?;
                }
                return Ok(());
            }
            (ShapeData::Document, _) => return self.document(value),
            (ShapeData::String, Value::String(_))
            | (ShapeData::Integer | ShapeData::Long, Value::Int(_))
            | (ShapeData::Float | ShapeData::Double, Value::Int(_) | Value::Float(_))
            | (ShapeData::Boolean, Value::Bool(_)) => return Ok(()),
            (ShapeData::Timestamp, value) if timestamp_of(value).is_some() => return Ok(()),
            (ShapeData::Blob, Value::String(text)) if STANDARD.decode(text.as_bytes()).is_ok() => {
                return Ok(());
            }
            (ShapeData::Structure(_) | ShapeData::Map(..), _) => "a map",
            (ShapeData::List(_), _) => "a list",
            (ShapeData::String, _) => "text",
            (ShapeData::Integer | ShapeData::Long, _) => "a whole number",
            (ShapeData::Float | ShapeData::Double, _) => "a number",
            (ShapeData::Boolean, _) => "a truth value",
            (ShapeData::Timestamp, _) => "a timestamp",
            (ShapeData::Blob, _) => "base64 text",
        };
        Err(BuildError::WrongType {
            path: self.path.clone(),
            expected,
            found: value.kind(),
        })
    }

    /// Any JSON is fine; what could not be read is not JSON.
    fn document(&mut self, value: &Value) -> Result<(), BuildError> {
        match value {
            Value::List(list) => {
                for (at, value) in list.iter().enumerate() {
                    let path = format!("{}[{at}]", self.path);
                    self.within(path, |checker| checker.document(value))?;
                }
                Ok(())
            }
            Value::Map(map) => {
                for (key, value) in map.iter() {
                    let joined = self.joined(key);
                    self.within(joined, |checker| checker.document(value))?;
                }
                Ok(())
            }
            Value::Unreadable(_) => Err(BuildError::WrongType {
                path: self.path.clone(),
                expected: "a JSON value",
                found: value.kind(),
            }),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => Ok(()),
        }
    }

    fn within(
        &mut self,
        path: String,
        check: impl FnOnce(&mut Self) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        if self.depth >= MAX_DEPTH {
            return Err(BuildError::TooDeep { limit: MAX_DEPTH });
        }
        let outer = std::mem::replace(&mut self.path, path);
        self.depth += 1;
        let checked = check(self);
        self.depth -= 1;
        self.path = outer;
        checked
    }

    fn joined(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}

/// The member that was probably meant: the same letters in another spelling, or up to two slips.
fn suggest(structure: &StructureData, name: &str) -> Option<Text> {
    let plain = |text: &str| text.replace('_', "").to_ascii_lowercase();
    let wanted = plain(name);
    let distance = |candidate: &str| edit_distance(&wanted, &plain(candidate));
    let best = structure
        .members
        .iter()
        .min_by_key(|member| distance(&member.name))?;
    (distance(&best.name) <= 2.min(wanted.len() / 2)).then(|| best.name.clone())
}

fn edit_distance(left: &str, right: &str) -> usize {
    // Names in API models are short; what a user wrote is cut.
    let left: Vec<char> = left.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (at, a) in left.iter().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        let mut next = vec![before];
        for (b, above) in right.chars().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(*a != b);
            before = changed.min(*above + 1).min(before + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(left.len())
}
