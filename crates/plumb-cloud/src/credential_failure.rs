//! Words for why a credential provider failed.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::ErrorMetadata;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;

/// The longest message that is kept; services answer with arbitrary text.
const LONGEST: usize = 500;
/// How many causes of an error are looked at.
const MOST_CAUSES: usize = 24;

/// The cause of a failure in one line: code and message of STS where it answered, else the innermost words.
pub(crate) fn explain(error: &CredentialsError) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    for _ in 0..MOST_CAUSES {
        let Some(current) = next else { break };
        if let Some(answer) = sts_answer(current) {
            return shorten(&answer);
        }
        let text = current.to_string();
        if !is_empty_phrase(&text) && !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = current.source();
    }
    if parts.is_empty() {
        parts.push(error.to_string());
    }
    shorten(&parts.join(": "))
}

/// The error code of STS, when it was STS that refused.
pub(crate) fn sts_code(error: &CredentialsError) -> Option<String> {
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    for _ in 0..MOST_CAUSES {
        let current = next?;
        if let Some(metadata) = sts_metadata(current) {
            return metadata.code().map(str::to_owned);
        }
        next = current.source();
    }
    None
}

fn sts_metadata<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e ErrorMetadata> {
    let role = error.downcast_ref::<AssumeRoleError>().map(AssumeRoleError::meta);
    role.or_else(|| {
        error
            .downcast_ref::<AssumeRoleWithWebIdentityError>()
            .map(AssumeRoleWithWebIdentityError::meta)
    })
}

fn sts_answer(error: &(dyn Error + 'static)) -> Option<String> {
    let metadata = sts_metadata(error)?;
    match (metadata.code(), metadata.message()) {
        (Some(code), Some(message)) => Some(format!("{message} ({code})")),
        (Some(code), None) => Some(code.to_owned()),
        (None, Some(message)) => Some(message.to_owned()),
        (None, None) => None,
    }
}

/// Phrases of the SDK that say only that something below failed.
fn is_empty_phrase(text: &str) -> bool {
    matches!(
        text,
        "dispatch failure"
            | "service error"
            | "unhandled error"
            | "io error"
            | "timeout"
            | "response error"
            | "failed to construct request"
            | "an error occurred while loading credentials"
            | "the credential provider was not enabled"
            | "the credentials provider was not properly configured"
    )
}

fn shorten(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_told_without_the_wrapping() {
        let error = CredentialsError::provider_error(CredentialsError::not_loaded("the token is old\n"));
        assert_eq!(explain(&error), "the token is old ");
        assert_eq!(
            explain(&CredentialsError::not_loaded_no_source()),
            "the credential provider was not enabled"
        );
    }
}
