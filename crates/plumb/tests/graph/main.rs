//! The commands of the security graph: the stories of the generated estate are found, and bad input ends with one diagnostic.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests report by panic"
)]

mod accounts;
mod answers;
mod declared;
mod input;
mod joined;
mod problems;
mod readme;
mod scaling;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plumb-graph-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn file(&self, name: &str, content: &str) -> String {
        fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plumb"))
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What a run writes to stdout when it ends with that status.
fn text_with(status: i32, arguments: &[&str]) -> String {
    let output = run(arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {stderr}");
    assert!(!stderr.contains("error"), "{arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn text(arguments: &[&str]) -> String {
    text_with(0, arguments)
}

fn json_of(arguments: &[&str]) -> Value {
    serde_json::from_str(&text(arguments)).unwrap()
}

/// Checks that a run is refused with one diagnostic that says every one of `words`, and writes nothing.
fn refused(arguments: &[&str], words: &[&str]) {
    // A small estate is enough to be refused.
    let is_large = arguments.contains(&"--demo") && !arguments.contains(&"--accounts");
    let small: &[&str] = if is_large { &["--accounts", "12"] } else { &[] };
    let output = run(&[arguments, small].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{arguments:?} writes to stdout");
    assert_eq!(stderr.matches("error: ").count(), 1, "{arguments:?}: {stderr}");
    assert!(
        stderr.contains("= help: ") || stderr.contains("try '--help'"),
        "{arguments:?}: {stderr}"
    );
    for word in words {
        assert!(
            stderr.contains(word),
            "{arguments:?} does not say {word}: {stderr}"
        );
    }
    assert!(
        !stderr.contains('\u{1b}') && !stderr.contains("panicked"),
        "{stderr}"
    );
}
