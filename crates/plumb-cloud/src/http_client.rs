//! `HttpClient`: the one HTTP client behind credentials and API calls.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use plumb_api::wire::Response;
use plumb_collect::transport::TransportError;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// How requests are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// The time allowed for a TCP and TLS connection to be made; 5 s by default.
    pub connect_timeout: Duration,
    /// The time allowed for one request from its first byte to the last byte of its answer; 60 s by default.
    pub request_timeout: Duration,
    /// The largest answer that is read; 64 MiB by default.
    pub max_body_bytes: u64,
    /// The `User-Agent` header; `plumb/VERSION` by default.
    pub user_agent: String,
    /// A file of certificates in PEM that are trusted besides those of the system.
    pub ca_bundle: Option<PathBuf>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(60),
            max_body_bytes: 64 * 1024 * 1024,
            user_agent: concat!("plumb/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_bundle: None,
        }
    }
}

impl HttpOptions {
    /// The default options with the certificates that the environment variable `AWS_CA_BUNDLE` names.
    pub fn from_environment() -> Self {
        let ca_bundle = std::env::var_os("AWS_CA_BUNDLE")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from);
        Self {
            ca_bundle,
            ..Self::default()
        }
    }
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpClientError {
    /// The extra certificates cannot be used.
    #[error("the CA bundle `{}` cannot be used: {reason}", path.display())]
    CaBundle {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS or the proxy settings of the environment cannot be used.
    #[error("the HTTP client cannot be made: {0}")]
    Settings(String),
}

/// One request as it goes onto the wire.
pub(crate) struct OutgoingRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What one exchange may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) timeout: Duration,
    pub(crate) max_body_bytes: u64,
}

/// A pool of connections. It follows no redirect, retries nothing and decompresses nothing.
#[derive(Clone)]
pub(crate) struct HttpClient {
    /// Goes through the proxy that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name.
    proxied: reqwest::Client,
    /// Goes straight to hosts on this machine and this link: a proxy must never see the credentials that an
    /// instance or container hands to itself.
    direct: reqwest::Client,
    limits: Limits,
    connect_timeout: Duration,
}

impl HttpClient {
    pub(crate) fn new(options: &HttpOptions) -> Result<Self, HttpClientError> {
        let tls = tls_configuration(options)?;
        let builder = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .user_agent(&options.user_agent)
                .connect_timeout(options.connect_timeout)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .tcp_nodelay(true)
                .pool_idle_timeout(Duration::from_secs(20))
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .build()
                .map_err(|error| HttpClientError::Settings(describe(&error)))
        };
        Ok(Self {
            proxied: build(builder())?,
            direct: build(builder().no_proxy())?,
            limits: Limits {
                timeout: options.request_timeout,
                max_body_bytes: options.max_body_bytes,
            },
            connect_timeout: options.connect_timeout,
        })
    }

    /// The limits of an API call.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Sends one request and reads its whole answer.
    pub(crate) async fn execute(
        &self,
        outgoing: OutgoingRequest,
        limits: Limits,
    ) -> Result<Response, TransportError> {
        let host = outgoing.url.host_str().unwrap_or_default().to_owned();
        let client = if is_local(&host) {
            &self.direct
        } else {
            &self.proxied
        };
        let mut request = reqwest::Request::new(outgoing.method, outgoing.url);
        *request.headers_mut() = outgoing.headers;
        if !outgoing.body.is_empty() || request.method() == Method::POST {
            *request.body_mut() = Some(outgoing.body.into());
        }
        *request.timeout_mut() = Some(limits.timeout);
        let failed = |error: reqwest::Error| {
            let allowed = if error.is_connect() {
                self.connect_timeout.min(limits.timeout)
            } else {
                limits.timeout
            };
            transport_error(error, &host, allowed)
        };
        let mut answer = client.execute(request).await.map_err(failed)?;

        let too_large = TransportError::TooLarge {
            limit: limits.max_body_bytes,
        };
        let announced = answer.content_length().unwrap_or(0);
        if announced > limits.max_body_bytes {
            return Err(too_large);
        }
        let headers = answer.headers().iter().map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        });
        let mut response = Response {
            status: answer.status().as_u16(),
            headers: headers.collect(),
            body: Vec::new(),
        };
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            let length = response.body.len().saturating_add(chunk.len());
            if u64::try_from(length).unwrap_or(u64::MAX) > limits.max_body_bytes {
                return Err(too_large);
            }
            response.body.extend_from_slice(&chunk);
        }
        Ok(response)
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Header names and values as the wire needs them; control characters are refused.
pub(crate) fn header_map<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<HeaderMap, TransportError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let invalid = |_| TransportError::Invalid(format!("the header `{name}` holds forbidden characters"));
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| TransportError::Invalid("a header name holds forbidden characters".to_owned()))?;
        map.append(header, HeaderValue::from_str(value).map_err(invalid)?);
    }
    Ok(map)
}

/// An error and its causes in one line, without the URL.
pub(crate) fn describe(error: &(dyn Error + 'static)) -> String {
    const LONGEST: usize = 400;
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next.filter(|_| parts.len() < 16) {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ").chars().take(LONGEST).collect()
}

fn transport_error(error: reqwest::Error, host: &str, allowed: Duration) -> TransportError {
    let error = error.without_url();
    if error.is_timeout() {
        TransportError::Timeout {
            seconds: allowed.as_secs(),
        }
    } else if error.is_dns() {
        TransportError::UnknownHost {
            host: host.to_owned(),
        }
    } else if error.is_builder() {
        TransportError::Invalid(describe(&error))
    } else {
        TransportError::Connection(describe(&error))
    }
}

/// Whether a host is this machine or on this link, as the metadata services of instances and containers are.
fn is_local(host: &str) -> bool {
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    match address {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

fn tls_configuration(options: &HttpOptions) -> Result<rustls::ClientConfig, HttpClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let extra = match &options.ca_bundle {
        Some(path) => read_certificates(path)?,
        None => Vec::new(),
    };
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpClientError::Settings(describe(&error)))?;
    let platform = rustls_platform_verifier::Verifier::new_with_extra_roots(extra.clone(), provider);
    let mut configuration = match platform {
        Ok(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        Err(error) => {
            // A container without certificates can still use an endpoint over plain HTTP; every HTTPS
            // connection of it fails when the server's certificate is looked at.
            tracing::warn!(%error, "the system has no CA certificates; set AWS_CA_BUNDLE to a file of them");
            let mut roots = rustls::RootCertStore::empty();
            roots.add_parsable_certificates(extra);
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(configuration)
}

fn read_certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, HttpClientError> {
    let unusable = |reason: String| HttpClientError::CaBundle {
        path: path.clone(),
        reason,
    };
    let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let certificates = certificates.map_err(|error| unusable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable("it holds no certificate in PEM".to_owned()));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn metadata_services_and_this_machine_are_local() {
        for host in [
            "169.254.169.254",
            "169.254.170.2",
            "127.0.0.1",
            "[::1]",
            "localhost",
            "[fd00:ec2::254]",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in ["10.0.0.1", "s3.amazonaws.com", "localhost.example", "[2600::1]"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn an_unusable_ca_bundle_is_named() {
        for (path, reason) in [
            ("/nonexistent/ca.pem", "No such file"),
            ("/dev/null", "holds no certificate"),
        ] {
            let options = HttpOptions {
                ca_bundle: Some(path.into()),
                ..HttpOptions::default()
            };
            let message = HttpClient::new(&options).unwrap_err().to_string();
            assert!(message.contains(path) && message.contains(reason), "{message}");
        }
    }

    #[test]
    fn a_header_cannot_smuggle_another() {
        assert!(header_map([("x-a", "b\r\nx-c: d")]).is_err());
        assert!(header_map([("x a", "b")]).is_err());
    }

    fn certificate(name: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("src/test_certificates")
            .join(name)
    }

    /// The address of a server over TLS, certified by the authority of the tests, that answers each connection once.
    async fn tls_server() -> String {
        let chain = read_certificates(&certificate("server.pem")).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::from_pem_file(certificate("server.key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let configuration = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(configuration));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
                    .await;
                let _ = stream.shutdown().await;
            }
        });
        address
    }

    #[tokio::test]
    async fn certificates_are_checked_and_the_bundle_adds_to_the_trusted_ones() {
        let address = tls_server().await;
        let get = async |ca_bundle| {
            let client = HttpClient::new(&HttpOptions {
                ca_bundle,
                ..HttpOptions::default()
            })
            .unwrap();
            let url = Url::parse(&format!("https://{address}/")).unwrap();
            let outgoing = OutgoingRequest {
                method: Method::GET,
                url,
                headers: HeaderMap::new(),
                body: Vec::new(),
            };
            client.execute(outgoing, client.limits()).await
        };
        let unknown = get(None).await.unwrap_err();
        assert!(unknown.to_string().contains("certificate"), "{unknown}");
        let trusted = get(Some(certificate("authority.pem"))).await.unwrap();
        assert_eq!((trusted.status, trusted.body.as_slice()), (200, &b"hi"[..]));
    }
}
