//! `Markup`: the YAML and JSON files of a tree, each read once to tell what it is.

use plumb_model::diagnostic::Diagnostic;
use rayon::prelude::*;

use crate::cloudformation;
use crate::files::Files;
use crate::kubernetes::{Manifests, recognise};
use crate::terraform;

/// What the YAML and JSON files of a tree are, as paths with texts.
#[derive(Default)]
pub(super) struct Markup {
    /// Templates of CloudFormation.
    pub(super) templates: Vec<(String, String)>,
    /// Manifests of Kubernetes that may declare cloud resources.
    pub(super) manifests: Vec<(String, String)>,
    /// What puts manifests together.
    pub(super) kustomizations: Vec<(String, String)>,
    /// How many objects of Kubernetes there are in other manifests.
    pub(super) objects: u64,
}

/// What one file is.
enum Found {
    Template(String),
    Declaring(String),
    Kustomization(String),
    Others(u64),
    Unreadable(String),
}

/// How the names of files end that are looked at.
const ENDINGS: [&str; 4] = [".yaml", ".yml", ".json", ".template"];

impl Markup {
    /// Reads the files; those of YAML that cannot be read are told.
    pub(super) fn read(files: &dyn Files, paths: &[String], problems: &mut Vec<Diagnostic>) -> Self {
        let found: Vec<(&String, Found)> = paths
            .par_iter()
            .filter(|path| ENDINGS.iter().any(|ending| path.ends_with(ending)))
            .map(|path| (path, find(files, path)))
            .collect();
        let mut markup = Self::default();
        for (path, found) in found {
            match found {
                Found::Template(text) => markup.templates.push((path.clone(), text)),
                Found::Declaring(text) => markup.manifests.push((path.clone(), text)),
                Found::Kustomization(text) => markup.kustomizations.push((path.clone(), text)),
                Found::Others(count) => markup.objects += count,
                // Other readers look at JSON too, and large files of it are often data.
                Found::Unreadable(_) if path.ends_with(".json") => {}
                Found::Unreadable(error) => {
                    problems.push(Diagnostic::error(format!("cannot read `{path}`: {error}")));
                }
            }
        }
        markup
    }
}

fn find(files: &dyn Files, path: &str) -> Found {
    let text = match files.read(path) {
        Ok(text) => text,
        Err(error) => return Found::Unreadable(error),
    };
    if terraform::is_source(path) {
        Found::Others(0)
    } else if cloudformation::is_template(path, &text) {
        Found::Template(text)
    } else if path.ends_with(".template") {
        Found::Others(0)
    } else {
        match recognise(path, &text) {
            Manifests::Declaring => Found::Declaring(text),
            Manifests::Kustomization => Found::Kustomization(text),
            Manifests::Others(count) => Found::Others(count),
        }
    }
}
