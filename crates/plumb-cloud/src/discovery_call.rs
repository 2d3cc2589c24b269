//! One API call with a few retries, for the calls that come before the collector.

use std::fmt;
use std::time::Duration;

use plumb_api::catalog::Catalog;
use plumb_api::request::build_request;
use plumb_api::response::{ResponseError, decode_response};
use plumb_api::service_error::ServiceError;
use plumb_collect::transport::{Transport, TransportError};
use plumb_model::value::{Map, Reason, Text, Value};

const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_DETAIL: usize = 300;

/// A call that gave no answer, or an error for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFailure {
    /// For example `sts:GetCallerIdentity`.
    pub call: Text,
    /// The kind of failure.
    pub reason: Reason,
    /// The error code of the cloud; empty when no answer came.
    pub code: Text,
    /// What the cloud or the network says; hostile text.
    pub message: Text,
}

impl CallFailure {
    /// Code and message on one line, cut to a readable length.
    pub(crate) fn detail(&self) -> String {
        let text = if self.code.is_empty() {
            self.message.to_string()
        } else {
            format!("{}: {}", self.code, self.message)
        };
        text.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(LONGEST_DETAIL)
            .collect()
    }
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, self.detail())
    }
}

/// Calls an operation once, and again where that may help.
pub(crate) async fn call(
    transport: &dyn Transport,
    catalog: &Catalog,
    service: &str,
    operation: &str,
    region: &str,
    input: Map,
) -> Result<Value, CallFailure> {
    let call = Text::from(format!("{service}:{operation}"));
    let failure = |reason, code: &str, message: String| CallFailure {
        call: call.clone(),
        reason,
        code: code.into(),
        message: message.into(),
    };
    let operation = catalog
        .service(service)
        .and_then(|model| model.operation(operation))
        .ok_or_else(|| {
            failure(
                Reason::Failed,
                "",
                "the API model has no such operation".to_owned(),
            )
        })?;
    let of_transport = |error: &TransportError| failure(transport_reason(error), "", error.to_string());
    let endpoint = transport
        .endpoint(service, region)
        .map_err(|error| of_transport(&error))?;
    let request = build_request(&operation, &Value::Map(input), &endpoint)
        .map_err(|error| failure(Reason::Failed, "", error.to_string()))?;
    let mut pause = FIRST_PAUSE;
    let mut attempt = 1;
    loop {
        let (again, problem) = match transport.send(&request).await {
            Err(error) => (is_worth_another_try(&error), of_transport(&error)),
            Ok(response) => match decode_response(&operation, &response) {
                Ok(answer) => return Ok(answer),
                Err(ResponseError::Service(error)) => {
                    let again = error.is_throttle() || error.is_transient() || is_clock_skew(&error);
                    (
                        again,
                        failure(service_reason(&error), &error.code, error.message.to_string()),
                    )
                }
                Err(error @ ResponseError::Malformed { .. }) => (
                    true,
                    failure(Reason::Failed, "MalformedAnswer", error.to_string()),
                ),
            },
        };
        if !again || attempt >= ATTEMPTS {
            return Err(problem);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
        attempt += 1;
    }
}

fn transport_reason(error: &TransportError) -> Reason {
    match error {
        TransportError::NoSuchEndpoint { .. } => Reason::Unsupported,
        TransportError::Credentials(_) => Reason::Denied,
        TransportError::UnknownHost { .. }
        | TransportError::Connection(_)
        | TransportError::Timeout { .. }
        | TransportError::TooLarge { .. }
        | TransportError::Invalid(_) => Reason::Failed,
    }
}

fn is_worth_another_try(error: &TransportError) -> bool {
    match error {
        TransportError::Connection(_) | TransportError::Timeout { .. } => true,
        TransportError::NoSuchEndpoint { .. }
        | TransportError::Credentials(_)
        | TransportError::UnknownHost { .. }
        | TransportError::TooLarge { .. }
        | TransportError::Invalid(_) => false,
    }
}

fn service_reason(error: &ServiceError) -> Reason {
    if error.is_throttle() {
        Reason::Throttled
    } else if error.is_denied() {
        Reason::Denied
    } else if error.is_not_supported() {
        Reason::Unsupported
    } else {
        Reason::Failed
    }
}

/// A refusal for the time of the signature, which the transport corrects after having seen it.
fn is_clock_skew(error: &ServiceError) -> bool {
    match error.code.as_str() {
        "RequestTimeTooSkewed" | "RequestInTheFuture" | "RequestExpired" => true,
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "AuthFailure" => {
            let message = error.message.to_ascii_lowercase();
            message.contains("signature expired") || message.contains("not yet current")
        }
        _ => false,
    }
}
