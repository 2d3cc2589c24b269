//! Names that a Bicep file uses and nothing in it declares.

use plumb_model::value::Text;

use crate::arm::tree::{Entry, Expr, For, Form, Item, Over, Resource, Template};
use crate::place::Place;

/// The namespaces of what is built in.
const NAMESPACES: [&str; 2] = ["az", "sys"];

/// The names that mean nothing, with their places, in the order of the file's parts.
pub(super) fn undeclared(template: &Template) -> Vec<(Place, Text)> {
    let mut search = Search {
        template,
        bound: Vec::new(),
        found: Vec::new(),
    };
    for parameter in template.parameters.values() {
        search.optional(parameter.default.as_ref());
    }
    for value in template.variables.values() {
        search.expr(value);
    }
    for function in template.functions.values() {
        search.with(&function.parameters, &function.body);
    }
    for resource in &template.resources {
        search.resource(resource);
    }
    for output in template.outputs.values() {
        search.expr(&output.value);
    }
    search.found
}

struct Search<'t> {
    template: &'t Template,
    /// Names of loops and functions around what is looked at, the innermost last.
    bound: Vec<Text>,
    found: Vec<(Place, Text)>,
}

impl Search<'_> {
    fn resource(&mut self, resource: &Resource) {
        let before = self.bound.len();
        if let Some(repeat) = &resource.repeat {
            self.over(repeat);
            self.bind(repeat);
        }
        self.optional(resource.condition.as_ref());
        self.entries(&resource.fields);
        for child in &resource.children {
            self.resource(child);
        }
        self.bound.truncate(before);
    }

    fn entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Field(field) => {
                    self.expr(&field.key);
                    self.expr(&field.value);
                }
                Entry::Spread(expr) => self.expr(expr),
            }
        }
    }

    fn optional(&mut self, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.form {
            Form::Null | Form::Bool(_) | Form::Int(_) | Form::Float(_) | Form::Text(_) | Form::Broken(_) => {}
            Form::Interpolated(parts) => parts.iter().for_each(|part| self.expr(part)),
            Form::List(items) => {
                for item in items {
                    let (Item::One(inner) | Item::Spread(inner)) = item;
                    self.expr(inner);
                }
            }
            Form::Map(entries) => self.entries(entries),
            Form::Name(name) => {
                if !self.is_known(name) {
                    self.found.push((expr.place, name.clone()));
                }
            }
            Form::Call { of, arguments, .. } => {
                match of.as_deref() {
                    Some(Expr {
                        form: Form::Name(name),
                        ..
                    }) if NAMESPACES.contains(&name.as_str()) => {}
                    Some(of) => self.expr(of),
                    None => {}
                }
                arguments.iter().for_each(|argument| self.expr(argument));
            }
            Form::Member { of, .. } | Form::Nested { of, .. } => self.expr(of),
            Form::Index { of, index, .. } => {
                self.expr(of);
                self.expr(index);
            }
            Form::Lambda { parameters, body } => self.with(parameters, body),
            Form::For(repeat) => {
                self.over(repeat);
                let before = self.bound.len();
                self.bind(repeat);
                self.expr(&repeat.body);
                self.bound.truncate(before);
            }
        }
    }

    fn over(&mut self, repeat: &For) {
        let (Over::Count(over) | Over::Items(over)) = &repeat.over;
        self.expr(over);
    }

    fn bind(&mut self, repeat: &For) {
        self.bound
            .extend(repeat.item.iter().chain(&repeat.index).cloned());
    }

    fn with(&mut self, names: &[Text], body: &Expr) {
        let before = self.bound.len();
        self.bound.extend(names.iter().cloned());
        self.expr(body);
        self.bound.truncate(before);
    }

    fn is_known(&self, name: &Text) -> bool {
        let template = self.template;
        self.bound.contains(name)
            || template.parameters.contains_key(name)
            || template.variables.contains_key(name)
            || template.symbols.contains_key(name)
            || template.imports.contains_key(name)
            || template.unread.contains_key(name)
            || template.functions.contains_key(name)
            || template.types.contains_key(name)
    }
}
