//! `WholeFile`: a file that gets its name when all of it is written, so that half of one is never taken for the whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is being written; one that is dropped before [`WholeFile::finish`] leaves nothing behind.
pub(crate) struct WholeFile {
    file: BufWriter<File>,
    /// What is written now and the name that it gets; `None` for what is written in place.
    naming: Option<(PathBuf, PathBuf)>,
}

impl WholeFile {
    /// Begins a file that only its owner can read, or one with the permissions of the file that it replaces.
    ///
    /// Devices and pipes are written in place: they have no half to hide, and a file must not take their name.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let (target, permissions) = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => {
                let file = BufWriter::new(File::options().write(true).open(path)?);
                return Ok(Self { file, naming: None });
            }
            // Where a link leads to is replaced, not the link.
            Ok(found) => (path.canonicalize()?, Some(found.permissions())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
            Err(error) => return Err(error),
        };
        let mut name = target
            .file_name()
            .ok_or(io::ErrorKind::InvalidFilename)?
            .to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = target.with_file_name(name);
        let file = create_private(&partial)?;
        let whole = Self {
            file: BufWriter::new(file),
            naming: Some((partial, target)),
        };
        if let Some(permissions) = permissions {
            whole.file.get_ref().set_permissions(permissions)?;
        }
        Ok(whole)
    }

    /// Gives the file its name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Some((partial, target)) = &self.naming {
            self.file.get_ref().sync_all()?;
            fs::rename(partial, target)?;
            self.naming = None;
        }
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some((partial, _)) = &self.naming {
            // There is nobody left to tell that it stays.
            let _ = fs::remove_file(partial);
        }
    }
}

/// A new file that only its owner can read: an estate's configuration is nobody else's business.
///
/// A link that someone put in its place is not followed; what a killed process of the same number left is removed.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            options.open(path)
        }
        opened => opened,
    }
}
