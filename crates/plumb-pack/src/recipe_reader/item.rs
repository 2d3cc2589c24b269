//! What a recipe says about the items of a list call: their attributes, tags, and what is changed in them.

use std::ops::Range;

use plumb_expr::Type;
use plumb_model::value::Text;

use super::TypeReader;
use crate::api_type::tag_shape;
use crate::call_reader::{PendingTemplate, ReadCall, read_template};
use crate::checks::{output_type, read_path, read_transforms, transform_all};
use crate::reader::Fields;
use crate::recipe::{Path, Template, Transform};
use crate::schema::AttributeSource;
use crate::suggest::did_you_mean;
use crate::typed_path::{Misfit, Spelling, replaced, resolve};

impl TypeReader<'_> {
    pub(super) fn items(&mut self, fields: &Fields<'_>, read: &ReadCall) -> Option<(Path, Type)> {
        let node = fields.required("items", "a list call", &mut self.problems)?;
        let (path, type_) = read_path(node, &output_type(read), Spelling::Api, &mut self.problems)?;
        match type_ {
            Type::List(element) => Some((path, Type::clone(&element))),
            other => {
                self.problems.error(
                    node.span.clone(),
                    format!("`items` leads to {other}, not to a list"),
                    "not a list",
                );
                None
            }
        }
    }

    pub(super) fn item_attributes(
        &mut self,
        item: &Type,
        item_key: &Text,
        operation: &Text,
        fields: &Fields<'_>,
    ) -> Option<()> {
        let source = AttributeSource::List {
            operation: operation.clone(),
        };
        match item {
            Type::Object(members) => {
                for name in members.names() {
                    if let Some(type_) = members.field(&name) {
                        self.attributes.put(name, type_, source.clone());
                    }
                }
            }
            Type::String => self.attributes.put(item_key.clone(), Type::String, source),
            other => {
                let message = format!("items are {other}; they must be structures or texts");
                self.problems
                    .error(fields.get("items")?.span.clone(), message, "not usable as items");
                return None;
            }
        }
        Some(())
    }

    pub(super) fn drop(&mut self, fields: &Fields<'_>) -> Vec<Text> {
        let names = fields.texts("drop", &mut self.problems);
        for name in &names {
            if self.attributes.remove(name).is_none() {
                self.unknown_attribute(name, fields.key_span("drop"));
            }
        }
        names
    }

    pub(super) fn tags(&mut self, fields: &Fields<'_>) -> Option<Path> {
        let node = fields.get("tags")?;
        let item = self.attributes.to_type();
        let (path, type_) = read_path(node, &item, Spelling::Api, &mut self.problems)?;
        if !tag_shape(&type_) {
            let message = format!("`tags` leads to {type_}, not to a list of keys and values or a map");
            self.problems.error(node.span.clone(), message, "not tags");
        }
        Some(path)
    }

    pub(super) fn decode(&mut self, fields: &Fields<'_>) -> Vec<(Path, Vec<Transform>)> {
        let mut decode = Vec::new();
        for (key, node) in fields.entries("decode", &mut self.problems) {
            let transforms = read_transforms(node, "decode", &mut self.problems);
            let path = match Path::parse(&key.text) {
                Ok(path) => path,
                Err(problem) => {
                    self.problems
                        .error(key.span.clone(), problem.to_string(), "not a path");
                    continue;
                }
            };
            let change = |type_: &Type| transform_all(type_, &transforms);
            match self.replace_attribute(&path, &change) {
                Ok(()) => decode.push((path, transforms)),
                Err(misfit) => {
                    self.problems.error_with_help(
                        key.span.clone(),
                        misfit.message,
                        "in this path",
                        misfit.help,
                    );
                }
            }
        }
        decode
    }

    fn replace_attribute(
        &mut self,
        path: &Path,
        change: &dyn Fn(&Type) -> Result<Type, Misfit>,
    ) -> Result<(), Misfit> {
        // Resolving the whole path first gives the better message.
        resolve(&self.attributes.to_type(), path, Spelling::Document)?;
        let (Some(root), Some((_, rest))) = (path.root(), path.0.split_first()) else {
            return Ok(());
        };
        let Some(attribute) = self.attributes.get(root).cloned() else {
            return Ok(());
        };
        let type_ = replaced(&attribute.type_, rest, change)?;
        self.attributes.put(attribute.name, type_, attribute.source);
        Ok(())
    }

    pub(super) fn rename(&mut self, fields: &Fields<'_>) -> Vec<(Text, Text)> {
        let mut rename = Vec::new();
        for (key, node) in fields.entries("rename", &mut self.problems) {
            let Some(new) = self.problems.text(node, "rename") else {
                continue;
            };
            match self.attributes.remove(&key.text) {
                Some(attribute) if self.attributes.get(&new).is_none() => {
                    self.attributes
                        .put(new.clone(), attribute.type_, attribute.source);
                    rename.push((key.text.clone(), new));
                }
                Some(_) => {
                    let message = format!("attribute `{new}` exists already");
                    self.problems.error(node.span.clone(), message, "taken");
                }
                None => self.unknown_attribute(&key.text, key.span.clone()),
            }
        }
        rename
    }

    pub(super) fn keep(&mut self, fields: &Fields<'_>, operation: &Text) -> Vec<(Text, Template)> {
        let mut keep = Vec::new();
        for (key, node) in fields.entries("keep", &mut self.problems) {
            let Some(text) = self.problems.text(node, "keep") else {
                continue;
            };
            let Some(template) = read_template(node, &text, &mut self.problems) else {
                continue;
            };
            let pending = PendingTemplate {
                template: template.clone(),
                span: node.span.clone(),
            };
            let type_ = self.template_type(&pending);
            let source = AttributeSource::List {
                operation: operation.clone(),
            };
            self.attributes.put(key.text.clone(), type_, source);
            keep.push((key.text.clone(), template));
        }
        keep
    }

    pub(super) fn unknown_attribute(&mut self, name: &str, span: Range<usize>) {
        let names = plumb_expr::Fields::names(&self.attributes);
        let help = did_you_mean(name, names.iter().map(Text::as_str));
        self.problems.error_with_help(
            span,
            format!("items have no attribute `{name}`"),
            "not in the answer",
            help,
        );
    }
}
