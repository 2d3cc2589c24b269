//! Reading of a resource type: its recipe, checked against the API model, and the schema that follows from both.

mod code_source;
mod control;
mod graph;
mod hands_on;
mod item;
mod opening;
mod relation;

use std::sync::Arc;

use plumb_expr::{Program, Type};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::resource::Resource;
use plumb_model::value::Text;

use crate::call_reader::{CalledService, PendingTemplate, read_call, read_template};
use crate::checks::{called_service, check_template, compile_recipe_rule};
use crate::declared::read_declared;
use crate::fact_reader::FactReader;
use crate::node::Node;
use crate::reader::{Fields, Problems};
use crate::recipe::{CallScope, Descend, ListCall, Origin, Recipe, Service, Template};
use crate::recipe_file::{RecipeFile, TypeEntry};
use crate::schema::{AttributeSet, AttributeSource, ResourceType};
use crate::typed_path::{Spelling, resolve};

/// What a recipe may refer to outside its own file.
pub(crate) trait Surroundings {
    /// The recipe file of another service, when there is one.
    fn recipe_file(&self, service: &str) -> Option<Arc<RecipeFile>>;

    /// Another type of the pack; an error says why it cannot be used.
    fn resource_type(&self, name: &str) -> Result<Arc<ResourceType>, String>;

    /// The names of all types of the pack, sorted.
    fn resource_type_names(&self) -> Vec<Text>;
}

/// Reads one type of a file.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read_type(
    file: &RecipeFile,
    entry: &TypeEntry,
    surroundings: &dyn Surroundings,
) -> Result<ResourceType, Vec<Diagnostic>> {
    let mut reader = TypeReader {
        file,
        entry,
        surroundings,
        problems: Problems::new(&file.source),
        attributes: AttributeSet::new(&entry.name),
        parent: None,
    };
    let recipe = reader.read();
    match recipe {
        Some(recipe) if !reader.problems.has_errors() => {
            let attributes = reader.attributes;
            Ok(ResourceType::new(
                file.provider,
                recipe,
                attributes,
                Arc::clone(&file.source),
                file.provenance,
            ))
        }
        _ => Err(reader.problems.into_found()),
    }
}

const TYPE_KEYS: [&str; 28] = [
    "title",
    "aliases",
    "scope",
    "list",
    "service",
    "with",
    "items",
    "item_key",
    "for_each",
    "descend",
    "for_values",
    "single",
    "guard",
    "where",
    "rename",
    "drop",
    "keep",
    "decode",
    "absent_on",
    "region",
    "uid",
    "name",
    "tags",
    "facts",
    "relations",
    "graph",
    "attributes",
    "in_code",
];

struct TypeReader<'r> {
    file: &'r RecipeFile,
    entry: &'r TypeEntry,
    surroundings: &'r dyn Surroundings,
    problems: Problems,
    attributes: AttributeSet,
    parent: Option<Arc<ResourceType>>,
}

impl TypeReader<'_> {
    fn read(&mut self) -> Option<Recipe> {
        let node = &self.entry.node;
        let fields = Fields::open(node, "a resource type", &TYPE_KEYS, &mut self.problems)?;
        let origins: Vec<&str> = ["list", "single", "attributes"]
            .into_iter()
            .filter(|key| fields.get(key).is_some())
            .collect();
        let [origin] = origins.as_slice() else {
            let message = format!(
                "type `{}` must have exactly one of `list`, `single` and `attributes`",
                self.entry.name
            );
            self.problems
                .error(self.entry.span.clone(), message, format!("has {}", origins.len()));
            return None;
        };
        if *origin != "single" && fields.get("guard").is_some() {
            let message = "`guard` is for types of which there is a single resource";
            let label = format!("this type has `{origin}`");
            self.problems.error(fields.key_span("guard"), message, label);
        }
        match *origin {
            "attributes" => self.declared(&fields),
            "single" => self.single(&fields),
            _ => self.listed(&fields),
        }
    }

    fn declared(&mut self, fields: &Fields<'_>) -> Option<Recipe> {
        for (name, type_) in read_declared(fields.get("attributes")?, &mut self.problems) {
            self.attributes.put(name, type_, AttributeSource::Declared);
        }
        self.reserve();
        let service = Arc::new(Service {
            provider: self.file.provider,
            name: self.file.service.clone(),
            title: self.file.title.clone(),
            iam_prefix: self
                .file
                .iam_prefix
                .clone()
                .unwrap_or_else(|| self.file.service.clone()),
            actions: self.file.actions.clone(),
        });
        let relations = self.relations(fields);
        let graph = self.graph(fields, &relations);
        Some(Recipe {
            relations,
            graph,
            ..self.recipe(fields, service, CallScope::Region, Origin::Declared)
        })
    }

    fn single(&mut self, fields: &Fields<'_>) -> Option<Recipe> {
        let service = self.own_service()?;
        let scope = match fields.text("single", &mut self.problems).as_deref() {
            Some("account") => CallScope::Global,
            Some("region") => CallScope::Region,
            _ => {
                self.problems.error(
                    fields.key_span("single"),
                    "`single` must be `account` or `region`",
                    "not known here",
                );
                return None;
            }
        };
        for key in [
            "with",
            "items",
            "item_key",
            "for_each",
            "descend",
            "for_values",
            "where",
            "absent_on",
            "tags",
            "keep",
            "rename",
            "drop",
            "decode",
        ] {
            if fields.get(key).is_some() {
                self.problems.error(
                    fields.key_span(key),
                    format!("`{key}` needs a list call"),
                    "this type has none",
                );
            }
        }
        let recipe = Recipe {
            is_guard: fields.flag("guard", &mut self.problems),
            ..self.recipe(fields, Arc::clone(&service.service), scope, Origin::Single)
        };
        self.identity(fields, recipe, &service)
    }

    fn listed(&mut self, fields: &Fields<'_>) -> Option<Recipe> {
        let own = self.own_service()?;
        let called = self.called(fields)?;
        let for_values = self.for_values(fields);
        self.parent = fields
            .text("for_each", &mut self.problems)
            .and_then(|name| self.parent_type(fields, &name));
        let elsewhere = for_values.as_ref().map(|(name, _)| name);
        let read = read_call(fields, "list", elsewhere, &called, &mut self.problems)?;
        if read.each {
            self.problems.error(
                fields.key_span("with"),
                "`each` needs a fact with `batch`",
                "not possible in a list call",
            );
        }
        let (items, item_type) = self.items(fields, &read)?;
        let operation = Text::from(format!("{}:{}", called.service.name, read.call.operation));
        let item_key = fields
            .text("item_key", &mut self.problems)
            .unwrap_or(Text::new_static("id"));
        self.item_attributes(&item_type, &item_key, &operation, fields)?;
        let for_each = self.parent.as_ref().map(|parent| parent.name.clone());
        self.check_parent_templates(&read.templates);
        let scope = scope_of(fields, &mut self.problems);
        let descend = self.descend(fields, &read.templates);
        let mut recipe = self.recipe(fields, Arc::clone(&own.service), scope, Origin::Declared);
        // INVARIANT: the order in which the collector does it, so that each step is checked against what it will see.
        recipe.drop = self.drop(fields);
        recipe.decode = self.decode(fields);
        recipe.keep = self.keep(fields, &operation);
        recipe.rename = self.rename(fields);
        recipe.tags = self.tags(fields);
        recipe.origin = Origin::List(Box::new(ListCall {
            call: read.call,
            items,
            item_key,
            for_each,
            descend,
            for_values,
        }));
        self.identity(fields, recipe, &own)
    }

    /// What the call finds must have what its parameters take from a parent.
    fn descend(&mut self, fields: &Fields<'_>, parameters: &[PendingTemplate]) -> Descend {
        if !fields.flag("descend", &mut self.problems) {
            return Descend::No;
        }
        if self.parent.is_none() {
            let message = "`descend` needs `for_each`: where to begin";
            self.problems
                .error(fields.key_span("descend"), message, "nothing to descend from");
        }
        let own = self.attributes.to_type();
        for pending in parameters {
            for path in pending.template.parent_paths() {
                if let Err(misfit) = resolve(&own, path, Spelling::Document) {
                    self.problems.error_with_help(
                        pending.span.clone(),
                        misfit.message,
                        "asked of what is found as well",
                        misfit.help,
                    );
                }
            }
        }
        Descend::ByLevel
    }

    /// Identity, reserved attributes, facts, relations and rules: what comes after the item's own attributes.
    fn identity(&mut self, fields: &Fields<'_>, mut recipe: Recipe, own: &CalledService) -> Option<Recipe> {
        recipe.region = self.identity_template(fields, "region");
        let what = "a resource type";
        for (key, place) in [("uid", &mut recipe.uid), ("name", &mut recipe.name)] {
            if fields.required(key, what, &mut self.problems).is_some() {
                *place = self.identity_template(fields, key)?;
            }
        }
        if let Some(node) = fields.get("in_code") {
            for (name, type_) in read_declared(node, &mut self.problems) {
                self.attributes.put(name, type_, AttributeSource::Declared);
            }
        }
        self.reserve();
        recipe.filter = fields.get("where").and_then(|node| self.rule(node, "where"));
        let mut facts = FactReader {
            own,
            file: self.file,
            surroundings: self.surroundings,
            problems: &mut self.problems,
            attributes: &mut self.attributes,
            parent: self.parent.as_deref(),
        };
        recipe.facts = facts.read(fields);
        recipe.relations = self.relations(fields);
        recipe.graph = self.graph(fields, &recipe.relations);
        Some(recipe)
    }

    fn recipe(&self, fields: &Fields<'_>, service: Arc<Service>, scope: CallScope, origin: Origin) -> Recipe {
        let title = fields.get("title").and_then(Node::text).cloned();
        Recipe {
            resource_type: self.entry.name.clone(),
            title: title.unwrap_or_else(|| self.entry.name.clone()),
            aliases: self.entry.aliases.clone(),
            service,
            scope,
            origin,
            region: None,
            uid: Template::default(),
            name: Template::default(),
            tags: None,
            rename: Vec::new(),
            drop: Vec::new(),
            keep: Vec::new(),
            decode: Vec::new(),
            filter: None,
            facts: Vec::new(),
            relations: Vec::new(),
            graph: None,
            is_guard: false,
        }
    }

    fn own_service(&mut self) -> Option<CalledService> {
        let span = self.file.service_span.clone();
        called_service(
            &self.file.service,
            span,
            self.file,
            self.surroundings,
            &mut self.problems,
        )
    }

    fn called(&mut self, fields: &Fields<'_>) -> Option<CalledService> {
        match fields.text("service", &mut self.problems) {
            Some(name) => {
                let span = fields.get("service")?.span.clone();
                called_service(&name, span, self.file, self.surroundings, &mut self.problems)
            }
            None => self.own_service(),
        }
    }

    fn for_values(&mut self, fields: &Fields<'_>) -> Option<(Text, Vec<Text>)> {
        let entries = fields.entries("for_values", &mut self.problems);
        let [(key, node)] = entries else {
            if let Some((key, _)) = entries.get(1) {
                self.problems.error(
                    key.span.clone(),
                    "`for_values` takes one parameter",
                    "a second one",
                );
            }
            return None;
        };
        let values = self.problems.list(node, "for_values");
        Some((
            key.text.clone(),
            values
                .iter()
                .filter_map(|value| self.problems.text(value, "for_values"))
                .collect(),
        ))
    }

    fn parent_type(&mut self, fields: &Fields<'_>, name: &Text) -> Option<Arc<ResourceType>> {
        match self.surroundings.resource_type(name) {
            Ok(parent) => Some(parent),
            Err(problem) => {
                let span = fields.get("for_each")?.span.clone();
                self.problems.error(span, problem, "cannot be gone through");
                None
            }
        }
    }

    fn identity_template(&mut self, fields: &Fields<'_>, key: &str) -> Option<Template> {
        let node = fields.get(key)?;
        let text = self.problems.text(node, key)?;
        let template = read_template(node, &text, &mut self.problems)?;
        self.template_type(&PendingTemplate {
            template: template.clone(),
            span: node.span.clone(),
        });
        Some(template)
    }

    fn template_type(&mut self, pending: &PendingTemplate) -> Type {
        let parent = self.parent.as_deref();
        check_template(pending, &self.attributes, parent, &mut self.problems)
    }

    fn check_parent_templates(&mut self, templates: &[PendingTemplate]) {
        // The parameters of a list call are known before there is an item.
        let none = AttributeSet::new(&Text::new_static("a list call"));
        for pending in templates {
            check_template(pending, &none, self.parent.as_deref(), &mut self.problems);
        }
    }

    fn reserve(&mut self) {
        for name in Resource::RESERVED {
            let type_ = if name == "tags" {
                Type::String.map()
            } else {
                Type::String
            };
            self.attributes
                .put(Text::new_static(name), type_, AttributeSource::Reserved);
        }
    }

    fn rule(&mut self, node: &Node, key: &str) -> Option<Program> {
        let text = self.problems.text(node, key)?;
        let title = format!("{key} of {}", self.entry.name);
        compile_recipe_rule(node, &text, &title, &self.attributes, &mut self.problems)
    }
}

fn scope_of(fields: &Fields<'_>, problems: &mut Problems) -> CallScope {
    match fields.text("scope", problems).as_deref() {
        None | Some("region") => CallScope::Region,
        Some("global") => CallScope::Global,
        Some(_) => {
            problems.error(
                fields.key_span("scope"),
                "`scope` must be `region` or `global`",
                "not known here",
            );
            CallScope::Region
        }
    }
}
