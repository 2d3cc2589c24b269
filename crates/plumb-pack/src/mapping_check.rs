//! Checks of mappings against the schemas of resource types and against what policies read.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use plumb_expr::{Root, Type, Use};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use crate::mapping::{BlockMapping, Language, Makers, Mapping, Mappings, Otherwise, Role, Rule};
use crate::mapping_cover::Cover;
use crate::pack::Pack;
use crate::policy::{Policy, Provenance};
use crate::recipe::{Path, Step};
use crate::schema::ResourceType;
use crate::suggest::did_you_mean;
use crate::typed_path::{Spelling, resolve};

/// What is wrong with a mapping by itself: types, attributes and keys that do not exist, values that do not fit.
pub(crate) fn check_mapping(pack: &Pack, block: &BlockMapping) -> Vec<Diagnostic> {
    let mut check = Check {
        block,
        found: Vec::new(),
        span: block.span.clone(),
    };
    for mapping in &block.mappings {
        check.span = mapping.span.clone();
        match pack.resource_type(&mapping.resource_type) {
            Ok(resource_type) if resource_type.name != mapping.resource_type => {
                let name = &resource_type.name;
                check.error(
                    format!("`{}` is another name of `{name}`", mapping.resource_type),
                    Some(format!("write `{name}`")),
                );
            }
            Ok(resource_type) => check.mapping(mapping, &resource_type),
            Err(problems) => check
                .found
                .extend(problems.into_iter().map(|problem| match problem.source {
                    Some(_) => problem,
                    None => problem.at(&block.source, mapping.span.clone(), "in this mapping"),
                })),
        }
    }
    check.found
}

/// What is wrong with the mappings of a language as a whole, in particular what policies read and no mapping gives.
pub(crate) fn lint_mappings(pack: &Pack, language: Language, found: &mut Vec<Diagnostic>) {
    let mappings = pack.mappings(language);
    found.extend(mappings.problems.iter().cloned());
    for block in mappings.blocks() {
        found.extend(check_mapping(pack, block));
        for inherited in &block.inherited {
            if mappings.block(&inherited.block).is_none() {
                let message = format!(
                    "`{}` is inherited from `{}`, which has no mapping",
                    inherited.name, inherited.block
                );
                found.push(Diagnostic::error(message).at(
                    &block.source,
                    block.span.clone(),
                    "in this mapping",
                ));
            }
        }
    }
    let builtin = |policy: &&Arc<Policy>| policy.provenance == Provenance::BuiltIn;
    for policy in pack.policies().iter().filter(builtin) {
        let Ok(compiled) = pack.compile(policy) else {
            continue;
        };
        let uses: BTreeSet<&Use> = compiled.programs().flat_map(|program| program.uses()).collect();
        for used in uses {
            let resource_type = match &used.root {
                Root::Resource => &policy.resource_type,
                Root::Inventory(name) | Root::RegionalInventory(name) | Root::Related(name) => name,
                Root::Account | Root::Params | Root::Exposure => continue,
            };
            lint_use(policy, resource_type, &used.path, &mappings, found);
        }
    }
}

/// What is wrong with the kinds of Kubernetes' objects: they declare blocks that a mapping makes documents of.
pub(crate) fn lint_object_kinds(pack: &Pack, found: &mut Vec<Diagnostic>) {
    let kinds = pack.object_kinds();
    found.extend(kinds.problems.iter().cloned());
    for ((language, name), kind) in kinds.iter() {
        let mappings = match language {
            Language::Crossplane => pack.mappings(Language::Terraform),
            Language::Ack | Language::Terraform | Language::CloudFormation | Language::Arm => {
                pack.mappings(*language)
            }
        };
        if mappings.block(&kind.block).is_none() {
            let message = format!("no mapping is for `{}`, which `{name}` declares", kind.block);
            let help = did_you_mean(&kind.block, mappings.blocks().map(|block| block.block.as_str()));
            let diagnostic = Diagnostic::error(message).at(&kind.source, kind.span.clone(), "this kind");
            found.push(Diagnostic { help, ..diagnostic });
        }
    }
}

/// Every block that gives such documents must give what the policy reads, or say that code cannot tell it.
fn lint_use(
    policy: &Policy,
    resource_type: &Text,
    path: &[Text],
    mappings: &Mappings,
    found: &mut Vec<Diagnostic>,
) {
    let is_reserved = |name: &Text| Resource::RESERVED.contains(&name.as_str());
    if path.first().is_none_or(is_reserved) {
        return;
    }
    let mut parts = Cover::default();
    for mapping in mappings.of_resource(resource_type) {
        match mapping.role {
            Role::Part(_)
            | Role::Whole {
                makers: Makers::Several,
                ..
            } => parts.add(Cover::of(mapping)),
            Role::Whole {
                makers: Makers::One, ..
            } => {}
        }
    }
    for block in mappings.blocks() {
        for mapping in &block.mappings {
            let is_whole = matches!(mapping.role, Role::Whole { .. });
            if !is_whole || mapping.resource_type != *resource_type {
                continue;
            }
            let given = Cover::of(mapping).covers(path) || parts.covers(path);
            let told = mapping.unknown.iter().any(|unknown| begins_with(path, unknown));
            if !given && !told {
                let message = format!(
                    "policy `{}` reads `{}` of `{resource_type}`, which the mapping of `{}` does not give",
                    policy.name,
                    path.join("."),
                    block.block
                );
                let help = "add it to `document`, or to `unknown` where code cannot tell it";
                let diagnostic = Diagnostic::error(message);
                let placed = diagnostic.at(&block.source, mapping.span.clone(), "in this mapping");
                found.push(placed.help(help));
            }
        }
    }
}

fn begins_with(path: &[Text], start: &Path) -> bool {
    let mut steps = path.iter();
    start.0.iter().all(|step| match step {
        Step::Key(key) => steps.next() == Some(key),
        Step::Index(_) | Step::Flatten => true,
    })
}

struct Check<'b> {
    block: &'b BlockMapping,
    found: Vec<Diagnostic>,
    span: Range<usize>,
}

impl Check<'_> {
    fn error(&mut self, message: String, help: Option<String>) {
        let message = format!("{message} (mapping of `{}`)", self.block.block);
        let diagnostic =
            Diagnostic::error(message).at(&self.block.source, self.span.clone(), "in this mapping");
        self.found.push(Diagnostic { help, ..diagnostic });
    }

    fn mapping(&mut self, mapping: &Mapping, resource_type: &Arc<ResourceType>) {
        let document = resource_type.document_type();
        if let Role::Part(joins) = &mapping.role {
            if joins.is_empty() {
                self.error("`where` names no argument".to_owned(), None);
            }
            for key in joins.iter().flat_map(|join| &join.keys) {
                self.path(key, &document);
            }
        }
        for path in &mapping.unknown {
            self.path(path, &document);
        }
        for (name, rule) in &mapping.attributes {
            if name != "tags" && Resource::RESERVED.contains(&name.as_str()) {
                let help =
                    "`uid` and `name` stand beside `document`; the others follow from where the block stands";
                self.error(
                    format!("`{name}` is not an attribute of its own"),
                    Some(help.to_owned()),
                );
                continue;
            }
            self.member(name, rule, &document, "");
        }
    }

    fn path(&mut self, path: &Path, document: &Type) {
        if let Err(misfit) = resolve(document, path, Spelling::Document) {
            self.error(misfit.message, misfit.help);
        }
    }

    fn member(&mut self, name: &Text, rule: &Rule, type_: &Type, at: &str) {
        let place = match at {
            "" => name.to_string(),
            _ => format!("{at}.{name}"),
        };
        match type_ {
            Type::Object(fields) => match fields.field(name) {
                Some(type_) => self.rule(rule, &type_, &place),
                None => {
                    let names = fields.names();
                    self.error(
                        format!("`{}` has no attribute `{name}`, at `{place}`", fields.type_name()),
                        did_you_mean(name, names.iter().map(Text::as_str)),
                    );
                }
            },
            Type::Map(value) => self.rule(rule, value, &place),
            Type::Any | Type::Json => self.rule(rule, &Type::Any, &place),
            Type::Null
            | Type::Bool
            | Type::Int
            | Type::Double
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::List(_) => self.error(format!("`{at}` is {type_}, not a document"), None),
        }
    }

    fn rule(&mut self, rule: &Rule, type_: &Type, at: &str) {
        let element = if let Type::List(element) = type_ {
            Some(Type::clone(element))
        } else {
            matches!(type_, Type::Any | Type::Json).then_some(Type::Any)
        };
        match (rule, element) {
            (Rule::First { map, otherwise, .. }, _) => {
                let values = map.iter().map(|(_, value)| value);
                let otherwise = match otherwise {
                    Otherwise::Value(value) => Some(value),
                    Otherwise::Absent | Otherwise::Unknown => None,
                };
                for value in values.chain(otherwise) {
                    self.value(value, type_, at);
                }
            }
            (Rule::Unknown(_), _) => {}
            (Rule::Fixed(value), _) => self.value(value, type_, at),
            (Rule::Text(_), _) => self.value(&Value::string(""), type_, at),
            (Rule::Present { yes, no, .. }, _) => {
                self.value(yes, type_, at);
                self.value(no, type_, at);
            }
            (Rule::Entries { to, .. }, _) => match type_ {
                Type::Map(value) => self.rule(to, value, at),
                Type::Any | Type::Json => self.rule(to, &Type::Any, at),
                Type::Null
                | Type::Bool
                | Type::Int
                | Type::Double
                | Type::String
                | Type::Timestamp
                | Type::Duration
                | Type::List(_)
                | Type::Object(_) => self.error(format!("`{at}` is {type_}, not a map"), None),
            },
            (Rule::When { to, .. } | Rule::Entry { to, .. }, _) => self.rule(to, type_, at),
            (Rule::Either(rules), _) => {
                for rule in rules {
                    self.rule(rule, type_, at);
                }
            }
            (Rule::Object { fields, .. }, _) => {
                for (name, rule) in fields {
                    self.member(name, rule, type_, at);
                }
            }
            (Rule::Each { to, .. }, Some(element)) => self.rule(to, &element, at),
            (Rule::List(rules), Some(element)) => {
                for rule in rules {
                    let gives_list = matches!(rule, Rule::Each { .. } | Rule::List(_) | Rule::Either(_));
                    self.rule(rule, if gives_list { type_ } else { &element }, at);
                }
            }
            (Rule::Each { .. } | Rule::List(_), None) => {
                self.error(format!("`{at}` is {type_}, not a list"), None);
            }
        }
    }

    fn value(&mut self, value: &Value, type_: &Type, at: &str) {
        let fits = match (value, type_) {
            (Value::Null, _) | (_, Type::Any | Type::Json) => true,
            (Value::Bool(_), Type::Bool)
            | (Value::Int(_), Type::Int | Type::Double)
            | (Value::Float(_), Type::Double)
            | (Value::String(_), Type::String | Type::Timestamp)
            | (Value::Map(_), Type::Map(_) | Type::Object(_)) => true,
            (Value::List(items), Type::List(element)) => {
                for item in items {
                    self.value(item, element, at);
                }
                true
            }
            _ => false,
        };
        if !fits {
            self.error(format!("{} at `{at}`, which is {type_}", value.kind()), None);
        }
    }
}
