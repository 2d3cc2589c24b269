//! How the process ends: exit statuses, and errors as people read them.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;

use plumb_model::diagnostic::Diagnostic;

/// Why the process ends as it does; the numbers stand in every command's help and in the README.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nothing failed at or above `--fail-on`.
    Clean,
    /// Something failed at or above `--fail-on`, or a test or check failed.
    Findings,
    /// The command line or an input is wrong.
    BadInput,
    /// Nothing could be scanned.
    NothingScanned,
    /// Judged, but something could not be read.
    Incomplete,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Clean => Self::from(0),
            Status::Findings => Self::from(1),
            Status::BadInput => Self::from(2),
            Status::NothingScanned => Self::from(3),
            Status::Incomplete => Self::from(4),
        }
    }
}

/// A command could not do its work.
#[derive(Debug)]
pub(crate) struct Failed {
    /// How the process ends.
    pub(crate) status: Status,
    /// What is wrong.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Failed {
    /// The input is wrong.
    pub(crate) fn input(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            status: Status::BadInput,
            diagnostics,
        }
    }

    /// Nothing could be scanned.
    pub(crate) fn nothing_scanned(diagnostic: Diagnostic) -> Self {
        Self {
            status: Status::NothingScanned,
            diagnostics: vec![diagnostic],
        }
    }
}

impl From<Diagnostic> for Failed {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::input(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Failed {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::input(diagnostics)
    }
}

/// The error of a file operation, with the file and what to do.
pub(crate) fn file_error(doing: &str, path: &Path, error: &io::Error) -> Diagnostic {
    let help = match error.kind() {
        ErrorKind::NotFound => "check the path for spelling; folders are not made",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "check who may use it, or name another place"
        }
        ErrorKind::IsADirectory => "it is a folder; name a file",
        ErrorKind::AlreadyExists => "remove it first, or name another file",
        ErrorKind::StorageFull => "make room there, or name another place",
        _ => "check the path, or name another place",
    };
    Diagnostic::error(format!("cannot {doing} `{}`: {error}", path.display())).help(help)
}
