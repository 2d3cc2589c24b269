//! Loading knowledge: the built-in pack and the user's own policies.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plumb_model::account::Provider;
use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::framework::Framework;
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};
use plumb_pack::policy::Policy;
use plumb_pack::selection::Selection;

use crate::arguments::SelectionArguments;
use crate::console::Console;
use crate::exit::Failed;
use crate::input_file::{files_below, read_text};

/// The largest file of policies that is read, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// What is read from one folder at most, in bytes.
const MAX_TOTAL: usize = 64 * 1024 * 1024;

/// The pack with the user's own policies, and warnings shown.
pub(crate) fn load(console: Console, paths: &[PathBuf]) -> Result<Pack, Failed> {
    let mut files = Vec::new();
    for path in paths {
        read_sources(path, &mut files)?;
    }
    let loaded = Pack::load(Base::BuiltIn, &files);
    let broken = loaded
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.level == Level::Error);
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
    pub(crate) frameworks: Vec<Arc<Framework>>,
}

/// Everything that was selected to judge by, as it was written.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) policies: Vec<Arc<Policy>>,
    pub(crate) frameworks: Vec<Arc<Framework>>,
}

/// Selects and compiles policies.
pub(crate) fn select(
    pack: &Pack,
    arguments: &SelectionArguments,
    provider: Option<Provider>,
) -> Result<Selected, Failed> {
    let Chosen { policies, frameworks } = choose(pack, arguments, provider)?;
    let policies = compile(pack, &policies)?;
    Ok(Selected { policies, frameworks })
}

/// Selects policies.
pub(crate) fn choose(
    pack: &Pack,
    arguments: &SelectionArguments,
    provider: Option<Provider>,
) -> Result<Chosen, Failed> {
    let selection = Selection {
        provider,
        policies: arguments.policy.clone(),
        frameworks: arguments.framework.clone(),
        services: arguments.service.clone(),
    };
    let policies = pack.select(&selection)?;
    let frameworks = if arguments.framework.is_empty() {
        pack.frameworks().to_vec()
    } else {
        arguments
            .framework
            .iter()
            .filter_map(|id| pack.framework(id))
            .cloned()
            .collect()
    };
    Ok(Chosen { policies, frameworks })
}

/// Compiles policies.
pub(crate) fn compile<'p>(
    pack: &Pack,
    policies: impl IntoIterator<Item = &'p Arc<Policy>>,
) -> Result<Vec<CompiledPolicy>, Failed> {
    let mut compiled = Vec::new();
    let mut problems = Vec::new();
    for policy in policies {
        match pack.compile(policy) {
            Ok(policy) => compiled.push(policy),
            Err(diagnostics) => problems.extend(diagnostics),
        }
    }
    if problems.is_empty() {
        Ok(compiled)
    } else {
        Err(Failed::input(problems))
    }
}

/// Reads YAML files of a path; a folder is walked, symbolic links in it are not followed.
pub(crate) fn read_sources(path: &Path, files: &mut Vec<SourceFile>) -> Result<(), Failed> {
    if !path.is_dir() {
        read_source(path, files)?;
        return Ok(());
    }
    let found = files_below(path, is_yaml)?;
    let mut total = 0;
    for file in &found {
        total += read_source(file, files)?;
        if total > MAX_TOTAL {
            let message = format!(
                "`{}` holds more than {MAX_TOTAL} bytes of policies",
                path.display()
            );
            return Err(Diagnostic::error(message)
                .help("name the folder that holds the policies, not one far above it")
                .into());
        }
    }
    if found.is_empty() {
        let diagnostic = Diagnostic::error(format!("`{}` holds no policy files", path.display()))
            .help("policies are YAML files that end in `.yaml` or `.yml`");
        return Err(diagnostic.into());
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// Reads one file and gives its length in bytes.
fn read_source(path: &Path, files: &mut Vec<SourceFile>) -> Result<usize, Failed> {
    let text = read_text(path, MAX_FILE)?;
    let length = text.len();
    files.push(SourceFile {
        path: path.display().to_string(),
        text,
    });
    Ok(length)
}
