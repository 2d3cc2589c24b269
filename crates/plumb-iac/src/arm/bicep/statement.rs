//! The statements of a Bicep file.

use std::collections::btree_map::Entry;

use plumb_model::value::Text;

use super::{Broken, Keyword, Parser};
use crate::arm::MAX_BYTES;
use crate::arm::tree::{Expr, Form, Function, Import, Level, Output, Parameter, Template};
use crate::arm::types::Type;
use crate::place::Place;

/// The words that begin a statement.
const STATEMENTS: [&str; 17] = [
    "targetScope",
    "param",
    "var",
    "resource",
    "module",
    "output",
    "type",
    "func",
    "import",
    "using",
    "extends",
    "metadata",
    "assert",
    "extensionConfig",
    "test",
    "extension",
    "provider",
];

/// What decorators say.
#[derive(Clone, Copy, Default)]
pub(super) struct Decorators {
    marking: Marking,
    visibility: Visibility,
    /// What is allowed.
    allowed: Option<Place>,
}

/// Whether values are marked as secret.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Marking {
    #[default]
    Open,
    Secret,
}

/// Whether other files may import it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Visibility {
    #[default]
    Own,
    Exported,
}

impl Decorators {
    /// The type that they make of a type.
    pub(super) fn applied(self, type_: Type) -> Type {
        match self.marking {
            Marking::Open => type_,
            Marking::Secret => Type::Secret(Box::new(type_)),
        }
    }
}

impl Parser<'_> {
    /// The whole file.
    pub(super) fn file(&mut self, path: &str) -> Template {
        let mut template = Template {
            path: path.into(),
            ..Template::default()
        };
        let length = self.cursor.rest().len();
        if length > MAX_BYTES {
            let message = format!("the file has {length} bytes, the limit is {MAX_BYTES}");
            let place = self.cursor.place_from(0);
            self.problems.push((place, message, "nothing of it is read"));
            return template;
        }
        loop {
            self.cursor.lines();
            if self.cursor.peek().is_none() {
                return template;
            }
            let start = self.cursor.at();
            let resources = self.resources;
            let read = self
                .statement(&mut template)
                .and_then(|()| match self.cursor.is_line_end() {
                    true => Ok(()),
                    false => Err(format!(
                        "the end of the line is expected, not {}",
                        self.cursor.found()
                    )),
                });
            if read.is_ok() {
                let keyword = match self.resources > resources {
                    true => Keyword::Resource,
                    false => Keyword::Other,
                };
                self.statements.push((start..self.cursor.at(), keyword));
            }
            if let Err(message) = read {
                let at = self.cursor.at();
                let place = self.cursor.place_from(at);
                let help = "the statement is left out; what refers to it is unknown";
                self.problems
                    .push((place, format!("malformed Bicep: {message}"), help));
                if let Some(name) = self.name_at(start) {
                    let why = format!("`{name}` could not be read");
                    template.unread.insert(name, why.into());
                }
                self.depth = 0;
                self.resources = self.resources.max(resources);
                if self.cursor.at() == start {
                    self.cursor.skip(1);
                }
                self.cursor.next_statement(&STATEMENTS);
            }
        }
    }

    /// The name that a statement which cannot be read would have given something.
    fn name_at(&mut self, start: usize) -> Option<Text> {
        let at = self.cursor.at();
        self.cursor.back_to(start);
        let name = self.cursor.name().ok().and_then(|_| {
            self.cursor.space();
            self.cursor.name().ok()
        });
        self.cursor.back_to(at);
        name
    }

    fn statement(&mut self, template: &mut Template) -> Result<(), Broken> {
        let decorators = self.decorators()?;
        match self.cursor.word() {
            "resource" => {
                let resource = self.resource(None)?;
                self.declare(resource.symbol.as_ref(), resource.head);
                template.resources.push(resource);
                return Ok(());
            }
            "module" => {
                let module = self.module()?;
                self.declare(module.symbol.as_ref(), module.head);
                template.resources.push(module);
                return Ok(());
            }
            _ => {}
        }
        let start = self.cursor.at();
        let keyword = self.cursor.name()?;
        self.cursor.space();
        match keyword.as_str() {
            "targetScope" => {
                self.cursor.expect("=")?;
                self.cursor.space();
                template.level = match self.plain_string()?.0.as_str() {
                    "subscription" => Level::Subscription,
                    "managementGroup" => Level::ManagementGroup,
                    "tenant" => Level::Tenant,
                    _ => Level::ResourceGroup,
                };
            }
            "param" => {
                let name = self.symbol()?;
                let parameter = self.parameter(decorators, start)?;
                if decorators.marking == Marking::Secret {
                    self.hidden.extend(decorators.allowed);
                }
                template.parameters.entry(name).or_insert(parameter);
            }
            "var" => {
                let name = self.symbol()?;
                self.cursor.space();
                if self.cursor.peek() != Some('=') {
                    self.type_()?;
                }
                let value = self.value()?;
                self.export(decorators, &name, template);
                template.variables.entry(name).or_insert(value);
            }
            "output" => {
                let at = self.cursor.at();
                let name = self.cursor.name()?;
                let place = self.cursor.place_from(at);
                let type_ = decorators.applied(self.output_type()?);
                let value = self.value()?;
                match template.outputs.entry(name) {
                    Entry::Vacant(vacant) => drop(vacant.insert(Output { value, type_ })),
                    Entry::Occupied(first) => {
                        let first_line = self.cursor.line_of(first.get().value.place.range().start);
                        self.declared_twice(first.key(), place, first_line);
                    }
                }
            }
            "func" => {
                let name = self.symbol()?;
                let function = self.function()?;
                self.export(decorators, &name, template);
                template.functions.entry(name).or_insert(function);
            }
            "type" => {
                let name = self.symbol()?;
                self.cursor.expect("=")?;
                self.cursor.lines();
                let type_ = decorators.applied(self.type_()?);
                self.export(decorators, &name, template);
                template.types.entry(name).or_insert(type_);
            }
            "metadata" | "assert" => {
                self.cursor.name()?;
                self.value()?;
            }
            "using" => {
                template.using = match self.cursor.word() {
                    "none" => self.cursor.name().ok().map(|_| Text::default()),
                    _ => Some(self.plain_string()?.0),
                };
                self.rest_of_line()?;
            }
            "import" => self.import(template)?,
            "extends" => {
                let (file, expr) = self.plain_string()?;
                template.extends = Some((file, expr.place));
                let why = "it is what another parameter file says";
                template.unread.insert(Text::new_static("base"), why.into());
            }
            "extension" => self.extension(template)?,
            "extensionConfig" | "provider" | "test" => self.rest_of_line()?,
            other => {
                self.cursor.back_to(start);
                return Err(format!("`{other}` begins no statement"));
            }
        }
        Ok(())
    }

    /// The name that a statement declares.
    fn symbol(&mut self) -> Result<Text, Broken> {
        let start = self.cursor.at();
        let name = self.cursor.name()?;
        self.declare(Some(&name), self.cursor.place_from(start));
        Ok(name)
    }

    /// Notes a declaration; a second one of the same name is told, and the first counts.
    fn declare(&mut self, name: Option<&Text>, place: Place) {
        let Some(name) = name else { return };
        match self.declared.entry(name.clone()) {
            Entry::Vacant(vacant) => drop(vacant.insert(place)),
            Entry::Occupied(first) => {
                let line = self.cursor.line_of(first.get().range().start);
                self.declared_twice(name, place, line);
            }
        }
    }

    fn declared_twice(&mut self, name: &Text, place: Place, first_line: usize) {
        let message =
            format!("`{name}` is declared twice; the first declaration stands in line {first_line}");
        let help = "Bicep refuses it; here the name means the first one";
        self.problems.push((place, message, help));
    }

    fn export(&self, decorators: Decorators, name: &Text, template: &mut Template) {
        if decorators.visibility == Visibility::Exported {
            template.exported.insert(name.clone());
        }
    }

    /// `= value`
    fn value(&mut self) -> Result<Expr, Broken> {
        self.cursor.expect("=")?;
        self.cursor.lines();
        self.expression()
    }

    fn parameter(&mut self, decorators: Decorators, start: usize) -> Result<Parameter, Broken> {
        let place = self.cursor.place_from(start);
        let mut parameter = Parameter {
            place,
            type_: Type::Any,
            default: None,
        };
        self.cursor.space();
        if self.cursor.peek() != Some('=') && !self.cursor.is_line_end() {
            parameter.type_ = self.type_()?;
            if parameter.type_.takes_null() {
                parameter.default = Some(Expr::new(place, Form::Null));
            }
        }
        parameter.type_ = decorators.applied(parameter.type_);
        self.cursor.space();
        if self.cursor.peek() == Some('=') {
            parameter.default = Some(self.value()?);
        }
        Ok(parameter)
    }

    /// The type of an output; `resource 'type@version'` is one.
    fn output_type(&mut self) -> Result<Type, Broken> {
        self.cursor.space();
        if self.cursor.peek() == Some('=') {
            return Ok(Type::Any);
        }
        let type_ = self.type_()?;
        self.cursor.space();
        if self.cursor.peek() == Some('\'') {
            self.string()?;
        }
        Ok(type_)
    }

    fn function(&mut self) -> Result<Function, Broken> {
        self.cursor.expect("(")?;
        let mut parameters = Vec::new();
        loop {
            self.cursor.lines();
            if self.cursor.take(")") {
                break;
            }
            if !parameters.is_empty() {
                self.cursor.expect(",")?;
                self.cursor.lines();
            }
            parameters.push(self.cursor.name()?);
            self.type_()?;
        }
        self.type_()?;
        self.cursor.expect("=>")?;
        self.cursor.lines();
        let body = self.expression()?;
        Ok(Function { parameters, body })
    }

    /// `import { a, b as c, 'd' as e } from 'file'`, `import * as a from 'file'`, `import 'extension'`.
    fn import(&mut self, template: &mut Template) -> Result<(), Broken> {
        let mut names: Vec<(Text, Option<Text>, Place)> = Vec::new();
        if self.cursor.take("{") {
            loop {
                self.cursor.lines();
                if self.cursor.take("}") {
                    break;
                }
                if self.cursor.take(",") {
                    continue;
                }
                let start = self.cursor.at();
                let name = match self.cursor.peek() {
                    Some('\'') => self.plain_string()?.0,
                    _ => self.cursor.name()?,
                };
                let own = self.alias()?.unwrap_or_else(|| name.clone());
                names.push((own, Some(name), self.cursor.place_from(start)));
            }
        } else if self.cursor.take("*") {
            let start = self.cursor.at();
            let own = self.alias()?;
            let place = self.cursor.place_from(start);
            names.extend(own.map(|own| (own, None, place)));
        } else {
            return self.rest_of_line();
        }
        self.cursor.space();
        if !self.cursor.take_word("from") {
            return Err(format!("`from` is expected, not {}", self.cursor.found()));
        }
        self.cursor.space();
        let (file, _) = self.plain_string()?;
        for (own, name, place) in names {
            self.declare(Some(&own), place);
            let file = file.clone();
            template
                .imports
                .entry(own)
                .or_insert(Import { file, name, place });
        }
        Ok(())
    }

    /// `extension name`, `extension 'name' with { … } as alias`.
    fn extension(&mut self, template: &mut Template) -> Result<(), Broken> {
        let name = match self.cursor.peek() {
            Some('\'') => self.plain_string()?.0,
            _ => self.cursor.name()?,
        };
        self.cursor.space();
        if self.cursor.take_word("with") {
            self.cursor.space();
            self.balanced()?;
        }
        let own = self.alias()?.unwrap_or(name);
        let why = format!("`{own}` is an extension");
        template.unread.insert(own, why.into());
        Ok(())
    }

    /// `as name`
    fn alias(&mut self) -> Result<Option<Text>, Broken> {
        self.cursor.space();
        if !self.cursor.take_word("as") {
            return Ok(None);
        }
        self.cursor.space();
        self.cursor.name().map(Some)
    }

    /// Passes a statement of which nothing is kept.
    fn rest_of_line(&mut self) -> Result<(), Broken> {
        while !self.cursor.is_line_end() {
            match self.cursor.peek() {
                Some('{' | '[' | '(') => self.balanced()?,
                Some('\'') => drop(self.string()?),
                other => self.cursor.skip(other.map_or(1, char::len_utf8)),
            }
        }
        Ok(())
    }

    /// The decorators before a statement.
    pub(super) fn decorators(&mut self) -> Result<Decorators, Broken> {
        let mut decorators = Decorators::default();
        loop {
            self.cursor.lines();
            if !self.cursor.take("@") {
                return Ok(decorators);
            }
            let decorator = self.expression()?;
            let Form::Call { name, arguments, .. } = &decorator.form else {
                continue;
            };
            match name.as_str() {
                "secure" => decorators.marking = Marking::Secret,
                "export" => decorators.visibility = Visibility::Exported,
                "allowed" => decorators.allowed = arguments.first().map(|list| list.place),
                _ => {}
            }
        }
    }
}
