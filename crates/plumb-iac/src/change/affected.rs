//! Which files have to be read to judge what a change touches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rayon::prelude::*;
use regex::Regex;

use super::{Changes, folder_of};
use crate::arm;
use crate::files::{Files, join};
use crate::kubernetes::{Manifests, recognise};
use crate::terraform::is_source;

/// What names a local module: `source = "./…"`, in JSON `"source": "./…"`.
static SOURCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"source"?\s*[=:]\s*"(\.[^"]*)""#).ok());

/// The files of a tree that a change can touch: the folders of Terraform in which something changed, those that call them by any
/// number of steps, and the templates that changed or name one that did.
///
/// Who calls whom is told from the text alone, so that nothing is parsed; it can only be too much. `given` are files of values
/// that every root gets: when one of them changed, everything can be touched.
pub fn affected(files: &dyn Files, paths: &[String], changes: &Changes, given: &[String]) -> Vec<String> {
    if changes
        .files()
        .any(|changed| given.iter().any(|given| given == changed))
    {
        return paths.to_vec();
    }
    let folders: BTreeSet<&str> = paths
        .iter()
        .filter(|path| is_source(path))
        .map(|path| folder_of(path))
        .collect();
    let mut reached: BTreeSet<&str> = changes
        .files()
        .filter_map(|changed| nearest(&folders, folder_of(changed)))
        .collect();
    // Of a submodule its folder is changed.
    reached.extend(
        folders
            .iter()
            .copied()
            .filter(|folder| changes.of(folder).is_some()),
    );
    let callers = if reached.is_empty() {
        BTreeMap::new()
    } else {
        callers(files, paths, &folders)
    };
    let mut waiting: Vec<&str> = reached.iter().copied().collect();
    while let Some(folder) = waiting.pop() {
        for caller in callers.get(folder).into_iter().flatten() {
            if reached.insert(caller) {
                waiting.push(caller);
            }
        }
    }
    let mut templates: BTreeSet<&str> = changes.files().filter(|path| may_be_template(path)).collect();
    let of_submodules = paths
        .iter()
        .map(String::as_str)
        .filter(|path| changes.of(path).is_some());
    templates.extend(of_submodules.filter(|path| may_be_template(path)));
    // Which modules and parameter files of Azure belong together is told by reading them.
    let azure = changes.files().any(may_be_azure);
    // Objects of Kubernetes refer to each other by name, whatever files they stand in.
    let manifests = templates
        .iter()
        .any(|path| is_manifest(files, path) != Some(false));
    paths
        .par_iter()
        .filter(|path| {
            if is_source(path) {
                reached.contains(folder_of(path))
            } else {
                templates.contains(path.as_str())
                    || names_one(files, path, &templates)
                    || azure && is_azure(files, path)
                    || manifests && is_manifest(files, path) == Some(true)
            }
        })
        .cloned()
        .collect()
}

/// The folder of Terraform that a folder is or lies in.
fn nearest<'f>(folders: &BTreeSet<&'f str>, folder: &str) -> Option<&'f str> {
    let mut folder = folder;
    loop {
        if let Some(found) = folders.get(folder) {
            return Some(found);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder_of(folder);
    }
}

/// By folder: the folders that call it.
fn callers<'f>(
    files: &dyn Files,
    paths: &[String],
    folders: &BTreeSet<&'f str>,
) -> BTreeMap<&'f str, BTreeSet<&'f str>> {
    let calls: Vec<(&str, &str)> = paths
        .par_iter()
        .filter(|path| is_source(path))
        .flat_map_iter(|path| {
            let caller = folders.get(folder_of(path)).copied().unwrap_or_default();
            let text = files.read(path).unwrap_or_default();
            let called: Vec<&str> = SOURCE
                .iter()
                .flat_map(|source| source.captures_iter(&text))
                .filter_map(|found| join(caller, found.get(1)?.as_str()))
                .filter_map(|called| folders.get(called.as_str()).copied())
                .collect();
            called.into_iter().map(move |called| (called, caller))
        })
        .collect();
    let mut callers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (called, caller) in calls {
        callers.entry(called).or_default().insert(caller);
    }
    callers
}

fn may_be_template(path: &str) -> bool {
    [".yaml", ".yml", ".json", ".template"]
        .iter()
        .any(|ending| path.ends_with(ending))
        && !is_source(path)
}

fn may_be_azure(path: &str) -> bool {
    arm::is_bicep(path) || path.ends_with(".json") && !is_source(path)
}

/// Whether a file is a template or a parameter file of ARM or Bicep.
fn is_azure(files: &dyn Files, path: &str) -> bool {
    let is_one = |text: &str| arm::is_template(path, text) || arm::is_parameter_file(path, text);
    may_be_azure(path) && files.read(path).is_ok_and(|text| is_one(&text))
}

/// Whether a file holds objects that declare cloud resources, or puts such together; `None` for one that is gone.
fn is_manifest(files: &dyn Files, path: &str) -> Option<bool> {
    if !may_be_template(path) {
        return Some(false);
    }
    let text = files.read(path).ok()?;
    Some(match recognise(path, &text) {
        Manifests::Declaring | Manifests::Kustomization => true,
        Manifests::Others(_) => false,
    })
}

/// Whether a template names one of these files, as one that nests another does.
fn names_one(files: &dyn Files, path: &str, changed: &BTreeSet<&str>) -> bool {
    if changed.is_empty() || !may_be_template(path) {
        return false;
    }
    let text = files.read(path).unwrap_or_default();
    changed
        .iter()
        .filter_map(|changed| changed.rsplit('/').next())
        .any(|name| text.contains(name))
}
