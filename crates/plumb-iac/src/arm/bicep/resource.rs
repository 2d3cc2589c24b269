//! Resources and modules of Bicep.

use std::rc::Rc;

use plumb_model::value::Text;

use super::object::Object;
use super::{Broken, Parser};
use crate::arm::template::DEPLOYMENT;
use crate::arm::tree::{Entry, Expr, For, Form, Module, Resource, Shape, Source, Standing, Template, field};

/// The head of a resource: what stands before the equals sign.
struct Head {
    start: usize,
    symbol: Text,
    text: Text,
    place: crate::place::Place,
}

/// What stands after the equals sign.
struct Tail {
    condition: Option<Expr>,
    repeat: Option<For>,
    object: Object,
}

impl Parser<'_> {
    /// A resource from its keyword on; `parent` is the number and type of the one that it stands in.
    pub(super) fn resource(&mut self, parent: Option<(usize, &Text)>) -> Result<Resource, Broken> {
        let head = self.head("resource")?;
        self.cursor.space();
        let standing = match self.cursor.take_word("existing") {
            true => Standing::Existing,
            false => Standing::Declared,
        };
        let own = self.resources;
        self.resources += 1;
        let tail = self.tail()?;
        let end = self.cursor.at();
        let written = head.text.split('@').next().unwrap_or_default();
        let kind: Text = match parent {
            Some((_, parent)) if !written.starts_with(parent.as_str()) => {
                format!("{parent}/{written}").into()
            }
            Some(_) | None => written.into(),
        };
        let mut children = Vec::new();
        for start in tail.object.nested {
            self.cursor.back_to(start);
            self.decorators()?;
            children.push(self.resource(Some((own, &kind)))?);
        }
        self.cursor.back_to(end);
        let is_deployment = kind.eq_ignore_ascii_case(DEPLOYMENT) && standing == Standing::Declared;
        let module = is_deployment.then(|| Module {
            source: match is_empty_deployment(&tail.object.entries) {
                true => Source::Inner(Rc::new(Template::default())),
                false => Source::Elsewhere("it is an object of Bicep".into(), head.place),
            },
            parameters: None,
            shape: Shape::Plain,
        });
        Ok(Resource {
            number: own,
            parent: parent.map(|(number, _)| number),
            symbol: Some(head.symbol),
            kind,
            standing,
            condition: tail.condition,
            repeat: tail.repeat,
            fields: tail.object.entries,
            module,
            children,
            head: head.place,
            whole: self.cursor.place_from(head.start),
        })
    }

    /// A module from its keyword on.
    pub(super) fn module(&mut self) -> Result<Resource, Broken> {
        let head = self.head("module")?;
        let own = self.resources;
        self.resources += 1;
        let tail = self.tail()?;
        let parameters = field(&tail.object.entries, "params").map(|field| field.value.clone());
        let module = Module {
            source: Source::Path(head.text, head.place),
            parameters,
            shape: Shape::Plain,
        };
        Ok(Resource {
            number: own,
            parent: None,
            symbol: Some(head.symbol),
            kind: Text::new_static(DEPLOYMENT),
            standing: Standing::Declared,
            condition: tail.condition,
            repeat: tail.repeat,
            fields: tail.object.entries,
            module: Some(module),
            children: Vec::new(),
            head: head.place,
            whole: self.cursor.place_from(head.start),
        })
    }

    fn head(&mut self, keyword: &str) -> Result<Head, Broken> {
        let start = self.cursor.at();
        self.cursor.take_word(keyword);
        self.cursor.space();
        let symbol = self.cursor.name()?;
        self.cursor.space();
        let (text, _) = self.plain_string()?;
        Ok(Head {
            start,
            symbol,
            text,
            place: self.cursor.place_from(start),
        })
    }

    fn tail(&mut self) -> Result<Tail, Broken> {
        self.cursor.expect("=")?;
        self.cursor.lines();
        let condition = self.condition()?;
        if !self.cursor.take("[") {
            return Ok(Tail {
                condition,
                repeat: None,
                object: self.nesting(Self::object)?,
            });
        }
        self.cursor.lines();
        let mut object = None;
        let found = self.repeated(|parser| {
            let start = parser.cursor.at();
            object = Some(parser.nesting(Self::object)?);
            Ok(Expr::new(parser.cursor.place_from(start), Form::Null))
        })?;
        self.cursor.lines();
        self.cursor.expect("]")?;
        Ok(Tail {
            condition: condition.or(found.condition),
            repeat: Some(found.repeat),
            object: object.ok_or("a body in braces is expected")?,
        })
    }

    fn nesting<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Broken>) -> Result<T, Broken> {
        self.depth += 1;
        if self.depth > super::expression::MAX_NESTING {
            return Err("resources nest too deeply".to_owned());
        }
        let read = read(self)?;
        self.depth -= 1;
        Ok(read)
    }
}

/// Whether the template that is written into a deployment has no resources, as those have that only count who uses a module.
fn is_empty_deployment(entries: &[Entry]) -> bool {
    let inner = |entries: &[Entry], name: &str| match field(entries, name).map(|field| &field.value.form) {
        Some(Form::Map(entries)) => Some(entries.clone()),
        Some(_) | None => None,
    };
    let template = inner(entries, "properties").and_then(|properties| inner(&properties, "template"));
    let resources = template
        .as_deref()
        .and_then(|template| field(template, "resources"));
    resources.is_some_and(|resources| matches!(&resources.value.form, Form::List(items) if items.is_empty()))
}
