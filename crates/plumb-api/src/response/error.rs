//! Errors as the protocols report them.

use plumb_model::value::{Text, Value};
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::{cbor, json, xml};
use crate::catalog::Catalog;
use crate::model::{Protocol, ReadOperation};
use crate::service_error::ServiceError;
use crate::wire::Response;

/// Characters of a message that are kept.
const MESSAGE_LIMIT: usize = 1_000;
/// Characters of a code that are kept.
const CODE_LIMIT: usize = 100;
/// Events of an XML document that are looked at.
const EVENT_LIMIT: usize = 1_000;

/// Reads the error out of an answer; what the body does not tell comes from headers and status.
pub(super) fn decode(operation: &ReadOperation, response: &Response) -> ServiceError {
    let mut found = match operation.model().protocol() {
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => from_xml(&response.body),
        Protocol::Json | Protocol::RestJson => {
            from_value(&json::decode_any(&response.body).unwrap_or_default())
        }
        Protocol::Cbor => {
            let decoded = cbor::decode_any(&response.body).or_else(|_| json::decode_any(&response.body));
            from_value(&decoded.unwrap_or_default())
        }
    };
    let header = |name: &str| response.header(name).filter(|value| !value.is_empty());
    if let Some(code) = header("x-amzn-errortype") {
        found.code = plain_code(code);
    }
    if let Some((code, _)) = header("x-amzn-query-error").and_then(|error| error.split_once(';'))
        && !code.is_empty()
    {
        found.code = code.to_owned();
    }
    if found.code.is_empty() {
        found.code = response.status.to_string();
    }
    let request_id = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
        .into_iter()
        .find_map(header);
    let hints = [
        header("x-amz-bucket-region").map(str::to_owned),
        found.region,
        found.endpoint.and_then(region_in),
    ];
    ServiceError {
        code: cut(&found.code, CODE_LIMIT),
        message: cut(&found.message, MESSAGE_LIMIT),
        status: response.status,
        request_id: request_id
            .map(str::to_owned)
            .or(found.request_id)
            .map(|id| cut(&id, CODE_LIMIT)),
        // INVARIANT: a hint is the name of a region, so that it cannot lead a request anywhere else.
        region_hint: hints
            .into_iter()
            .flatten()
            .find(|region| Catalog::aws().partition_of(region).is_some())
            .map(Text::from),
        retry_after_seconds: header("retry-after").and_then(|seconds| seconds.trim().parse().ok()),
    }
}

#[derive(Default)]
struct Found {
    code: String,
    message: String,
    request_id: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
}

/// Takes the first element of each interesting name, wherever it stands: every protocol nests them differently.
fn from_xml(body: &[u8]) -> Found {
    let mut found = Found::default();
    let Ok(body) = std::str::from_utf8(body) else {
        return found;
    };
    let mut reader = Reader::from_str(body);
    let mut name = String::new();
    let mut text = String::new();
    for _ in 0..EVENT_LIMIT {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                name = xml::local_name(&start);
                text.clear();
            }
            Ok(Event::Text(part)) => text.push_str(&part.xml10_content()),
            Ok(Event::CData(part)) => text.push_str(&part.xml10_content()),
            Ok(Event::GeneralRef(part)) => text.extend(xml::resolve(&part).ok()),
            Ok(Event::End(_)) => {
                let value = std::mem::take(&mut text);
                match std::mem::take(&mut name).as_str() {
                    "Code" if found.code.is_empty() => found.code = value.trim().to_owned(),
                    "Message" if found.message.is_empty() => found.message = value,
                    "RequestId" | "RequestID" | "requestId" => _ = found.request_id.get_or_insert(value),
                    "Region" => _ = found.region.get_or_insert(value),
                    "Endpoint" => _ = found.endpoint.get_or_insert(value),
                    _ => {}
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
        }
    }
    found
}

fn from_value(body: &Value) -> Found {
    let text = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| body.get(key).and_then(Value::as_str));
        found.unwrap_or_default().to_owned()
    };
    Found {
        code: plain_code(&text(&["__type", "code", "Code"])),
        message: text(&["message", "Message", "errorMessage"]),
        ..Found::default()
    }
}

/// The code without the namespace before it and the address behind it: `aws.api#Code:http://…`.
fn plain_code(code: &str) -> String {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().trim().to_owned()
}

/// The region in the name of one of S3's hosts.
fn region_in(host: String) -> Option<String> {
    let is_region = |label: &&str| Catalog::aws().partition_of(label).is_some();
    host.split('.')
        .map(|label| label.strip_prefix("s3-").unwrap_or(label))
        .find(is_region)
        .map(str::to_owned)
}

fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
