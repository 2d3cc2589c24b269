//! Sessions as a user opens them: each case runs in a process with an environment of its own.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::http_client::HttpOptions;
use crate::session::{AwsSession, SessionOptions};
use crate::test_server::{Act, TestServer};

/// Set in the process of a case; empty, or `profile=NAME` and `role=ARN` separated by blanks.
const CASE: &str = "PLUMB_SESSION_CASE";
const ROLE: &str = "arn:aws:iam::123456789012:role/PlumbScan";

/// Runs in the process of a case; elsewhere it has nothing to do.
#[tokio::test]
async fn opens_a_session_when_asked_to() {
    let Ok(case) = std::env::var(CASE) else { return };
    let mut options = SessionOptions::default();
    for (key, value) in case.split_whitespace().filter_map(|word| word.split_once('=')) {
        match key {
            "profile" => options.profile = Some(value.to_owned()),
            "role" => options.role = Some(value.to_owned()),
            "external_id" => options.external_id = Some(value.to_owned()),
            _ => panic!("unknown option {key}"),
        }
    }
    match AwsSession::open(&options, &HttpOptions::from_environment()).await {
        Ok(session) => {
            let credentials = session.credentials().await.unwrap();
            let region = session.region().unwrap_or("none");
            let source = if session.role().is_some() {
                "assumed role"
            } else {
                session.source().title()
            };
            println!("OUTCOME opened {source} {region} {}", credentials.access_key_id());
        }
        Err(error) => println!("OUTCOME {}", error.to_diagnostic()),
    }
}

/// A home directory with configuration files.
struct Home(PathBuf);

impl Home {
    fn new(config: &str, credentials: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("plumb-session-{}-{number}", std::process::id()));
        std::fs::create_dir_all(home.join(".aws")).unwrap();
        std::fs::write(home.join(".aws/config"), config).unwrap();
        std::fs::write(home.join(".aws/credentials"), credentials).unwrap();
        Self(home)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The outcome of opening a session with this case, home and environment.
async fn open(case: &str, home: &Home, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "session_tests::opens_a_session_when_asked_to",
            "--nocapture",
        ])
        .env_clear()
        .env("HOME", &home.0)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env(CASE, case)
        .envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, outcome) = text.split_once("OUTCOME ").unwrap_or_else(|| panic!("{text}"));
    outcome
        .split("\ntest ")
        .next()
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap()
        .trim()
        .to_owned()
}

fn check(outcome: &str, parts: &[&str]) {
    for part in parts {
        assert!(outcome.contains(part), "`{part}` is not in: {outcome}");
    }
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKENV"), ("AWS_SECRET_ACCESS_KEY", "s")];

#[tokio::test]
async fn without_credentials_everything_that_was_tried_is_told_quickly() {
    let server = TestServer::start(|_| Act::Stall(Duration::from_secs(30))).await;
    let metadata = format!("http://{}", server.address);
    let home = Home::new("", "");
    let started = Instant::now();
    let variables = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata),
    ];
    let outcome = open("", &home, &variables).await;
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    check(
        &outcome,
        &[
            "no AWS credentials were found",
            "environment: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are not set",
            "profile: no profile is defined in `~/.aws/config` and `~/.aws/credentials`",
            "web identity token: `AWS_WEB_IDENTITY_TOKEN_FILE` is not set",
            "container: neither",
            "instance metadata: no",
            "plumb demo",
        ],
    );
    let disabled = open("", &home, &[]).await;
    check(
        &disabled,
        &["instance metadata: switched off by `AWS_EC2_METADATA_DISABLED`"],
    );
}

#[tokio::test]
async fn environment_and_profiles_are_used_in_the_order_of_the_cli() {
    let config = "[default]\nregion = eu-west-1\n[profile other]\nregion = eu-west-2\n\
                  [profile process]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"AKPROC\",\"SecretAccessKey\":\"s\"}'\n\
                  [profile empty]\nregion = eu-west-3\n\
                  [profile dangling]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = nobody\n";
    let keys = "[default]\naws_access_key_id = AKDEF\naws_secret_access_key = s\n\
                [other]\naws_access_key_id = AKOTHER\naws_secret_access_key = s\n";
    let home = Home::new(config, keys);
    let other = ("AWS_PROFILE", "other");
    for (case, variables, expected) in [
        ("", vec![], "opened profile eu-west-1 AKDEF"),
        ("", vec![other], "opened profile eu-west-2 AKOTHER"),
        (
            "",
            vec![other, KEYS[0], KEYS[1]],
            "opened environment eu-west-2 AKENV",
        ),
        (
            "profile=other",
            vec![KEYS[0], KEYS[1]],
            "opened profile eu-west-2 AKOTHER",
        ),
        ("profile=process", vec![], "opened profile none AKPROC"),
        (
            "profile=empty",
            vec![KEYS[0], KEYS[1]],
            "profile: `empty` of `~/.aws/config`",
        ),
        (
            "profile=nope",
            vec![KEYS[0], KEYS[1]],
            "the AWS profile `nope` is not defined",
        ),
        (
            "",
            vec![KEYS[0]],
            "only one of `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` is set",
        ),
    ] {
        check(&open(case, &home, &variables).await, &[expected]);
    }
}

const SSO: &str = "[profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Audit\n\
                   [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";

/// A home whose single sign-on ends at that time, as `aws sso login` leaves it.
fn signed_in_until(expiry: &str) -> Home {
    let home = Home::new(SSO, "");
    let cache = home.0.join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let token =
        format!("{{\"accessToken\":\"SSOTOKEN\",\"expiresAt\":\"{expiry}\",\"region\":\"eu-west-1\"}}");
    // The name is the SHA-1 of the session's name.
    std::fs::write(cache.join("ee0bfd2552fbd840c02cc48b6e823320543c450f.json"), token).unwrap();
    home
}

#[tokio::test]
async fn a_sign_in_gives_credentials_until_it_expires_and_then_says_how_to_sign_in() {
    let server = cloud().await;
    let portal = format!("http://{}", server.address);
    let portal = [("AWS_ENDPOINT_URL_SSO", portal.as_str())];
    let outcome = open("profile=sso", &signed_in_until("2099-01-01T00:00:00Z"), &portal).await;
    check(&outcome, &["opened profile none AKSSO"]);

    for home in [signed_in_until("2020-01-01T00:00:00Z"), Home::new(SSO, "")] {
        let outcome = open("profile=sso", &home, &portal).await;
        check(
            &outcome,
            &[
                "the AWS credentials of the profile cannot be used: `sso`:",
                "aws sso login --profile sso",
            ],
        );
    }
}

/// An STS that knows one role, and a metadata and container service.
async fn cloud() -> TestServer {
    TestServer::start(|request| {
        let json = |key: &str| {
            format!(
                "{{\"Code\":\"Success\",\"AccessKeyId\":\"{key}\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\
                 \"Expiration\":\"2099-01-01T00:00:00Z\"}}"
            )
        };
        if request.starts_with("PUT /latest/api/token") {
            Act::Answer(200, "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "METATOKEN".to_owned())
        } else if request.contains("/placement/region") {
            Act::Answer(200, "", "eu-central-1".to_owned())
        } else if request.contains("/iam/security-credentials/Role") {
            Act::Answer(200, "", json("AKIMDS"))
        } else if request.contains("/iam/security-credentials/") {
            Act::Answer(200, "", "Role".to_owned())
        } else if request.starts_with("GET /federation/credentials") && request.contains("SSOTOKEN") {
            let credentials = "{\"accessKeyId\":\"AKSSO\",\"secretAccessKey\":\"s\",\"sessionToken\":\"t\",\
                               \"expiration\":4070908800000}";
            let body = format!("{{\"roleCredentials\":{credentials}}}");
            Act::Answer(200, "content-type: application/json\r\n", body)
        } else if request.starts_with("GET /container") {
            Act::Answer(200, "content-type: application/json\r\n", json("AKCONTAINER"))
        } else if request.contains("PlumbScan") {
            let action = if request.contains("WebIdentity") { "AssumeRoleWithWebIdentity" } else { "AssumeRole" };
            Act::Answer(200, "content-type: text/xml\r\n", format!(
                "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
                 <AccessKeyId>AKROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                 <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"
            ))
        } else {
            Act::Answer(403, "content-type: text/xml\r\n", "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                <Message>User is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>".to_owned())
        }
    })
    .await
}

#[tokio::test]
async fn a_role_is_assumed_at_the_endpoint_of_the_user() {
    let server = cloud().await;
    let url = format!("http://{}", server.address);
    let home = Home::new("", "");
    let case = format!("role={ROLE} external_id=ext-1");
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
        check(
            &open(&case, &home, &[KEYS[0], KEYS[1], (name, &url)]).await,
            &["opened assumed role none AKROLE"],
        );
    }
    let asked = server.asked();
    check(
        &asked[0],
        &[
            "Action=AssumeRole&",
            "ExternalId=ext-1",
            "RoleSessionName=plumb",
            "Credential=AKENV/",
        ],
    );

    let config = format!(
        "[profile scan]\nrole_arn = {ROLE}\nsource_profile = base\nregion = eu-west-1\nendpoint_url = {url}\n"
    );
    let home = Home::new(
        &config,
        "[base]\naws_access_key_id = AKBASE\naws_secret_access_key = s\n",
    );
    check(
        &open("profile=scan", &home, &[]).await,
        &["opened profile eu-west-1 AKROLE"],
    );

    // The host exists only behind the proxy.
    let proxied = [
        KEYS[0],
        KEYS[1],
        ("AWS_ENDPOINT_URL", "http://sts.example.invalid"),
        ("HTTP_PROXY", &url),
    ];
    check(
        &open(&case, &home, &proxied).await,
        &["opened assumed role none AKROLE"],
    );

    let denied = "role=arn:aws:iam::123456789012:role/Other";
    let outcome = open(denied, &home, &[KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", &url)]).await;
    check(
        &outcome,
        &[
            "the role `arn:aws:iam::123456789012:role/Other` cannot be assumed",
            "not authorized to perform: sts:AssumeRole (AccessDenied)",
            "--external-id",
        ],
    );
}

#[tokio::test]
async fn web_identity_container_and_instance_credentials_are_found() {
    let server = cloud().await;
    let url = format!("http://{}", server.address);
    let home = Home::new("", "");
    let token = home.0.join("token");
    std::fs::write(&token, "JWT").unwrap();
    let web = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ENDPOINT_URL_STS", &url),
        ("AWS_REGION", "eu-west-1"),
    ];
    check(
        &open("", &home, &web).await,
        &["opened web identity token eu-west-1 AKROLE"],
    );

    let container = format!("{url}/container");
    check(
        &open("", &home, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container)]).await,
        &["opened container none AKCONTAINER"],
    );

    // A proxy that does not exist shows that these requests go around it.
    let instance = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ];
    check(
        &open("", &home, &instance).await,
        &["opened instance metadata eu-central-1 AKIMDS"],
    );
}

#[tokio::test]
async fn malformed_settings_are_one_error_each() {
    let home = Home::new("", "");
    let endpoint = ("AWS_ENDPOINT_URL_S3", "localhost:4566");
    for (case, variables, expected) in [
        (
            "",
            vec![endpoint],
            "the endpoint `localhost:4566`, given by `AWS_ENDPOINT_URL_S3`, cannot be used",
        ),
        (
            "",
            vec![("AWS_REGION", "eu west")],
            "`eu west`, given by `AWS_REGION`, is not the name of a region",
        ),
        (
            "",
            vec![("AWS_CA_BUNDLE", "/nonexistent")],
            "the CA bundle `/nonexistent` cannot be used",
        ),
        ("role=Admin", vec![], "`Admin` is not the ARN of an IAM role"),
        ("external_id=abc", vec![], "no role to assume"),
    ] {
        let mut variables = variables;
        variables.extend(KEYS);
        check(&open(case, &home, &variables).await, &[expected]);
    }
    let broken = Home::new("[default\nregion", "");
    check(
        &open("", &broken, &KEYS).await,
        &["the AWS configuration cannot be read", ".aws/config"],
    );
}
