//! Kubernetes: manifests of objects that declare resources of a cloud, to stacks of declared blocks.
//!
//! Two families of controllers make cloud resources of objects. Crossplane's providers take Terraform's arguments in lower
//! camel case (<https://docs.crossplane.io/latest/managed-resources/managed-resources/>), so that Terraform's mappings serve;
//! AWS Controllers for Kubernetes take the fields of the API (<https://aws-controllers-k8s.github.io/community/docs/>), for
//! which there are mappings of their own. Objects of other controllers, and of Kubernetes itself, are counted alone.
//!
//! INVARIANT: what a cluster fills in (templates, patches, secrets, other clusters' objects) is unknown here, never guessed.

mod composition;
mod doubt;
mod index;
mod kustomize;
mod object;
mod recognise;
mod references;
mod roots;
mod stack;
#[cfg(test)]
mod tests;
mod values;

use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_model::value::Text;
use plumb_pack::kubernetes::ObjectKinds;

pub use recognise::{Manifests, recognise};

use crate::cloudformation::parse::documents;
use crate::complete::Complete;
use crate::declared::{Language, Stack};
use crate::files::Files;
use crate::place::{FileId, Sources};
use kustomize::Patches;
use object::{Object, objects};
use rayon::prelude::*;
use values::Values;

/// How many objects of one tree are read.
const MAX_OBJECTS: usize = 200_000;
/// How many problems of one tree are told.
const MAX_PROBLEMS: usize = 200;

/// What the evaluation of manifests needs to know beside their text.
pub struct Context<'a> {
    /// The tree, for patches.
    pub files: &'a dyn Files,
    /// Which objects declare which blocks.
    pub kinds: &'a ObjectKinds,
    /// What blocks of Crossplane's objects have without their author writing it.
    pub crossplane: &'a dyn Complete,
    /// The same for AWS Controllers for Kubernetes.
    pub ack: &'a dyn Complete,
    /// The region where no object tells one.
    pub region: Option<Text>,
    /// The account that stands in for the one of a stack, by its position.
    pub account: &'a dyn Fn(usize) -> Text,
}

impl Context<'_> {
    fn complete(&self, language: Language) -> &dyn Complete {
        match language {
            Language::Ack => self.ack,
            Language::Crossplane | Language::Terraform | Language::CloudFormation | Language::Arm => {
                self.crossplane
            }
        }
    }
}

/// What is read of the manifests of a tree.
#[derive(Debug)]
pub struct Reading {
    /// The stacks, in the order of their paths.
    pub stacks: Vec<Stack>,
    /// What could not be read or is not as it seems.
    pub problems: Vec<Diagnostic>,
    /// How many objects there are beside those that declare cloud resources.
    pub others: u64,
}

/// Reads manifests that name a controller of a cloud, with the paths and texts of the kustomizations of the tree.
///
/// The texts of the manifests become the next files of `sources`.
pub fn read(
    sources: &mut Sources,
    manifests: Vec<(String, String)>,
    kustomizations: &[(String, String)],
    context: &Context<'_>,
) -> Reading {
    let mut problems = Vec::new();
    let patches = Patches::of(kustomizations, context.files);
    let mut found: Vec<Object> = Vec::new();
    let mut templates: Vec<FileId> = Vec::new();
    let mut others = 0;
    let files: Vec<FileId> = manifests
        .into_iter()
        .filter(|(path, _)| !patches.is_patch(path))
        .map(|(path, text)| sources.add(path, text))
        .collect();
    let read: Vec<_> = files
        .par_iter()
        .filter_map(|file| Some((*file, sources.get(*file)?)))
        .map(|(file, source)| (file, source, documents(file, source)))
        .collect();
    for (file, source, read) in read {
        let is_wrong = read.malformed.is_some() || !read.problems.is_empty();
        if is_wrong && source.text.contains("{{") {
            templates.push(file);
            continue;
        }
        problems.extend(read.problems);
        problems.extend(read.malformed);
        for root in &read.roots {
            let of_root = objects(root, &source.name);
            others += of_root.others;
            found.extend(of_root.declaring);
        }
        if found.len() > MAX_OBJECTS {
            let message = format!("more than {MAX_OBJECTS} objects of Kubernetes declare cloud resources");
            problems
                .push(Diagnostic::error(message).help("what follows is not judged; scan a part of the tree"));
            found.truncate(MAX_OBJECTS);
            break;
        }
    }
    problems.extend(told_templates(sources, &templates));
    for object in &mut found {
        patches.doubt(object);
    }
    let groups = roots::split(found, sources, &mut problems);
    let values = Values::new();
    let mut stacks = Vec::new();
    for group in groups {
        let account = (context.account)(stacks.len());
        stacks.push(stack::stack(group, account, &values, context));
    }
    problems.extend(values.problem());
    if problems.len() > MAX_PROBLEMS {
        // Errors tell that something was left out, so none of them may be cut off for a warning.
        problems.sort_by_key(|problem| problem.level != Level::Error);
        problems.truncate(MAX_PROBLEMS);
    }
    Reading {
        stacks,
        problems,
        others,
    }
}

/// One problem for all the files that a template engine has to fill in first.
fn told_templates(sources: &Sources, files: &[FileId]) -> Option<Diagnostic> {
    let source = sources.get(*files.first()?)?;
    let message = match files.len() {
        1 => "a manifest is a template, which is not evaluated".to_owned(),
        count => format!("{count} manifests are templates, which are not evaluated"),
    };
    let at = source.text.find("{{").unwrap_or_default();
    let problem = Diagnostic::error(message).at(source, at..at + 2, "filled in before it is applied");
    Some(problem.help("scan what `helm template` makes of them"))
}
