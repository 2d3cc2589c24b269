//! CloudFormation and SAM: from the text of a template, YAML or JSON, to a stack of declared resources.
//!
//! `parse` makes nodes with places of the text, `template` tells the sections apart, an `Instance` is a template with the
//! values of its parameters: it evaluates conditions, functions and references, follows nested stacks, and gives the blocks.
//! SAM's resources are rewritten into CloudFormation's before anything of them is evaluated, as the real transform does.
//!
//! What a template does not tell is unknown: a parameter without a default, what another stack exports, what a macro makes.
//! Reference: the CloudFormation template reference, <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>.

mod blocks;
mod cidr;
mod collection;
mod conditions;
mod evaluate;
mod functions;
mod identity;
mod include;
mod instance;
mod lookup;
mod loops;
mod nested;
mod parameters;
pub(crate) mod parse;
mod sam;
pub(crate) mod scalar;
mod substitution;
mod template;
#[cfg(test)]
mod tests;
pub(crate) mod tree;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use crate::declared::{Language, Lifecycle, Stack};
use crate::files::Files;
use crate::place::{Place, Sources};
use crate::secrecy::Secrecy;
use crate::val::Val;
use instance::{Instance, Origin};
use parameters::Parameter;
use work::Work;

/// The account that stands for the one that nobody told.
pub const STAND_IN_ACCOUNT: &str = "ACCOUNT";
/// The region that stands for the one that nobody told.
pub const STAND_IN_REGION: &str = "REGION";

/// How many nodes are evaluated for one root, repetitions and nested stacks included.
const MAX_STEPS: usize = 1_000_000;
/// How deeply evaluation nests, through references too.
const MAX_DEPTH: usize = 150;
/// How many problems of one root are told.
const MAX_PROBLEMS: usize = 200;
/// The longest text that functions make, in bytes.
const MAX_TEXT: usize = 1 << 20;
/// How deeply stacks nest.
const MAX_NESTING: usize = 8;
/// How many templates one root uses, repetitions included.
const MAX_INSTANCES: usize = 200;

/// What the evaluation of templates needs to know beside their text.
pub struct Context<'a> {
    /// The tree, for nested stacks with local templates.
    pub files: &'a dyn Files,
    /// What kinds of resources are called.
    pub identities: &'a dyn Identities,
    /// The region of the deployment where the user told it.
    pub region: Option<Text>,
    /// The account of the deployment where the user told it.
    pub account: Option<Text>,
    /// What becomes of values that are marked as secret.
    pub secrecy: Secrecy,
}

/// What resources have without their author writing it: names, ARNs, ids.
pub trait Identities {
    /// The computed arguments of a kind (`AWS::S3::Bucket`) in order: name and template.
    ///
    /// Names are those of properties and of attributes for `Fn::GetAtt`, and `Ref` for what `Ref` gives. A template is text
    /// with parts in braces: `{address}`, `{label}`, `{region}`, `{account}`, `{partition}`, a property (dots go into maps),
    /// an earlier computed argument; of `{a|b}` the first that is a known text and not empty.
    fn computed(&self, kind: &str) -> &[(Text, Text)];
}

/// What is read of one template and of those that it nests.
#[derive(Debug)]
pub struct Reading {
    /// The resources.
    pub stack: Stack,
    /// What could not be read or is not as it seems.
    pub diagnostics: Vec<Diagnostic>,
    /// Where values that were kept back are written; `None` when there was none.
    pub(crate) secrets: Option<BTreeSet<Place>>,
    /// The paths of the templates that were followed as nested stacks, sorted.
    pub nested: Vec<Text>,
}

/// Whether certainty matters more than a join: stand-ins do for names, not for decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certainty {
    /// A stand-in is as good as the value.
    StandIn,
    /// What is not told is unknown.
    Required,
}

/// Whether a text looks like a template; it is not parsed for that.
pub fn is_template(path: &str, text: &str) -> bool {
    let endings = [".yaml", ".yml", ".json", ".template"];
    if !endings.iter().any(|ending| path.ends_with(ending)) {
        return false;
    }
    let text = text.trim_start_matches('\u{feff}');
    // A key of the top level begins a line in YAML; in JSON it may stand anywhere.
    let is_json = text.trim_start().starts_with('{');
    let first = text.lines().find(|line| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with(['#', '%']) && !line.starts_with("---")
    });
    let first = first.unwrap_or_default();
    let indentation = first
        .get(..first.len() - first.trim_start().len())
        .unwrap_or_default();
    let has_key = |name: &str| {
        if is_json {
            text.contains(&format!("\"{name}\""))
        } else {
            let quoted = [name.to_owned(), format!("\"{name}\""), format!("'{name}'")];
            text.lines().any(|line| {
                let line = line.strip_prefix(indentation).unwrap_or_default();
                let after = quoted.iter().find_map(|key| line.strip_prefix(key.as_str()));
                after.is_some_and(|after| after.trim_start().starts_with(':'))
            })
        }
    };
    has_key("AWSTemplateFormatVersion") || has_key("Resources") && has_type(text)
}

/// Whether a type such as `AWS::S3::Bucket` stands in a text.
fn has_type(text: &str) -> bool {
    text.split("Type").skip(1).any(|after| {
        let value = after.trim_start_matches(['"', '\'', ':', ' ', '\t']);
        let name: &str = value
            .split(|c: char| !c.is_ascii_alphanumeric() && c != ':')
            .next()
            .unwrap_or_default();
        after.len() > value.len()
            && name.split("::").filter(|part| !part.is_empty()).count() >= 2
            && (name.matches("::").count() == 2 || name.starts_with("Custom::"))
    })
}

/// Reads the template with a text that stands at a path below the root of the scan.
///
/// `parameters` are the values that the user gives. The text becomes the next file of `sources`, and so do the templates of
/// nested stacks.
pub fn read(
    sources: &mut Sources,
    path: &str,
    text: &str,
    parameters: &BTreeMap<Text, Text>,
    context: &Context<'_>,
) -> Reading {
    let work = Work::new(context, sources, work::LIMITS, context.secrecy);
    let mut blocks = Vec::new();
    if let Some(template) = work.template(path, text) {
        let given = parameters.iter().map(|(name, value)| {
            let value = Val::string(value.clone());
            (
                name.clone(),
                Parameter {
                    certain: value.clone(),
                    value,
                },
            )
        });
        let root = Instance::new(&work, &template, given.collect(), Origin::root(path));
        root.blocks(&mut blocks);
    }
    blocks.sort_by(|a, b| a.address.cmp(&b.address));
    let nested = work.deployed();
    let told = work.into_told();
    Reading {
        stack: Stack {
            path: path.into(),
            language: Language::CloudFormation,
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
