//! Where requests of strangers come from, as condition keys tell it: the internet, or a network of their own.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>. `aws:SourceIp` is in every request that
//! comes by no VPC endpoint; the keys of [`ENDPOINT_KEYS`] are in those that do, and in no other.

use std::collections::BTreeSet;
use std::net::IpAddr;

use plumb_model::value::Text;

use crate::arn::Arn;
use crate::condition::Test;
use crate::document::PolicyDocument;
use crate::keys::{Context, KeyValue};
use crate::operator::{Comparison, Operand};

/// The address that a request comes from.
const ADDRESS: &str = "aws:sourceip";

/// The address that a request through a VPC endpoint comes from.
const ADDRESS_WITHIN: &str = "aws:vpcsourceip";

/// What is said of a request that comes through a VPC endpoint.
const ENDPOINT_KEYS: [&str; 7] = [
    SOURCE_VPC,
    SOURCE_VPC_ARN,
    SOURCE_VPCE,
    VPCE_ACCOUNT,
    VPCE_ORG_ID,
    VPCE_ORG_PATHS,
    ADDRESS_WITHIN,
];

pub(crate) const SOURCE_VPC: &str = "aws:sourcevpc";
pub(crate) const SOURCE_VPC_ARN: &str = "aws:sourcevpcarn";
pub(crate) const SOURCE_VPCE: &str = "aws:sourcevpce";
pub(crate) const VPCE_ACCOUNT: &str = "aws:vpceaccount";
pub(crate) const VPCE_ORG_ID: &str = "aws:vpceorgid";
pub(crate) const VPCE_ORG_PATHS: &str = "aws:vpceorgpaths";

/// Values of these keys that no policy names.
pub(crate) const NOT_NAMED: [(&str, &str); 4] = [
    (SOURCE_VPCE, "vpce-00000000000000000"),
    (SOURCE_VPC, "vpc-00000000000000000"),
    (
        SOURCE_VPC_ARN,
        "arn:aws:ec2:us-east-1:000000000000:vpc/vpc-00000000000000000",
    ),
    (VPCE_ACCOUNT, "000000000000"),
];

/// What is said of a request that comes through an access point of a bucket.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>
const DOOR_KEYS: [&str; 3] = [
    "s3:accesspointnetworkorigin",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// A request to a resource itself, and not through an access point.
pub fn direct() -> Context {
    DOOR_KEYS
        .iter()
        .fold(Context::over_tls(), |context, key| context.without(key))
}

/// A request through some access point of an account.
pub fn through_door_of(account: &Text) -> Context {
    Context::over_tls().with("s3:dataaccesspointaccount", account.clone())
}

/// The accounts of the access points that a test asks for.
pub fn accounts_of_doors(test: &Test) -> impl Iterator<Item = Text> {
    let is_about_doors = DOOR_KEYS.contains(&test.key.as_str());
    let values = test.values.iter().filter(move |_| is_about_doors);
    values.filter_map(|value| Arn::account_of(value).map(Text::from))
}

/// A request that a service sends on behalf of somebody of whose own request this is given.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html>
pub fn by_service(own: &Context) -> Context {
    own.clone().or(Context::new().with("aws:ViaAWSService", "true"))
}

/// A request over the internet; where the address is not given, it may be any.
pub fn from_internet(address: Option<IpAddr>) -> Context {
    let context = ENDPOINT_KEYS
        .iter()
        .fold(direct(), |context, key| context.without(key));
    match address {
        Some(address) => context.with(ADDRESS, address.to_string()),
        None => context,
    }
}

/// A request through some VPC endpoint, of which nothing else is said.
pub fn through_some_endpoint() -> Context {
    direct().without(ADDRESS)
}

/// A request through an endpoint in a network that a stranger made.
///
/// Network and endpoint are none that a policy names; the address within is the stranger's choice and stays open.
pub fn from_own_network() -> Context {
    let context = NOT_NAMED
        .into_iter()
        .fold(through_some_endpoint(), |context, (key, value)| {
            context.with(key, value)
        });
    context.without(VPCE_ORG_ID).without(VPCE_ORG_PATHS)
}

/// Whether a context says from which address the request comes, which is then none through an endpoint.
pub fn has_address(context: &Context) -> bool {
    matches!(context.given(ADDRESS), Some(KeyValue::Known(_)))
}

/// Whether a context says something of an endpoint.
pub fn has_endpoint(context: &Context) -> bool {
    ENDPOINT_KEYS.iter().any(|key| context.given(key).is_some())
}

/// Whether two contexts may be of the same endpoint: neither gives a value to a key that the other gives another one.
pub fn may_be_one_place(one: &Context, other: &Context) -> bool {
    ENDPOINT_KEYS
        .iter()
        .all(|key| match (one.given(key), other.given(key)) {
            (Some(one), Some(other)) => one == other,
            (None, _) | (_, None) => true,
        })
}

/// A range of addresses: the network and the length of its prefix.
pub type Range = (IpAddr, u8);

/// What policies look at of where a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceTests {
    /// Whether they look at it at all.
    pub any: bool,
    /// The ranges of each test on the address, without repetition.
    pub ranges: BTreeSet<Vec<Range>>,
    /// Whether addresses are looked at in another way than by ranges, so that ranges do not tell them apart.
    pub otherwise: bool,
}

impl PlaceTests {
    /// Adds the tests of a document.
    pub fn note(&mut self, document: &PolicyDocument) {
        for statement in document.statements() {
            for test in &statement.tests {
                self.any |= test.keys().any(|key| is_of_place(key));
                let by_variable = test.keys().skip(1).any(|key| key == ADDRESS);
                match (test.key == ADDRESS, test.operator.comparison) {
                    (true, Comparison::Ip) => _ = self.ranges.insert(ranges(&test.operands)),
                    (true, Comparison::Null) => {}
                    (
                        true,
                        Comparison::Pattern(_)
                        | Comparison::Numeric(_)
                        | Comparison::Date(_)
                        | Comparison::Bool
                        | Comparison::Binary,
                    ) => self.otherwise = true,
                    (false, _) => self.otherwise |= by_variable,
                }
            }
            let patterns = statement
                .resources
                .iter()
                .flat_map(|resources| &resources.patterns);
            for key in patterns.flat_map(|pattern| pattern.variables()) {
                self.any |= is_of_place(key);
                self.otherwise |= key == ADDRESS;
            }
        }
    }
}

fn is_of_place(key: &str) -> bool {
    key == ADDRESS || ENDPOINT_KEYS.contains(&key)
}

fn ranges(operands: &[Operand]) -> Vec<Range> {
    let mut ranges: Vec<Range> = operands
        .iter()
        .filter_map(|operand| match operand {
            Operand::Network(address, length) => Some((*address, *length)),
            Operand::Pattern(_)
            | Operand::Number(_)
            | Operand::Time(_)
            | Operand::Bool(_)
            | Operand::Binary(_)
            | Operand::Never => None,
        })
        .collect();
    ranges.sort_unstable();
    ranges.dedup();
    ranges
}

#[cfg(test)]
mod tests {
    use plumb_model::value::Value;

    use super::*;

    fn noted(condition: &str, resource: &str) -> PlaceTests {
        let json = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"{resource}","Condition":{condition}}}]}}"#
        );
        let document: Value = serde_json::from_str(&json).unwrap();
        let mut tests = PlaceTests::default();
        tests.note(&PolicyDocument::read(&document).value);
        tests
    }

    #[test]
    fn tests_on_addresses_and_endpoints_are_noted() {
        let ranges = |condition: &str| {
            let tests = noted(condition, "*");
            (
                tests.any,
                tests.ranges.into_iter().flatten().count(),
                tests.otherwise,
            )
        };
        for (condition, expected) in [
            (
                r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","::/0"]}}"#,
                (true, 2, false),
            ),
            (
                r#"{"NotIpAddress":{"aws:SourceIp":"not an address"}}"#,
                (true, 0, false),
            ),
            (
                r#"{"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#,
                (true, 0, false),
            ),
            (
                r#"{"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}}"#,
                (true, 0, false),
            ),
            (r#"{"Null":{"aws:SourceIp":"true"}}"#, (true, 0, false)),
            (
                r#"{"StringEquals":{"aws:SourceIp":"192.0.2.1"}}"#,
                (true, 0, true),
            ),
            (
                r#"{"StringLike":{"s3:prefix":"${aws:SourceIp}"}}"#,
                (true, 0, true),
            ),
            (
                r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#,
                (false, 0, false),
            ),
        ] {
            assert_eq!(ranges(condition), expected, "{condition}");
        }
        assert!(noted("{}", "arn:aws:s3:::b/${aws:SourceIp}").otherwise);
    }
}
