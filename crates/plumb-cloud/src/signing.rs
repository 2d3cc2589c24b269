//! Turns a request without I/O into the URL and headers that go onto the wire, signed with Signature Version 4.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use plumb_api::wire::{Method, Request};
use plumb_collect::transport::TransportError;
use reqwest::Url;
use reqwest::header::HeaderMap;

use crate::http_client::{OutgoingRequest, describe, header_map};

/// The request as it is sent; unsigned when there are no credentials.
///
/// # Errors
/// When host, path or a header would reach the wire differently from how it is signed.
pub(crate) fn outgoing_request(
    request: &Request,
    credentials: Option<&Credentials>,
    now: SystemTime,
) -> Result<OutgoingRequest, TransportError> {
    let url = checked_url(request)?;
    let mut headers = header_map(
        request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    )?;
    if let Some(credentials) = credentials {
        headers.extend(signature(request, &url, credentials, now)?);
    }
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
    };
    Ok(OutgoingRequest {
        method,
        url,
        headers,
        body: request.body.clone(),
    })
}

/// The URL of a request with its query percent-encoded as RFC 3986 and the signature want it.
pub(crate) fn url_text(request: &Request) -> String {
    let mut text = format!("{}://{}{}", request.scheme, request.host, request.path);
    for (position, (name, value)) in request.query.iter().enumerate() {
        text.push(if position == 0 { '?' } else { '&' });
        percent_encode(name, &mut text);
        text.push('=');
        percent_encode(value, &mut text);
    }
    text
}

fn checked_url(request: &Request) -> Result<Url, TransportError> {
    let invalid = |reason: &str| TransportError::Invalid(reason.to_owned());
    if !request.path.starts_with('/') {
        return Err(invalid("the path does not begin with `/`"));
    }
    let dots = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    // A URL parser removes such segments, which would turn the request into a call of something else.
    if request.path.split('/').any(dots) {
        return Err(invalid("a path segment is `.` or `..`"));
    }
    let url = Url::parse(&url_text(request)).map_err(|error| TransportError::Invalid(error.to_string()))?;
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return Err(invalid("the URL has no host")),
    };
    let asked = match &*request.scheme {
        "https" => request.host.strip_suffix(":443").unwrap_or(&request.host),
        "http" => request.host.strip_suffix(":80").unwrap_or(&request.host),
        _ => return Err(invalid("the scheme is neither `https` nor `http`")),
    };
    if !host.eq_ignore_ascii_case(asked) || url.path() != request.path || !url.username().is_empty() {
        return Err(TransportError::Invalid(format!(
            "`{}` is not a host",
            request.host
        )));
    }
    Ok(url)
}

fn signature(
    request: &Request,
    url: &Url,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<HeaderMap, TransportError> {
    let mut settings = SigningSettings::default();
    if request.signing.s3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = credentials.clone().into();
    let failed = |error: &(dyn std::error::Error + 'static)| TransportError::Invalid(describe(error));
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&request.signing.region)
        .name(&request.signing.name)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| failed(&error))?
        .into();
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(&request.body);
    let signable = SignableRequest::new(request.method.name(), url.as_str(), headers, body)
        .map_err(|error| failed(&error))?;
    let (instructions, _) = sign(signable, &params)
        .map_err(|error| failed(&error))?
        .into_parts();
    let (signed, _) = instructions.into_parts();
    let mut map = header_map(signed.iter().map(|header| (header.name(), header.value())))?;
    for value in map.values_mut() {
        value.set_sensitive(true);
    }
    Ok(map)
}

fn percent_encode(text: &str, to: &mut String) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            to.push('%');
            to.extend(HEX.get(usize::from(byte >> 4)));
            to.extend(HEX.get(usize::from(byte & 15)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use plumb_api::wire::Signing;

    use super::*;

    fn request(method: Method, host: &str, path: &str, query: &[(&str, &str)], s3: bool) -> Request {
        let service = if s3 { "s3" } else { host.split('.').next().unwrap() };
        Request {
            service: service.into(),
            operation: "Any".into(),
            method,
            scheme: if host.starts_with("127.") { "http" } else { "https" }.into(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            headers: Vec::new(),
            body: Vec::new(),
            signing: Signing {
                name: service.into(),
                region: "eu-west-1".into(),
                s3,
                unsigned: false,
            },
        }
    }

    fn signed(request: &Request, token: Option<&str>) -> OutgoingRequest {
        // The time and the keys of AWS's published examples.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            token.map(str::to_owned),
            None,
            "test",
        );
        outgoing_request(request, Some(&credentials), now).unwrap()
    }

    /// The first signature is that of AWS's documented example; the others were computed with botocore 1.43.
    #[test]
    fn signatures_are_those_of_the_reference() {
        const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        let form = (FORM.0.to_owned(), FORM.1.to_owned());
        let list_users = Request {
            headers: vec![form.clone()],
            signing: Signing {
                name: "iam".into(),
                region: "us-east-1".into(),
                s3: false,
                unsigned: false,
            },
            ..request(
                Method::Get,
                "iam.amazonaws.com",
                "/",
                &[("Action", "ListUsers"), ("Version", "2010-05-08")],
                false,
            )
        };
        let caller = Request {
            headers: vec![form],
            body: b"Action=GetCallerIdentity&Version=2011-06-15".to_vec(),
            ..request(Method::Post, "sts.eu-west-1.amazonaws.com", "/", &[], false)
        };
        let path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Aa/policy";
        let query = [("Qualifier", "$LATEST"), ("z", "a b+c"), ("a", "é")];
        let function = request(Method::Get, "lambda.eu-west-1.amazonaws.com", path, &query, false);
        let query = [("policy", ""), ("x", "/")];
        let object = request(
            Method::Get,
            "bucket.s3.eu-west-1.amazonaws.com",
            "/a%20b//c%3D%2B/",
            &query,
            true,
        );
        let local = Request {
            signing: Signing {
                name: "s3".into(),
                region: "us-east-1".into(),
                s3: true,
                unsigned: false,
            },
            ..request(
                Method::Get,
                "127.0.0.1:5000",
                "/bucket",
                &[("encryption", "")],
                true,
            )
        };
        for (request, token, expected) in [
            (
                list_users,
                None,
                "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            ),
            (
                caller,
                Some("TOKEN/+="),
                "f5842d2896bf9e2eb26d43a5f40800a78850d25db3a4dda9b0b788bd84fba62f",
            ),
            (
                function,
                None,
                "29dffe3b6ecb2ad8d45d05292a2677575e97bc28a54515aba7507aefe0698c96",
            ),
            (
                object,
                Some("TOKEN"),
                "f4ad96e0d08ca5e24417d54ae38c009395c9d8ed6bcccc5440b750605b82016c",
            ),
            (
                local,
                None,
                "24c981908321cd9c61bbe1cd18e2f96e05f8101723eafa939645c0090846b164",
            ),
        ] {
            let outgoing = signed(&request, token);
            let authorization = outgoing.headers.get("authorization").unwrap().to_str().unwrap();
            let (_, signature) = authorization.split_once("Signature=").unwrap();
            assert_eq!(signature, expected, "{}", outgoing.url);
            let sent = outgoing
                .headers
                .get("x-amz-security-token")
                .map(|token| token.to_str().unwrap());
            assert_eq!(sent, token);
        }
    }

    #[test]
    fn an_unsigned_request_has_no_trace_of_credentials() {
        let request = request(Method::Get, "sso.eu-west-1.amazonaws.com", "/", &[], false);
        let outgoing = outgoing_request(&request, None, SystemTime::now()).unwrap();
        assert!(outgoing.headers.is_empty());
    }

    #[test]
    fn debug_hides_what_the_signature_adds() {
        let outgoing = signed(
            &request(Method::Get, "iam.amazonaws.com", "/", &[], false),
            Some("SESSIONTOKEN"),
        );
        let shown = format!("{:?}", outgoing.headers);
        assert!(
            !shown.contains("SESSIONTOKEN") && !shown.contains("AKIDEXAMPLE"),
            "{shown}"
        );
    }

    #[test]
    fn a_request_that_would_go_elsewhere_than_it_says_is_refused() {
        for (host, path) in [
            ("s3.amazonaws.com", "/a/../b"),
            ("s3.amazonaws.com", "/a/%2E%2e/b"),
            ("s3.amazonaws.com", "/./b"),
            ("s3.amazonaws.com", "b"),
            ("s3.amazonaws.com", "/a b"),
            ("evil.example/x.s3.amazonaws.com", "/"),
            ("user@evil.example", "/"),
            ("evil.example?.s3.amazonaws.com", "/"),
            ("", "/"),
        ] {
            let request = request(Method::Get, host, path, &[], true);
            assert!(
                outgoing_request(&request, None, SystemTime::now()).is_err(),
                "{host} {path}"
            );
        }
        let plain = Request {
            scheme: "ftp".into(),
            ..request(Method::Get, "h", "/", &[], true)
        };
        assert!(outgoing_request(&plain, None, SystemTime::now()).is_err());
    }
}
