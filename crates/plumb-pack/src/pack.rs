//! `Pack`: policies, frameworks, escalations and resource types, the built-in ones together with a user's own.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_model::framework::ControlRef;
use plumb_model::value::Text;

use crate::escalation::Escalation;
use crate::fix::Fixes;
use crate::framework::Framework;
use crate::kubernetes::ObjectKinds;
use crate::load::{self, Base};
use crate::mapping::{BlockMapping, Language, Mappings};
use crate::policy::Policy;
use crate::recipe_file::{RecipeFile, TypeEntry};
use crate::recipe_reader::{Surroundings, read_type};
use crate::risk::RiskWeights;
use crate::schema::ResourceType;
use crate::sensitivity::SensitivityRules;
use crate::suggest::did_you_mean;

/// A file of knowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path below the knowledge folder, for example `aws/s3/policies/x.yaml`, or the path the user gave.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// A pack and what was wrong with the files it was made of.
#[derive(Debug)]
pub struct Loaded {
    /// Everything that could be read; a file with an error contributes nothing.
    pub pack: Pack,
    /// Errors and warnings, in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// Whether an error is among the diagnostics.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.level == Level::Error)
    }
}

/// Policies, frameworks, escalations and resource types.
///
/// Resource types are read when they are asked for, because that loads API models.
#[derive(Debug, Default)]
pub struct Pack {
    pub(crate) policies: Vec<Arc<Policy>>,
    pub(crate) frameworks: Vec<Arc<Framework>>,
    pub(crate) escalations: Vec<Arc<Escalation>>,
    pub(crate) sensitivity: SensitivityRules,
    pub(crate) controls: BTreeMap<Text, Vec<ControlRef>>,
    pub(crate) risk: Option<Arc<RiskWeights>>,
    pub(crate) files: Vec<Arc<RecipeFile>>,
    /// Type names, each with the file and the entry in it.
    pub(crate) types: BTreeMap<Text, (Arc<RecipeFile>, TypeEntry)>,
    /// Aliases of types, each with the type's own name.
    pub(crate) type_aliases: BTreeMap<Text, Text>,
    pub(crate) base: Base,
    pub(crate) user_mappings: Vec<(Language, Arc<BlockMapping>)>,
    pub(crate) user_fixes: Fixes,
    pub(crate) user_object_kinds: ObjectKinds,
    pub(crate) read_mappings: Mutex<BTreeMap<Language, Arc<Mappings>>>,
    pub(crate) read_types: Mutex<HashMap<Text, ReadType>>,
}

/// A type that has been read, or what is wrong with it.
type ReadType = Result<Arc<ResourceType>, Vec<Diagnostic>>;

impl Pack {
    /// The built-in pack.
    ///
    /// # Errors
    /// When a built-in file is malformed, which the tests of this crate exclude.
    pub fn builtin() -> Result<Pack, Vec<Diagnostic>> {
        let loaded = Self::load(Base::BuiltIn, &[]);
        if loaded.has_errors() {
            Err(loaded.diagnostics)
        } else {
            Ok(loaded.pack)
        }
    }

    /// Reads a user's files on top of the base. A user's policy or type replaces the built-in one of the same name.
    pub fn load(base: Base, user: &[SourceFile]) -> Loaded {
        load::load(base, user)
    }

    /// All policies, sorted by name.
    pub fn policies(&self) -> &[Arc<Policy>] {
        &self.policies
    }

    /// The policy with that name, or the only one with that alias.
    pub fn policy(&self, name_or_alias: &str) -> Option<&Arc<Policy>> {
        if let Ok(at) = self
            .policies
            .binary_search_by(|policy| policy.name.as_str().cmp(name_or_alias))
        {
            return self.policies.get(at);
        }
        match self.policies_called(name_or_alias).as_slice() {
            [policy] => Some(policy),
            _ => None,
        }
    }

    /// All policies with that name or alias; one check of another tool may be several policies here.
    pub fn policies_called(&self, name_or_alias: &str) -> Vec<&Arc<Policy>> {
        self.policies
            .iter()
            .filter(|policy| policy.is_called(name_or_alias))
            .collect()
    }

    /// All frameworks, sorted by id.
    pub fn frameworks(&self) -> &[Arc<Framework>] {
        &self.frameworks
    }

    /// The framework with that id or alias.
    pub fn framework(&self, id_or_alias: &str) -> Option<&Arc<Framework>> {
        self.frameworks
            .iter()
            .find(|framework| framework.is_called(id_or_alias))
    }

    /// All escalations, sorted by id.
    pub fn escalations(&self) -> &[Arc<Escalation>] {
        &self.escalations
    }

    /// How names, tags and the class of an account tell how sensitive data is; a user's rules go before the built-in ones.
    pub fn sensitivity(&self) -> &SensitivityRules {
        &self.sensitivity
    }

    /// The controls that ask for a policy, sorted.
    pub fn controls_of(&self, policy: &str) -> Vec<ControlRef> {
        self.controls.get(policy).cloned().unwrap_or_default()
    }

    /// How code is corrected so that policies pass, and what is wrong with the files that say so; read when asked for.
    pub fn fixes(&self) -> (Fixes, Vec<Diagnostic>) {
        load::fixes(self.base, &self.user_fixes)
    }

    /// Which objects of Kubernetes declare which blocks; read when asked for.
    pub fn object_kinds(&self) -> ObjectKinds {
        load::object_kinds(self.base, &self.user_object_kinds)
    }

    /// How blocks of a language of infrastructure code become documents; read when first asked for.
    pub fn mappings(&self, language: Language) -> Arc<Mappings> {
        let mut read = self.read_mappings.lock().unwrap_or_else(PoisonError::into_inner);
        let mappings = read
            .entry(language)
            .or_insert_with(|| Arc::new(load::mappings(self.base, &self.user_mappings, language)));
        Arc::clone(mappings)
    }

    /// How much things matter; `None` only in a pack on an empty base.
    pub fn risk(&self) -> Option<&Arc<RiskWeights>> {
        self.risk.as_ref()
    }

    /// The names of all resource types, sorted.
    pub fn resource_types(&self) -> Vec<Text> {
        self.types.keys().cloned().collect()
    }

    /// The type's own name for a name or alias.
    pub fn type_name(&self, name_or_alias: &str) -> Option<&Text> {
        match self.types.get_key_value(name_or_alias) {
            Some((name, _)) => Some(name),
            None => self.type_aliases.get(name_or_alias),
        }
    }

    /// The resource type with that name or alias, checked against the API model.
    ///
    /// # Errors
    /// When there is no such type, or everything that is wrong with its recipe.
    pub fn resource_type(&self, name_or_alias: &str) -> Result<Arc<ResourceType>, Vec<Diagnostic>> {
        match self.type_name(name_or_alias) {
            Some(name) => self.read_type(name, &[]),
            None => Err(vec![self.unknown_type(name_or_alias)]),
        }
    }

    pub(crate) fn unknown_type(&self, name: &str) -> Diagnostic {
        let known = self
            .types
            .keys()
            .chain(self.type_aliases.keys())
            .map(Text::as_str);
        let help = did_you_mean(name, known)
            .unwrap_or_else(|| "a recipe or a declared type gives a resource type its attributes".to_owned());
        Diagnostic::error(format!("unknown resource type `{name}`")).help(help)
    }

    /// `open` holds the types whose reading asked for this one.
    fn read_type(&self, name: &Text, open: &[Text]) -> ReadType {
        if let Some(read) = self
            .read_types
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
        {
            return read.clone();
        }
        let Some((file, entry)) = self.types.get(name) else {
            return Err(vec![self.unknown_type(name)]);
        };
        let mut open = open.to_vec();
        open.push(name.clone());
        // The lock is not held meanwhile: reading a type reads its parent. Two threads may do the same work once.
        let read = read_type(file, entry, &View { pack: self, open }).map(Arc::new);
        let mut types = self.read_types.lock().unwrap_or_else(PoisonError::into_inner);
        types.entry(name.clone()).or_insert(read).clone()
    }
}

/// The pack as a type under reading sees it.
struct View<'p> {
    pack: &'p Pack,
    open: Vec<Text>,
}

impl Surroundings for View<'_> {
    fn recipe_file(&self, service: &str) -> Option<Arc<RecipeFile>> {
        self.pack
            .files
            .iter()
            .find(|file| file.service == service)
            .cloned()
    }

    fn resource_type(&self, name: &str) -> Result<Arc<ResourceType>, String> {
        let Some(own_name) = self.pack.type_name(name) else {
            return Err(format!("unknown resource type `{name}`"));
        };
        if self.open.contains(own_name) {
            return Err(format!("type `{name}` goes through itself"));
        }
        self.pack
            .read_type(own_name, &self.open)
            .map_err(|_| format!("type `{name}` has errors of its own"))
    }

    fn resource_type_names(&self) -> Vec<Text> {
        self.pack.resource_types()
    }
}
