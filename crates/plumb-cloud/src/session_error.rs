//! `SessionError`: why there are no credentials, with everything that was tried.

use std::fmt::Write;

use plumb_model::diagnostic::Diagnostic;

use crate::endpoint_override::EndpointUrlError;
use crate::http_client::HttpClientError;
use crate::role::InvalidRoleArn;

/// No session could be opened.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No source has credentials.
    #[error("no AWS credentials were found")]
    NoCredentials {
        /// What was tried, in order.
        tried: Vec<Attempt>,
    },
    /// A source is configured but does not work; later sources are not tried, because they may be another identity.
    #[error("the AWS credentials of the {} cannot be used: {}", .attempt.source.title(), .attempt.outcome)]
    Unusable {
        /// The source.
        attempt: Attempt,
        /// What to do, when it is known.
        advice: Option<String>,
    },
    /// The profile that was named does not exist.
    #[error("the AWS profile `{profile}` is not defined in {files}")]
    ProfileMissing {
        /// The name.
        profile: String,
        /// The files that were read, in backticks.
        files: String,
        /// The profiles that exist, sorted.
        known: Vec<String>,
    },
    /// A configuration file cannot be read or is malformed.
    #[error("the AWS configuration cannot be read: {reason}")]
    ProfileFile {
        /// What is wrong and where.
        reason: String,
    },
    /// The region has the wrong form.
    #[error("`{region}`, given by {setting}, is not the name of a region")]
    Region {
        /// The value.
        region: String,
        /// Where it was given.
        setting: String,
    },
    /// The role is not the ARN of a role.
    #[error(transparent)]
    RoleArn(#[from] InvalidRoleArn),
    /// External id, session name or duration are not acceptable.
    #[error("{0}")]
    RoleOptions(String),
    /// The role could not be assumed.
    #[error("the role `{role}` cannot be assumed: {reason}")]
    AssumeRole {
        /// Its ARN.
        role: String,
        /// What STS or the network says.
        reason: String,
        /// The error code of STS; `None` when it did not answer.
        code: Option<String>,
    },
    /// An endpoint that the user configured is malformed.
    #[error(transparent)]
    Endpoint(#[from] EndpointUrlError),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Http(#[from] HttpClientError),
}

/// One source of credentials that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The source.
    pub source: CredentialSource,
    /// Why it gave no credentials.
    pub outcome: String,
}

/// Where credentials can come from, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialSource {
    /// `AWS_ACCESS_KEY_ID` and its companions.
    Environment,
    /// The configuration files: keys, SSO, a process, an assumed role.
    Profile,
    /// `AWS_WEB_IDENTITY_TOKEN_FILE`, as EKS and CI systems set it.
    WebIdentity,
    /// The credential endpoint of ECS tasks and EKS pods.
    Container,
    /// The metadata service of an EC2 instance.
    InstanceMetadata,
}

impl CredentialSource {
    /// The name people know it by, to stand after "the".
    pub fn title(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Profile => "profile",
            Self::WebIdentity => "web identity token",
            Self::Container => "container",
            Self::InstanceMetadata => "instance metadata",
        }
    }
}

impl SessionError {
    /// The error with advice, for people.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let mut message = self.to_string();
        let help = match self {
            Self::NoCredentials { tried } => {
                for attempt in tried {
                    // Writing into a `String` cannot fail.
                    let _ = write!(message, "\n  {}: {}", attempt.source.title(), attempt.outcome);
                }
                Some("sign in (`aws configure`, `aws sso login`) or name a profile with `--profile`; `plumb demo` works without credentials".to_owned())
            }
            Self::Unusable { advice, .. } => Some(advice.clone().unwrap_or_else(|| {
                "repair this source or choose another with `--profile`; `plumb demo` works without credentials".to_owned()
            })),
            Self::ProfileMissing { known, .. } => Some(profile_help(known)),
            Self::Region { .. } => Some("regions look like `eu-central-1`".to_owned()),
            Self::AssumeRole { code: None, .. } => {
                Some("check the network, the proxy settings and the name of the region (`AWS_REGION`)".to_owned())
            }
            Self::AssumeRole { code: Some(_), .. } => Some(
                "its trust policy must name the calling identity, and the external id if it asks for one (`--external-id`); \
                 the calling identity needs `sts:AssumeRole`"
                    .to_owned(),
            ),
            Self::Endpoint(_) => Some("an endpoint looks like `http://localhost:4566` or `https://host/path`".to_owned()),
            Self::ProfileFile { .. } => {
                Some("repair the file, or name another with `AWS_CONFIG_FILE` or `AWS_SHARED_CREDENTIALS_FILE`".to_owned())
            }
            Self::RoleArn(_) => Some("a role is named like `arn:aws:iam::123456789012:role/Audit`".to_owned()),
            Self::RoleOptions(_) => Some("`sts:AssumeRole` would refuse it".to_owned()),
            Self::Http(_) => Some("check `AWS_CA_BUNDLE` and the proxy settings".to_owned()),
        };
        let diagnostic = Diagnostic::error(message);
        match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

fn profile_help(known: &[String]) -> String {
    const MOST: usize = 12;
    if known.is_empty() {
        return "no profile is defined; `aws configure` makes one, and `plumb demo` works without credentials".to_owned();
    }
    let shown: Vec<String> = known.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > MOST {
        format!(" and {} more", known.len() - MOST)
    } else {
        String::new()
    };
    format!("defined are {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_was_tried_is_listed_and_the_demo_named() {
        let attempt = |source, outcome: &str| Attempt {
            source,
            outcome: outcome.to_owned(),
        };
        let error = SessionError::NoCredentials {
            tried: vec![
                attempt(CredentialSource::Environment, "`AWS_ACCESS_KEY_ID` is not set"),
                attempt(CredentialSource::InstanceMetadata, "not reachable"),
            ],
        };
        assert_eq!(
            error.to_diagnostic().to_string(),
            "error: no AWS credentials were found\n  \
             environment: `AWS_ACCESS_KEY_ID` is not set\n  \
             instance metadata: not reachable\n\
             help: sign in (`aws configure`, `aws sso login`) or name a profile with `--profile`; \
             `plumb demo` works without credentials"
        );
    }
}
