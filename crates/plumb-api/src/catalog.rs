//! `Catalog`: all services whose API models are embedded, and where each of them is.

use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};

use lz4_flex::block::decompress;
use plumb_model::value::Text;

use crate::endpoint::{Availability, EndpointPattern, Partition, ServiceEndpoints};
use crate::format::{Fields, MAGIC, VERSION};
use crate::model::ServiceModel;

static AWS_MODELS: &[u8] = include_bytes!("../models/aws.bin");

/// The services of one cloud with their API models, which are decompressed when they are first asked for.
pub struct Catalog {
    source_version: Text,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) patterns: Vec<EndpointPattern>,
    pub(crate) services: Vec<Service>,
}

/// One service of the catalog: its names and where it is.
pub struct Service {
    name: Text,
    service_id: Text,
    title: Text,
    signing_name: Text,
    endpoint_prefix: Text,
    pub(crate) endpoints: ServiceEndpoints,
    chunk: &'static [u8],
    chunk_size: usize,
    model: OnceLock<Option<Arc<ServiceModel>>>,
}

impl Catalog {
    /// All read operations of Amazon Web Services.
    pub fn aws() -> &'static Catalog {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "the embedded file is checked by a test")]
            Catalog::read(AWS_MODELS).expect("the embedded API models are sound")
        });
        &CATALOG
    }

    /// The version of botocore that the models come from.
    pub fn source_version(&self) -> &str {
        &self.source_version
    }

    /// All services in the order of their names.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &Service> {
        self.services.iter()
    }

    /// The API model of a service, by its name or an alias; see [`Catalog::find`].
    pub fn service(&self, name: &str) -> Option<Arc<ServiceModel>> {
        let service = self.find(name)?;
        service.model.get_or_init(|| service.load()).clone()
    }

    /// A service by its name (botocore's folder, for example `elbv2`), its service id in any spelling (`Elastic Load
    /// Balancing v2`, `elastic_load_balancing_v2`), or the prefix of its endpoints or its signing name where only
    /// one service has that one (`monitoring`).
    pub fn find(&self, name: &str) -> Option<&Service> {
        if let Ok(at) = self
            .services
            .binary_search_by(|service| service.name.as_str().cmp(name))
        {
            return self.services.get(at);
        }
        let wanted = plain(name);
        if wanted.is_empty() {
            return None;
        }
        let only = |field: fn(&Service) -> &str| {
            let mut found = self
                .services
                .iter()
                .filter(|service| plain(field(service)) == wanted);
            found.next().filter(|_| found.next().is_none())
        };
        only(|service| &service.service_id)
            .or_else(|| only(|service| &service.endpoint_prefix))
            .or_else(|| only(|service| &service.signing_name))
    }

    /// Reads a models file; `None` when it is not one of this version.
    fn read(file: &'static [u8]) -> Option<Self> {
        let mut fields = Fields::new(file);
        if fields.bytes(MAGIC.len())? != MAGIC || fields.varint()? != VERSION {
            return None;
        }
        let index_size = fields.size()?;
        let packed_index_size = fields.size()?;
        let index = unpack(fields.bytes(packed_index_size)?, index_size)?;
        let mut index = Fields::new(&index);

        let source_version = Text::from(index.text()?);
        let partitions = (0..index.size()?)
            .map(|_| Partition::read(&mut index))
            .collect::<Option<Vec<_>>>()?;
        let patterns = (0..index.size()?)
            .map(|_| EndpointPattern::read(&mut index))
            .collect::<Option<Vec<_>>>()?;
        let mut services = Vec::new();
        for _ in 0..index.size()? {
            let mut text = || index.text().map(Text::from);
            let (name, service_id, title, signing_name, endpoint_prefix) =
                (text()?, text()?, text()?, text()?, text()?);
            let endpoints = ServiceEndpoints::read(&mut index, partitions.len(), &patterns)?;
            let packed_size = index.size()?;
            let chunk_size = index.size()?;
            let chunk = fields.bytes(packed_size)?;
            let model = OnceLock::new();
            services.push(Service {
                name,
                service_id,
                title,
                signing_name,
                endpoint_prefix,
                endpoints,
                chunk,
                chunk_size,
                model,
            });
        }
        let is_sorted = services.is_sorted_by(|a, b| a.name < b.name);
        (is_sorted && index.is_empty() && fields.is_empty()).then_some(Self {
            source_version,
            partitions,
            patterns,
            services,
        })
    }
}

impl Service {
    /// The name: botocore's folder, for example `elbv2`.
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// AWS's service id, for example `Elastic Load Balancing v2`; names configuration such as
    /// `AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2`.
    pub fn service_id(&self) -> &Text {
        &self.service_id
    }

    /// How people call it, for example `Elastic Load Balancing v2`.
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// What its requests are signed as, which is mostly also the prefix of its IAM actions.
    pub fn signing_name(&self) -> &Text {
        &self.signing_name
    }

    /// Whether a partition has one endpoint for all its regions, as IAM has.
    pub fn is_global(&self) -> bool {
        self.endpoints.availability.first() == Some(&Availability::Global) || self.endpoints.is_regionless
    }

    fn load(&self) -> Option<Arc<ServiceModel>> {
        ServiceModel::read(self, unpack(self.chunk, self.chunk_size)?).map(Arc::new)
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog")
            .field("source_version", &self.source_version)
            .field("services", &self.services.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn unpack(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    decompress(packed, size)
        .ok()
        .filter(|unpacked| unpacked.len() == size)
}
