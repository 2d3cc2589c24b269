//! Writes the shapes that the kept operations reach, without documentation, constraints and secret members.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail, ensure};
use plumb_api::format::{kind, reference};
use plumb_api::names::snake_case;
use serde_json::Value;

use super::policy::{Sensitivity, is_withheld};
use super::writer::{Texts, Writer};

/// The shapes of one service under condensation.
#[derive(Debug)]
pub(crate) struct Shapes<'a> {
    service: &'a str,
    source: &'a serde_json::Map<String, Value>,
    pub(crate) texts: &'a mut Texts,
    written: Vec<Option<Writer>>,
    structures: HashMap<String, u32>,
    others: HashMap<Writer, u32>,
    withheld: BTreeSet<(String, String)>,
}

impl<'a> Shapes<'a> {
    pub(crate) fn new(service: &'a str, model: &'a Value, texts: &'a mut Texts) -> Result<Self> {
        let source = model
            .get("shapes")
            .and_then(Value::as_object)
            .context("no `shapes`")?;
        Ok(Self {
            service,
            source,
            texts,
            written: Vec::new(),
            structures: HashMap::new(),
            others: HashMap::new(),
            withheld: BTreeSet::new(),
        })
    }

    /// Notes the secret members among everything that the answers hold.
    pub(crate) fn withhold_secrets(&mut self, outputs: &[&str]) -> Result<()> {
        let mut seen = BTreeSet::new();
        let mut pending: Vec<&str> = outputs.to_vec();
        while let Some(name) = pending.pop() {
            if !seen.insert(name.to_owned()) {
                continue;
            }
            let shape = self.shape(name)?;
            for key in ["member", "key", "value"] {
                pending.extend(
                    shape
                        .get(key)
                        .and_then(|reference| reference.get("shape")?.as_str()),
                );
            }
            for (member, reference) in members(shape) {
                let target = target(reference)?;
                if is_withheld(self.service, name, member, self.sensitivity(target)?) {
                    self.withheld.insert((name.to_owned(), member.clone()));
                } else {
                    pending.push(target);
                }
            }
        }
        Ok(())
    }

    /// Writes a reference and, when it is the first to it, the shape behind it.
    pub(crate) fn write_reference(
        &mut self,
        source: &Value,
        required: bool,
        writer: &mut Writer,
    ) -> Result<()> {
        let name = target(source)?;
        let index = self.index(name)?;
        let shape = self.shape(name)?;
        let either = |key: &str| source.get(key).or_else(|| shape.get(key));
        let is_set = |key: &str| either(key) == Some(&Value::Bool(true));
        let mut traits = 0;
        let wire_name = either("locationName").and_then(Value::as_str);
        let query_name = either("queryName").and_then(Value::as_str);
        let namespace = either("xmlNamespace").map(namespace).transpose()?;
        traits |= if wire_name.is_some() {
            reference::WIRE_NAME
        } else {
            0
        };
        traits |= if query_name.is_some() {
            reference::QUERY_NAME
        } else {
            0
        };
        traits |= if namespace.is_some() {
            reference::XML_NAMESPACE
        } else {
            0
        };
        traits |= if required { reference::REQUIRED } else { 0 };
        for (key, bit) in [
            ("flattened", reference::FLATTENED),
            ("xmlAttribute", reference::XML_ATTRIBUTE),
            ("jsonvalue", reference::JSON_VALUE),
            ("hostLabel", reference::HOST_LABEL),
        ] {
            traits |= if is_set(key) { bit } else { 0 };
        }
        let location = match either("location").and_then(Value::as_str) {
            None => 0,
            Some("uri") => 1,
            Some("querystring") => 2,
            Some("header") => 3,
            Some("headers") => 4,
            Some("statusCode") => 5,
            Some(other) => bail!("unknown location `{other}`"),
        };
        traits |= location << reference::LOCATION_SHIFT;
        let timestamp = match either("timestampFormat").and_then(Value::as_str) {
            None => 0,
            Some("iso8601") => 1,
            Some("rfc822") => 2,
            Some("unixTimestamp") => 3,
            Some(other) => bail!("unknown timestamp format `{other}`"),
        };
        traits |= timestamp << reference::TIMESTAMP_SHIFT;

        writer.varint(index);
        writer.varint(traits);
        for text in [wire_name, query_name].into_iter().flatten() {
            writer.varint(self.texts.position(text)?);
        }
        if let Some((prefix, address)) = namespace {
            writer.varint(self.texts.position(prefix)?);
            writer.varint(self.texts.position(address)?);
        }
        Ok(())
    }

    /// All shapes in the order of their indices.
    pub(crate) fn finish(self) -> Result<Vec<Writer>> {
        self.written
            .into_iter()
            .map(|shape| shape.context("a shape that was never finished"))
            .collect()
    }

    fn index(&mut self, name: &str) -> Result<u32> {
        let shape = self.shape(name)?;
        let kind = match shape.get("type").and_then(Value::as_str) {
            Some("structure") if shape.get("document") == Some(&Value::Bool(true)) => kind::DOCUMENT,
            Some("structure") => return self.structure(name),
            Some("list") => kind::LIST,
            Some("map") => kind::MAP,
            Some("string" | "character") => kind::STRING,
            Some("integer") => kind::INTEGER,
            Some("long") => kind::LONG,
            Some("float") => kind::FLOAT,
            Some("double") => kind::DOUBLE,
            Some("boolean") => kind::BOOLEAN,
            Some("timestamp") => kind::TIMESTAMP,
            Some("blob") => kind::BLOB,
            other => bail!("`{name}` has the unknown type {other:?}"),
        };
        let mut record = Writer::default();
        record.varint(kind);
        for key in ["member", "key", "value"] {
            if let Some(reference) = shape.get(key) {
                self.write_reference(reference, false, &mut record)?;
            }
        }
        if let Some(index) = self.others.get(&record) {
            return Ok(*index);
        }
        let index = self.reserve()?;
        self.others.insert(record.clone(), index);
        self.fill(index, record)?;
        Ok(index)
    }

    fn structure(&mut self, name: &str) -> Result<u32> {
        if let Some(index) = self.structures.get(name) {
            return Ok(*index);
        }
        let index = self.reserve()?;
        self.structures.insert(name.to_owned(), index);
        let shape = self.shape(name)?;
        let required: BTreeSet<&str> = shape
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let kept: BTreeMap<&String, &Value> = members(shape)
            .filter(|(member, _)| !self.withheld.contains(&(name.to_owned(), (*member).clone())))
            .collect();
        let mut attributes = BTreeSet::new();
        let mut wire_names = BTreeSet::new();
        let mut record = Writer::default();
        record.varint(kind::STRUCTURE);
        let payload = shape.get("payload").and_then(Value::as_str);
        let position = payload.and_then(|payload| kept.keys().position(|member| *member == payload));
        ensure!(
            payload.is_some() == position.is_some(),
            "the payload of `{name}` is not among its members"
        );
        record.option(position.map(u32::try_from).transpose()?);
        record.size(kept.len())?;
        for (member, reference) in kept {
            let attribute = snake_case(member);
            ensure!(
                !attribute.is_empty(),
                "`{name}.{member}` has no name in snake_case"
            );
            ensure!(
                attributes.insert(attribute),
                "`{name}.{member}` has the same name in snake_case as a neighbour"
            );
            let wire = |key: &str| reference.get(key).and_then(Value::as_str);
            let wire_name = (wire("location"), wire("locationName").unwrap_or(member));
            ensure!(
                wire_names.insert(wire_name),
                "`{name}.{member}` has the same name on the wire as a neighbour"
            );
            record.varint(self.texts.position(member)?);
            self.write_reference(reference, required.contains(member.as_str()), &mut record)?;
        }
        self.fill(index, record)?;
        Ok(index)
    }

    fn reserve(&mut self) -> Result<u32> {
        self.written.push(None);
        Ok(u32::try_from(self.written.len() - 1)?)
    }

    fn fill(&mut self, index: u32, record: Writer) -> Result<()> {
        *self
            .written
            .get_mut(usize::try_from(index)?)
            .context("an index past the end")? = Some(record);
        Ok(())
    }

    fn shape(&self, name: &str) -> Result<&'a Value> {
        self.source
            .get(name)
            .with_context(|| format!("no shape `{name}`"))
    }

    fn sensitivity(&self, name: &str) -> Result<Sensitivity> {
        let shape = self.shape(name)?;
        let is_text = matches!(shape.get("type").and_then(Value::as_str), Some("string" | "blob"));
        let is_marked = shape.get("sensitive") == Some(&Value::Bool(true));
        Ok(match (is_text, shape.get("enum").is_some(), is_marked) {
            (false, _, _) => Sensitivity::NotText,
            (true, true, _) => Sensitivity::Enumerated,
            (true, false, true) => Sensitivity::Marked,
            (true, false, false) => Sensitivity::Plain,
        })
    }
}

fn members(shape: &Value) -> impl Iterator<Item = (&String, &Value)> {
    shape
        .get("members")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn target(reference: &Value) -> Result<&str> {
    reference
        .get("shape")
        .and_then(Value::as_str)
        .context("a reference without `shape`")
}

fn namespace(source: &Value) -> Result<(&str, &str)> {
    match source {
        Value::String(address) => Ok(("", address)),
        _ => {
            let text = |key: &str| source.get(key).and_then(Value::as_str);
            Ok((
                text("prefix").unwrap_or(""),
                text("uri").context("a namespace without `uri`")?,
            ))
        }
    }
}
