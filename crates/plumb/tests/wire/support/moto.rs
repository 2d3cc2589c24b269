//! `Moto`: an AWS that forgets everything when it is dropped.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The account that moto gives to credentials it does not know.
pub(crate) const ACCOUNT: &str = "123456789012";

/// A moto server on a free port of the loopback interface.
pub(crate) struct Moto {
    pub(crate) address: SocketAddr,
    python: PathBuf,
    /// It ends when its standard input does, so that it never outlives a test that was killed.
    server: Child,
    labels: BTreeMap<String, String>,
}

impl Moto {
    /// A server without resources besides those that every account has; `None`, said aloud, where there is no Python.
    pub(crate) fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// A server with resources: modules of `tests/python/estate`.
    pub(crate) fn with(parts: &[&str]) -> Option<Self> {
        let Some(python) = std::env::var_os("PLUMB_PYTHON").map(PathBuf::from) else {
            eprintln!("SKIPPED: PLUMB_PYTHON is not set; `cargo xtask test` sets it");
            return None;
        };
        let mut server = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/cloud.py"))
            .args(parts)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = server.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("moto started");
        let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        let labels = serde_json::from_value(ready["labels"].clone()).unwrap();
        Some(Self {
            address: (Ipv4Addr::LOCALHOST, port).into(),
            python,
            server,
            labels,
        })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The identifier behind a label; names are their own identifiers.
    pub(crate) fn identifier<'a>(&'a self, label: &'a str) -> &'a str {
        self.labels.get(label).map_or(label, String::as_str)
    }

    /// Runs a line of Python, for formats that Rust has no reader of at hand.
    pub(crate) fn python(&self, code: &str, argument: &str) -> String {
        let output = Command::new(&self.python)
            .args(["-c", code, argument])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
