//! The statements of a Bicep file.

use plumb_model::value::Text;

use super::types::Null;
use super::{Broken, Keyword, Parser};
use crate::arm::MAX_BYTES;
use crate::arm::tree::{Expr, Form, Function, Level, Marking, Output, Parameter, Template};
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
#[derive(Clone, Copy)]
pub(super) struct Decorators {
    marking: Marking,
    /// What is allowed.
    allowed: Option<Place>,
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
                template.resources.push(resource);
                return Ok(());
            }
            "module" => {
                let module = self.module()?;
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
                let name = self.cursor.name()?;
                let parameter = self.parameter(decorators, start)?;
                if parameter.marking == Marking::Secret {
                    self.hidden.extend(decorators.allowed);
                }
                template.parameters.insert(name, parameter);
            }
            "var" => {
                let name = self.cursor.name()?;
                self.cursor.space();
                if self.cursor.peek() != Some('=') {
                    self.type_()?;
                }
                let value = self.value()?;
                template.variables.insert(name, value);
            }
            "output" => {
                let name = self.cursor.name()?;
                self.output_type()?;
                let value = self.value()?;
                let marking = decorators.marking;
                template.outputs.insert(name, Output { value, marking });
            }
            "func" => {
                let name = self.cursor.name()?;
                let function = self.function()?;
                template.functions.insert(name, function);
            }
            "type" => {
                self.cursor.name()?;
                self.cursor.expect("=")?;
                self.cursor.lines();
                self.type_()?;
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
            "extends" | "extension" | "extensionConfig" | "provider" | "test" => self.rest_of_line()?,
            other => {
                self.cursor.back_to(start);
                return Err(format!("`{other}` begins no statement"));
            }
        }
        Ok(())
    }

    /// `= value`
    fn value(&mut self) -> Result<Expr, Broken> {
        self.cursor.expect("=")?;
        self.cursor.lines();
        self.expression()
    }

    fn parameter(&mut self, decorators: Decorators, start: usize) -> Result<Parameter, Broken> {
        use crate::arm::tree::ParameterKind;
        let mut parameter = Parameter {
            place: self.cursor.place_from(start),
            kind: ParameterKind::Other,
            marking: decorators.marking,
            default: None,
        };
        self.cursor.space();
        if self.cursor.peek() != Some('=') && !self.cursor.is_line_end() {
            let shape = self.type_()?;
            parameter.kind = shape.kind;
            if shape.null == Null::Allowed {
                parameter.default = Some(Expr::new(self.cursor.place_from(start), Form::Null));
            }
        }
        self.cursor.space();
        if self.cursor.peek() == Some('=') {
            parameter.default = Some(self.value()?);
        }
        Ok(parameter)
    }

    /// The type of an output; `resource 'type@version'` is one.
    fn output_type(&mut self) -> Result<(), Broken> {
        self.cursor.space();
        if self.cursor.peek() == Some('=') {
            return Ok(());
        }
        self.type_()?;
        self.cursor.space();
        if self.cursor.peek() == Some('\'') {
            self.string()?;
        }
        Ok(())
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
        let mut names: Vec<Text> = Vec::new();
        if self.cursor.take("{") {
            loop {
                self.cursor.lines();
                if self.cursor.take("}") {
                    break;
                }
                if self.cursor.take(",") {
                    continue;
                }
                let name = match self.cursor.peek() {
                    Some('\'') => self.plain_string()?.0,
                    _ => self.cursor.name()?,
                };
                names.push(self.alias()?.unwrap_or(name));
            }
        } else if self.cursor.take("*") {
            names.extend(self.alias()?);
        }
        for name in names {
            let why = format!("`{name}` comes from another file, which is not read");
            template.unread.insert(name, why.into());
        }
        self.rest_of_line()
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
        let mut decorators = Decorators {
            marking: Marking::Open,
            allowed: None,
        };
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
                "allowed" => decorators.allowed = arguments.first().map(|list| list.place),
                _ => {}
            }
        }
    }
}
