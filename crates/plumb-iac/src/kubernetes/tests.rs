//! Tests of the reader of manifests: what objects declare, how they refer to each other, and what stays unknown.

mod compositions;
mod hostile;
mod kustomize;
mod objects;
mod references;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use plumb_model::value::Text;
use plumb_pack::kubernetes::ObjectKinds;
use plumb_pack::pack::Pack;

use super::{Context, Reading, read};
use crate::complete::NothingKnown;
use crate::files::Files;
use crate::place::Sources;

/// Files in memory.
struct Tree(BTreeMap<String, String>);

impl Files for Tree {
    fn files_in(&self, _folder: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn read(&self, path: &str) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

fn kinds() -> &'static ObjectKinds {
    static KINDS: OnceLock<ObjectKinds> = OnceLock::new();
    KINDS.get_or_init(|| {
        let kinds = Pack::builtin().unwrap().object_kinds();
        assert_eq!(kinds.problems, []);
        kinds
    })
}

/// Reads files; those called `kustomization.yaml` are kustomizations.
fn reading(files: &[(&str, &str)]) -> (Reading, Sources) {
    let owned = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let (kustomizations, manifests): (Vec<_>, Vec<_>) =
        owned.partition(|(path, _)| path.ends_with("kustomization.yaml"));
    let tree = Tree(manifests.iter().cloned().collect());
    let mut sources = Sources::default();
    let context = Context {
        files: &tree,
        kinds: kinds(),
        crossplane: &NothingKnown,
        ack: &NothingKnown,
        region: None,
        account: &|at| Text::from(format!("{:012}", at + 1)),
    };
    let reading = read(&mut sources, manifests, &kustomizations, &context);
    (reading, sources)
}

/// Each stack with its blocks, and each problem.
fn shown(files: &[(&str, &str)]) -> String {
    let (reading, _) = reading(files);
    let mut shown = String::new();
    for stack in &reading.stacks {
        shown.push_str(&format!("{} {}\n", stack.language.name(), stack.path));
        for block in &stack.blocks {
            let region = block
                .region
                .as_deref()
                .map_or(String::new(), |region| format!(" in {region}"));
            shown.push_str(&format!(
                "  {} {}{region} {}\n",
                block.address, block.kind, block.body
            ));
        }
    }
    for problem in &reading.problems {
        shown.push_str(&format!("! {}\n", problem.message));
    }
    shown
}

fn check(text: &str, expected: &str) {
    assert_eq!(shown(&[("a.yaml", text)]), expected, "{text}");
}
