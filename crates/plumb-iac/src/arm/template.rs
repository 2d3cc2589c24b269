//! From the JSON of a template to its parameters, variables, resources and outputs.
//!
//! Structure: <https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax>.

use std::collections::BTreeMap;
use std::rc::Rc;

use plumb_model::value::Text;

use super::expression::Reader;
use super::tree::{
    Entry, Expr, Field, For, Form, Function, Level, Module, Output, Over, Parameter, Resource, Shape, Source,
    Standing, Template,
};
use super::types::{Members, Type};
use super::work::Work;
use crate::cloudformation::tree::{self, Node};

/// The type of a nested deployment.
pub(super) const DEPLOYMENT: &str = "Microsoft.Resources/deployments";
/// How deeply templates and resources may nest within one file.
const MAX_NESTING: usize = 12;

/// Reads a template; `None` when the root is none, which is told.
pub(super) fn read(root: &Node, path: &str, source: &str, work: &Work<'_>) -> Option<Template> {
    let reading = Reading {
        reader: Reader { source, work },
        path,
    };
    reading.template(root, 0)
}

/// The level that a schema is for.
fn level(schema: &str) -> Level {
    let schema = schema.to_ascii_lowercase();
    if schema.contains("managementgroupdeploymenttemplate") {
        Level::ManagementGroup
    } else if schema.contains("subscriptiondeploymenttemplate") {
        Level::Subscription
    } else if schema.contains("tenantdeploymenttemplate") {
        Level::Tenant
    } else {
        Level::ResourceGroup
    }
}

struct Reading<'r, 'a> {
    reader: Reader<'r, 'a>,
    path: &'r str,
}

impl Reading<'_, '_> {
    fn template(&self, root: &Node, depth: usize) -> Option<Template> {
        let work = self.reader.work;
        if root.entries().is_none() {
            let message = format!("a template must be an object, this is a {}", root.kind_name());
            work.error(root.place, message, "nothing of it is read");
            return None;
        }
        let mut number = 0;
        let mut resources = Vec::new();
        match root.get("resources") {
            None => {}
            Some(node) => {
                for (symbol, node) in self.listed(node) {
                    resources.extend(self.resource(symbol, node, None, &mut number, depth));
                }
            }
        }
        let mut functions = BTreeMap::new();
        for namespace in root.get("functions").and_then(Node::items).unwrap_or_default() {
            let prefix = namespace.get_text("namespace").unwrap_or_default();
            for member in entries(namespace.get("members")) {
                let name = format!("{prefix}.{}", member.key).to_lowercase();
                if let Some(function) = self.function(&member.value) {
                    functions.insert(name.into(), function);
                }
            }
        }
        let variables = root.get("variables").map(|node| self.reader.entries(node));
        let variables = variables.unwrap_or_default().into_iter().filter_map(named);
        let template = Template {
            path: self.path.into(),
            level: level(root.get_text("$schema").unwrap_or_default()),
            parameters: entries(root.get("parameters"))
                .iter()
                .map(|entry| (entry.key.clone(), self.parameter(&entry.value)))
                .collect(),
            variables: variables.collect(),
            functions,
            types: entries(root.get("definitions"))
                .iter()
                .map(|entry| (entry.key.clone(), type_of(&entry.value, 0)))
                .collect(),
            resources,
            outputs: entries(root.get("outputs"))
                .iter()
                .map(|entry| {
                    let output = Output {
                        value: self.output(&entry.value),
                        type_: type_of(&entry.value, 0),
                    };
                    (entry.key.clone(), output)
                })
                .collect(),
            ..Template::default()
        };
        Some(template.indexed())
    }

    /// The resources of a list, or of an object with their symbols.
    fn listed<'n>(&self, node: &'n Node) -> Vec<(Option<&'n Text>, &'n Node)> {
        if let Some(items) = node.items() {
            return items.iter().map(|item| (None, item)).collect();
        }
        if let Some(entries) = node.entries() {
            return entries
                .iter()
                .map(|entry| (Some(&entry.key), &entry.value))
                .collect();
        }
        if !node.is_null() {
            let message = format!(
                "resources must be a list or an object, this is a {}",
                node.kind_name()
            );
            self.reader.work.error(node.place, message, "they are not judged");
        }
        Vec::new()
    }

    fn parameter(&self, node: &Node) -> Parameter {
        let type_ = type_of(node, 0);
        if let Type::Secret(_) = type_ {
            let allowed = node.get("allowedValues").and_then(Node::items);
            for allowed in allowed.unwrap_or_default() {
                self.reader.work.hide(allowed.place);
            }
        }
        let default = node.get("defaultValue").map(|node| self.reader.expression(node));
        Parameter {
            place: node.place,
            default: default.or_else(|| {
                let is_nullable = type_.takes_null();
                is_nullable.then(|| Expr::new(node.place, Form::Null))
            }),
            type_,
        }
    }

    fn output(&self, node: &Node) -> Expr {
        if let Some(copy) = node.get("copy") {
            let nothing = || Expr::new(node.place, Form::Null);
            let part = |name| {
                copy.get(name)
                    .map_or_else(nothing, |node| self.reader.expression(node))
            };
            let repeat = For {
                copy: Some(Text::default()),
                item: None,
                index: None,
                over: Over::Count(part("count")),
                body: part("input"),
            };
            return Expr::new(copy.place, Form::For(Box::new(repeat)));
        }
        match node.get("value") {
            Some(value) => self.reader.expression(value),
            None => Expr::new(node.place, Form::Null),
        }
    }

    fn function(&self, node: &Node) -> Option<Function> {
        let parameters = node.get("parameters").and_then(Node::items).unwrap_or_default();
        let names = parameters
            .iter()
            .filter_map(|parameter| parameter.get_text("name"));
        Some(Function {
            // As `parameters` asks for them.
            parameters: names
                .map(|name| Text::from(format!("parameters.{name}")))
                .collect(),
            body: self.reader.expression(node.get("output")?.get("value")?),
        })
    }

    fn resource(
        &self,
        symbol: Option<&Text>,
        node: &Node,
        parent: Option<(usize, &Text)>,
        number: &mut usize,
        depth: usize,
    ) -> Option<Resource> {
        let work = self.reader.work;
        let Some(kind) = node.get_text("type").map(|kind| kind.trim_end_matches('/')) else {
            let what = match node.entries() {
                Some(_) => "a resource has no type".to_owned(),
                None => format!("a resource must be an object, this is a {}", node.kind_name()),
            };
            work.error(node.place, what, "it is not judged");
            return None;
        };
        if depth > MAX_NESTING {
            let message = format!("resources and templates nest more than {MAX_NESTING} levels");
            work.error(node.place, message, "what is deeper is not judged");
            return None;
        }
        let kind: Text = match parent {
            Some((_, parent)) => format!("{parent}/{kind}").into(),
            None => kind.into(),
        };
        let own = *number;
        *number += 1;
        let inner = node
            .get("resources")
            .map(|node| self.listed(node))
            .unwrap_or_default();
        let mut children = Vec::new();
        for (symbol, child) in inner {
            children.extend(self.resource(symbol, child, Some((own, &kind)), number, depth + 1));
        }
        let is_existing = node.get_text("existing") == Some("true");
        let is_deployment = kind.eq_ignore_ascii_case(DEPLOYMENT);
        let type_entry = node.entry("type").or_else(|| node.entries()?.first());
        Some(Resource {
            number: own,
            parent: parent.map(|(number, _)| number),
            symbol: symbol.cloned(),
            module: is_deployment.then(|| self.module(node, depth)).flatten(),
            kind,
            standing: match is_existing {
                true => Standing::Existing,
                false => Standing::Declared,
            },
            condition: node.get("condition").map(|node| self.reader.expression(node)),
            repeat: node.get("copy").and_then(|copy| self.repeat(copy)),
            fields: self.fields(node),
            children,
            head: type_entry.map_or(node.place, tree::Entry::place),
            whole: node.place,
        })
    }

    /// The fields of a resource that are arguments of it.
    fn fields(&self, node: &Node) -> Vec<Entry> {
        let written = node.entries().unwrap_or_default().iter();
        let skipped = [
            "type",
            "condition",
            "copy",
            "resources",
            "dependsOn",
            "comments",
            "metadata",
            "existing",
        ];
        written
            .filter(|entry| !skipped.contains(&entry.key.as_str()))
            .map(|entry| {
                Entry::Field(Field {
                    key: Expr::text(entry.key_place, entry.key.clone()),
                    value: self.reader.expression(&entry.value),
                })
            })
            .collect()
    }

    fn repeat(&self, copy: &Node) -> Option<For> {
        Some(For {
            copy: copy.get_text("name").map(Text::from),
            item: None,
            index: None,
            over: Over::Count(self.reader.expression(copy.get("count")?)),
            body: Expr::new(copy.place, Form::Null),
        })
    }

    fn module(&self, node: &Node, depth: usize) -> Option<Module> {
        let properties = node.get("properties")?;
        let parameters = properties
            .get("parameters")
            .map(|node| self.reader.expression(node));
        let inner_scope = properties
            .get("expressionEvaluationOptions")
            .and_then(|options| options.get_text("scope"))
            .is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
        let source = if let Some(template) = properties.get("template") {
            let template = Rc::new(self.template(template, depth + 1)?);
            match inner_scope {
                true => Source::Inner(template),
                false => Source::Outer(template),
            }
        } else {
            let link = properties.get("templateLink")?;
            match (link.get("relativePath"), link.get("uri")) {
                (Some(path), _) => match path.text().filter(|text| !text.starts_with('[')) {
                    Some(text) => Source::Path(text.clone(), path.place),
                    None => Source::Link(self.reader.expression(path)),
                },
                (None, Some(uri)) => Source::Link(self.reader.expression(uri)),
                (None, None) => Source::Elsewhere("it is a template spec".into(), link.place),
            }
        };
        Some(Module {
            source,
            parameters,
            shape: Shape::Wrapped,
        })
    }
}

/// The type that the definition of a parameter, an output or a member of an object gives.
fn type_of(node: &Node, depth: usize) -> Type {
    if depth > MAX_NESTING {
        return Type::Any;
    }
    let inner = |node: &Node| type_of(node, depth + 1);
    let named = node
        .get_text("$ref")
        .and_then(|path| path.strip_prefix("#/definitions/"));
    let kind = node.get_text("type").unwrap_or_default().to_ascii_lowercase();
    let (is_secret, kind) = match kind.strip_prefix("secure") {
        Some(kind) => (true, kind),
        None => (false, kind.as_str()),
    };
    let type_ = match (named, kind) {
        (Some(name), _) => Type::Named(name.into()),
        (None, "string") => Type::Text,
        (None, "int") => Type::Int,
        (None, "bool") => Type::Bool,
        (None, "array") => match (node.get("prefixItems").and_then(Node::items), node.get("items")) {
            (Some(items), _) => Type::Tuple(items.iter().map(inner).collect()),
            (None, Some(items)) => Type::List(Box::new(inner(items))),
            (None, None) => Type::List(Box::new(Type::Any)),
        },
        (None, "object") => Type::Object(Members {
            fields: entries(node.get("properties"))
                .iter()
                .map(|entry| (entry.key.clone(), inner(&entry.value)))
                .collect(),
            rest: node
                .get("additionalProperties")
                .filter(|node| node.entries().is_some())
                .map(|node| Box::new(inner(node))),
        }),
        (None, _) => Type::Any,
    };
    let type_ = match is_secret {
        true => Type::Secret(Box::new(type_)),
        false => type_,
    };
    match node.get_text("nullable") {
        Some("true") => type_.or_null(),
        Some(_) | None => type_,
    }
}

fn entries(node: Option<&Node>) -> &[tree::Entry] {
    node.and_then(Node::entries).unwrap_or_default()
}

/// A field with its name.
fn named(entry: Entry) -> Option<(Text, Expr)> {
    match entry {
        Entry::Field(field) => Some((field.key.as_text()?.clone(), field.value)),
        Entry::Spread(_) => None,
    }
}
