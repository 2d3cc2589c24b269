//! Code as a tree of files in memory, read and mapped as `plumb scan code` does it.

#![allow(dead_code, reason = "each target uses a part of it")]

use std::sync::OnceLock;

use plumb_iac::files::Files;
use plumb_iac::mapping::UsedPaths;
use plumb_iac::scan::{Options, Scanned, evaluate, scan};
use plumb_model::diagnostic::Diagnostic;
use plumb_pack::load::Base;
use plumb_pack::pack::Pack;
use plumb_report::diagnostic::render_diagnostic;
use plumb_report::options::Color;

/// How much stack the evaluation of deeply nested code may need, in bytes; the command gives its threads the same.
const STACK: usize = 64 * 1024 * 1024;

/// Files by their paths.
pub(crate) struct Tree(Vec<(String, String)>);

impl Tree {
    /// The texts of an input, parted by NUL bytes, as files with these paths; `None` when it is no text.
    pub(crate) fn of(input: &[u8], paths: &[&str]) -> Option<Self> {
        let text = std::str::from_utf8(input).ok()?;
        let files = paths.iter().zip(text.split('\0'));
        Some(Self(
            files
                .map(|(path, text)| ((*path).to_owned(), text.to_owned()))
                .collect(),
        ))
    }

    /// The same with another text of one file.
    pub(crate) fn with(&self, path: &str, text: &str) -> Self {
        let other = |(known, old): &(String, String)| {
            let text = if known == path { text } else { old };
            (known.clone(), text.to_owned())
        };
        Self(self.0.iter().map(other).collect())
    }

    /// The paths, sorted.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.0.iter().map(|(path, _)| path.clone()).collect();
        paths.sort();
        paths
    }

    /// Reads and maps it.
    pub(crate) fn scan(&self) -> Scanned {
        scan(
            pack(),
            self,
            &self.paths(),
            &UsedPaths::default(),
            &Options::default(),
        )
    }
}

impl Files for Tree {
    fn files_in(&self, folder: &str) -> Result<Vec<String>, String> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let names = self.0.iter().filter_map(|(path, _)| path.strip_prefix(&prefix));
        Ok(names
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect())
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let file = self.0.iter().find(|(known, _)| known == path);
        file.map(|(_, text)| text.clone())
            .ok_or_else(|| "no such file".to_owned())
    }
}

/// The built-in knowledge.
pub(crate) fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| Pack::load(Base::BuiltIn, &[]).pack)
}

/// Runs on a thread with the stack that the command has.
pub(crate) fn deeply(run: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, run);
        thread
            .expect("a thread starts")
            .join()
            .expect("code does no harm");
    });
}

/// Every diagnostic can be shown, and has no character that commands a terminal.
pub(crate) fn are_shown(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.to_string().is_empty());
        let shown = render_diagnostic(diagnostic, Color::Never);
        let commands = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
        assert!(!shown.contains(commands), "{shown:?}");
    }
}

/// Scans the texts of an input, parted by NUL bytes, as files with these paths: problems can be shown, two runs agree.
pub(crate) fn check(input: &[u8], paths: &[&str]) {
    if let Some(tree) = Tree::of(input, paths) {
        deeply(|| assert_eq!(told(&tree), told(&tree), "two runs differ"));
    }
}

fn told(tree: &Tree) -> Vec<String> {
    let evaluated = evaluate(pack(), tree, &tree.paths(), &Options::default());
    let mut told: Vec<String> = Vec::new();
    for stack in &evaluated.stacks {
        let blocks = stack.stack.blocks.iter();
        told.extend(blocks.map(|block| format!("{} {}", block.address, block.body)));
    }
    let scanned = evaluated.map(pack(), &UsedPaths::default());
    are_shown(&scanned.problems);
    told.extend(scanned.problems.iter().map(ToString::to_string));
    for stack in &scanned.stacks {
        let resources = stack.mapped.resources.iter();
        told.extend(resources.map(|(resource, _)| format!("{} {}", resource.uid, resource.document())));
    }
    told
}
