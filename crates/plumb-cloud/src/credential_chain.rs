//! The chain of credential sources: the first that has credentials is used, and every other outcome is kept.

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::os_shim_internal::Env;

use crate::credential_failure::explain;
use crate::profile::ProfileFacts;
use crate::session_error::{Attempt, CredentialSource, SessionError};

/// The time in which the metadata service must answer. Away from EC2 nobody answers, and the user waits for this.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// A source that has credentials.
pub(crate) struct Found {
    pub(crate) source: CredentialSource,
    pub(crate) provider: SharedCredentialsProvider,
    pub(crate) credentials: Credentials,
}

/// Asks the sources in the order of the AWS CLI.
///
/// A source that is not configured is passed over. A source that is configured and does not work ends the search: what
/// comes after it may be another identity in another account.
///
/// # Errors
/// `NoCredentials` with all attempts, or `Unusable` with the source that does not work.
pub(crate) async fn find_credentials(
    facts: &ProfileFacts,
    env: &Env,
    config: &ProviderConfig,
) -> Result<Found, SessionError> {
    let mut tried = Vec::new();
    for source in sources(facts) {
        if let Some(outcome) = not_configured(source, env) {
            tried.push(Attempt { source, outcome });
            continue;
        }
        let provider = provider(source, facts, config);
        match provider.provide_credentials().await {
            Ok(credentials) => {
                return Ok(Found {
                    source,
                    provider,
                    credentials,
                });
            }
            Err(error) => {
                let attempt = Attempt {
                    source,
                    outcome: outcome(source, &error, facts),
                };
                if goes_on(source, &error, facts) {
                    tried.push(attempt);
                } else {
                    let advice = (source == CredentialSource::Profile)
                        .then(|| facts.advice())
                        .flatten();
                    return Err(SessionError::Unusable { attempt, advice });
                }
            }
        }
    }
    Err(SessionError::NoCredentials { tried })
}

/// A client of the metadata service that gives up quickly.
pub(crate) fn metadata_client(config: &ProviderConfig) -> imds::Client {
    imds::Client::builder()
        .configure(config)
        .max_attempts(1)
        .connect_timeout(METADATA_TIMEOUT)
        .read_timeout(METADATA_TIMEOUT)
        .operation_attempt_timeout(METADATA_TIMEOUT)
        .operation_timeout(METADATA_TIMEOUT)
        .build()
}

/// A profile that was named on the command line goes before the environment, so the environment is left out.
fn sources(facts: &ProfileFacts) -> Vec<CredentialSource> {
    use CredentialSource::{Container, Environment, InstanceMetadata, Profile, WebIdentity};
    if facts.chosen {
        vec![Profile, Container, InstanceMetadata]
    } else {
        vec![Environment, Profile, WebIdentity, Container, InstanceMetadata]
    }
}

fn provider(
    source: CredentialSource,
    facts: &ProfileFacts,
    config: &ProviderConfig,
) -> SharedCredentialsProvider {
    match source {
        CredentialSource::Environment => {
            SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
        }
        CredentialSource::Profile => {
            let builder = ProfileFileCredentialsProvider::builder().configure(config);
            SharedCredentialsProvider::new(builder.profile_name(facts.name()).build())
        }
        CredentialSource::WebIdentity => SharedCredentialsProvider::new(
            WebIdentityTokenCredentialsProvider::builder()
                .configure(config)
                .build(),
        ),
        CredentialSource::Container => {
            SharedCredentialsProvider::new(EcsCredentialsProvider::builder().configure(config).build())
        }
        CredentialSource::InstanceMetadata => SharedCredentialsProvider::new(
            ImdsCredentialsProvider::builder()
                .configure(config)
                .imds_client(metadata_client(config))
                .build(),
        ),
    }
}

/// Why a source need not be asked; `None` when it must be.
fn not_configured(source: CredentialSource, env: &Env) -> Option<String> {
    let is_set = |name: &str| env.get(name).is_ok_and(|value| !value.trim().is_empty());
    match source {
        CredentialSource::Environment => (!is_set("AWS_ACCESS_KEY_ID") && !is_set("AWS_SECRET_ACCESS_KEY"))
            .then(|| "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not set".to_owned()),
        CredentialSource::WebIdentity => (!is_set("AWS_WEB_IDENTITY_TOKEN_FILE"))
            .then(|| "`AWS_WEB_IDENTITY_TOKEN_FILE` is not set".to_owned()),
        CredentialSource::Container => {
            let names = [
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            ];
            (!names.into_iter().any(is_set))
                .then(|| format!("neither `{}` nor `{}` is set", names[0], names[1]))
        }
        CredentialSource::InstanceMetadata => env
            .get("AWS_EC2_METADATA_DISABLED")
            .is_ok_and(|value| value.eq_ignore_ascii_case("true"))
            .then(|| "switched off by `AWS_EC2_METADATA_DISABLED`".to_owned()),
        CredentialSource::Profile => None,
    }
}

/// Whether the search goes on after a failure.
fn goes_on(source: CredentialSource, error: &CredentialsError, facts: &ProfileFacts) -> bool {
    match source {
        // Nothing comes after the metadata service; away from EC2 every kind of failure happens there.
        CredentialSource::InstanceMetadata => true,
        CredentialSource::Profile => {
            matches!(error, CredentialsError::CredentialsNotLoaded(_)) && !facts.has_credential_settings()
        }
        // Asked only when configured, so whatever fails is a fault of the configuration.
        CredentialSource::Environment | CredentialSource::WebIdentity | CredentialSource::Container => false,
    }
}

fn outcome(source: CredentialSource, error: &CredentialsError, facts: &ProfileFacts) -> String {
    match (source, error) {
        (CredentialSource::Environment, CredentialsError::CredentialsNotLoaded(_)) => {
            "only one of `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` is set".to_owned()
        }
        (CredentialSource::Profile, CredentialsError::CredentialsNotLoaded(_))
            if !facts.has_credential_settings() =>
        {
            if facts.profiles.is_empty() {
                format!("no profile is defined in {}", facts.files)
            } else if facts.profiles.get_profile(facts.name()).is_none() {
                format!("`{}` is not defined in {}", facts.name(), facts.files)
            } else {
                format!("`{}` of {} has no credentials", facts.name(), facts.files)
            }
        }
        (CredentialSource::Profile, _) if facts.is_console_login() => {
            format!(
                "`{}`: sign-ins with `aws login` cannot be read directly",
                facts.name()
            )
        }
        (CredentialSource::Profile, _) => format!("`{}`: {}", facts.name(), explain(error)),
        (CredentialSource::InstanceMetadata, _) => format!("not on EC2, or no role ({})", explain(error)),
        (_, error) => explain(error),
    }
}
