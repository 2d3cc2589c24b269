//! `cargo xtask managed-policies`: condenses the IAM policies that AWS keeps into the file that `plumb-api` embeds.
//!
//! moto ships them as `GetAccountAuthorizationDetails` and `GetPolicyVersion` answered when it was released. Those that
//! nobody can attach are left out: the policies of service-linked roles, and those for tasks of root users.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use lz4_flex::block::compress;
use plumb_api::managed_policies::layout::{MAGIC, VERSION, tag};
use serde_json::Value;

use crate::models::writer::Writer;
use crate::wheel::Wheel;

/// The package that ships the policies; `requirements.txt` pins the same version for tests.
const MOTO: Wheel = Wheel {
    name: "moto",
    version: "5.2.5",
    sha256: "eef62cdcf3bfe73e0863743511ba042dfaba04ba3d5ecdcb896a196c693ad528",
};

/// Paths of policies that cannot be attached to users, groups and roles of an account's own.
const NOT_ATTACHABLE: [&str; 2] = ["/aws-service-role/", "/root-task/"];

/// Runs `managed-policies` (write the file) or `managed-policies --check` (compare it).
///
/// # Errors
/// When the source cannot be had or understood, or the file on disk differs from what the source gives.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let path = root.join("crates/plumb-api/models/aws_managed_policies.bin");
    let fetched = MOTO.fetch(&target);
    match (arguments, fetched) {
        ([], fetched) => {
            let policies = read(&fetched?)?;
            let file = condense(&policies)?;
            fs::write(&path, &file).with_context(|| format!("cannot write `{}`", path.display()))?;
            println!("{} policies, {} bytes", policies.len(), file.len());
            Ok(())
        }
        (["--check"], Ok(unpacked)) => {
            let on_disk = fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            ensure!(
                condense(&read(&unpacked)?)? == on_disk,
                "`{}` is not what the pinned source gives; run `cargo xtask managed-policies`",
                path.display()
            );
            println!("the managed policies are what the pinned source gives");
            Ok(())
        }
        (["--check"], Err(error)) => {
            println!("not checked: the source of the managed policies cannot be had: {error:#}");
            Ok(())
        }
        _ => bail!("usage: cargo xtask managed-policies [--check]"),
    }
}

/// A policy as the source tells it.
struct Policy {
    path: String,
    version: String,
    updated: String,
    document: Value,
}

/// The policies that can be attached, by their names.
fn read(unpacked: &Path) -> Result<BTreeMap<String, Policy>> {
    let path = unpacked.join("moto/iam/aws_managed_policies.py");
    let module = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    // One text, in which nothing is escaped.
    let mut quoted = module.split("\"\"\"");
    let (Some(_), Some(text), Some(_), None) = (quoted.next(), quoted.next(), quoted.next(), quoted.next())
    else {
        bail!("`{}` does not hold one quoted text", path.display());
    };
    ensure!(!text.contains('\\'), "`{}` has escapes", path.display());
    let all: BTreeMap<String, Value> = serde_json::from_str(text)?;
    let mut policies = BTreeMap::new();
    for (name, policy) in all {
        let field = |key: &str| {
            let text = policy.get(key).and_then(Value::as_str).map(str::to_owned);
            text.with_context(|| format!("`{name}` has no `{key}`"))
        };
        let read = Policy {
            path: field("Path")?,
            version: field("DefaultVersionId")?,
            updated: field("UpdateDate")?.replace("+00:00", "Z"),
            document: condensed(policy.get("Document").context("no document")?.clone())?,
        };
        ensure!(
            read.updated.ends_with('Z'),
            "`{name}` was updated at {}",
            read.updated
        );
        if !NOT_ATTACHABLE.contains(&read.path.as_str()) {
            policies.insert(name, read);
        }
    }
    Ok(policies)
}

/// The document without `Sid`s, with sorted lists of texts.
fn condensed(mut document: Value) -> Result<Value> {
    match document.get_mut("Statement").context("no statement")? {
        Value::Array(statements) => statements.iter_mut().for_each(unnamed),
        statement => unnamed(statement),
    }
    sort(&mut document);
    Ok(document)
}

fn unnamed(statement: &mut Value) {
    if let Some(statement) = statement.as_object_mut() {
        statement.remove("Sid");
    }
}

fn sort(value: &mut Value) {
    match value {
        Value::Array(items) => {
            if items.iter().all(Value::is_string) {
                items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                items.dedup();
            }
            items.iter_mut().for_each(sort);
        }
        Value::Object(entries) => entries.values_mut().for_each(sort),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn condense(policies: &BTreeMap<String, Policy>) -> Result<Vec<u8>> {
    let mut texts = BTreeSet::new();
    for policy in policies.values() {
        note(&policy.document, &mut texts);
    }
    let positions: BTreeMap<&str, usize> = texts.iter().copied().zip(0..).collect();

    let mut table = Writer::default();
    table.size(texts.len())?;
    let mut before = "";
    for text in &texts {
        let shared = before.chars().zip(text.chars()).take_while(|(a, b)| a == b);
        let shared = shared.map(|(a, _)| a.len_utf8()).sum();
        table.size(shared)?;
        table.text(text.get(shared..).context("a shared part between characters")?)?;
        before = text;
    }
    let mut body = Writer::default();
    body.size(policies.len())?;
    for (name, policy) in policies {
        for text in [name, &policy.path, &policy.version, &policy.updated] {
            body.text(text)?;
        }
        let mut document = Writer::default();
        write(&policy.document, &positions, &mut document)?;
        body.record(&document)?;
    }
    let mut file = Writer::default();
    file.raw(MAGIC);
    file.varint(VERSION);
    file.text(&format!("moto {}", MOTO.version))?;
    for block in [table, body] {
        let packed = compress(block.bytes());
        file.size(block.bytes().len())?;
        file.size(packed.len())?;
        file.raw(&packed);
    }
    Ok(file.bytes().to_vec())
}

fn note<'v>(value: &'v Value, texts: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => {
            texts.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| note(item, texts)),
        Value::Object(entries) => {
            for (key, value) in entries {
                texts.insert(key);
                note(value, texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn write(value: &Value, positions: &BTreeMap<&str, usize>, writer: &mut Writer) -> Result<()> {
    let position = |text: &str| positions.get(text).copied().context("a text without position");
    match value {
        Value::Bool(false) => writer.varint(tag::FALSE),
        Value::Bool(true) => writer.varint(tag::TRUE),
        Value::String(text) => {
            writer.varint(tag::TEXT);
            writer.size(position(text)?)?;
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            writer.varint(tag::TEXTS);
            writer.size(items.len())?;
            let mut last = 0;
            for text in items.iter().filter_map(Value::as_str) {
                let position = position(text)?;
                writer.size(position - last)?;
                last = position;
            }
        }
        Value::Array(items) => {
            writer.varint(tag::LIST);
            writer.size(items.len())?;
            for item in items {
                write(item, positions, writer)?;
            }
        }
        Value::Object(entries) => {
            writer.varint(tag::MAP);
            writer.size(entries.len())?;
            // Sorted, whatever order the parser keeps.
            for (key, value) in entries.iter().collect::<BTreeMap<_, _>>() {
                writer.size(position(key)?)?;
                write(value, positions, writer)?;
            }
        }
        Value::Null | Value::Number(_) => bail!("a document holds {value}"),
    }
    Ok(())
}
