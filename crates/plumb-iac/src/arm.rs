//! ARM templates and Bicep: from the text of a template to a stack of declared resources.
//!
//! `json` and `template` read ARM's JSON, `expression` its language in square brackets, `bicep` the language of its own; both
//! become one `Template`. A `Deployment` is a template with the values of its parameters: it evaluates expressions, follows
//! modules and nested deployments, and gives the blocks. Ids of resources are made of their types and names, so that they join.
//!
//! What a template does not tell is unknown: a parameter without a value, what the cloud answers (`reference`, `list*`).
//! Reference: <https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax> and
//! <https://learn.microsoft.com/azure/azure-resource-manager/bicep/file>.

mod attributes;
pub(crate) mod bicep;
mod blocks;
mod calls;
mod content;
mod deployment;
mod evaluate;
mod expression;
mod frame;
mod functions;
mod identity;
mod imports;
mod json;
mod lambdas;
mod modules;
mod parameters;
mod surroundings;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use crate::declared::{Language, Lifecycle, Stack};
use crate::files::Files;
use crate::place::{Place, Sources};
use crate::secrecy::Secrecy;
use deployment::{Deployment, Origin};
use work::Work;

/// The subscription that stands for the one that nobody told.
pub const STAND_IN_SUBSCRIPTION: &str = "SUBSCRIPTION";
/// The resource group that stands for the one that nobody told.
pub const STAND_IN_RESOURCE_GROUP: &str = "RESOURCE_GROUP";

/// The largest template, in bytes. The Resource Manager itself takes 4 MB.
const MAX_BYTES: usize = 4 << 20;
/// How many expressions are evaluated for one root, repetitions and nested deployments included.
const MAX_STEPS: usize = 1_000_000;
/// How deeply evaluation nests, through references too.
const MAX_DEPTH: usize = 200;
/// How many problems of one root are told.
const MAX_PROBLEMS: usize = 200;
/// The longest text that functions make, in bytes.
const MAX_TEXT: usize = 1 << 20;
/// The longest list that functions and loops make.
const MAX_ITEMS: usize = 10_000;
/// How deeply deployments nest.
const MAX_NESTING: usize = 8;
/// How many deployments one root makes.
const MAX_DEPLOYMENTS: usize = 500;

/// What the evaluation of templates needs to know beside their text.
pub struct Context<'a> {
    /// The tree, for modules, linked templates and loaded files.
    pub files: &'a dyn Files,
    /// The types that mappings know, as they write them; types of resources are the same in any case of letters.
    pub kinds: &'a BTreeMap<Text, Text>,
    /// The location of the deployment where the user told it.
    pub region: Option<Text>,
    /// The subscription of the deployment where it is told.
    pub account: Option<Text>,
    /// What becomes of values that are marked as secret.
    pub secrecy: Secrecy,
}

/// Where the values of parameters come from.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// A parameter file: its path and text.
    pub file: Option<(Text, Text)>,
    /// What the user gives; it wins.
    pub given: BTreeMap<Text, Text>,
}

/// What is read of one template and of those that it deploys.
#[derive(Debug)]
pub struct Reading {
    /// The resources.
    pub stack: Stack,
    /// What could not be read or is not as it seems.
    pub diagnostics: Vec<Diagnostic>,
    /// Where values that were kept back are written; `None` when there was none.
    pub(crate) secrets: Option<BTreeSet<Place>>,
    /// The paths of the templates that were followed as modules or linked templates, sorted.
    pub nested: Vec<Text>,
}

/// How sure a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Certainty {
    /// For ids and names, which only have to join: stand-ins do even for parameters that have no value.
    Identity,
    /// For arguments: stand-ins do for what the deployment is called and lies in.
    Value,
    /// For decisions: what is not told is unknown.
    Required,
}

/// Whether a path is that of a Bicep file or of a parameter file of Bicep.
pub fn is_bicep(path: &str) -> bool {
    path.ends_with(".bicep") || path.ends_with(".bicepparam")
}

/// Whether a text looks like a template; it is not parsed for that.
pub fn is_template(path: &str, text: &str) -> bool {
    path.ends_with(".bicep") || has_schema(path, text, "deploymenttemplate.json")
}

/// Whether a text looks like a file of parameters for a template in JSON.
pub fn is_parameter_file(path: &str, text: &str) -> bool {
    path.ends_with(".bicepparam") || has_schema(path, text, "deploymentparameters.json")
}

/// Whether a JSON text has a schema of that name, for whatever level of deployment.
fn has_schema(path: &str, text: &str, name: &str) -> bool {
    let endings = [".json", ".jsonc", ".template"];
    if !endings.iter().any(|ending| path.ends_with(ending)) {
        return false;
    }
    text.match_indices("\"$schema\"").any(|(at, key)| {
        let after = text.get(at + key.len()..).unwrap_or_default();
        let after = after.trim_start().strip_prefix(':').map(str::trim_start);
        let value = after.and_then(|after| after.strip_prefix('"')?.split_once('"'));
        value.is_some_and(|(value, _)| {
            let value = value.trim_end_matches('#').to_ascii_lowercase();
            value.ends_with(name)
        })
    })
}

/// Reads the template with a text that stands at a path below the root of the scan.
///
/// The text becomes the next file of `sources`, and so do parameter files and the templates that it deploys.
pub fn read(
    sources: &mut Sources,
    path: &str,
    text: &str,
    values: &Values,
    context: &Context<'_>,
) -> Reading {
    let work = Work::new(context, sources, work::LIMITS, context.secrecy);
    let mut blocks = Vec::new();
    if let Some(template) = work.template(path, text) {
        let given = parameters::given(&work, &template, values);
        let root = Deployment::new(&work, template, given, Origin::root(path));
        root.blocks(&mut blocks);
    }
    blocks.sort_by(|a, b| a.address.cmp(&b.address));
    let nested = work.deployed();
    let path = values
        .file
        .as_ref()
        .map_or(Text::from(path), |(path, _)| path.clone());
    let told = work.into_told();
    Reading {
        stack: Stack {
            path,
            language: Language::Arm,
            blocks,
            region: context.region.clone(),
            account: context.account.clone(),
            lifecycle: Lifecycle::default(),
            accounts: BTreeMap::new(),
        },
        diagnostics: told.problems,
        secrets: told.secrets,
        nested,
    }
}
