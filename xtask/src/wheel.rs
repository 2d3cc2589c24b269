//! `Wheel`: a pinned package of the Python package index, unpacked under the target directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

/// A package without compiled parts, of which one file is pinned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wheel {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) sha256: &'static str,
}

impl Wheel {
    /// Downloads and unpacks it unless an earlier run has; the folder in which it is.
    ///
    /// # Errors
    /// When Python or the package index cannot be reached, or the wheel is not the pinned one.
    pub(crate) fn fetch(self, target: &Path) -> Result<PathBuf> {
        let Self { name, version, .. } = self;
        let folder = target.join("models");
        let wheel = folder.join(format!("{name}-{version}-py3-none-any.whl"));
        let unpacked = folder.join(format!("{name}-{version}"));
        fs::create_dir_all(&folder)?;
        if !wheel.exists() {
            run(Command::new("python3")
                .args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"])
                .arg(&folder)
                .arg(format!("{name}=={version}")))?;
        }
        let digest = Sha256::digest(fs::read(&wheel)?);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        ensure!(
            digest == self.sha256,
            "`{}` has the digest {digest}, not the pinned {}",
            wheel.display(),
            self.sha256
        );
        if !unpacked.join(name).exists() {
            run(Command::new("python3")
                .args(["-m", "zipfile", "-e"])
                .arg(&wheel)
                .arg(&unpacked))?;
        }
        Ok(unpacked)
    }
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let status = command
        .status()
        .with_context(|| format!("cannot start `{program}`"))?;
    if !status.success() {
        bail!("`{program}` failed with {status}");
    }
    Ok(())
}
