//! `KeyType`: of what kind the values of well-known condition keys are.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html> names the kind of each global key.

use crate::arn::Arn;
use crate::operator::{number, time, truth_value};

/// Of what kind the values of a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// An IPv4 or IPv6 address.
    Address,
    /// `true` or `false`.
    Bool,
    /// A point in time.
    Date,
    /// A number.
    Number,
    /// An ARN.
    Arn,
}

impl KeyType {
    /// The kind of a key, whose case does not count; `None` where any text is a value, or the key is not known.
    pub fn of(key: &str) -> Option<Self> {
        Some(match key.to_ascii_lowercase().as_str() {
            "aws:sourceip" | "aws:vpcsourceip" | "aws:ec2instancesourceprivateipv4" => Self::Address,
            "aws:multifactorauthpresent"
            | "aws:principalisawsservice"
            | "aws:securetransport"
            | "aws:viaawsservice"
            | "aws:viaawsmcpservice"
            | "kms:bypasspolicylockoutsafetycheck"
            | "kms:grantisforawsresource" => Self::Bool,
            "aws:currenttime" | "aws:tokenissuetime" => Self::Date,
            "aws:epochtime" | "aws:multifactorauthage" | "s3:max-keys" | "s3:signatureage" => Self::Number,
            "aws:principalarn"
            | "aws:sourcearn"
            | "aws:sourcevpcarn"
            | "s3:dataaccesspointarn"
            | "lambda:sourcefunctionarn"
            | "ecs:cluster"
            | "ec2:vpc" => Self::Arn,
            _ => return None,
        })
    }

    /// Whether a text is a value of this kind.
    pub fn accepts(self, value: &str) -> bool {
        match self {
            Self::Address => value.parse::<std::net::IpAddr>().is_ok(),
            Self::Bool => truth_value(value).is_some(),
            Self::Date => time(value).is_some(),
            Self::Number => number(value).is_some(),
            Self::Arn => Arn::read(value).is_some(),
        }
    }

    /// What it is called, with an example.
    pub fn title(self) -> &'static str {
        match self {
            Self::Address => "one IP address, for example `203.0.113.9`",
            Self::Bool => "`true` or `false`",
            Self::Date => "a date, for example `2026-01-31T12:00:00Z`",
            Self::Number => "a number, for example `3600`",
            Self::Arn => "an ARN, for example `arn:aws:iam::111122223333:role/app`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_keys_take_values_of_their_kind_only() {
        for (key, good, bad) in [
            ("aws:SourceIp", "2001:db8::1", "notanip"),
            ("aws:SourceIp", "203.0.113.9", "203.0.113.0/24"),
            ("aws:MultiFactorAuthPresent", "TRUE", "maybe"),
            ("aws:CurrentTime", "2026-01-31T12:00:00Z", "yesterday"),
            ("aws:EpochTime", "1700000000", "now"),
            ("aws:MultiFactorAuthAge", "3600", "1h"),
            ("aws:PrincipalArn", "arn:aws:iam::111122223333:role/app", "app"),
        ] {
            let kind = KeyType::of(key).unwrap();
            assert!(kind.accepts(good), "{key}={good}");
            assert!(!kind.accepts(bad), "{key}={bad}");
        }
        for key in [
            "aws:PrincipalOrgID",
            "aws:PrincipalTag/team",
            "sts:ExternalId",
            "aws:sourcevpce",
        ] {
            assert_eq!(KeyType::of(key), None, "{key}");
        }
    }
}
