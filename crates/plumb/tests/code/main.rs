//! `plumb scan code` in continuous integration: suppressions, baselines, changes, and the files that wire it up.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests report by panic"
)]

mod baselines;
mod changes;
mod declarations;
mod files;
mod manifests;
mod outputs;
mod secret_parameters;
mod sensitive;
mod statuses;
mod suppressions;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A bucket that is not versioned, with comments above and in it.
fn bucket(name: &str, above: &str, within: &str) -> String {
    format!("{above}resource \"aws_s3_bucket\" \"{name}\" {{\n{within}  bucket = \"{name}\"\n}}\n")
}

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plumb-code-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Runs `plumb scan code` over the folder, for versioning of buckets alone.
    fn scan(&self, arguments: &[&str]) -> Scan {
        let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
            .args([
                "scan",
                "code",
                "--policy",
                "s3-bucket-versioning-enabled",
                "--fail-on",
                "low",
            ])
            .args(arguments)
            .current_dir(&self.0)
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Scan::new(output)
    }

    /// The report of a scan as JSON, with its exit status and warnings.
    fn report(&self, arguments: &[&str]) -> (Scan, Value) {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
        let scan = self.scan(&arguments);
        let report = serde_json::from_str(&scan.stdout).unwrap_or_else(|_| Value::from(scan.stderr.clone()));
        (scan, report)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a run says.
#[derive(Debug)]
struct Scan {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Scan {
    fn new(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn ends(self, status: i32, said: &[&str]) -> Self {
        assert_eq!(self.status, Some(status), "{}\n{}", self.stdout, self.stderr);
        for words in said {
            assert!(self.stderr.contains(words), "{words}: {}", self.stderr);
        }
        if said.is_empty() {
            assert_eq!(self.stderr, "");
        }
        self
    }
}

/// The failures of a report: address, and standing or `accepted`.
fn failures(report: &Value) -> Vec<String> {
    let accounts = report["accounts"].as_array().unwrap();
    let findings = accounts
        .iter()
        .flat_map(|account| account["findings"].as_array().unwrap());
    let mut failures: Vec<String> = findings
        .filter(|finding| finding["verdict"] == "fail")
        .map(|finding| {
            let address = finding["resource"]["code"]["address"].as_str().unwrap();
            let standing = match &finding["accepted"] {
                Value::Null => finding["standing"].as_str().unwrap_or("asked"),
                _ => "accepted",
            };
            format!("{} {standing}", address.trim_start_matches("aws_s3_bucket."))
        })
        .collect();
    failures.sort();
    failures
}
