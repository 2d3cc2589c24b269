//! What changed since a commit, as git tells: it runs as a process with fixed arguments, without a shell.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use plumb_iac::change::Changes;
use plumb_model::diagnostic::Diagnostic;
use plumb_report::visible::visible;

use crate::exit::Failed;

/// The most that is read of one answer, in bytes.
const MAX_ANSWER: u64 = 256 * 1024 * 1024;
/// The longest name of a commit.
const MAX_NAME: usize = 250;

/// What changed below a folder since the work on it left `base`, with what is not committed and new files.
pub(crate) fn changes(folder: &Path, base: &str) -> Result<Changes, Failed> {
    if !is_name(base) {
        let message = format!("`{}` names no commit", visible(base));
        return Err(Diagnostic::error(message)
            .help("name a branch, a tag or a commit, for example `origin/main`")
            .into());
    }
    let mut git = Git {
        folder,
        settings: Vec::new(),
    };
    git.answer(&["rev-parse", "--is-inside-work-tree"])
        .map_err(|said| {
            said.diagnostic(
                &format!("`{}` lies in no work tree of git", folder.display()),
                "`--diff` compares with a commit of it",
            )
        })?;
    // A repository can configure a program that every file goes through before it is compared.
    if let Ok(names) = git.answer(&["config", "--name-only", "-z", "--get-regexp", "^filter\\."]) {
        git.settings = String::from_utf8_lossy(&names)
            .split('\0')
            .filter(|name| !name.is_empty())
            .map(|name| match name.ends_with(".required") {
                true => format!("{name}=false"),
                false => format!("{name}="),
            })
            .collect();
    }
    let wanted = format!("{base}^{{commit}}");
    let commit = git
        .answer(&["rev-parse", "--verify", "--end-of-options", &wanted])
        .map_err(|said| {
            said.diagnostic(
                &format!("git knows no commit `{base}`"),
                "fetch it first; in CI a checkout often has one commit only (`fetch-depth: 0`, `GIT_DEPTH: 0`)",
            )
        })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let diff = git
        .answer(&[
            "diff",
            "--unified=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--find-renames",
            "--ignore-submodules=all",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "--relative",
            "--merge-base",
            &commit,
            "--",
            ".",
        ])
        .map_err(|said| {
            said.diagnostic(
                &format!("git cannot tell what changed since `{base}`"),
                "both need a common ancestor here, and git 2.30 or later; fetch more of the history",
            )
        })?;
    let mut changes = Changes::read(&String::from_utf8_lossy(&diff)).map_err(|error| {
        Diagnostic::error(format!("what git tells of the change cannot be read: {error}"))
            .help("scan without `--diff`")
    })?;
    let new = git
        .answer(&["ls-files", "--others", "--exclude-standard", "-z", "--", "."])
        .map_err(|said| said.diagnostic("git cannot list new files", "scan without `--diff`"))?;
    for path in String::from_utf8_lossy(&new)
        .split('\0')
        .filter(|path| !path.is_empty())
    {
        changes.add_file(path);
    }
    Ok(changes)
}

/// Whether a text can only be a name of a commit: no option, no range, no path.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NAME
        && !text.starts_with(['-', '^'])
        && !text.contains("..")
        && !text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || ":?*[\\".contains(c))
}

/// Git in a folder.
struct Git<'g> {
    folder: &'g Path,
    /// Settings that go before those of the repository.
    settings: Vec<String>,
}

impl Git<'_> {
    /// What it writes.
    fn answer(&self, arguments: &[&str]) -> Result<Vec<u8>, Said> {
        let mut child = Command::new("git")
            // Nothing that a repository or a user configures is run.
            .args([
                "--no-pager",
                "-c",
                "core.fsmonitor=false",
                "-c",
                "core.quotePath=false",
            ])
            .args(["-c", "core.hooksPath=/dev/null"])
            .args(self.settings.iter().flat_map(|setting| ["-c", setting]))
            .args(arguments)
            .current_dir(self.folder)
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env_remove("GIT_EXTERNAL_DIFF")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Said::NotRun)?;
        let errors = child.stderr.take();
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(errors) = errors {
                // What does not fit is left in the pipe, which closes with it.
                let _ = errors.take(64 * 1024).read_to_end(&mut text);
            }
            text
        });
        let mut answer = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout
                .take(MAX_ANSWER + 1)
                .read_to_end(&mut answer)
                .map_err(Said::NotRun)?;
        }
        let status = child.wait().map_err(Said::NotRun)?;
        let errors = errors.join().unwrap_or_default();
        if u64::try_from(answer.len()).unwrap_or(u64::MAX) > MAX_ANSWER {
            return Err(Said::TooMuch);
        }
        if status.success() {
            Ok(answer)
        } else {
            Err(Said::Failed(String::from_utf8_lossy(&errors).into_owned()))
        }
    }
}

/// Why git gave no answer.
enum Said {
    /// It did not run.
    NotRun(io::Error),
    /// It said so.
    Failed(String),
    /// It said more than is read.
    TooMuch,
}

impl Said {
    fn diagnostic(self, message: &str, help: &str) -> Diagnostic {
        match self {
            Self::NotRun(error) if error.kind() == io::ErrorKind::NotFound => {
                Diagnostic::error("`--diff` needs git, which was not found")
                    .help("install it, or compare with an earlier run by `--baseline`")
            }
            Self::NotRun(error) => Diagnostic::error(format!("git does not run: {error}")).help(help),
            Self::TooMuch => {
                Diagnostic::error(format!("git told more than {MAX_ANSWER} bytes of the change"))
                    .help("compare with a nearer commit, or scan without `--diff`")
            }
            Self::Failed(words) => {
                let first = words.lines().next().unwrap_or_default();
                let first = first.trim_start_matches("fatal: ").trim_start_matches("error: ");
                Diagnostic::error(format!("{message}: {}", visible(first))).help(help)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn only_names_of_commits_reach_git() {
        for name in [
            "main",
            "origin/main",
            "v1.2",
            "HEAD~3",
            "HEAD^",
            "abc123",
            "feature/ä",
            "@{u}",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "-x",
            "--output=/etc/passwd",
            "^main",
            "a..b",
            "a b",
            "a:b",
            "a\nb",
            "a*",
            "a\\b",
        ] {
            assert!(!is_name(name), "{name}");
        }
        assert!(!is_name(&"a".repeat(300)));
    }
}
