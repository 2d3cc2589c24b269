//! The format of recorded exchanges: JSON lines of endpoints and request-answer pairs without credentials.
//!
//! The first line is `{"recording":"plumb","version":1}`. A line `{"endpoint":{…}}` says where the requests of a service
//! in a region went, a line `{"exchange":{…}}` holds one request with its answer. Of the headers only those stay that
//! decide how a request is answered or an answer is read. Bodies are kept whole, as text or else in base64: a recording
//! is as confidential as the configuration it shows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumb_api::wire::{Endpoint, Request, Response};
use serde::{Deserialize, Serialize};

/// The version this code writes, and the newest it reads.
pub(crate) const VERSION: u32 = 1;

/// The first line of a recording.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) recording: String,
    pub(crate) version: u32,
}

/// Any later line of a recording.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Line {
    Endpoint(RecordedEndpoint),
    Exchange(Exchange),
}

/// Where the requests of a service in a region go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordedEndpoint {
    pub(crate) service: String,
    pub(crate) region: String,
    scheme: String,
    host: String,
    base_path: String,
    signing_name: String,
    signing_region: String,
    custom: bool,
}

impl RecordedEndpoint {
    pub(crate) fn new(service: &str, region: &str, endpoint: &Endpoint) -> Self {
        Self {
            service: service.to_owned(),
            region: region.to_owned(),
            scheme: endpoint.scheme.to_string(),
            host: endpoint.host.clone(),
            base_path: endpoint.base_path.clone(),
            signing_name: endpoint.signing_name.to_string(),
            signing_region: endpoint.signing_region.to_string(),
            custom: endpoint.custom,
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint {
            scheme: self.scheme.as_str().into(),
            host: self.host.clone(),
            base_path: self.base_path.clone(),
            signing_name: self.signing_name.as_str().into(),
            signing_region: self.signing_region.as_str().into(),
            custom: self.custom,
        }
    }
}

/// A request with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    pub(crate) request: RecordedRequest,
    pub(crate) response: RecordedResponse,
}

/// What of a request decides its answer. Equal values mean the same question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordedRequest {
    service: String,
    operation: String,
    region: String,
    method: String,
    host: String,
    path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    query: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    body: Body,
}

impl RecordedRequest {
    pub(crate) fn new(request: &Request) -> Self {
        let mut query = request.query.clone();
        query.sort();
        Self {
            service: request.service.to_string(),
            operation: request.operation.to_string(),
            region: request.signing.region.to_string(),
            method: request.method.name().to_owned(),
            host: request.host.clone(),
            path: request.path.clone(),
            query,
            body: Body::new(&canonical_body(&request.body)),
        }
    }

    /// Operation, region, method, host and path, for messages.
    pub(crate) fn label(&self) -> String {
        let Self {
            service,
            operation,
            region,
            method,
            host,
            path,
            ..
        } = self;
        format!("`{service}:{operation}` in {region} ({method} {host}{path})")
    }
}

/// An answer without the headers that nobody reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordedResponse {
    status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    body: Body,
}

impl RecordedResponse {
    pub(crate) fn new(response: &Response) -> Self {
        let mut headers: Vec<_> = response
            .headers
            .iter()
            .filter(|(name, _)| is_kept(name))
            .cloned()
            .collect();
        headers.sort();
        Self {
            status: response.status,
            headers,
            body: Body::new(&response.body),
        }
    }

    pub(crate) fn response(&self) -> Response {
        Response {
            status: self.status,
            headers: self.headers.clone(),
            body: self.body.bytes(),
        }
    }
}

/// Bytes that are written as text where they are text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    Text(String),
    Base64(String),
}

impl Default for Body {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Body {
    fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) | Self::Base64(text) => text.is_empty(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            // A body that is not base64 was not written by us; it is answered as it stands.
            Self::Base64(text) => STANDARD
                .decode(text)
                .unwrap_or_else(|_| text.clone().into_bytes()),
        }
    }
}

/// Headers of answers that decoding reads: types and errors, S3's region and redirect, retry advice, configuration values.
fn is_kept(name: &str) -> bool {
    const KEPT: [&str; 6] = [
        "content-type",
        "location",
        "retry-after",
        "etag",
        "last-modified",
        "x-amzn-errortype",
    ];
    let noise = [
        "x-amz-id-2",
        "x-amz-request-id",
        "x-amzn-requestid",
        "x-amz-security-token",
    ];
    KEPT.contains(&name) || (name.starts_with("x-amz") && !noise.contains(&name))
}

/// The body with the order of its members taken out: JSON with sorted keys, forms with sorted pairs.
fn canonical_body(body: &[u8]) -> Vec<u8> {
    if let Ok(json) = serde_json::from_slice::<serde_json::Value>(body)
        && (json.is_object() || json.is_array())
    {
        let mut text = String::new();
        write_sorted(&json, &mut text);
        return text.into_bytes();
    }
    match std::str::from_utf8(body) {
        Ok(form) if form.starts_with("Action=") || form.contains("&Action=") => {
            let mut pairs: Vec<&str> = form.split('&').collect();
            pairs.sort_unstable();
            pairs.join("&").into_bytes()
        }
        Ok(_) | Err(_) => body.to_vec(),
    }
}

fn write_sorted(value: &serde_json::Value, text: &mut String) {
    match value {
        serde_json::Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (position, (name, member)) in members.into_iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                text.push_str(&serde_json::Value::from(name.as_str()).to_string());
                text.push(':');
                write_sorted(member, text);
            }
            text.push('}');
        }
        serde_json::Value::Array(elements) => {
            text.push('[');
            for (position, element) in elements.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write_sorted(element, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_members_does_not_matter_and_that_of_elements_does() {
        let canonical = |body: &str| String::from_utf8(canonical_body(body.as_bytes())).unwrap();
        assert_eq!(canonical(r#"{"b":[2,1],"a":{}}"#), r#"{"a":{},"b":[2,1]}"#);
        assert_eq!(canonical("Version=1&Action=A"), "Action=A&Version=1");
        assert_eq!(canonical("<b/>"), "<b/>");
        assert_eq!(canonical("7"), "7");
    }

    #[test]
    fn bytes_survive_whether_text_or_not() {
        for bytes in [&b"text"[..], &[0xff, 0x00], b""] {
            let json = serde_json::to_string(&Body::new(bytes)).unwrap();
            assert_eq!(
                serde_json::from_str::<Body>(&json).unwrap().bytes(),
                bytes,
                "{json}"
            );
        }
    }

    #[test]
    fn headers_that_identify_or_authorise_are_dropped() {
        for name in [
            "set-cookie",
            "authorization",
            "x-amz-security-token",
            "date",
            "x-amzn-requestid",
        ] {
            assert!(!is_kept(name), "{name}");
        }
        for name in [
            "content-type",
            "x-amz-bucket-region",
            "x-amzn-errortype",
            "x-amzn-query-error",
        ] {
            assert!(is_kept(name), "{name}");
        }
    }
}
