//! Snapshot files: plain JSON lines, or compressed when the name ends in `.zst`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use plumb_model::diagnostic::Diagnostic;
use plumb_model::snapshot::{AccountSnapshot, Header, ReadError, Reader, Writer};

use crate::exit::{Failed, file_error};

/// How hard snapshots are compressed; 3 is the balance that zstd itself chooses.
const COMPRESSION_LEVEL: i32 = 3;

/// The first bytes of every zstd file.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A snapshot that is being written; it gets its name when it is complete, so that a half-written one is never found.
pub(crate) struct SnapshotFile {
    writer: Writer<Output>,
    partial: PathBuf,
    path: PathBuf,
}

enum Output {
    Plain(BufWriter<File>),
    Compressed(zstd::Encoder<'static, BufWriter<File>>),
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(output) => output.write(bytes),
            Self::Compressed(output) => output.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(output) => output.flush(),
            Self::Compressed(output) => output.flush(),
        }
    }
}

impl SnapshotFile {
    /// Begins a snapshot.
    pub(crate) fn create(path: &Path, header: &Header) -> Result<Self, Failed> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let partial = path.with_file_name(name);
        let failed = |error: io::Error| file_error("write", path, &error);
        let file = BufWriter::new(create_private(&partial).map_err(failed)?);
        let output = if path.extension().is_some_and(|ending| ending == "zst") {
            Output::Compressed(zstd::Encoder::new(file, COMPRESSION_LEVEL).map_err(failed)?)
        } else {
            Output::Plain(file)
        };
        let writer = Writer::new(output, header).map_err(failed)?;
        Ok(Self { writer, partial, path: path.to_owned() })
    }

    /// Writes one account.
    pub(crate) fn account(&mut self, snapshot: &AccountSnapshot) -> Result<(), Failed> {
        self.writer.account(snapshot).map_err(|error| file_error("write", &self.path, &error).into())
    }

    /// Ends the snapshot and gives it its name.
    pub(crate) fn finish(self) -> Result<(), Failed> {
        let failed = |error: io::Error| file_error("write", &self.path, &error);
        let file = match self.writer.finish().map_err(failed)? {
            Output::Plain(file) => file,
            Output::Compressed(encoder) => encoder.finish().map_err(failed)?,
        };
        file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
        std::fs::rename(&self.partial, &self.path).map_err(failed)?;
        Ok(())
    }
}

/// A file that only its owner can read: an estate's configuration is nobody else's business.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a snapshot to read.
pub(crate) fn open(path: &Path) -> Result<Reader<Box<dyn BufRead + Send>>, Failed> {
    let failed = |error: io::Error| Failed::from(file_error("read", path, &error));
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
    let compressed = file.fill_buf().map_err(failed)?.starts_with(&ZSTD_MAGIC);
    let input: Box<dyn BufRead + Send> = if compressed {
        let decoder = zstd::Decoder::with_buffer(file).map_err(failed)?;
        Box::new(BufReader::with_capacity(1 << 20, Box::new(decoder) as Box<dyn Read + Send>))
    } else {
        Box::new(file)
    };
    Reader::new(input).map_err(|error| read_error(path, &error))
}

/// The error of reading a snapshot, as people read it.
pub(crate) fn read_error(path: &Path, error: &ReadError) -> Failed {
    let help = match error {
        ReadError::Io(_) => None,
        ReadError::NotASnapshot(_) => Some("a snapshot is a file that `plumb scan aws --snapshot FILE` wrote"),
        ReadError::Version { .. } => Some("use the version of plumb that wrote it, or a newer one"),
        ReadError::Line { .. } | ReadError::CutOff { .. } => {
            Some("nothing of a damaged snapshot is judged, because what is missing could not be told from what is right; scan again")
        }
    };
    let cause = match error {
        ReadError::Io(cause) => format!(": {cause}"),
        ReadError::NotASnapshot(cause) => format!(": {cause}"),
        ReadError::Version { .. } | ReadError::Line { .. } | ReadError::CutOff { .. } => String::new(),
    };
    let mut diagnostic = Diagnostic::error(format!("`{}`: {error}{cause}", path.display()));
    diagnostic.help = help.map(str::to_owned);
    diagnostic.into()
}
