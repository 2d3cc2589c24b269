//! `cargo xtask test`: every test, with the servers and data that some of them need.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// Python packages of the live wire, pinned with everything they need.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The npm package that carries the CEL specification's conformance cases.
const CEL_SPEC: &str = "@bufbuild/cel-spec@0.6.1";

/// How long the wire may take to answer its first request.
const STARTUP: Duration = Duration::from_secs(60);

/// Runs all tests; `arguments` go to the test runner.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let arguments = arguments.strip_prefix(&["--"]).unwrap_or(arguments);
    let mut environment: Vec<(&str, OsString)> = Vec::new();
    let moto = match moto() {
        Ok(moto) => Some(moto),
        Err(error) => {
            missing("tests that need a live AWS wire", &error);
            None
        }
    };
    if let Some(moto) = &moto {
        environment.push(("PLUMB_MOTO_URL", moto.url.clone().into()));
        environment.push(("PLUMB_PYTHON", moto.python.clone().into()));
    }
    match cel_spec() {
        Ok(folder) => environment.push(("PLUMB_CEL_SPEC", folder.into())),
        Err(error) => missing("the conformance cases of CEL", &error),
    }
    let mut nextest = Command::new("cargo");
    nextest
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let has_nextest = nextest.status().is_ok_and(|status| status.success());
    let runner: &[&str] = if has_nextest {
        &["nextest", "run", "--workspace"]
    } else {
        &["test", "--workspace", "--all-targets"]
    };
    cargo(
        &[&["test", "--workspace", "--doc", "--quiet"], [].as_slice()].concat(),
        &environment,
    )?;
    if let Some(moto) = &moto {
        validate_reports(&moto.python, &environment)?;
    }
    for command in [
        ["pack", "lint"].as_slice(),
        &["pack", "test", "--knowledge", "knowledge"],
    ] {
        cargo(
            &[["run", "--quiet", "--package", "plumb", "--"].as_slice(), command].concat(),
            &environment,
        )?;
    }
    cargo(&[runner, arguments].concat(), &environment)
}

/// Says aloud what is left out, and why.
fn missing(what: &str, error: &anyhow::Error) {
    eprintln!("warning: {what} are LEFT OUT: {error:#}");
}

fn cargo(arguments: &[&str], environment: &[(&str, OsString)]) -> Result<()> {
    let status = Command::new("cargo")
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "`cargo {}` failed", arguments.join(" "));
    Ok(())
}

/// A moto server on a free port of the loopback interface; ended when it is dropped.
struct Moto {
    url: String,
    python: PathBuf,
    server: Child,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn moto() -> Result<Moto> {
    let python = virtual_environment()?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let log = fs::File::create(cache()?.join("moto.log"))?;
    let server = Command::new(&python)
        .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("cannot start moto")?;
    let mut moto = Moto {
        url: format!("http://127.0.0.1:{port}"),
        python,
        server,
    };
    let start = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(status) = moto.server.try_wait()? {
            bail!("moto ended with {status}; see moto.log in {}", cache()?.display());
        }
        ensure!(
            start.elapsed() < STARTUP,
            "moto does not answer after {} s",
            STARTUP.as_secs()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(moto)
}

/// A virtual environment with the pinned packages, made once for each version of the pins.
pub(crate) fn virtual_environment() -> Result<PathBuf> {
    let folder = cache()?.join("venv");
    let python = folder.join("bin").join("python");
    let stamp = folder.join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) && python.exists() {
        return Ok(python);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let status = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&folder)
        .status()
        .context("python3 is missing; install Python 3.11 or newer with venv")?;
    ensure!(
        status.success(),
        "python3 cannot make a virtual environment; install python3-venv"
    );
    let wanted = folder.join("wanted.txt");
    fs::write(&wanted, REQUIREMENTS)?;
    let mut pip = Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(&wanted)
        .stderr(Stdio::piped())
        .spawn()?;
    let mut said = Vec::new();
    if let Some(stderr) = pip.stderr.take() {
        said = BufReader::new(stderr).lines().map_while(Result::ok).collect();
    }
    ensure!(
        pip.wait()?.success(),
        "pip cannot install the pinned packages: {}",
        said.join(" ")
    );
    fs::rename(&wanted, &stamp)?;
    Ok(python)
}

/// The conformance cases of CEL as a JSON file, fetched by npm once.
fn cel_spec() -> Result<PathBuf> {
    let folder = cache()?.join("cel-spec");
    let cases = folder.join("conformance.json");
    if cases.exists() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder)?;
    let install = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .arg(&folder)
        .arg(CEL_SPEC)
        .status()
        .context("npm is missing")?;
    ensure!(install.success(), "npm cannot install {CEL_SPEC}");
    let convert = root().join("crates/plumb-expr/tests/conformance/convert.mjs");
    let package = folder.join("node_modules/@bufbuild/cel-spec");
    let status = Command::new("node")
        .arg(convert)
        .arg(package)
        .arg(&cases)
        .status()
        .context("node is missing")?;
    ensure!(status.success(), "the conformance cases cannot be converted");
    Ok(folder)
}

/// Renders sample reports and checks them against the schemas of OCSF and of our own formats.
fn validate_reports(python: &Path, environment: &[(&str, OsString)]) -> Result<()> {
    let folder = cache()?.join("reports");
    fs::create_dir_all(&folder)?;
    let render = [
        "run",
        "--quiet",
        "--package",
        "plumb-report",
        "--example",
        "render_samples",
        "--",
    ];
    cargo(
        &[
            &render,
            [folder.to_str().context("the target folder is not UTF-8")?].as_slice(),
        ]
        .concat(),
        environment,
    )?;
    let script = root().join("crates/plumb-report/tests/validate.py");
    let status = Command::new(python).arg(script).arg(&folder).status()?;
    ensure!(status.success(), "a report does not fit its schema");
    Ok(())
}

/// The folder below the target folder that keeps what tests need.
fn cache() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = target.join("xtask");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default()
}
