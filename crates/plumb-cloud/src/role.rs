//! `RoleOptions`: a role that is assumed on top of other credentials.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use plumb_model::value::Text;

/// The session name of an assumed role where the user gives none.
pub const DEFAULT_SESSION_NAME: &str = "plumb";

/// A role and how it is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleOptions {
    /// The role.
    pub role: RoleArn,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The session name that CloudTrail shows; `plumb` by default.
    pub session_name: String,
    /// How long one set of credentials lives, 15 minutes to 12 hours; the service's default is one hour.
    pub duration: Option<Duration>,
}

impl RoleOptions {
    /// A role without external id, with the default session name and duration.
    pub fn new(role: RoleArn) -> Self {
        Self {
            role,
            external_id: None,
            session_name: DEFAULT_SESSION_NAME.to_owned(),
            duration: None,
        }
    }

    /// Checks external id, session name and duration against what STS accepts.
    ///
    /// # Errors
    /// A message that names the option and its value.
    pub fn validate(&self) -> Result<(), String> {
        let word = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let name = &self.session_name;
        if !(2..=64).contains(&name.len()) || !name.chars().all(word) {
            return Err(format!(
                "the session name `{name}` must have 2 to 64 letters, digits or `_+=,.@-`"
            ));
        }
        if let Some(id) = &self.external_id
            && (!(2..=1224).contains(&id.len()) || !id.chars().all(|c| word(c) || ":/".contains(c)))
        {
            return Err("the external id must have 2 to 1224 letters, digits or `_+=,.@:/-`".to_owned());
        }
        if let Some(duration) = self.duration
            && !(900..=43_200).contains(&duration.as_secs())
        {
            let seconds = duration.as_secs();
            return Err(format!(
                "the duration `{seconds}` s of the role's session must be 900 to 43200 s"
            ));
        }
        Ok(())
    }
}

/// The ARN of an IAM role, for example `arn:aws:iam::123456789012:role/audit/PlumbScan`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleArn {
    text: Text,
    partition: Text,
    account: Text,
}

impl RoleArn {
    /// The partition: `aws`, `aws-cn` or `aws-us-gov`, for example.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The twelve digits of the account.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// The text is not the ARN of a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the ARN of an IAM role: {reason}")]
pub struct InvalidRoleArn {
    text: String,
    reason: &'static str,
}

impl FromStr for RoleArn {
    type Err = InvalidRoleArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason| {
            Err(InvalidRoleArn {
                text: text.chars().take(200).collect(),
                reason,
            })
        };
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts.as_slice() else {
            return invalid("it must look like `arn:aws:iam::123456789012:role/NAME`");
        };
        if !partition.starts_with("aws") || !partition.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
            return invalid("the partition must be one such as `aws`, `aws-cn` or `aws-us-gov`");
        }
        if *service == "sts" {
            return invalid(
                "it names a session of an assumed role; give the role itself (`arn:aws:iam::…:role/NAME`)",
            );
        }
        if *service != "iam" || !region.is_empty() {
            return invalid("the service must be `iam` and the region empty");
        }
        if account.len() != 12 || !account.chars().all(|c| c.is_ascii_digit()) {
            return invalid("the account must have twelve digits");
        }
        let Some(name) = resource.strip_prefix("role/") else {
            return invalid("the resource must begin with `role/`");
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
        if name.is_empty() || name.ends_with('/') || text.len() > 2048 || !name.chars().all(allowed) {
            return invalid("the name of the role is empty, too long or holds forbidden characters");
        }
        Ok(Self {
            text: text.into(),
            partition: (*partition).into(),
            account: (*account).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_arns_of_every_partition_and_path_are_accepted() {
        for (text, partition, account) in [
            (
                "arn:aws:iam::123456789012:role/audit/PlumbScan",
                "aws",
                "123456789012",
            ),
            (
                "arn:aws-us-gov:iam::000000000001:role/a",
                "aws-us-gov",
                "000000000001",
            ),
            (
                "arn:aws-cn:iam::123456789012:role/a+b=c,d.e@f-g_h",
                "aws-cn",
                "123456789012",
            ),
        ] {
            let arn: RoleArn = text.parse().unwrap();
            assert_eq!(
                (arn.partition(), arn.account(), arn.as_str()),
                (partition, account, text)
            );
        }
    }

    #[test]
    fn other_texts_are_refused_with_their_reason() {
        for (text, reason) in [
            ("PlumbScan", "must look like"),
            ("arn:aws:iam::123456789012", "must look like"),
            ("arn:azure:iam::123456789012:role/a", "partition"),
            (
                "arn:aws:sts::123456789012:assumed-role/a/b",
                "session of an assumed role",
            ),
            ("arn:aws:s3::123456789012:role/a", "service"),
            ("arn:aws:iam::12345678901:role/a", "twelve digits"),
            ("arn:aws:iam::123456789012:user/a", "role/"),
            ("arn:aws:iam::123456789012:role/", "name of the role"),
            ("arn:aws:iam::123456789012:role/a b", "name of the role"),
        ] {
            let message = text.parse::<RoleArn>().unwrap_err().to_string();
            assert!(message.contains(text) && message.contains(reason), "{message}");
        }
    }

    #[test]
    fn options_that_sts_would_refuse_are_refused_here() {
        let role = || RoleOptions::new("arn:aws:iam::123456789012:role/a".parse().unwrap());
        assert_eq!(role().validate(), Ok(()));
        let with_name = RoleOptions {
            session_name: "a b".to_owned(),
            ..role()
        };
        assert!(with_name.validate().unwrap_err().contains("`a b`"));
        let with_id = RoleOptions {
            external_id: Some("a".to_owned()),
            ..role()
        };
        assert!(with_id.validate().unwrap_err().contains("external id"));
        let with_duration = RoleOptions {
            duration: Some(Duration::from_secs(60)),
            ..role()
        };
        assert!(with_duration.validate().unwrap_err().contains("`60`"));
    }
}
