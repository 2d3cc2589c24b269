//! `CompiledPolicy`: a policy whose rules are ready to run.

use std::cell::RefCell;
use std::sync::Arc;

use plumb_expr::{Declarations, Expected, Fields, Program, Root, Scope, Truth, Type};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::finding::Evidence;
use plumb_model::graph::NodeKind;
use plumb_model::value::{Map, Text, Value};
use plumb_model::verdict::Verdict;

use crate::pack::Pack;
use crate::policy::Policy;
use crate::requirement::{NO_GRAPH, PathRequirement, Requirement};
use crate::schema::{AttributeSet, AttributeSource, ResourceType};

/// A policy whose rules are ready to run.
#[derive(Clone, Debug)]
pub struct CompiledPolicy {
    /// The policy.
    pub policy: Arc<Policy>,
    /// The scope.
    pub when: Option<Program>,
    /// The requirement.
    pub requirement: CompiledRequirement,
}

/// A requirement that is ready to be checked.
#[derive(Clone, Debug)]
pub enum CompiledRequirement {
    /// That a rule holds.
    Rule(Program),
    /// That no attack path of some kind leads to the resource.
    Path(PathRequirement),
}

impl CompiledPolicy {
    /// All its programs.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        let rule = match &self.requirement {
            CompiledRequirement::Rule(rule) => Some(rule),
            CompiledRequirement::Path(_) => None,
        };
        self.when.iter().chain(rule)
    }

    /// The attack paths it forbids; `None` for a policy with a rule.
    pub fn path(&self) -> Option<&PathRequirement> {
        match &self.requirement {
            CompiledRequirement::Rule(_) => None,
            CompiledRequirement::Path(path) => Some(path),
        }
    }

    /// What it looks at of a resource besides what its programs read: how sensitive something is, tags tell.
    pub fn attributes(&self) -> impl Iterator<Item = Text> {
        self.path().map(|_| Text::new_static("tags")).into_iter()
    }

    /// Whether its rules ask what reaches the judged resource.
    pub fn asks_exposure(&self) -> bool {
        self.programs()
            .flat_map(Program::uses)
            .any(|used| used.root == Root::Exposure)
    }

    /// Whether a resource is in its scope.
    pub fn applies(&self, scope: &Scope<'_>) -> Truth {
        self.when.as_ref().map_or(Truth::True, |when| when.truth(scope))
    }

    /// Judges one resource.
    ///
    /// Where it is not known whether the resource is in its scope, a rule that holds all the same passes: it does not fail either way.
    /// Where a policy forbids attack paths, a resource in its scope is unknown here: the security graph decides.
    pub fn verdict(&self, scope: &Scope<'_>) -> Verdict {
        match (self.applies(scope), &self.requirement) {
            (Truth::False, _) => Verdict::NotApplicable,
            (Truth::Unknown | Truth::True, CompiledRequirement::Path(_)) => Verdict::Unknown,
            (applies, CompiledRequirement::Rule(rule)) => match (rule.truth(scope), applies) {
                (Truth::True, _) => Verdict::Pass,
                (Truth::False, Truth::True) => Verdict::Fail,
                (Truth::False | Truth::Unknown, _) => Verdict::Unknown,
            },
        }
    }

    /// Why a resource got the verdict fail or unknown; `None` for the other two.
    pub fn evidence(&self, scope: &Scope<'_>, verdict: Verdict) -> Option<Evidence> {
        let when_decides = |when: &&Program| when.truth(scope) == Truth::Unknown;
        let by_requirement = || match &self.requirement {
            CompiledRequirement::Rule(rule) => Some(rule.explain(scope)),
            CompiledRequirement::Path(path) => path.unknown(NO_GRAPH, Vec::new()).1,
        };
        match verdict {
            Verdict::Fail => by_requirement(),
            Verdict::Unknown => match self.when.as_ref().filter(when_decides) {
                Some(when) => Some(when.explain(scope)),
                None => by_requirement(),
            },
            Verdict::Pass | Verdict::NotApplicable => None,
        }
    }
}

impl Pack {
    /// Type-checks and compiles the rules of a policy.
    ///
    /// # Errors
    /// Everything that is wrong with its resource type, its scope and its rule.
    pub fn compile(&self, policy: &Arc<Policy>) -> Result<CompiledPolicy, Vec<Diagnostic>> {
        let resource_type = self.resource_type(&policy.resource_type).map_err(|found| {
            // A type that does not exist is the policy's fault, one that is broken is its own file's.
            let place = |diagnostic: Diagnostic| match diagnostic.source {
                Some(_) => diagnostic,
                None => diagnostic.at(
                    &policy.source,
                    policy.resource_type_span.clone(),
                    "unknown resource type",
                ),
            };
            found.into_iter().map(place).collect::<Vec<_>>()
        })?;
        let declarations = PolicyDeclarations {
            pack: self,
            resource: resource_type.document_type(),
            params: params_type(&policy.params),
            broken: RefCell::default(),
        };
        let requirement = match &policy.requirement {
            Requirement::Rule(rule) => rule
                .compile(
                    &policy.source,
                    &format!("rule of {}", policy.name),
                    &declarations,
                    Expected::Truth,
                )
                .map(CompiledRequirement::Rule),
            Requirement::Path(path) => {
                check_path(policy, path, &resource_type).map(|()| CompiledRequirement::Path(path.clone()))
            }
        };
        let when = policy.when.as_ref().map(|when| {
            when.compile(
                &policy.source,
                &format!("when of {}", policy.name),
                &declarations,
                Expected::Truth,
            )
        });
        let broken = declarations.broken.into_inner();
        match (requirement, when.transpose()) {
            (Ok(_), Ok(_)) if !broken.is_empty() => Err(broken),
            (Ok(requirement), Ok(when)) => Ok(CompiledPolicy {
                policy: Arc::clone(policy),
                when,
                requirement,
            }),
            (requirement, when) => Err([Some(broken), when.err(), requirement.err()]
                .into_iter()
                .flatten()
                .flatten()
                .collect()),
        }
    }
}

/// Attack paths must be able to end at such resources.
fn check_path(
    policy: &Policy,
    path: &PathRequirement,
    resource_type: &ResourceType,
) -> Result<(), Vec<Diagnostic>> {
    let kind = resource_type
        .recipe
        .graph
        .as_ref()
        .map_or(NodeKind::Other, |role| role.kind);
    let place = |message: String, help: &str| {
        let diagnostic = Diagnostic::error(message).at(&policy.source, path.span.clone(), "of this policy");
        Err(vec![diagnostic.help(help)])
    };
    let name = &resource_type.name;
    if !PathRequirement::is_target(kind) {
        return place(
            format!("no attack path ends at `{name}`, which is of the kind `{kind}`"),
            "paths end at identities, data, secrets and keys; what reaches other things `exposure(resource)` tells",
        );
    }
    if kind == NodeKind::Identity && path.sensitivity.is_some() {
        return place(
            format!("`{name}` holds nothing that is sensitive"),
            "leave `sensitivity` out",
        );
    }
    Ok(())
}

/// What a policy's rules see.
struct PolicyDeclarations<'p> {
    pack: &'p Pack,
    resource: Type,
    params: Type,
    /// What is wrong with other types that the rules look at.
    broken: RefCell<Vec<Diagnostic>>,
}

impl Declarations for PolicyDeclarations<'_> {
    fn variable(&self, name: &str) -> Option<Type> {
        match name {
            "resource" => Some(self.resource.clone()),
            "account" => Some(Type::Object(Arc::new(AccountFields))),
            "params" => Some(self.params.clone()),
            "now" => Some(Type::Timestamp),
            _ => None,
        }
    }

    fn resource_type(&self, name: &str) -> Option<Type> {
        // Only the type's own name: the inventory knows no aliases.
        if self.pack.type_name(name).is_none_or(|own| own != name) {
            return None;
        }
        match self.pack.resource_type(name) {
            Ok(found) => Some(found.document_type()),
            Err(found) => {
                self.broken.borrow_mut().extend(found);
                Some(Type::Any)
            }
        }
    }

    fn resource_type_names(&self) -> Vec<Text> {
        self.pack.resource_types()
    }

    fn lives_in_regions(&self, name: &str) -> bool {
        // What is wrong with a broken type is said elsewhere.
        self.pack
            .resource_type(name)
            .map_or(true, |found| found.recipe.lives_in_regions())
    }

    fn tells_exposure(&self) -> bool {
        true
    }
}

/// The `account` variable.
#[derive(Debug)]
pub(crate) struct AccountFields;

const ACCOUNT_FIELDS: [&str; 7] = [
    "data_class",
    "environment",
    "id",
    "name",
    "owner",
    "partition",
    "provider",
];

impl Fields for AccountFields {
    fn type_name(&self) -> &str {
        "account"
    }

    fn field(&self, name: &str) -> Option<Type> {
        ACCOUNT_FIELDS.contains(&name).then_some(Type::String)
    }

    fn names(&self) -> Vec<Text> {
        ACCOUNT_FIELDS.into_iter().map(Text::new_static).collect()
    }
}

/// The type of the `params` variable, from the values the policy gives.
fn params_type(params: &Map) -> Type {
    let mut fields = AttributeSet::new(&Text::new_static("params"));
    for (name, value) in params.iter() {
        fields.put(name.clone(), value_type(value), AttributeSource::Declared);
    }
    fields.to_type()
}

fn value_type(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Double,
        Value::String(_) => Type::String,
        Value::List(items) => {
            let kinds: Vec<&str> = items.iter().map(Value::kind).collect();
            match (
                items.first(),
                kinds.windows(2).all(|pair| pair.first() == pair.last()),
            ) {
                (Some(first), true) => value_type(first).list(),
                _ => Type::Any.list(),
            }
        }
        Value::Map(_) => Type::Any.map(),
        Value::Null | Value::Unreadable(_) => Type::Any,
    }
}
