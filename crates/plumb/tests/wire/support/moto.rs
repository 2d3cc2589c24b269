//! `Moto`: an AWS that forgets everything when it is dropped.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The account that moto gives to credentials it does not know.
pub(crate) const ACCOUNT: &str = "123456789012";

/// How long the server may take to start on a busy machine.
const STARTUP: Duration = Duration::from_secs(120);

/// A moto server on a free port of the loopback interface.
pub(crate) struct Moto {
    pub(crate) address: SocketAddr,
    python: PathBuf,
    server: Child,
    labels: BTreeMap<String, String>,
}

impl Moto {
    /// A server without resources besides those that every account has; `None`, said aloud, where there is no Python.
    pub(crate) fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("PLUMB_PYTHON").map(PathBuf::from) else {
            eprintln!("SKIPPED: PLUMB_PYTHON is not set; `cargo xtask test` sets it");
            return None;
        };
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let mut server = Command::new(&python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &address.port().to_string()])
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert_eq!(server.try_wait().unwrap(), None, "moto ended at once");
            assert!(started.elapsed() < STARTUP, "moto does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Self { address, python, server, labels: BTreeMap::new() })
    }

    /// A server with resources: modules of `tests/python/estate`.
    pub(crate) fn with(parts: &[&str]) -> Option<Self> {
        let mut moto = Self::start()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/create.py");
        let output = Command::new(&moto.python)
            .arg(script)
            .args(parts)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("AWS_ENDPOINT_URL", moto.url())
            .env("AWS_ACCESS_KEY_ID", "testing")
            .env("AWS_SECRET_ACCESS_KEY", "testing")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        moto.labels = serde_json::from_slice(&output.stdout).unwrap();
        Some(moto)
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
        let output = Command::new(&self.python).args(["-c", code, argument]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
