//! What is retried, what becomes unreadable, and that nothing is asked twice.

use std::collections::BTreeMap;

use plumb_api::wire::{Request, Response};
use plumb_collect::{Plan, Regions, StopHandle, TransportError};
use plumb_model::value::{Reason, Value};

use crate::support::{error, ok, pack, scan, scan_until};

const BUCKETS: &str = "<ListAllMyBucketsResult><Buckets>\
    <Bucket><Name>a</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>\
    <Bucket><Name>b</Name><BucketRegion>us-east-1</BucketRegion></Bucket>\
    </Buckets></ListAllMyBucketsResult>";

const VERSIONED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";

fn buckets_with(facts: &[&str]) -> Plan {
    Plan::facts(
        pack(),
        "aws_s3_bucket",
        &facts.iter().map(|fact| (*fact).into()).collect::<Vec<_>>(),
    )
    .unwrap()
}

#[tokio::test]
async fn a_throttled_call_is_made_again_and_counted() {
    let scan = scan(buckets_with(&[]), |_, before| {
        if before < 2 {
            error(503, "SlowDown")
        } else {
            ok(BUCKETS)
        }
    })
    .await;
    assert_eq!(scan.snapshot.resources.len(), 2);
    assert_eq!(scan.gaps(), [""; 0]);
    let count = &scan.snapshot.coverage.calls[0];
    assert_eq!((count.requests, count.retries, count.throttled), (3, 2, 2));
}

#[tokio::test]
async fn what_stays_throttled_is_unreadable_for_that_reason() {
    let scan = scan(buckets_with(&["versioning"]), |request, _| {
        match request.operation.as_str() {
            "ListBuckets" => ok(BUCKETS),
            _ => error(503, "SlowDown"),
        }
    })
    .await;
    assert!(
        matches!(scan.attribute("arn:aws:s3:::a", "versioning"), Value::Unreadable(why) if why.reason == Reason::Throttled)
    );
    assert_eq!(
        scan.gaps(),
        [
            "aws_s3_bucket.versioning eu-west-1 Throttled 1",
            "aws_s3_bucket.versioning us-east-1 Throttled 1"
        ]
    );
}

#[tokio::test]
async fn a_denied_fact_names_the_permission_and_leaves_its_neighbours_alone() {
    let scan = scan(buckets_with(&["encryption"]), |request, _| {
        match request.operation.as_str() {
            "ListBuckets" => ok(BUCKETS),
            _ if request.path == "/a" => error(403, "AccessDenied"),
            _ => error(404, "ServerSideEncryptionConfigurationNotFoundError"),
        }
    })
    .await;
    let Value::Unreadable(why) = scan.attribute("arn:aws:s3:::a", "encryption") else {
        panic!("readable")
    };
    assert_eq!(
        (why.reason, why.action.as_deref()),
        (Reason::Denied, Some("s3:GetEncryptionConfiguration"))
    );
    assert_eq!(*scan.attribute("arn:aws:s3:::b", "encryption"), Value::Null);
    assert_eq!(scan.calls["GetBucketEncryption"], 2, "a refusal is not retried");
}

#[tokio::test]
async fn a_list_that_fails_is_a_gap_of_the_type() {
    let scan = scan(buckets_with(&["versioning"]), |_, _| error(403, "AccessDenied")).await;
    assert!(scan.snapshot.resources.is_empty());
    assert_eq!(scan.gaps(), ["aws_s3_bucket global Denied 1"]);
}

#[tokio::test]
async fn what_belongs_to_a_type_that_could_not_be_listed_is_a_gap_too() {
    let plan = Plan::facts(pack(), "aws_lb_listener", &[]).unwrap();
    let (_handle, stop) = StopHandle::new();
    let one = Regions::All(vec!["us-east-1".into()]);
    let scan = scan_until(plan, |_: &Request, _| error(403, "AccessDenied"), stop, one).await;
    assert_eq!(
        scan.gaps(),
        ["aws_lb us-east-1 Denied 1", "aws_lb_listener us-east-1 Denied 1"]
    );
}

#[tokio::test]
async fn cut_connections_and_garbled_answers_are_retried_before_they_are_given_up() {
    for garbled in [false, true] {
        let scan = scan(buckets_with(&["versioning"]), move |request, _| {
            match request.operation.as_str() {
                "ListBuckets" => ok(BUCKETS),
                _ if garbled => ok("<VersioningConfiguration><Sta"),
                _ => Err(TransportError::Connection("reset".to_owned())),
            }
        })
        .await;
        assert_eq!(
            scan.calls["GetBucketVersioning"], 6,
            "three attempts for each of two buckets"
        );
        assert_eq!(
            scan.gaps(),
            [
                "aws_s3_bucket.versioning eu-west-1 Failed 1",
                "aws_s3_bucket.versioning us-east-1 Failed 1"
            ]
        );
    }
}

#[tokio::test]
async fn a_pointer_to_another_region_is_followed_once() {
    let moved = |request: &Request, _| match request.operation.as_str() {
        "ListBuckets" => ok(BUCKETS),
        _ if request.signing.region == "eu-central-1" => ok(VERSIONED),
        _ => Ok(Response {
            status: 301,
            headers: vec![("x-amz-bucket-region".into(), "eu-central-1".into())],
            body: b"<Error><Code>PermanentRedirect</Code></Error>".to_vec(),
        }),
    };
    let scan = scan(buckets_with(&["versioning"]), moved).await;
    assert_eq!(
        scan.attribute("arn:aws:s3:::a", "versioning").to_string(),
        r#"{"status":"Enabled"}"#
    );
    assert!(
        scan.regions.contains(&"GetBucketVersioning eu-west-1".to_owned()),
        "first the bucket's own region"
    );
    assert_eq!(scan.calls["GetBucketVersioning"], 4);
}

#[tokio::test]
async fn a_list_that_breaks_off_keeps_its_beginning_and_says_so() {
    let page = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId></item></volumeSet><nextToken>more</nextToken></DescribeVolumesResponse>";
    let plan = Plan::facts(pack(), "aws_ebs_volume", &[]).unwrap();
    let (_handle, stop) = StopHandle::new();
    let one = Regions::All(vec!["us-east-1".into()]);
    let broken = move |_: &Request, before| {
        if before == 0 {
            ok(page)
        } else {
            error(403, "UnauthorizedOperation")
        }
    };
    let scan = scan_until(plan, broken, stop, one).await;
    assert_eq!(scan.snapshot.resources.len(), 1);
    assert_eq!(scan.gaps(), ["aws_ebs_volume us-east-1 Denied 1"]);
}

#[tokio::test]
async fn a_page_token_that_repeats_ends_the_list_with_a_gap() {
    let page = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId></item></volumeSet><nextToken>same</nextToken></DescribeVolumesResponse>";
    let plan = Plan::facts(pack(), "aws_ebs_volume", &[]).unwrap();
    let (_handle, stop) = StopHandle::new();
    let one = Regions::All(vec!["us-east-1".into()]);
    let scan = scan_until(plan, move |_: &Request, _| ok(page), stop, one).await;
    assert_eq!(scan.gaps(), ["aws_ebs_volume us-east-1 Failed 1"]);
}

#[tokio::test]
async fn a_stopped_scan_asks_nothing_more_and_says_why() {
    let (handle, stop) = StopHandle::new();
    handle.stop(Reason::Cancelled);
    let scan = scan_until(
        buckets_with(&[]),
        |_, _| ok(BUCKETS),
        stop,
        Regions::All(vec!["us-east-1".into()]),
    )
    .await;
    assert!(scan.calls.is_empty());
    assert_eq!(scan.snapshot.coverage.interrupted, Some(Reason::Cancelled));
    assert_eq!(scan.gaps(), ["aws_s3_bucket global Cancelled 1"]);
}

#[tokio::test]
async fn resources_of_regions_left_out_are_not_kept() {
    let (_handle, stop) = StopHandle::new();
    let regions = Regions::Only {
        asked: vec!["us-east-1".into()],
        left_out: vec!["eu-west-1".into()],
    };
    let scan = scan_until(
        buckets_with(&["versioning"]),
        |request, _| match request.operation.as_str() {
            "ListBuckets" => ok(BUCKETS),
            _ => ok(VERSIONED),
        },
        stop,
        regions,
    )
    .await;
    let names: Vec<&str> = scan
        .snapshot
        .resources
        .iter()
        .map(|resource| resource.name.as_str())
        .collect();
    assert_eq!(names, ["b"]);
    assert_eq!(scan.calls["GetBucketVersioning"], 1);
    assert_eq!(scan.snapshot.coverage.left_out, ["eu-west-1"]);
}

#[tokio::test]
async fn types_that_come_from_one_call_share_it() {
    let details = "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated>\
        </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>";
    let plan = ["aws_iam_user", "aws_iam_role", "aws_iam_group"]
        .map(|name| Plan::facts(pack(), name, &[]).unwrap())
        .into_iter()
        .reduce(|all, plan| all.union(plan).unwrap())
        .unwrap();
    let scan = scan(plan, move |_, _| ok(details)).await;
    assert_eq!(
        scan.calls,
        BTreeMap::from([("GetAccountAuthorizationDetails".to_owned(), 1)])
    );
}

#[test]
fn a_plan_holds_what_its_policies_read_and_nothing_else() {
    let compiled = |name: &str| pack().compile(pack().policy(name).unwrap()).unwrap();
    let plan = Plan::new(pack(), &[compiled("s3-bucket-versioning-enabled")]).unwrap();
    let calls = plumb_collect::calls::list(&plan);
    let operations: Vec<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(operations, ["GetBucketVersioning", "ListBuckets"]);
    let policy = plumb_collect::calls::iam_policy(&calls, &["sts:GetCallerIdentity"]);
    let actions: Vec<String> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        actions,
        [
            "s3:GetBucketVersioning",
            "s3:ListAllMyBuckets",
            "sts:GetCallerIdentity"
        ]
    );
}
