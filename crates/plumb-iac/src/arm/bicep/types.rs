//! Types of Bicep, read only as far as values depend on them.

use super::{Broken, Parser};
use crate::arm::tree::ParameterKind;

/// What is kept of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) kind: ParameterKind,
    /// Whether null is one of its values.
    pub(super) null: Null,
}

/// Whether null is a value of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Null {
    Allowed,
    Refused,
}

impl Parser<'_> {
    /// A type, unions included.
    pub(super) fn type_(&mut self) -> Result<Shape, Broken> {
        self.cursor.space();
        if self.cursor.take("|") {
            self.cursor.lines();
        }
        let mut shape = self.part()?;
        loop {
            let after = self.cursor.at();
            self.cursor.lines();
            if !self.cursor.take("|") {
                self.cursor.back_to(after);
                return Ok(shape);
            }
            self.cursor.lines();
            let other = self.part()?;
            if other.null == Null::Allowed {
                shape.null = Null::Allowed;
            }
            if other.kind != shape.kind {
                shape.kind = ParameterKind::Other;
            }
        }
    }

    fn part(&mut self) -> Result<Shape, Broken> {
        let of = |kind| Shape {
            kind,
            null: Null::Refused,
        };
        self.cursor.space();
        let mut shape = match self.cursor.peek() {
            Some('\'') => self.string().map(|_| of(ParameterKind::Text))?,
            Some('{' | '[') => self.balanced().map(|()| of(ParameterKind::Json))?,
            Some('(') => self.balanced().map(|()| of(ParameterKind::Other))?,
            Some(c) if c.is_ascii_digit() || c == '-' => {
                self.cursor.skip(1);
                let rest = self.cursor.rest();
                self.cursor
                    .skip(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
                of(ParameterKind::Int)
            }
            // The decompiler's word for a type that it does not know.
            Some('?') => of(ParameterKind::Other),
            _ => match self.cursor.name()?.as_str() {
                "string" => of(ParameterKind::Text),
                "int" => of(ParameterKind::Int),
                "bool" | "true" | "false" => of(ParameterKind::Bool),
                "object" | "array" => of(ParameterKind::Json),
                "null" => Shape {
                    kind: ParameterKind::Other,
                    null: Null::Allowed,
                },
                _ => of(ParameterKind::Other),
            },
        };
        loop {
            if self.cursor.take("?") {
                shape.null = Null::Allowed;
            } else if self.cursor.rest().starts_with('[') {
                self.balanced()?;
                shape.kind = ParameterKind::Json;
            } else if self.cursor.take("<") {
                let rest = self.cursor.rest();
                self.cursor.skip(rest.find('>').ok_or("`>` is expected")? + 1);
            } else if self.cursor.take(".") {
                if !self.cursor.take("*") {
                    self.cursor.name()?;
                }
                shape.kind = ParameterKind::Other;
            } else if !self.cursor.take("!") {
                return Ok(shape);
            }
        }
    }

    /// Passes everything up to the bracket that closes the one that stands here.
    pub(super) fn balanced(&mut self) -> Result<(), Broken> {
        let mut open = 0_usize;
        loop {
            self.cursor.lines();
            match self.cursor.peek() {
                None => return Err("a bracket is not closed".to_owned()),
                Some('\'') => {
                    self.string()?;
                    continue;
                }
                Some('{' | '[' | '(') => open += 1,
                Some('}' | ']' | ')') => open = open.saturating_sub(1),
                Some(_) => {}
            }
            self.cursor.skip(self.cursor.peek().map_or(1, char::len_utf8));
            if open == 0 {
                return Ok(());
            }
        }
    }
}
