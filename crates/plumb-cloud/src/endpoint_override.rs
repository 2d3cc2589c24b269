//! `EndpointOverrides`: endpoints that the user configured by environment or profile.
//!
//! Precedence as in the AWS SDKs' "Service-specific endpoints": `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`,
//! the profile's `services` section, the profile's `endpoint_url`; none of them when
//! `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` or `ignore_configured_endpoint_urls` is true.

use std::ffi::OsString;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::property::PropertiesKey;
use aws_types::os_shim_internal::Env;
use plumb_model::value::Text;
use reqwest::Url;

const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// A configured endpoint is malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the endpoint `{url}`, given by {setting}, cannot be used: {reason}")]
pub struct EndpointUrlError {
    /// Where it was given, for example "`AWS_ENDPOINT_URL_S3`".
    pub setting: String,
    /// The value.
    pub url: String,
    /// What is wrong with it.
    pub reason: String,
}

/// An endpoint of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CustomEndpoint {
    /// `http` or `https`.
    pub(crate) scheme: Text,
    /// Host with port where it is not the scheme's own.
    pub(crate) host: String,
    /// Empty, or beginning with `/` and not ending in one.
    pub(crate) base_path: String,
}

/// The settings of environment and profile.
#[derive(Clone, Debug)]
pub(crate) struct EndpointOverrides {
    env: Env,
    profiles: ProfileSet,
    ignored: bool,
}

impl EndpointOverrides {
    pub(crate) fn new(env: Env, profiles: ProfileSet) -> Self {
        let from_environment = env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").ok();
        let ignore = from_environment
            .as_deref()
            .or_else(|| profiles.get("ignore_configured_endpoint_urls"));
        let ignored = ignore.is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
        Self {
            env,
            profiles,
            ignored,
        }
    }

    /// Checks the settings for `service_ids` and those in `variables`, the environment variables that are set.
    pub(crate) fn validate<'a>(
        &self,
        variables: impl Iterator<Item = (OsString, OsString)>,
        service_ids: impl Iterator<Item = &'a str>,
    ) -> Result<(), EndpointUrlError> {
        if self.ignored {
            return Ok(());
        }
        for (variable, value) in variables {
            let Some(variable) = variable.to_str().filter(|name| name.starts_with(VARIABLE)) else {
                continue;
            };
            // The environment of the SDKs hides such a value, and the requests would go to the cloud itself.
            if value.to_str().is_none() {
                return Err(EndpointUrlError {
                    setting: format!("`{variable}`"),
                    url: value
                        .to_string_lossy()
                        .chars()
                        .filter(char::is_ascii)
                        .take(200)
                        .collect(),
                    reason: "it is not UTF-8 text".to_owned(),
                });
            }
            if let Some((url, setting)) = self.variable(variable) {
                parse(&url, setting)?;
            }
        }
        for service_id in service_ids {
            self.for_service(service_id)?;
        }
        match self.profile_endpoint() {
            Some((url, setting)) => parse(&url, setting).map(|_| ()),
            None => Ok(()),
        }
    }

    /// The endpoint of a service, named by its service id, for example `Elastic Load Balancing v2`.
    pub(crate) fn for_service(&self, service_id: &str) -> Result<Option<CustomEndpoint>, EndpointUrlError> {
        if self.ignored {
            return Ok(None);
        }
        let own = format!(
            "{VARIABLE}_{}",
            service_id.to_uppercase().replace([' ', '-'], "_")
        );
        let found = self
            .variable(&own)
            .or_else(|| self.variable(VARIABLE))
            .or_else(|| self.services_section(service_id))
            .or_else(|| self.profile_endpoint());
        found.map(|(url, setting)| parse(&url, setting)).transpose()
    }

    fn variable(&self, name: &str) -> Option<(String, String)> {
        let url = self.env.get(name).ok().filter(|url| !url.trim().is_empty())?;
        Some((url, format!("`{name}`")))
    }

    fn services_section(&self, service_id: &str) -> Option<(String, String)> {
        let section = self.profiles.get("services")?;
        let service = service_id.to_lowercase().replace([' ', '-'], "_");
        // The SDKs disagree on the separator: the documentation has `_`, the Rust SDK reads `-`.
        [service.clone(), service.replace('_', "-")]
            .into_iter()
            .find_map(|service| {
                let key = PropertiesKey::builder()
                    .section_key("services")
                    .section_name(section)
                    .property_name(service.clone())
                    .sub_property_name("endpoint_url")
                    .build()
                    .ok()?;
                let url = self.profiles.other_sections().get(&key)?.to_string();
                Some((url, format!("`{service}` of `[services {section}]`")))
            })
    }

    fn profile_endpoint(&self) -> Option<(String, String)> {
        let url = self
            .profiles
            .get("endpoint_url")
            .filter(|url| !url.trim().is_empty())?;
        Some((
            url.to_owned(),
            format!("the profile `{}`", self.profiles.selected_profile()),
        ))
    }
}

fn parse(text: &str, setting: String) -> Result<CustomEndpoint, EndpointUrlError> {
    let text = text.trim();
    // A password or a token in the URL must not come back in the message.
    let shown = match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    };
    let shown = match shown.split_once(['?', '#']) {
        Some((before, _)) => format!("{before}?…"),
        None => shown,
    };
    let invalid = |reason: &str| EndpointUrlError {
        setting: setting.clone(),
        url: shown.chars().take(200).collect(),
        reason: reason.to_owned(),
    };
    let url = Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("it must begin with `http://` or `https://`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it must not hold a user or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it must end with the path"));
    }
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or_else(|| invalid("it names no host"))?;
    let host = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    Ok(CustomEndpoint {
        scheme: url.scheme().into(),
        host,
        base_path: url.path().trim_end_matches('/').to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use aws_runtime::env_config::file::EnvConfigFiles;
    use aws_types::os_shim_internal::Fs;

    use super::*;

    async fn overrides(variables: &[(&str, &str)], config: &str) -> EndpointOverrides {
        let mut variables = variables.to_vec();
        variables.push(("HOME", "/home/u"));
        let (env, fs) = (
            Env::from_slice(&variables),
            Fs::from_slice(&[("/home/u/.aws/config", config)]),
        );
        let profiles = aws_config::profile::load(&fs, &env, &EnvConfigFiles::default(), None)
            .await
            .unwrap();
        EndpointOverrides::new(env, profiles)
    }

    const CONFIG: &str = "\
[default]
endpoint_url = http://profile:1
services = local
[services local]
elastic_load_balancing_v2 =
  endpoint_url = http://services:1
";

    #[tokio::test]
    async fn precedence_is_that_of_the_sdks() {
        let own = (
            "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
            "https://own:8443/base/",
        );
        let global = ("AWS_ENDPOINT_URL", "http://global:1");
        let ignore = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, Option<&'a str>);
        let cases: [Case<'_>; 7] = [
            (&[own, global], CONFIG, Some("own:8443")),
            (&[global], CONFIG, Some("global:1")),
            (&[], CONFIG, Some("services:1")),
            (
                &[],
                "[default]\nendpoint_url = http://profile:1\n",
                Some("profile:1"),
            ),
            (&[], "[default]\nregion = eu-west-1\n", None),
            (&[("AWS_ENDPOINT_URL", "")], "", None),
            (&[own, global, ignore], CONFIG, None),
        ];
        for (variables, config, host) in cases {
            let endpoint = overrides(variables, config)
                .await
                .for_service("Elastic Load Balancing v2")
                .unwrap();
            assert_eq!(
                endpoint.as_ref().map(|endpoint| endpoint.host.as_str()),
                host,
                "{variables:?}"
            );
        }
        let other = overrides(&[own], CONFIG)
            .await
            .for_service("S3")
            .unwrap()
            .unwrap();
        assert_eq!(other.host, "profile:1");
    }

    #[tokio::test]
    async fn scheme_port_and_path_are_kept() {
        let endpoint = overrides(&[("AWS_ENDPOINT_URL", "https://h:443/a/b/")], "")
            .await
            .for_service("S3");
        let expected = CustomEndpoint {
            scheme: "https".into(),
            host: "h".into(),
            base_path: "/a/b".into(),
        };
        assert_eq!(endpoint, Ok(Some(expected)));
    }

    #[tokio::test]
    async fn malformed_endpoints_are_refused_with_the_setting_named() {
        for (url, reason) in [
            ("localhost:4566", "must begin with"),
            ("ftp://localhost", "must begin with"),
            ("not a url", "relative URL"),
            ("http://user:pass@localhost", "user or a password"),
            ("http://localhost?x=pass@", "end with the path"),
            ("http://localhost?x=pass", "end with the path"),
            ("http://", "host"),
        ] {
            let overrides = overrides(&[("AWS_ENDPOINT_URL_S3", url)], "").await;
            let error = overrides
                .validate(
                    [("AWS_ENDPOINT_URL_S3".into(), url.into())].into_iter(),
                    std::iter::empty(),
                )
                .unwrap_err();
            let message = error.to_string();
            assert!(
                message.contains("`AWS_ENDPOINT_URL_S3`") && message.contains(reason),
                "{message}"
            );
            assert!(
                !message.contains("pass@") && !message.contains("=pass"),
                "{message}"
            );
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn an_endpoint_that_is_no_text_is_not_passed_over() {
        let value: OsString = std::os::unix::ffi::OsStringExt::from_vec(b"http://\xff".to_vec());
        let error = overrides(&[], "")
            .await
            .validate(
                [("AWS_ENDPOINT_URL".into(), value)].into_iter(),
                std::iter::empty(),
            )
            .unwrap_err();
        assert!(error.to_string().contains("it is not UTF-8 text"), "{error}");
    }

    #[tokio::test]
    async fn a_malformed_endpoint_of_a_services_section_is_found_at_once() {
        let config = "[default]\nservices = local\n[services local]\ns3 =\n  endpoint_url = localhost:1\n";
        let error = overrides(&[], config)
            .await
            .validate(std::iter::empty(), ["S3"].into_iter())
            .unwrap_err();
        assert!(
            error.to_string().contains("`s3` of `[services local]`"),
            "{error}"
        );
    }
}
