//! `Transport`: whoever sends requests to a cloud.

use std::future::Future;
use std::pin::Pin;

use plumb_api::wire::{Endpoint, Request, Response};

/// A boxed future, so that transports can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests with the credentials of one account.
///
/// A transport sends once: retries, rate control, paging and deadlines are the executor's.
/// Dropping the future cancels the request.
pub trait Transport: Send + Sync {
    /// Where the requests of a service go in a region.
    ///
    /// # Errors
    /// When the service does not exist there, or the user's own endpoint is malformed.
    fn endpoint(&self, service: &str, region: &str) -> Result<Endpoint, TransportError>;

    /// Signs and sends one request and reads the whole answer.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>>;
}

impl TransportError {
    /// Whether the service may be out of reach: it said nothing, and may answer another time.
    pub fn is_silence(&self) -> bool {
        match self {
            Self::UnknownHost { .. } | Self::Connection(_) | Self::Timeout { .. } => true,
            Self::NoSuchEndpoint { .. } | Self::Credentials(_) | Self::TooLarge { .. } | Self::Invalid(_) => {
                false
            }
        }
    }
}

/// No answer came.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum TransportError {
    /// The service has no endpoint in that region.
    #[error("{service} does not exist in {region}")]
    NoSuchEndpoint {
        /// The service's name in the API model.
        service: String,
        /// The region.
        region: String,
    },
    /// The credentials could not be had or have expired.
    #[error("no usable credentials: {0}")]
    Credentials(String),
    /// The name of the host does not resolve.
    #[error("the host `{host}` cannot be found")]
    UnknownHost {
        /// The host.
        host: String,
    },
    /// Connecting, sending or receiving failed; worth another try.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// No answer within the time allowed for one request; worth another try.
    #[error("no answer within {seconds} s")]
    Timeout {
        /// The time that was allowed.
        seconds: u64,
    },
    /// The answer is larger than the limit.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The request could not be made.
    #[error("the request cannot be sent: {0}")]
    Invalid(String),
}
