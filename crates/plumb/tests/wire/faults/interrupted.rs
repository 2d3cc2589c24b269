//! Scans that are stopped before their end.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::binary::Plumb;
use crate::support::fault::Fault;
use crate::support::folder::Folder;
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Rule};
use crate::support::report::Report;

/// Longer than any of these tests waits.
const LATE: Fault = Fault::Delay(Duration::from_secs(120));

/// A report of a scan that read buckets and waited for keys in vain.
fn check(report: &Report, reason: &str) {
    assert!(!report.is_complete());
    assert_eq!(report.coverage()["interrupted"], reason);
    assert_eq!(report.verdict("s3-bucket-versioning-enabled", "sound"), "pass");
    let keys: Vec<_> = report
        .findings()
        .filter(|finding| finding["policy"] == "kms-key-not-public")
        .collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!(keys[0]["verdict"], "unknown");
    assert_eq!(
        keys[0]["evidence"]["unreadable"][0]["reason"], reason,
        "{}",
        keys[0]
    );
}

/// What Ctrl-C does.
fn interrupt(child: &Child) {
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

/// A cloud that has answered before: moto loads a service at its first request, which must not count against a time limit.
fn awake(parts: &[&str]) -> Option<Moto> {
    let moto = Moto::with(parts)?;
    Plumb::scan(&moto.url(), &["--policy", "s3-bucket-versioning-enabled"])
        .run()
        .report();
    Some(moto)
}

const SELECTION: [&str; 4] = [
    "--policy",
    "s3-bucket-versioning-enabled",
    "--policy",
    "kms-key-not-public",
];

#[test]
fn ctrl_c_gives_a_partial_report_and_snapshot_that_say_so() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let folder = Folder::new("ctrl-c-gives-a-partial-report");
    let snapshot = folder.file("partial.jsonl");
    let proxy = Proxy::start(moto.address, vec![Rule::new("kms", "", LATE)]);
    let child = Plumb::scan(
        &proxy.url,
        &[SELECTION.as_slice(), &["--snapshot", &snapshot]].concat(),
    )
    .start();
    proxy.wait_for("kms");
    proxy.wait_for("s3");
    // All buckets answer at once.
    std::thread::sleep(Duration::from_secs(2));
    let interrupted = Instant::now();
    interrupt(&child);
    let ended = Plumb::wait(child);
    assert!(
        interrupted.elapsed() < Duration::from_secs(20),
        "took {:?}",
        interrupted.elapsed()
    );
    assert_eq!(ended.status, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("stopping"), "{}", ended.stderr);
    check(&ended.report(), "cancelled");

    let again = Plumb::bare(
        &[
            &["scan", "snapshot", &snapshot, "--format", "json"],
            SELECTION.as_slice(),
        ]
        .concat(),
    )
    .run();
    assert_eq!((again.status, again.stdout), (4, ended.stdout));
}

#[test]
fn the_time_limit_gives_a_partial_report_that_says_so() {
    let Some(moto) = awake(&["s3"]) else { return };
    let proxy = Proxy::start(moto.address, vec![Rule::new("kms", "", LATE)]);
    let started = Instant::now();
    let ended = Plumb::scan(&proxy.url, &[SELECTION.as_slice(), &["--timeout", "6"]].concat()).run();
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "took {:?}",
        started.elapsed()
    );
    assert_eq!(ended.status, 4, "{}", ended.stderr);
    check(&ended.report(), "deadline_exceeded");
}

#[test]
fn people_read_that_a_report_is_partial() {
    let Some(moto) = awake(&["s3"]) else { return };
    let proxy = Proxy::start(moto.address, vec![Rule::new("kms", "", LATE)]);
    for format in ["terminal", "markdown", "html"] {
        let arguments = [
            "scan",
            "aws",
            "--region",
            "us-east-1",
            "--timeout",
            "6",
            "--format",
            format,
        ];
        let ended = Plumb::at(&proxy.url, &[&arguments, SELECTION.as_slice()].concat()).run();
        assert_eq!(ended.status, 4, "{format}: {}", ended.stderr);
        let text = ended.stdout.to_lowercase();
        assert!(
            text.contains("time limit") || text.contains("deadline"),
            "{format}: {text}"
        );
    }
}

#[test]
fn a_scan_that_is_stopped_before_it_read_anything_says_that_and_reports_nothing() {
    let Some(moto) = awake(&[]) else { return };
    for service in ["sts", "ec2"] {
        let proxy = Proxy::start(moto.address, vec![Rule::new(service, "", LATE)]);
        let started = Instant::now();
        let ended = Plumb::scan(&proxy.url, &[SELECTION.as_slice(), &["--timeout", "2"]].concat()).run();
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "took {:?}",
            started.elapsed()
        );
        ended.refused(3, &["nothing was read"]);

        // A proxy of its own, which nobody has asked yet.
        let proxy = Proxy::start(moto.address, vec![Rule::new(service, "", LATE)]);
        let child = Plumb::scan(&proxy.url, &SELECTION).start();
        proxy.wait_for(service);
        interrupt(&child);
        Plumb::wait(child).refused(3, &["nothing was read"]);
    }
}

#[test]
fn a_slow_answer_is_waited_for() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    let slow = Rule::new("kms", "", Fault::Delay(Duration::from_secs(3)));
    let proxy = Proxy::start(moto.address, vec![slow]);
    let ended = Plumb::scan(&proxy.url, &SELECTION).run();
    assert_eq!((ended.status, ended.report().gaps().len()), (0, 0));
}
