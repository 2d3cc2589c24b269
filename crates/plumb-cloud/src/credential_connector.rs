//! Lets the official credential providers send their requests through our HTTP client.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient as SmithyHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use plumb_collect::transport::TransportError;
use reqwest::{Method, Url};

use crate::http_client::{HttpClient, Limits, OutgoingRequest, header_map};

/// The time allowed to one request for credentials where the provider sets no other.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);
/// The largest answer of a credential service; real ones have a few kilobytes.
const MAX_BODY_BYTES: u64 = 1024 * 1024;

/// Our HTTP client as the credential providers see it.
#[derive(Clone, Debug)]
pub(crate) struct CredentialHttpClient(pub(crate) HttpClient);

impl SmithyHttpClient for CredentialHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let asked = settings
            .read_timeout()
            .map(|read| read + settings.connect_timeout().unwrap_or_default());
        SharedHttpConnector::new(Connector {
            client: self.0.clone(),
            limits: Limits {
                timeout: asked.unwrap_or(DEFAULT_TIMEOUT),
                max_body_bytes: MAX_BODY_BYTES,
            },
        })
    }
}

#[derive(Debug)]
struct Connector {
    client: HttpClient,
    limits: Limits,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (client, limits) = (self.client.clone(), self.limits);
        HttpConnectorFuture::new(async move { exchange(&client, limits, &request).await })
    }
}

async fn exchange(
    client: &HttpClient,
    limits: Limits,
    request: &HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let outgoing = outgoing(request).map_err(connector_error)?;
    let answer = client.execute(outgoing, limits).await.map_err(connector_error)?;
    let invalid = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
    let status = StatusCode::try_from(answer.status).map_err(|error| invalid(error.into()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response
            .headers_mut()
            .try_append(name, value)
            .map_err(|error| invalid(error.into()))?;
    }
    Ok(response)
}

fn outgoing(request: &HttpRequest) -> Result<OutgoingRequest, TransportError> {
    let invalid = |reason: &str| TransportError::Invalid(reason.to_owned());
    Ok(OutgoingRequest {
        method: Method::from_bytes(request.method().as_bytes()).map_err(|_| invalid("unknown method"))?,
        url: Url::parse(request.uri()).map_err(|error| TransportError::Invalid(error.to_string()))?,
        headers: header_map(request.headers().iter())?,
        body: request
            .body()
            .bytes()
            .ok_or_else(|| invalid("a streaming body"))?
            .to_vec(),
    })
}

fn connector_error(error: TransportError) -> ConnectorError {
    match error {
        TransportError::Timeout { .. } => ConnectorError::timeout(error.into()),
        TransportError::Invalid(_) => ConnectorError::user(error.into()),
        TransportError::NoSuchEndpoint { .. }
        | TransportError::Credentials(_)
        | TransportError::UnknownHost { .. }
        | TransportError::Connection(_)
        | TransportError::TooLarge { .. } => ConnectorError::io(error.into()),
    }
}
