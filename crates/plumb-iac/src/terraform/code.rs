//! `Code`: all Terraform of a tree, parsed once and shared by the roots that use it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_model::diagnostic::Diagnostic;
use rayon::prelude::*;

use super::module::{Module, is_source, within};
use super::syntax::{Body, ExprKind};
use super::{hcl, json};
use crate::files::{Files, join};
use crate::place::{FileId, Sources};

/// The most folders with code that are read.
const MAX_FOLDERS: usize = 50_000;

/// All Terraform of a tree.
#[derive(Debug, Default)]
pub struct Code {
    pub(crate) sources: Sources,
    pub(crate) modules: BTreeMap<String, Arc<Module>>,
    /// By folder of the root: address of a call, folder.
    pub(crate) installed: BTreeMap<String, BTreeMap<String, String>>,
    /// What could not be read.
    pub problems: Vec<Diagnostic>,
}

impl Code {
    /// Reads and parses the given folders and every local module that they call.
    pub fn read(files: &dyn Files, folders: impl IntoIterator<Item = String>) -> Self {
        let mut code = Self::default();
        let mut waiting: Vec<String> = folders.into_iter().collect();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while !waiting.is_empty() {
            waiting.sort();
            waiting.dedup();
            waiting.retain(|folder| seen.insert(folder.clone()));
            if seen.len() > MAX_FOLDERS {
                let message = format!("only the first {MAX_FOLDERS} folders with Terraform were read");
                code.problems.push(Diagnostic::error(message));
                break;
            }
            let read: Vec<(String, Vec<(String, FileId)>)> = waiting
                .iter()
                .map(|folder| (folder.clone(), code.texts(files, folder)))
                .collect();
            for folder in &waiting {
                code.find_installed(files, folder);
            }
            let sources = &code.sources;
            let parsed: Vec<(Module, Vec<Diagnostic>)> = read
                .into_par_iter()
                .filter(|(_, names)| !names.is_empty())
                .map(|(folder, names)| parse(&folder, names, sources))
                .collect();
            waiting = code
                .installed
                .values()
                .flat_map(|installed| installed.values().cloned())
                .collect();
            for (module, problems) in parsed {
                code.problems.extend(problems);
                waiting.extend(called_folders(&module));
                code.modules.insert(module.folder.clone(), Arc::new(module));
            }
        }
        code
    }

    /// The files, which places point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The same, when nothing else is needed any more.
    pub fn into_sources(self) -> Sources {
        self.sources
    }

    /// The folders that no other folder calls, sorted: what somebody applies.
    ///
    /// Those in `judged` are left out, as if they were not there: a module that is called but never made stands for itself.
    pub fn roots(&self, judged: &BTreeSet<String>) -> Vec<String> {
        let left: BTreeMap<&String, &Module> = self
            .modules
            .iter()
            .filter(|(folder, _)| !judged.contains(*folder))
            .filter(|(folder, _)| !folder.split('/').any(|part| part == ".terraform"))
            .map(|(folder, module)| (folder, module.as_ref()))
            .collect();
        let called: BTreeSet<String> = left.values().flat_map(|module| called_folders(module)).collect();
        let mut roots: Vec<String> = left
            .keys()
            .filter(|folder| !called.contains(**folder))
            .map(|folder| (*folder).clone())
            .collect();
        if roots.is_empty() {
            // Modules that call each other in a ring: any of them shows it.
            roots.extend(left.keys().next().map(|folder| (*folder).clone()));
        }
        roots
    }

    /// Reads the texts of a folder's files.
    fn texts(&mut self, files: &dyn Files, folder: &str) -> Vec<(String, FileId)> {
        let names = match files.files_in(folder) {
            Ok(names) => names,
            // A call leads to a folder that is not there; the call tells it.
            Err(_) => return Vec::new(),
        };
        let mut read = Vec::new();
        for name in names.into_iter().filter(|name| is_source(name)) {
            let path = within(folder, &name);
            match files.read(&path) {
                Ok(text) => read.push((name, self.sources.add(path, text))),
                Err(error) => {
                    let message = format!("cannot read `{path}`: {error}");
                    self.problems.push(Diagnostic::error(message));
                }
            }
        }
        read
    }

    /// Where `terraform init` put the modules of a root.
    fn find_installed(&mut self, files: &dyn Files, folder: &str) {
        let Ok(text) = files.read(&within(folder, ".terraform/modules/modules.json")) else {
            return;
        };
        let Ok(manifest) = serde_json::from_str::<serde_json::Value>(&text) else {
            return;
        };
        let modules = manifest.get("Modules").and_then(serde_json::Value::as_array);
        let mut installed = BTreeMap::new();
        for module in modules.into_iter().flatten() {
            let field = |name: &str| module.get(name).and_then(serde_json::Value::as_str);
            if let (Some(key), Some(dir)) = (field("Key").filter(|key| !key.is_empty()), field("Dir"))
                && let Some(dir) = join(folder, dir)
            {
                installed.insert(key.to_owned(), dir);
            }
        }
        self.installed.insert(folder.to_owned(), installed);
    }
}

fn parse(folder: &str, names: Vec<(String, FileId)>, sources: &Sources) -> (Module, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let bodies: Vec<(String, Body)> = names
        .into_iter()
        .filter_map(|(name, file)| {
            let read = if name.ends_with(".json") {
                json::read(sources, file)
            } else {
                hcl::read(sources, file)
            };
            read.map_err(|problem| problems.push(problem))
                .ok()
                .map(|body| (name, body))
        })
        .collect();
    let module = Module::of(folder, bodies, sources, &mut problems);
    (module, problems)
}

/// The folders of the local modules that a module calls.
fn called_folders(module: &Module) -> Vec<String> {
    let local = module.calls.iter().filter_map(|call| {
        let source = call.body.attribute("source")?;
        match &source.value.kind {
            ExprKind::String(source) if source.starts_with('.') => join(&module.folder, source),
            _ => None,
        }
    });
    local.collect()
}
