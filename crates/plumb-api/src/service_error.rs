//! `ServiceError`: what a service says when it refuses or fails, and what that means for a scan.

use std::fmt;

use plumb_model::value::Text;

/// An error that a service reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// For example `AccessDenied`; the status code where the service gives none.
    pub code: String,
    /// For people; hostile text, cut to a readable length.
    pub message: String,
    /// The status code of the answer.
    pub status: u16,
    /// What the service's support asks for.
    pub request_id: Option<String>,
    /// The region that S3 says the bucket is in; always the name of a region.
    pub region_hint: Option<Text>,
    /// How long the service asks to wait.
    pub retry_after_seconds: Option<u32>,
}

impl ServiceError {
    /// Whether the service refuses for load; worth another try after a pause, at a lower rate.
    pub fn is_throttle(&self) -> bool {
        self.status == 429 || self.is_one_of(THROTTLES)
    }

    /// Whether the credentials lack the permission; the same call will fail again.
    pub fn is_denied(&self) -> bool {
        !self.is_throttle()
            && !self.is_credential_problem()
            && !self.is_not_supported()
            && (self.is_one_of(DENIALS) || (self.status == 403 && self.code == "403"))
    }

    /// Whether the service or the operation does not exist in the region, or the account has not signed up for it.
    pub fn is_not_supported(&self) -> bool {
        self.is_one_of(ABSENCES)
    }

    /// Whether the service does not accept the credentials at all.
    ///
    /// A region that the account has not enabled answers like this too: with credentials that work elsewhere it means
    /// that the region is disabled.
    pub fn is_credential_problem(&self) -> bool {
        self.is_one_of(CREDENTIAL_PROBLEMS)
    }

    /// Whether the service failed for a reason of its own that may pass; worth another try.
    pub fn is_transient(&self) -> bool {
        !self.is_throttle()
            && (matches!(self.status, 500 | 502..=504 | 509) || self.is_one_of(FAILURES))
            && !self.is_not_supported()
    }

    /// The code without what EC2's old interfaces put before it.
    fn is_one_of(&self, codes: &[&str]) -> bool {
        let code = self
            .code
            .strip_prefix("Client.")
            .or_else(|| self.code.strip_prefix("Server."));
        codes.contains(&code.unwrap_or(&self.code))
    }
}

/// Code and message on one line.
impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ServiceError {}

const THROTTLES: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
];

const DENIALS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedFault",
    "AllAccessDisabled",
    "AuthorizationError",
    "AuthorizationErrorException",
    "ExplicitDeny",
    "Forbidden",
    "ForbiddenException",
    "InsufficientPrivilegesException",
    "KMSAccessDeniedException",
    "NotAuthorized",
    "NotAuthorizedException",
    "OperationNotPermittedException",
    "UnauthorizedAccess",
    "UnauthorizedException",
    "UnauthorizedOperation",
];

const ABSENCES: &[&str] = &[
    "InvalidAction",
    "NotImplemented",
    "NotImplementedException",
    "OptInRequired",
    "RegionDisabledException",
    "RegionNotSupportedException",
    "SubscriptionRequiredException",
    "UnknownOperation",
    "UnknownOperationException",
    "UnsupportedOperation",
    "UnsupportedOperationException",
];

const CREDENTIAL_PROBLEMS: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

const FAILURES: &[&str] = &[
    "InternalError",
    "InternalErrorException",
    "InternalFailure",
    "InternalServerError",
    "InternalServerErrorException",
    "InternalServerException",
    "InternalServiceError",
    "InternalServiceException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerException",
    "ServiceException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_means_one_thing() {
        for (code, status, expected) in [
            ("Throttling", 400, "throttle"),
            ("SlowDown", 503, "throttle"),
            ("429", 429, "throttle"),
            ("RequestLimitExceeded", 503, "throttle"),
            ("AccessDenied", 403, "denied"),
            ("Client.UnauthorizedOperation", 403, "denied"),
            ("403", 403, "denied"),
            ("OptInRequired", 403, "unsupported"),
            ("SubscriptionRequiredException", 400, "unsupported"),
            ("UnknownOperationException", 404, "unsupported"),
            ("InvalidClientTokenId", 403, "credentials"),
            ("AuthFailure", 401, "credentials"),
            ("InternalFailure", 500, "transient"),
            ("503", 503, "transient"),
            ("NotImplemented", 501, "unsupported"),
            ("NoSuchBucketPolicy", 404, "other"),
            ("ValidationError", 400, "other"),
        ] {
            let error = ServiceError {
                code: code.to_owned(),
                message: String::new(),
                status,
                request_id: None,
                region_hint: None,
                retry_after_seconds: None,
            };
            let found: Vec<&str> = [
                (error.is_throttle(), "throttle"),
                (error.is_denied(), "denied"),
                (error.is_not_supported(), "unsupported"),
                (error.is_credential_problem(), "credentials"),
                (error.is_transient(), "transient"),
            ]
            .into_iter()
            .filter_map(|(is_it, name)| is_it.then_some(name))
            .collect();
            assert_eq!(
                found,
                if expected == "other" {
                    vec![]
                } else {
                    vec![expected]
                },
                "{code}"
            );
        }
    }
}
