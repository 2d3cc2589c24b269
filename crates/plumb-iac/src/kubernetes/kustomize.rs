//! What kustomizations change of objects: it is not applied, but unknown.
//!
//! <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/>. A patch names its objects by kind and name; what
//! it sets is unknown in them, since another kustomization may set it otherwise or not at all.

use std::collections::BTreeSet;

use plumb_model::value::Text;

use super::doubt;
use super::object::Object;
use crate::cloudformation::parse::documents;
use crate::cloudformation::tree::Node;
use crate::files::{Files, join};
use crate::place::Sources;
use crate::val::Why;

/// How many patches of one tree are looked at.
const MAX_PATCHES: usize = 2_000;
/// What a patch that cannot be read changes.
const EVERYTHING: &str = "/spec";

/// The patches of all kustomizations of a tree.
#[derive(Debug, Default)]
pub(super) struct Patches {
    patches: Vec<Patch>,
    files: BTreeSet<String>,
}

/// What one patch changes.
#[derive(Debug)]
struct Patch {
    /// The kustomization that has it.
    by: Text,
    kind: Option<Text>,
    name: Option<Text>,
    change: Change,
}

#[derive(Debug)]
enum Change {
    /// What stands in a document of the same shape.
    Merged(Node),
    /// What stands at these JSON pointers.
    At(Vec<Text>),
}

impl Patches {
    /// Reads kustomizations, each a path with its text, and the patches that they name.
    pub(super) fn of(kustomizations: &[(String, String)], files: &dyn Files) -> Self {
        let mut found = Self::default();
        for (path, text) in kustomizations {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let read = read_documents(path, text);
            let Some(root) = read.first() else { continue };
            let listed = |key: &str| root.get(key).and_then(Node::items).unwrap_or_default();
            for patch in listed("patches").iter().chain(listed("patchesJson6902")) {
                let target = patch.get("target");
                let file = patch.get_text("path").and_then(|path| join(folder, path));
                let text = match (&file, patch.get_text("patch")) {
                    (Some(file), _) => found.file(file, files),
                    (None, inline) => inline.map(str::to_owned),
                };
                found.add(path, target, text.as_deref());
            }
            for patch in listed("patchesStrategicMerge").iter().filter_map(Node::text) {
                let file = join(folder, patch).filter(|_| !patch.contains('\n'));
                let text = match file {
                    Some(file) => found.file(&file, files),
                    None => Some(patch.to_string()),
                };
                found.add(path, None, text.as_deref());
            }
        }
        found
    }

    /// Whether a file is a patch and no manifest.
    pub(super) fn is_patch(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Makes unknown what patches change of an object.
    pub(super) fn doubt(&self, object: &mut Object) {
        let kind = object.kind.split('.').next().unwrap_or_default();
        let name = object.name.as_ref().map(|name| name.text.as_str());
        let Some(mut spec) = object.spec.take() else {
            return;
        };
        for patch in &self.patches {
            let fits = |wanted: &Option<Text>, own: Option<&str>| {
                wanted
                    .as_deref()
                    .is_none_or(|wanted| own.is_none_or(|own| own == wanted))
            };
            // The name of a target may be a pattern.
            let is_pattern =
                |name: &Text| name.contains(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c));
            let is_named = patch.name.as_ref().is_some_and(is_pattern) || fits(&patch.name, name);
            if !is_named || !fits(&patch.kind, Some(kind)) {
                continue;
            }
            let why = Why::from(format!("`{}` patches it", patch.by));
            match &patch.change {
                Change::Merged(change) => {
                    if let Some(change) = change.get("spec") {
                        doubt::merged(&mut spec, change, &why);
                    }
                }
                Change::At(pointers) => {
                    for pointer in pointers {
                        let mut steps = pointer.split('/').skip(1);
                        if steps.next() == Some("spec") {
                            let steps = steps.map(|step| step.replace("~1", "/").replace("~0", "~"));
                            doubt::at(&mut spec, &steps.collect::<Vec<_>>(), &why);
                        }
                    }
                }
            }
        }
        object.spec = Some(spec);
    }

    /// The text of a file that is a patch.
    fn file(&mut self, path: &str, files: &dyn Files) -> Option<String> {
        self.files.insert(path.to_owned());
        files.read(path).ok().filter(|_| self.patches.len() < MAX_PATCHES)
    }

    fn add(&mut self, by: &str, target: Option<&Node>, text: Option<&str>) {
        let roots = text.map(|text| read_documents(by, text)).unwrap_or_default();
        let wanted = |key: &str| target.and_then(|target| target.get_text(key)).map(Text::from);
        let operations = roots.first().and_then(Node::items);
        let changes: Vec<(Option<Text>, Option<Text>, Change)> = match operations {
            Some(operations) => {
                let pointers = operations
                    .iter()
                    .filter_map(|operation| operation.get_text("path"));
                let change = Change::At(pointers.map(Text::from).collect());
                vec![(wanted("kind"), wanted("name"), change)]
            }
            None if roots.is_empty() && target.is_some() => {
                let change = Change::At(vec![Text::new_static(EVERYTHING)]);
                vec![(wanted("kind"), wanted("name"), change)]
            }
            None => roots
                .into_iter()
                .map(|root| {
                    let kind = root.get_text("kind").map(Text::from);
                    let name = root
                        .get("metadata")
                        .and_then(|metadata| metadata.get_text("name"));
                    let name = name.map(Text::from);
                    match target {
                        Some(_) => (wanted("kind"), wanted("name"), Change::Merged(root)),
                        None => (kind, name, Change::Merged(root)),
                    }
                })
                .collect(),
        };
        for (kind, name, change) in changes {
            if self.patches.len() < MAX_PATCHES {
                self.patches.push(Patch {
                    by: Text::from(by),
                    kind,
                    name,
                    change,
                });
            }
        }
    }
}

fn read_documents(path: &str, text: &str) -> Vec<Node> {
    let mut sources = Sources::default();
    let file = sources.add(path, text);
    sources
        .get(file)
        .map(|source| documents(file, source).roots)
        .unwrap_or_default()
}
