//! Discovery over answers as AWS gives them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use plumb_api::catalog::Catalog;
use plumb_api::wire::{Endpoint, Request, Response};
use plumb_collect::transport::{BoxFuture, Transport, TransportError};
use plumb_model::account::{Account, Provider};
use plumb_model::value::{Reason, Text};

use crate::discovery::{EnabledRegions, discover_account, enabled_regions};

/// Answers by service; the last answer of a service stays. What is not listed is denied.
struct Cloud {
    answers: Mutex<BTreeMap<&'static str, Vec<(u16, String)>>>,
    asked: Mutex<Vec<String>>,
}

impl Cloud {
    fn new(answers: &[(&'static str, u16, &str)]) -> Self {
        let mut map: BTreeMap<&'static str, Vec<(u16, String)>> = BTreeMap::new();
        for (service, status, body) in answers {
            map.entry(service)
                .or_default()
                .push((*status, (*body).to_owned()));
        }
        Self {
            answers: Mutex::new(map),
            asked: Mutex::default(),
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Transport for Cloud {
    fn endpoint(&self, service: &str, region: &str) -> Result<Endpoint, TransportError> {
        let unknown = |_| TransportError::NoSuchEndpoint {
            service: service.to_owned(),
            region: region.to_owned(),
        };
        Catalog::aws().endpoint(service, region).map_err(unknown)
    }

    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        self.asked
            .lock()
            .unwrap()
            .push(format!("{}@{}", request.signing.name, request.signing.region));
        let mut answers = self.answers.lock().unwrap();
        let listed = answers.get_mut(&*request.signing.name);
        let (status, body) = match listed {
            Some(list) if list.len() > 1 => list.remove(0),
            Some(list) => list[0].clone(),
            None if request.signing.name == "account" => (
                403,
                r#"{"__type":"AccessDeniedException","message":"no"}"#.to_owned(),
            ),
            None => (403, error("AccessDenied")),
        };
        Box::pin(std::future::ready(Ok(Response {
            status,
            headers: Vec::new(),
            body: body.into_bytes(),
        })))
    }
}

const CALLER: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
    <Arn>arn:aws-us-gov:iam::123456789012:user/x</Arn><UserId>AID</UserId><Account>123456789012</Account>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";
const ALIASES: &str = "<ListAccountAliasesResponse><ListAccountAliasesResult><AccountAliases><member>prod</member>\
    </AccountAliases><IsTruncated>false</IsTruncated></ListAccountAliasesResult></ListAccountAliasesResponse>";

fn error(code: &str) -> String {
    format!("<ErrorResponse><Error><Code>{code}</Code><Message>told why</Message></Error></ErrorResponse>")
}

fn ec2_regions(regions: &[(&str, &str)]) -> String {
    let items: String = regions
        .iter()
        .map(|(name, status)| {
            format!("<item><regionName>{name}</regionName><optInStatus>{status}</optInStatus></item>")
        })
        .collect();
    format!("<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>")
}

fn names(regions: &[Text]) -> Vec<&str> {
    regions.iter().map(Text::as_str).collect()
}

/// The regions of an account of that partition, asked in `eu-west-1` or its like.
async fn regions(cloud: &Cloud, partition: &str) -> EnabledRegions {
    let account = Account {
        partition: Some(partition.into()),
        ..Account::new(Provider::Aws, "123456789012")
    };
    let region = if partition == "aws" {
        "eu-west-1"
    } else {
        "cn-northwest-1"
    };
    enabled_regions(cloud, Catalog::aws(), &account, region)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_account_has_id_partition_and_alias() {
    let cloud = Cloud::new(&[("sts", 200, CALLER), ("iam", 200, ALIASES)]);
    let identity = discover_account(&cloud, Catalog::aws(), "us-gov-west-1")
        .await
        .unwrap();
    assert_eq!(identity.arn, "arn:aws-us-gov:iam::123456789012:user/x");
    assert_eq!(
        (&*identity.account.id, identity.account.name.as_deref()),
        ("123456789012", Some("prod"))
    );
    assert_eq!(identity.account.partition.as_deref(), Some("aws-us-gov"));
    assert_eq!(cloud.asked(), ["sts@us-gov-west-1", "iam@us-gov-west-1"]);
}

#[tokio::test]
async fn an_alias_that_may_not_be_read_is_no_error() {
    let cloud = Cloud::new(&[("sts", 200, CALLER)]);
    let identity = discover_account(&cloud, Catalog::aws(), "us-gov-west-1")
        .await
        .unwrap();
    assert_eq!(identity.account.name, None);
}

#[tokio::test]
async fn refused_credentials_are_told_with_advice() {
    for (code, advice) in [
        ("ExpiredToken", "sign in again"),
        ("InvalidClientTokenId", "another partition"),
        ("SignatureDoesNotMatch", "secret key"),
    ] {
        let cloud = Cloud::new(&[("sts", 403, &error(code))]);
        let failure = discover_account(&cloud, Catalog::aws(), "eu-west-1")
            .await
            .unwrap_err();
        let message = failure.to_diagnostic().to_string();
        assert!(message.contains(code) && message.contains(advice), "{message}");
        assert_eq!(cloud.asked().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn an_overloaded_service_is_asked_again() {
    let cloud = Cloud::new(&[("sts", 503, &error("ServiceUnavailable")), ("sts", 200, CALLER)]);
    assert!(
        discover_account(&cloud, Catalog::aws(), "eu-west-1")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_answer_without_an_account_is_an_error() {
    let cloud = Cloud::new(&[("sts", 200, "<GetCallerIdentityResponse/>")]);
    assert!(
        discover_account(&cloud, Catalog::aws(), "eu-west-1")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn regions_come_from_ec2_and_disabled_ones_are_told_apart() {
    let body = ec2_regions(&[
        ("us-east-1", "opt-in-not-required"),
        ("ap-east-1", "not-opted-in"),
        ("af-south-1", "opted-in"),
    ]);
    let cloud = Cloud::new(&[("ec2", 200, &body)]);
    let regions = regions(&cloud, "aws").await;
    assert_eq!(names(&regions.enabled), ["af-south-1", "us-east-1"]);
    assert_eq!((names(&regions.disabled), regions.gap), (vec!["ap-east-1"], None));
    assert_eq!(cloud.asked(), ["ec2@eu-west-1"]);
}

#[tokio::test]
async fn the_account_service_is_asked_when_ec2_denies() {
    let first =
        r#"{"NextToken":"t","Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}]}"#;
    let second = r#"{"Regions":[{"RegionName":"ap-east-1","RegionOptStatus":"DISABLED"},
        {"RegionName":"af-south-1","RegionOptStatus":"ENABLED"}]}"#;
    let cloud = Cloud::new(&[("account", 200, first), ("account", 200, second)]);
    let regions = regions(&cloud, "aws").await;
    assert_eq!(names(&regions.enabled), ["af-south-1", "us-east-1"]);
    assert_eq!((names(&regions.disabled), regions.gap), (vec!["ap-east-1"], None));
}

#[tokio::test]
async fn an_endless_list_of_regions_is_not_taken_for_whole() {
    let page = r#"{"NextToken":"t","Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED"}]}"#;
    let cloud = Cloud::new(&[("account", 200, page)]);
    let blind = regions(&cloud, "aws").await;
    assert!(blind.gap.is_some());
    assert!(cloud.asked().len() < 30, "{}", cloud.asked().len());
}

#[tokio::test]
async fn regions_that_may_not_be_listed_are_a_gap_and_the_default_ones_are_scanned() {
    let blind = regions(&Cloud::new(&[]), "aws").await;
    assert_eq!(blind.enabled.len(), 17);
    assert_eq!(blind.warnings.len(), 1);
    let gap = blind.gap.unwrap();
    assert_eq!(
        (gap.unreadable.reason, gap.unreadable.action.as_deref()),
        (Reason::Denied, Some("ec2:DescribeRegions"))
    );
    let china = regions(&Cloud::new(&[]), "aws-cn").await;
    assert_eq!(names(&china.enabled), ["cn-north-1", "cn-northwest-1"]);
}

#[tokio::test]
async fn requested_regions_must_exist_and_be_enabled() {
    let body = ec2_regions(&[
        ("us-east-1", "opt-in-not-required"),
        ("eu-west-1", "opt-in-not-required"),
        ("ap-east-1", "not-opted-in"),
    ]);
    let regions = regions(&Cloud::new(&[("ec2", 200, &body)]), "aws").await;
    let narrow = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|region| (*region).to_owned()).collect();
        regions.narrow(&wanted)
    };
    assert_eq!(
        names(&narrow(&["us-east-1", "eu-west-1", "us-east-1"]).unwrap()),
        ["eu-west-1", "us-east-1"]
    );
    let disabled = narrow(&["us-east-1", "ap-east-1"]).unwrap_err().to_string();
    assert!(disabled.contains("`ap-east-1` is not enabled"), "{disabled}");
    let unknown = narrow(&["eu-wset-1", "us-east-1"]).unwrap_err().to_string();
    assert!(
        unknown.contains("`eu-wset-1`") && unknown.contains("eu-west-1, us-east-1"),
        "{unknown}"
    );
}

#[tokio::test]
async fn any_region_of_the_partition_can_be_requested_when_the_account_cannot_be_asked() {
    let blind = regions(&Cloud::new(&[]), "aws").await;
    assert!(!names(&blind.enabled).contains(&"ap-east-1"));
    assert_eq!(
        names(&blind.narrow(&["ap-east-1".to_owned()]).unwrap()),
        ["ap-east-1"]
    );
    assert!(blind.narrow(&["cn-north-1".to_owned()]).is_err());
}
