//! Facts that rules look at by `related` are read of the resources that are referred to, and of no others.

use plumb_api::wire::Request;
use plumb_collect::{Plan, Regions, StopHandle};
use plumb_engine::{Analyzer, Config};
use plumb_model::snapshot::{Header, Snapshot};
use plumb_model::value::{Reason, Value};

use crate::support::{Answer, Scan, error, ok, pack, scan_until};

const BUCKETS: &str = "<ListAllMyBucketsResult><Buckets>\
    <Bucket><Name>a</Name><BucketRegion>us-east-1</BucketRegion></Bucket>\
    <Bucket><Name>b</Name><BucketRegion>us-east-1</BucketRegion></Bucket>\
    <Bucket><Name>c</Name><BucketRegion>us-east-1</BucketRegion></Bucket>\
    </Buckets></ListAllMyBucketsResult>";

const LOGGED: &str = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>c</TargetBucket></LoggingEnabled></BucketLoggingStatus>";

fn plan(policies: &[&str]) -> Plan {
    let compiled: Vec<_> = policies
        .iter()
        .map(|name| pack().compile(pack().policy(name).unwrap()).unwrap())
        .collect();
    Plan::new(pack(), &compiled).unwrap()
}

/// Three buckets, and trails that write to some of them; only `b` has logging.
fn cloud(trails_to: &'static [&'static str]) -> impl Fn(&Request, u32) -> Answer + Send + Sync {
    move |request, _| match request.operation.as_str() {
        "ListBuckets" => ok(BUCKETS),
        "DescribeTrails" => {
            let trails: Vec<String> = trails_to
                .iter()
                .enumerate()
                .map(|(number, bucket)| {
                    format!(
                        r#"{{"Name":"t{number}","TrailARN":"arn:aws:cloudtrail:us-east-1:123456789012:trail/t{number}","HomeRegion":"us-east-1","S3BucketName":"{bucket}"}}"#
                    )
                })
                .collect();
            ok(&format!(r#"{{"trailList":[{}]}}"#, trails.join(",")))
        }
        "GetBucketLogging" if request.path == "/b" => ok(LOGGED),
        "GetBucketLogging" => ok("<BucketLoggingStatus/>"),
        "GetBucketPolicy" => error(404, "NoSuchBucketPolicy"),
        _ => error(403, "AccessDenied"),
    }
}

async fn scanned(plan: Plan, script: impl Fn(&Request, u32) -> Answer + Send + Sync + 'static) -> Scan {
    let (_handle, stop) = StopHandle::new();
    scan_until(plan, script, stop, Regions::All(vec!["us-east-1".into()])).await
}

/// `resource verdict` of a policy over what a scan read.
fn verdicts(policy: &str, scan: &Scan) -> Vec<String> {
    let policies = vec![pack().compile(pack().policy(policy).unwrap()).unwrap()];
    let analyzer = Analyzer::new(pack(), policies, Vec::new(), Config::default()).unwrap();
    let report = analyzer.analyze(&Snapshot {
        header: Header::new("0", None),
        accounts: vec![scan.snapshot.clone()],
    });
    let line = |view: plumb_model::report::FindingView<'_>| {
        format!("{} {}", view.resource.name, view.finding.verdict)
    };
    report.findings().map(line).collect()
}

const TRAIL_POLICY: &str = "cloudtrail-bucket-access-logging-enabled";
const BUCKET_POLICY: &str = "s3-bucket-access-logging-enabled";

#[tokio::test]
async fn only_the_bucket_that_a_trail_writes_to_is_asked() {
    let scan = scanned(plan(&[TRAIL_POLICY]), cloud(&["b", "elsewhere", "b"])).await;
    assert_eq!(scan.calls["GetBucketLogging"], 1);
    assert_eq!(
        verdicts(TRAIL_POLICY, &scan),
        ["t0 pass", "t1 unknown", "t2 pass"]
    );
    assert_eq!(scan.gaps(), [""; 0]);
}

#[tokio::test]
async fn a_bucket_that_was_asked_and_has_none_fails() {
    let scan = scanned(plan(&[TRAIL_POLICY]), cloud(&["a", "b"])).await;
    assert_eq!(scan.calls["GetBucketLogging"], 2);
    assert_eq!(verdicts(TRAIL_POLICY, &scan), ["t0 fail", "t1 pass"]);
    assert_eq!(*scan.attribute("arn:aws:s3:::a", "logging"), Value::Null);
}

#[tokio::test]
async fn a_bucket_that_was_not_asked_is_unknown_to_whoever_looks_later() {
    let scan = scanned(plan(&[TRAIL_POLICY]), cloud(&["b"])).await;
    let Value::Unreadable(why) = scan.attribute("arn:aws:s3:::a", "logging") else {
        panic!("readable")
    };
    assert_eq!(why.reason, Reason::NotCollected);
    assert_eq!(
        verdicts(BUCKET_POLICY, &scan),
        ["a unknown", "b pass", "c unknown"]
    );
}

#[tokio::test]
async fn nobody_is_asked_where_nothing_refers_to_anything() {
    let scan = scanned(plan(&[TRAIL_POLICY]), cloud(&[])).await;
    assert!(!scan.calls.contains_key("GetBucketLogging"));
    let scan = scanned(plan(&[TRAIL_POLICY]), |request, _| {
        match request.operation.as_str() {
            "DescribeTrails" => error(403, "AccessDeniedException"),
            _ => cloud(&[])(request, 0),
        }
    })
    .await;
    assert!(!scan.calls.contains_key("GetBucketLogging"));
    assert_eq!(
        verdicts(TRAIL_POLICY, &scan),
        ["every aws_cloudtrail_trail unknown"]
    );
}

#[tokio::test]
async fn a_policy_that_judges_every_bucket_has_every_bucket_asked_once() {
    for plan in [
        plan(&[TRAIL_POLICY, BUCKET_POLICY]),
        plan(&[TRAIL_POLICY]).union(plan(&[BUCKET_POLICY])).unwrap(),
    ] {
        let scan = scanned(plan, cloud(&["b"])).await;
        assert_eq!(scan.calls["GetBucketLogging"], 3);
        assert_eq!(verdicts(BUCKET_POLICY, &scan), ["a fail", "b pass", "c fail"]);
    }
}

#[test]
fn a_plan_says_of_which_resources_a_fact_is_read() {
    let frequencies = |plan: Plan| -> Vec<String> {
        plumb_collect::calls::list(&plan)
            .iter()
            .filter(|call| call.operation == "GetBucketLogging")
            .map(|call| call.frequency.to_string())
            .collect()
    };
    let related = "per aws_s3_bucket of aws_cloudtrail_trail".to_owned();
    assert_eq!(frequencies(plan(&[TRAIL_POLICY])), [related.as_str()]);
    let twice = plan(&[TRAIL_POLICY]).union(plan(&[TRAIL_POLICY])).unwrap();
    assert_eq!(frequencies(twice), [related.as_str()]);
    assert_eq!(
        frequencies(plan(&[TRAIL_POLICY, BUCKET_POLICY])),
        ["per aws_s3_bucket".to_owned()]
    );
}
