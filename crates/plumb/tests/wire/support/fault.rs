//! What a proxy does to a request, in the shape that the service's protocol gives it.

use std::time::Duration;

use super::proxy::Seen;

/// What happens to a request instead of, or before, its way to the cloud.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Refused for load, without a word on when to come again.
    Throttle,
    /// Refused for load, to be tried again at once, so that a test needs no patience.
    ThrottleForNow,
    /// Refused for want of permission.
    Deny,
    /// The connection ends without an answer.
    Cut,
    /// The connection ends in the middle of the answer.
    CutBody,
    /// The answer comes with its bytes in reverse order.
    Garble,
    /// A page for people comes instead of the answer, with status 200.
    Page,
    /// The answer comes late.
    Delay(Duration),
}

/// How a service words its errors.
enum Protocol {
    Json,
    RestJson,
    S3,
    Ec2,
    Query,
}

/// The whole answer of a refusal; `None` for faults that do something else to the request.
pub(crate) fn refusal(fault: Fault, seen: &Seen) -> Option<Vec<u8>> {
    let (retry, denied) = match fault {
        Fault::Throttle => ("", false),
        Fault::ThrottleForNow => ("Retry-After: 0\r\n", false),
        Fault::Deny => ("", true),
        Fault::Page => return Some(answer(200, "", "<!DOCTYPE html><title>Sign in</title>")),
        Fault::Cut | Fault::CutBody | Fault::Garble | Fault::Delay(_) => return None,
    };
    let said = if denied {
        "You are not authorized to perform this operation"
    } else {
        "Rate exceeded"
    };
    Some(match protocol(seen) {
        Protocol::S3 => {
            let (status, code) = if denied {
                (403, "AccessDenied")
            } else {
                (503, "SlowDown")
            };
            answer(
                status,
                retry,
                &format!("<Error><Code>{code}</Code><Message>{said}</Message></Error>"),
            )
        }
        Protocol::Ec2 => {
            let (status, code) = if denied {
                (403, "UnauthorizedOperation")
            } else {
                (503, "RequestLimitExceeded")
            };
            let error = format!("<Error><Code>{code}</Code><Message>{said}.</Message></Error>");
            answer(
                status,
                retry,
                &format!("<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"),
            )
        }
        Protocol::Query => {
            let (status, code) = if denied {
                (403, "AccessDenied")
            } else {
                (400, "Throttling")
            };
            let error =
                format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{said}</Message></Error>");
            answer(
                status,
                retry,
                &format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"),
            )
        }
        Protocol::Json => {
            let code = if denied {
                "AccessDeniedException"
            } else {
                "ThrottlingException"
            };
            answer(
                400,
                retry,
                &format!(r#"{{"__type":"com.amazonaws#{code}","message":"{said}"}}"#),
            )
        }
        Protocol::RestJson => {
            let (status, code) = if denied {
                (403, "AccessDeniedException")
            } else {
                (429, "TooManyRequestsException")
            };
            let headers = format!("{retry}x-amzn-ErrorType: {code}\r\n");
            answer(status, &headers, &format!(r#"{{"message":"{said}"}}"#))
        }
    })
}

fn protocol(seen: &Seen) -> Protocol {
    if seen.has_target {
        Protocol::Json
    } else if seen.service == "ec2" {
        Protocol::Ec2
    } else if seen.service == "s3" {
        Protocol::S3
    } else if seen.operation.contains('/') {
        Protocol::RestJson
    } else {
        Protocol::Query
    }
}

fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} Said\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}
