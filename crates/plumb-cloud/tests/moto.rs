//! Sessions, discovery, recording and replay against a moto server, whose address is in `PLUMB_MOTO_URL`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests report by panic and say what they skip"
)]

use std::process::Command;

use plumb_api::catalog::Catalog;
use plumb_api::request::build_request;
use plumb_api::response::decode_response;
use plumb_api::wire::{Request, Response};
use plumb_cloud::discovery::{discover_account, enabled_regions};
use plumb_cloud::http_client::HttpOptions;
use plumb_cloud::record::{AccountIds, Record};
use plumb_cloud::replay::Replay;
use plumb_cloud::session::{AwsSession, SessionOptions};
use plumb_cloud::transport::AwsTransport;
use plumb_collect::transport::Transport;
use plumb_model::value::{Map, Value};

/// Set in the process that has moto as its cloud; empty, or the ARN of a role.
const ROLE: &str = "PLUMB_MOTO_ROLE";

/// Runs in a process whose environment names moto as the endpoint; elsewhere it has nothing to do.
#[tokio::test]
async fn talks_to_moto_when_asked_to() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let options = SessionOptions {
        role: Some(role).filter(|role| !role.is_empty()),
        ..SessionOptions::default()
    };
    let session = AwsSession::open(&options, &HttpOptions::from_environment())
        .await
        .unwrap();
    let region = session.region().unwrap().to_owned();
    let transport = AwsTransport::new(session, Catalog::aws());
    let transport = Record::new(transport, Vec::new(), AccountIds::Keep);

    let identity = discover_account(&transport, Catalog::aws(), &region)
        .await
        .unwrap();
    let regions = enabled_regions(&transport, Catalog::aws(), &identity.account, &region)
        .await
        .unwrap();
    assert_eq!(regions.gap, None);
    assert!(
        regions.enabled.iter().any(|enabled| enabled == "eu-west-1"),
        "{regions:?}"
    );
    println!("ACCOUNT {} {}", identity.account.id, identity.arn);

    let (_, listed) = ask(&transport, "s3", "ListBuckets").await;
    assert!(listed.get("owner").is_some(), "{listed}");
    for (service, operation) in [
        ("kms", "ListKeys"),
        ("ec2", "DescribeVpcs"),
        ("lambda", "ListFunctions"),
    ] {
        ask(&transport, service, operation).await;
    }

    let recording = String::from_utf8(transport.finish().unwrap()).unwrap();
    assert!(
        !recording.to_ascii_lowercase().contains("aws4-hmac-sha256"),
        "{recording}"
    );
    let replay = Replay::parse(&recording).unwrap();
    let again = discover_account(&replay, Catalog::aws(), &region).await.unwrap();
    assert_eq!(again, identity);
    assert_eq!(
        enabled_regions(&replay, Catalog::aws(), &again.account, &region)
            .await
            .unwrap(),
        regions
    );
    assert_eq!(ask(&replay, "s3", "ListBuckets").await.1, listed);
}

async fn ask(transport: &dyn Transport, service: &str, operation: &str) -> (Request, Value) {
    let operation = Catalog::aws()
        .service(service)
        .unwrap()
        .operation(operation)
        .unwrap();
    let endpoint = transport.endpoint(service, "eu-west-1").unwrap();
    let request = build_request(&operation, &Value::Map(Map::new()), &endpoint).unwrap();
    let response: Response = transport.send(&request).await.unwrap();
    let value = decode_response(&operation, &response).unwrap();
    (request, value)
}

/// Runs the case in a process of its own and returns what it prints about the account.
fn with_moto(role: &str) -> Option<String> {
    let Ok(url) = std::env::var("PLUMB_MOTO_URL") else {
        eprintln!("skipped: PLUMB_MOTO_URL is not set; `cargo xtask test` sets it");
        return None;
    };
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "talks_to_moto_when_asked_to", "--nocapture"])
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "example")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env(ROLE, role)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (_, account) = text.split_once("ACCOUNT ").unwrap();
    Some(account.lines().next().unwrap().to_owned())
}

#[test]
fn keys_of_the_environment_reach_their_account() {
    if let Some(account) = with_moto("") {
        assert!(account.starts_with("123456789012 arn:aws:"), "{account}");
    }
}

#[test]
fn an_assumed_role_reaches_the_account_of_the_role() {
    if let Some(account) = with_moto("arn:aws:iam::111122223333:role/PlumbScan") {
        assert!(
            account.starts_with("111122223333 arn:aws:sts::111122223333:assumed-role/PlumbScan/plumb"),
            "{account}"
        );
    }
}
