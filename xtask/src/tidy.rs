//! `cargo xtask tidy`: what compilers do not check.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::test::root;

/// The crates from the bottom up; each may depend on those before it only.
const LAYERS: [&str; 15] = [
    "plumb-model",
    "plumb-expr",
    "plumb-api",
    "plumb-pack",
    "plumb-iam",
    "plumb-iac",
    "plumb-net",
    "plumb-graph",
    "plumb-parquet",
    "plumb-engine",
    "plumb-collect",
    "plumb-cloud",
    "plumb-report",
    "plumb-demo",
    "plumb",
];

/// Heavy crates from outside and the only crates that may use them, outside of tests.
const HEAVY: [(&str, &[&str]); 10] = [
    ("reqwest", &["plumb-cloud"]),
    ("hyper", &["plumb-cloud"]),
    ("aws-config", &["plumb-cloud"]),
    ("aws-sigv4", &["plumb-cloud"]),
    ("rustls", &["plumb-cloud"]),
    ("parquet", &["plumb-parquet"]),
    ("axum", &[]),
    ("clap", &["plumb"]),
    ("indicatif", &["plumb"]),
    ("tokio", &["plumb-collect", "plumb-cloud", "plumb"]),
];

/// Crates that must be nowhere in the tree.
const BANNED: [&str; 4] = ["aws-lc-sys", "openssl-sys", "native-tls", "serde_yaml"];

/// Lines after which a source file is too long.
const LONGEST: usize = 600;

/// The median length that source files stay below.
const MEDIAN: usize = 250;

/// Crates whose code may name a cloud service.
const NAMES_SERVICES: [&str; 6] = [
    "plumb-cloud",
    "plumb-api",
    "plumb-demo",
    "plumb-iac",
    "plumb-iam",
    "plumb-net",
];

/// Names of services and types that must not stand in code elsewhere.
const SERVICE_NAMES: [&str; 6] = [
    "aws_s3_",
    "aws_iam_",
    "aws_ec2_",
    "GetBucket",
    "DescribeInstances",
    "cloudtrail",
];

/// Checks everything and says all that is wrong.
pub(crate) fn run() -> Result<()> {
    let mut problems = Vec::new();
    let packages = packages()?;
    layers(&packages, &mut problems);
    banned(&mut problems)?;
    files(&mut problems)?;
    ensure!(
        problems.is_empty(),
        "{} problems\n{}",
        problems.len(),
        problems.join("\n")
    );
    println!(
        "tidy: {} crates in their layers, all files in bounds",
        packages.len()
    );
    Ok(())
}

/// Dependencies of each workspace crate outside of tests.
fn packages() -> Result<BTreeMap<String, Vec<String>>> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()?;
    ensure!(output.status.success(), "cargo metadata failed");
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut packages = BTreeMap::new();
    for package in metadata["packages"].as_array().context("no packages")? {
        let name = package["name"]
            .as_str()
            .context("a package without a name")?
            .to_owned();
        let dependencies = package["dependencies"].as_array().context("no dependencies")?;
        let normal = dependencies
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .collect();
        packages.insert(name, normal);
    }
    Ok(packages)
}

fn layers(packages: &BTreeMap<String, Vec<String>>, problems: &mut Vec<String>) {
    let layer = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    for (name, dependencies) in packages.iter().filter(|(name, _)| *name != "xtask") {
        let Some(own) = layer(name) else {
            problems.push(format!(
                "crate `{name}` has no place in LAYERS (xtask/src/tidy.rs)"
            ));
            continue;
        };
        for dependency in dependencies {
            if layer(dependency).is_some_and(|below| below >= own) {
                problems.push(format!("`{name}` depends on `{dependency}`, which is above it"));
            }
            let allowed = HEAVY.iter().find(|(heavy, _)| heavy == dependency);
            if allowed.is_some_and(|(_, users)| !users.contains(&name.as_str())) {
                problems.push(format!(
                    "`{name}` must not depend on the heavy crate `{dependency}`"
                ));
            }
        }
    }
}

fn banned(problems: &mut Vec<String>) -> Result<()> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock"))?;
    for name in BANNED {
        if lock.contains(&format!("name = \"{name}\"")) {
            problems.push(format!("the crate `{name}` is in Cargo.lock"));
        }
    }
    Ok(())
}

fn files(problems: &mut Vec<String>) -> Result<()> {
    let mut sources = Vec::new();
    find(&root().join("crates"), &mut sources)?;
    find(&root().join("xtask"), &mut sources)?;
    let mut lengths = Vec::new();
    for path in &sources {
        let text = std::fs::read_to_string(path)?;
        let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        let lines = text.lines().count();
        lengths.push(lines);
        if lines > LONGEST {
            problems.push(format!("{shown} has {lines} lines, more than {LONGEST}"));
        }
        if shown.contains("/src/") && !text.starts_with("//!") {
            problems.push(format!(
                "{shown} does not begin with a sentence about itself (`//!`)"
            ));
        }
        let names_services = shown.starts_with("xtask")
            || NAMES_SERVICES
                .iter()
                .any(|name| shown.contains(&format!("{name}/")));
        if names_services || !shown.contains("/src/") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            if let Some(name) = SERVICE_NAMES.iter().find(|name| line.contains(**name)) {
                problems.push(format!(
                    "{shown}:{} names a cloud service (`{name}`): that is knowledge, not code",
                    number + 1
                ));
            }
        }
    }
    lengths.sort_unstable();
    if let Some(median) = lengths.get(lengths.len() / 2).filter(|median| **median >= MEDIAN) {
        problems.push(format!(
            "the median source file has {median} lines, not below {MEDIAN}"
        ));
    }
    Ok(())
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    Ok(())
}
