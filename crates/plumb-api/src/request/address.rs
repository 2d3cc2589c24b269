//! The host of a request: operations with endpoints of their own, prefixes, and S3's buckets.

use plumb_model::value::{Map, Value};

use super::BuildError;
use crate::catalog::Catalog;
use crate::model::ReadOperation;
use crate::wire::{Endpoint, Request};

/// The ending of the names of S3's directory buckets.
const DIRECTORY_BUCKET: &str = "--x-s3";

/// Changes host and path to what the operation needs.
///
/// A custom endpoint keeps its host: buckets stay in the path and nothing is put before the host.
pub(super) fn apply(
    operation: &ReadOperation,
    input: &Map,
    endpoint: &Endpoint,
    request: &mut Request,
) -> Result<(), BuildError> {
    if endpoint.custom {
        return Ok(());
    }
    let bucket = input
        .get("Bucket")
        .and_then(Value::as_str)
        .filter(|_| operation.uri.starts_with("/{Bucket}"));
    let is_directory_bucket = bucket.is_some_and(|bucket| bucket.ends_with(DIRECTORY_BUCKET));
    let own = operation.endpoint_override.as_ref();
    if let Some(own) = own.filter(|own| !own.for_directory_buckets || is_directory_bucket) {
        let region = endpoint.signing_region.as_str();
        let catalog = Catalog::aws();
        let found = catalog.partition_position(region).and_then(|at| {
            let pattern = own.patterns.get(at)?.as_ref()?;
            Some(pattern.fill(region, catalog.partitions().get(at)?.dns_suffix()))
        });
        let found = found.ok_or_else(|| BuildError::NoEndpoint {
            region: region.to_owned(),
        })?;
        request.host = found.host;
        request.signing.name = found.signing_name;
        request.signing.region = found.signing_region;
    } else if let Some(bucket) = bucket.filter(|bucket| operation.service() == "s3" && is_host_label(bucket))
    {
        request.host = format!("{bucket}.{}", request.host);
        let rest = request
            .path
            .strip_prefix(&format!("{}/{bucket}", endpoint.base_path))
            .unwrap_or_default();
        request.path = format!("{}/{}", endpoint.base_path, rest.trim_start_matches('/'));
    }
    if let Some(prefix) = &operation.host_prefix {
        request.host = format!("{}{}", fill_prefix(prefix, input)?, request.host);
    }
    Ok(())
}

/// Whether a bucket's name can be the first label of a host with a certificate; names with dots cannot.
fn is_host_label(bucket: &str) -> bool {
    let is_edge =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = bucket.as_bytes();
    (3..=63).contains(&bytes.len())
        && is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

fn fill_prefix(template: &str, input: &Map) -> Result<String, BuildError> {
    let mut prefix = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (member, after) = after.split_once('}').unwrap_or((after, ""));
        let value = input.get(member).and_then(Value::as_str).unwrap_or_default();
        // INVARIANT: a parameter fills one label and can never name another host.
        let is_label = (1..=63).contains(&value.len())
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !value.starts_with('-')
            && !value.ends_with('-');
        if !is_label {
            return Err(BuildError::NotInAddress {
                path: member.to_owned(),
            });
        }
        prefix.push_str(before);
        prefix.push_str(value);
        rest = after;
    }
    prefix.push_str(rest);
    Ok(prefix)
}
