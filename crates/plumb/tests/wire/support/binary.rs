//! `Plumb`: one run of the binary in an environment that holds nothing but what the test says.

use std::process::{Child, Command, Stdio};

use super::report::Report;

/// A run to be.
pub(crate) struct Plumb(Command);

/// A run that has ended.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Plumb {
    /// Arguments without credentials or anything else in the environment.
    pub(crate) fn bare(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self(command)
    }

    /// Arguments with credentials for the cloud at `url`.
    pub(crate) fn at(url: &str, arguments: &[&str]) -> Self {
        Self::bare(arguments)
            .env("AWS_ENDPOINT_URL", url)
            .env("AWS_ACCESS_KEY_ID", "testing")
            .env("AWS_SECRET_ACCESS_KEY", "testing")
            .env("AWS_REGION", "us-east-1")
    }

    /// `scan aws` of `us-east-1` and `more`, reported as JSON.
    pub(crate) fn scan(url: &str, more: &[&str]) -> Self {
        Self::at(
            url,
            &[
                &["scan", "aws", "--region", "us-east-1", "--format", "json"],
                more,
            ]
            .concat(),
        )
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.env_remove(name);
        self
    }

    /// Runs to the end.
    pub(crate) fn run(self) -> Ended {
        Self::wait(self.start())
    }

    /// Starts and does not wait.
    pub(crate) fn start(mut self) -> Child {
        self.0.spawn().unwrap()
    }

    /// Waits for the end.
    pub(crate) fn wait(child: Child) -> Ended {
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        let status = output.status.code().unwrap_or_else(|| panic!("killed: {stderr}"));
        assert!(!stderr.contains("panicked"), "{stderr}");
        Ended {
            status,
            stdout,
            stderr,
        }
    }
}

impl Ended {
    /// The JSON report on stdout.
    pub(crate) fn report(&self) -> Report {
        assert!(
            [0, 1, 4].contains(&self.status),
            "status {}: {}",
            self.status,
            self.stderr
        );
        Report::parse(&self.stdout)
    }

    /// Checks that the run ended with this status, nothing on stdout and exactly one error that says all of `words`.
    pub(crate) fn refused(&self, status: i32, words: &[&str]) {
        let said = &self.stderr;
        assert_eq!((self.status, self.stdout.as_str()), (status, ""), "{said}");
        let errors = said.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, 1, "{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is missing in: {said}");
        }
    }
}
