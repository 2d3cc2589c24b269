//! Requests, responses and endpoints: what passes between the client without I/O and whoever sends bytes.

use plumb_model::value::Text;

/// An HTTP request that is ready to be signed and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The service's name in the API model, for example `s3`; not sent, for logs and recordings.
    pub service: Text,
    /// The operation, for example `GetBucketPolicy`; not sent, for logs and recordings.
    pub operation: Text,
    /// `GET`, `POST` or `HEAD`; no other method exists here.
    pub method: Method,
    /// `https` or, for an endpoint the user gave, `http`.
    pub scheme: Text,
    /// Host with port where it is not the scheme's own, for example `s3.eu-central-1.amazonaws.com`.
    pub host: String,
    /// Absolute path, percent-encoded, beginning with `/`.
    pub path: String,
    /// Query parameters, not yet encoded, in order.
    pub query: Vec<(String, String)>,
    /// Header names in lower case with their values; without `host` and without signature headers.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// How to sign it.
    pub signing: Signing,
}

/// The HTTP methods that reading needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// POST, as the query, ec2 and json protocols use for reads.
    Post,
}

impl Method {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
        }
    }
}

/// How a request is signed with Signature Version 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// The signing name of the service, for example `elasticloadbalancing`.
    pub name: Text,
    /// The region of the credential scope.
    pub region: Text,
    /// S3's variant: no double encoding of the path, no path normalisation, payload hash header.
    pub s3: bool,
    /// Whether the request goes out unsigned (`authtype: none`).
    pub unsigned: bool,
}

/// Where the requests of one service in one region go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `https` or `http`.
    pub scheme: Text,
    /// Host with port where it is not the scheme's own.
    pub host: String,
    /// A path that stands before every request's path; empty or beginning with `/` and not ending in one.
    pub base_path: String,
    /// The signing name of the service.
    pub signing_name: Text,
    /// The region of the credential scope.
    pub signing_region: Text,
    /// Whether the user gave it: then buckets go into the path and no prefix is put before the host.
    pub custom: bool,
}

/// An HTTP response as it arrived, body whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}
