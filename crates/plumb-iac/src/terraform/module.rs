//! `Module`: the files of one folder, sorted by what they declare.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use super::syntax::{Block, Body, Expr, ExprKind};
use super::{lifecycle, moved};
use crate::declared::Intent;
use crate::place::{Place, Sources};

/// What the files of one folder declare.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Below the root of the scan; `""` is the root.
    pub(crate) folder: String,
    pub(crate) variables: BTreeMap<Text, Variable>,
    pub(crate) locals: HashMap<Text, Expr>,
    pub(crate) outputs: BTreeMap<Text, Expr>,
    /// Outputs whose values are to be shown nowhere.
    pub(crate) sensitive_outputs: BTreeSet<Text>,
    pub(crate) resources: Vec<Block>,
    pub(crate) data: Vec<Block>,
    pub(crate) calls: Vec<Block>,
    pub(crate) providers: Vec<Block>,
    /// Addresses within the module that blocks had before, with those that they have.
    pub(crate) moved: Vec<(Text, Text)>,
    /// Addresses within the module of what is imported or given away.
    pub(crate) intents: Vec<(Text, Intent)>,
    names: HashMap<(Mode, Text, Text), usize>,
}

/// How a block is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// `resource`.
    Managed,
    /// `data`.
    Data,
    /// `module`.
    Call,
}

/// A declared variable.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) default: Option<Expr>,
    pub(crate) constraint: Option<Expr>,
    pub(crate) place: Place,
    /// Whether its value is to be shown nowhere.
    pub(crate) sensitive: bool,
    /// Whether its value is there only while the code is applied.
    pub(crate) ephemeral: bool,
}

impl Module {
    /// Sorts what the files of a folder declare; override files count last.
    pub(crate) fn of(
        folder: &str,
        files: Vec<Body>,
        overrides: Vec<Body>,
        sources: &Sources,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut module = Self {
            folder: folder.to_owned(),
            ..Self::default()
        };
        for body in files {
            module.add(body, sources, problems);
        }
        for body in overrides {
            module.overrule(body);
        }
        module.names = module.named();
        module
    }

    /// The position of a block of that mode; for a call the type is empty.
    pub(crate) fn position(&self, mode: Mode, kind: &str, name: &str) -> Option<usize> {
        self.names
            .get(&(mode, Text::from(kind), Text::from(name)))
            .copied()
    }

    fn add(&mut self, body: Body, sources: &Sources, problems: &mut Vec<Diagnostic>) {
        for block in body.blocks {
            match (block.kind.as_str(), block.labels.as_slice()) {
                ("resource", [_, _]) => self.resources.push(block),
                ("data", [_, _]) => self.data.push(block),
                ("module", [_]) => self.calls.push(block),
                ("provider", [_]) => self.providers.push(block),
                ("variable", [name]) => {
                    let take = |name: &str| block.body.attribute(name).map(|found| found.value.clone());
                    let variable = Variable {
                        sensitive: is_sensitive(&block.body),
                        ephemeral: has_flag(&block.body, "ephemeral"),
                        default: take("default"),
                        constraint: take("type"),
                        place: block.head,
                    };
                    self.variables.insert(name.clone(), variable);
                }
                ("output", [name]) => {
                    if is_sensitive(&block.body) {
                        self.sensitive_outputs.insert(name.clone());
                    }
                    if let Some(value) = block.body.attribute("value") {
                        self.outputs.insert(name.clone(), value.value.clone());
                    }
                }
                ("locals", []) => {
                    for local in block.body.attributes {
                        self.locals.insert(local.name, local.value);
                    }
                }
                ("moved", []) => self.moved.extend(moved::read(&block.body)),
                ("import" | "removed", []) => {
                    self.intents.extend(lifecycle::intent(&block.kind, &block.body));
                }
                // They say nothing of what is declared, or it is left to Terraform.
                ("terraform" | "check" | "ephemeral" | "action" | "run" | "test", _) => {}
                (kind, _) => {
                    let message =
                        format!("`{kind}` is no block that Terraform knows in this form; it was left out");
                    let diagnostic = Diagnostic::warning(message);
                    problems.push(match sources.get(block.head.file) {
                        Some(source) => diagnostic.at(source, block.head.range(), "not understood"),
                        None => diagnostic,
                    });
                }
            }
        }
    }

    /// Arguments of override files replace those of the blocks they name.
    fn overrule(&mut self, body: Body) {
        for block in body.blocks {
            let list = match block.kind.as_str() {
                "resource" => &mut self.resources,
                "data" => &mut self.data,
                "module" => &mut self.calls,
                "provider" => &mut self.providers,
                "locals" => {
                    for local in block.body.attributes {
                        self.locals.insert(local.name, local.value);
                    }
                    continue;
                }
                "variable" => {
                    if let (Some(name), Some(default)) =
                        (block.labels.first(), block.body.attribute("default"))
                        && let Some(variable) = self.variables.get_mut(name)
                    {
                        variable.default = Some(default.value.clone());
                    }
                    continue;
                }
                _ => continue,
            };
            match list.iter_mut().find(|known| known.labels == block.labels) {
                Some(known) => {
                    for attribute in block.body.attributes {
                        known.body.attributes.retain(|old| old.name != attribute.name);
                        known.body.attributes.push(attribute);
                    }
                    for nested in &block.body.blocks {
                        known.body.blocks.retain(|old| old.kind != nested.kind);
                    }
                    known.body.blocks.extend(block.body.blocks);
                }
                None => list.push(block),
            }
        }
    }

    fn named(&self) -> HashMap<(Mode, Text, Text), usize> {
        let mut names = HashMap::new();
        let lists = [
            (Mode::Managed, &self.resources),
            (Mode::Data, &self.data),
            (Mode::Call, &self.calls),
        ];
        for (mode, list) in lists {
            for (position, block) in list.iter().enumerate() {
                let key = match block.labels.as_slice() {
                    [kind, name] => (mode, kind.clone(), name.clone()),
                    [name] => (mode, Text::default(), name.clone()),
                    _ => continue,
                };
                names.entry(key).or_insert(position);
            }
        }
        names
    }
}

/// Whether a file's name says that it is Terraform or OpenTofu source.
pub(crate) fn is_source(name: &str) -> bool {
    [".tf", ".tf.json", ".tofu", ".tofu.json"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Whether what a file of that name declares is put over what others do.
pub(crate) fn is_override(name: &str) -> bool {
    let stem = name
        .trim_end_matches(".json")
        .trim_end_matches(".tf")
        .trim_end_matches(".tofu");
    stem == "override" || stem.ends_with("_override")
}

/// The file that OpenTofu reads in place of one of that name: `main.tofu` for `main.tf`
/// (<https://opentofu.org/docs/language/files/>).
pub(crate) fn hidden_by(name: &str) -> Option<String> {
    let stem = |ending| name.strip_suffix(ending);
    stem(".tf")
        .map(|stem| format!("{stem}.tofu"))
        .or_else(|| stem(".tf.json").map(|stem| format!("{stem}.tofu.json")))
}

/// A path below a folder.
pub(crate) fn within(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Whether the value of a variable or an output is to be shown nowhere: not in plans, or not even kept in state.
fn is_sensitive(body: &Body) -> bool {
    has_flag(body, "sensitive") || has_flag(body, "ephemeral")
}

/// Whether a flag is set; Terraform takes constants only, and what else stands there is taken for a yes.
fn has_flag(body: &Body, name: &str) -> bool {
    let flag = body.attribute(name);
    flag.is_some_and(|flag| truth(&flag.value).unwrap_or(true))
}

/// The truth value of a constant; null is as good as not written.
fn truth(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Bool(truth) => Some(*truth),
        ExprKind::Null => Some(false),
        ExprKind::String(text) if text == "true" || text == "1" => Some(true),
        ExprKind::String(text) if text == "false" || text == "0" => Some(false),
        ExprKind::Not(inner) => truth(inner).map(|truth| !truth),
        _ => None,
    }
}
