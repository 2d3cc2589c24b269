//! Frameworks and the policies that judge their controls, from framework files and from `compliance_mapping`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use plumb_model::diagnostic::Diagnostic;
use plumb_model::framework::{Assessment, ControlRef};
use plumb_model::value::Text;

use crate::framework::{Control, Extent, Framework};
use crate::policy::{Policy, Provenance};

/// The frameworks by id, with the policies that name controls of theirs by `compliance_mapping`.
///
/// A mapping to a framework that no file describes makes a framework of the controls that are named.
pub(crate) fn frameworks(
    read: Vec<Framework>,
    policies: &[Arc<Policy>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Arc<Framework>> {
    let mut frameworks: BTreeMap<Text, Framework> = BTreeMap::new();
    for framework in read {
        match (
            frameworks.get(&framework.id).map(|earlier| earlier.provenance),
            framework.provenance,
        ) {
            (None, _) => {}
            (Some(Provenance::BuiltIn), Provenance::User) => {
                let message = format!("framework `{}` replaces the built-in one", framework.id);
                diagnostics.push(Diagnostic::warning(message).in_source(&framework.source));
            }
            (Some(_), _) => {
                let message = format!("two frameworks have the id `{}`", framework.id);
                diagnostics.push(Diagnostic::error(message).in_source(&framework.source));
                continue;
            }
        }
        frameworks.insert(framework.id.clone(), framework);
    }
    let mut ids: HashMap<String, Text> = HashMap::new();
    for framework in frameworks.values() {
        for name in std::iter::once(&framework.id).chain(&framework.aliases) {
            ids.insert(name.to_ascii_lowercase(), framework.id.clone());
        }
    }
    for policy in policies {
        for (name, control) in &policy.compliance_mapping {
            let id = ids
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| name.clone())
                .clone();
            let framework = frameworks
                .entry(id.clone())
                .or_insert_with(|| mapped_framework(id, policy));
            add_to_control(framework, control, policy, diagnostics);
        }
    }
    frameworks.into_values().map(Arc::new).collect()
}

fn mapped_framework(id: Text, policy: &Policy) -> Framework {
    Framework {
        title: id.clone(),
        id,
        provider: None,
        publisher: Text::default(),
        aliases: Vec::new(),
        references: Vec::new(),
        sections: Vec::new(),
        controls: Vec::new(),
        source: Arc::clone(&policy.source),
        provenance: Provenance::User,
        extent: Extent::Mapped,
    }
}

fn add_to_control(framework: &mut Framework, id: &Text, policy: &Policy, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(control) = framework.controls.iter_mut().find(|control| control.id == *id) {
        if let Err(at) = control.policies.binary_search(&policy.name) {
            control.policies.insert(at, policy.name.clone());
        }
        return;
    }
    if framework.extent == Extent::Whole {
        let message = format!("framework `{}` has no control `{id}`", framework.id);
        diagnostics.push(Diagnostic::warning(message).at(
            &policy.source,
            policy.name_span.clone(),
            "maps to it",
        ));
        return;
    }
    framework.controls.push(Control {
        id: id.clone(),
        title: id.clone(),
        section: Text::default(),
        level: Text::default(),
        assessment: Assessment::Automated,
        policies: vec![policy.name.clone()],
        span: policy.name_span.clone(),
    });
    framework.controls.sort_by(|a, b| a.id.cmp(&b.id));
}

/// The controls that ask for each policy, sorted.
pub(crate) fn controls(frameworks: &[Arc<Framework>]) -> BTreeMap<Text, Vec<ControlRef>> {
    let mut controls: BTreeMap<Text, Vec<ControlRef>> = BTreeMap::new();
    for framework in frameworks {
        for control in &framework.controls {
            for policy in &control.policies {
                let reference = ControlRef {
                    framework: framework.id.clone(),
                    control: control.id.clone(),
                };
                controls.entry(policy.clone()).or_default().push(reference);
            }
        }
    }
    controls.values_mut().for_each(|references| references.sort());
    controls
}
