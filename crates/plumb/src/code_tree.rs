//! The tree of code on disk: what is in it, and nothing outside of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File, FileType};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use plumb_iac::files::Files;
use plumb_iac::place::Sources;
use plumb_iac::terraform::plan;
use plumb_model::diagnostic::Diagnostic;

use crate::arguments::CodeArguments;
use crate::exit::{Failed, file_error};

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 8 * 1024 * 1024;
/// The largest plan or state of Terraform that is read, in bytes.
const MAX_PLAN: u64 = 128 * 1024 * 1024;
/// The most files that are looked at.
const MAX_FILES: usize = 500_000;
/// How deep folders nest.
const MAX_DEPTH: usize = 64;

/// Folders that hold no code of the user's own.
const PASSED_OVER: [&str; 3] = ["node_modules", "__pycache__", "vendor"];

/// The most files and folders that are looked at in folders that are passed over.
const MAX_PASSED_OVER: usize = 20_000;

/// Folders where others than the authors of the code put theirs; `terraform init` keeps the modules that are called in the first.
const NOT_LOOKED_INTO: [&str; 2] = [".terraform", ".git"];

/// How the names of files end that hold code in any case.
const CODE: [&str; 5] = [".tf", ".tf.json", ".tofu", ".tofu.json", ".bicep"];

/// How the names of other files end that may be code.
const MAYBE_CODE: [&str; 8] = [
    ".json",
    ".yaml",
    ".yml",
    ".template",
    ".tfvars",
    ".tfstate",
    ".tfplan",
    ".bicepparam",
];

/// The most folders that are named.
const MOST_NAMED: usize = 8;

/// A folder tree, or one file of it.
pub(crate) struct CodeTree {
    /// The root without symbolic links.
    root: PathBuf,
    /// Files outside of it that the user names, as they are named.
    named: BTreeMap<String, PathBuf>,
}

impl CodeTree {
    /// The tree below a folder; of a file, its folder.
    pub(crate) fn new(path: &Path) -> Result<Self, Failed> {
        let failed = |error: std::io::Error| Failed::from(file_error("read", path, &error));
        let real = path.canonicalize().map_err(failed)?;
        let root = if real.is_dir() {
            real
        } else {
            real.parent().map_or_else(PathBuf::new, Path::to_path_buf)
        };
        let named = BTreeMap::new();
        Ok(Self { root, named })
    }

    /// The tree that a command names; by default the current folder.
    pub(crate) fn of(arguments: &CodeArguments) -> Result<Self, Failed> {
        let mut tree = Self::new(arguments.path.as_deref().unwrap_or(Path::new(".")))?;
        for file in &arguments.var_file {
            let real = file
                .canonicalize()
                .map_err(|error| file_error("read", file, &error))?;
            if tree.path_below(file).is_none() {
                tree.named.insert(file.display().to_string(), real);
            }
        }
        Ok(tree)
    }

    /// The folder at the root, without symbolic links.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What people call the root: the name of its folder.
    pub(crate) fn name(&self) -> Option<&str> {
        self.root.file_name()?.to_str()
    }

    /// Where the root lies below the current folder, as a prefix of paths; empty when it does not.
    pub(crate) fn prefix(&self) -> String {
        let current = std::env::current_dir().and_then(|folder| folder.canonicalize());
        let below = current.ok().and_then(|folder| {
            let below = self.root.strip_prefix(folder).ok()?;
            let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
            parts
        });
        below.map_or_else(String::new, |parts| {
            parts
                .iter()
                .fold(String::new(), |path, part| format!("{path}{part}/"))
        })
    }

    /// The real path of a file of the tree.
    pub(crate) fn real(&self, path: &str) -> Result<PathBuf, String> {
        self.inside(path)
    }

    /// The files below the root, sorted, each with `/` between its parts; hidden folders are passed over.
    ///
    /// What cannot be listed or named is told and left out, so that the code is not whole.
    pub(crate) fn paths(&self) -> (Vec<String>, Vec<Diagnostic>) {
        let mut found = Vec::new();
        let mut problems = Vec::new();
        self.walk("", 0, &mut found, &mut problems);
        if found.len() > MAX_FILES {
            found.truncate(MAX_FILES);
            let message = format!("only the first {MAX_FILES} files were looked at");
            problems.push(Diagnostic::error(message).help("scan the folders of this tree one by one"));
        }
        found.sort();
        (found, problems)
    }

    /// The files with code in folders that are passed over, sorted.
    ///
    /// Folders that are large, such as those of packages, are looked through in part.
    pub(crate) fn passed_over(&self) -> Vec<String> {
        let mut found = Vec::new();
        let (mut left, mut left_in_all) = (MAX_PASSED_OVER, MAX_FILES);
        let mut waiting = vec![(String::new(), PassedOver::No, 0)];
        while let Some((folder, within, depth)) = waiting.pop() {
            let Ok(entries) = fs::read_dir(self.root.join(&folder)) else {
                continue;
            };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let (Some(name), Ok(kind)) = (name.to_str(), entry.file_type()) else {
                    continue;
                };
                let budget = match within {
                    PassedOver::Yes => &mut left,
                    PassedOver::No => &mut left_in_all,
                };
                let Some(fewer) = budget.checked_sub(1) else {
                    break;
                };
                *budget = fewer;
                let below = match folder.as_str() {
                    "" => name.to_owned(),
                    folder => format!("{folder}/{name}"),
                };
                if kind.is_dir() && depth < MAX_DEPTH && !NOT_LOOKED_INTO.contains(&name) {
                    let within = match is_passed_over(name) {
                        true => PassedOver::Yes,
                        false => within,
                    };
                    waiting.push((below, within, depth + 1));
                } else if within == PassedOver::Yes
                    && kind.is_file()
                    && CODE.iter().any(|ending| name.ends_with(ending))
                {
                    found.push(below);
                }
            }
        }
        found.sort();
        found
    }

    /// The links among the files below the root, each with the file of the tree that it leads to.
    pub(crate) fn links(&self) -> Vec<(String, String)> {
        let (paths, _) = self.paths();
        let is_link =
            |path: &String| fs::symlink_metadata(self.root.join(path)).is_ok_and(|found| found.is_symlink());
        let links = paths.into_iter().filter(is_link);
        links
            .filter_map(|link| {
                let target = self.path_below(&self.root.join(&link))?;
                Some((link, target))
            })
            .collect()
    }

    fn walk(&self, folder: &str, depth: usize, found: &mut Vec<String>, problems: &mut Vec<Diagnostic>) {
        let path = self.root.join(folder);
        let listed = match depth > MAX_DEPTH {
            true => Err(Diagnostic::error(format!(
                "`{folder}` is nested too deeply and was left out"
            ))),
            false => entries(&path).map_err(|error| file_error("list", &path, &error)),
        };
        let entries = match listed {
            Ok(entries) => entries,
            Err(problem) => {
                problems.push(problem);
                return;
            }
        };
        for (name, kind) in entries {
            let Some(name) = name.to_str() else {
                if kind.is_dir() || may_be_code(&name.to_string_lossy()) {
                    let shown = path.join(&name).display().to_string();
                    problems.push(Diagnostic::error(format!(
                        "`{shown}` has a name that is no text and was left out"
                    )));
                }
                continue;
            };
            // A hidden file, or a folder without code of the user's own.
            if name.starts_with('.') || (kind.is_dir() && is_passed_over(name)) {
                continue;
            }
            let below = if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            };
            if kind.is_dir() {
                self.walk(&below, depth + 1, found, problems);
            } else if kind.is_file()
                || (kind.is_symlink() && self.inside(&below).is_ok_and(|path| path.is_file()))
            {
                found.push(below);
            }
            // One more tells that there are more.
            if found.len() > MAX_FILES {
                return;
            }
        }
    }

    /// A file that the user names as code names it; `None` when it is not there.
    pub(crate) fn path_of(&self, file: &Path) -> Option<String> {
        let named = file.display().to_string();
        self.path_below(file)
            .or_else(|| self.named.contains_key(&named).then_some(named))
    }

    /// A path of the file system as the tree names it; `None` when it lies outside or does not exist.
    pub(crate) fn path_below(&self, path: &Path) -> Option<String> {
        let real = path.canonicalize().ok()?;
        let below = real.strip_prefix(&self.root).ok()?;
        let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
        Some(parts?.join("/"))
    }

    /// The real path of something below the root.
    fn inside(&self, path: &str) -> Result<PathBuf, String> {
        let real = self
            .root
            .join(path)
            .canonicalize()
            .map_err(|error| error.to_string())?;
        if real.starts_with(&self.root) {
            Ok(real)
        } else {
            Err("it leads out of the scanned tree".to_owned())
        }
    }
}

impl Files for CodeTree {
    fn files_in(&self, folder: &str) -> Result<Vec<String>, String> {
        let path = self.inside(folder)?;
        let entries = fs::read_dir(path).map_err(|error| error.to_string())?;
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let path = match self.named.get(path) {
            Some(named) => named.clone(),
            None => self.inside(path)?,
        };
        text(&path)
    }
}

/// The text of a file within limits.
fn text(path: &Path) -> Result<String, String> {
    let said = |error: io::Error| error.to_string();
    let metadata = fs::metadata(path).map_err(said)?;
    // Reading a pipe would wait for whoever writes into it.
    if !metadata.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let mut file = File::open(path).map_err(said)?;
    let mut bytes = Vec::new();
    let mut limit = MAX_FILE;
    let mut is_whole = read_up_to(&mut file, &mut bytes, limit).map_err(said)?;
    if !is_whole && plan::is_long(path.to_str().unwrap_or_default(), &bytes) {
        limit = MAX_PLAN;
        is_whole = read_up_to(&mut file, &mut bytes, limit).map_err(said)?;
    }
    if !is_whole {
        return Err(format!("it has {} bytes, more than {limit}", metadata.len()));
    }
    String::from_utf8(bytes).map_err(|_| "it is no text in UTF-8".to_owned())
}

/// Reads on until there are more than `limit` bytes; whether the file ends before.
fn read_up_to(file: &mut File, bytes: &mut Vec<u8>, limit: u64) -> io::Result<bool> {
    let count = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let left = (limit + 1).saturating_sub(count(bytes));
    file.take(left).read_to_end(bytes)?;
    Ok(count(bytes) <= limit)
}

/// What is directly in a folder, sorted by name, so that limits cut the same everywhere.
fn entries(folder: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    let entries = fs::read_dir(folder)?;
    let mut entries = entries
        .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(entries)
}

/// Whether the name of a file ends as those do that are looked at.
fn may_be_code(name: &str) -> bool {
    let endings = CODE.iter().chain(&MAYBE_CODE);
    endings.into_iter().any(|ending| name.ends_with(ending))
}

/// Units of Terragrunt, which say what modules are called and with what values, as one warning.
pub(crate) fn told_of_terragrunt(paths: &[String]) -> Option<Diagnostic> {
    let mut units = paths
        .iter()
        .filter(|path| path.rsplit('/').next() == Some("terragrunt.hcl"));
    let first = units.next()?;
    let message = match units.count() {
        0 => format!("a unit of Terragrunt was not read: `{first}`"),
        more => format!(
            "{} units of Terragrunt were not read, the first is `{first}`",
            more + 1
        ),
    };
    let help = "modules of other repositories that they call are not seen, those of this tree are judged without their values; \
                write a plan of each (`terragrunt plan -out`, `terragrunt show -json`) and name its file";
    Some(Diagnostic::warning(message).help(help))
}

/// Code in folders that are passed over and that no other code brings in, as one warning.
pub(crate) fn told_of_passed_over(tree: &CodeTree, sources: &Sources) -> Option<Diagnostic> {
    let read: BTreeSet<&str> = sources.iter().map(|(_, source)| source.name.as_str()).collect();
    let files = tree.passed_over();
    let files = files.iter().filter(|file| !read.contains(file.as_str()));
    let folders: BTreeSet<&str> = files
        .map(|file| file.rsplit_once('/').map_or("", |(folder, _)| folder))
        .collect();
    let named: Vec<String> = folders
        .iter()
        .take(MOST_NAMED)
        .map(|folder| format!("`{folder}`"))
        .collect();
    let more = match folders.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more folders"),
    };
    let message = format!(
        "code was not judged, because it lies in folders that are passed over: {}{more}",
        named.join(", ")
    );
    let help = "hidden folders, `vendor`, `node_modules` and `__pycache__` hold the code of others; name such a folder to judge it";
    (!folders.is_empty()).then(|| Diagnostic::warning(message).help(help))
}

/// A tree with some files other than they are on disk.
pub(crate) struct Overlay<'o> {
    pub(crate) tree: &'o CodeTree,
    /// Their texts; `None` for files that are not there.
    pub(crate) changed: BTreeMap<String, Option<String>>,
}

impl Overlay<'_> {
    /// The files that there are, of those on disk and its own.
    pub(crate) fn paths(&self, on_disk: Vec<String>) -> Vec<String> {
        let mut paths = on_disk;
        paths.retain(|path| self.changed.get(path).is_none_or(Option::is_some));
        let there = self.changed.iter().filter(|(_, text)| text.is_some());
        paths.extend(
            there
                .map(|(path, _)| path.clone())
                .filter(|path| !passed_over(path)),
        );
        paths.sort();
        paths.dedup();
        paths
    }

    /// The text of a file, also where a link leads to it.
    fn text(&self, path: &str) -> Option<&Option<String>> {
        self.changed.get(path).or_else(|| {
            let real = self.tree.inside(path).ok()?;
            self.changed.get(&self.tree.path_below(&real)?)
        })
    }
}

impl Files for Overlay<'_> {
    fn files_in(&self, folder: &str) -> Result<Vec<String>, String> {
        let own = |path: &String| {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            (parent == folder).then(|| name.to_owned())
        };
        let there = self.changed.iter().filter(|(_, text)| text.is_some());
        let own: Vec<String> = there.filter_map(|(path, _)| own(path)).collect();
        let mut names = match self.tree.files_in(folder) {
            Ok(names) => names,
            // A folder that went with its last file.
            Err(_) if !own.is_empty() => Vec::new(),
            Err(error) => return Err(error),
        };
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        names.retain(|name| {
            self.changed
                .get(&format!("{prefix}{name}"))
                .is_none_or(Option::is_some)
        });
        names.extend(own);
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn read(&self, path: &str) -> Result<String, String> {
        match self.text(path) {
            Some(Some(text)) => Ok(text.clone()),
            Some(None) => Err("it is not there".to_owned()),
            None => self.tree.read(path),
        }
    }
}

/// Whether a file lies in a folder that is passed over.
fn passed_over(path: &str) -> bool {
    path.split('/').any(is_passed_over)
}

fn is_passed_over(name: &str) -> bool {
    name.starts_with('.') || PASSED_OVER.contains(&name)
}

/// Whether a folder lies in one that is passed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PassedOver {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_terragrunt_are_told() {
        let told = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            told_of_terragrunt(&paths).map(|told| told.message)
        };
        assert_eq!(told(&["main.tf", "root.hcl", "my-terragrunt.hcl"]), None);
        assert_eq!(
            told(&["prod/terragrunt.hcl"]).as_deref(),
            Some("a unit of Terragrunt was not read: `prod/terragrunt.hcl`")
        );
        assert_eq!(
            told(&["a/terragrunt.hcl", "main.tf", "terragrunt.hcl"]).as_deref(),
            Some("2 units of Terragrunt were not read, the first is `a/terragrunt.hcl`")
        );
    }
}
