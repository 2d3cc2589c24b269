//! `plumb pack`: check and test all knowledge.

use std::path::Path;

use plumb_collect::rehearsal::{self, Case};
use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_pack::inline_test::run_tests;
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};
use plumb_report::numbers::counted;

use crate::arguments::PackCommand;
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::input_file::{files_below, read_bytes, read_text};
use crate::knowledge;
use crate::output::print;
use crate::policy::told;

/// The largest case or recorded body that is read, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Advice for a case that cannot be played.
const CASE_HELP: &str = "a case names a type, its calls with their answers, and what comes out of them; `docs/specs/recipe.md` describes it";

/// Runs the command.
pub(crate) fn run(console: Console, command: &PackCommand) -> Result<Status, Failed> {
    match command {
        PackCommand::Lint => lint(console),
        PackCommand::Test { knowledge } => test(console, knowledge.as_deref()),
    }
}

fn lint(console: Console) -> Result<Status, Failed> {
    let pack = Pack::builtin()?;
    let diagnostics = plumb_pack::lint::lint(&pack);
    console.show(&diagnostics);
    let errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.level == Level::Error)
        .count();
    print(&format!(
        "{}, {}, {}, {}: {}, {}\n",
        counted(pack.policies().len() as u64, "policies"),
        counted(pack.resource_types().len() as u64, "resource types"),
        counted(pack.frameworks().len() as u64, "frameworks"),
        counted(pack.escalations().len() as u64, "escalations"),
        counted(errors as u64, "errors"),
        counted((diagnostics.len() - errors) as u64, "warnings")
    ))?;
    Ok(if errors == 0 {
        Status::Clean
    } else {
        Status::BadInput
    })
}

fn test(console: Console, folder: Option<&Path>) -> Result<Status, Failed> {
    let pack = match folder {
        None => Pack::builtin()?,
        Some(folder) => load_folder(console, folder)?,
    };
    let (mut passed, mut failed) = (0, 0);
    let mut count = |ok: bool, told: &dyn Fn() -> String| {
        if ok {
            passed += 1;
        } else {
            failed += 1;
            console.say(&told());
        }
    };
    for policy in pack.policies() {
        for outcome in run_tests(&pack, policy) {
            count(outcome.problem.is_none(), &|| told(&policy.name, &outcome));
        }
    }
    let mut cases = 0;
    if let Some(folder) = folder {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Diagnostic::error(format!("cannot start: {error}")))?;
        for path in files_below(folder, |path| path.ends_with("case.yaml"))? {
            let problems = runtime.block_on(play(&pack, &path))?;
            cases += 1;
            count(problems.is_empty(), &|| {
                format!("FAILED {}\n       {}", path.display(), problems.join("\n       "))
            });
        }
    }
    print(&format!(
        "{} passed ({cases} of them recorded answers), {failed} failed\n",
        counted(passed, "tests")
    ))?;
    Ok(if failed == 0 {
        Status::Clean
    } else {
        Status::Findings
    })
}

fn load_folder(console: Console, folder: &Path) -> Result<Pack, Failed> {
    let mut files: Vec<SourceFile> = Vec::new();
    knowledge::read_sources(folder, &mut files)?;
    let prefix = format!("{}/", folder.display());
    files.retain(|file| !file.path.contains("/answers/"));
    for file in &mut files {
        if let Some(relative) = file.path.strip_prefix(&prefix) {
            file.path = relative.to_owned();
        }
    }
    let loaded = Pack::load(Base::Empty, &files);
    if loaded
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.level == Level::Error)
    {
        return Err(Failed::input(loaded.diagnostics));
    }
    console.show(&loaded.diagnostics);
    Ok(loaded.pack)
}

async fn play(pack: &Pack, path: &Path) -> Result<Vec<String>, Failed> {
    let text = read_text(path, MAX_FILE)?;
    let case: Case = rehearsal::parse_case(&text).map_err(|cause| {
        Failed::from(Diagnostic::error(format!("`{}` is malformed: {cause}", path.display())).help(CASE_HELP))
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let body = |name: &str| {
        let plain = Path::new(name)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !plain {
            return Err(format!("names a file outside its folder: `{name}`"));
        }
        read_bytes(&folder.join(name), MAX_FILE)
            .map_err(|problem| format!("has a body that cannot be read: {}", problem.message))
    };
    rehearsal::play(pack, &case, body).await.map_err(|error| {
        Diagnostic::error(format!("`{}`: {error}", path.display()))
            .help(CASE_HELP)
            .into()
    })
}
