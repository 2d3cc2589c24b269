//! `ProfileFacts`: what the AWS configuration files say about the selected profile.

use std::borrow::Cow;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use crate::http_client::describe;
use crate::session_error::SessionError;

/// The configuration files, read once, with one profile selected.
#[derive(Clone, Debug)]
pub(crate) struct ProfileFacts {
    /// All profiles.
    pub(crate) profiles: ProfileSet,
    /// Where they were looked for, for messages.
    pub(crate) files: String,
    /// Whether the user named the profile as an option, which switches the environment's credentials off.
    pub(crate) chosen: bool,
}

impl ProfileFacts {
    /// Reads the files and selects `chosen`, else `AWS_PROFILE`, else `default`.
    ///
    /// # Errors
    /// When a file is malformed or a profile that was named does not exist.
    pub(crate) async fn read(chosen: Option<&str>, env: &Env, fs: &Fs) -> Result<Self, SessionError> {
        let files = files(env);
        let selected = chosen.map(|profile| Cow::Owned(profile.to_owned()));
        let profiles = aws_config::profile::load(fs, env, &EnvConfigFiles::default(), selected)
            .await
            .map_err(|error| SessionError::ProfileFile {
                reason: describe(&error),
            })?;
        let facts = Self {
            profiles,
            files,
            chosen: chosen.is_some(),
        };
        let named = chosen.is_some() || env.get("AWS_PROFILE").is_ok_and(|name| !name.is_empty());
        if named && facts.profiles.get_profile(facts.name()).is_none() {
            return Err(facts.missing());
        }
        Ok(facts)
    }

    /// The name of the selected profile.
    pub(crate) fn name(&self) -> &str {
        self.profiles.selected_profile()
    }

    /// The region of the selected profile or of the profiles it takes its credentials from.
    pub(crate) fn region(&self) -> Option<&str> {
        self.find("region")
    }

    /// Whether the selected profile says where its credentials come from.
    pub(crate) fn has_credential_settings(&self) -> bool {
        const SETTINGS: [&str; 9] = [
            "aws_access_key_id",
            "aws_secret_access_key",
            "credential_process",
            "login_session",
            "role_arn",
            "source_profile",
            "sso_session",
            "sso_start_url",
            "web_identity_token_file",
        ];
        SETTINGS
            .into_iter()
            .any(|setting| self.profiles.get(setting).is_some())
    }

    /// Whether the credentials are those of `aws login`, which need a feature of the SDK that is left out.
    pub(crate) fn is_console_login(&self) -> bool {
        self.find("login_session").is_some()
    }

    /// Advice for when the selected profile exists but gives no credentials.
    pub(crate) fn advice(&self) -> Option<String> {
        let name = self.name();
        if self
            .find("sso_session")
            .or_else(|| self.find("sso_start_url"))
            .is_some()
        {
            Some(format!("sign in again with `aws sso login --profile {name}`"))
        } else if self.is_console_login() {
            Some(format!(
                "export the credentials of `aws login` first: \
                 `eval \"$(aws configure export-credentials --profile {name} --format env)\"`"
            ))
        } else if self.find("mfa_serial").is_some() {
            Some(format!(
                "the role of the profile asks for an MFA code; let the AWS CLI ask for it: \
                 `eval \"$(aws configure export-credentials --profile {name} --format env)\"`"
            ))
        } else {
            None
        }
    }

    /// A setting of the selected profile or of the profiles that `source_profile` leads to.
    fn find(&self, key: &str) -> Option<&str> {
        const LONGEST_CHAIN: usize = 16;
        let mut name = self.name();
        for _ in 0..LONGEST_CHAIN {
            let profile = self.profiles.get_profile(name)?;
            if let Some(value) = profile.get(key) {
                return Some(value);
            }
            name = profile.get("source_profile")?;
        }
        None
    }

    fn missing(&self) -> SessionError {
        let mut known: Vec<String> = self.profiles.profiles().map(str::to_owned).collect();
        known.sort();
        SessionError::ProfileMissing {
            profile: self.name().to_owned(),
            files: self.files.clone(),
            known,
        }
    }
}

fn files(env: &Env) -> String {
    let path = |variable: &str, default: &str| env.get(variable).unwrap_or_else(|_| default.to_owned());
    let config = path("AWS_CONFIG_FILE", "~/.aws/config");
    let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    format!("`{config}` and `{credentials}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
[default]
region = eu-west-1
[profile sso]
sso_session = corp
[profile chained]
source_profile = sso
role_arn = arn:aws:iam::123456789012:role/a
[profile loop-a]
source_profile = loop-b
[profile loop-b]
source_profile = loop-a
[sso-session corp]
sso_region = eu-west-1
";

    async fn read(chosen: Option<&str>, variables: &[(&str, &str)]) -> Result<ProfileFacts, SessionError> {
        let mut variables = variables.to_vec();
        variables.push(("HOME", "/home/u"));
        let fs = Fs::from_slice(&[("/home/u/.aws/config", CONFIG)]);
        ProfileFacts::read(chosen, &Env::from_slice(&variables), &fs).await
    }

    #[tokio::test]
    async fn the_option_wins_over_the_environment() {
        assert_eq!(read(None, &[]).await.unwrap().name(), "default");
        assert_eq!(read(None, &[("AWS_PROFILE", "sso")]).await.unwrap().name(), "sso");
        assert_eq!(
            read(Some("chained"), &[("AWS_PROFILE", "sso")])
                .await
                .unwrap()
                .name(),
            "chained"
        );
    }

    #[tokio::test]
    async fn a_profile_that_was_named_must_exist() {
        for facts in [
            read(Some("nope"), &[]).await,
            read(None, &[("AWS_PROFILE", "nope")]).await,
        ] {
            let message = facts.unwrap_err().to_diagnostic().to_string();
            assert!(
                message.contains("`nope`") && message.contains("~/.aws/config"),
                "{message}"
            );
            assert!(message.contains("`chained`"), "{message}");
        }
    }

    #[tokio::test]
    async fn settings_are_found_through_source_profiles_and_loops_end() {
        assert_eq!(read(None, &[]).await.unwrap().region(), Some("eu-west-1"));
        let advice = read(Some("chained"), &[]).await.unwrap().advice().unwrap();
        assert!(advice.contains("aws sso login --profile chained"), "{advice}");
        assert_eq!(read(Some("loop-a"), &[]).await.unwrap().advice(), None);
    }

    #[tokio::test]
    async fn a_malformed_file_is_one_error_with_its_place() {
        let fs = Fs::from_slice(&[("/home/u/.aws/config", "[default\nregion")]);
        let error = ProfileFacts::read(None, &Env::from_slice(&[("HOME", "/home/u")]), &fs)
            .await
            .unwrap_err();
        let message = error.to_diagnostic().to_string();
        assert!(message.contains(".aws/config"), "{message}");
    }
}
