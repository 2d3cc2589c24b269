//! Partitions and their regions, and which region has which service.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::writer::Writer;

/// All partitions in the order of the source.
#[derive(Debug)]
pub(crate) struct Partitions {
    partitions: Vec<Partition>,
}

/// One partition.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) id: String,
    pub(crate) dns_suffix: String,
    outputs: Value,
    global_region: String,
    prefixes: Vec<String>,
    pub(crate) regions: Vec<Region>,
    services: Value,
    known_regions: Vec<String>,
}

/// One region.
#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) name: String,
    description: String,
}

/// Where a service is in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// The source does not say; assumed to be everywhere.
    Everywhere,
    /// One endpoint for the whole partition.
    Global,
    /// In the regions at these positions.
    Regions(Vec<usize>),
    /// The source lists the service in other partitions only.
    Nowhere,
}

impl Partitions {
    /// From `partitions.json` and `endpoints.json`.
    pub(crate) fn read(partitions: &Value, endpoints: &Value) -> Result<Self> {
        let mut read = Vec::new();
        for partition in array(partitions, "partitions")? {
            let id = text(partition, "id")?;
            let outputs = partition
                .get("outputs")
                .context("a partition without `outputs`")?;
            let old = array(endpoints, "partitions")?
                .iter()
                .find(|old| old.get("partition").and_then(Value::as_str) == Some(&id));
            let mut regions: Vec<Region> = object_entries(partition, "regions")?
                .into_iter()
                .filter(|(name, _)| !name.ends_with("-global"))
                .map(|(name, region)| Region {
                    name: name.clone(),
                    description: region
                        .get("description")
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned(),
                })
                .collect();
            regions.sort_by(|a, b| a.name.cmp(&b.name));
            read.push(Partition {
                dns_suffix: text(outputs, "dnsSuffix")?,
                global_region: text(outputs, "implicitGlobalRegion")?,
                prefixes: prefixes(&text(partition, "regionRegex")?)?,
                outputs: outputs.clone(),
                regions,
                services: old
                    .and_then(|old| old.get("services"))
                    .cloned()
                    .unwrap_or(Value::Null),
                known_regions: old
                    .and_then(|old| old.get("regions")?.as_object())
                    .map(|regions| regions.keys().cloned().collect())
                    .unwrap_or_default(),
                id,
            });
        }
        Ok(Self { partitions: read })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Partition> {
        self.partitions.iter()
    }

    /// What the rules' function `aws.partition` answers.
    pub(crate) fn outputs(&self, region: &str) -> Result<Value> {
        let lists = |partition: &&Partition| partition.regions.iter().any(|listed| listed.name == region);
        let begins = |partition: &Partition| {
            partition
                .prefixes
                .iter()
                .filter(|prefix| region.starts_with(*prefix))
                .map(String::len)
                .max()
        };
        let partition = match self.partitions.iter().find(lists) {
            Some(partition) => Some(partition),
            None => self
                .partitions
                .iter()
                .filter(|p| begins(p).is_some())
                .max_by_key(|p| begins(p)),
        };
        Ok(partition
            .or(self.partitions.first())
            .context("no partition")?
            .outputs
            .clone())
    }

    /// Where the service with an endpoint prefix is, one answer per partition.
    pub(crate) fn availability(&self, endpoint_prefix: &str) -> Vec<Availability> {
        let is_known = self
            .partitions
            .iter()
            .any(|partition| partition.services.get(endpoint_prefix).is_some());
        self.partitions
            .iter()
            .map(|partition| partition.availability(endpoint_prefix, is_known))
            .collect()
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<()> {
        writer.size(self.partitions.len())?;
        for partition in &self.partitions {
            writer.text(&partition.id)?;
            writer.text(&partition.dns_suffix)?;
            writer.text(&partition.global_region)?;
            writer.size(partition.prefixes.len())?;
            for prefix in &partition.prefixes {
                writer.text(prefix)?;
            }
            writer.size(partition.regions.len())?;
            for region in &partition.regions {
                writer.text(&region.name)?;
                writer.text(&region.description)?;
            }
        }
        Ok(())
    }
}

impl Partition {
    /// A region that does not exist yet, to learn where future regions will be.
    pub(crate) fn future_region(&self) -> String {
        format!("{}plumb-1", self.prefixes.first().map_or("", String::as_str))
    }

    fn availability(&self, endpoint_prefix: &str, is_known: bool) -> Availability {
        let Some(service) = self.services.get(endpoint_prefix) else {
            return if is_known {
                Availability::Nowhere
            } else {
                Availability::Everywhere
            };
        };
        if service.get("isRegionalized") == Some(&Value::Bool(false)) {
            return Availability::Global;
        }
        let endpoints = service.get("endpoints");
        let has = |region: &Region| {
            // A region that the older list of regions does not know may well have the service.
            endpoints.is_some_and(|endpoints| endpoints.get(&region.name).is_some())
                || !self.known_regions.contains(&region.name)
        };
        let regions: Vec<usize> = self
            .regions
            .iter()
            .enumerate()
            .filter(|(_, region)| has(region))
            .map(|(at, _)| at)
            .collect();
        Availability::Regions(regions)
    }
}

/// The literal beginnings of the regions that a partition's pattern matches.
fn prefixes(pattern: &str) -> Result<Vec<String>> {
    let stem = pattern
        .strip_prefix('^')
        .and_then(|rest| rest.strip_suffix(r"\-\w+\-\d+$"))
        .with_context(|| format!("the region pattern `{pattern}` has an unknown form"))?;
    let (before, choices, after) = match (stem.split_once('('), stem.split_once(')')) {
        (Some((before, _)), Some((_, after))) => {
            let inner = stem
                .split_once('(')
                .and_then(|(_, rest)| rest.split_once(')'))
                .map_or("", |(inner, _)| inner);
            (before, inner, after)
        }
        _ => (stem, "", ""),
    };
    let plain = |text: &str| text.replace(r"\-", "-");
    let prefixes: Vec<String> = choices
        .split('|')
        .map(|choice| format!("{}{choice}{}-", plain(before), plain(after)))
        .collect();
    ensure!(
        prefixes
            .iter()
            .all(|prefix| prefix.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')),
        "the region pattern `{pattern}` has an unknown form"
    );
    Ok(prefixes)
}

fn array<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value
        .get(key)
        .and_then(Value::as_array)
        .with_context(|| format!("no list `{key}`"))
}

fn text(value: &Value, key: &str) -> Result<String> {
    Ok(value
        .get(key)
        .and_then(Value::as_str)
        .with_context(|| format!("no text `{key}`"))?
        .to_owned())
}

fn object_entries<'a>(value: &'a Value, key: &str) -> Result<Vec<(&'a String, &'a Value)>> {
    Ok(value
        .get(key)
        .and_then(Value::as_object)
        .with_context(|| format!("no object `{key}`"))?
        .iter()
        .collect())
}
