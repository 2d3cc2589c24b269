//! A tree of files in memory, for tests.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;

use plumb_iac::files::Files;

/// A tree of files in memory.
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// The files with their paths.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self(owned.collect())
    }

    /// The folders that hold a file.
    pub(crate) fn folders(&self) -> Vec<String> {
        let folder = |path: &String| {
            path.rsplit_once('/')
                .map_or(String::new(), |(folder, _)| folder.to_owned())
        };
        let mut folders: Vec<String> = self.0.keys().map(folder).collect();
        folders.dedup();
        folders
    }
}

impl Files for Tree {
    fn files_in(&self, folder: &str) -> Result<Vec<String>, String> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let names: Vec<String> = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect();
        if names.is_empty() {
            return Err("no such folder".to_owned());
        }
        Ok(names)
    }

    fn read(&self, path: &str) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }
}
