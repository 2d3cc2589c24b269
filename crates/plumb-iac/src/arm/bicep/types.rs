//! Types of Bicep: <https://learn.microsoft.com/azure/azure-resource-manager/bicep/data-types>.

use plumb_model::value::Text;

use super::{Broken, Parser};
use crate::arm::types::{Members, Type};
use crate::val::Kind;

impl Parser<'_> {
    /// A type, unions included.
    pub(super) fn type_(&mut self) -> Result<Type, Broken> {
        self.cursor.space();
        if self.cursor.take("|") {
            self.cursor.lines();
        }
        let first = self.part()?;
        let mut others = Vec::new();
        loop {
            let after = self.cursor.at();
            self.cursor.lines();
            if !self.cursor.take("|") {
                self.cursor.back_to(after);
                break;
            }
            self.cursor.lines();
            others.push(self.part()?);
        }
        if others.is_empty() {
            return Ok(first);
        }
        others.insert(0, first);
        Ok(Type::Union(others))
    }

    fn part(&mut self) -> Result<Type, Broken> {
        self.cursor.space();
        let mut type_ = self.primary_type()?;
        loop {
            if self.cursor.take("?") {
                type_ = type_.or_null();
            } else if self.cursor.take("[]") {
                type_ = Type::List(Box::new(type_));
            } else if self.cursor.rest().starts_with('[') {
                // The type of an item.
                self.balanced()?;
                type_ = Type::Any;
            } else if self.cursor.take("<") {
                let rest = self.cursor.rest();
                self.cursor.skip(rest.find('>').ok_or("`>` is expected")? + 1);
                type_ = Type::Any;
            } else if self.cursor.take(".") {
                type_ = match (self.cursor.take("*"), type_) {
                    (true, _) => Type::Any,
                    (false, Type::Named(of)) => Type::Named(format!("{of}.{}", self.cursor.name()?).into()),
                    (false, _) => self.cursor.name().map(|_| Type::Any)?,
                };
            } else if !self.cursor.take("!") {
                return Ok(type_);
            }
        }
    }

    fn primary_type(&mut self) -> Result<Type, Broken> {
        Ok(match self.cursor.peek() {
            Some('\'') => match self.string()?.as_text() {
                Some(text) => Type::Literal(Kind::String(text.clone())),
                None => Type::Text,
            },
            Some('{') => self.or_skipped(Self::object_type)?,
            Some('[') => self.or_skipped(Self::tuple)?,
            Some('(') => self.or_skipped(Self::parenthesised)?,
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let start = self.cursor.at();
                self.cursor.skip(1);
                let rest = self.cursor.rest();
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let sign_and_digits = 1 + end;
                self.cursor.back_to(start);
                let int = self
                    .cursor
                    .rest()
                    .get(..sign_and_digits)
                    .and_then(|text| text.parse().ok());
                self.cursor.skip(sign_and_digits);
                int.map_or(Type::Int, |int| Type::Literal(Kind::Int(int)))
            }
            // The decompiler's word for a type that it does not know.
            Some('?') => Type::Any,
            _ => named(self.cursor.name()?),
        })
    }

    /// What can be read of a type in brackets; one of which nothing is understood is any.
    fn or_skipped(&mut self, read: fn(&mut Self) -> Result<Type, Broken>) -> Result<Type, Broken> {
        let start = self.cursor.at();
        self.depth += 1;
        let type_ = match self.depth > super::expression::MAX_NESTING {
            true => None,
            false => read(self).ok(),
        };
        self.depth -= 1;
        match type_ {
            Some(type_) => Ok(type_),
            None => {
                self.cursor.back_to(start);
                self.balanced()?;
                Ok(Type::Any)
            }
        }
    }

    fn parenthesised(&mut self) -> Result<Type, Broken> {
        self.cursor.expect("(")?;
        self.cursor.lines();
        let inner = self.type_()?;
        self.cursor.lines();
        self.cursor.expect(")")?;
        Ok(inner)
    }

    fn tuple(&mut self) -> Result<Type, Broken> {
        self.cursor.expect("[")?;
        let mut types = Vec::new();
        loop {
            self.cursor.lines();
            if self.cursor.take("]") {
                return Ok(Type::Tuple(types));
            }
            let decorators = self.decorators()?;
            types.push(decorators.applied(self.type_()?));
            self.separator(']')?;
        }
    }

    fn object_type(&mut self) -> Result<Type, Broken> {
        self.cursor.expect("{")?;
        let mut members = Members::default();
        loop {
            self.cursor.lines();
            if self.cursor.take("}") {
                return Ok(Type::Object(members));
            }
            let decorators = self.decorators()?;
            let name = match self.cursor.peek() {
                Some('*') => {
                    self.cursor.skip(1);
                    None
                }
                Some('\'') => Some(self.plain_string()?.0),
                _ => Some(self.cursor.name()?),
            };
            self.cursor.expect(":")?;
            self.cursor.lines();
            let type_ = decorators.applied(self.type_()?);
            match name {
                Some(name) => members.fields.push((name, type_)),
                None => members.rest = Some(Box::new(type_)),
            }
            self.separator('}')?;
        }
    }

    /// What stands behind a member: a comma, a new line, or the bracket that ends them all.
    fn separator(&mut self, end: char) -> Result<(), Broken> {
        if self.cursor.is_line_end() || self.cursor.take(",") || self.cursor.peek() == Some(end) {
            return Ok(());
        }
        Err(format!(
            "`,`, `{end}` or a new line is expected, not {}",
            self.cursor.found()
        ))
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

/// The type that a word means.
fn named(word: Text) -> Type {
    match word.as_str() {
        "string" => Type::Text,
        "int" => Type::Int,
        "bool" => Type::Bool,
        "true" => Type::Literal(Kind::Bool(true)),
        "false" => Type::Literal(Kind::Bool(false)),
        "null" => Type::Null,
        "object" => Type::Object(Members::default()),
        "array" => Type::List(Box::new(Type::Any)),
        "any" | "resourceInput" | "resourceOutput" | "resource" => Type::Any,
        _ => Type::Named(word),
    }
}
