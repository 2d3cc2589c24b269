//! Checks of escalations against the resource types of the pack.

use std::collections::BTreeSet;

use plumb_expr::Fields as _;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use crate::escalation::{Escalation, Gain, Need, Object, Target};
use crate::pack::Pack;
use crate::policy::Provenance;
use crate::recipe::Template;
use crate::schema::ResourceType;
use crate::suggest::did_you_mean;
use crate::typed_path::{Spelling, resolve};

/// Everything that is wrong with the names in an escalation.
pub(crate) fn check_escalation(pack: &Pack, escalation: &Escalation) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for name in escalation.resource_types().collect::<BTreeSet<_>>() {
        // Escalations are joined with resources by the type's own name, so an alias would find none.
        if pack.type_name(name).is_none_or(|own| own != name) {
            found.push(unknown_type(pack, escalation, name));
        }
    }
    if !found.is_empty() {
        return found;
    }
    let target = match &escalation.target {
        Target::Resource(name) => match pack.resource_type(name) {
            Ok(target) => Some(target),
            // Its own file is told so.
            Err(_) => return found,
        },
        Target::Principal
        | Target::OwnPolicy
        | Target::OwnGroup
        | Target::User
        | Target::Role
        | Target::Group
        | Target::Account => None,
    };
    for need in escalation.needs() {
        if let Need::Action(permission) = need
            && let Object::Arn(template) = &permission.on
        {
            let at = |diagnostic: Diagnostic| {
                diagnostic.at(&escalation.source, permission.span.clone(), "in this requirement")
            };
            found.extend(check_template(template, target.as_deref()).map(at));
        }
    }
    if let Some(target) = target.filter(|_| escalation.gains == Gain::Target)
        && !runs_as_something(&target)
    {
        let message = format!(
            "`{}` runs as nobody, so nothing is gained by taking it over",
            target.name
        );
        let help =
            "give the type a relation called `runs_as` or `runs_as` under `graph`, or write another `gains`";
        let span = escalation.target_span.clone();
        found.push(
            Diagnostic::error(message)
                .at(&escalation.source, span, "as the target")
                .help(help),
        );
    }
    found
}

/// What built-in escalations are held to beyond what all are.
pub(crate) fn check_builtin(escalation: &Escalation) -> Vec<Diagnostic> {
    if escalation.provenance != Provenance::BuiltIn {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut lacking = |what: &str| {
        let message = format!("escalation `{}` lacks {what}", escalation.id);
        let span = escalation.id_span.clone();
        found.push(Diagnostic::error(message).at(&escalation.source, span, "of this escalation"));
    };
    if escalation.remediation.trim().is_empty() {
        lacking("a remediation");
    }
    if escalation.references.is_empty() {
        lacking("references");
    }
    let is_address = |reference: &Text| reference.starts_with("https://");
    if !escalation.references.iter().all(is_address) {
        lacking("references that are https addresses");
    }
    found
}

fn unknown_type(pack: &Pack, escalation: &Escalation, name: &Text) -> Diagnostic {
    let help = match pack.type_name(name) {
        Some(own) => Some(format!("its own name is `{own}`")),
        None => {
            let words = Target::WORDS.map(|(word, _)| word);
            did_you_mean(name, pack.types.keys().map(Text::as_str).chain(words))
        }
    };
    let message = format!("`{name}` is neither a target nor the name of a resource type");
    let span = match &escalation.target {
        Target::Resource(target) if target == name => escalation.target_span.clone(),
        Target::Resource(_)
        | Target::Principal
        | Target::OwnPolicy
        | Target::OwnGroup
        | Target::User
        | Target::Role
        | Target::Group
        | Target::Account => escalation.id_span.clone(),
    };
    let diagnostic = Diagnostic::error(message).at(&escalation.source, span, "not known here");
    Diagnostic { help, ..diagnostic }
}

fn check_template(template: &Template, target: Option<&ResourceType>) -> Option<Diagnostic> {
    for path in template.paths() {
        let Some(target) = target else {
            let message = format!("`{{{path}}}` needs a target that is a resource");
            let help = "`{partition}`, `{account}` and `{region}` are known always";
            return Some(Diagnostic::error(message).help(help));
        };
        let root = path.root().and_then(|root| target.field(root));
        let Some(root) = root else {
            let root = path.root().map(Text::as_str).unwrap_or_default();
            let help = did_you_mean(
                root,
                target
                    .attributes()
                    .iter()
                    .map(|attribute| attribute.name.as_str()),
            );
            let message = format!("`{}` has no attribute `{root}`", target.name);
            return Some(Diagnostic {
                help,
                ..Diagnostic::error(message)
            });
        };
        let rest = crate::recipe::Path(path.0.iter().skip(1).cloned().collect());
        if let Err(misfit) = resolve(&root, &rest, Spelling::Document) {
            return Some(Diagnostic {
                help: misfit.help,
                ..Diagnostic::error(misfit.message)
            });
        }
    }
    None
}

fn runs_as_something(target: &ResourceType) -> bool {
    let by_relation = target
        .recipe
        .relations
        .iter()
        .any(|relation| relation.label == "runs_as");
    let by_path = target
        .recipe
        .graph
        .as_ref()
        .is_some_and(|graph| graph.runs_as.is_some());
    by_relation || by_path
}
