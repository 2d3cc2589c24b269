//! How the answers of an operation are paged, from botocore's paginators or from the operation's own members.

use anyhow::{Context, Result};
use serde_json::Value;

use super::chunk::Service;
use super::writer::{Texts, Writer};

/// Pairs of an input member and the output member that feeds it, for operations without a paginator of their own.
const COMMON_TOKENS: [(&str, &str); 13] = [
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("Marker", "NextMarker"),
    ("Marker", "Marker"),
    ("marker", "nextMarker"),
    ("marker", "marker"),
    ("NextMarker", "NextMarker"),
    ("nextMarker", "nextMarker"),
    ("PageToken", "NextPageToken"),
    ("pageToken", "nextPageToken"),
    ("NextPageToken", "NextPageToken"),
    ("nextPageToken", "nextPageToken"),
    ("ContinuationToken", "NextContinuationToken"),
];

/// Tokens and results of one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paginator {
    tokens: Vec<(String, String)>,
    more_results: Option<String>,
    limit_key: Option<String>,
    result_keys: Vec<String>,
}

impl Paginator {
    /// The paginator of an operation by its key in the model.
    pub(crate) fn of(key: &str, described: &Value, service: &Service) -> Result<Option<Self>> {
        let Some(source) = service
            .paginators
            .pointer("/pagination")
            .and_then(|all| all.get(key))
        else {
            return Ok(Self::guess(described, &service.model));
        };
        let texts = |key: &str| match source.get(key) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let (inputs, outputs) = (texts("input_token"), texts("output_token"));
        anyhow::ensure!(
            inputs.len() == outputs.len() && !inputs.is_empty(),
            "`{key}` pages with unequal tokens"
        );
        Ok(Some(Self {
            tokens: inputs.into_iter().zip(outputs).collect(),
            more_results: texts("more_results").into_iter().next(),
            limit_key: texts("limit_key").into_iter().next(),
            result_keys: texts("result_key"),
        }))
    }

    pub(crate) fn write(&self, texts: &mut Texts, writer: &mut Writer) -> Result<()> {
        writer.size(self.tokens.len())?;
        for (input, output) in &self.tokens {
            writer.varint(texts.position(input)?);
            writer.varint(texts.position(output)?);
        }
        for optional in [&self.more_results, &self.limit_key] {
            writer.option(optional.as_ref().map(|text| texts.position(text)).transpose()?);
        }
        writer.size(self.result_keys.len())?;
        self.result_keys.iter().try_for_each(|key| {
            writer.varint(texts.position(key).context("too many texts")?);
            Ok(())
        })
    }

    fn guess(described: &Value, model: &Value) -> Option<Self> {
        let is_text = |side: &str, member: &str| {
            let shapes = model.get("shapes")?;
            let members = shapes
                .get(described.get(side)?.get("shape")?.as_str()?)?
                .get("members")?;
            let target = members.get(member)?.get("shape")?.as_str()?;
            Some(shapes.get(target)?.get("type")? == "string")
        };
        let has = |side: &str, member: &str| is_text(side, member) == Some(true);
        let (input, output) = COMMON_TOKENS
            .iter()
            .find(|(input, output)| has("input", input) && has("output", output))?;
        Some(Self {
            tokens: vec![((*input).to_owned(), (*output).to_owned())],
            ..Self::default()
        })
    }
}
