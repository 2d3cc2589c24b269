//! `cargo xtask models`: condenses AWS's public API models into the file that `plumb-api` embeds.

mod chunk;
mod endpoints;
mod paginators;
mod partitions;
mod policy;
mod policy_lists;
mod rules;
mod shapes;
mod source;
pub(crate) mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use lz4_flex::block::compress;
use plumb_api::format::{MAGIC, VERSION};
use serde_json::Value;

use chunk::{Service, without_date};
use endpoints::{Endpoints, Patterns, write_availability};
use partitions::Partitions;
use source::Source;
use writer::Writer;

/// Runs `models` (write the file), `models --check` (compare it) or `models --list` (print what is kept).
///
/// # Errors
/// When the source cannot be had or understood, or the file on disk differs from what the source gives.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let path = root.join("crates/plumb-api/models/aws.bin");
    match arguments {
        [] => {
            let file = condense(&Source::fetch(&target)?)?;
            fs::write(&path, &file.bytes).with_context(|| format!("cannot write `{}`", path.display()))?;
            say(&format!(
                "{} services, {} operations, {} bytes",
                file.services,
                file.operations,
                file.bytes.len()
            ));
            Ok(())
        }
        ["--check"] => match Source::fetch(&target) {
            Ok(source) => check(&source, &path),
            Err(error) => {
                say(&format!(
                    "not checked: the models' source cannot be had: {error:#}"
                ));
                Ok(())
            }
        },
        ["--list"] => list(&Source::fetch(&target)?),
        _ => bail!("usage: cargo xtask models [--check | --list]"),
    }
}

struct Condensed {
    bytes: Vec<u8>,
    services: usize,
    operations: usize,
}

/// Everything that the policy's lists can name.
#[derive(Default)]
struct Names {
    operations: BTreeSet<String>,
    members: BTreeSet<String>,
}

impl Names {
    fn add(&mut self, service: &Service) {
        let entries = |key: &str| {
            service
                .model
                .get(key)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
        };
        self.operations
            .extend(entries("operations").map(|(key, _)| format!("{}:{}", service.name, without_date(key))));
        for (structure, shape) in entries("shapes") {
            let members = shape
                .get("members")
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            self.members
                .extend(members.map(|(member, _)| format!("{}:{structure}.{member}", service.name)));
        }
    }
}

fn check(source: &Source, path: &Path) -> Result<()> {
    let on_disk = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    if condense(source)?.bytes != on_disk {
        bail!(
            "`{}` is not what the pinned source gives; run `cargo xtask models`",
            path.display()
        );
    }
    say("the models are what the pinned source gives");
    Ok(())
}

fn list(source: &Source) -> Result<()> {
    for (name, version) in source.services()? {
        let service = Service::new(name, source::service_model(&version)?, Value::Null)?;
        for operation in service.reads.keys() {
            say(&format!("{}:{operation}", service.name));
        }
    }
    Ok(())
}

fn condense(source: &Source) -> Result<Condensed> {
    let partitions = Partitions::read(
        &source.shared("partitions.json")?,
        &source.shared("endpoints.json")?,
    )?;
    let mut index = Writer::default();
    index.text(source::BOTOCORE.version)?;
    partitions.write(&mut index)?;

    let mut patterns = Patterns::default();
    let mut chunks = Vec::new();
    let mut directory = Vec::new();
    let mut operations = 0;
    let mut names = Names::default();
    for (name, version) in source.services()? {
        let model = source::service_model(&version)?;
        let mut service = Service::new(name, model, source::paginators(&version)?)?;
        names.add(&service);
        if service.reads.is_empty() {
            continue;
        }
        operations += service.reads.len();
        let entry = locate(
            &mut service,
            &source::endpoint_rules(&version)?,
            &partitions,
            &mut patterns,
        )
        .with_context(|| format!("cannot locate `{}`", service.name))?;
        let chunk = service
            .condense()
            .with_context(|| format!("cannot condense `{}`", service.name))?;
        directory.push(entry);
        chunks.push(chunk);
    }
    let stale = policy::stale_entries(&names.operations, &names.members);
    ensure!(
        stale.is_empty(),
        "the policy's lists name what does not exist: {}",
        stale.join(", ")
    );
    patterns.write(&mut index)?;

    index.size(directory.len())?;
    let mut body = Vec::new();
    for (entry, chunk) in directory.iter().zip(&chunks) {
        let compressed = compress(chunk.bytes());
        index.raw(entry.bytes());
        index.size(compressed.len())?;
        index.size(chunk.bytes().len())?;
        body.extend_from_slice(&compressed);
    }
    let packed_index = compress(index.bytes());
    let mut file = Writer::default();
    file.raw(MAGIC);
    file.varint(VERSION);
    file.size(index.bytes().len())?;
    file.size(packed_index.len())?;
    file.raw(&packed_index);
    file.raw(&body);
    Ok(Condensed {
        bytes: file.bytes().to_vec(),
        services: chunks.len(),
        operations,
    })
}

/// Writes a service's entry of the directory, and notes the operations that go elsewhere than the service.
fn locate(
    service: &mut Service,
    rules: &Value,
    partitions: &Partitions,
    patterns: &mut Patterns,
) -> Result<Writer> {
    let signing_name = service.signing_name()?.to_owned();
    let mut groups: BTreeMap<String, (BTreeMap<String, Value>, usize)> = BTreeMap::new();
    for read in service.reads.values() {
        let key = serde_json::to_string(&read.endpoint_parameters)?;
        let group = groups
            .entry(key)
            .or_insert_with(|| (read.endpoint_parameters.clone(), 0));
        group.1 += 1;
    }
    // The service itself is where operations without fixed parameters go, else where most go.
    let main = match groups.get("{}") {
        Some((parameters, _)) => parameters.clone(),
        None => groups
            .values()
            .max_by_key(|(_, count)| *count)
            .context("no operation")?
            .0
            .clone(),
    };
    let main = Endpoints::evaluate(rules, &main, &signing_name, partitions)?;
    for (key, (parameters, _)) in &groups {
        let endpoints = Endpoints::evaluate(rules, parameters, &signing_name, partitions)?;
        if endpoints == main {
            continue;
        }
        let patterns = endpoints
            .without_exceptions()
            .with_context(|| format!("with {key}"))?;
        for read in service
            .reads
            .values_mut()
            .filter(|read| &read.endpoint_parameters == parameters)
        {
            read.endpoint = Some(patterns.clone());
        }
    }
    let mut entry = Writer::default();
    entry.text(&service.name)?;
    let title = service
        .metadata("serviceAbbreviation")
        .or_else(|| service.metadata("serviceFullName"));
    for text in [
        service.metadata("serviceId"),
        title,
        Some(&signing_name),
        service.metadata("endpointPrefix"),
    ] {
        entry.text(text.context("a service without names")?)?;
    }
    main.write(patterns, &mut entry)?;
    let prefix = service
        .metadata("endpointPrefix")
        .context("no `endpointPrefix`")?;
    write_availability(&partitions.availability(prefix), &mut entry)?;
    Ok(entry)
}

#[expect(clippy::print_stdout, reason = "the output of a development command")]
fn say(line: &str) {
    println!("{line}");
}
