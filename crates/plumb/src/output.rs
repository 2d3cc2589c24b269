//! Reports: which formats go where, and the exit status they mean.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use plumb_model::diagnostic::Diagnostic;
use plumb_model::report::{FindingView, Report};
use plumb_model::value::Reason;
use plumb_model::verdict::{Severity, Verdict};
use plumb_report::format::Format;
use plumb_report::options::RenderOptions;
use plumb_report::render;

use crate::arguments::ReportArguments;
use crate::console::Console;
use crate::exit::{Failed, Status, file_error};
use crate::whole_file::WholeFile;

/// Where each report goes, decided before anything is scanned so that a mistake shows at once.
#[derive(Debug)]
pub(crate) struct Outputs {
    files: Vec<(Format, PathBuf)>,
    stdout: Option<Format>,
    /// Where the root of the scanned code lies, for formats that are read from the root of a repository.
    pub(crate) code_prefix: String,
}

impl Outputs {
    /// Pairs formats with files; `snapshot` is the file that is read or written besides.
    pub(crate) fn new(arguments: &ReportArguments, snapshot: Option<&Path>) -> Result<Self, Failed> {
        let mut formats = arguments.format.clone();
        let mut files = Vec::new();
        let mut taken: Vec<PathBuf> = snapshot.map(place_of).into_iter().collect();
        for path in &arguments.output {
            let format = format_of(path, &mut formats)?;
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            if !folder.is_dir() {
                let message = format!(
                    "cannot write `{}`: there is no folder `{}`",
                    path.display(),
                    folder.display()
                );
                return Err(Diagnostic::error(message)
                    .help("make the folder first, or name another")
                    .into());
            }
            if path.is_dir() {
                let error = io::Error::from(io::ErrorKind::IsADirectory);
                return Err(file_error("write", path, &error).into());
            }
            let place = place_of(path);
            // Two reports may go to one device or pipe, but of two that go to one file the first would be lost.
            if taken.contains(&place) && (place.is_file() || !place.exists()) {
                let message = format!("`{}` is given for two files", path.display());
                return Err(Diagnostic::error(message).help("name another file").into());
            }
            taken.push(place);
            files.push((format, path.clone()));
        }
        if let [first, extra, ..] = formats.as_slice() {
            let message = format!("two formats for stdout: `{first}` and `{extra}`");
            return Err(Diagnostic::error(message)
                .help("give all but one of them a file of its own with `--output FILE`, with an ending that fits it")
                .into());
        }
        let on_stdout = formats.first().copied();
        Ok(Self {
            files,
            stdout: on_stdout.or_else(|| arguments.format.is_empty().then_some(Format::Terminal)),
            code_prefix: String::new(),
        })
    }

    /// Writes all reports.
    pub(crate) fn write(&self, console: Console, report: &Report) -> Result<(), Failed> {
        let plain = RenderOptions {
            code_prefix: self.code_prefix.clone(),
            ..RenderOptions::default()
        };
        for (format, path) in &self.files {
            let failed = |error: io::Error| file_error("write", path, &error);
            let mut file = WholeFile::create(path).map_err(failed)?;
            render(report, *format, &plain, &mut file).map_err(failed)?;
            file.finish().map_err(failed)?;
        }
        let Some(format) = self.stdout else { return Ok(()) };
        let options = match format {
            Format::Terminal => RenderOptions {
                width: console.width(),
                color: console.stdout_color(),
                ..plain
            },
            Format::Json
            | Format::Jsonl
            | Format::Csv
            | Format::Html
            | Format::Ocsf
            | Format::Sarif
            | Format::Junit
            | Format::Markdown
            | Format::Github
            | Format::Gitlab => plain,
        };
        let mut stdout = BufWriter::new(io::stdout().lock());
        match render(report, format, &options, &mut stdout).and_then(|()| stdout.flush()) {
            // Whoever reads the pipe has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(stdout_error(&error)),
            Ok(()) => Ok(()),
        }
    }
}

/// Takes out of the formats that are still free the first that a file of that name may hold; without one its ending decides.
fn format_of(path: &Path, formats: &mut Vec<Format>) -> Result<Format, Failed> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if let Some(position) = formats.iter().position(|format| format.fits(name)) {
        return Ok(formats.remove(position));
    }
    Format::of_file_name(name).ok_or_else(|| {
        let message = format!("cannot tell the format of `{}` from its ending", path.display());
        Diagnostic::error(message)
            .help("name it with `--format`, for example `--format json`")
            .into()
    })
}

/// Writes text to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failed> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // Whoever reads the pipe has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(stdout_error(&error)),
        Ok(()) => Ok(()),
    }
}

pub(crate) fn stdout_error(error: &io::Error) -> Failed {
    Diagnostic::error(format!("cannot write to stdout: {error}"))
        .help("what was written there is not whole; check where it leads to")
        .into()
}

/// A path by which two names of one file are the same, whether or not the file exists.
pub(crate) fn place_of(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match (folder.unwrap_or(Path::new(".")).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        (Ok(_) | Err(_), _) => path.to_owned(),
    }
}

/// Which failures count for `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// All of them: accepting a risk makes no account better.
    All,
    /// Those that were asked about and that nobody accepted: a change goes through when it adds nothing.
    AskedAbout,
}

/// The exit status that a report means.
pub(crate) fn status(report: &Report, arguments: &ReportArguments, counting: Counting) -> Status {
    let counts = |view: &FindingView<'_>| match counting {
        Counting::All => true,
        Counting::AskedAbout => view.finding.standing.is_asked() && view.finding.accepted.is_none(),
    };
    let failed = |least: Severity| {
        report
            .findings()
            .filter(|view| view.finding.verdict == Verdict::Fail && view.policy.severity >= least)
            .any(|view| counts(&view))
    };
    if report.accounts.is_empty() {
        Status::NothingScanned
    } else if arguments.fail_on.is_some_and(failed) {
        Status::Findings
    } else if !(arguments.allow_incomplete || report.is_complete() && all_was_asked_for(report)) {
        Status::Incomplete
    } else {
        Status::Clean
    }
}

/// Whether no verdict is unknown for lack of something that the scan could have read.
///
/// What lies outside the account, or what configuration cannot decide, makes a verdict unknown but not coverage incomplete.
fn all_was_asked_for(report: &Report) -> bool {
    report
        .findings()
        .filter_map(|view| view.finding.evidence.as_ref())
        .flat_map(|evidence| &evidence.unreadable)
        .all(|unreadable| match unreadable.reason {
            Reason::OutOfScope
            | Reason::NotInCode
            | Reason::KnownAfterApply
            | Reason::KnownAfterDeployment => true,
            Reason::Denied
            | Reason::Throttled
            | Reason::Unsupported
            | Reason::Failed
            | Reason::Cancelled
            | Reason::DeadlineExceeded
            | Reason::NotCollected
            | Reason::NotUnderstood => false,
        })
}
