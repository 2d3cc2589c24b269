//! The models' source: a pinned botocore wheel from PyPI, unpacked under the target directory.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::wheel::Wheel;

/// The package whose models are condensed.
pub(crate) const BOTOCORE: Wheel = Wheel {
    name: "botocore",
    version: "1.44.5",
    sha256: "8f16a56d1dff125dd65322ae021efa7ba5195a6db5102b96862566055b748921",
};

/// The data folder of an unpacked wheel.
#[derive(Debug)]
pub(crate) struct Source {
    data: PathBuf,
}

impl Source {
    /// Downloads and unpacks the wheel unless an earlier run has.
    ///
    /// # Errors
    /// When Python or the package index cannot be reached, or the wheel is not the pinned one.
    pub(crate) fn fetch(target: &Path) -> Result<Self> {
        let unpacked = BOTOCORE.fetch(target)?;
        Ok(Self {
            data: unpacked.join("botocore/data"),
        })
    }

    /// The folders of all services with the newest API version of each, in order.
    pub(crate) fn services(&self) -> Result<Vec<(String, PathBuf)>> {
        let mut services = BTreeMap::new();
        for service in subfolders(&self.data)? {
            let versions = subfolders(&service)?;
            let newest = versions
                .into_iter()
                .filter(|folder| folder.join("service-2.json.gz").exists())
                .max();
            services.extend(newest.map(|newest| (name_of(&service), newest)));
        }
        ensure!(!services.is_empty(), "no service in `{}`", self.data.display());
        Ok(services.into_iter().collect())
    }

    /// A file beside the services, for example `partitions.json`.
    pub(crate) fn shared(&self, name: &str) -> Result<Value> {
        read_json(&self.data.join(name))
    }
}

/// The service model of an API version with botocore's own additions merged in.
pub(crate) fn service_model(version: &Path) -> Result<Value> {
    with_extras(version, "service-2", "service-2.json.gz")
}

/// The paginators of an API version, additions included; null when it has none.
pub(crate) fn paginators(version: &Path) -> Result<Value> {
    with_extras(version, "paginators-1", "paginators-1.json")
}

/// The endpoint rules of an API version.
pub(crate) fn endpoint_rules(version: &Path) -> Result<Value> {
    read_json(&version.join("endpoint-rule-set-1.json.gz"))
}

fn with_extras(version: &Path, stem: &str, file: &str) -> Result<Value> {
    let path = version.join(file);
    let mut model = if path.exists() {
        read_json(&path)?
    } else {
        Value::Null
    };
    let extras = version.join(format!("{stem}.sdk-extras.json"));
    if extras.exists() {
        merge(
            &mut model,
            read_json(&extras)?
                .get_mut("merge")
                .context("extras without `merge`")?
                .take(),
        );
    }
    Ok(model)
}

fn merge(base: &mut Value, extra: Value) {
    match (base, extra) {
        (Value::Object(base), Value::Object(extra)) => {
            for (key, value) in extra {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, extra) => *base = extra,
    }
}

fn read_json(path: &Path) -> Result<Value> {
    let read = || -> Result<Value> {
        let bytes = fs::read(path)?;
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut text = Vec::new();
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut text)?;
            return Ok(serde_json::from_slice(&text)?);
        }
        Ok(serde_json::from_slice(&bytes)?)
    };
    read().with_context(|| format!("cannot read `{}`", path.display()))
}

fn subfolders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
