//! Objects of Bicep; in the body of a resource they hold nested resources too.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use plumb_model::value::Text;

use super::{Broken, Parser};
use crate::arm::tree::{self, Expr, Field};

/// What stands between braces.
pub(super) struct Object {
    pub(super) entries: Vec<tree::Entry>,
    /// Where nested resources begin; they are read when their parent is known.
    pub(super) nested: Vec<usize>,
}

impl Parser<'_> {
    /// An object.
    pub(super) fn object(&mut self) -> Result<Object, Broken> {
        self.cursor.expect("{")?;
        let mut object = Object {
            entries: Vec::new(),
            nested: Vec::new(),
        };
        let mut keys = BTreeMap::new();
        loop {
            self.cursor.lines();
            if self.cursor.take("}") {
                return Ok(object);
            }
            if self.is_nested_resource() {
                object.nested.push(self.cursor.at());
                self.skip_resource()?;
                continue;
            }
            if self.cursor.take("...") {
                object.entries.push(tree::Entry::Spread(self.expression()?));
            } else {
                let start = self.cursor.at();
                let key = self.key()?;
                if let Some(name) = key.as_text() {
                    self.note_key(name, start, &mut keys);
                }
                self.cursor.expect(":")?;
                self.cursor.lines();
                let value = self.expression()?;
                object.entries.push(tree::Entry::Field(Field { key, value }));
            }
            if !self.cursor.is_line_end() && !self.cursor.take(",") && self.cursor.peek() != Some('}') {
                return Err(format!(
                    "`,`, `}}` or a new line is expected, not {}",
                    self.cursor.found()
                ));
            }
        }
    }

    /// Tells of a key that stands twice in an object.
    fn note_key(&mut self, name: &Text, start: usize, keys: &mut BTreeMap<Text, usize>) {
        match keys.entry(name.clone()) {
            Entry::Vacant(vacant) => drop(vacant.insert(start)),
            Entry::Occupied(first) => {
                let line = self.cursor.line_of(*first.get());
                let message = format!("`{name}` stands twice in one object; the first time in line {line}");
                let place = self.cursor.place_from(start);
                self.problems
                    .push((place, message, "Bicep refuses it; here the last one counts"));
            }
        }
    }

    fn key(&mut self) -> Result<Expr, Broken> {
        if self.cursor.peek() == Some('\'') {
            return self.string();
        }
        let start = self.cursor.at();
        let name = self.cursor.name()?;
        Ok(Expr::text(self.cursor.place_from(start), name))
    }

    /// Whether a nested resource, or a decorator of one, stands here, and no field called `resource`.
    fn is_nested_resource(&mut self) -> bool {
        let start = self.cursor.at();
        let is_one = self.cursor.take("@")
            || self.cursor.take_word("resource") && {
                self.cursor.space();
                !self.cursor.word().is_empty()
            };
        self.cursor.back_to(start);
        is_one
    }

    /// Passes a nested resource.
    fn skip_resource(&mut self) -> Result<(), Broken> {
        self.decorators()?;
        self.cursor.take_word("resource");
        self.cursor.space();
        self.cursor.name()?;
        self.cursor.space();
        self.string()?;
        self.cursor.space();
        self.cursor.take_word("existing");
        self.cursor.expect("=")?;
        self.cursor.lines();
        self.condition()?;
        match self.cursor.peek() {
            Some('[') => {
                self.cursor.skip(1);
                self.cursor.lines();
                self.repeated(Self::body)?;
                self.cursor.lines();
                self.cursor.expect("]")
            }
            _ => self.body().map(drop),
        }
    }

    /// The body of a resource as a value.
    pub(super) fn body(&mut self) -> Result<Expr, Broken> {
        self.cursor.space();
        let start = self.cursor.at();
        self.depth += 1;
        if self.depth > super::expression::MAX_NESTING {
            return Err("resources nest too deeply".to_owned());
        }
        let object = self.object()?;
        self.depth -= 1;
        let form = crate::arm::tree::Form::Map(object.entries);
        Ok(Expr::new(self.cursor.place_from(start), form))
    }
}
