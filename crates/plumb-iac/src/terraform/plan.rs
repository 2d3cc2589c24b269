//! Terraform's own JSON: plans, as `terraform show -json` writes them, and state.
//!
//! Formats: <https://developer.hashicorp.com/terraform/internals/json-format>; state files have no documented format, version 4
//! is what Terraform 0.12 and later and OpenTofu write. A plan tells everything that code tells and what the cloud knows by then.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;
use serde_json::Value as Json;

use super::repeat::Key;
use crate::complete::Complete;
use crate::declared::{Declared, Language, Stack};
use crate::mapping::{KNOWN_AFTER_APPLY, Surroundings};
use crate::place::{FileId, Place, Sources};
use crate::secrecy::Secrecy;
use crate::val::{Fields, Kind, Val};

/// How deep modules nest in a plan.
const MAX_MODULES: usize = 64;
/// In how many bytes from its start a plan or a state tells the version of Terraform.
const HEAD: usize = 4096;
/// How deep values nest.
const MAX_DEPTH: usize = 64;
/// The most resources of one file.
const MAX_RESOURCES: usize = 500_000;
/// Why a sensitive value is not looked at.
const SENSITIVE: &str = "it is marked as sensitive and was not looked at";

/// What a JSON file of Terraform is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// What would be after applying.
    Plan,
    /// What was applied.
    State,
}

/// What a plan or a state declares.
#[derive(Debug)]
pub struct Read {
    /// What it declares.
    pub stack: Stack,
    /// Whether it has sensitive values that were kept back.
    pub kept_back: bool,
}

/// What a file is, by the keys at its top; `None` for other files.
pub fn recognise(path: &str, text: &str) -> Option<Written> {
    let is_state = path.ends_with(".tfstate");
    let named = path.ends_with(".json") || is_state || path.ends_with(".tfplan");
    let has = |key: &str| text.contains(key);
    if !named {
        return None;
    }
    if has("\"format_version\"") && (has("\"planned_values\"") || has("\"terraform_version\"")) {
        return Some(Written::Plan);
    }
    if is_state {
        return Some(Written::State);
    }
    if !has("\"terraform_version\"") {
        return None;
    }
    (has("\"lineage\"") || has("\"serial\"")).then_some(Written::State)
}

/// Whether a file is a plan or a state by its name and by how it begins: these are long where data of others is left out.
pub fn is_long(path: &str, start: &[u8]) -> bool {
    let start = start.get(..HEAD).unwrap_or(start);
    let start = String::from_utf8_lossy(start);
    let is_named = [".json", ".tfstate", ".tfplan"]
        .iter()
        .any(|ending| path.ends_with(ending));
    is_named
        && ["\"terraform_version\"", "\"format_version\""]
            .iter()
            .any(|key| start.contains(key))
}

/// Reads a plan or a state; `account` stands in ARNs where nothing tells one.
///
/// # Errors
/// When it is no JSON, or of a version or shape that is not known.
pub fn read(
    written: Written,
    sources: &Sources,
    file: FileId,
    complete: &dyn Complete,
    (account, region): (&Text, Option<&Text>),
    secrecy: Secrecy,
) -> Result<Read, Diagnostic> {
    let Some(source) = sources.get(file) else {
        return Err(Diagnostic::error("the file is gone"));
    };
    let json: Json = serde_json::from_str(&source.text).map_err(|error| {
        let message = format!("this is not valid JSON: {error}");
        Diagnostic::error(message).in_source(source)
    })?;
    check(written, &json).map_err(|message| Diagnostic::error(message).in_source(source))?;
    let mut reader = Reader {
        file,
        complete,
        account,
        region,
        unknown: HashMap::new(),
        references: HashMap::new(),
        blocks: Vec::new(),
        secrecy,
        kept_back: Cell::new(false),
    };
    match written {
        Written::Plan => reader.plan(&json),
        Written::State => reader.state(&json),
    }
    reader.join();
    reader.blocks.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(Read {
        kept_back: reader.kept_back.get(),
        stack: Stack {
            path: Text::from(source.name.as_str()),
            language: Language::Terraform,
            blocks: reader.blocks,
            region: region.cloned(),
            account: Some(account.clone()),
            former: BTreeMap::new(),
            accounts: BTreeMap::new(),
        },
    })
}

/// What is wrong with a plan or a state as a whole.
fn check(written: Written, json: &Json) -> Result<(), String> {
    match written {
        Written::Plan => {
            let version = text(json, "format_version").unwrap_or_default();
            if !matches!(version.split('.').next(), Some("0" | "1")) {
                return Err(format!(
                    "plans of format version `{version}` are not read, those of 0 and 1 are"
                ));
            }
            // An empty state is shown without values.
            let is_shown = ["planned_values", "values"].iter().all(|key| {
                json.get(key)
                    .is_none_or(|values| values.is_object() || values.is_null())
            });
            is_shown
                .then_some(())
                .ok_or_else(|| "the planned values of this plan are no object".to_owned())
        }
        Written::State => match (json.get("version").and_then(Json::as_u64), json.get("resources")) {
            (Some(4), None | Some(Json::Array(_) | Json::Null)) => Ok(()),
            (Some(4), Some(_)) => Err("the resources of this state are no list".to_owned()),
            (Some(version), _) => Err(format!(
                "states of version {version} are not read, those of version 4 are: Terraform 0.12 and later write them"
            )),
            (None, _) => Err("this is no state of Terraform: it has no version".to_owned()),
        },
    }
}

struct Reader<'r> {
    file: FileId,
    complete: &'r dyn Complete,
    account: &'r Text,
    region: Option<&'r Text>,
    /// By address: which parts are known only after apply.
    unknown: HashMap<String, &'r Json>,
    /// By address without keys: argument, and the addresses without keys that its expression refers to.
    references: HashMap<String, Vec<(Text, Vec<String>)>>,
    blocks: Vec<Declared>,
    secrecy: Secrecy,
    kept_back: Cell<bool>,
}

impl<'r> Reader<'r> {
    fn plan(&mut self, json: &'r Json) {
        for change in list(json.get("resource_changes")) {
            if let (Some(address), Some(unknown)) = (
                text(change, "address"),
                change
                    .get("change")
                    .and_then(|change| change.get("after_unknown")),
            ) {
                self.unknown.insert(address.to_owned(), unknown);
            }
        }
        if let Some(root) = json
            .get("configuration")
            .and_then(|found| found.get("root_module"))
        {
            self.configuration(root, "", 0);
        }
        let planned = json.get("planned_values").or(json.get("values"));
        if let Some(root) = planned.and_then(|planned| planned.get("root_module")) {
            self.module(root, 0);
        }
    }

    /// What expressions of the code refer to, which planned values do not tell.
    fn configuration(&mut self, module: &'r Json, prefix: &str, depth: usize) {
        if depth > MAX_MODULES {
            return;
        }
        for resource in list(module.get("resources")) {
            let Some(address) = text(resource, "address") else {
                continue;
            };
            let mut references = Vec::new();
            if let Some(Json::Object(expressions)) = resource.get("expressions") {
                for (argument, expression) in expressions {
                    let found: Vec<String> = list(expression.get("references"))
                        .filter_map(Json::as_str)
                        .map(|reference| format!("{prefix}{reference}"))
                        .collect();
                    if !found.is_empty() {
                        references.push((Text::from(argument.as_str()), found));
                    }
                }
            }
            self.references.insert(format!("{prefix}{address}"), references);
        }
        if let Some(Json::Object(calls)) = module.get("module_calls") {
            for (name, call) in calls {
                if let Some(inner) = call.get("module") {
                    self.configuration(inner, &format!("{prefix}module.{name}."), depth + 1);
                }
            }
        }
    }

    fn module(&mut self, module: &Json, depth: usize) {
        if depth > MAX_MODULES {
            return;
        }
        for resource in list(module.get("resources")) {
            if text(resource, "mode") == Some("data") {
                continue;
            }
            let (Some(kind), Some(address)) = (text(resource, "type"), text(resource, "address")) else {
                continue;
            };
            let unknown = self.unknown.get(address).copied();
            let sensitive = resource.get("sensitive_values");
            let values = resource.get("values").unwrap_or(&Json::Null);
            let body = self.value(values, unknown, sensitive, 0);
            self.add(kind, address, body);
        }
        for child in list(module.get("child_modules")) {
            self.module(child, depth + 1);
        }
    }

    fn state(&mut self, json: &Json) {
        for resource in list(json.get("resources")) {
            if text(resource, "mode") == Some("data") {
                continue;
            }
            let (Some(kind), Some(name)) = (text(resource, "type"), text(resource, "name")) else {
                continue;
            };
            let module = text(resource, "module").map_or(String::new(), |module| format!("{module}."));
            for instance in list(resource.get("instances")) {
                let key = match instance.get("index_key") {
                    Some(Json::String(key)) => Key::Name(Text::from(key.as_str())),
                    Some(Json::Number(index)) => Key::Index(
                        index
                            .as_u64()
                            .and_then(|index| usize::try_from(index).ok())
                            .unwrap_or_default(),
                    ),
                    _ => Key::None,
                };
                let mut values = self.value(instance.get("attributes").unwrap_or(&Json::Null), None, None, 0);
                for path in list(instance.get("sensitive_attributes")) {
                    if self.secrecy == Secrecy::Kept {
                        self.kept_back.set(true);
                        hide(&mut values, path);
                    }
                }
                self.add(kind, &format!("{module}{kind}.{name}{key}"), values);
            }
        }
    }

    fn add(&mut self, kind: &str, address: &str, body: Val) {
        if self.blocks.len() >= MAX_RESOURCES {
            return;
        }
        let whole = Place::new(self.file, 0..0);
        let region = body.get("region").and_then(Val::as_str).map(Text::from);
        self.blocks.push(Declared {
            kind: Text::from(kind),
            address: Text::from(address),
            body,
            head: whole,
            whole,
            calls: Vec::new(),
            perhaps: None,
            region: region.or_else(|| self.region.cloned()),
            account: None,
        });
    }

    /// Puts identities in, then fills what is known only after apply with the identity of what it refers to.
    fn join(&mut self) {
        for block in &mut self.blocks {
            let surroundings = Surroundings {
                kind: &block.kind,
                address: &block.address,
                region: block.region.as_deref(),
                account: Some(self.account),
            };
            let body = std::mem::replace(&mut block.body, Val::null());
            block.body = self.complete.complete(without_unknown(body), &surroundings);
        }
        let mut by_address: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (position, block) in self.blocks.iter().enumerate() {
            by_address
                .entry(without_keys(&block.address))
                .or_default()
                .push(position);
        }
        let mut found: Vec<(usize, Text, Val)> = Vec::new();
        for (position, block) in self.blocks.iter().enumerate() {
            let plain = without_keys(&block.address);
            for (argument, references) in self.references.get(&plain).into_iter().flatten() {
                if block.body.get(argument).is_some_and(|value| !value.is_null()) {
                    continue;
                }
                // The references of one expression: the attribute first, then the block it is of.
                let target = references.iter().find_map(|reference| {
                    let (base, attribute) = reference.rsplit_once('.')?;
                    let targets = by_address.get(&without_keys(base))?;
                    Some((targets, attribute))
                });
                let value = match target {
                    Some((targets, attribute)) if targets.len() == 1 => targets
                        .first()
                        .and_then(|target| self.blocks.get(*target))
                        .and_then(|target| target.body.get(attribute))
                        .cloned(),
                    _ => None,
                };
                found.push((
                    position,
                    argument.clone(),
                    value.unwrap_or_else(|| Val::unknown(KNOWN_AFTER_APPLY)),
                ));
            }
        }
        for (position, argument, value) in found {
            if let Some(Kind::Map(fields)) = self.blocks.get_mut(position).map(|block| &mut block.body.kind) {
                Arc::make_mut(fields).entries.insert(argument, value);
            }
        }
    }

    fn value(&self, json: &Json, unknown: Option<&Json>, sensitive: Option<&Json>, depth: usize) -> Val {
        let place = Some(Place::new(self.file, 0..0));
        let made = |kind| Val::placed(kind, place);
        if depth > MAX_DEPTH {
            return made(Kind::Unknown(Text::new_static("this is nested too deeply")));
        }
        if unknown == Some(&Json::Bool(true)) {
            return made(Kind::Unknown(Text::new_static(KNOWN_AFTER_APPLY)));
        }
        if sensitive == Some(&Json::Bool(true)) && self.secrecy == Secrecy::Kept {
            self.kept_back.set(true);
            return made(Kind::Unknown(Text::new_static(SENSITIVE)));
        }
        made(match json {
            Json::Null => Kind::Null,
            Json::Bool(bool) => Kind::Bool(*bool),
            Json::Number(number) => match number.as_i64() {
                Some(int) => Kind::Int(int),
                None => Kind::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(value) => Kind::String(Text::from(value.as_str())),
            Json::Array(items) => {
                let within = |marks: Option<&Json>, at: usize| match marks {
                    Some(Json::Array(marks)) => marks.get(at).cloned(),
                    _ => None,
                };
                let items = items.iter().enumerate().map(|(at, item)| {
                    let (unknown, sensitive) = (within(unknown, at), within(sensitive, at));
                    self.value(item, unknown.as_ref(), sensitive.as_ref(), depth + 1)
                });
                Kind::List(Arc::new(items.collect()))
            }
            Json::Object(entries) => {
                let mut fields = Fields::default();
                for (key, value) in entries {
                    let within = |marks: Option<&Json>| marks.and_then(|marks| marks.get(key)).cloned();
                    let (unknown, sensitive) = (within(unknown), within(sensitive));
                    let value = self.value(value, unknown.as_ref(), sensitive.as_ref(), depth + 1);
                    fields.entries.insert(Text::from(key.as_str()), value);
                }
                // Planned values leave out what is known only after apply.
                if let Some(Json::Object(marks)) = unknown {
                    for (key, mark) in marks {
                        if mark == &Json::Bool(true) && !fields.entries.contains_key(key.as_str()) {
                            let value = made(Kind::Unknown(Text::new_static(KNOWN_AFTER_APPLY)));
                            fields.entries.insert(Text::from(key.as_str()), value);
                        }
                    }
                }
                Kind::Map(Arc::new(fields))
            }
        })
    }
}

/// Arguments that are unknown as a whole are as good as not written, so that identities can be put in.
fn without_unknown(body: Val) -> Val {
    let kind = match body.kind {
        Kind::Map(mut fields) => {
            Arc::make_mut(&mut fields)
                .entries
                .retain(|_, value| value.why_unknown().is_none_or(|why| why != KNOWN_AFTER_APPLY));
            Kind::Map(fields)
        }
        other => other,
    };
    Val { kind, ..body }
}

/// Makes the value at a path of `sensitive_attributes` unknown.
fn hide(value: &mut Val, path: &Json) {
    let Some(step) = list(Some(path)).next() else {
        return;
    };
    let (Some("get_attr"), Some(Json::String(name))) = (text(step, "type"), step.get("value")) else {
        return;
    };
    if let Kind::Map(fields) = &mut value.kind
        && let Some(entry) = Arc::make_mut(fields).entries.get_mut(name.as_str())
        && !entry.is_null()
    {
        entry.kind = Kind::Unknown(Text::new_static(SENSITIVE));
    }
}

/// An address without the keys of `count` and `for_each`.
fn without_keys(address: &str) -> String {
    let mut plain = String::with_capacity(address.len());
    let mut inside = false;
    let mut quoted = false;
    for character in address.chars() {
        match character {
            '"' if inside => quoted = !quoted,
            '[' if !quoted => inside = true,
            ']' if !quoted => inside = false,
            _ if !inside => plain.push(character),
            _ => {}
        }
    }
    plain
}

fn text<'j>(json: &'j Json, key: &str) -> Option<&'j str> {
    json.get(key).and_then(Json::as_str)
}

fn list(json: Option<&Json>) -> impl Iterator<Item = &Json> {
    json.and_then(Json::as_array).into_iter().flatten()
}
