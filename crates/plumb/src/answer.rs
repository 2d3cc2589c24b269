//! Where an answer goes: a file that is whole or not there, or stdout.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;
use serde::Serialize;

use crate::exit::{Failed, file_error};
use crate::graph_arguments::{AnswerArguments, AnswerFormat};
use crate::output::{place_of, stdout_error};
use crate::whole_file::WholeFile;

/// Where an answer goes, opened before anything is read so that a mistake shows at once.
pub(crate) enum Destination {
    /// A file.
    File(PathBuf, WholeFile),
    /// Stdout.
    Stdout,
}

impl Destination {
    /// Opens `output`; without one it is stdout. `input` is the file that is read.
    pub(crate) fn open(output: Option<&Path>, input: Option<&Path>) -> Result<Self, Failed> {
        let Some(path) = output else {
            return Ok(Self::Stdout);
        };
        if input.is_some_and(|input| place_of(input) == place_of(path)) {
            let message = format!("`{}` is the file that is read", path.display());
            return Err(Diagnostic::error(message).help("name another file").into());
        }
        let file = WholeFile::create(path).map_err(|error| file_error("write", path, &error))?;
        Ok(Self::File(path.to_owned(), file))
    }

    /// Whether people read it at a terminal or where a terminal's text is wanted.
    pub(crate) fn is_stdout(&self) -> bool {
        match self {
            Self::Stdout => true,
            Self::File(..) => false,
        }
    }

    /// Writes the whole answer.
    pub(crate) fn write(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failed> {
        match self {
            Self::File(path, mut file) => {
                let written = write(&mut file).and_then(|()| file.finish());
                written.map_err(|error| file_error("write", &path, &error).into())
            }
            Self::Stdout => {
                let mut stdout = BufWriter::new(io::stdout().lock());
                match write(&mut stdout).and_then(|()| stdout.flush()) {
                    // Whoever reads the pipe has seen enough.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                    Err(error) => Err(stdout_error(&error)),
                    Ok(()) => Ok(()),
                }
            }
        }
    }

    /// Writes a text.
    pub(crate) fn text(self, text: &str) -> Result<(), Failed> {
        self.write(|out| out.write_all(text.as_bytes()))
    }

    /// Writes an answer as JSON, with what it lacks.
    pub(crate) fn json<T: Serialize>(
        self,
        kind: &'static str,
        answer: &T,
        problems: &[Text],
    ) -> Result<(), Failed> {
        self.write(|out| plumb_report::rows::answer_json(kind, answer, problems, out))
    }
}

impl AnswerArguments {
    /// The format of the answer and where it goes; `input` is the file that is read.
    pub(crate) fn open(&self, input: Option<&Path>) -> Result<(AnswerFormat, Destination), Failed> {
        let output = self.output.as_deref();
        let format = format_of(self.format, output, AnswerFormat::Terminal)?;
        Ok((format, Destination::open(output, input)?))
    }
}

/// The format that was asked for, or else the one that the ending of the file tells; a text for people has none of its own.
pub(crate) fn format_of<F: ValueEnum + PartialEq>(
    told: Option<F>,
    output: Option<&Path>,
    for_people: F,
) -> Result<F, Failed> {
    let named = |ending: &str| {
        F::from_str(ending, true)
            .ok()
            .filter(|format| *format != for_people)
    };
    match (format_by(told, output, named)?, output.and_then(Path::extension)) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(for_people),
        (None, Some(ending)) if ending.eq_ignore_ascii_case("txt") => Ok(for_people),
        (None, Some(_)) => Err(unknown_ending(output)),
    }
}

/// The same where nothing is for people: `None` where neither tells.
pub(crate) fn format_by<F: PartialEq>(
    told: Option<F>,
    output: Option<&Path>,
    named: impl Fn(&str) -> Option<F>,
) -> Result<Option<F>, Failed> {
    let ending = output
        .and_then(Path::extension)
        .and_then(|ending| ending.to_str());
    match (told, ending.and_then(named)) {
        (Some(told), Some(by_ending)) if told != by_ending => {
            let path = output.map(|path| path.display().to_string()).unwrap_or_default();
            let message = format!("the ending of `{path}` tells another format than `--format`");
            Err(Diagnostic::error(message)
                .help("leave `--format` out, or give the file another ending")
                .into())
        }
        (Some(format), _) | (None, Some(format)) => Ok(Some(format)),
        (None, None) => Ok(None),
    }
}

/// That a file's name does not tell its format.
pub(crate) fn unknown_ending(output: Option<&Path>) -> Failed {
    let path = output.map(|path| path.display().to_string()).unwrap_or_default();
    Diagnostic::error(format!("cannot tell the format of `{path}` from its ending"))
        .help("name it with `--format`; `--help` lists the formats")
        .into()
}

/// Advice that names what may be meant; `otherwise` where nothing resembles it.
pub(crate) fn did_you_mean(near: &[String], otherwise: &str) -> String {
    match near {
        [] => otherwise.to_owned(),
        [only] => format!("did you mean `{only}`?"),
        several => format!("did you mean one of these: `{}`?", several.join("`, `")),
    }
}

/// The first of several names that something could mean.
pub(crate) fn one_of(near: &[String], count: usize) -> String {
    let more = if count > near.len() { ", …" } else { "" };
    format!("`{}`{more}", near.join("`, `"))
}
