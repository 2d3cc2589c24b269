//! Endpoints, regions and partitions as AWS's own rules give them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use plumb_api::catalog::Catalog;
use plumb_api::endpoint::NoSuchEndpoint;

#[test]
fn endpoints_are_where_aws_puts_them() {
    for (service, region, host, name, signing_region) in [
        ("s3", "us-east-1", "s3.us-east-1.amazonaws.com", "s3", "us-east-1"),
        (
            "s3",
            "eu-central-1",
            "s3.eu-central-1.amazonaws.com",
            "s3",
            "eu-central-1",
        ),
        (
            "s3",
            "cn-north-1",
            "s3.cn-north-1.amazonaws.com.cn",
            "s3",
            "cn-north-1",
        ),
        (
            "s3control",
            "eu-west-1",
            "s3-control.eu-west-1.amazonaws.com",
            "s3",
            "eu-west-1",
        ),
        ("iam", "eu-west-1", "iam.amazonaws.com", "iam", "us-east-1"),
        (
            "iam",
            "cn-northwest-1",
            "iam.cn-north-1.amazonaws.com.cn",
            "iam",
            "cn-north-1",
        ),
        (
            "iam",
            "us-gov-east-1",
            "iam.us-gov.amazonaws.com",
            "iam",
            "us-gov-west-1",
        ),
        (
            "organizations",
            "eu-west-1",
            "organizations.us-east-1.amazonaws.com",
            "organizations",
            "us-east-1",
        ),
        (
            "account",
            "eu-west-1",
            "account.us-east-1.amazonaws.com",
            "account",
            "us-east-1",
        ),
        (
            "sts",
            "eu-west-1",
            "sts.eu-west-1.amazonaws.com",
            "sts",
            "eu-west-1",
        ),
        (
            "elbv2",
            "us-west-2",
            "elasticloadbalancing.us-west-2.amazonaws.com",
            "elasticloadbalancing",
            "us-west-2",
        ),
        (
            "cloudwatch",
            "us-west-2",
            "monitoring.us-west-2.amazonaws.com",
            "monitoring",
            "us-west-2",
        ),
        (
            "accessanalyzer",
            "us-west-2",
            "access-analyzer.us-west-2.amazonaws.com",
            "access-analyzer",
            "us-west-2",
        ),
        (
            "ec2",
            "eu-future-9",
            "ec2.eu-future-9.amazonaws.com",
            "ec2",
            "eu-future-9",
        ),
        (
            "ec2",
            "us-iso-east-1",
            "ec2.us-iso-east-1.c2s.ic.gov",
            "ec2",
            "us-iso-east-1",
        ),
        (
            "route53",
            "us-east-1",
            "route53.amazonaws.com",
            "route53",
            "us-east-1",
        ),
        (
            "cloudfront",
            "eu-west-1",
            "cloudfront.amazonaws.com",
            "cloudfront",
            "us-east-1",
        ),
    ] {
        let endpoint = Catalog::aws().endpoint(service, region).unwrap();
        let found = (
            endpoint.host.as_str(),
            endpoint.signing_name.as_str(),
            endpoint.signing_region.as_str(),
        );
        assert_eq!(found, (host, name, signing_region), "{service} {region}");
        assert!(!endpoint.custom && endpoint.scheme == "https");
    }
}

#[test]
fn unknown_services_and_regions_are_named() {
    let unknown = |service, region| Catalog::aws().endpoint(service, region).unwrap_err();
    assert_eq!(
        unknown("nothing", "us-east-1"),
        NoSuchEndpoint::UnknownService("nothing".to_owned())
    );
    for region in [
        "mars-1",
        "us-east",
        "",
        "us-east-1.evil.example",
        "us-east-1/x",
        "us--1",
    ] {
        assert_eq!(
            unknown("ec2", region),
            NoSuchEndpoint::UnknownRegion(region.to_owned())
        );
    }
}

#[test]
fn partitions_know_their_regions() {
    let catalog = Catalog::aws();
    for (region, partition) in [
        ("eu-central-1", Some("aws")),
        ("cn-north-1", Some("aws-cn")),
        ("us-gov-west-1", Some("aws-us-gov")),
        ("us-isob-east-1", Some("aws-iso-b")),
        ("ap-nowhere-7", Some("aws")),
        ("aws-global", None),
        ("xx-east-1", None),
    ] {
        assert_eq!(
            catalog.partition_of(region).map(|found| found.id().as_str()),
            partition,
            "{region}"
        );
    }
    let aws = &catalog.partitions()[0];
    assert_eq!(
        (aws.id().as_str(), aws.global_region().as_str()),
        ("aws", "us-east-1")
    );
    assert!(aws.regions().len() >= 30);
    let frankfurt = aws
        .regions()
        .iter()
        .find(|region| region.name == "eu-central-1")
        .unwrap();
    assert_eq!(frankfurt.description, "Europe (Frankfurt)");
}

#[test]
fn services_are_in_some_regions_or_global() {
    let catalog = Catalog::aws();
    for service in ["iam", "organizations", "account", "route53", "cloudfront"] {
        assert!(catalog.is_global(service), "{service}");
        assert_eq!(catalog.regions_of(service, "aws"), ["us-east-1"], "{service}");
    }
    for service in ["ec2", "s3", "sts", "lambda", "kms"] {
        assert!(!catalog.is_global(service), "{service}");
        assert!(catalog.regions_of(service, "aws").len() >= 30, "{service}");
        assert_eq!(
            catalog.regions_of(service, "aws-cn"),
            ["cn-north-1", "cn-northwest-1"],
            "{service}"
        );
    }
    let appstream = catalog.regions_of("appstream", "aws");
    assert!(!appstream.is_empty() && appstream.len() < 30, "{appstream:?}");
    assert!(catalog.regions_of("nothing", "aws").is_empty() && catalog.regions_of("ec2", "moon").is_empty());
}
