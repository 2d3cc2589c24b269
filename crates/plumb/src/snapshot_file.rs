//! Snapshot files: plain JSON lines, or compressed when the name ends in `.zst`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plumb_model::diagnostic::Diagnostic;
use plumb_model::snapshot::{AccountSnapshot, Header, ReadError, Reader, Writer};

use crate::exit::{Failed, file_error};
use crate::whole_file::WholeFile;

/// How hard snapshots are compressed; 3 is the balance that zstd itself chooses.
const COMPRESSION_LEVEL: i32 = 3;

/// How much larger than its compressed form a snapshot may be; real ones grow some fifty times.
const MAX_GROWTH: u64 = 1_000;

/// What a snapshot may decompress to whatever its size, in bytes.
const FREE_GROWTH: u64 = 64 * 1024 * 1024;

/// The first bytes of every zstd file.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A snapshot that is being written; it gets its name when it is complete, so that a half-written one is never found.
pub(crate) struct SnapshotFile {
    writer: Writer<Output>,
    path: PathBuf,
}

enum Output {
    Plain(WholeFile),
    Compressed(zstd::Encoder<'static, WholeFile>),
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
        let failed = |error: io::Error| file_error("write", path, &error);
        let file = WholeFile::create(path).map_err(failed)?;
        let output = if path.extension().is_some_and(|ending| ending == "zst") {
            Output::Compressed(zstd::Encoder::new(file, COMPRESSION_LEVEL).map_err(failed)?)
        } else {
            Output::Plain(file)
        };
        let writer = Writer::new(output, header).map_err(failed)?;
        Ok(Self {
            writer,
            path: path.to_owned(),
        })
    }

    /// Writes one account.
    pub(crate) fn account(&mut self, snapshot: &AccountSnapshot) -> Result<(), Failed> {
        self.writer
            .account(snapshot)
            .map_err(|error| file_error("write", &self.path, &error).into())
    }

    /// Ends the snapshot and gives it its name.
    pub(crate) fn finish(self) -> Result<(), Failed> {
        let failed = |error: io::Error| file_error("write", &self.path, &error);
        let file = match self.writer.finish().map_err(failed)? {
            Output::Plain(file) => file,
            Output::Compressed(encoder) => encoder.finish().map_err(failed)?,
        };
        Ok(file.finish().map_err(failed)?)
    }
}

/// Opens a snapshot to read.
pub(crate) fn open(path: &Path) -> Result<Reader<Box<dyn BufRead + Send>>, Failed> {
    let failed = |error: io::Error| Failed::from(file_error("read", path, &error));
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
    let compressed = file.fill_buf().map_err(failed)?.starts_with(&ZSTD_MAGIC);
    let input: Box<dyn BufRead + Send> = if compressed {
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            input: file,
            read: Arc::clone(&read),
        };
        let inflated = Inflated {
            decoder: zstd::Decoder::new(counted).map_err(failed)?,
            read,
            given: 0,
        };
        Box::new(BufReader::with_capacity(1 << 20, inflated))
    } else {
        Box::new(file)
    };
    Reader::new(input).map_err(|error| read_error(path, &error))
}

/// Counts the bytes that are taken from a file.
struct Counted<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Decompresses a file and stops where it grows as only a file made to fill the memory does.
struct Inflated<R: Read> {
    decoder: zstd::Decoder<'static, BufReader<Counted<R>>>,
    read: Arc<AtomicU64>,
    given: u64,
}

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(buffer)?;
        self.given += count as u64;
        let allowed = self.read.load(Ordering::Relaxed).saturating_mul(MAX_GROWTH);
        if self.given > FREE_GROWTH.max(allowed) {
            return Err(io::Error::other(format!(
                "it grows to more than {MAX_GROWTH} times its size when it is decompressed"
            )));
        }
        Ok(count)
    }
}

/// The error of reading a snapshot, as people read it.
pub(crate) fn read_error(path: &Path, error: &ReadError) -> Failed {
    let help = match error {
        ReadError::Io(_) => Some("check that the file is whole, for example by its size"),
        ReadError::NotASnapshot(_) => {
            Some("a snapshot is a file that `plumb scan aws --snapshot FILE` wrote")
        }
        ReadError::Version { .. } => Some("use the version of plumb that wrote it, or a newer one"),
        ReadError::Line { .. } | ReadError::CutOff { .. } => Some(
            "nothing of a damaged snapshot is judged, because what is missing could not be told from what is right; scan again",
        ),
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
