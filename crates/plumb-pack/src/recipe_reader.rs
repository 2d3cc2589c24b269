//! Reading of a resource type: its recipe, checked against the API model, and the schema that follows from both.

use std::ops::Range;
use std::sync::Arc;

use plumb_api::catalog::Catalog;
use plumb_expr::{Declarations, Expected, Program, Type};
use plumb_model::account::Provider;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::resource::Resource;
use plumb_model::value::Text;

use crate::api_type::{tag_shape, type_of};
use crate::call_reader::{CalledService, PendingTemplate, ReadCall, read_call, read_template};
use crate::declared::read_declared;
use crate::fact_reader::FactReader;
use crate::reader::{Fields, Problems};
use crate::recipe::{CallScope, ListCall, Origin, Path, Recipe, Relation, Service, Template, Transform};
use crate::recipe_file::{RecipeFile, TypeEntry};
use crate::rule_text::RuleText;
use crate::schema::{AttributeSet, AttributeSource, ResourceType};
use crate::suggest::did_you_mean;
use crate::typed_path::{Misfit, Spelling, replaced, resolve, transformed};
use crate::yaml::{Content, Node};

/// What a recipe may refer to outside its own file.
pub(crate) trait Surroundings {
    /// The recipe file of another service, when there is one.
    fn recipe_file(&self, service: &str) -> Option<Arc<RecipeFile>>;

    /// Another type of the pack; an error says why it cannot be used.
    fn resource_type(&self, name: &str) -> Result<Arc<ResourceType>, String>;
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

const TYPE_KEYS: [&str; 24] = [
    "title",
    "aliases",
    "scope",
    "list",
    "service",
    "with",
    "items",
    "item_key",
    "for_each",
    "for_values",
    "single",
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
    "attributes",
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
        Some(Recipe {
            relations,
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
        let recipe = self.recipe(fields, Arc::clone(&service.service), scope, Origin::Single);
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
        let mut recipe = self.recipe(fields, Arc::clone(&own.service), scope, Origin::Declared);
        recipe.tags = self.tags(fields, &item_type);
        recipe.decode = self.decode(fields);
        recipe.rename = self.rename(fields);
        recipe.keep = self.keep(fields, &operation);
        recipe.drop = fields.texts("drop", &mut self.problems);
        recipe.origin = Origin::List(Box::new(ListCall {
            call: read.call,
            items,
            item_key,
            for_each,
            for_values,
        }));
        self.identity(fields, recipe, &own)
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
        for name in recipe.drop.clone() {
            if self.attributes.remove(&name).is_none() {
                self.unknown_attribute(&name, fields.key_span("drop"));
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

    fn items(&mut self, fields: &Fields<'_>, read: &ReadCall) -> Option<(Path, Type)> {
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

    fn item_attributes(
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

    fn tags(&mut self, fields: &Fields<'_>, item: &Type) -> Option<Path> {
        let node = fields.get("tags")?;
        let (path, type_) = read_path(node, item, Spelling::Api, &mut self.problems)?;
        if !tag_shape(&type_) {
            let message = format!("`tags` leads to {type_}, not to a list of keys and values or a map");
            self.problems.error(node.span.clone(), message, "not tags");
        }
        Some(path)
    }

    fn decode(&mut self, fields: &Fields<'_>) -> Vec<(Path, Vec<Transform>)> {
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

    fn rename(&mut self, fields: &Fields<'_>) -> Vec<(Text, Text)> {
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

    fn keep(&mut self, fields: &Fields<'_>, operation: &Text) -> Vec<(Text, Template)> {
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

    fn relations(&mut self, fields: &Fields<'_>) -> Vec<Relation> {
        let mut relations = Vec::new();
        let root = self.attributes.to_type();
        for node in fields.list("relations", &mut self.problems) {
            let what = "a relation";
            let Some(relation) =
                Fields::open(node, what, &["attribute", "to", "by", "as"], &mut self.problems)
            else {
                continue;
            };
            let Some(place) = relation.required("attribute", what, &mut self.problems) else {
                continue;
            };
            let Some((attribute, type_)) = read_path(place, &root, Spelling::Document, &mut self.problems)
            else {
                continue;
            };
            if !is_reference(&type_) {
                let message = format!("path leads to {type_}, which cannot name a resource");
                self.problems.error(place.span.clone(), message, "not a text");
            }
            let to = relation.required_text("to", what, &mut self.problems);
            let label = relation.required_text("as", what, &mut self.problems);
            let by = match relation.get("by").map(|node| (&node.content, node)) {
                None => vec![Text::new_static("uid")],
                Some((Content::List(_), _)) => relation.texts("by", &mut self.problems),
                Some((_, node)) => self.problems.text(node, "by").into_iter().collect(),
            };
            if let (Some(to), Some(label)) = (to, label) {
                relations.push(Relation {
                    attribute,
                    to,
                    by,
                    label,
                });
            }
        }
        relations
    }

    fn unknown_attribute(&mut self, name: &str, span: Range<usize>) {
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

/// Finds the API model and the IAM actions of a service; reports one that does not exist.
pub(crate) fn called_service(
    name: &Text,
    span: Range<usize>,
    file: &RecipeFile,
    surroundings: &dyn Surroundings,
    problems: &mut Problems,
) -> Option<CalledService> {
    let catalog = Catalog::aws();
    if file.provider != Provider::Aws {
        let message = format!("calls of provider `{}` cannot be described yet", file.provider);
        problems.error(span, message, "declare the type by `attributes` instead");
        return None;
    }
    let Some(model) = catalog.service(name) else {
        let help = did_you_mean(name, catalog.services().map(|service| service.name().as_str()));
        problems.error_with_help(
            span,
            format!("no API model of a service `{name}`"),
            "not a service",
            help,
        );
        return None;
    };
    let other = if *name == file.service {
        None
    } else {
        surroundings.recipe_file(name)
    };
    let described = if *name == file.service {
        Some(file)
    } else {
        other.as_deref()
    };
    // A file that calls another service may say itself what its calls need.
    let mut actions = file.actions.clone();
    actions.extend(other.iter().flat_map(|other| other.actions.iter().cloned()));
    let service = Service {
        provider: file.provider,
        name: model.name().clone(),
        title: described.map_or_else(|| model.title().clone(), |described| described.title.clone()),
        iam_prefix: described
            .and_then(|described| described.iam_prefix.clone())
            .unwrap_or_else(|| model.signing_name().clone()),
        actions,
    };
    Some(CalledService {
        service: Arc::new(service),
        model,
    })
}

/// The type of the whole answer of a call.
pub(crate) fn output_type(read: &ReadCall) -> Type {
    match read.operation.output() {
        Some(shape) => type_of(&shape, &read.call.operation),
        None => AttributeSet::new(&Text::new_static("an empty answer")).to_type(),
    }
}

/// Reads a path and resolves it against a type; reports what does not fit.
pub(crate) fn read_path(
    node: &Node,
    root: &Type,
    spelling: Spelling,
    problems: &mut Problems,
) -> Option<(Path, Type)> {
    let text = problems.text(node, "path")?;
    let path = match Path::parse(&text) {
        Ok(path) => path,
        Err(problem) => {
            problems.error(node.span.clone(), problem.to_string(), "not a path");
            return None;
        }
    };
    match resolve(root, &path, spelling) {
        Ok(resolved) => Some(resolved),
        Err(misfit) => {
            problems.error_with_help(node.span.clone(), misfit.message, "in this path", misfit.help);
            None
        }
    }
}

/// Reads one transformation or a list of them.
pub(crate) fn read_transforms(node: &Node, what: &str, problems: &mut Problems) -> Vec<Transform> {
    let nodes = match &node.content {
        Content::List(items) => items.as_slice(),
        Content::Plain(_) | Content::Quoted(_) | Content::Map(_) => std::slice::from_ref(node),
    };
    let mut transforms = Vec::new();
    for node in nodes {
        let Some(text) = problems.text(node, what) else {
            continue;
        };
        let words = Transform::ALL.map(Transform::name);
        let parse = |text: &str| {
            Transform::ALL
                .into_iter()
                .find(|transform| transform.name() == text)
        };
        transforms.extend(crate::policy::parse_word(&text, node, &words, parse, problems));
    }
    transforms
}

/// The type after all transformations.
pub(crate) fn transform_all(type_: &Type, transforms: &[Transform]) -> Result<Type, Misfit> {
    transforms
        .iter()
        .try_fold(type_.clone(), |type_, transform| transformed(&type_, *transform))
}

/// Checks that what a template reads exists and can stand in a text; gives the type of its value.
pub(crate) fn check_template(
    pending: &PendingTemplate,
    attributes: &AttributeSet,
    parent: Option<&ResourceType>,
    problems: &mut Problems,
) -> Type {
    let mut only = Type::String;
    let alone = pending.template.0.len() == 1;
    let own = pending
        .template
        .paths()
        .map(|path| resolve(&attributes.to_type(), path, Spelling::Document));
    let of_parent = pending.template.parent_paths().map(|path| match parent {
        Some(parent) => {
            let mut set = AttributeSet::new(&parent.name);
            for attribute in parent.attributes() {
                set.put(
                    attribute.name.clone(),
                    attribute.type_.clone(),
                    attribute.source.clone(),
                );
            }
            resolve(&set.to_type(), path, Spelling::Document)
        }
        None => Err(Misfit {
            message: "`{parent.…}` needs `for_each`".to_owned(),
            help: None,
        }),
    });
    for resolved in own.chain(of_parent) {
        match resolved {
            Ok((_, type_)) if alone => only = type_,
            Ok((
                _,
                Type::String
                | Type::Int
                | Type::Bool
                | Type::Double
                | Type::Timestamp
                | Type::Any
                | Type::Json,
            )) => {}
            Ok((path, type_)) => {
                let message = format!("`{path}` is {type_} and cannot stand within a text");
                problems.error(pending.span.clone(), message, "in this template");
            }
            Err(misfit) => problems.error_with_help(
                pending.span.clone(),
                misfit.message,
                "in this template",
                misfit.help,
            ),
        }
    }
    only
}

/// Compiles a rule of a recipe, which sees the resource alone.
pub(crate) fn compile_recipe_rule(
    node: &Node,
    text: &Text,
    title: &str,
    attributes: &AttributeSet,
    problems: &mut Problems,
) -> Option<Program> {
    let source = Arc::clone(problems.source());
    let rule = RuleText::of(node, text, &source.text);
    match rule.compile(
        &source,
        title,
        &OnlyResource(attributes.to_type()),
        Expected::Truth,
    ) {
        Ok(program) => Some(program),
        Err(found) => {
            found.into_iter().for_each(|diagnostic| problems.add(diagnostic));
            None
        }
    }
}

/// A recipe's rules decide what is read, so they cannot look at what has been read elsewhere.
struct OnlyResource(Type);

impl Declarations for OnlyResource {
    fn variable(&self, name: &str) -> Option<Type> {
        (name == "resource").then(|| self.0.clone())
    }

    fn resource_type(&self, _name: &str) -> Option<Type> {
        None
    }

    fn resource_type_names(&self) -> Vec<Text> {
        Vec::new()
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

fn is_reference(type_: &Type) -> bool {
    match type_ {
        Type::String | Type::Int | Type::Any | Type::Json => true,
        Type::List(element) => is_reference(element),
        Type::Null
        | Type::Bool
        | Type::Double
        | Type::Timestamp
        | Type::Duration
        | Type::Map(_)
        | Type::Object(_) => false,
    }
}
