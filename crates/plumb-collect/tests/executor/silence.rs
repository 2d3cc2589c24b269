//! A service that answers nothing in a region is given up after one patience, and holds up nobody else.

use std::future::Future;
use std::time::Duration;

use plumb_api::wire::Request;
use plumb_collect::{Options, Plan, Regions, StopHandle, TransportError};
use plumb_model::value::Reason;
use tokio::time::{Instant, sleep};

use crate::support::{Answer, Scan, ok, options, pack, scan_by};

/// What a transport allows for one request.
const REQUEST: Duration = Duration::from_secs(60);

const KEYS: &str = r#"{"Keys":[{"KeyId":"1","KeyArn":"arn:aws:kms:eu-west-1:123456789012:key/1"},{"KeyId":"2","KeyArn":"arn:aws:kms:eu-west-1:123456789012:key/2"}]}"#;

fn plan() -> Plan {
    Plan::facts(pack(), "aws_kms_key", &["rotation".into(), "metadata".into()]).unwrap()
}

async fn no_answer() -> Answer {
    sleep(REQUEST).await;
    Err(TransportError::Timeout {
        seconds: REQUEST.as_secs(),
    })
}

/// A scan of two regions by the real patience, on a clock that jumps to the next event.
async fn scan<T: Future<Output = Answer> + Send + 'static>(
    script: impl Fn(&Request, u32) -> T + Send + Sync + 'static,
) -> (Scan, Duration) {
    let (_handle, stop) = StopHandle::new();
    let options = Options {
        patience: Options::default().patience,
        ..options()
    };
    let regions = Regions::All(vec!["eu-west-1".into(), "us-east-1".into()]);
    let start = Instant::now();
    let scan = scan_by(plan(), script, options, stop, regions).await;
    (scan, start.elapsed())
}

fn is_in(request: &Request, region: &str) -> bool {
    request.signing.region == region
}

#[tokio::test(start_paused = true)]
async fn a_region_that_hangs_costs_one_request_and_is_a_gap() {
    let (scan, took) = scan(|request, _| {
        let hangs = is_in(request, "us-east-1");
        let body = if request.operation == "ListKeys" {
            KEYS
        } else {
            "{}"
        };
        async move { if hangs { no_answer().await } else { ok(body) } }
    })
    .await;
    assert_eq!(scan.gaps(), ["aws_kms_key us-east-1 Failed 1"]);
    let detail = &scan.snapshot.coverage.gaps[0].unreadable.detail;
    assert_eq!(
        detail,
        "given up after 60 s without any answer: no answer within 60 s"
    );
    assert_eq!(scan.snapshot.resources.len(), 2, "the other region is read");
    assert_eq!(scan.calls["ListKeys"], 2, "nothing is asked again");
    assert!(took < REQUEST * 2, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn requests_behind_one_that_hangs_are_not_sent() {
    let keys: Vec<String> = (0..100)
        .map(|number| {
            format!(r#"{{"KeyId":"{number}","KeyArn":"arn:aws:kms:us-east-1:123456789012:key/{number}"}}"#)
        })
        .collect();
    let list = format!(r#"{{"Keys":[{}]}}"#, keys.join(","));
    let (scan, took) = scan(move |request, _| {
        let body = if is_in(request, "us-east-1") {
            list.clone()
        } else {
            "{}".to_owned()
        };
        let lists = request.operation == "ListKeys";
        async move { if lists { ok(&body) } else { no_answer().await } }
    })
    .await;
    let sent = scan.calls["DescribeKey"];
    assert!(sent <= 16, "one window of them and not all 100: {sent}");
    assert!(took < REQUEST * 2, "{took:?}");
    let hidden: Vec<u64> = scan.snapshot.coverage.gaps.iter().map(|gap| gap.count).collect();
    assert_eq!(hidden, [100, 100], "both facts of every key");
}

#[tokio::test(start_paused = true)]
async fn one_operation_that_hangs_gives_up_nobody_as_long_as_others_answer() {
    let (scan, _) = scan(|request, before| {
        let hangs = request.operation == "DescribeKey" && before == 0;
        let body = if request.operation == "ListKeys" {
            KEYS
        } else {
            "{}"
        };
        async move { if hangs { no_answer().await } else { ok(body) } }
    })
    .await;
    assert_eq!(scan.gaps(), [""; 0], "the second attempt was answered");
}

#[tokio::test(start_paused = true)]
async fn a_scan_that_is_stopped_waits_for_no_answer() {
    let (handle, stop) = StopHandle::new();
    tokio::spawn(async move {
        sleep(Duration::from_secs(1)).await;
        handle.stop(Reason::Cancelled);
        // The handle outlives the scan.
        std::future::pending::<()>().await;
    });
    let start = Instant::now();
    let regions = Regions::All(vec!["us-east-1".into()]);
    let scan = scan_by(plan(), |_, _| no_answer(), options(), stop, regions).await;
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    assert_eq!(scan.gaps(), ["aws_kms_key us-east-1 Cancelled 1"]);
}
