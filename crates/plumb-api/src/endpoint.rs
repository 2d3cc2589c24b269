//! Partitions, regions and endpoints: where a service is.

use plumb_model::value::Text;

use crate::catalog::{Catalog, Service};
use crate::format::Fields;
use crate::wire::Endpoint;

/// A group of regions with accounts of their own: `aws`, `aws-cn`, `aws-us-gov` and others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    id: Text,
    dns_suffix: Text,
    global_region: Text,
    prefixes: Vec<Text>,
    regions: Vec<Region>,
}

/// A region of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// For example `eu-central-1`.
    pub name: Text,
    /// For example `Europe (Frankfurt)`.
    pub description: Text,
}

/// The service has no endpoint in that region.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoSuchEndpoint {
    /// No service has that name.
    #[error("no service is called `{0}`")]
    UnknownService(String),
    /// No partition has a region of that name.
    #[error("no region is called `{0}`")]
    UnknownRegion(String),
    /// The service's rules give no endpoint there.
    #[error("{service} has no endpoint in {region}")]
    NotThere {
        /// The service.
        service: String,
        /// The region.
        region: String,
    },
}

/// Where a service is in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// AWS's list does not name the service; it is assumed in every region.
    Everywhere,
    /// One endpoint for the whole partition.
    Global,
    /// In the regions at these positions.
    Regions(Vec<usize>),
}

/// A host with places for region and DNS suffix, and how its requests are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointPattern {
    host: Text,
    base_path: Text,
    signing_name: Text,
    signing_region: Text,
}

/// The endpoints of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceEndpoints {
    partitions: Vec<PartitionEndpoints>,
    pub(crate) availability: Vec<Availability>,
    /// The pattern of the first partition does not name the region.
    pub(crate) is_regionless: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PartitionEndpoints {
    pattern: Option<u32>,
    exceptions: Vec<(usize, Option<u32>)>,
}

impl Partition {
    /// For example `aws`.
    pub fn id(&self) -> &Text {
        &self.id
    }

    /// For example `amazonaws.com`.
    pub fn dns_suffix(&self) -> &Text {
        &self.dns_suffix
    }

    /// The region where the partition's global services are called and signed, for example `us-east-1`.
    pub fn global_region(&self) -> &Text {
        &self.global_region
    }

    /// The regions in the order of their names, those included that an account must enable first.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The length of the longest prefix of the partition's regions that a name has, followed by a word and a number.
    fn matches(&self, region: &str) -> Option<usize> {
        let matching = |prefix: &Text| {
            let (word, number) = region.strip_prefix(prefix.as_str())?.split_once('-')?;
            let is_word = !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            (is_word && is_number).then_some(prefix.len())
        };
        self.prefixes.iter().filter_map(matching).max()
    }

    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (id, dns_suffix, global_region) = (
            fields.text()?.into(),
            fields.text()?.into(),
            fields.text()?.into(),
        );
        let prefixes = (0..fields.size()?)
            .map(|_| fields.text().map(Text::from))
            .collect::<Option<_>>()?;
        let regions = (0..fields.size()?)
            .map(|_| {
                Some(Region {
                    name: fields.text()?.into(),
                    description: fields.text()?.into(),
                })
            })
            .collect::<Option<_>>()?;
        Some(Self {
            id,
            dns_suffix,
            global_region,
            prefixes,
            regions,
        })
    }
}

impl Catalog {
    /// All partitions; the first is `aws`.
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// The partition of a region, known or only of a known form; `None` for what cannot be a region.
    pub fn partition_of(&self, region: &str) -> Option<&Partition> {
        self.partition_position(region)
            .and_then(|at| self.partitions.get(at))
    }

    /// Where a service's requests for a region go, by AWS's own endpoint rules.
    ///
    /// # Errors
    /// When there is no such service or region, or the rules give no endpoint.
    pub fn endpoint(&self, service: &str, region: &str) -> Result<Endpoint, NoSuchEndpoint> {
        let found = self
            .find(service)
            .ok_or_else(|| NoSuchEndpoint::UnknownService(service.to_owned()))?;
        let missing = || NoSuchEndpoint::UnknownRegion(region.to_owned());
        let at = self.partition_position(region).ok_or_else(missing)?;
        let partition = self.partitions.get(at).ok_or_else(missing)?;
        let pattern = found
            .endpoints
            .pattern(
                at,
                partition.regions.iter().position(|listed| listed.name == region),
            )
            .and_then(|pattern| self.patterns.get(usize::try_from(pattern).ok()?))
            .ok_or_else(|| NoSuchEndpoint::NotThere {
                service: service.to_owned(),
                region: region.to_owned(),
            })?;
        Ok(pattern.fill(region, &partition.dns_suffix))
    }

    /// The regions of a partition where a service can be called: the global region alone for a global service, and
    /// every region where AWS's list does not know the service. Empty for an unknown service or partition.
    pub fn regions_of(&self, service: &str, partition: &str) -> Vec<&Text> {
        let found = self
            .find(service)
            .zip(self.partitions.iter().position(|listed| listed.id == partition));
        let Some((service, at)) = found else {
            return Vec::new();
        };
        let Some(partition) = self.partitions.get(at) else {
            return Vec::new();
        };
        if service.is_global() {
            return vec![&partition.global_region];
        }
        let names = partition.regions.iter().map(|region| &region.name);
        match service.endpoints.availability.get(at) {
            None | Some(Availability::Everywhere) => names.collect(),
            Some(Availability::Global) => vec![&partition.global_region],
            Some(Availability::Regions(positions)) => names
                .enumerate()
                .filter(|(at, _)| positions.contains(at))
                .map(|(_, name)| name)
                .collect(),
        }
    }

    /// Whether each partition has one endpoint of the service for all its regions, as IAM has.
    pub fn is_global(&self, service: &str) -> bool {
        self.find(service).is_some_and(Service::is_global)
    }

    pub(crate) fn partition_position(&self, region: &str) -> Option<usize> {
        let lists = |partition: &Partition| partition.regions.iter().any(|listed| listed.name == region);
        self.partitions.iter().position(lists).or_else(|| {
            let matching = self.partitions.iter().enumerate();
            let longest = matching
                .filter_map(|(at, partition)| Some((partition.matches(region)?, at)))
                .max();
            longest.map(|(_, at)| at)
        })
    }
}

impl EndpointPattern {
    pub(crate) fn new(host: Text, base_path: Text, signing_name: Text, signing_region: Text) -> Self {
        Self {
            host,
            base_path,
            signing_name,
            signing_region,
        }
    }

    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            host: fields.text()?.into(),
            base_path: fields.text()?.into(),
            signing_name: fields.text()?.into(),
            signing_region: fields.text()?.into(),
        })
    }

    pub(crate) fn names_region(&self) -> bool {
        self.host.contains("{region}")
    }

    pub(crate) fn fill(&self, region: &str, dns_suffix: &str) -> Endpoint {
        Endpoint {
            scheme: Text::new_static("https"),
            host: self
                .host
                .replace("{region}", region)
                .replace("{dns_suffix}", dns_suffix),
            base_path: self.base_path.to_string(),
            signing_name: self.signing_name.clone(),
            signing_region: self.signing_region.replace("{region}", region).into(),
            custom: false,
        }
    }
}

impl ServiceEndpoints {
    pub(crate) fn read(
        fields: &mut Fields<'_>,
        partitions: usize,
        patterns: &[EndpointPattern],
    ) -> Option<Self> {
        let endpoints = (0..partitions)
            .map(|_| {
                let pattern = fields.option()?;
                let exceptions = (0..fields.size()?)
                    .map(|_| Some((fields.size()?, fields.option()?)))
                    .collect::<Option<_>>()?;
                Some(PartitionEndpoints { pattern, exceptions })
            })
            .collect::<Option<Vec<_>>>()?;
        let availability = (0..partitions)
            .map(|_| match fields.varint()? {
                0 => Some(Availability::Everywhere),
                1 => Some(Availability::Global),
                2 => (0..fields.size()?)
                    .map(|_| fields.size())
                    .collect::<Option<_>>()
                    .map(Availability::Regions),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?;
        let first = endpoints.first().and_then(|endpoints| endpoints.pattern);
        let first = first.and_then(|pattern| patterns.get(usize::try_from(pattern).ok()?));
        let is_regionless = first.is_some_and(|pattern| !pattern.names_region());
        Some(Self {
            partitions: endpoints,
            availability,
            is_regionless,
        })
    }

    fn pattern(&self, partition: usize, region: Option<usize>) -> Option<u32> {
        let endpoints = self.partitions.get(partition)?;
        let exception = endpoints.exceptions.iter().find(|(at, _)| Some(*at) == region);
        exception.map_or(endpoints.pattern, |(_, pattern)| *pattern)
    }
}
