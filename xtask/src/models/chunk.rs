//! Condenses one service model into the chunk that `plumb_api::model` reads.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use plumb_api::format::operation;
use serde_json::Value;

use super::paginators::Paginator;
use super::policy::{Decision, decide};
use super::rules::Resolved;
use super::shapes::Shapes;
use super::writer::{Texts, Writer};

/// One service as the condensation sees it.
#[derive(Debug)]
pub(crate) struct Service {
    /// botocore's folder.
    pub(crate) name: String,
    /// The service model.
    pub(crate) model: Value,
    /// The paginators, or null.
    pub(crate) paginators: Value,
    /// The operations that are kept, by their name without an API date.
    pub(crate) reads: BTreeMap<String, Read>,
}

/// One operation that is kept.
#[derive(Debug)]
pub(crate) struct Read {
    /// The key in the model's `operations`.
    pub(crate) key: String,
    /// The fixed parameters it gives to the endpoint rules.
    pub(crate) endpoint_parameters: BTreeMap<String, Value>,
    /// Where it goes in each partition, when that is not where the service is.
    pub(crate) endpoint: Option<Vec<Option<Resolved>>>,
}

impl Service {
    /// Sorts the operations into those that read and the others.
    pub(crate) fn new(name: String, model: Value, paginators: Value) -> Result<Self> {
        let mut reads = BTreeMap::new();
        for (key, described) in object(&model, "operations")? {
            let plain = without_date(key);
            let method = described
                .pointer("/http/method")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let is_read_method = matches!(method, "GET" | "HEAD" | "POST");
            if decide(&name, plain) != Decision::Read
                || !is_read_method
                || has_event_stream(&model, described)
            {
                continue;
            }
            let mut endpoint_parameters = BTreeMap::new();
            for (parameter, fixed) in described
                .get("staticContextParams")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                // The prefix of the host carries the account, whether the rules ask for it or not.
                if parameter != "RequiresAccountId" {
                    let value = fixed.get("value").context("a fixed parameter without `value`")?;
                    endpoint_parameters.insert(parameter.clone(), value.clone());
                }
            }
            let read = Read {
                key: key.clone(),
                endpoint_parameters,
                endpoint: None,
            };
            ensure!(
                reads.insert(plain.to_owned(), read).is_none(),
                "{name}:{plain} stands twice"
            );
        }
        Ok(Self {
            name,
            model,
            paginators,
            reads,
        })
    }

    /// A text of the model's metadata.
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        self.model.get("metadata")?.get(key)?.as_str()
    }

    /// The name that requests are signed with.
    pub(crate) fn signing_name(&self) -> Result<&str> {
        self.metadata("signingName")
            .or_else(|| self.metadata("endpointPrefix"))
            .context("no signing name")
    }

    /// Writes the chunk.
    pub(crate) fn condense(&self) -> Result<Writer> {
        let mut texts = Texts::default();
        let mut body = Writer::default();
        body.varint(protocol(self)?);
        body.varint(texts.position(self.metadata("apiVersion").context("no `apiVersion`")?)?);
        for key in ["targetPrefix", "jsonVersion"] {
            body.option(self.metadata(key).map(|text| texts.position(text)).transpose()?);
        }
        let is_query_compatible = self.model.pointer("/metadata/awsQueryCompatible").is_some();
        body.varint(u32::from(is_query_compatible));

        let mut shapes = Shapes::new(&self.name, &self.model, &mut texts)?;
        let roots: Vec<&str> = self
            .reads
            .values()
            .filter_map(|read| self.root(&read.key, "output"))
            .collect();
        shapes.withhold_secrets(&roots)?;
        let mut records = Vec::new();
        for (name, read) in &self.reads {
            records.push(self.operation(name, read, &mut shapes)?);
        }
        let written = shapes.finish()?;
        body.size(written.len())?;
        written.iter().try_for_each(|shape| body.record(shape))?;
        body.size(records.len())?;
        records.iter().try_for_each(|record| body.record(record))?;

        let mut chunk = Writer::default();
        texts.write(&mut chunk)?;
        chunk.raw(body.bytes());
        Ok(chunk)
    }

    fn root(&self, operation: &str, side: &str) -> Option<&str> {
        self.model
            .get("operations")?
            .get(operation)?
            .get(side)?
            .get("shape")?
            .as_str()
    }

    fn operation(&self, name: &str, read: &Read, shapes: &mut Shapes<'_>) -> Result<Writer> {
        let described = self
            .model
            .pointer("/operations")
            .and_then(|all| all.get(&read.key))
            .context("lost operation")?;
        let mut record = Writer::default();
        record.varint(shapes.texts.position(name)?);
        let http = |key: &str| {
            described
                .get("http")
                .and_then(|http| http.get(key))
                .and_then(Value::as_str)
        };
        record.varint(match http("method") {
            Some("GET") => 0,
            Some("HEAD") => 1,
            Some("POST") => 2,
            other => bail!("{}:{name} has the method {other:?}", self.name),
        });
        record.varint(shapes.texts.position(http("requestUri").unwrap_or("/"))?);
        for side in ["input", "output"] {
            match described.get(side) {
                Some(reference) => {
                    record.varint(1);
                    shapes.write_reference(reference, false, &mut record)?;
                }
                None => record.varint(0),
            }
        }
        let text = |pointer: &str| described.pointer(pointer).and_then(Value::as_str);
        for optional in [text("/output/resultWrapper"), text("/endpoint/hostPrefix")] {
            record.option(
                optional
                    .map(|optional| shapes.texts.position(optional))
                    .transpose()?,
            );
        }
        record.varint(self.traits(name, read, described));
        let partitions = read.endpoint.as_deref().unwrap_or_default();
        record.size(partitions.len())?;
        for pattern in partitions {
            record.varint(u32::from(pattern.is_some()));
            if let Some(Resolved {
                host,
                base_path,
                signing_name,
                signing_region,
            }) = pattern
            {
                for text in [host, base_path, signing_name, signing_region] {
                    record.varint(shapes.texts.position(text)?);
                }
            }
        }
        match Paginator::of(&read.key, described, self)? {
            Some(paginator) => {
                record.varint(1);
                paginator.write(shapes.texts, &mut record)?;
            }
            None => record.varint(0),
        }
        Ok(record)
    }

    fn traits(&self, name: &str, read: &Read, described: &Value) -> u32 {
        let mut traits = 0;
        if described.get("authtype").and_then(Value::as_str) == Some("none") {
            traits |= operation::UNSIGNED;
        }
        if self.name == "s3" && name == "GetBucketLocation" {
            traits |= operation::UNWRAPPED;
        }
        let is_bucket = described
            .pointer("/http/requestUri")
            .and_then(Value::as_str)
            .is_some_and(|uri| uri.contains("{Bucket}"));
        if self.name == "s3" && is_bucket && read.endpoint.is_some() {
            traits |= operation::OVERRIDE_FOR_DIRECTORY_BUCKETS;
        }
        traits
    }
}

/// The name without the API date that rest-xml models append to it, for example `GetPublicKey2020_05_31`.
pub(crate) fn without_date(name: &str) -> &str {
    let is_date = |tail: &str| {
        tail.bytes().enumerate().all(|(at, byte)| {
            if at == 4 || at == 7 {
                byte == b'_'
            } else {
                byte.is_ascii_digit()
            }
        })
    };
    match name
        .len()
        .checked_sub(10)
        .and_then(|at| name.split_at_checked(at))
    {
        Some((stem, tail)) if is_date(tail) => stem,
        _ => name,
    }
}

fn has_event_stream(model: &Value, described: &Value) -> bool {
    let members = |side: &str| {
        let shape = described.get(side)?.get("shape")?.as_str()?;
        model.get("shapes")?.get(shape)?.get("members")?.as_object()
    };
    let is_stream = |member: &Value| {
        let shape = member
            .get("shape")
            .and_then(Value::as_str)
            .and_then(|shape| model.get("shapes")?.get(shape));
        shape.is_some_and(|shape| shape.get("eventstream").is_some())
    };
    ["input", "output"]
        .iter()
        .filter_map(|side| members(side))
        .any(|members| members.values().any(is_stream))
}

/// JSON is preferred to CBOR where a service speaks both, because it is easier to read in a recording.
fn protocol(service: &Service) -> Result<u32> {
    let spoken: BTreeSet<&str> = service
        .model
        .pointer("/metadata/protocols")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let main = service.metadata("protocol").context("no `protocol`")?;
    Ok(match if spoken.contains("json") { "json" } else { main } {
        "query" => 0,
        "ec2" => 1,
        "json" => 2,
        "rest-json" => 3,
        "rest-xml" => 4,
        "smithy-rpc-v2-cbor" => 5,
        other => bail!("{} speaks the unknown protocol `{other}`", service.name),
    })
}

fn object<'a>(value: &'a Value, key: &str) -> Result<&'a serde_json::Map<String, Value>> {
    value
        .get(key)
        .and_then(Value::as_object)
        .with_context(|| format!("no object `{key}`"))
}
