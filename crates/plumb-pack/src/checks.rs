//! Checks that types and facts share: services, paths, transformations, templates and the rules of recipes.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use plumb_api::catalog::Catalog;
use plumb_expr::{Declarations, Expected, Program, Type};
use plumb_model::account::Provider;
use plumb_model::value::Text;

use crate::api_type::type_of;
use crate::call_reader::{CalledService, PendingTemplate, ReadCall};
use crate::compiled::AccountFields;
use crate::node::{Content, Node};
use crate::reader::Problems;
use crate::recipe::{Path, Service, Transform};
use crate::recipe_file::RecipeFile;
use crate::recipe_reader::Surroundings;
use crate::rule_text::RuleText;
use crate::schema::{AttributeSet, ResourceType};
use crate::suggest::did_you_mean;
use crate::typed_path::{Misfit, Spelling, resolve, transformed};

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
        transforms.extend(crate::policy_reader::parse_word(
            &text, node, &words, parse, problems,
        ));
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
    compile_rule(node, text, title, &OnlyResource(attributes.to_type()), problems)
}

/// Compiles a rule of a type's place in the graph, which sees what a policy's rule sees, parameters excepted.
///
/// `resource` is the type of what it sees under that name.
pub(crate) fn compile_graph_rule(
    node: &Node,
    text: &Text,
    title: &str,
    resource: Type,
    surroundings: &dyn Surroundings,
    problems: &mut Problems,
) -> Option<Program> {
    let declarations = GraphDeclarations {
        resource,
        surroundings,
        problem: RefCell::default(),
    };
    let program = compile_rule(node, text, title, &declarations, problems);
    match declarations.problem.into_inner() {
        Some(problem) => {
            problems.error(node.span.clone(), problem, "looked at in this rule");
            None
        }
        None => program,
    }
}

fn compile_rule(
    node: &Node,
    text: &Text,
    title: &str,
    declarations: &dyn Declarations,
    problems: &mut Problems,
) -> Option<Program> {
    let source = Arc::clone(problems.source());
    let rule = RuleText::of(node, text, &source.text);
    match rule.compile(&source, title, declarations, Expected::Truth) {
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

/// What the rules of a type's `graph` see.
struct GraphDeclarations<'s> {
    resource: Type,
    surroundings: &'s dyn Surroundings,
    /// What is wrong with the first other type that cannot be looked at.
    problem: RefCell<Option<String>>,
}

impl Declarations for GraphDeclarations<'_> {
    fn variable(&self, name: &str) -> Option<Type> {
        match name {
            "resource" => Some(self.resource.clone()),
            "account" => Some(Type::Object(Arc::new(AccountFields))),
            "now" => Some(Type::Timestamp),
            _ => None,
        }
    }

    fn resource_type(&self, name: &str) -> Option<Type> {
        // Only the type's own name: the inventory knows no aliases.
        if !self.resource_type_names().iter().any(|known| known == name) {
            return None;
        }
        match self.surroundings.resource_type(name) {
            Ok(found) => Some(found.document_type()),
            Err(problem) => {
                self.problem.borrow_mut().get_or_insert(problem);
                Some(Type::Any)
            }
        }
    }

    fn resource_type_names(&self) -> Vec<Text> {
        self.surroundings.resource_type_names()
    }
}
