//! Whose credentials are used, and what is said when there are none.

use std::process::Command;
use std::time::Duration;

use crate::support::binary::Plumb;
use crate::support::fault::Fault;
use crate::support::folder::Folder;
use crate::support::moto::{ACCOUNT, Moto};
use crate::support::proxy::{Proxy, Rule};

const QUICK: [&str; 2] = ["--policy", "s3-bucket-versioning-enabled"];
const ROLE: &str = "arn:aws:iam::111122223333:role/audit/PlumbScan";

fn scan(url: &str, more: &[&str]) -> Plumb {
    Plumb::scan(url, &[QUICK.as_slice(), more].concat())
}

#[test]
fn a_role_is_assumed_with_its_external_id_and_its_account_is_scanned() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let proxy = Proxy::start(moto.address, Vec::new());
    let report = scan(&proxy.url, &["--role", ROLE, "--external-id", "7c9e:6679"])
        .run()
        .report();
    assert_eq!(report.0["accounts"][0]["account"]["id"], "111122223333");
    // The buckets belong to the account of the keys.
    assert_eq!(report.findings().count(), 0);
    let asked = proxy.seen();
    let assumed: Vec<_> = asked
        .iter()
        .filter(|seen| seen.operation == "AssumeRole")
        .collect();
    assert_eq!(assumed.len(), 1, "{asked:?}");
    for part in [
        "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Faudit%2FPlumbScan",
        "ExternalId=7c9e%3A6679",
    ] {
        assert!(assumed[0].body.contains(part), "{}", assumed[0].body);
    }
}

#[test]
fn several_roles_are_several_accounts_of_one_report() {
    let Some(moto) = Moto::start() else { return };
    let other = "arn:aws:iam::444455556666:role/PlumbScan";
    let report = scan(&moto.url(), &["--role", ROLE, "--role", other])
        .run()
        .report();
    let accounts = report.0["accounts"].as_array().unwrap();
    let ids: Vec<_> = accounts.iter().map(|account| &account["account"]["id"]).collect();
    assert_eq!(ids, ["111122223333", "444455556666"]);
}

#[test]
fn accounts_are_read_at_once_and_reported_in_order() {
    let Some(moto) = Moto::start() else { return };
    let late = Fault::Delay(Duration::from_secs(120));
    let proxy = Proxy::start(moto.address, vec![Rule::new("s3", "", late).times(1)]);
    let others = [
        "--role",
        "arn:aws:iam::444455556666:role/PlumbScan",
        "--role",
        ROLE,
    ];
    let child = scan(&proxy.url, &others).start();
    // One account waits for its buckets while the other asks for its own.
    proxy.wait_for_requests("s3", 2);
    // The second answer comes at once.
    std::thread::sleep(Duration::from_secs(2));
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let report = Plumb::wait(child).report();
    let accounts = report.0["accounts"].as_array().unwrap();
    let ids: Vec<_> = accounts.iter().map(|account| &account["account"]["id"]).collect();
    assert_eq!(ids, ["111122223333", "444455556666"]);
    let gaps: usize = accounts
        .iter()
        .map(|account| account["coverage"]["gaps"].as_array().unwrap().len())
        .sum();
    assert_eq!(gaps, 1, "only one account was held up");
}

#[test]
fn a_profile_gives_keys_region_endpoint_and_role() {
    let Some(moto) = Moto::start() else { return };
    let folder = Folder::new("a-profile-gives-keys-region-endpoint-and-role");
    let config = folder.write(
        "config",
        &format!(
            "[profile base]\nregion = us-east-1\nendpoint_url = {url}\n\
             [profile audit]\nregion = eu-west-1\nendpoint_url = {url}\nrole_arn = {ROLE}\nsource_profile = base\n",
            url = moto.url()
        ),
    );
    let credentials = folder.write(
        "credentials",
        "[base]\naws_access_key_id = testing\naws_secret_access_key = testing\n",
    );
    let run = |profile: &str| {
        let arguments = [
            "scan",
            "aws",
            "--format",
            "json",
            "--region",
            "us-east-1",
            "--profile",
            profile,
        ];
        Plumb::bare(&[&arguments, QUICK.as_slice()].concat())
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_SHARED_CREDENTIALS_FILE", &credentials)
            // moto stands for STS as well.
            .env("AWS_ENDPOINT_URL", &moto.url())
            .run()
    };
    for (profile, account) in [("base", ACCOUNT), ("audit", "111122223333")] {
        assert_eq!(
            run(profile).report().0["accounts"][0]["account"]["id"],
            account,
            "{profile}"
        );
    }
    run("nobody").refused(3, &["`nobody`"]);
}

#[test]
fn without_credentials_one_message_tells_what_was_tried_and_names_the_demo() {
    let folder = Folder::new("without-credentials-one-message-tells-what-was-tried");
    Plumb::bare(&["scan", "aws"])
        .env("HOME", &folder.file(""))
        .run()
        .refused(3, &["AWS_ACCESS_KEY_ID", "profile", "plumb demo"]);
}

#[test]
fn half_of_a_key_is_no_credentials() {
    Plumb::at("http://127.0.0.1:1", &["scan", "aws"])
        .without("AWS_SECRET_ACCESS_KEY")
        .run()
        .refused(3, &["plumb demo"]);
}

#[test]
fn an_endpoint_that_is_no_address_is_told_with_its_variable() {
    for url in ["not an address", "ftp://127.0.0.1", "http://", "127.0.0.1:5000"] {
        let ended = Plumb::at(url, &["scan", "aws"]).run();
        assert!([2, 3].contains(&ended.status), "{}", ended.stderr);
        ended.refused(ended.status, &["AWS_ENDPOINT_URL", &format!("`{url}`")]);
    }
}

#[test]
fn an_endpoint_where_nobody_listens_is_told() {
    scan("http://127.0.0.1:1", &[])
        .run()
        .refused(3, &["sts:GetCallerIdentity"]);
}

#[test]
fn a_role_that_is_no_arn_is_told() {
    for role in ["PlumbScan", "arn:aws:s3:::bucket"] {
        let ended = scan("http://127.0.0.1:1", &["--role", role]).run();
        assert!([2, 3].contains(&ended.status), "{}", ended.stderr);
        ended.refused(ended.status, &[&format!("`{role}`")]);
    }
}

#[test]
fn a_role_that_may_not_be_assumed_is_told() {
    let Some(moto) = Moto::start() else { return };
    let proxy = Proxy::start(moto.address, vec![Rule::new("sts", "AssumeRole", Fault::Deny)]);
    scan(&proxy.url, &["--role", ROLE])
        .run()
        .refused(3, &[ROLE, "AccessDenied"]);
}

#[test]
fn a_region_that_does_not_exist_is_told() {
    let Some(moto) = Moto::start() else { return };
    scan(&moto.url(), &["--region", "us-east-9"])
        .run()
        .refused(2, &["`us-east-9`", "us-east-1"]);
}
