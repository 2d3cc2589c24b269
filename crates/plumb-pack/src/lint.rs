//! Checks of a whole pack: everything loads, type-checks, is tested, is documented and fits together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_api::catalog::Catalog;
use plumb_expr::{Program, Root};
use plumb_model::account::Provider;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::framework::Assessment;
use plumb_model::graph::NodeKind;
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;

use crate::escalation_check::{check_builtin, check_escalation};
use crate::framework::{Extent, Framework};
use crate::graph_role::{Access, AccessLevel};
use crate::hands_on::Asks;
use crate::inline_test::run_tests;
use crate::mapping::Language;
use crate::mapping_check::{lint_mappings, lint_object_kinds};
use crate::pack::Pack;
use crate::policy::{Policy, Provenance};
use crate::recipe::Origin;
use crate::recipe_file::RecipeFile;
use crate::schema::{AttributeSource, ResourceType};
use crate::suggest::did_you_mean;

/// Everything that is wrong with a pack, file by file.
///
/// Built-in policies are held to more than a user's own: documentation, remediation and tests are required of them.
pub fn lint(pack: &Pack) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    lint_types(pack, &mut found);
    for policy in pack.policies() {
        lint_policy(pack, policy, &mut found);
    }
    for framework in pack.frameworks() {
        lint_framework(pack, framework, &mut found);
    }
    for escalation in pack.escalations() {
        found.extend(check_escalation(pack, escalation));
        found.extend(check_builtin(escalation));
    }
    for language in Language::ALL {
        lint_mappings(pack, language, &mut found);
    }
    lint_object_kinds(pack, &mut found);
    // What is wrong with a type is found again by everything that uses it.
    let mut distinct: Vec<Diagnostic> = Vec::with_capacity(found.len());
    for diagnostic in found {
        if !distinct.contains(&diagnostic) {
            distinct.push(diagnostic);
        }
    }
    distinct
}

fn lint_types(pack: &Pack, found: &mut Vec<Diagnostic>) {
    for file in pack.files.iter().filter(|file| file.provider == Provider::Aws) {
        lint_actions(pack, file, found);
    }
    for name in pack.resource_types() {
        let resource_type = match pack.resource_type(&name) {
            Ok(resource_type) => resource_type,
            Err(problems) => {
                found.extend(problems);
                continue;
            }
        };
        let Some((file, entry)) = pack.types.get(&name) else {
            continue;
        };
        lint_decryption(pack, &resource_type, found);
        let misfits = misfits_of_fronts(pack, &resource_type);
        for message in misfits.into_iter().chain(misfits_of_code(pack, &resource_type)) {
            found.push(Diagnostic::error(message).at(&file.source, entry.span.clone(), "in this type"));
        }
        for relation in &resource_type.recipe.relations {
            let place =
                |diagnostic: Diagnostic| diagnostic.at(&file.source, entry.span.clone(), "in this type");
            if !pack.types.contains_key(&relation.to) {
                // Knowledge of the other service may come later; until then the relation leads out of what is read.
                let message = format!(
                    "relation `{}` leads to the unknown type `{}`",
                    relation.attribute, relation.to
                );
                let known = did_you_mean(&relation.to, pack.types.keys().map(Text::as_str));
                found.push(Diagnostic {
                    help: known,
                    ..place(Diagnostic::warning(message))
                });
                continue;
            }
            let Ok(target) = pack.resource_type(&relation.to) else {
                continue;
            };
            for name in relation.by.iter().filter(|name| target.attribute(name).is_none()) {
                let message = format!(
                    "relation `{}`: `{}` has no attribute `{name}`",
                    relation.attribute, relation.to
                );
                found.push(place(Diagnostic::error(message)));
            }
        }
    }
}

/// What a front hands requests on to must be there, with the attribute and relation that name it.
fn misfits_of_fronts(pack: &Pack, resource_type: &ResourceType) -> Vec<String> {
    let mut found = Vec::new();
    let role = resource_type.recipe.graph.iter();
    for on in role.flat_map(|role| &role.hands_on) {
        for to in &on.to {
            let Ok(target) = pack.resource_type(to) else {
                found.push(format!("`hands_on` leads to the unknown type `{to}`"));
                continue;
            };
            if on.by.root().is_none_or(|root| target.attribute(root).is_none()) {
                found.push(format!("`hands_on`: `{to}` has no attribute `{}`", on.by));
            }
            let relations = &target.recipe.relations;
            for label in on
                .then
                .iter()
                .filter(|label| relations.iter().all(|one| one.label != **label))
            {
                found.push(format!("`hands_on`: `{to}` has no relation `{label}`"));
            }
            let is_readable = || {
                let role = target.recipe.graph.as_ref();
                role.is_some_and(|role| role.access_of(AccessLevel::Read).next().is_some())
            };
            if on.asks == Asks::Read && !is_readable() {
                found.push(format!("`hands_on`: nothing says how `{to}` is read"));
            }
        }
    }
    found
}

/// What holds the code of a workload must say so, and what it holds must not be a type of its own.
fn misfits_of_code(pack: &Pack, resource_type: &ResourceType) -> Vec<String> {
    let role = resource_type.recipe.graph.as_ref();
    let mut found = Vec::new();
    for code in role.into_iter().flat_map(|role| &role.code) {
        let holder = pack.resource_type(&code.from).ok();
        let role = holder.as_ref().and_then(|holder| holder.recipe.graph.as_ref());
        if role.and_then(|role| role.holds.as_ref()).is_none() {
            found.push(format!("`code`: `{}` does not say what it `holds`", code.from));
        }
    }
    let holds = role.and_then(|role| role.holds.as_ref());
    if let Some(holds) = holds.filter(|holds| pack.types.contains_key(&holds.resource_type)) {
        found.push(format!("`holds`: `{}` is a type already", holds.resource_type));
    }
    found
}

/// What data is decrypted with must be a key, whatever else the relation leads to (an alias of the key).
fn lint_decryption(pack: &Pack, resource_type: &ResourceType, found: &mut Vec<Diagnostic>) {
    let is_key = |name: &Text| {
        let target = pack.resource_type(name).ok()?;
        Some(target.recipe.graph.as_ref()?.kind == NodeKind::Key)
    };
    let accesses = resource_type.recipe.graph.iter().flat_map(|graph| &graph.access);
    let labels: BTreeSet<&Text> = accesses.flat_map(Access::keys).collect();
    for label in labels {
        let relations = resource_type.recipe.relations.iter();
        let mut targets = relations
            .filter(|relation| relation.label == *label)
            .map(|relation| &relation.to);
        if targets.any(|name| is_key(name) == Some(true)) {
            continue;
        }
        let message = format!(
            "`decrypt: {label}` of `{}` leads to no type of kind `key`",
            resource_type.name
        );
        let entry = pack.types.get(&resource_type.name);
        let span = entry.map(|(_, entry)| entry.span.clone()).unwrap_or_default();
        let diagnostic = Diagnostic::error(message).at(&resource_type.source, span, "in this type");
        found.push(diagnostic.help("name a relation to a key"));
    }
}

/// Every operation under `actions` must exist in the file's own service or in one that the file calls.
fn lint_actions(pack: &Pack, file: &Arc<RecipeFile>, found: &mut Vec<Diagnostic>) {
    let mut services: BTreeSet<Text> = BTreeSet::from([file.service.clone()]);
    for entry in &file.types {
        let Ok(resource_type) = pack.resource_type(&entry.name) else {
            continue;
        };
        services.extend(
            resource_type
                .recipe
                .facts
                .iter()
                .map(|fact| fact.call.service.clone()),
        );
        if let Origin::List(list) = &resource_type.recipe.origin {
            services.insert(list.call.service.clone());
        }
    }
    let models: Vec<_> = services
        .iter()
        .filter_map(|service| Catalog::aws().service(service))
        .collect();
    for ((operation, _), span) in file.actions.iter().zip(&file.action_spans) {
        if models.iter().all(|model| model.operation(operation).is_none()) {
            let message = format!("no service that this file calls has a read operation `{operation}`");
            let diagnostic =
                Diagnostic::error(message).at(&file.source, span.clone(), "not in the API models");
            let help = did_you_mean(operation, models.iter().flat_map(|model| model.operation_names()));
            found.push(Diagnostic { help, ..diagnostic });
        }
    }
}

fn lint_policy(pack: &Pack, policy: &Arc<Policy>, found: &mut Vec<Diagnostic>) {
    let place =
        |diagnostic: Diagnostic| diagnostic.at(&policy.source, policy.name_span.clone(), "of this policy");
    if let Err(problems) = pack.compile(policy) {
        found.extend(problems);
        return;
    }
    for name in read_of_code_alone(pack, policy) {
        let message = format!("policy `{}` reads `{name}`, which code alone tells", policy.name);
        let help = "of live resources nothing would be known";
        found.push(place(Diagnostic::error(message)).help(help));
    }
    for outcome in run_tests(pack, policy) {
        if let Some(problem) = &outcome.problem {
            let span = policy
                .tests
                .iter()
                .find(|test| test.name == outcome.name)
                .map(|test| test.span.clone());
            let diagnostic =
                Diagnostic::error(format!("test `{}` of `{}`: {problem}", outcome.name, policy.name));
            found.push(diagnostic.at(&policy.source, span.unwrap_or_default(), "this test"));
        }
    }
    let mut names: Vec<&Text> = policy.tests.iter().map(|test| &test.name).collect();
    names.sort();
    for pair in names.windows(2) {
        if let [first, second] = pair
            && first == second
        {
            found.push(place(Diagnostic::error(format!(
                "two tests are called `{first}`"
            ))));
        }
    }
    if policy.provenance == Provenance::BuiltIn {
        lint_builtin_policy(policy, found);
    }
}

/// The attributes that a policy reads of a collected type and that no call gives.
fn read_of_code_alone(pack: &Pack, policy: &Arc<Policy>) -> Vec<Text> {
    let Ok(compiled) = pack.compile(policy) else {
        return Vec::new();
    };
    let Ok(resource_type) = pack.resource_type(&policy.resource_type) else {
        return Vec::new();
    };
    if matches!(resource_type.recipe.origin, Origin::Declared) {
        return Vec::new();
    }
    let uses = compiled.programs().flat_map(Program::uses);
    let own = uses.filter(|used| used.root == Root::Resource);
    let names: BTreeSet<Text> = own.filter_map(|used| used.path.first().cloned()).collect();
    let is_of_code = |name: &Text| {
        let attribute = resource_type.attribute(name);
        attribute.is_some_and(|attribute| attribute.source == AttributeSource::Declared)
    };
    names.into_iter().filter(is_of_code).collect()
}

fn lint_builtin_policy(policy: &Policy, found: &mut Vec<Diagnostic>) {
    let mut lacking = |what: &str, help: &str| {
        let diagnostic = Diagnostic::error(format!("policy `{}` lacks {what}", policy.name));
        found.push(
            diagnostic
                .at(&policy.source, policy.name_span.clone(), "of this policy")
                .help(help),
        );
    };
    if policy.title == policy.name {
        lacking("a title", "one line that states the requirement");
    }
    if policy.description.is_empty() {
        lacking(
            "a description",
            "say what is required and why it matters, in our own words",
        );
    }
    let remediation = &policy.remediation;
    for (what, given) in [
        ("a remediation summary", !remediation.summary.is_empty()),
        ("steps in the console", remediation.console.is_some()),
        ("commands of the command line", remediation.cli.is_some()),
        ("Terraform that has it right", remediation.terraform.is_some()),
    ] {
        if !given {
            lacking(what, "see `remediation` in docs/specs/policy.md");
        }
    }
    if policy.references.is_empty() {
        lacking("references", "the pages of the cloud's documentation that say so");
    }
    if policy
        .references
        .iter()
        .any(|reference| !reference.starts_with("https://"))
    {
        lacking("references that are https addresses", "write the whole address");
    }
    for verdict in [Verdict::Pass, Verdict::Fail, Verdict::Unknown] {
        if !policy.tests.iter().any(|test| test.expect == verdict) {
            lacking(
                &format!("a test that expects {verdict}"),
                "every policy shows a pass, a fail and an unknown",
            );
        }
    }
    let file = policy.source.name.rsplit('/').next().unwrap_or_default();
    if file.strip_suffix(".yaml") != Some(policy.name.as_str()) {
        lacking(
            "a file of its own name",
            "a built-in policy stands in policies/<name>.yaml",
        );
    }
    for alias in &policy.aliases {
        if !alias
            .split_once(':')
            .is_some_and(|(tool, id)| !tool.is_empty() && !id.is_empty() && !id.contains(' '))
        {
            lacking(
                "aliases in the form `tool:id`",
                "for example `checkov:CKV_AWS_19`",
            );
        }
    }
    let mut aliases: Vec<String> = policy
        .aliases
        .iter()
        .map(|alias| alias.to_ascii_lowercase())
        .collect();
    aliases.sort();
    if aliases.windows(2).any(|pair| pair.first() == pair.last()) {
        lacking("distinct aliases", "one alias stands twice");
    }
}

fn lint_framework(pack: &Pack, framework: &Framework, found: &mut Vec<Diagnostic>) {
    let names: BTreeMap<&str, &Arc<Policy>> = pack
        .policies()
        .iter()
        .map(|policy| (policy.name.as_str(), policy))
        .collect();
    for control in &framework.controls {
        let place = |diagnostic: Diagnostic| {
            diagnostic.at(&framework.source, control.span.clone(), "of this control")
        };
        for name in &control.policies {
            match names.get(name.as_str()) {
                None => {
                    let message = format!("control `{}` names the unknown policy `{name}`", control.id);
                    let help = did_you_mean(name, names.keys().copied());
                    found.push(Diagnostic {
                        help,
                        ..place(Diagnostic::error(message))
                    });
                }
                Some(policy)
                    if framework
                        .provider
                        .is_some_and(|provider| provider != policy.provider) =>
                {
                    let message = format!(
                        "control `{}` names `{name}`, a policy for another cloud",
                        control.id
                    );
                    found.push(place(Diagnostic::error(message)));
                }
                Some(_) => {}
            }
        }
        let uncovered = control.assessment == Assessment::Automated && control.policies.is_empty();
        if uncovered && framework.extent == Extent::Whole {
            let message = format!(
                "automated control `{}` of `{}` has no policy",
                control.id, framework.id
            );
            found
                .push(place(Diagnostic::warning(message)).help("write one, or the control counts as manual"));
        }
    }
}
