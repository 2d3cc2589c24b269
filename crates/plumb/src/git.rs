//! What changed since a commit, as git tells: it runs as a process with fixed arguments, without a shell.

use std::collections::BTreeMap;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use plumb_iac::change::Changes;
use plumb_model::diagnostic::Diagnostic;
use plumb_report::visible::visible;

use crate::exit::Failed;

/// The most that is read of one answer, in bytes.
const MAX_ANSWER: u64 = 256 * 1024 * 1024;
/// How the rest of a history gets into a clone.
const FETCH: &str =
    "fetch the rest with `git fetch --unshallow`, in CI check out with `fetch-depth: 0` or `GIT_DEPTH: 0`";
/// The longest name of a commit.
const MAX_NAME: usize = 250;

/// The largest file of the commit that is read, in bytes.
const MAX_FILE: usize = 8 * 1024 * 1024;

/// What changed below a folder since the work on it left a commit.
pub(crate) struct Changed {
    /// The lines that did.
    pub(crate) changes: Changes,
    /// The changed files as the commit has them; `None` for those that it does not have.
    pub(crate) before: BTreeMap<String, Option<String>>,
}

/// What changed below a folder since the work on it left `base`, with what is not committed and new files.
pub(crate) fn changes(folder: &Path, base: &str) -> Result<Changed, Failed> {
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
    let message = format!("`{}` lies in no work tree of git", folder.display());
    let help = "`--diff` compares with a commit of it";
    let inside = git
        .answer(&["rev-parse", "--is-inside-work-tree"])
        .map_err(|said| said.diagnostic(&message, help))?;
    // A bare repository and the folder `.git` have none.
    if !inside.starts_with(b"true") {
        return Err(Diagnostic::error(message).help(help).into());
    }
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
    if base == "HEAD" && git.answer(&["rev-parse", "--verify", "--quiet", "HEAD"]).is_err() {
        return git.all_is_new();
    }
    let wanted = format!("{base}^{{commit}}");
    let commit = git
        .answer(&["rev-parse", "--verify", "--end-of-options", &wanted])
        .map_err(|said| git.no_commit(base, said))?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let diff = git
        .answer(&[
            "diff",
            "--unified=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            // What moves is judged where it is now, and nothing that a repository says of its files hides their lines.
            "--no-renames",
            "--text",
            "--ignore-submodules=dirty",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "--relative",
            "--merge-base",
            &commit,
            "--",
            ".",
        ])
        .map_err(|said| {
            let message = format!("git cannot tell what changed since `{base}`");
            said.diagnostic(&message, &git.no_ancestor())
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
    let failed =
        |said: Said| said.diagnostic("git cannot tell what files were before", "scan without `--diff`");
    let fork = git.answer(&["merge-base", &commit, "HEAD"]).map_err(failed)?;
    let fork = String::from_utf8_lossy(&fork).trim().to_owned();
    let before = git.before(&fork, changes.files()).map_err(failed)?;
    Ok(Changed { changes, before })
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
    /// That a commit is not there, and what may be: the branch of a remote, or the history that a clone left out.
    fn no_commit(&self, base: &str, said: Said) -> Diagnostic {
        let remote = format!("refs/remotes/origin/{base}^{{commit}}");
        let is_remote = self
            .answer(&["rev-parse", "--verify", "--quiet", "--end-of-options", &remote])
            .is_ok();
        let help = if is_remote {
            format!("did you mean `origin/{base}`?")
        } else if self.is_shallow() {
            format!("this clone has a part of the history only: {FETCH}")
        } else {
            "fetch it first, or name a branch, a tag or a commit that is there".to_owned()
        };
        match said {
            Said::Failed(_) => {
                Diagnostic::error(format!("git knows no commit `{}`", visible(base))).help(help)
            }
            Said::NotRun(_) | Said::TooMuch => said.diagnostic("git cannot be asked for the commit", &help),
        }
    }

    /// What to do where nothing is known that both sides come from.
    fn no_ancestor(&self) -> String {
        match self.is_shallow() {
            true => format!(
                "this clone has a part of the history only, in which both have no common ancestor: {FETCH}"
            ),
            false => "both need a common ancestor, and git 2.30 or later".to_owned(),
        }
    }

    fn is_shallow(&self) -> bool {
        let answer = self.answer(&["rev-parse", "--is-shallow-repository"]);
        answer.is_ok_and(|answer| answer.starts_with(b"true"))
    }

    /// Before the first commit everything is new.
    fn all_is_new(&self) -> Result<Changed, Failed> {
        let arguments = [
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
            "--",
            ".",
        ];
        let all = self
            .answer(&arguments)
            .map_err(|said| said.diagnostic("git cannot list files", "scan without `--diff`"))?;
        let all = String::from_utf8_lossy(&all).into_owned();
        let mut changes = Changes::default();
        let mut before = BTreeMap::new();
        for path in all.split('\0').filter(|path| !path.is_empty()) {
            changes.add_file(path);
            before.insert(path.to_owned(), None);
        }
        Ok(Changed { changes, before })
    }

    /// Files as a commit has them.
    fn before<'p>(
        &self,
        commit: &str,
        paths: impl Iterator<Item = &'p str>,
    ) -> Result<BTreeMap<String, Option<String>>, Said> {
        let prefix = self.answer(&["rev-parse", "--show-prefix"])?;
        let prefix = String::from_utf8_lossy(&prefix).trim_end_matches('\n').to_owned();
        // A name with a line break cannot be asked for: such a file counts as new.
        let (asked, odd): (Vec<&str>, Vec<&str>) = paths.partition(|path| !path.contains(['\n', '\r']));
        let questions: String = asked
            .iter()
            .map(|path| format!("{commit}:{prefix}{path}\n"))
            .collect();
        let answer = self.answer_to(&["cat-file", "--batch"], &questions)?;
        let mut before: BTreeMap<String, Option<String>> =
            odd.into_iter().map(|path| (path.to_owned(), None)).collect();
        let mut rest = answer.as_slice();
        for path in asked {
            let text = next_blob(&mut rest);
            before.insert(path.to_owned(), text);
        }
        Ok(before)
    }

    /// What it writes.
    fn answer(&self, arguments: &[&str]) -> Result<Vec<u8>, Said> {
        self.answer_to(arguments, "")
    }

    /// What it writes when it reads a text.
    fn answer_to(&self, arguments: &[&str], input: &str) -> Result<Vec<u8>, Said> {
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
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Said::NotRun)?;
        let (stdin, input) = (child.stdin.take(), input.to_owned());
        let asking = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // Where git ends before it has read everything, its status tells.
                let _ = stdin.write_all(input.as_bytes());
            }
        });
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
        let _ = asking.join();
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

/// The next answer of `git cat-file --batch`: a head `OID blob SIZE`, so many bytes and a line break; `… missing` for what is not there.
///
/// `None` for what is not there, is no file, too large or no text.
fn next_blob(rest: &mut &[u8]) -> Option<String> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (head, after) = rest.split_at_checked(end + 1)?;
    *rest = after;
    let head = String::from_utf8_lossy(head);
    let mut words = head.trim_end().rsplit(' ');
    let size: usize = words.next()?.parse().ok()?;
    let kind = words.next()?;
    let (content, after) = rest.split_at_checked(size)?;
    *rest = after.get(1..).unwrap_or_default();
    let is_file = kind == "blob" && size <= MAX_FILE;
    is_file
        .then(|| String::from_utf8(content.to_vec()).ok())
        .flatten()
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
    use super::{is_name, next_blob};

    #[test]
    fn answers_of_a_batch_are_read_one_by_one() {
        let mut rest: &[u8] =
            b"0a blob 4\na\nb\n\nmain:gone.tf missing\n0b tree 2\nxx\n0c blob 0\n\n0d blob 1\n\xff\n";
        let read: Vec<Option<String>> = (0..6).map(|_| next_blob(&mut rest)).collect();
        let expected = [Some("a\nb\n"), None, None, Some(""), None, None];
        assert_eq!(read, expected.map(|text| text.map(str::to_owned)));
    }

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
