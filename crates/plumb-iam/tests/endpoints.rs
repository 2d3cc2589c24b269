//! VPC endpoints: which service they lead to, what is said of requests through them, and which were not read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use plumb_iam::account_iam::AccountIam;
use plumb_iam::answer::{Answer, Decision, Layer};
use plumb_iam::directory::Directory;
use plumb_iam::document::PolicyDocument;
use plumb_iam::endpoint::Endpoint;
use plumb_iam::keys::KeyValue;
use plumb_iam::keys::Keys;
use plumb_iam::passages::Places;
use plumb_iam::truth::Truth;
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage};
use plumb_model::resource::Resource;

use support::{OTHER, OWN, value};

fn resource(attributes: &str) -> Resource {
    let attributes = serde_json::from_str(attributes).unwrap();
    let uid = format!("arn:aws:ec2:eu-west-1:{OWN}:vpc-endpoint/vpce-1");
    Resource::new(
        uid.as_str(),
        "aws_vpc_endpoint",
        "vpce-1",
        OWN,
        "eu-west-1",
        attributes,
    )
}

fn endpoint(service: &str, policy: &str) -> Endpoint {
    let document = format!(
        r#"{{"vpc_endpoint_id":"vpce-1","vpc_endpoint_type":"Interface","vpc_id":"vpc-1","owner_id":"{OWN}",
        "service_name":{service},"policy_document":{policy}}}"#
    );
    Endpoint::read(&resource(&document)).unwrap()
}

#[test]
fn the_name_of_the_service_tells_which_actions_go_through() {
    let cases = [
        (r#""com.amazonaws.eu-west-1.s3""#, "s3:GetObject", Truth::True),
        (r#""com.amazonaws.eu-west-1.s3""#, "S3:getobject", Truth::True),
        (
            r#""com.amazonaws.eu-west-1.s3""#,
            "dynamodb:GetItem",
            Truth::False,
        ),
        (
            r#""com.amazonaws.eu-west-1.ecr.api""#,
            "ecr:BatchGetImage",
            Truth::True,
        ),
        (
            r#""cn.com.amazonaws.cn-north-1.ecr.dkr""#,
            "ecr:BatchGetImage",
            Truth::True,
        ),
        (
            r#""com.amazonaws.eu-west-1.kms-fips""#,
            "kms:Decrypt",
            Truth::True,
        ),
        (
            r#""com.amazonaws.eu-west-1.kinesis-streams""#,
            "kinesis:GetRecords",
            Truth::True,
        ),
        (
            r#""com.amazonaws.eu-west-1.monitoring""#,
            "logs:GetLogEvents",
            Truth::False,
        ),
        (r#""com.amazonaws.iam""#, "iam:GetUser", Truth::True),
        (
            r#""com.amazonaws.vpce.eu-west-1.vpce-svc-0a""#,
            "s3:GetObject",
            Truth::False,
        ),
        // What a service of this name does is not known.
        (
            r#""com.amazonaws.eu-west-1.thing""#,
            "s3:GetObject",
            Truth::Unknown,
        ),
        (
            r#""aws.sagemaker.eu-west-1.notebook""#,
            "s3:GetObject",
            Truth::Unknown,
        ),
        (
            r#"{"$unreadable":{"reason":"denied"}}"#,
            "s3:GetObject",
            Truth::Unknown,
        ),
    ];
    for (service, action, expected) in cases {
        assert_eq!(
            endpoint(service, "null").serves(action),
            expected,
            "{service} {action}"
        );
    }
    for kind in ["GatewayLoadBalancer", "Resource", "ServiceNetwork"] {
        let other = format!(r#"{{"vpc_endpoint_id":"vpce-1","vpc_endpoint_type":"{kind}"}}"#);
        assert_eq!(Endpoint::read(&resource(&other)), None, "{kind}");
    }
}

#[test]
fn a_request_through_it_says_where_it_comes_from() {
    let endpoint = endpoint(r#""com.amazonaws.eu-west-1.s3""#, "null");
    let (of_s3, of_sqs) = (
        endpoint.context("s3:GetObject"),
        endpoint.context("sqs:SendMessage"),
    );
    let network = format!("arn:aws:ec2:eu-west-1:{OWN}:vpc/vpc-1");
    for (key, expected) in [
        ("aws:sourcevpce", KeyValue::one("vpce-1")),
        ("aws:sourcevpc", KeyValue::one("vpc-1")),
        ("aws:sourcevpcarn", KeyValue::one(network.as_str())),
        ("aws:vpceaccount", KeyValue::one(OWN)),
        ("aws:sourceip", KeyValue::Absent),
        // The address within the network may be any.
        ("aws:vpcsourceip", KeyValue::Unspecified),
        ("aws:vpceorgid", KeyValue::Unspecified),
    ] {
        assert_eq!(of_s3.key(key), expected, "{key}");
    }
    // Of this service it is not documented that it tells.
    assert_eq!(of_sqs.key("aws:vpceaccount"), KeyValue::Unspecified);
}

#[test]
fn only_the_policy_that_nobody_replaced_admits_everything() {
    let open = r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#;
    let cases = [
        ("null".to_owned(), Truth::True),
        (format!(r#"{{"Statement":[{open}]}}"#), Truth::True),
        (format!(r#"{{"Statement":{open}}}"#), Truth::True),
        // Nothing else can be asked for through an endpoint of S3.
        (open_but(r#""Action":"s3:*""#), Truth::True),
        (open_but(r#""Action":["s3:Get*","s3:Put*"]"#), Truth::False),
        (open_but(r#""Action":"dynamodb:*""#), Truth::False),
        (open_but(r#""Resource":"arn:aws:s3:::b/*""#), Truth::False),
        (
            open_but(r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/app"}"#),
            Truth::False,
        ),
        (
            open_but(r#""Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#),
            Truth::False,
        ),
        (
            format!(
                r#"{{"Statement":[{open},{{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"*"}}]}}"#
            ),
            Truth::False,
        ),
        (
            format!(r#"{{"Statement":[{open},{{"Effect":"Deny","Action":"*"}}]}}"#),
            Truth::False,
        ),
        (
            format!(r#"{{"Statement":[{open},{{"Effect":7}}]}}"#),
            Truth::Unknown,
        ),
        (
            r#"{"$unreadable":{"reason":"denied"}}"#.to_owned(),
            Truth::Unknown,
        ),
    ];
    for (policy, expected) in cases {
        let endpoint = endpoint(r#""com.amazonaws.eu-west-1.s3""#, &policy);
        assert_eq!(endpoint.admits_everything(), expected, "{policy}");
    }
}

fn open_but(member: &str) -> String {
    let mut statement = value(r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#);
    let (plumb_model::value::Value::Map(own), plumb_model::value::Value::Map(other)) =
        (&mut statement, value(&format!("{{{member}}}")))
    else {
        panic!("{member}");
    };
    for (key, value) in other.iter() {
        own.insert(key.clone(), value.clone());
    }
    format!(
        r#"{{"Statement":[{}]}}"#,
        serde_json::to_string(&statement).unwrap()
    )
}

/// What the endpoints that were not read are, where a policy of S3 has this condition.
fn unread(condition: &str) -> Vec<String> {
    let collected = ["aws_vpc", "aws_vpc_endpoint"].map(|name| CollectedType {
        resource_type: name.into(),
        facts: Vec::new(),
        regions: vec!["eu-west-1".into()],
    });
    let coverage = Coverage {
        collected: collected.to_vec(),
        ..Coverage::default()
    };
    let network = serde_json::from_str(r#"{"vpc_id":"vpc-1"}"#).unwrap();
    let network = Resource::new("vpc-1", "aws_vpc", "vpc-1", OWN, "eu-west-1", network);
    let own = resource(r#"{"vpc_endpoint_id":"vpce-1","vpc_endpoint_type":"Gateway","vpc_id":"vpc-1"}"#);
    let account = Account::new(Provider::Aws, OWN);
    let directory = Directory::new(vec![AccountIam::read(&account, &[&network, &own], &coverage)]);
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{condition}}}]}}"#
    );
    let mut places = Places::default();
    places.note(&PolicyDocument::read(&value(&document)).value);
    let unread = directory.endpoints().unread(&places).into_iter();
    unread
        .map(|(clause, _)| clause.replace("through ", "").replace("VPC endpoint", "one"))
        .collect()
}

#[test]
fn what_policies_name_and_nobody_read_is_told() {
    let elsewhere = "a one in the network `vpc-9`: the network is not among what was read";
    let foreign = format!("a one of account {OTHER}: the account is not part of the estate");
    let any = "a one that was not read";
    let cases: &[(&str, &[&str])] = &[
        (r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#, &[]),
        (
            r#"{"StringNotEquals":{"aws:SourceVpce":["vpce-1","vpce-2"]}}"#,
            &["the one `vpce-2`, which is not among what was read"],
        ),
        (r#"{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}"#, &[]),
        (
            r#"{"StringNotEquals":{"aws:SourceVpc":["vpc-1","vpc-9"]}}"#,
            &[elsewhere],
        ),
        (r#"{"StringNotEquals":{"aws:VpceAccount":"111122223333"}}"#, &[]),
        (
            r#"{"StringNotEquals":{"aws:VpceAccount":"444455556666"}}"#,
            &[&foreign],
        ),
        (
            r#"{"StringNotEquals":{"aws:VpceOrgID":"o-1"}}"#,
            &["a one of an account of the organization that was not read"],
        ),
        (r#"{"StringNotLike":{"aws:SourceVpce":"vpce-0abc*"}}"#, &[any]),
        (
            r#"{"StringNotEquals":{"aws:SourceVpc":"${aws:PrincipalTag/vpc}"}}"#,
            &[any],
        ),
        (
            r#"{"StringNotEquals":{"aws:PrincipalTag/vpc":"${aws:SourceVpc}"}}"#,
            &[any],
        ),
        // That there is one names none.
        (r#"{"Null":{"aws:SourceVpce":"true"}}"#, &[]),
        (r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#, &[]),
    ];
    for (condition, expected) in cases {
        assert_eq!(unread(condition), *expected, "{condition}");
    }
    let many: Vec<String> = (0..200).map(|at| format!(r#""vpce-x{at}""#)).collect();
    let many = unread(&format!(
        r#"{{"StringNotEquals":{{"aws:SourceVpce":[{}]}}}}"#,
        many.join(",")
    ));
    assert_eq!(many, ["one of more than 64 ones that were not read"]);
}

#[test]
fn of_two_answers_what_denies_decides() {
    let answer = |decision, limits: &[Layer]| Answer {
        decision,
        conditions: Vec::new(),
        deciding: Vec::new(),
        limits: limits.to_vec(),
        unknown: Vec::new(),
        caveats: Vec::new(),
    };
    use Decision::{Allowed, AllowedIf, DeniedExplicit, DeniedImplicit, Unknown};
    for (own, other, expected) in [
        (Allowed, Allowed, Allowed),
        (Allowed, AllowedIf, AllowedIf),
        (AllowedIf, Unknown, Unknown),
        (Unknown, Allowed, Unknown),
        (Unknown, DeniedImplicit, DeniedImplicit),
        (Allowed, DeniedExplicit, DeniedExplicit),
        (DeniedImplicit, DeniedExplicit, DeniedImplicit),
    ] {
        let joined = answer(own, &[]).and(answer(other, &[]));
        assert_eq!(joined.decision, expected, "{own:?} {other:?}");
    }
    let by_endpoint = answer(Allowed, &[]).and(answer(DeniedImplicit, &[Layer::Endpoint]));
    assert_eq!(by_endpoint.limits, [Layer::Endpoint]);
}
