//! A root module as a stack: the values of its variables, and every block that it and the modules it calls declare.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use super::code::Code;
use super::evaluator::Evaluator;
use super::instance::Instance;
use super::module::{Mode, within};
use super::moved;
use super::scope::Scope;
use super::syntax::Body;
use super::{hcl, json, lifecycle};
use crate::complete::Complete;
use crate::declared::{Declared, Language, Lifecycle, Stack};
use crate::files::Files;
use crate::place::{Place, Sources};
use crate::secrecy::Secrecy;
use crate::val::{Entries, Val};

/// What a user says about how code is applied.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Values of variables, as `-var NAME=VALUE` gives them; they win over all files.
    pub variables: BTreeMap<String, String>,
    /// Files of values, as `-var-file` names them, below the root of the scan; later ones win.
    pub value_files: Vec<String>,
    /// The account that stands in ARNs.
    pub account: Text,
    /// The region where nothing tells one.
    pub region: Option<Text>,
    /// The workspace, which is not known where nobody names it.
    pub workspace: Option<Text>,
    /// Which of several declarations of one name counts, from 0.
    pub form: usize,
    /// What becomes of sensitive values.
    pub secrecy: Secrecy,
}

/// A stack and what was wrong with its code.
#[derive(Debug)]
pub struct Evaluated {
    /// What it declares.
    pub stack: Stack,
    /// What is wrong; a failed expression counts as unknown.
    pub problems: Vec<Diagnostic>,
    /// Whether everything that it declares was seen.
    pub complete: bool,
    /// The folders of the modules that it calls at least once.
    pub called: BTreeSet<String>,
    /// Where the sensitive values that were kept back are written; `None` when there were none.
    pub secrets: Option<BTreeSet<Place>>,
}

impl Code {
    /// Reads the files of values that belong to a root, and those that the user names; the weakest first.
    ///
    /// Terraform reads `terraform.tfvars`, `terraform.tfvars.json`, and `*.auto.tfvars` in the order of their names.
    pub fn values(&mut self, files: &dyn Files, folder: &str, given: &Given) -> Values {
        let names = files.files_in(folder).unwrap_or_default();
        let fixed = ["terraform.tfvars", "terraform.tfvars.json"];
        let auto = |name: &&String| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json");
        let own = fixed
            .iter()
            .filter(|name| names.iter().any(|found| found == *name))
            .map(|name| within(folder, name))
            .chain(names.iter().filter(auto).map(|name| within(folder, name)));
        let mut values = Values::default();
        for path in own.chain(given.value_files.iter().cloned()) {
            match read_values(files, &path, &mut self.sources) {
                Ok(body) => values.bodies.push(body),
                Err(problem) => values.problems.push(problem),
            }
        }
        values
    }

    /// Evaluates a root.
    pub fn evaluate(
        &self,
        files: &dyn Files,
        complete: &dyn Complete,
        folder: &str,
        values: Values,
        given: &Given,
    ) -> Evaluated {
        let nothing = BTreeMap::new();
        let evaluator = Evaluator::new(
            (files, folder),
            complete,
            (self, given.form),
            self.installed.get(folder).unwrap_or(&nothing),
            (
                given.account.clone(),
                given.region.clone(),
                given.workspace.clone(),
            ),
            given.secrecy,
        );
        let path = match (folder, given.form) {
            ("", 0) => Text::new_static("."),
            (folder, 0) => Text::from(folder),
            (folder, form) => {
                let path = if folder.is_empty() { "." } else { folder };
                Text::from(format!("{path} (declaration {})", form + 1))
            }
        };
        let mut stack = Stack {
            path,
            language: Language::Terraform,
            blocks: Vec::new(),
            region: given.region.clone(),
            account: Some(given.account.clone()),
            lifecycle: Lifecycle::default(),
            accounts: BTreeMap::new(),
        };
        let Some(module) = evaluator.module(folder) else {
            return Evaluated {
                stack,
                problems: values.problems,
                complete: false,
                called: BTreeSet::new(),
                secrets: None,
            };
        };
        let mut variables = Entries::new();
        for problem in values.problems {
            evaluator.tell(problem);
        }
        let empty = Rc::new(Instance::root(std::sync::Arc::clone(&module), Entries::new()));
        for body in &values.bodies {
            for attribute in &body.attributes {
                let value = evaluator.settled(&attribute.value, Scope::of(&empty));
                variables.insert(attribute.name.clone(), value);
            }
        }
        for (name, text) in &given.variables {
            if module.variables.contains_key(name.as_str()) {
                variables.insert(Text::from(name.as_str()), argument(&evaluator, text, &empty));
            }
        }
        let root = Rc::new(Instance::root(module, variables));
        let mut moves = BTreeMap::new();
        evaluator.name_accounts(&root);
        collect(&evaluator, &root, &mut stack, &mut moves);
        root.forget();
        empty.forget();
        stack.blocks.sort_by(|a, b| a.address.cmp(&b.address));
        if !moves.is_empty() {
            stack.lifecycle.former = moved::former(stack.blocks.iter().map(|block| &block.address), &moves);
        }
        let met = evaluator.into_told();
        stack.accounts = met.accounts;
        Evaluated {
            stack,
            problems: met.problems,
            complete: !met.is_incomplete,
            called: met.called,
            secrets: met.secrets,
        }
    }
}

/// The values that files give a root's variables, the weakest file first.
#[derive(Clone, Debug, Default)]
pub struct Values {
    bodies: Vec<Body>,
    problems: Vec<Diagnostic>,
}

fn read_values(files: &dyn Files, path: &str, sources: &mut Sources) -> Result<Body, Diagnostic> {
    let text = files
        .read(path)
        .map_err(|error| Diagnostic::error(format!("cannot read `{path}`: {error}")))?;
    let file = sources.add(path, text);
    if path.ends_with(".json") {
        json::read_values(sources, file)
    } else {
        hcl::read(sources, file)
    }
}

/// The value of `-var`: an expression where it is one, else a text.
fn argument(evaluator: &Evaluator<'_>, text: &str, root: &Rc<Instance>) -> Val {
    let trimmed = text.trim_start();
    let is_expression = trimmed.starts_with(['[', '{', '"']) || trimmed == "null";
    match hcl::read_expression(text).ok().filter(|_| is_expression) {
        Some(expr) => evaluator.settled(&expr, Scope::of(root)),
        // `convert` makes numbers and truth values of it where the variable is one.
        None => Val::string(text),
    }
}

/// What a module and those that it calls declare, and from where their blocks were moved.
fn collect(
    evaluator: &Evaluator<'_>,
    instance: &Rc<Instance>,
    stack: &mut Stack,
    moves: &mut BTreeMap<Text, Vec<Text>>,
) {
    for (from, to) in &instance.module.moved {
        let moved = moves.entry(Text::from(instance.within(to))).or_default();
        moved.push(Text::from(instance.within(from)));
    }
    for (address, intent) in &instance.module.intents {
        let address = Text::from(instance.within(address));
        stack.lifecycle.intents.insert(address, *intent);
    }
    for (position, block) in instance.module.resources.iter().enumerate() {
        let resolved = match evaluator.resolved(Mode::Managed, position, instance, Some(block.head)) {
            Ok(resolved) => resolved,
            Err(failure) => {
                evaluator.tell_failure(&failure);
                continue;
            }
        };
        let Some(kind) = block.labels.first() else {
            continue;
        };
        stack.lifecycle.ignored.extend(lifecycle::ignored(block));
        for one in &resolved.instances {
            stack.blocks.push(Declared {
                kind: kind.clone(),
                address: one.address.clone(),
                body: one.body.clone(),
                head: block.head,
                whole: block.whole,
                calls: instance.calls.clone(),
                perhaps: instance.perhaps.clone().or_else(|| one.perhaps.clone()),
                hangs_on: instance.hangs_on.iter().chain(&one.hangs_on).cloned().collect(),
                region: one.region.clone(),
                account: one.account.clone(),
            });
        }
    }
    for call in 0..instance.module.calls.len() {
        match evaluator.children(call, instance) {
            Ok(children) => {
                for (_, child) in &children.instances {
                    collect(evaluator, child, stack, moves);
                }
            }
            Err(failure) => evaluator.tell_failure(&failure),
        }
    }
}
