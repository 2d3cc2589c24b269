//! `Code`: all Terraform of a tree, parsed once and shared by the roots that use it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_model::diagnostic::Diagnostic;
use rayon::prelude::*;

use super::module::{Module, hidden_by, is_override, is_source, within};
use super::syntax::{Body, ExprKind};
use super::twice::Twice;
use super::{hcl, json};
use crate::files::{Files, join};
use crate::place::{FileId, Sources};

/// The most folders with code that are read.
const MAX_FOLDERS: usize = 50_000;

/// All Terraform of a tree.
#[derive(Debug, Default)]
pub struct Code {
    pub(crate) sources: Sources,
    modules: BTreeMap<String, Arc<Module>>,
    /// By folder: what it declares when of names that are declared several times a later declaration counts.
    forms: BTreeMap<String, Vec<Arc<Module>>>,
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
            let parsed: Vec<Parsed> = read
                .into_par_iter()
                .filter(|(_, names)| !names.is_empty())
                .map(|(folder, names)| parse(&folder, names, sources))
                .collect();
            waiting = code
                .installed
                .values()
                .flat_map(|installed| installed.values().cloned())
                .collect();
            for parsed in parsed {
                code.problems.extend(parsed.problems);
                let forms = std::iter::once(&parsed.module).chain(&parsed.forms);
                waiting.extend(forms.flat_map(called_folders));
                let folder = parsed.module.folder.clone();
                if !parsed.forms.is_empty() {
                    let forms = parsed.forms.into_iter().map(Arc::new);
                    code.forms.insert(folder.clone(), forms.collect());
                }
                code.modules.insert(folder, Arc::new(parsed.module));
            }
        }
        code
    }

    /// What a folder declares in the form with that number, or in its last.
    pub(crate) fn module(&self, folder: &str, form: usize) -> Option<&Arc<Module>> {
        let later = match (form.checked_sub(1), self.forms.get(folder)) {
            (Some(position), Some(forms)) => forms.get(position).or(forms.last()),
            (None, _) | (_, None) => None,
        };
        later.or_else(|| self.modules.get(folder))
    }

    /// How many forms a root has that calls the modules of these folders; more than one where something is declared several times.
    pub fn forms<'f>(&self, folders: impl IntoIterator<Item = &'f String>) -> usize {
        let forms = folders.into_iter().filter_map(|folder| self.forms.get(folder));
        forms.map(Vec::len).max().unwrap_or(0) + 1
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
        let again = left.keys().filter_map(|folder| self.forms.get(*folder));
        let again = again.flatten().map(Arc::as_ref);
        let forms = left.values().copied().chain(again);
        let called: BTreeSet<String> = forms.flat_map(called_folders).collect();
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
        let mut names = names;
        // Editors keep their copies so; no Terraform reads them.
        names.retain(|name| is_source(name) && !name.starts_with('.'));
        for name in &names {
            if let Some(other) = hidden_by(name).filter(|other| names.contains(other)) {
                let (path, other) = (within(folder, name), within(folder, &other));
                let message = format!("Terraform reads `{path}`, and OpenTofu `{other}` in its place");
                let help = "nothing tells which of them applies this folder; both files were judged";
                self.problems.push(Diagnostic::warning(message).help(help));
            }
        }
        for name in names {
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

/// A folder as it was read.
struct Parsed {
    module: Module,
    /// Its other forms, where something is declared several times.
    forms: Vec<Module>,
    problems: Vec<Diagnostic>,
}

fn parse(folder: &str, names: Vec<(String, FileId)>, sources: &Sources) -> Parsed {
    let mut problems = Vec::new();
    let (mut early, mut late): (Vec<Body>, Vec<Body>) = (Vec::new(), Vec::new());
    for (name, file) in names {
        let read = match name.ends_with(".json") {
            true => json::read(sources, file),
            false => hcl::read(sources, file),
        };
        match read {
            Ok(body) if is_override(&name) => late.push(body),
            Ok(body) => early.push(body),
            Err(problem) => problems.push(problem),
        }
    }
    let twice = Twice::of(&early);
    problems.extend(twice.tell(sources));
    let forms = (1..twice.forms()).map(|form| {
        let early = twice.form(&early, form);
        Module::of(folder, early, late.clone(), sources, &mut Vec::new())
    });
    let forms = forms.collect();
    if twice.forms() > 1 {
        early = twice.form(&early, 0);
    }
    let module = Module::of(folder, early, late, sources, &mut problems);
    Parsed {
        module,
        forms,
        problems,
    }
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
