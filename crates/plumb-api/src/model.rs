//! `ServiceModel` and `ReadOperation`: one service's read operations and their shapes.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use plumb_model::value::Text;

use crate::catalog::Service;
use crate::endpoint::EndpointPattern;
use crate::format::{Fields, operation};
use crate::paginate::Paginator;
use crate::shape::{Reference, ShapeData, ShapeRef};
use crate::wire::Method;

/// The API model of one service: its read operations and the shapes they reach.
///
/// Loading indexes the model; shapes and operations are decoded when they are first used.
pub struct ServiceModel {
    name: Text,
    service_id: Text,
    title: Text,
    signing_name: Text,
    pub(crate) protocol: Protocol,
    pub(crate) api_version: Text,
    pub(crate) target_prefix: Option<Text>,
    pub(crate) json_version: Option<Text>,
    pub(crate) query_compatible: bool,
    chunk: Vec<u8>,
    texts: Vec<Range<u32>>,
    shape_records: Vec<Range<u32>>,
    shapes: Vec<OnceLock<Box<ShapeData>>>,
    /// Sorted by name, as (position of the name among the texts, record).
    operations: Vec<(u32, Range<u32>)>,
}

/// How a service's requests and answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Form parameters in, XML out.
    Query,
    /// EC2's variant of the query protocol.
    Ec2,
    /// JSON in and out, the operation in a header.
    Json,
    /// JSON bodies; paths, queries and headers carry members.
    RestJson,
    /// XML bodies; paths, queries and headers carry members.
    RestXml,
    /// CBOR in and out, the operation in the path.
    Cbor,
}

/// An operation that reads configuration.
///
/// INVARIANT: only a catalog makes these, and the embedded models hold nothing but configuration reads; code that is
/// given one cannot write to a cloud, read its data or its secrets.
pub struct ReadOperation {
    model: Arc<ServiceModel>,
    name: Text,
    method: Method,
    pub(crate) uri: Text,
    pub(crate) input: Option<Reference>,
    pub(crate) output: Option<Reference>,
    pub(crate) result_wrapper: Option<Text>,
    pub(crate) host_prefix: Option<Text>,
    pub(crate) endpoint_override: Option<EndpointOverride>,
    pub(crate) unsigned: bool,
    pub(crate) unwrapped: bool,
    paginator: Option<Paginator>,
}

/// An operation's own endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointOverride {
    /// Per partition, in the catalog's order; `None` where the operation does not exist.
    pub(crate) patterns: Vec<Option<EndpointPattern>>,
    /// Whether it holds only for S3's directory buckets.
    pub(crate) for_directory_buckets: bool,
}

impl ServiceModel {
    /// The service's name: botocore's folder, for example `elbv2`.
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// AWS's service id, for example `Elastic Load Balancing v2`.
    pub fn service_id(&self) -> &Text {
        &self.service_id
    }

    /// How people call it.
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// What its requests are signed as, which is mostly also the prefix of its IAM actions.
    pub fn signing_name(&self) -> &Text {
        &self.signing_name
    }

    /// How its requests and answers are written.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The names of all read operations, in order.
    pub fn operation_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.operations
            .iter()
            .map(|(name, _)| self.text(*name).unwrap_or_default())
    }

    /// A read operation by its name in the API, for example `ListBuckets`; `None` for what does not exist, writes, or
    /// returns data or secrets.
    pub fn operation(self: &Arc<Self>, name: &str) -> Option<Arc<ReadOperation>> {
        let at = self
            .operations
            .binary_search_by(|(text, _)| self.text(*text).unwrap_or_default().cmp(name))
            .ok()?;
        let (_, record) = self.operations.get(at)?;
        ReadOperation::read(self, Fields::new(self.bytes(record)?)).map(Arc::new)
    }

    /// A shape; one that does not exist is a document.
    pub(crate) fn shape(&self, index: u32) -> &ShapeData {
        let found = usize::try_from(index)
            .ok()
            .and_then(|at| self.shapes.get(at).zip(self.shape_records.get(at)));
        let Some((cell, record)) = found else {
            return &ShapeData::Document;
        };
        cell.get_or_init(|| {
            let shape = self
                .bytes(record)
                .and_then(|bytes| ShapeData::read(Fields::new(bytes), self));
            Box::new(shape.unwrap_or(ShapeData::Document))
        })
    }

    /// A text of the table.
    pub(crate) fn text(&self, position: u32) -> Option<&str> {
        std::str::from_utf8(self.bytes(self.texts.get(usize::try_from(position).ok()?)?)?).ok()
    }

    /// Indexes a chunk; `None` when it is not one.
    pub(crate) fn read(service: &Service, chunk: Vec<u8>) -> Option<Self> {
        let mut fields = Fields::new(&chunk);
        let texts = records(&mut fields, &chunk)?;
        let text = |position: u32| {
            let range: &Range<u32> = texts.get(usize::try_from(position).ok()?)?;
            let bytes = chunk.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)?;
            std::str::from_utf8(bytes).ok()
        };
        let protocol = match fields.varint()? {
            0 => Protocol::Query,
            1 => Protocol::Ec2,
            2 => Protocol::Json,
            3 => Protocol::RestJson,
            4 => Protocol::RestXml,
            5 => Protocol::Cbor,
            _ => return None,
        };
        let api_version = text(fields.varint()?)?.into();
        let target_prefix = fields.option()?.and_then(text).map(Text::from);
        let json_version = fields.option()?.and_then(text).map(Text::from);
        let query_compatible = fields.varint()? != 0;
        let shape_records = records(&mut fields, &chunk)?;
        let operations = records(&mut fields, &chunk)?
            .into_iter()
            .map(|record| {
                let bytes =
                    chunk.get(usize::try_from(record.start).ok()?..usize::try_from(record.end).ok()?)?;
                Some((Fields::new(bytes).varint()?, record))
            })
            .collect::<Option<Vec<_>>>()?;
        if !fields.is_empty() {
            return None;
        }
        Some(Self {
            name: service.name().clone(),
            service_id: service.service_id().clone(),
            title: service.title().clone(),
            signing_name: service.signing_name().clone(),
            protocol,
            api_version,
            target_prefix,
            json_version,
            query_compatible,
            shapes: std::iter::repeat_with(OnceLock::new)
                .take(shape_records.len())
                .collect(),
            texts,
            shape_records,
            operations,
            chunk,
        })
    }

    fn bytes(&self, range: &Range<u32>) -> Option<&[u8]> {
        self.chunk
            .get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
    }
}

impl ReadOperation {
    /// The service's name, for example `s3`.
    pub fn service(&self) -> &Text {
        &self.model.name
    }

    /// The model that the operation belongs to.
    pub fn model(&self) -> &Arc<ServiceModel> {
        &self.model
    }

    /// The name in the API, for example `ListBuckets`.
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// The method of its requests.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The shape of its parameters.
    pub fn input(&self) -> Option<ShapeRef> {
        self.input
            .as_ref()
            .map(|input| ShapeRef::new(Arc::clone(&self.model), input.shape))
    }

    /// The shape of its answer.
    pub fn output(&self) -> Option<ShapeRef> {
        self.output
            .as_ref()
            .map(|output| ShapeRef::new(Arc::clone(&self.model), output.shape))
    }

    /// How its answers are paged; `None` when one answer is all.
    pub fn paginator(&self) -> Option<&Paginator> {
        self.paginator.as_ref()
    }

    fn read(model: &Arc<ServiceModel>, mut fields: Fields<'_>) -> Option<Self> {
        let name = model.text(fields.varint()?)?.into();
        let method = match fields.varint()? {
            0 => Method::Get,
            1 => Method::Head,
            2 => Method::Post,
            _ => return None,
        };
        let uri = model.text(fields.varint()?)?.into();
        let mut side = || match fields.varint()? {
            0 => Some(None),
            _ => Reference::read(&mut fields, model).map(Some),
        };
        let input = side()?;
        let output = side()?;
        let result_wrapper = fields.option()?.and_then(|at| model.text(at)).map(Text::from);
        let host_prefix = fields.option()?.and_then(|at| model.text(at)).map(Text::from);
        let traits = fields.varint()?;
        let has = |bit: u32| traits & bit != 0;
        let partitions = fields.size()?;
        let mut pattern = || match fields.varint()? {
            0 => Some(None),
            _ => {
                let mut text = || model.text(fields.varint()?).map(Text::from);
                Some(Some(EndpointPattern::new(text()?, text()?, text()?, text()?)))
            }
        };
        let patterns = (0..partitions).map(|_| pattern()).collect::<Option<Vec<_>>>()?;
        let for_directory_buckets = has(operation::OVERRIDE_FOR_DIRECTORY_BUCKETS);
        let endpoint_override = (!patterns.is_empty()).then_some(EndpointOverride {
            patterns,
            for_directory_buckets,
        });
        let paginator = match fields.varint()? {
            0 => None,
            _ => Some(Paginator::read(&mut fields, model)?),
        };
        Some(Self {
            model: Arc::clone(model),
            name,
            method,
            uri,
            input,
            output,
            result_wrapper,
            host_prefix,
            endpoint_override,
            unsigned: has(operation::UNSIGNED),
            unwrapped: has(operation::UNWRAPPED),
            paginator,
        })
    }
}

impl fmt::Debug for ServiceModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceModel")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Two are equal when they are the same operation of the same loaded model.
impl PartialEq for ReadOperation {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.model, &other.model)
    }
}

impl Eq for ReadOperation {}

impl fmt::Debug for ReadOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.model.name, self.name)
    }
}

/// Positions of length-prefixed records: a count, then each.
fn records(fields: &mut Fields<'_>, chunk: &[u8]) -> Option<Vec<Range<u32>>> {
    let count = fields.size()?;
    let mut ranges = Vec::new();
    for _ in 0..count {
        let length = fields.varint()?;
        let start = u32::try_from(chunk.len().checked_sub(fields.remaining())?).ok()?;
        fields.bytes(usize::try_from(length).ok()?)?;
        ranges.push(start..start.checked_add(length)?);
    }
    Some(ranges)
}
