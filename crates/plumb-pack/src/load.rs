//! Putting a pack together from files: what each file is, what replaces what, and which files are left out.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use plumb_model::account::Provider;
use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_model::value::Text;

use crate::builtin::{builtin_events, builtin_sources};
use crate::compliance::{controls, frameworks};
use crate::escalation::Escalation;
use crate::escalation_check::check_escalation;
use crate::escalation_reader::read_escalations;
use crate::fix::Fixes;
use crate::fix_reader::read_fixes;
use crate::framework::{Framework, read_framework};
use crate::kubernetes::ObjectKinds;
use crate::kubernetes_reader::{SECTIONS, read_object_kinds};
use crate::mapping::{BlockMapping, Language, Mappings};
use crate::mapping_check::check_mapping;
use crate::mapping_reader::read_mappings;
use crate::node::{Content, Node};
use crate::pack::{Loaded, Pack, SourceFile};
use crate::policy::{Policy, Provenance};
use crate::policy_reader::read_policies;
use crate::reader::Problems;
use crate::recipe_file::{RecipeFile, read_recipe_file};
use crate::risk::RiskWeights;
use crate::risk_reader::read_risk;
use crate::sensitivity::SensitivityRules;
use crate::sensitivity::reader::read_sensitivity;
use crate::yaml::{parse, replay};

/// What a user's files stand on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// The knowledge that is compiled into the binary.
    BuiltIn,
    /// Nothing.
    #[default]
    Empty,
}

/// See [`Pack::load`].
pub(crate) fn load(base: Base, user: &[SourceFile]) -> Loaded {
    let mut files = Files::default();
    if base == Base::BuiltIn {
        for ((path, text), events) in builtin_sources().iter().zip(builtin_events()) {
            if is_pack_file(path) {
                let source = source(path, text);
                let root = replay(&source, events).map_or_else(|| parse(&source), Ok);
                files.read(&source, root, Provenance::BuiltIn);
            }
        }
    }
    for file in user {
        let source = source(&file.path, &file.text);
        files.read(&source, parse(&source), Provenance::User);
    }
    let mut loaded = files.into_loaded();
    loaded.pack.base = base;
    loaded
}

/// The mappings of one language: the built-in ones, which are read here for the first time, and the user's own.
pub(crate) fn mappings(base: Base, user: &[(Language, Arc<BlockMapping>)], language: Language) -> Mappings {
    let mut mappings = Mappings::default();
    if base == Base::BuiltIn {
        for ((path, text), events) in builtin_sources().iter().zip(builtin_events()) {
            if Language::of_file(path) != Some(language) {
                continue;
            }
            let source = source(path, text);
            let mut problems = Problems::new(&source);
            match replay(&source, events).map_or_else(|| parse(&source), Ok) {
                Ok(root) => {
                    let read = read_mappings(&root, Provenance::BuiltIn, &mut problems);
                    let (blocks, not_modelled) = read
                        .map(|file| (file.blocks, file.not_modelled))
                        .unwrap_or_default();
                    mappings.not_modelled.extend(not_modelled);
                    for block in blocks {
                        let (name, span) = (block.block.clone(), block.span.clone());
                        if mappings.put(Arc::new(block)).is_some() {
                            let message = format!("two mappings are for `{name}`");
                            problems.error(span, message, "the second one");
                        }
                    }
                }
                Err(diagnostic) => problems.add(diagnostic),
            }
            mappings.problems.extend(problems.into_found());
        }
    }
    for (of, block) in user {
        if *of == language {
            mappings.put(Arc::clone(block));
        }
    }
    mappings
}

/// All fixes: the built-in ones, which are read here for the first time, and the user's own, which win.
///
/// A policy that is misspelt makes no error here; lint finds it.
pub(crate) fn fixes(base: Base, user: &Fixes) -> (Fixes, Vec<Diagnostic>) {
    let mut fixes = Fixes::default();
    let mut found = Vec::new();
    if base == Base::BuiltIn {
        for ((path, text), events) in builtin_sources().iter().zip(builtin_events()) {
            if !path.ends_with("/fixes.yaml") {
                continue;
            }
            let source = source(path, text);
            let mut problems = Problems::new(&source);
            match replay(&source, events).map_or_else(|| parse(&source), Ok) {
                Ok(root) => read_fixes(&root, &mut fixes, &mut problems),
                Err(diagnostic) => problems.add(diagnostic),
            }
            found.extend(problems.into_found());
        }
    }
    fixes.0.extend(user.0.clone());
    (fixes, found)
}

/// The kinds of Kubernetes' objects: the built-in ones, which are read here for the first time, and the user's own, which win.
pub(crate) fn object_kinds(base: Base, user: &ObjectKinds) -> ObjectKinds {
    let mut kinds = ObjectKinds::default();
    if base == Base::BuiltIn {
        for ((path, text), events) in builtin_sources().iter().zip(builtin_events()) {
            if !path.ends_with("/kubernetes.yaml") {
                continue;
            }
            let source = source(path, text);
            let mut problems = Problems::new(&source);
            match replay(&source, events).map_or_else(|| parse(&source), Ok) {
                Ok(root) => read_object_kinds(&root, &mut kinds, &mut problems),
                Err(diagnostic) => problems.add(diagnostic),
            }
            kinds.problems.extend(problems.into_found());
        }
    }
    kinds.kinds.extend(user.kinds.clone());
    kinds
}

/// Leaves out the users' files of mappings of which one has an error.
fn usable_mappings(
    pack: &Pack,
    mut mappings: Vec<(Language, Arc<BlockMapping>)>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(Language, Arc<BlockMapping>)> {
    let mut broken: HashSet<String> = HashSet::new();
    for (_, block) in &mappings {
        let found = check_mapping(pack, block);
        if !found.is_empty() {
            broken.insert(block.source.name.clone());
            diagnostics.extend(found);
        }
    }
    mappings.retain(|(_, block)| !broken.contains(&block.source.name));
    mappings
}

fn source(path: &str, text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: path.to_owned(),
        text: text.to_owned(),
    })
}

/// Whether a built-in file is of one of the kinds that make a pack; the folder holds other knowledge too.
fn is_pack_file(path: &str) -> bool {
    path.ends_with("/collect.yaml")
        || path.ends_with("/escalations.yaml")
        || path.contains("/policies/")
        || path.starts_with("frameworks/")
        || path == "risk.yaml"
        || path == "paths/sensitivity.yaml"
}

/// The files that have been read so far.
#[derive(Default)]
struct Files {
    recipes: Vec<Arc<RecipeFile>>,
    policies: Vec<Policy>,
    frameworks: Vec<Framework>,
    risk: Option<RiskWeights>,
    escalations: Vec<Escalation>,
    sensitivity: SensitivityRules,
    mappings: Vec<(Language, Arc<BlockMapping>)>,
    diagnostics: Vec<Diagnostic>,
    fixes: Fixes,
    object_kinds: ObjectKinds,
}

impl Files {
    /// Reads one file; one with an error contributes nothing but its diagnostics.
    fn read(&mut self, source: &Arc<Source>, root: Result<Node, Diagnostic>, provenance: Provenance) {
        let root = match root {
            Ok(root) => root,
            Err(diagnostic) => return self.diagnostics.push(diagnostic),
        };
        let mut problems = Problems::new(source);
        let folder = folder_of(&source.name, provenance);
        let has = |key: &str| match &root.content {
            Content::Map(entries) => entries.iter().any(|(found, _)| found.text == key),
            Content::Plain(_) | Content::Quoted(_) | Content::List(_) => false,
        };
        let (mut policies, mut escalations, mut mappings) = (Vec::new(), Vec::new(), Vec::new());
        let mut fixes = Fixes::default();
        let mut object_kinds = ObjectKinds::default();
        let (mut recipe, mut framework, mut sensitivity) = (None, None, None);
        if has("policies") {
            policies = read_policies(&root, &folder.service, provenance, &mut problems);
        } else if has("resources") {
            recipe = read_recipe_file(&root, folder.provider, provenance, &mut problems);
        } else if has("controls") {
            framework = read_framework(&root, provenance, &mut problems);
        } else if has("escalations") {
            escalations = read_escalations(&root, folder.provider, provenance, &mut problems);
        } else if has("sensitivity") {
            sensitivity = read_sensitivity(&root, &mut problems);
        } else if has("fixes") {
            read_fixes(&root, &mut fixes, &mut problems);
        } else if SECTIONS.iter().any(|(section, _)| has(section)) {
            read_object_kinds(&root, &mut object_kinds, &mut problems);
        } else if has("mappings") {
            if let Some(file) = read_mappings(&root, provenance, &mut problems) {
                let language = file.language;
                mappings.extend(file.blocks.into_iter().map(|block| (language, Arc::new(block))));
            }
        } else if has("risk") {
            // A user's weights replace the built-in ones.
            self.risk = read_risk(&root, &mut problems).or(self.risk.take());
        } else {
            problems.error_with_help(
                root.head(&source.text),
                "file is of no known kind",
                "no known key",
                Some(
                    "a file has `policies`, `resources`, `controls`, `escalations`, `mappings`, `fixes`, `crossplane`, `ack`, `sensitivity` or `risk` at its top"
                        .to_owned(),
                ),
            );
        }
        if !problems.has_errors() {
            self.policies.extend(policies);
            self.recipes.extend(recipe.map(Arc::new));
            self.frameworks.extend(framework);
            self.escalations.extend(escalations);
            self.mappings.extend(mappings);
            self.fixes.0.extend(fixes.0);
            self.object_kinds.kinds.extend(object_kinds.kinds);
            if let Some(layer) = sensitivity {
                self.sensitivity.put_before(layer);
            }
        }
        self.diagnostics.extend(problems.into_found());
    }

    fn into_loaded(mut self) -> Loaded {
        let mut pack = self.pack_of_types();
        let broken = broken_recipes(&pack, &mut self.diagnostics);
        if !broken.is_empty() {
            self.recipes.retain(|file| !broken.contains(&file.source.name));
            pack = self.pack_of_types();
        }
        let policies = std::mem::take(&mut self.policies);
        pack.policies = usable_policies(&pack, policies, &mut self.diagnostics);
        pack.frameworks = frameworks(
            std::mem::take(&mut self.frameworks),
            &pack.policies,
            &mut self.diagnostics,
        );
        pack.controls = controls(&pack.frameworks);
        pack.risk = self.risk.map(Arc::new);
        pack.sensitivity = std::mem::take(&mut self.sensitivity);
        pack.escalations = usable_escalations(
            &pack,
            std::mem::take(&mut self.escalations),
            &mut self.diagnostics,
        );
        pack.user_object_kinds = std::mem::take(&mut self.object_kinds);
        pack.user_fixes = std::mem::take(&mut self.fixes);
        pack.user_mappings =
            usable_mappings(&pack, std::mem::take(&mut self.mappings), &mut self.diagnostics);
        Loaded {
            pack,
            diagnostics: self.diagnostics,
        }
    }

    /// A pack with the resource types alone. Problems with names are reported each time, so they are deduplicated.
    fn pack_of_types(&mut self) -> Pack {
        let mut pack = Pack {
            files: self.recipes.clone(),
            ..Pack::default()
        };
        for file in &self.recipes {
            for entry in &file.types {
                let place = |diagnostic: Diagnostic, label: &str| {
                    diagnostic.at(&file.source, entry.span.clone(), label)
                };
                let earlier = pack.types.get(&entry.name).map(|(file, _)| file.provenance);
                match (earlier, file.provenance) {
                    (None, _) => {}
                    (Some(Provenance::BuiltIn), Provenance::User) => {
                        let message = format!("resource type `{}` replaces the built-in one", entry.name);
                        report(
                            &mut self.diagnostics,
                            place(Diagnostic::warning(message), "built in too"),
                        );
                    }
                    (Some(_), _) => {
                        let message = format!("resource type `{}` stands in two files", entry.name);
                        report(
                            &mut self.diagnostics,
                            place(Diagnostic::error(message), "the second one"),
                        );
                        continue;
                    }
                }
                pack.types
                    .insert(entry.name.clone(), (Arc::clone(file), entry.clone()));
            }
        }
        for (name, (file, entry)) in &pack.types {
            for alias in &entry.aliases {
                let other = pack.type_aliases.insert(alias.clone(), name.clone());
                if other.is_some() || pack.types.contains_key(alias) {
                    let message = format!("alias `{alias}` of `{name}` names another type too");
                    let diagnostic =
                        Diagnostic::error(message).at(&file.source, entry.span.clone(), "of this type");
                    report(&mut self.diagnostics, diagnostic);
                }
            }
        }
        pack
    }
}

fn report(diagnostics: &mut Vec<Diagnostic>, diagnostic: Diagnostic) {
    if !diagnostics.contains(&diagnostic) {
        diagnostics.push(diagnostic);
    }
}

/// What a file's path says about it: `aws/s3/…`.
struct Folder {
    provider: Option<Provider>,
    service: Text,
}

fn folder_of(path: &str, provenance: Provenance) -> Folder {
    let mut parts = path.split('/').rev().skip(1).filter(|part| *part != "policies");
    let (service, provider) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let provider = provider.parse().ok();
    let service = match provenance {
        Provenance::BuiltIn => Text::from(service),
        // A user's folders are their own affair.
        Provenance::User => Text::default(),
    };
    Folder { provider, service }
}

/// Reads every type of the users' recipes; names the files of which one has an error.
fn broken_recipes(pack: &Pack, diagnostics: &mut Vec<Diagnostic>) -> HashSet<String> {
    let mut broken = HashSet::new();
    for file in pack
        .files
        .iter()
        .filter(|file| file.provenance == Provenance::User)
    {
        for entry in &file.types {
            let is_of_this_file = pack
                .types
                .get(&entry.name)
                .is_some_and(|(owner, _)| Arc::ptr_eq(owner, file));
            if let (true, Err(found)) = (is_of_this_file, pack.resource_type(&entry.name)) {
                broken.insert(file.source.name.clone());
                found
                    .into_iter()
                    .for_each(|diagnostic| report(diagnostics, diagnostic));
            }
        }
    }
    broken
}

/// Resolves types, type-checks the users' policies, and settles which policy of a name stands. Sorted by name.
fn usable_policies(
    pack: &Pack,
    policies: Vec<Policy>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Arc<Policy>> {
    let mut broken: HashSet<String> = HashSet::new();
    let mut checked: Vec<Arc<Policy>> = Vec::with_capacity(policies.len());
    for mut policy in policies {
        let found = check_policy(pack, &mut policy);
        let policy = Arc::new(policy);
        let found = match (found, policy.provenance) {
            (Ok(()), Provenance::User) => pack.compile(&policy).map(drop),
            (found, _) => found,
        };
        match found {
            Ok(()) => checked.push(policy),
            Err(found) => {
                broken.insert(policy.source.name.clone());
                diagnostics.extend(found);
            }
        }
    }
    let mut by_name: BTreeMap<Text, Arc<Policy>> = BTreeMap::new();
    for policy in checked
        .into_iter()
        .filter(|policy| !broken.contains(&policy.source.name))
    {
        let place = |diagnostic: Diagnostic, label: &str| {
            diagnostic.at(&policy.source, policy.name_span.clone(), label)
        };
        match (
            by_name.get(&policy.name).map(|earlier| earlier.provenance),
            policy.provenance,
        ) {
            (None, _) => {}
            (Some(Provenance::BuiltIn), Provenance::User) => {
                let message = format!("policy `{}` replaces the built-in one", policy.name);
                let help = "give it another name if the built-in policy shall stay";
                diagnostics.push(place(Diagnostic::warning(message), "built in too").help(help));
            }
            (Some(_), _) => {
                let message = format!("two policies are called `{}`", policy.name);
                diagnostics.push(place(Diagnostic::error(message), "the second one"));
                continue;
            }
        }
        by_name.insert(policy.name.clone(), policy);
    }
    by_name.into_values().collect()
}

/// Checks the users' escalations, and settles which escalation of an id stands. Sorted by id.
fn usable_escalations(
    pack: &Pack,
    escalations: Vec<Escalation>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Arc<Escalation>> {
    let mut broken: HashSet<String> = HashSet::new();
    for escalation in &escalations {
        // The built-in ones are checked when the pack is linted, because that reads the types.
        if escalation.provenance == Provenance::User {
            let found = check_escalation(pack, escalation);
            if !found.is_empty() {
                broken.insert(escalation.source.name.clone());
                diagnostics.extend(found);
            }
        }
    }
    let mut by_id: BTreeMap<Text, Arc<Escalation>> = BTreeMap::new();
    for escalation in escalations {
        if broken.contains(&escalation.source.name) {
            continue;
        }
        let earlier = by_id.get(&escalation.id).map(|earlier| earlier.provenance);
        let place = |diagnostic: Diagnostic, label: &str| {
            diagnostic.at(&escalation.source, escalation.id_span.clone(), label)
        };
        match (earlier, escalation.provenance) {
            (None, _) => {}
            (Some(Provenance::BuiltIn), Provenance::User) => {
                let message = format!("escalation `{}` replaces the built-in one", escalation.id);
                diagnostics.push(place(Diagnostic::warning(message), "built in too"));
            }
            (Some(_), _) => {
                let message = format!("two escalations are called `{}`", escalation.id);
                diagnostics.push(place(Diagnostic::error(message), "the second one"));
                continue;
            }
        }
        by_id.insert(escalation.id.clone(), Arc::new(escalation));
    }
    by_id.into_values().collect()
}

/// Finds the policy's resource type and writes the type's own name into the policy.
fn check_policy(pack: &Pack, policy: &mut Policy) -> Result<(), Vec<Diagnostic>> {
    let place = policy.resource_type_span.clone();
    let Some(name) = pack.type_name(&policy.resource_type) else {
        let unknown = pack.unknown_type(&policy.resource_type);
        return Err(vec![unknown.at(&policy.source, place, "unknown resource type")]);
    };
    let provider = pack.types.get(name).map(|(file, _)| file.provider);
    if provider.is_some_and(|provider| provider != policy.provider) {
        let message = format!(
            "resource type `{name}` does not belong to provider `{}`",
            policy.provider
        );
        return Err(vec![Diagnostic::error(message).at(
            &policy.source,
            place,
            "of another cloud",
        )]);
    }
    policy.resource_type = name.clone();
    Ok(())
}
