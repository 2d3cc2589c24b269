//! `AwsTransport`: signs requests with a session's credentials and sends them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use plumb_api::catalog::Catalog;
use plumb_api::wire::{Endpoint, Request, Response};
use plumb_collect::transport::{BoxFuture, Transport, TransportError};
use tracing::Instrument;

use crate::session::AwsSession;
use crate::signing::outgoing_request;

/// A clock that is wrong by more than this is corrected; the services refuse signatures that are 5 minutes off.
const TOLERATED_SKEW_SECONDS: i64 = 4 * 60;

/// Sends the requests of one session. It sends once, follows no redirect and retries nothing.
///
/// When the `Date` of an answer shows that the local clock is off by minutes, later signatures are corrected by the
/// difference, so that a retry succeeds.
pub struct AwsTransport {
    session: AwsSession,
    catalog: &'static Catalog,
    /// The hosts of the user's own endpoints over plain HTTP that were given out.
    plain_hosts: RwLock<BTreeSet<String>>,
    clock_offset_seconds: AtomicI64,
}

impl AwsTransport {
    /// A transport for the identity of `session` to the endpoints of `catalog`, or those that the user configured.
    pub fn new(session: AwsSession, catalog: &'static Catalog) -> Self {
        Self {
            session,
            catalog,
            plain_hosts: RwLock::new(BTreeSet::new()),
            clock_offset_seconds: AtomicI64::new(0),
        }
    }

    /// The session whose credentials are used.
    pub fn session(&self) -> &AwsSession {
        &self.session
    }

    async fn exchange(&self, request: &Request) -> Result<Response, TransportError> {
        if request.scheme != "https" && !self.may_be_plain(&request.host) {
            return Err(TransportError::Invalid(format!(
                "`{}` would be reached without TLS",
                request.host
            )));
        }
        let credentials = if request.signing.unsigned {
            None
        } else {
            Some(
                self.session
                    .credentials()
                    .await
                    .map_err(TransportError::Credentials)?,
            )
        };
        let outgoing = outgoing_request(request, credentials.as_ref(), self.now())?;
        let http = self.session.http();
        let response = http.execute(outgoing, http.limits()).await?;
        self.learn_clock(&response);
        Ok(response)
    }

    fn may_be_plain(&self, host: &str) -> bool {
        self.plain_hosts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(host)
    }

    fn now(&self) -> SystemTime {
        let offset = self.clock_offset_seconds.load(Ordering::Relaxed);
        let distance = Duration::from_secs(offset.unsigned_abs());
        let now = SystemTime::now();
        let corrected = if offset < 0 {
            now.checked_sub(distance)
        } else {
            now.checked_add(distance)
        };
        corrected.unwrap_or(now)
    }

    fn learn_clock(&self, response: &Response) {
        // Only a refusal is believed: nothing is wrong with a clock whose signatures are accepted.
        if !(400..500).contains(&response.status) {
            return;
        }
        let date = response
            .header("date")
            .and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let Some(date) = date else { return };
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let offset = date
            .secs()
            .saturating_sub(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        if offset.saturating_abs() > TOLERATED_SKEW_SECONDS {
            tracing::warn!(offset, "the local clock is wrong; signatures are corrected");
            self.clock_offset_seconds.store(offset, Ordering::Relaxed);
        }
    }
}

impl Transport for AwsTransport {
    fn endpoint(&self, service: &str, region: &str) -> Result<Endpoint, TransportError> {
        let unknown = || TransportError::NoSuchEndpoint {
            service: service.to_owned(),
            region: region.to_owned(),
        };
        let found = self.catalog.find(service).ok_or_else(unknown)?;
        let own = self
            .session
            .endpoints()
            .for_service(found.service_id())
            .map_err(|error| TransportError::Invalid(error.to_string()))?;
        let standard = self.catalog.endpoint(service, region);
        let Some(own) = own else {
            return standard.map_err(|_| unknown());
        };
        if own.scheme == "http" {
            let mut hosts = self.plain_hosts.write().unwrap_or_else(PoisonError::into_inner);
            hosts.insert(own.host.clone());
        }
        let (signing_name, signing_region) = match standard {
            Ok(standard) => (standard.signing_name, standard.signing_region),
            Err(_) => (found.signing_name().clone(), region.into()),
        };
        Ok(Endpoint {
            scheme: own.scheme,
            host: own.host,
            base_path: own.base_path,
            signing_name,
            signing_region,
            custom: true,
        })
    }

    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        let span = tracing::debug_span!(
            "request",
            service = %request.service,
            operation = %request.operation,
            region = %request.signing.region,
        );
        let exchange = async move {
            let started = Instant::now();
            let result = self.exchange(request).await;
            let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            match &result {
                Ok(response) => tracing::debug!(status = response.status, milliseconds, "answered"),
                Err(error) => tracing::debug!(%error, milliseconds, "failed"),
            }
            result
        };
        Box::pin(exchange.instrument(span))
    }
}

/// Shows the session and never its credentials.
impl fmt::Debug for AwsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsTransport")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aws_config::profile::ProfileSet;
    use aws_credential_types::Credentials;
    use aws_types::os_shim_internal::Env;
    use plumb_api::wire::{Method, Signing};

    use super::*;
    use crate::endpoint_override::EndpointOverrides;
    use crate::http_client::HttpOptions;
    use crate::test_server::{Act, TestServer};

    fn transport(variables: &[(&str, &str)]) -> AwsTransport {
        let profiles = ProfileSet::default();
        let endpoints = EndpointOverrides::new(Env::from_slice(variables), profiles);
        let credentials = Credentials::new("AKIDEXAMPLE", "TOPSECRET", None, None, "test");
        let options = HttpOptions {
            request_timeout: Duration::from_secs(1),
            max_body_bytes: 1000,
            ..HttpOptions::default()
        };
        AwsTransport::new(
            AwsSession::fixed(credentials, endpoints, &options),
            Catalog::aws(),
        )
    }

    fn request(host: &str) -> Request {
        Request {
            service: "kms".into(),
            operation: "ListKeys".into(),
            method: Method::Post,
            scheme: "http".into(),
            host: host.to_owned(),
            path: "/".to_owned(),
            query: Vec::new(),
            headers: vec![("x-amz-target".to_owned(), "Trent.ListKeys".to_owned())],
            body: b"{}".to_vec(),
            signing: Signing {
                name: "kms".into(),
                region: "eu-west-1".into(),
                s3: false,
                unsigned: false,
            },
        }
    }

    /// Sends one request to a server that acts so.
    async fn send(
        act: impl Fn(&str) -> Act + Send + Sync + 'static,
    ) -> (Result<Response, TransportError>, String) {
        let server = TestServer::start(act).await;
        let transport = transport(&[]);
        transport
            .plain_hosts
            .write()
            .unwrap()
            .insert(server.address.clone());
        let result = transport.send(&request(&server.address)).await;
        (result, server.asked().concat())
    }

    fn raw(text: &str) -> Act {
        Act::Raw(text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn a_signed_request_arrives_and_its_answer_comes_back() {
        let (result, asked) =
            send(|_| Act::Answer(200, "X-Amz-Thing: a\r\n", "{\"Keys\":[]}".to_owned())).await;
        let response = result.unwrap();
        assert_eq!(
            (response.status, response.body.as_slice()),
            (200, &b"{\"Keys\":[]}"[..])
        );
        assert_eq!(response.header("x-amz-thing"), Some("a"));
        let asked = asked.to_ascii_lowercase();
        for part in [
            "post / http/1.1",
            "authorization: aws4-hmac-sha256 credential=akidexample/",
            "/eu-west-1/kms/aws4_request",
            "signedheaders=host;x-amz-date;x-amz-target",
            "user-agent: plumb/",
            "content-length: 2",
        ] {
            assert!(asked.contains(part), "{part} in {asked}");
        }
        assert!(
            !asked.contains("topsecret") && !asked.contains("accept-encoding"),
            "{asked}"
        );
    }

    #[tokio::test]
    async fn redirects_and_errors_are_answers() {
        for status in [301, 307, 403, 500, 503] {
            let act = move |_: &str| Act::Answer(status, "Location: http://127.0.0.1:1/\r\n", "x".to_owned());
            assert_eq!(send(act).await.0.unwrap().status, status);
        }
    }

    #[tokio::test]
    async fn failures_have_their_kind() {
        let (stalled, _) = send(|_| Act::Stall(Duration::from_secs(5))).await;
        assert_eq!(stalled, Err(TransportError::Timeout { seconds: 1 }));
        let (closed, _) = send(|_| Act::Close).await;
        assert!(matches!(closed, Err(TransportError::Connection(_))), "{closed:?}");
        let (cut, _) = send(|_| raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")).await;
        assert!(matches!(cut, Err(TransportError::Connection(_))), "{cut:?}");
        let (garbled, _) = send(|_| raw("\u{0}\u{1}not http at all\r\n\r\n")).await;
        assert!(
            matches!(garbled, Err(TransportError::Connection(_))),
            "{garbled:?}"
        );
        let (announced, _) = send(|_| raw("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\nabc")).await;
        assert_eq!(announced, Err(TransportError::TooLarge { limit: 1000 }));
        let endless = || format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(5000));
        let (unannounced, _) = send(move |_| raw(&endless())).await;
        assert_eq!(unannounced, Err(TransportError::TooLarge { limit: 1000 }));
    }

    #[tokio::test]
    async fn a_host_that_nobody_listens_at_or_that_does_not_exist_is_told_apart() {
        let transport = transport(&[]);
        for host in ["127.0.0.1:1", "no-such-host.invalid"] {
            transport.plain_hosts.write().unwrap().insert(host.to_owned());
        }
        let refused = transport.send(&request("127.0.0.1:1")).await;
        assert!(
            matches!(refused, Err(TransportError::Connection(_))),
            "{refused:?}"
        );
        let unknown = transport.send(&request("no-such-host.invalid")).await;
        assert_eq!(
            unknown,
            Err(TransportError::UnknownHost {
                host: "no-such-host.invalid".to_owned()
            })
        );
    }

    #[tokio::test]
    async fn nothing_is_sent_without_tls_unless_the_user_gave_the_endpoint() {
        let server = TestServer::start(|_| Act::Answer(200, "", String::new())).await;
        let url = format!("http://{}", server.address);
        let without = transport(&[]).send(&request(&server.address)).await;
        assert!(matches!(without, Err(TransportError::Invalid(_))), "{without:?}");
        assert_eq!(server.asked().len(), 0);

        let transport = transport(&[("AWS_ENDPOINT_URL_KMS", &url)]);
        let endpoint = transport.endpoint("kms", "eu-west-1").unwrap();
        assert!(endpoint.custom && endpoint.host == server.address, "{endpoint:?}");
        assert_eq!(
            (&*endpoint.signing_name, &*endpoint.signing_region),
            ("kms", "eu-west-1")
        );
        assert_eq!(
            transport.send(&request(&server.address)).await.unwrap().status,
            200
        );
        let other = transport.endpoint("s3", "eu-west-1").unwrap();
        assert!(
            !other.custom && other.host.ends_with("amazonaws.com"),
            "{other:?}"
        );
        assert!(matches!(
            transport.endpoint("nope", "eu-west-1"),
            Err(TransportError::NoSuchEndpoint { .. })
        ));
    }

    #[tokio::test]
    async fn a_wrong_clock_is_corrected_after_a_refusal() {
        let server =
            TestServer::start(|_| Act::Answer(403, "Date: Tue, 01 Jan 2030 00:00:00 GMT\r\n", String::new()))
                .await;
        let transport = transport(&[]);
        transport
            .plain_hosts
            .write()
            .unwrap()
            .insert(server.address.clone());
        for _ in 0..2 {
            transport.send(&request(&server.address)).await.unwrap();
        }
        let asked = server.asked();
        assert!(!asked[0].contains("x-amz-date: 20300101T"), "{}", asked[0]);
        assert!(asked[1].contains("x-amz-date: 20300101T"), "{}", asked[1]);
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", transport(&[])).contains("TOPSECRET"));
    }
}
