//! Where every service is in every region, as patterns with exceptions.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::partitions::{Availability, Partitions};
use super::rules::{Resolved, evaluate};
use super::writer::Writer;

/// Patterns of endpoints shared by all services.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    positions: BTreeMap<Resolved, u32>,
    patterns: Vec<Resolved>,
}

/// The endpoints of one service, or of one group of its operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoints {
    partitions: Vec<PartitionEndpoints>,
}

/// The pattern of all regions of a partition, and the regions that differ.
type PartitionEndpoints = (Option<Resolved>, Vec<(usize, Option<Resolved>)>);

impl Patterns {
    fn position(&mut self, pattern: &Resolved) -> Result<u32> {
        if let Some(position) = self.positions.get(pattern) {
            return Ok(*position);
        }
        let position = u32::try_from(self.patterns.len())?;
        self.positions.insert(pattern.clone(), position);
        self.patterns.push(pattern.clone());
        Ok(position)
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<()> {
        writer.size(self.patterns.len())?;
        for pattern in &self.patterns {
            writer.text(&pattern.host)?;
            writer.text(&pattern.base_path)?;
            writer.text(&pattern.signing_name)?;
            writer.text(&pattern.signing_region)?;
        }
        Ok(())
    }
}

impl Endpoints {
    /// Evaluates the rules of a service for every region of every partition.
    pub(crate) fn evaluate(
        rules: &Value,
        parameters: &BTreeMap<String, Value>,
        signing_name: &str,
        partitions: &Partitions,
    ) -> Result<Self> {
        let resolve = |region: &str| {
            let mut parameters = parameters.clone();
            parameters.insert("Region".to_owned(), json!(region));
            evaluate(rules, &parameters, signing_name, partitions)
                .with_context(|| format!("cannot evaluate the endpoint rules for {region}"))
        };
        let mut evaluated = Vec::new();
        for partition in partitions.iter() {
            let future = partition.future_region();
            let pattern =
                resolve(&future)?.map(|resolved| as_pattern(&resolved, &future, &partition.dns_suffix));
            let mut exceptions = Vec::new();
            for (at, region) in partition.regions.iter().enumerate() {
                let resolved = resolve(&region.name)?;
                let expected = pattern
                    .as_ref()
                    .map(|pattern| fill(pattern, &region.name, &partition.dns_suffix));
                if resolved != expected {
                    let exception =
                        resolved.map(|resolved| as_pattern(&resolved, &region.name, &partition.dns_suffix));
                    exceptions.push((at, exception));
                }
            }
            evaluated.push((pattern, exceptions));
        }
        Ok(Self {
            partitions: evaluated,
        })
    }

    /// The pattern of each partition.
    ///
    /// # Errors
    /// When a region differs from its partition, for which an operation's own endpoint has no place.
    pub(crate) fn without_exceptions(&self) -> Result<Vec<Option<Resolved>>> {
        let regular = |(pattern, exceptions): &PartitionEndpoints| {
            ensure!(
                exceptions.is_empty(),
                "an operation's own endpoint differs between regions"
            );
            Ok(pattern.clone())
        };
        self.partitions.iter().map(regular).collect()
    }

    pub(crate) fn write(&self, patterns: &mut Patterns, writer: &mut Writer) -> Result<()> {
        let mut option = |writer: &mut Writer, pattern: &Option<Resolved>| -> Result<()> {
            writer.option(
                pattern
                    .as_ref()
                    .map(|pattern| patterns.position(pattern))
                    .transpose()?,
            );
            Ok(())
        };
        for (pattern, exceptions) in &self.partitions {
            option(writer, pattern)?;
            writer.size(exceptions.len())?;
            for (region, exception) in exceptions {
                writer.size(*region)?;
                option(writer, exception)?;
            }
        }
        Ok(())
    }
}

/// Writes where the service is: 0 everywhere, 1 global, 2 and a list of regions.
pub(crate) fn write_availability(availability: &[Availability], writer: &mut Writer) -> Result<()> {
    for partition in availability {
        match partition {
            Availability::Everywhere => writer.varint(0),
            Availability::Global => writer.varint(1),
            Availability::Regions(regions) => {
                writer.varint(2);
                writer.size(regions.len())?;
                regions.iter().try_for_each(|region| writer.size(*region))?;
            }
            Availability::Nowhere => {
                writer.varint(2);
                writer.varint(0);
            }
        }
    }
    Ok(())
}

fn as_pattern(resolved: &Resolved, region: &str, dns_suffix: &str) -> Resolved {
    let host = resolved.host.replace(region, "{region}");
    let host = match host.strip_suffix(dns_suffix) {
        Some(stem) => format!("{stem}{{dns_suffix}}"),
        None => host,
    };
    let signing_region = resolved.signing_region.replace(region, "{region}");
    Resolved {
        host,
        signing_region,
        ..resolved.clone()
    }
}

fn fill(pattern: &Resolved, region: &str, dns_suffix: &str) -> Resolved {
    Resolved {
        host: pattern
            .host
            .replace("{region}", region)
            .replace("{dns_suffix}", dns_suffix),
        signing_region: pattern.signing_region.replace("{region}", region),
        ..pattern.clone()
    }
}
