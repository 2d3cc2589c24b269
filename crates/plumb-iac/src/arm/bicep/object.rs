//! Objects of Bicep; in the body of a resource they hold nested resources too.

use super::{Broken, Parser};
use crate::arm::tree::{Entry, Expr, Field};

/// What stands between braces.
pub(super) struct Object {
    pub(super) entries: Vec<Entry>,
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
                object.entries.push(Entry::Spread(self.expression()?));
            } else {
                let key = self.key()?;
                self.cursor.expect(":")?;
                self.cursor.lines();
                let value = self.expression()?;
                object.entries.push(Entry::Field(Field { key, value }));
            }
            if !self.cursor.is_line_end() && !self.cursor.take(",") && self.cursor.peek() != Some('}') {
                return Err(format!(
                    "`,`, `}}` or a new line is expected, not {}",
                    self.cursor.found()
                ));
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
