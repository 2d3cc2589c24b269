//! Terraform's own JSON: plans, as `terraform show -json` writes them, and state.
//!
//! Formats: <https://developer.hashicorp.com/terraform/internals/json-format>; state files have no documented format, version 4
//! is what Terraform 0.12 and later and OpenTofu write. A plan tells everything that code tells and what the cloud knows by then.

mod join;
mod planned;
mod state;
mod value;
mod whereabouts;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_model::value::Text;
use serde_json::Value as Json;

use crate::complete::Complete;
use crate::declared::{Declared, Language, Lifecycle, Stack};
use crate::place::{FileId, Place, Sources};
use crate::secrecy::Secrecy;
use crate::val::Val;
use whereabouts::{By, Evidence, Provider, Providers, Settled, is_default};

/// How deep modules nest in a plan.
const MAX_MODULES: usize = 64;
/// In how many bytes from its start a plan or a state tells the version of Terraform.
const HEAD: usize = 4096;
/// The most resources of one file.
const MAX_RESOURCES: usize = 500_000;
/// How many providers are named in a message.
const MOST_NAMED: usize = 5;

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
    /// What it leaves open.
    pub problems: Vec<Diagnostic>,
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

/// Where a plan or a state is applied, as far as the file does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// What stands in ARNs for the account where nothing tells one.
    pub stand_in: &'a Text,
    /// The region where nothing tells one.
    pub region: Option<&'a Text>,
    /// The numbers of accounts that other files of the scan go by.
    pub taken: &'a BTreeSet<Text>,
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

/// Reads a plan or a state.
///
/// # Errors
/// When it is no JSON, or of a version or shape that is not known.
pub fn read(
    written: Written,
    sources: &Sources,
    file: FileId,
    complete: &dyn Complete,
    applied: Applied<'_>,
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
        unknown: HashMap::new(),
        references: HashMap::new(),
        provider_keys: HashMap::new(),
        providers: Providers::new(),
        found: Vec::new(),
        lifecycle: Lifecycle::default(),
        secrecy,
        kept_back: Cell::new(false),
    };
    match written {
        Written::Plan => reader.plan(&json),
        Written::State => reader.state(&json),
    }
    let settled = Settled::of(&reader.providers, applied.stand_in, applied.taken);
    let mut blocks = reader.blocks(&settled, applied.region);
    reader.join(&mut blocks, &settled.main);
    blocks.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(Read {
        kept_back: reader.kept_back.get(),
        problems: doubts(&settled, source),
        stack: Stack {
            path: Text::from(source.name.as_str()),
            language: Language::Terraform,
            blocks,
            region: applied.region.cloned(),
            account: Some(settled.main),
            lifecycle: reader.lifecycle,
            accounts: settled.others,
        },
    })
}

/// What is not known of the accounts.
fn doubts(settled: &Settled, source: &Arc<Source>) -> Vec<Diagnostic> {
    let mut doubts = Vec::new();
    if !settled.unknown.is_empty() {
        let named: Vec<String> = settled
            .unknown
            .iter()
            .take(MOST_NAMED)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = match settled.unknown.len().saturating_sub(named.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "in which account some resources are is not known; they stand in an account of their own: those of {}{more}",
            named.join(", ")
        );
        let help = "neither their ARNs nor the provider tells it; what leads between them and others needs both sides";
        doubts.push(Diagnostic::warning(message).in_source(source).help(help));
    }
    for number in &settled.shared {
        let message = format!("another file of the scan is of account `{number}` too");
        let help = "what leads from the resources of one file to those of the other is not followed";
        doubts.push(Diagnostic::warning(message).in_source(source).help(help));
    }
    doubts
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

/// A resource as the file tells it.
struct Found {
    kind: Text,
    address: Text,
    body: Val,
    /// What the file calls its provider.
    provider: String,
    evidence: Evidence,
}

struct Reader<'r> {
    file: FileId,
    complete: &'r dyn Complete,
    /// By address: which parts are known only after apply.
    unknown: HashMap<String, &'r Json>,
    /// By address without keys: argument, and the addresses without keys that its expression refers to.
    references: HashMap<String, Vec<(Text, Vec<String>)>>,
    /// By address without keys: the provider.
    provider_keys: HashMap<String, String>,
    providers: Providers,
    found: Vec<Found>,
    lifecycle: Lifecycle,
    secrecy: Secrecy,
    kept_back: Cell<bool>,
}

impl Reader<'_> {
    fn add(&mut self, found: Found) {
        if self.found.len() >= MAX_RESOURCES {
            return;
        }
        if is_of_aws(&found.kind) {
            self.known(&found.provider).learn(&found.evidence);
        }
        self.found.push(found);
    }

    /// A provider by its name. One with an alias, of which no configuration is told, may work anywhere.
    fn known(&mut self, name: &str) -> &mut Provider {
        let by = if is_default(name) {
            By::Surroundings
        } else {
            By::Own
        };
        self.providers.entry(name.to_owned()).or_insert_with(|| Provider {
            by,
            ..Provider::default()
        })
    }

    /// What a data source tells of its provider.
    fn look_up(&mut self, kind: &str, provider: &str, values: &Json) {
        let provider = self.known(provider);
        match kind {
            "aws_caller_identity" => {
                let account = text(values, "account_id").filter(|account| whereabouts::is_account(account));
                provider.account = account.map(Text::from).or(provider.account.take());
            }
            "aws_region" => {
                let region = text(values, "region").or_else(|| text(values, "name"));
                provider.region = region.map(Text::from).or(provider.region.take());
            }
            _ => {}
        }
    }

    /// The blocks, each where it is.
    fn blocks(&mut self, settled: &Settled, region: Option<&Text>) -> Vec<Declared> {
        let whole = Place::new(self.file, 0..0);
        let found = std::mem::take(&mut self.found).into_iter();
        found
            .map(|found| {
                let of_provider = settled.region(&found.provider).filter(|_| is_of_aws(&found.kind));
                let own = found.evidence.region.as_ref();
                Declared {
                    account: is_of_aws(&found.kind)
                        .then(|| settled.account(&found.provider, &found.evidence)),
                    region: own.or(of_provider).or(region).cloned(),
                    kind: found.kind,
                    address: found.address,
                    body: found.body,
                    head: whole,
                    whole,
                    calls: Vec::new(),
                    perhaps: None,
                    hangs_on: Vec::new(),
                }
            })
            .collect()
    }
}

/// Whether a type is one of AWS, whose resources have ARNs.
fn is_of_aws(kind: &str) -> bool {
    kind.starts_with("aws_") || kind.starts_with("awscc_")
}

/// An address without the keys of `count` and `for_each`.
pub(crate) fn without_keys(address: &str) -> String {
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
