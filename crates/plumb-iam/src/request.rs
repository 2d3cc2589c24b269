//! `Request`: one action by one principal on one resource.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use jiff::Timestamp;
use plumb_model::value::Text;

use crate::arn::Arn;
use crate::glob::{Glob, Style};
use crate::keys::{Context, KeyValue, Keys};
use crate::principal::{Membership, Principal, Tags};
use crate::region::{ENDPOINT_OF_ALL, has_one_endpoint};

/// Whether a question is about one resource or about some resource of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The one that the ARN names.
    One,
    /// Some resource that the pattern matches; statements about a part of them hold under a condition.
    SomeOf(Glob),
}

/// The resource of a request with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its ARN; `*` for actions without a resource.
    pub arn: Text,
    /// Whether the ARN is a pattern.
    pub extent: Extent,
    /// The account it lives in; `None` stands for the requester's own.
    pub account: Option<Text>,
    /// Its region, where the ARN does not say it, as those of S3.
    pub region: Option<Text>,
    /// Its tags.
    pub tags: Tags,
    /// The organization of its account.
    pub membership: Membership,
    /// When it is asked for, where that is known: when its account was read.
    pub moment: Option<Timestamp>,
}

impl Target {
    /// A resource of which the ARN is known; the account is the ARN's, where it has one.
    pub fn new(arn: impl Into<Text>) -> Self {
        let arn = arn.into();
        Self {
            account: Arn::account_of(&arn).map(Text::from),
            arn,
            extent: Extent::One,
            region: None,
            tags: Tags::Unspecified,
            membership: Membership::Unspecified,
            moment: None,
        }
    }

    /// Some resource that a pattern describes, for example the objects of a bucket: `arn:aws:s3:::bucket/*`.
    pub fn some_of(pattern: impl Into<Text>) -> Self {
        let mut target = Self::new(pattern);
        target.extent = Extent::SomeOf(Glob::new(&target.arn, Style::Resource));
        target
    }

    /// The same in a given account; ARNs of S3 do not say theirs.
    #[must_use]
    pub fn in_account(mut self, account: impl Into<Text>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// The same in a region, which an ARN that says one overrides.
    #[must_use]
    pub fn in_region(mut self, region: impl Into<Text>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The same with tags.
    #[must_use]
    pub fn with_tags(mut self, tags: Tags) -> Self {
        self.tags = tags;
        self
    }

    /// The same in an organization or outside any.
    #[must_use]
    pub fn with_membership(mut self, membership: Membership) -> Self {
        self.membership = membership;
        self
    }
}

/// One action by one principal on one resource.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// For example `s3:GetObject`; case does not count.
    pub action: &'a str,
    /// On what.
    pub target: &'a Target,
    /// What else is given of the request.
    pub context: &'a Context,
}

impl Request<'_> {
    /// Whether principal and resource live in the same account.
    pub fn is_within_account(&self) -> bool {
        match (&self.principal.account, &self.target.account) {
            (Some(own), Some(theirs)) => own == theirs,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// The region that is asked, where it is not the requester's choice.
    fn region(&self) -> Option<&str> {
        let of_arn = Arn::read(&self.target.arn).map(|arn| arn.region);
        let own = of_arn.filter(|region| !region.is_empty());
        let is_in_aws = || {
            let arns = [self.principal.name.as_str(), self.target.arn.as_str()];
            arns.iter()
                .filter_map(|arn| Arn::read(arn))
                .any(|arn| arn.partition == "aws")
        };
        own.or(self.target.region.as_deref())
            .or_else(|| (has_one_endpoint(self.action) && is_in_aws()).then_some(ENDPOINT_OF_ALL))
    }
}

/// Given keys win over those that follow from principal and resource.
impl Keys for Request<'_> {
    fn key(&self, key: &str) -> KeyValue<'_> {
        if let Some(given) = self.context.given(key) {
            return given;
        }
        if let Some(value) = self.principal.key(key) {
            return value;
        }
        match key {
            "aws:resourceaccount" | "s3:resourceaccount" => {
                let account = self.target.account.as_ref().or(self.principal.account.as_ref());
                account.map_or(KeyValue::Unspecified, |account| {
                    KeyValue::many(std::slice::from_ref(account))
                })
            }
            "aws:resourceorgid" => self.target.membership.id(),
            "aws:resourceorgpaths" => self.target.membership.path(),
            "aws:currenttime" => self
                .target
                .moment
                .map_or(KeyValue::Unspecified, |moment| KeyValue::one(moment.to_string())),
            "aws:epochtime" => self.target.moment.map_or(KeyValue::Unspecified, |moment| {
                KeyValue::one(moment.as_second().to_string())
            }),
            "aws:requestedregion" => self.region().map_or(KeyValue::Unspecified, KeyValue::one),
            // `aws:ResourceTag/…` and the older names of single services, such as `ec2:ResourceTag/…`.
            _ => match key.split_once(":resourcetag/") {
                Some((_, tag)) => self.target.tags.tag(tag),
                None => KeyValue::Unspecified,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_context_principal_and_resource() {
        let principal = Principal::of_arn("arn:aws:iam::111122223333:user/ann").unwrap();
        let target = Target::new("arn:aws:sqs:eu-west-1:444455556666:q")
            .with_tags(Tags::Known(vec![("team".into(), "red".into())]));
        let context = Context::new().with("aws:SourceIp", "203.0.113.9");
        let request = Request {
            principal: &principal,
            action: "sqs:SendMessage",
            target: &target,
            context: &context,
        };
        for (key, expected) in [
            ("aws:sourceip", KeyValue::one("203.0.113.9")),
            ("aws:principalaccount", KeyValue::one("111122223333")),
            ("aws:resourceaccount", KeyValue::one("444455556666")),
            ("aws:requestedregion", KeyValue::one("eu-west-1")),
            ("aws:resourcetag/team", KeyValue::one("red")),
            ("sqs:resourcetag/cost", KeyValue::Absent),
            ("aws:securetransport", KeyValue::Unspecified),
        ] {
            assert_eq!(request.key(key), expected, "{key}");
        }
        assert!(!request.is_within_account());
    }

    #[test]
    fn the_region_is_that_of_the_resource_or_of_the_only_endpoint() {
        let context = Context::new();
        let bucket = Target::new("arn:aws:s3:::b").in_region("eu-west-1");
        let own = |partition: &str| format!("arn:{partition}:iam::111122223333:user/ann");
        for (partition, action, target, expected) in [
            ("aws", "s3:GetObject", &bucket, Some("eu-west-1")),
            ("aws", "s3:GetObject", &Target::new("arn:aws:s3:::b"), None),
            ("aws", "IAM:PutRolePolicy", &Target::new("*"), Some("us-east-1")),
            ("aws-cn", "iam:PutRolePolicy", &Target::new("*"), None),
            ("aws", "iamx:PutRolePolicy", &Target::new("*"), None),
        ] {
            let principal = Principal::of_arn(&own(partition)).unwrap();
            let request = Request {
                principal: &principal,
                action,
                target,
                context: &context,
            };
            let expected = expected.map_or(KeyValue::Unspecified, KeyValue::one);
            assert_eq!(
                request.key("aws:requestedregion"),
                expected,
                "{partition} {action}"
            );
        }
    }
}
