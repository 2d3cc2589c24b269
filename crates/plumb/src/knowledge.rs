//! Loading knowledge: the built-in pack and the user's own policies.

use std::path::{Path, PathBuf};

use plumb_model::account::Provider;
use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::framework::Framework;
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};
use plumb_pack::selection::Selection;

use crate::arguments::SelectionArguments;
use crate::console::Console;
use crate::exit::{Failed, file_error};

/// The largest file of policies that is read, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Files in one folder after which it is taken for a mistake.
const MAX_FILES: usize = 10_000;

/// The pack with the user's own policies, and warnings shown.
pub(crate) fn load(console: Console, paths: &[PathBuf]) -> Result<Pack, Failed> {
    let mut files = Vec::new();
    for path in paths {
        read_sources(path, &mut files)?;
    }
    let loaded = Pack::load(Base::BuiltIn, &files);
    let broken = loaded.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error);
    if broken {
        return Err(Failed::input(loaded.diagnostics));
    }
    console.show(&loaded.diagnostics);
    Ok(loaded.pack)
}

/// Everything that was selected to judge by, ready to run.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) policies: Vec<CompiledPolicy>,
    pub(crate) frameworks: Vec<std::sync::Arc<Framework>>,
}

/// Selects and compiles policies.
pub(crate) fn select(
    pack: &Pack,
    arguments: &SelectionArguments,
    provider: Option<Provider>,
) -> Result<Selected, Failed> {
    let selection = Selection {
        provider,
        policies: arguments.policy.clone(),
        frameworks: arguments.framework.clone(),
        services: arguments.service.clone(),
    };
    let chosen = pack.select(&selection)?;
    let mut policies = Vec::with_capacity(chosen.len());
    let mut problems = Vec::new();
    for policy in &chosen {
        match pack.compile(policy) {
            Ok(compiled) => policies.push(compiled),
            Err(diagnostics) => problems.extend(diagnostics),
        }
    }
    if !problems.is_empty() {
        return Err(Failed::input(problems));
    }
    let frameworks = if arguments.framework.is_empty() {
        pack.frameworks().to_vec()
    } else {
        arguments.framework.iter().filter_map(|id| pack.framework(id)).cloned().collect()
    };
    Ok(Selected { policies, frameworks })
}

/// Reads YAML files of a path; a folder is walked, symbolic links in it are not followed.
pub(crate) fn read_sources(path: &Path, files: &mut Vec<SourceFile>) -> Result<(), Failed> {
    let metadata = std::fs::metadata(path).map_err(|error| file_error("read", path, &error))?;
    if metadata.is_file() {
        return read_source(path, metadata.len(), files);
    }
    let mut folders = vec![path.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| file_error("read", &folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| file_error("read", &folder, &error))?;
            let kind = entry.file_type().map_err(|error| file_error("read", &entry.path(), &error))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && is_yaml(&entry.path()) {
                found.push(entry.path());
            }
            if found.len() > MAX_FILES {
                return Err(Diagnostic::error(format!("`{}` holds more than {MAX_FILES} files", path.display())).into());
            }
        }
    }
    found.sort();
    for file in &found {
        let length = std::fs::metadata(file).map_err(|error| file_error("read", file, &error))?.len();
        read_source(file, length, files)?;
    }
    if found.is_empty() {
        let diagnostic = Diagnostic::error(format!("`{}` holds no policy files", path.display()))
            .help("policies are YAML files that end in `.yaml` or `.yml`");
        return Err(diagnostic.into());
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

fn read_source(path: &Path, length: u64, files: &mut Vec<SourceFile>) -> Result<(), Failed> {
    if length > MAX_FILE {
        let message = format!("`{}` has {length} bytes, more than the {MAX_FILE} that are read", path.display());
        return Err(Diagnostic::error(message).into());
    }
    let bytes = std::fs::read(path).map_err(|error| file_error("read", path, &error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::error(format!("`{}` is not UTF-8 text", path.display())))?;
    files.push(SourceFile { path: path.display().to_string(), text });
    Ok(())
}
