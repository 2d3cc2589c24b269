//! `AwsSession`: one AWS identity with the region and endpoints that its configuration names.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::region::Region;
use plumb_api::catalog::Catalog;
use plumb_model::value::Text;

use crate::credential_cache::CredentialCache;
use crate::credential_chain::{Found, find_credentials, metadata_client};
use crate::credential_connector::CredentialHttpClient;
use crate::credential_failure::{explain, sts_code};
use crate::endpoint_override::EndpointOverrides;
use crate::http_client::{HttpClient, HttpOptions};
use crate::profile::ProfileFacts;
use crate::role::{DEFAULT_SESSION_NAME, RoleArn, RoleOptions};
use crate::session_error::{CredentialSource, SessionError};

/// Which identity to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionOptions {
    /// The profile; then the environment's keys are not looked at. Default: the chain of the AWS CLI.
    pub profile: Option<String>,
    /// The ARN of a role that is assumed with those credentials.
    pub role: Option<String>,
    /// The external id for the role.
    pub external_id: Option<String>,
    /// The session name for the role; `plumb` by default.
    pub session_name: Option<String>,
    /// How long one set of the role's credentials lives.
    pub duration: Option<Duration>,
}

/// Credentials that refresh themselves, with region, endpoints and HTTP client. Clones share all of it.
#[derive(Clone)]
pub struct AwsSession {
    credentials: Arc<CredentialCache>,
    source: CredentialSource,
    role: Option<RoleArn>,
    region: Option<Text>,
    endpoints: Arc<EndpointOverrides>,
    http: HttpClient,
    sdk: SdkConfig,
}

impl AwsSession {
    /// Finds credentials as the AWS CLI does, and assumes the role if one is asked for.
    ///
    /// Without credentials this takes at most about one second, the time allowed to the metadata service.
    ///
    /// # Errors
    /// One error that says what was tried or what is malformed.
    pub async fn open(options: &SessionOptions, http: &HttpOptions) -> Result<Self, SessionError> {
        let role = role_options(options)?;
        let http = HttpClient::new(http)?;
        let env = Env::real();
        let facts = ProfileFacts::read(options.profile.as_deref(), &env, &Fs::real()).await?;
        let endpoints = EndpointOverrides::new(env.clone(), facts.profiles.clone());
        endpoints.validate(
            std::env::vars_os(),
            Catalog::aws()
                .services()
                .map(|service| service.service_id().as_str()),
        )?;
        let mut region = configured_region(&facts, &env)?;

        let fallback = default_region(role.as_ref().map_or("aws", |role| role.role.partition()));
        let sts_region = Region::new(region.as_deref().unwrap_or(&fallback).to_owned());
        let connector = CredentialHttpClient(http.clone());
        let config = ProviderConfig::without_region()
            .with_region(Some(sts_region.clone()))
            .with_http_client(connector.clone());
        let Found {
            source,
            provider,
            credentials,
        } = find_credentials(&facts, &env, &config).await?;
        tracing::debug!(source = source.title(), "credentials found");
        if region.is_none() && source == CredentialSource::InstanceMetadata {
            let metadata = ImdsRegionProvider::builder()
                .imds_client(metadata_client(&config))
                .build();
            let found = metadata.region().await;
            region = found
                .filter(|region| is_region_name(region.as_ref()))
                .map(|region| region.as_ref().into());
        }
        let sts_region = region
            .as_deref()
            .map_or(sts_region, |region| Region::new(region.to_owned()));
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .http_client(connector)
            .no_credentials()
            .profile_name(facts.name())
            .region(sts_region)
            .load()
            .await;
        let session = Self {
            credentials: Arc::new(CredentialCache::starting_with(provider, credentials)),
            source,
            role: None,
            region,
            endpoints: Arc::new(endpoints),
            http,
            sdk,
        };
        match role {
            Some(role) => session.assume_role(&role).await,
            None => Ok(session),
        }
    }

    /// A session of a role that this session's identity assumes. Region, endpoints and connections are shared.
    ///
    /// # Errors
    /// When the options are malformed or STS refuses.
    pub async fn assume_role(&self, role: &RoleOptions) -> Result<Self, SessionError> {
        role.validate().map_err(SessionError::RoleOptions)?;
        let mut builder = AssumeRoleProvider::builder(role.role.as_str())
            .configure(&self.sdk)
            .session_name(&role.session_name);
        if let Some(external_id) = &role.external_id {
            builder = builder.external_id(external_id);
        }
        if let Some(duration) = role.duration {
            builder = builder.session_length(duration);
        }
        let provider = builder
            .build_from_provider(BaseCredentials(Arc::clone(&self.credentials)))
            .await;
        let provider = SharedCredentialsProvider::new(provider);
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| SessionError::AssumeRole {
                role: role.role.to_string(),
                reason: explain(&error),
                code: sts_code(&error),
            })?;
        Ok(Self {
            credentials: Arc::new(CredentialCache::starting_with(provider, credentials)),
            role: Some(role.role.clone()),
            ..self.clone()
        })
    }

    /// The region that environment, profile or instance name; `None` when none does.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Where the credentials come from; with a role, those that assumed it.
    pub fn source(&self) -> CredentialSource {
        self.source
    }

    /// The role that was assumed on top; the last one of several.
    pub fn role(&self) -> Option<&RoleArn> {
        self.role.as_ref()
    }

    pub(crate) async fn credentials(&self) -> Result<Credentials, String> {
        self.credentials.credentials().await
    }

    pub(crate) fn endpoints(&self) -> &EndpointOverrides {
        &self.endpoints
    }

    pub(crate) fn http(&self) -> &HttpClient {
        &self.http
    }

    /// A session with fixed credentials and settings, for tests.
    #[cfg(test)]
    pub(crate) fn fixed(credentials: Credentials, endpoints: EndpointOverrides, http: &HttpOptions) -> Self {
        Self {
            credentials: Arc::new(CredentialCache::new(SharedCredentialsProvider::new(credentials))),
            source: CredentialSource::Environment,
            role: None,
            region: None,
            endpoints: Arc::new(endpoints),
            http: HttpClient::new(http).unwrap(),
            sdk: SdkConfig::builder().build(),
        }
    }
}

/// Shows where the credentials come from and never what they are.
impl fmt::Debug for AwsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsSession")
            .field("source", &self.source)
            .field("role", &self.role)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// The region where a partition is asked when nothing names one.
pub fn default_region(partition: &str) -> Text {
    let partitions = Catalog::aws().partitions();
    let found = partitions.iter().find(|known| known.id().as_str() == partition);
    found.map_or(Text::new_static("us-east-1"), |found| {
        found.global_region().clone()
    })
}

/// The credentials of a session as the provider of another.
#[derive(Debug)]
struct BaseCredentials(Arc<CredentialCache>);

impl ProvideCredentials for BaseCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.provide_credentials()
    }
}

fn role_options(options: &SessionOptions) -> Result<Option<RoleOptions>, SessionError> {
    let Some(role) = &options.role else {
        return match &options.external_id {
            Some(_) => Err(SessionError::RoleOptions(
                "an external id is given but no role to assume".to_owned(),
            )),
            None => Ok(None),
        };
    };
    let role = RoleOptions {
        role: role.parse()?,
        external_id: options.external_id.clone(),
        session_name: options
            .session_name
            .clone()
            .unwrap_or_else(|| DEFAULT_SESSION_NAME.to_owned()),
        duration: options.duration,
    };
    role.validate().map_err(SessionError::RoleOptions)?;
    Ok(Some(role))
}

/// `AWS_REGION`, `AWS_DEFAULT_REGION`, then the profile's; its form is checked because it becomes part of host names.
fn configured_region(facts: &ProfileFacts, env: &Env) -> Result<Option<Text>, SessionError> {
    let variable = |name: &str| env.get(name).ok().map(|region| (region, format!("`{name}`")));
    let profile = || {
        facts
            .region()
            .map(|region| (region.to_owned(), format!("the profile `{}`", facts.name())))
    };
    let found = variable("AWS_REGION")
        .filter(|(region, _)| !region.trim().is_empty())
        .or_else(|| variable("AWS_DEFAULT_REGION").filter(|(region, _)| !region.trim().is_empty()))
        .or_else(profile);
    let Some((region, setting)) = found else {
        return Ok(None);
    };
    let region = region.trim();
    if !is_region_name(region) {
        return Err(SessionError::Region {
            region: region.chars().take(80).collect(),
            setting,
        });
    }
    Ok(Some(region.into()))
}

/// Whether a text has the form of a region's name, so that it can stand in the name of a host.
pub fn is_region_name(text: &str) -> bool {
    let well_formed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&text.len()) && text.chars().all(well_formed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_external_id_needs_a_role_and_a_role_needs_an_arn() {
        let options = |role: Option<&str>| SessionOptions {
            role: role.map(str::to_owned),
            external_id: Some("abc".to_owned()),
            ..SessionOptions::default()
        };
        assert!(
            role_options(&options(None))
                .unwrap_err()
                .to_string()
                .contains("no role")
        );
        assert!(
            role_options(&options(Some("Admin")))
                .unwrap_err()
                .to_string()
                .contains("`Admin`")
        );
        let role = role_options(&options(Some("arn:aws:iam::123456789012:role/a")))
            .unwrap()
            .unwrap();
        assert_eq!(
            (role.session_name.as_str(), role.external_id.as_deref()),
            ("plumb", Some("abc"))
        );
    }

    #[tokio::test]
    async fn the_region_comes_from_the_environment_then_the_profile_and_must_be_well_formed() {
        let config = "[default]\nregion = eu-west-1\n";
        type Case<'a> = (&'a [(&'a str, &'a str)], Result<&'a str, &'a str>);
        let cases: [Case<'_>; 5] = [
            (
                &[("AWS_REGION", "us-east-2"), ("AWS_DEFAULT_REGION", "us-west-1")],
                Ok("us-east-2"),
            ),
            (&[("AWS_DEFAULT_REGION", "us-west-1")], Ok("us-west-1")),
            (&[("AWS_REGION", "")], Ok("eu-west-1")),
            (&[], Ok("eu-west-1")),
            (&[("AWS_REGION", "evil.example/")], Err("`AWS_REGION`")),
        ];
        for (variables, expected) in cases {
            let mut variables = variables.to_vec();
            variables.push(("HOME", "/home/u"));
            let (env, fs) = (
                Env::from_slice(&variables),
                Fs::from_slice(&[("/home/u/.aws/config", config)]),
            );
            let facts = ProfileFacts::read(None, &env, &fs).await.unwrap();
            match (configured_region(&facts, &env), expected) {
                (Ok(region), Ok(expected)) => assert_eq!(region.as_deref(), Some(expected)),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (other, expected) => panic!("{other:?} instead of {expected:?}"),
            }
        }
    }
}
