//! Public access to S3 buckets: access control lists, public policies and the settings that block them.
//!
//! Facts: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>.

use std::collections::BTreeSet;

use plumb_model::value::{Text, Value};

use crate::arn::Arn;
use crate::attribute::{list, text_at};
use crate::condition::Test;
use crate::document::{Effect, Listing, PolicyDocument, Statement};
use crate::operator::{Comparison, Missing, Quantifier, Sense, prefix_length};
use crate::policy::{Content, NamedPolicy};
use crate::principal::{Principal, PrincipalKind};
use crate::principal_pattern::PrincipalPattern;
use crate::truth::Truth;

/// The four settings that block public access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PublicAccessBlock {
    /// New public access control lists are refused.
    pub block_public_acls: Truth,
    /// Public access control lists count for nothing.
    pub ignore_public_acls: Truth,
    /// New public policies are refused.
    pub block_public_policy: Truth,
    /// A public policy gives access to the owner's account and to AWS services only.
    pub restrict_public_buckets: Truth,
}

impl PublicAccessBlock {
    /// Reads the settings of a bucket or account: null is none of them, unreadable is unknown.
    pub fn read(settings: Option<&Value>) -> Self {
        let setting = |name: &str| match settings {
            Some(Value::Null) => Truth::False,
            Some(Value::Map(map)) => match map.get(name) {
                Some(Value::Bool(is_set)) => (*is_set).into(),
                None | Some(Value::Null) => Truth::False,
                Some(_) => Truth::Unknown,
            },
            None | Some(_) => Truth::Unknown,
        };
        Self {
            block_public_acls: setting("block_public_acls"),
            ignore_public_acls: setting("ignore_public_acls"),
            block_public_policy: setting("block_public_policy"),
            restrict_public_buckets: setting("restrict_public_buckets"),
        }
    }

    /// Bucket and account together: the stricter setting counts.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls.or(other.block_public_acls),
            ignore_public_acls: self.ignore_public_acls.or(other.ignore_public_acls),
            block_public_policy: self.block_public_policy.or(other.block_public_policy),
            restrict_public_buckets: self.restrict_public_buckets.or(other.restrict_public_buckets),
        }
    }
}

/// The groups of an access control list that are not of the owner's making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclGroup {
    /// Everybody.
    AllUsers,
    /// Everybody with an AWS account.
    AuthenticatedUsers,
}

/// What is public about a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicAccess {
    /// The settings in force.
    pub block: PublicAccessBlock,
    /// What the access control list gives to groups of strangers, as long as it counts.
    pub acl: BTreeSet<(AclGroup, Text)>,
    /// Whether the list gives something to strangers in effect.
    pub is_public_by_acl: Truth,
    /// Whether S3 takes the policy for a public one.
    pub has_public_policy: Truth,
    /// Whether the policy gives something to strangers in effect.
    pub is_public_by_policy: Truth,
}

impl PublicAccess {
    /// Whether the settings cut somebody off whom the bucket's policy lets in.
    ///
    /// With a public policy and restricted buckets only the owner's account and AWS services have access.
    pub fn cuts_off(&self, principal: &Principal, owner: &str) -> Truth {
        let is_admitted =
            principal.kind == PrincipalKind::Service || principal.account.as_deref() == Some(owner);
        if is_admitted {
            Truth::False
        } else {
            self.has_public_policy.and(self.block.restrict_public_buckets)
        }
    }
}

/// What is public about a bucket, from its document and the settings of its account.
pub fn public_access(bucket: &Value, account_block: Option<&Value>) -> PublicAccess {
    let block =
        PublicAccessBlock::read(bucket.get("public_access_block")).or(PublicAccessBlock::read(account_block));
    let (acl, has_public_acl) = acl(bucket);
    let has_public_policy = match bucket.get("policy") {
        Some(Value::Null) => Truth::False,
        Some(policy) => match NamedPolicy::read("", "policy", policy).content {
            Content::Read(document) => policy_is_public(&document),
            Content::Unread(_) => Truth::Unknown,
        },
        None => Truth::Unknown,
    };
    PublicAccess {
        block,
        acl,
        is_public_by_acl: has_public_acl.and(!block.ignore_public_acls),
        has_public_policy,
        is_public_by_policy: has_public_policy.and(!block.restrict_public_buckets),
    }
}

fn acl(bucket: &Value) -> (BTreeSet<(AclGroup, Text)>, Truth) {
    if acls_are_disabled(bucket) {
        return (BTreeSet::new(), Truth::False);
    }
    let grants = match bucket.get("acl") {
        Some(Value::Map(acl)) => list(acl.get("grants")),
        Some(Value::Null) => Ok(&[][..]),
        None | Some(_) => Err("unread".into()),
    };
    let Ok(grants) = grants else {
        return (BTreeSet::new(), Truth::Unknown);
    };
    let mut found = BTreeSet::new();
    let mut truth = Truth::False;
    for grant in grants {
        let uri = match grant.get("grantee") {
            Some(grantee @ Value::Map(_)) => text_at(grantee, "uri").ok(),
            None | Some(_) => {
                truth = truth.or(Truth::Unknown);
                continue;
            }
        };
        let group = match uri.as_deref().and_then(|uri| uri.rsplit('/').next()) {
            Some("AllUsers") => AclGroup::AllUsers,
            Some("AuthenticatedUsers") => AclGroup::AuthenticatedUsers,
            Some(_) | None => continue,
        };
        truth = Truth::True;
        found.insert((group, text_at(grant, "permission").unwrap_or_default()));
    }
    (found, truth)
}

/// Whether the bucket's owner owns all objects, which switches lists off.
pub(crate) fn acls_are_disabled(bucket: &Value) -> bool {
    let rules = bucket
        .get("ownership_controls")
        .and_then(|controls| controls.get("rules"));
    rules.and_then(Value::as_list).is_some_and(|rules| {
        rules
            .iter()
            .any(|rule| text_at(rule, "object_ownership").is_ok_and(|rule| rule == "BucketOwnerEnforced"))
    })
}

/// Whether S3 takes a policy for a public one: some statement allows everybody, and no test fixes who or from where.
pub fn policy_is_public(document: &PolicyDocument) -> Truth {
    let may_be = document
        .unread()
        .iter()
        .any(|unread| unread.effect != Some(Effect::Deny));
    let unread = if may_be { Truth::Unknown } else { Truth::False };
    let statements = document.statements().iter();
    statements
        .filter(|statement| statement.effect == Effect::Allow)
        .map(|statement| {
            Truth::from(is_for_everybody(statement) && !statement.tests.iter().any(fixes_access))
        })
        .fold(unread, Truth::or)
}

fn is_for_everybody(statement: &Statement) -> bool {
    statement
        .principals
        .as_ref()
        .is_some_and(|principals| match principals.listing {
            // Whoever signs in at an identity provider counts as the public too.
            Listing::Only => principals.patterns.iter().any(|pattern| {
                matches!(
                    pattern,
                    PrincipalPattern::Everyone | PrincipalPattern::Federated(_)
                )
            }),
            Listing::AllBut => true,
        })
}

/// Whether a test lets fixed requesters or networks in only.
fn fixes_access(test: &Test) -> bool {
    let operator = test.operator;
    let is_demand = operator.sense == Sense::Positive
        && operator.missing == Missing::Fails
        && operator.quantifier != Quantifier::ForAll;
    let key = test.key.as_str();
    let is_fixed: fn(&str) -> bool = match (key, operator.comparison) {
        ("aws:sourceip", Comparison::Ip) => is_narrow_network,
        ("s3:dataaccesspointarn", Comparison::Pattern(_)) => fixes_account,
        (
            "aws:principalarn"
            | "aws:sourcearn"
            | "aws:userid"
            | "aws:sourcevpc"
            | "aws:sourcevpce"
            | "aws:sourceowner"
            | "aws:sourceaccount"
            | "aws:principalaccount"
            | "aws:principalorgid"
            | "aws:principalorgpaths"
            | "s3:dataaccesspointaccount"
            | "s3:x-amz-server-side-encryption-aws-kms-key-id",
            Comparison::Pattern(_),
        ) => has_no_wildcard,
        _ => return false,
    };
    is_demand && !test.values.is_empty() && test.values.iter().all(|value| is_fixed(value))
}

fn has_no_wildcard(value: &str) -> bool {
    !value.contains(['*', '?']) && !value.contains("${")
}

/// Any access point of a fixed account is fixed enough.
fn fixes_account(value: &str) -> bool {
    has_no_wildcard(value) || Arn::account_of(value).is_some()
}

/// Networks wider than a /8 (IPv4) or a /32 (IPv6) count as everywhere.
fn is_narrow_network(value: &str) -> bool {
    let narrowest = if value.contains(':') { 32 } else { 8 };
    prefix_length(value).is_some_and(|length| length >= narrowest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(attributes: &str) -> Value {
        serde_json::from_str(&format!("{{{attributes}}}")).unwrap()
    }

    fn policy(condition: &str) -> Truth {
        let json = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
                "Resource":"arn:aws:s3:::b/*"{condition}}}]}}"#
        );
        let document: Value = serde_json::from_str(&json).unwrap();
        policy_is_public(&PolicyDocument::read(&document).value)
    }

    #[test]
    fn a_policy_is_public_unless_a_test_fixes_access() {
        for (condition, expected) in [
            ("", true),
            (
                r#","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
                false,
            ),
            (r#","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
            (
                r#","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
                true,
            ),
            (
                r#","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#,
                false,
            ),
            (r#","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
            (
                r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#,
                false,
            ),
            (
                r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-1","${x}"]}}"#,
                true,
            ),
            (
                r#","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}}"#,
                true,
            ),
            (
                r#","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}}"#,
                true,
            ),
            (
                r#","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:111122223333:t"}}"#,
                false,
            ),
            (
                r#","Condition":{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:111122223333:accesspoint/*"}}"#,
                false,
            ),
            (
                r#","Condition":{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}"#,
                true,
            ),
            (
                r#","Condition":{"StringLike":{"aws:userid":"AROAEXAMPLE:*"}}"#,
                true,
            ),
            (r#","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#, true),
        ] {
            assert_eq!(policy(condition), expected.into(), "{condition}");
        }
    }

    const STRANGERS: &str = r#""acl":{"grants":[{"grantee":{"type":"Group","uri":"http://acs.amazonaws.com/groups/global/AllUsers"},"permission":"READ"}]}"#;

    #[test]
    fn lists_count_unless_ignored_or_disabled() {
        let none = Some(&Value::Null);
        for (attributes, expected) in [
            (r#""public_access_block":null"#, Truth::True),
            (
                r#""public_access_block":{"ignore_public_acls":true}"#,
                Truth::False,
            ),
            (r#""public_access_block":{"block_public_acls":true}"#, Truth::True),
            (
                r#""public_access_block":{"$unreadable":{"reason":"denied"}}"#,
                Truth::Unknown,
            ),
            (
                r#""public_access_block":null,"ownership_controls":{"rules":[{"object_ownership":"BucketOwnerEnforced"}]}"#,
                Truth::False,
            ),
        ] {
            let access = public_access(
                &bucket(&format!(r#"{STRANGERS},"policy":null,{attributes}"#)),
                none,
            );
            assert_eq!(access.is_public_by_acl, expected, "{attributes}");
            assert_eq!(access.has_public_policy, Truth::False);
        }
        let account = bucket(r#""ignore_public_acls":true"#);
        let access = public_access(
            &bucket(&format!(r#"{STRANGERS},"public_access_block":null"#)),
            Some(&account),
        );
        assert_eq!(access.is_public_by_acl, Truth::False);
        assert_eq!(access.has_public_policy, Truth::Unknown);
    }

    #[test]
    fn restricted_buckets_cut_strangers_off() {
        let public =
            r#""policy":{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}"#;
        let bucket = bucket(&format!(
            r#"{public},"acl":null,"public_access_block":{{"restrict_public_buckets":true}}"#
        ));
        let access = public_access(&bucket, Some(&Value::Null));
        assert_eq!(access.has_public_policy, Truth::True);
        assert_eq!(access.is_public_by_policy, Truth::False);
        let owner = "111122223333";
        assert_eq!(access.cuts_off(&Principal::anonymous(), owner), Truth::True);
        assert_eq!(
            access.cuts_off(&Principal::any_of_account("444455556666"), owner),
            Truth::True
        );
        assert_eq!(
            access.cuts_off(&Principal::any_of_account(owner), owner),
            Truth::False
        );
        assert_eq!(
            access.cuts_off(&Principal::service("s3.amazonaws.com"), owner),
            Truth::False
        );
    }
}
