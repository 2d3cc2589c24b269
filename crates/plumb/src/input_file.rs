//! Files that users name: read within limits, and found below folders.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use plumb_model::diagnostic::Diagnostic;

use crate::exit::file_error;

/// Files in one folder after which it is taken for a mistake.
const MAX_FILES: usize = 10_000;

/// Entries of any kind below one folder after which it is taken for a mistake.
const MAX_ENTRIES: usize = 200_000;

/// The bytes of a file of at most `limit` bytes; a pipe or device is refused before it is opened.
pub(crate) fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, Diagnostic> {
    let failed = |error: io::Error| file_error("read", path, &error);
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Diagnostic::error(format!("`{}` is not a file", path.display()))
            .help("name a file; pipes, devices and folders are not read here"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        let message = format!(
            "`{}` has more than the {limit} bytes that are read",
            path.display()
        );
        return Err(Diagnostic::error(message).help("split it into several files"));
    }
    Ok(bytes)
}

/// The text of a file of at most `limit` bytes.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, Diagnostic> {
    String::from_utf8(read_bytes(path, limit)?).map_err(|error| {
        let before = error
            .as_bytes()
            .get(..error.utf8_error().valid_up_to())
            .unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Diagnostic::error(format!(
            "`{}` is not UTF-8 text: line {line} holds other bytes",
            path.display()
        ))
        .help("save it as UTF-8")
    })
}

/// The files below a folder that are wanted, sorted; symbolic links are not followed.
pub(crate) fn files_below(folder: &Path, wanted: fn(&Path) -> bool) -> Result<Vec<PathBuf>, Diagnostic> {
    let too_many = |count: usize, what: &str| {
        Diagnostic::error(format!("`{}` holds more than {count} {what}", folder.display()))
            .help("name the folder that holds the files, not one far above it")
    };
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    let mut entries: usize = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| file_error("read", &folder, &error))? {
            let entry = entry.map_err(|error| file_error("read", &folder, &error))?;
            let path = entry.path();
            let kind = entry
                .file_type()
                .map_err(|error| file_error("read", &path, &error))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && wanted(&path) {
                found.push(path);
            }
            entries += 1;
            if found.len() > MAX_FILES {
                return Err(too_many(MAX_FILES, "files"));
            }
            if entries > MAX_ENTRIES {
                return Err(too_many(MAX_ENTRIES, "files and folders"));
            }
        }
    }
    found.sort();
    Ok(found)
}
